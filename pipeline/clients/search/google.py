"""Google's Custom Search JSON API, through Google's own client. Time-out 10 s a read, 15 s in all, no retries.

100 free requests a day from midnight Pacific time, start + num at most 100; the API ends on 2027-01-01 and takes
no new customers.
"""

import asyncio
import json
import threading
from datetime import date
from decimal import Decimal
from typing import Any, cast

from db.types import ResearchTool
from pipeline.clients.search.base import (
    PAGE,
    QueryRefused,
    SearchResult,
    day,
    is_web_address,
    mapping,
    mappings,
    plain,
)
from pipeline.errors import Permanent, Transient

_READ_SECONDS = 10.0
_SECONDS = 15.0
_MOST = 100  # start + num, start counted from 1
_RATE_REASONS = frozenset(
    (
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "dailyLimitExceeded",
        "quotaExceeded",
        "RATE_LIMIT_EXCEEDED",
    )
)
_KEY_REASONS = frozenset(
    ("keyInvalid", "API_KEY_INVALID", "keyExpired", "accessNotConfigured", "SERVICE_DISABLED")
)
# One of these is in every answer of the API, also in one that found nothing.
_MARKS = ("kind", "searchInformation", "queries", "items")


class GoogleSearch:
    service = "google_search"
    tool = ResearchTool.GOOGLE_SEARCH
    cost_cents = Decimal("0.5")  # beyond the free hundred a day: $5 a thousand
    free_per_day = 100

    def __init__(self, url: str, api_key: str, engine_id: str) -> None:
        self._url = url
        self._key = api_key
        self._engine = engine_id
        self._built: Any = None
        self._thread = threading.local()  # httplib2 is not safe to share between threads
        self._building = threading.Lock()

    async def search(self, query: str, *, count: int = PAGE, start: int = 0) -> list[SearchResult]:
        first = start + 1
        count = min(count, PAGE, _MOST - first)
        if count < 1:
            return []
        try:
            async with asyncio.timeout(_SECONDS):
                answer = await asyncio.to_thread(self._ask, query, count, first)
        except TimeoutError:
            raise Transient(f"Google search took longer than {_SECONDS:.0f} seconds.") from None
        return _results(_checked(answer))

    async def close(self) -> None:
        """Each thread's connection ends with the thread."""

    def _ask(self, query: str, count: int, start: int) -> Any:
        import httplib2
        from googleapiclient.errors import Error, HttpError

        try:
            request = self._api().cse().list(q=query, cx=self._engine, num=count, start=start)
            return request.execute(http=self._http(), num_retries=0)
        except HttpError as error:
            response: Any = error.resp
            raise _translated(int(response.status), error.content) from error
        except (OSError, httplib2.HttpLib2Error, Error, ValueError, RecursionError) as error:
            raise Transient(f"Google search did not answer properly ({type(error).__name__}).") from error

    def _http(self) -> Any:
        import httplib2

        if not hasattr(self._thread, "http"):
            self._thread.http = httplib2.Http(timeout=_READ_SECONDS)
            self._thread.http.follow_redirects = False
        return self._thread.http

    def _api(self) -> Any:
        from googleapiclient.discovery import build  # pyright: ignore[reportUnknownVariableType]

        with self._building:
            if self._built is None:
                self._built = cast(Any, build)(
                    "customsearch",
                    "v1",
                    developerKey=self._key,
                    static_discovery=True,
                    cache_discovery=False,
                    client_options={"api_endpoint": self._url},
                    http=self._http(),
                )
            return self._built


def _translated(status: int, content: bytes) -> Exception:
    message, reasons = _error_of(content)
    if status == 429 or (status == 403 and reasons & _RATE_REASONS):
        return Transient("Google's daily free searches are used up, or it is asked too fast.")
    if status >= 500 or status == 408:
        return Transient(f"Google search has a problem of its own ({status}).")
    if 300 <= status < 400:
        return Transient(f"Google search sent us elsewhere ({status}).")
    if status == 403 and "does not have the access" in message:
        return Permanent(
            "Google no longer gives this key access to Custom Search (it takes no new customers). "
            "Set BRAVE_SEARCH_API_KEY or SEARXNG_URL instead."
        )
    if status == 400 and not reasons & _KEY_REASONS and "API key" not in message:
        return QueryRefused(f"Google search refused the question: {message[:200] or 'no reason given'}.")
    if status in (400, 401, 403, 404):
        return Permanent(
            f"Google search refused the request ({status}): {message[:200] or 'no reason given'}. "
            "Check GOOGLE_SEARCH_API_KEY and GOOGLE_SEARCH_ENGINE_ID."
        )
    return Permanent(f"Google search answered {status}.")


def _error_of(content: bytes) -> tuple[str, frozenset[str]]:
    """The message, and every reason that stands in the error's two lists."""
    try:
        error = mapping(mapping(json.loads(content)).get("error"))
    except (ValueError, RecursionError):
        return "", frozenset()
    details = [*mappings(error.get("errors")), *mappings(error.get("details"))]
    return str(error.get("message", "")), frozenset(str(item.get("reason", "")) for item in details)


def _checked(answer: object) -> dict[str, Any]:
    """Raises where this is no answer of a search: an error under status 200, or another shape."""
    found = mapping(answer)
    if "error" in found:
        code = mapping(found["error"]).get("code")
        raise _translated(code if isinstance(code, int) and code >= 400 else 503, json.dumps(found).encode())
    if not any(name in found for name in _MARKS) or not isinstance(found.get("items", []), list):
        raise Transient("Google search sent an answer of another shape.")
    return found


def _results(answer: dict[str, Any]) -> list[SearchResult]:
    return [
        SearchResult(
            item["link"], plain(item.get("title"), 300), plain(item.get("snippet")), _published(item)
        )
        for item in mappings(answer.get("items"))
        if is_web_address(item.get("link"))
    ]


def _published(item: dict[str, Any]) -> date | None:
    for tags in mappings(mapping(item.get("pagemap")).get("metatags")):
        for name in ("article:published_time", "og:published_time", "date"):
            found = day(tags.get(name))
            if found is not None:
                return found
    return None
