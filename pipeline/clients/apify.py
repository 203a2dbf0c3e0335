"""Apify actors, through Apify's own client: structured data where pages are poor.

A run is bounded by time, items and dollars, and aborted when nobody waits for it any more, since it bills on.
Requests time out after 30 s and are tried three times by the client.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from pipeline.clients.rates import RateLimiter
from pipeline.errors import Permanent, Transient
from pipeline.logs import get_logger

log = get_logger(__name__)
_CACHE_SECONDS = 7 * 86_400
_ABORT_SECONDS = 5.0
_MOST_ITEMS = 50
_MOST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class ActorAnswer:
    """Items are JSON objects of the actor's own shape."""

    items: tuple[dict[str, Any], ...]
    cost_cents: Decimal
    cached: bool = False


class Apify:
    """`token` None: every question is refused with a sentence that says what to set."""

    service = "apify_actors"

    def __init__(self, api_url: str, token: str | None, redis: "Redis", rates: RateLimiter) -> None:
        self._api_url = api_url
        self._token = token
        self._redis = redis
        self._rates = rates
        self._client: Any = None

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
        """Run the actor and read what it stored. Raises Transient or Permanent (refused)."""
        key = (
            f"rm:apify:{hashlib.sha256(json.dumps([actor, run_input], sort_keys=True).encode()).hexdigest()}"
        )
        kept = await self._kept(key)
        if kept is not None:
            return kept
        await self._rates.take(self.service)
        answer = await self._run(actor, dict(run_input), wait, most_items, most_cents)
        await self._keep(key, answer)
        return answer

    async def close(self) -> None:
        """The client closes its connections when it is dropped."""
        self._client = None

    async def _run(
        self, actor: str, run_input: dict[str, Any], wait: timedelta, most_items: int, most_cents: Decimal
    ) -> ActorAnswer:
        from apify_client.errors import ApifyApiError, ApifyClientError
        from pydantic import ValidationError

        client = self._opened()
        try:
            async with asyncio.timeout(wait.total_seconds() + 10):
                run = await client.actor(actor).start(
                    run_input=run_input,
                    max_items=most_items,
                    max_total_charge_usd=most_cents / 100,
                    run_timeout=max(wait, timedelta(seconds=1)),
                )
            finished = await self._finished(client, run.id, wait)
            items = await self._items(client, finished.default_dataset_id, most_items)
            return ActorAnswer(tuple(items), _cents(finished))
        except ApifyApiError as error:
            raise _translated(error) from error
        except TimeoutError as error:
            raise Transient("Apify did not start the actor in time.") from error
        except (ApifyClientError, ValidationError, ValueError, OSError) as error:
            raise Transient(f"Apify did not answer properly ({type(error).__name__}).") from error

    async def _finished(self, client: Any, run_id: str, wait: timedelta) -> Any:
        """The run, once it has succeeded; aborted when it is late or nobody waits for it any more."""
        ended = False
        try:
            run = await client.run(run_id).wait_for_finish(wait_duration=wait)
            status = str(run.status) if run is not None else "UNKNOWN"
            ended = status in ("SUCCEEDED", "FAILED", "ABORTED", "TIMED-OUT")
            if status == "SUCCEEDED":
                return run
            if ended:
                raise Transient(f"The Apify actor ended as {status.lower()}.")
            raise Transient(f"The Apify actor was not done after {wait.total_seconds():.0f} seconds.")
        finally:
            if not ended:
                await asyncio.shield(self._abort(client, run_id))

    async def _abort(self, client: Any, run_id: str) -> None:
        from apify_client.errors import ApifyClientError
        from pydantic import ValidationError

        try:
            async with asyncio.timeout(_ABORT_SECONDS):
                await client.run(run_id).abort()
        except (ApifyClientError, ValidationError, TimeoutError, OSError) as error:
            log.warning("apify_run_not_aborted", apify_run=run_id, reason=type(error).__name__)

    async def _items(self, client: Any, dataset_id: str, most: int) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        async for item in client.dataset(dataset_id).iterate_items(limit=most, clean=True):
            if isinstance(item, dict) and len(json.dumps(item, default=str)) <= _MOST_TEXT:
                items.append(cast("dict[str, Any]", item))
            if len(items) >= most:
                break
        return items

    def _opened(self) -> Any:
        if self._token is None:
            raise Permanent("Apify is not set up. Set APIFY_API_TOKEN to use it.")
        if self._client is None:
            from apify_client import ApifyClientAsync

            self._client = ApifyClientAsync(
                self._token,
                api_url=self._api_url,
                max_retries=3,
                timeout_medium=timedelta(seconds=30),
                timeout_long=timedelta(seconds=30),
            )
        return self._client

    async def _kept(self, key: str) -> ActorAnswer | None:
        try:
            kept: Any = await self._redis.get(key)
            return ActorAnswer(tuple(json.loads(kept)), Decimal(0), cached=True) if kept else None
        except (RedisError, OSError, ValueError, TypeError):
            return None

    async def _keep(self, key: str, answer: ActorAnswer) -> None:
        try:
            await self._redis.set(key, json.dumps(answer.items, default=str), ex=_CACHE_SECONDS)
        except (RedisError, OSError):
            return


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
