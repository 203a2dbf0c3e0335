"""What was written to leads before, and what they answered."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.correspondence import Correspondence, HeardBefore, SentBefore
from db.models.email import EmailCampaign, InboundEmail
from db.types import EmailKind, InboundKind, WorkspaceId

MOST_SENT = 15  # of a lead, the newest: more than two whole sequences
MOST_HEARD = 5


async def with_leads(
    session: AsyncSession, workspace_id: WorkspaceId, lead_ids: Collection[UUID]
) -> dict[UUID, Correspondence]:
    """Of each lead that anything was written to; tests do not count."""
    sent = await _sent(session, workspace_id, lead_ids)
    heard = await _heard(session, workspace_id, list(sent))
    return {
        lead_id: Correspondence(tuple(some), tuple(heard.get(lead_id, ()))) for lead_id, some in sent.items()
    }


async def _sent(
    session: AsyncSession, workspace_id: WorkspaceId, lead_ids: Collection[UUID]
) -> dict[UUID, list[SentBefore]]:
    place = func.row_number().over(
        partition_by=EmailCampaign.lead_id, order_by=(EmailCampaign.sent_at.desc(), EmailCampaign.id)
    )
    left = (
        select(EmailCampaign.id, place.label("place"))
        .where(
            EmailCampaign.workspace_id == workspace_id,
            EmailCampaign.lead_id.in_(list(lead_ids)),
            EmailCampaign.kind != EmailKind.TEST,
            EmailCampaign.sent_at.is_not(None),
        )
        .subquery()
    )
    rows = await session.execute(
        select(
            EmailCampaign.lead_id,
            EmailCampaign.enrollment_id,
            EmailCampaign.sent_at,
            EmailCampaign.subject,
            EmailCampaign.body,
        )
        .join(left, left.c.id == EmailCampaign.id)
        .where(left.c.place <= MOST_SENT)
        .order_by(EmailCampaign.sent_at.desc(), EmailCampaign.id)
    )
    found: dict[UUID, list[SentBefore]] = defaultdict(list)
    for lead_id, enrollment_id, at, subject, body in rows:
        if at is not None:
            found[lead_id].append(SentBefore(enrollment_id, at, subject, body))
    return dict(found)


async def _heard(
    session: AsyncSession, workspace_id: WorkspaceId, lead_ids: Collection[UUID]
) -> dict[UUID, list[HeardBefore]]:
    rows = await session.execute(
        select(
            InboundEmail.lead_id,
            InboundEmail.enrollment_id,
            InboundEmail.received_at,
            InboundEmail.sentiment,
            InboundEmail.summary,
        )
        .where(
            InboundEmail.workspace_id == workspace_id,
            InboundEmail.lead_id.in_(list(lead_ids)),
            InboundEmail.kind == InboundKind.HUMAN,
        )
        .order_by(InboundEmail.received_at.desc(), InboundEmail.id)
    )
    found: dict[UUID, list[HeardBefore]] = defaultdict(list)
    for lead_id, enrollment_id, at, sentiment, summary in rows:
        if lead_id is not None and len(found[lead_id]) < MOST_HEARD:
            found[lead_id].append(HeardBefore(enrollment_id, at, sentiment, summary))
    return dict(found)
