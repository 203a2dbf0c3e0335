"""Who runs in a state folder: one supervisor by its lock, and the processes it noted down, so that the next
start ends what a killed one left behind."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
from pathlib import Path
from types import TracebackType

from local.processes import alive, private_file, wait_until

GRACE_SECONDS = 3.5


class AlreadyRunning(Exception):
    """Another supervisor holds this folder; the message says which process."""


class StateLock:
    """Held for as long as the process lives: the system lets go of it even after kill -9."""

    def __init__(self, state: Path) -> None:
        self._path = state / "lock"

    def __enter__(self) -> "StateLock":
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._file, 32).decode(errors="replace").strip()
            os.close(self._file)
            raise AlreadyRunning(
                f"Rainmaker is already running here (process {holder or 'unknown'}). Stop it with Ctrl-C in "
                "its window" + (f", or: kill {holder}" if holder else "")
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)


def begun(pid: int) -> str:
    """When the process began, as the system tells it; numbers are given anew, a pair of both is not."""
    stat = Path(f"/proc/{pid}/stat")
    with contextlib.suppress(OSError, IndexError):
        return stat.read_text().rpartition(")")[2].split()[19]
    asked = subprocess.run(
        ["ps", "-p", str(pid), "-o", "lstart="], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()


def note(folder: Path, name: str, pid: int) -> None:
    """Remember that `name` runs as this process."""
    folder.mkdir(parents=True, exist_ok=True)
    private_file(folder / f"{name}.json", json.dumps({"pid": pid, "begun": begun(pid)}))


def forget(folder: Path, name: str) -> None:
    (folder / f"{name}.json").unlink(missing_ok=True)


def end_leftovers(folder: Path) -> list[str]:
    """End what is noted in `folder` and still runs: asked first, then by force. The names of what ran."""
    ended: list[str] = []
    found = {path.stem: pid for path in sorted(folder.glob("*.json")) if (pid := _still_runs(path))}
    for pid in found.values():
        signal_group(pid, signal.SIGTERM)
    for name, pid in found.items():
        ended.append(name)
        if not wait_until(lambda pid=pid: not alive(pid), GRACE_SECONDS):
            signal_group(pid, signal.SIGKILL)
            wait_until(lambda pid=pid: not alive(pid), GRACE_SECONDS)
    for path in folder.glob("*.json"):
        path.unlink(missing_ok=True)
    return ended


def _still_runs(path: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        noted = json.loads(path.read_text())
        pid = int(noted["pid"])
        if alive(pid) and begun(pid) == noted["begun"]:
            return pid
    return None


def signal_group(pid: int, number: int) -> None:
    """To the process and to all it started in its group; one that is gone is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
