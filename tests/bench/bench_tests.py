"""`make test` as somebody does it who has just cloned this: its own environment, its own servers, every test.

    python -m tests.bench.bench_tests [--only tests/db]

It takes as long as the suite does; BENCH_TESTS=no leaves it out of `make bench`. What is committed is what is
measured. The bare thing beside it: the tests' own seconds one after the other, shared out over the cores.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from tests.bench.figures import show, show_machine, verdict
from tests.flows.processes import ROOT

TARGET = 600.0  # seconds
PATIENCE = 3600.0
OURS = ("PYTHONPATH", "VIRTUAL_ENV")  # would lead the clone back here


@dataclass(frozen=True)
class Told:
    """What pytest says: how many, how they ended, and their own seconds together."""

    tests: int
    wrong: int
    skipped: int
    seconds: float


def read(report: Path) -> Told:
    """Of a report in JUnit's form; nothing was told where there is none."""
    if not report.exists():
        return Told(0, 1, 0, 0.0)
    suites = list(ElementTree.parse(report).getroot().iter("testsuite"))

    def total(*names: str) -> int:
        return sum(int(suite.get(name, 0)) for suite in suites for name in names)

    seconds = sum(float(case.get("time", 0)) for suite in suites for case in suite.iter("testcase"))
    return Told(total("tests"), total("failures", "errors"), total("skipped"), seconds)


def clone(folder: Path) -> Path:
    """The last commit in a folder of its own; the files as they are where there is no git."""
    made = folder / "rainmaker"
    if (ROOT / ".git").exists():
        subprocess.run(["git", "clone", "--quiet", "--depth", "1", ROOT.as_uri(), str(made)], check=True)
    else:
        unwanted = shutil.ignore_patterns(".venv", ".rainmaker", "__pycache__", "artifacts")
        shutil.copytree(ROOT, made, ignore=unwanted)
    return made


def timed(folder: Path, environment: Mapping[str, str], *command: str) -> tuple[float, int, str]:
    """Seconds, exit code, and the last words."""
    began = time.monotonic()
    ended = subprocess.run(command, cwd=folder, env=dict(environment), capture_output=True, text=True,
                           timeout=PATIENCE, check=False)  # fmt: skip
    return time.monotonic() - began, ended.returncode, (ended.stdout + ended.stderr)[-1500:]


def main(only: str) -> int:
    folder = Path(mkdtemp(prefix="rainmaker-tests-"))
    show_machine()
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    try:
        made, report = clone(folder), folder / "report.xml"
        prepared, _, _ = timed(made, environment, "make", "venv-dev")
        arguments = (
            f"PYTEST_ARGS=-n auto --dist loadfile --no-loadscope-reorder --junitxml={report} {only}".strip()
        )
        took, code, said = timed(made, environment, "make", "test", arguments)
        told = read(report)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show("environment made and installed", f"{prepared:.0f} s")
    show("make test", f"{took:.0f} s: {told.tests} tests, {told.wrong} failed, {told.skipped} skipped")
    if code:
        print(said)
    share = told.seconds / (os.cpu_count() or 1)
    show("their own seconds, one after the other", f"{told.seconds:.0f} s")
    show("ratio to those shared out over the cores", f"{took / share:.2f}" if share else "none ran")
    verdict(f"make test < {TARGET:.0f} s, all pass", took < TARGET and not code and not told.wrong)
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a folder or file of tests")
    if os.environ.get("BENCH_TESTS") == "no":
        sys.exit(print("  left out: BENCH_TESTS=no"))
    sys.exit(main(parser.parse_args().only))
