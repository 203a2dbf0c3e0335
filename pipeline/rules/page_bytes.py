"""What a body really is, whatever its headers say, and its characters. Pure.

Order of charsets: byte order mark; then UTF-8 wherever the bytes are valid UTF-8 beyond ASCII (in another charset
that does not happen by chance); then the header, the meta tag, a guess by the bytes, Windows-1252. Labels mean
what browsers take them for (WHATWG Encoding Standard).
"""

import codecs
import re

from charset_normalizer import from_bytes

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META = re.compile(
    rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE
)
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"RIFF", "a media file"),
    (b"\x1aE\xdf\xa3", "a media file"),
    (b"ID3", "a media file"),
    (b"PK\x03\x04", "a packed file"),
    (b"\x1f\x8b", "a packed file"),
    (b"Rar!", "a packed file"),
    (b"7z\xbc\xaf", "a packed file"),
    (b"BZh", "a packed file"),
    (b"\x28\xb5\x2f\xfd", "a packed file"),
    (b"\xfd7zXZ", "a packed file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
    (b"{\\rtf", "an office document"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
)
_KINDS = (
    ("pdf", "a PDF"),
    ("image/", "an image"),
    ("audio/", "a media file"),
    ("video/", "a media file"),
    ("font/", "a font"),
    ("zip", "a packed file"),
    ("msword", "an office document"),
    ("officedocument", "an office document"),
    ("javascript", "a script"),
    ("css", "a style sheet"),
    ("octet-stream", "a binary file"),
)
_TEXT_TYPES = re.compile(
    r"text/(html|plain|xml|x-\w+|markdown)|application/(xhtml\+xml|xml|ld\+json|json|rss\+xml|atom\+xml)"
)
_HTML = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|!--|html|head|body|\?xml|title|meta|div|p\b|h[1-6]\b)",
    re.IGNORECASE,
)
# What pages label otherwise than they mean it, and Python's names for what browsers decode with.
_LABELS = {
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "l1": "cp1252", "ascii": "cp1252",
    "us-ascii": "cp1252", "ansi": "cp1252", "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "korean": "cp949", "big5": "big5hkscs",
    "utf8": "utf-8", "unicode": "utf-16-le", "utf-16": "utf-16-le",
    "x-mac-roman": "mac-roman", "macintosh": "mac-roman",
}  # fmt: skip
_KNOWN = re.compile(
    r"utf[-_]?8|utf[-_]16[-_][lb]e|iso[-_]?8859[-_]\d+|windows-\d{3,4}|cp\d{3,4}|koi8[-_][ru]|gb18030|big5\w*"
    r"|euc[-_]\w+|iso[-_]2022[-_]jp|mac[-_]\w+|hz.*"
)
_ESCAPED = re.compile(r"utf[-_]16|iso[-_]2022|hz")  # ASCII bytes that mean something else
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\x0c\r\x1b")  # ISO-2022 escapes its letters
_PRINTED = re.compile(rb"[\t\n\r -~\x80-\xff]+")
_GUESS_FROM = 65_536
_BROKEN = re.compile("[\ufffd\ue000-\uf8ff]")  # not decoded, or to what no charset means
_RIGHT_TO_WRONG = 5  # letters beyond ASCII that came out right, for each that did not


def kind_of_type(content_type: str) -> str | None:
    """What a page's content type says it is instead of a text, in words; None for a text and for none at all."""
    bare = content_type.partition(";")[0].strip().lower()
    if not bare or _TEXT_TYPES.fullmatch(bare):
        return None
    return next((words for mark, words in _KINDS if mark in bare), bare[:60])


def kind_of_bytes(body: bytes) -> str | None:
    """What the body is instead of a text, in words, whatever its type says; None for a text."""
    head = body[:1024]
    for magic, words in _MAGIC:
        if head.startswith(magic):
            return words
    if head[4:8] == b"ftyp":
        return "a media file"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _looks_like_utf16(head):
        return None
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return "a binary file" if head.count(0) > len(head) // 100 or controls > len(head) // 20 else None


def looks_like_html(body: bytes) -> bool:
    return _HTML.match(body[:1024]) is not None


def decoded(body: bytes, declared: str | None) -> str:
    """The body's characters; what can't be decoded becomes U+FFFD. `declared`: the header's charset."""
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(encoding, "replace")
    meta = _META.search(body[:8192])
    in_page = (meta[1] or meta[2]).decode("ascii", "replace") if meta else None
    if in_page is not None and in_page.lower().startswith("utf-16"):
        in_page = "utf-8"  # a tag that can be read as ASCII is not in UTF-16 (WHATWG)
    labels = [label for label in (_codec(declared), _codec(in_page)) if label is not None]
    if not (labels and _ESCAPED.match(labels[0])):
        as_utf8 = _utf8(body)
        if as_utf8 is not None and (not body.isascii() or not labels):
            return as_utf8
    for label in labels:
        text = body.decode(label, "replace")
        if not _is_wrong(text):
            return text
    return _guessed(body, labels)


def _is_wrong(text: str) -> bool:
    """Plainly another charset's bytes. Measured by what is not ASCII: a long page in a few wrong letters is wrong."""
    broken = len(_BROKEN.findall(text))
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore")) if broken else 0
    return broken > 0 and beyond_ascii - broken <= broken * _RIGHT_TO_WRONG


def _guessed(body: bytes, labels: list[str]) -> str:
    """No label fits the bytes: old pages in the one charset are Windows-1252, others are told by their letters."""
    if _looks_like_utf16(body[:1024]):
        return body.decode("utf-16-le" if body[1:2] == b"\0" else "utf-16-be", "replace")
    mostly_utf8 = body.decode("utf-8", "replace")
    strange = sum(byte > 127 for byte in body[:_GUESS_FROM])
    if mostly_utf8[:_GUESS_FROM].count("\ufffd") < strange * 0.2:
        return mostly_utf8
    best = from_bytes(body[:_GUESS_FROM], steps=5, chunk_size=1024, preemptive_behaviour=False).best()
    codec = _codec(best.encoding) if best is not None and strange > 40 else None
    return body.decode(codec or "cp1252", "replace")


def _utf8(body: bytes) -> str | None:
    """Valid but for a character cut at the end."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return None


def _looks_like_utf16(head: bytes) -> bool:
    """Markup without a byte order mark: every other byte is nought, and the others are letters."""
    odd, even = head[1:8:2], head[0:8:2]
    pairs = ((odd, even), (even, odd))
    return len(head) > 8 and any(not any(nought) and _PRINTED.fullmatch(told) for nought, told in pairs)


def _codec(label: str | None) -> str | None:
    """Python's name for a label that pages may use, or None."""
    if not label:
        return None
    name = label.strip().strip("\"'").lower()
    name = _LABELS.get(name, name).replace("cp_", "cp")
    if not _KNOWN.fullmatch(name):
        return None
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None
