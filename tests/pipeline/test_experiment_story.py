"""Leads in two arms, written over the wire by each arm's own model, prompt or approach."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select
from structlog.contextvars import bound_contextvars

from db.models.research import ApiUsage
from db.queries import approval, experiment, usage
from db.queries import campaign as campaigns
from db.types import EnrollmentId, ExperimentDimension, ExperimentId, LeadId
from pipeline.clients.llm import LlmUsage, open_gemini, open_llm
from pipeline.clients.llm.base import Item, Llm, Parsed, StreamEvent, T, ToolSchema
from pipeline.clients.llm.budgeted import Budgeted
from pipeline.deps import open_deps
from pipeline.errors import Transient
from pipeline.jobs import arms, decide
from pipeline.rules.experiment import arm_of
from tests.conftest import Recorded
from tests.pipeline.mail_world import APPROVER, MailWorld

MODELS = ("openai", "gemini")
MAIN, OTHER, FALLBACK = "gpt-5.5", "gemini-2.5-pro", "gpt-5.4-mini"
GEMINI, OPENAI = "/gemini/", "/openai/v1/responses gpt-5.5 "


async def begin(world: MailWorld, given: tuple[str, ...] = MODELS, dimension: str = "model") -> ExperimentId:
    async with world.deps.db.transaction(world.workspace) as tx:
        made = await experiment.create(
            tx.session,
            world.workspace,
            name="Story",
            dimension=ExperimentDimension(dimension),
            arms=given,
            baseline=0.03,
            target=0.06,
            created_by=APPROVER,
            now=world.clock.now(),
        )
    assert made is not None
    return made


async def dealt(
    world: MailWorld, experiment_id: ExperimentId, each: int, given: Sequence[str] = MODELS
) -> dict[str, list[LeadId]]:
    """So many leads of each arm."""
    found: dict[str, list[LeadId]] = {arm: [] for arm in given}
    for person in world.box.world.people:
        lead_id = await world.lead(person)
        some = found[arm_of(experiment_id, lead_id, given)]
        if len(some) < each:
            some.append(lead_id)
        if all(len(some) == each for some in found.values()):
            return found
    raise AssertionError("the world has too few people")


async def written(world: MailWorld, lead_id: LeadId) -> EnrollmentId:
    enrollment_id = await world.enroll(lead_id)
    await world.write(enrollment_id)
    return enrollment_id


async def models_of(world: MailWorld, enrollment_id: UUID) -> set[str | None]:
    rows = await world.sequence(enrollment_id)
    assert len(rows) == 5
    return {row.ai_model_used for row in rows}


async def test_six_leads_are_written_by_the_model_of_their_arm_and_judged_by_the_main_one(
    world: MailWorld,
) -> None:
    used: list[LlmUsage] = []

    async def note(call: LlmUsage) -> None:
        used.append(call)

    settings, clock = world.deps.settings, world.clock
    world.deps = replace(
        world.deps,
        llm=open_llm(settings, clock, on_usage=note),
        gemini=open_gemini(settings, clock, on_usage=note),
    )
    experiment_id = await begin(world)
    for arm, leads in (await dealt(world, experiment_id, 3)).items():
        for lead_id in leads:
            enrollment_id = await written(world, lead_id)
            row = await world.enrollment(enrollment_id)
            assert (row.experiment_id, row.arm, row.stand_in) == (experiment_id, arm, False)
            assert await models_of(world, enrollment_id) == {OTHER if arm == "gemini" else MAIN}
    assert {call.task for call in used if call.service == "gemini"} == {"WrittenEmail"}
    assert {call.model for call in used if call.task == "Judgement"} == {MAIN}
    assert sum(call.task == "Judgement" for call in used) >= 30


async def test_the_arm_stays_for_rewrites_also_when_the_experiment_has_ended(world: MailWorld) -> None:
    experiment_id = await begin(world)
    lead_id = (await dealt(world, experiment_id, 1))["gemini"][0]
    enrollment_id = await written(world, lead_id)
    before = await world.sequence(enrollment_id)
    async with world.deps.db.transaction(world.workspace) as tx:
        await experiment.end(tx.session, world.workspace, experiment_id, now=world.clock.now())
        (question,) = await approval.pending(tx.session, world.workspace)
        await decide.regenerate(
            world.deps,
            tx,
            question.id,
            instruction="make it shorter",
            user_id=APPROVER,
            now=world.clock.now(),
            email_id=None,
        )
    await world.write(enrollment_id)
    after = await world.sequence(enrollment_id)
    assert {row.ai_model_used for row in after} == {OTHER}
    assert [row.body for row in after] != [row.body for row in before]
    assert (await world.enrollment(enrollment_id)).arm == "gemini"


async def test_what_was_begun_before_the_experiment_takes_no_part(world: MailWorld) -> None:
    enrollment_id = await written(world, await world.lead(world.person("silent")))
    await begin(world)
    async with world.deps.db.transaction(world.workspace) as tx:
        (question,) = await approval.pending(tx.session, world.workspace)
        await decide.regenerate(
            world.deps,
            tx,
            question.id,
            instruction="make it shorter",
            user_id=APPROVER,
            now=world.clock.now(),
            email_id=None,
        )
    await world.write(enrollment_id)
    row = await world.enrollment(enrollment_id)
    assert (row.experiment_id, row.arm) == (None, None)
    assert await models_of(world, enrollment_id) == {MAIN}


async def test_after_the_experiment_new_leads_are_written_as_usual(world: MailWorld) -> None:
    experiment_id = await begin(world)
    lead_id = (await dealt(world, experiment_id, 1))["gemini"][0]
    async with world.deps.db.transaction(world.workspace) as tx:
        await experiment.end(tx.session, world.workspace, experiment_id, now=world.clock.now())
    enrollment_id = await written(world, lead_id)
    assert (await world.enrollment(enrollment_id)).arm is None
    assert await models_of(world, enrollment_id) == {MAIN}


@pytest.mark.parametrize(
    ("arm", "away", "kind", "instead"),
    [
        ("gemini", GEMINI, "server_error", MAIN),
        ("gemini", GEMINI, "rate_limited", MAIN),
        ("gemini", GEMINI, "refusal", MAIN),
        ("openai", OPENAI, "server_error", FALLBACK),
    ],
)
async def test_an_arm_whose_model_is_down_is_written_by_a_stand_in_and_left_out(
    world: MailWorld, arm: str, away: str, kind: str, instead: str
) -> None:
    experiment_id = await begin(world)
    lead_id = (await dealt(world, experiment_id, 1))[arm][0]
    world.break_model(kind, times=-1, match=away)
    enrollment_id = await written(world, lead_id)
    assert await models_of(world, enrollment_id) == {instead}
    row = await world.enrollment(enrollment_id)
    assert (row.arm, row.stand_in) == (arm, True)


async def test_a_model_that_fails_once_is_left_for_the_rest_of_the_sequence(world: MailWorld) -> None:
    experiment_id = await begin(world)
    lead_id = (await dealt(world, experiment_id, 1))["gemini"][0]
    world.break_model("server_error", match=GEMINI)
    enrollment_id = await written(world, lead_id)
    assert await models_of(world, enrollment_id) == {MAIN}


async def test_a_gemini_that_was_disconnected_is_stood_in_for(world: MailWorld) -> None:
    experiment_id = await begin(world)
    lead_id = (await dealt(world, experiment_id, 1))["gemini"][0]
    world.deps = replace(world.deps, gemini=None)
    enrollment_id = await written(world, lead_id)
    assert await models_of(world, enrollment_id) == {MAIN}
    assert (await world.enrollment(enrollment_id)).stand_in


async def test_a_gemini_whose_budget_is_spent_is_stood_in_for(world: MailWorld) -> None:
    async def check(task: str) -> None:
        raise Transient("Gemini: today's budget is spent.")

    assert world.deps.gemini is not None
    world.deps = replace(world.deps, gemini=Budgeted(world.deps.gemini, check))
    experiment_id = await begin(world)
    lead_id = (await dealt(world, experiment_id, 1))["gemini"][0]
    enrollment_id = await written(world, lead_id)
    assert await models_of(world, enrollment_id) == {MAIN}
    assert (await world.enrollment(enrollment_id)).stand_in


async def test_what_gemini_costs_stands_under_its_own_name(world: MailWorld, recorded: Recorded) -> None:
    """The parts as the application composes them: usage rows and the day's budget are Gemini's."""
    experiment_id = await begin(world)
    lead_id = (await dealt(world, experiment_id, 1))["gemini"][0]
    deps = open_deps(world.deps.settings, world.clock, world.notifier, recorded)
    world.deps = replace(world.deps, gemini=deps.gemini)
    try:
        with bound_contextvars(workspace_id=str(world.workspace)):
            enrollment_id = await written(world, lead_id)
        assert await models_of(world, enrollment_id) == {OTHER}
        async with world.deps.db.transaction(world.workspace) as tx:
            rows = (await tx.session.scalars(select(ApiUsage))).all()
            used = await usage.used(tx.session, world.workspace, "gemini", world.clock.wall().date())
    finally:
        await deps.db.close()
    assert {(row.service, row.endpoint) for row in rows} == {("gemini", "chat.completions WrittenEmail")}
    assert len(rows) >= 5 and used.requests >= 5


async def test_templates_that_stand_in_for_silent_models_are_left_out_too(world: MailWorld) -> None:
    experiment_id = await begin(world)
    lead_id = (await dealt(world, experiment_id, 1))["openai"][0]
    world.break_model("server_error", times=-1)
    enrollment_id = await world.enroll(lead_id)
    for _ in range(3):
        with pytest.raises(Transient):
            await world.write(enrollment_id)
    await world.write(enrollment_id)
    rows = await world.sequence(enrollment_id)
    assert [row.template_used for row in rows] == [True] * 5
    row = await world.enrollment(enrollment_id)
    assert (row.arm, row.stand_in) == ("openai", True)


class Overheard:
    """A model that is listened to."""

    def __init__(self, inner: Llm) -> None:
        self.model, self._inner, self.told = inner.model, inner, list[tuple[str, str]]()

    def stream(
        self, *, instructions: str, items: Sequence[Item], tools: Sequence[ToolSchema]
    ) -> AsyncIterator[StreamEvent]:
        return self._inner.stream(instructions=instructions, items=items, tools=tools)

    async def parse(
        self, *, instructions: str, text: str, schema: type[T], max_tokens: int = 2000
    ) -> Parsed[T]:
        if schema.__name__ == "WrittenEmail":
            self.told.append((instructions, text))
        return await self._inner.parse(
            instructions=instructions, text=text, schema=schema, max_tokens=max_tokens
        )


async def test_each_prompt_is_used_by_its_arm_and_stands_on_the_rows(world: MailWorld) -> None:
    known = arms.prompt_versions()
    assert set(known) >= {arms.MAIN_PROMPT, "direct"} and arms.MAIN_MARK not in known["direct"].text
    given = (arms.MAIN_PROMPT, "direct")
    experiment_id = await begin(world, given, "prompt")
    heard = Overheard(world.deps.llm)
    world.deps = replace(world.deps, llm=heard)
    for arm, (lead_id,) in (await dealt(world, experiment_id, 1, given)).items():
        heard.told.clear()
        enrollment_id = await written(world, lead_id)
        assert {instructions for instructions, _ in heard.told} == {known[arm].text}
        versions = {row.ai_prompt_version for row in await world.sequence(enrollment_id)}
        assert versions == {known[arm].version}
        assert not (await world.enrollment(enrollment_id)).stand_in


async def test_a_prompt_that_is_gone_is_stood_in_for(world: MailWorld) -> None:
    given = ("gone", "direct")
    experiment_id = await begin(world, given, "prompt")
    lead_id = (await dealt(world, experiment_id, 1, given))["gone"][0]
    enrollment_id = await written(world, lead_id)
    assert (await world.enrollment(enrollment_id)).stand_in
    main = arms.prompt_versions()[arms.MAIN_PROMPT].version
    assert {row.ai_prompt_version for row in await world.sequence(enrollment_id)} == {main}


async def test_an_arms_approach_goes_before_the_campaigns(world: MailWorld) -> None:
    given = ("ask about hiring", "offer a demo")
    experiment_id = await begin(world, given, "approach")
    heard = Overheard(world.deps.llm)
    world.deps = replace(world.deps, llm=heard)
    for arm, (lead_id,) in (await dealt(world, experiment_id, 1, given)).items():
        heard.told.clear()
        await written(world, lead_id)
        assert heard.told and all(f'"approach": "{arm}"' in text for _, text in heard.told)


async def test_a_campaign_of_templates_takes_no_part_in_comparing_models(world: MailWorld) -> None:
    experiment_id = await begin(world)
    lead_id = (await dealt(world, experiment_id, 1))["gemini"][0]
    async with world.deps.db.transaction(world.workspace) as tx:
        made = await campaigns.create(
            tx.session, world.workspace, name="Plain", approach="templates", created_by=APPROVER, now=world.clock.now()
        )  # fmt: skip
    enrollment_id = await world.enroll(lead_id, made)
    await world.write(enrollment_id)
    assert (await world.enrollment(enrollment_id)).arm is None


async def test_replies_are_counted_for_the_arm(world: MailWorld) -> None:
    """The whole way: written, approved, sent, answered, read, counted."""
    experiment_id = await begin(world)
    lead_id = await world.lead(world.person("interested"))
    enrollment_id = await written(world, lead_id)
    await world.approve()
    await world.send_step(enrollment_id, 1)
    await world.poll()
    (reply,) = await world.inbound()
    await world.answer(reply.id)
    arm = arm_of(experiment_id, lead_id, MODELS)
    async with world.deps.db.transaction(world.workspace) as tx:
        seen = await experiment.results(tx.session, world.workspace, experiment_id)
    assert set(seen) == {arm}
    assert (seen[arm].leads, seen[arm].replied, seen[arm].positive) == (1, 1, 1)
    assert seen[arm].models == (OTHER if arm == "gemini" else MAIN,)
