"""Everything the gates ask of the database about emails, loaded for many of them in as many statements as for one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.models.campaign import Campaign, Enrollment
from db.models.email import EmailCampaign, InboundEmail
from db.models.lead import Lead
from db.models.workspace import Workspace
from db.queries import mailbox as mailboxes
from db.queries import suppression
from db.queries.email import OPEN
from db.queries.mailbox import MailboxRow
from db.queries.many import among
from db.types import EmailState, InboundKind, SuppressionKind, WorkspaceId

_SETTLED = (EmailState.SENT, EmailState.CANCELLED, EmailState.REJECTED)
_FRESH = {"populate_existing": True}


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


@dataclass(frozen=True, slots=True)
class Leaving:
    """An email that left in the last 24 hours, or (`sent_at` None) is on its way or may be."""

    email_id: UUID
    mailbox_id: UUID | None
    to_email: str
    planned_for: datetime | None
    sent_at: datetime | None


async def load_many(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    emails: Sequence[EmailCampaign],
    *,
    digests: Mapping[UUID, Collection[str]],
    lock_mailboxes: bool = False,
) -> list[SendFacts]:
    """In the order of the emails, without those whose lead or workspace is gone. `digests`: by email, of its address
    and domain. `lock_mailboxes`: hold them, so that their pace is kept by one at a time."""
    workspace = await session.scalar(
        select(Workspace).where(Workspace.id == workspace_id).execution_options(**_FRESH)
    )
    if workspace is None or not emails:
        return []
    leads = await _by_id(session, Lead, (one.lead_id for one in emails))
    joined = await _by_id(session, Enrollment, (one.enrollment_id for one in emails))
    campaigns = await _by_id(session, Campaign, (one.campaign_id for one in emails))
    boxes = await mailboxes.some(
        session, workspace_id, {one.mailbox_id for one in emails if one.mailbox_id}, lock=lock_mailboxes
    )
    waiting = await _waiting_for_earlier(session, emails)
    answered = await _answered(session, workspace_id, joined)
    by_hand = await _by_hand(session, workspace_id, leads)
    answers = await _answers_of_companies(session, workspace_id, campaigns, leads.values())
    suppressed = await suppression.among(
        session, workspace_id, [digest for some in digests.values() for digest in some]
    )
    return [
        SendFacts(
            email=one,
            workspace=workspace,
            lead=leads[one.lead_id],
            enrollment=joined.get(one.enrollment_id) if one.enrollment_id else None,
            campaign=campaigns.get(one.campaign_id) if one.campaign_id else None,
            mailbox=boxes.get(one.mailbox_id) if one.mailbox_id else None,
            previous_sent=one.id not in waiting,
            replied=one.enrollment_id in answered,
            by_hand_at=by_hand.get(one.lead_id),
            colleague_replied=_colleague(answers, one, leads[one.lead_id]),
            suppressed=frozenset(
                suppressed[digest] for digest in digests.get(one.id, ()) if digest in suppressed
            ),
        )
        for one in emails
        if one.lead_id in leads
    ]


async def leaving(session: AsyncSession, workspace_id: WorkspaceId, *, now: datetime) -> list[Leaving]:
    """What counts for the caps of rolling 24 hours."""
    columns = (
        EmailCampaign.id,
        EmailCampaign.mailbox_id,
        EmailCampaign.to_email,
        EmailCampaign.scheduled_for,
        EmailCampaign.sent_at,
    )
    ours = EmailCampaign.workspace_id == workspace_id
    sent = select(*columns).where(ours, EmailCampaign.sent_at > now - timedelta(hours=24))
    going = select(*columns).where(
        ours,
        EmailCampaign.state.in_((*OPEN, EmailState.UNKNOWN)),
        EmailCampaign.sent_at.is_(None),
    )
    return [Leaving(*row) for row in await session.execute(sent.union_all(going))]


async def _by_id(session: AsyncSession, model: Any, ids: Iterable[UUID | None]) -> dict[UUID, Any]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    found = await session.scalars(select(model).where(among(model.id, wanted)).execution_options(**_FRESH))
    return {row.id: row for row in found}


async def _waiting_for_earlier(session: AsyncSession, emails: Sequence[EmailCampaign]) -> set[UUID]:
    """Those with an earlier step that has neither left nor been taken out by a person."""
    later = {
        one.id
        for one in emails
        if one.enrollment_id and one.email_sequence is not None and one.email_sequence > 1
    }
    if not later:
        return set()
    before = aliased(EmailCampaign)
    found = await session.scalars(
        select(EmailCampaign.id)
        .join(before, before.enrollment_id == EmailCampaign.enrollment_id)
        .where(
            among(EmailCampaign.id, later),
            before.email_sequence < EmailCampaign.email_sequence,
            before.state.not_in(_SETTLED),
        )
        .distinct()
    )
    return set(found)


async def _answered(
    session: AsyncSession, workspace_id: WorkspaceId, joined: Mapping[UUID, Enrollment]
) -> set[UUID]:
    """The enrollments in which a person answered."""
    if not joined:
        return set()
    found = await session.scalars(
        select(InboundEmail.enrollment_id)
        .where(
            InboundEmail.workspace_id == workspace_id,
            among(InboundEmail.enrollment_id, joined),
            InboundEmail.kind.in_((InboundKind.HUMAN, InboundKind.OPT_OUT)),
        )
        .distinct()
    )
    return {one for one in found if one is not None}


async def _by_hand(
    session: AsyncSession, workspace_id: WorkspaceId, leads: Mapping[UUID, Lead]
) -> dict[UUID, datetime]:
    """When somebody of us last wrote to each lead by hand."""
    found = await session.execute(
        select(InboundEmail.lead_id, func.max(InboundEmail.received_at))
        .where(
            InboundEmail.workspace_id == workspace_id,
            among(InboundEmail.lead_id, leads),
            InboundEmail.kind == InboundKind.BY_HAND,
        )
        .group_by(InboundEmail.lead_id)
    )
    return {lead_id: at for lead_id, at in found if lead_id is not None}


@dataclass(frozen=True, slots=True)
class _Answer:
    campaign_id: UUID
    lead_id: UUID
    name: str
    company: str
    company_domain: str


async def _answers_of_companies(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    campaigns: Mapping[UUID, Campaign],
    leads: Iterable[Lead],
) -> list[_Answer]:
    """Who of the leads' companies answered which of the campaigns, the first answer first."""
    domains = {domain for lead in leads if (domain := _folded(lead.company_domain))}
    names = {name for lead in leads if not lead.company_domain and (name := _folded(lead.company))}
    if not campaigns or not (domains or names):
        return []
    found = await session.execute(
        select(Enrollment.campaign_id, Lead.id, Lead.name, Lead.company, Lead.company_domain)
        .join(Enrollment, Enrollment.lead_id == Lead.id)
        .join(InboundEmail, InboundEmail.enrollment_id == Enrollment.id)
        .where(
            Lead.workspace_id == workspace_id,
            among(Enrollment.campaign_id, campaigns),
            InboundEmail.workspace_id == workspace_id,
            InboundEmail.kind == InboundKind.HUMAN,
            func.lower(Lead.company_domain).in_(domains) | func.lower(Lead.company).in_(names),
        )
        .order_by(InboundEmail.received_at)
    )
    return [_Answer(*row[:3], _folded(row[3]), _folded(row[4])) for row in found]


def _colleague(answers: Iterable[_Answer], email: EmailCampaign, lead: Lead) -> str | None:
    """The name of somebody else at the same company who answered this campaign."""
    domain, name = _folded(lead.company_domain), _folded(lead.company)
    theirs = (
        one.name
        for one in answers
        if one.campaign_id == email.campaign_id
        and one.lead_id != lead.id
        and (one.company_domain == domain if domain else name and one.company == name)
    )
    return next(theirs, None)


def _folded(text: str | None) -> str:
    return (text or "").lower()
