"""`make run` from nothing, and again: seconds until the web process answers and the page is there.

    python -m tests.bench.bench_start [--again 3] [--install]

`--install` measures what a fresh clone waits for, too: an environment of its own with the package caches as they are.
The bare thing beside it: the same interpreter importing the web process, and doing nothing else.
"""

import argparse
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import mkdtemp

from local import venv
from local.processes import alive
from tests.bench.figures import median, show, show_machine, verdict
from tests.local.up_process import ROOT, Up, answers

FIRST, AGAIN, STOP = 90.0, 10.0, 5.0  # seconds: a fresh clone, every later start, Ctrl-C


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--again", type=int, default=3, help="how many later starts")
    parser.add_argument("--install", action="store_true", help="an environment of its own first")
    chosen = parser.parse_args()
    folder = Path(mkdtemp(prefix="rainmaker-bench-"))
    show_machine()
    try:
        installed = _install(folder) if chosen.install else 0.0
        first, _ = _start(folder / "state")
        later = [_start(folder / "state") for _ in range(chosen.again)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    bare = _bare_import()
    if chosen.install:
        show("environment made and installed", f"{installed:.1f} s")
    show("first start, initdb and all migrations", f"{first:.1f} s")
    verdict(f"first < {FIRST:.0f} s", installed + first < FIRST)
    again = median(start for start, _ in later)
    show("later starts, median", f"{again:.1f} s")
    verdict(f"later < {AGAIN:.0f} s", again < AGAIN)
    show("importing the web process alone", f"{bare:.1f} s (ratio of a later start {again / bare:.1f})")
    longest = max(stop for _, stop in later)
    show("Ctrl-C until nothing runs, longest", f"{longest:.1f} s")
    verdict(f"stop < {STOP:.0f} s", longest < STOP)


def _start(state: Path) -> tuple[float, float]:
    """Seconds until it can be used, and until it has ended."""
    began = time.monotonic()
    up = Up(state)
    try:
        up.wait_ready()
        assert answers(up.address())
        ready = time.monotonic() - began
        pids = up.pids()
        stopped = up.stop(signal.SIGINT)
        assert not any(alive(pid) for pid in pids.values())
        return ready, stopped
    finally:
        up.end()


def _install(folder: Path) -> float:
    for name in venv.LOCKS.values():
        shutil.copy(ROOT / name, folder / name)
    began = time.monotonic()
    venv.ensure(folder, dev=False)
    return time.monotonic() - began


def _bare_import() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import bot.app"], cwd=ROOT, check=True)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
