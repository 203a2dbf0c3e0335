"""What the outside world cost, and the hard limits on it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import and_, func, insert, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.research import ApiUsage, ServiceQuota
from db.types import LeadId, RunId, WorkspaceId

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a service. `cost_cents` may be a fraction of a cent."""

    service: str
    endpoint: str | None = None
    model: str | None = None
    tokens: int | None = None
    cost_cents: Decimal = NOTHING
    lead_id: LeadId | None = None
    run_id: RunId | None = None
    response_ms: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """What a service may be asked for on one day; None is no limit."""

    requests: int | None = None
    cents: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Used:
    requests: int
    cents: Decimal


async def record(session: AsyncSession, workspace_id: WorkspaceId, call: Call, *, now: datetime) -> None:
    await session.execute(
        insert(ApiUsage).values(
            workspace_id=workspace_id,
            timestamp=now,
            service=call.service,
            endpoint=call.endpoint,
            model=call.model,
            tokens_used=call.tokens,
            cost_cents=call.cost_cents,
            lead_id=call.lead_id,
            run_id=call.run_id,
            response_time_ms=call.response_ms,
            error=call.error,
        )
    )


async def take_quota(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    service: str,
    day: date,
    limit: Limit,
    *,
    requests: int = 1,
    cents: Decimal = NOTHING,
) -> bool:
    """Count `requests` and `cents` against the day (of real time) if both still fit; did they?

    Atomic: of two that ask for the last one, one gets it.
    """
    if _exceeds(limit, requests, cents):
        return False
    fresh = postgresql.insert(ServiceQuota).values(
        workspace_id=workspace_id, service=service, day=day, requests=requests, cents=cents
    )
    total_requests = ServiceQuota.requests + fresh.excluded.requests
    total_cents = ServiceQuota.cents + fresh.excluded.cents
    fits = [total_requests <= limit.requests] if limit.requests is not None else []
    if limit.cents is not None:
        fits.append(total_cents <= limit.cents)
    taken = await session.scalar(
        fresh.on_conflict_do_update(
            index_elements=[ServiceQuota.workspace_id, ServiceQuota.service, ServiceQuota.day],
            set_={"requests": total_requests, "cents": total_cents},
            where=and_(*fits) if fits else None,
        ).returning(ServiceQuota.id)
    )
    return taken is not None


async def take_shared(
    session: AsyncSession, workspace_id: WorkspaceId, service: str, day: date, most: int, limit: Limit
) -> int | None:
    """Count one request against a quota that all workspaces share, and against the workspace's own `limit`.

    How many were asked on that day by all, this one included; None where it does not fit, and nothing is
    counted. Atomic: whoever asks next waits until this transaction has ended.
    """
    name = f"quota {service} {day.isoformat()}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
    asked = int(await session.scalar(select(func.rm_service_requests(service, day))) or 0)
    if asked >= most or not await take_quota(session, workspace_id, service, day, limit):
        return None
    return asked + 1


async def charge(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    service: str,
    day: date,
    *,
    cents: Decimal,
    requests: int = 0,
) -> None:
    """Count what a call turned out to cost, limit or not; negative gives an estimate back."""
    fresh = postgresql.insert(ServiceQuota).values(
        workspace_id=workspace_id, service=service, day=day, requests=requests, cents=cents
    )
    await session.execute(
        fresh.on_conflict_do_update(
            index_elements=[ServiceQuota.workspace_id, ServiceQuota.service, ServiceQuota.day],
            set_={
                "requests": ServiceQuota.requests + fresh.excluded.requests,
                "cents": ServiceQuota.cents + fresh.excluded.cents,
            },
        )
    )


async def used(session: AsyncSession, workspace_id: WorkspaceId, service: str, day: date) -> Used:
    row = (
        await session.execute(
            select(ServiceQuota.requests, ServiceQuota.cents).where(
                ServiceQuota.workspace_id == workspace_id,
                ServiceQuota.service == service,
                ServiceQuota.day == day,
            )
        )
    ).one_or_none()
    return Used(0, NOTHING) if row is None else Used(row.requests, row.cents)


async def spent(
    session: AsyncSession, workspace_id: WorkspaceId, *, since: datetime, until: datetime
) -> dict[str, Used]:
    """Calls and cents by service, from `since` up to but not including `until` (business time)."""
    rows = await session.execute(
        select(ApiUsage.service, func.count(), func.coalesce(func.sum(ApiUsage.cost_cents), 0))
        .where(ApiUsage.workspace_id == workspace_id, ApiUsage.timestamp >= since, ApiUsage.timestamp < until)
        .group_by(ApiUsage.service)
        .order_by(ApiUsage.service)
    )
    return {service: Used(calls, Decimal(cents)) for service, calls, cents in rows}


def _exceeds(limit: Limit, requests: int, cents: Decimal) -> bool:
    """More than the whole day's limit at once: the first row of a day is not compared by the upsert."""
    return (limit.requests is not None and requests > limit.requests) or (
        limit.cents is not None and cents > limit.cents
    )
