"""Google's Custom Search JSON API over the world's pages.

https://developers.google.com/custom-search/v1/reference/rest/v1/cse/list
Faults of service "google", matched against the query: no_access, rate_limited, server_error, and outage's.
"""

import re
from datetime import date, timedelta
from html import escape
from typing import Any

from aiohttp import web

from local.sandbox.context import Sandbox
from local.sandbox.outage import outage
from local.sandbox.world import Result, Results

COVERAGE = {"GET /customsearch/v1": "cse.list"}
PAGE = 10  # results at most
REACH = 100  # start + num may not pass this
DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
FORBIDDEN = "This project does not have the access to Custom Search JSON API."
QUOTA = (
    "Quota exceeded for quota metric 'Queries' and limit 'Queries per day' of service "
    "'customsearch.googleapis.com' for consumer 'project_number:100000000000'."
)


def routes(box: Sandbox) -> list[web.AbstractRouteDef]:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await _list(box, request)

    return [web.get("/customsearch/v1", answer, allow_head=False)]


async def _list(box: Sandbox, request: web.Request) -> web.StreamResponse:
    asked = request.query
    broken = await outage(box, "google", asked.get("q", ""))
    if broken is not None:
        return broken
    refused = _refusal(box, request) or _fault(box, asked.get("q", ""))
    if refused is not None:
        return refused
    try:
        start, num = int(asked.get("start", 1)), int(asked.get("num", PAGE))
        since = _since(asked.get("dateRestrict", ""), box.clock.now().date())
    except ValueError:
        return _invalid()
    if not 1 <= num <= PAGE or start < 1 or start + num > REACH or not asked.get("q"):
        return _invalid()
    found = box.world.search(_query(request), start, num, since)
    return web.json_response(_page(request, found, start, num))


def _refusal(box: Sandbox, request: web.Request) -> web.Response | None:
    key, engine = request.query.get("key"), request.query.get("cx")
    if not key:
        return _error(403, "PERMISSION_DENIED", "forbidden", "The request is missing a valid API key.")
    if key != box.accounts.google_api_key:
        message = "API key not valid. Please pass a valid API key."
        return _error(400, "INVALID_ARGUMENT", "badRequest", message, "API_KEY_INVALID")
    if not engine:
        return _invalid()
    if engine != box.accounts.google_engine_id:
        return _error(404, "NOT_FOUND", "notFound", "Requested entity was not found.")
    return None


def _fault(box: Sandbox, query: str) -> web.Response | None:
    take = box.faults.take
    if take("google", "no_access", query):
        return _error(403, "PERMISSION_DENIED", "forbidden", FORBIDDEN)
    if take("google", "rate_limited", query):
        return _error(429, "RESOURCE_EXHAUSTED", "rateLimitExceeded", QUOTA, "RATE_LIMIT_EXCEEDED")
    if take("google", "server_error", query):
        return _error(503, "UNAVAILABLE", "backendError", "The service is currently unavailable.")
    return None


def _invalid() -> web.Response:
    return _error(400, "INVALID_ARGUMENT", "badRequest", "Request contains an invalid argument.")


def _error(code: int, status: str, reason: str, message: str, detail: str = "") -> web.Response:
    """As Google writes it; `detail` is the reason of an ErrorInfo."""
    error: dict[str, Any] = {
        "code": code,
        "message": message,
        "errors": [{"message": message, "domain": "global", "reason": reason}],
        "status": status,
    }
    if detail:
        error["details"] = [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": detail,
                "domain": "googleapis.com",
                "metadata": {"service": "customsearch.googleapis.com"},
            }
        ]
    return web.json_response({"error": error}, status=code)


def _since(restrict: str, today: date) -> date | None:
    """The first day that `dateRestrict` (d5, w2, m1, y1) lets through; ValueError for anything else."""
    if not restrict:
        return None
    match = re.fullmatch(r"([dwmy])\[?(\d*)\]?", restrict)
    if match is None:
        raise ValueError(restrict)
    return today - timedelta(days=DAYS[match[1]] * int(match[2] or 1))


def _query(request: web.Request) -> str:
    """The request's terms as one query with operators."""
    asked = request.query
    parts = [asked["q"]]
    if asked.get("exactTerms"):
        parts.append(f'"{asked["exactTerms"]}"')
    parts.extend(f"-{word}" for word in asked.get("excludeTerms", "").split())
    if asked.get("siteSearch"):
        sign = "-" if asked.get("siteSearchFilter") == "e" else ""
        parts.append(f"{sign}site:{asked['siteSearch']}")
    return " ".join(parts)


def _page(request: web.Request, found: Results, start: int, num: int) -> dict[str, Any]:
    queries = {"request": [_turn(request, found.total, len(found.items), start)]}
    if start + 2 * num <= REACH and start + num <= found.total:
        queries["nextPage"] = [_turn(request, found.total, num, start + num)]
    if start > 1:
        queries["previousPage"] = [_turn(request, found.total, num, max(1, start - num))]
    page: dict[str, Any] = {
        "kind": "customsearch#search",
        "url": {
            "type": "application/json",
            "template": "https://www.googleapis.com/customsearch/v1?q={searchTerms}&num={count?}&start={startIndex?}"
            "&lr={language?}&safe={safe?}&cx={cx?}&sort={sort?}&alt=json",
        },
        "queries": queries,
        "context": {"title": "Everything"},
        "searchInformation": {
            "searchTime": 0.214833,
            "formattedSearchTime": "0.21",
            "totalResults": str(found.total),
            "formattedTotalResults": f"{found.total:,}",
        },
    }
    if found.items:
        page["items"] = [_item(result) for result in found.items]
    return page


def _turn(request: web.Request, total: int, count: int, start: int) -> dict[str, Any]:
    return {
        "title": f"Google Custom Search - {request.query['q']}",
        "totalResults": str(total),
        "searchTerms": request.query["q"],
        "count": count,
        "startIndex": start,
        "inputEncoding": "utf8",
        "outputEncoding": "utf8",
        "safe": request.query.get("safe", "off"),
        "cx": request.query["cx"],
    }


def _item(result: Result) -> dict[str, Any]:
    tags = {"og:title": result.title, "og:description": result.snippet}
    if result.published:
        tags["article:published_time"] = f"{result.published}T09:00:00+00:00"
    pagemap: dict[str, Any] = {"metatags": [tags]}
    if result.image:
        pagemap["cse_image"] = [{"src": result.image}]
    return {
        "kind": "customsearch#result",
        "title": result.title,
        "htmlTitle": escape(result.title, quote=False),
        "link": result.link,
        "displayLink": result.host,
        "snippet": result.snippet,
        "htmlSnippet": escape(result.snippet, quote=False),
        "formattedUrl": result.link,
        "htmlFormattedUrl": escape(result.link),
        "pagemap": pagemap,
    }
