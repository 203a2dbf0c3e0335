"""Two clocks. `now()` is business time: schedules, windows, every `*_at` column. `wall()` is real time:
leases, deadlines, retries, tokens. Only the sandbox scales business time, from an anchor file."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    @property
    def speed(self) -> float:
        """Seconds of business time that pass in one second of real time."""
        ...

    def now(self) -> datetime:
        """Business time, aware, in UTC."""
        ...

    def wall(self) -> datetime:
        """Real time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary point, for measuring how long something took."""
        ...


class SystemClock:
    """Both clocks are the machine's."""

    speed = 1.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class AnchoredClock(SystemClock):
    """Business time runs from an anchor in a file that the sandbox shares, and never goes back.

    The file is JSON: `{"wall": epoch seconds, "business": epoch seconds, "speed": factor}`; business time
    is `business + (wall now - wall) * speed`. It is read again when it changes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = -1
        self._wall = self._business = 0.0
        self._speed = 1.0
        self._read()

    @property
    def speed(self) -> float:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._speed

    def now(self) -> datetime:
        if self._path.stat().st_mtime_ns != self._stamp:
            self._read()
        return datetime.fromtimestamp(self._business + (time.time() - self._wall) * self._speed, UTC)

    def _read(self) -> None:
        self._stamp = self._path.stat().st_mtime_ns
        anchor = json.loads(self._path.read_text())
        self._wall, self._business, self._speed = anchor["wall"], anchor["business"], anchor["speed"]


class ManualClock:
    """For tests: both clocks stand still until told to jump."""

    speed = 1.0

    def __init__(self, now: datetime) -> None:
        self._now = self._wall = now
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def wall(self) -> datetime:
        return self._wall

    def monotonic(self) -> float:
        return self._monotonic

    def jump(self, by: timedelta, *, wall: timedelta | None = None) -> None:
        """Move business time by `by`, real time by `wall` (the same, unless given)."""
        self._now += by
        self._wall += by if wall is None else wall
        self._monotonic += (by if wall is None else wall).total_seconds()
