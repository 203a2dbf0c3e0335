"""One page in Chromium: opened, given time to settle, read. What a site refuses is told from what is broken."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipeline.egress import Guard
from pipeline.errors import Blocked, Permanent, Transient
from pipeline.rules.walls import Kind, wall_of

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page, Response, Route

GOTO_MS = 12_000
CLOSE_SECONDS = 5.0
_SETTLE_SECONDS = 4.0
_CHALLENGE_SECONDS = 4.0  # some let a browser through by themselves
_MOST_MARKUP = 5_000_000  # characters
_NOT_NEEDED = frozenset(("image", "media", "font", "manifest", "texttrack", "eventsource", "ping"))
# Marks what a person would not see, and gives the markup, in one go: no script of the page runs in between.
_MARKUP = """most => {
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
  const html = root.outerHTML;
  return html.length > most ? html.slice(0, most + 1) : html;
}"""


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A page after its scripts ran. Elements nobody would see carry `data-unseen`."""

    url: str
    status: int
    html: str


class Walled(Blocked):
    """The site blocks us; from another address it may not."""


class Unreached(Transient):
    """No connection, or one that broke: the network's fault, the proxy's or the site's."""


async def read(page: "Page", url: str, guard: Guard) -> RenderedPage:
    """Raises Blocked (guard, wall, size), Permanent (not there), Transient, or playwright's Error."""
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.dismiss()))
    response = await page.goto(url, wait_until="domcontentloaded", timeout=GOTO_MS)
    if response is None:
        raise Transient("The page did not answer.")
    html = await _settled(page, response, url, guard)
    if response.status >= 400:
        kind = Transient if response.status in (408, 425, 429) or response.status >= 500 else Permanent
        raise kind(f"{page.url[:100]} answered {response.status}.")
    if len(html) > _MOST_MARKUP:
        raise Blocked("The page is bigger than 5 MB.")
    return RenderedPage(page.url, response.status, html)


async def _settled(page: "Page", response: "Response", url: str, guard: Guard) -> str:
    """The markup once the text is there. Raises Blocked where it is a wall that does not go away."""
    await settle(page)
    html = await _markup(page, guard)
    wall = _wall(response, page, html, url)
    if wall is not None and wall.kind is Kind.BLOCKED and response.status in (200, 403, 503):
        await asyncio.sleep(_CHALLENGE_SECONDS)
        await settle(page)
        html = await _markup(page, guard)
        wall = _wall(response, page, html, url)
    if wall is None:
        return html
    kind = Walled if wall.kind is Kind.BLOCKED else Blocked
    raise kind(f"{_host(page.url)} {wall.reason}.")


async def _markup(page: "Page", guard: Guard) -> str:
    guard.check_url(page.url)
    html: str = await page.evaluate(_MARKUP, _MOST_MARKUP)
    return html


def _wall(response: "Response", page: "Page", html: str, url: str) -> Any:
    mitigated = response.headers.get("cf-mitigated", "").lower() == "challenge"
    return wall_of(response.status, html, asked_url=url, url=page.url, mitigated=mitigated)


async def settle(page: "Page") -> None:
    """Wait until the text stops growing; never for a silent network, which some pages never give."""
    length, calm = -1, 0
    for _ in range(int(_SETTLE_SECONDS / 0.2)):
        now = int(await page.evaluate("() => document.body ? document.body.innerText.length : 0"))
        calm = calm + 1 if now == length else 0
        length = now
        if calm >= (2 if length > 300 else 5):
            return
        await asyncio.sleep(0.2)


async def only_needed(route: "Route") -> None:
    request = route.request
    scheme = request.url.split(":", 1)[0]
    if request.resource_type in _NOT_NEEDED or scheme not in ("http", "https", "data", "blob"):
        await route.abort("blockedbyclient")
    else:
        await route.continue_()


def close_popups(context: "BrowserContext") -> Callable[["Page"], Any]:
    """A page that a page opened is closed at once; ours are opened one at a time."""

    async def end(page: "Page") -> None:
        if await page.opener() is not None:
            await close(page)

    return lambda page: asyncio.ensure_future(end(page))


async def close(page: "Page") -> None:
    from playwright.async_api import Error

    try:
        await asyncio.wait_for(page.close(), CLOSE_SECONDS)
    except (Error, TimeoutError):
        return


def translated(error: Exception, host: str, *, refused: bool) -> Exception:
    """`refused`: the guard refused something meanwhile."""
    message = str(error)
    if "ERR_SOCKS_CONNECTION_FAILED" in message or "ERR_PROXY_CONNECTION_FAILED" in message:
        if refused:
            return Blocked(f"{host} may not be read by the browser.")
        return Unreached(f"The browser could not reach {host}.")
    if "ERR_BLOCKED" in message or "ERR_ABORTED" in message:
        return Blocked(f"{host} may not be read by the browser.")
    if "ERR_CERT" in message or "ERR_SSL" in message:
        return Permanent(f"The certificate of {host} is not valid.")
    if "ERR_TOO_MANY_REDIRECTS" in message:
        return Permanent(f"{host} redirects in a circle.")
    if "crashed" in message:
        return Blocked(f"A page of {host} needs more memory than it gets, or breaks the browser.")
    if "Download is starting" in message:
        return Blocked(f"{host} sent a download, which is not read as a page.")
    words = f"The browser could not open {host}: {message.splitlines()[0][:150]}"
    broke = any(word in message for word in ("ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_TUNNEL"))
    return Unreached(words) if broke else Transient(words)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "the site")[:100]
    except ValueError:
        return "the site"
