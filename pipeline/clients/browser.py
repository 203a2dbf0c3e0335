"""Chromium for the pages that need it: one browser, a fresh context for each lead, everything through the
egress guard's SOCKS proxy. Public pages only.

Time-outs: 20 s a page with all its tries. Sizes: 5 MB of markup, 30 MB a connection, 1 GB of memory a process. A
browser that hangs is ended. With PROXY_URLS each context goes out through one of them, behind the guard: a listener
of ours for each proxy. A page that is blocked is tried again from a fresh context with another proxy, three times at
most.
"""

import asyncio
import os
import random
import shutil
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.clients.breakers import Breakers, NotAsked
from pipeline.clients.browser_memory import bounded
from pipeline.clients.browser_page import (
    CLOSE_SECONDS,
    GOTO_MS,
    RenderedPage,
    Unreached,
    Walled,
    close,
    close_popups,
    only_needed,
    read,
    translated,
)
from pipeline.clients.proxies import Proxies
from pipeline.clock import SystemClock
from pipeline.egress import Guard, SocksProxy
from pipeline.egress.upstream import Upstream
from pipeline.errors import BadSettings, Permanent, Transient
from pipeline.logs import get_logger

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Playwright

__all__ = ["BrowserMissing", "BrowserPool", "BrowserSession", "RenderedPage"]
log = get_logger(__name__)
_PAGE_SECONDS = 20.0
_FORBIDDEN_ENV = "PLAYWRIGHT_DISABLE_FORCED_CHROMIUM_PROXIED_LOOPBACK"
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_TRIES = 3
_PAUSES = (0.5, 1.5)  # seconds before the second and the third try
_USER_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{v}.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{v}.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36",
)
_ARGUMENTS = (
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--dns-prefetch-disable",
    "--no-pings",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-client-side-phishing-detection",
    "--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication,DialMediaRouteProvider",
)


class BrowserMissing(Permanent):
    """No browser is there, so pages that need one are skipped."""


class BrowserPool:
    """`pause`: what to wait before each page, in seconds; people do not click at once. `seconds`: for a page."""

    def __init__(
        self,
        guard: Guard,
        *,
        executable: Path | None = None,
        installing: Path | None = None,
        pause: Callable[[], float] | None = None,
        seconds: float = _PAGE_SECONDS,
        proxies: Proxies | None = None,
        breakers: Breakers | None = None,
    ) -> None:
        if os.environ.get(_FORBIDDEN_ENV):
            raise BadSettings(f"{_FORBIDDEN_ENV} would let pages reach this machine. Unset it.")
        self._guard = guard
        self._seconds = seconds
        self._executable = executable
        self._installing = installing  # this file exists while somebody installs a browser
        self._pause = pause or (lambda: random.uniform(0.1, 0.6))
        self.proxies = proxies or Proxies((), lambda: 0.0)
        self._outlets: dict[Upstream | None, tuple[SocksProxy, str]] = {}
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._starting = asyncio.Lock()
        self._slots = asyncio.Semaphore(3)
        self._breakers = breakers or Breakers(SystemClock())

    @property
    def refused(self) -> list[str]:
        """What the guard refused to pages lately, in sentences."""
        return [sentence for outlet, _ in self._outlets.values() for sentence in outlet.refused]

    def refusals(self, upstream: Upstream | None) -> int:
        """How often the guard refused something on this way out since the start."""
        return self._outlets[upstream][0].refusals

    def proxy_failures(self, upstream: Upstream | None) -> int:
        """How often the proxy itself failed on this way out since the start."""
        return self._outlets[upstream][0].proxy_failures if upstream in self._outlets else 0

    @asynccontextmanager
    async def session(self) -> AsyncGenerator["BrowserSession"]:
        """A fresh context, for one lead. Raises BrowserMissing, or Transient while one is being installed."""
        async with self._slots:
            session = BrowserSession(self, self._guard, self._pause, self._seconds)
            await session.open()
            try:
                yield session
            finally:
                await session.close()

    async def close(self) -> None:
        await self._drop_browser()
        if self._playwright is not None:
            await self._playwright.stop()
            self._playwright = None
        for outlet, _ in self._outlets.values():
            await outlet.close()
        self._outlets.clear()

    async def context(self, upstream: Upstream | None) -> "BrowserContext":
        """A fresh one, going out through the proxy. Raises BrowserMissing or Transient; a browser that does not
        start again and again is left alone for a while."""
        async with self._breakers.guarding("browser", "The browser"):
            return await self._context(upstream)

    async def _context(self, upstream: Upstream | None) -> "BrowserContext":
        from playwright.async_api import Error

        browser = await self._launched()
        outlet = await self._outlet(upstream)
        version = browser.version.split(".")[0]
        try:
            context = await browser.new_context(
                user_agent=random.choice(_USER_AGENTS).format(v=version),
                viewport={"width": 1920, "height": 1080},
                locale="en-US",
                service_workers="block",
                accept_downloads=False,
                ignore_https_errors=self._guard.trusts_sandbox,
                java_script_enabled=True,
                proxy={"server": outlet, "bypass": "<-loopback>"},
            )
            context.set_default_timeout(GOTO_MS)
            await context.route("**/*", only_needed)
            context.on("page", close_popups(context))
            return context
        except Error as error:
            await self._drop_browser()
            raise Transient("The browser ended unexpectedly.") from error

    @property
    def running(self) -> "Browser | None":
        return self._browser

    async def _launched(self) -> "Browser":
        async with self._starting:
            if self._browser is not None and self._browser.is_connected():
                return self._browser
            from playwright.async_api import Error, async_playwright

            if self._playwright is None:
                self._playwright = await async_playwright().start()
            executable = self._find(self._playwright)
            try:
                self._browser = await self._playwright.chromium.launch(
                    executable_path=executable,
                    headless=True,
                    args=[*_ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])],
                    # `<-loopback>`: without it Chromium sends nothing meant for this machine to a proxy.
                    proxy={"server": await self._outlet(None), "bypass": "<-loopback>"},
                    timeout=30_000,
                )
            except Error as error:
                raise Transient(f"The browser did not start: {str(error).splitlines()[0][:200]}") from error
            return self._browser

    async def _outlet(self, upstream: Upstream | None) -> str:
        """The address of the listener that goes out through this proxy."""
        if upstream not in self._outlets:
            outlet = SocksProxy(self._guard, upstream=upstream)
            self._outlets[upstream] = (outlet, await outlet.start())
        return self._outlets[upstream][1]

    def _find(self, playwright: "Playwright") -> Path:
        """The one set, playwright's own, or one of the system's."""
        candidates = [self._executable] if self._executable else [Path(playwright.chromium.executable_path)]
        found = next((path for path in candidates if path.exists()), None)
        if found is None and self._executable is None:
            on_path = next((path for path in map(shutil.which, _NAMES) if path), None)
            found = Path(on_path) if on_path else None
        if found is not None:
            return found
        if self._installing is not None and self._installing.exists():
            raise NotAsked("The browser is still being installed.")
        raise BrowserMissing(
            "No browser is installed, so pages that need one are skipped. "
            "Run `playwright install chromium` or set CHROMIUM_PATH."
        )

    async def end(self, context: "BrowserContext") -> None:
        from playwright.async_api import Error

        try:
            await asyncio.wait_for(context.close(), CLOSE_SECONDS)
        except (Error, TimeoutError):
            log.warning("browser_hangs")
            await self._drop_browser()

    async def _drop_browser(self) -> None:
        from playwright.async_api import Error

        browser, self._browser = self._browser, None
        if browser is not None:
            try:
                await asyncio.wait_for(browser.close(), CLOSE_SECONDS)
            except (Error, TimeoutError):
                log.warning("browser_did_not_close")


class BrowserSession:
    """One lead's context: pages open in it one after the other."""

    def __init__(self, pool: BrowserPool, guard: Guard, pause: Callable[[], float], seconds: float) -> None:
        self._pool = pool
        self._seconds = seconds
        self._guard = guard
        self._pause = pause
        self._context: BrowserContext | None = None
        self._upstream: Upstream | None = None

    async def open(self, avoid: Collection[Upstream | None] = ()) -> None:
        """A fresh context, through another proxy than those where there is one."""
        await self.close()
        self._upstream = self._pool.proxies.next(avoid)
        self._context = await self._pool.context(self._upstream)

    async def close(self) -> None:
        context, self._context = self._context, None
        if context is not None:
            await self._pool.end(context)

    async def render(self, url: str) -> RenderedPage:
        """Raises Blocked (guard, wall, download), Permanent (not there) or Transient. Ask robots.txt before."""
        parts = self._guard.check_url(url)
        host = parts.hostname or ""
        await self._guard.route(host, parts.port or (443 if parts.scheme == "https" else 80))
        try:
            async with asyncio.timeout(self._seconds):
                return await self._tried(url, host)
        except TimeoutError:
            raise Transient(f"{host} took longer than {self._seconds:.0f} seconds.") from None

    async def _tried(self, url: str, host: str) -> RenderedPage:
        proxies, used = self._pool.proxies, list[Upstream | None]()
        for attempt in range(_TRIES):
            is_last, way = attempt == _TRIES - 1, self._upstream
            failures = self._pool.proxy_failures(way)
            try:
                page = await self._once(url, host)
            except (Walled, Unreached) as problem:
                # A site that is down is down for every proxy.
                if isinstance(problem, Walled) or self._pool.proxy_failures(way) > failures:
                    proxies.failed(way)
                if is_last or (isinstance(problem, Walled) and not proxies.are_set):
                    raise
                used.append(self._upstream)
            else:
                proxies.worked(self._upstream)
                return page
            await asyncio.sleep(_PAUSES[attempt])
            if proxies.are_set:
                await self.open(avoid=used)
        raise AssertionError("the last try returns or raises")

    async def _once(self, url: str, host: str) -> RenderedPage:
        from playwright.async_api import Error

        await asyncio.sleep(self._pause())
        if self._context is None:
            await self.open()
        assert self._context is not None
        refusals = self._pool.refusals(self._upstream)
        page = await self._context.new_page()
        try:
            async with bounded(self._pool.running):
                return await read(page, url, self._guard)
        except Error as error:
            refused = self._pool.refusals(self._upstream) > refusals
            raise translated(error, host, refused=refused) from error
        finally:
            await close(page)
