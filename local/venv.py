"""The checkout's own Python environment, made as the lock files say. Only the standard library is used:
this runs before anything is installed.

    python3 local/venv.py [--dev]
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OLDEST = (3, 11)
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}  # dev holds all of run


class Failed(Exception):
    """The environment could not be made; the message says what to do."""


def ensure(root: Path, *, dev: bool) -> Path:
    """The environment's Python, with everything the lock file names. Raises Failed."""
    python = root / ".venv" / "bin" / "python"
    (root / ".venv").mkdir(exist_ok=True)
    with (root / ".venv" / ".making").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two targets at once
        if not _runs(python):
            _say("making .venv")
            _make(root / ".venv")
        kind = "dev" if dev else "run"
        if _stamp(root, kind).exists() and _stamp(root, kind).read_text() == _wanted(root, kind):
            return python
        _say(f"installing {LOCKS[kind]}")
        began = time.monotonic()
        _install(root, python, root / LOCKS[kind])
        for done in ("run", kind):
            _stamp(root, done).write_text(_wanted(root, done))
        _say(f"installed in {time.monotonic() - began:.0f} s")
    return python


def _stamp(root: Path, kind: str) -> Path:
    return root / ".venv" / f".installed-{kind}"


def _wanted(root: Path, kind: str) -> str:
    """What a stamp says: the lock file's hash, and which Python it was installed for."""
    digest = hashlib.sha256((root / LOCKS[kind]).read_bytes()).hexdigest()
    return f"{digest} {os.path.realpath(root / '.venv' / 'bin' / 'python')}\n"


def _runs(python: Path) -> bool:
    """A Python that is new enough; after an upgrade of the system the link may lead nowhere."""
    test = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([str(python), "-c", test], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _make(folder: Path) -> None:
    for part in folder.iterdir():
        if part.name != ".making":
            shutil.rmtree(part) if part.is_dir() and not part.is_symlink() else part.unlink()
    if uv():
        command = [uv(), "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(folder)]
    else:
        command = [sys.executable, "-m", "venv", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        version = "python{}.{}".format(*sys.version_info[:2])
        raise Failed(
            f"{(done.stderr or done.stdout).strip()}\n"
            f"No environment could be made. On Debian and Ubuntu: apt install {version}-venv"
        )


def _install(root: Path, python: Path, lock: Path) -> None:
    if uv():
        command = [uv(), "pip", "install", "--quiet", "--python", str(python)]
    else:
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--no-input", "--progress-bar", "off", "--no-compile"]  # what is used is compiled anyway
    done = subprocess.run([*command, "--require-hashes", "-r", str(lock)], cwd=root, check=False)
    if done.returncode:
        raise Failed(f"{lock.name} could not be installed; what the installer said stands above.")


def uv() -> str:
    """uv where it is there and works, which makes the installation four times as fast; else empty."""
    path = shutil.which("uv")
    if path is None or subprocess.run([path, "--version"], capture_output=True, check=False).returncode:
        return ""
    return path


def _say(text: str) -> None:
    print(f"  {text}", flush=True)


def main() -> int:
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        print(
            f"Rainmaker needs Python 3.11 or later; {sys.executable} is {found}. Set PYTHON=…",
            file=sys.stderr,
        )
        return 1
    parser = argparse.ArgumentParser(description="Make .venv and install the locked dependencies.")
    parser.add_argument("--dev", action="store_true", help="what the tests and checks need, too")
    try:
        ensure(ROOT, dev=parser.parse_args().dev)
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
