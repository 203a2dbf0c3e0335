"""Pages as a run's steps read them, and the addresses at which a site's front page may answer."""

import asyncio
from dataclasses import replace
from datetime import date
from functools import lru_cache
from urllib.parse import urlsplit

from pipeline.rules.extraction import ReadPage, read_page
from pipeline.rules.extraction_facts import FoundFact
from pipeline.rules.page_hints import as_lines, facts_of_hints, positions_in, tools_in

_LONG_PAGE = 30_000  # characters; shorter ones take milliseconds
_PAGES_KEPT = 200  # of the short ones


async def read_aside(html: str, url: str, region: str | None) -> ReadPage:
    """A long page beside the loop, which renews leases meanwhile; a short one is read sooner than handed over."""
    if len(html) < _LONG_PAGE:
        return _read_again(html, url, region)
    return await asyncio.to_thread(read_page, html, url, region)


@lru_cache(maxsize=_PAGES_KEPT)
def _read_again(html: str, url: str, region: str | None) -> ReadPage:
    """As `read_page`: ten leads of one company bring the same pages, which are read once."""
    return read_page(html, url, region)


async def with_hints(page: ReadPage, html: str) -> tuple[ReadPage, tuple[FoundFact, ...]]:
    """A company's own page with what its markup gives away, and those facts."""
    if len(html) < _LONG_PAGE:
        return _hinted(page, html)
    return await asyncio.to_thread(_hinted, page, html)


def _hinted(page: ReadPage, html: str) -> tuple[ReadPage, tuple[FoundFact, ...]]:
    tools = tools_in(html)
    facts = facts_of_hints(tools, positions_in(html, page.url, page.lines, page.links))
    return replace(page, text=page.text + as_lines(tools)), facts


def article_date(page: ReadPage) -> date | None:
    """Of a page that is one article; a list of several has no date of its own."""
    dates = {article.published_on for article in page.markup.articles}
    return dates.pop() if len(dates) == 1 else None


def variants(url: str) -> list[str]:
    """A site's front page may answer at another spelling: with `www.`, or at http only."""
    parts = urlsplit(url)
    if parts.path.strip("/") or parts.query:
        return [url]
    host = parts.hostname or ""
    other = host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"
    schemes = ("https", "http") if parts.scheme == "https" else ("http", "https")
    return [f"{scheme}://{name}/" for scheme in schemes for name in (host, other)]
