"""What a company's own page gives away beside what it says: tools its site is built with, positions it advertises.

Tools are known by the addresses of scripts and styles, and named from a table of ours, never in the page's words. A
position counts only where people see it. Pure.
"""

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from urllib.parse import urlsplit

from db.types import FactSource
from pipeline.rules.addressed import addresses_a_machine
from pipeline.rules.extraction import Link
from pipeline.rules.extraction_dates import iso_date
from pipeline.rules.extraction_facts import FoundFact

_MOST_HTML = 1_000_000
_MOST_TOOLS, _MOST_POSITIONS = 6, 4
_SOURCE = re.compile(
    r"""<(?:script|link|iframe|img)\b[^<>]{0,400}?\b(?:src|href)\s*=\s*["']?([^"'\s>]{4,300})""", re.I
)
_GENERATOR = re.compile(
    r"""<meta\b[^<>]{0,100}?name\s*=\s*["']?generator["']?[^<>]{0,100}?content\s*=\s*["']?([^"'>]{3,60})""",
    re.I,
)
_JSON_LD = re.compile(r"<script\b[^<>]{0,200}application/ld\+json[^<>]{0,200}>", re.I)
# Tool: what stands in the address of something it loads.
_TOOLS = {
    "WordPress": ("/wp-content/", "/wp-includes/"),
    "WooCommerce": ("/plugins/woocommerce/",),
    "Shopify": ("cdn.shopify.com",),
    "Wix": ("static.wixstatic.com", "static.parastorage.com"),
    "Squarespace": ("static1.squarespace.com", "assets.squarespace.com"),
    "Webflow": ("website-files.com/",),
    "TYPO3": ("/typo3temp/", "/typo3conf/"),
    "Drupal": ("/sites/default/files/", "/core/misc/drupal"),
    "Magento": ("/static/version",),
    "Jimdo": ("assets.jimstatic.com",),
    "HubSpot": ("js.hs-scripts.com", "js.hsforms.net", "js.hs-analytics.net"),
    "Salesforce Pardot": ("pi.pardot.com",),
    "Marketo": ("munchkin.marketo.net",),
    "ActiveCampaign": ("trackcmp.net",),
    "Mailchimp": ("chimpstatic.com", "list-manage.com"),
    "Klaviyo": ("static.klaviyo.com",),
    "Intercom": ("widget.intercom.io",),
    "Zendesk": ("static.zdassets.com",),
    "Drift": ("js.driftt.com",),
    "Tawk.to": ("embed.tawk.to",),
    "Calendly": ("assets.calendly.com",),
    "Typeform": ("embed.typeform.com",),
    "Stripe": ("js.stripe.com",),
    "Hotjar": ("static.hotjar.com",),
    "Matomo": ("/matomo.js", "cdn.matomo.cloud"),
    "Google Analytics": ("google-analytics.com/", "googletagmanager.com/gtag/js"),
    "Google Tag Manager": ("googletagmanager.com/gtm.js",),
}  # fmt: skip
_GENERATORS = (
    "WordPress",
    "TYPO3",
    "Drupal",
    "Joomla",
    "Wix",
    "Webflow",
    "Squarespace",
    "Jimdo",
    "Contao",
    "Hugo",
    "Ghost",
)
_GENDERS = re.compile(r"\((?:[mwfdvxhi]\s?[/|*]\s?){1,3}[mwfdvxhi]\)|\ball genders\b", re.I)
_CAREERS = re.compile(
    r"(?:job|career|vacanc|position|opening|karriere|stellen|emploi|recrut|empleo|lavora)", re.I
)
_OCCUPATION = re.compile(
    r"\b(?:manager|engineer|developer|technician|operative|operator|welder|driver|assistant|designer|consultant|"
    r"analyst|nurse|electrician|plumber|mechanic|clerk|accountant|specialist|representative|intern|apprentice|"
    r"supervisor|director|coordinator|executive|architect|installer|estimator|associate|administrator|officer)\b",
    re.I,
)  # fmt: skip


_NOT_FIRST = frozenset(
    (
        "about",
        "our",
        "meet",
        "why",
        "how",
        "what",
        "who",
        "contact",
        "find",
        "see",
        "view",
        "for",
        "become",
        "your",
        "the",
        "ask",
    )
)


@dataclass(frozen=True, slots=True)
class Position:
    title: str
    line: str  # in which people see it
    posted_on: date | None = None


def tools_in(html: str) -> tuple[str, ...]:
    """Names of ours, the most telling first."""
    html = html[:_MOST_HTML]
    loaded = "\n".join({source.lower() for source in _SOURCE.findall(html)})
    built = " ".join(_GENERATOR.findall(html)).lower()
    found = [name for name in _GENERATORS if re.search(rf"\b{name.lower()}\b", built)]
    found += [name for name, marks in _TOOLS.items() if any(mark in loaded for mark in marks)]
    return tuple(dict.fromkeys(found))[:_MOST_TOOLS]


def as_lines(tools: Iterable[str]) -> str:
    """For the stored page, so that it can be quoted."""
    return "".join(f"\nTechnology: {tool}" for tool in tools)


def positions_in(html: str, url: str, lines: Sequence[str], links: Sequence[Link]) -> tuple[Position, ...]:
    """Positions that people see: marked up as such, named with their “(m/f/d)”, or linked on a page of careers."""
    seen = {line.casefold(): line for line in lines if 5 <= len(line) <= 120}
    posted = dict(_marked_up(html[:_MOST_HTML]))
    linked = [link.text for link in links if _is_of_position(link, url)]
    found: dict[str, Position] = {}
    for title in (*posted, *(line for line in seen.values() if _GENDERS.search(line)), *linked):
        line = seen.get(title.casefold()) or next((one for one in seen.values() if title in one), None)
        if line is not None and not addresses_a_machine(line):
            found.setdefault(title.casefold(), Position(title, line, posted.get(title)))
    return tuple(found.values())[:_MOST_POSITIONS]


def facts_of_hints(tools: Iterable[str], positions: Iterable[Position]) -> tuple[FoundFact, ...]:
    tech = (FoundFact("tech", tool, f"Technology: {tool}", FactSource.CODE, 0.7) for tool in tools)
    jobs = (
        FoundFact("job_post", one.title, one.line, FactSource.CODE, 0.75, one.posted_on) for one in positions
    )
    return (*tech, *jobs)


def _is_of_position(link: Link, url: str) -> bool:
    """A link from a page of careers, or to one, whose words are an occupation."""
    words = link.text.split()
    if not 2 <= len(words) <= 9 or words[0].casefold() in _NOT_FIRST or not _OCCUPATION.search(link.text):
        return False
    return bool(_CAREERS.search(_path(url)) or _CAREERS.search(_path(link.url)))


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _marked_up(html: str) -> Iterator[tuple[str, date | None]]:
    if "JobPosting" not in html:
        return
    for begin in itertools.islice(_JSON_LD.finditer(html), 20):
        block = html[begin.end() : html.find("</script", begin.end())]
        try:
            items = _items(json.loads(block, strict=False))
        except (ValueError, RecursionError):
            continue
        for item in items:
            title = item.get("title") or item.get("name")
            if item.get("@type") == "JobPosting" and isinstance(title, str) and 5 <= len(title) <= 120:
                yield " ".join(title.split()), iso_date(item.get("datePosted"))


def _items(loaded: object) -> list[dict[str, Any]]:
    """The objects of a block: it, its list, or its graph."""
    if isinstance(loaded, dict):
        one = cast("dict[str, Any]", loaded)
        return [one, *_items(one.get("@graph"))]
    if isinstance(loaded, list):
        return [
            cast("dict[str, Any]", item)
            for item in cast("list[object]", loaded)[:100]
            if isinstance(item, dict)
        ]
    return []
