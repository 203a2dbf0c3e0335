"""The outside goes away, refuses, or says things twice; people notice little, and nothing happens twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from bot.action_ids import Action
from tests.flows.desk import Desk, button_of, has_button, text_of
from tests.flows.under_fire import Story, broken_promises, settled
from tests.flows.world import SAM, World, eventually, is_card_of

pytestmark = pytest.mark.soak

@pytest.fixture(scope="module")
async def sam(world: World) -> AsyncIterator[Desk]:
    async with world.desk(SAM) as desk:
        yield desk


async def told(world: World, sam: Desk) -> Story:
    """A whole story, from the sentence to the answer in the prospect's mailbox."""
    story = Story(world, sam, world.person("interested"), patience=60)
    await story.run()
    return story


async def test_redis_may_go_away_for_seconds_and_come_back_empty(world: World, sam: Desk) -> None:
    world.redis.stop()
    telling = asyncio.create_task(told(world, sam))
    thread = await eventually(lambda: _asked(sam), what="the person's words")
    await sam.sees(lambda m: "has begun" in m["text"], thread=thread)
    again = world.redis.start()
    assert again.url == world.environment["REDIS_URL"], "the same server address, without its memory"
    story = await telling
    await settled(world)
    assert await broken_promises(world, sam, [story]) == []


async def _asked(sam: Desk) -> str | None:
    return next((m["ts"] for m in await sam.messages() if m["user"] == SAM), None)


async def test_a_model_that_is_rate_limited_is_waited_for(world: World, sam: Desk) -> None:
    for schema in (
        "conversation",
        "ExtractedFacts",
        "WrittenEmail",
        "Judgement",
        "ReplyReading",
        "ProposedAnswer",
    ):
        world.arm("openai", "rate_limited", times=2, match=schema, retry_after=0.5)
    story = await told(world, sam)
    await settled(world)
    assert await broken_promises(world, sam, [story]) == []


async def test_slack_that_says_slow_down_gets_every_message_once(world: World, sam: Desk) -> None:
    for method in (
        "chat.postMessage",
        "chat.update",
        "chat.startStream",
        "chat.appendStream",
        "chat.stopStream",
    ):
        world.arm("slack", "rate_limited", times=3, match=method, retry_after=1)
    story = await told(world, sam)
    await settled(world)
    assert await broken_promises(world, sam, [story]) == []


async def test_answers_of_slack_that_get_lost_double_nothing(world: World, sam: Desk) -> None:
    world.arm("slack", "lost_response", times=3, match="chat.postMessage")
    world.arm("slack", "server_error", times=3, match="chat.postMessage")
    world.arm("slack", "lost_response", times=2, match="chat.update")
    story = await told(world, sam)
    await settled(world)
    assert await broken_promises(world, sam, [story]) == []


async def test_an_event_that_comes_twice_is_answered_once(world: World, sam: Desk) -> None:
    world.arm("slack", "duplicate_delivery", times=1, match="message")
    story = await told(world, sam)
    await settled(world)
    assert await broken_promises(world, sam, [story]) == []


async def test_a_click_that_comes_three_times_decides_once(world: World, sam: Desk) -> None:
    person = world.person("question")
    thread = await sam.say(world.request_for(person))
    card = await sam.sees(is_card_of(person), thread=thread, seconds=90)
    _, button = button_of(card, Action.APPROVE)
    world.at_work(person)
    await world.click(SAM, sam.dm, card, Action.APPROVE, value=button["value"], copies=3)
    await sam.sees(lambda m: m["ts"] == card["ts"] and "Approved" in text_of(m), thread=thread)
    await sam.sees(lambda m: person.name in text_of(m) and has_button(m, Action.OUTCOME), seconds=60)
    decisions = await world.rows(
        "SELECT 1 FROM audit_log WHERE action = 'approval_approved' AND entity_id IN"
        " (SELECT a.id FROM approvals a JOIN leads l ON l.id = a.lead_id"
        " WHERE l.email = :email AND a.kind = 'sequence')",
        email=person.email,
    )
    assert len(decisions) == 1
    refusals = [m for m in await sam.messages(thread=thread) if "already approved" in text_of(m)]
    assert refusals == [], "a repeated delivery is no second wish"
    assert len(await world.mail_to(person)) == 1
    subjects = Counter(one["subject"] for one in await world.mail_to(person))
    assert max(subjects.values()) == 1
