"""IMAP's grammar as far as the sandbox speaks it: reading commands, choosing messages, writing what was asked."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fnmatch import translate
from json import loads
from sqlite3 import Row
from typing import TypeAlias

from local.sandbox.mail import mime

Word: TypeAlias = "str | list[Word]"
LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r?\n$")
TOKEN = re.compile(rb'\s*(?:"((?:\\.|[^"\\])*)"|\{(\d+)\+?\}\r?\n|([()])|((?:[^\s()\[\]"{]|\[[^\]]*\])+))')
SECTION = re.compile(r"BODY(?:\.PEEK)?\[([^\]]*)\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class BadCommand(Exception):
    """Answered with BAD and these words."""


@dataclass(frozen=True)
class Folder:
    label: str
    mark: str  # its special use


FOLDERS = {
    "INBOX": Folder("INBOX", ""),
    "Sent Items": Folder("SENT", "\\Sent"),
    "Drafts": Folder("DRAFT", "\\Drafts"),
    "Junk": Folder("SPAM", "\\Junk"),
    "Trash": Folder("TRASH", "\\Trash"),
}


@dataclass(frozen=True)
class Item:
    """A message of a folder."""

    number: int
    uid: int
    flags: tuple[str, ...]
    arrived: datetime
    raw: bytes


def item(number: int, row: Row) -> Item:
    labels = loads(row["labels"])
    flags = [] if "UNREAD" in labels else ["\\Seen"]
    flags += ["\\Draft"] if "DRAFT" in labels else []
    arrived = datetime.fromtimestamp(row["internal_ms"] / 1000, UTC)
    return Item(number, row["seq"], tuple(flags), arrived, mime.with_crlf(row["raw"]))


def literal_of(line: bytes) -> tuple[int | None, bool]:
    """The size of the literal a line announces, and whether the client waits to be told to go on."""
    match = LITERAL.search(line)
    return (int(match[1]), not match[2]) if match else (None, False)


def parse(line: bytes) -> list[Word]:
    """Words, with lists in parentheses nested."""
    stack: list[list[Word]] = [[]]
    at = 0
    while at < len(line.rstrip()):
        match = TOKEN.match(line, at)
        if match is None:
            raise BadCommand("Syntax error")
        at = match.end()
        string, size, bracket, atom = match.groups()
        if bracket == b"(":
            stack.append([])
        elif bracket == b")":
            if len(stack) == 1:
                raise BadCommand("Unbalanced parenthesis")
            closed = stack.pop()
            stack[-1].append(closed)
        elif size is not None:
            stack[-1].append(_decoded(line[at : at + int(size)]))
            at += int(size)
        else:
            stack[-1].append(_decoded(re.sub(rb"\\(.)", rb"\1", string) if atom is None else atom))
    if len(stack) != 1:
        raise BadCommand("Unbalanced parenthesis")
    return stack[0]


def _decoded(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def text(word: Word) -> str:
    if not isinstance(word, str):
        raise BadCommand("A list stands where a word belongs")
    return word


def exactly(words: list[Word], count: int) -> list[Word]:
    if len(words) != count:
        raise BadCommand(f"{count} arguments are needed")
    return words


def quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def matches(pattern: str, name: str) -> bool:
    glob = pattern.replace("[", "[[]").replace("?", "[?]").replace("%", "*")
    return re.match(translate(glob), name, re.IGNORECASE) is not None


def folder_named(name: str) -> str | None:
    return "INBOX" if name.upper() == "INBOX" else name if name in FOLDERS else None


def chosen(numbers: str, items: list[Item], *, by_uid: bool) -> list[Item]:
    """The messages of a sequence set such as `1:3,7,9:*`."""
    wanted = _ranges(numbers, max((_key(one, by_uid) for one in items), default=0))
    return [one for one in items if any(low <= _key(one, by_uid) <= high for low, high in wanted)]


def _ranges(numbers: str, last: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for part in numbers.split(","):
        ends = [last if end == "*" else int(end) if end.isdigit() else -1 for end in part.split(":")]
        if len(ends) > 2 or -1 in ends:
            raise BadCommand("This is no sequence set")
        found.append((min(ends), max(ends)))
    return found


def _key(one: Item, by_uid: bool) -> int:
    return one.uid if by_uid else one.number


def search(asked: list[Word], items: list[Item]) -> list[Item]:
    """ALL, UID, SINCE, BEFORE, SEEN, UNSEEN, FROM, TO, SUBJECT, HEADER and sequence sets, all of which must hold."""
    given = [text(word) for word in asked]
    found = items
    while given:
        key = given.pop(0).upper()
        if key == "CHARSET":
            given.pop(0)
        elif key in ("SEEN", "UNSEEN"):
            found = [one for one in found if ("\\Seen" in one.flags) == (key == "SEEN")]
        elif key == "UID":
            found = [one for one in chosen(_next(given), items, by_uid=True) if one in found]
        elif key in ("SINCE", "BEFORE"):
            day = _day(_next(given))
            found = [one for one in found if (one.arrived.date() >= day) == (key == "SINCE")]
        elif key in ("FROM", "TO", "SUBJECT", "HEADER"):
            name = _next(given) if key == "HEADER" else key
            part = _next(given).lower()
            found = [one for one in found if part in mime.header(mime.read(one.raw), name).lower()]
        elif key != "ALL":
            found = [one for one in chosen(key, items, by_uid=False) if one in found]
    return found


def _next(given: list[str]) -> str:
    if not given:
        raise BadCommand("A search key lacks its argument")
    return given.pop(0)


def _day(value: str) -> date:
    match = re.fullmatch(r"(\d{1,2})-(\w{3})-(\d{4})", value)
    if match is None or match[2].title() not in MONTHS:
        raise BadCommand("This is no date")
    return date(int(match[3]), MONTHS.index(match[2].title()) + 1, int(match[1]))


def fetched(one: Item, what: str) -> bytes:
    """One attribute and its value, as FETCH answers it."""
    name = what.upper()
    arrived = f"{one.arrived.day:2d}-{MONTHS[one.arrived.month - 1]}-{one.arrived:%Y %H:%M:%S +0000}"
    plain = {
        "UID": f"UID {one.uid}",
        "FLAGS": f"FLAGS ({' '.join(one.flags)})",
        "RFC822.SIZE": f"RFC822.SIZE {len(one.raw)}",
        "INTERNALDATE": f'INTERNALDATE "{arrived}"',
    }
    if name in plain:
        return plain[name].encode()
    match = SECTION.fullmatch(what)
    if match is None:
        raise BadCommand(f"FETCH of {what[:40]} is not known")
    section, begin, length = match.groups()
    body = _section(one.raw, section)
    origin = ""
    if begin is not None:
        body, origin = body[int(begin) : int(begin) + int(length)], f"<{begin}>"
    return f"BODY[{section.upper()}]{origin} {{{len(body)}}}\r\n".encode() + body


def _section(raw: bytes, section: str) -> bytes:
    head, _, body = raw.partition(b"\r\n\r\n")
    asked = section.upper()
    if not asked:
        return raw
    if asked == "HEADER":
        return head + b"\r\n\r\n"
    if asked == "TEXT":
        return body
    fields = re.fullmatch(r"HEADER\.FIELDS(\.NOT)? \(([^)]*)\)", asked)
    if fields is None:
        raise BadCommand(f"BODY[{section[:40]}] is not known")
    names = fields[2].split()
    lines = re.findall(rb"(?:[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*)", head + b"\r\n")
    wanted = [
        line
        for line in lines
        if (line.partition(b":")[0].decode("latin-1").strip().upper() in names) != bool(fields[1])
    ]
    return b"".join(wanted) + b"\r\n"
