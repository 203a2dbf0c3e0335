"""What an SMTP server may answer around the text, and what becomes of the email; the kills at each word are in
`test_crash_matrix`. The server sees a mail once, whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from db.errors import LeaseLost
from db.queries import mailbox as mailboxes
from db.types import EmailState, MailProvider
from pipeline.clients.smtp import on_the_wire
from pipeline.jobs.send_steps import LEASE
from tests.crash.test_send_crash import claimed_email, settle
from tests.pipeline.mail_world import MailWorld

pytestmark = pytest.mark.kill


class Relay:
    """Keeps to RFC 5321: a mail counts with the lone dot, and with nothing less. `at`: what happens when the
    client has come to a word, before it is answered."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.at: dict[str, Callable[[], Awaitable[None]]] = {}
        self.answers: dict[str, bytes] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await self._converse(reader, writer)
        writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._reach("connected")
        writer.write(b"220 relay.example\r\n")
        while line := await reader.readline():
            word = line.split(b" ")[0].strip().upper().decode()
            await self._reach(word)
            writer.write(self.answers.get(word, b"354 go on\r\n" if word == "DATA" else b"250 fine\r\n"))
            if word != "DATA" or word in self.answers:
                continue
            await self._reach("354")
            text = await reader.readuntil(b"\r\n.\r\n")
            self.taken.append(text)
            await self._reach("taken")
            writer.write(self.answers.get("taken", b"250 taken\r\n"))

    async def _reach(self, stage: str) -> None:
        if stage in self.at:
            await self.at.pop(stage)()


@pytest.fixture
async def relay(world: MailWorld) -> AsyncIterator[Relay]:
    """The workspace's only mailbox sends through it."""
    made = Relay()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with world.deps.db.transaction(world.workspace) as tx:
        await mailboxes.connect(
            tx.session,
            world.workspace,
            provider=MailProvider.SMTP,
            address=world.box.accounts.mailbox,
            credentials={"url": f"smtp://127.0.0.1:{port}"},
            display_name="Sam Rivers",
            reply_to=None,
            now=world.clock.now(),
        )
    yield made
    server.close()


@pytest.mark.parametrize(
    ("answer", "state", "taken"),
    [
        (b"251 forwarded\r\n", EmailState.SENT, 1),
        (b"554 spam\r\n", EmailState.FAILED, 1),
        (b"what?\r\n", EmailState.UNKNOWN, 1),
        (b"354 more\r\n", EmailState.UNKNOWN, 1),
    ],
)  # fmt: skip
async def test_only_a_plain_no_is_taken_for_one(
    world: MailWorld, relay: Relay, answer: bytes, state: EmailState, taken: int
) -> None:
    relay.answers["taken"] = answer
    email_id = await claimed_email(world, 1)
    await world.send_open()
    assert (await world.email(email_id)).state == state
    assert await settle(world, email_id) is state
    assert len(relay.taken) == taken


async def test_a_lost_line_before_the_text_is_no_question_to_anybody(world: MailWorld, relay: Relay) -> None:
    email_id = await claimed_email(world, 1)
    relay.answers["DATA"] = b"451 later\r\n"
    await world.send_open()
    assert (await world.email(email_id)).state == EmailState.CLAIMED
    relay.answers.clear()
    assert await settle(world, email_id) is EmailState.SENT
    assert len(relay.taken) == 1


async def test_a_process_that_slept_hands_over_nothing(world: MailWorld, relay: Relay) -> None:
    """The lease is checked by the commit just before the text: another process has sent it meanwhile."""
    email_id = await claimed_email(world, 1)

    async def sleep() -> None:
        world.clock.jump(timedelta(0), wall=LEASE + timedelta(seconds=1))
        await world.send_open()

    relay.at["DATA"] = sleep
    with pytest.raises(LeaseLost):
        await world.send_open()
    assert (await world.email(email_id)).state == EmailState.SENT
    assert len(relay.taken) == 1


@pytest.mark.parametrize(
    ("raw", "wire"),
    [
        (b"a\r\nb", b"a\r\nb\r\n.\r\n"),
        (b"a\n.\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\r.\rb", b"a\r\n..\r\nb\r\n.\r\n"),
        (b".a\r\n..", b"..a\r\n...\r\n.\r\n"),
        (b"", b"\r\n.\r\n"),
    ],
)
def test_nothing_in_a_mail_ends_it_early(raw: bytes, wire: bytes) -> None:
    assert on_the_wire(raw) == wire
    assert wire.find(b"\r\n.\r\n") in (-1, len(wire) - 5)
