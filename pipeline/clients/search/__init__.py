"""Searching: the providers that are set, in the order of the settings, behind one question."""

from redis.asyncio import Redis

from pipeline.clients.breakers import Breakers
from pipeline.clients.budget import Budget
from pipeline.clients.rates import RateLimiter
from pipeline.clients.search.base import Attempt, SearchAnswer, SearchFailed, SearchProvider, SearchResult
from pipeline.clients.search.brave import BraveSearch
from pipeline.clients.search.google import GoogleSearch
from pipeline.clients.search.kept import KeptAnswers
from pipeline.clients.search.search import Search
from pipeline.clients.search.searxng import SearxngSearch
from pipeline.clock import Clock
from pipeline.errors import BadSettings
from pipeline.settings import Settings

__all__ = ["Attempt", "Search", "SearchAnswer", "SearchFailed", "SearchResult", "open_search"]


def open_search(
    settings: Settings,
    clock: Clock,
    redis: "Redis",
    rates: RateLimiter,
    *,
    budget: Budget | None = None,
    breakers: Breakers | None = None,
) -> Search:
    """The providers that are set, in the order of SEARCH_PROVIDERS. Raises BadSettings."""
    names = [name.strip() for name in settings.search_providers.split(",") if name.strip()]
    providers = [provider for name in names if (provider := _provider(name, settings)) is not None]
    kept = KeptAnswers(redis, [provider.service for provider in providers])
    return Search(providers, kept, clock, rates, budget, breakers or Breakers(clock))


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
