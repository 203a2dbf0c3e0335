"""Turns as they are accepted, run under a lease, resumed, and stopped.

A web process runs a turn at once; any other resumes it when the lease has run out. The lease's token fences: a
process that slept and lost it writes nothing more.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Literal, cast
from uuid import UUID, uuid4

import structlog
from redis.exceptions import RedisError
from slack_sdk.errors import SlackApiError

from bot.assistant import context as situation
from bot.assistant.growing import Growing
from bot.assistant.history import items_of, to_row
from bot.assistant.links import CheckedAnswer, KnownAddresses
from bot.assistant.loop import Stopped, replay, run_turn
from bot.assistant.loop import Turn as Round
from bot.assistant.stream import AnswerStream, Place
from bot.homes import Homes
from bot.posting import HOPELESS
from bot.slack import SlackApi, code
from bot.tools.base import Ran, ToolContext, is_on_home, offered
from bot.tools.base import run as run_tool
from bot.views.problem import apology
from db.errors import DatabaseError, LeaseLost, Unreachable
from db.queries import conversation, due, member_context, outbox, workspace
from db.queries.conversation import ClaimedTurn, Conversation, HistoryItem
from db.queries.leases import Lease
from db.session import Tx
from db.types import ConversationId, LeaseToken, TurnId, TurnState, WorkspaceId
from pipeline.clients.llm.base import Item, ToolOutcome, ToolRequest
from pipeline.deps import Deps
from pipeline.errors import Permanent, Transient
from pipeline.logs import get_logger
from pipeline.telemetry import TURNS

log = get_logger(__name__)
LEASE = timedelta(seconds=45)
HEARTBEAT = 15.0
RESUME_EVERY = 2.0
MOST_ATTEMPTS = 4
STOP_CHANNEL = "rm:stop"  # Redis: a turn's id
THINKING = ("Reading the dossier…", "Checking the sources…", "Counting twice…")
SORRY = "The model is not answering just now. Please ask again in a moment; nothing was lost."


class Turns:
    """Runs turns in this process."""

    def __init__(self, deps: Deps, client: SlackApi) -> None:
        self._deps, self._client, self._growing = deps, client, Growing(client, deps.clock)
        self._running: dict[UUID, RunningTurn] = {}
        self._conversations: dict[UUID, asyncio.Task[None]] = {}
        self._closing = False

    def kick(self, workspace_id: WorkspaceId, conversation_id: ConversationId) -> None:
        """Run what waits in this conversation, now, in the background."""
        if self._closing or conversation_id in self._conversations:
            task = self._conversations.get(conversation_id)
            if task is not None:  # something may have been queued while it was ending
                task.add_done_callback(lambda _: self._again(workspace_id, conversation_id))
            return
        task = asyncio.create_task(self._run_conversation(workspace_id, conversation_id))
        self._conversations[conversation_id] = task
        task.add_done_callback(lambda _: self._conversations.pop(conversation_id, None))

    def _again(self, workspace_id: WorkspaceId, conversation_id: ConversationId) -> None:
        if not self._closing and conversation_id not in self._conversations:
            self.kick(workspace_id, conversation_id)

    def stop(self, turn_id: UUID) -> None:
        """The person pressed Stop, here or in another process."""
        if running := self._running.get(turn_id):
            running.stop()

    async def close(self, patience: float = 3.0) -> None:
        """Take nothing new, give running turns `patience` seconds, then let go of their leases."""
        self._closing = True
        tasks = list(self._conversations.values())
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def listen_for_stops(self) -> None:
        """Hear Stop pressed in other processes; a lost Redis is waited out (the row is read anyway)."""
        while True:
            try:
                async with self._deps.redis.pubsub() as pubsub:  # pyright: ignore[reportUnknownMemberType]
                    await pubsub.subscribe(STOP_CHANNEL)  # pyright: ignore[reportUnknownMemberType]
                    async for message in pubsub.listen():  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
                        self._heard(cast(dict[str, Any], message))
            except (RedisError, OSError):
                await asyncio.sleep(1)

    def _heard(self, message: dict[str, Any]) -> None:
        if message.get("type") == "message":
            with suppress(ValueError):
                data = message["data"]
                self.stop(UUID(data.decode() if isinstance(data, bytes) else str(data)))

    async def _run_conversation(self, workspace_id: WorkspaceId, conversation_id: ConversationId) -> None:
        while not self._closing:
            turn = await self._claim(workspace_id, conversation_id)
            if turn is None:
                return
            running = RunningTurn(self._deps, self._client, self._growing, workspace_id, turn)
            self._running[turn.id] = running
            try:
                if turn.attempts > MOST_ATTEMPTS:  # processes died over it
                    await running.give_up()
                    continue
                with structlog.contextvars.bound_contextvars(
                    turn_id=str(turn.id), workspace_id=str(workspace_id)
                ):
                    await running.run()
            except LeaseLost:
                log.info("turn_lease_lost")
            except DatabaseError as error:  # its lease runs out, and it is resumed
                log.warning("turn_interrupted", reason=str(error))
                return
            except Exception:  # the boundary of a turn
                log.exception("turn_broke", attempt=turn.attempts)
                if turn.attempts < MOST_ATTEMPTS:
                    return  # again when the lease has run out
                with suppress(DatabaseError):
                    await running.give_up()
            finally:
                self._running.pop(turn.id, None)

    async def _claim(self, workspace_id: WorkspaceId, conversation_id: ConversationId) -> ClaimedTurn | None:
        wall = self._deps.clock.wall()
        async with self._deps.db.transaction(workspace_id) as tx:
            return await conversation.claim_next_turn(
                tx.session,
                conversation_id,
                Lease(LeaseToken(uuid4()), wall + LEASE),
                wall=wall,
                now=self._deps.clock.now(),
            )

    async def resume(self) -> None:
        """Take over turns whose process is gone."""
        async with self._deps.db.across() as tx:
            waiting = await due.turns(tx.session, self._deps.clock.wall())
        for one in waiting:
            async with self._deps.db.transaction(one.workspace_id) as tx:
                found = await conversation.conversation_of_turn(tx.session, TurnId(one.id))
            if found is not None:
                self.kick(one.workspace_id, found)

    async def run(self) -> None:
        """Resume what is left behind, until cancelled."""
        while True:
            try:
                await self.resume()
            except Unreachable as error:
                log.warning("turns_unreachable", reason=str(error))
            await asyncio.sleep(RESUME_EVERY)


class RunningTurn:
    """One claimed turn."""

    def __init__(
        self, deps: Deps, client: SlackApi, growing: Growing, workspace_id: WorkspaceId, turn: ClaimedTurn
    ) -> None:
        self._deps, self._client, self._turn, self._workspace_id = deps, client, turn, workspace_id
        self._growing = growing
        self._stopped = False
        self._work: asyncio.Task[None] | None = None
        self._posted: list[str] = []

    def stop(self) -> None:
        """Once is enough: the row, the nudge and the button tell of the same wish."""
        if self._stopped:
            return
        self._stopped = True
        if self._work is not None:
            self._work.cancel()

    async def run(self) -> None:
        """Answer, and record how it ended. A broken process leaves the lease to run out."""
        self._work = asyncio.create_task(self._answer())
        beat = asyncio.create_task(self._beat())
        try:
            await self._work
        except asyncio.CancelledError:
            if not self._stopped:  # the process ends: let go, so that another goes on
                self._work.cancel()
                with suppress(DatabaseError):
                    await asyncio.shield(self._release())
                raise
            await self._finish(TurnState.STOPPED)
        finally:
            beat.cancel()

    async def give_up(self) -> None:
        """Say so in the thread, and end the turn."""
        reference, now = uuid4().hex[:8], self._deps.clock.now()
        log.error("turn_given_up", attempt=self._turn.attempts, reference=reference)
        async with self._deps.db.transaction(self._workspace_id) as tx:
            thread = await conversation.get(tx.session, self._turn.conversation_id)
            await outbox.put(
                tx.session,
                self._workspace_id,
                key=f"sorry:{self._turn.id}",
                channel=thread.channel,
                thread_ts=thread.thread_ts,
                payload=apology(reference).payload(),
                now=now,
            )
        await self._finish(TurnState.FAILED, f"given up: {reference}")

    async def _answer(self) -> None:
        thread, team_id, rows = await self._load()
        place = Place(thread.channel, thread.thread_ts, team_id, self._turn.user)
        await self._remove_half_answer(place)
        stream = AnswerStream(
            self._client, place, self._deps.clock, self._note_posted, self._growing, self._still_ours
        )
        try:
            await self._converse(stream, thread, rows)
            await stream.finish()
            await self._finish(TurnState.DONE)
        except (Stopped, asyncio.CancelledError):
            if not self._stopped:
                raise
            await asyncio.shield(self._say_stopped(stream))
            raise asyncio.CancelledError from None
        except (Transient, Permanent) as error:
            log.warning("turn_without_model", reason=str(error))
            await stream.text(SORRY if isinstance(error, Transient) else f"I can't reach the model. {error}")
            await stream.finish()
            await self._finish(TurnState.FAILED, str(error))
        except SlackApiError as error:
            await self._slack_refused(error)
        finally:
            stream.abandon()

    async def _load(self) -> tuple[Conversation, str, Sequence[HistoryItem]]:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            thread = await conversation.get(tx.session, self._turn.conversation_id)
            rows = await conversation.history_of_turn(tx.session, self._turn.id)
            ours = await workspace.get(tx.session, self._workspace_id)
        return thread, ours.team_id, rows

    async def _converse(
        self, stream: AnswerStream, thread: Conversation, rows: Sequence[HistoryItem]
    ) -> None:
        await self._show_thinking(thread)
        told, timezone, known = await self._situation()
        known.learn(items_of(rows))
        answer, mine = CheckedAnswer(stream, known), [row for row in rows if row.turn_id == self._turn.id]
        await replay(answer, items_of(mine))
        if mine and mine[-1].role == "assistant" and "text" in mine[-1].content:
            await answer.end()
            return  # the answer was complete before this process took over

        async def run_and_learn(request: ToolRequest) -> Ran:
            ran = await self._run_tool(request, thread, timezone)
            known.learn([request, ToolOutcome(request.call_id, ran.output)])
            if is_on_home(request.name) and not ran.failed:
                await Homes(self._deps, self._client).refresh(self._workspace_id, self._turn.user)
            return ran

        await run_turn(
            Round(
                llm=self._deps.llm,
                instructions=told,
                tools=offered(),
                answer=answer,
                run_tool=run_and_learn,
                store=self._store,
                is_stopped=lambda: self._stopped,
            ),
            items_of(rows),
        )
        await answer.end()

    async def _situation(self) -> tuple[str, str, KnownAddresses]:
        """What the model is told, the person's time zone, and the addresses that are ours."""
        async with self._deps.db.transaction(self._workspace_id) as tx:
            ours = await workspace.get(tx.session, self._workspace_id)
            person = await workspace.member(tx.session, self._workspace_id, self._turn.user)
            remembered = await member_context.get(tx.session, self._workspace_id, self._turn.user)
        timezone = (person.timezone if person else None) or ours.timezone
        name, now = person.name if person else "", self._deps.clock.now()
        told = situation.instructions(ours, person=name, timezone=timezone, context=remembered, now=now)
        return told, timezone, KnownAddresses(self._deps.settings.public_url, ours.booking_link)

    async def _run_tool(self, request: ToolRequest, thread: Conversation, timezone: str) -> Ran:
        def make_context(tx: Tx) -> ToolContext:
            return ToolContext(
                deps=self._deps,
                tx=tx,
                workspace_id=self._workspace_id,
                user_id=self._turn.user,
                channel_id=thread.channel,
                thread_ts=thread.thread_ts,
                now=self._deps.clock.now(),
                timezone=timezone,
                by_model=True,
            )

        return await run_tool(self._deps, request, self._turn.id, make_context, self._workspace_id)

    async def _store(self, items: Sequence[Item]) -> None:
        now = self._deps.clock.now()
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await conversation.fence_turn(tx.session, self._turn.id, self._turn.token)
            for item in items:
                role, content = to_row(item)
                await conversation.append_message(
                    tx.session,
                    self._workspace_id,
                    self._turn.conversation_id,
                    turn_id=self._turn.id,
                    role=role,
                    content=content,
                    now=now,
                )

    async def _still_ours(self) -> None:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await conversation.fence_turn(tx.session, self._turn.id, self._turn.token)

    async def _note_posted(self, ts: str) -> None:
        self._posted.append(ts)
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await conversation.record_stream(
                tx.session, self._turn.id, self._turn.token, stream_ts=ts, posted_ts=self._posted
            )

    async def _remove_half_answer(self, place: Place) -> None:
        """What an earlier attempt left in Slack goes; the answer is shown anew, whole."""
        for ts in self._turn.posted_ts:
            try:
                await self._client.chat_delete(channel=place.channel, ts=ts)
            except SlackApiError as error:
                log.info("half_answer_not_removed", error=code(error))

    async def _show_thinking(self, thread: Conversation) -> None:
        """A status line until the first words; nobody misses it where Slack refuses it."""
        with suppress(SlackApiError):
            await self._client.assistant_threads_setStatus(
                channel_id=thread.channel,
                thread_ts=thread.thread_ts,
                status="is thinking…",
                loading_messages=list(THINKING),
            )

    async def _say_stopped(self, stream: AnswerStream) -> None:
        with suppress(SlackApiError):
            await stream.stop("\n\n_Stopped._")

    async def _slack_refused(self, error: SlackApiError) -> None:
        """Slack took no answer: again by the lease where that can help, else recorded and given up."""
        name = code(error)
        log.error("turn_not_shown", error=name, attempt=self._turn.attempts)
        if self._turn.attempts >= MOST_ATTEMPTS or name in HOPELESS:
            await self._finish(TurnState.FAILED, name)

    async def _beat(self) -> None:
        """Keep the lease; hear Stop from the row, in case the nudge was lost."""
        while True:
            await asyncio.sleep(HEARTBEAT)
            lease = Lease(self._turn.token, self._deps.clock.wall() + LEASE)
            try:
                async with self._deps.db.transaction(self._workspace_id) as tx:
                    asked_to_stop = await conversation.renew_turn(tx.session, self._turn.id, lease)
            except LeaseLost:
                if self._work is not None:
                    self._work.cancel()
                return
            except Unreachable:
                continue
            if asked_to_stop:
                self.stop()

    async def _finish(
        self, state: Literal[TurnState.DONE, TurnState.STOPPED, TurnState.FAILED], error: str | None = None
    ) -> None:
        now = self._deps.clock.now()
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await conversation.finish_turn(
                tx.session, self._turn.id, self._turn.token, state=state, error=error, now=now
            )
        TURNS.labels(state.value).inc()

    async def _release(self) -> None:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await conversation.release_turn(tx.session, self._turn.id, self._turn.token)
