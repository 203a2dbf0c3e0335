"""What the pages of a company's site are called, and what each kind is good for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from pipeline.rules.extraction import Link


@dataclass(frozen=True, slots=True)
class PageKind:
    """`chances`: what such a page brings, by code at once and by a model's reading after it."""

    name: str
    words: str  # a pattern of how its address or label begins
    title: str  # for people
    chances: Mapping[str, float]
    reading: Mapping[str, float]
    order: int  # of the decision tree


PAGE_KINDS = (
    PageKind(
        "team",
        r"team|people|leadership|management|our-story|staff|who-we-are|ueber-uns|uber-uns|über uns|equip[eo]",
        "Reading who works there",
        {"email": 0.3, "title": 0.55, "linkedin_url": 0.25, "interest": 0.2, "quote": 0.1, "phone": 0.2},
        {"title": 0.5, "interest": 0.3, "quote": 0.15, "company_description": 0.3},
        10,
    ),
    PageKind(
        "news",
        r"news|press|blog|aktuelles|presse|newsroom|insights|stories|magazin|actualites|noticias|events",
        "Reading the news",
        {"news": 0.6, "post": 0.15, "achievement": 0.2},
        {"news": 0.65, "post": 0.15, "quote": 0.15, "company_description": 0.2},
        11,
    ),
    PageKind(
        "contact",
        r"contact|kontakt|impressum|imprint|legal-notice|contacto|contatti",
        "Reading the contact page",
        {"email": 0.25, "phone": 0.7, "address": 0.7},
        {"title": 0.1, "address": 0.3},
        12,
    ),
    PageKind(
        "about",
        r"about|company|unternehmen|profile|mission|story|a-propos|quienes-somos|chi-siamo",
        "Reading about the company",
        {"company_description": 0.6, "founded": 0.4, "employees": 0.2, "title": 0.2, "email": 0.1},
        {"company_description": 0.7, "title": 0.25, "interest": 0.1, "news": 0.15, "quote": 0.1},
        13,
    ),
    PageKind(
        "product",
        r"product|produkt|service|leistung|solution|loesung|lösung|platform",
        "Reading what they sell",
        {"product": 0.7, "company_description": 0.3, "industry": 0.3},
        {"product": 0.7, "company_description": 0.3},
        22,
    ),
    PageKind(
        "careers",
        r"career|karriere|jobs|stellen|hiring|join",
        "Reading open positions",
        {"job_post": 0.6, "hiring": 0.4},
        {"job_post": 0.6, "hiring": 0.4, "company_description": 0.2},
        23,
    ),
)
_NOT_WORTH = re.compile(
    r"privacy|datenschutz|cookie|terms|agb|login|signin|signup|register|cart|checkout|/tag/|/category/|wp-admin|"
    r"\?share=|/feed|unsubscribe|/page/\d",
    re.IGNORECASE,
)


@lru_cache(maxsize=8192)
def kind_of(link: Link) -> PageKind | None:
    """The kind a link promises by its address or label; None where it is not worth opening."""
    if _NOT_WORTH.search(link.url):
        return None
    path = urlsplit(link.url).path.strip("/").lower()
    return kind_of_words(f"{path.replace('_', '-')} {link.text.lower()}")


@lru_cache(maxsize=4096)
def kind_of_words(words: str) -> PageKind | None:
    return next((kind for kind, begins in _BEGINS if begins.search(words)), None)


_BEGINS = tuple((kind, re.compile(rf"\b(?:{kind.words})")) for kind in PAGE_KINDS)
