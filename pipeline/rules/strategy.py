"""Which research steps to take next. Pure: what was found so far in, steps out, best first.

The seeds' decision tree names the candidates; their order is by expected gain for each second and cent over what is
still missing. A run drops what could bring nothing new, and stops when enough is known for its depth.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from db.types import Depth
from pipeline.rules.qualification import in_words
from pipeline.rules.scoring import LeadData
from pipeline.rules.strategy_gain import (
    CHEAP,
    DETAIL,
    LEAST_RATE,
    by_rate,
    field_chances,
    gain,
    least_rate,
    missing,
    open_values,
    rate,
    weighed,
)
from pipeline.rules.strategy_state import LIMITS, Action, Found, Limits, PageSeen, Step, Tools
from pipeline.rules.strategy_steps import candidates, first_steps, guess_step, readings

__all__ = [
    "BY_GAIN",
    "LIMITS",
    "Action",
    "Found",
    "Limits",
    "NotTaken",
    "Order",
    "PageSeen",
    "Policy",
    "Step",
    "Tools",
    "by_rate",
    "cheap_left",
    "first_steps",
    "guess_step",
    "is_enough",
    "missing",
    "next_steps",
    "not_taken",
    "weighed",
    "why",
    "worth_taking",
    "worth_waiting_for",
]
# How candidates are put in order, by what each missing field is worth now.
Order = Callable[[Iterable[Step], Mapping[str, float]], list[Step]]
Worth = Callable[[Step, LeadData, Found, Depth, Sequence[Step]], bool]
WorthWaiting = Callable[[Sequence[Step], LeadData, Found, Depth], bool]
_NAMES = {
    Action.SEARCH: "searches",
    Action.FETCH: "pages",
    Action.BROWSE: "pages in a browser",
    Action.ACTOR: "actors",
    Action.READ: "readings",
}


def next_steps(
    found: Found,
    depth: Depth,
    tools: Tools,
    data: LeadData | None = None,
    under_way: Iterable[Step] = (),
    order: Order = by_rate,
) -> list[Step]:
    """Every step worth considering now, best first, within the limits of the depth."""
    values = open_values(data or LeadData(), found, depth, under_way)
    left = _room(found, depth, tools)
    chosen: list[Step] = []
    for step in order(candidates(found, depth, LIMITS[depth], tools.more_actors), values):
        if step.key not in found.taken and left[step.action] > 0:
            chosen.append(step)
            left[step.action] -= 1
    return chosen


def _room(found: Found, depth: Depth, tools: Tools) -> dict[Action, int]:
    limits = LIMITS[depth]
    room = {
        Action.SEARCH: limits.searches if tools.search else 0,
        Action.FETCH: limits.pages,
        Action.BROWSE: max(2, limits.pages // 2),
        Action.ACTOR: limits.actors + len(tools.more_actors) if tools.actors and limits.actors else 0,
        Action.READ: limits.reads,
        Action.GUESS: 0,  # the run takes it at its end
    }
    return {action: most - found.counts.get(action, 0) for action, most in room.items()}


def worth_taking(
    step: Step, data: LeadData, found: Found, depth: Depth, under_way: Sequence[Step] = ()
) -> bool:
    """It is likely enough to bring something missing, for what it costs; a deep run takes all there is."""
    return rate(step, open_values(data, found, depth, under_way)) >= least_rate(step, depth)


def worth_waiting_for(under_way: Sequence[Step], data: LeadData, found: Found, depth: Depth) -> bool:
    """May one of the steps under way still bring enough, for the seconds it takes?"""
    values = open_values(data, found, depth)
    return any(
        step.action is Action.READ or gain(step, values) / step.seconds >= LEAST_RATE[depth]
        for step in under_way
    )


@dataclass(frozen=True, slots=True)
class Policy:
    """How a run chooses: which step is next, which is worth it, and when to wait no longer."""

    order: Order
    worth_taking: Worth
    worth_waiting_for: WorthWaiting


BY_GAIN = Policy(by_rate, worth_taking, worth_waiting_for)


def is_enough(
    data: LeadData, found: Found, depth: Depth, *, qualified: bool, cheap: Callable[[], bool] = lambda: False
) -> bool:
    """Qualified for the depth: `quick` with one thing to write about, `standard` with all that is weighed, or all
    but personal interests where nothing `cheap` is left; `deep` goes on while there is something left to do."""
    if not qualified or depth is Depth.DEEP:
        return False
    if found.counts.get(Action.READ, 0) < LIMITS[depth].reads_at_least and readings(found):
        return False
    if depth is Depth.QUICK:
        return bool(data.company_info or data.recent_activity)
    lacking = missing(data)
    return not lacking or (lacking <= {"personal_interests"} and not cheap())


def cheap_left(found: Found, depth: Depth, tools: Tools, data: LeadData, under_way: Sequence[Step]) -> bool:
    """Is something under way, or to be begun, that brings a missing field for very little?"""
    values = open_values(data, found, depth)
    if any(gain(step, values) / step.seconds >= CHEAP for step in under_way):
        return True
    return any(rate(step, values) >= CHEAP for step in next_steps(found, depth, tools, data, under_way)[:3])


# In words


def why(step: Step, values: Mapping[str, float]) -> str:
    """Why a step was taken: what was missing and how likely it brings it, and its price."""
    hoped = sorted(
        (
            (field, chance)
            for field, chance in field_chances(step).items()
            if values.get(field, 0.0) * chance > 0.2
        ),
        key=lambda one: -values.get(one[0], 0.0) * one[1],
    )
    named = [
        f"{in_words([field]) if field != DETAIL else 'something to write about'} ({chance:.0%})"
        for field, chance in hoped[:3]
    ]
    cents = f", {step.cents:g} ¢" if step.cents else ""
    if not named:
        return f"Nothing weighed was missing, but a deep run reads on (about {step.seconds:g} s{cents})."
    return f"It may bring {', '.join(named)}, for about {step.seconds:g} s{cents}."


@dataclass(frozen=True, slots=True)
class NotTaken:
    step: Step
    reason: str  # for people


def not_taken(
    found: Found, depth: Depth, tools: Tools, data: LeadData, ended: str, most: int = 12
) -> list[NotTaken]:
    """What the run left out and why, the most promising first. `ended`: why the run ended, in words."""
    values, room = open_values(data, found, depth), _room(found, depth, tools)
    could = candidates(found, depth, LIMITS[depth], tools.more_actors)
    left = [step for step in could if step.key not in found.taken]
    return [
        NotTaken(step, _why_not(step, values, room, depth, tools, ended))
        for step in by_rate(left, values)[:most]
    ]


def _why_not(
    step: Step,
    values: Mapping[str, float],
    room: Mapping[Action, int],
    depth: Depth,
    tools: Tools,
    ended: str,
) -> str:
    if step.action is Action.SEARCH and not tools.search:
        return "No search provider is set up."
    if step.action is Action.ACTOR and not tools.actors:
        return "Apify is not set up."
    if gain(step, values) < 0.2:
        return "Nothing was missing that it could bring."
    if rate(step, values) < least_rate(step, depth):
        return "What it might bring was not worth its time and cost."
    if room[step.action] <= 0:
        return f"A {depth.value} run takes no more {_NAMES[step.action]} than it took."
    return f"Not any more: {ended}."
