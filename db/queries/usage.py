"""The hard limits on what the outside world may cost. Each call is kept by db.queries.evidence."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import and_, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.research import ServiceQuota
from db.types import WorkspaceId

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Limit:
    """What a service may be asked for on one day; None is no limit."""

    requests: int | None = None
    cents: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Used:
    requests: int
    cents: Decimal


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


def _exceeds(limit: Limit, requests: int, cents: Decimal) -> bool:
    """More than the whole day's limit at once: the first row of a day is not compared by the upsert."""
    return (limit.requests is not None and requests > limit.requests) or (
        limit.cents is not None and cents > limit.cents
    )
