"""Pausing, resuming and cancelling: whole campaigns, or the sequences to some leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Update, and_, case, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.campaign import Campaign, Enrollment
from db.models.email import Approval, EmailCampaign
from db.models.lead import Lead
from db.queries.enrollment import AT_REST, GOING, RUNNING
from db.types import (
    ApprovalId,
    ApprovalState,
    CampaignState,
    EmailKind,
    EmailState,
    EnrollmentState,
    StopReason,
    WorkspaceId,
)

_OPEN = (CampaignState.ACTIVE, CampaignState.PAUSED)
_ORDERED = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Which:
    """`leads`: conditions on leads, and then only the sequences to them; None is every lead, and so the campaigns
    themselves. `campaign_id` None: every campaign."""

    campaign_id: UUID | None = None
    leads: Sequence[ColumnElement[bool]] | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """How many campaigns themselves, and which sequences."""

    campaigns: tuple[UUID, ...]
    enrollments: tuple[UUID, ...]


def of_company(workspace_id: WorkspaceId, company: str) -> list[ColumnElement[bool]]:
    """Leads whose company's name holds the words, or whose company has that domain."""
    wanted = company.strip().lower()
    named = func.strpos(func.lower(func.coalesce(Lead.company, "")), wanted) > 0
    return [Lead.workspace_id == workspace_id, named | (func.lower(Lead.company_domain) == wanted)]


async def affected(session: AsyncSession, workspace_id: WorkspaceId, which: Which) -> Changed:
    """What cancelling would end."""
    chosen = _chosen(which, RUNNING, workspace_id)
    running = await session.scalars(select(Enrollment.id).where(*chosen))
    if which.leads is not None:
        return Changed((), tuple(running))
    campaigns = await session.scalars(select(Campaign.id).where(*_campaigns(which, _OPEN, workspace_id)))
    return Changed(tuple(campaigns), tuple(running))


async def pause(session: AsyncSession, workspace_id: WorkspaceId, which: Which, *, now: datetime) -> Changed:
    """A campaign as it is keeps its sequences as they are; those of some leads are held, whatever they wait for."""
    if which.leads is None:
        return await _switch(session, workspace_id, which, CampaignState.ACTIVE, CampaignState.PAUSED, now)
    held = update(Enrollment).where(*_chosen(which, GOING, workspace_id))
    values = {"state": EnrollmentState.HELD, "held_until": None}
    return Changed((), await _written(session, held, values, now))


async def resume(session: AsyncSession, workspace_id: WorkspaceId, which: Which, *, now: datetime) -> Changed:
    if which.leads is None:
        return await _switch(session, workspace_id, which, CampaignState.PAUSED, CampaignState.ACTIVE, now)
    waiting = [*_chosen(which, (EnrollmentState.HELD,), workspace_id), Enrollment.held_until.is_(None)]
    freed = update(Enrollment).where(*waiting)
    return Changed((), await _written(session, freed, {"state": _where_it_stood()}, now))


async def resume_one(
    session: AsyncSession, workspace_id: WorkspaceId, enrollment_id: UUID, *, now: datetime
) -> bool:
    """False: it is not on hold."""
    held = (
        Enrollment.workspace_id == workspace_id,
        Enrollment.id == enrollment_id,
        Enrollment.state == EnrollmentState.HELD,
    )
    freed = update(Enrollment).where(*held)
    return bool(await _written(session, freed, {"state": _where_it_stood()}, now))


def _where_it_stood() -> ColumnElement[Any]:
    """The state a held sequence goes on in: still to be written, waiting for an approval, or leaving."""
    mine = (EmailCampaign.enrollment_id == Enrollment.id, EmailCampaign.kind == EmailKind.SEQUENCE)
    unwritten = exists().where(*mine, EmailCampaign.state == EmailState.DRAFT) | ~exists().where(*mine)
    asked = exists().where(
        Approval.enrollment_id == Enrollment.id,
        Approval.kind == EmailKind.SEQUENCE,
        Approval.state == ApprovalState.PENDING,
    )
    return case(
        (unwritten, EnrollmentState.WRITING),
        (asked, EnrollmentState.AWAITING_APPROVAL),
        else_=EnrollmentState.ACTIVE,
    )


async def cancel(session: AsyncSession, workspace_id: WorkspaceId, which: Which, *, now: datetime) -> Changed:
    """For good. Emails that have not begun to leave are cancelled; the send job ends one that has."""
    stopped = update(Enrollment).where(*_chosen(which, RUNNING, workspace_id))
    values = {"state": EnrollmentState.STOPPED, "stop_reason": StopReason.CANCELLED, "held_until": None}
    ended = await _written(session, stopped, values, now)
    await session.execute(
        update(EmailCampaign)
        .where(
            EmailCampaign.workspace_id == workspace_id,
            EmailCampaign.enrollment_id == func.any(list(ended)),
            EmailCampaign.kind == EmailKind.SEQUENCE,
            EmailCampaign.state.in_(AT_REST),
        )
        .values(state=EmailState.CANCELLED, updated_at=now)
        .execution_options(**_ORDERED)
    )
    if which.leads is not None:
        return Changed((), ended)
    campaigns = (
        update(Campaign)
        .where(*_campaigns(which, _OPEN, workspace_id))
        .values(state=CampaignState.CANCELLED, updated_at=now)
        .returning(Campaign.id)
        .execution_options(**_ORDERED)
    )
    return Changed(tuple(await session.scalars(campaigns)), ended)


async def void_questions(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    enrollments: Sequence[UUID],
    *,
    reason: str,
    now: datetime,
) -> list[ApprovalId]:
    """Nobody is asked any more about these sequences; which questions were taken back."""
    voided = await session.scalars(
        update(Approval)
        .where(
            Approval.workspace_id == workspace_id,
            Approval.enrollment_id == func.any(list(enrollments)),
            Approval.kind == EmailKind.SEQUENCE,
            Approval.state == ApprovalState.PENDING,
        )
        .values(state=ApprovalState.VOID, reason=reason, decided_at=now)
        .returning(Approval.id)
        .execution_options(**_ORDERED)
    )
    return [ApprovalId(one) for one in voided]


async def campaigns_of(session: AsyncSession, workspace_id: WorkspaceId, changed: Changed) -> list[UUID]:
    """The campaigns that changed themselves, or whose sequences did."""
    theirs = select(Enrollment.campaign_id).where(
        Enrollment.workspace_id == workspace_id, Enrollment.id == func.any(list(changed.enrollments))
    )
    return list(dict.fromkeys([*changed.campaigns, *await session.scalars(theirs.distinct())]))


async def cards_of(
    session: AsyncSession, workspace_id: WorkspaceId, enrollments: Sequence[UUID], *, limit: int
) -> list[ApprovalId]:
    """The approvals whose cards show these sequences, the newest first: pending or approved."""
    found = await session.scalars(
        select(Approval.id)
        .where(
            Approval.workspace_id == workspace_id,
            Approval.enrollment_id == func.any(list(enrollments)),
            Approval.kind == EmailKind.SEQUENCE,
            Approval.state.in_((ApprovalState.PENDING, ApprovalState.APPROVED)),
        )
        .order_by(Approval.created_at.desc(), Approval.id)
        .limit(limit)
    )
    return [ApprovalId(one) for one in found]


async def _switch(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    which: Which,
    before: CampaignState,
    after: CampaignState,
    now: datetime,
) -> Changed:
    campaigns = (
        update(Campaign)
        .where(*_campaigns(which, (before,), workspace_id))
        .values(state=after, updated_at=now)
        .returning(Campaign.id)
        .execution_options(**_ORDERED)
    )
    changed = list(await session.scalars(campaigns))
    running = select(Enrollment.id).where(Enrollment.campaign_id.in_(changed), Enrollment.state.in_(RUNNING))
    return Changed(tuple(changed), tuple(await session.scalars(running)))


def _campaigns(
    which: Which, states: Sequence[CampaignState], workspace_id: WorkspaceId
) -> list[ColumnElement[bool]]:
    chosen = [Campaign.workspace_id == workspace_id, Campaign.state.in_(states)]
    return [*chosen, Campaign.id == which.campaign_id] if which.campaign_id else chosen


def _chosen(
    which: Which, states: Sequence[EnrollmentState], workspace_id: WorkspaceId
) -> list[ColumnElement[bool]]:
    chosen = [Enrollment.workspace_id == workspace_id, Enrollment.state.in_(states)]
    if which.campaign_id is not None:
        chosen.append(Enrollment.campaign_id == which.campaign_id)
    if which.leads is not None:
        chosen.append(Enrollment.lead_id.in_(select(Lead.id).where(and_(*which.leads))))
    return chosen


async def _written(
    session: AsyncSession, rows: Update, values: dict[str, Any], now: datetime
) -> tuple[UUID, ...]:
    """Whoever writes one of them at this moment finds its lease gone."""
    freed = rows.values(**values, lease_token=None, lease_until=None, attempts=0, updated_at=now)
    return tuple(await session.scalars(freed.returning(Enrollment.id).execution_options(**_ORDERED)))
