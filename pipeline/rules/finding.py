"""Finding new leads: which companies fit what was asked for, by which words, and whom to write to there. Pure.

Every criterion ends as met, not met or unknown, with the words and the page it was read from. Unknown is never
taken for met.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.rules import finding_criteria
from pipeline.rules.company_match import FREE_MAIL, company_key, domain_of
from pipeline.rules.extraction import Link, ReadPage
from pipeline.rules.extraction_people import FoundPerson
from pipeline.rules.finding_criteria import Criteria, Evidence, Met
from pipeline.rules.finding_directories import DIRECTORY, entries, is_directory, is_entry, tells_of_many
from pipeline.rules.finding_proposals import (
    MOST_LISTED,
    Proposal,
    listed,
    merged,
    moved,
    named_by_itself,
    of_place,
    of_result,
    settled,
)
from pipeline.rules.kind_words import also_called, stems, wanted_stems
from pipeline.rules.places import is_in, language_of
from pipeline.rules.strategy_pages import kind_of

__all__ = [
    "DIRECTORY",
    "MOST_LISTED",
    "MOST_WANTED",
    "Criteria",
    "Evidence",
    "Met",
    "Proposal",
    "entries",
    "is_directory",
    "is_entry",
    "listed",
    "merged",
    "moved",
    "named_by_itself",
    "of_place",
    "of_result",
    "settled",
    "tells_of_many",
]
MOST_WANTED = 50
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


def queries(criteria: Criteria) -> list[str]:
    """What to ask a search engine, the most telling first; in the words of the place as well."""
    place = f" in {criteria.place}" if criteria.place else ""
    near = f" {criteria.place}" if criteria.place else ""
    kind = criteria.kind if _COMPANIES.search(criteria.kind) else f"{criteria.kind} companies"
    language = language_of(criteria.place) if criteria.place else None
    others = [
        f"{name}{near}" if near or " " in name else f"{name} companies"
        for name in also_called(criteria.kind, language)[:1]
    ]
    asked = [
        f"{kind}{place}",
        *others,
        f"{criteria.kind}{near} about us team",
        f"{criteria.kind}{near} contact",
    ]
    return list(dict.fromkeys(asked))


def place_search(criteria: Criteria) -> str:
    return f"{criteria.kind} {criteria.place}" if criteria.place else criteria.kind


def branches_there(criteria: Criteria, found: Sequence[Proposal]) -> list[Proposal]:
    """Of a chain, whose places share one site, only those that may be where it was asked for."""
    elsewhere = [
        one for one in found if criteria.place and is_in(criteria.place, one.location or "") is False
    ]
    here = [one for one in found if one not in elsewhere]
    there = {one.key for one in here if one.location}
    return [one for one in found if one not in elsewhere or one.key not in there]


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
        ChosenPerson(
            person.name, person.title, _own(person.email, page), _words_about(page, person), page.url
        )
        for page in pages
        for person in page.people
        if person.title
    )
    return best_of(named, role)


def _own(email: str | None, page: ReadPage) -> str | None:
    """An address at the site's own domain, or one that belongs to nobody's site; not a web designer's."""
    domain = domain_of(email.rpartition("@")[2]) if email else None
    return email if domain is not None and (domain == domain_of(page.url) or domain in FREE_MAIL) else None


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


def is_told(proposal: Proposal, evidence: Sequence[Evidence], *, is_known: bool) -> bool:
    """Of a company where somebody is a lead no page was read: it is named as known where nothing that was found says
    that it is another sort, or elsewhere."""
    if not is_known:
        return is_proposed(proposal, evidence)
    verdicts = {one.verdict for one in evidence}
    return evidence[0].verdict is Met.MET and Met.NOT_MET not in verdicts


def why_not(proposal: Proposal, evidence: Iterable[Evidence]) -> str:
    """“Acme: not in Austin (12 Road, Dallas)”."""
    missed = next((one for one in evidence if one.verdict is Met.NOT_MET), None)
    if missed is None:
        return f"{proposal.name}: nothing says that it fits"
    return f"{proposal.name}: not {missed.criterion} ({missed.value})"


def location_of(proposal: Proposal, evidence: Sequence[Evidence], pages: Sequence[ReadPage]) -> str | None:
    """The address that was judged, of several; else what a map or its pages tell."""
    judged_one = next(
        (one.value for one in evidence if one.field == "address" and one.verdict is Met.MET), None
    )
    return judged_one or proposal.location or next((page.address for page in pages if page.address), None)


def with_lead(proposal: Proposal, known: Iterable[tuple[str | None, str | None]]) -> tuple[Proposal, bool]:
    """Whether a lead is at this company; then it is called as there, where nothing else names it. `known`: names and
    domains of leads' companies; names tell where a domain lacks."""
    key = company_key(proposal.name)
    for name, domain in known:
        by_domain = domain == proposal.domain if domain and proposal.domain else None
        if by_domain or (by_domain is None and name and key and company_key(name) == key):
            unnamed = proposal.name == proposal.domain
            return (replace(proposal, name=name) if name and unnamed else proposal), True
    return proposal, False


def order_of(evidence: Sequence[Evidence], person: ChosenPerson | None) -> tuple[int, int]:
    """The most criteria met first, those with a person before those without."""
    return (-sum(one.verdict is Met.MET for one in evidence), 0 if person else 1)
