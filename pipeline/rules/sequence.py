"""The five steps of a sequence: what each is for, how long it is, and how long it waits."""

from dataclasses import dataclass
from typing import Literal, TypedDict

Length = Literal["very_short", "short", "medium"]


class StepStrategy(TypedDict):
    type: str
    tone: str
    personalization_depth: Literal["high", "medium", "low"]
    length: Length


EMAIL_SEQUENCE_STRATEGY: dict[int, StepStrategy] = {
    1: {
        "type": "introduction",
        "tone": "professional_friendly",
        "personalization_depth": "high",
        "length": "short",
    },
    2: {
        "type": "value_proposition",
        "tone": "consultative",
        "personalization_depth": "medium",
        "length": "medium",
    },
    3: {
        "type": "case_study",
        "tone": "educational",
        "personalization_depth": "medium",
        "length": "medium",
    },
    4: {
        "type": "soft_reminder",
        "tone": "casual",
        "personalization_depth": "low",
        "length": "very_short",
    },
    5: {
        "type": "breakup",
        "tone": "understanding",
        "personalization_depth": "low",
        "length": "short",
    },
}

PERSONALIZATION_TOKENS = {
    "basic": ["first_name", "company", "title"],
    "research": ["recent_news", "company_achievement", "shared_connection"],
    "behavioral": ["linkedin_post", "twitter_activity", "website_visits"],
    "contextual": ["industry_trend", "competitor_mention", "pain_point"],
}

LENGTH_WORDS: dict[Length, tuple[int, int]] = {"very_short": (50, 70), "short": (50, 90), "medium": (90, 150)}
DEFAULT_WAITS = (0, 3, 4, 5, 7)  # business days after the email before
LAST_STEP = 5


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    type: str
    tone: str
    personalization_depth: str
    length: Length
    min_words: int
    max_words: int


def step(number: int) -> Step:
    """The step of that number, 1 to 5. Raises KeyError for any other."""
    strategy = EMAIL_SEQUENCE_STRATEGY[number]
    shortest, longest = LENGTH_WORDS[strategy["length"]]
    return Step(number, min_words=shortest, max_words=longest, **strategy)


def wait_before(number: int, waits: tuple[int, ...] | list[int] = DEFAULT_WAITS) -> int:
    """Business days between the email before and this one; a campaign that names fewer gets the usual."""
    return waits[number - 1] if number <= len(waits) else DEFAULT_WAITS[number - 1]


# Which facts may fill a personalisation token; what nobody found or told is left out, never invented.
_TOKEN_FIELDS: dict[str, tuple[str, ...]] = {
    "recent_news": ("news",),
    "company_achievement": ("achievement",),
    "shared_connection": ("shared_connection",),
    "linkedin_post": ("post",),
    "twitter_activity": ("post",),
    "industry_trend": ("industry_trend",),
    "competitor_mention": ("competitor",),
    "pain_point": ("pain_point",),
}
_TOKEN_HOSTS = {"linkedin_post": "linkedin.com", "twitter_activity": ("twitter.com", "x.com")}


@dataclass(frozen=True, slots=True)
class TokenFact:
    field: str
    value: str
    url: str | None
    by_person: bool


def tokens(
    *, first_name: str, company: str | None, title: str | None, facts: list[TokenFact], visits: int = 0
) -> dict[str, str]:
    """The tokens that have something behind them, by name."""
    filled = {"first_name": first_name, "company": company or "", "title": title or ""}
    for token, fields in _TOKEN_FIELDS.items():
        found = next((fact for fact in facts if fact.field in fields and _fits(token, fact)), None)
        filled[token] = found.value if found else ""
    filled["website_visits"] = str(visits) if visits else ""
    return {token: value for token, value in filled.items() if value}


def _fits(token: str, fact: TokenFact) -> bool:
    if token == "shared_connection":
        return fact.by_person
    hosts = _TOKEN_HOSTS.get(token)
    if hosts is None:
        return True
    host = (fact.url or "").split("//")[-1].split("/")[0].lower()
    return any(
        host == name or host.endswith("." + name) for name in ((hosts,) if isinstance(hosts, str) else hosts)
    )
