"""The research job against the sandbox's world: whole runs, broken worlds, and processes that die."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import aiohttp
import pytest
from redis.asyncio import Redis

from db.errors import LeaseLost
from db.queries import lead, research
from db.queries.lead import NewLead
from db.session import Database
from db.types import Depth, EmailStatus, FactSource, LeadStatus, LeaseToken, RunState, StepState, WorkspaceId
from db.wake import Wake
from local.sandbox.server import RunningSandbox
from local.sandbox.world_model import Company, Person
from pipeline.clock import SystemClock
from pipeline.deps import Deps
from pipeline.errors import Transient
from pipeline.jobs.research import research_lead
from pipeline.messages import RunProgressed, Silent
from pipeline.rules.extraction import is_quoted
from tests.conftest import Recorded
from tests.pipeline.research_world import (
    opened_deps,
    researched,
    running_world,
    settings_for,
    start,
    state_of,
)


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[RunningSandbox]:
    async with running_world() as running:
        yield running


@pytest.fixture
async def world(running: RunningSandbox, redis_url: str) -> RunningSandbox:
    running.box.faults.clear()
    redis: Redis = Redis.from_url(redis_url)
    await redis.flushdb()
    await redis.aclose()
    return running


@pytest.fixture
async def notifier() -> Silent:
    return Silent()


@pytest.fixture
async def deps(
    world: RunningSandbox, database: Database, redis_url: str, database_url: str, notifier: Silent
) -> AsyncIterator[Deps]:
    settings = settings_for(world, redis_url=redis_url, database_url=database_url)
    async with opened_deps(settings, database, notifier) as opened:
        yield opened


def somebody(world: RunningSandbox, kind: str = "static", *, public: bool = True) -> tuple[Person, Company]:
    made = world.box.world
    for person in made.people:
        company = made.company(person.company_key)
        if company.site_kind == kind and person.email_public is public:
            return person, company
    raise LookupError(kind)


async def arm(world: RunningSandbox, service: str, kind: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{world.base_url}/sandbox/faults", json={"service": service, "kind": kind, "times": -1}
        ) as response,
    ):
        assert response.status < 300


async def test_a_name_and_a_company_become_a_lead_worth_writing_to(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId, recorded: Recorded, notifier: Silent
) -> None:
    person, company = somebody(world)
    row, run = await researched(deps, workspace, NewLead(name=person.name, company=company.name))
    assert (row.email, row.email_status, row.title) == (person.email, EmailStatus.FOUND, person.title)
    assert row.linkedin_url == person.linkedin_url and row.company_domain == company.domain
    assert row.qualified and row.score >= 90 and row.status == LeadStatus.RESEARCHED
    assert row.qualification_reason and row.data_quality and row.researched_at
    assert (run.state, run.lease_token, run.error) == (RunState.DONE, None, None)
    assert run.cost_cents > 0 and run.finished_at is not None
    (wake_up,) = recorded.wake_ups
    assert wake_up.job is Wake.WRITE_SEQUENCE and "enrollment_id" in dict(wake_up.ids)
    assert len([told for told in notifier.told if told[1] == RunProgressed(run.id)]) > 5


async def test_every_fact_of_a_page_can_be_checked_against_the_stored_page(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    person, company = somebody(world)
    row, run = await researched(deps, workspace, NewLead(name=person.name, company=company.name))
    async with deps.db.transaction(workspace) as tx:
        facts = await research.facts(tx.session, workspace, row.id)
        checked = 0
        for fact in facts:
            if fact.page_id is None:
                assert fact.source == FactSource.PERSON
                continue
            page = await research.page(tx.session, workspace, fact.page_id)
            assert page is not None and is_quoted(fact.value, fact.quote, page.text), fact.field
            checked += 1
        used = await research.usage_of_run(tx.session, workspace, run.id)
    assert checked > 10 and {fact.source for fact in facts} >= {FactSource.CODE, FactSource.MODEL}
    assert {one.service for one in used} >= {"google_search", "fetch", "openai"}
    assert sum(one.cost_cents for one in used) == run.cost_cents


async def test_what_a_person_gave_is_never_overwritten(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    person, company = somebody(world)
    given = NewLead(
        name=person.name, company=company.name, email=person.email, title="Wizard of Light Bulb Moments"
    )
    row, _ = await researched(deps, workspace, given)
    assert row.title == "Wizard of Light Bulb Moments"
    async with deps.db.transaction(workspace) as tx:
        titles = {
            fact.value
            for fact in await research.facts(tx.session, workspace, row.id)
            if fact.field == "title"
        }
    assert titles == {"Wizard of Light Bulb Moments", person.title}  # the conflict is kept and can be shown


async def test_a_page_built_by_scripts_is_opened_in_the_browser(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    person, company = somebody(world, "javascript")
    _, run = await researched(
        deps, workspace, NewLead(name=person.name, company=company.name, email=person.email)
    )
    browsed = [step for step in run.plan["steps"] if step["tool"] == "browse"]
    assert browsed and browsed[0]["state"] == StepState.OK and browsed[0]["found"] > 0


async def test_without_an_address_nothing_is_written_and_the_reason_says_so(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId, recorded: Recorded
) -> None:
    person, company = somebody(world, public=False)
    row, run = await researched(deps, workspace, NewLead(name=person.name, company=company.name))
    assert (row.email, row.status, row.qualified) == (None, LeadStatus.NEW, False)
    assert "email" in (row.qualification_reason or "") and "email" in run.missing
    assert recorded.wake_ups == []


async def test_planted_instructions_change_nothing(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    world.box.obedient = True
    try:
        person, company = somebody(world, "injected")
        row, _ = await researched(deps, workspace, NewLead(name=person.name, company=company.name))
    finally:
        world.box.obedient = False
    assert row.email == person.email and row.title == person.title
    async with deps.db.transaction(workspace) as tx:
        values = " ".join(fact.value for fact in await research.facts(tx.session, workspace, row.id))
    assert world.box.world.trap_host not in values


async def test_a_free_mail_domain_is_never_the_companys(deps: Deps, workspace: WorkspaceId) -> None:
    row, run = await researched(deps, workspace, NewLead(name="Jane Miller", email="jane.miller@gmail.com"))
    assert row.company_domain is None and row.website_url is None
    assert all("gmail.com" not in step.get("url", "") for step in run.plan["steps"])


async def test_a_provider_that_fails_is_failed_and_the_run_goes_on(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    for service in ("google", "brave", "searxng"):
        await arm(world, service, "server_error")
    person, company = somebody(world)
    row, run = await researched(
        deps, workspace, NewLead(name=person.name, company=company.name, email=person.email)
    )
    searches = [step for step in run.plan["steps"] if step["tool"] == "search"]
    assert searches and all(step["state"] == StepState.FAILED and step["error"] for step in searches)
    assert run.state == RunState.DONE and row.qualified and row.website_url


@pytest.mark.parametrize("kind", ["server_error", "bad_json", "refusal"])
async def test_a_model_that_fails_leaves_what_code_found(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId, kind: str
) -> None:
    await arm(world, "openai", kind)
    person, company = somebody(world)
    row, run = await researched(deps, workspace, NewLead(name=person.name, company=company.name))
    reads = [step for step in run.plan["steps"] if step["tool"] == "read"]
    assert reads and all(step["state"] == StepState.FAILED for step in reads)
    assert row.email == person.email and row.qualified


async def test_if_nothing_answers_the_run_has_failed_and_says_why(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    for service in ("google", "brave", "searxng"):
        await arm(world, service, "server_error")
    row, run = await researched(deps, workspace, NewLead(name="Jane Miller", company="Nowhere Made Up"))
    assert run.state == RunState.FAILED and run.error
    assert row.status == LeadStatus.NEW and "Not everything could be asked" in (
        row.qualification_reason or ""
    )


async def test_no_more_is_spent_than_the_runs_cap(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    person, company = somebody(world)
    lead_id, run_id = await start(
        deps, workspace, NewLead(name=person.name, company=company.name), Depth.DEEP
    )
    async with deps.db.transaction(workspace) as tx:
        run = await research.get_run(tx.session, workspace, run_id)
        assert run is not None
        run.cost_cap_cents = Decimal("1.1")
    await research_lead(deps, workspace_id=str(workspace), run_id=str(run_id))
    _, ended = await state_of(deps, workspace, lead_id, run_id)
    assert ended.state == RunState.DONE and 0 < ended.cost_cents <= Decimal("1.1")


async def test_a_run_that_is_stopped_keeps_what_it_has_and_writes_nothing(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId, recorded: Recorded
) -> None:
    person, company = somebody(world)
    lead_id, run_id = await start(
        deps, workspace, NewLead(name=person.name, company=company.name, email=person.email)
    )
    async with deps.db.transaction(workspace) as tx:
        await research.request_stop(tx.session, workspace, run_id, now=deps.clock.now())
    await research_lead(deps, workspace_id=str(workspace), run_id=str(run_id))
    row, run = await state_of(deps, workspace, lead_id, run_id)
    assert run.state == RunState.STOPPED and run.plan["steps"] == []
    assert row.status == LeadStatus.RESEARCHED and recorded.wake_ups == []


class HurriedClock(SystemClock):
    """Real time, but for leases and deadlines an hour has passed after `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._end = self.monotonic() + seconds

    def wall(self):
        late = self.monotonic() > self._end
        return super().wall() + timedelta(hours=1 if late else 0)


async def test_the_deadline_yields_what_was_found_so_far(
    world: RunningSandbox, database: Database, workspace: WorkspaceId, redis_url: str, database_url: str
) -> None:
    world.box.faults.latency["site"] = (1.0, 1.2)
    person, company = somebody(world)
    settings = settings_for(world, redis_url=redis_url, database_url=database_url)
    async with opened_deps(settings, database, clock=HurriedClock(2.0)) as deps:
        began = asyncio.get_running_loop().time()
        row, run = await researched(
            deps, workspace, NewLead(name=person.name, company=company.name), Depth.DEEP
        )
    assert asyncio.get_running_loop().time() - began < 15
    assert run.state == RunState.DONE and run.missing
    assert any(step["state"] == StepState.OK for step in run.plan["steps"])
    assert row.linkedin_url == person.linkedin_url


async def rows_of(
    deps: Deps, workspace: WorkspaceId, lead_id: UUID, run_id: UUID
) -> tuple[list[str], list[str], int]:
    async with deps.db.transaction(workspace) as tx:
        steps = [step.step_key for step in await research.steps(tx.session, workspace, run_id)]
        facts = [
            f"{fact.field}|{fact.value}|{fact.url}"
            for fact in await research.facts(tx.session, workspace, lead_id)
        ]
        calls = sum(one.calls for one in await research.usage_of_run(tx.session, workspace, run_id))
    return steps, facts, calls


@pytest.mark.parametrize("after", [0.05, 0.15, 0.3, 0.6, 1.2])
async def test_a_run_cut_off_anywhere_goes_on_without_doubling_anything(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId, after: float
) -> None:
    world.box.faults.latency["site"] = (0.05, 0.2)
    person, company = somebody(world)
    lead_id, run_id = await start(deps, workspace, NewLead(name=person.name, company=company.name))
    job = asyncio.create_task(research_lead(deps, workspace_id=str(workspace), run_id=str(run_id)))
    await asyncio.sleep(after)
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    before, _, _ = await rows_of(deps, workspace, lead_id, run_id)
    await research_lead(deps, workspace_id=str(workspace), run_id=str(run_id))
    row, run = await state_of(deps, workspace, lead_id, run_id)
    steps, facts, _ = await rows_of(deps, workspace, lead_id, run_id)
    assert run.state == RunState.DONE and row.email == person.email
    assert set(before) <= set(steps) and len(steps) == len(set(steps))
    assert len(facts) == len(set(facts))


async def test_a_killed_process_leaves_a_lease_and_another_takes_over_once_it_ends(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    person, company = somebody(world)
    lead_id, run_id = await start(deps, workspace, NewLead(name=person.name, company=company.name))
    token, wall = LeaseToken(uuid4()), deps.clock.wall()
    async with deps.db.transaction(workspace) as tx:
        await research.claim_run(
            tx.session, workspace, run_id, token=token, wall=wall, lease=timedelta(seconds=30), now=wall
        )
    await research_lead(deps, workspace_id=str(workspace), run_id=str(run_id))
    _, run = await state_of(deps, workspace, lead_id, run_id)
    assert (run.state, run.lease_token) == (RunState.RUNNING, token)  # held by the dead process still
    async with deps.db.transaction(workspace) as tx:
        held = await research.get_run(tx.session, workspace, run_id)
        assert held is not None
        held.lease_until = wall - timedelta(seconds=1)
    await research_lead(deps, workspace_id=str(workspace), run_id=str(run_id))
    _, run = await state_of(deps, workspace, lead_id, run_id)
    assert run.state == RunState.DONE and run.attempts == 2


async def test_who_lost_the_lease_stops_without_writing(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    world.box.faults.latency["site"] = (0.3, 0.4)
    person, company = somebody(world)
    lead_id, run_id = await start(deps, workspace, NewLead(name=person.name, company=company.name))
    job = asyncio.create_task(research_lead(deps, workspace_id=str(workspace), run_id=str(run_id)))
    other = LeaseToken(uuid4())
    for _ in range(200):
        await asyncio.sleep(0.01)
        async with deps.db.transaction(workspace) as tx:
            run = await research.get_run(tx.session, workspace, run_id)
            assert run is not None
            if run.state == RunState.RUNNING:
                run.lease_token = other
                break
    with pytest.raises(LeaseLost):
        await job
    row, run = await state_of(deps, workspace, lead_id, run_id)
    assert run.lease_token == other and run.state == RunState.RUNNING and row.researched_at is None


async def test_run_twice_it_does_nothing_the_second_time(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId, recorded: Recorded
) -> None:
    person, company = somebody(world)
    given = NewLead(name=person.name, company=company.name, email=person.email)
    lead_id, run_id = await start(deps, workspace, given, Depth.QUICK)
    for _ in range(2):
        await research_lead(deps, workspace_id=str(workspace), run_id=str(run_id))
    assert len(recorded.wake_ups) == 1
    _, run = await state_of(deps, workspace, lead_id, run_id)
    assert run.attempts == 1


async def test_a_second_research_does_not_enroll_again(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId, recorded: Recorded
) -> None:
    person, company = somebody(world)
    given = NewLead(name=person.name, company=company.name, email=person.email)
    await researched(deps, workspace, given, Depth.QUICK)
    row, run = await researched(deps, workspace, given, Depth.QUICK)
    assert run.state == RunState.DONE and row.qualified
    assert len(recorded.wake_ups) == 1


async def test_a_run_that_keeps_breaking_off_ends_as_failed(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    lead_id, run_id = await start(deps, workspace, NewLead(name="Jane Miller", company="Acme"))
    async with deps.db.transaction(workspace) as tx:
        run = await research.get_run(tx.session, workspace, run_id)
        assert run is not None
        run.attempts = 5
    await research_lead(deps, workspace_id=str(workspace), run_id=str(run_id))
    row, ended = await state_of(deps, workspace, lead_id, run_id)
    assert ended.state == RunState.FAILED and ended.error and row.status == LeadStatus.NEW


async def test_two_leads_never_share_an_address(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    person, company = somebody(world)
    await researched(
        deps, workspace, NewLead(name=person.name, email=person.email, company=company.name), Depth.QUICK
    )
    twin, run = await researched(deps, workspace, NewLead(name=person.name, company=company.name))
    assert (twin.email, run.state) == (None, RunState.DONE)


async def test_runs_wait_for_their_turn_in_the_minute(
    world: RunningSandbox, database: Database, workspace: WorkspaceId, redis_url: str, database_url: str
) -> None:
    settings = settings_for(world, redis_url=redis_url, database_url=database_url, max_research_per_minute=1)
    async with opened_deps(settings, database) as deps:
        _, first = await start(deps, workspace, NewLead(name="Ann Lee", email="ann.lee@gmail.com"))
        _, second = await start(deps, workspace, NewLead(name="Bob Lee", email="bob.lee@gmail.com"))
        await research_lead(deps, workspace_id=str(workspace), run_id=str(first))
        with pytest.raises(Transient) as caught:
            await research_lead(deps, workspace_id=str(workspace), run_id=str(second))
    assert caught.value.retry_after is not None and caught.value.retry_after <= timedelta(minutes=1)


async def test_a_lead_that_opted_out_is_researched_but_not_written_to(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId, recorded: Recorded
) -> None:
    person, company = somebody(world)
    given = NewLead(name=person.name, company=company.name, email=person.email)
    lead_id, run_id = await start(deps, workspace, given, Depth.QUICK)
    async with deps.db.transaction(workspace) as tx:
        await lead.set_status(tx.session, workspace, lead_id, LeadStatus.UNSUBSCRIBED, now=deps.clock.now())
    await research_lead(deps, workspace_id=str(workspace), run_id=str(run_id))
    row, run = await state_of(deps, workspace, lead_id, run_id)
    assert (row.status, run.state) == (LeadStatus.UNSUBSCRIBED, RunState.DONE)
    assert recorded.wake_ups == []


async def test_nobody_is_given_somebody_elses_address_title_or_profile(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    made = world.box.world
    for person in made.people[::7]:
        company = made.company(person.company_key)
        row, _ = await researched(deps, workspace, NewLead(name=person.name, company=company.name))
        assert row.email in (None, person.email), person.name
        assert row.title in (None, person.title), person.name
        assert row.linkedin_url in (None, person.linkedin_url), person.name
        assert row.company_domain in (None, company.domain), person.name
