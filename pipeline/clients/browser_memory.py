"""A page may not take the machine's memory: a process of the browser that grows too big is ended.

A few megabytes packed can be gigabytes unpacked, and a script needs no download at all to fill the memory; a limit
on what comes over the wire holds neither. Looked at a few times a second while a page is open, where the system
tells (Linux); elsewhere nothing is ended.
"""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.logs import get_logger

if TYPE_CHECKING:
    from playwright.async_api import Browser

log = get_logger(__name__)
MOST_BYTES = 1_000_000_000  # of one process; the longest page that is read takes two thirds of it
_EVERY_SECONDS = 0.2
_PAGE = os.sysconf("SC_PAGE_SIZE")


@asynccontextmanager
async def bounded(browser: "Browser | None", most: int = MOST_BYTES) -> AsyncGenerator[None]:
    """While the block runs. The page of a process that is ended breaks with “crashed”."""
    if browser is None:
        yield
        return
    watching = asyncio.create_task(_watch(browser, most))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _watch(browser: "Browser", most: int) -> None:
    from playwright.async_api import Error

    try:
        session: Any = await browser.new_browser_cdp_session()
        try:
            while True:
                told: Any = await session.send("SystemInfo.getProcessInfo")
                _end_the_big([process["id"] for process in told["processInfo"]], most)
                await asyncio.sleep(_EVERY_SECONDS)
        finally:
            await session.detach()
    except Error:
        return  # the browser has ended


def _end_the_big(processes: list[int], most: int) -> None:
    for process in processes:
        taken = _resident(process)
        if taken > most:
            log.warning("browser_process_too_big", megabytes=taken // 1_000_000)
            try:
                os.kill(process, signal.SIGKILL)
            except OSError:
                continue


def _resident(process: int) -> int:
    """Bytes; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0
