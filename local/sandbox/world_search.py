"""A search engine over the world's pages: an inverted index ranked by BM25, with the operators people use."""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from local.sandbox.sites.content import site_pages
from local.sandbox.sites.press import press_pages
from local.sandbox.world_model import Person

if TYPE_CHECKING:
    from local.sandbox.world import World

SNIPPET_WORDS = 28
COMMON = frozenset(
    (
        "a",
        "an",
        "and",
        "at",
        "by",
        "der",
        "die",
        "das",
        "for",
        "from",
        "in",
        "is",
        "of",
        "on",
        "or",
        "the",
        "to",
    )
)
TITLE_WEIGHT = 3  # a word in the title counts as often as this many in the text


@dataclass(frozen=True)
class Document:
    link: str
    title: str
    description: str
    text: str
    published: date | None = None
    image: str = ""


@dataclass(frozen=True)
class Result:
    title: str
    link: str
    host: str
    snippet: str
    published: date | None
    image: str


@dataclass(frozen=True)
class Results:
    items: tuple[Result, ...]
    total: int


@dataclass(frozen=True)
class Query:
    """`"phrase"`, `-word`, `site:` and `-site:` as search engines read them."""

    words: tuple[str, ...]
    phrases: tuple[str, ...]
    without: frozenset[str]
    sites: tuple[str, ...]
    not_sites: tuple[str, ...]


def parse_query(text: str) -> Query:
    sites, not_sites, phrases = [], [], []
    for sign, site in re.findall(r"(?:^|\s)(-?)site:(\S+)", text):
        (not_sites if sign else sites).append(site.lower())
    text = re.sub(r"(?:^|\s)-?site:\S+", " ", text)
    for phrase in re.findall(r'"([^"]+)"', text):
        phrases.append(" ".join(words_of(phrase)))
    without = {word for part in re.findall(r"(?:^|\s)-(\w\S*)", text) for word in words_of(part)}
    text = re.sub(r"(?:^|\s)-\w\S*", " ", text)
    words = [word for word in words_of(re.sub(r"\bOR\b|\bAND\b", " ", text)) if word not in COMMON]
    return Query(
        tuple(words), tuple(filter(None, phrases)), frozenset(without), tuple(sites), tuple(not_sites)
    )


def words_of(text: str) -> list[str]:
    """Lower-case words without accents, plural s and possessives dropped."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return [_stem(word) for word in re.findall(r"[a-z0-9]+", plain.replace("'s", ""))]


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


class SearchIndex:
    def __init__(self, pages: Iterable[Document]) -> None:
        self._pages = list(pages)
        self._words = [
            words_of(page.title) * TITLE_WEIGHT + words_of(f"{page.description} {page.text}")
            for page in self._pages
        ]
        self._plain = [
            " ".join(words_of(f"{page.title} {page.description} {page.text}")) for page in self._pages
        ]
        self._postings: dict[str, dict[int, int]] = defaultdict(dict)
        for at, words in enumerate(self._words):
            for word, count in Counter(words).items():
                self._postings[word][at] = count
        self._mean = sum(map(len, self._words)) / max(1, len(self._words))

    def search(
        self, text: str, start: int, num: int, since: date | None = None, hidden: frozenset[str] = frozenset()
    ) -> Results:
        """`hidden`: hosts of which it shows nothing."""
        query = parse_query(text)
        scores = self._scores(query)
        kept = [at for at in scores if self._allowed(query, at) and _fresh(self._pages[at], since)]
        kept = [at for at in kept if urlsplit(self._pages[at].link).hostname not in hidden]
        kept.sort(key=lambda at: (-scores[at], self._pages[at].link))
        chosen = kept[start - 1 : start - 1 + num]
        return Results(tuple(self._result(query, at) for at in chosen), len(kept))

    def _scores(self, query: Query) -> dict[int, float]:
        """BM25, times the share of the query's words a page has: pages with all of them come first."""
        scores: dict[int, float] = defaultdict(float)
        found: Counter[int] = Counter()
        for word in set(query.words):
            postings = self._postings.get(word, {})
            rarity = math.log(1 + (len(self._pages) - len(postings) + 0.5) / (len(postings) + 0.5))
            for at, count in postings.items():
                length = 0.25 + 0.75 * len(self._words[at]) / self._mean
                scores[at] += rarity * count * 2.2 / (count + 1.2 * length)
                found[at] += 1
        if not query.words and query.sites:
            return dict.fromkeys(range(len(self._pages)), 1.0)
        wanted = max(1, len(set(query.words)))
        return {
            at: score * (found[at] / wanted) ** 2 for at, score in scores.items() if found[at] * 2 >= wanted
        }

    def _allowed(self, query: Query, at: int) -> bool:
        address = self._pages[at].link.split("://", 1)[1]
        host = urlsplit(self._pages[at].link).hostname or ""
        if query.sites and not any(_within(site, host, address) for site in query.sites):
            return False
        if any(_within(site, host, address) for site in query.not_sites):
            return False
        if query.without & set(self._words[at]):
            return False
        return all(f" {phrase} " in f" {self._plain[at]} " for phrase in query.phrases)

    def _result(self, query: Query, at: int) -> Result:
        page = self._pages[at]
        return Result(
            title=page.title,
            link=page.link,
            host=urlsplit(page.link).hostname or "",
            snippet=_snippet(page, set(query.words)),
            published=page.published,
            image=page.image,
        )


def _fresh(page: Document, since: date | None) -> bool:
    return since is None or (page.published is not None and page.published >= since)


def _within(site: str, host: str, address: str) -> bool:
    site = site.removeprefix("https://").removeprefix("http://").rstrip("/")
    if "/" in site:
        return address.removeprefix("www.").startswith(site.removeprefix("www."))
    return host == site or host.endswith("." + site)


def _snippet(page: Document, wanted: set[str]) -> str:
    """The stretch of the page with most of the query's words, cut at words, as engines show it."""
    text = f"{page.description} {page.text}".split()
    if len(text) <= SNIPPET_WORDS:
        return " ".join(text)
    hits = [bool(wanted.intersection(words_of(word))) for word in text]
    best = max(
        range(0, len(text) - SNIPPET_WORDS + 1, 4), key=lambda at: (sum(hits[at : at + SNIPPET_WORDS]), -at)
    )
    piece = " ".join(text[best : best + SNIPPET_WORDS])
    return f"{'... ' if best else ''}{piece} ..."


def documents(world: "World") -> list[Document]:
    """What a crawler that obeys robots.txt knows of the world, and the profiles only search engines show."""
    found = []
    for company in world.companies:
        people = world.people_of(company)
        for page in site_pages(company, people):
            if page.indexed:
                link = company.url + page.path
                found.append(
                    Document(
                        link,
                        page.title,
                        page.description,
                        page.text,
                        page.published,
                        f"{company.url}/assets/og.png",
                    )
                )
        found.extend(_profile(company.name, person) for person in people)
    for page in press_pages(world):
        found.append(
            Document(
                f"http://{page.host}{page.path}", page.title, page.description, page.text, page.published
            )
        )
    return found


def _profile(company_name: str, person: Person) -> Document:
    where = f"{person.city}, {person.country}"
    return Document(
        link=person.linkedin_url,
        title=f"{person.name} - {person.title} - {company_name} | LinkedIn",
        description=(
            f"{where} · {person.title} · {company_name}. View {person.name}'s profile on LinkedIn, "
            "a professional community of 1 billion members."
        ),
        text=f"Experience: {company_name}. Location: {person.city}. 500+ connections on LinkedIn.",
    )
