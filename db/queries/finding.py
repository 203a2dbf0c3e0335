"""Searches for new leads, and the candidates they propose."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, or_, select, update
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
    cost_cap_cents: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCandidate:
    """`evidence`: {"criteria": [{criterion, verdict, value, quote, url, field}], "person": {quote, url} or null};
    `field` is the fact that a criterion's words are."""

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


async def hold(session: AsyncSession, search_id: SearchId, lease: Lease) -> bool:
    """Hold it longer, and nothing else. True: somebody wants it to stop. Raises LeaseLost."""
    row = (
        await session.execute(
            update(LeadSearch)
            .where(LeadSearch.id == search_id, LeadSearch.lease_token == lease.token)
            .values(lease_until=lease.until)
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


async def lock_candidates(
    session: AsyncSession, workspace_id: WorkspaceId, search_id: SearchId, state: CandidateState
) -> list[LeadCandidate]:
    """Those in this state, the best first. Who else would decide about them waits, and finds them decided."""
    rows = await session.scalars(
        select(LeadCandidate)
        .where(
            LeadCandidate.workspace_id == workspace_id,
            LeadCandidate.search_id == search_id,
            LeadCandidate.state == state.value,
        )
        .order_by(LeadCandidate.position, LeadCandidate.created_at, LeadCandidate.id)
        .with_for_update()
    )
    return list(rows)


async def lock_person(session: AsyncSession, workspace_id: WorkspaceId, name: str) -> None:
    """Until the transaction ends nobody else adds a lead of this name from a search."""
    key = f"lead:{workspace_id}:{name.lower()}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


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


async def companies_of_leads(
    session: AsyncSession, workspace_id: WorkspaceId, domains: Iterable[str], names: Iterable[str]
) -> list[tuple[str | None, str | None]]:
    """Name and domain of the companies that leads are at: those with one of these domains, and those whose name
    begins with the same word as one of these names."""
    firsts = {name.lower().split()[0] for name in names if name.split()}
    rows = await session.execute(
        select(Lead.company, Lead.company_domain)
        .where(
            Lead.workspace_id == workspace_id,
            or_(
                Lead.company_domain.in_(list(domains)),
                func.split_part(func.lower(func.trim(Lead.company)), " ", 1).in_(firsts),
            ),
        )
        .distinct()
    )
    return [(name, domain) for name, domain in rows]


async def dismissed_keys(
    session: AsyncSession, workspace_id: WorkspaceId, keys: Iterable[str], *, but: SearchId
) -> set[str]:
    """Of these companies, those that somebody dismissed in another search."""
    rows = await session.scalars(
        select(LeadCandidate.key).where(
            LeadCandidate.workspace_id == workspace_id,
            LeadCandidate.search_id != but,
            LeadCandidate.key.in_(list(keys)),
            LeadCandidate.state == CandidateState.DISMISSED.value,
        )
    )
    return set(rows)


async def forget(session: AsyncSession, workspace_id: WorkspaceId, *, untouched_since: datetime) -> int:
    """Nobody stays named who did not become a lead, or is none any more; the company stays, so that what was
    dismissed is not proposed again."""
    is_gone = and_(LeadCandidate.state == CandidateState.ACCEPTED.value, LeadCandidate.lead_id.is_(None))
    is_old = and_(
        LeadCandidate.state != CandidateState.ACCEPTED.value, LeadCandidate.updated_at < untouched_since
    )
    rows = await session.scalars(
        update(LeadCandidate)
        .where(
            LeadCandidate.workspace_id == workspace_id,
            or_(is_gone, is_old),
            or_(LeadCandidate.person.is_not(None), LeadCandidate.evidence != {}),
        )
        .values(person=None, title=None, email=None, phone=None, linkedin_url=None, evidence={})
        .returning(LeadCandidate.id)
    )
    return len(rows.all())


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
        found=f"{found} found" if found else "nothing found" if step["state"] == "empty" else "",
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
        problem=row.evidence.get("problem"),
        criteria=tuple(_criterion(one) for one in row.evidence.get("criteria", ())),
        state=row.state,
        decided_by=row.decided_by,
    )


def _criterion(one: Mapping[str, Any]) -> CriterionLine:
    names = ("criterion", "verdict", "value", "quote", "url")
    return CriterionLine(**{name: str(one.get(name) or "") for name in names})


def total_cents(calls: Iterable[NewUsage]) -> Decimal:
    """What they cost together, in cents."""
    return sum((call.cost_cents for call in calls), Decimal(0))
