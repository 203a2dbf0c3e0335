"""What a page says in markup meant for machines: JSON-LD, microdata, OpenGraph, dated articles."""

import itertools
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.rules.extraction_dates import first_date, iso_date
from pipeline.rules.extraction_microdata import microdata_of
from pipeline.rules.extraction_visible import readable

logging.getLogger("extruct").setLevel(logging.CRITICAL)  # broken markup is a fact of life, not an event
_ORGANISATIONS = frozenset(
    ("Organization", "Corporation", "LocalBusiness", "ProfessionalService", "NGO", "OnlineBusiness")
)
_ENDINGS = (
    "Business",
    "Organization",
    "Store",
    "Shop",
    "Service",
    "Restaurant",
    "Dealer",
    "Agency",
    "Contractor",
)
_OTHERS = frozenset(
    ("Person", "Product", "Event", "Place", "PostalAddress", "Offer", "Review", "JobPosting", "Recipe")
)
_ARTICLES = frozenset(("NewsArticle", "BlogPosting", "Article", "PressRelease", "Event", "PodcastEpisode"))
_MOST_ITEMS = 400
_MOST_BLOCKS = 200
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_EMAIL_METAS = ("og:email", "business:contact_data:email")
_PHONE_METAS = (
    "og:phone_number",
    "og:fax_number",
    "business:contact_data:phone_number",
    "business:contact_data:fax_number",
)
_METAS = frozenset(
    ("og:description", "description", "og:site_name", "og:locale", *_EMAIL_METAS, *_PHONE_METAS)
)


@dataclass(frozen=True, slots=True)
class Organisation:
    name: str | None = None
    legal_name: str | None = None
    url: str | None = None
    description: str | None = None
    founded: str | None = None
    employees: str | None = None
    address: str | None = None
    country: str | None = None
    email: str | None = None
    phone: str | None = None
    industry: str | None = None
    same_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MarkupPerson:
    name: str
    title: str | None
    email: str | None
    phone: str | None
    works_for: str | None
    same_as: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """Something with a headline and a date."""

    headline: str
    published_on: date
    url: str | None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Markup:
    organisations: tuple[Organisation, ...] = ()
    people: tuple[MarkupPerson, ...] = ()
    articles: tuple[Article, ...] = ()
    description: str | None = None
    site_name: str | None = None
    website_names: tuple[str, ...] = ()  # of `WebSite` objects
    declared: str | None = None  # language and land, by `og:locale`
    emails: tuple[str, ...] = ()  # of whatever has one: contact points, departments, lists
    phones: tuple[str, ...] = ()


def markup_of(url: str, tree: LexborHTMLParser) -> Markup:
    """Never raises for what a page holds: markup that can't be read is left out."""
    items = list(_items(url, tree))
    metas = _metas(tree)
    articles = [article for item in items if (article := _article(item))]
    return Markup(
        organisations=tuple(_organisation(item) for item in items if _is_organisation(item)),
        people=tuple(person for item in items if (person := _person(item))),
        articles=tuple({article.headline: article for article in [*articles, *_dated(tree)]}.values()),
        description=metas.get("og:description") or metas.get("description"),
        site_name=metas.get("og:site_name"),
        website_names=tuple(
            name for item in items if "WebSite" in _types(item) and (name := _text(item.get("name"), 200))
        ),
        declared=metas.get("og:locale"),
        emails=(
            *(_bare(one) for item in items for one in _texts(item.get("email"))),
            *(_bare(metas[name]) for name in _EMAIL_METAS if metas.get(name)),
        ),
        phones=(
            *(one[:60] for item in items for name in _PHONE_KEYS for one in _texts(item.get(name)) if one),
            *(metas[name][:60] for name in _PHONE_METAS if metas.get(name)),
        ),
    )


_PHONE_KEYS = ("telephone", "phone", "faxNumber")


def _bare(address: str) -> str:
    return address[7:].strip() if address[:7].lower() == "mailto:" else address


def _items(url: str, tree: LexborHTMLParser) -> Iterator[dict[str, Any]]:
    listed = [*_json_ld(tree), *microdata_of(tree, url)]
    yield from itertools.islice(_flattened(listed), _MOST_ITEMS)


def _json_ld(tree: LexborHTMLParser) -> Iterator[Any]:
    """Each block by itself: one that is broken says nothing, the others do."""
    for node in tree.css("script[type='application/ld+json']")[:_MOST_BLOCKS]:
        try:
            loaded = _loaded(node.text() or "")
            yield from loaded if isinstance(loaded, list) else (loaded,)
        except (ValueError, TypeError, RecursionError):
            continue


def _loaded(block: str) -> Any:
    """JSON; where it is none, JSON with comments or within an HTML comment."""
    try:
        return json.loads(block, strict=False)
    except ValueError:
        from extruct.jsonld import JsonLdExtractor  # heavy; only who reads such pages pays

        page = f'<script type="application/ld+json">{_CONTROLS.sub(" ", block)}</script>'
        return cast(Any, JsonLdExtractor()).extract(page)


def _flattened(items: list[Any]) -> Iterator[dict[str, Any]]:
    """Every object with a type, however deep: graphs, employees of organisations, authors of articles."""
    stack: list[tuple[Any, int]] = [(item, 0) for item in reversed(items)]
    while stack:
        item, depth = stack.pop()
        if isinstance(item, dict):
            known = cast("dict[str, Any]", item)
            if "@type" in known:
                yield known
            children: list[Any] = list(known.values())
        else:
            children = list(cast("list[Any]", item)) if isinstance(item, list) else []
        if depth < 8:
            stack += [(child, depth + 1) for child in reversed(children) if isinstance(child, dict | list)]


def _is_organisation(item: dict[str, Any]) -> bool:
    """By type; the many kinds of `LocalBusiness` by having a name and a phone or an address as well."""
    types = _types(item)
    if types & _ORGANISATIONS or any(kind.endswith(_ENDINGS) for kind in types):
        return True
    return (
        not types & _OTHERS and bool(item.get("name")) and bool(item.get("telephone") or item.get("address"))
    )


def _types(item: dict[str, Any]) -> set[str]:
    types = item.get("@type")
    listed = cast("list[object]", types) if isinstance(types, list) else [types]
    return {str(kind).rsplit("/", 1)[-1].rsplit(":", 1)[-1] for kind in listed}


def _text(value: object, most: int = 500) -> str | None:
    """A value as one line; of an object its name or value, of a list the first."""
    if isinstance(value, list):
        value = next(iter(cast("list[object]", value)), None)
    if isinstance(value, dict):
        known = cast("dict[str, object]", value)
        value = known.get("name") or known.get("@value") or known.get("value") or known.get("@id")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return " ".join(readable(str(value)).split())[:most] or None


def _texts(value: object) -> tuple[str, ...]:
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    return tuple(text for item in values[:20] if (text := _text(item, 2000)))


def _organisation(item: dict[str, Any]) -> Organisation:
    address: Any = item.get("address")
    country: Any = (
        cast("dict[str, Any]", address).get("addressCountry") if isinstance(address, dict) else None
    )
    return Organisation(
        name=_text(item.get("name"), 200),
        legal_name=_text(item.get("legalName"), 200),
        url=_text(item.get("url"), 2000),
        description=_text(item.get("description")),
        founded=_text(item.get("foundingDate"), 40),
        employees=_headcount(item.get("numberOfEmployees")),
        address=_address(cast("object", address)),
        country=_text(country, 60),
        email=_bare(_text(item.get("email")) or "") or None,
        phone=_text(item.get("telephone"), 60),
        industry=_text(item.get("industry") or item.get("knowsAbout"), 200),
        same_as=_texts(item.get("sameAs")),
    )


def _headcount(value: object) -> str | None:
    known = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    if "minValue" in known:
        return f"{known['minValue']}-{known.get('maxValue', '')}".rstrip("-")[:40]
    return _text(cast("object", value), 40)


def _address(address: object) -> str | None:
    if not isinstance(address, dict):
        return _text(address)
    known = cast("dict[str, object]", address)
    names = ("streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry")
    return ", ".join(part for name in names if (part := _text(known.get(name), 200))) or None


def _person(item: dict[str, Any]) -> MarkupPerson | None:
    name = _text(item.get("name"), 100)
    if "Person" not in _types(item) or not name:
        return None
    return MarkupPerson(
        name=name,
        title=_text(item.get("jobTitle"), 150),
        email=_bare(_text(item.get("email")) or "") or None,
        phone=_text(item.get("telephone"), 60),
        works_for=_text(item.get("worksFor"), 200),
        same_as=_texts(item.get("sameAs")) + _texts(item.get("url")),
    )


def _article(item: dict[str, Any]) -> Article | None:
    headline = _text(item.get("headline") or item.get("name"), 300)
    published = iso_date(_text(item.get("datePublished") or item.get("startDate")))
    if not _types(item) & _ARTICLES or not headline or published is None:
        return None
    return Article(headline, published, _text(item.get("url"), 2000), _text(item.get("author"), 100))


def _metas(tree: LexborHTMLParser) -> dict[str, str]:
    metas: dict[str, str] = {}
    for node in tree.css("meta[content]")[:200]:
        attributes = node.attributes
        name = (attributes.get("property") or attributes.get("name") or "").lower()
        if name in _METAS:
            metas.setdefault(name, " ".join(readable(attributes["content"] or "").split())[:500])
    return metas


def _dated(tree: LexborHTMLParser) -> Iterator[Article]:
    """Headlines beside a `<time>`: how most news pages are built that carry no markup."""
    for node in tree.css("time")[:60]:
        published = iso_date(node.attributes.get("datetime")) or first_date(node.text())
        headline = _headline_near(node)
        if published is not None and headline is not None:
            yield Article(" ".join(readable(headline.text()).split())[:300], published, _link_of(headline))


def _headline_near(node: LexborNode) -> LexborNode | None:
    around: LexborNode | None = node.parent
    entry: LexborNode | None = None
    for _ in range(4):
        if around is None or around.tag in ("body", "html"):
            break
        headlines = around.css("h1, h2, h3, h4, h5")
        if headlines and entry and around.tag != "article" and len(around.css("time")) > 1:
            return entry  # the heading is that of the whole list
        if headlines:
            # Two headlines and one date: whose the date is can't be known.
            whole = len(headlines) == 1 or (len(around.css("time")) == 1 and headlines[0].tag == "h1")
            return headlines[0] if whole and len(headlines[0].text(strip=True)) > 8 else None
        if entry is None and around.tag in ("li", "article"):
            entry = _linked_headline(around)
        around = around.parent
    return entry


def _linked_headline(entry: LexborNode) -> LexborNode | None:
    """The one link long enough to be a headline, in an entry of a list with one date and no heading."""
    links = [link for link in entry.css("a[href]") if len(link.text(strip=True)) > 15]
    return links[0] if len(links) == 1 and len(entry.css("time")) == 1 else None


def _link_of(headline: LexborNode) -> str | None:
    if headline.tag == "a":
        return headline.attributes.get("href")
    links = headline.css("a[href]")
    if links:
        return links[0].attributes.get("href")
    parent = headline.parent
    return parent.attributes.get("href") if parent is not None and parent.tag == "a" else None


def as_evidence(markup: Markup) -> list[str]:
    """The markup in lines, so that what is taken from it can be quoted like the rest of the page."""
    lines: list[str] = []
    for organisation in markup.organisations:
        lines += _lines_of("Organisation", organisation)
    for person in markup.people:
        lines += _lines_of(f"Person {person.name}", person)
    lines += [f"Article: {article.headline} ({article.published_on})" for article in markup.articles]
    lines += [f"Description: {markup.description}"] if markup.description else []
    lines += [f"Site: {markup.site_name}"] if markup.site_name else []
    return list(dict.fromkeys(lines))


def _lines_of(label: str, record: Organisation | MarkupPerson) -> list[str]:
    lines: list[str] = []
    for name in record.__slots__:
        value = getattr(record, name)
        values: tuple[str, ...] = value if isinstance(value, tuple) else (value,) if value else ()  # pyright: ignore[reportUnknownVariableType]
        lines += [f"{label}, {name}: {item}" for item in values]
    return lines
