"""The sandbox's IMAP server (RFC 3501 with SPECIAL-USE) over the same mailboxes that the relay and Gmail use.

In this process's own loop, no thread, no TLS. Any mail address signs in with the IMAP password. A message is in
the folder of its label; its UID is its number in the store, so moving one gives it no new UID. Read-only but
for \\Seen of SELECT. Faults of service "imap": auth_failed, unavailable (BYE instead of a greeting),
rate_limited (NO [LIMIT] at sign-in), server_error (NO to the command matched), lost_response (the connection
closes instead of an answer), uidvalidity_changed (at the next SELECT or EXAMINE).
"""

import asyncio
import base64
import binascii
import logging
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from local.sandbox import mailboxes
from local.sandbox.context import Sandbox
from local.sandbox.mail import imap_words as words
from local.sandbox.mail.imap_words import FOLDERS, BadCommand, Item, Word
from local.sandbox.mail.mailbox import Mailbox, account_exists, open_account

HOST = "127.0.0.1"
CAPABILITIES = "IMAP4rev1 SASL-IR AUTH=PLAIN SPECIAL-USE LITERAL+"
LONGEST_LINE = 64 * 1024
FIRST_VALIDITY = 1_700_000_000

log = logging.getLogger(__name__)


class Refused(Exception):
    """Answered with NO and these words."""


class Connection:
    """One client, from the greeting to LOGOUT."""

    def __init__(self, box: Sandbox, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.box, self.reader, self.writer = box, reader, writer
        self.mailbox: Mailbox | None = None
        self.folder: str | None = None
        self.ended = False

    async def serve(self) -> None:
        if self.box.faults.take("imap", "unavailable"):
            self.say("* BYE Temporarily unavailable")
            return
        self.say("* OK IMAP4rev1 sandbox ready")
        while not self.ended and (line := await self._command()):
            await self._answer(line)
            await self.writer.drain()

    def say(self, line: str | bytes) -> None:
        self.writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")

    async def _command(self) -> bytes:
        """A command with its literals in place; empty when the client left."""
        command = b""
        while True:
            line = await self.reader.readline()
            if not line:
                return b""
            command += line
            size, waits = words.literal_of(line)
            if size is None:
                return command
            if waits:
                self.say("+ go on")
            command += await self.reader.readexactly(min(size, LONGEST_LINE))

    async def _answer(self, line: bytes) -> None:
        tag, _, rest = line.partition(b" ")
        name = tag.decode("latin-1").strip() or "*"
        try:
            asked = words.parse(rest)
            verb = asked[0].upper() if asked and isinstance(asked[0], str) else ""
            if self.box.faults.take("imap", "lost_response", verb):
                self.writer.transport.abort()
                self.ended = True
                return
            if self.box.faults.take("imap", "server_error", verb):
                raise Refused("[SERVERBUG] Internal error")
            done = await self._do(verb, asked[1:])
            self.say(f"{name} OK {done}")
        except Refused as refusal:
            self.say(f"{name} NO {refusal}")
        except BadCommand as error:
            self.say(f"{name} BAD {error}")

    async def _do(self, verb: str, given: list[Word]) -> str:
        if verb == "AUTHENTICATE":
            return await self._authenticate(given)
        known: dict[str, Callable[[list[Word]], str]] = {
            "CAPABILITY": self._capability,
            "NOOP": self._noop,
            "LOGOUT": self._logout,
            "LOGIN": self._login,
        }
        inside: dict[str, Callable[[list[Word]], str]] = {
            "LIST": self._list,
            "STATUS": self._status,
            "SELECT": self._select,
            "EXAMINE": self._select,
            "CLOSE": self._close,
            "FETCH": self._fetch,
            "SEARCH": self._search,
            "UID": self._uid,
        }
        if verb in known:
            return known[verb](given)
        if verb not in inside:
            raise BadCommand(f"Unknown command {verb[:20]}")
        if self.mailbox is None:
            raise BadCommand("Log in first")
        return inside[verb](given)

    # --- any state ---

    def _capability(self, given: list[Word]) -> str:
        self.say(f"* CAPABILITY {CAPABILITIES}")
        return "CAPABILITY completed"

    def _noop(self, given: list[Word]) -> str:
        if self.folder is not None:
            self.say(f"* {len(self._messages())} EXISTS")
        return "NOOP completed"

    def _logout(self, given: list[Word]) -> str:
        self.say("* BYE Logging out")
        self.ended = True
        return "LOGOUT completed"

    def _login(self, given: list[Word]) -> str:
        user, password = (words.text(one) for one in words.exactly(given, 2))
        return self._signed_in(user, password)

    async def _authenticate(self, given: list[Word]) -> str:
        if not given or words.text(given[0]).upper() != "PLAIN":
            raise Refused("Only PLAIN is known")
        told = words.text(given[1]).encode() if len(given) > 1 else b""
        if not told:
            self.say("+ ")
            told = (await self.reader.readline()).strip()
        try:
            _, user, password = base64.b64decode(told, validate=True).decode().split("\0")
        except (binascii.Error, ValueError):
            raise BadCommand("The answer can't be read") from None
        return self._signed_in(user, password)

    def _signed_in(self, user: str, password: str) -> str:
        if self.box.faults.take("imap", "rate_limited", user):
            raise Refused("[LIMIT] Too many connections")
        wrong = password != self.box.accounts.imap_password or "@" not in user
        if wrong or self.box.faults.take("imap", "auth_failed", user):
            raise Refused("[AUTHENTICATIONFAILED] Authentication failed")
        self.mailbox = (
            open_account(self.box, user) if not account_exists(self.box, user) else Mailbox(self.box, user)
        )
        return "Logged in"

    # --- signed in ---

    def _list(self, given: list[Word]) -> str:
        asked = [one for one in given if isinstance(one, str)][:2]
        reference, pattern = words.exactly(asked, 2)
        if not pattern:
            self.say('* LIST (\\Noselect) "/" ""')
        for name, folder in FOLDERS.items():
            if words.matches(reference + pattern, name):
                mark = f"\\HasNoChildren {folder.mark}".strip()
                self.say(f'* LIST ({mark}) "/" {words.quoted(name)}')
        return "LIST completed"

    def _status(self, given: list[Word]) -> str:
        name, wanted = words.exactly(given, 2)
        items = self._items(words.folder_named(words.text(name)) or self._nonexistent())
        values = {
            "MESSAGES": len(items),
            "UNSEEN": sum("\\Seen" not in one.flags for one in items),
            "RECENT": 0,
            "UIDNEXT": self._next_uid(),
            "UIDVALIDITY": self._validity(),
        }
        asked = [words.text(one).upper() for one in wanted] if isinstance(wanted, list) else []
        told = " ".join(f"{one} {values[one]}" for one in asked if one in values)
        self.say(f"* STATUS {words.quoted(words.text(name))} ({told})")
        return "STATUS completed"

    def _select(self, given: list[Word]) -> str:
        self.folder = None
        folder = words.folder_named(words.text(words.exactly(given, 1)[0])) or self._nonexistent()
        if self.box.faults.take("imap", "uidvalidity_changed"):
            self.box.store.next_id("imap validity")
        self.folder = folder
        self.say("* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft)")
        self.say(f"* {len(self._messages())} EXISTS")
        self.say("* 0 RECENT")
        self.say(f"* OK [UIDVALIDITY {self._validity()}] UIDs valid")
        self.say(f"* OK [UIDNEXT {self._next_uid()}] Predicted next UID")
        return "[READ-ONLY] Opened"

    def _close(self, given: list[Word]) -> str:
        self.folder = None
        return "CLOSE completed"

    def _nonexistent(self) -> str:
        raise Refused("[NONEXISTENT] No such mailbox")

    def _uid(self, given: list[Word]) -> str:
        verb = words.text(given[0]).upper() if given else ""
        if verb == "FETCH":
            return self._fetch(given[1:], by_uid=True)
        if verb == "SEARCH":
            return self._search(given[1:], by_uid=True)
        raise BadCommand("UID takes FETCH or SEARCH")

    def _fetch(self, given: list[Word], *, by_uid: bool = False) -> str:
        numbers, wanted = words.exactly(given, 2)
        items = self._messages()
        chosen = words.chosen(words.text(numbers), items, by_uid=by_uid)
        asked = [words.text(one) for one in (wanted if isinstance(wanted, list) else [wanted])]
        if by_uid and "UID" not in [one.upper() for one in asked]:
            asked.insert(0, "UID")
        for one in chosen:
            told = b" ".join(words.fetched(one, what) for what in asked)
            self.say(f"* {one.number} FETCH (".encode() + told + b")")
        return "FETCH completed"

    def _search(self, given: list[Word], *, by_uid: bool = False) -> str:
        found = words.search(given, self._messages())
        numbers = " ".join(str(one.uid if by_uid else one.number) for one in found)
        self.say(f"* SEARCH {numbers}".rstrip())
        return "SEARCH completed"

    # --- the store ---

    def _messages(self) -> list[Item]:
        if self.folder is None:
            raise BadCommand("No mailbox is selected")
        return self._items(self.folder)

    def _items(self, folder: str) -> list[Item]:
        assert self.mailbox is not None
        rows = self.box.store.all(
            "SELECT seq, labels, raw, internal_ms FROM mail_messages WHERE account = ? AND labels LIKE ? ORDER BY seq",
            self.mailbox.address,
            f'%"{FOLDERS[folder].label}"%',
        )
        return [words.item(number, row) for number, row in enumerate(rows, 1)]

    def _next_uid(self) -> int:
        row = self.box.store.one("SELECT seq FROM sqlite_sequence WHERE name = 'mail_messages'")
        return (row["seq"] if row else 0) + 1

    def _validity(self) -> int:
        self.box.store.define(
            "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL)"
        )
        row = self.box.store.one("SELECT value FROM counters WHERE name = 'imap validity'")
        return FIRST_VALIDITY + (row["value"] if row else 0)


class ImapServer:
    """A listening server."""

    def __init__(self, server: asyncio.Server, sessions: set[asyncio.StreamWriter]) -> None:
        self._server = server
        self._sessions = sessions
        self.port: int = server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and every open connection."""
        self._server.close()
        for writer in list(self._sessions):
            writer.transport.abort()
        await self._server.wait_closed()


async def start_imap(box: Sandbox, host: str, port: int) -> ImapServer:
    """Listen; port 0 takes a free one, `.port` says which."""
    mailboxes.define(box)
    sessions: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sessions.add(writer)
        try:
            await Connection(box, reader, writer).serve()
            await writer.drain()
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            log.debug("connection ended", exc_info=error)
        finally:
            sessions.discard(writer)
            writer.close()

    return ImapServer(await asyncio.start_server(serve, host, port, limit=LONGEST_LINE), sessions)


async def background(box: Sandbox, app: web.Application) -> AsyncIterator[None]:
    """The server beside the application, on box.imap_port; for `app.cleanup_ctx`."""
    server = await start_imap(box, HOST, box.imap_port)
    box.imap_port = server.port
    yield
    await server.stop()
