"""Chromium for the pages that need it: one browser, a fresh context for each lead, everything through the
egress guard's SOCKS proxy. Public pages only.

Time-outs: 20 s a page in all. Sizes: 5 MB of markup, 30 MB a connection. A browser that hangs is ended.
"""

import asyncio
import os
import random
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.egress import Guard, SocksProxy
from pipeline.errors import BadSettings, Blocked, Permanent, Transient
from pipeline.logs import get_logger

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page, Playwright, Route

log = get_logger(__name__)
_PAGE_SECONDS = 20.0
_GOTO_MS = 12_000
_SETTLE_SECONDS = 4.0
_CLOSE_SECONDS = 5.0
_MOST_MARKUP = 5_000_000
_FORBIDDEN_ENV = "PLAYWRIGHT_DISABLE_FORCED_CHROMIUM_PROXIED_LOOPBACK"
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_NOT_NEEDED = frozenset(("image", "media", "font", "manifest", "texttrack", "eventsource", "ping"))
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
# Marks what a person would not see, and gives the markup, in one go: no script of the page runs in between.
_MARKUP = """() => {
  const root = document.documentElement;
  if (!root) return '';
  for (const element of root.querySelectorAll('body *')) {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const gone = style.display === 'none' || style.visibility === 'hidden' || parseFloat(style.opacity) < 0.05
      || parseFloat(style.fontSize) < 2 || box.right + scrollX < 0 || box.bottom + scrollY < 0
      || (style.color === style.backgroundColor && style.color !== 'rgba(0, 0, 0, 0)')
      || ((box.width < 2 || box.height < 2) && style.overflow === 'hidden');
    if (gone) element.setAttribute('data-unseen', '');
  }
  return root.outerHTML;
}"""


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A page after its scripts ran. Elements nobody would see carry `data-unseen`."""

    url: str
    status: int
    html: str


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
    ) -> None:
        if os.environ.get(_FORBIDDEN_ENV):
            raise BadSettings(f"{_FORBIDDEN_ENV} would let pages reach this machine. Unset it.")
        self._guard = guard
        self._seconds = seconds
        self._executable = executable
        self._installing = installing  # this file exists while somebody installs a browser
        self._pause = pause or (lambda: random.uniform(0.1, 0.6))
        self._proxy: SocksProxy | None = None
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._starting = asyncio.Lock()
        self._slots = asyncio.Semaphore(3)

    @property
    def refused(self) -> list[str]:
        """What the guard refused to pages lately, in sentences."""
        return self._proxy.refused if self._proxy else []

    @asynccontextmanager
    async def session(self) -> AsyncGenerator["BrowserSession"]:
        """A fresh context, for one lead. Raises BrowserMissing, or Transient while one is being installed."""
        async with self._slots:
            context = await self._context()
            try:
                yield BrowserSession(context, self._guard, self._pause, self._seconds)
            finally:
                await self._end(context)

    async def close(self) -> None:
        await self._drop_browser()
        if self._playwright is not None:
            await self._playwright.stop()
            self._playwright = None
        if self._proxy is not None:
            await self._proxy.close()
            self._proxy = None

    async def _context(self) -> "BrowserContext":
        from playwright.async_api import Error

        browser = await self._launched()
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
            )
            context.set_default_timeout(_GOTO_MS)
            await context.route("**/*", _only_needed)
            context.on("page", _close_popups(context))
            return context
        except Error as error:
            await self._drop_browser()
            raise Transient("The browser ended unexpectedly.") from error

    async def _launched(self) -> "Browser":
        async with self._starting:
            if self._browser is not None and self._browser.is_connected():
                return self._browser
            from playwright.async_api import Error, async_playwright

            if self._playwright is None:
                self._playwright = await async_playwright().start()
            if self._proxy is None:
                self._proxy = SocksProxy(self._guard)
                self._proxy_url = await self._proxy.start()
            executable = self._find(self._playwright)
            try:
                self._browser = await self._playwright.chromium.launch(
                    executable_path=executable,
                    headless=True,
                    args=[*_ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])],
                    # `<-loopback>`: without it Chromium sends nothing meant for this machine to a proxy.
                    proxy={"server": self._proxy_url, "bypass": "<-loopback>"},
                    timeout=30_000,
                )
            except Error as error:
                raise Transient(f"The browser did not start: {str(error).splitlines()[0][:200]}") from error
            return self._browser

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
            raise Transient("The browser is still being installed.")
        raise BrowserMissing(
            "No browser is installed, so pages that need one are skipped. "
            "Run `playwright install chromium` or set CHROMIUM_PATH."
        )

    async def _end(self, context: "BrowserContext") -> None:
        from playwright.async_api import Error

        try:
            await asyncio.wait_for(context.close(), _CLOSE_SECONDS)
        except (Error, TimeoutError):
            log.warning("browser_hangs")
            await self._drop_browser()

    async def _drop_browser(self) -> None:
        from playwright.async_api import Error

        browser, self._browser = self._browser, None
        if browser is not None:
            try:
                await asyncio.wait_for(browser.close(), _CLOSE_SECONDS)
            except (Error, TimeoutError):
                log.warning("browser_did_not_close")


class BrowserSession:
    """One lead's context: pages open in it one after the other."""

    def __init__(
        self, context: "BrowserContext", guard: Guard, pause: Callable[[], float], seconds: float
    ) -> None:
        self._context = context
        self._seconds = seconds
        self._guard = guard
        self._pause = pause

    async def render(self, url: str) -> RenderedPage:
        """Raises Blocked (guard, download), Permanent (not there) or Transient. Ask robots.txt before."""
        from playwright.async_api import Error

        parts = self._guard.check_url(url)
        await self._guard.route(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        await asyncio.sleep(self._pause())
        page = await self._context.new_page()
        try:
            async with asyncio.timeout(self._seconds):
                return await self._render(page, url)
        except TimeoutError:
            raise Transient(f"{parts.hostname} took longer than {self._seconds:.0f} seconds.") from None
        except Error as error:
            raise _translated(error, parts.hostname or "") from error
        finally:
            await _close(page)

    async def _render(self, page: "Page", url: str) -> RenderedPage:
        page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.dismiss()))
        response = await page.goto(url, wait_until="domcontentloaded", timeout=_GOTO_MS)
        if response is None:
            raise Transient("The page did not answer.")
        if response.status >= 400:
            kind = Transient if response.status == 429 or response.status >= 500 else Permanent
            raise kind(f"{page.url[:100]} answered {response.status}.")
        await _settle(page)
        self._guard.check_url(page.url)
        html: str = await page.evaluate(_MARKUP)
        if len(html) > _MOST_MARKUP:
            raise Blocked("The page is bigger than 5 MB.")
        return RenderedPage(page.url, response.status, html)


async def _settle(page: "Page") -> None:
    """Wait until the text stops growing; never for a silent network, which some pages never give."""
    length, calm = -1, 0
    for _ in range(int(_SETTLE_SECONDS / 0.2)):
        now = int(await page.evaluate("() => document.body ? document.body.innerText.length : 0"))
        calm = calm + 1 if now == length else 0
        length = now
        if calm >= (2 if length > 300 else 5):
            return
        await asyncio.sleep(0.2)


async def _only_needed(route: "Route") -> None:
    request = route.request
    scheme = request.url.split(":", 1)[0]
    if request.resource_type in _NOT_NEEDED or scheme not in ("http", "https", "data", "blob"):
        await route.abort("blockedbyclient")
    else:
        await route.continue_()


def _close_popups(context: "BrowserContext") -> Callable[["Page"], Any]:
    """A page that a page opened is closed at once; ours are opened one at a time."""

    async def close(page: "Page") -> None:
        if await page.opener() is not None:
            await _close(page)

    return lambda page: asyncio.ensure_future(close(page))


async def _close(page: "Page") -> None:
    from playwright.async_api import Error

    try:
        await asyncio.wait_for(page.close(), _CLOSE_SECONDS)
    except (Error, TimeoutError):
        return


def _translated(error: Exception, host: str) -> Exception:
    message = str(error)
    if "ERR_SOCKS_CONNECTION_FAILED" in message or "ERR_BLOCKED" in message or "ERR_ABORTED" in message:
        return Blocked(f"{host} may not be read by the browser.")
    if "ERR_CERT" in message or "ERR_SSL" in message:
        return Permanent(f"The certificate of {host} is not valid.")
    if "Download is starting" in message:
        return Blocked(f"{host} sent a download, which is not read as a page.")
    return Transient(f"The browser could not open {host}: {message.splitlines()[0][:150]}")
