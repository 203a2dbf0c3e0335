"""How many people work somewhere, as a line of text says it. Pure.

“People” are counted only where the line says that they are staff; a year, hours, minutes and ages are none. What is
said of three plumbers tells that there are three, not that there are no more.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_WHICH = (
    r"(?:full[- ]time |part[- ]time |dedicated |talented |experienced |skilled |professional |licensed |"
    r"local |our )*"
)
_STAFF = (
    r"(?:employees|staff members|staff|team members|workers|colleagues|"
    r"mitarbeiter(?:innen|\*innen|:innen)?|mitarbeitende|beschäftigte|angestellte|employés|collaborateurs|salariés|"
    r"empleados|trabajadores|dipendenti|colaboradores|funcionários|medewerkers|pracowników|anställda|ansatte)"
)
_TRADES = (
    r"(?:professionals|plumbers|technicians|engineers|experts|specialists|associates|consultants|developers|"
    r"electricians|lawyers|attorneys|craftsmen|craftspeople)"
)
_PEOPLE = r"(?:people|personnes|personas|persone|personen|pessoas)"
_DIGITS = r"(\d{1,3}(?:[.,' ]\d{3})+|\d{1,6})"
_BEFORE, _AFTER = r"(?<![\d.,/$€£#-])", r"(?![\d/%]|[.,]\d)"
_NUMBER = f"{_BEFORE}{_DIGITS}{_AFTER}"
_MORE = (
    r"(?P<more>more than|over|at least|über|mehr als|mindestens|plus de|más de|oltre|mais de|meer dan|about|around|"
    r"some|approximately|rund|etwa|ca\.?|circa|environ|unos)?"
)
_COUNT = re.compile(rf"{_MORE}\s*{_NUMBER}(?P<plus>\+)?\s+{_WHICH}{_STAFF}\b(?! of the)", re.IGNORECASE)
_TRADE_COUNT = re.compile(rf"{_MORE}\s*{_NUMBER}(?P<plus>\+)?\s+{_WHICH}{_TRADES}\b", re.IGNORECASE)
_PEOPLE_WORK = re.compile(
    rf"{_MORE}\s*{_NUMBER}(?P<plus>\+)?\s+{_WHICH}{_PEOPLE}"
    r"(?= (?:strong|work for us|work here|work at|working (?:here|for us|at)|are employed|employed|"
    r"on (?:our|the) (?:team|staff)|in (?:our|the) team|on staff)\b)",
    re.IGNORECASE,
)
_WE = re.compile(
    rf"\b(?:we(?: are|'re|’re)|wir sind|nous sommes|somos|siamo)\s+(?:a \w+ of )?{_MORE}\s*{_NUMBER}(?P<plus>\+)?\s+"
    rf"{_WHICH}(?:{_STAFF}|{_TRADES}|{_PEOPLE})\b",
    re.IGNORECASE,
)
_TEAM = re.compile(
    rf"\b(?:team of|staff of|crew of|employs|employing|team aus|team von|"
    rf"beschäftig(?:t|en)(?: wir)?(?: heute| derzeit| aktuell| inzwischen)?|emploient?|emplean?|impiegano?|"
    rf"workforce of|équipe de|equipo de|squadra di|"
    rf"equipe de)\s+{_MORE}\s*{_NUMBER}(?P<plus>\+)?"
    r"(?!\s*[-–—]?\s*(?:%|percent|years?|jahre|ans|años|hours?|minutes?|locations|offices|\w+ (?:old|ago))\b)",
    re.IGNORECASE,
)
_LABEL = (
    r"\b(?:number of employees|employees|headcount|(?:company|team|firm) size|staff|mitarbeiter(?:zahl|anzahl)?|"
    r"effectif|empleados|dipendenti|medewerkers)"
)
_LABELLED = re.compile(rf"{_LABEL}\s*:\s*{_MORE}\s*{_NUMBER}(?P<plus>\+)?", re.IGNORECASE)
_TO = rf"{_BEFORE}{_DIGITS}\s?(?:-|–|—|to|bis|à)\s?{_DIGITS}{_AFTER}"
_RANGES = (
    re.compile(rf"{_TO}\s+{_WHICH}(?:{_STAFF}|{_PEOPLE})\b", re.IGNORECASE),
    re.compile(rf"{_LABEL}\s*:?\s*{_TO}", re.IGNORECASE),
)
_ABOUT = ("about", "around", "some", "approximately", "rund", "etwa", "ca.", "ca", "circa", "environ", "unos")
_NOT_STAFF = re.compile(
    r"\b(served|serving|customers?|clients?|helped|trained|users?|members? worldwide|attend|visitors?|reviews?|stars?|"
    r"trust(?:ed)?|(?:companies|businesses|teams|employers|organi[sz]ations|firms) (?:with|of|from|between|up to)|"
    r"up to|per (?:user|month|seat|employee)|your (?:team|staff|employees|company)|if you|do you)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Headcount:
    """`most` None: nothing is said of an upper end."""

    least: int
    most: int | None
    is_firm: bool = field(default=True, compare=False)  # of all who work there, not of some

    @property
    def in_words(self) -> str:
        if self.most is None:
            return f"more than {self.least - 1} people"
        return f"{self.least} people" if self.least == self.most else f"{self.least} to {self.most} people"


def headcounts(line: str) -> list[Headcount]:
    """Every statement of the line about how many people work there; “we served 500 people” is none."""
    return list(dict.fromkeys(_headcounts(line)))


def _headcounts(line: str) -> Iterator[Headcount]:
    if len(line) > 1000 or not any(character.isdigit() for character in line) or _NOT_STAFF.search(line):
        return
    ranges = [match for pattern in _RANGES for match in pattern.finditer(line)]
    for match in ranges:
        low, high = _int(match[1]), _int(match[2])
        if low <= high and not (_is_year(match[1]) and _is_year(match[2])):
            yield Headcount(low, high)
    if ranges:
        return
    read: set[int] = set()  # where numbers stand: each is read once
    for pattern in (_TEAM, _COUNT, _LABELLED, _WE, _PEOPLE_WORK, _TRADE_COUNT):
        for match in pattern.finditer(line):
            if match.start(2) not in read and (count := _count(match, is_trade=pattern is _TRADE_COUNT)):
                read.add(match.start(2))
                yield count


def _count(match: re.Match[str], *, is_trade: bool) -> Headcount | None:
    number, words = _int(match[2]), (match["more"] or "").strip().lower()
    is_firm = not is_trade and match.re not in (_WE, _PEOPLE_WORK)
    if not 0 < number < 3_000_000 or (_is_year(match[2]) and not words and not match["plus"]):
        return None
    if words in _ABOUT:
        return Headcount(round(number * 0.8), None if is_trade else round(number * 1.2), is_firm)
    if words:
        return Headcount(number + 1, None, is_firm)
    if match["plus"] or is_trade:
        return Headcount(number, None, is_firm)
    return Headcount(number, number, is_firm)


def _is_year(digits: str) -> bool:
    return re.fullmatch(r"(?:19|20)\d\d", digits) is not None


def _int(digits: str) -> int:
    return int(re.sub(r"\D", "", digits))
