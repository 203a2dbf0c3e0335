"""Mailboxes we send from: connecting, reading positions, and the pace of each."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.campaign import Enrollment, Mailbox
from db.queries.many import among
from db.types import EnrollmentState, MailboxId, MailboxState, MailProvider, WorkspaceId


@dataclass(frozen=True, slots=True)
class MailboxRow:
    id: MailboxId
    provider: MailProvider
    address: str
    display_name: str | None
    reply_to: str | None
    credentials: Mapping[str, Any]  # gmail: refresh_token; smtp: url, imap_url
    state: MailboxState
    error: str | None
    history_id: str | None
    polled_at: datetime | None  # wall time
    daily_cap: int | None
    ramp_started_at: datetime | None
    health: str | None
    next_send_at: datetime | None
    booked_until: datetime | None
    keeps_headers: bool | None
    created_at: datetime

    @property
    def can_be_read(self) -> bool:
        """Whether answers that come into it can be seen."""
        return self.provider is MailProvider.GMAIL or bool(self.credentials.get("imap_url"))


def _row(mailbox: Mailbox) -> MailboxRow:
    return MailboxRow(
        id=MailboxId(mailbox.id),
        provider=MailProvider(mailbox.provider),
        address=mailbox.address,
        display_name=mailbox.display_name,
        reply_to=mailbox.reply_to,
        credentials=mailbox.credentials or {},
        state=MailboxState(mailbox.state),
        error=mailbox.error,
        history_id=mailbox.history_id,
        polled_at=mailbox.polled_at,
        daily_cap=mailbox.daily_cap,
        ramp_started_at=mailbox.ramp_started_at,
        health=mailbox.health,
        next_send_at=mailbox.next_send_at,
        booked_until=mailbox.booked_until,
        keeps_headers=mailbox.keeps_headers,
        created_at=mailbox.created_at,
    )


async def by_id(session: AsyncSession, workspace_id: WorkspaceId, mailbox_id: UUID) -> MailboxRow | None:
    found = await session.scalar(_of(workspace_id).where(Mailbox.id == mailbox_id))
    return _row(found) if found else None


async def some(
    session: AsyncSession, workspace_id: WorkspaceId, ids: Collection[UUID], *, lock: bool = False
) -> dict[UUID, MailboxRow]:
    """`lock`: held until the transaction ends, so that two claims can't both pass the pace of a mailbox."""
    if not ids:
        return {}
    found = _of(workspace_id).where(among(Mailbox.id, ids)).order_by(Mailbox.id)
    if lock:  # in one order everywhere: two that dispatch can't wait for each other
        found = found.with_for_update(key_share=True)
    rows = await session.scalars(found.execution_options(populate_existing=True))
    return {row.id: _row(row) for row in rows}


async def listing(session: AsyncSession, workspace_id: WorkspaceId) -> list[MailboxRow]:
    return [_row(found) for found in await session.scalars(_of(workspace_id).order_by(Mailbox.created_at))]


def _of(workspace_id: WorkspaceId) -> Select[Mailbox]:
    return select(Mailbox).where(Mailbox.workspace_id == workspace_id)


async def connect(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    provider: MailProvider,
    address: str,
    credentials: Mapping[str, Any],
    display_name: str | None,
    reply_to: str | None,
    now: datetime,
) -> MailboxId:
    """A new mailbox, or an old one with new credentials, active again."""
    fresh = {
        "provider": provider,
        "credentials": dict(credentials),
        "display_name": display_name,
        "reply_to": reply_to,
        "state": MailboxState.ACTIVE,
        "error": None,
        "updated_at": now,
    }
    row = insert(Mailbox).values(
        workspace_id=workspace_id, address=address.lower(), created_at=now, ramp_started_at=now, **fresh
    )
    # A reading position means nothing to another provider.
    again = fresh | {"history_id": case((Mailbox.provider == provider, Mailbox.history_id))}
    made = await session.scalar(
        row.on_conflict_do_update(index_elements=["workspace_id", "address"], set_=again).returning(
            Mailbox.id
        )
    )
    assert made is not None
    return MailboxId(made)


async def disconnect(
    session: AsyncSession, workspace_id: WorkspaceId, mailbox_id: UUID, *, error: str, now: datetime
) -> bool:
    """False: it was disconnected already."""
    gone = await session.scalar(
        update(Mailbox)
        .where(
            Mailbox.workspace_id == workspace_id,
            Mailbox.id == mailbox_id,
            Mailbox.state == MailboxState.ACTIVE,
        )
        .values(state=MailboxState.DISCONNECTED, error=error, updated_at=now)
        .returning(Mailbox.id)
    )
    return gone is not None


async def set_position(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    mailbox_id: UUID,
    *,
    history_id: str | None,
    wall: datetime,
) -> None:
    """Everything up to `history_id` was read, at `wall`."""
    await session.execute(
        update(Mailbox)
        .where(Mailbox.workspace_id == workspace_id, Mailbox.id == mailbox_id)
        .values(history_id=func.coalesce(history_id, Mailbox.history_id), polled_at=wall)
    )


async def set_pace(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    mailbox_id: UUID,
    *,
    next_send_at: datetime | None,
    booked_until: datetime | None,
    now: datetime,
) -> None:
    """When it may send again, and until when its next slots are given away (business time)."""
    await session.execute(
        update(Mailbox)
        .where(Mailbox.workspace_id == workspace_id, Mailbox.id == mailbox_id)
        .values(next_send_at=next_send_at, booked_until=booked_until, updated_at=now)
    )


async def least_busy(session: AsyncSession, workspace_id: WorkspaceId) -> MailboxRow | None:
    """The active mailbox with the fewest running sequences; None without a mailbox."""
    running = (
        select(func.count())
        .where(
            Enrollment.mailbox_id == Mailbox.id,
            Enrollment.state.in_(
                (EnrollmentState.ACTIVE, EnrollmentState.AWAITING_APPROVAL, EnrollmentState.WRITING)
            ),
        )
        .correlate(Mailbox)
        .scalar_subquery()
    )
    found = await session.scalar(
        _of(workspace_id)
        .where(Mailbox.state == MailboxState.ACTIVE)
        .order_by(running, Mailbox.created_at)
        .limit(1)
    )
    return _row(found) if found else None
