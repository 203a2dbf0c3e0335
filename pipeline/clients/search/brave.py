"""Brave Search: $5 per 1,000 requests, 20 results a page, offset in pages up to 9."""

from decimal import Decimal
from typing import Any

from db.types import ResearchTool
from pipeline.clients.search.base import PAGE, QueryRefused, SearchResult, mapping, results_from
from pipeline.clients.search.web_json import JsonClient
from pipeline.errors import Permanent, Transient

_KEY = "Brave refused the key. Check BRAVE_SEARCH_API_KEY."
_LAST_PAGE = 9


class BraveSearch:
    service = "brave_search"
    tool = ResearchTool.BRAVE_SEARCH
    cost_cents = Decimal("0.5")
    free_per_day = 0

    def __init__(self, url: str, api_key: str) -> None:
        self._url = f"{url.rstrip('/')}/web/search"
        self._client = JsonClient(
            "Brave search",
            _refusal,
            {"X-Subscription-Token": api_key, "Accept": "application/json"},
        )

    async def search(self, query: str, *, count: int = PAGE, start: int = 0) -> list[SearchResult]:
        page, within = divmod(start, PAGE)
        if page > _LAST_PAGE:
            return []
        # 400 characters and 50 words are Brave's limits of a query.
        params = {"q": " ".join(query.split()[:50])[:400], "count": str(PAGE), "offset": str(page)}
        items = _items(await self._client.get(self._url, params))
        found = results_from(items, "url", "title", "description", "page_age")
        return found[within : within + min(count, PAGE)]

    async def close(self) -> None:
        await self._client.close()


def _items(answer: dict[str, Any]) -> object:
    """`web` is missing where nothing was found; then `type` or `query` says that this is an answer."""
    if "error" in answer or answer.get("type") == "ErrorResponse":
        raise Transient("Brave search sent an error in place of an answer.")
    if "web" not in answer:
        if answer.get("type") != "search" and "query" not in answer:
            raise Transient("Brave search sent an answer of another shape.")
        return []
    items = mapping(answer["web"]).get("results", [])
    if not isinstance(items, list):
        raise Transient("Brave search sent an answer of another shape.")
    return items  # pyright: ignore[reportUnknownVariableType]


def _refusal(status: int, answer: dict[str, Any]) -> Permanent | None:
    """422 is for a wrong key as well as for a question that is out of bounds; the code tells which."""
    if status in (401, 403):
        return Permanent(_KEY)
    if status == 402:
        return Permanent("The Brave plan is used up. Raise its limit or set another provider.")
    if status in (400, 422):
        error = mapping(answer.get("error"))
        if "TOKEN" in str(error.get("code", "")).upper():
            return Permanent(_KEY)
        return QueryRefused(f"Brave search refused the question: {str(error.get('detail', ''))[:200]}")
    return None
