"""What a step is worth: the chance of each fact it may bring, weighed by what is missing, against its seconds and
cents. Pure arithmetic; the chances are priors by kind of step, kept with each step's row so that they can be
compared with what the kinds really bring.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from db.types import Depth
from pipeline.rules.qualification import ENRICHMENT_FIELDS, MINIMUM_ENRICHMENT_FIELDS
from pipeline.rules.scoring import FACT_FIELDS, FIELD_WEIGHTS, LeadData
from pipeline.rules.strategy_state import LIMITS, Action, Found, Step

SECONDS_A_CENT = 4.0  # a cent is worth as much as so many seconds of the run
# What a missing field is worth: its weight in the score, and more where nothing can be written without it.
VALUES = {
    **FIELD_WEIGHTS,
    "email": FIELD_WEIGHTS["email"] + 20.0,
    "website_url": 6.0,
    "social_profiles": 2.0,
    "phone": 1.0,
}
WANTED = (*FIELD_WEIGHTS, "website_url")  # what is missing is said of these only
DETAIL = "detail"  # something specific to write about, which a model's reading brings
_DETAIL_VALUE = 16.0
_ENRICHMENT_VALUE = 15.0  # while too few are known to write at all
_DETAIL_AGAIN = 0.6  # of its value the next reading has
CHEAP = 0.22  # points a second: for so little, even a run that has enough goes on
# Points of the score that a second must bring (by expectation) for a step to be taken.
_ABORT_SECONDS = 3.0
LEAST_ACTOR_RATE = 0.4  # an actor is the dearest step; it must promise more
LEAST_RATE = {Depth.QUICK: 0.35, Depth.STANDARD: 0.12, Depth.DEEP: 0.0}


def missing(data: LeadData) -> frozenset[str]:
    return frozenset(name for name in WANTED if not data.get(name))


def weighed(facts: Iterable[str]) -> frozenset[str]:
    """The weighed fields that facts of these names count for."""
    feeds = {known.feeds for name in facts if (known := FACT_FIELDS.get(name)) and known.feeds}
    return frozenset({*facts, *feeds})


def field_chances(step: Step) -> Mapping[str, float]:
    """The chance that the step brings each weighed field: that at least one of the facts that feed it comes."""
    return _field_chances(tuple(step.chances.items()))


@lru_cache(
    maxsize=1024
)  # each turn of a run weighs the same steps again, and steps of a kind promise the same
def _field_chances(chances: tuple[tuple[str, float], ...]) -> Mapping[str, float]:
    missed: dict[str, float] = {}
    for name, chance in chances:
        known = FACT_FIELDS.get(name)
        for field in {name, known.feeds if known and known.feeds else name}:
            missed[field] = missed.get(field, 1.0) * (1.0 - chance)
    return {field: 1.0 - share for field, share in missed.items()}


def open_values(
    data: LeadData, found: Found, depth: Depth, under_way: Iterable[Step] = ()
) -> dict[str, float]:
    """What each field is worth now: nothing where it is known, less where a step under way may bring it."""
    values = {field: value for field, value in VALUES.items() if not data.get(field)}
    under_way = list(under_way)
    lacking = min(1.0, max(0.0, MINIMUM_ENRICHMENT_FIELDS - _enrichments_expected(data, under_way)))
    for field in ENRICHMENT_FIELDS:
        if not data.get(field):
            values[field] = values.get(field, 0.0) + _ENRICHMENT_VALUE * lacking
    reads = found.counts.get(Action.READ, 0)
    if reads < LIMITS[depth].reads_at_least:
        values[DETAIL] = _DETAIL_VALUE * _DETAIL_AGAIN**reads
    for step in under_way:
        for field, chance in field_chances(step).items():
            if field in values and field != DETAIL:  # its reading is counted above
                values[field] *= 1.0 - chance
    return values


def _enrichments_expected(data: LeadData, under_way: Iterable[Step]) -> float:
    """How many of those that a lead must have are known, or will be by what is under way."""
    missed = {field: 0.0 if data.get(field) else 1.0 for field in ENRICHMENT_FIELDS}
    for step in under_way:
        for field, chance in field_chances(step).items():
            if field in missed:
                missed[field] *= 1.0 - chance
    return sum(1.0 - share for share in missed.values())


def gain(step: Step, values: Mapping[str, float]) -> float:
    """Expected points."""
    return sum(values.get(field, 0.0) * chance for field, chance in field_chances(step).items())


def price(step: Step) -> float:
    """In seconds. An actor works beside the others: of its time only what it takes to abort it counts."""
    seconds = _ABORT_SECONDS if step.action is Action.ACTOR else step.seconds
    return seconds + SECONDS_A_CENT * step.cents


def rate(step: Step, values: Mapping[str, float]) -> float:
    """Expected points for each second that the step costs, cents included."""
    return gain(step, values) / price(step)


def least_rate(step: Step, depth: Depth) -> float:
    if depth is not Depth.DEEP and step.action is Action.ACTOR:
        return LEAST_ACTOR_RATE
    return LEAST_RATE[depth]


def by_rate(steps: Iterable[Step], values: Mapping[str, float]) -> list[Step]:
    """The best first; equal ones in the order of the decision tree, then by name: the same every time."""
    return sorted(steps, key=lambda step: (-round(rate(step, values), 6), step.order, step.key))
