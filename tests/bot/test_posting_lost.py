"""The outbox where Slack takes a message and nobody hears of it: found again, wherever it stands."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.posting import BELOW, LEASE, Poster, backoff
from bot.slack import SlackApi
from db.session import Database
from db.types import WorkspaceId
from pipeline.clock import ManualClock
from tests.bot.test_posting import DM, LEADS, Surfaces, alone
from tests.local.slack_world import World


@pytest.fixture
async def surfaces(database: Database, workspace: WorkspaceId, clock: ManualClock, slack: World) -> Surfaces:
    return await alone(database, workspace, clock, slack)


@pytest.fixture
def poster(database: Database, clock: ManualClock, client: SlackApi) -> Poster:
    return Poster(database, clock, client)


async def after_all_waits(surfaces: Surfaces, poster: Poster) -> None:
    for _ in range(6):
        surfaces.clock.jump(timedelta(minutes=1))
        await poster.post_due()


async def shown_anywhere(surfaces: Surfaces, text: str) -> list[dict[str, Any]]:
    """Messages with that text, in DM or any of its threads."""
    top = (await surfaces.slack.read("messages", user="U0SAMRIVERS", channel=DM))["messages"]
    found = list(top)
    for one in top:
        if one.get("reply_count"):
            thread = await surfaces.slack.read(
                "messages", user="U0SAMRIVERS", channel=DM, thread_ts=one["ts"]
            )
            found += thread["messages"][1:]
    return [one for one in found if one["text"] == text]


async def test_what_belongs_below_another_waits_until_that_has_its_place(
    surfaces: Surfaces,
    poster: Poster,
) -> None:
    """Both answers of Slack are lost: the one below must not stand once in the channel and once in the thread."""
    surfaces.arm("lost_response", "chat.postMessage", times=2)
    await surfaces.put("root", "alert")
    await surfaces.put("child", "answer", payload={BELOW: "root"})
    await surfaces.put("other", "quick")
    await poster.post_due()
    assert "quick" in await surfaces.shown(), "others in the channel do not wait for it"
    await after_all_waits(surfaces, poster)
    (answer,) = await shown_anywhere(surfaces, "answer")
    assert answer["thread_ts"] == (await surfaces.row("root")).posted_ts
    assert len(await shown_anywhere(surfaces, "alert")) == 1


async def test_what_belongs_below_a_surface_that_failed_stands_alone(
    surfaces: Surfaces,
    poster: Poster,
) -> None:
    await surfaces.put("root", "x", payload={"blocks": [{"type": "no_such_block"}]})
    await surfaces.put("child", "answer", payload={BELOW: "root"})
    await poster.post_due()
    await after_all_waits(surfaces, poster)
    assert await surfaces.shown() == ["answer"]


@pytest.mark.parametrize("kind", ["rate_limited", "server_error"])
async def test_a_look_that_slack_refuses_is_made_again_before_posting(
    surfaces: Surfaces,
    poster: Poster,
    kind: str,
) -> None:
    surfaces.arm("lost_response", "chat.postMessage")
    surfaces.arm(kind, "conversations.history", times=2)
    await surfaces.put("k", "once")
    await poster.post_due()
    await after_all_waits(surfaces, poster)
    assert await surfaces.shown() == ["once"]
    assert (await surfaces.row("k")).state == "posted"


async def test_it_is_found_far_back_in_a_busy_thread(surfaces: Surfaces, poster: Poster) -> None:
    """A thread is read oldest first: what was just posted stands on its last page."""
    root = (await surfaces.slack.act("message", user="U0SAMRIVERS", channel=DM, text="root"))["ts"]
    for number in range(230):
        await surfaces.slack.act(
            "message", user="U0SAMRIVERS", channel=DM, text=f"chat {number}", thread_ts=root
        )
    surfaces.arm("lost_response", "chat.postMessage")
    await surfaces.put("k", "once", thread_ts=root)
    await poster.post_due()
    await after_all_waits(surfaces, poster)
    assert len(await shown_anywhere(surfaces, "once")) == 1


async def test_given_up_and_wanted_again_it_is_looked_for(surfaces: Surfaces, poster: Poster) -> None:
    surfaces.arm("lost_response", "chat.postMessage")
    await surfaces.put("k", "once")
    await poster.post_due()
    surfaces.clock.jump(backoff(1))
    surfaces.arm("refused", "chat.update", error="invalid_auth")
    await poster.post_due()
    assert (await surfaces.row("k")).state == "failed"
    await surfaces.put("k", "once, mended")
    await poster.post_due()
    assert await surfaces.shown() == ["once, mended"]


async def test_a_post_that_takes_longer_than_its_lease_stays_ours(
    surfaces: Surfaces,
    database: Database,
    clock: ManualClock,
    client: SlackApi,
) -> None:
    surfaces.slack.box.faults.latency["slack"] = (1.0, 1.0)
    await surfaces.put("k", "once", channel=LEADS)
    posting = asyncio.create_task(Poster(database, clock, client, heartbeat=0.02).post_due())
    await asyncio.sleep(0.3)
    clock.jump(LEASE - timedelta(seconds=1))
    await asyncio.sleep(0.2)
    clock.jump(timedelta(seconds=2))
    assert await Poster(database, clock, client).post_due() == 0
    await posting
    surfaces.slack.box.faults.latency.clear()
    assert await surfaces.shown(LEADS) == ["once"]
