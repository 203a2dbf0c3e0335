"""A SearXNG instance with JSON switched on, over the world's pages.

https://docs.searxng.org/dev/search_api.html
Faults of service "searxng", matched against the query: no_access, rate_limited, server_error, engines_down,
and outage's.
"""

from datetime import date, timedelta
from html import escape
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from local.sandbox.context import Sandbox
from local.sandbox.outage import outage
from local.sandbox.world import Result

COVERAGE = {
    "GET /searxng/search": "search",
    "POST /searxng/search": "search",
    "GET /searxng/healthz": "health",
}
PAGE = 10
RANGES = {"day": 1, "week": 7, "month": 31, "year": 365}
ENGINES = ("duckduckgo", "mojeek")


def routes(box: Sandbox) -> list[web.AbstractRouteDef]:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await _search(box, request)

    async def healthy(request: web.Request) -> web.Response:
        return web.Response(text="OK")

    return [
        web.get("/searxng/search", answer, allow_head=False),
        web.post("/searxng/search", answer),
        web.get("/searxng/healthz", healthy, allow_head=False),
    ]


async def _search(box: Sandbox, request: web.Request) -> web.StreamResponse:
    asked = {**request.query, **(await request.post())}
    query = str(asked.get("q", ""))
    broken = await outage(box, "searxng", query)
    if broken is not None:
        return broken
    refused = _fault(box, query)
    if refused is not None:
        return refused
    if not query:
        return web.Response(status=400, text="<title>400</title>No query", content_type="text/html")
    if asked.get("format") != "json":
        return web.Response(text="<!DOCTYPE html><title>SearXNG</title>", content_type="text/html")
    page = str(asked.get("pageno", "1"))
    at = int(page) if page.isdigit() and int(page) else 1
    since = _since(str(asked.get("time_range", "")), box.clock.now().date())
    found = box.world.search(query, (at - 1) * PAGE + 1, PAGE, since)
    silent = _silent(box, query)
    items = [] if silent else [_result(item, place) for place, item in enumerate(found.items, 1)]
    return web.json_response(_body(query, items, silent))


def _fault(box: Sandbox, query: str) -> web.Response | None:
    take = box.faults.take
    if take("searxng", "rate_limited", query):
        return web.Response(status=429, text="<title>429 Too Many Requests</title>", content_type="text/html")
    if take("searxng", "no_access", query):  # as when `json` is missing under search.formats
        return web.Response(status=403, text="<title>403 Forbidden</title>", content_type="text/html")
    if take("searxng", "server_error", query):
        return web.Response(status=500, text="<title>500</title>", content_type="text/html")
    return None


def _silent(box: Sandbox, query: str) -> list[list[str]]:
    """Fault engines_down: no engine answers, and the page says so in a list that is easily overlooked."""
    if box.faults.take("searxng", "engines_down", query):
        return [[engine, "Suspended: CAPTCHA"] for engine in ENGINES]
    return []


def _since(time_range: str, today: date) -> date | None:
    return today - timedelta(days=RANGES[time_range]) if time_range in RANGES else None


def _body(query: str, items: list[dict[str, Any]], silent: list[list[str]]) -> dict[str, Any]:
    return {
        "query": query,
        "number_of_results": 0,  # most engines do not say
        "results": items,
        "answers": [],
        "corrections": [],
        "infoboxes": [],
        "suggestions": [],
        "unresponsive_engines": silent,
    }


def _result(item: Result, place: int) -> dict[str, Any]:
    address = urlsplit(item.link)
    return {
        "url": item.link,
        "title": item.title,
        "content": escape(item.snippet, quote=False),
        "publishedDate": f"{item.published}T00:00:00" if item.published else None,
        "thumbnail": "",
        "engine": ENGINES[place % len(ENGINES)],
        "template": "default.html",
        "parsed_url": [address.scheme, address.netloc, address.path, "", address.query, ""],
        "img_src": "",
        "priority": "",
        "engines": [ENGINES[place % len(ENGINES)]],
        "positions": [place],
        "score": 1 / place,
        "category": "general",
    }
