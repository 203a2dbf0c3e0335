"""The sandbox's IMAP server through imaplib, and a few lines no library sends."""

import asyncio
import email
import email.policy
import imaplib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from local.sandbox.clock import WorldClock
from local.sandbox.context import Sandbox
from local.sandbox.faults import Fault
from local.sandbox.imap import ImapServer, start_imap
from local.sandbox.mail.mailbox import open_account
from local.sandbox.store import Store
from tests.local.gmail_client import letter

OWNER = "sam@rainmaker-demo.example"
T = TypeVar("T")
LITERALS = b"a5 LOGIN {5}\r\na@b.c {3}\r\nabc"
COMMANDS = (b"a1 SELECT INBOX", b"a2 ((", b"a3 FROB", b'a4 LOGIN "x', b"", LITERALS, b"a6 NOOP")


@dataclass
class Server:
    box: Sandbox
    listening: ImapServer

    def put(self, subject: str, *labels: str) -> int:
        """Store a message; its UID."""
        stored = open_account(self.box, OWNER).add(letter(OWNER, subject=subject).as_bytes(), list(labels))
        row = self.box.store.one("SELECT seq FROM mail_messages WHERE id = ?", stored.id)
        assert row is not None
        return row["seq"]

    async def ask(self, question: Callable[[imaplib.IMAP4], T], password: str | None = None) -> T:
        def run() -> T:
            client = imaplib.IMAP4("127.0.0.1", self.listening.port, timeout=5)
            try:
                client.login(OWNER, password or self.box.accounts.imap_password)
                return question(client)
            finally:
                client.logout()

        return await asyncio.to_thread(run)

    def break_it(self, kind: str, match: str = "") -> None:
        self.box.faults.arm(Fault("imap", kind, 1, match))


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    store = Store(":memory:")
    box = Sandbox(store, WorldClock(), base_url="", events_url="")
    listening = await start_imap(box, "127.0.0.1", 0)
    yield Server(box, listening)
    await listening.stop()
    store.close()


async def test_folders_are_listed_with_their_special_use(server: Server) -> None:
    state, lines = await server.ask(lambda client: client.list())
    assert state == "OK"
    assert b'(\\HasNoChildren) "/" "INBOX"' in lines
    assert b'(\\HasNoChildren \\Sent) "/" "Sent Items"' in lines
    _, one = await server.ask(lambda client: client.list('""', '"Sen%"'))
    assert one == [b'(\\HasNoChildren \\Sent) "/" "Sent Items"']


async def test_a_folder_holds_its_messages_under_uids_that_stay(server: Server) -> None:
    first, sent = server.put("One", "INBOX", "UNREAD"), server.put("Two", "SENT")
    third = server.put("Three", "INBOX")

    def look(client: imaplib.IMAP4) -> Any:
        _, counted = client.select("INBOX", readonly=True)
        return (
            counted,
            client.response("UIDNEXT"),
            client.uid("SEARCH", "ALL"),
            client.uid("SEARCH", "UNSEEN"),
        )

    counted, following, everything, unseen = await server.ask(look)
    assert counted == [b"2"] and following[1] == [str(third + 1).encode()]
    assert everything[1] == [f"{first} {third}".encode()] and unseen[1] == [str(first).encode()]
    _, status = await server.ask(lambda client: client.status('"Sent Items"', "(MESSAGES UIDVALIDITY)"))
    assert status == [b'"Sent Items" (MESSAGES 1 UIDVALIDITY 1700000000)']
    assert sent == first + 1


async def test_fetch_gives_the_attributes_asked_for(server: Server) -> None:
    uid = server.put("Grüße aus Ulm", "INBOX", "UNREAD")

    def fetch(client: imaplib.IMAP4) -> Any:
        client.select("INBOX", readonly=True)
        return (
            client.uid("FETCH", str(uid), "(FLAGS RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER])"),
            client.uid("FETCH", f"{uid}:*", "(BODY.PEEK[])"),
            client.uid("FETCH", str(uid), "(BODY.PEEK[HEADER.FIELDS (SUBJECT X-NONE)])"),
            client.uid("FETCH", str(uid), "(BODY.PEEK[]<0.20>)"),
        )

    head, whole, fields, part = await server.ask(fetch)
    raw = whole[1][0][1]
    line = head[1][0][0]
    assert (
        f"UID {uid} ".encode() in line and b"FLAGS ()" in line and f"RFC822.SIZE {len(raw)}".encode() in line
    )
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["Subject"] == "Grüße aus Ulm"
    assert raw.startswith(head[1][0][1]) and head[1][0][1].endswith(b"\r\n\r\n")
    assert fields[1][0][1].startswith(b"Subject: ") and fields[1][0][1].count(b"\r\n") == 2
    assert part[1][0][1] == raw[:20] and b"BODY[]<0>" in part[1][0][0]


async def test_plain_and_login_take_the_password_and_nothing_else(server: Server) -> None:
    def plain(client: imaplib.IMAP4) -> Any:
        return client.capability()[1]

    assert b"AUTH=PLAIN" in (await server.ask(plain))[0]

    def authenticate() -> str:
        client = imaplib.IMAP4("127.0.0.1", server.listening.port, timeout=5)
        secret = f"\0{OWNER}\0{server.box.accounts.imap_password}".encode()
        client.authenticate("PLAIN", lambda _: secret)
        client.logout()
        return client.state

    assert await asyncio.to_thread(authenticate) == "LOGOUT"
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        await server.ask(lambda client: client.noop(), password="wrong")


async def test_a_search_by_day_and_by_words(server: Server) -> None:
    uid = server.put("Lunch on Friday", "INBOX")

    def search(client: imaplib.IMAP4) -> Any:
        client.select("INBOX", readonly=True)
        asked = ("SINCE 1-Jan-2020", "BEFORE 1-Jan-2020", 'SUBJECT "friday"', "UID 9999:*")
        return [client.uid("SEARCH", one)[1] for one in asked]

    found = await server.ask(search)
    # `9999:*` means the last message too, as everywhere.
    assert found == [[str(uid).encode()], [b""], [str(uid).encode()], [str(uid).encode()]]


async def test_uidvalidity_changes_on_demand(server: Server) -> None:
    def validity(client: imaplib.IMAP4) -> Any:
        client.select("INBOX", readonly=True)
        return client.response("UIDVALIDITY")[1]

    before = await server.ask(validity)
    server.break_it("uidvalidity_changed")
    assert await server.ask(validity) != before


async def test_nonsense_is_answered_with_bad_and_the_connection_stays(server: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.listening.port)
    assert (await reader.readline()).startswith(b"* OK")
    said = []
    for line in COMMANDS:
        writer.write(line + b"\r\n")
        while not (answer := await reader.readline()).startswith((b"a", b"* BAD")):
            assert answer.startswith(b"+")
        said.append(answer.split()[1])
    writer.close()
    assert said == [b"BAD", b"BAD", b"BAD", b"BAD", b"BAD", b"NO", b"OK"]


@pytest.mark.parametrize("kind", ["unavailable", "lost_response"])
async def test_it_breaks_off_when_told_to(server: Server, kind: str) -> None:
    server.break_it(kind)
    with pytest.raises((imaplib.IMAP4.error, OSError)):
        await server.ask(lambda client: client.noop())
    assert (await server.ask(lambda client: client.noop()))[0] == "OK"
