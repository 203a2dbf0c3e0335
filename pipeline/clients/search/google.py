"""Google's Custom Search JSON API, through Google's own client. Time-out 10 s, no retries of its own.

100 free requests a day, start + num at most 100; the API ends on 2027-01-01 and takes no new customers.
"""

import asyncio
import json
import threading
from datetime import date
from decimal import Decimal
from typing import Any, cast

from db.types import ResearchTool
from pipeline.clients.search.base import SearchResult, day, is_web_address, mapping, mappings, plain
from pipeline.errors import Permanent, Transient

_SECONDS = 10.0
_MOST = 100  # start + num
_RATE_REASONS = ("rateLimitExceeded", "userRateLimitExceeded", "dailyLimitExceeded", "quotaExceeded")


class GoogleSearch:
    service = "google_search"
    tool = ResearchTool.GOOGLE_SEARCH
    cost_cents = Decimal("0.5")  # beyond the free hundred a day: $5 a thousand

    def __init__(self, url: str, api_key: str, engine_id: str) -> None:
        self._url = url
        self._key = api_key
        self._engine = engine_id
        self._built: Any = None
        self._thread = threading.local()  # httplib2 is not safe to share between threads
        self._building = threading.Lock()

    async def search(self, query: str, *, count: int = 10, start: int = 0) -> list[SearchResult]:
        if start >= _MOST:
            return []
        answer = await asyncio.to_thread(self._ask, query, min(count, 10, _MOST - start), start + 1)
        return _results(answer)

    async def close(self) -> None:
        """Each thread's connection ends with the thread."""

    def _ask(self, query: str, count: int, start: int) -> Any:
        import httplib2
        from googleapiclient.errors import HttpError

        try:
            request = self._api().cse().list(q=query, cx=self._engine, num=count, start=start)
            return request.execute(http=self._http(), num_retries=0)
        except HttpError as error:
            response: Any = error.resp
            raise _translated(int(response.status), error.content) from error
        except (OSError, httplib2.HttpLib2Error, ValueError) as error:
            raise Transient(f"Google search did not answer ({type(error).__name__}).") from error

    def _http(self) -> Any:
        import httplib2

        if not hasattr(self._thread, "http"):
            self._thread.http = httplib2.Http(timeout=_SECONDS)
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
    if status == 429 or (status == 403 and any(reason in _RATE_REASONS for reason in reasons)):
        return Transient("Google's daily free searches are used up, or it is asked too fast.")
    if status >= 500:
        return Transient(f"Google search has a problem of its own ({status}).")
    if status == 403 and "does not have the access" in message:
        return Permanent(
            "Google no longer gives this key access to Custom Search (it takes no new customers). "
            "Set BRAVE_SEARCH_API_KEY or SEARXNG_URL instead."
        )
    if status in (400, 401, 403):
        return Permanent(
            f"Google search refused the request ({status}): {message[:200] or 'no reason given'}. "
            "Check GOOGLE_SEARCH_API_KEY and GOOGLE_SEARCH_ENGINE_ID."
        )
    return Permanent(f"Google search answered {status}.")


def _error_of(content: bytes) -> tuple[str, list[str]]:
    try:
        error = json.loads(content)["error"]
        return str(error.get("message", "")), [
            str(item.get("reason", "")) for item in error.get("errors", [])
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", []


def _results(answer: object) -> list[SearchResult]:
    return [
        SearchResult(
            item["link"], plain(item.get("title"), 300), plain(item.get("snippet")), _published(item)
        )
        for item in mappings(mapping(answer).get("items"))
        if is_web_address(item.get("link"))
    ]


def _published(item: dict[str, Any]) -> date | None:
    for tags in mappings(mapping(item.get("pagemap")).get("metatags")):
        for name in ("article:published_time", "og:published_time", "date"):
            found = day(tags.get(name))
            if found is not None:
                return found
    return None
