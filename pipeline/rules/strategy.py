"""Which research steps to take next: the decision tree, grown. Pure: what was found so far in, steps out.

A step says what it may bring, how long it takes and what it costs; the run takes the best first, drops what
could bring nothing new, and stops when enough is known for its depth.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from db.types import Depth
from pipeline.rules.company_match import domain_of
from pipeline.rules.dedupe import page_key
from pipeline.rules.extraction import Link
from pipeline.rules.extraction_facts import Subject
from pipeline.rules.extraction_results import worth_reading
from pipeline.rules.scoring import FACT_FIELDS, FIELD_WEIGHTS, LeadData
from pipeline.rules.strategy_pages import PAGE_KINDS, kind_of, kind_of_words
from pipeline.rules.strategy_state import LIMITS, Action, Found, Limits, PageSeen, Step, Tools

__all__ = [
    "LIMITS",
    "Action",
    "Found",
    "Limits",
    "PageSeen",
    "Step",
    "Tools",
    "first_steps",
    "is_enough",
    "missing",
    "next_steps",
    "weighed",
    "worth_taking",
]
MOST_FIRST_STEPS = 3


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
                ("linkedin_url", "title", "location"),
                1,
            )
        )
    if subject.company:
        steps.append(
            _search(
                f"{subject.company} {subject.name} news",
                f"Searching for news of {subject.company}",
                ("news", "post", "website_url", "company_description"),
                2,
            )
        )
    if website_url or subject.domain:
        steps.append(_page(website_url or f"https://{subject.domain}", "Reading the company's website", 3))
    return sorted(steps, key=lambda step: step.priority)[:MOST_FIRST_STEPS]


def next_steps(found: Found, depth: Depth, tools: Tools) -> list[Step]:
    """Every step worth considering now, best first, within the limits of the depth."""
    limits = LIMITS[depth]
    candidates = [
        *first_steps(found.subject, found.website_url),
        *_actors(found, limits),
        *_browser(found),
        *_company_pages(found),
        *_reads(found),
        *_more_searches(found, depth),
        *_other_pages(found, limits),
    ]
    room = {
        Action.SEARCH: limits.searches if tools.search else 0,
        Action.FETCH: limits.pages,
        Action.BROWSE: max(2, limits.pages // 2),
        Action.ACTOR: limits.actors if tools.actors else 0,
        Action.READ: limits.reads,
    }
    left = {action: most - found.counts.get(action, 0) for action, most in room.items()}
    chosen: dict[str, Step] = {}
    for step in sorted(candidates, key=lambda step: step.priority):
        if step.key not in found.taken and step.key not in chosen and left[step.action] > 0:
            chosen[step.key] = step
            left[step.action] -= 1
    return list(chosen.values())


def worth_taking(step: Step, data: LeadData, found: Found, depth: Depth) -> bool:
    """It may bring something that is missing, or a reading that the emails need."""
    if depth is Depth.DEEP:
        return True
    if step.action is Action.READ and found.counts.get(Action.READ, 0) < LIMITS[depth].reads_at_least:
        return True
    return bool(weighed(step.gains) & missing(data))


def is_enough(data: LeadData, found: Found, depth: Depth, *, qualified: bool) -> bool:
    """Qualified for the depth: `quick` with one thing to write about, `standard` with all that is weighed but
    one; `deep` goes on while there is something left to do."""
    if not qualified or depth is Depth.DEEP:
        return False
    if found.counts.get(Action.READ, 0) < LIMITS[depth].reads_at_least and _reads(found):
        return False
    if depth is Depth.QUICK:
        return bool(data.company_info or data.recent_activity)
    return not missing(data) - {"personal_interests"}


def missing(data: LeadData) -> frozenset[str]:
    wanted = (*FIELD_WEIGHTS, "website_url")
    return frozenset(name for name in wanted if not data.get(name))


def weighed(gains: Iterable[str]) -> frozenset[str]:
    """The weighed fields that facts of these names count for."""
    feeds = {known.feeds for name in gains if (known := FACT_FIELDS.get(name)) and known.feeds}
    return frozenset({*gains, *feeds})


_COMPANY_GAINS = frozenset(
    ("email", "title", "company_description", "website_url", "news", "twitter_url", "company", "linkedin_url")
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
            gains = frozenset(("email", "title", "interest", "quote", "post", "linkedin_url"))
            steps.append(_page(link.url, f"Reading about {found.subject.name}", 9, gains))
        elif kind is not None and not (kind is PAGE_KINDS[0] and depth):  # a colleague's page
            steps.append(_page(link.url, kind.title, kind.rank + 3 * depth, kind.gains))
    return steps


def _names_person(link: Link, name: str) -> bool:
    words = [word for word in re.split(r"\W+", name.lower()) if len(word) > 1]
    place = f"{link.url} {link.text}".lower()
    return len(words) > 1 and words[0] in place and words[-1] in place


def _browser(found: Found) -> list[Step]:
    return [
        Step(
            action=Action.BROWSE,
            target=url,
            title="Opening the page in a browser",
            gains=_COMPANY_GAINS,
            seconds=4,
            cents=0,
            priority=5,
        )
        for url in found.needs_browser
    ]


def _reads(found: Found) -> list[Step]:
    """Stored pages a model should read: about the lead, long enough, the most telling first."""
    steps: list[Step] = []
    gains = frozenset(("title", "company_description", "news", "post", "interest", "quote", "product"))
    for page in found.pages:
        if not page.about or page.characters < 120:
            continue
        step = Step(
            action=Action.READ,
            target=page.url,
            title=f"Taking facts from {page_key(page.url)[:60]}",
            gains=gains,
            seconds=8,
            cents=0.4,
            priority=15 + _reading_rank(page),
        )
        if step.key not in found.taken:
            steps.append(step)
    return steps


def _reading_rank(page: PageSeen) -> int:
    path = urlsplit(page.url).path.lower()
    if not page.companys:
        return 1
    kind = kind_of_words(path)
    if kind is not None:
        return kind.rank - 10
    return 0 if path in ("", "/") else 4


def _actors(found: Found, limits: Limits) -> list[Step]:
    """Started as soon as the domain is known: an actor's cold start takes seconds."""
    domain = found.subject.domain
    steps: list[Step] = []
    if domain is not None:
        steps.append(
            Step(
                action=Action.ACTOR,
                target=f"contacts {domain}",
                title="Asking Apify for contacts on the company's site",
                gains=frozenset(("email", "phone", "linkedin_url", "twitter_url")),
                seconds=30,
                cents=2,
                priority=4,
            )
        )
    if found.subject.company and limits.actors > 1:
        place = f" {found.location}" if found.location else ""
        steps.append(
            Step(
                action=Action.ACTOR,
                target=f"places {found.subject.company}{place}",
                title="Asking Apify for the company on the map",
                gains=frozenset(("phone", "address", "website_url", "industry")),
                seconds=30,
                cents=2,
                priority=6,
            )
        )
    return steps


def _more_searches(found: Found, depth: Depth) -> list[Step]:
    subject = found.subject
    steps: list[Step] = []
    if subject.company is None:
        if depth is not Depth.QUICK and subject.domain is not None:
            steps.append(
                _search(f'"{subject.name}" {subject.domain}', "Searching for the person", ("title",), 7)
            )
        return steps
    if (
        subject.domain is None
        and f"{Action.SEARCH.value}:{subject.company} {subject.name} news" in found.taken
    ):
        steps.append(
            _search(f"{subject.company} official website", "Searching for the website", ("website_url",), 7)
        )
    if depth is Depth.QUICK:
        return steps
    steps.append(
        _search(
            f'"{subject.name}" {subject.company} interview OR podcast OR talk',
            "Searching for what they said in public",
            ("post", "quote", "interest"),
            14,
        )
    )
    if subject.domain is not None:
        query = f'"{subject.name}" "@{subject.domain}"'
        steps.append(_search(query, "Searching for the email address", ("email",), 16))
    if depth is Depth.DEEP:
        steps.append(
            _search(
                f"{subject.company} award OR funding OR launch", "Searching for milestones", ("news",), 24
            )
        )
        steps.append(
            _search(f"{subject.company} hiring OR jobs", "Searching for open positions", ("job_post",), 25)
        )
        steps.append(
            _search(f'"{subject.name}" {subject.company}', "Searching for more", ("post", "interest"), 26)
        )
    return steps


def _other_pages(found: Found, limits: Limits) -> list[Step]:
    known = [page.url for page in found.pages]
    room = max(0, limits.outside_pages - found.outside_pages)
    steps: list[Step] = []
    for result in worth_reading(found.results, found.subject, known):
        own = domain_of(result.url) == found.subject.domain
        if not own and room <= 0:
            continue
        room -= not own
        gains = frozenset(("news", "post", "quote", "interest", "title", "achievement"))
        steps.append(_page(result.url, f"Reading “{result.title[:60]}”", 17, gains))
    return steps


def _search(query: str, title: str, gains: Iterable[str], priority: int) -> Step:
    return Step(
        action=Action.SEARCH,
        target=query,
        title=title,
        gains=frozenset(gains),
        seconds=1.5,
        cents=0.5,
        priority=priority,
    )


def _page(url: str, title: str, priority: int, gains: frozenset[str] = _COMPANY_GAINS) -> Step:
    return Step(
        action=Action.FETCH, target=url, title=title, gains=gains, seconds=2, cents=0, priority=priority
    )
