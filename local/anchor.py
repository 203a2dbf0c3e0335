"""The anchor of business time, `clock` in the state folder: written at each start, shared by the product
and the sandbox. Business time never goes back, and never falls behind real time. It begins in office hours,
so that an email approved late on a Friday evening goes out before one's eyes and not on Monday.

Beside it, `clock.seen` says until when (real time) somebody surely ran by the anchor.
"""

import json
import time as real_time
from collections.abc import Container, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import holidays

from local.processes import private_file

# Office hours that New York and Berlin share all year, and how long a start may still fall into the day.
OPEN, OPENING, CLOSED = time(14, 0), time(14, 10), time(18, 0)
SEEN_EVERY = 2.0  # seconds between notes in `clock.seen`
# After a kill: how long past the last note somebody may have gone on by the anchor.
MOST_UNSEEN = SEEN_EVERY + 5.0


@dataclass(frozen=True)
class Anchor:
    """`business` is what business time was at the real time `wall`, both in epoch seconds."""

    wall: float
    business: float
    speed: float

    def at(self, wall: float) -> float:
        return self.business + (wall - self.wall) * self.speed


def anchor_again(path: Path, speed: float, *, still_running: bool = False) -> Anchor:
    """Write the anchor that business time goes on from. `still_running`: somebody went by the old one until
    just now."""
    now = real_time.time()
    old = _read(path)
    business = now
    if old is not None:
        last = now if still_running else min(now, _last_seen(path, old))
        business = max(now, old.at(max(last, old.wall)))
    fresh = Anchor(now, office_hours(business), speed)
    private_file(path, json.dumps(asdict(fresh)))
    note_seen(path)
    return fresh


def office_hours(business: float) -> float:
    """That moment, or where it lies outside, the next one at which offices are open on both sides of the
    Atlantic: ten past two, UTC, of a working day that is no holiday there."""
    moment = datetime.fromtimestamp(business, UTC)
    closed = (holidays.US(), holidays.GB(), holidays.DE())
    if _is_working_day(moment.date(), closed) and OPEN <= moment.time() < CLOSED:
        return business
    day = moment.date() if moment.time() < OPEN else moment.date() + timedelta(days=1)
    while not _is_working_day(day, closed):
        day += timedelta(days=1)
    return datetime.combine(day, OPENING, UTC).timestamp()


def _is_working_day(day: date, closed: Iterable[Container[date]]) -> bool:
    return day.weekday() < 5 and not any(day in country for country in closed)


def note_seen(path: Path, *, stopped: bool = False) -> None:
    """Somebody runs by the anchor now; `stopped`: and nobody does from now on."""
    private_file(_beside(path), json.dumps({"wall": real_time.time(), "stopped": stopped}))


def _last_seen(path: Path, old: Anchor) -> float:
    """Real time after which surely nobody went by the old anchor."""
    try:
        seen = json.loads(_beside(path).read_text())
        return float(seen["wall"]) + (0.0 if seen["stopped"] else MOST_UNSEEN)
    except (OSError, ValueError, KeyError, TypeError):
        return max(real_time.time(), old.wall)


def _read(path: Path) -> Anchor | None:
    try:
        return Anchor(**{name: float(value) for name, value in json.loads(path.read_text()).items()})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".seen")
