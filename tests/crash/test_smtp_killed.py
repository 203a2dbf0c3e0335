"""A real process, killed with SIGKILL at each word of an SMTP conversation: before the text was handed over the
email is sent by the next attempt, after it a person decides. The server sees it once, whatever happens."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest

from db.errors import LeaseLost
from db.queries import mailbox as mailboxes
from db.types import EmailState, MailProvider
from pipeline.clients.smtp import on_the_wire
from pipeline.jobs.send import LEASE
from tests.crash.test_send_crash import claimed_email, settle
from tests.crash.test_send_killed import ROOT
from tests.pipeline.mail_world import MailWorld, settings_values

pytestmark = pytest.mark.kill
STAGES = ["connected", "EHLO", "MAIL", "RCPT", "DATA"]


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


async def sent_by_a_process_that_dies_at(
    stage: str, relay: Relay, world: MailWorld, database_url: str, email_id: UUID
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.crash.sender_process",
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin and process.stdout

    async def kill() -> None:
        process.kill()
        await process.wait()

    relay.at[stage] = kill
    told = {
        "settings": settings_values(world.box, world.url, database_url),
        "now": world.clock.now().isoformat(),
        "wall": world.clock.wall().isoformat(),
        "workspace_id": str(world.workspace),
        "email_id": str(email_id),
    }
    process.stdin.write(json.dumps(told).encode() + b"\n")
    assert (await process.stdout.readline()).strip() == b"ready"
    async with asyncio.timeout(30):
        await process.wait()
    assert process.returncode == -9, "it came to that word"


@pytest.mark.parametrize("stage", STAGES)
async def test_killed_before_the_text_it_is_sent_by_the_next_attempt(
    world: MailWorld, relay: Relay, database_url: str, stage: str
) -> None:
    email_id = await claimed_email(world, 1)
    await sent_by_a_process_that_dies_at(stage, relay, world, database_url, email_id)
    assert (await world.email(email_id)).state == EmailState.CLAIMED
    assert relay.taken == []
    assert await settle(world, email_id) is EmailState.SENT
    assert len(relay.taken) == 1


async def test_killed_when_the_server_waits_for_the_text_nothing_is_sent_twice(
    world: MailWorld, relay: Relay, database_url: str
) -> None:
    """Here the commit and the kill race: either end is right, two mails never are."""
    email_id = await claimed_email(world, 1)
    await sent_by_a_process_that_dies_at("354", relay, world, database_url, email_id)
    end = await settle(world, email_id)
    assert (end, len(relay.taken)) in {
        (EmailState.SENT, 1), (EmailState.UNKNOWN, 0), (EmailState.UNKNOWN, 1)
    }  # fmt: skip


async def test_killed_after_the_dot_a_person_decides(
    world: MailWorld, relay: Relay, database_url: str
) -> None:
    email_id = await claimed_email(world, 1)
    await sent_by_a_process_that_dies_at("taken", relay, world, database_url, email_id)
    assert (await world.email(email_id)).state == EmailState.CREATED
    assert await settle(world, email_id) is EmailState.UNKNOWN
    assert len(relay.taken) == 1


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
