"""How good what is known of a lead is, 0 to 100: how much is covered, how new, how agreed and from how many places.

Pure, and every number comes with its reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from pipeline.rules.company_match import domain_of
from pipeline.rules.conflicts import also_said, standing
from pipeline.rules.scoring import FACT_FIELDS, FIELD_WEIGHTS, Evidenced, lead_data_from

COVERAGE, FRESHNESS, AGREEMENT, SOURCES = 50, 15, 20, 15  # what each part counts for
_FRESH_DAYS, _STALE_DAYS = 90, 550
_MANY_SITES = 4
_COMPARED = ("title", "email", "company", "linkedin_url", "website_url", "location", "phone")
_A_CONFLICT_COSTS = 0.34  # of the agreement, for each field on which sources differ


@dataclass(frozen=True, slots=True)
class Quality:
    """Each part 0 to 1; `words` says what they come from."""

    score: int
    coverage: float
    freshness: float
    agreement: float
    sources: float
    words: str


def quality_of(columns: Mapping[str, str | None], facts: Iterable[Evidenced], today: date) -> Quality:
    facts = list(facts)
    coverage, known = _coverage(columns, facts, today)
    freshness, newest = _freshness(facts, today)
    agreement, agreed, differ = _agreement(facts, today)
    sites = {domain_of(fact.url) for fact in facts if fact.url}
    sources = min(1.0, len(sites) / _MANY_SITES)
    total = COVERAGE * coverage + FRESHNESS * freshness + AGREEMENT * agreement + SOURCES * sources
    words = " ".join(
        (
            f"{known} of {len(FIELD_WEIGHTS)} weighed fields are known ({coverage:.0%} of their weight, by how sure "
            "each is).",
            f"The newest dated item is {newest} days old."
            if newest is not None
            else "Nothing recent is dated.",
            f"{agreed} said by more than one site alike."
            + (f" Sources differ on {', '.join(differ)}." if differ else " No source contradicts another."),
            f"{len(sites)} site{'s' if len(sites) != 1 else ''} read.",
        )
    )
    return Quality(max(0, min(100, round(total))), coverage, freshness, agreement, sources, words)


def _coverage(columns: Mapping[str, str | None], facts: list[Evidenced], today: date) -> tuple[float, int]:
    """The weight that is known, each field by its surest fact; what a person said counts fully."""
    data = lead_data_from(columns, facts, today)
    total, known = 0.0, 0
    for name, weight in FIELD_WEIGHTS.items():
        if data.get(name):
            fed_by = [fact for fact in facts if fact.field == name or _feeds(fact.field) == name]
            total += weight * max((float(fact.confidence) for fact in fed_by), default=1.0)
            known += 1
    return total / sum(FIELD_WEIGHTS.values()), known


def _freshness(facts: list[Evidenced], today: date) -> tuple[float, int | None]:
    """1 for something dated within three months, falling to 0 at a year and a half."""
    ages = [
        (today - fact.published_on).days
        for fact in facts
        if fact.published_on and (known := FACT_FIELDS.get(fact.field)) and known.dated
    ]
    if not ages:
        return 0.0, None
    newest = max(0, min(ages))
    return max(0.0, min(1.0, (_STALE_DAYS - newest) / (_STALE_DAYS - _FRESH_DAYS))), newest


def _agreement(facts: list[Evidenced], today: date) -> tuple[float, str, list[str]]:
    """Half for nobody contradicting, the rest for being said more than once."""
    told = [name for name in _COMPARED if any(fact.field == name for fact in facts)]
    differ = [name.replace("_url", "").replace("_", " ") for name in told if also_said(facts, name, today)]
    alike = [name for name in told if standing(facts, name, today)[0].sites > 1]
    if not told:
        return 0.0, "No field is", []
    backed = min(1.0, 2 * len(alike) / len(told))
    calm = max(0.0, 1.0 - _A_CONFLICT_COSTS * len(differ))
    number = f"{len(alike)} field{'s are' if len(alike) != 1 else ' is'}" if alike else "No field is"
    return calm * (0.5 + 0.5 * backed), number, differ


def _feeds(field: str) -> str | None:
    known = FACT_FIELDS.get(field)
    return known.feeds if known else None
