"""Dates in the text of a page, in the ways English and German pages write them."""
# ruff: noqa: E501 (patterns are easier to read whole)

import re
from datetime import date

_NAMES = (
    ("jan", 1), ("feb", 2), ("mar", 3), ("mär", 3), ("apr", 4), ("may", 5), ("mai", 5), ("jun", 6), ("jul", 7), ("aug", 8),
    ("sep", 9), ("oct", 10), ("okt", 10), ("nov", 11), ("dec", 12), ("dez", 12),
)  # fmt: skip
_MONTH = r"(?P<{0}>Jan(?:uary|uar)?|Feb(?:ruary|ruar)?|Mar(?:ch)?|März?|Apr(?:il)?|May|Mai|June?|Juni|July?|Juli|Aug(?:ust)?|Sept?(?:ember)?|O[ck]t(?:ober)?|Nov(?:ember)?|De[cz](?:ember)?)\.?"
_PATTERNS = (
    re.compile(r"\b(?P<y>20\d\d)-(?P<m>\d\d)-(?P<d>\d\d)(?:T[\d:.+Z-]+)?"),
    re.compile(_MONTH.format("w") + r"\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>20\d\d)\b", re.IGNORECASE),
    re.compile(
        r"\b(?P<d>\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?" + _MONTH.format("w") + r",?\s+(?P<y>20\d\d)\b",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>20\d\d)\b"),
)


def found(text: str) -> list[tuple[str, int, int]]:
    """ISO date, start and end of each."""
    days: list[tuple[str, int, int]] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if day := _iso(match.groupdict()):
                days.append((day, match.start(), match.end()))
    return sorted(days, key=lambda one: one[1])


def _iso(parts: dict[str, str]) -> str:
    month = (
        int(parts["m"])
        if parts.get("m")
        else next((n for name, n in _NAMES if parts["w"].lower().startswith(name)), 0)
    )
    try:
        return date(int(parts["y"]), month, int(parts["d"])).isoformat()
    except ValueError:
        return ""
