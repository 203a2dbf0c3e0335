"""A page as it is kept and read: its visible text, its contacts, its markup, and what else it links to."""

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from pipeline.rules.company_match import domain_of
from pipeline.rules.extraction_contacts import FoundEmail, FoundPhone, emails_in, phones_in, socials_in
from pipeline.rules.extraction_markup import Markup, as_evidence, markup_of
from pipeline.rules.extraction_visible import VisibleText, readable, visible_text

MARKUP_MARK = "\n\n[links and markup]\n"  # below it, what a person does not see of the page
_THIN = 400  # characters of text below which a page with an app root is not the page yet
_MOST_TEXT = 200_000
_MOST_LINKS = 400
_APP_ROOTS = (
    "#root, #app, #__next, #__nuxt, #svelte, #gatsby-focus-wrapper, app-root, [ng-app], [data-reactroot]"
)
_REGIONS = {
    "uk": "GB",
    "com": None,
    "org": None,
    "net": None,
    "io": None,
    "ai": None,
    "co": None,
    "example": None,
}
_NOT_PAGES = re.compile(
    r"\.(pdf|jpe?g|png|gif|svg|webp|zip|mp[34]|docx?|xlsx?|pptx?|css|js|ics|xml|json)$", re.I
)


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class ReadPage:
    """`text` is what quotes are checked against: what a person sees, then contacts and markup in lines."""

    url: str
    title: str | None
    text: str
    lines: tuple[str, ...]  # the visible part only
    prose: str  # for a model: visible, without menus, headers, footers
    links: tuple[Link, ...]
    emails: tuple[FoundEmail, ...]
    phones: tuple[FoundPhone, ...]
    socials: dict[str, tuple[str, ...]]
    markup: Markup
    language: str | None  # as the page declares it
    region: str | None  # ISO country, by the page's own address or its domain
    needs_browser: str | None  # why, in words


def read_page(html: str, url: str, region: str | None = None) -> ReadPage:
    """Pure and total: any text gives a page. `region`: the country where that is known already."""
    html = html.replace("\x00", "")
    tree = LexborHTMLParser(html)
    visible = visible_text(tree)
    markup = markup_of(html, url, tree)
    region = region or _region(url, markup)
    hrefs = _hrefs(tree)
    shown = visible.text[:_MOST_TEXT]
    mailtos = [href for href in hrefs if href.lower().startswith("mailto:")]
    tels = [href for href in hrefs if href.lower().startswith("tel:")]
    emails = emails_in(shown, mailtos)
    phones = phones_in(shown, tels, region)
    links = _links(tree, url)
    socials = socials_in([link.url for link in links] + [u for o in markup.organisations for u in o.same_as])
    title_node = tree.css_first("title")
    evidence = [f"Page: {url}", *_evidence(emails, phones, socials, markup)]
    return ReadPage(
        url=url,
        title=readable_line(title_node.text())[:300] or None if title_node else None,
        text=shown + MARKUP_MARK + "\n".join(evidence),
        lines=visible.lines,
        prose=visible.prose[:_MOST_TEXT],
        links=links,
        emails=emails,
        phones=phones,
        socials=socials,
        markup=markup,
        language=_language(tree),
        region=region,
        needs_browser=_needs_browser(tree, visible),
    )


def _evidence(
    emails: tuple[FoundEmail, ...],
    phones: tuple[FoundPhone, ...],
    socials: dict[str, tuple[str, ...]],
    markup: Markup,
) -> list[str]:
    """What is not visible text but was read: links, spelled-out addresses, markup."""
    lines = [
        f"Email written as “{email.shown}”: {email.address}"
        for email in emails
        if email.shown != email.address
    ]
    lines += [f"Phone written as “{phone.shown}”: {phone.number}" for phone in phones]
    lines += [f"Link to {network}: {url}" for network, urls in socials.items() for url in urls]
    return [*lines, *as_evidence(markup)]


def _needs_browser(tree: LexborHTMLParser, visible: VisibleText) -> str | None:
    if len(visible.text) >= _THIN:
        return None
    if tree.css_first(_APP_ROOTS) is not None and tree.css_first("script") is not None:
        return "the page is built by its scripts"
    notices = " ".join(node.text() or node.html or "" for node in tree.css("noscript")[:20]).lower()
    if "javascript" in notices or "enable js" in notices:
        return "the page asks for JavaScript"
    if len(visible.text) < 60 and len(tree.css("script")) > 0:
        return "the page has hardly any text"
    return None


def _hrefs(tree: LexborHTMLParser) -> list[str]:
    return [(node.attributes.get("href") or "").strip() for node in tree.css("a[href]")[: _MOST_LINKS * 3]]


def _links(tree: LexborHTMLParser, url: str) -> tuple[Link, ...]:
    base_node = tree.css_first("base[href]")
    base = urljoin(url, (base_node.attributes.get("href") or "") if base_node else "")
    found: dict[str, Link] = {}
    for node in tree.css("a[href]")[: _MOST_LINKS * 3]:
        try:
            target = urljoin(base, (node.attributes.get("href") or "").strip()).split("#", 1)[0]
            parts = urlsplit(target)
        except ValueError:
            continue
        if parts.scheme in ("http", "https") and len(target) < 1000 and not _NOT_PAGES.search(parts.path):
            text = readable_line(node.text() or node.attributes.get("aria-label") or "")[:120]
            found.setdefault(target, Link(target, text))
        if len(found) >= _MOST_LINKS:
            break
    return tuple(found.values())


def _language(tree: LexborHTMLParser) -> str | None:
    node = tree.css_first("html")
    declared = (node.attributes.get("lang") or "") if node is not None else ""
    match = re.match(r"[a-zA-Z]{2,3}\b", declared.strip())
    return match[0].lower() if match else None


def _region(url: str, markup: Markup) -> str | None:
    for organisation in markup.organisations:
        if organisation.country and re.fullmatch(r"[A-Za-z]{2}", organisation.country):
            return organisation.country.upper()
    suffix = (domain_of(url) or "").rsplit(".", 1)[-1]
    if suffix in _REGIONS:
        return _REGIONS[suffix]
    return suffix.upper() if len(suffix) == 2 else None


def readable_line(text: str) -> str:
    """One line of what can be seen."""
    return " ".join(readable(text).split())


def normal(text: str) -> str:
    """For comparing quotes: one kind of space, quotation mark and dash."""
    text = readable(text).translate(_SAME)
    return " ".join(text.split())


_SAME = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "’": "'", "‘": "'", "–": "-", "—": "-"}
)


def is_quoted(value: str, quote: str, page_text: str) -> bool:
    """The quote stands in the page and the value in the quote, white space aside."""
    return stands_in(quote, page_text) and stands_in(value, quote)


def stands_in(part: str, whole: str) -> bool:
    wanted = normal(part).casefold()
    return bool(wanted) and wanted in normal(whole).casefold()
