"""Plain HTTP reads of strangers' pages, through the egress guard, bounded in every direction.

20 s for a page with all its redirects, tries and proxies; 4 MB, packed and unpacked; five redirects; GET only, no
cookies. Three tries: again with a pause where the connection broke or the server says 5xx, again through another
proxy (where there are several) where the site blocks us. What is refused is never tried again. A site that failed
three pages in a row is left alone for a while.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from pipeline.clients.asked import CALLED_OFF, Asked, tell
from pipeline.clients.breakers import Breakers
from pipeline.clients.host_gate import HostGate
from pipeline.clients.http_read import AGENT_TOKEN, Dropped, HttpReader, ProxyTrouble, Response
from pipeline.clients.page_cache import KeptPage, PageCache
from pipeline.clients.proxies import Proxies
from pipeline.clients.robots import Robots, joined
from pipeline.clock import Clock
from pipeline.egress import Guard
from pipeline.egress.upstream import Upstream
from pipeline.errors import Blocked, Permanent, RainmakerError, Transient
from pipeline.rules.page_bytes import decoded, kind_of_bytes, looks_like_html
from pipeline.rules.walls import Kind, wall_of

__all__ = ["AGENT_TOKEN", "Fetcher", "Page"]
_PAGE_SECONDS = 20.0
_MOST_BYTES = 4_000_000
_MOST_REDIRECTS = 5
_TRIES = 3
_FAILED_PAGES = 3
_PAUSES = (0.3, 1.2)  # seconds before the second and the third try
_LONGEST_WAIT = 4.0  # what a site may ask us to wait for a try; more is for another run
_REDIRECTS = (301, 302, 303, 307, 308)
_OK = (200, 203)


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it came: `url` is where it ended up after redirects. `cached`: the site was not asked for it."""

    url: str
    status: int
    content_type: str
    html: str
    cached: bool = False


@dataclass(slots=True)
class _Sent:
    """How many requests went out for a page."""

    requests: int = 0


class _Walled(Blocked):
    """The site blocks us, and may not block another."""


class Fetcher:
    """`seconds`: for one page, in all. `pause`: seconds between two requests to a host."""

    def __init__(
        self,
        guard: Guard,
        clock: Clock,
        *,
        cache: PageCache | None = None,
        proxies: Proxies | None = None,
        seconds: float = _PAGE_SECONDS,
        pause: float = 0.1,
        wait: Callable[[float], float] = lambda seconds: seconds * random.uniform(0.7, 1.3),
    ) -> None:
        self._guard = guard
        self._seconds = seconds
        self._wait = wait
        self._cache = cache
        self._proxies = proxies or Proxies((), clock.monotonic)
        self._clock = clock
        self._reader = HttpReader(guard)
        self._robots = Robots(guard, self._reader, clock.monotonic)
        self._gate = HostGate(clock.monotonic, pause)
        self._sites = Breakers(clock, threshold=_FAILED_PAGES)
        self._reading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def fetch(self, url: str, *, obey_robots: bool = True) -> Page:
        """Raises Blocked (guard, robots.txt, a wall, not a text), Permanent (the page is not there), Transient."""
        self._guard.check_url(url)
        sent = _Sent()
        lock = self._reading.setdefault(url, asyncio.Lock())
        try:
            async with asyncio.timeout(self._seconds):
                async with lock:  # ten leads of one company read its site once
                    return await self._kept_or_fetched(url, obey_robots, sent)
        except TimeoutError:
            # Without a request its pages were being read for others, or its robots.txt was still to come.
            if sent.requests:
                self._sites.failed(_site(url))
            what = "took longer than" if sent.requests else "could not be asked for this page within"
            raise Transient(f"{_host(url)} {what} {self._seconds:.0f} seconds.") from None

    async def allowed(self, url: str) -> bool:
        """What robots.txt says of us and this page; the browser asks before it opens one."""
        self._guard.check_url(url)
        return await self._robots.allowed(url, self._proxies.next() if self._proxies.are_set else None)

    async def close(self) -> None:
        await self._reader.close()

    async def _kept_or_fetched(self, url: str, obey_robots: bool, sent: "_Sent") -> Page:
        kept = await self._cache.get(url) if self._cache is not None else None
        if kept is not None and self._cache is not None and self._cache.is_fresh(kept):
            return Page(kept.url, 200, kept.content_type, kept.html, cached=True)
        return await self._tried(url, obey_robots, kept, sent)

    async def _tried(self, url: str, obey_robots: bool, kept: KeptPage | None, sent: "_Sent") -> Page:
        """With its redirects, tries and proxies it is one question, told if the site was asked at all."""
        began, problem = self._clock.monotonic(), CALLED_OFF
        try:
            async with self._sites.guarding(_site(url), _host(url), innocent=ProxyTrouble):
                page = await self._in_tries(url, obey_robots, kept, sent)
            problem = ""
            return page
        except RainmakerError as error:
            problem = str(error)
            raise
        finally:
            if sent.requests:
                ms = round((self._clock.monotonic() - began) * 1000)
                tell(Asked("fetch", _host(url), ms, problem[:300] or None))

    async def _in_tries(self, url: str, obey_robots: bool, kept: KeptPage | None, sent: "_Sent") -> Page:
        problem: RainmakerError = Transient(f"{_host(url)} was not asked.")
        used: list[Upstream | None] = []
        for attempt in range(_TRIES):
            upstream = self._proxies.next(avoid=used)
            try:
                page = await self._once(url, obey_robots, kept, upstream, sent)
            except (_Walled, _TooOften, ProxyTrouble) as error:
                problem = error
                self._proxies.failed(upstream)
                used.append(upstream)
                if isinstance(error, _Walled) and not self._proxies.are_set:
                    break
            except (Dropped, _Unwell) as error:
                problem = error
            else:
                self._proxies.worked(upstream)
                return page
            pause = _pause_after(problem, attempt)
            if pause is None:
                break
            await asyncio.sleep(self._wait(pause))
        raise problem

    async def _once(
        self, url: str, obey_robots: bool, kept: KeptPage | None, upstream: Upstream | None, sent: "_Sent"
    ) -> Page:
        response = await self._follow(url, obey_robots, kept, upstream, sent)
        if response.status == 304 and kept is not None:
            await self._keep(url, response, kept.html, kept.url, kept.content_type)
            return Page(kept.url, 200, kept.content_type, kept.html, cached=True)
        html = _text_of(response)
        _check(url, response, html)
        await self._keep(url, response, html, response.url, response.content_type)
        return Page(response.url, response.status, response.content_type, html)

    async def _follow(
        self, url: str, obey_robots: bool, kept: KeptPage | None, upstream: Upstream | None, sent: "_Sent"
    ) -> Response:
        seen = {url}
        headers = _conditions(kept) if kept is not None and kept.url == url else {}
        for _ in range(_MOST_REDIRECTS + 1):
            self._guard.check_url(url)
            delay = 0.0
            if obey_robots:
                if not await self._robots.allowed(url, upstream):
                    raise Blocked(f"The robots.txt of {_host(url)} does not allow this page.")
                delay = await self._robots.delay(url, upstream)
            async with self._gate.turn(_host(url), delay):
                sent.requests += 1
                response = await self._reader.get(url, _MOST_BYTES, upstream=upstream, headers=headers)
            location = response.headers.get("Location")
            if response.status not in _REDIRECTS or not location:
                return response
            url, headers = joined(url, location), {}
            if url in seen:
                raise Permanent(f"{_host(url)} redirects in a circle.")
            seen.add(url)
        raise Permanent(f"{_host(url)} redirects more than {_MOST_REDIRECTS} times.")

    async def _keep(self, url: str, response: Response, html: str, final: str, content_type: str) -> None:
        control = response.headers.get("Cache-Control", "").lower()
        personal = "no-store" in control or "private" in control
        if self._cache is None or personal:
            return
        page = KeptPage(
            url=final,
            content_type=content_type,
            html=html,
            read_at=self._clock.wall().timestamp(),
            etag=response.headers.get("ETag"),
            modified=response.headers.get("Last-Modified"),
        )
        await self._cache.put(url, page)


class _Unwell(Transient):
    """The server answered that it can't answer now."""


class _TooOften(_Unwell):
    """It is asked too often, from this address."""


def _pause_after(problem: RainmakerError, attempt: int) -> float | None:
    """Seconds until the next try; None for no more tries."""
    if attempt >= len(_PAUSES):
        return None
    asked = getattr(problem, "retry_after", None)
    if isinstance(asked, timedelta) and asked.total_seconds() > _LONGEST_WAIT:
        return None
    return max(_PAUSES[attempt], asked.total_seconds() if isinstance(asked, timedelta) else 0.0)


def _conditions(kept: KeptPage) -> dict[str, str]:
    pairs = {"If-None-Match": kept.etag, "If-Modified-Since": kept.modified}
    return {name: value for name, value in pairs.items() if value and value.isprintable()}


def _text_of(response: Response) -> str:
    """Raises Blocked where the bytes are no text, whatever their type says."""
    host = _host(response.url)
    if response.status in _OK:
        if not response.body.strip():
            raise Permanent(f"{host} sent an empty page.")
        kind = kind_of_bytes(response.body)
        if kind is not None and not looks_like_html(response.body):
            raise Blocked(f"{host} sent {kind}, which is not read as a page.")
    return decoded(response.body, response.charset)


def _check(asked_url: str, response: Response, html: str) -> None:
    host, status = _host(response.url), response.status
    mitigated = response.headers.get("cf-mitigated", "").lower() == "challenge"
    wall = wall_of(status, html, asked_url=asked_url, url=response.url, mitigated=mitigated)
    retry_after = _retry_after(response.headers.get("Retry-After"))
    if wall is not None and wall.kind is Kind.BLOCKED:
        if status == 429:
            raise _TooOften(f"{host} answered 429: it is asked too often.", retry_after)
        raise _Walled(f"{host} {wall.reason}.")
    if wall is not None:
        raise Blocked(f"{host} {wall.reason}.")
    if status in _OK:
        return
    if status >= 500 or status in (408, 425):
        raise _Unwell(f"{host} answered {status}.", retry_after)
    raise Permanent(f"{host} answered {status} for this page.")


def _retry_after(value: str | None) -> timedelta | None:
    return timedelta(seconds=min(int(value), 3600)) if value and value.isdecimal() else None


def _site(url: str) -> str:
    """With its scheme: who does not answer by https may by http."""
    return f"{url.partition(':')[0].lower()}://{_host(url)}"


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "the site")[:100]
    except ValueError:
        return "the site"
