"""What was asked for, and what a company says to it: each criterion met, not met or unknown, with its words. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.rules.dedupe import plain
from pipeline.rules.extraction import ReadPage
from pipeline.rules.finding_founded import founded_in
from pipeline.rules.headcount import Headcount, headcounts
from pipeline.rules.kind_words import is_trade, line_of_kind
from pipeline.rules.places import is_in, names_of

ADDRESS = "Address: "  # before what a map says of it
CATEGORY = "Category: "
_MOST_LINES = 600  # of a page
_READ = 200  # characters of a page that says something
_LONGEST_QUOTE = 280
_SHORT = 160  # characters; longer lines are paragraphs
_Told = Sequence[tuple[str, str]]


class Met(StrEnum):
    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """`kind`: what they do, as the person said it. `role`: whom to write to there; None for whoever decides.
    `founded_from`, `founded_to`: years, both included. `others`: conditions of any sort, in the person's words."""

    kind: str
    place: str | None = None
    role: str | None = None
    least_people: int | None = None
    most_people: int | None = None
    founded_from: int | None = None
    founded_to: int | None = None
    others: Sequence[str] = ()

    @property
    def in_words(self) -> str:
        size = ""
        if self.least_people is not None and self.most_people is not None:
            size = f" with {self.least_people} to {self.most_people} people"
        elif self.least_people is not None:
            size = f" with at least {self.least_people} people"
        elif self.most_people is not None:
            size = f" with at most {self.most_people} people"
        place = f" in {self.place}" if self.place else ""
        role = f", their {self.role}" if self.role else ""
        more = "".join(f", {condition}" for condition in (*self.founded_in_words, *self.others))
        return f"{self.kind}{place}{size}{more}{role}"

    @property
    def founded_in_words(self) -> list[str]:
        """One sentence, or none."""
        since, until = self.founded_from, self.founded_to
        if since is None and until is None:
            return []
        if since is None or until is None:
            return [f"founded in {since} or later" if since is not None else f"founded in {until} or before"]
        return [f"founded in {since}" if since == until else f"founded from {since} to {until}"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A criterion with its verdict; `quote` stands at `url`. Both are empty where nothing was found. `field`: the
    fact that the words are, by its name in `scoring.FACT_FIELDS`."""

    criterion: str
    verdict: Met
    value: str = ""
    quote: str = ""
    url: str = ""
    field: str = ""


def judged(criteria: Criteria, sources: _Told, pages: Sequence[ReadPage]) -> list[Evidence]:
    """Each criterion that was asked for, with what meets it. `sources`: words about it, with their address. What a
    search engine shows of a site counts where the site itself could not be read."""
    is_read = any(len(page.text) >= _READ for page in pages)
    mapped = [told for told in sources if told[0].startswith((ADDRESS, CATEGORY))]
    shown = [] if is_read else [told for told in sources if told not in mapped]
    lines = [*mapped, *shown, *(told for page in pages for told in _lines_of(page))]
    told = [(part, url) for line, url in lines for part in _sentences(line)]
    found = [_kind(criteria.kind, told, mapped if is_read else ())]
    if criteria.place:
        found.append(_place(criteria.place, sources, pages, told))
    if criteria.least_people is not None or criteria.most_people is not None:
        found.append(_size(criteria, told, pages))
    found += [_founded(criteria, name, told, pages) for name in criteria.founded_in_words]
    return found + [_other(condition, told) for condition in criteria.others]


def _lines_of(page: ReadPage) -> list[tuple[str, str]]:
    lines = (page.title, *page.lines[:_MOST_LINES]) if page.title else page.lines[:_MOST_LINES]
    return [(line, page.url) for line in lines]


def _sentences(line: str) -> list[str]:
    """A paragraph in its sentences, and those in what can be shown, so that what is quoted holds what it is quoted
    for."""
    if len(line) <= _SHORT or line.startswith((ADDRESS, CATEGORY)):
        return [line]
    parts = [part for part in re.split(r"(?<=[.!?…])\s+(?=[^a-z\s])", line) if part]
    return [piece for part in parts for piece in _pieces(part)]


def _pieces(text: str) -> list[str]:
    """At spaces, each short enough to be quoted whole."""
    pieces: list[str] = []
    while len(text) > _LONGEST_QUOTE:
        at = text.rfind(" ", 1, _LONGEST_QUOTE)
        at = at if at > 0 else _LONGEST_QUOTE
        pieces.append(text[:at].strip())
        text = text[at:].strip()
    return [*pieces, text]


def _kind(kind: str, told: _Told, mapped: _Told) -> Evidence:
    """`mapped`: what a map says of one whose own pages were read: it does something else, where neither names a
    trade that all know."""
    found = line_of_kind(kind, told)
    if found is None:
        other = next(((line, url) for line, url in mapped if line.startswith(CATEGORY)), None)
        if other is None or not is_trade(kind):
            return Evidence(kind, Met.UNKNOWN)
        return Evidence(kind, Met.NOT_MET, other[0].removeprefix(CATEGORY)[:100], *other)
    line, url = found
    is_category = line.startswith(CATEGORY)
    value = line.removeprefix(CATEGORY) if is_category else line
    return Evidence(kind, Met.MET, value, line, url, "industry" if is_category else "company_description")


def _place(place: str, sources: _Told, pages: Sequence[ReadPage], told: _Told) -> Evidence:
    """By its addresses: one of them is there; or they say that it is elsewhere; or some line names the place."""
    addresses = [(line.removeprefix(ADDRESS), url) for line, url in sources if line.startswith(ADDRESS)]
    addresses += [(page.address, page.url) for page in pages if page.address]
    name = f"in {place}"
    verdicts = [(is_in(place, address), address, url) for address, url in addresses]
    for verdict in (True, False):
        for said, address, url in verdicts:
            if said is verdict:
                met = Met.MET if verdict else Met.NOT_MET
                return Evidence(name, met, address[:200], address[:300], url, "address")
    names = names_of(place)
    for line, url in told:
        if len(line) <= 300 and not line.startswith(ADDRESS) and _names(names, place, line):
            return Evidence(name, Met.MET, place, line, url)
    return Evidence(name, Met.UNKNOWN)


def _names(names: Sequence[str], place: str, line: str) -> bool:
    """The line names the place, and no other one of the name: “Portland, ME”."""
    for name in names:
        match = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", plain(line))
        if match:
            found = re.search(rf"(?i)(?<!\w){re.escape(name)}\s*,\s*[\w. ]{{2,20}}", line)
            return found is None or is_in(place, found[0]) is not False
    return False


def _size(criteria: Criteria, told: _Told, pages: Sequence[ReadPage]) -> Evidence:
    least, most = criteria.least_people, criteria.most_people
    bounds = [f"at least {least}"] if least is not None else []
    bounds += [f"at most {most}"] if most is not None else []
    name = f"{' and '.join(bounds)} people"
    for line, url in (*told, *_marked_sizes(pages)):
        for count in headcounts(line):
            verdict = _fits(count, least, most)
            if verdict is not Met.UNKNOWN:
                return Evidence(name, verdict, count.in_words, line[:300], url, "employees")
    named: dict[str, str] = {plain(person.name): page.url for page in pages for person in page.people}
    if least is not None and most is None and len(named) >= least:
        return Evidence(name, Met.MET, f"{len(named)} people are named", "", next(iter(named.values())))
    return Evidence(name, Met.UNKNOWN)


def _marked_sizes(pages: Sequence[ReadPage]) -> list[tuple[str, str]]:
    """What the pages' markup says of it, in the words that stand in their text."""
    return [
        (f"Organisation, employees: {one.employees}", page.url)
        for page in pages
        for one in page.markup.organisations
        if one.employees
    ]


def _fits(count: Headcount, least: int | None, most: int | None) -> Met:
    """Unknown where the range that is told reaches over the border, or tells of some people only."""
    low, high = count.least, count.most
    if (least is not None and high is not None and high < least) or (most is not None and low > most):
        return Met.NOT_MET if count.is_firm else Met.UNKNOWN
    if (least is None or low >= least) and (most is None or (high is not None and high <= most)):
        return Met.MET
    return Met.UNKNOWN


def _founded(criteria: Criteria, name: str, told: _Told, pages: Sequence[ReadPage]) -> Evidence:
    """By its own words first, then by its pages' markup; two years of one company leave it open."""
    said = [(year, line, url) for line, url in told if (year := founded_in(line)) is not None]
    said += [
        (int(year[0]), one.founded, page.url)
        for page in pages
        for one in page.markup.organisations
        if one.founded and (year := re.match(r"[12]\d{3}", one.founded))
    ]
    since, until = criteria.founded_from or 0, criteria.founded_to or 9999
    if not said or len({since <= year <= until for year, _, _ in said}) > 1:
        return Evidence(name, Met.UNKNOWN)
    year, line, url = said[0]
    verdict = Met.MET if since <= year <= until else Met.NOT_MET
    return Evidence(name, verdict, str(year), line[:300], url, "founded")


def _other(condition: str, told: _Told) -> Evidence:
    """Met where a line says all its words; whatever is not said is unknown."""
    found = line_of_kind(condition, told)
    return Evidence(condition, Met.MET, found[0], *found) if found else Evidence(condition, Met.UNKNOWN)
