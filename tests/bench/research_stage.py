"""What the research benches run on: the sandbox as a process of its own, as slow as the real services are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import aiohttp
from redis.asyncio import Redis

from db.models.lead import Lead
from db.models.research import ResearchRun
from db.queries import lead as leads
from db.queries import research, workspace
from db.queries.lead import NewLead
from db.session import Database, connect
from db.types import Depth, WorkspaceId
from local.environment import SandboxPorts, choose, stand_ins
from local.processes import free_port
from local.sandbox.world_make import DEFAULT_SEED
from pipeline.clients.llm import open_llm
from pipeline.clients.mail import open_mail
from pipeline.clients.outside import open_research
from pipeline.clock import SystemClock
from pipeline.crypto import Digester
from pipeline.deps import Deps
from pipeline.messages import Silent
from pipeline.settings import Settings, load
from tests.bench.stage import Stage, stage
from tests.flows.processes import Process
from tests.flows.world import ENCRYPTION_KEY

REAL_LATENCY = (0.4, 2.0)  # seconds; what search, pages and models take to answer
SCRIPTED = "javascript"  # the kind of a site that is nothing without its scripts
SLOW = ("google", "brave", "searxng", "openai", "apify", "site")


@dataclass
class ResearchStage:
    made: Stage
    base_url: str
    environment: dict[str, str]  # of the product's processes
    world: dict[str, Any]  # as the sandbox tells of it
    sandbox: Process

    def front_page(self) -> tuple[str, str]:
        """A host with a plain site, and the address at which the sandbox serves it."""
        static = next(company for company in self.world["companies"] if company["site_kind"] == "static")
        pairs = (pair.split("=") for pair in self.environment["EGRESS_HOSTS"].split(","))
        return static["host"], next(f"http://{where}/" for pattern, where in pairs if pattern == "*.example")

    def settings(self) -> Settings:
        return load(_env_file=None, **{name.lower(): value for name, value in self.environment.items()})

    async def latency(self, shortest: float, longest: float) -> None:
        async with aiohttp.ClientSession() as session:
            for service in SLOW:
                body = {"service": service, "shortest": shortest, "longest": longest}
                async with session.post(f"{self.base_url}/sandbox/latency", json=body) as answer:
                    answer.raise_for_status()

    def people(self, *, static: bool = False) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Everybody with their company: the first of each company, then the second of each, and so on. `static`:
        only those whose company's site can be read without running its scripts."""
        companies = {
            company["key"]: company
            for company in self.world["companies"]
            if not (static and company["site_kind"] == SCRIPTED)
        }
        by_company: dict[str, list[dict[str, Any]]] = {}
        for person in self.world["people"]:
            if person["company_key"] not in companies:
                continue
            by_company.setdefault(person["company_key"], []).append(person)
        most = max(map(len, by_company.values()))
        return [
            (staff[number], companies[key])
            for number in range(most)
            for key, staff in by_company.items()
            if number < len(staff)
        ]

    @asynccontextmanager
    async def deps(self) -> AsyncIterator[Deps]:
        settings, clock = self.settings(), SystemClock()
        redis: Redis = Redis.from_url(settings.redis_url)
        made = Deps(
            settings=settings,
            clock=clock,
            db=connect(settings.database_url, pool_size=10),
            redis=redis,
            notifier=Silent(),
            digester=Digester("bench"),
            llm=open_llm(settings, clock),
            research=open_research(settings, clock, redis),
            mail=open_mail(settings, clock),
        )
        try:
            yield made
        finally:
            await made.close()


@asynccontextmanager
async def research_stage(
    name: str, *, seed: int = DEFAULT_SEED, **environment: str
) -> AsyncIterator[ResearchStage]:
    """`seed`: of the world that is served."""
    async with stage(name) as made:
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        sandbox = await made.start(
            "sandbox", "local.sandbox", "--port", str(port), "--sites-http", "0", "--sites-https", "0",
            "--smtp", "0", "--dns", "0", "--imap", "0", "--state", str(made.folder / "sandbox"),
            "--seed", str(seed), ready='"ready"',
        )  # fmt: skip
        ready = next(line for line in sandbox.lines() if line.get("ready"))
        where = SandboxPorts(ready["port"], ready["dns"], ready["egress_hosts"], ready["ca"])
        told = {
            **stand_ins(choose({}), where, free_port()),
            "DATABASE_URL": made.postgres.dsn_app,
            "REDIS_URL": made.redis_url,
            "ENCRYPTION_KEY": ENCRYPTION_KEY,
            "MAX_RESEARCH_PER_MINUTE": "100000",
            **environment,
        }
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{base}/sandbox/world") as answer,
        ):
            world = await answer.json()
        yield ResearchStage(made, base, told, world, sandbox)


async def new_workspace(db: Database) -> WorkspaceId:
    async with db.across() as tx:
        return await workspace.create(
            tx.session, team_id=f"T{uuid4().hex[:10].upper()}", name="Bench", timezone="UTC"
        )


async def begin(db: Database, ours: WorkspaceId, person: NewLead, depth: Depth) -> tuple[UUID, UUID]:
    """A lead and its run, queued."""
    now = SystemClock().now()
    async with db.transaction(ours) as tx:
        row, _ = await leads.add(tx.session, ours, person, created_by="U1", now=now)
        run, _ = await research.start_run(
            tx.session,
            ours,
            lead_id=row.id,
            depth=depth,
            requested_by="U1",
            channel_id="D1",
            thread_ts="1.1",
            then_write=False,
            now=now,
        )
    return row.id, run.id


async def state_of(db: Database, ours: WorkspaceId, lead_id: UUID, run_id: UUID) -> tuple[Lead, ResearchRun]:
    async with db.transaction(ours) as tx:
        lead = await leads.get(tx.session, ours, lead_id)
        run = await research.get_run(tx.session, ours, run_id)
    assert lead is not None and run is not None
    return lead, run
