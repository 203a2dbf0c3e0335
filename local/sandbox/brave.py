"""Brave's web search API over the world's pages.

https://api-dashboard.search.brave.com/app/documentation/web-search
Faults of service "brave", matched against the query: no_access, rate_limited, server_error, and outage's.
"""

import re
import time
import uuid
from datetime import date, timedelta
from html import escape
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from local.sandbox.context import Sandbox
from local.sandbox.outage import outage
from local.sandbox.sites.copy import ENGLISH
from local.sandbox.world import Result

COVERAGE = {"GET /brave/res/v1/web/search": "web search"}
COUNT = 20  # results a page at most
OFFSETS = 9  # the last page
QUERY_LENGTH, QUERY_WORDS = 400, 50
FRESHNESS = {"pd": 1, "pw": 7, "pm": 31, "py": 365}
LIMIT_HEADERS = {
    "X-RateLimit-Limit": "20, 15000",
    "X-RateLimit-Policy": "20;w=1, 15000;w=2592000",
    "X-RateLimit-Reset": "1, 1419704",
}


def routes(box: Sandbox) -> list[web.AbstractRouteDef]:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await _search(box, request)

    return [web.get("/brave/res/v1/web/search", answer, allow_head=False)]


async def _search(box: Sandbox, request: web.Request) -> web.StreamResponse:
    query = request.query.get("q", "")
    broken = await outage(box, "brave", query)
    if broken is not None:
        return broken
    refused = _refusal(box, request) or _fault(box, query)
    if refused is not None:
        return refused
    count, offset = _number(request, "count", COUNT), _number(request, "offset", 0)
    problem = _problem(query, count, offset)
    if problem:
        return _not_valid("query", *problem)
    since = _since(request.query.get("freshness", ""), box.clock.now().date())
    found = box.world.search(query, offset * count + 1, count, since)
    body = _page(query, list(found.items), more=found.total > (offset + 1) * count)
    return web.json_response(body, headers={**LIMIT_HEADERS, "X-RateLimit-Remaining": "19, 14999"})


def _refusal(box: Sandbox, request: web.Request) -> web.Response | None:
    token = request.headers.get("X-Subscription-Token")
    if token is None:
        return _not_valid("header", "x-subscription-token", "Field required", "missing")
    if token != box.accounts.brave_api_key:
        return _bad_token()
    return None


def _bad_token() -> web.Response:
    detail = "The provided subscription token is invalid."
    return _error(422, "SUBSCRIPTION_TOKEN_INVALID", detail, {"component": "authentication"})


def _fault(box: Sandbox, query: str) -> web.Response | None:
    take = box.faults.take
    if take("brave", "no_access", query):
        return _bad_token()
    if take("brave", "rate_limited", query):
        meta = {"plan": "Base", "rate_limit": 20, "rate_current": 20, "component": "rate_limiter"}
        refused = _error(429, "RATE_LIMITED", "Request rate limit exceeded for plan.", meta)
        refused.headers.update({**LIMIT_HEADERS, "X-RateLimit-Remaining": "0, 14999"})
        return refused
    if take("brave", "server_error", query):
        return _error(500, "INTERNAL", "Internal server error.", {})
    return None


def _error(status: int, code: str, detail: str, meta: dict[str, Any]) -> web.Response:
    error = {"id": str(uuid.uuid4()), "status": status, "code": code, "detail": detail, "meta": meta}
    return web.json_response(
        {"type": "ErrorResponse", "error": error, "time": int(time.time())}, status=status
    )


def _not_valid(place: str, name: str, message: str, kind: str) -> web.Response:
    errors = [{"type": kind, "loc": [place, name], "msg": message, "input": None}]
    return _error(422, "VALIDATION", "Unable to validate request parameter(s)", {"errors": errors})


def _number(request: web.Request, name: str, usual: int) -> int:
    """-1 where it is not a number, which no range holds."""
    given = request.query.get(name, str(usual))
    return int(given) if given.isdigit() else -1


def _problem(query: str, count: int, offset: int) -> tuple[str, str, str] | None:
    """The parameter, a sentence and pydantic's word for what is wrong."""
    if not query or len(query) > QUERY_LENGTH or len(query.split()) > QUERY_WORDS:
        return "q", f"String should have 1 to {QUERY_LENGTH} characters", "string_length"
    if not 1 <= count <= COUNT:
        return "count", f"Input should be between 1 and {COUNT}", "less_than_equal"
    if not 0 <= offset <= OFFSETS:
        return "offset", f"Input should be between 0 and {OFFSETS}", "less_than_equal"
    return None


def _since(freshness: str, today: date) -> date | None:
    if freshness in FRESHNESS:
        return today - timedelta(days=FRESHNESS[freshness])
    span = re.fullmatch(r"(\d{4}-\d\d-\d\d)to\d{4}-\d\d-\d\d", freshness)
    return date.fromisoformat(span[1]) if span else None


def _page(query: str, items: list[Result], *, more: bool) -> dict[str, Any]:
    return {
        "type": "search",
        "query": {
            "original": query,
            "show_strict_warning": False,
            "is_navigational": False,
            "is_news_breaking": False,
            "spellcheck_off": True,
            "country": "us",
            "bad_results": False,
            "should_fallback": False,
            "more_results_available": more,
        },
        "mixed": {
            "type": "mixed",
            "main": [{"type": "web", "index": index, "all": False} for index in range(len(items))],
            "top": [],
            "side": [],
        },
        "web": {
            "type": "search",
            "results": [_result(query, item) for item in items],
            "family_friendly": True,
        },
    }


def _result(query: str, item: Result) -> dict[str, Any]:
    address = urlsplit(item.link)
    result: dict[str, Any] = {
        "title": escape(item.title, quote=False),
        "url": item.link,
        "is_source_local": False,
        "is_source_both": False,
        "description": _marked(query, item.snippet),
        "profile": {"name": item.host, "url": item.link, "long_name": item.host},
        "language": "en",
        "family_friendly": True,
        "type": "search_result",
        "subtype": "article" if item.published else "generic",
        "meta_url": {
            "scheme": address.scheme,
            "netloc": address.netloc,
            "hostname": item.host,
            "path": "".join(f" › {part}" for part in address.path.split("/") if part),
        },
    }
    if item.published:
        result["page_age"] = f"{item.published}T09:00:00"
        result["age"] = ENGLISH.day(item.published)
    return result


def _marked(query: str, snippet: str) -> str:
    """The snippet as HTML with the query's words in <strong>, as Brave sends it."""
    words = sorted({re.escape(word) for word in re.findall(r"\w{3,}", query)}, key=len, reverse=True)
    text = escape(snippet, quote=False)
    return re.sub(rf"\b({'|'.join(words)})\b", r"<strong>\1</strong>", text, flags=re.I) if words else text
