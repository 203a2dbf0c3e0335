"""Emails: drafts, their approval states, what was sent and what happened to each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.email import EmailCampaign, EmailEvent
from db.queries.many import among, as_rows, insert_many
from db.types import EmailId, EmailKind, EmailState, LeadId, WorkspaceId

OPEN = (EmailState.CLAIMED, EmailState.CREATED)
CHANGEABLE = (EmailState.DRAFT, EmailState.PENDING, EmailState.APPROVED, EmailState.SCHEDULED)


async def get(session: AsyncSession, workspace_id: WorkspaceId, email_id: UUID) -> EmailCampaign | None:
    """The row as it stands in the database now."""
    return await session.scalar(
        select(EmailCampaign)
        .where(EmailCampaign.workspace_id == workspace_id, EmailCampaign.id == email_id)
        .execution_options(populate_existing=True)
    )


async def locked(
    session: AsyncSession, workspace_id: WorkspaceId, email_id: UUID, *, skip: bool = False
) -> EmailCampaign | None:
    """The same, held until the transaction ends. `skip`: None when somebody else holds it."""
    return await session.scalar(
        select(EmailCampaign)
        .where(EmailCampaign.workspace_id == workspace_id, EmailCampaign.id == email_id)
        .with_for_update(skip_locked=skip, key_share=True)
        .execution_options(populate_existing=True)
    )


async def locked_due(
    session: AsyncSession, workspace_id: WorkspaceId, ids: Collection[UUID], *, now: datetime
) -> list[EmailCampaign]:
    """Those that are due and that nobody else holds, in the order of their turns, held until the transaction ends."""
    return list(
        await session.scalars(
            select(EmailCampaign)
            .where(
                EmailCampaign.workspace_id == workspace_id,
                EmailCampaign.id.in_(ids),
                EmailCampaign.state == EmailState.SCHEDULED,
                EmailCampaign.scheduled_for <= now,
            )
            .order_by(EmailCampaign.scheduled_for, EmailCampaign.lead_id, EmailCampaign.id)
            .with_for_update(skip_locked=True, key_share=True)
            .execution_options(populate_existing=True)
        )
    )


async def scheduled(session: AsyncSession, workspace_id: WorkspaceId, *, limit: int) -> list[EmailCampaign]:
    """The sequences' emails that have a slot, the next ones first."""
    return list(
        await session.scalars(
            select(EmailCampaign)
            .where(
                EmailCampaign.workspace_id == workspace_id,
                EmailCampaign.state == EmailState.SCHEDULED,
                EmailCampaign.kind == EmailKind.SEQUENCE,
            )
            .order_by(EmailCampaign.scheduled_for, EmailCampaign.lead_id, EmailCampaign.id)
            .limit(limit)
        )
    )


async def of_enrollment(
    session: AsyncSession, workspace_id: WorkspaceId, enrollment_id: UUID
) -> list[EmailCampaign]:
    """The sequence, in order."""
    return list(
        await session.scalars(
            select(EmailCampaign)
            .where(
                EmailCampaign.workspace_id == workspace_id,
                EmailCampaign.enrollment_id == enrollment_id,
                EmailCampaign.kind == EmailKind.SEQUENCE,
            )
            .order_by(EmailCampaign.email_sequence)
            .execution_options(populate_existing=True)
        )
    )


async def of_approval(
    session: AsyncSession, workspace_id: WorkspaceId, approval_id: UUID
) -> list[EmailCampaign]:
    """The emails an approval covers, in order."""
    return list(
        await session.scalars(
            select(EmailCampaign)
            .where(EmailCampaign.workspace_id == workspace_id, EmailCampaign.approval_id == approval_id)
            .order_by(EmailCampaign.email_sequence, EmailCampaign.created_at)
            .execution_options(populate_existing=True)
        )
    )


async def answer_to(session: AsyncSession, workspace_id: WorkspaceId, reply_id: UUID) -> EmailCampaign | None:
    """The newest answer drafted for a reply."""
    return await session.scalar(
        select(EmailCampaign)
        .where(
            EmailCampaign.workspace_id == workspace_id,
            EmailCampaign.reply_id == reply_id,
            EmailCampaign.kind == EmailKind.ANSWER,
        )
        .order_by(EmailCampaign.created_at.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


async def put_draft(
    session: AsyncSession, workspace_id: WorkspaceId, values: Mapping[str, Any], *, now: datetime
) -> EmailId:
    """Store a step of a sequence: a new row, or new content for a draft that is still at rest."""
    row = insert(EmailCampaign).values(workspace_id=workspace_id, created_at=now, updated_at=now, **values)
    fresh = {
        name: row.excluded[name] for name in values if name not in ("enrollment_id", "email_sequence", "kind")
    }
    made = await session.scalar(
        row.on_conflict_do_update(
            index_elements=["enrollment_id", "email_sequence"],
            index_where=EmailCampaign.kind == "sequence",
            set_={**fresh, "updated_at": now},
            where=EmailCampaign.state.in_(CHANGEABLE),
        ).returning(EmailCampaign.id)
    )
    if made is None:
        raise LookupError("the email has left already")
    return EmailId(made)


async def add(
    session: AsyncSession, workspace_id: WorkspaceId, values: Mapping[str, Any], *, now: datetime
) -> EmailId:
    """A row of its own: an answer or a test."""
    email = EmailCampaign(workspace_id=workspace_id, created_at=now, updated_at=now, **values)
    session.add(email)
    await session.flush()
    return EmailId(email.id)


async def change(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    email_id: UUID,
    values: Mapping[str, Any],
    *,
    among: Collection[EmailState],
    now: datetime,
) -> bool:
    """Set columns if the email is in one of those states. False: it is not."""
    changed = await session.scalar(
        update(EmailCampaign)
        .where(
            EmailCampaign.workspace_id == workspace_id,
            EmailCampaign.id == email_id,
            EmailCampaign.state.in_(list(among)),
        )
        .values(**values, updated_at=now)
        .returning(EmailCampaign.id)
    )
    return changed is not None


# --- what was sent, and what happened ----------------------------------------------------------------


async def left_drafts(session: AsyncSession, workspace_id: WorkspaceId, *, limit: int) -> list[EmailCampaign]:
    """Cancelled emails whose draft still lies in the mailbox, as far as we know."""
    rows = await session.scalars(
        select(EmailCampaign)
        .where(
            EmailCampaign.workspace_id == workspace_id,
            EmailCampaign.state == EmailState.CANCELLED,
            EmailCampaign.draft_id.is_not(None),
        )
        .order_by(EmailCampaign.updated_at)
        .limit(limit)
    )
    return list(rows)


@dataclass(frozen=True, slots=True)
class SentId:
    """By what a provider and other mail know an email that left."""

    id: UUID
    enrollment_id: UUID
    message_id: str | None
    provider_message_id: str | None
    thread_id: str | None


async def thread_ids(
    session: AsyncSession, workspace_id: WorkspaceId, enrollment_ids: Collection[UUID]
) -> list[SentId]:
    """What was sent in enrollments so far, oldest first: what a follow-up refers to."""
    found = await session.execute(
        select(
            EmailCampaign.id,
            EmailCampaign.enrollment_id,
            EmailCampaign.message_id,
            EmailCampaign.provider_message_id,
            EmailCampaign.thread_id,
        )
        .where(
            EmailCampaign.workspace_id == workspace_id,
            among(EmailCampaign.enrollment_id, enrollment_ids),
            EmailCampaign.state == EmailState.SENT,
            EmailCampaign.kind != EmailKind.TEST,
        )
        .order_by(EmailCampaign.sent_at)
    )
    return [SentId(*row) for row in found]


@dataclass(frozen=True, slots=True)
class Traced:
    """An email, as far as what happened to it is written down."""

    id: EmailId
    kind: EmailKind
    lead_id: LeadId
    campaign_id: UUID | None
    enrollment_id: UUID | None


def traced(row: EmailCampaign) -> Traced:
    return Traced(
        EmailId(row.id), EmailKind(row.kind), LeadId(row.lead_id), row.campaign_id, row.enrollment_id
    )


_ADD_EVENTS = insert_many(
    cast("Table", EmailEvent.__table__), "at workspace_id email_id lead_id campaign_id type detail"
)


async def record(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    email: EmailCampaign,
    type: str,
    *,
    detail: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """One line of what happened to an email."""
    await record_all(session, workspace_id, [traced(email)], type, detail=detail, now=now)


async def record_all(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    rows: Sequence[Traced],
    type: str,
    *,
    detail: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """The same line for each."""
    events = [
        {
            "at": now,
            "workspace_id": workspace_id,
            "email_id": row.id,
            "lead_id": row.lead_id,
            "campaign_id": row.campaign_id,
            "type": type,
            "detail": dict(detail or {}),
        }
        for row in rows
    ]
    await session.execute(_ADD_EVENTS, as_rows(events))
