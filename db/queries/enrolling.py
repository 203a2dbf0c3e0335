"""Leads on their way into a campaign, many at a time: who is meant, what speaks against each, and their enrollment."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Uuid, cast, column, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.cards import LeadToEnroll, Load, Place
from db.models.campaign import Enrollment, Mailbox
from db.models.email import Approval, InboundEmail
from db.models.lead import Lead
from db.queries.enrollment import RUNNING
from db.types import (
    ApprovalState,
    EmailKind,
    EmailStatus,
    EnrollmentState,
    InboundKind,
    LeadId,
    LeadStatus,
    MailboxState,
    WorkspaceId,
)


async def candidates(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    conditions: Sequence[ColumnElement[bool]],
    *,
    campaign_id: UUID | None,
    limit: int,
    lock: bool = False,
) -> list[LeadToEnroll]:
    """Best score first. `lock`: hold the leads, so that nobody enrolls them elsewhere at the same time."""
    running = exists().where(Enrollment.lead_id == Lead.id, Enrollment.state.in_(RUNNING))
    here = exists().where(Enrollment.lead_id == Lead.id, Enrollment.campaign_id == campaign_id)
    asked = exists().where(
        Approval.workspace_id == workspace_id,
        Approval.lead_id == Lead.id,
        Approval.kind == EmailKind.ANSWER,
        Approval.state == ApprovalState.PENDING,
    )
    rows = (
        select(
            Lead.id, Lead.name, Lead.company, Lead.email, Lead.email_status, Lead.status, Lead.qualified,
            Lead.qualification_reason, Lead.score, Lead.timezone, Lead.country, Lead.owner_user_id, running, here,
            asked,
        )
        .where(Lead.workspace_id == workspace_id, *conditions)
        .order_by(Lead.score.desc(), Lead.id)
        .limit(limit)
    )  # fmt: skip
    if lock:
        held = rows.with_only_columns(Lead.id, maintain_column_froms=True).subquery()
        # Taken in one order everywhere: two that enroll the same leads can't wait for each other.
        await session.execute(
            select(Lead.id)
            .where(Lead.id.in_(select(held.c.id)))
            .order_by(Lead.id)
            .with_for_update(key_share=True)
        )
    found = await session.execute(rows)
    return [
        LeadToEnroll(LeadId(row[0]), *row[1:4], EmailStatus(row[4]), LeadStatus(row[5]), *row[6:])
        for row in found
    ]


async def loads(session: AsyncSession, workspace_id: WorkspaceId) -> list[Load]:
    counted = (
        select(Enrollment.mailbox_id, func.count().label("running"))
        .where(
            Enrollment.workspace_id == workspace_id,
            Enrollment.state.in_(
                (EnrollmentState.ACTIVE, EnrollmentState.AWAITING_APPROVAL, EnrollmentState.WRITING)
            ),
        )
        .group_by(Enrollment.mailbox_id)
        .subquery()
    )
    rows = await session.execute(
        select(Mailbox.id, func.coalesce(counted.c.running, 0), Mailbox.created_at)
        .outerjoin(counted, counted.c.mailbox_id == Mailbox.id)
        .where(Mailbox.workspace_id == workspace_id, Mailbox.state == MailboxState.ACTIVE)
        .order_by(Mailbox.created_at, Mailbox.id)
    )
    return [Load(*row) for row in rows]


async def enroll(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    campaign_id: UUID,
    places: Sequence[Place],
    *,
    channel_id: str | None,
    thread_ts: str | None,
    now: datetime,
) -> Mapping[LeadId, UUID]:
    """The new enrollments by lead; those that are in the campaign already are left as they are."""
    if not places:
        return {}
    given = (
        func.unnest(
            cast([one.lead_id for one in places], ARRAY(Uuid)),
            cast([one.mailbox_id for one in places], ARRAY(Uuid)),
            cast([one.not_before for one in places], ARRAY(DateTime(timezone=True))),
        )
        .table_valued(
            column("lead_id", Uuid), column("mailbox_id", Uuid), column("not_before", DateTime(timezone=True))
        )
        .render_derived("given")
    )
    shared = {
        "workspace_id": workspace_id,
        "campaign_id": campaign_id,
        "state": EnrollmentState.WRITING,
        "channel_id": channel_id,
        "thread_ts": thread_ts,
        "created_at": now,
        "updated_at": now,
    }
    columns = ["lead_id", "mailbox_id", "not_before", *shared]
    values = select(given.c.lead_id, given.c.mailbox_id, given.c.not_before, *_literals(shared))
    made = await session.execute(
        insert(Enrollment)
        .from_select(columns, values)
        .on_conflict_do_nothing()
        .returning(Enrollment.lead_id, Enrollment.id)
    )
    return {LeadId(lead_id): enrollment_id for lead_id, enrollment_id in made}


def _literals(shared: Mapping[str, object]) -> list[ColumnElement[object]]:
    return [cast(value, Enrollment.__table__.c[name].type) for name, value in shared.items()]


async def count(session: AsyncSession, workspace_id: WorkspaceId, campaign_id: UUID) -> int:
    """Leads that ever entered the campaign."""
    found = select(func.count()).where(
        Enrollment.workspace_id == workspace_id, Enrollment.campaign_id == campaign_id
    )
    return await session.scalar(found) or 0


async def waiting(
    session: AsyncSession, workspace_id: WorkspaceId, campaign_id: UUID, *, limit: int
) -> list[tuple[LeadToEnroll, Place]]:
    """Those of the campaign whose drafts are being written or wait for an approval, each with its place."""
    rows = await session.execute(
        select(Enrollment.lead_id, Enrollment.mailbox_id, Enrollment.not_before)
        .where(
            Enrollment.workspace_id == workspace_id,
            Enrollment.campaign_id == campaign_id,
            Enrollment.state.in_((EnrollmentState.WRITING, EnrollmentState.AWAITING_APPROVAL)),
        )
        .limit(limit)
    )
    placed = {row[0]: Place(LeadId(row[0]), row[1], row[2]) for row in rows}
    known = await candidates(
        session, workspace_id, [Lead.id.in_(list(placed))], campaign_id=campaign_id, limit=limit
    )
    return [(one, placed[one.lead_id]) for one in known]


async def by_hand_since(
    session: AsyncSession, workspace_id: WorkspaceId, since: datetime
) -> dict[LeadId, datetime]:
    """Leads that somebody of us wrote to by hand, and when last."""
    rows = await session.execute(
        select(InboundEmail.lead_id, func.max(InboundEmail.received_at))
        .where(
            InboundEmail.workspace_id == workspace_id,
            InboundEmail.kind == InboundKind.BY_HAND,
            InboundEmail.received_at > since,
        )
        .group_by(InboundEmail.lead_id)
    )
    return {LeadId(lead_id): at for lead_id, at in rows if lead_id is not None}
