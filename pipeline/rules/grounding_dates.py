"""Dates as sentences write them, in the languages emails are written in."""

import re
from collections.abc import Iterable

Date = tuple[int | None, int, int | None]  # year, month, day

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januar janvier enero jan gennaio janeiro januari",
            "february februar février febrero feb febbraio fevereiro februari",
            "march märz mars marzo mar março maart",
            "april avril abril apr aprile",
            "may mai mayo maggio maio mei maj",
            "june juni juin junio jun giugno junho",
            "july juli juillet julio jul luglio julho",
            "august août agosto aug augustus augusti",
            "september septembre septiembre sept sep settembre setembro",
            "october oktober octobre octubre oct okt ottobre outubro",
            "november novembre noviembre nov novembro",
            "december dezember décembre diciembre dec dez dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
DATE = re.compile(
    rf"\b(?P<y1>\d{{4}})-(?P<m1>\d{{2}})-(?P<d1>\d{{2}})\b"
    r"|(?<![\d./])(?P<a>\d{1,2})(?P<sep>[./])(?P<b>\d{1,2})(?P=sep)(?P<y5>\d{4})\b"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th|\.|er|º|°)?\s+(?:of\s+|de\s+)?(?P<m2>{MONTH})\b\.?,?(?:\s+(?:de\s+)?(?P<y2>\d{{4}}))?"
    rf"|\b(?P<m3>{MONTH})\b\.?\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d),?(?:\s+(?P<y3>\d{{4}}))?"
    rf"|\b(?P<m4>{MONTH})\b\.?,?\s+(?:de\s+)?(?P<y4>\d{{4}})\b",
    re.IGNORECASE,
)
_LONG = "|".join(
    sorted((name for name in MONTHS if len(name) > 3 or name in ("mai", "mei", "maj")), key=len, reverse=True)
)
_ALONE = re.compile(
    r"\b(?:in|since|last|this|next|of|by|im|seit|ab|en|depuis|desde|em|nel|da|dal|a|sinds|fin)\s+"
    rf"(May|{_LONG})\b",
)  # fmt: skip
_SINCE = re.compile(rf"\b(?:since|last|seit|depuis|desde|sinds|sedan|dal?)\s+({_LONG})\b", re.IGNORECASE)
_AMBIGUOUS = frozenset(
    ["march", "mars", "mayo", "maggio", "marzo", "março", "june", "avril", "abril", "august"]
)
_NOTHING_ELSE = re.compile(
    rf"\b(?:{'|'.join(name for name in MONTHS if len(name) > 4 and name not in _AMBIGUOUS)})\b", re.IGNORECASE
)
_ALONE_ANY_CASE = re.compile(_ALONE.pattern.replace("(May|", "("), re.IGNORECASE)


# Words by which a sentence speaks of the telling, not of what was told.
_TELLING = re.compile(
    r"\b(?:announc|news|press\b|publish|post(?:s|ed)?\b|wr[io]te|written|read\b|saw\b|seen\b|article|interview|report|said\b|"
    r"says\b|told\b|shared\b|release|piece\b|story\b|blog|stat(?:ed|ement)|as of\b|listed|"
    r"meldung|meldete|gemeldet|nachricht|beitrag|artikel|presse|mitteil|schrieb|geschrieben|veröffentlicht|gelesen|"
    r"ankünd|angekündigt|bekannt|annonc|publi|écri|lu\b|communiqué|entretien|nouvelle|anunci|escrib|leí\b|artículo|nota\b|"
    r"noticia|notícia|entrevista|comunicad|annunci|pubblic|articolo|letto\b|scritto|intervista|notizia|artigo|aankond|"
    r"gepubliceerd|bericht|gelezen)",
    re.IGNORECASE,
)


def speaks_of_the_telling(sentence: str) -> bool:
    """“Your news of 5 March”: there the day of publication is the day meant. “Opened on 5 March” means another."""
    return _TELLING.search(sentence) is not None


def dates_in(text: str) -> list[tuple[str, tuple[Date, ...]]]:
    """Each date with what it may mean: 03/04/2026 is two days."""
    return [(match.group().strip(" .,"), _readings(match)) for match in DATE.finditer(text)]


def months_alone(text: str, *, strict: bool = False, asks: bool = False) -> list[tuple[str, int]]:
    """Months named without a day or year, after a preposition; “may” in small letters is a verb. `strict`: wherever
    they stand, where the word means nothing else. `asks`: a question may propose one, unless it says since when."""
    rest = DATE.sub(" ", text)
    if asks:
        return [(match[1], MONTHS[match[1].lower()]) for match in _SINCE.finditer(rest)]
    found = {match.start(1): match.group(1) for match in _ALONE.finditer(rest)}
    found |= {
        match.start(1): match.group(1)
        for match in _ALONE_ANY_CASE.finditer(rest)
        if match.group(1) not in ("may", "march")
    }
    if strict:
        found |= {match.start(): match.group() for match in _NOTHING_ELSE.finditer(rest)}
    return [(word, MONTHS[word.lower()]) for _, word in sorted(found.items())]


def without_dates(text: str) -> str:
    return DATE.sub(" ", text)


def stands(readings: Iterable[Date], known: Iterable[Date]) -> bool:
    """Vaguer than the source is fine ("in May" for 3 May 2026), more exact is not."""
    theirs = list(known)
    return any(
        month == their[1] and (year is None or year == their[0]) and (day is None or day == their[2])
        for year, month, day in readings
        for their in theirs
    )


def _readings(match: re.Match[str]) -> tuple[Date, ...]:
    found = match.groupdict()
    if found["y5"]:
        first, second, year = int(found["a"]), int(found["b"]), int(found["y5"])
        pairs = ((second, first), (first, second)) if found["sep"] == "/" else ((second, first),)
        return tuple((year, month, day) for month, day in pairs if 1 <= month <= 12)
    year = next((int(found[name]) for name in ("y1", "y2", "y3", "y4") if found[name]), None)
    day = next((int(found[name]) for name in ("d1", "d2", "d3") if found[name]), None)
    month = found["m1"] or next(found[name] for name in ("m2", "m3", "m4") if found[name])
    return ((year, int(month) if month.isdigit() else MONTHS[month.lower()], day),)
