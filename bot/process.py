"""What the two entries share: settings, logs and keys at the start, loops that go on, and the event loop."""

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable

from db import seal
from db.errors import DatabaseError
from pipeline import logs
from pipeline.crypto import sealer_from
from pipeline.errors import BadSettings
from pipeline.settings import Settings, load

log = logs.get_logger(__name__)


async def background(*works: Callable[[], Awaitable[None]]) -> list[asyncio.Task[None]]:
    async def forever(work: Callable[[], Awaitable[None]]) -> None:
        """A loop that breaks is begun again; the process goes on."""
        while True:
            try:
                await work()
            except Exception:
                log.exception("loop_broke", loop=getattr(work, "__qualname__", str(work)))
                await asyncio.sleep(1)

    return [asyncio.create_task(forever(work)) for work in works]


def prepare(process: str) -> Settings:
    """Settings, logs and keys; a wrong setting ends the process with its name."""
    try:
        settings = load()
    except BadSettings as error:
        sys.exit(f"Rainmaker can't start:\n{error}")
    try:
        logs.configure(settings.log_level, settings.log_dir, process=process)
    except OSError as error:
        sys.exit(f"Rainmaker can't start:\nLOG_DIR can't be written to: {error.strerror}.")
    seal.install(sealer_from(settings.encryption_key.get_secret_value()))
    return settings


def settle() -> None:
    """Called once everything is imported and made: the garbage collector need not look at that again, which took it
    a tenth of a second at a time while Slack waited.
    """
    gc.collect()
    gc.freeze()


def run(main: Callable[[Settings], Awaitable[None]], process: str) -> None:
    settings = prepare(process)
    try:
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main(settings))  # pyright: ignore[reportArgumentType]
    except ImportError:
        asyncio.run(main(settings))  # pyright: ignore[reportArgumentType]
    except (DatabaseError, BadSettings) as error:
        sys.exit(f"Rainmaker can't start: {error}")
