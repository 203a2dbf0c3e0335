"""SearXNG, one's own: free, JSON only where its settings allow that."""

from decimal import Decimal
from typing import Any

from db.types import ResearchTool
from pipeline.clients.search.base import PAGE, QueryRefused, SearchResult, results_from
from pipeline.clients.search.web_json import JsonClient
from pipeline.errors import Permanent, Transient

_NO_JSON = "This SearXNG does not give JSON: add `json` under search.formats in its settings.yml."


class SearxngSearch:
    service = "searxng"
    tool = ResearchTool.SEARXNG
    cost_cents = Decimal(0)
    free_per_day = 0

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/search"
        self._client = JsonClient("SearXNG", _refusal)

    async def search(self, query: str, *, count: int = PAGE, start: int = 0) -> list[SearchResult]:
        """Its pages are of the engines' sizes, ten or more; what begins within a page is cut out of it."""
        params = {"q": query, "format": "json", "pageno": str(start // PAGE + 1)}
        answer = await self._client.get(self._url, params)
        if not isinstance(answer.get("results"), list):
            raise Transient("SearXNG sent an answer of another shape.")
        results = results_from(answer["results"], "url", "title", "content", "publishedDate")
        if not results and answer.get("unresponsive_engines"):
            raise Transient("None of SearXNG's engines answered.")
        return results[start % PAGE : start % PAGE + min(count, PAGE)]

    async def close(self) -> None:
        await self._client.close()


def _refusal(status: int, answer: dict[str, Any]) -> Permanent | None:
    if status == 403:
        return Permanent(_NO_JSON)
    return QueryRefused("SearXNG refused the question.") if status == 400 else None
