"""Answers of search providers, kept in Redis by the question; Redis may lose them at any time."""

import dataclasses
import hashlib
import json
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from db.types import ResearchTool
from pipeline.clients.search.base import SearchAnswer, SearchResult

_KEPT_SECONDS = 86_400
_NOTHING_KEPT_SECONDS = 3600  # what is not known yet may be known soon
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'"})


def canonical_query(query: str) -> str:
    """One spelling for one question: width, quotation marks, spaces; `casefold` it to compare."""
    return " ".join(unicodedata.normalize("NFKC", query).translate(_QUOTES).split())


class KeptAnswers:
    """`services`: who is asked, in order; another list of providers is another question."""

    def __init__(self, redis: "Redis", services: Sequence[str]) -> None:
        self._redis = redis
        self._services = list(services)

    async def get(self, query: str, count: int, start: int) -> SearchAnswer | None:
        try:
            kept: Any = await self._redis.get(self._key(query, count, start))
            return _from_json(json.loads(kept)) if kept else None
        except (RedisError, OSError, ValueError, KeyError, TypeError):
            return None

    async def put(self, query: str, count: int, start: int, answer: SearchAnswer) -> None:
        text = json.dumps(
            {
                "tool": answer.tool.value,
                "results": [dataclasses.asdict(result) for result in answer.results],
            },
            default=str,
        )
        seconds = _KEPT_SECONDS if answer.results else _NOTHING_KEPT_SECONDS
        try:
            await self._redis.set(self._key(query, count, start), text, ex=seconds)
        except (RedisError, OSError):
            return

    def _key(self, query: str, count: int, start: int) -> str:
        named = json.dumps([query.casefold(), count, start, self._services])
        return f"rm:search:{hashlib.sha256(named.encode()).hexdigest()}"


def _from_json(kept: dict[str, Any]) -> SearchAnswer:
    results = tuple(
        SearchResult(
            item["url"],
            item["title"],
            item["snippet"],
            date.fromisoformat(item["published_on"]) if item["published_on"] else None,
        )
        for item in kept["results"]
    )
    return SearchAnswer(results, ResearchTool(kept["tool"]), cached=True)
