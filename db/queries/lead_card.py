"""Read models of leads and their research, for cards."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.cards import FactLine, LeadLine, RunCard, StepLine
from db.models.campaign import Enrollment
from db.models.lead import Lead
from db.models.research import Fact, ResearchRun
from db.queries import lead as leads
from db.queries import research
from db.types import EnrollmentState, LeadId, RunId, RunState, WorkspaceId


def line(lead: Lead) -> LeadLine:
    return LeadLine(
        id=LeadId(lead.id),
        name=lead.name,
        email=lead.email,
        email_status=lead.email_status,
        company=lead.company,
        title=lead.title,
        status=lead.status,
        score=lead.score,
        qualified=lead.qualified,
        qualification_reason=lead.qualification_reason,
        location=lead.location,
        linkedin_url=lead.linkedin_url,
        website_url=lead.website_url,
        source=lead.source,
        owner_user_id=lead.owner_user_id,
        email_note=lead.email_note,
    )


def fact_lines(facts: Iterable[Fact]) -> tuple[FactLine, ...]:
    return tuple(
        FactLine(
            str(fact.id),
            fact.field,
            fact.value,
            fact.quote,
            fact.url,
            fact.retrieved_at,
            fact.published_on,
            float(fact.confidence),
        )
        for fact in facts
    )


async def load_facts(session: AsyncSession, workspace_id: WorkspaceId, lead_id: UUID) -> tuple[FactLine, ...]:
    return fact_lines(await research.facts(session, workspace_id, lead_id))


async def load_run_card(session: AsyncSession, workspace_id: WorkspaceId, run: ResearchRun) -> RunCard | None:
    """A run as it stands; None when its lead is gone."""
    lead = await leads.get(session, workspace_id, run.lead_id)
    if lead is None:
        return None
    ended = run.state not in (RunState.QUEUED, RunState.RUNNING)
    took = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None
    return RunCard(
        run_id=RunId(run.id),
        lead=line(lead),
        depth=run.depth,
        state=run.state,
        steps=tuple(_step(step) for step in run.plan.get("steps", ())),
        facts=await load_facts(session, workspace_id, lead.id) if ended else (),
        missing=tuple(run.missing),
        seconds=took,
        cents=run.cost_cents,
        quality=run.quality,
        writing=ended and await _is_being_written(session, lead.id),
        error=run.error,
        not_taken=tuple((str(one["title"]), str(one["reason"])) for one in run.plan.get("not_taken") or ()),
    )


def _step(step: dict[str, Any]) -> StepLine:
    found = step.get("found") or 0
    return StepLine(
        key=str(step.get("key", "")),
        title=str(step.get("title", step.get("key", ""))),
        state=str(step.get("state", "pending")),
        found=f"{found} fact{'s' if found != 1 else ''}" if found else str(step.get("note") or ""),
        url=step.get("url"),
        milliseconds=step.get("ms"),
        cents=Decimal(str(step.get("cents") or 0)),
        error=step.get("error"),
    )


async def _is_being_written(session: AsyncSession, lead_id: UUID) -> bool:
    writing = select(Enrollment.id).where(
        Enrollment.lead_id == lead_id, Enrollment.state == EnrollmentState.WRITING
    )
    return await session.scalar(writing) is not None
