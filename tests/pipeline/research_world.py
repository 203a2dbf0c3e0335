"""A research engine against the sandbox's world: real clients, real Postgres, real Redis, no account."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from db.models.lead import Lead
from db.models.research import ResearchRun
from db.queries import lead, research
from db.queries.lead import NewLead
from db.session import Database
from db.types import Depth, WorkspaceId
from local.sandbox.server import RunningSandbox, start_sandbox
from pipeline.clients.llm import open_llm
from pipeline.clients.mail import open_mail
from pipeline.clients.outside import open_budget, open_research
from pipeline.clock import Clock, SystemClock
from pipeline.crypto import Digester
from pipeline.deps import Deps
from pipeline.jobs.research import research_lead
from pipeline.messages import Silent
from pipeline.settings import Settings

SERVICES = ("openai", "google", "brave", "searxng", "apify", "scenario")


def settings_for(world: RunningSandbox, *, redis_url: str, database_url: str, **changes: Any) -> Settings:
    """The product's settings as `make run` makes them for this sandbox."""
    base, accounts = world.base_url, world.box.accounts
    values: dict[str, Any] = {
        "database_url": database_url,
        "redis_url": redis_url,
        "encryption_key": "a test's key",
        "slack_api_url": f"{base}/api/",
        "slack_bot_token": accounts.slack_bot_token,
        "slack_app_token": accounts.slack_app_token,
        "openai_api_key": accounts.openai_api_key,
        "openai_base_url": f"{base}/openai/v1",
        "google_search_url": f"{base}/",
        "google_search_api_key": accounts.google_api_key,
        "google_search_engine_id": accounts.google_engine_id,
        "brave_search_url": f"{base}/brave/res/v1",
        "brave_search_api_key": accounts.brave_api_key,
        "searxng_url": f"{base}/searxng",
        "apify_api_url": f"{base}/apify",
        "apify_api_token": accounts.apify_token,
        "dns_server": f"127.0.0.1:{world.ports.dns}",
        "egress_hosts": world.egress_hosts,
        "egress_ca": world.ca,
        "max_research_per_minute": 1000,
        "stand_ins": "slack,model,research",
    }
    return Settings(_env_file=None, **{**values, **changes})  # pyright: ignore[reportCallIssue]


@asynccontextmanager
async def running_world(seed: int = 7, state: Path | None = None) -> AsyncIterator[RunningSandbox]:
    world = await start_sandbox(seed=seed, services=SERVICES, state=state)
    try:
        yield world
    finally:
        await world.stop()


@asynccontextmanager
async def opened_deps(
    settings: Settings, database: Database, notifier: Silent | None = None, clock: Clock | None = None
) -> AsyncIterator[Deps]:
    clock = clock or SystemClock()
    redis: Redis = Redis.from_url(settings.redis_url)
    deps = Deps(
        settings=settings,
        clock=clock,
        db=database,
        redis=redis,
        notifier=notifier or Silent(),
        digester=Digester("test"),
        llm=open_llm(settings, clock),
        research=open_research(settings, clock, redis, budget=open_budget(settings, clock, database)),
        mail=open_mail(settings, clock),
    )
    try:
        yield deps
    finally:
        await deps.research.close()
        await redis.aclose()


async def start(
    deps: Deps,
    workspace: WorkspaceId,
    person: NewLead,
    depth: Depth = Depth.STANDARD,
    then_write: bool = True,
) -> tuple[UUID, UUID]:
    """A lead and its run: their ids."""
    now = deps.clock.now()
    async with deps.db.transaction(workspace) as tx:
        row, _ = await lead.add(tx.session, workspace, person, created_by="U1", now=now)
        run, _ = await research.start_run(
            tx.session,
            workspace,
            lead_id=row.id,
            depth=depth,
            requested_by="U1",
            channel_id="D1",
            thread_ts="1.1",
            then_write=then_write,
            now=now,
        )
    return row.id, run.id


async def researched(
    deps: Deps,
    workspace: WorkspaceId,
    person: NewLead,
    depth: Depth = Depth.STANDARD,
    then_write: bool = True,
) -> tuple[Lead, ResearchRun]:
    """Add the lead, run the job to its end, and read both again."""
    lead_id, run_id = await start(deps, workspace, person, depth, then_write)
    await research_lead(deps, workspace_id=str(workspace), run_id=str(run_id))
    return await state_of(deps, workspace, lead_id, run_id)


async def state_of(
    deps: Deps, workspace: WorkspaceId, lead_id: UUID, run_id: UUID
) -> tuple[Lead, ResearchRun]:
    async with deps.db.transaction(workspace) as tx:
        row = await lead.get(tx.session, workspace, lead_id)
        run = await research.get_run(tx.session, workspace, run_id)
    assert row is not None and run is not None
    return row, run
