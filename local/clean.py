"""What `make clean` does before it removes the folders: refuses while something runs here, ends servers that
were left behind, and takes away what had to be kept elsewhere."""

import contextlib
import shutil
import sys
from pathlib import Path

from local.leftovers import AlreadyRunning, StateLock, end_leftovers
from local.postgres import EmbeddedPostgres
from local.processes import alive
from local.redis import EmbeddedRedis

STATE = Path(".rainmaker")


def clean(state: Path) -> None:
    """Raises AlreadyRunning."""
    if not state.exists():
        return
    with StateLock(state):
        users = [path.name for path in (state / "test" / "users").glob("*") if path.name.isdigit()]
        if any(alive(int(pid)) for pid in users):
            raise AlreadyRunning("Tests are running here; let them end first.")
        end_leftovers(state / "run")
        for folder in (state / "pg", state / "pg-real", state / "test" / "pg"):
            _end_postgres(folder)
        for folder in (state / "redis", *(state / "test").glob("redis-*")):
            EmbeddedRedis(folder).stop()
        shutil.rmtree(state)


def _end_postgres(folder: Path) -> None:
    postgres = EmbeddedPostgres(folder)
    postgres.stop()
    if postgres.data.is_symlink():  # as root, where the server could not reach the checkout
        with contextlib.suppress(OSError):
            shutil.rmtree(postgres.data.resolve().parent)


def main() -> int:
    try:
        clean(STATE)
    except AlreadyRunning as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
