"""When a provider that keeps failing is left alone, and when it is tried again. Pure: the time is an argument.

Closed: every question goes through. After `threshold` failures in a row: open, nothing goes through for a time
that doubles with each opening. Then half-open: one question is let through as a probe; its answer closes the
breaker, its failure opens it for longer. A probe nobody heard of again makes room for the next after a while.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

THRESHOLD = 5
FIRST_SECONDS = 15.0
MOST_SECONDS = 900.0
PROBE_SECONDS = 60.0  # longer than any provider's time-out


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Breaker:
    """Times are seconds of any clock that does not go back."""

    failures: int = 0  # in a row
    openings: int = 0  # since it last answered
    until: float = 0.0  # open up to here
    probe_until: float = 0.0  # somebody is trying it up to here


@dataclass(frozen=True, slots=True)
class Verdict:
    """May the question go through; if not, how many seconds to wait. `breaker` is the state from now on."""

    allowed: bool
    breaker: Breaker
    wait: float = 0.0


def state_of(breaker: Breaker, now: float) -> State:
    if breaker.openings == 0:
        return State.CLOSED
    return State.OPEN if now < breaker.until else State.HALF_OPEN


def ask(breaker: Breaker, now: float) -> Verdict:
    """Before each question."""
    state = state_of(breaker, now)
    if state is State.CLOSED:
        return Verdict(True, breaker)
    if state is State.OPEN:
        return Verdict(False, breaker, breaker.until - now)
    if now < breaker.probe_until:
        return Verdict(False, breaker, breaker.probe_until - now)
    return Verdict(True, replace(breaker, probe_until=now + PROBE_SECONDS))


def succeeded() -> Breaker:
    """It answered, be it with a refusal: it is there."""
    return Breaker()


def failed(breaker: Breaker, now: float, *, wait: float = 0.0, threshold: int = THRESHOLD) -> Breaker:
    """It failed for now. `wait`: the seconds it asked for itself, which are kept once it is open."""
    failures = breaker.failures + 1
    if breaker.openings and now < breaker.until:
        return replace(breaker, failures=failures)  # a straggler from before it opened
    if breaker.openings == 0 and failures < threshold:
        return replace(breaker, failures=failures)
    openings = breaker.openings + 1
    seconds = max(open_seconds(openings), min(wait, MOST_SECONDS))
    return Breaker(failures, openings, now + seconds, 0.0)


def given_up(breaker: Breaker) -> Breaker:
    """The question was called off before there was an answer: if it was the probe, another may go."""
    return replace(breaker, probe_until=0.0)


def open_seconds(openings: int) -> float:
    """15 s, 30 s, 60 s, … at most a quarter of an hour."""
    return min(MOST_SECONDS, FIRST_SECONDS * 2 ** min(openings - 1, 20))
