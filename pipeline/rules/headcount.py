"""How many people work somewhere, as a line of text says it. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WHO = (
    r"(?:full[- ]time |part[- ]time |dedicated |talented |experienced |skilled |professional |licensed |local |our )*"
    r"(?:employees|people|staff|team members|staff members|workers|professionals|plumbers|technicians|engineers|"
    r"colleagues|experts|specialists|associates|mitarbeiter(?:innen|\*innen|:innen)?|beschäftigte|angestellte|"
    r"employés|collaborateurs|salariés|personnes|empleados|trabajadores|personas|dipendenti|persone|colaboradores|"
    r"funcionários|medewerkers|pracowników)"
)
_NUMBER = r"(\d{1,3}(?:[.,' ]\d{3})+|\d{1,6})"
_RANGE = re.compile(rf"\b{_NUMBER}\s?(?:-|–|—|to|bis|à)\s?{_NUMBER}\s+{_WHO}\b", re.IGNORECASE)
_COUNT = re.compile(
    rf"(?P<more>more than|over|at least|über|mehr als|mindestens|plus de|más de|oltre|mais de|meer dan)?\s*"
    rf"(?<![\d.,])\b{_NUMBER}(?P<plus>\+)?\s+{_WHO}\b",
    re.IGNORECASE,
)
_TEAM = re.compile(
    rf"\b(?:team of|staff of|crew of|we(?: are|'re)|employs|employing|employees?:|headcount:?|team aus|"
    rf"mitarbeiterzahl:?|company size:?|workforce of|équipe de|equipo de|squadra di|equipe de)\s+"
    rf"(?P<more>more than |over |about |around |some |approximately |über |rund |ca\. ?)?{_NUMBER}(?P<plus>\+)?"
    r"(?!\s*(?:%|percent|years|jahre|ans|años|locations|offices|\w+ (?:old|ago)))\b",
    re.IGNORECASE,
)
_NOT_STAFF = re.compile(
    r"\b(served|serving|customers?|clients?|helped|trained|users?|members? worldwide|attend|visitors?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Headcount:
    """`most` None: nothing is said of an upper end."""

    least: int
    most: int | None

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
    for match in _RANGE.finditer(line):
        low, high = _int(match[1]), _int(match[2])
        if low <= high:
            yield Headcount(low, high)
    if _RANGE.search(line):
        return
    for pattern in (_COUNT, _TEAM):
        for match in pattern.finditer(line):
            number = _int(match[2])
            if not 0 < number < 3_000_000:
                continue
            words = (match["more"] or "").strip().lower()
            if words in ("about", "around", "some", "approximately", "rund", "ca."):
                yield Headcount(round(number * 0.8), round(number * 1.2))
            elif words:
                yield Headcount(number + 1, None)
            elif match["plus"]:
                yield Headcount(number, None)
            else:
                yield Headcount(number, number)


def _int(digits: str) -> int:
    return int(re.sub(r"\D", "", digits))
