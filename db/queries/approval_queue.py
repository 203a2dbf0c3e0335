"""The drafts that wait, one after the other: the one that expires first comes first. Never all of them at once."""

from dataclasses import dataclass
from typing import Any, TypeVarTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.cards import CampaignWaiting, Standing
from db.models.campaign import Campaign, Enrollment
from db.models.email import Approval
from db.models.lead import Lead
from db.types import ApprovalId, ApprovalState, CampaignId, WorkspaceId

_ORDER = (Approval.expires_at, Approval.id)
_PLACE = tuple_(*_ORDER)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose drafts, and of which campaign; None: everybody's, every one."""

    owner: str | None = None
    campaign: CampaignId | None = None

    @property
    def is_all(self) -> bool:
        return self.owner is None and self.campaign is None


@dataclass(frozen=True, slots=True)
class Question:
    """As much of an approval as a summary of many names."""

    id: ApprovalId
    content_hash: str
    lead_id: UUID


async def first(session: AsyncSession, workspace_id: WorkspaceId, wanted: Wanted) -> ApprovalId | None:
    return await _one(session, _open(select(Approval.id), workspace_id, wanted).order_by(*_ORDER))


async def after(
    session: AsyncSession, workspace_id: WorkspaceId, wanted: Wanted, anchor: UUID
) -> ApprovalId | None:
    """The next one behind the anchor's place, which it keeps when it is decided; the first where it is gone."""
    found = _open(select(Approval.id), workspace_id, wanted).order_by(*_ORDER)
    place = await _place_of(session, workspace_id, anchor)
    return await _one(session, found.where(place < _PLACE) if place is not None else found)


async def before(
    session: AsyncSession, workspace_id: WorkspaceId, wanted: Wanted, anchor: UUID
) -> ApprovalId | None:
    """None where the anchor is the first, or gone."""
    place = await _place_of(session, workspace_id, anchor)
    if place is None:
        return None
    found = _open(select(Approval.id), workspace_id, wanted).where(place > _PLACE)
    return await _one(session, found.order_by(Approval.expires_at.desc(), Approval.id.desc()))


async def standing(
    session: AsyncSession, workspace_id: WorkspaceId, wanted: Wanted, approval_id: UUID
) -> Standing:
    place = await _place_of(session, workspace_id, approval_id)
    up_to = func.count().filter(place >= _PLACE) if place is not None else literal(0)
    here = func.count().filter(Approval.id == approval_id)
    found = _open(select(up_to, here, func.count()).select_from(Approval), workspace_id, wanted)
    position, is_here, total = (await session.execute(found)).one()
    return Standing(position if is_here else 0, total)


async def count(session: AsyncSession, workspace_id: WorkspaceId, wanted: Wanted) -> int:
    found = _open(select(func.count()).select_from(Approval), workspace_id, wanted)
    return await session.scalar(found) or 0


async def campaigns(
    session: AsyncSession, workspace_id: WorkspaceId, *, limit: int = 90
) -> list[CampaignWaiting]:
    """Those with drafts that wait, the most first."""
    found = await session.execute(
        select(Campaign.id, Campaign.name, func.count())
        .join(Enrollment, Enrollment.campaign_id == Campaign.id)
        .join(Approval, Approval.enrollment_id == Enrollment.id)
        .where(Approval.workspace_id == workspace_id, Approval.state == ApprovalState.PENDING)
        .group_by(Campaign.id, Campaign.name)
        .order_by(func.count().desc(), Campaign.name)
        .limit(limit)
    )
    return [CampaignWaiting(CampaignId(one), name, count) for one, name, count in found]


async def questions(
    session: AsyncSession, workspace_id: WorkspaceId, wanted: Wanted, *, limit: int
) -> list[Question]:
    """The first of them, in the queue's order."""
    columns = select(Approval.id, Approval.content_hash, Approval.lead_id)
    found = _open(columns, workspace_id, wanted).order_by(*_ORDER).limit(limit)
    return [Question(ApprovalId(row[0]), row[1], row[2]) for row in await session.execute(found)]


Columns = TypeVarTuple("Columns")


def _open(found: Select[*Columns], workspace_id: WorkspaceId, wanted: Wanted) -> Select[*Columns]:
    found = found.where(Approval.workspace_id == workspace_id, Approval.state == ApprovalState.PENDING)
    if not wanted.is_all:
        found = found.outerjoin(Enrollment, Enrollment.id == Approval.enrollment_id)
    if wanted.campaign is not None:
        found = found.where(Enrollment.campaign_id == wanted.campaign)
    if wanted.owner is not None:
        found = found.join(Lead, Lead.id == Approval.lead_id)
        found = found.outerjoin(Campaign, Campaign.id == Enrollment.campaign_id)
        found = found.where(func.coalesce(Lead.owner_user_id, Campaign.owner_user_id) == wanted.owner)
    return found


async def _place_of(
    session: AsyncSession, workspace_id: WorkspaceId, approval_id: UUID
) -> ColumnElement[Any] | None:
    expires_at = await session.scalar(
        select(Approval.expires_at).where(Approval.workspace_id == workspace_id, Approval.id == approval_id)
    )
    return None if expires_at is None else tuple_(literal(expires_at), literal(approval_id))


async def _one(session: AsyncSession, found: Select[UUID]) -> ApprovalId | None:
    made = await session.scalar(found.limit(1))
    return ApprovalId(made) if made is not None else None
