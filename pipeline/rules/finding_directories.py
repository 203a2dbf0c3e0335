"""Pages that tell of many companies: directories, whose lists name them, and newspapers. Pure."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from pipeline.rules.company_match import domain_of, is_platform
from pipeline.rules.extraction import Link, ReadPage
from pipeline.rules.words import word_set

# Lists of companies, not companies: taken for results they would propose themselves.
_DIRECTORIES = word_set(
    "yelp yellowpages angi angieslist thumbtack homeadvisor bbb clutch g2 capterra crunchbase glassdoor indeed "
    "wikipedia tripadvisor mapquest manta dnb zoominfo rocketreach apollo houzz porch trustpilot expertise goodfirms "
    "gelbeseiten 11880 wlw europages kompass pagesjaunes paginasamarillas yell checkatrade bark foursquare nextdoor "
    "chamberofcommerce superpages buildzoom bizjournals forbes inc builtin upcity designrush semrush medium"
)
_LIST = re.compile(r"(?i)\s*(the )?(\d+ |top |best |list of )")
_DIRECTORY_TITLE = re.compile(
    r"(?i)\b(business|company|trade|local|member|firmen|branchen)?[- ]?(director(y|ies)|listings?)\b|yellow pages|"
    r"gelbe seiten|branchenbuch|branchenverzeichnis|firmenverzeichnis|annuaire|directorio de|pagine gialle"
)
# Where directories keep a page for each company, and papers one for each report.
_ENTRY = re.compile(
    r"(?i)/(companies|businesses|biz|listings?|firms|vendors|providers|members?-?director(y|ies)|director(y|ies)|"
    r"branchenbuch|firmen|firma|entreprises|empresas|aziende|bedrijven)/[^/]+"
)
_ARTICLE = re.compile(
    r"(?i)/((19|20)\d\d/\d{1,2}(/|$)|(news|articles?|stories|story|podcasts?|press-releases?|magazine)/[^/]+)"
)
DIRECTORY, NEWSPAPER = "a directory", "a newspaper"
_FEWEST_ENTRIES, _FEWEST_ARTICLES, _FEWEST_SITES = 5, 6, 8
_LEADS_THERE = re.compile(
    r"(?i)(visit |view |go to |see )?(the |their |our )?(web ?site|web ?page|home ?page|site|web)"
)
_NOT_LISTED = re.compile(
    r"(?i)\b(privacy|terms|cookies?|log ?in|sign (?:in|up)|advertis\w*|careers|app store|google play|download|"
    r"press|imprint|impressum|powered by|help|support|about|blog|newsletter)\b|^[\W\d]+$"
)


def is_directory(url: str, title: str) -> bool:
    """A page that lists companies or tells of one among many, by its site, its address or how it is called."""
    domain = domain_of(url) or ""
    if domain.split(".")[0] in _DIRECTORIES or is_entry(url):
        return True
    return _LIST.match(title) is not None or _DIRECTORY_TITLE.search(title) is not None


def is_entry(url: str) -> bool:
    """A directory's page about one company, by its address."""
    return _ENTRY.search(urlsplit(url).path) is not None


def is_article(url: str) -> bool:
    """A report: what it says, it may say of anybody."""
    return _ARTICLE.search(urlsplit(url).path) is not None


def tells_of_many(page: ReadPage) -> str | None:
    """What kind of page it is, where it is no company's own: it leads to many companies, or to many reports."""
    own = domain_of(page.url)
    paths = {urlsplit(link.url).path for link in page.links if domain_of(link.url) == own}
    entries, articles = (
        {one for one in paths if _ENTRY.search(one)},
        {one for one in paths if is_article(one)},
    )
    others = {domain for _, domain, _ in _outside(page)}
    if _DIRECTORY_TITLE.search(page.title or "") or len(entries) >= _FEWEST_ENTRIES:
        return DIRECTORY
    if len(others) >= _FEWEST_SITES and len(others) * 2 > len(paths):
        return DIRECTORY
    return NEWSPAPER if len(articles) >= _FEWEST_ARTICLES and len(articles) * 2 > len(paths) else None


def listed_sites(page: ReadPage) -> dict[str, tuple[str, str]]:
    """By domain, the companies a directory's page links to: what the link calls them (the domain where it names
    nobody), and their address."""
    found: dict[str, tuple[str, str]] = {}
    for link, domain, words in _outside(page):
        name = domain if _LEADS_THERE.fullmatch(words) or domain_of(words) == domain else words
        if domain not in found or found[domain][0] == domain:
            found[domain] = name, re.sub(r"^(https?://[^/?#]+).*", r"\1/", link.url)
    return found


def entries(page: ReadPage, wanted: Iterable[str], most: int) -> list[str]:
    """The directory's own pages about single companies, those first that say most of what is wanted."""
    own, words = (
        domain_of(page.url),
        {word for text in wanted for word in re.findall(r"\w{3,}", text.lower())},
    )
    found: dict[str, int] = {}
    for link in page.links:
        if domain_of(link.url) == own and is_entry(link.url):
            said = set(re.findall(r"\w{3,}", f"{link.text} {urlsplit(link.url).path}".lower()))
            found[link.url] = max(found.get(link.url, 0), len(words & said))
    return sorted(found, key=lambda url: -found[url])[:most]


def _outside(page: ReadPage) -> Iterator[tuple[Link, str, str]]:
    """Links to other sites that may be a company's: link, domain, words."""
    own = domain_of(page.url)
    for link in page.links:
        domain, words = domain_of(link.url), " ".join(link.text.split())
        if domain is None or domain == own or is_platform(link.url) or is_directory(link.url, words):
            continue
        if 2 <= len(words) <= 80 and link.url.startswith("http") and not _NOT_LISTED.search(words):
            yield link, domain, words
