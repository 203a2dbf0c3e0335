"""Apify actors, through Apify's own client: structured data where pages are poor.

A run is bounded by time, items and dollars, and aborted when nobody waits for it any more, since it bills on.
Requests time out after 30 s and are tried three times by the client; starting a run is not.
"""

import asyncio
import hashlib
import json
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from pipeline.clients.breakers import Breakers
from pipeline.clients.budget import NOTHING, Budget, BudgetSpent, Taken
from pipeline.clients.rates import RateLimiter
from pipeline.errors import Permanent, Transient
from pipeline.logs import get_logger

log = get_logger(__name__)
_CACHE_SECONDS = 7 * 86_400
_EMPTY_CACHE_SECONDS = 3600  # nothing today may be something tomorrow
_START_SECONDS = 20.0
_ABORT_SECONDS = 5.0
_ITEMS_SECONDS = 15.0
_ENDS = ("SUCCEEDED", "FAILED", "ABORTED", "TIMED-OUT")
_MOST_ITEMS = 50
_MOST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class ActorAnswer:
    """Items are JSON objects of the actor's own shape."""

    items: tuple[dict[str, Any], ...]
    cost_cents: Decimal
    cached: bool = False
    is_partial: bool = False  # the run did not come to its end


class RunFailed(Transient):
    """The run ended without anything to read; it may have cost something all the same."""

    def __init__(self, message: str, cost_cents: Decimal) -> None:
        super().__init__(message)
        self.cost_cents = cost_cents


@dataclass(frozen=True, slots=True)
class _Ended:
    run: Any
    problem: str | None = None


class Apify:
    """`token` None: every question is refused with a sentence that says what to set."""

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
    ) -> None:
        self._api_url = api_url
        self._token = token
        self._redis = redis
        self._rates = rates
        self._budget = budget
        self._breakers = breakers
        self._client: Any = None
        self._starter: Any = None
        self._endings: set[asyncio.Task[Any]] = set()

    @property
    def is_set(self) -> bool:
        return self._token is not None

    async def run(
        self,
        actor: str,
        run_input: Mapping[str, Any],
        *,
        wait: timedelta,
        most_items: int = _MOST_ITEMS,
        most_cents: Decimal = Decimal(10),
    ) -> ActorAnswer:
        """Run the actor and read what it stored, within `wait`: a run that is late is aborted, and what it found
        up to then is the answer (`is_partial`). Raises RunFailed, Transient or Permanent (refused)."""
        key = _key(actor, run_input)
        kept = await self._kept(key)
        if kept is not None:
            return kept
        if self._token is None:
            raise Permanent("Apify is not set up. Set APIFY_API_TOKEN to use it.")
        answer = await self._guarded(actor, dict(run_input), wait, most_items, most_cents)
        if isinstance(answer, RunFailed):
            raise answer
        if not answer.is_partial:
            await self._keep(key, answer)
        return answer

    async def _guarded(
        self, actor: str, run_input: dict[str, Any], wait: timedelta, most_items: int, most_cents: Decimal
    ) -> "ActorAnswer | RunFailed":
        """A run that failed, or that we had no time for, is an answer: Apify itself is well."""
        async with self._breakers.guarding(self.service, "Apify"):
            taken = await self._taken(most_cents)
            cost = NOTHING
            try:
                answer = await self._run(actor, run_input, wait, most_items, most_cents)
                cost = answer.cost_cents
            except RunFailed as failure:
                answer, cost = failure, failure.cost_cents
            finally:
                if self._budget is not None:
                    await self._budget.settle(taken, cost)
        return answer

    async def close(self) -> None:
        """Waits for runs that are being aborted; the client closes its connections when it is dropped."""
        await asyncio.gather(*self._endings, return_exceptions=True)
        self._client = self._starter = None

    async def _taken(self, most_cents: Decimal) -> Taken | None:
        """What the run may cost is set aside. Raises BudgetSpent."""
        try:
            await self._rates.take(self.service)
        except Transient as full:
            raise BudgetSpent(str(full), full.retry_after) from None
        return await self._budget.take(self.service, cents=most_cents) if self._budget else None

    async def _run(
        self, actor: str, run_input: dict[str, Any], wait: timedelta, most_items: int, most_cents: Decimal
    ) -> ActorAnswer:
        from apify_client.errors import ApifyApiError

        began = self._breakers.now()
        try:
            run = await self._started(actor, run_input, wait, most_items, most_cents)
            left = wait - timedelta(seconds=self._breakers.now() - began)
            ended = await self._finished(run, max(left, timedelta(seconds=0.1)))
            items = await self._items(ended.run.default_dataset_id, most_items)
        except ApifyApiError as error:
            raise _translated(error) from error
        except TimeoutError as error:
            if wait.total_seconds() < _START_SECONDS:
                raise RunFailed("There was no time left for the Apify actor.", NOTHING) from error
            raise Transient("Apify did not answer in time.") from error
        except _troubles() as error:
            raise Transient(f"Apify did not answer properly ({type(error).__name__}).") from error
        if ended.problem is not None and not items:
            raise RunFailed(ended.problem, _cents(ended.run))
        return ActorAnswer(tuple(items), _cents(ended.run), is_partial=ended.problem is not None)

    async def _started(
        self, actor: str, run_input: dict[str, Any], wait: timedelta, most_items: int, most_cents: Decimal
    ) -> Any:
        """The run. Whoever is called off while it starts leaves nothing running: what starts is aborted."""
        client = self._opened_for_start()
        starting = asyncio.create_task(
            client.actor(actor).start(
                run_input=run_input,
                max_items=most_items,
                max_total_charge_usd=most_cents / 100,
                run_timeout=max(wait, timedelta(seconds=1)),
            )
        )
        try:
            async with asyncio.timeout(min(_START_SECONDS, max(wait.total_seconds(), 1.0))):
                return await asyncio.shield(starting)
        except (asyncio.CancelledError, TimeoutError):
            self._in_background(self._abort_once_started(starting))
            raise

    async def _finished(self, run: Any, wait: timedelta) -> "_Ended":
        """The run when it is over; aborted when it is late or nobody waits for it any more."""
        client = self._opened()
        is_over = False
        try:
            latest = await client.run(run.id).wait_for_finish(wait_duration=wait)
            status = str(latest.status) if latest is not None else "UNKNOWN"
            is_over = status in _ENDS
            if status == "SUCCEEDED":
                return _Ended(latest)
            if is_over:
                return _Ended(latest, f"The Apify actor ended as {status.lower()}.")
            seconds = f"{wait.total_seconds():.0f}"
            problem = f"The Apify actor was not done after {seconds} seconds and was stopped."
            is_over = True
            return _Ended(await self._abort(run.id) or latest or run, problem)
        finally:
            if not is_over:
                self._in_background(self._abort(run.id))

    async def _abort_once_started(self, starting: "asyncio.Task[Any]") -> None:
        try:
            async with asyncio.timeout(_START_SECONDS):
                run = await starting
        except (TimeoutError, *_troubles()) as error:
            log.info("apify_run_not_started", reason=type(error).__name__)
            return
        await self._abort(run.id)

    async def _abort(self, run_id: str) -> Any:
        """The run as it ended, or None where Apify does not say; its own time-out ends it then."""
        try:
            async with asyncio.timeout(_ABORT_SECONDS):
                return await self._opened().run(run_id).abort()
        except (TimeoutError, *_troubles()) as error:
            log.warning("apify_run_not_aborted", apify_run=run_id, reason=type(error).__name__)
            return None

    def _in_background(self, ending: Coroutine[Any, Any, Any]) -> None:
        """To its end, though who asked for it is gone."""
        task = asyncio.create_task(ending)
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)

    async def _items(self, dataset_id: str, most: int) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        async with asyncio.timeout(_ITEMS_SECONDS):
            async for item in self._opened().dataset(dataset_id).iterate_items(limit=most, clean=True):
                if isinstance(item, dict) and len(json.dumps(item, default=str)) <= _MOST_TEXT:
                    items.append(cast("dict[str, Any]", item))
                if len(items) >= most:
                    break
        return items

    def _opened(self) -> Any:
        if self._client is None:
            self._client = self._made(max_retries=3)
        return self._client

    def _opened_for_start(self) -> Any:
        """Starting a run is not repeated: an answer that was lost may have started one that bills."""
        if self._starter is None:
            self._starter = self._made(max_retries=0)
        return self._starter

    def _made(self, *, max_retries: int) -> Any:
        from apify_client import ApifyClientAsync

        return ApifyClientAsync(
            self._token,
            api_url=self._api_url,
            max_retries=max_retries,
            timeout_medium=timedelta(seconds=30),
            timeout_long=timedelta(seconds=30),
        )

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


def _troubles() -> tuple[type[Exception], ...]:
    """What Apify's client raises where the network or the answer is not as it should be: errors of its own, of
    its HTTP library, and what its reading of odd answers ends in."""
    from apify_client.errors import ApifyClientError
    from impit import HTTPError

    return (ApifyClientError, HTTPError, ValueError, LookupError, AttributeError, TypeError, OSError)


def _key(actor: str, run_input: Mapping[str, Any]) -> str:
    question = json.dumps([actor, run_input], sort_keys=True)
    return f"rm:apify:{hashlib.sha256(question.encode()).hexdigest()}"


def _cents(run: Any) -> Decimal:
    dollars = getattr(run, "usage_total_usd", None)
    return (Decimal(str(dollars)) * 100).quantize(Decimal("0.0001")) if dollars else Decimal(0)


def _translated(error: Any) -> Exception:
    status, message = (
        int(getattr(error, "status_code", 0) or 0),
        str(getattr(error, "message", "") or error)[:200],
    )
    if status == 429 or status >= 500:
        return Transient(f"Apify answered {status}.")
    if status in (401, 403):
        return Permanent("Apify refused the token. Check APIFY_API_TOKEN.")
    if status == 402:
        return Permanent("The Apify account has no credit left.")
    if status == 404:
        return Permanent(f"Apify knows no such actor: {message}")
    return Permanent(f"Apify refused the request ({status}): {message}")
