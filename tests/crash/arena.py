"""Where the crash matrix is played: a database of its own, the sandbox's Gmail and a mail server, seen call by call,
and worker processes that are killed with SIGKILL at a named point.

Both clocks stand still; `Arena.clock` moves them for everybody.
"""

import asyncio
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from db.session import Database, connect
from local.sandbox import gmail
from local.sandbox.clock import WorldClock
from local.sandbox.context import Sandbox
from local.sandbox.faults import Fault
from local.sandbox.mail.mailbox import open_account
from local.sandbox.store import Store
from tests.crash.relay import HangUp, Relay
from tests.pipeline.mail_world import MONDAY, SharedClock, settings_values
from tests.servers import Servers

ROOT = Path(__file__).parents[2]
LATE_CALLS, LATE_SECONDS = 3, 0.6
SILENT_SECONDS = 2.5  # longer than the workers' patience


@dataclass(frozen=True, slots=True)
class Blow:
    """A kill. `at`: "commit" or "call"; `when`: before, after, or (a call) late: the server does its work only
    when the next process is at work. `number`: of the process's commit, or of the run's call; of those with that
    `name`, where there is one."""

    at: str
    when: str
    number: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the outside does wrong, once. Gmail: a fault of the sandbox and the method it spoils; SMTP: what the
    server does, and at which word."""

    kind: str
    match: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.match}"


class ArenaClock(SharedClock):
    """Standing still for the sandbox (its anchor), for us, and for the workers (both times, in a second file)."""

    def __init__(self, folder: Path) -> None:
        self.both = folder / "both"
        super().__init__(folder / "clock", MONDAY)

    def _write(self) -> None:
        super()._write()
        fresh = self.both.with_suffix(".new")
        fresh.write_text(json.dumps({"now": self.now().isoformat(), "wall": self.wall().isoformat()}))
        fresh.replace(self.both)


@dataclass
class Ended:
    pid: int
    killed: bool
    status: int
    last: str  # the commit it was at


class Nursery:
    """Forks workers from a process that has everything imported."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._began: asyncio.Queue[int] = asyncio.Queue()
        self._ended: dict[int, asyncio.Future[dict[str, int]]] = {}
        self._number = 0
        self.log = folder / "workers.log"

    async def start(self) -> None:
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.crash.zygote", cwd=ROOT, stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        self._reading = asyncio.create_task(self._read())

    async def stop(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            told = json.loads(line)
            if "began" in told:
                self._ended[told["began"]] = asyncio.get_running_loop().create_future()
                self._began.put_nowait(told["began"])
            else:
                self._ended[told["ended"]].set_result(told)

    async def fork(self, told: dict[str, Any], blow: Blow | None) -> tuple[int, Path]:
        """One at a time."""
        assert self._process.stdin
        self._number += 1
        trail = self._folder / f"trail-{self._number}"
        death = [blow.number, blow.when == "after", blow.name] if blow and blow.at == "commit" else None
        line = json.dumps({**told, "trail": str(trail), "death": death})
        self._process.stdin.write(line.encode() + b"\n")
        return await self._began.get(), trail

    async def ended(self, pid: int, trail: Path) -> Ended:
        told = await self._ended[pid]
        lines = trail.read_text().split("\n")[:-1] if trail.exists() else []
        return Ended(pid, told["signal"] == signal.SIGKILL, told["status"], lines[-1] if lines else "start")


@dataclass
class Arena:
    db: Database
    database_url: str
    box: Sandbox
    clock: ArenaClock
    nursery: Nursery
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    url: str = ""
    smtp_port: int = 0
    relay: Relay = field(init=False)
    calls: list[str] = field(default_factory=list[str])
    alive: set[int] = field(default_factory=set[int])
    blows: list[Blow] = field(default_factory=list[Blow])  # at calls
    trouble: Trouble | None = None
    struck: list[str] = field(default_factory=list[str])
    is_quiet: asyncio.Event = field(default_factory=asyncio.Event)  # no late work is under way
    struck_pids: set[int] = field(default_factory=set[int])

    def arm(self, blows: list[Blow], trouble: Trouble | None, provider: str) -> None:
        """For one run."""
        self.calls.clear()
        self.struck.clear()
        self.struck_pids.clear()
        self.is_quiet.set()
        self.box.faults.clear()
        self.blows = [one for one in blows if one.at == "call"]
        self.trouble = None
        if trouble and provider == "gmail":
            service = "oauth" if "token" in trouble.match else "gmail"
            options = {"seconds": SILENT_SECONDS} if trouble.kind == "timeout_after" else {}
            self.box.faults.arm(Fault(service, trouble.kind, 1, trouble.match, options))
        else:
            self.trouble = trouble

    async def fork(self, blow: Blow | None) -> tuple[int, Path]:
        told = {
            "settings": settings_values(self.box, self.url, self.database_url),
            "clock": str(self.clock.both),
        }
        pid, trail = await self.nursery.fork(told, blow)
        self.alive.add(pid)
        return pid, trail

    async def ended(self, pid: int, trail: Path) -> Ended:
        found = await self.nursery.ended(pid, trail)
        self.alive.discard(pid)
        return found

    # --- the wire ---

    async def reach(self, name: str) -> Blow | None:
        """A call has arrived. A blow before it, or a late one, falls now; one that is to fall after it is told."""
        self.calls.append(name)
        seen, of_name = len(self.calls), self.calls.count(name)
        here = (
            one
            for one in self.blows
            if one.number == (of_name if one.name == name else 0 if one.name else seen)
        )
        blow = next(here, None)
        if blow:
            self.blows.remove(blow)
        if blow and blow.when != "after":
            self.strike(f"{blow.when} {name}")
            if blow.when == "late":
                await self._later()
        return blow

    def strike(self, where: str) -> None:
        if self.alive:
            victim = self.chance.choice(sorted(self.alive))
            self.alive.discard(victim)
            os.kill(victim, signal.SIGKILL)
            self.struck.append(where)
            self.struck_pids.add(victim)

    async def _later(self) -> None:
        self.is_quiet.clear()
        seen, patience = len(self.calls), LATE_SECONDS
        try:
            while len(self.calls) < seen + LATE_CALLS and patience > 0:
                await asyncio.sleep(0.02)
                patience -= 0.02
        finally:
            asyncio.get_running_loop().call_later(0.05, self.is_quiet.set)

    @web.middleware
    async def watch(self, request: web.Request, handler: Any) -> web.StreamResponse:
        await request.read()
        # A server goes on with its work when the client is gone.
        return await asyncio.shield(asyncio.create_task(self._serve(request, handler)))

    async def _serve(self, request: web.Request, handler: Any) -> web.StreamResponse:
        name = call_name(request)
        blow = await self.reach(name)
        if blow and blow.when == "before":
            return web.Response(status=500)
        answer = await handler(request)
        if blow and blow.when == "after":
            self.strike(f"after {name}")
        return answer

    async def before_word(self, word: str) -> bytes | None:
        blow = await self.reach(f"smtp {word}")
        if blow and blow.when == "before":
            raise HangUp
        if blow and blow.when == "after":
            self._after_word = word
        return await self._misbehave(word, after=False)

    async def after_word(self, word: str) -> bytes | None:
        if self._after_word == word:
            self._after_word = ""
            self.strike(f"after smtp {word}")
            raise HangUp
        return await self._misbehave(word, after=True)

    _after_word: str = ""

    async def _misbehave(self, word: str, *, after: bool) -> bytes | None:
        trouble = self.trouble
        if trouble is None or trouble.match != word or trouble.kind.endswith("_after") is not after:
            return None
        self.trouble = None
        if trouble.kind.startswith("silence"):
            await asyncio.sleep(SILENT_SECONDS)
            raise HangUp
        if trouble.kind.startswith("lost"):
            raise HangUp
        return f"{trouble.kind[:3]} said the test\r\n".encode()

    # --- what people and the world do ---

    def grant(self, address: str) -> str:
        """A refresh token for an account of the sandbox."""
        token = f"grant-{uuid.uuid4().hex}"
        open_account(self.box, address)
        self.box.store.run(
            "INSERT INTO google_grants (refresh_token, account, scopes) VALUES (?, ?, ?)",
            token, address, "https://mail.google.com/",
        )  # fmt: skip
        return token

    def jump(self, by: timedelta) -> None:
        self.clock.jump(by)

    def jump_to(self, moment: datetime) -> None:
        if moment > self.clock.now():
            self.jump(moment - self.clock.now())

    def mails(self, subject: str) -> list[str]:
        """Who was the sender of each mail with that subject that has left, whichever way."""
        rows = self.box.store.all("SELECT sender FROM mail_deliveries WHERE subject = ?", subject)
        found = [str(row["sender"]) for row in rows]
        for text in self.relay.taken:
            head = text.partition(b"\r\n\r\n")[0].decode()
            lines = dict(line.split(": ", 1) for line in head.split("\r\n") if ": " in line)
            if lines.get("Subject") == subject:
                found.append(lines["From"].rpartition("<")[2].rstrip(">"))
        return found


def call_name(request: web.Request) -> str:
    """The method, without the ids: GET drafts/*."""
    parts = request.path.removeprefix("/gmail/v1/users/me/").strip("/").split("/")
    known = {"drafts", "messages", "threads", "send", "profile", "history", "google", "token"}
    return f"{request.method} {'/'.join(one if one in known else '*' for one in parts)}"


@asynccontextmanager
async def arena(servers: Servers) -> AsyncIterator[Arena]:
    folder = Path(tempfile.mkdtemp(prefix="rm-crash-"))
    name = f"rm_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    database_url, _ = await asyncio.to_thread(servers.clone, name)
    clock = ArenaClock(folder)
    box = Sandbox(Store(":memory:"), WorldClock(folder / "clock"), base_url="", events_url="")
    made = Arena(connect(database_url, pool_size=4), database_url, box, clock, Nursery(folder))
    made.relay = Relay(made.before_word, made.after_word)
    app = web.Application(middlewares=[made.watch])
    app.add_routes(gmail.routes(box))
    smtp = await asyncio.start_server(made.relay.serve, "127.0.0.1", 0)
    made.smtp_port = smtp.sockets[0].getsockname()[1]
    try:
        await made.nursery.start()
        async with TestServer(app) as server:
            made.url = str(server.make_url("/"))
            yield made
            await made.nursery.stop()
    finally:
        smtp.close()
        await made.db.close()
        box.store.close()
        await asyncio.to_thread(servers.drop, name)
        shutil.rmtree(folder, ignore_errors=True)
