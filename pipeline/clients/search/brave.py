"""Brave Search: $5 per 1,000 requests, 20 results a page, offset in pages up to 9."""

from decimal import Decimal

from db.types import ResearchTool
from pipeline.clients.search.base import SearchResult, mapping, results_from
from pipeline.clients.search.web_json import JsonClient

_KEY = "Brave refused the key or the question. Check BRAVE_SEARCH_API_KEY."


class BraveSearch:
    service = "brave_search"
    tool = ResearchTool.BRAVE_SEARCH
    cost_cents = Decimal("0.5")

    def __init__(self, url: str, api_key: str) -> None:
        self._url = f"{url.rstrip('/')}/web/search"
        self._client = JsonClient(
            "Brave search",
            {
                401: _KEY,
                422: _KEY,
                403: _KEY,
                402: "The Brave plan is used up. Raise its limit or set another provider.",
            },
            {"X-Subscription-Token": api_key, "Accept": "application/json"},
        )

    async def search(self, query: str, *, count: int = 10, start: int = 0) -> list[SearchResult]:
        count = min(count, 10)
        page, within = divmod(start, 10)
        if page > 9:
            return []
        # 400 characters and 50 words are Brave's limits of a query.
        params = {"q": " ".join(query.split()[:50])[:400], "count": "10", "offset": str(page)}
        answer = await self._client.get(self._url, params)
        items = mapping(answer.get("web")).get("results")
        return results_from(items, "url", "title", "description", "page_age")[within : within + count]

    async def close(self) -> None:
        await self._client.close()
