"""Everything the gates ask of the database about one email, loaded in one transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.campaign import Campaign, Enrollment
from db.models.email import EmailCampaign, InboundEmail
from db.models.lead import Lead
from db.models.workspace import Workspace
from db.queries import email as emails
from db.queries import mailbox as mailboxes
from db.queries import suppression
from db.queries.mailbox import MailboxRow
from db.types import EmailState, InboundKind, SuppressionKind, WorkspaceId


@dataclass(frozen=True, slots=True)
class SendFacts:
    email: EmailCampaign
    workspace: Workspace
    lead: Lead
    enrollment: Enrollment | None
    campaign: Campaign | None
    mailbox: MailboxRow | None
    previous_sent: bool
    replied: bool
    by_hand_at: datetime | None
    colleague_replied: str | None
    suppressed: frozenset[SuppressionKind]
    workspace_sent: list[datetime]
    mailbox_sent: list[datetime]


async def load(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    email: EmailCampaign,
    *,
    digests: Collection[str],
    now: datetime,
    lock_mailbox: bool = False,
) -> SendFacts | None:
    """None when the lead or the workspace is gone. `digests`: of the address and its domain."""
    fresh = {"populate_existing": True}
    workspace = await session.scalar(
        select(Workspace).where(Workspace.id == workspace_id).execution_options(**fresh)
    )
    lead = await session.scalar(select(Lead).where(Lead.id == email.lead_id).execution_options(**fresh))
    if workspace is None or lead is None:
        return None
    enrollment = await _enrollment(session, email)
    campaign = await _campaign(session, email)
    find = mailboxes.locked if lock_mailbox else mailboxes.by_id
    mailbox = await find(session, workspace_id, email.mailbox_id) if email.mailbox_id else None
    return SendFacts(
        email=email,
        workspace=workspace,
        lead=lead,
        enrollment=enrollment,
        campaign=campaign,
        mailbox=mailbox,
        previous_sent=await _previous_sent(session, email),
        replied=await _answered(session, workspace_id, email),
        by_hand_at=await _by_hand_at(session, workspace_id, lead.id),
        colleague_replied=await _colleague_replied(session, workspace_id, email, lead),
        suppressed=frozenset(await suppression.kinds_of(session, workspace_id, digests)),
        workspace_sent=await emails.send_times(
            session, workspace_id, mailbox_id=None, besides=email.id, now=now
        ),
        mailbox_sent=await emails.send_times(
            session, workspace_id, mailbox_id=email.mailbox_id, besides=email.id, now=now
        )
        if email.mailbox_id
        else [],
    )


async def _enrollment(session: AsyncSession, email: EmailCampaign) -> Enrollment | None:
    if email.enrollment_id is None:
        return None
    return await session.scalar(
        select(Enrollment)
        .where(Enrollment.id == email.enrollment_id)
        .execution_options(populate_existing=True)
    )


async def _campaign(session: AsyncSession, email: EmailCampaign) -> Campaign | None:
    if email.campaign_id is None:
        return None
    return await session.scalar(
        select(Campaign).where(Campaign.id == email.campaign_id).execution_options(populate_existing=True)
    )


async def _previous_sent(session: AsyncSession, email: EmailCampaign) -> bool:
    """Has every earlier step left, or been taken out by a person?"""
    if email.enrollment_id is None or not email.email_sequence or email.email_sequence == 1:
        return True
    waiting = await session.scalar(
        select(func.count())
        .select_from(EmailCampaign)
        .where(
            EmailCampaign.enrollment_id == email.enrollment_id,
            EmailCampaign.email_sequence < email.email_sequence,
            EmailCampaign.state.not_in((EmailState.SENT, EmailState.CANCELLED, EmailState.REJECTED)),
        )
    )
    return not waiting


async def _answered(session: AsyncSession, workspace_id: WorkspaceId, email: EmailCampaign) -> bool:
    if email.enrollment_id is None:
        return False
    found = await session.scalar(
        select(InboundEmail.id)
        .where(
            InboundEmail.workspace_id == workspace_id,
            InboundEmail.enrollment_id == email.enrollment_id,
            InboundEmail.kind.in_((InboundKind.HUMAN, InboundKind.OPT_OUT)),
        )
        .limit(1)
    )
    return found is not None


async def _by_hand_at(session: AsyncSession, workspace_id: WorkspaceId, lead_id: UUID) -> datetime | None:
    return await session.scalar(
        select(func.max(InboundEmail.received_at)).where(
            InboundEmail.workspace_id == workspace_id,
            InboundEmail.lead_id == lead_id,
            InboundEmail.kind == InboundKind.BY_HAND,
        )
    )


async def _colleague_replied(
    session: AsyncSession, workspace_id: WorkspaceId, email: EmailCampaign, lead: Lead
) -> str | None:
    """The name of somebody at the same company who answered this campaign."""
    if email.campaign_id is None or not (lead.company_domain or lead.company):
        return None
    same = (
        func.lower(Lead.company_domain) == lead.company_domain.lower()
        if lead.company_domain
        else func.lower(Lead.company) == (lead.company or "").lower()
    )
    return await session.scalar(
        select(Lead.name)
        .join(Enrollment, Enrollment.lead_id == Lead.id)
        .join(InboundEmail, InboundEmail.enrollment_id == Enrollment.id)
        .where(
            Lead.workspace_id == workspace_id,
            Lead.id != lead.id,
            same,
            Enrollment.campaign_id == email.campaign_id,
            InboundEmail.kind == InboundKind.HUMAN,
        )
        .limit(1)
    )
