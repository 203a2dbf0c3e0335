"""The relay through aiosmtplib."""

import asyncio
import email
import email.policy
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiosmtplib
import pytest

from local.sandbox import mailboxes
from local.sandbox.clock import WorldClock
from local.sandbox.context import Sandbox
from local.sandbox.faults import Fault
from local.sandbox.mail import mime
from local.sandbox.mailboxes import mail_log, post_due
from local.sandbox.smtp import SmtpServer, start_smtp
from local.sandbox.store import Store
from tests.local.gmail_client import letter

SENDER = "sam@rainmaker-demo.example"


@dataclass
class Relay:
    box: Sandbox
    server: SmtpServer

    async def send(self, to: str, *, auth: bool = True, **more: Any) -> Any:
        login = {"username": SENDER, "password": self.box.accounts.smtp_password} if auth else {}
        return await aiosmtplib.send(
            letter(to, **more),
            hostname="127.0.0.1",
            port=self.server.port,
            start_tls=False,
            timeout=5,
            **login,
        )

    def break_it(self, kind: str, times: int = 1, **options: Any) -> None:
        self.box.faults.arm(Fault("smtp", kind, times, "", options))

    def person(self, character: str) -> str:
        return next(person.email for person in self.box.world.people if person.character == character)

    def received(self) -> list[Any]:
        """What lies in the sender's mailbox once everybody has answered."""
        post_due(self.box, self.box.clock.wall() + 10)
        rows = self.box.store.all("SELECT raw FROM mail_messages WHERE account = ? ORDER BY seq", SENDER)
        return [email.message_from_bytes(row["raw"], policy=email.policy.default) for row in rows]


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    store = Store(":memory:")
    box = Sandbox(store, WorldClock(), base_url="", events_url="")
    mailboxes.define(box)
    server = await start_smtp(box, "127.0.0.1", 0)
    yield Relay(box, server)
    await server.stop()
    store.close()


async def test_a_mail_is_delivered_with_our_message_id_and_answered_into_the_senders_mailbox(
    relay: Relay,
) -> None:
    person = relay.person("interested")
    await relay.send(person, Message_ID="<ours-1@rainmaker-demo.example>", X_Token="tok")
    [delivery] = await mail_log(relay.box)
    assert (delivery["via"], delivery["sender"], delivery["recipient"]) == ("smtp", SENDER, person)
    assert delivery["message_id"] == "<ours-1@rainmaker-demo.example>"
    assert {"name": "X-Token", "value": "tok"} in delivery["headers"]
    [answer] = relay.received()
    assert answer["In-Reply-To"] == "<ours-1@rainmaker-demo.example>"


async def test_lines_with_dots_and_umlauts_arrive_as_written(relay: Relay) -> None:
    await relay.send(relay.person("silent"), subject="Grüße", text=".\n..dots\nGrüße — ende\n")
    [delivery] = await mail_log(relay.box)
    assert delivery["subject"] == "Grüße"
    assert delivery["text"] == ".\n..dots\nGrüße — ende"


async def test_a_bounce_comes_as_postfix_writes_it(relay: Relay) -> None:
    await relay.send(relay.person("bounce_hard"), Message_ID="<ours-2@rainmaker-demo.example>")
    [answer] = relay.received()
    assert answer["From"].startswith("Mail Delivery System <MAILER-DAEMON@")
    assert "In-Reply-To" not in answer
    status = next(part for part in answer.walk() if part.get_content_type() == "message/delivery-status")
    assert status.get_payload()[1]["Status"] == "5.1.1"
    enclosed = next(
        part for part in answer.walk() if part.get_content_type() == "message/rfc822"
    ).get_payload(0)
    assert enclosed["Message-ID"] == "<ours-2@rainmaker-demo.example>"


async def test_an_unknown_domain_is_5_4_4_with_headers_only(relay: Relay) -> None:
    await relay.send("anna@no-such-company.example", subject="Lost")
    [answer] = relay.received()
    status = next(part for part in answer.walk() if part.get_content_type() == "message/delivery-status")
    assert status.get_payload()[1]["Status"] == "5.4.4"
    headers = next(part for part in answer.walk() if part.get_content_type() == "text/rfc822-headers")
    assert "Subject: Lost" in mime.decoded(headers)


async def test_wrong_password_is_refused_and_none_is_needed(relay: Relay) -> None:
    with pytest.raises(aiosmtplib.SMTPAuthenticationError) as refused:
        await aiosmtplib.send(
            letter(relay.person("silent")),
            hostname="127.0.0.1",
            port=relay.server.port,
            start_tls=False,
            username=SENDER,
            password="wrong",
        )
    assert refused.value.code == 535
    await relay.send(relay.person("silent"), auth=False)
    assert len(await mail_log(relay.box)) == 1


@pytest.mark.parametrize(
    ("kind", "error", "code"),
    [
        ("auth_failed", aiosmtplib.SMTPAuthenticationError, 535),
        ("rate_limited", aiosmtplib.SMTPSenderRefused, 421),
        ("server_error", aiosmtplib.SMTPDataError, 451),
    ],
)
async def test_refusals_take_nothing(relay: Relay, kind: str, error: type[Any], code: int) -> None:
    relay.break_it(kind)
    with pytest.raises(error) as refused:
        await relay.send(relay.person("silent"))
    assert refused.value.code == code
    assert await mail_log(relay.box) == []
    await relay.send(relay.person("silent"))


@pytest.mark.parametrize(("kind", "code"), [("rejected", 550), ("greylisted", 450)])
async def test_a_recipient_may_be_refused(relay: Relay, kind: str, code: int) -> None:
    relay.break_it(kind)
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await relay.send(relay.person("silent"))
    assert refused.value.recipients[0].code == code
    assert await mail_log(relay.box) == []


@pytest.mark.parametrize("kind", ["lost_response", "timeout_after"])
async def test_after_data_the_answer_may_be_lost_though_the_mail_is_taken(relay: Relay, kind: str) -> None:
    relay.break_it(kind, seconds=0.1)
    with pytest.raises(aiosmtplib.SMTPException):
        await relay.send(relay.person("silent"))
    assert len(await mail_log(relay.box)) == 1


async def test_stop_closes_open_sessions_and_leaves_no_thread(relay: Relay) -> None:
    threads = threading.active_count()
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=relay.server.port, start_tls=False)
    await client.connect()
    await asyncio.wait_for(relay.server.stop(), 2)
    with pytest.raises(aiosmtplib.SMTPException):
        await client.noop()
    client.close()
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", relay.server.port)
    assert threading.active_count() == threads


async def test_the_port_is_free_again_after_stop(relay: Relay) -> None:
    await relay.server.stop()
    again = await start_smtp(relay.box, "127.0.0.1", relay.server.port)
    assert again.port == relay.server.port
    await again.stop()
