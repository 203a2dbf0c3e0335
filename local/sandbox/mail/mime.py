"""Reading and touching up RFC 5322 messages without disturbing what is not asked for."""

import hashlib
import re
from collections.abc import Iterable
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import Header
from email.message import EmailMessage, Message
from email.utils import getaddresses, parseaddr
from html import unescape

PREFIX = re.compile(r"^\s*(re|aw|fwd?|wg|sv)\s*(\[\d+\])?\s*:\s*", re.IGNORECASE)
FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")


def read(raw: bytes) -> EmailMessage:
    """The message with decoded headers."""
    return message_from_bytes(raw, policy=policy.default)  # type: ignore[return-value]


def header(message: Message, name: str) -> str:
    """The decoded header in one line; empty where it is missing or too broken to parse."""
    try:
        value = message.get(name)
    except (MessageError, ValueError, IndexError, AttributeError):
        return ""
    return " ".join(str(value).split()) if value is not None else ""


def header_pairs(raw: bytes) -> list[tuple[str, str]]:
    """Every header in order as it stands on the wire, unfolded."""
    return [(name, unfolded(value)) for name, value in message_from_bytes(raw).items()]


def unfolded(value: object) -> str:
    """A header as the parser gave it, in one line and without the surrogates it keeps odd bytes in."""
    line = re.sub(r"\r?\n[ \t]", " ", str(value))
    return line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def edit_headers(raw: bytes, *, put: Iterable[tuple[str, str]] = (), drop: Iterable[str] = ()) -> bytes:
    """`raw` with CRLF line ends, the headers in `drop` gone, those in `put` replaced in place or added.

    It works on the bytes, so that everything else stays as it was, however broken.
    """
    wanted = {name.lower(): f"{name}: {_ascii(value)}\r\n".encode() for name, value in put}
    dropped = {name.lower() for name in drop}
    fields, body = _split(with_crlf(raw))
    kept: list[bytes] = []
    for field in fields:
        name = field.partition(b":")[0].strip().lower().decode("latin-1")
        if name in wanted:
            kept.append(wanted.pop(name))
            dropped.add(name)
        elif name not in dropped:
            kept.append(field)
    return b"".join([*kept, *wanted.values(), b"\r\n", body])


def _split(raw: bytes) -> tuple[list[bytes], bytes]:
    """The header fields with their folded lines, and the body; a line that is no header begins the body."""
    fields: list[bytes] = []
    start = 0
    for line in raw.split(b"\r\n"):
        end = start + len(line) + 2
        if not line:
            return fields, raw[end:]
        if fields and line[:1] in b" \t":
            fields[-1] += line + b"\r\n"
        elif FIELD.match(line):
            fields.append(line + b"\r\n")
        else:
            return fields, raw[start:]
        start = end
    return fields, b""


def _ascii(value: str) -> str:
    return value if value.isascii() else Header(value, "utf-8", maxlinelen=900).encode()


def names_with_prefix(raw: bytes, prefix: str) -> list[str]:
    return [name for name in message_from_bytes(raw) if name.lower().startswith(prefix.lower())]


def addresses(message: Message, *names: str) -> list[str]:
    """The bare addresses, in lower case, of all these headers."""
    found = getaddresses([header(message, name) for name in names])
    return [address.lower() for _, address in found if "@" in address]


def address_of(value: str) -> str:
    return parseaddr(value)[1].lower()


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def message_ids(value: str) -> list[str]:
    """The <...> ids in a References or In-Reply-To header."""
    return re.findall(r"<[^<>\s]+>", value)


def bare_subject(subject: str) -> str:
    """Without Re:, AW:, Fwd: and spare space, so that two messages of a thread compare equal."""
    while match := PREFIX.match(subject):
        subject = subject[match.end() :]
    return " ".join(subject.split()).lower()


def reply_subject(subject: str, prefix: str = "Re") -> str:
    return subject if PREFIX.match(subject) else f"{prefix}: {subject}"


def body_text(message: EmailMessage) -> str:
    """What a person reads: the plain part, else the HTML without its tags; line ends are \\n."""
    try:
        part = message.get_body(preferencelist=("plain", "html"))
    except (AttributeError, KeyError, ValueError):  # the parser's own trouble with broken multiparts
        return ""
    if part is None:
        return ""
    text = decoded(part)
    if part.get_content_type() == "text/html":
        text = unescape(re.sub(r"<[^>]+>", " ", re.sub(r"(?is)<(script|style).*?</\1>", " ", text)))
    return text.replace("\r\n", "\n").strip("\n")


def decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):  # a charset nobody knows, or none at all
        return payload.decode("utf-8", "replace")


def snippet(text: str, length: int = 200) -> str:
    return " ".join(text.split())[:length]


def body_sha256(text: str) -> str:
    """The same for two mails with the same words, whatever their headers and line breaks."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()


def with_crlf(raw: bytes) -> bytes:
    return re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
