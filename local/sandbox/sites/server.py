"""Serves every site of the world from one application, by the Host header.

Faults of service "site", matched against host and path: server_error (503), rate_limited (429), garbage,
timeout (no answer), reset (the connection breaks), large (300 MB), gzip_bomb (200 MB in 200 kB).
"""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache
from hashlib import sha256

from aiohttp import web

from local.sandbox.context import Sandbox, SiteHit
from local.sandbox.sites import layout
from local.sandbox.sites.content import Page, site_pages
from local.sandbox.sites.injected import plant
from local.sandbox.sites.press import PressPage, press_pages
from local.sandbox.world_model import Company

HITS_KEPT = 2000
SLOW_SECONDS = (3.0, 6.0)  # a slow page's shortest and longest; latency "slow_site" overrides
SLOW_PIECES = 12
MOVED = ("/company", "/en")  # where the redirecting site's pages moved to, one after the other
HTML = "text/html; charset=utf-8"

Answer = Callable[[web.Request, Company], Awaitable[web.StreamResponse]]


def site_application(box: Sandbox, scheme: str) -> web.Application:
    """`scheme`: what the listener speaks, http or https."""
    sites = Sites(box, scheme)

    async def answer(request: web.Request) -> web.StreamResponse:
        response = await sites.answer(request)
        _note(box, request, scheme, response.status)
        return response

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


def _note(box: Sandbox, request: web.Request, scheme: str, status: int) -> None:
    agent = request.headers.get("User-Agent", "")
    box.site_hits.append(SiteHit(scheme, _host(request), request.path_qs, agent, status, time.time()))
    del box.site_hits[:-HITS_KEPT]


def _host(request: web.Request) -> str:
    return request.host.lower().rpartition(":")[0] if ":" in request.host else request.host.lower()


class Sites:
    def __init__(self, box: Sandbox, scheme: str) -> None:
        self._box = box
        self._scheme = scheme
        self._press = {(page.host, page.path): page for page in press_pages(box.world)}
        self._pages = {
            company.key: {page.path: page for page in site_pages(company, box.world.people_of(company))}
            for company in box.world.companies
        }

    async def answer(self, request: web.Request) -> web.StreamResponse:
        host, path = _host(request), request.path
        await self._box.faults.delay("site", _share(host + path))
        spoiled = await self._spoiled(request, host + path)
        if spoiled is not None:
            return spoiled
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405, headers={"Allow": "GET, HEAD"}, text="Method Not Allowed")
        if host in (self._box.world.news_host, self._box.world.directory_host):
            return self._press_page(host, path)
        company = self._box.world.company_by_host(host)
        if company is None:
            return web.Response(status=404, text=f"No site is configured at {host}.")
        return await self._company_page(request, company, host, path)

    async def _company_page(
        self, request: web.Request, company: Company, host: str, path: str
    ) -> web.StreamResponse:
        if self._scheme != ("https" if company.site_kind == "tls" else "http"):
            return _moved(301, f"{company.url}{request.path_qs}")
        if company.site_kind == "redirecting" and host != company.host:
            return _moved(301, f"{company.url}{request.path_qs}")
        fixed = self._fixed(company, path)
        if fixed is not None:
            return fixed
        if company.site_kind == "redirecting":
            return self._redirecting(company, path)
        if company.site_kind == "javascript":
            return self._javascript(request, company, path)
        page, status = self._find(company, path)
        if company.site_kind == "slow":
            return await self._slow(request, layout.whole_page(company, page), status)
        return self._plain(company, page, status)

    def _find(self, company: Company, path: str) -> tuple[Page, int]:
        page = self._pages[company.key].get(path.rstrip("/") or "/")
        return (page, 200) if page else (layout.not_found(company), 404)

    def _fixed(self, company: Company, path: str) -> web.Response | None:
        """What every site has beside its pages."""
        if path == "/robots.txt":
            return web.Response(text=robots_text(company))
        if path == "/sitemap.xml":
            return web.Response(body=self._sitemap(company), content_type="application/xml")
        if path == "/assets/style.css":
            return web.Response(text=layout.stylesheet(company), content_type="text/css")
        if path == "/assets/app.js":
            return web.Response(text=layout.SCRIPT, content_type="text/javascript")
        if path in ("/assets/og.png", "/favicon.ico"):
            return web.Response(body=layout.picture(company), content_type="image/png")
        return None

    def _sitemap(self, company: Company) -> bytes:
        entries = "".join(
            f"<url><loc>{company.url}{page.path}</loc>"
            + (f"<lastmod>{page.published}</lastmod>" if page.published else "")
            + "</url>"
            for page in self._pages[company.key].values()
        )
        head = '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        return f"{head}{entries}</urlset>".encode()

    def _plain(self, company: Company, page: Page, status: int) -> web.Response:
        html = layout.whole_page(company, page)
        if company.site_kind == "injected" and self._box.planted:
            place = list(self._pages[company.key]).index(page.path) if status == 200 else 0
            html = plant(html, place, company=company.name, trap=self._box.world.trap_host)
        if company.site_kind == "broken":
            wrong = {"Content-Type": "text/html; charset=iso-8859-1"}  # the bytes are UTF-8
            return web.Response(status=status, body=layout.badly_written(html).encode(), headers=wrong)
        response = web.Response(status=status, body=html.encode(), headers={"Content-Type": HTML})
        response.enable_compression()
        return response

    def _redirecting(self, company: Company, path: str) -> web.Response:
        """Old paths lead over /company/… to /en/…; /legacy leads to itself."""
        first, last = MOVED
        if path.startswith("/legacy"):
            return _moved(302, f"{company.url}/legacy?again=1")
        if path.startswith(f"{last}/") or path == last:
            page, status = self._find(company, path.removeprefix(last) or "/")
            return self._plain(company, page, status)
        if path.startswith(f"{first}/") or path == first:
            return _moved(307, f"{last}{path.removeprefix(first)}")
        return _moved(302, f"{first}{path}")

    def _javascript(self, request: web.Request, company: Company, path: str) -> web.Response:
        if path != "/api/page":
            return web.Response(text=layout.script_shell(company), content_type="text/html")
        page, status = self._find(company, request.query.get("path", "/"))
        return web.Response(
            status=status, text=layout.script_page(company, page), content_type="application/json"
        )

    async def _slow(self, request: web.Request, html: str, status: int) -> web.StreamResponse:
        shortest, longest = self._box.faults.latency.get("slow_site", SLOW_SECONDS)
        seconds = shortest + (longest - shortest) * _share(request.path)
        body = html.encode()
        size = len(body) // SLOW_PIECES + 1
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        return await _stream(request, status, _dripping(pieces, seconds / len(pieces)))

    def _press_page(self, host: str, path: str) -> web.Response:
        if path == "/robots.txt":
            return web.Response(text="User-agent: *\nDisallow: /search\n")
        page = self._press.get((host, path.rstrip("/") or "/"))
        if page is None:
            return web.Response(status=404, text="<h1>404</h1>", content_type="text/html")
        return web.Response(text=press_html(page), content_type="text/html")

    async def _spoiled(self, request: web.Request, what: str) -> web.StreamResponse | None:
        """What an armed fault makes of the request, None where none does."""
        take = self._box.faults.take
        if take("site", "server_error", what):
            return web.Response(status=503, text="Service Unavailable", headers={"Retry-After": "5"})
        if take("site", "rate_limited", what):
            return web.Response(status=429, text="Too Many Requests", headers={"Retry-After": "2"})
        if take("site", "garbage", what):
            return web.Response(body=sha256(what.encode()).digest() * 64, headers={"Content-Type": HTML})
        if take("site", "gzip_bomb", what):
            return web.Response(body=_bomb(), headers={"Content-Type": HTML, "Content-Encoding": "gzip"})
        if take("site", "large", what):
            return await _stream(request, 200, _endless())
        if take("site", "timeout", what):
            await asyncio.sleep(3600)
        if take("site", "reset", what) and request.transport:
            request.transport.abort()
            return web.Response()
        return None


def robots_text(company: Company) -> str:
    if company.robots == "all":
        return "User-agent: *\nDisallow: /\n"
    if company.robots == "part":
        return "User-agent: *\nDisallow: /team/\nDisallow: /news*\nCrawl-delay: 1\nAllow: /team$\n"
    return f"User-agent: *\nDisallow: /cart\n\nSitemap: {company.url}/sitemap.xml\n"


def press_html(page: PressPage) -> str:
    published = (
        f'<meta property="article:published_time" content="{page.published}">' if page.published else ""
    )
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{page.title}</title>{published}'
        f"</head>"
        f'<body><header><a href="/">{page.host}</a></header><main>{page.main}</main></body></html>'
    )


def _moved(status: int, location: str) -> web.Response:
    return web.Response(status=status, headers={"Location": location}, text="Moved")


def _share(text: str) -> float:
    """0 to 1, the same for the same text."""
    return sha256(text.encode()).digest()[0] / 255


async def _dripping(pieces: list[bytes], pause: float) -> AsyncIterator[bytes]:
    for piece in pieces:
        await asyncio.sleep(pause)
        yield piece


@cache
def _bomb() -> bytes:
    """200 MB of nothing in 200 kB."""
    return gzip.compress(bytes(200_000_000), 6)


async def _endless() -> AsyncIterator[bytes]:
    """More than any client should take: 300 MB of one page."""
    for _ in range(300):
        yield b"<p>more and more of the same</p>" * 32768


async def _stream(request: web.Request, status: int, pieces: AsyncIterator[bytes]) -> web.StreamResponse:
    response = web.StreamResponse(status=status, headers={"Content-Type": HTML})
    await response.prepare(request)
    try:
        async for piece in pieces:
            await response.write(piece)
        await response.write_eof()
    except ConnectionError:
        pass  # the client had enough
    return response
