"""The model writes, its fallback next, the workspace's own template after that, the built-in one last."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from db.models.email import EmailCampaign
from db.queries import campaign as campaigns
from db.queries import enrollment as enrollments
from db.queries import template
from db.queries import workspace as workspaces
from db.queries.template import NewTemplate
from db.types import CampaignType
from local.sandbox.faults import Fault
from pipeline.clients.llm.wire import Overloaded, deadline, translated
from pipeline.errors import Transient
from pipeline.jobs import decide, drafting
from pipeline.jobs.prompt import prompt
from pipeline.jobs.write import PATIENCE
from tests.pipeline.mail_world import APPROVER, MailWorld

BODY = "Hi {{ first_name }},\n\n" + "we help teams like yours to lose less time at work. " * 6


def fail(world: MailWorld, kind: str, match: str, **options: Any) -> None:
    """Every request to the model whose path and model contain `match` fails."""
    world.box.faults.arm(Fault("openai", kind, 10_000, match, options))


async def save(
    world: MailWorld, step: str, subject: str, body: str = BODY, language: str = "en", name: str = "Ours"
) -> UUID:
    async with world.deps.db.transaction(world.workspace) as tx:
        new = NewTemplate(name, step, language, subject, body, ())
        made = await template.create(tx.session, world.workspace, new, now=world.clock.now())
    assert made is not None
    return made


async def written(world: MailWorld, enrollment_id: UUID, attempts: int = 1) -> list[EmailCampaign]:
    for attempt in range(attempts):
        try:
            await world.write(enrollment_id)
        except Transient:
            assert attempt < attempts - 1
    return await world.sequence(enrollment_id)


async def test_model_and_prompt_version_stand_on_each_row(world: MailWorld) -> None:
    lead_id = await world.lead(world.person("silent"))
    rows = await written(world, await world.enroll(lead_id))
    assert [row.ai_prompt_version for row in rows] == [prompt("write_email").version] * 5
    assert {row.ai_model_used for row in rows} == {world.deps.settings.openai_model}
    assert all(row.judge_score for row in rows)


@pytest.mark.parametrize(
    ("kind", "options"), [("timeout", {"seconds": 0.01}), ("server_error", {"status": 503})]
)
async def test_the_fallback_model_writes_when_the_first_does_not_answer(
    world: MailWorld, kind: str, options: dict[str, Any]
) -> None:
    settings = world.deps.settings
    fail(world, kind, f" {settings.openai_model} ", **options)
    lead_id = await world.lead(world.person("silent"))
    rows = await written(world, await world.enroll(lead_id))
    assert {row.ai_model_used for row in rows} == {settings.openai_fallback_model}
    assert not any(row.template_used for row in rows)


async def test_a_model_that_hangs_is_a_time_out() -> None:
    with pytest.raises(Overloaded), translated("OPENAI_API_KEY"):
        async with deadline(0.01):
            await asyncio.sleep(5)


async def test_templates_stand_in_when_no_model_answers_after_patience(world: MailWorld) -> None:
    await save(world, "introduction", "From us to {{ company }}")
    await save(world, "breakup", "About {{ pain_point }}", name="Needs what nobody knows")
    fail(world, "timeout", "", seconds=0.01)
    lead_id = await world.lead(world.person("silent"), company="Northwind")
    rows = await written(world, await world.enroll(lead_id), attempts=PATIENCE)
    assert all(
        row.template_used and row.ai_model_used is None and row.ai_prompt_version is None for row in rows
    )
    assert rows[0].subject == "From us to Northwind" and "lose less time at work" in rows[0].body
    assert rows[0].personalization_tokens == {
        "company": "Northwind",
        "first_name": rows[0].body.split()[1].rstrip(","),
    }
    assert rows[4].body.startswith("Hi ") and "haven't heard back" in rows[4].body


async def test_a_model_that_is_away_is_asked_once_in_the_last_attempt(world: MailWorld) -> None:
    fail(world, "server_error", "", status=503)
    enrollment_id = await world.enroll(await world.lead(world.person("silent")))
    for _ in range(PATIENCE - 1):
        with pytest.raises(Transient):
            await world.write(enrollment_id)
    fault = world.box.faults.armed()[-1]
    before = fault.times
    await world.write(enrollment_id)
    assert before - fault.times == 2  # the first model and its fallback, not five times over


async def test_templates_speak_the_leads_language(world: MailWorld) -> None:
    fail(world, "server_error", "", status=503)
    lead_id = await world.lead(world.person("silent"), language="de")
    rows = await written(world, await world.enroll(lead_id), attempts=PATIENCE)
    assert all(row.body.startswith("Guten Tag ") and row.language == "de" for row in rows)


async def test_a_campaign_that_says_templates_asks_no_model(world: MailWorld) -> None:
    await save(world, "introduction", "Older", name="Older")
    world.clock.jump(timedelta(minutes=1))
    await save(world, "introduction", "On {{ pain_point }}", name="Needs what nobody knows")
    async with world.deps.db.transaction(world.workspace) as tx:
        made = await campaigns.create(
            tx.session, world.workspace, name="T", goal="", type=CampaignType.IMMEDIATE, filter=None, starts_at=None,
            owner_user_id=APPROVER, created_by=APPROVER, channel_id="C1", thread_ts="1.1", now=world.clock.now(),
        )  # fmt: skip
        found = await enrollments.campaign_of(tx.session, world.workspace, made)
        assert found is not None
        found.approach = "our templates"
    fail(world, "server_error", "", status=503)  # nobody asks, so nobody notices
    rows = await written(world, await world.enroll(await world.lead(world.person("silent")), made))
    assert all(row.template_used for row in rows)
    assert rows[0].subject == "Older", "one that does not fit gives way to the next"


async def test_what_a_template_took_from_a_fact_is_linked_to_it(world: MailWorld) -> None:
    await save(world, "introduction", "A word", BODY + "\n\nI read that {{ recent_news }}.")
    fail(world, "server_error", "", status=503)
    rows = await written(
        world, await world.enroll(await world.lead(world.person("silent"))), attempts=PATIENCE
    )
    (claim,) = rows[0].claims["claims"]
    assert claim["sentence"].startswith("I read that ") and len(claim["fact_ids"]) == 1
    assert rows[0].personalization_tokens["recent_news"] in claim["sentence"]


async def test_a_template_with_a_word_never_used_gives_way(world: MailWorld) -> None:
    await save(world, "introduction", "Ours", BODY)
    async with world.deps.db.transaction(world.workspace) as tx:
        await workspaces.update_settings(
            tx.session, world.workspace, now=world.clock.now(), forbidden_words=["lose"]
        )
    fail(world, "server_error", "", status=503)
    rows = await written(
        world, await world.enroll(await world.lead(world.person("silent"))), attempts=PATIENCE
    )
    assert rows[0].template_used and "lose" not in rows[0].body


async def test_reasons_of_rejections_reach_the_writer(world: MailWorld) -> None:
    people = iter(world.box.world.people)
    for reason in ("Too formal for us.", "too formal for us", None, "Wrong product <b>"):
        await written(world, await world.enroll(await world.lead(next(people))))
        card = await world.card()
        world.clock.jump(timedelta(minutes=1))
        async with world.deps.db.transaction(world.workspace) as tx:
            await decide.reject(
                world.deps, tx, card.id, user_id=APPROVER, reason=reason, now=world.clock.now()
            )
    asked = Listening(world.deps.llm)
    world.deps = replace(world.deps, llm=asked)
    await written(world, await world.enroll(await world.lead(next(people))))
    first = asked.texts[0]
    told = first.split("<rejected_lately>\n")[1].split("\n</rejected_lately>")[0]
    assert told == '["Wrong product \\u003cb\\u003e", "too formal for us"]'
    for word in ("company", "offer", "proof_points", "tone", "forbidden_words", "signature"):
        assert f'"{word}"' in first.split("<sender>")[1].split("</sender>")[0]
    assert "rejected_lately" in drafting.WRITE


class Listening:
    """A model that also keeps what it was asked."""

    def __init__(self, inner: Any) -> None:
        self._inner, self.texts, self.model = inner, list[str](), inner.model

    def stream(self, **given: Any) -> Any:
        return self._inner.stream(**given)

    async def parse(self, *, instructions: str, text: str, schema: Any, max_tokens: int = 2000) -> Any:
        self.texts.append(text)
        return await self._inner.parse(
            instructions=instructions, text=text, schema=schema, max_tokens=max_tokens
        )
