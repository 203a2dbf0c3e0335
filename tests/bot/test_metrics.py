"""/metrics tells the seeds' numbers as a recount of the tables does, and goes on telling when something is away."""
# ruff: noqa: E501 (tables of values are easier to read whole)

import math
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from bot.web import health, metrics
from bot.web.metrics import CACHED, GAUGES, SeedMetrics, rates
from db.models.email import EmailCampaign
from db.models.lead import Lead
from db.models.research import ResearchRun
from db.queries import evidence, inbox, outbox
from db.queries.evidence import NewUsage
from db.queries.inbox import Delivery
from db.queries.metrics import Sums
from db.session import Database, connect
from db.types import InboxKind, WorkspaceId
from pipeline.deps import Deps
from tests.bot.conftest import serve

HOUR = timedelta(hours=1)


@pytest.fixture
async def alone(database: Database) -> AsyncIterator[None]:
    """Metrics add up all workspaces, so the others' rows must go first."""
    async with database.across() as tx:
        ids = list(await tx.session.scalars(text("SELECT workspace_id FROM rm_workspaces()")))
        await tx.session.execute(text("DELETE FROM slack_inbox"))
    for one in ids:
        async with database.transaction(WorkspaceId(one)) as tx:
            for table in ("leads", "slack_outbox", "api_usage", "scheduled_tasks", "conversation_threads"):
                await tx.session.execute(text(f"DELETE FROM {table}"))
    yield


async def gauges(deps: Deps) -> dict[str, float]:
    seeds = SeedMetrics(deps)
    await seeds.refresh()
    return read(seeds)


def read(seeds: SeedMetrics) -> dict[str, float]:
    from prometheus_client import generate_latest

    return parsed(generate_latest(seeds.registry).decode())


def parsed(body: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(body):
        for sample in family.samples:
            label = next(iter(sample.labels.values()), "")
            found[f"{sample.name}:{label}" if label else sample.name] = sample.value
    return found


async def test_an_empty_house_has_numbers_but_no_rates(
    deps: Deps, workspace: WorkspaceId, alone: None
) -> None:
    told = await gauges(deps)
    assert {f"rainmaker_{name}" for name in GAUGES} <= set(told)
    assert told["rainmaker_leads_processed_per_hour"] == 0
    assert math.isnan(told["rainmaker_open_rate"]) and math.isnan(told["rainmaker_error_rate"])
    assert told["rainmaker_queue_depth:surfaces"] == 0 and told["rainmaker_queue_depth:rm:fast"] == 0
    assert told["rainmaker_database_up"] == 1


async def test_the_gauges_equal_a_recount(deps: Deps, workspace: WorkspaceId, alone: None) -> None:
    await fill(deps, workspace)
    told = await gauges(deps)
    assert told["rainmaker_leads_processed_per_hour"] == 2
    assert told["rainmaker_average_research_time"] == 45
    assert told["rainmaker_qualification_rate"] == 0.5
    assert told["rainmaker_data_quality_score"] == 70
    assert told["rainmaker_open_rate"] == 0.5 and told["rainmaker_click_rate"] == 0.25
    assert told["rainmaker_reply_rate"] == 0.25 and told["rainmaker_bounce_rate"] == 0.25
    assert told["rainmaker_unsubscribe_rate"] == 0
    assert told["rainmaker_api_success_rate"] == 0.75
    assert told["rainmaker_error_rate"] == pytest.approx(1 / 7)  # 3 runs, 4 emails; one run failed
    assert told["rainmaker_queue_depth:surfaces"] == 1 and told["rainmaker_queue_depth:deliveries"] == 1


async def fill(deps: Deps, workspace: WorkspaceId) -> None:
    """Three runs (one failed), two researched leads, four emails, four calls, a surface and a delivery that wait."""
    now = deps.clock.now()
    async with deps.db.transaction(workspace) as tx:
        people = [
            Lead(workspace_id=workspace, name=f"Lead {n}", email=f"l{n}@acme.example", email_status="found",
                 status="researched", score=60, qualified=n == 0, data_quality=60 + 20 * n, researched_at=now - HOUR / 2,
                 created_at=now, updated_at=now)
            for n in range(2)
        ]  # fmt: skip
        tx.session.add_all(people)
        await tx.session.flush()
        for seconds, state in ((30, "done"), (60, "done"), (10, "failed")):
            tx.session.add(ResearchRun(workspace_id=workspace, lead_id=people[0].id, state=state, created_at=now,
                                       started_at=now - timedelta(seconds=seconds), finished_at=now,
                                       updated_at=now))  # fmt: skip
        for n in range(4):
            tx.session.add(EmailCampaign(
                workspace_id=workspace, lead_id=people[0].id, kind="sequence", email_sequence=n + 1, state="sent",
                to_email="a@acme.example", subject="s", body="b", from_email="f@x.example", content_hash="0" * 64,
                sent_at=now - HOUR, opened=n < 2, clicked=n == 0, replied=n == 1, bounced=n == 3, updated_at=now,
                created_at=now,
            ))  # fmt: skip
        await tx.session.flush()
        for error in (None, None, None, "503"):
            call = NewUsage(service="google", endpoint="search", cost_cents=Decimal(1), error=error)
            await evidence.record_usage(tx.session, workspace, [call], lead_id=None, run_id=None, now=now)
        await outbox.put(
            tx.session, workspace, key="k", channel="C1", payload={"text": "x", "blocks": []}, now=now
        )
    async with deps.db.across() as tx:
        await inbox.put(tx.session, Delivery(uuid4().hex, InboxKind.EVENT, None, {}), now=now)


async def test_they_are_read_once_in_a_while(deps: Deps, workspace: WorkspaceId, alone: None) -> None:
    seeds = SeedMetrics(deps)
    await seeds.refresh()
    await fill(deps, workspace)
    await seeds.refresh()
    assert read(seeds)["rainmaker_leads_processed_per_hour"] == 0
    deps.clock.jump(timedelta(seconds=CACHED + 1))  # pyright: ignore[reportAttributeAccessIssue]
    await seeds.refresh()
    assert read(seeds)["rainmaker_leads_processed_per_hour"] == 2


async def test_workspaces_add_up() -> None:
    one, two = Sums(sent=3, opened=1, research_seconds=1.5), Sums(sent=1, opened=1, research_seconds=2.0)
    both = one + two
    assert (both.sent, both.opened, both.research_seconds) == (4, 2, 3.5)
    assert rates(both)["open_rate"] == 0.5


async def test_the_page_answers_without_database_and_redis(deps: Deps, http: aiohttp.ClientSession) -> None:
    from redis.asyncio import Redis

    away = connect("postgresql://nobody@127.0.0.1:1/nothing")
    gone: Any = Redis.from_url("redis://127.0.0.1:1")
    server = await serve(*health.routes(replace(deps, db=away, redis=gone)))
    async with http.get(server.make_url("/metrics")) as answer:
        told = parsed(await answer.text())
        assert answer.status == 200 and told["rainmaker_database_up"] == 0
    async with http.get(server.make_url("/readyz")) as answer:
        assert answer.status == 503
    async with http.get(server.make_url("/healthz")) as answer:
        assert answer.status == 200
    await server.close()
    await away.close()
    await gone.aclose()


async def test_the_process_tells_its_own_counters_too(deps: Deps, http: aiohttp.ClientSession) -> None:
    from pipeline.telemetry import SURFACES

    SURFACES.labels("posted").inc()
    server = await serve(metrics.route(deps))
    async with http.get(server.make_url("/metrics")) as answer:
        body = await answer.text()
        assert answer.headers["Content-Type"].startswith("text/plain")
    await server.close()
    assert parsed(body)["rainmaker_surfaces_total:posted"] >= 1
    assert "rainmaker_queue_depth" in body
