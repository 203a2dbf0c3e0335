"""What the outside may cost in a day: hard limits, counted in Postgres for all workers before a call is made.

Each workspace has its own cents and requests; a key of the installation (Google's free hundred) is one quota for
all of them. Redis has no part in it: it may be emptied. Where the count can't be asked, nothing is spent.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import structlog

from db.errors import DatabaseError
from db.queries import evidence, usage
from db.queries.evidence import NewUsage
from db.queries.usage import Limit, Used
from db.session import Database, Tx
from db.types import WorkspaceId
from pipeline.clients.breakers import NotAsked
from pipeline.clock import Clock
from pipeline.errors import BadSettings, Transient
from pipeline.logs import get_logger
from pipeline.rules.budgets import DailyLimits, parse_limits, quota_day, wait_until_reset
from pipeline.settings import Settings

log = get_logger(__name__)
NOTHING = Decimal(0)


class BudgetSpent(NotAsked):
    """The day's limit of a service is reached; nothing was asked."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One call that was counted. `nth`: the how-manieth of the day on a shared quota, else 0."""

    service: str
    day: date
    cents: Decimal
    nth: int = 0


@dataclass(frozen=True, slots=True)
class LateCall:
    """A call whose cost is known only after who made it has gone on."""

    service: str
    endpoint: str
    cents: Decimal


@dataclass(slots=True)
class _Known:
    """What was used when it was last asked, and by this process since; good `until` (monotonic)."""

    used: Used
    until: float


_Key = tuple[WorkspaceId, str, date]
_KNOWN_SECONDS = 5.0
_MOST_KNOWN = 10_000


def _is_far(used: Used, limit: Limit) -> bool:
    """So far below the limit that nobody else reaches it within seconds."""
    return (limit.cents is None or used.cents < limit.cents * Decimal("0.8")) and (
        limit.requests is None or used.requests < limit.requests * 0.8
    )


def current_workspace() -> WorkspaceId | None:
    """The workspace this task works for, as the boundaries (job, turn) bound it; None outside of one."""
    bound = _bound("workspace_id")
    return WorkspaceId(bound) if bound is not None else None


def _bound(name: str) -> UUID | None:
    value = structlog.contextvars.get_contextvars().get(name)
    return UUID(str(value)) if value is not None else None


class Budget:
    def __init__(self, db: Database, clock: Clock, limits: DailyLimits) -> None:
        self._db = db
        self._clock = clock
        self._limits = limits
        self._known: dict[_Key, _Known] = {}

    async def take(self, service: str, *, cents: Decimal = NOTHING) -> Taken | None:
        """Count one call and what it may cost. Raises BudgetSpent. None outside of a workspace's work.

        What a call on a shared quota costs depends on its place in the day: that is left to `settle`.
        """
        workspace = current_workspace()
        if workspace is None:
            return None
        day = quota_day(service, self._clock.wall())
        try:
            async with self._db.transaction(workspace) as tx:
                nth = await self._count(tx, service, day, cents)
                if nth is None:
                    raise await self._refusal(tx, service, day)
        except DatabaseError as error:
            raise Transient(f"What {_words(service)} cost today can't be asked: {error}.") from error
        is_shared = service in self._limits.shared_requests
        return Taken(service, day, NOTHING if is_shared else cents, nth)

    async def settle(self, taken: Taken | None, cents: Decimal) -> None:
        """What the call turned out to cost, in place of what was taken for it."""
        if taken is not None and cents != taken.cents:
            await self._charge(taken.service, taken.day, cents - taken.cents, 0)

    async def book_late(self, call: LateCall) -> None:
        """Into the books, for the workspace and the run that this task works for. The day's count is `settle`'s."""
        workspace = current_workspace()
        if workspace is None:
            return
        row = NewUsage(service=call.service, endpoint=call.endpoint, cost_cents=call.cents)
        try:
            async with self._db.transaction(workspace) as tx:
                await evidence.record_late_usage(
                    tx.session, workspace, [row], run_id=_bound("run_id"), now=self._clock.now()
                )
        except DatabaseError as error:
            log.warning("cost_not_booked", service=call.service, cents=float(call.cents), reason=str(error))

    async def check(self, service: str) -> None:
        """Before a call whose cost is known only afterwards. Raises BudgetSpent."""
        workspace, limit = current_workspace(), self._limit(service)
        if workspace is None or limit == Limit():
            return
        day = quota_day(service, self._clock.wall())
        known = self._known.get((workspace, service, day))
        if known is not None and self._clock.monotonic() < known.until and _is_far(known.used, limit):
            return
        try:
            async with self._db.transaction(workspace) as tx:
                used = await usage.used(tx.session, workspace, service, day)
                self._keep((workspace, service, day), used)
                if (limit.cents is not None and used.cents >= limit.cents) or (
                    limit.requests is not None and used.requests >= limit.requests
                ):
                    raise await self._refusal(tx, service, day)
        except DatabaseError as error:
            raise Transient(f"What {_words(service)} cost today can't be asked: {error}.") from error

    async def charge(self, service: str, cents: Decimal) -> None:
        """One call that `check` let through, and what it cost."""
        await self._charge(service, quota_day(service, self._clock.wall()), cents, 1)

    async def _count(self, tx: Tx, service: str, day: date, cents: Decimal) -> int | None:
        limit, shared = self._limit(service), self._limits.shared_requests.get(service)
        if shared is not None:
            return await usage.take_shared(tx.session, tx.workspace_id, service, day, shared, limit)
        fits = await usage.take_quota(tx.session, tx.workspace_id, service, day, limit, cents=cents)
        return 0 if fits else None

    async def _charge(self, service: str, day: date, cents: Decimal, requests: int) -> None:
        workspace = current_workspace()
        if workspace is None:
            return
        known = self._known.get((workspace, service, day))
        if known is not None:
            known.used = Used(known.used.requests + requests, known.used.cents + cents)
        try:
            await usage.charge(self._db, workspace, service, day, cents=cents, requests=requests)
        except DatabaseError as error:
            log.warning("cost_not_counted", service=service, reason=str(error))

    def _keep(self, key: _Key, used: Used) -> None:
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        self._known[key] = _Known(used, self._clock.monotonic() + _KNOWN_SECONDS)

    async def _refusal(self, tx: Tx, service: str, day: date) -> BudgetSpent:
        used, limit = await usage.used(tx.session, tx.workspace_id, service, day), self._limit(service)
        wait = wait_until_reset(service, self._clock.wall())
        shared = self._limits.shared_requests.get(service)
        if limit.cents is not None and used.cents >= limit.cents:
            sentence = f"today's budget of {limit.cents.normalize():f} cents is spent (DAILY_CENTS)"
        elif limit.requests is not None and used.requests >= limit.requests:
            sentence = f"today's {limit.requests} requests are used up (DAILY_REQUESTS)"
        elif shared is not None:
            sentence = f"the {shared} requests a day are used up (GOOGLE_SEARCH_PER_DAY)"
        else:
            sentence = f"today's budget of {limit.cents} cents has no room for another call (DAILY_CENTS)"
        return BudgetSpent(f"{_words(service).capitalize()}: {sentence}.", wait)

    def _limit(self, service: str) -> Limit:
        requests = self._limits.requests.get(service)
        return Limit(requests=requests, cents=self._limits.cents.get(service))


def limits_of(settings: Settings) -> DailyLimits:
    """Raises BadSettings."""
    try:
        cents = parse_limits(settings.daily_cents)
    except ValueError as error:
        raise BadSettings(f"DAILY_CENTS: {error}.") from None
    try:
        requests = {service: int(most) for service, most in parse_limits(settings.daily_requests).items()}
    except ValueError as error:
        raise BadSettings(f"DAILY_REQUESTS: {error}.") from None
    return DailyLimits(cents, requests, {"google_search": settings.google_search_per_day})


def _words(service: str) -> str:
    return service.replace("_", " ")
