"""One actor's run for several leads: whose an item is, and what each of them pays of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any, cast

from pipeline.rules.company_match import domain_of, is_platform
from pipeline.rules.dedupe import page_key

_CENT_PART = Decimal("0.0001")
# How actors name the input an item came from, and then what else tells whose it is.
_INPUTS = (
    *("originalStartUrl", "original_start_url", "startUrl", "start_url", "inputUrl", "input_url", "input"),
    *("searchString", "searchQuery", "search_query", "searchTerm", "query", "originalQuery", "search", "keyword"),
)  # fmt: skip
_SITES = (
    "domain",
    "website",
    "websiteUrl",
    "website_url",
    "companyWebsite",
    "companyDomain",
    "company_domain",
)


def labels(urls: Iterable[str], queries: Iterable[str]) -> frozenset[str]:
    """What an item may name of a question: its sites' domains, its searches."""
    return frozenset((*map(_place, urls), *map(_words, queries))) - {""}


def askers(item: Mapping[str, Any], asked: Sequence[frozenset[str]]) -> list[int]:
    """The questions this item answers, by the input it names, else by the site it is of; none where it says
    neither."""
    for names in (_INPUTS, _SITES):
        told = {
            mark for name in names for text in _texts(item.get(name)) for mark in (_place(text), _words(text))
        }
        found = [number for number, ask in enumerate(asked) if told & ask]
        if found:
            return found
    return []


def shares(total: Decimal, weights: Sequence[int], caps: Sequence[Decimal]) -> list[Decimal]:
    """`total` split by weight, nobody above the own cap as long as others have room; it sums up to `total`."""
    given: list[Decimal] = [Decimal(0)] * len(weights)
    everybody: list[int] = list(range(len(weights)))
    left = total
    room: list[int] = everybody
    while left > 0 and room:
        whole = sum(weights[one] for one in room)
        over: list[int] = [one for one in room if left * weights[one] / whole > caps[one]]
        if not over:
            break
        for one in over:
            given[one] = caps[one]
        left -= sum((caps[one] for one in over), Decimal(0))
        room = [one for one in room if one not in over]
    rest: list[int] = room or everybody  # more was charged than all caps together: it is paid all the same
    parts = _split(max(left, Decimal(0)), [weights[one] for one in rest])
    for one, part in zip(rest, parts, strict=True):
        given[one] += part
    return given


def _split(total: Decimal, weights: Sequence[int]) -> list[Decimal]:
    whole, parts, before, so_far = sum(weights), list[Decimal](), Decimal(0), 0
    for weight in weights:
        so_far += weight
        until = total if so_far == whole else (total * so_far / whole).quantize(_CENT_PART, ROUND_DOWN)
        parts.append(until - before)
        before = until
    return parts


def _place(text: str) -> str:
    """A site by its domain; a page of a platform, where many have one, by its address."""
    text = text.strip()
    if not text or " " in text or "." not in text or len(text) > 1000:
        return ""
    url = text if "://" in text else f"https://{text}"
    return page_key(url) if is_platform(url) else domain_of(url) or ""


def _words(text: str) -> str:
    return " ".join(text.lower().split())[:500]


def _texts(value: object) -> list[str]:
    """The texts in a value, one level down: some actors repeat their input as an object."""
    if isinstance(value, str):
        return [value]
    inner = list(cast("dict[str, object]", value).values()) if isinstance(value, dict) else value
    return (
        [one for one in cast("list[object]", inner) if isinstance(one, str)]
        if isinstance(inner, list)
        else []
    )
