"""One provider after the other until one answers. A provider that fails has failed; it has not found nothing."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from pipeline.clients.asked import CALLED_OFF, Asked, tell
from pipeline.clients.breakers import Breakers, NotAsked
from pipeline.clients.budget import Budget, BudgetSpent, Taken
from pipeline.clients.rates import RateLimiter
from pipeline.clients.search.base import (
    NAMES,
    PAGE,
    Attempt,
    QueryRefused,
    SearchAnswer,
    SearchFailed,
    SearchProvider,
    SearchResult,
)
from pipeline.clients.search.kept import KeptAnswers, canonical_query
from pipeline.clock import Clock
from pipeline.errors import Permanent, RainmakerError, Transient

_REFUSED_FOR = timedelta(minutes=15)  # a key that was refused is not tried again for so long
_NOTHING = Decimal(0)


class Search:
    """Answers are kept a day, by the question; what is answered from there costs nothing."""

    def __init__(
        self,
        providers: Sequence[SearchProvider],
        kept: KeptAnswers,
        clock: Clock,
        rates: RateLimiter,
        budget: Budget | None,
        breakers: Breakers,
    ) -> None:
        self.providers = tuple(providers)
        self._kept = kept
        self._clock = clock
        self._rates = rates
        self._budget = budget
        self._breakers = breakers
        self._refused: dict[str, tuple[float, str]] = {}

    async def search(self, query: str, *, count: int = PAGE, start: int = 0) -> SearchAnswer:
        """Up to `count` results from the `start`-th on, asked for in pages of ten; fewer where there are no
        more, or where a later page failed (an attempt says so). Raises SearchFailed where nobody answered.
        """
        query = canonical_query(query)
        first = await self._page(query, min(count, PAGE), start)
        results, attempts, cached = [*first.results], [*first.attempts], first.cached
        while len(results) < count and results and len(results) % PAGE == 0:
            try:
                page = await self._page(query, min(count - len(results), PAGE), start + len(results))
            except SearchFailed as failure:
                attempts += failure.attempts
                break
            attempts += page.attempts
            cached = cached and page.cached
            if not page.results:
                break
            results += page.results
        return SearchAnswer(_each_once(results), first.tool, tuple(attempts), cached)

    async def close(self) -> None:
        for provider in self.providers:
            await provider.close()

    async def _page(self, query: str, count: int, start: int) -> SearchAnswer:
        kept = await self._kept.get(query, count, start)
        if kept is not None:
            return kept
        attempts: list[Attempt] = []
        for provider in self.providers:
            found = await self._ask(provider, query, count, start, attempts)
            if found is not None:
                answer = SearchAnswer(tuple(found), provider.tool, tuple(attempts))
                await self._kept.put(query, count, start, answer)
                return answer
        if not self.providers:
            raise SearchFailed(
                "No search provider is set: set BRAVE_SEARCH_API_KEY, SEARXNG_URL or Google's key and engine."
            )
        raise SearchFailed(
            " ".join(dict.fromkeys(attempt.error for attempt in attempts if attempt.error)), tuple(attempts)
        )

    async def _ask(
        self, provider: SearchProvider, query: str, count: int, start: int, attempts: list[Attempt]
    ) -> list[SearchResult] | None:
        """None where it did not answer; `attempts` says why."""
        began = self._clock.monotonic()
        asked, cost, error = True, _NOTHING, None
        results: list[SearchResult] | None = None
        try:
            self._check_refused(provider.service, began)
            async with self._breakers.guarding(provider.service, NAMES[provider.service]):
                taken = await self._taken(provider)
                cost = _cost(provider, taken)
                results = await self._counted(provider, taken, query, count, start)
        except (NotAsked, _Refused) as refusal:
            asked, error = False, str(refusal)
        except QueryRefused as refusal:
            error = str(refusal)
        except Permanent as refusal:
            error = str(refusal)
            self._refused[provider.service] = (began + _REFUSED_FOR.total_seconds(), error)
        except Transient as trouble:
            error = str(trouble)
        ms = round((self._clock.monotonic() - began) * 1000)
        cost = cost if error is None else _NOTHING
        attempts.append(Attempt(provider.service, provider.tool, ms, cost, error, asked))
        return results

    async def _counted(
        self, provider: SearchProvider, taken: Taken | None, query: str, count: int, start: int
    ) -> list[SearchResult]:
        """Ask, and give back what was set aside where it did not answer. Who is called off while it is asked pays:
        the provider counts the question."""
        cost, began = _cost(provider, taken), self._clock.monotonic()
        try:
            return await provider.search(query, count=count, start=start)
        except asyncio.CancelledError:
            ms = round((self._clock.monotonic() - began) * 1000)
            tell(Asked(provider.service, "search", ms, CALLED_OFF, cost))
            raise
        except RainmakerError:
            cost = _NOTHING
            raise
        finally:
            if self._budget is not None:
                await self._budget.settle(taken, cost)

    async def _taken(self, provider: SearchProvider) -> Taken | None:
        """Raises BudgetSpent, or where it is asked too often."""
        try:
            await self._rates.take(provider.service)
        except Transient as full:
            raise BudgetSpent(str(full), full.retry_after) from None
        if self._budget is None:
            return None
        return await self._budget.take(provider.service, cents=provider.cost_cents)

    def _check_refused(self, service: str, now: float) -> None:
        until, why = self._refused.get(service, (0.0, ""))
        if why and now < until:
            raise _Refused(why)


class _Refused(Permanent):
    """It refused the key a while ago; it is not asked."""


def _cost(provider: SearchProvider, taken: Taken | None) -> Decimal:
    """The first of a day may be free."""
    is_free = taken is not None and 0 < taken.nth <= provider.free_per_day
    return _NOTHING if is_free else provider.cost_cents


def _each_once(results: Sequence[SearchResult]) -> tuple[SearchResult, ...]:
    found: dict[str, SearchResult] = {}
    for result in results:
        found.setdefault(result.url, result)
    return tuple(found.values())
