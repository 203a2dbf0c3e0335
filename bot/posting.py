"""The Slack outbox: makes Slack show what the rows say, once each, in order within a channel, at its pace.

A post that Slack may have taken before we crashed is looked for by its metadata before it is sent again.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.elsewhere import WHY, redirect
from bot.pictures import Pictures
from bot.posted import THREAD_GONE, Posted, find_posted, mark_of
from bot.slack import SlackApi, code, dig, is_rate_limit, retry_after
from bot.views.blocks import plainly
from db.errors import LeaseLost, Unreachable
from db.queries import due, outbox
from db.queries.leases import Lease
from db.queries.outbox import OutboxItem
from db.session import Database
from db.types import LeaseToken, OutboxState, WorkspaceId
from pipeline.clock import Clock
from pipeline.logs import get_logger
from pipeline.telemetry import SURFACES

log = get_logger(__name__)
LEASE = timedelta(seconds=30)
HEARTBEAT = 10.0  # a call to Slack may take longer than the lease
PAUSE = 0.26  # seconds between posts to one channel: Slack takes one a second, and short bursts (or says 429)
ABREAST = 4  # channels of a workspace that are posted to at the same time: one that hangs holds up no other
POLL = 0.25  # seconds between looks for what other processes wrote
MOST_ATTEMPTS = 8
BELOW = "below"  # in a payload: the key of the surface whose thread it belongs into
ROOT_AGAIN = timedelta(seconds=1)  # until the next look for the place of a surface that belongs below another
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
REFUSED_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "invalid_attachments"})
HOPELESS = frozenset({
    "channel_not_found", "not_in_channel", "is_archived", "invalid_blocks", "invalid_auth", "account_inactive",
    "user_not_found", "msg_too_long", "no_text", "missing_scope", "restricted_action", "token_revoked",
    "cannot_dm_bot", "user_not_in_channel", "invalid_blocks_format", "invalid_arguments",
})  # fmt: skip


class RootNotPosted(Exception):
    """The surface it belongs below is on its way, and its place not known yet."""


class Poster:
    """Posts what is due, in any workspace. Several processes may run one each."""

    def __init__(self, db: Database, clock: Clock, client: SlackApi, heartbeat: float = HEARTBEAT) -> None:
        self._db, self._clock, self._client, self._heartbeat = db, clock, client, heartbeat
        self._pictures = Pictures(client)
        self._nudge = asyncio.Event()
        self._drains: dict[WorkspaceId, set[asyncio.Task[int]]] = {}
        self._paced: dict[str, float] = {}

    def nudge(self) -> None:
        """Something was written in this process: look now."""
        self._nudge.set()

    async def run(self) -> None:
        """Until cancelled. A database that is away is waited for."""
        try:
            while True:
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._nudge.wait(), POLL)
                self._nudge.clear()
                try:
                    await self.begin_due()
                except Unreachable as error:
                    log.warning("outbox_unreachable", reason=str(error))
                    await asyncio.sleep(1)
        finally:
            await self.close()

    async def close(self) -> None:
        """What was begun is cut off; its leases run out."""
        running = [task for tasks in self._drains.values() for task in tasks]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def begin_due(self) -> None:
        """Set to work on what is due now, beside what is under way."""
        async with self._db.across() as tx:
            waiting = Counter(one.workspace_id for one in await due.outbox(tx.session, self._clock.wall()))
        for workspace_id, count in waiting.items():
            room = ABREAST - len(self._drains.get(workspace_id, ()))
            for _ in range(min(count, room)):
                self._begin(workspace_id)

    def _begin(self, workspace_id: WorkspaceId) -> None:
        task = asyncio.create_task(self._drain(workspace_id))
        tasks = self._drains.setdefault(workspace_id, set())
        tasks.add(task)

        def end(ended: asyncio.Task[int]) -> None:
            tasks.discard(ended)
            if not tasks and self._drains.get(workspace_id) is tasks:
                del self._drains[workspace_id]
            error = None if ended.cancelled() else ended.exception()
            if error is not None:
                log.warning("outbox_not_drained", exc_info=error)

        task.add_done_callback(end)

    async def post_due(self) -> int:
        """Post everything that is due now, and wait for it and for what is under way; how many were dealt with."""
        await self.begin_due()
        return sum(await asyncio.gather(*(task for tasks in self._drains.values() for task in tasks)))

    async def _drain(self, workspace_id: WorkspaceId) -> int:
        """One surface after another; of those that run abreast, each has another channel (`claim_next`)."""
        count = 0
        while (claimed := await self._claim(workspace_id)) is not None:
            item, token = claimed
            count += 1
            beat = asyncio.create_task(self._beat(workspace_id, item, token))
            try:
                await self._make_true(workspace_id, item, token)
            except LeaseLost:
                log.info("surface_lease_lost", key=item.key)
            except RootNotPosted:
                await self._after_its_root(workspace_id, item, token)
            except (KeyError, TypeError, ValueError):  # its content is broken; the channel goes on without it
                log.exception("surface_broke", key=item.key)
                async with self._db.transaction(workspace_id) as tx:
                    await outbox.fail(tx.session, item.id, token, error="broken", now=self._clock.now())
            finally:
                beat.cancel()
        return count

    async def _beat(self, workspace_id: WorkspaceId, item: OutboxItem, token: LeaseToken) -> None:
        """Nobody else posts what is on its way to a slow Slack."""
        with suppress(LeaseLost):
            while True:
                await asyncio.sleep(self._heartbeat)
                with suppress(Unreachable):
                    async with self._db.transaction(workspace_id) as tx:
                        await outbox.renew(tx.session, item.id, Lease(token, self._clock.wall() + LEASE))

    async def _claim(self, workspace_id: WorkspaceId) -> tuple[OutboxItem, LeaseToken] | None:
        token, wall = LeaseToken(uuid4()), self._clock.wall()
        async with self._db.transaction(workspace_id) as tx:
            item = await outbox.claim_next(tx.session, Lease(token, wall + LEASE), wall=wall)
        return (item, token) if item is not None else None

    async def _make_true(self, workspace_id: WorkspaceId, item: OutboxItem, token: LeaseToken) -> None:
        if not isinstance(dig(item.payload, "blocks"), list) or not dig(item.payload, "text"):
            log.error("surface_without_content", key=item.key)
            async with self._db.transaction(workspace_id) as tx:
                await outbox.fail(tx.session, item.id, token, error="no_text", now=self._clock.now())
            return
        item = await self._placed(workspace_id, item)
        try:
            posted = await self._show_as_can(item)
        except SlackApiError as error:
            await self._refused(workspace_id, item, token, error)
            return
        except (TimeoutError, SlackClientError, aiohttp.ClientError, OSError) as error:
            await self._later(workspace_id, item, token, type(error).__name__)
            return
        async with self._db.transaction(workspace_id) as tx:
            await outbox.mark_posted(
                tx.session,
                item.id,
                token,
                channel=posted.channel,
                ts=posted.ts,
                version=item.version,
                now=self._clock.now(),
            )
        SURFACES.labels("updated" if item.posted_ts else "posted").inc()

    async def _placed(self, workspace_id: WorkspaceId, item: OutboxItem) -> OutboxItem:
        """In the thread of the surface it belongs below, whose place was not known when it was written.

        Every attempt goes to the same place, or the message an earlier one left would not be found.
        """
        above = dig(item.payload, BELOW)
        if not above or above == item.key or item.thread_ts or item.posted_ts:
            return item
        async with self._db.transaction(workspace_id) as tx:
            root = await outbox.by_key(tx.session, str(above))
        if root is None or root.state is OutboxState.FAILED:
            return item
        if not root.posted_ts or not root.posted_channel:
            raise RootNotPosted
        if item.channel.startswith(("U", "W")) and not root.posted_channel.startswith("D"):
            return item  # it was redirected to a person, away from that channel
        return replace(item, channel=root.posted_channel, thread_ts=root.posted_ts)

    async def _show_as_can(self, item: OutboxItem) -> Posted:
        """A Slack that refuses the newer blocks is shown the same with older ones."""
        blocks = await self._pictures.into(item.payload["blocks"], item.channel)
        try:
            return await self._show(item, blocks)
        except SlackApiError as error:
            older = plainly(blocks)
            if code(error) not in REFUSED_BLOCKS or older == blocks:
                raise
            log.warning("blocks_shown_plainly", key=item.key, error=str(error)[:300])
            return await self._show(item, older)

    async def _show(self, item: OutboxItem, blocks: list[dict[str, Any]]) -> Posted:
        await self._pace(item.channel)
        body: dict[str, Any] = {"text": item.payload["text"], "blocks": blocks}
        if item.ephemeral_user:
            reply = await self._client.chat_postEphemeral(
                channel=item.channel, user=item.ephemeral_user, thread_ts=item.thread_ts, **body
            )
            return Posted(item.channel, str(reply.get("message_ts") or "") or None)
        if item.posted_ts and item.posted_channel:
            try:
                await self._client.chat_update(channel=item.posted_channel, ts=item.posted_ts, **body)
                return Posted(item.posted_channel, item.posted_ts)
            except SlackApiError as error:
                if code(error) not in GONE:
                    raise
                log.info("surface_was_deleted", key=item.key)
        elif item.attempts > 1 and (found := await find_posted(self._client, item)):
            await self._client.chat_update(channel=found.channel or "", ts=found.ts or "", **body)
            return found
        return await self._post(item, body)

    async def _post(self, item: OutboxItem, body: dict[str, Any]) -> Posted:
        """In its thread; in the channel itself where somebody deleted what the thread hung on."""
        more: dict[str, Any] = {
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": mark_of(item),
            **body,
        }
        try:
            reply = await self._client.chat_postMessage(
                channel=item.channel, thread_ts=item.thread_ts, **more
            )
        except SlackApiError as error:
            if not item.thread_ts or code(error) not in THREAD_GONE:
                raise
            log.info("surface_without_its_thread", key=item.key, error=code(error))
            reply = await self._client.chat_postMessage(channel=item.channel, **more)
        return Posted(str(reply["channel"]), str(reply["ts"]))

    async def _pace(self, channel: str) -> None:
        now = asyncio.get_running_loop().time()  # it is waited for in real time, whatever the clock says
        at = max(now, self._paced.get(channel, now - PAUSE) + PAUSE)
        self._paced[channel] = at
        if at > now:
            await asyncio.sleep(at - now)

    async def _refused(
        self, workspace_id: WorkspaceId, item: OutboxItem, token: LeaseToken, error: SlackApiError
    ) -> None:
        name = code(error)
        if is_rate_limit(error):
            wait = retry_after(error)
            log.info("slack_rate_limited", seconds=wait.total_seconds())
            SURFACES.labels("rate_limited").inc()
            async with self._db.transaction(workspace_id) as tx:
                await outbox.reschedule(tx.session, item.id, token, not_before=self._clock.wall() + wait)
        elif name in WHY and await self._redirected(workspace_id, item, token, name):
            log.warning("surface_redirected", key=item.key, error=name)
        elif name in HOPELESS or item.attempts >= MOST_ATTEMPTS:
            log.error("surface_failed", key=item.key, error=name, details=str(error)[:500])
            SURFACES.labels("failed").inc()
            async with self._db.transaction(workspace_id) as tx:
                await outbox.fail(tx.session, item.id, token, error=name, now=self._clock.now())
        else:
            await self._later(workspace_id, item, token, name)

    async def _redirected(
        self, workspace_id: WorkspaceId, item: OutboxItem, token: LeaseToken, error: str
    ) -> bool:
        async with self._db.transaction(workspace_id) as tx:
            return await redirect(tx, item, token, error, now=self._clock.now())

    async def _after_its_root(self, workspace_id: WorkspaceId, item: OutboxItem, token: LeaseToken) -> None:
        until = self._clock.wall() + ROOT_AGAIN
        async with self._db.transaction(workspace_id) as tx:
            await outbox.let_pass(tx.session, item.id, token, not_before=until, reason="waits for its root")

    async def _later(
        self, workspace_id: WorkspaceId, item: OutboxItem, token: LeaseToken, reason: str
    ) -> None:
        log.warning("surface_postponed", key=item.key, reason=reason, attempt=item.attempts)
        async with self._db.transaction(workspace_id) as tx:
            await outbox.reschedule(
                tx.session,
                item.id,
                token,
                not_before=self._clock.wall() + backoff(item.attempts),
                error=reason,
            )


def backoff(attempts: int) -> timedelta:
    return timedelta(seconds=min(60.0, 0.5 * 2 ** min(attempts, 10)))
