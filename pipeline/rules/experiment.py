"""Experiments: which arm a lead gets, how many leads are enough, and what the replies say.

Whoever looks at a running comparison every day and stops at the first difference finds one where there is none.
So the number of leads is fixed at the start, and there is no verdict before it is reached or the experiment ends.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from uuid import UUID

from db.cards import ArmCounts
from db.types import ExperimentDimension
from pipeline.rules.stats import wilson

BASELINE = 0.0343  # what cold email gets on average, where nothing else is known
TARGET = 0.0686  # a doubling: smaller differences take thousands of leads
ALPHA, POWER = 0.05, 0.80
MOST_ARMS = 5
LONGEST_ARM = 300  # characters of an approach
MODELS = {"openai": "OpenAI", "gemini": "Gemini"}
SHOWN = 60  # characters of an approach
_NORMAL = NormalDist()


def arm_of(experiment_id: UUID, lead_id: UUID, arms: Sequence[str]) -> str:
    """The lead's arm: the same at every call, even over all leads, and new with each experiment."""
    digest = hashlib.sha256(experiment_id.bytes + lead_id.bytes).digest()
    return arms[int.from_bytes(digest[:8]) % len(arms)]


def comparisons(arms: int) -> int:
    """How many pairs are compared."""
    return arms * (arms - 1) // 2


def required(baseline: float, target: float, *, arms: int = 2) -> int:
    """Leads each arm needs, so that a real change from `baseline` to `target` is seen 4 times of 5 and chance is
    taken for one in 1 of 20 experiments (two-proportion test, two-sided, Fleiss 1981 without correction).

    With more arms each pair gets its share of that twentieth (Bonferroni).
    """
    if not 0 < baseline < target < 1:
        raise ValueError("rates must lie between 0 and 1, the target above the baseline")
    sure = _NORMAL.inv_cdf(1 - ALPHA / comparisons(arms) / 2)
    seen = _NORMAL.inv_cdf(POWER)
    middle = (baseline + target) / 2
    under_chance = sure * math.sqrt(2 * middle * (1 - middle))
    under_change = seen * math.sqrt(baseline * (1 - baseline) + target * (1 - target))
    return max(1, round(((under_chance + under_change) / (target - baseline)) ** 2))


def chance(a: ArmCounts, b: ArmCounts) -> float:
    """How likely replies differ as much as these by chance alone: the p-value of the "N - 1" chi-squared test, which
    holds while at least one reply is expected in each arm (Campbell, Statistics in Medicine 2007); else 1."""
    total, replied = a.leads + b.leads, a.replied + b.replied
    if not a.leads or not b.leads:
        return 1.0
    shared = replied / total
    if min(a.leads, b.leads) * min(shared, 1 - shared) < 1:
        return 1.0
    spread = math.sqrt(shared * (1 - shared) * (1 / a.leads + 1 / b.leads) * total / (total - 1))
    return 2 * (1 - _NORMAL.cdf(abs(a.replied / a.leads - b.replied / b.leads) / spread))


class Finding(StrEnum):
    NOT_ENOUGH = "not_enough_data"
    NO_DIFFERENCE = "no_difference"
    BETTER = "better"


@dataclass(frozen=True, slots=True)
class Verdict:
    finding: Finding
    sentence: str
    best: str | None = None  # the arm that is better


@dataclass(frozen=True, slots=True)
class Design:
    """What was fixed when the experiment began."""

    dimension: ExperimentDimension
    arms: tuple[str, ...]
    baseline: float
    target: float

    @property
    def needed(self) -> int:
        return required(self.baseline, self.target, arms=len(self.arms))

    @property
    def aim(self) -> str:
        return f"to see {percent(self.baseline)} become {percent(self.target)}"


def ordered(design: Design, counts: Mapping[str, ArmCounts]) -> tuple[ArmCounts, ...]:
    """One for each arm, in the design's order; zeros where nothing was counted yet."""
    return tuple(counts.get(arm, ArmCounts(arm)) for arm in design.arms)


def verdict(design: Design, arms: Sequence[ArmCounts], *, ended: bool) -> Verdict:
    """What may be said now. `arms`: as `ordered` gives them."""
    reached, needed = min(one.leads for one in arms), design.needed
    if reached < needed and not ended:
        return Verdict(
            Finding.NOT_ENOUGH,
            f"Not enough data: {reached} of {needed} leads an arm ({design.aim}). "
            "I name no winner before that: looking early finds differences that are none.",
        )
    best = max(arms, key=lambda one: one.replied / max(1, one.leads))
    others = [one for one in arms if one is not best]
    limit = ALPHA / comparisons(len(arms))
    beaten = [one for one in others if chance(best, one) < limit]
    if beaten:
        return Verdict(
            Finding.BETTER, _better(design, best, beaten, others) + _early(reached, needed), best.arm
        )
    if reached < needed:
        return Verdict(
            Finding.NOT_ENOUGH,
            f"Not enough data: it ended at {reached} of {needed} leads an arm ({design.aim}).",
        )
    rates = ", ".join(f"{label(design.dimension, one.arm)} {rate(one)}" for one in arms)
    return Verdict(
        Finding.NO_DIFFERENCE,
        f"No difference seen: {rates}. One smaller than {_step(design)} may still be there.",
    )


def _step(design: Design) -> str:
    return f"from {percent(design.baseline)} to {percent(design.target)}"


def _better(design: Design, best: ArmCounts, beaten: list[ArmCounts], others: list[ArmCounts]) -> str:
    def named(some: Sequence[ArmCounts]) -> str:
        return " and ".join(label(design.dimension, one.arm) for one in some)

    over = "" if len(others) == 1 else f" than {named(beaten)}"
    rates = " and ".join(rate(one) for one in beaten)
    said = f"{label(design.dimension, best.arm)} is better{over}: {rate(best)} against {rates}."
    level = [one for one in others if one not in beaten]
    return said + (f" No difference seen between it and {named(level)}." if level else "")


def _early(reached: int, needed: int) -> str:
    return (
        f" It ended early, at {reached} of {needed} leads an arm: take it as a hint."
        if reached < needed
        else ""
    )


@dataclass(frozen=True, slots=True)
class Report:
    """An experiment as it stands, for a person to read."""

    experiment_id: UUID
    name: str
    design: Design
    ended: bool
    arms: tuple[ArmCounts, ...]
    verdict: Verdict


def report(
    experiment_id: UUID, name: str, design: Design, counts: Mapping[str, ArmCounts], *, ended: bool
) -> Report:
    arms = ordered(design, counts)
    return Report(experiment_id, name, design, ended, arms, verdict(design, arms, ended=ended))


def percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def rate(one: ArmCounts) -> str:
    """“6.1 % (4.9–7.5)”: replies a lead, with the 95 % interval."""
    if not one.leads:
        return "no leads yet"
    low, high = wilson(one.replied, one.leads)
    return f"{percent(one.replied / one.leads)} ({low * 100:.1f}–{high * 100:.1f})"


def label(dimension: ExperimentDimension, arm: str) -> str:
    """An arm as people read it."""
    if dimension is ExperimentDimension.MODEL:
        return MODELS.get(arm, arm)
    if dimension is ExperimentDimension.PROMPT:
        return f"Prompt {arm}"
    return f"“{arm}”" if len(arm) <= SHOWN else f"“{arm[: SHOWN - 1].rstrip()}…”"


def stand_ins(arms: Sequence[ArmCounts]) -> str:
    """Who is left out of the comparison; empty where nobody is."""
    count = sum(one.stand_ins for one in arms)
    return (
        f"{count} written by a stand-in, since the arm's own model did not answer: not counted."
        if count
        else ""
    )


def same_model(asked: str, answered: str) -> bool:
    """Is it the model that was asked for? Servers add a date to the name, or a path before it."""
    bare = answered.removeprefix("models/")
    dated = bare.removeprefix(asked)
    return bare == asked or (
        bare.startswith(asked) and dated[:1] == "-" and dated[1:].replace("-", "").isdigit()
    )
