"""The outside goes away, refuses, or says things twice; people notice little, and nothing happens twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from bot.action_ids import Action
from tests.flows.desk import Desk, button_of, text_of
from tests.flows.under_fire import Story, broken_promises, settled
from tests.flows.world import RESEARCH_SECONDS, SAM, World, eventually, is_card_of

SCHEMAS = ("conversation", "ExtractedFacts", "WrittenEmail", "Judgement", "ReplyReading", "ProposedAnswer")
METHODS = ("chat.postMessage", "chat.update", "chat.startStream", "chat.appendStream", "chat.stopStream")


@pytest.fixture(scope="module")
async def sam(world: World) -> AsyncIterator[Desk]:
    async with world.desk(SAM) as desk:
        yield desk


@pytest.fixture(autouse=True)
def _no_fault_outlives_its_test(world: World) -> Iterator[None]:
    yield
    world.sandbox.box.faults.clear()


async def told(world: World, sam: Desk) -> list[str]:
    """A whole story, from the sentence to the answer in the prospect's mailbox; what was wrong with it."""
    person = world.answering_person()
    assert person is not None
    story = Story(world, sam, person, patience=RESEARCH_SECONDS)
    await story.run()
    await settled(world)
    return await broken_promises(world, sam, [story])


async def test_redis_may_go_away_and_come_back_empty(world: World, sam: Desk) -> None:
    world.redis.stop()
    telling = asyncio.create_task(told(world, sam))
    await sam.sees(lambda m: "has begun" in m["text"], seconds=60)
    assert world.redis.start().url == world.environment["REDIS_URL"], "the same address, without its memory"
    assert await telling == []


async def test_a_busy_model_and_a_slack_that_loses_answers_cost_patience_only(
    world: World, sam: Desk
) -> None:
    for schema in SCHEMAS:
        world.arm("openai", "rate_limited", times=2, match=schema, retry_after=0.5)
    for method in METHODS:
        world.arm("slack", "rate_limited", times=2, match=method, retry_after=1)
    for kind in ("lost_response", "server_error"):
        world.arm("slack", kind, times=2, match="chat.postMessage")
        world.arm("slack", kind, times=1, match="chat.update")
    assert await told(world, sam) == []
    left = [fault for fault in world.sandbox.box.faults.armed() if fault.service == "openai"]
    assert left == [], "every kind of question was refused, and asked again"


async def test_what_slack_delivers_twice_is_done_once(world: World, sam: Desk) -> None:
    world.arm("slack", "duplicate_delivery", times=1, match="message")
    person = world.answering_person()
    assert person is not None
    thread = await sam.say(world.request_for(person))
    card = await sam.sees(is_card_of(person), thread=thread, seconds=RESEARCH_SECONDS)
    answers = [m for m in await sam.messages(thread=thread) if "has begun" in m["text"]]
    assert len(answers) == 1, "one message of a person, one answer"

    _, button = button_of(card, Action.APPROVE)
    world.at_work(person)
    await world.click(SAM, sam.dm, card, Action.APPROVE, value=button["value"], copies=3)
    await eventually(lambda: world.mail_to(person), seconds=60, what="the mail")
    await settled(world)
    decisions = await world.rows(
        "SELECT 1 FROM audit_log a JOIN approvals p ON p.id = a.entity_id JOIN leads l ON l.id = p.lead_id"
        " WHERE a.action = 'approval_approved' AND p.kind = 'sequence' AND l.email = :email",
        email=person.email,
    )
    assert len(decisions) == 1
    refusals = [m for m in await sam.messages(thread=thread) if "already approved" in text_of(m)]
    assert refusals == [], "a repeated delivery is no second wish"
    assert len(await world.mail_to(person)) == 1
