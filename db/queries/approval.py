"""Approvals: asking, and the one decision that wins."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.cards import ApprovalCard
from db.models.campaign import Campaign, Enrollment
from db.models.email import Approval
from db.models.lead import Lead
from db.models.research import ResearchRun
from db.models.workspace import Member
from db.queries import email as emails
from db.queries import email_card, lead_card
from db.types import ApprovalId, ApprovalState, CampaignId, EmailKind, EnrollmentId, ReplyId, WorkspaceId


@dataclass(frozen=True, slots=True)
class PendingApproval:
    id: ApprovalId
    kind: EmailKind
    lead_name: str
    company: str | None
    content_hash: str
    created_at: datetime
    expires_at: datetime


async def get(session: AsyncSession, workspace_id: WorkspaceId, approval_id: UUID) -> Approval | None:
    return await session.scalar(
        select(Approval)
        .where(Approval.workspace_id == workspace_id, Approval.id == approval_id)
        .execution_options(populate_existing=True)
    )


async def ask(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    kind: EmailKind,
    lead_id: UUID,
    enrollment_id: UUID | None,
    reply_id: UUID | None,
    content_hash: str,
    channel_id: str | None,
    thread_ts: str | None,
    expires_at: datetime,
    now: datetime,
) -> ApprovalId:
    approval = Approval(
        workspace_id=workspace_id,
        kind=kind,
        lead_id=lead_id,
        enrollment_id=enrollment_id,
        reply_id=reply_id,
        state=ApprovalState.PENDING,
        content_hash=content_hash,
        channel_id=channel_id,
        thread_ts=thread_ts,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(approval)
    await session.flush()
    return ApprovalId(approval.id)


async def decide(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    approval_id: UUID,
    state: ApprovalState,
    *,
    by: str | None,
    reason: str | None = None,
    now: datetime,
) -> Approval | None:
    """The approval, decided by this call; None when somebody decided before."""
    return await session.scalar(
        update(Approval)
        .where(
            Approval.workspace_id == workspace_id,
            Approval.id == approval_id,
            Approval.state == ApprovalState.PENDING,
        )
        .values(state=state, decided_by=by, decided_at=now, reason=reason)
        .returning(Approval)
        .execution_options(populate_existing=True)
    )


async def pending_of(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    enrollment_id: UUID | None = None,
    reply_id: UUID | None = None,
    lead_id: UUID | None = None,
    but_of: Collection[UUID] = (),
) -> list[ApprovalId]:
    """Open questions about a sequence, about an answer, or about a lead at all, except those sequences."""
    wanted = select(Approval.id).where(
        Approval.workspace_id == workspace_id, Approval.state == ApprovalState.PENDING
    )
    if enrollment_id is not None:
        wanted = wanted.where(Approval.enrollment_id == enrollment_id, Approval.kind == EmailKind.SEQUENCE)
    if reply_id is not None:
        wanted = wanted.where(Approval.reply_id == reply_id)
    if lead_id is not None:
        wanted = wanted.where(Approval.lead_id == lead_id)
    if but_of:
        about_them = Approval.enrollment_id.in_(list(but_of)) & (Approval.kind == EmailKind.SEQUENCE)
        wanted = wanted.where(func.coalesce(about_them, False).is_(False))
    return [ApprovalId(found) for found in await session.scalars(wanted)]


async def pending(session: AsyncSession, workspace_id: WorkspaceId, limit: int = 20) -> list[PendingApproval]:
    """What waits for a decision, the oldest first."""
    rows = await session.execute(
        select(Approval, Lead.name, Lead.company)
        .join(Lead, Lead.id == Approval.lead_id)
        .where(Approval.workspace_id == workspace_id, Approval.state == ApprovalState.PENDING)
        .order_by(Approval.created_at, Approval.id)
        .limit(limit)
    )
    return [
        PendingApproval(
            ApprovalId(approval.id),
            EmailKind(approval.kind),
            name,
            company,
            approval.content_hash,
            approval.created_at,
            approval.expires_at,
        )
        for approval, name, company in rows
    ]


async def sequences_waiting(session: AsyncSession, workspace_id: WorkspaceId) -> int:
    """How many sequences wait for a decision; answers are not counted."""
    count = await session.scalar(
        select(func.count()).where(
            Approval.workspace_id == workspace_id,
            Approval.state == ApprovalState.PENDING,
            Approval.kind == EmailKind.SEQUENCE,
        )
    )
    return count or 0


async def granted_of(
    session: AsyncSession, workspace_id: WorkspaceId, enrollment_id: UUID
) -> list[ApprovalId]:
    """The approvals under which a sequence leaves, the oldest first."""
    found = await session.scalars(
        select(Approval.id)
        .where(
            Approval.workspace_id == workspace_id,
            Approval.enrollment_id == enrollment_id,
            Approval.kind == EmailKind.SEQUENCE,
            Approval.state == ApprovalState.APPROVED,
        )
        .order_by(Approval.created_at)
    )
    return [ApprovalId(one) for one in found]


async def reasons_lately(session: AsyncSession, workspace_id: WorkspaceId, limit: int = 30) -> list[str]:
    """Why this team rejected drafts, the newest first; rejections without a reason are left out."""
    found = await session.scalars(
        select(Approval.reason)
        .where(
            Approval.workspace_id == workspace_id,
            Approval.state == ApprovalState.REJECTED,
            func.length(func.trim(Approval.reason)) > 0,
        )
        .order_by(Approval.decided_at.desc(), Approval.id)
        .limit(limit)
    )
    return [reason for reason in found if reason]


async def may_decide(session: AsyncSession, workspace_id: WorkspaceId, user_id: str) -> bool:
    found = await session.scalar(
        select(Member.is_approver).where(Member.workspace_id == workspace_id, Member.slack_user_id == user_id)
    )
    return bool(found)


async def load_approval_card(
    session: AsyncSession, workspace_id: WorkspaceId, approval_id: UUID
) -> ApprovalCard | None:
    """An approval as it stands, with its emails and the facts under each; None when it is gone."""
    approval = await get(session, workspace_id, approval_id)
    lead = await session.scalar(select(Lead).where(Lead.id == approval.lead_id)) if approval else None
    if approval is None or lead is None:
        return None
    rows = await emails.of_approval(session, workspace_id, approval_id)
    line = lead_card.line(lead)
    facts = await lead_card.load_facts(session, workspace_id, lead.id)
    campaign = await _campaign(session, approval.enrollment_id)
    joined = await _enrollment(session, approval.enrollment_id)
    return ApprovalCard(
        id=ApprovalId(approval.id),
        kind=approval.kind,
        state=approval.state,
        content_hash=approval.content_hash,
        lead=line,
        emails=tuple(email_card.card(row, line, facts, campaign) for row in rows),
        campaign_id=CampaignId(campaign.id) if campaign else None,
        campaign_name=campaign.name if campaign else None,
        enrollment_id=EnrollmentId(approval.enrollment_id) if approval.enrollment_id else None,
        reply_id=ReplyId(approval.reply_id) if approval.reply_id else None,
        cost_cents=sum((row.cost_cents for row in rows), start=email_card.NOTHING)
        + await _research_cost(session, lead.id),
        created_at=approval.created_at,
        expires_at=approval.expires_at,
        decided_by=approval.decided_by,
        decided_at=approval.decided_at,
        reason=approval.reason,
        channel_id=approval.channel_id,
        thread_ts=approval.thread_ts,
        owner_user_id=lead.owner_user_id or (campaign.owner_user_id if campaign else None),
        asked_by=(campaign.owner_user_id if campaign else None) or lead.owner_user_id,
        enrollment_state=joined.state if joined else None,
        stop_reason=joined.stop_reason if joined else None,
        campaign_state=campaign.state if campaign else None,
    )


async def _research_cost(session: AsyncSession, lead_id: UUID) -> Decimal:
    spent = select(func.coalesce(func.sum(ResearchRun.cost_cents), 0)).where(ResearchRun.lead_id == lead_id)
    return Decimal(await session.scalar(spent) or 0)


async def _enrollment(session: AsyncSession, enrollment_id: UUID | None) -> Enrollment | None:
    if enrollment_id is None:
        return None
    return await session.scalar(
        select(Enrollment).where(Enrollment.id == enrollment_id).execution_options(populate_existing=True)
    )


async def _campaign(session: AsyncSession, enrollment_id: UUID | None) -> Any | None:
    if enrollment_id is None:
        return None
    return await session.scalar(
        select(Campaign)
        .join(Enrollment, Enrollment.campaign_id == Campaign.id)
        .where(Enrollment.id == enrollment_id)
    )
