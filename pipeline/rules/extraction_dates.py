"""Dates that stand in a text, so that a date somebody claims can be looked for."""

import re
from datetime import date

_MONTHS = {
    1: "january jan januar jänner janvier enero gennaio januari",
    2: "february feb februar février fevrier febrero febbraio februari",
    3: "march mar märz maerz mars marzo maart mrz",
    4: "april apr avril abril aprile",
    5: "may mai mayo maggio mei",
    6: "june jun juni juin junio giugno",
    7: "july jul juli juillet julio luglio",
    8: "august aug août aout agosto augustus",
    9: "september sep sept septembre septiembre settembre",
    10: "october oct oktober okt octobre octubre ottobre",
    11: "november nov novembre noviembre",
    12: "december dec dezember dez décembre decembre diciembre dicembre",
}
_MONTH = {name: number for number, names in _MONTHS.items() for name in names.split()}
_NAME = "|".join(sorted(_MONTH, key=len, reverse=True))
_DAY_FIRST = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\.?\s+(?:de\s+)?({_NAME})\.?,?\s+(?:de\s+)?(\d{{4}})\b", re.I
)
_MONTH_FIRST = re.compile(rf"\b({_NAME})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b", re.I)
_MONTH_ONLY = re.compile(rf"\b({_NAME})\.?,?\s+(\d{{4}})\b", re.I)
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})")
_NUMERIC = re.compile(r"\b(\d{1,2})[./-](\d{1,2})[./-](\d{4})\b")


def dates_in(text: str) -> set[date]:
    """Every date written in the text; `03/04/2026` may be either of two."""
    found: set[date | None] = set()
    found |= {_date(year, month, day) for year, month, day in _ISO.findall(text)}
    found |= {_date(year, _MONTH[month.lower()], day) for day, month, year in _DAY_FIRST.findall(text)}
    found |= {_date(year, _MONTH[month.lower()], day) for month, day, year in _MONTH_FIRST.findall(text)}
    for one, other, year in _NUMERIC.findall(text):
        found |= {_date(year, other, one), _date(year, one, other)}
    return {day for day in found if day is not None}


def months_in(text: str) -> set[tuple[int, int]]:
    """Year and month of every month that is named with its year."""
    return {(int(year), _MONTH[month.lower()]) for month, year in _MONTH_ONLY.findall(text)}


def first_date(text: str) -> date | None:
    """The date a short line holds, read day first where that is open."""
    for pattern, order in ((_ISO, "ymd"), (_DAY_FIRST, "dmy"), (_MONTH_FIRST, "mdy"), (_NUMERIC, "dmy")):
        match = pattern.search(text)
        if match:
            parts = dict(zip(order, match.groups(), strict=True))
            month = parts["m"] if parts["m"].isdigit() else _MONTH[parts["m"].lower()]
            return _date(parts["y"], month, parts["d"])
    return None


def iso_date(text: object) -> date | None:
    """The date at the start of an ISO text, such as `datePublished` holds."""
    match = _ISO.match(text.strip()) if isinstance(text, str) else None
    return _date(*match.groups()) if match else None


def is_stated(claimed: date, text: str) -> bool:
    """The text states this date, or its month where the first of a month is claimed."""
    return claimed in dates_in(text) or (
        claimed.day == 1 and (claimed.year, claimed.month) in months_in(text)
    )


def _date(year: str | int, month: str | int, day: str | int) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
