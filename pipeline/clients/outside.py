"""What research reaches outside: search, pages, the browser, Apify, DNS. Opened once, used by every run."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from redis.asyncio import Redis

from db.session import Database
from pipeline.clients.apify import Apify
from pipeline.clients.breakers import Breakers, OnState
from pipeline.clients.browser import BrowserPool
from pipeline.clients.budget import Budget, limits_of
from pipeline.clients.dns import Dns
from pipeline.clients.fetch import Fetcher
from pipeline.clients.page_cache import PageCache
from pipeline.clients.proxies import Proxies
from pipeline.clients.rates import Rate, RateLimiter
from pipeline.clients.search import Search, open_search
from pipeline.clock import Clock
from pipeline.egress import Guard, open_guard
from pipeline.egress.upstream import parse_proxies
from pipeline.settings import Settings

# `make run` keeps this file while it installs a browser in the background.
INSTALLING_BROWSER = Path(".rainmaker/installing-chromium")


@dataclass(frozen=True)
class ResearchClients:
    guard: Guard
    search: Search
    fetch: Fetcher
    browser: BrowserPool
    apify: Apify
    dns: Dns
    rates: RateLimiter
    breakers: Breakers

    async def close(self) -> None:
        await self.search.close()
        await self.fetch.close()
        await self.browser.close()
        await self.apify.close()


def open_research(
    settings: Settings,
    clock: Clock,
    redis: "Redis",
    *,
    budget: Budget | None = None,
    on_state: OnState | None = None,
) -> ResearchClients:
    """Nothing is connected or started yet; the browser starts with the first page that needs it.

    Without a `budget` nothing is counted against a day's limits.
    """
    guard = open_guard(
        dns_server=settings.dns_server, egress_hosts=settings.egress_hosts, egress_ca=settings.egress_ca
    )
    per_minute = Rate(settings.max_research_per_minute, timedelta(minutes=1))
    rates = RateLimiter(redis, clock, {"research": per_minute})
    breakers = Breakers(clock, on_state)
    proxies = Proxies(parse_proxies(settings.proxy_urls.get_secret_value()), clock.monotonic)
    token = settings.apify_api_token
    return ResearchClients(
        guard=guard,
        search=open_search(settings, clock, redis, rates, budget=budget, breakers=breakers),
        fetch=Fetcher(guard, clock, cache=PageCache(redis, clock), proxies=proxies),
        browser=BrowserPool(
            guard,
            executable=settings.chromium_path,
            installing=INSTALLING_BROWSER,
            proxies=proxies,
            breakers=breakers,
        ),
        apify=Apify(
            settings.apify_api_url,
            token.get_secret_value() if token else None,
            redis,
            rates,
            budget=budget,
            breakers=breakers,
        ),
        dns=Dns(settings.dns_server),
        rates=rates,
        breakers=breakers,
    )


def open_budget(settings: Settings, clock: Clock, db: Database) -> Budget:
    """The day's limits by the settings. Raises BadSettings."""
    return Budget(db, clock, limits_of(settings))
