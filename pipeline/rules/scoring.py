"""How much is known of a lead: the weights, and which facts feed what is weighed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

FIELD_WEIGHTS = {
    "name": 10,
    "email": 10,
    "company": 15,
    "title": 10,
    "linkedin_url": 20,
    "recent_activity": 15,
    "company_info": 10,
    "personal_interests": 10,
}
MINIMUM_SCORE_THRESHOLD = 45  # at least basic information and one enrichment
ACTIVITY_IS_RECENT_FOR = timedelta(days=550)


@dataclass(frozen=True, slots=True)
class FactField:
    """What a fact of this name says, and what it is good for."""

    means: str  # what a model is told to look for
    feeds: str | None = None  # the weighed field it counts for, beside its own column
    column: str | None = None  # the lead's column it fills while that is empty
    by_model: bool = True  # may come from a model's reading; else from code, a provider or a person
    dated: bool = False  # counts as recent only with a date, and while that is recent


# The one table of facts. The order is the order in which a dossier shows them.
FACT_FIELDS: dict[str, FactField] = {
    "name": FactField("the person's full name", column="name", by_model=False),
    "email": FactField("the person's own email address", column="email", by_model=False),
    "phone": FactField("a phone number of the person or the company", column="phone", by_model=False),
    "company": FactField("the name of the company", column="company", by_model=False),
    "company_domain": FactField("the company's domain", column="company_domain", by_model=False),
    "title": FactField("the person's job title at the company", column="title"),
    "location": FactField("the town or region where the person works", column="location"),
    "linkedin_url": FactField("the person's LinkedIn profile", column="linkedin_url", by_model=False),
    "website_url": FactField("the company's website", column="website_url", by_model=False),
    "twitter_url": FactField("profile on X", feeds="social_profiles", column="twitter_url", by_model=False),
    "ig_url": FactField("profile on Instagram", feeds="social_profiles", column="ig_url", by_model=False),
    "facebook_url": FactField("page on Facebook", feeds="social_profiles", by_model=False),
    "company_description": FactField("what the company does, in one sentence", feeds="company_info"),
    "industry": FactField("the company's industry", feeds="company_info"),
    "employees": FactField("how many people work at the company", feeds="company_info"),
    "founded": FactField("the year the company was founded", feeds="company_info"),
    "product": FactField("a product or service the company sells", feeds="company_info"),
    "address": FactField("the company's postal address", feeds="company_info"),
    # Every site is built with something: that is no information on what the company is.
    "tech": FactField("a technology or tool the company uses"),
    "news": FactField(
        "a dated news item of the company: opening, launch, funding", feeds="recent_activity", dated=True
    ),
    "job_post": FactField("an open position the company advertises", feeds="company_info"),
    "achievement": FactField("an award, a milestone or a result the company or person reached"),
    "post": FactField(
        "a dated post, article, talk or podcast by the person", feeds="recent_activity", dated=True
    ),
    "interest": FactField(
        "what the person cares about or does in their own time", feeds="personal_interests"
    ),
    "quote": FactField("words the person said in public, verbatim", feeds="personal_interests"),
    "hiring": FactField("that the company is growing a team, and which", feeds="company_info"),
    "pain_point": FactField("a difficulty the company or person speaks of", feeds="company_info"),
}
MODEL_FIELDS = tuple(name for name, field in FACT_FIELDS.items() if field.by_model)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadData:
    """What is weighed. `email` is None while it is missing, guessed or known to be invalid."""

    name: str | None = None
    email: str | None = None
    company: str | None = None
    title: str | None = None
    linkedin_url: str | None = None
    website_url: str | None = None
    recent_activity: str | None = None
    company_info: str | None = None
    personal_interests: str | None = None
    social_profiles: str | None = None

    def get(self, field: str) -> str | None:
        return getattr(self, field, None)


class Readable(Protocol):
    """A mapping of field names to values, or LeadData."""

    def get(self, field: str, /) -> Any: ...


class KnownFact(Protocol):
    """As much of a fact as scoring needs."""

    @property
    def field(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def published_on(self) -> date | None: ...


def calculate_lead_score(lead_data: Readable) -> int:
    """0 to 100: the weights of the fields that are known."""
    score = sum(weight for field, weight in FIELD_WEIGHTS.items() if lead_data.get(field))
    return min(score, 100)


def lead_data_from(columns: Mapping[str, str | None], facts: Iterable[KnownFact], today: date) -> LeadData:
    """What is weighed, from a lead's own columns and its facts; `email` as it may be counted."""
    fed: dict[str, list[str]] = {}
    for fact in facts:
        field = FACT_FIELDS.get(fact.field)
        if field is not None and field.feeds and counts(field, fact, today):
            fed.setdefault(field.feeds, []).append(fact.value)
    social = [columns[name] for name in ("twitter_url", "ig_url") if columns.get(name)]
    fed["social_profiles"] = [*(value for value in social if value), *fed.get("social_profiles", [])]
    return LeadData(
        **{name: columns.get(name) for name in ("name", "email", "company", "title")},
        **{name: columns.get(name) for name in ("linkedin_url", "website_url")},
        **{
            name: "\n".join(dict.fromkeys(fed.get(name, []))) or None
            for name in ("recent_activity", "company_info", "personal_interests", "social_profiles")
        },
    )


def counts(field: FactField, fact: KnownFact, today: date) -> bool:
    """An undated page is not news, and neither is an old one."""
    if not field.dated:
        return True
    published = fact.published_on
    return published is not None and today - ACTIVITY_IS_RECENT_FOR <= published <= today + timedelta(days=1)


def missing_fields(lead_data: Readable) -> tuple[str, ...]:
    """The weighed fields that are not known, heaviest first."""
    absent = [field for field in FIELD_WEIGHTS if not lead_data.get(field)]
    return tuple(sorted(absent, key=lambda field: -FIELD_WEIGHTS[field]))


def score_in_words(lead_data: Readable) -> str:
    """What the score is made of, and what it lacks."""
    known = [f"{_NAMES[field]} {weight}" for field, weight in FIELD_WEIGHTS.items() if lead_data.get(field)]
    lacking = [f"{_NAMES[field]} {FIELD_WEIGHTS[field]}" for field in missing_fields(lead_data)]
    score = calculate_lead_score(lead_data)
    made_of = f"{score} of 100: {', '.join(known)}." if known else "0 of 100: nothing is known."
    return f"{made_of} Not known: {', '.join(lacking)}." if lacking else made_of


_NAMES = {
    "name": "name",
    "email": "email",
    "company": "company",
    "title": "job title",
    "linkedin_url": "LinkedIn profile",
    "recent_activity": "recent activity",
    "company_info": "company information",
    "personal_interests": "personal interests",
}


class Evidenced(KnownFact, Protocol):
    """A fact with how sure we are of it (0 to 1), and where it is from. `url` None: a person said it."""

    @property
    def confidence(self) -> float: ...
    @property
    def url(self) -> str | None: ...
    @property
    def retrieved_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class WeighedFact:
    """A stored fact, as much of it as is weighed."""

    field: str
    value: str
    confidence: float
    published_on: date | None
    url: str | None = None
    retrieved_at: datetime | None = None
