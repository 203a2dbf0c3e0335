"""A process that runs but does nothing any more is noticed; one that is only slow is left alone."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from redis.asyncio import Redis

from local.ports import healthy
from local.processes import alive, free_port
from local.pulse import EVERY, WORKER_FAILURES, Pulse, of_web, of_worker, until_silent
from local.redis import EmbeddedRedis
from local.supervisor import Program, Supervisor, within

ROOT = Path(__file__).parents[2]
ANSWERING = """
import sys
from aiohttp import web
async def healthz(request): return web.json_response({"ok": True})
async def block(request):
    import time
    while True: time.sleep(1)
app = web.Application()
app.add_routes([web.get("/healthz", healthz), web.get("/block", block)])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


class Answers:
    """Says what it was told to, then the last of it again and again."""

    def __init__(self, answers: Sequence[bool | None]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self) -> bool | None:
        self.asked += 1
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


async def asked_until_silent(*answers: bool | None) -> int | None:
    """How often it was asked; None if it was never given up."""
    ask = Answers(answers)
    try:
        async with asyncio.timeout(0.5):
            await until_silent(Pulse(ask, every=0.01))
    except TimeoutError:
        assert ask.asked > len(answers)
        return None
    return ask.asked


async def test_three_silences_in_a_row_are_too_many() -> None:
    assert await asked_until_silent(True, False) == 4


async def test_an_answer_between_begins_anew() -> None:
    assert await asked_until_silent(True, False, False, True, False, False, True) is None


async def test_who_never_answered_is_still_starting() -> None:
    assert await asked_until_silent(False) is None


async def test_who_starts_is_asked_often_so_that_an_early_silence_counts() -> None:
    ask = Answers([False, False, True, False])
    began = time.monotonic()
    async with asyncio.timeout(10):
        await until_silent(Pulse(ask, failures=1, every=3))
    assert time.monotonic() - began < 3 * 3


async def test_not_to_know_is_no_silence() -> None:
    assert await asked_until_silent(True, False, False, None, False, False, None) is None


async def test_where_we_were_held_up_ourselves_nobody_is_blamed() -> None:
    """As on a machine under heavy load, or one that was suspended."""
    asked = Answers([True, False])

    async def hold_up() -> bool | None:
        time.sleep(0.05)
        return await asked()

    async def late() -> None:
        while True:
            time.sleep(0.05)
            await asyncio.sleep(0)

    load = asyncio.create_task(late())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await until_silent(Pulse(hold_up, every=0.01))
    load.cancel()
    assert asked.asked > 4


def test_the_limits_leave_time_to_a_busy_machine() -> None:
    assert of_web(1).failures * of_web(1).every >= 15
    assert WORKER_FAILURES * EVERY >= 2 * 16, "arq notes its health every 15 s"


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[tuple[Supervisor, list[str]]]:
    said: list[str] = []
    made = Supervisor(tmp_path, lambda who, text: said.append(f"{who} {text}"))
    yield made, said
    await made.stop(list(made.children), 0.1)


@pytest.mark.parametrize("how", ["blocked", "stopped"])
async def test_a_web_process_that_hangs_is_ended_and_started_again(
    supervisor: tuple[Supervisor, list[str]], how: str
) -> None:
    made, said = supervisor
    port = free_port()
    pulse = Pulse(lambda: healthy(port, 0.3), every=0.2)
    program = Program("web", [sys.executable, "-c", ANSWERING, str(port)], folder=ROOT, pulse=pulse)
    child = await made.start(program)
    assert await within(20, lambda: healthy(port))
    await asyncio.sleep(1)  # it was asked, and answered
    first = child.pid
    assert first is not None and said == []
    if how == "blocked":
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /block HTTP/1.0\r\n\r\n")
        await writer.drain()
    else:
        os.kill(first, signal.SIGSTOP)

    async def again() -> bool:
        return child.pid not in (None, first) and await healthy(port)

    assert await within(30, again)
    assert not alive(first)
    assert said[0].startswith("web has not answered for")
    assert said[1].startswith("web was ended by SIG") and "it starts again in 0.2 s" in said[1]


async def test_a_worker_is_known_by_its_notes_in_redis(tmp_path: Path) -> None:
    embedded = EmbeddedRedis(tmp_path)
    server = await asyncio.to_thread(embedded.start)
    ask = of_worker(server.url).ask
    try:
        assert await ask() is False
        async with Redis.from_url(server.url) as redis:
            await redis.set("rm:fast:health", "1")
        assert await ask() is True
    finally:
        await asyncio.to_thread(embedded.stop)
    assert await ask() is None, "without Redis nobody knows"
