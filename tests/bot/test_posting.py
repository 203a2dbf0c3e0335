"""The outbox against Slack: each surface once, in order, updated in place, whatever breaks between."""

import asyncio
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

import pytest
from sqlalchemy import delete, select

from bot.elsewhere import OWNER
from bot.posting import BELOW, LEASE, MOST_ATTEMPTS, Poster, backoff
from bot.slack import SlackApi
from bot.views.blocks import Rendered, section
from db.models.workspace import SlackOutbox
from db.queries import due, outbox
from db.queries import workspace as workspaces
from db.queries.leases import Lease
from db.session import Database
from db.types import LeaseToken, WorkspaceId
from local.sandbox.faults import Fault
from local.sandbox.slack.names import BOT_USER_ID
from pipeline.clock import ManualClock
from tests.local.slack_world import World

DM, LEADS = "D0SAMRIVERS", "C0LEADS0001"


class Surfaces:
    """Puts, posts, and reads what Slack shows."""

    def __init__(self, database: Database, workspace: WorkspaceId, clock: ManualClock, slack: World) -> None:
        self.database, self.workspace, self.clock, self.slack = database, workspace, clock, slack

    async def put(self, key: str, text: str, channel: str = DM, **more: Any) -> None:
        shown = Rendered(text, [section(text)]).payload() | more.pop("payload", {})
        async with self.database.transaction(self.workspace) as tx:
            await outbox.put(
                tx.session,
                self.workspace,
                key=key,
                channel=channel,
                payload=shown,
                now=self.clock.now(),
                **more,
            )

    async def shown(self, channel: str = DM, user: str = "U0SAMRIVERS") -> list[str]:
        read = await self.slack.read("messages", user=user, channel=channel)
        return [one["text"] for one in read["messages"] if one.get("bot_id")]

    async def row(self, key: str) -> SlackOutbox:
        async with self.database.transaction(self.workspace) as tx:
            found = await tx.session.scalar(select(SlackOutbox).where(SlackOutbox.key == key))
        assert found is not None
        return found

    async def claim(self) -> Any:
        """As a process that dies right after: the row is taken, nothing else happens."""
        wall = self.clock.wall()
        async with self.database.transaction(self.workspace) as tx:
            return await outbox.claim_next(tx.session, Lease(LeaseToken(uuid4()), wall + LEASE), wall=wall)

    def arm(self, kind: str, match: str, times: int = 1, **options: Any) -> None:
        self.slack.box.faults.arm(Fault("slack", kind, times=times, match=match, options=options))


async def alone(database: Database, workspace: WorkspaceId, clock: ManualClock, slack: World) -> Surfaces:
    """What other tests left waiting is gone."""
    async with database.across() as tx:
        everyone = await due.workspaces(tx.session)
    for one in everyone:
        async with database.transaction(one) as tx:
            await tx.session.execute(delete(SlackOutbox))
    return Surfaces(database, workspace, clock, slack)


@pytest.fixture
async def surfaces(database: Database, workspace: WorkspaceId, clock: ManualClock, slack: World) -> Surfaces:
    return await alone(database, workspace, clock, slack)


@pytest.fixture
def poster(database: Database, clock: ManualClock, client: SlackApi) -> Poster:
    return Poster(database, clock, client)


async def test_surfaces_are_posted_once_and_in_order(surfaces: Surfaces, poster: Poster) -> None:
    for n in range(6):
        await surfaces.put(f"k{n}", f"message {n}")
    await asyncio.gather(poster.post_due(), poster.post_due())
    await poster.post_due()
    assert await surfaces.shown() == [f"message {n}" for n in range(6)]
    assert (await surfaces.row("k3")).state == "posted"


async def test_two_processes_post_each_once(
    surfaces: Surfaces, poster: Poster, database: Database, clock: ManualClock, client: SlackApi
) -> None:
    for n in range(8):
        await surfaces.put(f"k{n}", f"message {n}", channel=DM if n % 2 else LEADS)
    other = Poster(database, clock, client)
    await asyncio.gather(poster.post_due(), other.post_due())
    await poster.post_due()
    assert await surfaces.shown() == [f"message {n}" for n in (1, 3, 5, 7)]
    assert await surfaces.shown(LEADS) == [f"message {n}" for n in (0, 2, 4, 6)]


async def test_a_changed_surface_is_the_same_message(surfaces: Surfaces, poster: Poster) -> None:
    await surfaces.put("k", "before")
    await poster.post_due()
    first = (await surfaces.row("k")).posted_ts
    for text in ("during", "after"):
        await surfaces.put("k", text)
    await poster.post_due()
    assert await surfaces.shown() == ["after"]
    assert (await surfaces.row("k")).posted_ts == first


async def test_a_message_that_somebody_deleted_is_posted_again(
    surfaces: Surfaces, poster: Poster, client: SlackApi
) -> None:
    await surfaces.put("k", "first")
    await poster.post_due()
    row = await surfaces.row("k")
    await client.chat_delete(channel=row.posted_channel or "", ts=row.posted_ts or "")
    await surfaces.put("k", "second")
    await poster.post_due()
    assert await surfaces.shown() == ["second"]


async def test_a_rate_limit_is_waited_out_in_order(surfaces: Surfaces, poster: Poster) -> None:
    surfaces.arm("rate_limited", "chat.postMessage", retry_after=7)
    await surfaces.put("a", "first")
    await surfaces.put("b", "second")
    await poster.post_due()
    assert await surfaces.shown() == []
    surfaces.clock.jump(timedelta(seconds=6))
    await poster.post_due()
    assert await surfaces.shown() == []
    surfaces.clock.jump(timedelta(seconds=2))
    await poster.post_due()
    assert await surfaces.shown() == ["first", "second"]


async def test_rate_limits_never_use_up_the_attempts(surfaces: Surfaces, poster: Poster) -> None:
    surfaces.arm("rate_limited", "chat.postMessage", times=MOST_ATTEMPTS + 3)
    await surfaces.put("k", "patient")
    for _ in range(MOST_ATTEMPTS + 4):
        await poster.post_due()
        surfaces.clock.jump(timedelta(seconds=40))
    assert await surfaces.shown() == ["patient"]


async def test_a_crash_before_the_post_posts_once(surfaces: Surfaces, poster: Poster) -> None:
    await surfaces.put("k", "once")
    assert await surfaces.claim() is not None
    await poster.post_due()
    assert await surfaces.shown() == []  # the dead process's lease still holds
    surfaces.clock.jump(LEASE + timedelta(seconds=1))
    await poster.post_due()
    assert await surfaces.shown() == ["once"]


@pytest.mark.parametrize("channel", [DM, LEADS, "U0SAMRIVERS"])
async def test_a_crash_after_the_post_does_not_post_again(
    surfaces: Surfaces, poster: Poster, channel: str
) -> None:
    await surfaces.put("k", "once", channel=channel)
    item = await surfaces.claim()
    await poster._post(item, {"text": item.payload["text"], "blocks": item.payload["blocks"]})
    surfaces.clock.jump(LEASE + timedelta(seconds=1))
    await poster.post_due()
    assert await surfaces.shown(DM if channel.startswith("U") else channel) == ["once"]
    assert (await surfaces.row("k")).state == "posted"
    await surfaces.put("k", "twice")
    await poster.post_due()
    assert await surfaces.shown(DM if channel.startswith("U") else channel) == ["twice"]


async def test_an_answer_that_got_lost_does_not_post_again(surfaces: Surfaces, poster: Poster) -> None:
    """Slack took the message and the connection broke before it could say so."""
    surfaces.arm("lost_response", "chat.postMessage")
    await surfaces.put("k", "once")
    await poster.post_due()
    assert (await surfaces.row("k")).state == "pending"
    surfaces.clock.jump(backoff(1) + timedelta(seconds=1))
    await poster.post_due()
    assert await surfaces.shown() == ["once"]


async def test_a_server_error_is_tried_again_and_lets_others_pass(surfaces: Surfaces, poster: Poster) -> None:
    surfaces.arm("server_error", "chat.postMessage")
    await surfaces.put("a", "stubborn")
    await surfaces.put("b", "quick")
    await poster.post_due()
    assert await surfaces.shown() == ["quick"]
    surfaces.clock.jump(timedelta(minutes=1))
    await poster.post_due()
    assert await surfaces.shown() == ["quick", "stubborn"]


async def test_what_slack_refuses_for_good_is_given_up_and_said(surfaces: Surfaces, poster: Poster) -> None:
    await surfaces.put("bad", "x", payload={"blocks": [{"type": "no_such_block"}]})
    await surfaces.put("gone", "x", channel="C0NOSUCH")
    await surfaces.put("good", "still here")
    await poster.post_due()
    assert await surfaces.shown() == ["still here"]
    for key in ("bad", "gone"):
        row = await surfaces.row(key)
        assert row.state == "failed" and row.error
    await surfaces.put("bad", "mended")
    await poster.post_due()
    assert await surfaces.shown() == ["still here", "mended"]


async def test_a_surface_without_content_is_given_up(surfaces: Surfaces, poster: Poster) -> None:
    async with surfaces.database.transaction(surfaces.workspace) as tx:
        await outbox.put(
            tx.session, surfaces.workspace, key="odd", channel=DM, payload={}, now=surfaces.clock.now()
        )
    await surfaces.put("good", "still here")
    await poster.post_due()
    assert (await surfaces.row("odd")).state == "failed" and await surfaces.shown() == ["still here"]


async def test_errors_that_never_end_are_bounded(surfaces: Surfaces, poster: Poster) -> None:
    surfaces.arm("server_error", "chat.postMessage", times=-1)
    await surfaces.put("k", "never")
    for _ in range(MOST_ATTEMPTS + 3):
        await poster.post_due()
        surfaces.clock.jump(timedelta(minutes=5))
    row = await surfaces.row("k")
    assert row.state == "failed" and row.attempts <= MOST_ATTEMPTS


async def test_a_private_answer_is_seen_by_its_reader_only(surfaces: Surfaces, poster: Poster) -> None:
    await surfaces.put("k", "for Sam", channel=LEADS, ephemeral_user="U0SAMRIVERS")
    await poster.post_due()
    assert await surfaces.shown(LEADS) == ["for Sam"]
    assert await surfaces.shown(LEADS, user="U0ANACOSTA1") == []


async def test_a_thread_reply_goes_into_its_thread(surfaces: Surfaces, poster: Poster) -> None:
    root = (await surfaces.slack.act("message", user="U0SAMRIVERS", channel=DM, text="root"))["ts"]
    await surfaces.put("k", "reply", thread_ts=root)
    item = await surfaces.claim()
    await poster._post(item, {"text": "reply", "blocks": item.payload["blocks"]})
    surfaces.clock.jump(LEASE + timedelta(seconds=1))
    await poster.post_due()  # found in its thread, not posted again
    read = await surfaces.slack.read("messages", user="U0SAMRIVERS", channel=DM, thread_ts=root)
    assert [one["text"] for one in read["messages"]].count("reply") == 1


@pytest.mark.parametrize("gone", ["1.0", "1700000000.000100"])
async def test_a_reply_whose_thread_is_gone_stands_in_the_channel_once(
    surfaces: Surfaces, poster: Poster, gone: str
) -> None:
    await surfaces.put("k", "reply", thread_ts=gone)
    item = await surfaces.claim()
    await poster._post(item, {"text": "reply", "blocks": item.payload["blocks"]})
    assert await surfaces.shown() == ["reply"]
    surfaces.clock.jump(LEASE + timedelta(seconds=1))
    await poster.post_due()  # found in the channel, not posted again
    assert await surfaces.shown() == ["reply"] and (await surfaces.row("k")).state == "posted"


async def test_workspaces_do_not_wait_for_each_other(surfaces: Surfaces, poster: Poster) -> None:
    assert backoff(1) < backoff(3) <= timedelta(minutes=1)
    assert backoff(50) == backoff(100_000) == timedelta(minutes=1)


async def test_a_channel_that_hangs_holds_up_no_other(
    surfaces: Surfaces, database: Database, clock: ManualClock, client: SlackApi
) -> None:
    """Slack does not answer for one channel; what comes for the others meanwhile is posted all the same."""
    hanging = Hanging(client, LEADS)
    poster = Poster(database, clock, cast(SlackApi, hanging))
    for n in range(3):
        await surfaces.put(f"stuck{n}", f"stuck {n}", channel=LEADS)
    await surfaces.put("k0", "message 0")
    running = asyncio.create_task(poster.run())
    try:
        async with asyncio.timeout(10):
            await hanging.begun.wait()
            for n in range(1, 4):
                await surfaces.put(f"k{n}", f"message {n}")
                poster.nudge()
                while len(await surfaces.shown()) <= n:
                    await asyncio.sleep(0.02)
            assert await surfaces.shown() == [f"message {n}" for n in range(4)]
            assert await surfaces.shown(LEADS) == []
            hanging.answers.set()
            while len(await surfaces.shown(LEADS)) < 3:
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert await surfaces.shown(LEADS) == [f"stuck {n}" for n in range(3)]


class Hanging:
    """Slack, where one channel's posts wait until they may go on."""

    def __init__(self, client: SlackApi, channel: str) -> None:
        self._client, self._channel = client, channel
        self.begun, self.answers = asyncio.Event(), asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def chat_postMessage(self, **given: Any) -> Any:
        if given["channel"] == self._channel:
            self.begun.set()
            await self.answers.wait()
        return await self._client.chat_postMessage(**given)


async def with_people(surfaces: Surfaces) -> None:
    """Sam is an admin, Ana an approver."""
    async with surfaces.database.transaction(surfaces.workspace) as tx:
        for user, is_admin in (("U0SAMRIVERS", True), ("U0ANACOSTA1", False)):
            await workspaces.upsert_member(
                tx.session,
                surfaces.workspace,
                user,
                now=surfaces.clock.now(),
                is_admin=is_admin,
                is_approver=not is_admin,
            )


def leave_channel(surfaces: Surfaces, channel: str) -> None:
    surfaces.slack.box.store.run(
        "DELETE FROM slack_members WHERE channel = ? AND user = ?", channel, BOT_USER_ID
    )


async def test_a_surface_whose_channel_is_closed_to_us_comes_to_a_person_and_says_why_once_a_day(
    surfaces: Surfaces, poster: Poster
) -> None:
    await with_people(surfaces)
    leave_channel(surfaces, LEADS)
    await surfaces.put("a", "an alert", channel=LEADS)
    await surfaces.put("b", "another", channel=LEADS)
    await surfaces.put("c", "Ana's", channel=LEADS, payload={OWNER: "U0ANACOSTA1"})
    await poster.post_due()
    sams, anas = await surfaces.shown(), await surfaces.shown("D0ANACOSTA1", user="U0ANACOSTA1")
    why = [text for text in sams if "could not post" in text]
    assert sorted(set(sams) - set(why)) == ["an alert", "another"] and len(why) == 1
    assert f"#{LEADS}" in why[0] and "/invite @Rainmaker" in why[0]
    assert "Ana's" in anas and len(anas) == 2
    await surfaces.put("a", "an alert, grown", channel=LEADS)
    await poster.post_due()
    assert sorted(await surfaces.shown()) == sorted(["an alert, grown", "another", why[0]])
    surfaces.clock.jump(timedelta(days=1))
    await surfaces.put("d", "tomorrow's", channel=LEADS)
    await poster.post_due()
    assert sum("could not post" in text for text in await surfaces.shown()) == 2


async def test_a_private_answer_where_we_are_no_member_comes_to_its_reader(
    surfaces: Surfaces, poster: Poster
) -> None:
    leave_channel(surfaces, LEADS)
    await surfaces.put("k", "for Ana", channel=LEADS, ephemeral_user="U0ANACOSTA1")
    await poster.post_due()
    assert "for Ana" in await surfaces.shown("D0ANACOSTA1", user="U0ANACOSTA1")


@pytest.mark.parametrize(
    ("method", "error"), [("chat.update", "is_archived"), ("chat.postMessage", "channel_not_found")]
)
async def test_a_card_in_a_channel_that_closes_later_is_shown_anew_to_a_person(
    surfaces: Surfaces, poster: Poster, method: str, error: str
) -> None:
    await with_people(surfaces)
    await surfaces.put("root", "an answer came", channel=LEADS)
    await poster.post_due()
    surfaces.arm("refused", method, error=error)
    changed = "root" if method == "chat.update" else "below"
    await surfaces.put(changed, "an answer came, and more", channel=LEADS, payload={BELOW: "root"})
    await poster.post_due()
    assert "an answer came, and more" in await surfaces.shown()
    assert (await surfaces.row(changed)).state == "posted"
