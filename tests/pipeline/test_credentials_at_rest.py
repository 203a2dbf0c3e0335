"""What lets us into a mailbox lies in the database sealed, and no log tells it."""

import base64
import logging
from dataclasses import replace
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from db.queries import mailbox
from db.types import EmailState, MailboxState, MailProvider
from local.sandbox.faults import Fault
from local.sandbox.imap import start_imap
from local.sandbox.smtp import start_smtp
from pipeline.jobs.mailbox_setup import ensure_from_settings
from tests.pipeline.at_rest import sealed_rows, spellings, tables_with
from tests.pipeline.mail_world import MailWorld
from tests.pipeline.scheduled import change
from tests.servers import Servers


def test_a_secret_is_found_however_it_is_written() -> None:
    told = base64.b64encode(b"\0sam@rainmaker-demo.example\0p@ss w0rd/for:mail").decode()
    assert any(text in told for text in spellings("p@ss w0rd/for:mail"))
    assert not any(text in told for text in spellings("another secret"))


async def test_a_refresh_token_is_sealed_and_not_told(
    world: MailWorld,
    servers: Servers,
    database_url: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    _, enrollment_id = await world.approved("silent")
    assert (await world.send_step(enrollment_id, 1)).state == EmailState.SENT
    world.break_gmail("revoked")  # the next call is refused, and that is logged
    await world.poll()
    given = [row["token"] for row in world.box.store.all("SELECT token FROM google_access")]
    accounts = world.box.accounts
    secrets = [accounts.gmail_refresh_token, accounts.gmail_client_secret, *given]
    _assert_sealed(sealed_rows(database_url, servers, world.workspace))
    assert tables_with(secrets, database_url, servers) == []
    _not_told(secrets, caplog, capfd)


async def test_a_relays_password_is_sealed_and_not_told(
    world: MailWorld,
    servers: Servers,
    database_url: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """From the settings, through a send, a wrong password and a server that is gone."""
    caplog.set_level(logging.DEBUG)
    accounts = world.box.accounts
    relay, reader = await start_smtp(world.box, "127.0.0.1", 0), await start_imap(world.box, "127.0.0.1", 0)
    user = quote(accounts.mailbox, safe="")
    urls = {
        "smtp_url": SecretStr(f"smtp://{user}:{accounts.smtp_password}@127.0.0.1:{relay.port}"),
        "imap_url": SecretStr(f"imap://{user}:{accounts.imap_password}@127.0.0.1:{reader.port}"),
        "from_email": accounts.mailbox,
        "gmail_refresh_token": None,
    }
    await change(world, "DELETE FROM mailboxes")
    world.deps = replace(world.deps, settings=world.deps.settings.model_copy(update=urls))
    async with world.deps.db.transaction(world.workspace) as tx:
        assert await ensure_from_settings(world.deps, tx, now=world.clock.now())
        (box,) = await mailbox.listing(tx.session, world.workspace)
    assert box.provider is MailProvider.SMTP and accounts.smtp_password in box.credentials["url"]
    _, enrollment_id = await world.approved("silent")
    assert (await world.send_step(enrollment_id, 1)).state == EmailState.SENT
    world.box.faults.arm(Fault("smtp", "auth_failed"))
    await world.send_step(enrollment_id, 2)
    await reader.stop()
    await relay.stop()
    await world.send_due()
    async with world.deps.db.transaction(world.workspace) as tx:
        (box,) = await mailbox.listing(tx.session, world.workspace)
    assert box.state is MailboxState.DISCONNECTED
    secrets = [accounts.smtp_password, accounts.imap_password]
    _assert_sealed(sealed_rows(database_url, servers, world.workspace))
    assert tables_with(secrets, database_url, servers) == []
    _not_told(secrets, caplog, capfd)


def _assert_sealed(rows: list[str]) -> None:
    assert rows
    for raw in rows:
        assert raw.startswith("v1.") and not any(word in raw for word in ("refresh", "smtp", "{"))


def _not_told(
    secrets: list[str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    written = capfd.readouterr()
    told = f"{caplog.text}{written.out}{written.err}"
    assert told, "nothing was logged, so nothing was looked at"
    for secret in secrets:
        assert not [text for text in spellings(secret) if text in told], secret
