"""What a research run knows and may do: its steps, its limits, and what was found so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from db.types import Depth
from pipeline.rules.company_match import domain_of
from pipeline.rules.company_site import company_site
from pipeline.rules.dedupe import page_key
from pipeline.rules.email_guess import Vote
from pipeline.rules.extraction import Link
from pipeline.rules.extraction_dates import iso_date
from pipeline.rules.extraction_facts import Subject
from pipeline.rules.extraction_results import Result


class Action(StrEnum):
    SEARCH = "search"
    FETCH = "fetch"
    BROWSE = "browse"
    ACTOR = "actor"
    READ = "read"  # a model reads a page that is stored, or a part of a long one
    GUESS = "guess"  # an address by the company's pattern, once nothing better is left


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`target`: a query, a URL or an actor's input. `kind`: what the chances are known of, such as `page:team`."""

    action: Action
    target: str
    title: str  # for people
    kind: str
    chances: Mapping[str, float]  # how likely (0 to 1) it brings a fact of that name
    seconds: float
    cents: float
    order: int  # of the decision tree: lower is sooner among equals
    part: int = 0  # of a page too long for one reading

    @property
    def key(self) -> str:
        """Names the step within its run: the same step is never taken twice."""
        place = page_key(self.target) if "://" in self.target else self.target
        return f"{self.action.value}:{place}"[:290] + (f"#{self.part}" if self.part else "")


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one run; `seconds` of real time."""

    seconds: int
    searches: int
    pages: int
    reads: int
    outside_pages: int  # on other sites than the company's
    actors: int
    reads_at_least: int  # so that emails have something specific to say


LIMITS = {
    Depth.QUICK: Limits(30, 2, 3, 2, 0, 0, 1),
    Depth.STANDARD: Limits(120, 5, 10, 6, 2, 1, 3),
    Depth.DEEP: Limits(300, 10, 25, 14, 6, 2, 14),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSeen:
    url: str
    characters: int
    companys: bool
    about: bool
    page_id: str | None = None
    language: str | None = None
    region: str | None = None
    parts: tuple[int, ...] = (0,)  # of a long page, the most telling first


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a run knows of the world so far; built the same way live and after a crash, step by step."""

    subject: Subject
    website_url: str | None = None
    location: str | None = None
    taken: frozenset[str] = frozenset()  # keys of steps taken or under way
    counts: Mapping[Action, int] = field(default_factory=dict[Action, int])
    results: tuple[Result, ...] = ()
    links: tuple[Link, ...] = ()
    pages: tuple[PageSeen, ...] = ()
    needs_browser: tuple[str, ...] = ()
    outside_pages: int = 0
    patterns: tuple[Vote, ...] = ()  # how the company builds its people's addresses
    site_is_sure: bool = False  # told by a person, or the site itself names the company
    has_browser: bool = True  # until a page could not be opened for want of one
    has_model: bool = True  # until it was left alone, or refused all that is asked of it
    not_theirs: frozenset[str] = frozenset()  # domains that turned out to be another company's

    def begun(self, step: Step) -> "Found":
        counts = {**self.counts, step.action: self.counts.get(step.action, 0) + 1}
        outside = step.action is Action.FETCH and domain_of(step.target) != self.subject.domain
        return replace(
            self,
            taken=self.taken | {step.key},
            counts=counts,
            outside_pages=self.outside_pages + outside,
        )

    def learned(self, brought: Mapping[str, Any]) -> "Found":
        """With what a step brought, as it is stored in `research_data`."""
        results = [
            Result(item["url"], item["title"], item["snippet"], iso_date(item.get("published_on")))
            for item in brought.get("results", [])
        ]
        pages = [PageSeen(**page) for page in brought.get("pages", [])]
        # Every page of a site links to the same ones.
        links = dict.fromkeys((*self.links, *(Link(url, text) for url, text in brought.get("links", []))))
        votes = [Vote(*vote) for vote in brought.get("patterns", [])]
        known = replace(
            self,
            results=self.results + tuple(results),
            links=tuple(links),
            pages=self.pages + tuple(pages),
            needs_browser=self.needs_browser + tuple(brought.get("needs_browser", [])),
            patterns=self.patterns + tuple(votes),
            has_browser=self.has_browser and not brought.get("no_browser"),
            has_model=self.has_model and not brought.get("no_model"),
        )
        return known._settled(brought.get("site_of"), brought.get("not_site_of"))._with_site()

    def _settled(self, theirs: str | None, not_theirs: str | None) -> "Found":
        """With what the site says of itself: whether it is this company's."""
        if theirs is not None and theirs == self.subject.domain:
            return replace(self, site_is_sure=True)
        if not_theirs is None:
            return self
        found = replace(self, not_theirs=self.not_theirs | {not_theirs})
        if self.site_is_sure or not_theirs != self.subject.domain:
            return found
        links = tuple(link for link in self.links if domain_of(link.url) != not_theirs)
        return replace(found, website_url=None, links=links, subject=replace(self.subject, domain=None))

    def _with_site(self) -> "Found":
        """The company's own site out of the results, where it is not known yet."""
        if self.subject.domain is not None or self.subject.company is None:
            return self
        site = company_site(self.results, self.subject, self.not_theirs)
        if site is None:
            return self
        return replace(self, website_url=site, subject=replace(self.subject, domain=domain_of(site)))


@dataclass(frozen=True, slots=True)
class Tools:
    """What is set up."""

    search: bool
    actors: bool
    more_actors: frozenset[str] = frozenset()  # of `company`, `people`: those somebody chose an actor for
