"""Reading a raw message of any kind without ever failing: headers, parts, text."""
# ruff: noqa: E501 (patterns and word lists are easier to read whole)

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from typing import cast

from selectolax.lexbor import LexborHTMLParser

MAX_RAW = 5_000_000
MAX_TEXT = 200_000
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,250}>")
_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]\\]+@[^\s<>\"'(),;:\[\]\\]+\.[A-Za-z0-9-]{2,}")
_PARSE_ERRORS = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)
# What mail programs wrap the quoted message in.
_QUOTE_NODES = (
    ".gmail_quote, .gmail_extra, blockquote[type=cite], .moz-cite-prefix, .yahoo_quoted, .protonmail_quote, "
    "#divRplyFwdMsg, #appendonsend, .zmail_extra, #OLK_SRC_BODY_SECTION, .gmail_attr, #mail-editor-reference-message-container"
)


@dataclass(frozen=True, slots=True)
class Text:
    plain: str
    from_html: bool
    quotes_removed: bool  # the HTML said which part is a quotation, and it is gone


def parse(raw: bytes) -> Message:
    """The message; one that can't be taken apart becomes its headers without a body."""
    raw = raw[:MAX_RAW]
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
        str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        for key, value in message.raw_items()
        if key.lower() == wanted
    ]


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
    """Every part, but nothing inside an attached message."""
    yield message
    payload = cast("list[Message] | str", message.get_payload())
    if isinstance(payload, list) and not message.get_content_type().startswith("message/"):
        for part in payload:
            yield from own_parts(part)


def text_of(message: Message) -> Text:
    """What a person would read: the plain part, or the HTML part as text."""
    plain: list[str] = []
    html: list[str] = []
    for part in own_parts(message):
        if part.is_multipart() or part.get_content_disposition() == "attachment":
            continue
        if part.get_content_type() == "text/plain":
            plain.append(part_text(part))
        elif part.get_content_type() == "text/html":
            html.append(part_text(part))
    joined = "\n".join(plain).strip()
    if joined or not html:
        return Text(joined, from_html=False, quotes_removed=False)
    return _html_text("\n".join(html))


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
    for name in (charset, "utf-8"):
        try:
            return raw.decode(name)
        except (LookupError, ValueError):
            continue
    return raw.decode("latin-1")


def _html_text(html: str) -> Text:
    tree = LexborHTMLParser(html)
    quoted = tree.css(_QUOTE_NODES)
    for node in quoted:
        # Outlook puts the quotation after its marker, not inside it.
        if node.attributes.get("id") in ("divRplyFwdMsg", "appendonsend"):
            _remove_following(node)
        node.decompose()
    for node in tree.css("script, style, head, title"):
        node.decompose()
    for node in tree.css("br, p, div, li, tr, h1, h2, h3, blockquote"):
        node.insert_before("\n")
    text = tree.body.text(separator="") if tree.body else ""
    lines = (" ".join(line.split()) for line in text.replace("\xa0", " ").split("\n"))
    return Text(
        re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), from_html=True, quotes_removed=bool(quoted)
    )


def _remove_following(node: object) -> None:
    following = getattr(node, "next", None)
    while following is not None:
        after = following.next
        following.decompose()
        following = after
