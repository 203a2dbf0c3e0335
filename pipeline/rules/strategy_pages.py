"""What the pages of a company's site are called, and what each kind is good for."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.rules.extraction import Link


@dataclass(frozen=True, slots=True)
class PageKind:
    """`rank`: lower is more useful."""

    words: str  # a pattern of how its address or label begins
    title: str  # for people
    gains: frozenset[str]
    rank: int


PAGE_KINDS = (
    PageKind(
        r"team|people|leadership|management|our-story|staff|who-we-are|ueber-uns|uber-uns|über uns|equip[eo]",
        "Reading who works there",
        frozenset(("email", "title", "linkedin_url", "interest", "quote", "phone")),
        10,
    ),
    PageKind(
        r"news|press|blog|aktuelles|presse|newsroom|insights|stories|magazin|actualites|noticias|events",
        "Reading the news",
        frozenset(("news", "post", "achievement")),
        11,
    ),
    PageKind(
        r"contact|kontakt|impressum|imprint|legal-notice|contacto|contatti",
        "Reading the contact page",
        frozenset(("email", "phone", "address")),
        12,
    ),
    PageKind(
        r"about|company|unternehmen|profile|mission|story|a-propos|quienes-somos|chi-siamo",
        "Reading about the company",
        frozenset(("company_description", "founded", "employees", "industry", "title", "email")),
        13,
    ),
    PageKind(
        r"product|produkt|service|leistung|solution|loesung|lösung|platform",
        "Reading what they sell",
        frozenset(("product", "company_description", "industry")),
        22,
    ),
    PageKind(
        r"career|karriere|jobs|stellen|hiring|join",
        "Reading open positions",
        frozenset(("job_post", "hiring")),
        23,
    ),
)
_NOT_WORTH = re.compile(
    r"privacy|datenschutz|cookie|terms|agb|login|signin|signup|register|cart|checkout|/tag/|/category/|wp-admin|"
    r"\?share=|/feed|unsubscribe|/page/\d",
    re.IGNORECASE,
)


def kind_of(link: Link) -> PageKind | None:
    """The kind a link promises by its address or label; None where it is not worth opening."""
    if _NOT_WORTH.search(link.url):
        return None
    path = urlsplit(link.url).path.strip("/").lower()
    return kind_of_words(f"{path.replace('_', '-')} {link.text.lower()}")


def kind_of_words(words: str) -> PageKind | None:
    return next((kind for kind in PAGE_KINDS if re.search(rf"\b(?:{kind.words})", words)), None)
