"""What of all that is known goes to the writer: what serves the step, fresh before old, within a budget of tokens.

Tokens are counted by length, three bytes of UTF-8 for one: a little too many for English (where one is about
four), about right for languages with accents, too many for scripts of several bytes a letter. A budget is kept.
"""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

CONTEXT_TOKENS = 6000  # instructions, lead, sender, step, earlier emails and facts together
LEAST_FACTS_TOKENS = 1000  # for facts, however much the rest takes
REJECTIONS_TOKENS = 300
MOST_OF_A_FIELD = 6
MOST_REJECTIONS = 8
_REASON_LENGTH = 200
_BYTES_A_TOKEN = 3

# How much a fact of a field says for a step, 0 to 10; fields that are not named weigh 1.
_GENERAL = {
    "news": 8, "post": 7, "quote": 7, "achievement": 7, "pain_point": 8, "hiring": 5, "job_post": 5, "product": 5,
    "company_description": 5, "industry": 4, "tech": 4, "interest": 4, "employees": 3, "title": 3, "location": 2,
    "founded": 2, "shared_connection": 9, "industry_trend": 5, "competitor": 5,
}  # fmt: skip
_FOR_STEP: dict[str, dict[str, int]] = {
    "introduction": {"news": 10, "post": 9, "achievement": 9, "quote": 9, "shared_connection": 10, "interest": 6},
    "value_proposition": {
        "pain_point": 10, "product": 8, "hiring": 8, "job_post": 8, "tech": 8, "company_description": 7, "news": 5,
        "post": 5, "achievement": 4, "employees": 5, "industry_trend": 8, "competitor": 7, "interest": 2,
    },
    "case_study": {
        "industry": 9, "company_description": 8, "employees": 8, "product": 8, "pain_point": 9, "tech": 7,
        "industry_trend": 9, "competitor": 8, "news": 4, "post": 4, "interest": 2,
    },
    "soft_reminder": {"news": 9, "post": 8, "hiring": 6, "job_post": 6},
    "breakup": {"news": 7, "interest": 6},
}  # fmt: skip
_FRESH_DAYS, _STALE_DAYS = 90, 365
_FRESH_SHARE = {"fresh": 1.0, "aging": 0.7, "stale": 0.4, "undated": 0.8}
_DATED = frozenset({"news", "post", "job_post", "hiring"})
_USED_SHARE = 0.4  # what an earlier email was built on is old news
_TOLD_BY_A_PERSON, _ON_TOPIC = 2.0, 1.0
_TOPIC_WORD = re.compile(r"[^\W\d_]{5,}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fact as it may be chosen. `tokens`: what it takes of the budget."""

    id: str
    field: str
    value: str
    quote: str
    published_on: date | None
    confidence: float
    by_person: bool
    tokens: int


def tokens_in(value: object) -> int:
    """About how many tokens a text, or a section as JSON, takes."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return -(-len(text.encode()) // _BYTES_A_TOKEN)


def choose(
    candidates: Sequence[Candidate],
    step_type: str | None,
    *,
    budget: int,
    today: date | None = None,
    topic: str = "",
    used: Collection[str] = (),
) -> list[str]:
    """Ids of the facts that go in, the most telling first. A smaller one may still fit where a larger did not."""
    words = _topic_words(topic)
    ranked = sorted(
        candidates,
        key=lambda one: (-_weight(one, step_type, today, words, one.id in used), one.field, one.id),
    )
    chosen: list[str] = []
    seen: list[tuple[str, str]] = []
    of_field: dict[str, int] = {}
    for one in ranked:
        flat = _flat(one.value)
        if (
            one.tokens > budget
            or of_field.get(one.field, 0) >= MOST_OF_A_FIELD
            or _is_known(one.field, flat, seen)
        ):
            continue
        chosen.append(one.id)
        seen.append((one.field, flat))
        of_field[one.field] = of_field.get(one.field, 0) + 1
        budget -= one.tokens
    return chosen


def _weight(
    one: Candidate, step_type: str | None, today: date | None, words: set[str], is_used: bool
) -> float:
    weights = _GENERAL | _FOR_STEP.get(step_type or "", {})
    weight = weights.get(one.field, 1) * one.confidence * _FRESH_SHARE[_age(one, today)]
    weight += _TOLD_BY_A_PERSON * one.by_person
    weight += _ON_TOPIC * bool(words & _topic_words(f"{one.value} {one.quote}"))
    return weight * (_USED_SHARE if is_used else 1)


def _age(one: Candidate, today: date | None) -> str:
    if one.field not in _DATED or today is None:
        return "fresh"
    if one.published_on is None:
        return "undated"
    days = (today - one.published_on).days
    return "fresh" if days <= _FRESH_DAYS else "aging" if days <= _STALE_DAYS else "stale"


def _is_known(field: str, flat: str, seen: Iterable[tuple[str, str]]) -> bool:
    """The same was chosen already, or, in the same field, more of it."""
    return any(flat == theirs or (field == known and flat in theirs) for known, theirs in seen)


def _topic_words(text: str) -> set[str]:
    return {word.casefold() for word in _TOPIC_WORD.findall(text)}


def _flat(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def lessons(reasons: Iterable[str], budget: int = REJECTIONS_TOKENS) -> list[str]:
    """Reasons of rejections as the writer gets them: each once, the newest first, within a budget."""
    kept: list[str] = []
    known: set[str] = set()
    for reason in reasons:
        short = " ".join(reason.split())[:_REASON_LENGTH]
        takes = tokens_in(short) + 1
        if not _flat(short) or _flat(short) in known or takes > budget:
            continue
        known.add(_flat(short))
        kept.append(short)
        budget -= takes
        if len(kept) == MOST_REJECTIONS:
            break
    return kept
