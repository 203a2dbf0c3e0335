"""What research runs leave behind: steps, facts, and what it all cost. Pages are in `pages`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.research import ApiUsage, Fact, LeadResearch, ResearchRun
from db.queries.many import as_rows, insert_many
from db.types import FactId, FactSource, LeadId, PageId, ResearchTool, RunId, StepState, WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFact:
    """`url` and `page_id` None: a person said it."""

    lead_id: LeadId
    run_id: RunId | None
    page_id: PageId | None
    field: str
    value: str
    quote: str
    url: str | None
    source: FactSource
    confidence: Decimal
    published_on: date | None
    retrieved_at: datetime


@dataclass(frozen=True, slots=True)
class KnownFact:
    """A stored fact, without its proof."""

    field: str
    value: str
    confidence: Decimal
    published_on: date | None
    url: str | None
    retrieved_at: datetime
    run_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStep:
    """One step of a run, as it ended."""

    lead_id: LeadId
    run_id: RunId
    step_key: str
    tool: ResearchTool
    state: StepState
    research_data: Mapping[str, Any]
    notes: str | None
    quality: int | None
    processing_time_ms: int
    cost_cents: Decimal
    tool_version: str | None = None
    context: str | None = None  # the facts in lines, for personalization


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUsage:
    service: str
    endpoint: str | None
    model: str | None = None
    tokens_used: int | None = None
    cost_cents: Decimal = Decimal(0)
    response_time_ms: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceUsage:
    """What one service did for a run."""

    service: str
    calls: int
    tokens: int
    cost_cents: Decimal
    errors: int


# Statements are built once: building them costs more than sending them, and a run sends hundreds.
_STEPS, _FACTS, _USAGE = (cast("Table", model.__table__) for model in (LeadResearch, Fact, ApiUsage))
_ADD_STEPS = insert_many(
    _STEPS,
    "workspace_id lead_id run_id step_key tool_used tool_version state research_data research_notes "
    "personalization_context data_quality_score processing_time_ms cost_cents created_at",
    "ON CONFLICT DO NOTHING RETURNING step_key",
)
_SPEND = text(
    "UPDATE research_runs SET cost_cents = cost_cents + :cents"
    " WHERE workspace_id = :workspace_id AND id = :run_id"
)


async def record_step(
    session: AsyncSession, workspace_id: WorkspaceId, step: NewStep, *, now: datetime
) -> bool:
    """False: this step of the run is recorded already, and nothing was changed."""
    return step.step_key in await record_steps(session, workspace_id, [step], now=now)


async def record_steps(
    session: AsyncSession, workspace_id: WorkspaceId, steps: Sequence[NewStep], *, now: datetime
) -> frozenset[str]:
    """The keys of those that were new; of the others, which are recorded already, nothing was changed. All are of
    one run."""
    return await record_ended(session, workspace_id, steps, (), now=now)


async def record_ended(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    steps: Sequence[NewStep],
    facts: Sequence[NewFact],
    *,
    now: datetime,
) -> frozenset[str]:
    """`record_steps` with `add_facts` of what they brought, in one trip."""
    if not steps:
        await add_facts(session, workspace_id, facts, now=now)
        return frozenset()
    given = as_rows([_step_row(workspace_id, step, now) for step in steps])
    if facts:
        known = as_rows([_fact_row(workspace_id, fact, now) for fact in _once(facts)])
        given["facts"] = known["rows"]
    fresh = frozenset(await session.scalars(_ADD_BOTH if facts else _ADD_STEPS, given))
    cents = sum((_as_stored(step.cost_cents) for step in steps if step.step_key in fresh), Decimal(0))
    if cents:
        spent = {"cents": cents, "workspace_id": workspace_id, "run_id": steps[0].run_id}
        await session.execute(_SPEND, spent)
    return fresh


def _as_stored(cents: Decimal) -> Decimal:
    """Rounded as its column does: the run's cost is the sum of its steps'."""
    return cents.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def _step_row(workspace_id: WorkspaceId, step: NewStep, now: datetime) -> dict[str, object]:
    return {
        "workspace_id": workspace_id,
        "lead_id": step.lead_id,
        "run_id": step.run_id,
        "step_key": step.step_key,
        "tool_used": step.tool.value,
        "tool_version": step.tool_version,
        "state": step.state.value,
        "research_data": dict(step.research_data),
        "research_notes": step.notes,
        "personalization_context": step.context,
        "data_quality_score": step.quality,
        "processing_time_ms": step.processing_time_ms,
        "cost_cents": step.cost_cents,
        "created_at": now,
    }


async def steps(session: AsyncSession, workspace_id: WorkspaceId, run_id: UUID) -> list[LeadResearch]:
    rows = await session.scalars(
        select(LeadResearch)
        .where(LeadResearch.workspace_id == workspace_id, LeadResearch.run_id == run_id)
        .order_by(LeadResearch.created_at, LeadResearch.step_key)
    )
    return list(rows)


_ADD_FACTS = insert_many(
    _FACTS,
    "workspace_id lead_id run_id page_id field value quote url source confidence published_on "
    "retrieved_at created_at",
    "ON CONFLICT (lead_id, field, value, url) DO UPDATE SET run_id = excluded.run_id, page_id = excluded.page_id,"
    " quote = excluded.quote, source = excluded.source, confidence = excluded.confidence,"
    " retrieved_at = excluded.retrieved_at, published_on = coalesce(excluded.published_on, facts.published_on)"
    " WHERE excluded.confidence >= facts.confidence RETURNING id",
)
_ADD_BOTH = text(f"WITH known AS ({_ADD_FACTS.text.replace(':rows', ':facts')}) {_ADD_STEPS.text}")


async def add_fact(
    session: AsyncSession, workspace_id: WorkspaceId, fact: NewFact, *, now: datetime
) -> FactId:
    """A fact that is known keeps its id; it takes the new quote, source and time unless the old one was surer."""
    fact_id = await session.scalar(_ADD_FACTS, as_rows([_fact_row(workspace_id, fact, now)]))
    return FactId(fact_id) if fact_id is not None else await _known_fact(session, workspace_id, fact)


async def add_facts(
    session: AsyncSession, workspace_id: WorkspaceId, facts: Sequence[NewFact], *, now: datetime
) -> None:
    """As `add_fact`, many at once and without their ids."""
    if facts:
        rows = [_fact_row(workspace_id, fact, now) for fact in _once(facts)]
        await session.execute(_ADD_FACTS, as_rows(rows))


def _once(facts: Sequence[NewFact]) -> list[NewFact]:
    """One for each place that may be held once: the surest, of equals the last, as if one was added after another."""
    kept: dict[tuple[object, ...], NewFact] = {}
    for fact in facts:
        key = (fact.lead_id, fact.field, fact.value, fact.url)
        known = kept.get(key)
        if known is None or fact.confidence >= known.confidence:
            earlier = known.published_on if known is not None else None
            kept[key] = fact if fact.published_on or not earlier else replace(fact, published_on=earlier)
    return list(kept.values())


def _fact_row(workspace_id: WorkspaceId, fact: NewFact, now: datetime) -> dict[str, object]:
    return {
        "workspace_id": workspace_id,
        "lead_id": fact.lead_id,
        "run_id": fact.run_id,
        "page_id": fact.page_id,
        "field": fact.field,
        "value": fact.value,
        "quote": fact.quote,
        "url": fact.url,
        "source": fact.source.value,
        "confidence": fact.confidence,
        "published_on": fact.published_on,
        "retrieved_at": fact.retrieved_at,
        "created_at": now,
    }


async def _known_fact(session: AsyncSession, workspace_id: WorkspaceId, fact: NewFact) -> FactId:
    fact_id = await session.scalar(
        select(Fact.id).where(
            Fact.workspace_id == workspace_id,
            Fact.lead_id == fact.lead_id,
            Fact.field == fact.field,
            Fact.value == fact.value,
            Fact.url.is_not_distinct_from(fact.url),
        )
    )
    assert fact_id is not None
    return FactId(fact_id)


BEST_FIRST = (
    _FACTS.c.field,
    _FACTS.c.confidence.desc(),
    _FACTS.c.published_on.desc().nulls_last(),
    _FACTS.c.retrieved_at.desc(),
    _FACTS.c.id,
)


async def facts(session: AsyncSession, workspace_id: WorkspaceId, lead_id: UUID) -> list[Fact]:
    """All that is known of a lead, by field, the surest first, then the newest."""
    rows = await session.scalars(
        select(Fact).where(Fact.workspace_id == workspace_id, Fact.lead_id == lead_id).order_by(*BEST_FIRST)
    )
    return list(rows)


_KNOWN = (
    select(*(_FACTS.c[field.name] for field in fields(KnownFact)))
    .where(_FACTS.c.workspace_id == bindparam("workspace_id"), _FACTS.c.lead_id == bindparam("lead_id"))
    .order_by(*BEST_FIRST)
)


async def known_facts(session: AsyncSession, workspace_id: WorkspaceId, lead_id: UUID) -> list[KnownFact]:
    """As `facts`, for whoever only weighs them."""
    rows = await session.execute(_KNOWN, {"workspace_id": workspace_id, "lead_id": lead_id})
    return [KnownFact(*row) for row in rows]


_ADD_USAGE = insert_many(
    _USAGE,
    "workspace_id timestamp service endpoint model tokens_used cost_cents response_time_ms error lead_id "
    "run_id",
)


async def record_usage(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    usage: Sequence[NewUsage],
    *,
    lead_id: UUID | None,
    run_id: UUID | None,
    now: datetime,
) -> None:
    rows = [
        {
            "workspace_id": workspace_id,
            "timestamp": now,
            "service": call.service,
            "endpoint": call.endpoint,
            "model": call.model,
            "tokens_used": call.tokens_used,
            "cost_cents": call.cost_cents,
            "response_time_ms": call.response_time_ms,
            "error": call.error,
            "lead_id": lead_id,
            "run_id": run_id,
        }
        for call in usage
    ]
    if rows:
        await session.execute(_ADD_USAGE, as_rows(rows))


async def record_late_usage(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    calls: Sequence[NewUsage],
    *,
    run_id: UUID | None,
    now: datetime,
) -> None:
    """Calls that no step records, since they were called off: into the books, and their cost into the run's."""
    of_run = select(ResearchRun.lead_id).where(
        ResearchRun.workspace_id == workspace_id, ResearchRun.id == run_id
    )
    lead_id = await session.scalar(of_run) if run_id is not None else None
    if lead_id is None:
        run_id = None
    await record_usage(session, workspace_id, calls, lead_id=lead_id, run_id=run_id, now=now)
    cents = sum((call.cost_cents for call in calls), Decimal(0))
    if run_id is not None and cents:
        spent = {"cents": cents, "workspace_id": workspace_id, "run_id": run_id}
        await session.execute(_SPEND, spent)


async def usage_of_run(session: AsyncSession, workspace_id: WorkspaceId, run_id: UUID) -> list[ServiceUsage]:
    began = await session.scalar(
        select(ResearchRun.created_at).where(
            ResearchRun.workspace_id == workspace_id, ResearchRun.id == run_id
        )
    )
    if began is None:
        return []
    rows = await session.execute(
        select(
            ApiUsage.service,
            func.count(),
            func.coalesce(func.sum(ApiUsage.tokens_used), 0),
            func.sum(ApiUsage.cost_cents),
            func.count(ApiUsage.error),
        )
        .where(
            ApiUsage.workspace_id == workspace_id,
            ApiUsage.run_id == run_id,
            ApiUsage.timestamp >= began - timedelta(days=1),  # prunes partitions
        )
        .group_by(ApiUsage.service)
        .order_by(ApiUsage.service)
    )
    return [
        ServiceUsage(service, calls, tokens or 0, cents, errors)
        for service, calls, tokens, cents, errors in rows
    ]
