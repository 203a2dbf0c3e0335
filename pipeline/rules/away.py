"""When somebody who is away comes back, by the words of their automatic answer."""
# ruff: noqa: E501 (patterns are easier to read whole)

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

FURTHEST = timedelta(days=400)
_MONTH_NAMES = (
    "january jan januar jänner janvier janv enero ene gennaio gen januari janeiro tammikuu",
    "february feb februar février févr fevrier febrero febbraio februari fevereiro fev",
    "march mar märz maerz mrz mars marzo maart mrt março marco",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag mei maio maj",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug août aout agosto ago augustus augusti",
    "september sep sept septembre septiembre settembre set setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro desember",
)
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
_DAY_NAMES = (
    "monday mon montag mo lundi lunes lunedì lunedi maandag segunda segunda-feira måndag mandag",
    "tuesday tue dienstag mardi martes martedì martedi dinsdag terça terça-feira tisdag tirsdag",
    "wednesday wed mittwoch mercredi miércoles miercoles mercoledì mercoledi woensdag quarta quarta-feira onsdag",
    "thursday thu thurs donnerstag jeudi jueves giovedì giovedi donderdag quinta quinta-feira torsdag",
    "friday fri freitag vendredi viernes venerdì venerdi vrijdag sexta sexta-feira fredag",
    "saturday samstag samedi sábado sabado sabato zaterdag lördag lørdag",
    "sunday sonntag dimanche domingo domenica zondag söndag søndag",
)
WEEKDAYS = {name: number for number, names in enumerate(_DAY_NAMES) for name in names.split()}
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_WEEKDAY = "|".join(sorted((name for name in WEEKDAYS if name not in ("mo", "mon")), key=len, reverse=True))
_BEFORE = rf"(?:(?:{_WEEKDAY}|mon?|di|mi|do|fri?|sa|sat|so|sun|wed|lun|mar|mer|jeu|ven)\b[.,]?\s*(?:(?:den|dem|the|el|le|il|dia|de)\s+)?)?"
_DATE = (
    rf"{_BEFORE}(?:"
    r"(?P<iy>\d{4})-(?P<im>\d{2})-(?P<id>\d{2})"
    r"|(?P<pd>\d{1,2})\.\s?(?P<pm>\d{1,2})\.(?:\s?(?P<py>\d{4}|\d{2})(?!\d))?"
    r"|(?P<s1>\d{1,2})(?P<sep>[/-])(?P<s2>\d{1,2})(?:(?P=sep)(?P<sy>\d{4}|\d{2}))?(?!\d)"
    rf"|(?P<d1>\d{{1,2}})(?:st|nd|rd|th|er|\.|º|°)?\s*(?:of\s+|de\s+)?(?P<m1>{_MONTH})\b\.?,?(?:\s+(?:de\s+)?(?P<y1>\d{{4}}))?"
    rf"|(?P<m2>{_MONTH})\b\.?\s+(?:the\s+)?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d)(?:,?\s+(?P<y2>\d{{4}}))?"
    r")"
)
_SMALL = (
    r"\s*(?:[:,]|on|the|from|again|als|am|ab|den|dem|zum|und mit|einschließlich|einschliesslich|inclusive|including|"
    r"le|el|il|al|du|au|dia|día|op|en met|and including|be|in|office|work|of|next|bureau|büro|buro|ufficio|later|than|"
    r"at|my desk|online|morning|until|til|before|after|start|date|return|back|by)*\s*"
)
# The strongest first: when one says "back", then until when.
_BACK = (
    r"(?:\bback\b|\breturn(?:ing)?\b|\bavailable again\b|\bresume\b|\bwieder\b|\bzurück\b|\brückkehr\b|\bzurueck\b|"
    r"\berreichbar ab\b|\bde retour\b|\bretour\b|\breviens\b|\bserai de retour\b|\bà partir du\b|\bregres\w*|\bvuelvo\b|"
    r"\bvolver\w*|\bde vuelta\b|\bincorpor\w*|\ba partir del\b|\brientr\w*|\btorn\w+|\bdi nuovo\b|\bterug\b|\bvoltar\w*|"
    r"\bretorn\w+|\bde volta\b|\btillbaka\b|\btilbage\b|\btilbake\b)"
)
_UNTIL = (
    r"(?:\buntil\b|\btill?\b|\bthrough\b|\bthru\b|\bto\b|\bup to\b|\bbis\b|\bjusqu['’ ]?(?:au|à)\b|\bau\b|\bhasta\b|"
    r"\bal\b|\bfino a(?:l|d)?\b|\btot\b|\bt/m\b|\baté\b|\bao?\b|\btill och med\b|\bindtil\b|\bto include\b|[–—-])"
)
_BACK_DATE = re.compile(
    rf"(?:{_BACK}(?:[^.\n]|\.(?=\d)){{0,40}}?|\bab(?: dem| den)?\s+)" + _DATE, re.IGNORECASE
)
_UNTIL_DATE = re.compile(_UNTIL + _SMALL + _DATE, re.IGNORECASE)
_DAY_ONLY = re.compile(
    rf"(?:{_BACK}|\buntil\b|\btill\b|\bbis\b|\bjusqu['’]?au?\b|\bhasta\b|\bfino a\b|\btot\b|\baté\b)(?:[^.\n\d]){{0,25}}?\b(?P<day>{_WEEKDAY})\b"
    r"(?!\s*[,.]?\s*(?:den\s+|the\s+)?\d)",
    re.IGNORECASE,
)
_TOMORROW = re.compile(
    rf"{_BACK}[^.\n]{{0,20}}\b(?:tomorrow|morgen|demain|mañana|domani|amanhã)\b", re.IGNORECASE
)
_NEXT_WEEK = re.compile(
    rf"{_BACK}[^.\n]{{0,20}}\b(?:next week|nächste woche|la semaine prochaine|la próxima semana|la prossima settimana)\b",
    re.IGNORECASE,
)
_GONE = re.compile(
    r"\b(?:no longer (?:works?|working|employed|with|at|part of)|(?:has|have) left (?:the )?(?:company|organi[sz]ation|business|firm|us\b)|"
    r"left the company|nicht mehr (?:für|bei|im unternehmen|in unserem)|hat (?:das|unser) unternehmen verlassen|"
    r"ausgeschieden|ne (?:travaille|fait) plus|a quitté (?:la société|l['’]entreprise)|ya no (?:trabaja|forma parte)|"
    r"non lavora più|niet (?:meer|langer) werkzaam|não trabalha mais|this (?:mailbox|address|account) is no longer (?:monitored|in use|active))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Away:
    """`returns_on`: the day of return, None where none is stated or it could be read in two ways."""

    returns_on: date | None
    gone: bool = False  # the person has left for good


def read(text: str, received_on: date) -> Away:
    """What an automatic answer, received on that day, says of somebody's return."""
    text = text[:10_000]
    if _GONE.search(text):
        return Away(None, gone=True)
    for pattern in (_BACK_DATE, _UNTIL_DATE):
        readings = [_read(match, received_on) for match in pattern.finditer(text)]
        found = list(_plausible(readings, received_on))
        if found:
            return Away(max(found))
        if any(reading is None for reading in readings):
            return Away(None)
    return Away(_relative(text, received_on))


def _plausible(readings: Iterable[date | None], received_on: date) -> Iterable[date]:
    return (day for day in readings if day is not None and received_on <= day <= received_on + FURTHEST)


def _read(match: re.Match[str], received_on: date) -> date | None:
    """The date of a match; None when day and month could change places."""
    found = match.groupdict()
    if found["im"]:
        return _day(found["iy"], int(found["im"]), int(found["id"]), received_on)
    if found["pm"]:
        return _day(found["py"], int(found["pm"]), int(found["pd"]), received_on)
    if found["s1"]:
        return _slashed(int(found["s1"]), int(found["s2"]), found["sy"], received_on)
    month = found["m1"] or found["m2"]
    return _day(
        found["y1"] or found["y2"], MONTHS[month.lower()], int(found["d1"] or found["d2"]), received_on
    )


def _slashed(first: int, second: int, year: str | None, received_on: date) -> date | None:
    if first == second or (first > 12 and second <= 12):
        return _day(year, second, first, received_on)
    if second > 12 and first <= 12:
        return _day(year, first, second, received_on)
    return None


def _day(year: str | None, month: int, day: int, received_on: date) -> date | None:
    """Without a year: the next such day, or one just past."""
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
        near = date(received_on.year, month, day)
        return near if near >= received_on - timedelta(days=120) else date(received_on.year + 1, month, day)
    except ValueError:
        return None


def _relative(text: str, received_on: date) -> date | None:
    if _TOMORROW.search(text):
        return received_on + timedelta(days=1)
    match = _DAY_ONLY.search(text)
    if match:
        ahead = (WEEKDAYS[match["day"].lower()] - received_on.weekday()) % 7 or 7
        return received_on + timedelta(days=ahead)
    if _NEXT_WEEK.search(text):
        return received_on + timedelta(days=7 - received_on.weekday())
    return None
