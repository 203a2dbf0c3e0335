"""Which site is the company's: by domain and name among search results, and by what the site says of itself."""

import re
from collections.abc import Collection, Sequence

from pipeline.rules.company_match import (
    company_key,
    domain_fits,
    domain_of,
    is_platform,
    mentions_company,
    mentions_person,
)
from pipeline.rules.dedupe import plain
from pipeline.rules.extraction import ReadPage
from pipeline.rules.extraction_facts import Subject
from pipeline.rules.extraction_results import Result

_MOST_RESULTS = 30
_LEAST_TEXT = 200  # characters; a page with fewer says nothing either way


def company_site(results: Sequence[Result], subject: Subject, not_theirs: Collection[str] = ()) -> str | None:
    """The root of the site that fits best: named like the company, spoken of with it, and with the person.

    Same-named companies are the usual mix-up, so one result is not enough to prefer a site: all of its are
    weighed. None where no domain fits.
    """
    company = subject.company or ""
    scores: dict[str, float] = {}
    roots: dict[str, str] = {}
    for place, result in enumerate(results[:_MOST_RESULTS]):
        domain = domain_of(result.url)
        if domain is None or domain in not_theirs or is_platform(result.url):
            continue
        if not domain_fits(domain, company):
            continue
        if domain not in roots:
            roots[domain] = re.sub(r"^(https?://[^/?#]+).*$", r"\1", result.url)
            scores[domain] = (1.5 if _is_spelled(domain, company) else 0.0) - 0.05 * place
        words = f"{result.title} {result.snippet}"
        scores[domain] += 1.0 * mentions_company(words, company) + 1.5 * mentions_person(words, subject.name)
    if not roots:
        return None
    return roots[max(scores, key=lambda domain: (scores[domain], domain))]


def names_itself(page: ReadPage, company: str) -> bool | None:
    """Is the site this page belongs to that company's? None where the page is too thin to tell."""
    domain = domain_of(page.url)
    if domain is not None and _is_spelled(domain, company):
        return True
    if mentions_company(f"{page.title or ''} {page.text}", company):
        return True
    own = {page.markup.site_name or "", *(one.name or "" for one in page.markup.organisations)}
    if any(_is_part_of(name, company) for name in own):
        return True
    return None if page.needs_browser or len(page.prose) < _LEAST_TEXT else False


def _is_spelled(domain: str, company: str) -> bool:
    """`northwind-robotics.com` and `Northwind Robotics GmbH`: the whole name, nothing else."""
    label = re.sub(r"[^a-z0-9]", "", plain(domain.split(".")[0]))
    spellings = {company_key(company), company_key(_umlauts(company))}
    return label in {re.sub(r"[^a-z0-9]", "", name) for name in spellings}


def _umlauts(text: str) -> str:
    for letter, spelled in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue")):
        text = text.replace(letter, spelled)
    return text


def _is_part_of(name: str, company: str) -> bool:
    """`Northwind` of `Northwind Robotics` or the other way round; `Northwind Bakery` is another company."""
    one, other = set(company_key(name).split()), set(company_key(company).split())
    return bool(one) and bool(other) and (one <= other or other <= one)
