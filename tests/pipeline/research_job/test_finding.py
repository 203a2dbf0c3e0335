"""The research job against the sandbox's world: what whole runs find, and broken worlds."""

from decimal import Decimal

import pytest

from db.queries import research
from db.queries.lead import NewLead
from db.types import Depth, EmailStatus, FactSource, LeadStatus, RunState, StepState, WorkspaceId
from db.wake import Wake
from local.sandbox.server import RunningSandbox
from pipeline.deps import Deps
from pipeline.jobs.research import research_lead
from pipeline.messages import RunProgressed, Silent
from pipeline.rules.extraction import is_quoted
from tests.conftest import Recorded
from tests.pipeline.research_job.people import arm, somebody
from tests.pipeline.research_world import (
    researched,
    start,
    state_of,
)


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
    told = [told for told in notifier.told if told[1] == RunProgressed(run.id)]
    assert len(told) >= 2  # with its first steps, and at its end


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
