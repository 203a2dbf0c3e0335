"""How far a search for new leads has come: steps, costs and candidates, stored as they come, under its lease."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from db.models.finding import LeadSearch
from db.queries import finding, research
from db.queries.evidence import NewUsage
from db.queries.finding import NewCandidate
from db.queries.leases import Lease
from db.types import LeaseToken, SearchId, StepState, WorkspaceId
from pipeline.clients.asked import Asked
from pipeline.deps import Deps
from pipeline.messages import SearchProgressed

LEASE = timedelta(seconds=45)
LEAST_SECONDS = 20.0  # for a search that is taken up again after its time
_T = TypeVar("_T")


@dataclass
class Noted:
    """A step, as people are shown it."""

    title: str
    state: str = "running"
    found: int = 0
    ms: int = 0
    cents: float = 0
    error: str | None = None


@dataclass
class Progress:
    """Of one search, in the hands of one worker. `began`: real time at which it was first taken up."""

    deps: Deps
    workspace_id: WorkspaceId
    search: LeadSearch
    token: LeaseToken
    steps: list[Noted] = field(default_factory=list[Noted])
    left_out: list[str] = field(default_factory=list[str])  # companies that are not proposed, and why
    seen: list[str] = field(default_factory=list[str])  # keys of companies that were looked at and left out
    is_stopped: bool = False

    def __post_init__(self) -> None:
        plan = self.search.plan
        self.steps = [Noted(**step) for step in plan.get("steps", ())]
        for step in self.steps:
            if step.state == "running":
                step.state, step.error = StepState.FAILED, "It broke off here and was taken up again."
        self.left_out, self.seen = list(plan.get("left_out", ())), list(plan.get("seen", ()))
        began = plan.get("began")
        self.began = datetime.fromisoformat(began) if began else self.deps.clock.wall()
        self.cents = self.search.cost_cents
        self._calls: list[NewUsage] = []
        self._saving = asyncio.Lock()

    @property
    def seconds_left(self) -> float:
        """Of FIND_SECONDS since it was first taken up, whoever had it then."""
        gone = (self.deps.clock.wall() - self.began).total_seconds()
        return self.deps.settings.find_seconds - gone

    @property
    def cents_left(self) -> Decimal:
        return self.search.cost_cap_cents - self.cents

    def begin(self, title: str) -> tuple[Noted, float]:
        step = Noted(title)
        self.steps.append(step)
        return step, self.deps.clock.monotonic()

    async def end(self, step: Noted, found: int, began: float, calls: Sequence[NewUsage] = ()) -> None:
        step.found, step.ms = found, self.ms(began)
        step.cents = float(finding.total_cents(calls))
        self.note(calls)
        await self.save()

    def note(self, calls: Sequence[NewUsage]) -> None:
        """Counted at once, stored with whatever is stored next."""
        self._calls += calls
        self.cents += finding.total_cents(calls)

    def leave_out(self, key: str, why: str) -> None:
        self.seen.append(key)
        self.left_out = list(dict.fromkeys((*self.left_out, why)))

    def close_steps(self, why: str) -> None:
        """What still ran when it ended."""
        for step in self.steps:
            if step.state == "running":
                step.state, step.error = StepState.OK if step.found else StepState.FAILED, why

    async def save(self, candidate: NewCandidate | None = None) -> None:
        """Store, hold the lease, show. Raises LeaseLost."""
        async with self._saving:
            now, this = self.deps.clock.now(), SearchId(self.search.id)
            calls = tuple(self._calls)
            async with self.deps.db.transaction(self.workspace_id) as tx:
                self.is_stopped |= await finding.advance(
                    tx.session, this, self._lease(), plan=self._plan(), cost_cents=self.cents, now=now
                )
                if candidate is not None:
                    await finding.put_candidate(tx.session, self.workspace_id, this, candidate, now=now)
                await research.record_usage(
                    tx.session, self.workspace_id, calls, lead_id=None, run_id=None, now=now
                )
                await self.deps.notifier.tell(tx, SearchProgressed(this))
            del self._calls[: len(calls)]

    async def hold(self) -> bool:
        """Hold the lease longer. True: somebody wants it to stop. Raises LeaseLost."""
        async with self.deps.db.transaction(self.workspace_id) as tx:
            self.is_stopped |= await finding.hold(tx.session, SearchId(self.search.id), self._lease())
        return self.is_stopped

    def ms(self, began: float) -> int:
        return round((self.deps.clock.monotonic() - began) * 1000)

    def _lease(self) -> Lease:
        return Lease(self.token, self.deps.clock.wall() + LEASE)

    def _plan(self) -> dict[str, Any]:
        return {
            "began": self.began.isoformat(),
            "steps": [asdict(step) for step in self.steps],
            "left_out": self.left_out,
            "seen": self.seen,
        }


def usage(service: str, cents: Decimal, ms: int, error: str | None, endpoint: str | None) -> NewUsage:
    return NewUsage(
        service=service,
        endpoint=endpoint,
        cost_cents=cents,
        response_time_ms=ms,
        error=error[:300] if error else None,
    )


def robots_read(heard: Sequence[Asked]) -> list[NewUsage]:
    """The sites' robots.txt among what was asked for with a page; kept ones were not."""
    own = (one for one in heard if one.endpoint.endswith("/robots.txt"))
    return [usage(one.service, one.cents, one.ms, one.error, one.endpoint) for one in own]


async def together(*work: Coroutine[Any, Any, _T]) -> list[_T]:
    """All side by side; where one fails or nobody waits any more, the others end with it."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
