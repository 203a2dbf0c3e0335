"""A browser for the pages that need one: found, or installed once, in the background.

python -m local.chromium [--install]
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
DEBIAN = ("chromium-headless-shell", "chromium")
START_SECONDS = 20
DOWNLOAD_SECONDS = 300
APT_SECONDS = 600
MARKER = "installing-chromium"  # in the state folder while a browser is being installed

Run = Callable[[list[str], float], str | None]  # (command, seconds) -> what went wrong


def find(chosen: str | None = None) -> Path | None:
    """The browser that is set, playwright's own, or one of the system's; only one that runs."""
    candidates = [Path(chosen)] if chosen else [*_playwrights(), *_systems()]
    return next((path for path in candidates if path.exists() and works(path)), None)


def works(path: Path, seconds: float = START_SECONDS) -> bool:
    """Does it start? Libraries may be missing."""
    command = [str(path), "--version"]
    try:
        done = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def install(log: Path, run: Run | None = None) -> Path | None:
    """Download playwright's; where that can't be, as root on Debian and Ubuntu, install the system's."""
    log.parent.mkdir(parents=True, exist_ok=True)
    run = run or runner(log)
    root = os.geteuid() == 0
    apt = root and shutil.which("apt-get") is not None
    playwright = [sys.executable, "-m", "playwright"]
    if run([*playwright, "install", "chromium"], DOWNLOAD_SECONDS) is None:
        if (found := find()) is not None:
            return found
        if apt and run([*playwright, "install-deps", "chromium"], APT_SECONDS) is None:
            return find()
    return _from_the_system(run) if apt else find()


def _from_the_system(run: Run) -> Path | None:
    run(["dpkg", "--configure", "-a"], APT_SECONDS)  # an earlier installation may have been interrupted
    wait = ["-q", "-o", "DPkg::Lock::Timeout=120"]
    run(["apt-get", *wait, "update"], APT_SECONDS)
    for name in DEBIAN:
        command = ["apt-get", *wait, "install", "-y", "--no-install-recommends", name]
        if run(command, APT_SECONDS) is None:
            break
    return find()


def _playwrights() -> list[Path]:
    """Where playwright keeps its own, newest first, without starting its driver."""
    homes = [Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright"]
    if told := os.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        homes.insert(0, Path(told))
    patterns = (
        "chromium_headless_shell-*/chrome-*/*headless*shell",
        "chromium-*/chrome-linux*/chrome",
        "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    )
    return [
        path for home in homes for pattern in patterns for path in sorted(home.glob(pattern), reverse=True)
    ]


def _systems() -> list[Path]:
    return [Path(path) for path in map(shutil.which, NAMES) if path]


def runner(log: Path) -> Run:
    def run(command: list[str], seconds: float) -> str | None:
        with log.open("ab") as output:
            output.write(f"$ {' '.join(command)}\n".encode())
            output.flush()
            process: subprocess.Popen[bytes] | None = None
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                )
                code = process.wait(seconds)
            except OSError as error:
                return str(error)
            except subprocess.TimeoutExpired:
                return f"took longer than {seconds:.0f} s"
            finally:  # also when we are told to end
                if process is not None and process.poll() is None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            return None if code == 0 else f"ended with exit code {code}"

    return run


ADVICE = (
    "No browser could be installed: pages that need one are skipped. "
    "Install chromium, or set CHROMIUM_PATH to a browser."
)


def end_when_told() -> None:
    """SIGTERM ends us in the usual way, so that what we started is ended too."""

    def end(number: int, frame: object) -> None:
        sys.exit(1)

    signal.signal(signal.SIGTERM, end)


def main() -> int:
    parser = argparse.ArgumentParser(description="Print the browser's path; exit code 1 where there is none.")
    parser.add_argument("--install", action="store_true", help="install one where there is none")
    parser.add_argument("--log", type=Path, default=Path(".rainmaker/logs/chromium.log"))
    chosen = parser.parse_args()
    end_when_told()
    found = find(os.environ.get("CHROMIUM_PATH"))
    if found is None and chosen.install:
        print("  installing Chromium", flush=True)
        found = install(chosen.log)
    print(found or ADVICE, file=sys.stdout if found else sys.stderr)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
