"""Where a page names its owner: markup, title, logo, copyright line, imprint, the line above the address."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.rules.extraction_address import is_street
from pipeline.rules.extraction_generic import is_generic, tidied
from pipeline.rules.extraction_markup import Markup


@dataclass(frozen=True, slots=True)
class Named:
    """`place`: where the name stands; places of one kind count once. `weight`: how far such a place is right."""

    name: str
    place: str
    weight: float


_SPLIT = re.compile(
    r"(?<=[\u3040-\u9fff\uac00-\ud7af])\s?[-_－–]\s?(?=[\u3040-\u9fff\uac00-\ud7af])|"
    r"\s+[|–—:»›•·~<>/\\«‹→*-]+\s+|\s?[|｜»›•«]+\s?|::|\s-{2,}\s|:\s|\s-\s?|[–—]\s|,\s(?=[A-Z])"
)


def named_on(tree: LexborHTMLParser, markup: Markup, title: str, lines: Sequence[str]) -> list[Named]:
    return [
        *_of_markup(markup),
        *_of_metas(tree),
        *_of_title(title),
        *_of_logos(tree),
        *_of_cards(tree),
        *_of_copyright(lines),
        *_of_labels(lines),
        *_of_imprint(lines),
        *_of_address(lines),
    ]


def _of_markup(markup: Markup) -> Iterator[Named]:
    for place, organisation in enumerate(markup.organisations[:8]):
        first = 2.2 if place == 0 else 1.2
        if organisation.name:
            yield Named(organisation.name, "markup", first)
        if organisation.legal_name:
            yield Named(organisation.legal_name, "legal name", 0.6)
    if markup.site_name:
        yield from _split(markup.site_name, "site name", 1.8, 0.5)
    for name in markup.website_names[:2]:
        yield from _split(name, "website", 1.3, 0.4)


def _split(text: str, place: str, whole: float, part: float) -> Iterator[Named]:
    parts = [piece for piece in _SPLIT.split(text) if piece and piece.strip()]
    if len(parts) > 1 and is_generic(tidied(parts[0])):
        parts = parts[1:]
        text = parts[0] if len(parts) == 1 else text
    yield Named(text, place, whole if len(parts) < 2 else 0.5 * whole)
    if len(parts) > 1:
        yield Named(parts[0], place, 0.75 * whole)
        for piece in parts[1:4]:
            yield Named(piece, place, part)


def _of_metas(tree: LexborHTMLParser) -> Iterator[Named]:
    weights = {"application-name": 1.0, "apple-mobile-web-app-title": 0.8, "author": 0.35, "copyright": 0.7,
               "publisher": 0.6, "dc.publisher": 0.6, "dc.creator": 0.4, "company": 0.8, "owner": 0.5}  # fmt: skip
    for node in tree.css("meta[name][content]")[:80]:
        name = (node.attributes.get("name") or "").lower()
        if name in weights:
            yield Named(
                re.sub(r"(?i)^(copyright|©|\(c\)|[\s\d-])+", "", node.attributes.get("content") or "")[:120],
                name,
                weights[name],
            )


# `Acme tools for people who build`: the name, and in small letters what they sell.
_DESCRIBED = re.compile(
    r"^\s?(?P<name>[A-ZÀ-ÞА-Я][\w'’&.-]+(?:\s[A-ZÀ-ÞА-Я][\w'’&.-]+){0,3})(?:\s[a-zà-ÿа-я][\w'’-]*){3,}\s?$"
)


def _of_title(title: str) -> Iterator[Named]:
    parts = [piece for piece in _SPLIT.split(title) if piece and piece.strip()]
    named = [piece for piece in parts if not is_generic(tidied(piece))]
    for place, piece in enumerate(named[:7]):
        edge = place in (0, len(named) - 1)
        weight = (1.1 if len(named) == 1 else 0.75) if edge else 0.35
        described = _DESCRIBED.match(piece)
        yield Named(piece, "title", 0.75 * weight if described else weight)
        if described:
            yield Named(described["name"], "title", 0.75 * weight)
    if len(parts) > 1:
        yield Named(title, "title", 0.3)


def _of_logos(tree: LexborHTMLParser) -> Iterator[Named]:
    selectors = (
        (
            "img[class*='logo' i][alt], img[id*='logo' i][alt], [class*='logo' i] img[alt], [id*='logo' i] img[alt]",
            1.0,
        ),
        ("img[src*='logo' i][alt], img[alt*='logo' i]", 0.8),
        ("a[href='/'] img[alt], a[rel='home'] img[alt], header img[alt]", 0.6),
    )
    for selector, weight in selectors:
        for node in tree.css(selector)[:3]:
            yield Named((node.attributes.get("alt") or "")[:120], "logo", weight)
    brands = (
        "[class*='site-title'], [class*='site-name'], [id='site-title'], [class*='navbar-brand'], "
        "[class~='brand'], [class~='logo'], [id='logo'], a[rel='home']"
    )
    for node in tree.css(brands)[:5]:
        yield Named(_line(node), "brand", 0.9)
    for node in tree.css("h1")[:2]:
        yield Named(_line(node), "heading", 0.3)


def _of_cards(tree: LexborHTMLParser) -> Iterator[Named]:
    for node in tree.css(
        ".vcard .org, .h-card .p-org, .vcard .fn.org, .organization-name, .company-name, [itemprop='legalName']"
    )[:4]:
        yield Named(_line(node), "card", 1.1)


def _line(node: LexborNode) -> str:
    return " ".join((node.text(separator=" ") or "").split())[:160]


_YEARS = r"(?:(?:19|20)\d\d(?:\s?[-–,/]\s?(?:(?:19|20)?\d\d|present|heute|now))?)"
_COPYRIGHT = re.compile(
    rf"(?i)(?:©|\(c\)|\bcopyrights?\b|&copy;)(?:[\s:,.|–-]|©|\(c\)|copyright|by|von|{_YEARS})*(?P<name>[^|•·]{{2,90}})"
)
_AHEAD = re.compile(rf"(?i)^(?P<name>[^|•·©]{{2,60}}?)[\s,–-]*{_YEARS}?\s?©\s?{_YEARS}?")
_STOP = re.compile(
    rf"(?i)\s*(?:[.!]\s|\s[-–—]\s|\||\ball rights|\balle rechte|\btutti i|\btous droits|\btodos (?:los|os)|"
    rf"\bwszelkie|\bpowered|\bdesign|"
    rf"\bwebsite|\bsite by|\bvšechna|\bвсе права|\bminden jog|\balla rätt|\balle rettig|\bprivacy|\bterms|"
    rf"\blegal\b|,? {_YEARS}|\breproduction|"
    r"\bdiritti|\bcreated|\bmaintained|\bis a\b|\bp\.?\s?iva|\bregistered|\bvat\b|\babn\b|\bтелефон|"
    r"\bтел\b|\bhosted|\bimpressum|\(|\btel\b)"
)


_TRADING = re.compile(r"(?i)\s(?:d/?b/?a|trading as|t/a|doing business as)\s")


def _of_copyright(lines: Sequence[str]) -> Iterator[Named]:
    count = 0
    for place in range(len(lines) - 1, -1, -1):
        line = lines[place]
        if len(line) > 600 or not (
            "©" in line or "opyright" in line or "OPYRIGHT" in line or "(c) " in line.lower()
        ):
            continue
        ahead = _AHEAD.match(line)
        if ahead:
            yield Named(ahead["name"], "copyright", 0.9)
        match = _COPYRIGHT.search(line)
        if match:
            owner = _TRADING.split(match["name"], maxsplit=1)[-1]
            yield Named(_STOP.split(owner, maxsplit=1)[0], "copyright", 1.3)
        elif place + 1 < len(lines) and len(lines[place + 1]) < 60:
            yield Named(_STOP.split(lines[place + 1], maxsplit=1)[0], "copyright", 0.8)
        count += 1
        if count >= 3:
            return


_IMPRINT = re.compile(
    r"(?i)angaben (?:gem|nach)|§ ?5 (?:tmg|ddg|ecg)|diensteanbieter|herausgeber|medieninhaber|"
    r"betreiber der|verantwortlich für den inhalt|"
    r"inhaltlich verantwortlich|anbieter(?:in)?:?$|éditeur du site|titolare del|titular del|"
    r"responsable del|impressum$|firma:?$"
)
_IMPRINT_MARKS = (
    "angaben ", "§", "diensteanbieter", "herausgeber", "medieninhaber", "betreiber der", "verantwortlich",
    "anbieter", "éditeur du site", "titolare del", "titular del", "responsable del", "impressum", "firma",
)  # fmt: skip
_LEGAL_FORM = (
    r"(?:GmbH\s?&\s?Co\.?\s?KG|gGmbH|GmbH|UG(?: \(haftungsbeschränkt\))?|AG|KG|OHG|e\.\s?K\.|e\.\s?V\.|"
    r"GbR|SE|Ltd\.?|Limited|LLC|L\.L\.C\.|Inc\.?|Corp\.?|"
    r"S\.?p\.?A\.?|S\.?r\.?l\.?|SARL|S\.?A\.?S\.?|S\.?A\.?|S\.?L\.?U?\.?|B\.?V\.?|N\.?V\.?|AB|ApS|A/S|AS|"
    r"Oy|Oyj|s\.\s?r\.\s?o\.|a\.\s?s\.|"
    r"[Ss]p\. z o\.\s?o\.|Kft\.?|d\.o\.o\.|Pty\.? Ltd\.?|PLC|plc|LLP|LLLP|P\.C\.|Lda\.?|Ltda\.?|株式会社|"
    r"Pvt\.? Ltd\.?|Private Limited)(?![\w])"
)
_FORM_BEGINS = re.compile(
    r"GmbH|UG|AG|KG|OHG|GbR|SE|Lt|Lim|L\.?L|Inc|Corp|S\.?[pr]\.?|S\.?A|SARL|S\.?L|[BN]\.?V|AB|ApS|A/S|AS|Oy|Sp\."
    r"|Kft|P[tvLr]|P\.C|Lda| e\.| s\.| sp\.| a\.| d\.o\.o| plc|株式会社"
)
_FORMS = re.compile(
    r"(?<!\w)(?P<name>(?:[a-z]{0,2}[A-ZÄÖÜÉÀŚŁ0-9][\w&.'’+!-]*,?\s){0,2}(?:(?:[a-z]{0,2}[A-ZÄÖÜÉÀŚŁ0-9&][\w&.'’+!-]*|und|and|of|the|"
    rf"de|für|i|e|y)\s){{0,5}}{_LEGAL_FORM})"
)


_NAME_LABELS = """
    会社名|社名|商号|屋号|法人名|運営会社|運営者|販売業者|company name|legal name|business name|trading name|
    name of (?:the )?company|geschäftsbezeichnung|firmenname|firmierung|raison sociale|dénomination sociale|
    dénomination|razón social|denominación social|ragione sociale|denominazione sociale|denominazione|razão social|
    nome fantasia|nazwa firmy|bedrijfsnaam|handelsnaam|firmanavn|företagsnamn|företag|toiminimi|cégnév|
    a cég neve|наименование|полное наименование|название организации|상호|상호명|회사명|公司名称|企业名称
"""
_LABELLED = re.compile(
    rf"(?i)^(?:{'|'.join(label.strip() for label in _NAME_LABELS.split('|'))})\s?"
    r"(?:[:：]\s?(?P<name>\S.{1,70})|[:：]?)$"
)
_LABELS = frozenset(
    spelled
    for label in _NAME_LABELS.split("|")
    for spelled in (label.strip().replace("(?:the )?", ""), label.strip().replace("(?:the )?", "the "))
)
_COLON = re.compile("[:：]")
_FIELD = re.compile(
    r"(?i)\b(?:name|number|address|title|phone|e-?mail|message|website|subject|country|city|adresse|telefon|nummer)\b|\*$"
)


def _of_labels(lines: Sequence[str]) -> Iterator[Named]:
    """`会社名`, `Ragione sociale: …`: a table of facts says it outright; in a form the next label follows instead."""
    names: list[str] = []
    for place, line in enumerate(lines[:3000]):
        is_label = len(line) < 100 and _COLON.split(line, maxsplit=1)[0].strip().lower() in _LABELS
        label = _LABELLED.match(line) if is_label else None
        if label is None:
            continue
        following = lines[place + 1] if place + 1 < len(lines) else ""
        name = label["name"] or ("" if _FIELD.search(following) else following)
        if name and len(name) <= 80:
            names.append(name)
        if len(names) >= 2:
            break
    # One is the owner's own; several are a list of others, or the same table in two languages.
    yield from (Named(name, "labelled", 4.2 if len(names) == 1 else 2.0) for name in names)


def _may_hold_form(line: str) -> bool:
    """The first letters of the legal forms: few lines have any."""
    return _FORM_BEGINS.search(line, 0, 300) is not None


def _of_imprint(lines: Sequence[str]) -> Iterator[Named]:
    """The line after `Angaben gemäß § 5 TMG` and its like; and any line that ends in a legal form."""
    small = "\n".join(lines[:1500]).lower()
    has_imprint = any(mark in small for mark in _IMPRINT_MARKS)
    for place, line in enumerate(lines[:1500] if has_imprint else ()):
        if len(line) < 90 and _IMPRINT.search(line):
            rest = re.split(r":\s", line, maxsplit=1)
            names = [rest[1]] if len(rest) > 1 and rest[1] else list(lines[place + 1 : place + 2])
            for name in names:
                if len(name) <= 80:
                    yield Named(name, "imprint", 1.5)
    count = 0
    for line in lines[:3000]:
        match = _FORMS.search(line[:300]) if _may_hold_form(line) else None
        if match and len(match["name"].split()) >= 2:
            count += 1
            yield Named(match["name"], "legal form", 0.9 if match.end() == len(line) else 0.5)
        if count >= 6:
            return


def _of_address(lines: Sequence[str]) -> Iterator[Named]:
    """Who stands above the street, as on an envelope."""
    count = 0
    for place, line in enumerate(lines[:3000]):
        if place and len(line) < 120 and is_street(line):
            above = lines[place - 1]
            if 3 <= len(above) <= 60 and not re.search(r"\d{3}|[:?]$", above):
                yield Named(above, "address", 0.6)
            count += 1
        if count >= 3:
            return
