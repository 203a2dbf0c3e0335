"""Runs and their leases; what they find is stored once, however often it is brought."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from db.errors import LeaseLost
from db.models.research import ResearchRun
from db.queries import due, lead, research
from db.queries.evidence import NewFact, NewStep, NewUsage
from db.queries.lead import NewLead
from db.queries.pages import NewPage
from db.session import Database, Tx
from db.types import (
    Depth,
    FactSource,
    LeadId,
    LeaseToken,
    PageId,
    ResearchTool,
    RunId,
    RunState,
    StepState,
    WorkspaceId,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LEASE = timedelta(seconds=30)


async def begin(tx: Tx, lead_id: UUID | None = None) -> ResearchRun:
    if lead_id is None:
        row, _ = await lead.add(
            tx.session, tx.workspace_id, NewLead(name="Jane Miller"), created_by="U1", now=NOW
        )
        lead_id = row.id
    run, _ = await research.start_run(
        tx.session, tx.workspace_id, lead_id=lead_id, depth=Depth.DEEP, requested_by="U1", channel_id="C1",
        thread_ts=None, then_write=True, now=NOW,
    )  # fmt: skip
    return run


async def claim(
    database: Database, workspace: WorkspaceId, run_id: UUID, wall: datetime
) -> LeaseToken | None:
    token = LeaseToken(uuid4())
    async with database.transaction(workspace) as tx:
        run = await research.claim_run(
            tx.session, workspace, run_id, token=token, wall=wall, lease=LEASE, now=NOW
        )
    return token if run is not None else None


async def test_a_lead_has_one_open_run_at_a_time(database: Database, workspace: WorkspaceId) -> None:
    async with database.transaction(workspace) as tx:
        first = await begin(tx)
        again = await begin(tx, first.lead_id)
        assert again.id == first.id
        await finish(tx, first.id)
        third = await begin(tx, first.lead_id)
        assert third.id != first.id
        assert (await research.newest_run(tx.session, workspace, first.lead_id)) is not None
        assert len(await research.runs_of_lead(tx.session, workspace, first.lead_id)) == 2


async def finish(tx: Tx, run_id: UUID) -> None:
    await research.finish_run(
        tx.session, tx.workspace_id, run_id, state=RunState.DONE, plan={"steps": []}, missing=["email"], quality=50,
        error=None, now=NOW,
    )  # fmt: skip


async def test_a_run_is_held_by_one_until_its_lease_ends(database: Database, workspace: WorkspaceId) -> None:
    async with database.transaction(workspace) as tx:
        run = await begin(tx)
    first = await claim(database, workspace, run.id, NOW)
    assert first is not None
    assert await claim(database, workspace, run.id, NOW + timedelta(seconds=29)) is None
    second = await claim(database, workspace, run.id, NOW + timedelta(seconds=31))
    assert second is not None
    with pytest.raises(LeaseLost):
        async with database.transaction(workspace) as tx:
            await research.hold_run(tx.session, workspace, run.id, token=first, until=NOW + LEASE)
    async with database.transaction(workspace) as tx:
        await research.hold_run(tx.session, workspace, run.id, token=second, until=NOW + 2 * LEASE)
        held = await research.get_run(tx.session, workspace, run.id)
        standing = await research.standing(tx.session, workspace, run.id)
    assert held is not None
    assert (held.attempts, held.state) == (2, RunState.RUNNING)
    assert standing == research.Standing(RunState.RUNNING, NOW + 2 * LEASE, None)


async def test_a_run_let_go_can_be_claimed_at_once(database: Database, workspace: WorkspaceId) -> None:
    async with database.transaction(workspace) as tx:
        run = await begin(tx)
    token = await claim(database, workspace, run.id, NOW)
    assert token is not None
    async with database.transaction(workspace) as tx:
        await research.release_run(tx.session, workspace, run.id, token=LeaseToken(uuid4()))
    assert await claim(database, workspace, run.id, NOW) is None
    async with database.transaction(workspace) as tx:
        await research.release_run(tx.session, workspace, run.id, token=token)
    assert await claim(database, workspace, run.id, NOW) is not None


async def test_the_sweep_sees_runs_nobody_holds(database: Database, workspace: WorkspaceId) -> None:
    async with database.transaction(workspace) as tx:
        run = await begin(tx)

    async def is_due(wall: datetime) -> bool:
        async with database.across() as tx:
            return run.id in [one.id for one in await due.research_runs(tx.session, wall, limit=100_000)]

    assert await is_due(NOW)
    await claim(database, workspace, run.id, NOW)
    assert not await is_due(NOW + timedelta(seconds=5))
    assert await is_due(NOW + timedelta(seconds=31))
    async with database.transaction(workspace) as tx:
        await finish(tx, run.id)
    assert not await is_due(NOW + timedelta(days=1))


async def test_a_run_that_has_ended_can_neither_be_claimed_nor_stopped(
    database: Database, workspace: WorkspaceId
) -> None:
    async with database.transaction(workspace) as tx:
        run = await begin(tx)
        assert await research.request_stop(tx.session, workspace, run.id, now=NOW)
        await finish(tx, run.id)
        assert not await research.request_stop(tx.session, workspace, run.id, now=NOW)
    assert await claim(database, workspace, run.id, NOW + timedelta(days=1)) is None


def step(run: ResearchRun, cents: str = "0.5") -> NewStep:
    return NewStep(
        lead_id=LeadId(run.lead_id), run_id=RunId(run.id), step_key="search:x", tool=ResearchTool.BRAVE_SEARCH,
        state=StepState.OK, research_data={"query": "x"}, notes=None, quality=None, processing_time_ms=12,
        cost_cents=Decimal(cents),
    )  # fmt: skip


async def test_a_step_brought_twice_is_stored_and_paid_once(
    database: Database, workspace: WorkspaceId
) -> None:
    async with database.transaction(workspace) as tx:
        run = await begin(tx)
        assert await research.record_step(tx.session, workspace, step(run), now=NOW)
        assert not await research.record_step(tx.session, workspace, step(run), now=NOW)
    async with database.transaction(workspace) as tx:
        again = await research.get_run(tx.session, workspace, run.id)
        assert again is not None and again.cost_cents == Decimal("0.5")
        assert len(await research.steps(tx.session, workspace, run.id)) == 1


async def test_of_steps_brought_together_only_the_new_ones_are_paid(
    database: Database, workspace: WorkspaceId
) -> None:
    async with database.transaction(workspace) as tx:
        run = await begin(tx)
        first, second = step(run), replace(step(run, "0.25"), step_key="fetch:y")
        await research.record_step(tx.session, workspace, first, now=NOW)
        fresh = await research.record_steps(tx.session, workspace, [first, second], now=NOW)
        assert fresh == {"fetch:y"}
        assert await research.record_steps(tx.session, workspace, [], now=NOW) == frozenset()
    async with database.transaction(workspace) as tx:
        again = await research.get_run(tx.session, workspace, run.id)
        assert again is not None and again.cost_cents == Decimal("0.75")
        assert {row.step_key for row in await research.steps(tx.session, workspace, run.id)} == {
            "search:x", "fetch:y",
        }  # fmt: skip


def page(text: str) -> NewPage:
    return NewPage(
        url="https://a.com/x", canonical_url="https://a.com/x", title="T", text=text, status_code=200,
        via=ResearchTool.FETCH, retrieved_at=NOW,
    )  # fmt: skip


async def test_a_page_is_kept_once_while_its_text_is_the_same(
    database: Database, workspace: WorkspaceId
) -> None:
    async with database.transaction(workspace) as tx:
        first = await research.store_page(tx.session, workspace, page("Grüße, 日本"))
        assert await research.store_page(tx.session, workspace, page("Grüße, 日本")) == first
        changed = await research.store_page(tx.session, workspace, page("something else"))
        assert changed != first
        stored = await research.page(tx.session, workspace, first)
        assert stored is not None and stored.text == "Grüße, 日本"
        assert await research.page(tx.session, workspace, PageId(uuid4())) is None


def fact(
    run: ResearchRun, sure: str, quote: str, source: FactSource, published: date | None = None
) -> NewFact:
    return NewFact(
        lead_id=LeadId(run.lead_id), run_id=RunId(run.id), page_id=None, field="title", value="CTO", quote=quote,
        url="https://a.com/x", source=source, confidence=Decimal(sure), published_on=published, retrieved_at=NOW,
    )  # fmt: skip


async def test_facts_added_together_are_kept_as_if_they_came_one_by_one(
    database: Database, workspace: WorkspaceId
) -> None:
    day = date(2026, 3, 1)
    async with database.transaction(workspace) as tx:
        run = await begin(tx)
        together = [
            fact(run, "0.6", 'a "CTO", maybe: ü\n{}', FactSource.MODEL, day),
            fact(run, "0.9", "our CTO", FactSource.CODE),
            fact(run, "0.5", "CTO?", FactSource.MODEL),
        ]
        await research.add_facts(tx.session, workspace, together[:1], now=NOW)
        (first,) = await research.facts(tx.session, workspace, run.lead_id)
        assert (first.quote, first.confidence, first.retrieved_at) == (together[0].quote, Decimal("0.6"), NOW)
    async with database.transaction(workspace) as tx:
        await research.add_facts(tx.session, workspace, together, now=NOW)
        (kept,) = await research.facts(tx.session, workspace, run.lead_id)
    assert (kept.id, kept.quote, kept.source) == (first.id, "our CTO", FactSource.CODE)
    assert kept.published_on == day


async def test_a_fact_keeps_its_id_and_the_surer_source(database: Database, workspace: WorkspaceId) -> None:
    async with database.transaction(workspace) as tx:
        run = await begin(tx)
        first = await research.add_fact(
            tx.session, workspace, fact(run, "0.9", "our CTO", FactSource.CODE), now=NOW
        )
        weaker = await research.add_fact(
            tx.session, workspace, fact(run, "0.5", "CTO?", FactSource.MODEL), now=NOW
        )
        assert weaker == first
    async with database.transaction(workspace) as tx:
        (kept,) = await research.facts(tx.session, workspace, run.lead_id)
        assert (kept.quote, kept.source) == ("our CTO", FactSource.CODE)
        await research.add_fact(
            tx.session, workspace, fact(run, "0.95", "the CTO", FactSource.MODEL), now=NOW
        )
    async with database.transaction(workspace) as tx:
        (kept,) = await research.facts(tx.session, workspace, run.lead_id)
        assert (kept.quote, kept.source, kept.id) == ("the CTO", FactSource.MODEL, first)


async def test_what_a_run_used_is_told_by_service(database: Database, workspace: WorkspaceId) -> None:
    calls = [
        NewUsage(service="brave_search", endpoint="search", cost_cents=Decimal("0.5")),
        NewUsage(service="brave_search", endpoint="search", error="Brave answered 503."),
        NewUsage(service="openai", endpoint="ExtractedFacts", tokens_used=1200, cost_cents=Decimal("0.25")),
    ]
    async with database.transaction(workspace) as tx:
        run = await begin(tx)
        await research.record_usage(tx.session, workspace, calls, lead_id=run.lead_id, run_id=run.id, now=NOW)
        brave, model = await research.usage_of_run(tx.session, workspace, run.id)
    assert (brave.service, brave.calls, brave.cost_cents, brave.errors) == (
        "brave_search",
        2,
        Decimal("0.5"),
        1,
    )
    assert (model.service, model.tokens) == ("openai", 1200)
