"""The sandbox's reading of the anchor file it shares with the product.

`{"wall": epoch seconds, "business": epoch seconds, "speed": factor}`; without a file, real time.
"""

import json
import time
from datetime import UTC, datetime
from pathlib import Path


class WorldClock:
    def __init__(self, path: Path | None = None) -> None:
        self._path = path

    def now(self) -> datetime:
        """Time in the world, aware, UTC."""
        return datetime.fromtimestamp(self.epoch(), UTC)

    def epoch(self) -> float:
        if self._path is None or not self._path.exists():
            return time.time()
        anchor = json.loads(self._path.read_text())
        return anchor["business"] + (time.time() - anchor["wall"]) * anchor["speed"]

    def speed(self) -> float:
        """Seconds of the world's time in one second of real time."""
        if self._path is None or not self._path.exists():
            return 1.0
        return float(json.loads(self._path.read_text())["speed"])

    def wall(self) -> float:
        return time.time()
