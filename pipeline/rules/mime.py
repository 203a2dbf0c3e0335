"""Reading a raw message of any kind without ever failing: headers, parts, text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from typing import cast

from pipeline.rules import html_mail

MAX_RAW = 5_000_000
MAX_REPORT = 150_000
MAX_TEXT = 200_000
MAX_HEADER = 20_000
MOST_PARTS = 500
DEEPEST = 30
# What a charset's name stands for in practice: the superset that programs really write (WHATWG Encoding).
_MEANT = {
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "big5": "cp950",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-9": "cp1254",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "unicode-1-1-utf-7": "utf-7",
    "unknown-8bit": "utf-8",
    "8bit": "utf-8",
    "default": "utf-8",
    "utf8": "utf-8",
}
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,250}>")
_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]\\@]{1,128}@[^\s<>\"'(),;:\[\]\\@]{1,200}\.[A-Za-z0-9-]{2,63}")
_BLANK_LINES = re.compile(rb"(?:\r?\n){4,}")
_PARSE_ERRORS = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)


@dataclass(frozen=True, slots=True)
class Text:
    plain: str
    from_html: bool


def parse(raw: bytes) -> Message:
    """The message; one that can't be taken apart becomes its headers without a body."""
    # The parser makes a message of every paragraph of a delivery report; its meaning is at the top.
    raw = raw[:MAX_RAW]
    if b"delivery-status" in raw[:MAX_REPORT].lower():
        raw = _BLANK_LINES.sub(b"\r\n\r\n", raw[:MAX_REPORT])
    try:
        return BytesParser().parsebytes(raw)
    except _PARSE_ERRORS:
        return BytesHeaderParser().parsebytes(raw.split(b"\n\n", 1)[0][:100_000] + b"\n\n")


def header(message: Message, name: str) -> str:
    """A header as text, decoded, on one line; empty if it is not there."""
    return next((_decoded(value) for value in raw_values(message, name)), "")


def raw_values(message: Message, name: str) -> list[str]:
    """A header's values as they came; bytes beyond ASCII, which RFC 6532 allows, are read as UTF-8."""
    wanted = name.lower()
    return [
        _unescaped(str(value)[:MAX_HEADER], message)
        for key, value in message.raw_items()
        if key.lower() == wanted
    ]


def _unescaped(value: str, message: Message) -> str:
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except ValueError:
        return _text_of(raw, _body_charset(message))


def _body_charset(message: Message) -> str:
    """The charset of the first text part: raw bytes in a header are most likely of the same."""
    for part in own_parts(message):
        try:
            charset = part.get_content_charset()
        except _PARSE_ERRORS:
            continue
        if charset:
            return charset
    return "utf-8"


def _decoded(value: str) -> str:
    try:
        parts = decode_header(value)
    except _PARSE_ERRORS:
        return " ".join(value.split())
    pieces = [
        part if isinstance(part, str) else _text_of(part, charset or "utf-8") for part, charset in parts
    ]
    return " ".join("".join(pieces).split())


def addresses(message: Message, name: str) -> list[tuple[str, str]]:
    """(display name, address in lower case) of an address header, leniently."""
    values = [_decoded(value) for value in raw_values(message, name)]
    try:
        pairs = [(shown, address) for shown, address in getaddresses(values) if "@" in address]
    except _PARSE_ERRORS:
        pairs = []
    if not pairs:
        pairs = [("", match.group()) for value in values for match in _ADDRESS.finditer(value)]
    return [(shown.strip(), address.strip("<> ").lower()) for shown, address in pairs]


def message_ids(message: Message, name: str) -> list[str]:
    """The Message-IDs of a header, with their angle brackets."""
    return [match.group() for value in raw_values(message, name) for match in _MESSAGE_ID.finditer(value)]


def date_of(message: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(header(message, "Date"))
    except _PARSE_ERRORS:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def own_parts(message: Message) -> Iterator[Message]:
    """Every part in order, but nothing inside an attached message, nor deeper or more than anybody writes."""
    waiting: list[tuple[Message, int]] = [(message, 0)]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part, depth = waiting.pop()
        yield part
        payload = cast("list[Message] | str", part.get_payload())
        if isinstance(payload, list) and depth < DEEPEST and not _is_attached_message(part):
            waiting += [(inner, depth + 1) for inner in reversed(payload)]


def _is_attached_message(part: Message) -> bool:
    return part.get_content_type().startswith("message/")


def text_of(message: Message) -> Text:
    """What a person would read: the plain part, or the HTML part as text."""
    plain: list[str] = []
    html: list[str] = []
    for part in own_parts(message):
        if part.is_multipart() or part.get_content_disposition() == "attachment":
            continue
        if part.get_content_type() == "text/plain":
            plain.append(_unflowed(part))
        elif part.get_content_type() == "text/html":
            html.append(part_text(part))
    if message.get_content_maintype() == "multipart" and not message.is_multipart():
        plain.append(part_text(message))  # its boundary is nowhere to be found
    joined = "\n".join(plain).strip()
    if joined or not html:
        return Text(joined, from_html=False)
    return Text(html_mail.text_of("\n".join(html)), from_html=True)


def _unflowed(part: Message) -> str:
    """The text of a plain part, the soft line breaks of `format=flowed` taken out (RFC 3676)."""
    text = part_text(part)
    if str(part.get_param("format") or "").lower() != "flowed":
        return text
    glue = "" if str(part.get_param("delsp") or "").lower() == "yes" else " "
    lines: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:].removeprefix(" ")
        soft = words.endswith(" ") and words != "-- "
        if depth == open_depth and words.strip() and words != "-- ":
            lines[-1] = lines[-1].rstrip(" ") + glue + (words if soft else words.rstrip())
        else:
            lines.append(">" * depth + (" " if depth else "") + words)
        open_depth = depth if soft else -1
    return "\n".join(lines)


def part_text(part: Message) -> str:
    """The decoded text of one part, whatever its charset claims."""
    try:
        payload = part.get_payload(decode=True)
    except _PARSE_ERRORS:
        payload = None
    if not isinstance(payload, bytes):
        inner = part.get_payload()
        return inner[:MAX_TEXT] if isinstance(inner, str) else ""
    try:
        charset = part.get_content_charset() or "utf-8"
    except _PARSE_ERRORS:
        charset = "utf-8"
    return _text_of(payload, charset).replace("\r\n", "\n").replace("\r", "\n")[:MAX_TEXT]


def _text_of(raw: bytes, charset: str) -> str:
    """Bytes of which the charset may be a lie: as said, as UTF-8, else what browsers take it for."""
    name = _MEANT.get(charset.lower().strip("\"' "), charset)
    for said in (name, "utf-8"):
        try:
            return raw.decode(said)
        except (LookupError, ValueError):
            continue
    for said in ("utf-8", name):
        try:
            loose = raw.decode(said, "replace")
        except (LookupError, ValueError):
            continue
        if loose.count("\ufffd") * 20 < len(loose):
            return loose
    return raw.decode("cp1252", "replace")
