"""A page as it is kept and read: its visible text, its contacts, its markup, and what else it links to."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.rules.company_match import FREE_MAIL, domain_of
from pipeline.rules.extraction_address import address_in
from pipeline.rules.extraction_called import called_by, marked_numbers, pressed_numbers
from pipeline.rules.extraction_cloaked import bare_links, cloaked_emails, told_aside
from pipeline.rules.extraction_contacts import socials_in
from pipeline.rules.extraction_emails import FoundEmail, emails_in
from pipeline.rules.extraction_language import language_of
from pipeline.rules.extraction_links import Targets
from pipeline.rules.extraction_markup import Markup, as_evidence, markup_of
from pipeline.rules.extraction_naming import named_on
from pipeline.rules.extraction_organisation import Whereabouts, organisation_named
from pipeline.rules.extraction_people import FoundPerson, people_in
from pipeline.rules.extraction_phones import FoundPhone, phones_in, region_by_shape
from pipeline.rules.extraction_region import Regions, regions_of
from pipeline.rules.extraction_visible import VisibleText, one_line, readable, visible_text
from pipeline.rules.nesting import is_too_deep, without_tags

MARKUP_MARK = "\n\n[links and markup]\n"  # below it, what a person does not see of the page
_THIN = 400  # characters of text below which a page with an app root is not the page yet
_MOST_TEXT = 200_000
_MOST_HTML = 1_500_000  # characters; what lies behind is not read
_MOST_LINKS = 400
_APP_ROOTS = (
    "#root, #app, #__next, #__nuxt, #svelte, #gatsby-focus-wrapper, app-root, [ng-app], [data-reactroot]"
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
    language: str | None  # as it is written in, else as declared
    region: str | None  # ISO country, by its addresses, domain, numbers or language
    needs_browser: str | None  # why, in words
    organization: str = ""  # whose page it is; empty where nothing tells
    address: str = ""  # postal, in one line
    people: tuple[FoundPerson, ...] = ()


def read_page(html: str, url: str, region: str | None = None) -> ReadPage:
    """Pure and total: any text gives a page. `region`: the country where that is known already."""
    html = _sound(html)
    tree = LexborHTMLParser(html)
    visible = visible_text(tree)
    markup = markup_of(url, tree)
    shown = visible.text[:_MOST_TEXT]
    # What a style sheet elsewhere colours can't be known: good enough for contacts, not for a model.
    faint = visible.faint if tree.css_first("link[rel~='stylesheet']") is not None else ""
    contacts = "\n".join((shown, faint, visible.boxed))
    linked = _linked(tree)
    tels = _tels(linked)
    language = language_of(shown, _declared(tree))
    hrefs = [href for href, _ in linked]
    emails = _emails(tree, html, visible, contacts, hrefs, markup, url)
    regions = _regions(url, shown, language, _declared(tree) or markup.declared, markup, tels, emails)
    if region is None:
        region = regions.first if regions.is_plain else region_by_shape(shown, language, regions.first)
    contacts = "\n".join((contacts, *marked_numbers(tree, shown)))
    phones = phones_in(
        contacts, [*tels, *pressed_numbers(tree), *_marked_phones(markup)], region, regions.ranked
    )
    links = _links(tree, linked, url)
    socials = socials_in([link.url for link in links] + [u for o in markup.organisations for u in o.same_as])
    title_node = tree.css_first("title")
    title = readable_line(title_node.text())[:300] if title_node else ""
    evidence = [f"Page: {url}", *_evidence(emails, phones, socials, markup)]
    return ReadPage(
        url=url,
        title=title or None,
        text=shown + MARKUP_MARK + "\n".join(evidence),
        lines=visible.lines,
        prose=visible.prose[:_MOST_TEXT],
        links=links,
        emails=emails,
        phones=phones,
        socials=socials,
        markup=markup,
        language=language,
        region=region,
        needs_browser=_needs_browser(tree, visible),
        organization=organisation_named(
            named_on(tree, markup, title, visible.lines),
            visible.lines,
            Whereabouts(url, _canonical(tree), tuple(email.address for email in emails)),
        ),
        address=_address(tree, markup, visible),
        people=people_in(markup.people, visible.lines, emails),
    )


def own_url(html: str) -> str | None:
    """Where a stored page says it was."""
    return _canonical(LexborHTMLParser(_sound(html)))


_TEL = re.compile(r"(?i)(?:tel|callto|fax|sms):(?=[^a-z]*\d)")
_SURROGATES = re.compile("[\ud800-\udfff]")


def _sound(html: str) -> str:
    """Bounded in length and depth, and without what no text holds."""
    html = html[:_MOST_HTML].replace("\x00", "")
    try:
        html.encode()
    except UnicodeEncodeError:
        html = _SURROGATES.sub("\ufffd", html)
    return without_tags(html) if is_too_deep(html) else html


def _emails(
    tree: LexborHTMLParser,
    html: str,
    visible: VisibleText,
    shown: str,
    hrefs: list[str],
    markup: Markup,
    url: str,
) -> tuple[FoundEmail, ...]:
    """What is seen, linked, marked up, or hidden from robots only. An address in text that nobody sees counts
    only where it is of the page's own domain: menus fold away, and planted addresses lead elsewhere."""
    mailtos = [href for href in hrefs if href.lower().startswith("mailto:")]
    mailtos += [node.attributes.get("action") or "" for node in tree.css("form[action^='mailto:' i]")[:20]]
    mailtos += [f"mailto:{address}" for address in bare_links(hrefs)]
    decoded = [*cloaked_emails(tree, html), *((email, f"mailto:{email}") for email in markup.emails)]
    emails = emails_in(shown, mailtos, decoded)
    own = domain_of(url)
    pictured = [(node.attributes.get("alt") or "")[:200] for node in tree.css("img[alt*='@']")[:50]]
    unseen = "\n".join([visible.hidden, *pictured, told_aside(tree)])
    folded = emails_in(unseen) if "@" in unseen else ()
    known = {email.address for email in emails}
    kept = (one for one in folded if own and _is_own(one.address, own))
    return (*emails, *(email for email in kept if email.address not in known))


def _is_own(address: str, own: str) -> bool:
    """Of the page's domain, or of a free mail service under the domain's own name."""
    local, _, place = address.rpartition("@")
    name = re.sub(r"\W", "", own.split(".")[0])
    if place in FREE_MAIL:
        return len(name) >= 5 and name in re.sub(r"[\W_]", "", local)
    return domain_of(place) == own


def _marked_phones(markup: Markup) -> list[str]:
    return [f"tel:{phone}" for phone in dict.fromkeys(markup.phones)]


def _regions(
    url: str,
    shown: str,
    language: str | None,
    declared: str | None,
    markup: Markup,
    tels: list[str],
    emails: tuple[FoundEmail, ...],
) -> Regions:
    countries = [o.country for o in markup.organisations if o.country]
    bare = [tel.partition(":")[2].strip() for tel in tels]
    places = [email.address.rpartition("@")[2] for email in emails]
    return regions_of(url, shown, language, declared, countries, bare, places)


def _canonical(tree: LexborHTMLParser) -> str | None:
    for selector, name in (("link[rel='canonical']", "href"), ("meta[property='og:url']", "content")):
        node = tree.css_first(selector)
        target = (node.attributes.get(name) or "").strip() if node is not None else ""
        if target.startswith(("http://", "https://")):
            return target
    return None


def _address(tree: LexborHTMLParser, markup: Markup, visible: VisibleText) -> str:
    marked = [o.address for o in markup.organisations if o.address]
    elements = [node.text(separator="\n") for node in tree.css("address")[:6]]
    return address_in(marked, elements, visible.lines)


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


_LINKED = "a[href], area[href]"
_RUN = re.compile(r"\d[\d\s().+/\u00a0\u2010-\u2015-]{0,40}")


def _linked(tree: LexborHTMLParser) -> list[tuple[str, LexborNode]]:
    nodes = tree.css(_LINKED)[: _MOST_LINKS * 3]
    return [((node.attributes.get("href") or "").strip(), node) for node in nodes]


def _tels(linked: list[tuple[str, LexborNode]]) -> list[str]:
    """Links that call, but for those whose text shows another number: the link was left as it came or mistyped."""
    tels: list[str] = []
    for href, node in linked:
        if _TEL.match(href) is None:
            tels += called_by(href)
            continue
        shown = [re.sub(r"\D", "", run) for run in _RUN.findall(node.text()[:200])]
        called = re.sub(r"\D", "", unquote(href))[-6:]
        if all(len(run) < 8 for run in shown) or any(run.endswith(called) for run in shown):
            tels.append(href)
    return tels


def _links(tree: LexborHTMLParser, linked: list[tuple[str, LexborNode]], url: str) -> tuple[Link, ...]:
    base_node = tree.css_first("base[href]")
    targets = Targets(urljoin(url, (base_node.attributes.get("href") or "") if base_node else ""))
    found: dict[str, Link] = {}
    for href, node in linked:
        target = targets.of(href) if node.tag == "a" else None
        if target is not None and target not in found:
            text = readable_line(node.text() or node.attributes.get("aria-label") or "")[:120]
            found[target] = Link(target, text)
        if len(found) >= _MOST_LINKS:
            break
    return tuple(found.values())


def _declared(tree: LexborHTMLParser) -> str | None:
    node = tree.css_first("html")
    return (
        (node.attributes.get("lang") or node.attributes.get("xml:lang") or None) if node is not None else None
    )


def readable_line(text: str) -> str:
    """One line of what can be seen."""
    return one_line(text)


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
    return bool(wanted) and wanted in _compared(whole)


@lru_cache(maxsize=48)  # each fact of a page is looked for in the same text; some runs work side by side
def _compared(whole: str) -> str:
    return normal(whole).casefold()
