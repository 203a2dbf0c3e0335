"""The job FIND_LEADS against the sandbox: stopped, late, taken up again; and what is kept of its candidates."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from db.models.finding import LeadCandidate, LeadSearch
from db.models.research import ApiUsage
from db.queries import finding, suppression
from db.queries import lead as leads
from db.queries.finding import NewCandidate, NewSearch
from db.queries.lead import NewLead
from db.session import Database
from db.types import CandidateId, CandidateState, RunState, SearchId, SuppressionKind, WorkspaceId
from local.sandbox.server import RunningSandbox
from pipeline.deps import Deps
from pipeline.jobs.find_leads import find_leads
from tests.pipeline.research_world import opened_deps, settings_for

SOFTWARE = {"kind": "software companies", "place": None}  # several of them in the world


@pytest.fixture(autouse=True)
def usual_speed(world: RunningSandbox) -> Any:
    world.box.faults.latency["apify_run"] = (0.1, 0.2)
    yield
    world.box.faults.latency.clear()


@pytest.fixture
async def hurried(
    world: RunningSandbox, database: Database, redis_url: str, database_url: str
) -> AsyncIterator[Deps]:
    """A search may take 30 seconds."""
    settings = settings_for(world, redis_url=redis_url, database_url=database_url, find_seconds=30)
    async with opened_deps(settings, database) as opened:
        yield opened


async def begin(
    deps: Deps,
    ours: WorkspaceId,
    world: RunningSandbox,
    wanted: int = 3,
    plan: dict[str, Any] | None = None,
    criteria: dict[str, Any] | None = None,
    cents: int = 100,
) -> SearchId:
    company = next(one for one in world.box.world.companies if one.site_kind == "static")
    new = NewSearch(
        request="x",
        criteria=criteria or {"kind": company.industry.lower(), "place": company.city},
        wanted=wanted,
        requested_by="U1",
        channel_id="D1",
        thread_ts=None,
        cost_cap_cents=Decimal(cents),
    )
    async with deps.db.transaction(ours) as tx:
        found = await finding.start(tx.session, ours, new, now=deps.clock.now())
        if plan:
            await tx.session.execute(
                update(LeadSearch).where(LeadSearch.id == found).values(plan=plan, state="running")
            )
    return found


async def search_of(deps: Deps, ours: WorkspaceId, search_id: SearchId) -> LeadSearch:
    async with deps.db.transaction(ours) as tx:
        row = await finding.get(tx.session, ours, search_id)
    assert row is not None
    return row


async def candidates_of(deps: Deps, ours: WorkspaceId, search_id: SearchId) -> list[LeadCandidate]:
    async with deps.db.transaction(ours) as tx:
        return await finding.candidates(tx.session, ours, search_id)


async def run(deps: Deps, ours: WorkspaceId, search_id: SearchId) -> None:
    await find_leads(deps, workspace_id=str(ours), search_id=str(search_id))


async def test_while_the_map_is_waited_for_the_lease_is_held_and_stop_is_heard(
    deps: Deps, workspace: WorkspaceId, world: RunningSandbox
) -> None:
    world.box.faults.latency["apify_run"] = (40, 40)
    search_id = await begin(deps, workspace, world)
    working = asyncio.create_task(run(deps, workspace, search_id))
    await asyncio.sleep(1.5)
    first = (await search_of(deps, workspace, search_id)).lease_until
    await asyncio.sleep(3)
    later = (await search_of(deps, workspace, search_id)).lease_until
    assert first is not None and later is not None and later > first
    await run(deps, workspace, search_id)  # a second wake-up finds it held
    assert (await search_of(deps, workspace, search_id)).attempts == 1
    async with deps.db.transaction(workspace) as tx:
        assert await finding.request_stop(tx.session, workspace, search_id, now=deps.clock.now())
    await asyncio.wait_for(working, 6)
    ended = await search_of(deps, workspace, search_id)
    assert ended.state == RunState.STOPPED
    assert all(step["state"] != "running" for step in ended.plan["steps"])


async def test_a_search_taken_up_again_has_only_the_time_that_is_left_and_keeps_its_steps(
    hurried: Deps, workspace: WorkspaceId, world: RunningSandbox
) -> None:
    world.box.faults.latency["site"] = (3.5, 3.5)
    long_ago = (hurried.clock.wall() - timedelta(hours=1)).isoformat()
    shown = {"title": "Asking the map for companies", "state": "running", "found": 0}
    search_id = await begin(hurried, workspace, world, 10, {"began": long_ago, "steps": [shown]})
    began = hurried.clock.monotonic()
    await run(hurried, workspace, search_id)
    assert hurried.clock.monotonic() - began < 22
    ended = await search_of(hurried, workspace, search_id)
    assert ended.state == RunState.DONE and ended.plan["began"] == long_ago
    assert (
        ended.plan["steps"][0]["title"] == shown["title"] and "broke off" in ended.plan["steps"][0]["error"]
    )
    assert ended.plan["steps"][-1]["error"] == "The time was up."


async def test_what_was_asked_is_in_the_books_and_each_candidate_has_its_words(
    deps: Deps, workspace: WorkspaceId, world: RunningSandbox
) -> None:
    search_id = await begin(deps, workspace, world)
    await run(deps, workspace, search_id)
    ended = await search_of(deps, workspace, search_id)
    found = await candidates_of(deps, workspace, search_id)
    assert ended.state == RunState.DONE and found
    for one in found:
        assert any(each["verdict"] == "met" and each["quote"] for each in one.evidence["criteria"])
    async with deps.db.transaction(workspace) as tx:
        booked = (await tx.session.scalars(select(ApiUsage.cost_cents))).all()
    assert sum(booked) == ended.cost_cents > 0


async def test_what_was_dismissed_or_is_a_leads_company_is_not_proposed_again(
    deps: Deps, workspace: WorkspaceId, world: RunningSandbox
) -> None:
    first = await begin(deps, workspace, world, criteria=SOFTWARE)
    await run(deps, workspace, first)
    found = await candidates_of(deps, workspace, first)
    dismissed, known = found[0], found[1]
    async with deps.db.transaction(workspace) as tx:
        now = deps.clock.now()
        await finding.decide(
            tx.session, workspace, [CandidateId(dismissed.id)], was=CandidateState.PROPOSED,
            state=CandidateState.DISMISSED, by="U1", now=now,
        )  # fmt: skip
        await leads.add(
            tx.session, workspace, NewLead(name="A B", company=known.company), created_by="U1", now=now
        )
    second = await begin(deps, workspace, world, criteria=SOFTWARE)
    await run(deps, workspace, second)
    again = {one.key: one for one in await candidates_of(deps, workspace, second)}
    assert dismissed.key not in again and again[known.key].state == CandidateState.KNOWN
    told = (await search_of(deps, workspace, second)).plan["left_out"]
    assert f"{dismissed.company}: dismissed in an earlier search" in told


@pytest.mark.parametrize(
    ("state", "days", "is_kept"),
    [
        (CandidateState.PROPOSED, 89, True),
        (CandidateState.PROPOSED, 91, False),
        (CandidateState.DISMISSED, 91, False),
        (CandidateState.ACCEPTED, 0, False),  # its lead is gone
    ],
)
async def test_who_became_no_lead_is_not_named_for_ever(
    deps: Deps, workspace: WorkspaceId, world: RunningSandbox, state: CandidateState, days: int, is_kept: bool
) -> None:
    search_id, now = await begin(deps, workspace, world), deps.clock.now()
    new = NewCandidate(
        key="acme.example", position=1, company="Acme", company_domain="acme.example", website_url=None,
        phone="+1", location=None, person="Ann Lee", title="Owner", email="ann@acme.example",
        evidence={"person": {"quote": "Ann Lee", "url": "u"}}, state=state,
    )  # fmt: skip
    async with deps.db.transaction(workspace) as tx:
        then = now - timedelta(days=days)
        await finding.put_candidate(tx.session, workspace, search_id, new, now=then)
        cutoff = now - timedelta(days=90)
        forgotten = await finding.forget(tx.session, workspace, untouched_since=cutoff)
        again = await finding.forget(tx.session, workspace, untouched_since=cutoff)
    (row,) = await candidates_of(deps, workspace, search_id)
    assert (forgotten, again) == ((0, 0) if is_kept else (1, 0))
    told = (row.person, row.email, row.title, row.phone, bool(row.evidence))
    assert told == (
        ("Ann Lee", "ann@acme.example", "Owner", "+1", True) if is_kept else (None,) * 4 + (False,)
    )
    assert row.company == "Acme"


async def test_a_directory_is_no_company_and_those_it_lists_are_looked_at(
    deps: Deps, workspace: WorkspaceId, world: RunningSandbox
) -> None:
    company = next(one for one in world.box.world.companies if one.site_kind == "tls")
    world.box.world.unlisted.add(company.key)
    try:
        wanted = {"kind": f"{company.industry.lower()} companies", "place": company.city}
        search_id = await begin(deps, workspace, world, 2, criteria=wanted)
        await run(deps, workspace, search_id)
    finally:
        world.box.world.unlisted.clear()
    ended = await search_of(deps, workspace, search_id)
    read = [step for step in ended.plan["steps"] if step["title"].startswith("Reading the directory")]
    assert read and read[0]["found"] >= 1
    found = {one.company_domain: one for one in await candidates_of(deps, workspace, search_id)}
    assert company.domain in found, ended.plan
    theirs = found[company.domain]
    assert theirs.company == company.name and world.box.world.directory_host not in found
    kind, place = theirs.evidence["criteria"]
    assert kind["verdict"] == place["verdict"] == "met"
    assert company.domain in kind["url"], "the company says itself what it does"
    assert not theirs.email or theirs.email.endswith(f"@{company.domain}"), "not the directory's own"


async def test_whose_domain_is_not_to_be_written_to_is_not_proposed(
    deps: Deps, workspace: WorkspaceId, world: RunningSandbox
) -> None:
    company = next(one for one in world.box.world.companies if one.site_kind == "static")
    async with deps.db.transaction(workspace) as tx:
        await suppression.add(
            tx.session, workspace, kind=SuppressionKind.DOMAIN, digest=deps.digester.digest(company.domain),
            value=company.domain, reason="asked", created_by="U1", now=deps.clock.now(),
        )  # fmt: skip
    search_id = await begin(deps, workspace, world)
    await run(deps, workspace, search_id)
    assert company.domain not in {one.key for one in await candidates_of(deps, workspace, search_id)}
    told = (await search_of(deps, workspace, search_id)).plan["left_out"]
    assert f"{company.name}: on your do-not-contact list" in told


async def test_at_its_cost_limit_a_search_ends_and_says_so(
    deps: Deps, workspace: WorkspaceId, world: RunningSandbox
) -> None:
    search_id = await begin(deps, workspace, world, 20, criteria=SOFTWARE, cents=1)
    await run(deps, workspace, search_id)
    ended = await search_of(deps, workspace, search_id)
    assert ended.error is not None and "cost limit" in ended.error and ended.cost_cents < 6


async def test_a_search_that_had_all_when_it_broke_off_asks_nobody_again(
    deps: Deps, workspace: WorkspaceId, world: RunningSandbox
) -> None:
    search_id = await begin(deps, workspace, world, 1)
    await run(deps, workspace, search_id)
    before = await search_of(deps, workspace, search_id)
    async with deps.db.transaction(workspace) as tx:
        await tx.session.execute(update(LeadSearch).values(state="running", lease_until=None))
    await run(deps, workspace, search_id)
    after = await search_of(deps, workspace, search_id)
    assert after.state == RunState.DONE and len(after.plan["steps"]) == len(before.plan["steps"])
    assert after.cost_cents == before.cost_cents
    assert len(await candidates_of(deps, workspace, search_id)) == 1
