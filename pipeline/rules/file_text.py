"""The text of a file that a person gave: read from any usual encoding, kept as gzip of UTF-8. Pure.

Everything goes in stretches: a file of 30 MB takes a few MB to read, whatever letters stand in it.
"""

import codecs
import gzip
import io
from collections.abc import Iterator
from typing import TextIO, cast

from charset_normalizer import CharsetMatch, from_bytes

from pipeline.errors import UserError

_PIECE = 1 << 20  # bytes, or characters
_JUDGED = 20_000  # characters by which text is told from what is none
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_NO_TEXT = "I can't read this file: it is no text. I take CSV files."
_CODE_PAGES = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "mac_roman"),
    *("shift_jis", "gb18030", "big5", "euc_kr"),
]


def packed(raw: bytes) -> bytes:
    """The file's text, as `opened` reads it. Raises UserError for what is no text."""
    if raw.startswith(_SPREADSHEETS):
        raise UserError(
            "This is a spreadsheet file. Save it as CSV (“File → Save as → CSV”), and drop that here."
        )
    out = io.BytesIO()
    judged = False
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=4, mtime=0) as zipped:
        for piece in _pieces(raw, _code_of(raw)):
            if not judged:
                _require_readable(piece[:_JUDGED])
                judged = True
            zipped.write(piece.replace("\x00", "").encode("utf-8", "replace"))
    return out.getvalue()


def opened(content: bytes) -> TextIO:
    """What `packed` made, as a file of text; ends of lines are as they were."""
    return cast(TextIO, gzip.open(io.BytesIO(content), "rt", encoding="utf-8", newline=""))


def _pieces(raw: bytes, code: str) -> Iterator[str]:
    text = io.TextIOWrapper(io.BytesIO(raw), encoding=code, errors="replace", newline="")
    while piece := text.read(_PIECE):
        yield piece


def _code_of(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for at in range(0, len(raw), _PIECE):
            decoder.decode(raw[at : at + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        code = _code_page(raw[:200_000])
        if code is None:
            raise UserError(_NO_TEXT) from None
        return code
    return "utf-8-sig"


def _code_page(raw: bytes) -> str | None:
    """The one in which the text looks most like a language: letters, no signs between; of two alike, the more
    usual."""

    def oddness(one: CharsetMatch) -> tuple[float, int, float, int]:
        signs = sum(character > "\x7f" and not character.isalpha() for character in str(one))
        return one.chaos, signs, -one.coherence, _CODE_PAGES.index(one.encoding)

    best = min(from_bytes(raw, cp_isolation=_CODE_PAGES), key=oddness, default=None)
    return best.encoding if best else None


def _require_readable(text: str) -> None:
    strange = sum(character < " " and character not in "\t\r\n" for character in text)
    if strange > len(text) / 50:
        raise UserError(_NO_TEXT)
