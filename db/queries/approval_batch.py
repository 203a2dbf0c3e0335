"""What is looked at when many drafts are decided at once, in as many statements as for one."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.campaign import Campaign
from db.models.email import Approval, EmailCampaign
from db.models.research import Fact
from db.types import ApprovalState, WorkspaceId

_FRESH = {"populate_existing": True}


async def some(session: AsyncSession, workspace_id: WorkspaceId, ids: Sequence[UUID]) -> list[Approval]:
    """In no order; without those that are gone."""
    found = await session.scalars(
        select(Approval)
        .where(Approval.workspace_id == workspace_id, Approval.id.in_(ids))
        .execution_options(**_FRESH)
    )
    return list(found)


async def pending(session: AsyncSession, workspace_id: WorkspaceId, ids: Sequence[UUID]) -> list[Approval]:
    """Those of them that wait, in the order of the ids."""
    found = {one.id: one for one in await some(session, workspace_id, ids)}
    return [found[one] for one in ids if one in found and found[one].state == ApprovalState.PENDING]


async def emails_of(
    session: AsyncSession, workspace_id: WorkspaceId, approval_ids: Sequence[UUID]
) -> list[EmailCampaign]:
    """The emails that they cover, of each in order."""
    found = await session.scalars(
        select(EmailCampaign)
        .where(EmailCampaign.workspace_id == workspace_id, EmailCampaign.approval_id.in_(approval_ids))
        .order_by(EmailCampaign.email_sequence, EmailCampaign.created_at)
        .execution_options(**_FRESH)
    )
    return list(found)


async def facts_of(
    session: AsyncSession, workspace_id: WorkspaceId, lead_ids: Sequence[UUID]
) -> dict[UUID, list[Fact]]:
    """Of each lead all that is known, by field, the surest first."""
    found = await session.scalars(
        select(Fact)
        .where(Fact.workspace_id == workspace_id, Fact.lead_id.in_(lead_ids))
        .order_by(Fact.field, Fact.confidence.desc(), Fact.published_on.desc().nulls_last(), Fact.id)
    )
    by_lead: dict[UUID, list[Fact]] = defaultdict(list)
    for fact in found:
        by_lead[fact.lead_id].append(fact)
    return dict(by_lead)


async def campaigns_of(
    session: AsyncSession, workspace_id: WorkspaceId, ids: Collection[UUID]
) -> dict[UUID, Campaign]:
    found = await session.scalars(
        select(Campaign).where(Campaign.workspace_id == workspace_id, Campaign.id.in_(ids))
    )
    return {one.id: one for one in found}
