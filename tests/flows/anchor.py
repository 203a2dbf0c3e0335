"""The clock file of a flow: business time that runs fast and jumps forward, never back."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path


class ClockFile:
    """Written whole or not at all, since three processes read it."""

    def __init__(self, path: Path, begin: datetime, speed: float) -> None:
        self.path, self.speed = path, speed
        self._wall, self._business = time.time(), begin.timestamp()
        self._write()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._at(time.time()), UTC)

    def jump_to(self, moment: datetime) -> None:
        """Let business time be `moment` from now on; a moment that has passed changes nothing."""
        wall = time.time()
        self._business, self._wall = max(self._at(wall), moment.timestamp()), wall
        self._write()

    def jump(self, by: timedelta) -> None:
        self.jump_to(self.now() + by)

    def run_at(self, speed: float) -> None:
        """Another pace from now on."""
        wall = time.time()
        self._business, self._wall, self.speed = self._at(wall), wall, speed
        self._write()

    def _at(self, wall: float) -> float:
        return self._business + (wall - self._wall) * self.speed

    def _write(self) -> None:
        anchor = {"wall": self._wall, "business": self._business, "speed": self.speed}
        fresh = self.path.with_name(f"{self.path.name}.new")
        fresh.write_text(json.dumps(anchor))
        fresh.replace(self.path)
