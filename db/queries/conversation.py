"""Threads, turns and the transcript. Whoever works on a turn holds its lease; every write checks it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.conversation import ConversationMessage, ConversationThread, Turn
from db.queries.leases import Lease, held
from db.types import ConversationId, InboxId, LeaseToken, TurnId, TurnState, WorkspaceId

Role = Literal["user", "assistant", "tool"]
_OPEN = (TurnState.QUEUED, TurnState.RUNNING)


@dataclass(frozen=True, slots=True)
class Conversation:
    id: ConversationId
    channel: str
    thread_ts: str
    user: str  # who began it
    title: str | None
    message_count: int


@dataclass(frozen=True, slots=True)
class ClaimedTurn:
    """A turn that is ours until the lease ends. `attempts` counts this one."""

    id: TurnId
    conversation_id: ConversationId
    inbox_id: InboxId | None
    user: str
    message_ts: str
    attempts: int
    stream_ts: str | None  # the message an earlier attempt streamed into
    posted_ts: tuple[str, ...]
    token: LeaseToken


@dataclass(frozen=True, slots=True)
class HistoryItem:
    turn_id: TurnId | None
    role: Role
    content: Any
    created_at: datetime


async def thread(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    channel: str,
    thread_ts: str,
    user: str,
    now: datetime,
) -> Conversation:
    """The conversation of a Slack thread, begun if it is new. `thread_ts`: the root's ts."""
    fresh = insert(ConversationThread).values(
        workspace_id=workspace_id,
        channel_id=channel,
        thread_id=thread_ts,
        user_id=user,
        created_at=now,
        last_message_at=now,
    )
    stored = await session.scalars(
        fresh.on_conflict_do_update(
            index_elements=[
                ConversationThread.workspace_id,
                ConversationThread.channel_id,
                ConversationThread.thread_id,
            ],
            set_={"last_message_at": func.greatest(ConversationThread.last_message_at, now)},
        )
        .returning(ConversationThread)
        .execution_options(populate_existing=True)
    )
    return _conversation(stored.one())


async def find(
    session: AsyncSession, workspace_id: WorkspaceId, *, channel: str, thread_ts: str
) -> Conversation | None:
    row = await session.scalar(
        select(ConversationThread).where(
            ConversationThread.workspace_id == workspace_id,
            ConversationThread.channel_id == channel,
            ConversationThread.thread_id == thread_ts,
        )
    )
    return None if row is None else _conversation(row)


async def get(session: AsyncSession, conversation_id: ConversationId) -> Conversation:
    """Raises NoResultFound."""
    rows = await session.scalars(select(ConversationThread).where(ConversationThread.id == conversation_id))
    return _conversation(rows.one())


async def set_title(session: AsyncSession, conversation_id: ConversationId, title: str) -> None:
    await session.execute(
        update(ConversationThread).where(ConversationThread.id == conversation_id).values(title=title)
    )


async def add_turn(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    conversation_id: ConversationId,
    *,
    inbox_id: InboxId,
    user: str,
    message_ts: str,
    now: datetime,
) -> TurnId:
    """Queue a turn for a delivery; the same delivery always gives the same turn."""
    made = await session.scalar(
        insert(Turn)
        .values(
            workspace_id=workspace_id,
            conversation_id=conversation_id,
            inbox_id=inbox_id,
            user_id=user,
            message_ts=message_ts,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[Turn.inbox_id])
        .returning(Turn.id)
    )
    if made is None:
        made = (await session.scalars(select(Turn.id).where(Turn.inbox_id == inbox_id))).one()
    return TurnId(made)


async def claim_next_turn(
    session: AsyncSession, conversation_id: ConversationId, lease: Lease, *, wall: datetime, now: datetime
) -> ClaimedTurn | None:
    """The conversation's oldest open turn; None if there is none or somebody is at work on it."""
    # The thread's row is the queue's lock: two that ask at once must not take two turns.
    await session.execute(
        select(ConversationThread.id)
        .where(ConversationThread.id == conversation_id)
        .with_for_update(key_share=True)
    )
    row = await session.scalar(
        select(Turn)
        .where(Turn.conversation_id == conversation_id, Turn.state.in_(_OPEN))
        .order_by(Turn.seq)
        .limit(1)
        .execution_options(populate_existing=True)
    )
    if row is None or (row.lease_until is not None and row.lease_until > wall):
        return None
    row.state = TurnState.RUNNING
    row.attempts += 1
    row.lease_token, row.lease_until = lease.token, lease.until
    row.started_at = row.started_at or now
    await session.flush()
    return _claimed(row, lease.token)


async def renew_turn(session: AsyncSession, turn_id: TurnId, lease: Lease) -> bool:
    """Keep the turn; was a stop asked for meanwhile? Raises LeaseLost."""
    row = (
        await session.execute(
            update(Turn)
            .where(Turn.id == turn_id, Turn.lease_token == lease.token)
            .values(lease_until=lease.until)
            .returning(Turn.id, Turn.stop_requested_at)
        )
    ).one_or_none()
    held(row, "turn", turn_id)
    return row is not None and row.stop_requested_at is not None


async def fence_turn(session: AsyncSession, turn_id: TurnId, token: LeaseToken) -> None:
    """Raises LeaseLost unless the turn is ours, and keeps it so until this transaction ends."""
    row = await session.scalar(
        select(Turn.id).where(Turn.id == turn_id, Turn.lease_token == token).with_for_update(key_share=True)
    )
    held(row, "turn", turn_id)


async def record_stream(
    session: AsyncSession, turn_id: TurnId, token: LeaseToken, *, stream_ts: str | None, posted_ts: list[str]
) -> None:
    """Which message is streamed into, and all messages of the answer so far. Raises LeaseLost."""
    await _write(session, turn_id, token, stream_ts=stream_ts, posted_ts=posted_ts)


async def finish_turn(
    session: AsyncSession,
    turn_id: TurnId,
    token: LeaseToken,
    *,
    state: Literal[TurnState.DONE, TurnState.STOPPED, TurnState.FAILED],
    now: datetime,
    error: str | None = None,
) -> None:
    """Raises LeaseLost."""
    await _write(
        session,
        turn_id,
        token,
        state=state,
        error=error,
        finished_at=now,
        lease_token=None,
        lease_until=None,
    )


async def release_turn(session: AsyncSession, turn_id: TurnId, token: LeaseToken) -> None:
    """Give it back undone, for another process. Raises LeaseLost."""
    await _write(session, turn_id, token, state=TurnState.QUEUED, lease_token=None, lease_until=None)


async def request_stop(
    session: AsyncSession, conversation_id: ConversationId, *, now: datetime
) -> list[TurnId]:
    """Ask the open turns of a conversation to stop: queued ones end at once; those that run are returned."""
    queued = Turn.state == TurnState.QUEUED
    open_turns = update(Turn).where(Turn.conversation_id == conversation_id)
    await session.execute(
        open_turns.where(queued).values(state=TurnState.STOPPED, stop_requested_at=now, finished_at=now)
    )
    running = await session.scalars(
        open_turns.where(Turn.state == TurnState.RUNNING).values(stop_requested_at=now).returning(Turn.id)
    )
    return [TurnId(row) for row in running]


async def stop_requested(session: AsyncSession, turn_id: TurnId) -> bool:
    asked = await session.scalar(select(Turn.stop_requested_at).where(Turn.id == turn_id))
    return asked is not None


async def conversation_of_turn(session: AsyncSession, turn_id: TurnId) -> ConversationId | None:
    found = await session.scalar(select(Turn.conversation_id).where(Turn.id == turn_id))
    return None if found is None else ConversationId(found)


async def append_message(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    conversation_id: ConversationId,
    *,
    turn_id: TurnId | None,
    role: Role,
    content: Any,
    now: datetime,
) -> None:
    """Add one item to the transcript. `content` is any JSON; it is sealed."""
    await session.execute(
        insert(ConversationMessage).values(
            workspace_id=workspace_id,
            conversation_id=conversation_id,
            turn_id=turn_id,
            role=role,
            content=content,
            created_at=now,
        )
    )
    await session.execute(
        update(ConversationThread)
        .where(ConversationThread.id == conversation_id)
        .values(
            message_count=ConversationThread.message_count + 1,
            last_message_at=func.greatest(ConversationThread.last_message_at, now),
        )
    )


async def history(
    session: AsyncSession, conversation_id: ConversationId, *, limit: int = 100
) -> list[HistoryItem]:
    """The newest `limit` items of the transcript, oldest first."""
    rows = await session.scalars(
        select(ConversationMessage)
        .where(ConversationMessage.conversation_id == conversation_id)
        .order_by(ConversationMessage.seq.desc())
        .limit(limit)
    )
    return [_history_item(row) for row in reversed(rows.all())]


async def history_of_turn(session: AsyncSession, turn_id: TurnId, *, limit: int = 200) -> list[HistoryItem]:
    """The newest `limit` items up to and with this turn, turn by turn: what was asked meanwhile comes later."""
    this = select(Turn.conversation_id, Turn.seq).where(Turn.id == turn_id).subquery()
    rows = await session.scalars(
        select(ConversationMessage)
        .join(Turn, Turn.id == ConversationMessage.turn_id)
        .join(this, this.c.conversation_id == ConversationMessage.conversation_id)
        .where(Turn.seq <= this.c.seq)
        .order_by(Turn.seq.desc(), ConversationMessage.seq.desc())
        .limit(limit)
    )
    return [_history_item(row) for row in reversed(rows.all())]


async def turn_items(session: AsyncSession, turn_id: TurnId) -> list[HistoryItem]:
    """What a turn wrote into the transcript so far, oldest first: where a resumed one goes on."""
    rows = await session.scalars(
        select(ConversationMessage)
        .where(ConversationMessage.turn_id == turn_id)
        .order_by(ConversationMessage.seq)
    )
    return [_history_item(row) for row in rows]


async def _write(session: AsyncSession, turn_id: TurnId, token: LeaseToken, **values: object) -> None:
    row = await session.scalar(
        update(Turn).where(Turn.id == turn_id, Turn.lease_token == token).values(**values).returning(Turn.id)
    )
    held(row, "turn", turn_id)


def _conversation(row: ConversationThread) -> Conversation:
    return Conversation(
        ConversationId(row.id), row.channel_id, row.thread_id, row.user_id, row.title, row.message_count
    )


def _claimed(row: Turn, token: LeaseToken) -> ClaimedTurn:
    return ClaimedTurn(
        id=TurnId(row.id),
        conversation_id=ConversationId(row.conversation_id),
        inbox_id=None if row.inbox_id is None else InboxId(row.inbox_id),
        user=row.user_id,
        message_ts=row.message_ts,
        attempts=row.attempts,
        stream_ts=row.stream_ts,
        posted_ts=tuple(row.posted_ts or ()),
        token=token,
    )


def _history_item(row: ConversationMessage) -> HistoryItem:
    turn_id = None if row.turn_id is None else TurnId(row.turn_id)
    role: Role = row.role  # pyright: ignore[reportAssignmentType]  (a check constraint holds it)
    return HistoryItem(turn_id, role, row.content, row.created_at)
