"""The product's processes as the Procfile starts them, which may be killed and started again."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local.supervisor import end_with_parent

ROOT = Path(__file__).parents[2]
READY_SECONDS = 40.0
STOP_SECONDS = 8.0
TROUBLE = ("error", "critical")


class DidNotStart(RuntimeError):
    """The process ended, or said nothing of being ready; its last lines are in the message."""


class Process:
    """`python -m <module>`, its output in a file of JSON lines."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        *,
        ready: str,
    ) -> None:
        self.name, self.log_path = name, folder / f"{name}.log"
        self._command, self._environment, self._folder, self._ready = command, environment, folder, ready
        self._process: asyncio.subprocess.Process | None = None
        self._read_from = 0
        self.starts = 0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Begin it; `wait_ready` says when it serves."""
        self._read_from = self.log_path.stat().st_size if self.log_path.exists() else 0
        self.starts += 1
        with self.log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *self._command,
                cwd=self._folder,
                env=dict(self._environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent() if sys.platform == "linux" else None,
            )

    async def wait_ready(self) -> None:
        """Raises DidNotStart."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                while self._ready not in self._new_output():
                    if not self.is_running:
                        raise DidNotStart(f"{self.name} ended:\n{self.tail()}")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise DidNotStart(f"{self.name} is not ready:\n{self.tail()}") from None

    def kill(self) -> None:
        """As the kernel does it when memory runs out: no time to say anything."""
        if self._process is not None and self._process.returncode is None:
            os.kill(self._process.pid, signal.SIGKILL)

    async def ended(self) -> int:
        """Wait until it has ended; what it left behind (a browser) is ended with it."""
        assert self._process is not None
        code = await self._process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        return code

    async def stop(self) -> None:
        """Ask it to end, and insist where it does not."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self.kill()
        await self.ended()

    def lines(self) -> list[dict[str, Any]]:
        """What was logged since the first start, as far as it is JSON."""
        found: list[dict[str, Any]] = []
        for line in self._text().splitlines():
            with contextlib.suppress(ValueError):
                entry = json.loads(line)
                if isinstance(entry, dict):
                    found.append(entry)
        return found

    def troubles(self) -> list[dict[str, Any]]:
        """Errors it logged, and output that is no log line: a traceback of Python's own."""
        found = [line for line in self.lines() if line.get("level") in TROUBLE]
        if "Traceback (most recent call last):\n" in self._text():
            found.append({"level": "error", "event": "traceback", "where": self.tail(30)})
        return found

    def tail(self, count: int = 60) -> str:
        return "\n".join(line[:1500] for line in self._text().splitlines()[-count:])

    def _text(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def _new_output(self) -> str:
        with self.log_path.open("rb") as log:
            log.seek(self._read_from)
            return log.read().decode(errors="replace")
