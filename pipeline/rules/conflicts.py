"""When sources disagree: which value stands, and what else is said, each with its source. Nothing is thrown away."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar

from rapidfuzz import fuzz

from pipeline.rules.company_match import domain_of, same_company
from pipeline.rules.dedupe import page_key, plain, profile_slug

# Of these a lead has one; of the others (news, interests, products) as many as are found.
SINGLE = frozenset(
    (
        "email", "phone", "company", "company_domain", "title", "location", "linkedin_url", "website_url",
        "twitter_url", "ig_url", "facebook_url", "employees", "founded", "address",
    )
)  # fmt: skip
_DISAGREES = frozenset(
    ("email", "company", "company_domain", "title", "location", "linkedin_url", "website_url", "employees", "founded")
)  # fmt: skip
_SAME_WORDS = 88
_AGREES = 0.05  # surer for each further site that says the same
_MOST_AGREES = 0.15
_AGES = 0.05  # less sure for each year that the source is old
_MOST_AGES = 0.25


class Sourced(Protocol):
    """As much of a fact as is compared. `url` None: a person said it."""

    @property
    def field(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def url(self) -> str | None: ...
    @property
    def confidence(self) -> float: ...
    @property
    def published_on(self) -> date | None: ...
    @property
    def retrieved_at(self) -> datetime | None: ...


F = TypeVar("F", bound=Sourced)


@dataclass(frozen=True, slots=True)
class Said(Generic[F]):
    """A value with all facts that say so, the best first."""

    facts: tuple[F, ...]
    weight: float

    @property
    def best(self) -> F:
        return self.facts[0]

    @property
    def sites(self) -> int:
        return len({domain_of(fact.url) if fact.url else None for fact in self.facts})


def standing(facts: Iterable[F], field: str, today: date) -> list[Said[F]]:
    """What is said of a field, the value that stands first: a person's word, then by how sure, how many sites
    agree and how new. Deterministic."""
    groups: list[list[F]] = []
    for fact in sorted((fact for fact in facts if fact.field == field), key=_surest_first):
        group = next((group for group in groups if same_value(field, group[0].value, fact.value)), None)
        if group is None:
            groups.append([fact])
        else:
            group.append(fact)
    said = [Said(tuple(group), _weight(group, today)) for group in groups]
    return sorted(said, key=lambda one: (-round(one.weight, 6), one.best.value))


def also_said(facts: Iterable[F], field: str, today: date) -> list[F]:
    """The best fact of each other value of a field of which there is one only; empty where all agree."""
    return [one.best for one in standing(facts, field, today)[1:]] if field in _DISAGREES else []


def told(facts: Iterable[F], today: date) -> list[tuple[F, tuple[F, ...]]]:
    """Each thing that is said, once, in the order of the facts: with what others say instead of it where there
    can be one only."""
    facts, lines = list(facts), list[tuple[F, tuple[F, ...]]]()
    for field in dict.fromkeys(fact.field for fact in facts):
        said = [one.best for one in standing(facts, field, today)]
        if field in _DISAGREES:
            lines.append((said[0], tuple(said[1:])))
        else:
            lines += [(fact, ()) for fact in said]
    return lines


def source_words(fact: Sourced) -> str:
    """`northwind.com, 2026`: where and when it was said."""
    place = domain_of(fact.url) or "a source" if fact.url else "a person"
    year = fact.published_on.year if fact.published_on else None
    return f"{place}, {year}" if year else place


def same_value(field: str, one: str, other: str) -> bool:
    first, second = " ".join(plain(one).split()), " ".join(plain(other).split())
    if first == second:
        return True
    if field == "phone":
        return _digits(one) == _digits(other)
    if field == "linkedin_url":
        return profile_slug(one) is not None and profile_slug(one) == profile_slug(other)
    if field == "website_url":
        return domain_of(one) == domain_of(other)
    if field.endswith("_url"):
        return _key(one) == _key(other)
    if field == "company":
        return same_company(one, other)
    if field in ("title", "location", "address"):
        return fuzz.token_set_ratio(first, second) >= _SAME_WORDS
    return False


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)[-9:]


def _key(url: str) -> str:
    try:
        return page_key(url)
    except ValueError:
        return url


def _surest_first(fact: Sourced) -> tuple[float, int, str, str]:
    told = fact.published_on.toordinal() if fact.published_on else 0
    return -float(fact.confidence), -told, fact.value, fact.url or ""


def _weight(facts: Sequence[Sourced], today: date) -> float:
    if any(fact.url is None for fact in facts):
        return 2.0
    sites = {domain_of(fact.url or "") for fact in facts}
    agreement = min(_MOST_AGREES, _AGREES * (len(sites) - 1))
    return max(float(fact.confidence) - _age(fact, today) for fact in facts) + agreement


def _age(fact: Sourced, today: date) -> float:
    """By the page's own date, else by when it was read."""
    told = fact.published_on or (fact.retrieved_at.date() if fact.retrieved_at else None)
    return min(_MOST_AGES, _AGES * max(0, (today - told).days) / 365) if told else 0.0
