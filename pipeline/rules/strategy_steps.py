"""Every step that could be taken, with what it may bring: the seeds' decision tree and what it grew into."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from db.types import Depth
from pipeline.rules.company_match import domain_of
from pipeline.rules.dedupe import page_key
from pipeline.rules.extraction import Link
from pipeline.rules.extraction_facts import Subject
from pipeline.rules.extraction_results import worth_reading
from pipeline.rules.strategy_gain import DETAIL
from pipeline.rules.strategy_pages import PAGE_KINDS, kind_of, kind_of_words
from pipeline.rules.strategy_state import Action, Found, Limits, PageSeen, Step

MOST_FIRST_STEPS = 3
_SHORTEST_READ = 120  # characters
# Chances by kind of step: how often such a step brings a fact of that name, as far as is known before.
_FRONT = {
    "website_url": 0.95, "company_description": 0.7, "product": 0.4, "twitter_url": 0.4, "phone": 0.3,
    "email": 0.2, "title": 0.2, "news": 0.2, "company": 0.5,
}  # fmt: skip
_PERSON = {
    "email": 0.5,
    "title": 0.8,
    "interest": 0.4,
    "quote": 0.2,
    "post": 0.2,
    "linkedin_url": 0.4,
}
_OUTSIDE = {"news": 0.35, "post": 0.4, "quote": 0.3, "interest": 0.3, "title": 0.2, "achievement": 0.2}
_READ_FRONT = {"company_description": 0.85, "product": 0.6, "title": 0.1, "news": 0.2, "interest": 0.05}
_READ_OUTSIDE = {"post": 0.45, "quote": 0.45, "interest": 0.35, "news": 0.25, "title": 0.2}
_READ_OTHER = {"company_description": 0.4, "news": 0.25, "interest": 0.1, "title": 0.1, "product": 0.2}
_LATER_PART = 0.5  # of the chance that the part before it had
_FETCH_SECONDS, _SEARCH_SECONDS, _READ_SECONDS, _BROWSE_SECONDS, _ACTOR_SECONDS = 1.5, 1.2, 4.0, 4.0, 30.0
_SEARCH_CENTS, _READ_CENTS, _ACTOR_CENTS = 0.5, 0.6, 2.0


def first_steps(subject: Subject, website_url: str | None = None) -> list[Step]:
    """The decision tree: by the profile, by the company, by the address's domain; the three best.

    A LinkedIn profile is looked up by search only: LinkedIn forbids to be read.
    """
    steps: list[Step] = []
    if subject.linkedin_url or subject.company:
        company = f" {subject.company}" if subject.company else ""
        steps.append(
            _search(
                f'"{subject.name}"{company} site:linkedin.com/in',
                "Looking up the LinkedIn profile",
                "profile",
                {"linkedin_url": 0.7, "title": 0.6, "location": 0.3},
                1,
            )
        )
    if subject.company:
        chances = {"news": 0.3, "post": 0.15, "twitter_url": 0.1}
        if subject.domain is None:
            chances |= {"website_url": 0.6, "company_description": 0.4, "email": 0.2, "title": 0.1}
        steps.append(
            _search(
                f"{subject.company} {subject.name} news",
                f"Searching for news of {subject.company}",
                "news",
                chances,
                2,
            )
        )
    if website_url or subject.domain:
        url = website_url or f"https://{subject.domain}"
        steps.append(_page(url, "Reading the company's website", "front", _FRONT, 3))
    return sorted(steps, key=lambda step: step.order)[:MOST_FIRST_STEPS]


def candidates(
    found: Found, depth: Depth, limits: Limits, more_actors: frozenset[str] = frozenset()
) -> list[Step]:
    """All that could be done, taken or not, each once. `more_actors`: as in `Tools`."""
    steps = [
        *first_steps(found.subject, found.website_url),
        *_actors(found, limits, more_actors),
        *_browser(found),
        *_in_browser(found, _company_pages(found)),
        *readings(found),
        *_more_searches(found, depth),
        *_in_browser(found, _other_pages(found, limits)),
    ]
    once: dict[str, Step] = {}
    for step in steps:
        once.setdefault(step.key, step)
    return list(once.values())


def guess_step(domain: str) -> Step:
    return Step(
        action=Action.GUESS,
        target=domain,
        title="Guessing the address from the company's pattern",
        kind="guess",
        chances={},  # a guess counts for nothing
        seconds=0.5,
        cents=0.0,
        order=90,
    )


def _company_pages(found: Found) -> list[Step]:
    """Pages linked from the company's own pages, by what their address and label promise."""
    steps: list[Step] = []
    for link in found.links:
        if found.subject.domain is None or domain_of(link.url) != found.subject.domain:
            continue
        kind = kind_of(link)
        depth = min(urlsplit(link.url).path.strip("/").count("/"), 5)
        if _names_person(link, found.subject.name):
            steps.append(_page(link.url, f"Reading about {found.subject.name}", "person", _PERSON, 9))
        elif kind is not None and not (kind is PAGE_KINDS[0] and depth):  # a colleague's page
            # The deeper the page, the narrower what it says.
            chances = {name: chance * 0.7**depth for name, chance in kind.chances.items()}
            steps.append(_page(link.url, kind.title, kind.name, chances, kind.order + 3 * depth))
    return steps


def _names_person(link: Link, name: str) -> bool:
    words = [word for word in re.split(r"\W+", name.lower()) if len(word) > 1]
    place = f"{link.url} {link.text}".lower()
    return len(words) > 1 and words[0] in place and words[-1] in place


def _browser(found: Found) -> list[Step]:
    """Pages that their scripts build: what such a page promises by its address."""
    steps: list[Step] = []
    for url in found.needs_browser:
        kind, chances = _promise(Link(url, ""), found.subject.name)
        steps.append(
            Step(
                action=Action.BROWSE,
                target=url,
                title="Opening the page in a browser",
                kind=f"browser:{kind}",
                chances=chances,
                seconds=_BROWSE_SECONDS,
                cents=0,
                order=5,
            )
        )
    return steps


def readings(found: Found) -> list[Step]:
    """Stored pages, or parts of long ones, that a model should read: about the lead, long enough."""
    steps: list[Step] = []
    for page in found.pages if found.has_model else ():
        if not page.about or page.characters < _SHORTEST_READ:
            continue
        kind, chances, order = _reading(page)
        for rank, part in enumerate(page.parts):
            which = f", part {part + 1}" if len(page.parts) > 1 else ""
            share = _LATER_PART**rank
            steps.append(
                Step(
                    action=Action.READ,
                    target=page.url,
                    title=f"Taking facts from {page_key(page.url)[:60]}{which}",
                    kind=f"read:{kind}",
                    chances={name: chance * share for name, chance in chances.items()}
                    | {DETAIL: 0.8 * share},
                    seconds=_READ_SECONDS,
                    cents=_READ_CENTS,
                    order=order + rank,
                    part=part,
                )
            )
    return [step for step in steps if step.key not in found.taken]


def _reading(page: PageSeen) -> tuple[str, Mapping[str, float], int]:
    """Its kind, its chances and its place in the tree."""
    path = urlsplit(page.url).path.lower()
    if not page.companys:
        return "outside", _READ_OUTSIDE, 16
    kind = kind_of_words(path)
    if kind is not None:
        return kind.name, kind.reading, kind.order + 5
    return ("front", _READ_FRONT, 15) if path in ("", "/") else ("other", _READ_OTHER, 19)


def _actors(found: Found, limits: Limits, more: frozenset[str]) -> list[Step]:
    """Started as soon as the domain is known: an actor's cold start takes seconds."""
    domain, subject = found.subject.domain, found.subject
    steps: list[Step] = []
    if domain is not None:
        chances = {"email": 0.3, "phone": 0.5, "linkedin_url": 0.1, "twitter_url": 0.3}
        title = "Asking Apify for contacts on the company's site"
        steps.append(_actor(f"contact {domain}", title, "contacts", chances, 4))
    if subject.company and limits.actors > 1:
        place = f" {found.location}" if found.location else ""
        chances = {"phone": 0.6, "address": 0.7, "website_url": 0.6, "industry": 0.5}
        title = "Asking Apify for the company on the map"
        steps.append(_actor(f"places {subject.company}{place}", title, "places", chances, 6))
    about = subject.company or domain
    if about and "company" in more:
        chances = {"company_description": 0.6, "industry": 0.6, "employees": 0.6, "founded": 0.4}
        steps.append(
            _actor(f"company {about}", "Asking Apify for the company's profile", "company", chances, 7)
        )
    if about and "people" in more:
        chances = {"title": 0.6, "linkedin_url": 0.4, "email": 0.2, "location": 0.3}
        steps.append(
            _actor(
                f"people {subject.name} {about}",
                "Asking Apify for the company's people",
                "people",
                chances,
                8,
            )
        )
    return steps


def _more_searches(found: Found, depth: Depth) -> list[Step]:
    subject = found.subject
    steps: list[Step] = []
    if subject.company is None:
        if depth is not Depth.QUICK and subject.domain is not None:
            query = f'"{subject.name}" {subject.domain}'
            steps.append(_search(query, "Searching for the person", "person", {"title": 0.3}, 7))
        return steps
    news_taken = f"{Action.SEARCH.value}:{subject.company} {subject.name} news" in found.taken
    if subject.domain is None and news_taken:
        query = f"{subject.company} official website"
        chances = {"website_url": 0.7, "company_description": 0.5, "email": 0.2, "title": 0.1}
        steps.append(_search(query, "Searching for the website", "website", chances, 7))
    if depth is Depth.QUICK:
        return steps
    query = f'"{subject.name}" {subject.company} interview OR podcast OR talk'
    chances = {"post": 0.35, "quote": 0.3, "interest": 0.25}
    steps.append(_search(query, "Searching for what they said in public", "said", chances, 14))
    if subject.domain is not None:
        query = f'"{subject.name}" "@{subject.domain}"'
        steps.append(_search(query, "Searching for the email address", "email", {"email": 0.12}, 16))
    return steps + (_deep_searches(subject) if depth is Depth.DEEP else [])


def _deep_searches(subject: Subject) -> list[Step]:
    company = subject.company
    searches = (
        (
            f"{company} award OR funding OR launch",
            "Searching for milestones",
            "milestones",
            {"news": 0.4},
            24,
        ),
        (f"{company} hiring OR jobs", "Searching for open positions", "hiring", {"job_post": 0.3}, 25),
        (f'"{subject.name}" {company}', "Searching for more", "more", {"post": 0.2, "interest": 0.15}, 26),
    )
    return [_search(*search) for search in searches]


def _other_pages(found: Found, limits: Limits) -> list[Step]:
    known = [page.url for page in found.pages]
    room = max(0, limits.outside_pages - found.outside_pages)
    steps: list[Step] = []
    for result in worth_reading(found.results, found.subject, known):
        own = domain_of(result.url) == found.subject.domain
        if not own and (room <= 0 or domain_of(result.url) in found.not_theirs):
            continue
        room -= not own
        title = f"Reading “{result.title[:60]}”"
        link = Link(result.url, result.title)
        kind, chances = _promise(link, found.subject.name) if own else ("outside", _OUTSIDE)
        steps.append(_page(result.url, title, kind, chances, 17))
    return steps


def _promise(link: Link, name: str) -> tuple[str, Mapping[str, float]]:
    """What a page of the company's own promises, by its address and what it is called."""
    if not urlsplit(link.url).path.strip("/"):
        return "front", _FRONT
    if _names_person(link, name):
        return "person", _PERSON
    kind = kind_of(link)
    return (kind.name, kind.chances) if kind else ("other", _READ_OTHER)


def _search(query: str, title: str, kind: str, chances: Mapping[str, float], order: int) -> Step:
    return Step(
        action=Action.SEARCH,
        target=query,
        title=title,
        kind=f"search:{kind}",
        chances=chances,
        seconds=_SEARCH_SECONDS,
        cents=_SEARCH_CENTS,
        order=order,
    )


_ENOUGH_SCRIPTED = 2


def _in_browser(found: Found, steps: Iterable[Step]) -> list[Step]:
    """Once two pages of a site needed the browser, its others are opened there at once."""
    if not found.has_browser:
        return list(steps)
    needed = Counter(domain_of(url) for url in {page_key(url): url for url in found.needs_browser}.values())
    return [
        replace(
            step,
            action=Action.BROWSE,
            kind=step.kind.replace("page:", "browser:", 1),
            seconds=_BROWSE_SECONDS,
        )
        if step.action is Action.FETCH
        and step.key not in found.taken
        and needed[domain_of(step.target)] >= _ENOUGH_SCRIPTED
        else step
        for step in steps
    ]


def _page(url: str, title: str, kind: str, chances: Mapping[str, float], order: int) -> Step:
    return Step(
        action=Action.FETCH,
        target=url,
        title=title,
        kind=f"page:{kind}",
        chances=chances,
        seconds=_FETCH_SECONDS,
        cents=0,
        order=order,
    )


def _actor(target: str, title: str, kind: str, chances: Mapping[str, float], order: int) -> Step:
    return Step(
        action=Action.ACTOR,
        target=target,
        title=title,
        kind=f"actor:{kind}",
        chances=chances,
        seconds=_ACTOR_SECONDS,
        cents=_ACTOR_CENTS,
        order=order,
    )
