"""Which proxy is next: in turn, those that fail left out for a while. Pure: the time is an argument."""

from collections.abc import Collection
from dataclasses import dataclass, replace

FIRST_SECONDS = 30.0
MOST_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How one proxy has done; times are seconds of a clock that does not go back."""

    failures: int = 0  # in a row
    out_until: float = 0.0
    used: int = 0  # turn of its last use


def choose(standings: dict[str, Standing], now: float, avoid: Collection[str] = ()) -> str | None:
    """The one used longest ago that is not left out, rather one not to `avoid`; where all are left out, the one
    whose time is up first. None only where there are none."""
    if not standings:
        return None
    ready = [name for name, standing in standings.items() if standing.out_until <= now]
    fresh = [name for name in ready if name not in avoid]
    among = fresh or ready
    if among:
        return min(among, key=lambda name: standings[name].used)
    return min(standings, key=lambda name: (name in avoid, standings[name].out_until))


def failed(standing: Standing, now: float) -> Standing:
    """30 s, 1, 2, 4 … minutes, at most half an hour."""
    seconds = min(MOST_SECONDS, FIRST_SECONDS * 2 ** min(standing.failures, 20))
    return replace(standing, failures=standing.failures + 1, out_until=now + seconds)


def worked(standing: Standing) -> Standing:
    return replace(standing, failures=0, out_until=0.0)
