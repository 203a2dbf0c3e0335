"""Experiments: one that runs, the arm of each sequence, and what became of the leads of each arm."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.cards import ArmCounts
from db.models.campaign import Enrollment
from db.models.email import EmailCampaign, InboundEmail
from db.models.experiment import Experiment
from db.types import (
    EmailKind,
    EnrollmentId,
    ExperimentDimension,
    ExperimentId,
    ExperimentState,
    InboundKind,
    Outcome,
    WorkspaceId,
)


async def create(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    name: str,
    dimension: ExperimentDimension,
    arms: Sequence[str],
    baseline: float,
    target: float,
    created_by: str | None,
    now: datetime,
) -> ExperimentId | None:
    """None when another one runs: two would blur each other."""
    made = await session.scalar(
        insert(Experiment)
        .values(
            workspace_id=workspace_id,
            name=name,
            dimension=dimension,
            arms=list(arms),
            baseline=baseline,
            target=target,
            state=ExperimentState.RUNNING,
            created_by=created_by,
            created_at=now,
        )
        .on_conflict_do_nothing(
            index_elements=[Experiment.workspace_id], index_where=text("state = 'running'")
        )
        .returning(Experiment.id)
    )
    return ExperimentId(made) if made else None


async def end(
    session: AsyncSession, workspace_id: WorkspaceId, experiment_id: UUID, *, now: datetime
) -> bool:
    """False: it had ended before. Sequences keep the arm they have."""
    ended = await session.scalar(
        update(Experiment)
        .where(
            Experiment.workspace_id == workspace_id,
            Experiment.id == experiment_id,
            Experiment.state == ExperimentState.RUNNING,
        )
        .values(state=ExperimentState.ENDED, ended_at=now)
        .returning(Experiment.id)
    )
    return ended is not None


async def running(session: AsyncSession, workspace_id: WorkspaceId) -> Experiment | None:
    return await session.scalar(_of(workspace_id).where(Experiment.state == ExperimentState.RUNNING))


async def by_id(session: AsyncSession, workspace_id: WorkspaceId, experiment_id: UUID) -> Experiment | None:
    return await session.scalar(_of(workspace_id).where(Experiment.id == experiment_id))


async def newest(
    session: AsyncSession, workspace_id: WorkspaceId, *, named: str | None = None
) -> Experiment | None:
    """The one that runs, else the one begun last; with `named`, among those whose name holds the words."""
    found = _of(workspace_id).order_by(
        (Experiment.state == ExperimentState.RUNNING).desc(), Experiment.created_at.desc()
    )
    if named:
        found = found.where(func.lower(Experiment.name).contains(named.lower(), autoescape=True))
    return await session.scalar(found.limit(1))


def _of(workspace_id: WorkspaceId) -> Select[Experiment]:
    return (
        select(Experiment)
        .where(Experiment.workspace_id == workspace_id)
        .execution_options(populate_existing=True)
    )


async def assign(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    enrollment_id: EnrollmentId,
    *,
    experiment_id: UUID,
    arm: str,
) -> bool:
    """Give a sequence its arm for good. False: it has one, or was begun without."""
    begun = exists().where(EmailCampaign.enrollment_id == enrollment_id)
    given = await session.scalar(
        update(Enrollment)
        .where(
            Enrollment.workspace_id == workspace_id,
            Enrollment.id == enrollment_id,
            Enrollment.arm.is_(None),
            ~begun,
        )
        .values(experiment_id=experiment_id, arm=arm)
        .returning(Enrollment.id)
        .execution_options(synchronize_session=False)
    )
    return given is not None


async def mark_stand_in(
    session: AsyncSession, workspace_id: WorkspaceId, enrollment_id: EnrollmentId
) -> None:
    """Something else than its arm wrote some of the sequence: it says nothing of the arm."""
    await session.execute(
        update(Enrollment)
        .where(
            Enrollment.workspace_id == workspace_id,
            Enrollment.id == enrollment_id,
            Enrollment.experiment_id.is_not(None),
        )
        .values(stand_in=True)
        .execution_options(synchronize_session=False)
    )


async def results(
    session: AsyncSession, workspace_id: WorkspaceId, experiment_id: UUID
) -> dict[str, ArmCounts]:
    """By arm; arms that nobody was written to in are missing. One statement over the experiment's own rows."""
    rows = await session.execute(results_query(workspace_id, experiment_id))
    return {
        row.arm: ArmCounts(
            row.arm, row.leads, row.replied, row.positive, row.opened, row.stand_ins, tuple(row.models or ())
        )
        for row in rows
    }


def results_query(
    workspace_id: WorkspaceId, experiment_id: UUID
) -> Select[Any, int, int, int, int, int, Any]:
    """One row an arm, named as the fields of ArmCounts."""
    ours = (
        select(Enrollment.id, Enrollment.lead_id, Enrollment.arm, Enrollment.stand_in)
        .where(Enrollment.workspace_id == workspace_id, Enrollment.experiment_id == experiment_id)
        .subquery("ours")
    )
    interested = or_(
        InboundEmail.sentiment == "interested", InboundEmail.outcome.in_((Outcome.MEETING, Outcome.WON))
    )
    came = (
        select(InboundEmail.enrollment_id, func.bool_or(func.coalesce(interested, False)).label("positive"))
        .where(
            InboundEmail.workspace_id == workspace_id,
            InboundEmail.kind == InboundKind.HUMAN,
            InboundEmail.enrollment_id.in_(select(ours.c.id)),
        )
        .group_by(InboundEmail.enrollment_id)
        .subquery("came")
    )
    # Every email of a lead brings the same reply along, which the aggregates over the lead don't mind.
    by_lead = (
        select(
            func.min(ours.c.arm).label("arm"),
            func.bool_or(ours.c.stand_in).label("stand_in"),
            func.bool_or(~EmailCampaign.bounced).label("delivered"),
            func.bool_or(EmailCampaign.opened).label("opened"),
            func.bool_or(came.c.enrollment_id.is_not(None)).label("replied"),
            func.bool_or(func.coalesce(came.c.positive, False)).label("positive"),
            func.max(EmailCampaign.ai_model_used).label("model"),
        )
        .select_from(ours)
        .join(EmailCampaign, EmailCampaign.enrollment_id == ours.c.id)
        .outerjoin(came, came.c.enrollment_id == ours.c.id)
        .where(
            EmailCampaign.workspace_id == workspace_id,
            EmailCampaign.kind == EmailKind.SEQUENCE,
            EmailCampaign.sent_at.is_not(None),
        )
        .group_by(ours.c.lead_id)
        .subquery("by_lead")
    )
    counts = by_lead.c.delivered & ~by_lead.c.stand_in
    return select(
        by_lead.c.arm,
        func.count().filter(counts).label("leads"),
        func.count().filter(counts, by_lead.c.replied).label("replied"),
        func.count().filter(counts, by_lead.c.replied, by_lead.c.positive).label("positive"),
        func.count().filter(counts, by_lead.c.opened).label("opened"),
        func.count().filter(by_lead.c.stand_in).label("stand_ins"),
        func.array_agg(by_lead.c.model.distinct())
        .filter(counts, by_lead.c.model.is_not(None))
        .label("models"),
    ).group_by(by_lead.c.arm)
