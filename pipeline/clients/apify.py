"""Apify actors: structured data where pages are poor.

A run is bounded by time, items and dollars, and stopped when nobody waits for it any more, since it bills on.
Questions that come within two seconds of each other share a run (`apify_batches`); answers are kept a week.
"""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from db.types import WorkspaceId
from pipeline.clients.apify_batches import ActorAnswer, Batch, Bill, Party, RunFailed
from pipeline.clients.apify_inputs import ActorCall
from pipeline.clients.apify_runs import ActorRuns
from pipeline.clients.breakers import Breakers
from pipeline.clients.budget import Budget, BudgetSpent, LateCall, Taken, current_workspace
from pipeline.clients.rates import RateLimiter
from pipeline.errors import Permanent, Transient

__all__ = ["ActorAnswer", "Apify", "RunFailed"]
_CACHE_SECONDS = 7 * 86_400
_EMPTY_CACHE_SECONDS = 3600  # nothing today may be something tomorrow
_MOST_ITEMS = 50
_WINDOW_SECONDS = 2.0
_WINDOW_SHARE = 0.1  # of the time somebody has, at most


class Apify:
    """`token` None: every question is refused with a sentence that says what to set. `window`: seconds a question
    waits for others to share its run, where others are at work."""

    service = "apify_actors"

    def __init__(
        self,
        api_url: str,
        token: str | None,
        redis: "Redis",
        rates: RateLimiter,
        *,
        breakers: Breakers,
        budget: Budget | None = None,
        window: float = _WINDOW_SECONDS,
    ) -> None:
        self._token = token
        self._redis = redis
        self._rates = rates
        self._budget = budget
        self._breakers = breakers
        self._window = window
        self._runs = ActorRuns(api_url, token, breakers.now)
        self._open: dict[tuple[WorkspaceId, str], Batch] = {}
        self._living: dict[asyncio.Task[None], Batch] = {}
        self._at_work: Counter[WorkspaceId] = Counter()

    @property
    def is_set(self) -> bool:
        return self._token is not None

    @contextmanager
    def at_work(self) -> Generator[None]:
        """Around the research of one lead: while it is the only one of its workspace in this process, its
        questions wait for nobody."""
        workspace = current_workspace()
        if workspace is None:
            yield
            return
        self._at_work[workspace] += 1
        try:
            yield
        finally:
            self._at_work[workspace] -= 1
            if not self._at_work[workspace]:
                del self._at_work[workspace]

    async def run(
        self,
        actor: str,
        run_input: Mapping[str, Any],
        *,
        wait: timedelta,
        most_items: int = _MOST_ITEMS,
        most_cents: Decimal = Decimal(10),
    ) -> ActorAnswer:
        """As `ask`, in a run of its own."""
        call = ActorCall(actor, dict(run_input))
        return await self.ask(call, wait=wait, most_items=most_items, most_cents=most_cents)

    async def ask(
        self,
        call: ActorCall,
        *,
        wait: timedelta,
        most_items: int = _MOST_ITEMS,
        most_cents: Decimal = Decimal(10),
        likely_cents: Decimal | None = None,
    ) -> ActorAnswer:
        """Run the actor and read what it stored, within `wait`: of a run that is late, what it found up to then is
        the answer (`is_partial`). `likely_cents` is booked where Apify does not say what it cost; without it,
        `most_cents`. Raises RunFailed, Transient or Permanent (refused)."""
        key = _key(call)
        kept = await self._kept(key)
        if kept is not None:
            return kept
        if self._token is None:
            raise Permanent("Apify is not set up. Set APIFY_API_TOKEN to use it.")
        taken = await self._budget.take(self.service, cents=most_cents) if self._budget else None
        likely = most_cents if likely_cents is None else min(likely_cents, most_cents)
        until = self._breakers.now() + wait.total_seconds()
        party = Party(call, until, most_items, most_cents, likely, self._payer(call, taken))
        batch = self._joined(party, wait)
        try:
            answer = await party.answer
        finally:
            batch.leave()
        if isinstance(answer, RunFailed):
            raise answer
        if not answer.is_partial:
            await self._keep(key, answer)
        return answer

    async def close(self) -> None:
        """Stops the runs that are under way, and waits until that is done."""
        for batch in self._living.values():
            batch.stop()
        await asyncio.gather(*self._living, return_exceptions=True)
        await self._runs.close()

    def _joined(self, party: Party, wait: timedelta) -> Batch:
        """The batch it is in: one that waits for more of its kind, or one that begins."""
        workspace, kin = current_workspace(), party.call.kin
        others = self._at_work[workspace] if workspace is not None and kin is not None else 0
        if workspace is None or kin is None:
            batch = self._begun(0.0)
            batch.join(party, full=1)
            return batch
        batch = self._open.get((workspace, kin))
        if batch is None or not batch.is_open:
            window = min(self._window, wait.total_seconds() * _WINDOW_SHARE) if others > 1 else 0.0
            batch = self._open[workspace, kin] = self._begun(window)
        batch.join(party, full=max(others, 1))
        return batch

    def _begun(self, window: float) -> Batch:
        batch = Batch(self._runs, self._breakers, self.service, self._take_turn, window=window)
        task = asyncio.create_task(batch.live())
        self._living[task] = batch
        task.add_done_callback(self._ended)
        return batch

    def _ended(self, task: "asyncio.Task[None]") -> None:
        batch = self._living.pop(task)
        for key in [key for key, one in self._open.items() if one is batch]:
            del self._open[key]

    async def _take_turn(self) -> None:
        """Raises BudgetSpent where actors were run too often."""
        try:
            await self._rates.take(self.service)
        except Transient as full:
            raise BudgetSpent(str(full), full.retry_after) from None

    def _payer(self, call: ActorCall, taken: Taken | None) -> Callable[[Bill], Awaitable[None]]:
        """Puts the bill in place of what was set aside; where nobody else does, writes it down."""

        async def pay(bill: Bill) -> None:
            if self._budget is None:
                return
            await self._budget.settle(taken, bill.cents)
            if bill.is_late:
                note = "called off, estimated cost" if bill.is_estimated else "called off"
                await self._budget.book_late(LateCall(self.service, f"{call.actor} ({note})", bill.cents))

        return pay

    async def _kept(self, key: str) -> ActorAnswer | None:
        try:
            kept: Any = await self._redis.get(key)
            return ActorAnswer(tuple(json.loads(kept)), Decimal(0), cached=True) if kept else None
        except (RedisError, OSError, ValueError, TypeError):
            return None

    async def _keep(self, key: str, answer: ActorAnswer) -> None:
        try:
            seconds = _CACHE_SECONDS if answer.items else _EMPTY_CACHE_SECONDS
            await self._redis.set(key, json.dumps(answer.items, default=str), ex=seconds)
        except (RedisError, OSError):
            return


def _key(call: ActorCall) -> str:
    """Of each workspace its own: what one paid for is not another's."""
    question = json.dumps([str(current_workspace()), call.actor, call.run_input], sort_keys=True)
    return f"rm:apify:{hashlib.sha256(question.encode()).hexdigest()}"
