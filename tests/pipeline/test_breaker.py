"""A provider that keeps failing is left alone, for longer each time, and tried again by one."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clients.breakers import BreakerOpen, Breakers, NotAsked
from pipeline.clock import ManualClock
from pipeline.errors import Permanent, Transient
from pipeline.rules import breaker as rule
from pipeline.rules.breaker import MOST_SECONDS, THRESHOLD, Breaker, State
from tests.conftest import START


def after_failures(count: int, now: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(count):
        breaker = rule.failed(breaker, now)
    return breaker


def test_it_opens_at_the_fifth_failure_in_a_row_and_not_before() -> None:
    assert rule.state_of(after_failures(THRESHOLD - 1), 0) is State.CLOSED
    assert rule.state_of(after_failures(THRESHOLD), 0) is State.OPEN
    mended = rule.failed(rule.succeeded(), 0)
    assert rule.state_of(mended, 0) is State.CLOSED


def test_half_open_lets_one_through_and_no_second() -> None:
    breaker = after_failures(THRESHOLD)
    refused = rule.ask(breaker, 10)
    assert not refused.allowed and refused.wait == pytest.approx(5)
    first = rule.ask(breaker, 15)
    assert first.allowed and not rule.ask(first.breaker, 15).allowed
    assert rule.ask(rule.given_up(first.breaker), 15).allowed
    assert rule.ask(first.breaker, 15 + rule.PROBE_SECONDS).allowed  # nobody heard of the probe again


@pytest.mark.parametrize(("opening", "seconds"), [(1, 15), (2, 30), (3, 60), (7, 900), (40, 900)])
def test_each_opening_lasts_longer_up_to_a_quarter_of_an_hour(opening: int, seconds: float) -> None:
    assert rule.open_seconds(opening) == seconds


def test_a_failed_probe_opens_it_for_longer_and_a_wish_to_wait_is_kept() -> None:
    again = rule.failed(after_failures(THRESHOLD), 15)
    assert again.until == 15 + 30
    assert rule.failed(after_failures(THRESHOLD), 15, wait=120).until == 15 + 120
    assert rule.failed(after_failures(THRESHOLD), 15, wait=1e9).until == 15 + MOST_SECONDS


def test_stragglers_from_before_it_opened_do_not_open_it_for_longer() -> None:
    breaker = after_failures(THRESHOLD)
    assert rule.failed(breaker, 1).until == breaker.until


@given(st.lists(st.tuples(st.sampled_from(["ok", "fail", "stop"]), st.floats(0, 50)), max_size=60))
def test_whatever_happens_it_closes_again_after_an_answer_and_never_waits_for_ever(
    history: list[tuple[str, float]],
) -> None:
    breaker, now = Breaker(), 0.0
    for outcome, passed in history:
        now += passed
        verdict = rule.ask(breaker, now)
        breaker = verdict.breaker
        if not verdict.allowed:
            assert 0 < verdict.wait <= MOST_SECONDS
            continue
        if outcome == "ok":
            breaker = rule.succeeded()
            assert rule.state_of(breaker, now) is State.CLOSED
        else:
            breaker = rule.failed(breaker, now) if outcome == "fail" else rule.given_up(breaker)
    assert rule.ask(breaker, now + MOST_SECONDS + rule.PROBE_SECONDS).allowed


async def test_the_sentence_says_so_and_the_metric_is_told() -> None:
    clock = ManualClock(START)
    told: list[tuple[str, State]] = []
    breakers = Breakers(clock, lambda service, state: told.append((service, state)))
    for _ in range(THRESHOLD):
        with pytest.raises(Transient, match="down"):
            async with breakers.guarding("brave", "Brave search"):
                raise Transient("down", timedelta(seconds=1))
    with pytest.raises(BreakerOpen, match="Brave search failed 5 times in a row") as caught:
        async with breakers.guarding("brave", "Brave search"):
            raise AssertionError("it was asked")
    assert caught.value.retry_after == timedelta(seconds=15)
    assert told == [("brave", State.OPEN)]
    async with breakers.guarding("google", "Google"):
        pass  # each has its own


async def test_refusals_and_spent_budgets_are_no_failures_of_the_provider() -> None:
    breakers = Breakers(ManualClock(START))
    for trouble in [Permanent("no key"), NotAsked("spent")] * THRESHOLD:
        with pytest.raises(type(trouble)):
            async with breakers.guarding("x", "X"):
                raise trouble
    assert breakers.state("x") is State.CLOSED
