"""What came in, matched to what we sent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.cards import ReplyCard
from db.models.campaign import Campaign, Enrollment
from db.models.email import EmailCampaign, InboundEmail
from db.models.lead import Lead
from db.queries import approval as approvals
from db.queries import email as emails
from db.queries import email_card, lead_card
from db.queries.leases import Lease, held, is_free
from db.types import (
    ApprovalState,
    EmailKind,
    EmailState,
    EnrollmentId,
    EnrollmentState,
    InboundKind,
    Outcome,
    ReplyId,
    WorkspaceId,
)

_LEFT = (EmailState.SENT, EmailState.CREATED, EmailState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Traces:
    """By what an incoming message may belong to one of our emails, the surest first."""

    message_ids: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    thread_id: str | None = None
    addresses: tuple[str, ...] = ()


async def known(session: AsyncSession, mailbox_id: UUID, provider_ids: Collection[str]) -> set[str]:
    """Which of these messages were stored before."""
    found = await session.scalars(
        select(InboundEmail.provider_message_id).where(
            InboundEmail.mailbox_id == mailbox_id, InboundEmail.provider_message_id.in_(list(provider_ids))
        )
    )
    return set(found)


async def match(session: AsyncSession, workspace_id: WorkspaceId, traces: Traces) -> EmailCampaign | None:
    """The email of ours that a message is about: by Message-ID, our token, the thread, then the newest one to
    that address (an automatic answer often comes as a fresh mail)."""
    ours = (
        select(EmailCampaign)
        .where(
            EmailCampaign.workspace_id == workspace_id,
            EmailCampaign.kind != EmailKind.TEST,
            EmailCampaign.state.in_(_LEFT),
        )
        .order_by(EmailCampaign.sent_at.desc().nulls_last())
        .limit(1)
    )
    for condition in _conditions(traces):
        found = await session.scalar(ours.where(condition))
        if found is not None:
            return found
    return None


def _conditions(traces: Traces) -> list[Any]:
    conditions: list[Any] = []
    if traces.message_ids:
        conditions.append(EmailCampaign.message_id.in_(traces.message_ids))
    if traces.tokens:
        conditions.append(EmailCampaign.send_token.in_(traces.tokens))
    if traces.thread_id:
        conditions.append(EmailCampaign.thread_id == traces.thread_id)
    if traces.addresses:
        conditions.append(func.lower(EmailCampaign.to_email).in_([one.lower() for one in traces.addresses]))
    return conditions


async def is_ours(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    provider_message_id: str,
    message_id: str | None,
    token: str | None,
    to: Collection[str],
    subject: str,
) -> EmailCampaign | None:
    """The email of ours that this sent message is; None when a person wrote it by hand.

    A message that left just now is known by our token, or (where the provider drops our header) by the
    recipient and subject of an email that is on its way.
    """
    by = [EmailCampaign.provider_message_id == provider_message_id]
    if message_id:
        by.append(EmailCampaign.message_id == message_id)
    if token:
        by.append(EmailCampaign.send_token == token)
    for condition in by:
        found = await session.scalar(_one(workspace_id).where(condition))
        if found is not None:
            return found
    on_its_way = _one(workspace_id).where(
        EmailCampaign.state.in_((EmailState.CREATED, EmailState.UNKNOWN)),
        func.lower(EmailCampaign.to_email).in_([one.lower() for one in to]),
        func.lower(EmailCampaign.subject) == subject.lower(),
    )
    return await session.scalar(on_its_way)


def _one(workspace_id: WorkspaceId) -> Select[EmailCampaign]:
    return select(EmailCampaign).where(EmailCampaign.workspace_id == workspace_id).limit(1)


async def lead_of_address(
    session: AsyncSession, workspace_id: WorkspaceId, addresses: Collection[str]
) -> Lead | None:
    """A lead we have written to, or are about to, at one of these addresses."""
    wanted = [one.lower() for one in addresses]
    return await session.scalar(
        select(Lead)
        .join(EmailCampaign, EmailCampaign.lead_id == Lead.id)
        .where(
            Lead.workspace_id == workspace_id,
            func.lower(EmailCampaign.to_email).in_(wanted),
            EmailCampaign.kind != EmailKind.TEST,  # that one went to a colleague
        )
        .order_by(EmailCampaign.created_at.desc())
        .limit(1)
    )


async def add(session: AsyncSession, workspace_id: WorkspaceId, values: Mapping[str, Any]) -> ReplyId | None:
    """Store a message; None when it was stored before, and nothing more is to be done about it."""
    row = insert(InboundEmail).values(workspace_id=workspace_id, **values)
    made = await session.scalar(row.on_conflict_do_nothing().returning(InboundEmail.id))
    return ReplyId(made) if made else None


async def get(session: AsyncSession, workspace_id: WorkspaceId, reply_id: UUID) -> InboundEmail | None:
    return await session.scalar(
        select(InboundEmail)
        .where(InboundEmail.workspace_id == workspace_id, InboundEmail.id == reply_id)
        .execution_options(populate_existing=True)
    )


async def claim(
    session: AsyncSession, workspace_id: WorkspaceId, reply_id: UUID, lease: Lease, *, wall: datetime
) -> InboundEmail | None:
    """A person's reply that has no proposed answer yet, ours until the lease ends."""
    return await session.scalar(
        update(InboundEmail)
        .where(
            InboundEmail.workspace_id == workspace_id,
            InboundEmail.id == reply_id,
            InboundEmail.kind == InboundKind.HUMAN,
            ~InboundEmail.answered,
            is_free(InboundEmail.lease_until, wall),
        )
        .values(lease_token=lease.token, lease_until=lease.until)
        .returning(InboundEmail)
        .execution_options(populate_existing=True)
    )


async def advance(
    session: AsyncSession, reply_id: UUID, lease: Lease, values: Mapping[str, Any]
) -> InboundEmail:
    """Raises LeaseLost when somebody else works on the reply now."""
    row = await session.scalar(
        update(InboundEmail)
        .where(InboundEmail.id == reply_id, InboundEmail.lease_token == lease.token)
        .values(**values)
        .returning(InboundEmail)
        .execution_options(populate_existing=True)
    )
    held(row, "reply", reply_id)
    assert row is not None
    return row


async def reopen(session: AsyncSession, workspace_id: WorkspaceId, reply_id: UUID) -> None:
    """Another answer is wanted."""
    await session.execute(
        update(InboundEmail)
        .where(InboundEmail.workspace_id == workspace_id, InboundEmail.id == reply_id)
        .values(answered=False, lease_token=None, lease_until=None)
    )


async def set_outcome(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    reply_id: UUID,
    outcome: Outcome,
    user_id: str,
    *,
    now: datetime,
) -> bool:
    """What became of a reply, as a person says; the lead keeps it too. False: there is no such reply."""
    lead_id = await session.scalar(
        update(InboundEmail)
        .where(InboundEmail.workspace_id == workspace_id, InboundEmail.id == reply_id)
        .values(outcome=outcome, outcome_by=user_id)
        .returning(InboundEmail.lead_id)
    )
    if lead_id is not None:
        await session.execute(update(Lead).where(Lead.id == lead_id).values(outcome=outcome, updated_at=now))
    return lead_id is not None


async def recent(
    session: AsyncSession, workspace_id: WorkspaceId, *, kinds: Collection[InboundKind] = (), limit: int = 20
) -> list[InboundEmail]:
    wanted = select(InboundEmail).where(InboundEmail.workspace_id == workspace_id)
    if kinds:
        wanted = wanted.where(InboundEmail.kind.in_(list(kinds)))
    return list(await session.scalars(wanted.order_by(InboundEmail.received_at.desc()).limit(limit)))


async def load_reply_card(
    session: AsyncSession, workspace_id: WorkspaceId, reply_id: UUID
) -> ReplyCard | None:
    """A message that came in, what it answers, and the answer proposed to it; None when it is gone."""
    reply = await get(session, workspace_id, reply_id)
    if reply is None:
        return None
    lead = await session.scalar(select(Lead).where(Lead.id == reply.lead_id)) if reply.lead_id else None
    line = lead_card.line(lead) if lead else None
    ours = await emails.get(session, workspace_id, reply.email_id) if reply.email_id else None
    owner = await session.scalar(
        select(Campaign.owner_user_id)
        .join(Enrollment, Enrollment.campaign_id == Campaign.id)
        .where(Enrollment.id == reply.enrollment_id)
    )
    facts = await lead_card.load_facts(session, workspace_id, lead.id) if lead else ()
    answer = await emails.answer_to(session, workspace_id, reply_id)
    approval = (
        await approvals.load_approval_card(session, workspace_id, answer.approval_id)
        if answer and answer.approval_id
        else None
    )
    return ReplyCard(
        id=ReplyId(reply.id),
        kind=reply.kind,
        lead=line,
        our_email=email_card.card(ours, line, facts) if ours and line else None,
        from_email=reply.from_email,
        subject=reply.subject,
        body=reply.body,
        received_at=reply.received_at,
        sentiment=reply.sentiment,
        summary=reply.summary,
        returns_on=reply.returns_on,
        bounce_type=reply.bounce_type,
        outcome=reply.outcome,
        outcome_by=reply.outcome_by,
        answer=approval if approval and approval.state != ApprovalState.VOID else None,
        owner_user_id=(lead.owner_user_id if lead else None) or owner,
        held=await _held(session, reply.enrollment_id),
    )


async def _held(session: AsyncSession, enrollment_id: UUID | None) -> EnrollmentId | None:
    """The sequence, where it is on hold until a person resumes it."""
    found = await session.scalar(
        select(Enrollment.id).where(Enrollment.id == enrollment_id, Enrollment.state == EnrollmentState.HELD)
    )
    return EnrollmentId(found) if found else None
