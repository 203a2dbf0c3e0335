"""The whole of it, as `make run` puts it together: the sandbox in this process; web and workers as processes of
their own on real Postgres and Redis, with the environment of stand-ins; a clock file they all share.

A flow talks to it as people do: `async with world.desk(SAM) as sam: await sam.say(…)`.
"""

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from sqlalchemy import text

from bot.action_ids import Action
from db.queries import workspace as workspaces
from db.session import Database, connect
from db.types import WorkspaceId
from local.environment import SandboxPorts, choose, stand_ins
from local.processes import free_port
from local.redis import EmbeddedRedis
from local.sandbox.faults import Fault
from local.sandbox.mailboxes import mail_log
from local.sandbox.server import RunningSandbox, start_sandbox
from local.sandbox.slack import deliver
from local.sandbox.slack.names import TEAM_ID
from local.sandbox.slack.payloads import message_action_payload
from local.sandbox.slack.state import workspace_of
from local.sandbox.world_model import Company, Person
from tests.flows.anchor import ClockFile
from tests.flows.desk import Desk, Message, NotSeen, button_of, has_button, text_of
from tests.flows.processes import ROOT, Process
from tests.servers import Servers

SAM, ANA, KENJI = "U0SAMRIVERS", "U0ANACOSTA1", "U0KENJIMORI"
CALM = 120.0  # two minutes in a second: a working day lasts four minutes
SEED = int(os.environ.get("FLOW_SEED", "7"))
BEGIN = datetime(2027, 3, 2, 10, tzinfo=UTC)  # a Tuesday; far from real time, so that no code can mix them
ENCRYPTION_KEY = f"test:{bytes(range(32)).hex()}"  # the one of tests/conftest.py: sealed columns can be read
KEPT_FROM_OUTSIDE = ("PATH", "HOME", "LANG", "TMPDIR", "CHROMIUM_PATH", "PLAYWRIGHT_BROWSERS_PATH")
RESEARCH_SECONDS = 90.0
# Company sites that research gets through quickly; the others have tests of their own.
PLAIN_SITES = ("static", "tls", "redirecting", "javascript", "slow", "broken", "robots")

ANSWERING = ("interested", "question", "not_now", "not_interested")

LIVE: list["World"] = []  # whose logs are shown when a test fails


@dataclass
class World:
    """`expected`: events of the log that this flow provokes; any other error fails it at the end."""

    folder: Path
    sandbox: RunningSandbox
    database: Database
    redis: EmbeddedRedis
    clock: ClockFile
    http: aiohttp.ClientSession
    web: Process
    workers: list[Process]
    environment: dict[str, str]
    expected: set[str] = field(default_factory=set)
    first_run: "FirstRun | None" = None
    _used: set[str] = field(default_factory=set)

    @property
    def processes(self) -> list[Process]:
        return [self.web, *self.workers]

    @property
    def base_url(self) -> str:
        return self.sandbox.base_url

    # people

    def desk(self, user: str) -> Any:
        """`async with`: this person's page is open."""
        return Desk(self.http, self.base_url, user).sitting()

    def person(self, character: str, *, sites: Sequence[str] = PLAIN_SITES, **having: Any) -> Person:
        """Somebody of that character, at a company that no earlier test wrote to."""
        known = {company.key: company for company in self.sandbox.box.world.companies}
        for site in sites:
            for one in self.sandbox.box.world.people:
                company = known[one.company_key]
                fits = all(getattr(one, name) == value for name, value in having.items())
                fits = fits and one.character == character and company.site_kind == site
                if fits and company.key not in self._used:
                    self._used.add(company.key)
                    return one
        raise LookupError(f"seed {self.sandbox.box.world.seed} has nobody {character} left at {sites}")

    def company_of(self, person: Person) -> Company:
        return self.sandbox.box.world.company(person.company_key)

    def answering_person(self, *, sites: Sequence[str] = PLAIN_SITES) -> Person | None:
        """Somebody who writes back to the first email, at a company that is not used yet; None if there is none."""
        for character in ANSWERING:
            with suppress(LookupError):
                return self.person(character, sites=sites)
        return None

    def strangers(self, count: int, *, sites: Sequence[str] = PLAIN_SITES) -> list[Person]:
        """People of any character, each at a company of their own."""
        found: list[Person] = []
        for site in sites:
            for company in self.sandbox.box.world.companies:
                if company.site_kind == site and company.key not in self._used and len(found) < count:
                    self._used.add(company.key)
                    found.append(self.sandbox.box.world.people_of(company)[0])
        assert len(found) == count, f"seed {self.sandbox.box.world.seed} has too few companies left"
        return found

    def request_for(self, person: Person, depth: str = "") -> str:
        """The documented sentence."""
        company = self.company_of(person)
        return f"Research {person.name} at {company.name}, {person.email}{f' {depth}' if depth else ''}"

    def at_work(self, *people: Person) -> None:
        """Let it be a working hour where these people are, if it is not; the next that fits all of them."""
        moment = self.clock.now()
        while not all(_at_work(moment, person.timezone) for person in people):
            moment += timedelta(minutes=30)
        self.clock.jump_to(moment)

    # the truth

    async def workspace_id(self) -> WorkspaceId:
        async with self.database.across() as tx:
            found = await workspaces.id_of_team(tx.session, TEAM_ID)
        assert found is not None, "nobody has met the workspace yet"
        return found

    async def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """What the tables say, in a transaction of the workspace."""
        async with self.database.transaction(await self.workspace_id()) as tx:
            return [dict(row) for row in (await tx.session.execute(text(sql), values)).mappings()]

    async def one(self, sql: str, **values: Any) -> dict[str, Any]:
        found = await self.rows(sql, **values)
        assert len(found) == 1, found
        return found[0]

    async def mail_to(self, person: Person) -> list[dict[str, Any]]:
        """Every mail delivered to somebody, oldest first."""
        address = person.email.lower()
        return [one for one in await mail_log(self.sandbox.box) if one["recipient"] == address]

    async def lead_of(self, person: Person) -> dict[str, Any]:
        return await self.one("SELECT * FROM leads WHERE lower(email) = :email", email=person.email.lower())

    async def emails_of(self, person: Person) -> list[dict[str, Any]]:
        """Rows of the sequence, in order."""
        lead = await self.lead_of(person)
        return await self.rows(
            "SELECT * FROM email_campaigns WHERE lead_id = :lead AND kind = 'sequence' ORDER BY email_sequence",
            lead=lead["id"],
        )

    # trouble

    async def click(
        self, user: str, channel: str, message: Message, action: str, *, value: str, copies: int = 1
    ) -> None:
        """A click as Slack signs it, with a value of our own, delivered as often as asked."""
        workspace = workspace_of(self.sandbox.box)
        block_id, button = button_of(message, action)
        given = {"block_id": block_id, "action_id": button["action_id"]}
        payload = message_action_payload(workspace, user, channel, message["ts"], given)
        payload["actions"][0]["value"] = value
        for _ in range(copies):
            await deliver.interaction(workspace, payload)

    def arm(self, service: str, kind: str, *, times: int = 1, match: str = "", **options: Any) -> None:
        self.sandbox.box.faults.arm(Fault(service, kind, times, match, options))

    def complaints(self) -> list[str]:
        """Errors in the logs that this flow did not provoke."""
        return [
            f"{process.name}: {line}"
            for process in self.processes
            for line in process.troubles()
            if line.get("event") not in self.expected
        ]

    def last_words(self) -> str:
        return "\n".join(f"--- {process.name}\n{process.tail()}" for process in self.processes)

    async def all_running(self) -> None:
        """Start again what was killed and nobody started yet."""
        for process in self.processes:
            if not process.is_running:
                await process.start()
                await process.wait_ready()

    async def add_worker(self) -> Process:
        worker = _worker(len(self.workers) + 1, self.environment, self.folder)
        self.workers.append(worker)
        await worker.start()
        await worker.wait_ready()
        return worker


@asynccontextmanager
async def started_world(
    servers: Servers,
    folder: Path,
    *,
    seed: int = SEED,
    obedient: bool = False,
    begin: datetime = BEGIN,
    speed: float = CALM,
    workers: int = 1,
    settings: dict[str, str] | None = None,
    prepare: Callable[[RunningSandbox], None] | None = None,
    strict: bool = True,
) -> AsyncIterator[World]:
    """Everything up, with a database and a Redis of its own. `strict`: at the end no log may hold an error."""
    folder.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        urls = _database(stack, servers)
        redis = EmbeddedRedis(folder / "redis")
        stack.callback(redis.stop)
        clock = ClockFile(folder / "clock", begin, speed)
        port = free_port()
        sandbox = await start_sandbox(
            state=folder / "sandbox",
            clock=clock.path,
            seed=seed,
            obedient=obedient,
            events_url=f"http://127.0.0.1:{port}/slack/events",
        )
        stack.push_async_callback(sandbox.stop)
        if prepare is not None:
            prepare(sandbox)
        environment = _environment(sandbox, port, urls, redis.start().url, clock.path) | (settings or {})
        world = World(
            folder=folder,
            sandbox=sandbox,
            database=await _database_of(stack, urls[0]),
            redis=redis,
            clock=clock,
            http=await stack.enter_async_context(aiohttp.ClientSession()),
            web=Process("web", ["bot.app"], environment, folder, ready='"web_ready"'),
            workers=[_worker(number + 1, environment, folder) for number in range(workers)],
            environment=environment,
        )
        LIVE.append(world)
        stack.callback(LIVE.remove, world)
        for process in world.processes:
            stack.push_async_callback(process.stop)
            await process.start()
        await asyncio.gather(*(process.wait_ready() for process in world.processes))
        try:
            yield world
        except BaseException as error:
            error.add_note(world.last_words())
            raise
        for process in world.workers:
            await process.stop()
        if strict and (complaints := world.complaints()):
            raise AssertionError("errors in the logs:\n" + "\n".join(complaints))


def _database(stack: AsyncExitStack, servers: Servers) -> tuple[str, str]:
    name = f"rm_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    urls = servers.clone(name)
    stack.callback(servers.drop, name)
    return urls


async def _database_of(stack: AsyncExitStack, url: str) -> Database:
    database = connect(url, pool_size=2)
    stack.push_async_callback(database.close)
    return database


def _worker(number: int, environment: dict[str, str], folder: Path) -> Process:
    return Process(f"worker-{number}", ["bot.worker"], environment, folder, ready='"worker_ready"')


def _environment(
    sandbox: RunningSandbox, port: int, urls: tuple[str, str], redis_url: str, clock: Path
) -> dict[str, str]:
    """As `make run` makes it where nothing is configured."""
    ready = sandbox.ready()
    ports = SandboxPorts(sandbox.port, ready["dns"], ready["egress_hosts"], ready["ca"])
    outside = {name: os.environ[name] for name in KEPT_FROM_OUTSIDE if name in os.environ}
    return {
        **outside,
        **stand_ins(choose({}), ports, port),
        "PORT": str(port),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "DATABASE_URL": urls[0],
        "REDIS_URL": redis_url,
        "ENCRYPTION_KEY": ENCRYPTION_KEY,
        "CLOCK_FILE": str(clock),
        "MAX_RESEARCH_PER_MINUTE": "1000",
        "APPROVAL_EXPIRES_HOURS": "5000",  # the clock jumps by weeks
    }


def _at_work(moment: datetime, zone: str) -> bool:
    """On a weekday, with some hours left before people go home."""
    local = moment.astimezone(ZoneInfo(zone))
    return local.weekday() < 5 and 9.5 <= local.hour + local.minute / 60 <= 14


async def eventually(
    found: Callable[[], Awaitable[Any]], *, seconds: float = 30.0, what: str = "", every: float = 0.1
) -> Any:
    """Ask until the answer is true; it is returned. Raises NotSeen."""
    deadline = time.monotonic() + seconds
    while not (answer := await found()):
        if time.monotonic() > deadline:
            raise NotSeen(f"not so in {seconds:g} s: {what or answer!r}")
        await asyncio.sleep(every)
    return answer


# The steps that every story begins with


@dataclass(frozen=True)
class FirstRun:
    """What a person saw before there was anything."""

    greeting: Message
    checklist: Message
    no_leads: Message
    no_numbers: Message
    green: Message


async def set_up(desk: Desk) -> FirstRun:
    """Open the DM, look around, and take the example company."""
    await desk.open_dm()
    greeting = await desk.sees(lambda message: has_button(message, Action.PROMPT))
    checklist = await desk.sees(lambda message: has_button(message, Action.SETUP_EXAMPLE))
    looked_at: list[Message] = []
    for words in ("", "stats"):
        before = {message["ts"] for message in await desk.everything()}
        await desk.leads(words)
        looked_at.append(await desk.sees(lambda message: message["ts"] not in before))  # noqa: B023
    await desk.press(checklist, Action.SETUP_EXAMPLE)
    green = await desk.sees(lambda message: "Everything is set up" in text_of(message))
    return FirstRun(greeting, checklist, *looked_at, green)


def is_card_of(person: Person) -> Callable[[Message], bool]:
    """Drafts of this person that wait for a decision."""
    return lambda message: has_button(message, Action.APPROVE) and person.name in text_of(message)


async def ask_for(desk: Desk, world: World, person: Person, depth: str = "") -> str:
    """Say the sentence; the thread it began."""
    return await desk.say(world.request_for(person, depth))


async def drafts_of(desk: Desk, world: World, person: Person, depth: str = "") -> Message:
    """Have somebody researched, and wait for the card that asks for an approval."""
    thread = await ask_for(desk, world, person, depth)
    return await desk.sees(is_card_of(person), thread=thread, seconds=RESEARCH_SECONDS)
