"""What a run leaves to look at: why each step was taken, a guess that says so, facts that can be replayed."""

import zlib

import pytest
from sqlalchemy import update

from db.models.research import EvidencePage
from db.queries import lead, research
from db.queries.lead import NewLead
from db.types import Depth, EmailStatus, ResearchTool, RunState, WorkspaceId
from local.sandbox.server import RunningSandbox
from pipeline.deps import Deps
from pipeline.inspect_lead import dossier
from pipeline.jobs.rescoring import rescore
from tests.conftest import Recorded
from tests.pipeline.research_job.people import somebody
from tests.pipeline.research_world import researched


async def test_the_plan_says_why_each_step_was_taken_and_why_others_were_not(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    person, company = somebody(world)
    given = NewLead(name=person.name, company=company.name, email=person.email)
    _, run = await researched(deps, workspace, given)
    assert all(step["why"] and step["kind"] for step in run.plan["steps"])
    left = {one["title"]: one["reason"] for one in run.plan["not_taken"]}
    assert left["Searching for the email address"] == "Nothing was missing that it could bring."
    assert run.plan["ended"] and run.plan["score"].startswith(("100 of 100", "90 of 100"))
    assert run.quality is not None and "weighed fields are known" in run.plan["quality"]


async def test_each_step_is_a_row_with_its_tool_version_time_and_cost(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    person, company = somebody(world)
    _, run = await researched(deps, workspace, NewLead(name=person.name, company=company.name))
    async with deps.db.transaction(workspace) as tx:
        rows = await research.steps(tx.session, workspace, run.id)
    brought = [row for row in rows if row.state in ("ok", "empty") and row.tool_used != ResearchTool.MANUAL]
    assert len(brought) > 5 and all(row.tool_version for row in brought)
    assert all(row.processing_time_ms is not None for row in rows)
    assert sum(row.cost_cents for row in rows) == run.cost_cents


async def test_an_address_that_is_published_nowhere_is_guessed_and_counts_for_nothing(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId, recorded: Recorded
) -> None:
    """Of all whose address no page shows, those at companies that publish others get a guess."""
    made, guessed = world.box.world, 0
    hidden = [one for one in made.people if not one.email_public][:6]
    for person in hidden:
        company = made.company(person.company_key)
        row, run = await researched(
            deps, workspace, NewLead(name=person.name, company=company.name), Depth.STANDARD
        )
        if row.email_status != EmailStatus.GUESSED:
            assert row.email in (None, person.email)
            continue
        guessed += 1
        assert row.email_note and "published address" in row.email_note and "% sure" in row.email_note
        assert row.qualified is False and "email" in run.missing
        assert (row.email or "").endswith(f"@{company.domain}")
    assert guessed and recorded.wake_ups == []


async def test_a_confirmed_guess_makes_the_lead_worth_writing_to(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    person, company = somebody(world)
    row, _ = await researched(deps, workspace, NewLead(name=person.name, company=company.name))
    now = deps.clock.now()
    async with deps.db.transaction(workspace) as tx:
        changes = {"email_status": EmailStatus.GUESSED.value}
        await lead.update(tx.session, workspace, row.id, changes, now=now)
        guessed = await rescore(tx, row.id, now=now)
    assert guessed is not None and not guessed.qualified
    async with deps.db.transaction(workspace) as tx:
        changes = {"email_status": EmailStatus.CONFIRMED.value}
        await lead.update(tx.session, workspace, row.id, changes, now=now)
        confirmed = await rescore(tx, row.id, now=now)
    assert confirmed is not None and confirmed.qualified and confirmed.score == guessed.score + 10


async def test_every_fact_is_replayed_and_a_page_that_was_changed_is_found_out(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    person, company = somebody(world)
    given = NewLead(name=person.name, company=company.name, email=person.email)
    row, run = await researched(deps, workspace, given)
    sound = await dossier(deps.db, workspace, person.email, True)
    assert sound is not None and sound["broken"] == [] and sound["checked"] > 10
    assert sound["research"]["steps"] and run.state == RunState.DONE
    changed = next(fact for fact in sound["facts"] if fact["page"])
    async with deps.db.transaction(workspace) as tx:
        await tx.session.execute(
            update(EvidencePage)
            .where(EvidencePage.id == changed["page"])
            .values(content=zlib.compress(b"something else"))
        )
    broken = await dossier(deps.db, workspace, row.email or "", True)
    assert broken is not None and str(changed["id"]) in broken["broken"]
    told = {str(fact["id"]): fact["problem"] for fact in broken["facts"]}
    assert "hash differs" in told[str(changed["id"])]


@pytest.mark.parametrize("email", ["nobody@nowhere.example"])
async def test_a_lead_nobody_knows_has_no_dossier(deps: Deps, workspace: WorkspaceId, email: str) -> None:
    assert await dossier(deps.db, workspace, email, True) is None
