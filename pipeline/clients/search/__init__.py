"""Searching: the providers that are set, in the order of the settings, behind one question."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from db.types import ResearchTool
from pipeline.clients.rates import RateLimiter
from pipeline.clients.search.base import Attempt, SearchAnswer, SearchFailed, SearchProvider, SearchResult
from pipeline.clients.search.brave import BraveSearch
from pipeline.clients.search.google import GoogleSearch
from pipeline.clients.search.searxng import SearxngSearch
from pipeline.clock import Clock
from pipeline.errors import BadSettings, Permanent, Transient
from pipeline.settings import Settings

__all__ = ["Attempt", "Search", "SearchAnswer", "SearchFailed", "SearchResult", "open_search"]

_CACHE_SECONDS = 86_400
_REFUSED_FOR = timedelta(minutes=15)  # a key that was refused is not tried again for so long


class Search:
    """Asks one provider after the other until one answers, be it with nothing. Answers are kept a day."""

    def __init__(
        self, providers: Sequence[SearchProvider], redis: "Redis", clock: Clock, rates: RateLimiter
    ) -> None:
        self.providers = tuple(providers)
        self._redis = redis
        self._clock = clock
        self._rates = rates
        self._refused: dict[str, tuple[float, str]] = {}

    async def search(self, query: str, *, count: int = 10, start: int = 0) -> SearchAnswer:
        """Raises SearchFailed where no provider answered."""
        query = " ".join(query.split())
        key = self._key(query, count, start)
        kept = await self._kept(key)
        if kept is not None:
            return kept
        attempts: list[Attempt] = []
        for provider in self.providers:
            answer = await self._ask(provider, query, count, start, attempts)
            if answer is not None:
                result = SearchAnswer(tuple(answer), provider.tool, tuple(attempts))
                await self._keep(key, result)
                return result
        if not self.providers:
            raise SearchFailed(
                "No search provider is set: set BRAVE_SEARCH_API_KEY, SEARXNG_URL or Google's key and engine."
            )
        raise SearchFailed(
            " ".join(dict.fromkeys(attempt.error for attempt in attempts if attempt.error)), tuple(attempts)
        )

    async def close(self) -> None:
        for provider in self.providers:
            await provider.close()

    async def _ask(
        self, provider: SearchProvider, query: str, count: int, start: int, attempts: list[Attempt]
    ) -> list[SearchResult] | None:
        began = self._clock.monotonic()
        until, why = self._refused.get(provider.service, (0.0, ""))
        error: str
        try:
            if why and began < until:
                raise Transient(why)
            await self._rates.take(provider.service)
            results = await provider.search(query, count=count, start=start)
            attempts.append(Attempt(provider.service, provider.tool, self._ms(began), provider.cost_cents))
            return results
        except Permanent as refusal:
            error = str(refusal)
            self._refused[provider.service] = (began + _REFUSED_FOR.total_seconds(), error)
        except Transient as trouble:
            error = str(trouble)
        attempts.append(Attempt(provider.service, provider.tool, self._ms(began), Decimal(0), error))
        return None

    def _ms(self, began: float) -> int:
        return round((self._clock.monotonic() - began) * 1000)

    def _key(self, query: str, count: int, start: int) -> str:
        named = json.dumps(
            [query.casefold(), count, start, [provider.service for provider in self.providers]]
        )
        return f"rm:search:{hashlib.sha256(named.encode()).hexdigest()}"

    async def _kept(self, key: str) -> SearchAnswer | None:
        try:
            kept: Any = await self._redis.get(key)
            return _from_json(json.loads(kept)) if kept else None
        except (RedisError, OSError, ValueError, KeyError, TypeError):
            return None

    async def _keep(self, key: str, answer: SearchAnswer) -> None:
        text = json.dumps(
            {
                "tool": answer.tool.value,
                "results": [dataclasses.asdict(result) for result in answer.results],
            },
            default=str,
        )
        try:
            await self._redis.set(key, text, ex=_CACHE_SECONDS)
        except (RedisError, OSError):
            return


def _from_json(kept: dict[str, Any]) -> SearchAnswer:
    results = tuple(
        SearchResult(
            item["url"],
            item["title"],
            item["snippet"],
            date.fromisoformat(item["published_on"]) if item["published_on"] else None,
        )
        for item in kept["results"]
    )
    return SearchAnswer(results, ResearchTool(kept["tool"]), cached=True)


def open_search(settings: Settings, clock: Clock, redis: "Redis", rates: RateLimiter) -> Search:
    """The providers that are set, in the order of SEARCH_PROVIDERS. Raises BadSettings."""
    made = (
        _provider(name.strip(), settings) for name in settings.search_providers.split(",") if name.strip()
    )
    return Search([provider for provider in made if provider is not None], redis, clock, rates)


def _provider(name: str, settings: Settings) -> SearchProvider | None:
    if name == "google":
        key, engine = settings.google_search_api_key, settings.google_search_engine_id
        return (
            GoogleSearch(settings.google_search_url, key.get_secret_value(), engine)
            if key and engine
            else None
        )
    if name == "brave":
        key = settings.brave_search_api_key
        return BraveSearch(settings.brave_search_url, key.get_secret_value()) if key else None
    if name == "searxng":
        return SearxngSearch(settings.searxng_url) if settings.searxng_url else None
    raise BadSettings(f"SEARCH_PROVIDERS: {name!r} is none of google, brave, searxng.")
