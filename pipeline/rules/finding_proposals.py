"""Companies that may fit, as maps, search engines and directories name them: each once, under its own name. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.rules.company_match import company_key, domain_of, is_platform, same_company
from pipeline.rules.dedupe import plain
from pipeline.rules.extraction import ReadPage
from pipeline.rules.extraction_closeness import closeness
from pipeline.rules.finding_criteria import ADDRESS, CATEGORY
from pipeline.rules.finding_directories import is_article, is_directory, listed_sites

MOST_LISTED = 20  # companies taken from one directory's page
_NAMED = 0.5  # closeness of a name to a domain, from which it is taken for the company's


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A company that may fit. `sources`: words about it with the page or record they were read from."""

    name: str
    website: str | None = None
    phone: str | None = None
    location: str | None = None
    sources: tuple[tuple[str, str], ...] = field(default=())
    # by its own name, found by what it does; others have to say themselves what they do
    is_on_map: bool = False
    # Its site was found under the same name only: of two companies of one name it may be the other's.
    is_site_unsure: bool = False

    @property
    def domain(self) -> str | None:
        return domain_of(self.website) if self.website and not is_platform(self.website) else None

    @property
    def key(self) -> str:
        """One company, one candidate: by its domain, else by its name."""
        return self.domain or company_key(self.name)


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
        website=None if website and is_directory(website, "") else website,
        phone=str(item.get("phone") or "").strip() or None,
        location=address or None,
        sources=tuple((line, url) for line in told),
        is_on_map=True,
    )


def of_result(url: str, title: str, snippet: str) -> Proposal | None:
    """A page that a search engine named, where it may be a company's own; lists and platforms are none. What a
    report says proves nothing of the site it stands on."""
    domain = domain_of(url)
    if domain is None or is_platform(url) or is_directory(url, title):
        return None
    host = re.sub(r"^(https?://[^/]+).*", r"\1/", url)
    said = () if is_article(url) else (title, snippet)
    words = tuple((part.strip(), url) for part in said if part.strip())
    return Proposal(name=_name_in(title, domain)[:200], website=host, sources=words)


def _name_in(title: str, domain: str) -> str:
    """The part of a page's title that the domain was made of; the domain where none is: “About us” names nobody."""
    label = domain.split(".")[0]
    parts = [part.strip() for part in re.split(r"\s+[|–—·:-]\s+|: ", title) if part.strip()]
    best = max(parts, key=lambda part: closeness(part, label), default="")
    return best if closeness(best, label) >= _NAMED else domain


def listed(page: ReadPage) -> list[Proposal]:
    """The companies that a directory's page links to: other sites, with words that name them or lead to them."""
    found = [
        Proposal(name=name, website=site, sources=((name, page.url),))
        for name, site in listed_sites(page).values()
    ]
    return found[:MOST_LISTED]


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
        else:
            kept[at] = _joined(kept[at], new)
    return kept


def _joined(known: Proposal, new: Proposal) -> Proposal:
    one_site = bool(known.domain) != bool(new.domain)
    return replace(
        known,
        name=new.name if new.is_on_map and not known.is_on_map else known.name,
        website=known.website if known.domain else new.website or known.website,
        phone=known.phone or new.phone,
        location=known.location or new.location,
        sources=tuple(dict.fromkeys((*known.sources, *new.sources))),
        is_on_map=known.is_on_map or new.is_on_map,
        is_site_unsure=known.is_site_unsure or new.is_site_unsure or one_site,
    )


def _is_same(one: Proposal, other: Proposal) -> bool:
    """By the domain; a name tells only where one of them has no site, and not of two towns."""
    if one.domain and other.domain:
        return one.domain == other.domain
    if not same_company(one.name, other.name):
        return False
    return not (one.location and other.location) or plain(one.location) == plain(other.location)


def moved(proposal: Proposal, url: str) -> Proposal:
    """With the site that its address led to; without any where that is a platform's or a directory's page."""
    domain = domain_of(url)
    if domain == proposal.domain:
        return proposal
    if domain is None or is_platform(url) or is_directory(url, ""):
        return replace(proposal, website=None)
    return replace(proposal, website=re.sub(r"^(https?://[^/?#]+).*", r"\1/", url))


def settled(proposal: Proposal, pages: Sequence[ReadPage]) -> tuple[Proposal, Sequence[ReadPage]]:
    """Without the site that was found under the same name, where its pages confirm neither number nor address: it is
    another company's, in another town."""
    if not proposal.is_site_unsure or not (proposal.phone or proposal.location) or _confirms(proposal, pages):
        return proposal, pages
    mine = tuple(told for told in proposal.sources if told[0].startswith((ADDRESS, CATEGORY)))
    return replace(proposal, website=None, sources=mine, is_site_unsure=False), ()


def _confirms(proposal: Proposal, pages: Sequence[ReadPage]) -> bool:
    number = re.sub(r"\D", "", proposal.phone or "")[-8:]
    if len(number) == 8 and any(one.e164.endswith(number) for page in pages for one in page.phones):
        return True
    street = plain((proposal.location or "").split(",")[0])
    return len(street) >= 6 and any(street in plain(line) for page in pages for line in page.lines)
