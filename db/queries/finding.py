"""Searches for new leads, and the candidates they propose."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.cards import CandidateLine, CriterionLine, SearchCard, StepLine
from db.models.finding import LeadCandidate, LeadSearch
from db.models.lead import Lead
from db.queries.evidence import NewUsage
from db.queries.leases import Lease, held, is_free
from db.types import CandidateId, CandidateState, LeadId, LeaseToken, RunState, SearchId, WorkspaceId

_OPEN = (RunState.QUEUED, RunState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSearch:
    request: str
    criteria: Mapping[str, Any]
    wanted: int
    requested_by: str
    channel_id: str
    thread_ts: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCandidate:
    """`evidence`: {"criteria": [{criterion, verdict, value, quote, url}], "person": {quote, url} or null}."""

    key: str
    position: int
    company: str
    company_domain: str | None
    website_url: str | None
    phone: str | None
    location: str | None
    person: str | None
    title: str | None
    email: str | None
    evidence: Mapping[str, Any]
    state: CandidateState = CandidateState.PROPOSED
    linkedin_url: str | None = None


async def start(
    session: AsyncSession, workspace_id: WorkspaceId, new: NewSearch, *, now: datetime
) -> SearchId:
    row = LeadSearch(workspace_id=workspace_id, created_at=now, updated_at=now, **asdict(new))
    session.add(row)
    await session.flush()
    return SearchId(row.id)


async def get(session: AsyncSession, workspace_id: WorkspaceId, search_id: SearchId) -> LeadSearch | None:
    return await session.scalar(
        select(LeadSearch).where(LeadSearch.workspace_id == workspace_id, LeadSearch.id == search_id)
    )


async def claim(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    search_id: SearchId,
    lease: Lease,
    *,
    wall: datetime,
    now: datetime,
) -> LeadSearch | None:
    """None where somebody holds it, or it has ended."""
    return await session.scalar(
        update(LeadSearch)
        .where(
            LeadSearch.workspace_id == workspace_id,
            LeadSearch.id == search_id,
            LeadSearch.state.in_(_OPEN),
            is_free(LeadSearch.lease_until, wall),
        )
        .values(
            state=RunState.RUNNING,
            lease_token=lease.token,
            lease_until=lease.until,
            attempts=LeadSearch.attempts + 1,
            started_at=func.coalesce(LeadSearch.started_at, now),
            updated_at=now,
        )
        .returning(LeadSearch),
        execution_options={"populate_existing": True},
    )


async def advance(
    session: AsyncSession,
    search_id: SearchId,
    lease: Lease,
    *,
    plan: Mapping[str, Any],
    cost_cents: Decimal,
    now: datetime,
) -> bool:
    """Store how far it has come and hold it longer. True: somebody wants it to stop. Raises LeaseLost."""
    row = (
        await session.execute(
            update(LeadSearch)
            .where(LeadSearch.id == search_id, LeadSearch.lease_token == lease.token)
            .values(lease_until=lease.until, plan=dict(plan), cost_cents=cost_cents, updated_at=now)
            .returning(LeadSearch.stop_requested_at)
        )
    ).one_or_none()
    held(row, "search", search_id)
    return row is not None and row[0] is not None


async def finish(
    session: AsyncSession,
    search_id: SearchId,
    token: LeaseToken,
    state: RunState,
    *,
    error: str | None,
    now: datetime,
) -> None:
    """Raises LeaseLost."""
    row = await session.scalar(
        update(LeadSearch)
        .where(LeadSearch.id == search_id, LeadSearch.lease_token == token)
        .values(state=state, error=error, finished_at=now, updated_at=now, lease_until=None)
        .returning(LeadSearch.id)
    )
    held(row, "search", search_id)


async def request_stop(
    session: AsyncSession, workspace_id: WorkspaceId, search_id: SearchId, *, now: datetime
) -> bool:
    """False: it had ended."""
    row = await session.scalar(
        update(LeadSearch)
        .where(
            LeadSearch.workspace_id == workspace_id,
            LeadSearch.id == search_id,
            LeadSearch.state.in_(_OPEN),
        )
        .values(stop_requested_at=now)
        .returning(LeadSearch.id)
    )
    return row is not None


async def put_candidate(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    search_id: SearchId,
    candidate: NewCandidate,
    *,
    now: datetime,
) -> None:
    """Once for each company of a search."""
    values = {**asdict(candidate), "state": candidate.state.value}
    await session.execute(
        insert(LeadCandidate)
        .values(workspace_id=workspace_id, search_id=search_id, created_at=now, updated_at=now, **values)
        .on_conflict_do_nothing(index_elements=[LeadCandidate.search_id, LeadCandidate.key])
    )


async def candidates(
    session: AsyncSession, workspace_id: WorkspaceId, search_id: SearchId
) -> list[LeadCandidate]:
    """The best first."""
    rows = await session.scalars(
        select(LeadCandidate)
        .where(LeadCandidate.workspace_id == workspace_id, LeadCandidate.search_id == search_id)
        .order_by(LeadCandidate.position, LeadCandidate.created_at, LeadCandidate.id)
    )
    return list(rows)


async def lock_candidate(
    session: AsyncSession, workspace_id: WorkspaceId, candidate_id: CandidateId
) -> LeadCandidate | None:
    """Others who would decide wait for the end of this transaction."""
    return await session.scalar(
        select(LeadCandidate)
        .where(LeadCandidate.workspace_id == workspace_id, LeadCandidate.id == candidate_id)
        .with_for_update()
    )


async def decide(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    candidate_ids: Sequence[CandidateId],
    *,
    was: CandidateState,
    state: CandidateState,
    by: str,
    now: datetime,
    lead_id: LeadId | None = None,
) -> int:
    """How many were still in the state `was`."""
    moved = await session.scalars(
        update(LeadCandidate)
        .where(
            LeadCandidate.workspace_id == workspace_id,
            LeadCandidate.id.in_(candidate_ids),
            LeadCandidate.state == was.value,
        )
        .values(state=state.value, lead_id=lead_id, decided_by=by, decided_at=now, updated_at=now)
        .returning(LeadCandidate.id)
    )
    return len(moved.all())


async def known_domains(
    session: AsyncSession, workspace_id: WorkspaceId, domains: Iterable[str]
) -> dict[str, LeadId]:
    """Of these, the domains of companies that leads are at, each with one of them."""
    rows = await session.execute(
        select(Lead.company_domain, Lead.id).where(
            Lead.workspace_id == workspace_id, Lead.company_domain.in_(list(domains))
        )
    )
    return {str(domain): LeadId(lead_id) for domain, lead_id in rows}


async def load_search_card(
    session: AsyncSession, workspace_id: WorkspaceId, search_id: SearchId
) -> SearchCard | None:
    search = await get(session, workspace_id, search_id)
    if search is None:
        return None
    rows = await candidates(session, workspace_id, search_id)
    return SearchCard(
        search_id=search_id,
        request=search.request,
        wanted=search.wanted,
        state=search.state,
        steps=tuple(_step(number, step) for number, step in enumerate(search.plan.get("steps", ()))),
        left_out=tuple(map(str, search.plan.get("left_out") or ())),
        cents=float(search.cost_cents),
        error=search.error,
        candidates=tuple(_line(row) for row in rows),
    )


def _step(number: int, step: Mapping[str, Any]) -> StepLine:
    found = int(step.get("found") or 0)
    return StepLine(
        key=f"step{number}",
        title=str(step["title"]),
        state=str(step["state"]),
        found=f"{found} found" if found else "",
        error=step.get("error"),
    )


def _line(row: LeadCandidate) -> CandidateLine:
    person: dict[str, Any] = row.evidence.get("person") or {}
    return CandidateLine(
        candidate_id=CandidateId(row.id),
        company=row.company,
        website=row.website_url,
        location=row.location,
        person=row.person,
        title=row.title,
        email=row.email,
        person_quote=str(person.get("quote") or ""),
        person_url=str(person.get("url") or ""),
        unread=bool(row.evidence.get("unread")),
        criteria=tuple(CriterionLine(**one) for one in row.evidence.get("criteria", ())),
        state=row.state,
        decided_by=row.decided_by,
    )


def total_cents(calls: Iterable[NewUsage]) -> Decimal:
    """What they cost together, in cents."""
    return sum((call.cost_cents for call in calls), Decimal(0))
