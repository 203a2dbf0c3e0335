"""What search results alone tell: the profile on a network that is never opened, and where to read on."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from db.types import FactSource
from pipeline.rules.company_match import (
    company_key,
    domain_fits,
    domain_of,
    is_platform,
    mentions_company,
    mentions_person,
)
from pipeline.rules.dedupe import page_key, profile_slug, same_name
from pipeline.rules.extraction_facts import FoundFact, Subject

_LINKEDIN_TITLE = re.compile(r"^(?P<name>[^|]{2,80}?)\s+[-–—]\s+(?P<rest>.+?)(?:\s*[|·]\s*LinkedIn.*)?$")
_PROFILE_HOSTS = {"twitter.com": "twitter_url", "x.com": "twitter_url", "instagram.com": "ig_url"}
_NOT_A_PROFILE = re.compile(r"/(status|p|reel|hashtag|search|explore|company|posts|jobs|pulse|dir)(/|$)")


@dataclass(frozen=True, slots=True)
class Result:
    """A search result; `text` is how it is kept as evidence."""

    url: str
    title: str
    snippet: str
    published_on: date | None = None

    @property
    def text(self) -> str:
        return f"{self.title}\n{self.snippet}\n{self.url}"


@dataclass(frozen=True, slots=True)
class ResultFacts:
    result: Result
    facts: tuple[FoundFact, ...]


def facts_of_results(results: Iterable[Result], subject: Subject) -> list[ResultFacts]:
    """Facts that a result's own words bear out. A profile counts only if person and company both fit."""
    found: list[ResultFacts] = []
    for result in results:
        facts = tuple(_profile_facts(result, subject))
        if facts:
            found.append(ResultFacts(result, facts))
    return found


def _profile_facts(result: Result, subject: Subject) -> Iterator[FoundFact]:
    domain = domain_of(result.url) or ""
    if domain == "linkedin.com" and profile_slug(result.url):
        yield from _linkedin(result, subject)
        return
    field = _PROFILE_HOSTS.get(domain)
    named = mentions_person(result.title, subject.name) and _fits_company(result, subject)
    if field and named and not _NOT_A_PROFILE.search(result.url):
        yield _fact(field, result.url, result.url, 0.75)


def _linkedin(result: Result, subject: Subject) -> Iterator[FoundFact]:
    match = _LINKEDIN_TITLE.match(result.title)
    name = match["name"] if match else result.title.split("|")[0].strip()
    if not same_name(name, subject.name) or not _fits_company(result, subject):
        return
    yield _fact("linkedin_url", result.url, result.url, 0.9)
    title = _title_of(match["rest"] if match else "", subject)
    if title:
        yield _fact("title", title, result.title, 0.7)
    place = re.search(r"(?:Location|Standort|Ort|Lieu|Ubicación):\s*([^·|\n.]{2,60})", result.snippet)
    if place:
        yield _fact("location", place[1].strip(), result.snippet, 0.7)


def _title_of(rest: str, subject: Subject) -> str | None:
    """`Head of Operations - Northwind Robotics`, `Head of Operations at Northwind Robotics`."""
    parts = [
        part.strip() for part in re.split(r"\s+[-–—|·]\s+|\s+(?:at|bei|chez|@)\s+", rest) if part.strip()
    ]
    own = company_key(subject.company) if subject.company else None
    titles = [part for part in parts if company_key(part) != own and part.casefold() not in ("linkedin", "…")]
    return titles[0].rstrip(" .…") if titles and len(parts) > 1 and len(titles[0]) <= 100 else None


def _fits_company(result: Result, subject: Subject) -> bool:
    """Same-named people are many: without a company to compare, a profile is nobody's."""
    return subject.company is not None and mentions_company(
        f"{result.title} {result.snippet}", subject.company
    )


def _fact(field: str, value: str, quote: str, confidence: float) -> FoundFact:
    return FoundFact(field, value, quote, FactSource.PROVIDER, confidence)


def official_site(results: Sequence[Result], company: str) -> str | None:
    """The company's own site among the results: by domain and name, never a platform's page."""
    for result in results[:8]:
        domain = domain_of(result.url)
        if domain and not is_platform(result.url) and domain_fits(domain, company):
            return re.sub(r"^(https?://[^/]+).*$", r"\1", result.url)
    return None


def worth_reading(results: Iterable[Result], subject: Subject, known: Iterable[str]) -> list[Result]:
    """Pages to open: the company's own, or naming the person and the company; no platform, none twice."""
    seen = {page_key(url) for url in known}
    chosen: list[tuple[int, int, Result]] = []
    for place, result in enumerate(results):
        if is_platform(result.url) or page_key(result.url) in seen:
            continue
        seen.add(page_key(result.url))
        words = f"{result.title} {result.snippet}"
        person = mentions_person(words, subject.name)
        company = subject.company is not None and mentions_company(words, subject.company)
        own = subject.domain is not None and domain_of(result.url) == subject.domain
        gain = 2 * person + company + 2 * own
        if own or (person and company):
            chosen.append((-gain, place, result))
    return [result for _, _, result in sorted(chosen, key=lambda item: item[:2])]
