"""Every question to the outside leaves a row in the books, and what was kept leaves none."""

import structlog
from sqlalchemy import select

from db.models.research import ApiUsage, ResearchRun
from db.queries.lead import NewLead
from db.types import Depth, WorkspaceId
from local.sandbox.server import RunningSandbox
from pipeline.deps import Deps
from pipeline.jobs.research import research_lead
from tests.pipeline.research_job.people import somebody
from tests.pipeline.research_world import researched, start, state_of


async def rows_of(deps: Deps, workspace: WorkspaceId, run: ResearchRun) -> list[ApiUsage]:
    async with deps.db.transaction(workspace) as tx:
        return list(await tx.session.scalars(select(ApiUsage).where(ApiUsage.run_id == run.id)))


async def test_robots_pages_searches_actors_and_models_are_all_in_the_books(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    """The actor's run too, which is called off when enough is known: its cost is booked behind the job's back."""
    person, company = somebody(world)
    new = NewLead(name=person.name, company=company.name)
    lead_id, run_id = await start(deps, workspace, new, Depth.DEEP)  # deep enough to ask actors
    ids = {"workspace_id": str(workspace), "run_id": str(run_id)}
    with structlog.contextvars.bound_contextvars(**ids):  # as the job's boundary does
        await research_lead(deps, **ids)
    await deps.research.apify.close()
    lead, run = await state_of(deps, workspace, lead_id, run_id)
    rows = await rows_of(deps, workspace, run)
    told = {(row.service, str(row.endpoint)) for row in rows}
    robots = [row for row in rows if str(row.endpoint).endswith("/robots.txt")]
    assert ("fetch", f"{company.host}/robots.txt") in told and ("fetch", company.host) in told
    assert len(robots) == len({row.endpoint for row in robots})  # each site was asked once
    services = {service for service, _ in told}
    assert services >= {"fetch", "google_search", "openai", "apify_actors"}
    actors = [step for step in run.plan["steps"] if step["tool"] == "actor" and step["state"] == "ok"]
    assert actors and sum(row.cost_cents for row in rows if row.service == "apify_actors") > 0
    assert all(row.lead_id == lead.id for row in rows)
    assert sum(row.cost_cents for row in rows) == run.cost_cents


async def test_a_second_lead_of_the_company_asks_its_site_nothing_again(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    person, company = somebody(world)
    await researched(deps, workspace, NewLead(name=person.name, company=company.name))
    other = next(one for one in world.box.world.people_of(company) if one.key != person.key)
    _, again = await researched(deps, workspace, NewLead(name=other.name, company=company.name), Depth.QUICK)
    endpoints = [str(row.endpoint) for row in await rows_of(deps, workspace, again)]
    assert f"{company.host}/robots.txt" not in endpoints
