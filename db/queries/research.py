"""Research runs: starting, holding by a lease, ending. What they find is in `evidence` and `pages`, named
here too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, bindparam, func, or_, select, text
from sqlalchemy import update as sql_update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.errors import LeaseLost
from db.models.research import ResearchRun
from db.queries.evidence import (
    KnownFact,
    NewFact,
    NewStep,
    NewUsage,
    ServiceUsage,
    add_fact,
    add_facts,
    facts,
    known_facts,
    record_ended,
    record_late_usage,
    record_step,
    record_steps,
    record_usage,
    steps,
    usage_of_run,
)
from db.queries.pages import NewPage, StoredPage, page, store_page, store_pages
from db.types import Depth, LeaseToken, RunState, WorkspaceId

__all__ = [
    "KnownFact",
    "NewFact",
    "NewPage",
    "NewStep",
    "NewUsage",
    "ServiceUsage",
    "Standing",
    "StoredPage",
    "add_fact",
    "add_facts",
    "claim_run",
    "facts",
    "finish_run",
    "get_run",
    "hold_run",
    "known_facts",
    "newest_run",
    "page",
    "record_ended",
    "record_late_usage",
    "record_step",
    "record_steps",
    "record_usage",
    "release_run",
    "request_stop",
    "runs_of_lead",
    "standing",
    "start_run",
    "steps",
    "store_page",
    "store_pages",
    "usage_of_run",
]

_OPEN = (RunState.QUEUED.value, RunState.RUNNING.value)


async def start_run(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    lead_id: UUID,
    depth: Depth,
    requested_by: str | None,
    channel_id: str | None,
    thread_ts: str | None,
    then_write: bool,
    now: datetime,
    cost_cap_cents: Decimal | None = None,
) -> tuple[ResearchRun, bool]:
    """The run and whether it is new: a lead has at most one open run, which is given as it is. Without a cap it
    is the table's."""
    capped = {} if cost_cap_cents is None else {"cost_cap_cents": cost_cap_cents}
    row = insert(ResearchRun).values(
        workspace_id=workspace_id,
        lead_id=lead_id,
        depth=depth.value,
        requested_by=requested_by,
        channel_id=channel_id,
        thread_ts=thread_ts,
        then_write=then_write,
        created_at=now,
        updated_at=now,
        **capped,
    )
    started = await session.scalar(row.on_conflict_do_nothing().returning(ResearchRun))
    if started is not None:
        return started, True
    open_run = await session.scalar(
        select(ResearchRun).where(
            ResearchRun.workspace_id == workspace_id,
            ResearchRun.lead_id == lead_id,
            ResearchRun.state.in_(_OPEN),
        )
    )
    if open_run is None:
        raise LookupError("the lead's open run ended just now; start again")
    return open_run, False


async def get_run(session: AsyncSession, workspace_id: WorkspaceId, run_id: UUID) -> ResearchRun | None:
    return await session.scalar(
        select(ResearchRun).where(ResearchRun.workspace_id == workspace_id, ResearchRun.id == run_id)
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """Of a run, as far as it tells whether somebody has to work on it."""

    state: RunState
    lease_until: datetime | None  # wall time
    stop_requested_at: datetime | None


_STANDING = text(
    "SELECT state, lease_until, stop_requested_at FROM research_runs"
    " WHERE workspace_id = :workspace_id AND id = :run_id"
)


async def standing(session: AsyncSession, workspace_id: WorkspaceId, run_id: UUID) -> Standing | None:
    found = await session.execute(_STANDING, {"workspace_id": workspace_id, "run_id": run_id})
    row = found.one_or_none()
    return None if row is None else Standing(RunState(row[0]), row[1], row[2])


async def newest_run(session: AsyncSession, workspace_id: WorkspaceId, lead_id: UUID) -> ResearchRun | None:
    runs = await runs_of_lead(session, workspace_id, lead_id, limit=1)
    return runs[0] if runs else None


async def runs_of_lead(
    session: AsyncSession, workspace_id: WorkspaceId, lead_id: UUID, *, limit: int = 20
) -> list[ResearchRun]:
    """Newest first."""
    rows = await session.scalars(
        select(ResearchRun)
        .where(ResearchRun.workspace_id == workspace_id, ResearchRun.lead_id == lead_id)
        .order_by(ResearchRun.created_at.desc(), ResearchRun.id)
        .limit(limit)
    )
    return list(rows)


async def request_stop(
    session: AsyncSession, workspace_id: WorkspaceId, run_id: UUID, *, now: datetime
) -> bool:
    """False: the run had ended already."""
    stopped = await session.scalar(
        sql_update(ResearchRun)
        .where(
            ResearchRun.workspace_id == workspace_id, ResearchRun.id == run_id, ResearchRun.state.in_(_OPEN)
        )
        .values(stop_requested_at=func.coalesce(ResearchRun.stop_requested_at, now), updated_at=now)
        .returning(ResearchRun.id)
    )
    return stopped is not None


# The lease

_CLAIM = (
    sql_update(ResearchRun)
    .where(
        ResearchRun.workspace_id == bindparam("of_workspace"),
        ResearchRun.id == bindparam("of_run"),
        ResearchRun.state.in_(_OPEN),
        or_(ResearchRun.lease_until.is_(None), ResearchRun.lease_until < bindparam("wall")),
    )
    .values(
        state=RunState.RUNNING.value,
        lease_token=bindparam("token"),
        lease_until=bindparam("until"),
        attempts=ResearchRun.attempts + 1,
        started_at=func.coalesce(ResearchRun.started_at, bindparam("now")),
        updated_at=bindparam("now"),
    )
    .returning(ResearchRun)
)
_AS_STORED: dict[str, Any] = {"populate_existing": True, "synchronize_session": False}


async def claim_run(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    run_id: UUID,
    *,
    token: LeaseToken,
    wall: datetime,
    lease: timedelta,
    now: datetime,
) -> ResearchRun | None:
    """The run, held until `wall + lease`; None where somebody holds it or it has ended."""
    given = {"of_workspace": workspace_id, "of_run": run_id, "token": token}
    times = {"wall": wall, "until": wall + lease, "now": now}
    return await session.scalar(_CLAIM, given | times, execution_options=_AS_STORED)


_HOLD = (
    "UPDATE research_runs SET lease_until = :until{more}"
    " WHERE workspace_id = :workspace_id AND id = :run_id AND lease_token = :token AND state = 'running'"
    " RETURNING stop_requested_at IS NOT NULL"
)
_RENEW = text(_HOLD.format(more=""))
_RENEW_WITH_PLAN = text(
    _HOLD.format(more=", plan = :plan, missing = :missing, updated_at = :now")
).bindparams(bindparam("plan", type_=JSONB), bindparam("missing", type_=ARRAY(Text)))


async def hold_run(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    run_id: UUID,
    *,
    token: LeaseToken,
    until: datetime,
    plan: Mapping[str, Any] | None = None,
    missing: Sequence[str] = (),
    now: datetime | None = None,
) -> bool:
    """Hold the run until `until`, with the plan where it is to be saved; locks its row for this transaction. Does
    somebody wish the run to stop? Raises LeaseLost: whatever else the transaction wrote must go with it."""
    given = {"workspace_id": workspace_id, "run_id": run_id, "token": token, "until": until}
    if plan is None:
        stop = await session.scalar(_RENEW, given)
    else:
        saved = {"plan": dict(plan), "missing": list(missing), "now": now}
        stop = await session.scalar(_RENEW_WITH_PLAN, given | saved)
    if stop is None:
        raise LeaseLost("the research run is held by somebody else")
    return bool(stop)


async def release_run(
    session: AsyncSession, workspace_id: WorkspaceId, run_id: UUID, *, token: LeaseToken
) -> None:
    """Let anybody claim the run at once; nothing happens where the lease was lost."""
    await session.execute(
        sql_update(ResearchRun)
        .where(
            ResearchRun.workspace_id == workspace_id,
            ResearchRun.id == run_id,
            ResearchRun.lease_token == token,
            ResearchRun.state == RunState.RUNNING.value,
        )
        .values(lease_token=None, lease_until=None)
    )


async def finish_run(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    run_id: UUID,
    *,
    state: RunState,
    plan: Mapping[str, Any],
    missing: Sequence[str],
    quality: int | None,
    error: str | None,
    now: datetime,
) -> None:
    """End the run and let go of its lease. Call `hold_run` first in the same transaction."""
    given = {"workspace_id": workspace_id, "run_id": run_id, "state": state.value, "plan": dict(plan)}
    given |= {"missing": list(missing), "quality": quality, "error": error, "now": now}
    await session.execute(_FINISH, given)


_FINISH = text(
    "UPDATE research_runs SET state = :state, plan = :plan, missing = :missing, quality = :quality, error = :error,"
    " lease_token = NULL, lease_until = NULL, finished_at = :now, updated_at = :now"
    " WHERE workspace_id = :workspace_id AND id = :run_id"
).bindparams(bindparam("plan", type_=JSONB), bindparam("missing", type_=ARRAY(Text)))
