"""SearXNG, one's own: free, JSON only where its settings allow that."""

from decimal import Decimal

from db.types import ResearchTool
from pipeline.clients.search.base import SearchResult, results_from
from pipeline.clients.search.web_json import JsonClient
from pipeline.errors import Transient

_NO_JSON = "This SearXNG does not give JSON: add `json` under search.formats in its settings.yml."


class SearxngSearch:
    service = "searxng"
    tool = ResearchTool.SEARXNG
    cost_cents = Decimal(0)

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/search"
        self._client = JsonClient("SearXNG", {403: _NO_JSON})

    async def search(self, query: str, *, count: int = 10, start: int = 0) -> list[SearchResult]:
        count = min(count, 10)
        params = {"q": query, "format": "json", "pageno": str(start // 10 + 1)}
        answer = await self._client.get(self._url, params)
        results = results_from(answer.get("results"), "url", "title", "content", "publishedDate")
        if not results and answer.get("unresponsive_engines"):
            raise Transient("None of SearXNG's engines answered.")
        return results[start % 10 : start % 10 + count]

    async def close(self) -> None:
        await self._client.close()
