"""One lead in one campaign: its lease while it is written, its states, and what ends it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.models.campaign import Campaign, Enrollment
from db.models.email import EmailCampaign
from db.models.lead import Lead
from db.queries.leases import Lease, held, is_free
from db.queries.many import among
from db.types import (
    CampaignState,
    EmailKind,
    EmailState,
    EnrollmentState,
    LeadStatus,
    StopReason,
    WorkspaceId,
)

GOING = (EnrollmentState.WRITING, EnrollmentState.AWAITING_APPROVAL, EnrollmentState.ACTIVE)
RUNNING = (*GOING, EnrollmentState.HELD)  # one on hold goes on only when somebody resumes it
# Emails that have not begun to leave. One that has is ended by the send job, which asks the gates again.
AT_REST = (EmailState.DRAFT, EmailState.PENDING, EmailState.APPROVED, EmailState.SCHEDULED)


async def get(session: AsyncSession, workspace_id: WorkspaceId, enrollment_id: UUID) -> Enrollment | None:
    return await session.scalar(
        select(Enrollment)
        .where(Enrollment.workspace_id == workspace_id, Enrollment.id == enrollment_id)
        .execution_options(populate_existing=True)
    )


async def campaign_of(session: AsyncSession, workspace_id: WorkspaceId, campaign_id: UUID) -> Campaign | None:
    return await session.scalar(
        select(Campaign)
        .where(Campaign.workspace_id == workspace_id, Campaign.id == campaign_id)
        .execution_options(populate_existing=True)
    )


async def claim(
    session: AsyncSession, workspace_id: WorkspaceId, enrollment_id: UUID, lease: Lease, *, wall: datetime
) -> Enrollment | None:
    """The enrollment, ours until the lease ends; None when nothing is to be written or somebody writes it."""
    return await session.scalar(
        update(Enrollment)
        .where(
            Enrollment.workspace_id == workspace_id,
            Enrollment.id == enrollment_id,
            Enrollment.state == EnrollmentState.WRITING,
            is_free(Enrollment.lease_until, wall),
        )
        .values(lease_token=lease.token, lease_until=lease.until, attempts=Enrollment.attempts + 1)
        .returning(Enrollment)
        .execution_options(populate_existing=True)
    )


async def renew(session: AsyncSession, enrollment_id: UUID, lease: Lease) -> None:
    """Raises LeaseLost when somebody else writes it now, or it was stopped."""
    row = await session.scalar(
        update(Enrollment)
        .where(
            Enrollment.id == enrollment_id,
            Enrollment.lease_token == lease.token,
            Enrollment.state == EnrollmentState.WRITING,
        )
        .values(lease_until=lease.until)
        .returning(Enrollment.id)
    )
    held(row, "enrollment", enrollment_id)


async def release(session: AsyncSession, enrollment_id: UUID, lease: Lease) -> None:
    """Free to be taken at once, if it is still ours."""
    await session.execute(
        update(Enrollment)
        .where(Enrollment.id == enrollment_id, Enrollment.lease_token == lease.token)
        .values(lease_token=None, lease_until=None)
    )


async def set_mailbox(session: AsyncSession, enrollment_id: UUID, mailbox_id: UUID, *, now: datetime) -> None:
    await session.execute(
        update(Enrollment).where(Enrollment.id == enrollment_id).values(mailbox_id=mailbox_id, updated_at=now)
    )


async def set_state(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    enrollment_id: UUID,
    state: EnrollmentState,
    *,
    among: Collection[EnrollmentState] = RUNNING,
    now: datetime,
) -> bool:
    """Move on from one of `among`, and let go of any lease. False: it was in another state."""
    moved = await session.scalar(
        update(Enrollment)
        .where(
            Enrollment.workspace_id == workspace_id,
            Enrollment.id == enrollment_id,
            Enrollment.state.in_(list(among)),
        )
        .values(state=state, lease_token=None, lease_until=None, attempts=0, updated_at=now)
        .returning(Enrollment.id)
    )
    return moved is not None


async def stop(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    enrollment_id: UUID,
    reason: StopReason,
    *,
    now: datetime,
) -> bool:
    """End the sequence and cancel what has not begun to leave. False: it had ended already."""
    stopped = await session.scalar(
        update(Enrollment)
        .where(
            Enrollment.workspace_id == workspace_id,
            Enrollment.id == enrollment_id,
            Enrollment.state.in_(RUNNING),
        )
        .values(
            state=EnrollmentState.STOPPED,
            stop_reason=reason,
            lease_token=None,
            lease_until=None,
            updated_at=now,
        )
        .returning(Enrollment.id)
    )
    await session.execute(
        update(EmailCampaign)
        .where(
            EmailCampaign.enrollment_id == enrollment_id,
            EmailCampaign.kind == EmailKind.SEQUENCE,
            EmailCampaign.state.in_(AT_REST),
        )
        .values(state=EmailState.CANCELLED, updated_at=now)
    )
    return stopped is not None


async def reopen(
    session: AsyncSession, workspace_id: WorkspaceId, enrollment_id: UUID, *, now: datetime
) -> bool:
    """Write a sequence anew whose drafts expired. False: it did not end so, the lead is in another one, or its
    campaign has ended."""
    other = aliased(Enrollment)
    in_another = select(other.id).where(other.lead_id == Enrollment.lead_id, other.state.in_(RUNNING))
    over = select(Campaign.id).where(
        Campaign.id == Enrollment.campaign_id, Campaign.state == CampaignState.CANCELLED
    )
    opened = await session.scalar(
        update(Enrollment)
        .where(
            Enrollment.workspace_id == workspace_id,
            Enrollment.id == enrollment_id,
            Enrollment.state == EnrollmentState.STOPPED,
            Enrollment.stop_reason == StopReason.EXPIRED,
            ~in_another.exists(),
            ~over.exists(),
        )
        .values(state=EnrollmentState.WRITING, stop_reason=None, attempts=0, updated_at=now)
        .returning(Enrollment.id)
        .execution_options(synchronize_session=False)
    )
    return opened is not None


async def running_of_lead(session: AsyncSession, workspace_id: WorkspaceId, lead_id: UUID) -> list[UUID]:
    found = await session.scalars(
        select(Enrollment.id).where(
            Enrollment.workspace_id == workspace_id,
            Enrollment.lead_id == lead_id,
            Enrollment.state.in_(RUNNING),
        )
    )
    return list(found)


async def newest_of_lead(
    session: AsyncSession, workspace_id: WorkspaceId, lead_id: UUID
) -> Enrollment | None:
    return await session.scalar(
        select(Enrollment)
        .where(Enrollment.workspace_id == workspace_id, Enrollment.lead_id == lead_id)
        .order_by(Enrollment.state.in_(RUNNING).desc(), Enrollment.created_at.desc())
        .limit(1)
    )


async def hold(
    session: AsyncSession,
    enrollment_id: UUID,
    *,
    until: datetime | None,
    reason: StopReason | None = None,
    now: datetime,
) -> None:
    """Nothing of this sequence leaves before `until`; None: until somebody resumes it."""
    values: dict[str, object] = {"held_until": until, "updated_at": now}
    if until is None:
        values |= {"state": EnrollmentState.HELD, "stop_reason": reason}
    await session.execute(
        update(Enrollment)
        .where(Enrollment.id == enrollment_id, Enrollment.state.in_(RUNNING))
        .values(**values)
    )


async def hold_colleagues(
    session: AsyncSession, workspace_id: WorkspaceId, *, campaign_id: UUID, lead_id: UUID, now: datetime
) -> list[tuple[UUID, str]]:
    """Hold the sequences of this campaign to other leads of the same company; which, and the leads' names.

    The reason stays when somebody resumes one: it says that what the colleague wrote holds it no more.
    """
    lead = await session.scalar(select(Lead).where(Lead.id == lead_id))
    if lead is None or not (lead.company_domain or lead.company):
        return []
    same = (
        Lead.company_domain == lead.company_domain
        if lead.company_domain
        else func.lower(Lead.company) == (lead.company or "").lower()
    )
    colleagues = select(Lead.id).where(Lead.workspace_id == workspace_id, Lead.id != lead_id, same)
    held_now = await session.execute(
        update(Enrollment)
        .where(
            Enrollment.workspace_id == workspace_id,
            Enrollment.campaign_id == campaign_id,
            Enrollment.lead_id.in_(colleagues),
            Enrollment.state == EnrollmentState.ACTIVE,
        )
        .values(
            state=EnrollmentState.HELD,
            stop_reason=StopReason.COLLEAGUE_REPLIED,
            held_until=None,
            updated_at=now,
        )
        .returning(Enrollment.id, select(Lead.name).where(Lead.id == Enrollment.lead_id).scalar_subquery())
        .execution_options(synchronize_session=False)
    )
    return [(row[0], row[1]) for row in held_now]


async def complete_if_done(
    session: AsyncSession, workspace_id: WorkspaceId, enrollment_ids: Collection[UUID], *, now: datetime
) -> None:
    """Complete the enrollments of which nothing is left to send, and the campaigns with the last of their leads."""
    if not enrollment_ids:
        return
    left = (
        select(EmailCampaign.id)
        .where(
            EmailCampaign.enrollment_id == Enrollment.id,
            EmailCampaign.kind == EmailKind.SEQUENCE,
            EmailCampaign.state.not_in((EmailState.SENT, EmailState.CANCELLED, EmailState.REJECTED)),
        )
        .exists()
    )
    done = await session.scalars(
        update(Enrollment)
        .where(
            Enrollment.workspace_id == workspace_id,
            among(Enrollment.id, enrollment_ids),
            Enrollment.state == EnrollmentState.ACTIVE,
            ~left,
        )
        .values(state=EnrollmentState.COMPLETED, stop_reason=None, updated_at=now)
        .returning(Enrollment.campaign_id)
        .execution_options(synchronize_session=False)
    )
    for campaign_id in set(done):
        await complete_campaign_if_done(session, workspace_id, campaign_id, now=now)


async def complete_campaign_if_done(
    session: AsyncSession, workspace_id: WorkspaceId, campaign_id: UUID, *, now: datetime
) -> None:
    """A campaign that was given its leads once ends with the last of them; the default one stays open."""
    running = select(Enrollment.id).where(
        Enrollment.campaign_id == campaign_id, Enrollment.state.in_(RUNNING)
    )
    await session.execute(
        update(Campaign)
        .where(
            Campaign.workspace_id == workspace_id,
            Campaign.id == campaign_id,
            Campaign.state == CampaignState.ACTIVE,
            Campaign.filter.is_not(None),
            ~running.exists(),
        )
        .values(state=CampaignState.COMPLETED, updated_at=now)
    )


async def set_lead_status(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    lead_ids: Collection[UUID],
    status: LeadStatus,
    *,
    unless: Collection[LeadStatus] = (),
    now: datetime,
) -> None:
    if lead_ids:
        await session.execute(
            update(Lead)
            .where(Lead.workspace_id == workspace_id, among(Lead.id, lead_ids), Lead.status.not_in(unless))
            .values(status=status, updated_at=now)
            .execution_options(synchronize_session=False)
        )
