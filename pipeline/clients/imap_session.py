"""One connection to an IMAP server (RFC 9051, RFC 3501), read-only and blocking: 30 s for each answer.

Raises Disconnected where the server refuses the password, Transient for everything that may pass.
"""

import imaplib
import re
import socket
import ssl
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

from pipeline.clients.mail import WANTED_HEADERS, Disconnected
from pipeline.clients.mail_dial import dial_blocking
from pipeline.errors import Transient

TIMEOUT_SECONDS = 30
FETCHED_AT_ONCE = 100
MOST_BYTES = 10_000_000
UNREADABLE = (
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    AttributeError,
)  # imaplib's, of answers off the grammar
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HEADERS = f"BODY.PEEK[HEADER.FIELDS ({' '.join(WANTED_HEADERS)})]"
_ATTRIBUTES = f"(UID RFC822.SIZE INTERNALDATE FLAGS {_HEADERS})"
_LISTED = re.compile(
    rb'\((?P<marks>[^)]*)\)\s+(?:"(?:\\.|[^"\\])*"|NIL)\s+(?P<name>.+)', re.IGNORECASE | re.DOTALL
)
_ARRIVED = re.compile(
    rb'INTERNALDATE\s+"\s*(\d+)-(\w{3})-(\d{4}) (\d+):(\d+):(\d+) ([+-])(\d\d)(\d\d)"', re.IGNORECASE
)
_FOR_NOW = re.compile(r"UNAVAILABLE|INUSE|LIMIT|SERVERBUG|too many|try again|temporar", re.IGNORECASE)
_SENT_NAMES = frozenset(
    {"sent", "sent items", "sent mail", "sent messages", "sent-mail", "gesendet", "gesendete objekte",
     "gesendete elemente", "messages envoy&aok-s", "enviados", "posta inviata"}
)  # fmt: skip
_JUNK_NAMES = frozenset({"junk", "spam", "junk e-mail", "junk email", "bulk mail"})


@dataclass(frozen=True, slots=True)
class Server:
    """What IMAP_URL says: imaps:// is TLS from the start; imap:// takes STARTTLS where it is offered."""

    host: str
    port: int
    tls: bool
    tls_required: bool  # `?starttls=required` refuses a server without
    user: str
    password: str
    addresses: tuple[str, ...] = ()  # connect to one of these instead of asking what the host stands for


@dataclass(frozen=True, slots=True)
class Folder:
    name: str  # as the server spells it
    label: str  # INBOX, SENT or SPAM


@dataclass(frozen=True, slots=True)
class Opened:
    validity: int
    next_uid: int | None  # None: the server doesn't say


@dataclass(frozen=True, slots=True)
class Fetched:
    uid: int
    size: int
    arrived_at: datetime | None
    flags: frozenset[str]  # lower case
    literal: bytes


def server_of(url: str) -> Server:
    parts = urlsplit(url)
    tls = parts.scheme.lower() == "imaps"
    return Server(
        host=parts.hostname or "localhost",
        port=parts.port or (993 if tls else 143),
        tls=tls,
        tls_required=parse_qs(parts.query).get("starttls") == ["required"],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


class Session:
    """Connected and signed in. Folders are only examined: nothing here marks a message as read."""

    def __init__(self, server: Server) -> None:
        self._client = _connected(server)
        try:
            _encrypt(self._client, server)
            _sign_in(self._client, server)
        except BaseException:
            self.close()
            raise

    def folders(self) -> list[Folder]:
        """The inbox, and where sent mail and what the server took for spam are kept, if it has such."""
        found = [Folder("INBOX", "INBOX")]
        listed = list(_listed(self._list('"*"')))
        if "SPECIAL-USE" in self._client.capabilities and not any(b"\\sent" in marks for marks, _ in listed):
            listed = list(_listed(self._list('"*" RETURN (SPECIAL-USE)'))) or listed
        for label, mark, names in (("SENT", b"\\sent", _SENT_NAMES), ("SPAM", b"\\junk", _JUNK_NAMES)):
            name = _special(listed, mark, names)
            if name is not None:
                found.append(Folder(name, label))
        return found

    def open(self, name: str) -> Opened | None:
        """Examine a folder; None where the server refuses it."""
        state, counted = self._client.select(_quoted(name), readonly=True)
        if state != "OK":
            return None
        exists = _number(counted)
        validity, next_uid = self._response("UIDVALIDITY"), self._response("UIDNEXT")
        if next_uid is None and exists is not None:
            next_uid = (self._last_uid() + 1) if exists else 1
        return Opened(validity or 0, next_uid)

    def uids_from(self, first: int) -> list[int]:
        """Of the open folder. `n:*` means the last message too, however low its number: it is left out."""
        return [uid for uid in self._search(f"UID {first}:*") if uid >= first]

    def uids_since(self, day: date) -> list[int]:
        return self._search(f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}")

    def messages(self, uids: Sequence[int]) -> Iterator[Fetched]:
        """Headers and what the server knows of these messages of the open folder; one that is gone is left out."""
        for begin in range(0, len(uids), FETCHED_AT_ONCE):
            some = uids[begin : begin + FETCHED_AT_ONCE]
            fetched = self._fetch(",".join(str(uid) for uid in some), _ATTRIBUTES)
            yield from (one for one in fetched if one.uid in some)

    def raw(self, uid: int) -> bytes | None:
        """The whole message; None when it is gone, or larger than 10 MB."""
        sized = [one for one in self._fetch(str(uid), "(UID RFC822.SIZE)") if one.uid == uid]
        if not sized or sized[0].size > MOST_BYTES:
            return None
        found = [one for one in self._fetch(str(uid), "(UID BODY.PEEK[])") if one.uid == uid and one.literal]
        return found[0].literal[:MOST_BYTES] if found else None

    def close(self) -> None:
        try:
            self._client.shutdown()
        except OSError:
            return

    def _list(self, pattern: str) -> list[Any]:
        try:
            state, answer = self._client.list('""', pattern)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:  # a server that knows no such question still has an inbox
            return []
        return list(answer) if state == "OK" else []

    def _response(self, code: str) -> int | None:
        _, answer = self._client.response(code)
        return _number(answer)

    def _last_uid(self) -> int:
        state, answer = self._client.fetch("*", "(UID)")
        return max((one.uid for one in _fetched(answer)), default=0) if state == "OK" else 0

    def _search(self, wanted: str) -> list[int]:
        state, answer = self._client.uid("SEARCH", wanted)
        if state != "OK":
            raise Transient(f"The IMAP server does not search: {_words(answer)}")
        lines = [part for part in answer if isinstance(part, bytes)]
        return sorted({int(word) for line in lines for word in line.split() if word.isdigit()})

    def _fetch(self, uids: str, what: str) -> list[Fetched]:
        state, answer = self._client.uid("FETCH", uids, what)
        if state != "OK":
            raise Transient(f"The IMAP server does not give its mail out: {_words(answer)}")
        return _fetched(answer)


class _At(imaplib.IMAP4):
    """Connected to an address that was checked, where the server has any."""

    def __init__(self, server: Server) -> None:
        self._at = server
        super().__init__(server.host, server.port, timeout=TIMEOUT_SECONDS)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return dial_blocking(self._at.addresses or (self._at.host,), self._at.port, timeout)


class _TlsAt(imaplib.IMAP4_SSL):
    """The same by TLS, with the certificate of the server's name."""

    def __init__(self, server: Server, context: ssl.SSLContext) -> None:
        self._at, self._context = server, context
        super().__init__(server.host, server.port, ssl_context=context, timeout=TIMEOUT_SECONDS)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = dial_blocking(self._at.addresses or (self._at.host,), self._at.port, timeout)
        return self._context.wrap_socket(plain, server_hostname=self._at.host)


def _connected(server: Server) -> imaplib.IMAP4:
    try:
        if server.tls:
            context = ssl.create_default_context()
            return _TlsAt(server, context)
        return _At(server)
    except imaplib.IMAP4.error as error:  # a greeting of BYE, or none that can be read
        raise Transient(f"The IMAP server takes no connection now: {_words([error.args[0]])}") from error


def _encrypt(client: imaplib.IMAP4, server: Server) -> None:
    if server.tls:
        return
    if "STARTTLS" in client.capabilities:
        client.starttls(ssl.create_default_context())
    elif server.tls_required:
        raise Disconnected("The IMAP server offers no encryption, and IMAP_URL asks for it.")


def _sign_in(client: imaplib.IMAP4, server: Server) -> None:
    if client.state == "AUTH":
        return
    plain = f"{server.user}{server.password}".isascii() and f"{server.user}{server.password}".isprintable()
    try:
        if plain and "LOGINDISABLED" not in client.capabilities:
            client.login(_quoted(server.user), server.password)
        else:
            secret = f"\0{server.user}\0{server.password}".encode()
            client.authenticate("PLAIN", lambda _: secret)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        words = _words([error.args[0] if error.args else ""])
        if _FOR_NOW.search(words):
            raise Transient(f"The IMAP server lets nobody in for now: {words}") from error
        raise Disconnected("The IMAP server refuses the user name or password (IMAP_URL).") from error


def _listed(answer: Iterable[Any]) -> Iterator[tuple[bytes, str]]:
    """(attributes in lower case, name) of every folder of a LIST; names no command can carry are left out."""
    for part in answer:
        # A name that came as a literal stands beside its line.
        pieces = cast(tuple[Any, Any], part) if isinstance(part, tuple) else (part, None)
        line, literal = pieces
        match = _LISTED.match(line) if isinstance(line, bytes) else None
        if match is None or b"\\noselect" in match["marks"].lower():
            continue
        name = literal if isinstance(literal, bytes) else _unquoted(match["name"].strip())
        if name.isascii() and b"\n" not in name:
            yield match["marks"].lower(), name.decode()


def _special(listed: list[tuple[bytes, str]], mark: bytes, names: frozenset[str]) -> str | None:
    """The folder with that attribute, else one with a usual name; never the inbox."""
    others = [one for one in listed if one[1].upper() != "INBOX"]
    marked = [name for marks, name in others if mark in marks.split()]
    named = [name for _, name in others if re.split(r"[/.\\]", name)[-1].lower() in names]
    return next(iter(marked + named), None)


def _fetched(answer: Any) -> list[Fetched]:
    """The messages of a FETCH: an answer's line, its literal, and what follows until the next literal or message.

    What a server says unasked about other messages is among them; the caller looks at the UID.
    """
    found: list[Fetched] = []
    line, literal = b"", b""
    for part in [*answer, b"0 ()"]:
        if isinstance(part, tuple):
            pieces = cast(tuple[bytes, bytes], part)
            begins, more, body = _begins(pieces[0]), pieces[0], pieces[1]
        elif isinstance(part, bytes):
            begins, more, body = _begins(part), part, b""
        else:
            continue
        if begins:
            found += _one(line, literal)
            line, literal = more, body
        else:
            line, literal = line + b" " + more, literal or body
    return found


def _begins(line: bytes) -> bool:
    return re.match(rb"\d+ \(", line) is not None


def _one(line: bytes, literal: bytes) -> list[Fetched]:
    uid = re.search(rb"\bUID (\d+)", line, re.IGNORECASE)
    if uid is None:
        return []
    size = re.search(rb"RFC822\.SIZE (\d+)", line, re.IGNORECASE)
    flags = re.search(rb"FLAGS \(([^)]*)\)", line, re.IGNORECASE)
    return [
        Fetched(
            uid=int(uid[1]),
            size=int(size[1]) if size else len(literal),
            arrived_at=_arrived(line),
            flags=frozenset((flags[1] if flags else b"").decode("latin-1").lower().split()),
            literal=literal,
        )
    ]


def _arrived(line: bytes) -> datetime | None:
    match = _ARRIVED.search(line)
    if match is None:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = (part.decode() for part in match.groups())
    away = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    try:
        number = _MONTHS.index(month.title()) + 1
        zone = timezone(away)
        return datetime(
            int(year), number, int(day), int(hour), int(minute), int(second), tzinfo=zone
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _number(answer: Any) -> int | None:
    last = answer[-1] if answer else None
    return int(last) if isinstance(last, bytes) and last.isdigit() else None


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(name: bytes) -> bytes:
    if name[:1] == b'"' and name[-1:] == b'"':
        return re.sub(rb"\\(.)", rb"\1", name[1:-1])
    return name


def _words(answer: Sequence[Any]) -> str:
    last = answer[-1] if answer else b""
    return (last.decode("utf-8", "replace") if isinstance(last, bytes) else str(last or ""))[:200]
