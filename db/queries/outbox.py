"""What Slack is to show: one row a surface. Writers put, the poster makes Slack match."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, and_, case, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.models.workspace import SlackOutbox
from db.queries.leases import Lease, held, is_free
from db.types import LeaseToken, OutboxId, OutboxState, WorkspaceId

_OPEN = (OutboxState.PENDING, OutboxState.POSTING)


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A surface. `posted_ts` is None until its first post; later versions update that message."""

    id: OutboxId
    key: str
    channel: str
    thread_ts: str | None
    ephemeral_user: str | None
    payload: Any
    version: int
    posted_version: int
    posted_channel: str | None
    posted_ts: str | None
    state: OutboxState
    attempts: int


_outbox = cast("Table", SlackOutbox.__table__)
_fresh = insert(_outbox)
_failed = _outbox.c.state == OutboxState.FAILED.value
# Built once: building it costs more than sending it, and each step of a research run puts.
_PUT = _fresh.on_conflict_do_update(
    index_elements=["workspace_id", "key"],
    set_={
        "payload": _fresh.excluded.payload,
        "version": _outbox.c.version + 1,
        # One that is being posted stays so: the poster sees the higher version when it is done.
        "state": case(
            (_outbox.c.state == OutboxState.POSTING.value, OutboxState.POSTING.value),
            else_=OutboxState.PENDING.value,
        ),
        # Not the first attempt: an earlier one may have left a message that has to be looked for.
        "attempts": case((_failed, 1), else_=_outbox.c.attempts),
        "not_before": case((_failed, None), else_=_outbox.c.not_before),
        "error": case((_failed, None), else_=_outbox.c.error),
        "updated_at": _fresh.excluded.updated_at,
    },
).returning(_outbox.c.id)


async def put(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    key: str,
    channel: str,
    payload: Any,
    now: datetime,
    thread_ts: str | None = None,
    ephemeral_user: str | None = None,
) -> OutboxId:
    """Say what the surface `key` shows from now on: posted if it is new, else updated in place.

    Where it is (channel, thread) is decided by the first put.
    """
    row = {
        "workspace_id": workspace_id,
        "key": key,
        "channel_id": channel,
        "thread_ts": thread_ts,
        "ephemeral_user": ephemeral_user,
        "payload": payload,
        "created_at": now,
        "updated_at": now,
    }
    made = await session.scalar(_PUT, row)
    assert made is not None  # an upsert always returns its row
    return OutboxId(made)


async def claim_next(session: AsyncSession, lease: Lease, *, wall: datetime) -> OutboxItem | None:
    """The workspace's oldest surface that may be posted now; None if there is none.

    A channel's older open surface blocks its newer ones, also while it waits for a rate limit; only one
    that waits after an error lets them pass.
    """
    older = aliased(SlackOutbox)
    waits_after_error = and_(
        older.state == OutboxState.PENDING, older.error.is_not(None), older.not_before > wall
    )
    blocked = (
        select(older.id)
        .where(
            older.workspace_id == SlackOutbox.workspace_id,
            older.channel_id == SlackOutbox.channel_id,
            older.seq < SlackOutbox.seq,
            older.state.in_(_OPEN),
            ~waits_after_error,
        )
        .exists()
    )
    candidate = (
        select(SlackOutbox.id)
        .where(
            SlackOutbox.state.in_(_OPEN),
            is_free(SlackOutbox.lease_until, wall),
            is_free(SlackOutbox.not_before, wall),
            ~blocked,
        )
        .order_by(SlackOutbox.seq)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = await session.scalar(
        update(SlackOutbox)
        .where(SlackOutbox.id == candidate.scalar_subquery())
        .values(
            state=OutboxState.POSTING,
            attempts=SlackOutbox.attempts + 1,
            lease_token=lease.token,
            lease_until=lease.until,
        )
        .returning(SlackOutbox)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return None if row is None else _item(row)


async def mark_posted(
    session: AsyncSession,
    outbox_id: OutboxId,
    token: LeaseToken,
    *,
    channel: str | None,
    ts: str | None,
    version: int,
    now: datetime,
) -> bool:
    """Slack shows `version` now, at (`channel`, `ts`). True if it was changed meanwhile and is due again.

    Raises LeaseLost.
    """
    behind = SlackOutbox.version > version
    row = await session.scalar(
        update(SlackOutbox)
        .where(SlackOutbox.id == outbox_id, SlackOutbox.lease_token == token)
        .values(
            state=case((behind, OutboxState.PENDING), else_=OutboxState.POSTED),
            posted_version=version,
            posted_channel=channel,
            posted_ts=ts,
            attempts=0,
            error=None,
            not_before=None,
            lease_token=None,
            lease_until=None,
            updated_at=now,
        )
        .returning(SlackOutbox.state)
    )
    held(row, "surface", outbox_id)
    return row == OutboxState.PENDING


async def renew(session: AsyncSession, outbox_id: OutboxId, lease: Lease) -> None:
    """Raises LeaseLost."""
    await _write(session, outbox_id, lease.token, lease_until=lease.until)


async def reschedule(
    session: AsyncSession,
    outbox_id: OutboxId,
    token: LeaseToken,
    *,
    not_before: datetime,
    error: str | None = None,
) -> None:
    """Not before that moment of real time. With an error its channel goes on without it; without one
    (a rate limit) the channel keeps its order and it was no attempt. Raises LeaseLost."""
    await _write(
        session,
        outbox_id,
        token,
        state=OutboxState.PENDING,
        attempts=SlackOutbox.attempts if error else SlackOutbox.attempts - 1,
        not_before=not_before,
        error=error,
        lease_token=None,
        lease_until=None,
    )


async def let_pass(
    session: AsyncSession, outbox_id: OutboxId, token: LeaseToken, *, not_before: datetime, reason: str
) -> None:
    """Its time has not come: its channel goes on without it, and it was no attempt. Raises LeaseLost."""
    await _write(
        session,
        outbox_id,
        token,
        state=OutboxState.PENDING,
        attempts=SlackOutbox.attempts - 1,
        not_before=not_before,
        error=reason,
        lease_token=None,
        lease_until=None,
    )


async def fail(
    session: AsyncSession, outbox_id: OutboxId, token: LeaseToken, *, error: str, now: datetime
) -> None:
    """Not to be tried again, unless somebody puts it anew. Raises LeaseLost."""
    await _write(
        session,
        outbox_id,
        token,
        state=OutboxState.FAILED,
        error=error,
        updated_at=now,
        lease_token=None,
        lease_until=None,
    )


async def redirect(
    session: AsyncSession, outbox_id: OutboxId, token: LeaseToken, *, channel: str, now: datetime
) -> None:
    """Show it elsewhere from now on, as a message of its own: where it was cannot be posted to. Raises LeaseLost."""
    await _write(
        session,
        outbox_id,
        token,
        channel_id=channel,
        thread_ts=None,
        ephemeral_user=None,
        posted_channel=None,
        posted_ts=None,
        state=OutboxState.PENDING,
        attempts=0,
        not_before=None,
        error=None,
        updated_at=now,
        lease_token=None,
        lease_until=None,
    )


async def by_posted(session: AsyncSession, *, channel: str, ts: str, lock: bool = False) -> OutboxItem | None:
    """The surface that a message in Slack is. `lock`: held until the transaction ends."""
    found = select(SlackOutbox).where(SlackOutbox.posted_channel == channel, SlackOutbox.posted_ts == ts)
    if lock:
        found = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    row = await session.scalar(found)
    return None if row is None else _item(row)


async def by_key(session: AsyncSession, key: str) -> OutboxItem | None:
    row = await session.scalar(select(SlackOutbox).where(SlackOutbox.key == key))
    return None if row is None else _item(row)


async def by_keys(session: AsyncSession, workspace_id: WorkspaceId, keys: Sequence[str]) -> list[OutboxItem]:
    """Those of the surfaces that are there."""
    rows = await session.scalars(
        select(SlackOutbox)
        .where(SlackOutbox.workspace_id == workspace_id, SlackOutbox.key.in_(keys))
        .execution_options(populate_existing=True)
    )
    return [_item(row) for row in rows]


async def set_aside(
    session: AsyncSession, workspace_id: WorkspaceId, *, key: str, as_key: str, payload: Any, now: datetime
) -> bool:
    """What was posted under `key` shows `payload` from now on, as `as_key`: the next put of `key` posts anew.
    False: nothing was posted under it."""
    moved = await session.scalar(
        update(SlackOutbox)
        .where(
            SlackOutbox.workspace_id == workspace_id,
            SlackOutbox.key == key,
            SlackOutbox.posted_ts.is_not(None),
        )
        .values(
            key=as_key,
            payload=payload,
            version=SlackOutbox.version + 1,
            state=case(
                (SlackOutbox.state == OutboxState.POSTING, OutboxState.POSTING), else_=OutboxState.PENDING
            ),
            updated_at=now,
        )
        .returning(SlackOutbox.id)
    )
    return moved is not None


async def prune(session: AsyncSession, *, untouched_since: datetime, limit: int = 5000) -> int:
    """Forget surfaces that are posted or given up and old; how many were forgotten."""
    old = (
        select(SlackOutbox.id)
        .where(SlackOutbox.updated_at < untouched_since, SlackOutbox.state.not_in(_OPEN))
        .limit(limit)
    )
    gone = await session.scalars(
        delete(SlackOutbox).where(SlackOutbox.id.in_(old.scalar_subquery())).returning(SlackOutbox.id)
    )
    return len(gone.all())


async def _write(session: AsyncSession, outbox_id: OutboxId, token: LeaseToken, **values: object) -> None:
    row = await session.scalar(
        update(SlackOutbox)
        .where(SlackOutbox.id == outbox_id, SlackOutbox.lease_token == token)
        .values(**values)
        .returning(SlackOutbox.id)
    )
    held(row, "surface", outbox_id)


def _item(row: SlackOutbox) -> OutboxItem:
    return OutboxItem(
        id=OutboxId(row.id),
        key=row.key,
        channel=row.channel_id,
        thread_ts=row.thread_ts,
        ephemeral_user=row.ephemeral_user,
        payload=row.payload,
        version=row.version,
        posted_version=row.posted_version,
        posted_channel=row.posted_channel,
        posted_ts=row.posted_ts,
        state=OutboxState(row.state),
        attempts=row.attempts,
    )
