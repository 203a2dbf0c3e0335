"""The hard limits on what the outside world may cost. Each call is kept by db.queries.evidence."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.research import ServiceQuota
from db.session import Database, Statement
from db.types import WorkspaceId

NOTHING = Decimal(0)
_COUNT = """
INSERT INTO service_quotas (workspace_id, service, day, requests, cents) VALUES {values}
ON CONFLICT (workspace_id, service, day) DO UPDATE
SET requests = service_quotas.requests + excluded.requests, cents = service_quotas.cents + excluded.cents
"""
_NAMES = ("workspace_id", "service", "day", "requests", "cents")
_TAKE = text(
    _COUNT.format(values=f"({', '.join(f':{name}' for name in _NAMES)})")
    + """
WHERE (CAST(:most AS bigint) IS NULL OR service_quotas.requests + excluded.requests <= :most)
  AND (CAST(:most_cents AS numeric) IS NULL OR service_quotas.cents + excluded.cents <= :most_cents)
RETURNING id"""
)
_CHARGE = _COUNT.format(values=f"({', '.join(f'%({name})s' for name in _NAMES)})") + "RETURNING id"


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
    given = {
        "workspace_id": workspace_id,
        "service": service,
        "day": day,
        "requests": requests,
        "cents": cents,
    }
    taken = await session.scalar(_TAKE, given | {"most": limit.requests, "most_cents": limit.cents})
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
    db: Database,
    workspace_id: WorkspaceId,
    service: str,
    day: date,
    *,
    cents: Decimal,
    requests: int = 0,
) -> None:
    """Commit in one round trip what a call turned out to cost, limit or not; negative gives an estimate back."""
    given = {
        "workspace_id": workspace_id,
        "service": service,
        "day": day,
        "requests": requests,
        "cents": cents,
    }
    await db.at_once(Statement(_CHARGE, given), workspace_id)


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
