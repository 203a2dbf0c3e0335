"""What the next slots of sequences come of: how each enrollment stands, and its steps."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.campaign import Campaign, Enrollment
from db.models.email import EmailCampaign
from db.models.lead import Lead
from db.queries.many import among
from db.types import EmailKind, EmailState, EnrollmentState, WorkspaceId

_GOING = (EnrollmentState.ACTIVE, EnrollmentState.HELD)


@dataclass(frozen=True, slots=True)
class Step:
    """One email of a sequence."""

    id: UUID
    state: EmailState
    number: int
    scheduled_for: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sequence:
    """One enrollment that goes on, or is on hold. `waits`: business days before each step."""

    campaign_id: UUID
    lead_id: UUID
    starts_at: datetime | None  # the campaign's
    not_before: datetime | None  # its own
    held_until: datetime | None
    waits: list[int]
    zone: str | None  # the lead's
    country: str | None
    steps: tuple[Step, ...]  # in order


async def sequences(
    session: AsyncSession, workspace_id: WorkspaceId, enrollment_ids: Collection[UUID]
) -> dict[UUID, Sequence]:
    """Those of the enrollments that are active or on hold."""
    steps = await _steps(session, workspace_id, enrollment_ids)
    found = await session.execute(
        select(
            Enrollment.id,
            Enrollment.campaign_id,
            Enrollment.lead_id,
            Campaign.starts_at,
            Enrollment.not_before,
            Enrollment.held_until,
            Campaign.waits,
            Lead.timezone,
            Lead.country,
        )
        .join(Campaign, Campaign.id == Enrollment.campaign_id)
        .join(Lead, Lead.id == Enrollment.lead_id)
        .where(
            Enrollment.workspace_id == workspace_id,
            among(Enrollment.id, enrollment_ids),
            Enrollment.state.in_(_GOING),
        )
    )
    return {row[0]: Sequence(*row[1:], steps=tuple(steps.get(row[0], ()))) for row in found}


async def _steps(
    session: AsyncSession, workspace_id: WorkspaceId, enrollment_ids: Collection[UUID]
) -> dict[UUID, list[Step]]:
    found = await session.execute(
        select(
            EmailCampaign.enrollment_id,
            EmailCampaign.id,
            EmailCampaign.state,
            EmailCampaign.email_sequence,
            EmailCampaign.scheduled_for,
            EmailCampaign.sent_at,
        )
        .where(
            EmailCampaign.workspace_id == workspace_id,
            among(EmailCampaign.enrollment_id, enrollment_ids),
            EmailCampaign.kind == EmailKind.SEQUENCE,
        )
        .order_by(EmailCampaign.email_sequence)
    )
    steps: dict[UUID, list[Step]] = {}
    for enrollment_id, email_id, state, number, scheduled_for, sent_at in found:
        if enrollment_id is not None and number is not None:  # every step has both
            step = Step(email_id, EmailState(state), number, scheduled_for, sent_at)
            steps.setdefault(enrollment_id, []).append(step)
    return steps
