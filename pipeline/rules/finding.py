"""Finding new leads: which companies fit what was asked for, by which words, and whom to write to there. Pure.

Every criterion ends as met, not met or unknown, with the words and the page it was read from. Unknown is never
taken for met.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pipeline.rules.company_match import company_key, domain_of, is_platform, same_company
from pipeline.rules.dedupe import plain
from pipeline.rules.extraction import Link, ReadPage
from pipeline.rules.extraction_people import FoundPerson
from pipeline.rules.headcount import Headcount, headcounts
from pipeline.rules.strategy_pages import kind_of
from pipeline.rules.words import word_set

MOST_WANTED = 50
_STEM = 5  # letters: plumber, plumbers and plumbing are one
_OTHER_WORDS = word_set(
    "a an and the of for in with to company companies business businesses firm firms service services agency "
    "agencies provider providers shop shops local best top near me inc llc ltd gmbh who that which are is"
)
# Lists of companies, not companies: taken for results they would propose themselves.
_DIRECTORIES = word_set(
    "yelp yellowpages angi angieslist thumbtack homeadvisor bbb clutch g2 capterra crunchbase glassdoor indeed "
    "wikipedia tripadvisor mapquest manta dnb zoominfo rocketreach apollo houzz porch trustpilot expertise goodfirms "
    "gelbeseiten 11880 wlw europages kompass pagesjaunes paginasamarillas yell checkatrade bark foursquare nextdoor "
    "chamberofcommerce superpages buildzoom bizjournals forbes inc builtin upcity designrush semrush medium"
)
_COMPANIES = re.compile(
    r"\b(compan|firm|agenc|business|shop|studio|clinic|practice|supplier|maker|manufacturer)", re.IGNORECASE
)
_TELLING = {"team": 0, "about": 1, "contact": 2}  # kinds of page that name people, numbers and addresses
_DECIDERS = re.compile(
    r"\b(owner|founder|co-?founder|ceo|chief executive|president|managing director|managing partner|principal|"
    r"proprietor|inhaber\w*|geschäftsführ\w*|gründer\w*|gérant\w*|pdg|directeur général|titolare|propietari\w*|"
    r"director general|eigenaar|zaakvoerder)\b",
    re.IGNORECASE,
)


class Met(StrEnum):
    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """`kind`: what they do, as the person said it. `role`: whom to write to there; None for whoever decides."""

    kind: str
    place: str | None = None
    role: str | None = None
    least_people: int | None = None
    most_people: int | None = None

    @property
    def in_words(self) -> str:
        size = ""
        if self.least_people is not None and self.most_people is not None:
            size = f" with {self.least_people} to {self.most_people} people"
        elif self.least_people is not None:
            size = f" with at least {self.least_people} people"
        elif self.most_people is not None:
            size = f" with at most {self.most_people} people"
        place = f" in {self.place}" if self.place else ""
        return f"{self.kind}{place}{size}" + (f", their {self.role}" if self.role else "")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A criterion with its verdict; `quote` stands at `url`. Both are empty where nothing was found."""

    criterion: str
    verdict: Met
    value: str = ""
    quote: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A company that may fit. `sources`: words about it with the page or record they were read from."""

    name: str
    website: str | None = None
    phone: str | None = None
    location: str | None = None
    sources: tuple[tuple[str, str], ...] = field(default=())

    @property
    def domain(self) -> str | None:
        return domain_of(self.website) if self.website and not is_platform(self.website) else None

    @property
    def key(self) -> str:
        """One company, one candidate: by its domain, else by its name."""
        return self.domain or company_key(self.name)


def queries(criteria: Criteria) -> list[str]:
    """What to ask a search engine, the most telling first."""
    place = f" in {criteria.place}" if criteria.place else ""
    near = f" {criteria.place}" if criteria.place else ""
    kind = criteria.kind if _COMPANIES.search(criteria.kind) else f"{criteria.kind} companies"
    return [f"{kind}{place}", f"{criteria.kind}{near} about us team", f"{criteria.kind}{near} contact"]


def place_search(criteria: Criteria) -> str:
    return f"{criteria.kind} {criteria.place}" if criteria.place else criteria.kind


def of_place(item: dict[str, Any]) -> Proposal | None:
    """A record of a map: Google's places as actors give them. Closed ones are left out."""
    name = str(item.get("title") or item.get("name") or "").strip()
    if not name or item.get("permanentlyClosed"):
        return None
    url = str(item.get("url") or "")
    category = ", ".join(map(str, item.get("categories") or [])) or str(item.get("categoryName") or "")
    told = [f"Category: {category}"] if category else []
    address = str(item.get("address") or "").strip()
    told += [f"Address: {address}"] if address else []
    website = str(item.get("website") or "").strip() or None
    return Proposal(
        name=name[:200],
        website=website,
        phone=str(item.get("phone") or "").strip() or None,
        location=address or None,
        sources=tuple((line, url) for line in told),
    )


def of_result(url: str, title: str, snippet: str) -> Proposal | None:
    """A page that a search engine named, where it may be a company's own; lists and platforms are none."""
    domain = domain_of(url)
    if domain is None or is_platform(url) or domain.split(".")[0] in _DIRECTORIES:
        return None
    if re.match(r"(?i)\s*(the )?(\d+ |top |best |list of )", title):
        return None
    name = re.split(r"\s+[|–—·:-]\s+", title)[0].strip() or domain
    host = re.sub(r"^(https?://[^/]+).*", r"\1/", url)
    return Proposal(name=name[:200], website=host, sources=((f"{title}. {snippet}".strip(), url),))


def merged(proposals: Iterable[Proposal]) -> list[Proposal]:
    """One for each company, in the order of first sight, with what all sources say."""
    kept: list[Proposal] = []
    for new in proposals:
        at = next((i for i, known in enumerate(kept) if _is_same(known, new)), None)
        if at is None:
            kept.append(new)
            continue
        known = kept[at]
        kept[at] = replace(
            known,
            website=known.website or new.website,
            phone=known.phone or new.phone,
            location=known.location or new.location,
            sources=tuple(dict.fromkeys((*known.sources, *new.sources))),
        )
    return kept


def _is_same(one: Proposal, other: Proposal) -> bool:
    """By the domain; a name tells only where one of them has no site, and not of two towns."""
    if one.domain and other.domain:
        return one.domain == other.domain
    if not same_company(one.name, other.name):
        return False
    return not (one.location and other.location) or plain(one.location) == plain(other.location)


def telling_pages(links: Iterable[Link], domain: str | None, most: int = 4) -> list[str]:
    """The site's own pages that may name people, numbers and addresses, the best first."""
    ranked: dict[str, int] = {}
    for link in links:
        kind = kind_of(link)
        if kind is not None and kind.name in _TELLING and domain_of(link.url) == domain:
            ranked.setdefault(link.url, _TELLING[kind.name])
    return sorted(ranked, key=lambda url: (ranked[url], len(url)))[:most]


def judged(criteria: Criteria, proposal: Proposal, pages: Sequence[ReadPage]) -> list[Evidence]:
    """Each criterion that was asked for, with what meets it."""
    told = [*proposal.sources, *((line, page.url) for page in pages for line in page.lines[:600])]
    found = [_kind(criteria.kind, told)]
    if criteria.place:
        found.append(_place(criteria.place, proposal, pages, told))
    if criteria.least_people is not None or criteria.most_people is not None:
        found.append(_size(criteria, told, pages))
    return found


def _stems(text: str) -> set[str]:
    words = re.findall(r"\w+", plain(text))
    return {word[:_STEM] for word in words if word not in _OTHER_WORDS and len(word) > 2}


def _kind(kind: str, told: Sequence[tuple[str, str]]) -> Evidence:
    wanted = _stems(kind)
    for line, url in told:
        if wanted and wanted <= _stems(line):
            return Evidence(kind, Met.MET, kind, line[:300], url)
    for line, url in told:  # all of it within the company's own words, if not in one line
        if wanted & _stems(line) and wanted <= set().union(*(_stems(other) for other, _ in told[:200])):
            return Evidence(kind, Met.MET, kind, line[:300], url)
    return Evidence(kind, Met.UNKNOWN)


def _place(
    place: str, proposal: Proposal, pages: Sequence[ReadPage], told: Sequence[tuple[str, str]]
) -> Evidence:
    words = [plain(part) for part in place.split(",") if part.strip()]
    addresses = [
        (line.removeprefix("Address: "), url)
        for line, url in proposal.sources
        if line.startswith("Address: ")
    ]
    addresses += [(page.address, page.url) for page in pages if page.address]
    name = f"in {place}"
    for address, url in addresses:
        if _stands(words[0], address):
            return Evidence(name, Met.MET, address[:200], address[:300], url)
    if addresses:  # it says where it is, and that is elsewhere
        address, url = addresses[0]
        return Evidence(name, Met.NOT_MET, address[:200], address[:300], url)
    for line, url in told:
        if _stands(words[0], line) and len(line) <= 300:
            return Evidence(name, Met.MET, place, line, url)
    return Evidence(name, Met.UNKNOWN)


def _stands(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", plain(text)) is not None


def _size(criteria: Criteria, told: Sequence[tuple[str, str]], pages: Sequence[ReadPage]) -> Evidence:
    least, most = criteria.least_people, criteria.most_people
    bounds = [f"at least {least}"] if least is not None else []
    bounds += [f"at most {most}"] if most is not None else []
    name = f"{' and '.join(bounds)} people"
    for line, url in told:
        for count in headcounts(line):
            verdict = _fits(count, least, most)
            if verdict is not Met.UNKNOWN:
                return Evidence(name, verdict, count.in_words, line[:300], url)
    named: dict[str, str] = {plain(person.name): page.url for page in pages for person in page.people}
    if least is not None and most is None and len(named) >= least:
        return Evidence(name, Met.MET, f"{len(named)} people are named", "", next(iter(named.values())))
    return Evidence(name, Met.UNKNOWN)


def _fits(count: Headcount, least: int | None, most: int | None) -> Met:
    """Unknown where the range that is told reaches over the border."""
    low, high = count.least, count.most
    if (least is not None and high is not None and high < least) or (most is not None and low > most):
        return Met.NOT_MET
    if (least is None or low >= least) and (most is None or (high is not None and high <= most)):
        return Met.MET
    return Met.UNKNOWN


@dataclass(frozen=True, slots=True)
class ChosenPerson:
    name: str
    title: str | None
    email: str | None
    quote: str
    url: str


def whom_to_write_to(pages: Sequence[ReadPage], role: str | None) -> ChosenPerson | None:
    """Of the people whom the pages name with a title. None: no person found."""
    named = (
        ChosenPerson(person.name, person.title, person.email, _words_about(page, person), page.url)
        for page in pages
        for person in page.people
        if person.title
    )
    return best_of(named, role)


def best_of(people: Iterable[ChosenPerson], role: str | None) -> ChosenPerson | None:
    """The first with the role asked for; else who decides; else anybody."""
    return min(people, key=lambda person: _rank(person.title or "", role), default=None)


def _rank(title: str, role: str | None) -> int:
    if role and _stems(role) and _stems(role) <= _stems(title):
        return 0
    if _DECIDERS.search(title):
        return 1
    return 2


def _words_about(page: ReadPage, person: FoundPerson) -> str:
    """The lines that name the person and the title, as they stand in the page."""
    for at, line in enumerate(page.lines):
        if person.name in line:
            near = page.lines[at : at + 3]
            upto = next((i for i, one in enumerate(near) if (person.title or "") in one), 0)
            return " · ".join(near[: upto + 1])[:300]
    return f"{person.name}, {person.title}"


def is_proposed(evidence: Iterable[Evidence]) -> bool:
    """Nothing that was asked for is known to be otherwise."""
    return all(one.verdict is not Met.NOT_MET for one in evidence)


def why_not(proposal: Proposal, evidence: Iterable[Evidence]) -> str:
    """“Acme: not in Austin (12 Road, Dallas)”."""
    missed = next((one for one in evidence if one.verdict is Met.NOT_MET), None)
    return f"{proposal.name}: not {missed.criterion} ({missed.value})" if missed else proposal.name


def order_of(evidence: Sequence[Evidence], person: ChosenPerson | None) -> tuple[int, int]:
    """The most criteria met first, those with a person before those without."""
    return (-sum(one.verdict is Met.MET for one in evidence), 0 if person else 1)
