"""Bytes of a page to text, whatever they are: by byte order mark, server, meta tag, else by trying."""

import codecs
import re

MOST_BYTES = 5_000_000  # of a page; what lies behind is not read
_META = re.compile(rb"<meta[^>]{1,300}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_BINARY = (
    b"%PDF-",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x7fELF",
    b"\xd0\xcf\x11",
)
_MOST_NULS = 0.05  # a share; more are no text


def decode_page(body: bytes, declared: str | None = None) -> str:
    """`declared`: the charset of the server's header. A picture, PDF or archive gives no text at all."""
    body = body[:MOST_BYTES]
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    if body.lstrip()[:8].startswith(_BINARY) or body[:4000].count(0) > _MOST_NULS * len(body[:4000]) > 0:
        return ""
    text = _utf8(body)
    if text is not None:
        return text
    meta = _META.search(body[:8192])
    for encoding in (declared, meta[1].decode("ascii", "replace") if meta else None):
        text = _strictly(body, encoding) if encoding else None
        if text is not None:
            return text
    return _strictly(body, "utf-8") or body.decode("cp1252", "replace")


def _utf8(body: bytes) -> str | None:
    """Bytes that are right as UTF-8 and more than ASCII are UTF-8, whatever is declared: no other charset's text
    looks so by chance, and stored pages keep the meta tag of the charset they once had."""
    try:
        text = body.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        if error.start < len(body) - 4 or len(body) < MOST_BYTES:
            return None
        text = body[: error.start].decode("utf-8")
    return None if text.isascii() else text


def _strictly(body: bytes, encoding: str) -> str | None:
    """None where the bytes are plainly of another charset: pages declare one and are written in another."""
    try:
        text = body.decode("cp1252" if encoding.lower() in ("iso-8859-1", "latin1") else encoding, "replace")
    except (LookupError, ValueError, TypeError):
        return None
    broken = text.count("\ufffd")
    strange = sum(not character.isascii() for character in text) - broken if broken else 0
    return None if broken and strange <= 5 * broken else text
