"""Finding new leads: which companies fit what was asked for, by which words, and whom to write to there. Pure.

Every criterion ends as met, not met or unknown, with the words and the page it was read from. Unknown is never
taken for met.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.rules import finding_criteria
from pipeline.rules.company_match import company_key, domain_of, is_platform, same_company
from pipeline.rules.dedupe import plain
from pipeline.rules.extraction import Link, ReadPage
from pipeline.rules.extraction_organisation import closeness
from pipeline.rules.extraction_people import FoundPerson
from pipeline.rules.finding_criteria import ADDRESS, CATEGORY, Criteria, Evidence, Met
from pipeline.rules.kind_words import stems, wanted_stems
from pipeline.rules.strategy_pages import kind_of
from pipeline.rules.words import word_set

__all__ = ["MOST_WANTED", "Criteria", "Evidence", "Met", "Proposal"]
MOST_WANTED = 50
MOST_LISTED = 20  # companies taken from one directory's page
# Lists of companies, not companies: taken for results they would propose themselves.
_DIRECTORIES = word_set(
    "yelp yellowpages angi angieslist thumbtack homeadvisor bbb clutch g2 capterra crunchbase glassdoor indeed "
    "wikipedia tripadvisor mapquest manta dnb zoominfo rocketreach apollo houzz porch trustpilot expertise goodfirms "
    "gelbeseiten 11880 wlw europages kompass pagesjaunes paginasamarillas yell checkatrade bark foursquare nextdoor "
    "chamberofcommerce superpages buildzoom bizjournals forbes inc builtin upcity designrush semrush medium"
)
_LIST = re.compile(r"(?i)\s*(the )?(\d+ |top |best |list of )")
_LEADS_THERE = re.compile(
    r"(?i)(visit |view |go to |see )?(the |their |our )?(web ?site|web ?page|home ?page|site|web)"
)
_NOT_LISTED = re.compile(
    r"(?i)\b(privacy|terms|cookies?|log ?in|sign (?:in|up)|advertis\w*|careers|app store|google play|download|"
    r"press|imprint|impressum|powered by|help|support|about|blog|newsletter)\b|^[\W\d]+$"
)
_NAMED = 0.5  # closeness of a name to a domain, from which it is taken for the company's
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A company that may fit. `sources`: words about it with the page or record they were read from."""

    name: str
    website: str | None = None
    phone: str | None = None
    location: str | None = None
    sources: tuple[tuple[str, str], ...] = field(default=())
    is_on_map: bool = (
        False  # by its own name, found by what it does; others have to say themselves what they do
    )

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
    told = [f"{CATEGORY}{category}"] if category else []
    address = str(item.get("address") or "").strip()
    told += [f"{ADDRESS}{address}"] if address else []
    website = str(item.get("website") or "").strip() or None
    return Proposal(
        name=name[:200],
        website=website,
        phone=str(item.get("phone") or "").strip() or None,
        location=address or None,
        sources=tuple((line, url) for line in told),
        is_on_map=True,
    )


def of_result(url: str, title: str, snippet: str) -> Proposal | None:
    """A page that a search engine named, where it may be a company's own; lists and platforms are none."""
    domain = domain_of(url)
    if domain is None or is_platform(url) or is_directory(url, title):
        return None
    host = re.sub(r"^(https?://[^/]+).*", r"\1/", url)
    words = tuple((part.strip(), url) for part in (title, snippet) if part.strip())
    return Proposal(name=_name_in(title, domain)[:200], website=host, sources=words)


def _name_in(title: str, domain: str) -> str:
    """The part of a page's title that the domain was made of; the domain where none is: “About us” names nobody."""
    label = domain.split(".")[0]
    parts = [part.strip() for part in re.split(r"\s+[|–—·:-]\s+|: ", title) if part.strip()]
    best = max(parts, key=lambda part: closeness(part, label), default="")
    return best if closeness(best, label) >= _NAMED else domain


def is_directory(url: str, title: str) -> bool:
    """A page that lists companies, by its site or by how it is called."""
    domain = domain_of(url) or ""
    return domain.split(".")[0] in _DIRECTORIES or _LIST.match(title) is not None


def listed(page: ReadPage) -> list[Proposal]:
    """The companies that a directory's page links to: other sites, with words that name them or lead to them."""
    own = domain_of(page.url)
    found: dict[str, Proposal] = {}
    for link in page.links:
        domain, words = domain_of(link.url), " ".join(link.text.split())
        if domain is None or domain == own or is_platform(link.url) or is_directory(link.url, words):
            continue
        if not 2 <= len(words) <= 80 or _NOT_LISTED.search(words) or not link.url.startswith("http"):
            continue
        name = domain if _LEADS_THERE.fullmatch(words) else words
        if domain not in found or found[domain].name == domain:
            site = re.sub(r"^(https?://[^/?#]+).*", r"\1/", link.url)
            found[domain] = Proposal(name=name, website=site, sources=((words, page.url),))
    return list(found.values())[:MOST_LISTED]


def named_by_itself(proposal: Proposal, pages: Sequence[ReadPage]) -> Proposal:
    """With the name its own pages give, unless a map told it: a search result or a link may say anything."""
    name = next((page.organization for page in pages if page.organization), "")
    if proposal.is_on_map or not name:
        return proposal
    label = (proposal.domain or "").split(".")[0]
    fits_better = closeness(name, label) >= closeness(proposal.name, label)
    return replace(proposal, name=name[:200]) if fits_better or proposal.name == proposal.domain else proposal


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
            name=new.name if new.is_on_map and not known.is_on_map else known.name,
            website=known.website or new.website,
            phone=known.phone or new.phone,
            location=known.location or new.location,
            sources=tuple(dict.fromkeys((*known.sources, *new.sources))),
            is_on_map=known.is_on_map or new.is_on_map,
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
    return finding_criteria.judged(criteria, proposal.sources, pages)


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
    if role and (wanted := wanted_stems(role)) and wanted <= stems(title):
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


def is_proposed(proposal: Proposal, evidence: Sequence[Evidence]) -> bool:
    """Something that was asked for is met, and nothing is known to be otherwise. What no map knows has to say itself
    what it does."""
    if not proposal.is_on_map and evidence[0].verdict is not Met.MET:
        return False
    verdicts = {one.verdict for one in evidence}
    return Met.MET in verdicts and Met.NOT_MET not in verdicts


def why_not(proposal: Proposal, evidence: Iterable[Evidence]) -> str:
    """“Acme: not in Austin (12 Road, Dallas)”."""
    missed = next((one for one in evidence if one.verdict is Met.NOT_MET), None)
    if missed is None:
        return f"{proposal.name}: nothing says that it fits"
    return f"{proposal.name}: not {missed.criterion} ({missed.value})"


def lead_of(proposal: Proposal, known: Iterable[tuple[str | None, str | None]]) -> bool:
    """A lead is at this company. `known`: names and domains of leads' companies; names tell where a domain lacks."""
    key = company_key(proposal.name)
    return any(
        domain == proposal.domain
        if domain and proposal.domain
        else bool(name) and bool(key) and company_key(name or "") == key
        for name, domain in known
    )


def order_of(evidence: Sequence[Evidence], person: ChosenPerson | None) -> tuple[int, int]:
    """The most criteria met first, those with a person before those without."""
    return (-sum(one.verdict is Met.MET for one in evidence), 0 if person else 1)
