"""Experiments: each lead keeps one arm, and nobody is called better before the numbers allow it."""

import random
from collections import Counter
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.cards import ArmCounts
from db.types import ExperimentDimension
from pipeline.rules.experiment import (
    ALPHA,
    Design,
    Finding,
    arm_of,
    chance,
    label,
    ordered,
    rate,
    required,
    same_model,
    stand_ins,
    verdict,
)

MODELS = Design(ExperimentDimension.MODEL, ("openai", "gemini"), 0.0343, 0.0686)
arms_drawn = st.lists(st.text(min_size=1, max_size=9), min_size=2, max_size=5, unique=True)


def counts(openai: tuple[int, int], gemini: tuple[int, int]) -> tuple[ArmCounts, ...]:
    """Replies and leads of each arm."""
    return tuple(
        ArmCounts(arm, leads=leads, replied=replied)
        for arm, (replied, leads) in zip(MODELS.arms, (openai, gemini), strict=True)
    )


@given(st.uuids(), st.uuids(), arms_drawn)
def test_a_lead_always_gets_the_same_arm(experiment: UUID, lead: UUID, arms: list[str]) -> None:
    assert arm_of(experiment, lead, arms) == arm_of(UUID(str(experiment)), UUID(str(lead)), list(arms))
    assert arm_of(experiment, lead, arms) in arms


@given(st.uuids(), st.integers(2, 5), st.integers(0, 2**64))
def test_arms_are_even_within_what_chance_allows(experiment: UUID, number: int, seed: int) -> None:
    """4,000 leads with ids one after the other: five standard deviations around an even share."""
    arms = [f"arm {n}" for n in range(number)]
    got = Counter(arm_of(experiment, UUID(int=seed + n), arms) for n in range(4000))
    share = 4000 / number
    spread = (4000 * (1 / number) * (1 - 1 / number)) ** 0.5
    assert all(abs(got[arm] - share) < 5 * spread for arm in arms)


@given(st.lists(st.uuids(version=4), min_size=2, max_size=2, unique=True))
def test_another_experiment_deals_anew(experiments: list[UUID]) -> None:
    leads = [UUID(int=n) for n in range(200)]
    first, second = ([arm_of(one, lead, ("a", "b")) for lead in leads] for one in experiments)
    assert 50 < sum(a == b for a, b in zip(first, second, strict=True)) < 150


@pytest.mark.parametrize(
    ("target", "needed"), [(0.05, 2570), (0.0686, 650), (0.10, 227)], ids=["5 %", "6.86 %", "10 %"]
)
def test_how_many_leads_an_arm_needs(target: float, needed: int) -> None:
    """From 3.43 %, 95 % sure, seen four times of five."""
    assert required(0.0343, target) == needed


def test_more_arms_need_more_leads_each() -> None:
    needed = [required(0.0343, 0.0686, arms=number) for number in (2, 3, 4, 5)]
    assert needed == sorted(set(needed)) and needed[0] == 650


@given(st.floats(0.001, 0.4), st.floats(1.1, 2))
def test_a_smaller_difference_needs_more(baseline: float, lift: float) -> None:
    assert required(baseline, baseline * lift) >= required(baseline, baseline * (lift + 0.2))


@pytest.mark.parametrize("rates", [(0, 0.1), (0.1, 0.1), (0.2, 0.1), (0.5, 1), (float("nan"), 0.1)])
def test_rates_that_can_not_be_are_refused(rates: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="rates"):
        required(*rates)


def test_the_test_agrees_with_published_values() -> None:
    """Campbell 2007: chi-squared without correction times (N - 1) / N; here 20 of 100 against 35 of 100, 5.615."""
    a, b = counts((20, 100), (35, 100))
    assert chance(a, b) == pytest.approx(0.0178, abs=2e-4) and chance(b, a) == chance(a, b)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_chance_is_a_probability(a: int, more_a: int, b: int, more_b: int) -> None:
    assert 0 <= chance(*counts((a, a + more_a), (b, b + more_b))) <= 1


@given(st.integers(0, 649), st.integers(0, 649), st.data())
def test_there_is_no_verdict_before_the_end(a: int, b: int, data: st.DataObject) -> None:
    """However far apart the arms are: looking every day would call one of them better sooner or later."""
    seen = counts(
        (data.draw(st.integers(0, a)), a),
        (data.draw(st.integers(0, b)), b),
    )
    told = verdict(MODELS, seen, ended=False)
    assert told.finding is Finding.NOT_ENOUGH and told.best is None
    assert told.sentence.startswith(f"Not enough data: {min(a, b)} of 650 leads an arm")


def test_the_smaller_arm_decides_when_it_is_enough() -> None:
    assert verdict(MODELS, counts((40, 5000), (3, 649)), ended=False).finding is Finding.NOT_ENOUGH
    assert "649 of 650" in verdict(MODELS, counts((40, 5000), (3, 649)), ended=False).sentence


def test_the_better_arm_is_named_with_both_intervals() -> None:
    told = verdict(MODELS, counts((34, 1000), (61, 1000)), ended=False)
    assert told.finding is Finding.BETTER and told.best == "gemini"
    assert told.sentence == "Gemini is better: 6.1 % (4.8–7.8) against 3.4 % (2.4–4.7)."


@pytest.mark.parametrize("replies", [(22, 22), (22, 30), (0, 0), (0, 1), (650, 650)])
def test_no_difference_is_said_as_such(replies: tuple[int, int]) -> None:
    told = verdict(MODELS, counts((replies[0], 650), (replies[1], 650)), ended=False)
    assert told.finding is Finding.NO_DIFFERENCE and told.best is None
    assert "3.4 % to 6.9 % may still be there" in told.sentence


def test_one_that_ended_early_says_so() -> None:
    nothing = verdict(MODELS, counts((1, 31), (2, 40)), ended=True)
    assert nothing.finding is Finding.NOT_ENOUGH and "ended at 31 of 650" in nothing.sentence
    hint = verdict(MODELS, counts((2, 100), (40, 100)), ended=True)
    assert hint.finding is Finding.BETTER and "take it as a hint" in hint.sentence


def test_of_three_arms_each_pair_is_held_to_more() -> None:
    approaches = replace(MODELS, dimension=ExperimentDimension.APPROACH, arms=("a", "b", "c"))
    seen = [ArmCounts("a", 1000, 30), ArmCounts("b", 1000, 80), ArmCounts("c", 1000, 75)]
    told = verdict(approaches, seen, ended=False)
    assert told.best == "b" and "is better than “a”" in told.sentence
    assert "No difference seen between it and “c”" in told.sentence
    close = [ArmCounts("a", 1000, 50), ArmCounts("b", 1000, 71), ArmCounts("c", 1000, 60)]
    assert ALPHA / 3 < chance(close[0], close[1]) < ALPHA
    assert verdict(approaches, close, ended=False).finding is Finding.NO_DIFFERENCE


def test_chance_is_taken_for_a_difference_once_in_twenty_and_a_real_one_seen_four_times_of_five() -> None:
    """2,000 experiments at the planned size."""
    luck = random.Random(4)

    def found(a: float, b: float) -> float:
        replies = [
            (sum(luck.random() < a for _ in range(650)), sum(luck.random() < b for _ in range(650)))
            for _ in range(2000)
        ]
        told = [verdict(MODELS, counts((x, 650), (y, 650)), ended=False) for x, y in replies]
        return sum(one.finding is Finding.BETTER for one in told) / len(told)

    assert found(0.0343, 0.0343) < 0.065
    assert found(0.0343, 0.0686) == pytest.approx(0.80, abs=0.03)


def test_arms_without_a_lead_stand_with_zeros() -> None:
    assert ordered(MODELS, {"gemini": ArmCounts("gemini", 3, 1)}) == (
        ArmCounts("openai"),
        ArmCounts("gemini", 3, 1),
    )
    assert rate(ArmCounts("openai")) == "no leads yet"


def test_stand_ins_are_told() -> None:
    assert stand_ins(counts((0, 1), (0, 1))) == ""
    assert stand_ins([ArmCounts("openai", stand_ins=1), ArmCounts("gemini", stand_ins=2)]).startswith(
        "3 written by a stand-in"
    )


@pytest.mark.parametrize(
    ("dimension", "arm", "shown"),
    [
        ("model", "gemini", "Gemini"),
        ("prompt", "direct", "Prompt direct"),
        ("approach", "ask", "“ask”"),
        ("approach", "x" * 90, f"“{'x' * 59}…”"),
    ],
)
def test_arms_are_named_for_people(dimension: str, arm: str, shown: str) -> None:
    assert label(ExperimentDimension(dimension), arm) == shown


@pytest.mark.parametrize(
    ("answered", "is_same"),
    [("gpt-5.5", True), ("gpt-5.5-2026-03-17", True), ("models/gpt-5.5", True), ("gpt-5.5-001", True),
     ("gpt-5.5-mini", False), ("gpt-5.4-mini", False), ("gpt-5", False), ("", False)],
)  # fmt: skip
def test_a_dated_name_is_the_same_model_and_a_smaller_one_is_not(answered: str, is_same: bool) -> None:
    assert same_model("gpt-5.5", answered) is is_same
