"""Whom a company's pages name, where the model that reads them is down for a moment, for long, or not to be asked."""

from datetime import timedelta

from db.queries.evidence import NewUsage
from local.sandbox.server import RunningSandbox
from pipeline.clients.rates import Rate
from pipeline.deps import Deps
from pipeline.jobs.find_people import Named, named_by_model
from pipeline.rules.extraction import read_page
from pipeline.rules.finding import Proposal
from tests.pipeline.research_job.people import arm

TEXT = (
    "<html><body><main><h1>Our story</h1><p>We have repaired pipes in this town since 1980, and our customers come "
    "back to us because we are on time, we are tidy, and the price that we name is the price that they pay. Our "
    "people learn the trade with us and stay for many years.</p>"
    "<p>Robin Marsh, Head of Operations, answers every call.</p></main></body></html>"
)


async def named(deps: Deps, calls: list[NewUsage], *, seconds_left: float = 60) -> Named:
    page = read_page(TEXT, "https://marsh-pipes.example/team")
    proposal = Proposal(name="Marsh Pipes", website="https://marsh-pipes.example/")
    return await named_by_model(deps, proposal, [page], None, calls, seconds_left=seconds_left)


async def test_a_model_that_fails_for_a_moment_is_asked_again(deps: Deps, world: RunningSandbox) -> None:
    await arm(world, "openai", "rate_limited", times=2)
    calls: list[NewUsage] = []
    found = await named(deps, calls)
    assert found.problem is None and found.person is not None
    assert (found.person.name, found.person.title) == ("Robin Marsh", "Head of Operations")
    refused = [call.error for call in calls if call.error]
    assert refused == ["The model's rate limit is reached."] * 2 and len(calls) == 3


async def test_a_model_that_is_down_is_told_as_a_failure_and_left_alone(
    deps: Deps, world: RunningSandbox
) -> None:
    await arm(world, "openai", "server_error")
    calls: list[NewUsage] = []
    reads = [await named(deps, calls) for _ in range(6)]
    assert all(one.person is None and one.problem for one in reads)
    assert "left alone for now" in (reads[-1].problem or "")
    assert len(calls) == 3 * 5, "three tries each of five readings; the sixth was not asked"
    assert all(call.error and call.service == "openai" for call in calls)


async def test_where_no_time_is_left_it_is_asked_once(deps: Deps, world: RunningSandbox) -> None:
    await arm(world, "openai", "server_error")
    calls: list[NewUsage] = []
    assert (await named(deps, calls, seconds_left=1)).problem and len(calls) == 1


async def test_our_own_rate_that_is_used_up_is_no_question_to_the_model(deps: Deps) -> None:
    deps.research.rates.limits["openai_api"] = Rate(0, timedelta(days=1))
    calls: list[NewUsage] = []
    found = await named(deps, calls)
    assert found.person is None and "used up" in (found.problem or "") and calls == []
