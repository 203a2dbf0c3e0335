"""Gmail's search words, as far as a mail client of ours may use them: operators, quotes, minus and OR.

https://support.google.com/mail/answer/7190
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from sqlite3 import Row
from zoneinfo import ZoneInfo

TERM = re.compile(r'(-?)(?:([a-z_0-9]+):)?(?:"([^"]*)"|\(([^)]*)\)|\{([^}]*)\}|(\S+))', re.IGNORECASE)
PACIFIC = ZoneInfo("America/Los_Angeles")  # dates without a time are read in Google's own zone
PLACES = {
    "inbox": "INBOX",
    "sent": "SENT",
    "draft": "DRAFT",
    "drafts": "DRAFT",
    "trash": "TRASH",
    "spam": "SPAM",
}
STATES = {"unread": "UNREAD", "starred": "STARRED", "important": "IMPORTANT"} | PLACES
UNITS = {"d": 1, "m": 30, "y": 365}


@dataclass(frozen=True)
class Query:
    text: str
    labels: frozenset[str] = frozenset()
    spam_and_trash: bool = False


@dataclass(frozen=True)
class Reader:
    """Who asks, and when: `to:me` and `newer_than:` need it."""

    address: str
    now: datetime


def compiled(query: Query, reader: Reader) -> Callable[[Row], bool]:
    """Tells whether a message answers the query; trash and spam only where asked for."""
    groups = _groups(query.text)

    def matches(row: Row) -> bool:
        labels = set(json.loads(row["labels"]))
        if not query.labels <= labels:
            return False
        hidden = {"TRASH", "SPAM"} & labels
        if hidden and not query.spam_and_trash and not _asks_for(query, hidden):
            return False
        return all(any(term(row, labels, reader) for term in group) for group in groups)

    return matches


def _asks_for(query: Query, hidden: set[str]) -> bool:
    text = query.text.lower()
    return (
        "in:anywhere" in text or bool(hidden & query.labels) or any(f"in:{x.lower()}" in text for x in hidden)
    )


Check = Callable[[Row, set[str], Reader], bool]


def _groups(text: str) -> list[list[Check]]:
    """Terms that must all hold; the ones joined by OR are one group."""
    groups: list[list[Check]] = []
    joined = False
    for match in TERM.finditer(text):
        if match.group(0) in ("OR", "|"):
            joined = bool(groups)
            continue
        if match.group(0) == "AND":
            continue
        check = _check(match)
        if joined:
            groups[-1].append(check)
        else:
            groups.append([check])
        joined = False
    return groups


def _check(match: re.Match[str]) -> Check:
    minus, operator, quoted, grouped, braced, word = match.groups()
    positive = _positive((operator or "").lower(), quoted, grouped, braced, word)
    return (lambda row, labels, reader: not positive(row, labels, reader)) if minus else positive


def _positive(
    operator: str, quoted: str | None, grouped: str | None, braced: str | None, word: str | None
) -> Check:
    """One term without its minus: parentheses hold terms that must all match, braces any."""
    value = next(part for part in (quoted, grouped, braced, word) if part is not None)
    if operator and operator not in OPERATORS:
        return _words(f"{operator}:{value}")
    if quoted is not None or word is not None:
        return OPERATORS[operator](value)
    if operator:
        checks = [OPERATORS[operator](part) for part in value.split() if part not in ("AND", "OR")]
    else:
        checks = [_any(group) for group in _groups(value)]
    return _all(checks) if grouped is not None else _any(checks)


def _any(checks: list[Check]) -> Check:
    return lambda row, labels, reader: any(check(row, labels, reader) for check in checks)


def _all(checks: list[Check]) -> Check:
    return lambda row, labels, reader: all(check(row, labels, reader) for check in checks)


def _place(value: str) -> Check:
    label = PLACES.get(value.lower(), value.upper())
    return lambda row, labels, reader: value.lower() == "anywhere" or label in labels


def _state(value: str) -> Check:
    if value.lower() == "read":
        return lambda row, labels, reader: "UNREAD" not in labels
    return lambda row, labels, reader: STATES.get(value.lower(), value.upper()) in labels


def _label(value: str) -> Check:
    return lambda row, labels, reader: value.lower() in {label.lower() for label in labels}


def _column(column: str) -> Callable[[str], Check]:
    def check(value: str) -> Check:
        def holds(row: Row, labels: set[str], reader: Reader) -> bool:
            wanted = reader.address if value.lower() == "me" else value.lower()
            return wanted in row[column].lower()

        return holds

    return check


def _message_id(value: str) -> Check:
    return lambda row, labels, reader: row["message_id"].strip("<>") == value.strip("<>")


def _words(value: str) -> Check:
    wanted = value.lower()
    return lambda row, labels, reader: (
        wanted in " ".join((row["subject"], row["text"], row["sender"], row["recipients"])).lower()
    )


def _never(row: Row, labels: set[str], reader: Reader) -> bool:
    return False


def _after(value: str) -> Check:
    moment = _moment(value)
    return (lambda row, labels, reader: row["internal_ms"] >= moment * 1000) if moment is not None else _never


def _before(value: str) -> Check:
    moment = _moment(value)
    return (lambda row, labels, reader: row["internal_ms"] < moment * 1000) if moment is not None else _never


def _moment(value: str) -> float | None:
    """Seconds since 1970, or a date at midnight Pacific time."""
    if value.isdigit() and len(value) > 4:
        return float(value)
    match = re.fullmatch(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})", value)
    if match is None:
        return None
    try:
        return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=PACIFIC).timestamp()
    except ValueError:
        return None


def _age(newer: bool) -> Callable[[str], Check]:
    def check(value: str) -> Check:
        match = re.fullmatch(r"(\d+)([dmy])", value.lower())
        if match is None:
            return _never
        span = timedelta(days=int(match[1]) * UNITS[match[2]])
        return lambda row, labels, reader: (
            ((reader.now - span).timestamp() * 1000 <= row["internal_ms"]) is newer
        )

    return check


OPERATORS: dict[str, Callable[[str], Check]] = {
    "": _words,
    "in": _place,
    "is": _state,
    "label": _label,
    "from": _column("sender"),
    "to": _column("recipients"),
    "cc": _column("recipients"),
    "bcc": _column("recipients"),
    "subject": _column("subject"),
    "after": _after,
    "newer": _after,
    "before": _before,
    "older": _before,
    "newer_than": _age(True),
    "older_than": _age(False),
    "rfc822msgid": _message_id,
}


def page(rows: Iterable[Row], query: Query, reader: Reader, size: int) -> tuple[list[Row], bool]:
    """The first `size` rows that match, and whether more follow."""
    matches = compiled(query, reader)
    found: list[Row] = []
    for row in rows:
        if matches(row):
            if len(found) == size:
                return found, True
            found.append(row)
    return found, False
