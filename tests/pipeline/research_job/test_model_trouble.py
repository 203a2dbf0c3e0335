"""A model that is asked too often, is down for a moment, for long, or refuses the key: what a run does then."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from db.models.research import ApiUsage, ResearchRun
from db.queries.lead import NewLead
from db.types import RunState, StepState, WorkspaceId
from local.sandbox.server import RunningSandbox
from pipeline.clients.llm import open_llm
from pipeline.clients.rates import Rate
from pipeline.deps import Deps
from tests.pipeline.research_job.people import arm, somebody
from tests.pipeline.research_world import researched


def reads_of(run: ResearchRun) -> list[dict[str, Any]]:
    return [step for step in run.plan["steps"] if step["tool"] == "read"]


async def asked_models(deps: Deps, workspace: WorkspaceId, run: ResearchRun) -> list[ApiUsage]:
    mine = select(ApiUsage).where(ApiUsage.run_id == run.id, ApiUsage.service == "openai")
    async with deps.db.transaction(workspace) as tx:
        return list(await tx.session.scalars(mine))


def a_lead(world: RunningSandbox) -> NewLead:
    person, company = somebody(world)
    return NewLead(name=person.name, company=company.name)


async def test_a_model_asked_too_often_is_asked_again_when_it_said(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    await arm(world, "openai", "rate_limited", times=2)
    _, run = await researched(deps, workspace, a_lead(world))
    reads, calls = reads_of(run), await asked_models(deps, workspace, run)
    assert reads and all(step["state"] != StepState.FAILED for step in reads)
    refused = [call for call in calls if call.error]
    assert [call.error for call in refused] == ["The model's rate limit is reached."] * 2
    assert len(calls) == len(reads) + 2


async def test_our_own_rate_that_is_used_up_is_no_question_to_the_model(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    """No room today: a failed step with its reason, one a run, and nothing in the books."""
    deps.research.rates.limits["openai_api"] = Rate(0, timedelta(days=1))
    row, run = await researched(deps, workspace, a_lead(world))
    reads = reads_of(run)
    assert {step["error"] for step in reads} == {"openai api may be used 0 times in a day; that is used up."}
    assert 1 <= len(reads) <= 2 and await asked_models(deps, workspace, run) == []
    assert run.state == RunState.DONE and row.qualified


async def test_a_model_that_is_down_is_left_alone(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    await arm(world, "openai", "server_error")
    _, first = await researched(deps, workspace, a_lead(world))
    person, company = somebody(world, public=False)
    _, second = await researched(deps, workspace, NewLead(name=person.name, company=company.name))
    reads = [*reads_of(first), *reads_of(second)]
    assert reads and all(step["state"] == StepState.FAILED for step in reads)
    assert any("times in a row and is left alone for now" in step["error"] for step in reads)
    calls = [*await asked_models(deps, workspace, first), *await asked_models(deps, workspace, second)]
    assert len(calls) <= 3 * 6  # three tries each of five readings, and of one that was under way


async def test_a_refused_key_is_asked_once_a_run(
    deps: Deps, world: RunningSandbox, workspace: WorkspaceId
) -> None:
    settings = deps.settings.model_copy(update={"openai_api_key": deps.settings.encryption_key})
    refused = replace(deps, settings=settings, llm=open_llm(settings, deps.clock))
    row, run = await researched(refused, workspace, a_lead(world))
    reads = reads_of(run)
    assert 1 <= len(reads) <= 2  # two may be under way at once
    assert {step["error"] for step in reads} == {
        "The model refuses the key: set OPENAI_API_KEY to a valid one."
    }
    assert row.qualified
