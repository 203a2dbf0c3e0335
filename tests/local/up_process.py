"""`python -m local.up` as a person starts it, in a state folder of its own, on free ports."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from local.environment import SANDBOX_PORT
from local.processes import alive, wait_until
from pipeline.settings import Settings

ROOT = Path(__file__).parents[2]
READY = "Ctrl-C stops"
START_SECONDS = 90.0  # many tests may share the machine


def environment(**settings: str) -> dict[str, str]:
    """Nothing is set but what the test says; whoever runs the tests may have settings of their own."""
    ours = {name.upper() for name in Settings.model_fields} | {SANDBOX_PORT}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    return {**kept, "PORT": "0", SANDBOX_PORT: "0", **settings}


def command(state: Path, *arguments: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "local.up",
        "--state",
        str(state),
        "--env-file",
        str(state / "none"),
        *arguments,
    ]


def run_to_end(state: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """For starts that end by themselves."""
    return subprocess.run(
        command(state, *arguments),
        cwd=ROOT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


def inspected(state: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`python -m pipeline.inspect`, with nothing set."""
    asked = [sys.executable, "-m", "pipeline.inspect", *arguments, "--state", str(state)]
    return subprocess.run(
        asked, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=START_SECONDS, check=False
    )


class Up:
    """A start; `wait_ready` returns once the screen says so."""

    def __init__(self, state: Path, **settings: str) -> None:
        self.state = state
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            command(state),
            cwd=ROOT,
            env=environment(**settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip())

    @property
    def screen(self) -> str:
        return "\n".join(self.lines)

    def wait_ready(self) -> "Up":
        wait_until(lambda: READY in self.screen or self._process.poll() is not None, START_SECONDS, every=0.1)
        assert READY in self.screen, self.screen
        return self

    def told(self) -> dict[str, str]:
        """The settings the processes were given."""
        return json.loads((self.state / "environment").read_text())

    def pids(self) -> dict[str, int]:
        """Everything that runs, by name."""
        noted = {
            path.stem: json.loads(path.read_text())["pid"] for path in (self.state / "run").glob("*.json")
        }
        postgres = int((self.state / "pg/data/postmaster.pid").read_text().split()[0])
        redis = json.loads((self.state / "redis/server.json").read_text())["pid"]
        return {**noted, "postgres": postgres, "redis": redis}

    def tell(self, number: int) -> None:
        self._process.send_signal(number)

    def stop(self, number: int = signal.SIGINT) -> float:
        """Seconds until it had ended."""
        began = time.monotonic()
        self.tell(number)
        self._process.wait(30)
        self._reader.join(5)
        return time.monotonic() - began

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def address(self) -> str:
        found = re.search(r"Open (http://\S+)", self.screen)
        assert found, self.screen
        return found[1]

    def web_answers(self, path: str = "/healthz") -> bool:
        return answers(f"http://127.0.0.1:{self.told()['PORT']}{path}")

    def end(self) -> None:
        """Leave nothing, whatever happened."""
        pids = {}
        try:
            pids = self.pids()
        except (OSError, ValueError, KeyError):
            pass
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
        for pid in pids.values():
            if alive(pid):
                os.kill(pid, signal.SIGKILL)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except (OSError, urllib.error.URLError):
        return False


def posted(url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=15) as response:
        return json.loads(response.read())


def fetched(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=15) as response:
        return json.loads(response.read())
