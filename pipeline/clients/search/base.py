"""What every search provider gives, and how it says that it could not."""

import html
import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, cast

from db.types import ResearchTool
from pipeline.errors import Permanent, RainmakerError

PAGE = 10  # results a provider gives at once
NAMES = {"google_search": "Google search", "brave_search": "Brave search", "searxng": "SearXNG"}

_TAG = re.compile(r"</?(?:b|strong|em|i|span|br)\b[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SearchResult:
    url: str
    title: str
    snippet: str
    published_on: date | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One question to one provider; `error` is a sentence where it did not answer. `asked`: it was called at
    all, which a spent budget or a provider that is left alone for now is not."""

    service: str
    tool: ResearchTool
    ms: int
    cost_cents: Decimal = Decimal(0)
    error: str | None = None
    asked: bool = True


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """No results means that the provider answered and knows of nothing."""

    results: tuple[SearchResult, ...]
    tool: ResearchTool
    attempts: tuple[Attempt, ...] = field(default_factory=tuple)
    cached: bool = False

    @property
    def cost_cents(self) -> Decimal:
        return sum((attempt.cost_cents for attempt in self.attempts), Decimal(0))


class SearchFailed(RainmakerError):
    """No provider answered: that is not "nothing found". `attempts` says who failed and why."""

    def __init__(self, message: str, attempts: tuple[Attempt, ...] = ()) -> None:
        super().__init__(message)
        self.attempts = attempts


class QueryRefused(Permanent):
    """The provider refuses this very question; another one may do."""


class SearchProvider(Protocol):
    service: str  # its name in usage, quotas and settings
    tool: ResearchTool
    cost_cents: Decimal  # of one request
    free_per_day: int  # requests that cost nothing

    async def search(self, query: str, *, count: int = 10, start: int = 0) -> list[SearchResult]:
        """Up to `count` (at most 10) results from the `start`-th on, 0 being the first. Raises Transient or
        Permanent where the provider does not answer."""
        ...

    async def close(self) -> None: ...


def plain(text: object, most: int = 600) -> str:
    """A provider's text without its marks of emphasis."""
    bare = html.unescape(_TAG.sub("", text)) if isinstance(text, str) else ""
    return " ".join(bare.split())[:most]


def day(text: object) -> date | None:
    """The date at the start of an ISO time, or None."""
    try:
        return date.fromisoformat(text[:10]) if isinstance(text, str) else None
    except ValueError:
        return None


def mapping(value: object) -> dict[str, Any]:
    """The value where it is a JSON object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def mappings(value: object) -> list[dict[str, Any]]:
    """The JSON objects of a JSON array; anything else is left out."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]


def results_from(items: object, url: str, title: str, snippet: str, published: str) -> list[SearchResult]:
    """Results out of a provider's list, by the names it uses; items of another shape are left out."""
    return [
        SearchResult(
            str(item[url]), plain(item.get(title), 300), plain(item.get(snippet)), day(item.get(published))
        )
        for item in mappings(items)
        if is_web_address(item.get(url))
    ]


def is_web_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://")) and len(value) < 2000
