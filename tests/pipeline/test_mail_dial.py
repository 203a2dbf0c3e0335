"""Mail servers that a person named are reached at public addresses only, also after their name moved."""

import ipaddress
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote as percent
from uuid import uuid4

import pytest

from db.queries.mailbox import MailboxRow
from db.types import MailboxId, MailboxState, MailProvider
from local.sandbox.imap import start_imap
from local.sandbox.smtp import start_smtp
from pipeline.clients.imap import ImapReader
from pipeline.clients.mail import Disconnected, Draft, Outgoing, Patience
from pipeline.clients.mail_dial import PORTS, only_public
from pipeline.clients.mail_login import Login, Servers, credentials
from pipeline.clients.smtp import SmtpSender
from pipeline.clock import ManualClock
from pipeline.egress import Guard
from pipeline.egress.addresses import Address
from pipeline.egress.guard import HostMapping
from tests.pipeline.mail_world import MailWorld

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOST = "mail.acme.com"


class Moving:
    """A name that stood for a public address when it was let in, and stands for another now."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(self, host: str) -> list[Address]:
        return [ipaddress.ip_address(one) for one in self.addresses]


def box(url: str, imap_url: str | None = None) -> MailboxRow:
    kept = {"url": url} | ({"imap_url": imap_url} if imap_url else {})
    return MailboxRow(
        MailboxId(uuid4()), MailProvider.SMTP, "sam@acme.com", None, None, kept, MailboxState.ACTIVE, None, None,
        None, None, None, None, None, None, None, NOW,
    )  # fmt: skip


async def never() -> None:
    raise AssertionError("nothing may leave")


MAIL = Outgoing(
    from_email="sam@acme.com", from_name=None, to="maria@x.example", subject="Hi", text="Hi.", token="t",
    message_id="<1@acme.com>", date=NOW,
)  # fmt: skip


def sender(url: str, guard: Guard, imap_url: str | None = None) -> SmtpSender:
    return SmtpSender(box(url, imap_url), ManualClock(NOW), Patience(smtp=5), guard)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1"])
async def test_a_host_that_moved_inside_is_not_sent_through(address: str) -> None:
    guard = Guard(Moving("8.8.8.8", address), ports=PORTS)
    ours = sender(f"smtp://sam:secret@{HOST}:587?guard=public", guard)
    with pytest.raises(Disconnected, match="not a public address"):
        await ours.deliver(Draft(None, MAIL.message_id, None), MAIL, never)


async def test_nor_is_it_read_from() -> None:
    url = f"imaps://sam:secret@{HOST}:993?guard=public"
    reader = ImapReader(url, "sam@acme.com", ManualClock(NOW), Guard(Moving("192.168.0.9"), ports=PORTS))
    with pytest.raises(Disconnected, match="not a public address"):
        await reader.position()


async def test_one_that_stands_where_it_may_takes_the_mail_and_is_read(world: MailWorld) -> None:
    relay, server = await start_smtp(world.box, "127.0.0.1", 0), await start_imap(world.box, "127.0.0.1", 0)
    accounts = world.box.accounts
    user = percent(accounts.mailbox)
    mapped = [
        HostMapping(HOST, 587, "127.0.0.1", relay.port),
        HostMapping(HOST, 143, "127.0.0.1", server.port),
    ]
    ours = sender(
        f"smtp://{user}:{percent(accounts.smtp_password)}@{HOST}:587?guard=public",
        Guard(Moving(), mapped, ports=PORTS),
        f"imap://{user}:{percent(accounts.imap_password)}@{HOST}:143?guard=public",
    )
    left: list[str] = []

    async def leaving() -> None:
        left.append("it")

    try:
        mail = replace(MAIL, from_email=accounts.mailbox)
        done = await ours.deliver(Draft(None, mail.message_id, None), mail, leaving)
        assert done.message_id == mail.message_id and left == ["it"]
        reader = ImapReader(
            f"imap://{user}:{percent(accounts.imap_password)}@{HOST}:143?guard=public",
            accounts.mailbox, ManualClock(NOW), Guard(Moving(), mapped, ports=PORTS),
        )  # fmt: skip
        for _ in range(2):  # connected anew, it is looked up by its name and port again
            assert await reader.position() is not None
            reader.close()
        assert await ours.position() is not None
    finally:
        await relay.stop()
        await server.stop()


def test_a_login_that_nobody_vouches_for_is_kept_with_the_guard(world: MailWorld) -> None:
    settings = world.deps.settings
    login = Login("smtp.acme.com", 465, "sam", "secret")
    kept = credentials(Servers(login, Login("imap.acme.com", 143, "sam", "secret")), settings)
    assert all(map(only_public, kept.values())) and "starttls=required" in kept["imap_url"]
    vouching = settings.model_copy(update={"mail_hosts": "smtp.acme.com"})
    assert not only_public(credentials(Servers(login), vouching)["url"])
