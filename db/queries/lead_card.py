"""Read models of leads and their research, for cards."""

from collections.abc import Iterable
from dataclasses import fields
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, Table, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.cards import FactLine, LeadLine, RunCard, StepLine
from db.models.campaign import Enrollment
from db.models.lead import Lead
from db.models.research import Fact, ResearchRun
from db.queries.evidence import BEST_FIRST
from db.types import EnrollmentState, LeadId, RunId, RunState, WorkspaceId

_LEADS, _RUNS, _FACTS = (cast("Table", model.__table__) for model in (Lead, ResearchRun, Fact))
_LINE = [field.name for field in fields(LeadLine) if field.name != "id"]
_OF_RUN = (
    "lead_id",
    "depth",
    "plan",
    "missing",
    "cost_cents",
    "quality",
    "error",
    "started_at",
    "finished_at",
    "channel_id",
    "thread_ts",
    "requested_by",
)
# Columns alone, of statements that are built once: a run shows its card at every other step.
_RUN = select(
    *(_LEADS.c[name] for name in _LINE),
    _RUNS.c.state.label("run_state"),
    *(_RUNS.c[name] for name in _OF_RUN),
).where(
    _RUNS.c.workspace_id == bindparam("workspace_id"),
    _RUNS.c.id == bindparam("run_id"),
    _LEADS.c.workspace_id == _RUNS.c.workspace_id,
    _LEADS.c.id == _RUNS.c.lead_id,
)
_FACT_LINES = (
    select(
        *(
            _FACTS.c[name]
            for name in ("id", "field", "value", "quote", "url", "retrieved_at", "published_on", "confidence")
        )
    )
    .where(_FACTS.c.workspace_id == bindparam("workspace_id"), _FACTS.c.lead_id == bindparam("lead_id"))
    .order_by(*BEST_FIRST)
)


def fact_lines(facts: Iterable[Fact | Row[Any]]) -> tuple[FactLine, ...]:
    """Of entities, or of rows with the same columns."""
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


async def load_facts(session: AsyncSession, workspace_id: WorkspaceId, lead_id: UUID) -> tuple[FactLine, ...]:
    rows = await session.execute(_FACT_LINES, {"workspace_id": workspace_id, "lead_id": lead_id})
    return fact_lines(rows)


async def load_run_card(session: AsyncSession, workspace_id: WorkspaceId, run_id: UUID) -> RunCard | None:
    """A run as it stands; None when it or its lead is gone."""
    found = await session.execute(_RUN, {"workspace_id": workspace_id, "run_id": run_id})
    row = found.mappings().one_or_none()
    if row is None:
        return None
    columns: dict[str, Any] = {name: row[name] for name in _LINE}
    lead = LeadLine(id=LeadId(row["lead_id"]), **columns)
    started, finished, plan = row["started_at"], row["finished_at"], row["plan"]
    ended = row["run_state"] not in (RunState.QUEUED, RunState.RUNNING)
    return RunCard(
        run_id=RunId(run_id),
        lead=lead,
        depth=row["depth"],
        state=row["run_state"],
        steps=tuple(_step(step) for step in plan.get("steps", ())),
        facts=await load_facts(session, workspace_id, lead.id) if ended else (),
        missing=tuple(row["missing"]),
        seconds=(finished - started).total_seconds() if finished and started else None,
        cents=row["cost_cents"],
        quality=row["quality"],
        writing=ended and await _is_being_written(session, lead.id),
        error=row["error"],
        not_taken=tuple((str(one["title"]), str(one["reason"])) for one in plan.get("not_taken") or ()),
        channel_id=row["channel_id"],
        thread_ts=row["thread_ts"],
        requested_by=row["requested_by"],
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
