"""ExtractedFacts: what a page says of a person and their company, each with the words it stands in."""
# ruff: noqa: E501 (patterns are easier to read whole)

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local.sandbox.openai import dates
from local.sandbox.openai.sections import Sections

MOST_FACTS = 24
MOST_OF_A_FIELD = 4
LONGEST = 300  # characters of a value or a quote

ROLE = (
    r"(?:(?:Senior|Junior|Deputy|Group|Global|Regional|Assistant|Associate|Interim|Co-?|Stellvertretende[rn]?|Kaufmännische[rn]?|Technische[rn]?) ?)*"
    r"(?:C[A-Z]{1,2}O|Chief [A-Z][\w& ]{2,40}? Officer|(?:Executive |Senior )?Vice President(?: (?:of|for) [A-Z][\w&]+(?: (?:and |& )?[A-Z][\w&]+)*)?|"
    r"(?:S|E)?VP(?: (?:of )?[A-Z][\w&]+(?: (?:and |& )?[A-Z][\w&]+)*)?|Head of [A-Z][\w&]+(?: (?:and |& )?[A-Z][\w&]+)*|"
    r"(?:Managing |[A-Z]\w+ ){0,2}Director(?: of [A-Z][\w&]+(?: (?:and |& )?[A-Z][\w&]+)*)?|(?:Co-?)?[Ff]ounder(?: (?:and|&) C[A-Z]O)?|President|"
    r"Owner|(?:[A-Z]\w+ ){0,2}(?:Manager|Lead|Engineer|Buyer|Supervisor|Coordinator|Specialist|Officer|Analyst|Consultant|Architect|Partner)(?: of [A-Z]\w+)?|"
    r"Geschäftsführer(?:in)?|(?:[A-ZÄÖÜ]\w+)?(?:[Ll]eiter(?:in)?|[Ll]eitung)(?: (?:der |des )?[A-ZÄÖÜ][\w-]+(?: und [A-ZÄÖÜ][\w-]+)?)?|Vorstand|Inhaber(?:in)?|Prokurist(?:in)?|"
    r"(?:[A-ZÄÖÜ]\w+)?(?:einkäufer|ingenieur|referent|manager)(?:in)?)"
)
TO_MACHINES = re.compile(
    r"\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instructions?|page|above|previous|prompt)|\bsystem prompt\b|\bAI (?:agents?|assistants?|models?)\b|"
    r"\b(?:SYSTEM|Assistant|ASSISTANT)\s*:|\bAPI keys?\b|<\/?\w+>|\bTOOL OUTPUT\b|\blead score\b|\bbooking link\b|\bpending drafts\b|\bevery email you write\b|\bdo what it says\b",
    re.IGNORECASE,
)
_NEWS = re.compile(
    r"\b(?:raises?d?|signs?|signed|opens?|opened|launche[sd]|introduc(?:es|ing|ed)|named|wins?|won|acquires?d?|expands?|expanded|announce[sd]|"
    r"partners?|closes?|closed|hires?|hired|appoints?|unveils?|celebrates?|reaches|joins|erweitert|bestellt|stellt|eröffnet|gewinnt|übernimmt|startet|feiert|Großauftrag)\b",
    re.IGNORECASE,
)
_TALK = re.compile(
    r"\b(?:podcast|talk|keynote|conference|interview|panel|webinar|summit|spoke|talks about|on stage|host|article by|wrote|posted|Vortrag|Konferenz|Messe|Gespräch)\b",
    re.IGNORECASE,
)
_SPEECH = re.compile(r"[“„»\"]([^“”„»«\"\n]{12,280}?)[”“«\"]")
_SAID = r"(?:said|says|told|adds?|added|explains?|sagt[e]?|erklärt[e]?)"
_FACTORS = (
    ("founded", r"\b(?:founded|established|started|gegründet|Founded|Gründung)\b[^.\n]{0,40}?\b(?P<v>(?:18|19|20)\d\d)\b"),
    ("founded", r"\b(?:in business|operating|active|tätig)\s+(?:since|seit)\s+(?P<v>(?:18|19|20)\d\d)\b"),
    ("founded", r"\b(?P<v>(?:18|19|20)\d\d)\b[^.\n]{0,50}?\b(?:gegründet|founded)\b"),
    ("employees", r"\b(?P<v>\d[\d,.]*)\s+(?:people|employees|staff|colleagues|Mitarbeitende|Mitarbeiter(?:innen)?|Menschen|Beschäftigte)\b(?=[^.\n]{0,30}(?:work|employ|arbeit|\.|,|here|$))"),
    ("employees", r"\b(?:employs?|beschäftigt|Employees:?|Mitarbeiter:?)\s+(?:about |around |over |rund )?(?P<v>\d[\d,.]*)"),
    ("industry", r"^Industry:?\s+(?P<v>[A-Z][\w &,-]{2,60})$"),
    ("location", r"\b(?:works from|works in|based in|lives in|working from|arbeitet (?:in|von)|lebt in)\s+(?P<v>[A-ZÄÖÜ][\w-]+(?: [A-ZÄÖÜ][\w-]+){0,2})"),
    ("product", r"\b(?:Introducing (?:the )?(?:new )?|stellt den neuen |our new (?:product|platform|tool),? )(?P<v>[A-ZÄÖÜ][\w-]*(?: [A-Z0-9][\w-]*){0,4})"),
    ("pain_point", r"\b(?:point(?:s)? to|struggl\w+ with|challenge (?:is|remains)|biggest (?:worry|problem|headache) is|Herausforderung ist)\s+(?P<v>[^.\n]{5,120}?)(?= as\b|[.\n]|$)"),
    ("hiring", r"(?P<v>\b(?:we are|we're|is|are) (?:hiring|looking for|recruiting)[^.\n]{0,120}|\bWir (?:suchen|stellen ein)[^.\n]{0,120}|\d+ new hires[^.\n]{0,80})"),
    ("tech", r"\b(?:built (?:on|with)|powered by|runs on|we use|arbeiten mit)\s+(?P<v>[A-Z][\w.+#-]+(?: [A-Z][\w.+#-]+)?)"),
)  # fmt: skip
_COMPILED = tuple((name, re.compile(pattern, re.MULTILINE)) for name, pattern in _FACTORS)
_DOES = r"(?:makes?|builds?|provides?|offers?|develops?|helps?|produces?|sells?|supplies|designs?|manufactures?|delivers?|is an? |fertigt|entwickelt|baut|bietet|liefert|produziert|fertigen|entwickeln|bauen|bieten|liefern|ist ein)"
_AWARD = re.compile(
    r"\b(?:award|named|winner|won|milestone|record|ranked|honou?red|recogni[sz]ed|ausgezeichnet|Auszeichnung|Preis)\b",
    re.IGNORECASE,
)
_FREE_TIME = re.compile(
    r"\b(?:away from (?:the desk|work)|in (?:his|her|their|my) (?:spare|free) time|outside (?:of )?work|off the clock|weekends?|passionate about|hobby|hobbies|"
    r"loves? to|enjoys?|keen|Freizeit|Wochenenden?|begeistert|Hobby|privat)\b", re.IGNORECASE,
)  # fmt: skip
_LISTS = (
    (
        "job_post",
        r"(?:careers|jobs|open positions|vacancies|join us|karriere|stellen|stellenangebote|offene stellen)",
    ),
    ("pain_point", r"(?:what we are working on.*|our challenges|woran wir .*arbeiten.*)"),
    ("product", r"(?:products?|our products|what we make|solutions|services|produkte|leistungen|lösungen)"),
)
_HEADING = re.compile(
    r"(?:news|latest news|team|about(?: us)?|contact(?: us)?|careers|jobs|products?|what customers say|testimonials|"
    r"references|blog|events|aktuelles|neuigkeiten|über uns|kontakt|karriere|produkte|kundenstimmen|referenzen)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PageOf:
    """A page's text and whom it is read for."""

    text: str
    name: str
    company: str

    @cached_property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.text.splitlines() if line.strip()]

    @cached_property
    def sentences(self) -> list[str]:
        """Stretches of the text between full stops and line breaks, as they stand there."""
        found = re.findall(r"[^\n]+?(?:[.!?](?=\s+[^a-zäöü\s]|\s*$)[”\"»]?|$)", self.text, re.MULTILINE)
        return [sentence.strip() for sentence in found if len(sentence.strip()) > 3]

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name.split() else ""

    @property
    def speaks_of_subject(self) -> bool:
        return bool(self.name) and self.name.lower() in self.text.lower()


def extracted_facts(sections: Sections, instructions: str) -> dict[str, Any]:
    subject = sections.object("subject")
    page = PageOf(sections.text("page"), str(subject.get("name") or ""), str(subject.get("company") or ""))
    facts: list[dict[str, Any]] = []
    seen: set[tuple[str, str]] = set()
    for field, value, quote, day in _found(page):
        fact = _fact(page, field, value, quote, day)
        key = (field, fact["value"].lower()) if fact else ("", "")
        if fact is None or key in seen or sum(f["field"] == field for f in facts) >= MOST_OF_A_FIELD:
            continue
        seen.add(key)
        facts.append(fact)
    return {"facts": facts[:MOST_FACTS]}


Found = tuple[str, str, str, str | None]


def _found(page: PageOf) -> Iterator[Found]:
    yield from _titles(page)
    yield from _dated(page)
    yield from _speeches(page)
    yield from _interests(page)
    yield from _descriptions(page)
    yield from _patterns(page)
    yield from _lists(page)


def _fact(page: PageOf, field: str, value: str, quote: str, day: str | None) -> dict[str, Any] | None:
    """A fact whose value stands in its quote and whose quote stands in the page, or none."""
    value, quote = value.strip(" ,;:–-"), quote.strip()
    if len(quote) > LONGEST:
        quote = value
    if not value or len(value) > LONGEST or value not in quote or quote not in page.text:
        return None
    if TO_MACHINES.search(quote):
        return None
    return {"field": field, "value": value, "quote": quote, "published_on": day}


def _titles(page: PageOf) -> Iterator[Found]:
    if not page.name:
        return
    name = re.escape(page.name)
    between = r"(?:,\s*(?:the |our )?|\s*[–—|-]\s*|\s*\(|\s*\n\s*|\s+is (?:the |our |a )?|\s+ist (?:die |der |unsere? )?|:\s*|\s+)"
    after = re.compile(rf"{name}{between}(?P<v>{ROLE})\b")
    before = re.compile(rf"(?P<v>{ROLE}),? +{name}\b")
    joined = re.compile(
        rf"\b{re.escape(page.first_name)}\b[^.\n]{{0,40}}?\b(?:joined|works|serves|started|arbeitet|kam|begann)\b"
        rf"[^.\n]{{0,60}}?\b(?:as|als)\s+(?:the |our )?(?P<v>{ROLE})\b"
    )
    # In a list of people the words before a name are somebody else's role: those after it win.
    sure = [*after.finditer(page.text)] or [*before.finditer(page.text)]
    for match in [*sure, *(joined.finditer(page.text) if page.speaks_of_subject else ())]:
        value = (
            re.sub(rf" (?:of|at) {re.escape(page.company)}$", "", match["v"]) if page.company else match["v"]
        )
        yield "title", value, match.group(), None


def _dated(page: PageOf) -> Iterator[Found]:
    """Headlines beside a date: news of the company, or what the person said in public."""
    for at, line in enumerate(page.lines):
        for day, start, end in dates.found(line):
            headline = _headline(page, at, line, start, end)
            if headline and (field := _kind(page, headline)):
                yield field, headline, headline, day


def _headline(page: PageOf, at: int, line: str, start: int, end: int) -> str:
    """The title that belongs to a date: on its line, else the line before, else the one after."""
    before = re.split(r"(?<=[.!?])\s", line[:start].strip(" |·–—-,"))[-1].strip(" |·–—-,")
    behind = re.split(r"(?<=[.!?])\s", line[end:].strip(" |·–—-,:"))[0].strip(" |·–—-,:")
    near = [before, behind]
    if len(before) < 12 and len(behind) < 12:
        near += [page.lines[at - 1] if at else "", page.lines[at + 1] if at + 1 < len(page.lines) else ""]
    return next((title for title in near if 12 <= len(title) <= 160 and not dates.found(title)), "")


def _kind(page: PageOf, headline: str) -> str:
    around = page.text if page.speaks_of_subject else ""
    if page.name and page.name in around and _TALK.search(around) and not _NEWS.search(headline):
        return "post"
    is_about = not page.company or page.company.lower() in page.text.lower()
    return "news" if is_about and (_NEWS.search(headline) or page.company.lower() in headline.lower()) else ""


def _speeches(page: PageOf) -> Iterator[Found]:
    for match in _SPEECH.finditer(page.text) if page.speaks_of_subject else ():
        tail = page.text[match.end() : match.end() + 90]
        speaker = rf"(?:{re.escape(page.name)}|{re.escape(page.first_name)})"
        if re.match(rf"\W{{0,3}}(?:{_SAID}\s+{speaker}|{speaker}\s+{_SAID})", tail):
            yield "quote", match.group(1).rstrip(","), match.group(), None


def _interests(page: PageOf) -> Iterator[Found]:
    for sentence in page.sentences if page.speaks_of_subject else ():
        if _FREE_TIME.search(sentence) and re.search(
            rf"\b(?:{re.escape(page.first_name)}|he|she|they|sie|er)\b", sentence, re.IGNORECASE
        ):
            yield "interest", sentence.rstrip("."), sentence, None


def _descriptions(page: PageOf) -> Iterator[Found]:
    subject = "|".join(filter(None, (re.escape(page.company), "We", "Wir")))
    does = re.compile(rf"^(?:{subject})\s+(?:\w+\s+)?{_DOES}\b", re.IGNORECASE)
    for sentence in page.sentences:
        if does.match(sentence) and 25 <= len(sentence) <= LONGEST and "?" not in sentence:
            yield "company_description", sentence.rstrip("."), sentence, None
        if (
            _AWARD.search(sentence)
            and 20 <= len(sentence) <= 200
            and (page.company.lower() in sentence.lower() or page.first_name in sentence)
        ):
            yield "achievement", sentence.rstrip("."), sentence, None


def _patterns(page: PageOf) -> Iterator[Found]:
    for field, pattern in _COMPILED:
        if field == "location" and not page.speaks_of_subject:
            continue
        for match in pattern.finditer(page.text):
            sentence = next((one for one in page.sentences if match.group() in one), match.group())
            yield (
                field,
                match["v"].strip(" .,"),
                sentence if len(sentence) <= LONGEST else match.group(),
                None,
            )


def _lists(page: PageOf) -> Iterator[Found]:
    """Short lines below a heading that says what they are."""
    for at, line in enumerate(page.lines):
        field = next(
            (name for name, words in _LISTS if re.fullmatch(words, line.rstrip(":"), re.IGNORECASE)), None
        )
        for below in page.lines[at + 1 : at + 8] if field else ():
            below = re.sub(r"^[-*•]\s*", "", below)
            if (
                _HEADING.fullmatch(below)
                or len(below.split()) > 9
                or below.endswith((".", "?", "!"))
                or dates.found(below)
            ):
                break
            if len(below) > 3:
                yield str(field), below, below, None
