"""The research job: how runs end, by stop, deadline, loss of the lease or death of the process."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from db.errors import LeaseLost
from db.queries import lead, research
from db.queries.lead import NewLead
from db.session import Database
from db.types import Depth, LeadStatus, LeaseToken, RunState, StepState, WorkspaceId
from local.sandbox.server import RunningSandbox
from pipeline.clock import SystemClock
from pipeline.deps import Deps
from pipeline.errors import Transient
from pipeline.jobs.research import research_lead
from tests.conftest import Recorded
from tests.pipeline.research_job.people import somebody
from tests.pipeline.research_world import (
    opened_deps,
    researched,
    settings_for,
    start,
    state_of,
)


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
