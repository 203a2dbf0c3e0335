"""A company's own site, as far as it tells who they are: the front page and the most telling ones behind it."""

import asyncio
from decimal import Decimal
from urllib.parse import urlsplit

from db.queries.evidence import NewUsage
from pipeline.clients.asked import listening
from pipeline.deps import Deps
from pipeline.errors import RainmakerError
from pipeline.jobs.find_progress import robots_read, together, usage
from pipeline.logs import get_logger
from pipeline.rules import finding as rules
from pipeline.rules.company_match import domain_of
from pipeline.rules.extraction import ReadPage, read_page
from pipeline.rules.finding import Proposal

log = get_logger(__name__)
_PAGES = 4  # besides the front page


async def site_of(deps: Deps, proposal: Proposal, calls: list[NewUsage]) -> tuple[Proposal, list[ReadPage]]:
    """Its pages: none where there is no site or it can't be read. The company with the site it has moved to, if it
    has; one that leads to a platform or a directory is none of its own. `calls` takes what was asked for."""
    if proposal.domain is None or proposal.website is None:
        return proposal, []
    front = await _page(deps, proposal.website, calls)
    if front is None:
        return proposal, []
    moved = rules.moved(proposal, front.url)
    if moved.domain is None:
        return moved, []
    more = rules.telling_pages(front.links, moved.domain, _PAGES)
    read = await together(*(_page(deps, url, calls) for url in more))
    own = (page for page in read if page is not None and domain_of(page.url) == moved.domain)
    return moved, [front, *own]


async def _page(deps: Deps, url: str, calls: list[NewUsage]) -> ReadPage | None:
    began, error, page, cached = deps.clock.monotonic(), None, None, False
    needs_browser = False
    with listening() as heard:
        try:
            got = await deps.research.fetch.fetch(url)
            cached, url = got.cached, got.url
            page = await asyncio.to_thread(read_page, got.html, got.url)
            needs_browser = bool(page.needs_browser)
        except RainmakerError as refusal:
            error = str(refusal)
    calls += robots_read(heard)
    if not cached:
        calls.append(usage("fetch", Decimal(0), _ms(deps, began), error, urlsplit(url).hostname))
    return (await _rendered(deps, url, calls) or page) if needs_browser else page


async def _rendered(deps: Deps, url: str, calls: list[NewUsage]) -> ReadPage | None:
    """As a browser shows it; None where there is no browser, or it does not get through."""
    began, error, shown = deps.clock.monotonic(), None, None
    try:
        async with deps.research.browser.session() as session:
            shown = await session.render(url)
    except RainmakerError as refusal:
        error = str(refusal)
        log.info("page_not_rendered", reason=error)
    calls.append(usage("browseruse", Decimal(0), _ms(deps, began), error, urlsplit(url).hostname))
    return await asyncio.to_thread(read_page, shown.html, shown.url) if shown is not None else None


def _ms(deps: Deps, began: float) -> int:
    return round((deps.clock.monotonic() - began) * 1000)
