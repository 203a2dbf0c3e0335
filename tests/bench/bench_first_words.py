"""From the model's first word on the wire to the same word arriving at Slack: what the web process adds.

Both ends are stand-ins in this process that note the time: a model that speaks the Responses dialect, and a Slack
that takes whatever it is told. The bare thing is a POST of the same size to that Slack.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import uvloop
from aiohttp import web

from local.processes import free_port
from local.sandbox.slack.names import BOT_ID, BOT_USER_ID, TEAM_ID, TEAM_NAME
from tests.bench.figures import median, quantile, show, show_machine, spread, verdict
from tests.bench.load import PERSON, Line, direct_message, event_id, signed
from tests.bench.model import routes
from tests.bench.stage import stage

TARGET = 0.1
TURNS = 40
AT_ONCE = 8
WORDS, PAUSE = 12, 0.03
PATIENCE = 30.0


@dataclass
class Ends:
    """When the first word of each answer left the model, and when it reached Slack; by the question's mark."""

    left: dict[str, float] = field(default_factory=dict)
    arrived: dict[str, float] = field(default_factory=dict)
    ended: dict[str, asyncio.Event] = field(default_factory=dict)
    _streams: dict[str, str] = field(default_factory=dict)

    def spoke(self, asked: str) -> None:
        self.left[asked.split()[-1]] = time.perf_counter()

    async def slack(self, request: web.Request) -> web.Response:
        """Any method of Slack's; the thread's ts tells whose answer it is."""
        now, method = time.perf_counter(), request.match_info["method"]
        form = await (request.json() if request.content_type == "application/json" else request.post())
        answer = {"ok": True, "channel": str(form.get("channel", "")), "ts": str(form.get("ts", ""))}
        if method == "chat.startStream":
            answer["ts"] = f"{time.time():.6f}"
            mark = str(form["thread_ts"])
            self._streams[answer["ts"]] = mark
            self.arrived[mark] = now
        elif method == "chat.stopStream":
            self.ended[self._streams[answer["ts"]]].set()
        return web.json_response(answer | _ourselves(method))

    def seconds(self) -> list[float]:
        return [self.arrived[mark] - left for mark, left in self.left.items()]


def _ourselves(method: str) -> dict[str, object]:
    known: dict[str, dict[str, object]] = {
        "auth.test": {"user_id": BOT_USER_ID, "bot_id": BOT_ID, "team_id": TEAM_ID, "team": TEAM_NAME},
        "team.info": {"team": {"id": TEAM_ID, "name": TEAM_NAME}},
        "users.info": {
            "user": {"id": PERSON, "real_name": "Sam Rivers", "profile": {}, "tz": "Europe/Lisbon"}
        },
    }
    return known.get(method, {})


@asynccontextmanager
async def _outside(ends: Ends) -> AsyncIterator[str]:
    application = web.Application(client_max_size=2**26)
    application.add_routes([*routes(WORDS, PAUSE, ends.spoke), web.post("/api/{method}", ends.slack)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port := free_port()).start()
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


async def _ask(url: str, ends: Ends, number: int) -> None:
    """One question, until its answer has ended."""
    mark = f"{1_700_000_000 + number}.000100"
    ends.ended[mark] = asyncio.Event()
    line = await Line.open(url)
    status = await line.ask(signed(url, direct_message(event_id(), f"Say something {mark}", mark)))
    assert status == 200, status
    await asyncio.wait_for(ends.ended[mark].wait(), PATIENCE)
    line.close()


async def _bare_posts(slack: str) -> list[float]:
    seconds: list[float] = []
    async with aiohttp.ClientSession() as http:
        for _ in range(TURNS):
            began = time.perf_counter()
            form = {
                "channel": "D0",
                "thread_ts": "1.1",
                "chunks": '[{"type": "markdown_text", "text": "word0 "}]',
            }
            async with http.post(f"{slack}/api/chat.postMessage", data=form) as response:
                await response.read()
            seconds.append(time.perf_counter() - began)
    return seconds


async def main() -> None:
    ends = Ends()
    async with _outside(ends) as base, stage("first-words") as made:
        port = free_port()
        await made.web(port, base, f"{base}/v1")
        url = f"http://127.0.0.1:{port}/slack/events"
        show_machine()
        for number in range(5):  # warm: the SDK is loaded, connections are open
            await _ask(url, ends, number)
        ends.left.clear()
        for number in range(TURNS):
            await _ask(url, ends, 100 + number)
        alone = ends.seconds()
        ends.left.clear()
        for group in range(TURNS // AT_ONCE):
            await asyncio.gather(*(_ask(url, ends, 1000 + group * AT_ONCE + one) for one in range(AT_ONCE)))
        crowd, bare = ends.seconds(), await _bare_posts(base)
    show(f"first words, {len(alone)} turns one by one", spread(alone))
    show(f"first words, {len(crowd)} turns, {AT_ONCE} at once", spread(crowd))
    show("a bare POST to the same Slack", spread(bare))
    show("ratio to the bare POST, medians", f"{median(alone) / median(bare):.1f}")
    verdict(f"median and p95 < {TARGET * 1000:.0f} ms", quantile(alone, 0.95) < TARGET)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
