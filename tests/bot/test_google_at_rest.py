"""A mailbox connected from Slack: Google's tokens lie sealed, and neither page nor log tells them."""

import logging

import pytest

from db.types import WorkspaceId
from pipeline.clients.mail import open_mail
from tests.bot.test_google_connect import Connecting, connecting
from tests.pipeline.at_rest import sealed_rows, spellings, tables_with
from tests.servers import Servers

__all__ = ["connecting"]


async def test_what_google_gave_stands_nowhere_in_the_open(
    connecting: Connecting,
    workspace: WorkspaceId,
    servers: Servers,
    database_url: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "aiohttp.access")  # as `pipeline.logs.configure` has it
    asked = await connecting.link()
    back = await connecting.consent(asked)
    status, page = await connecting.return_with(back)
    assert status == 200
    await connecting.return_with(back)  # the link again, and a code that is used up: both are refused
    (box,) = await connecting.boxes()
    assert await open_mail(connecting.deps.settings, connecting.deps.clock).sender(box).position()
    store = connecting.gmail.box.store
    secrets = [
        *(row["refresh_token"] for row in store.all("SELECT refresh_token FROM google_grants")),
        *(row["token"] for row in store.all("SELECT token FROM google_access")),
        connecting.gmail.box.accounts.gmail_client_secret,
        back["code"],
    ]
    assert box.credentials["refresh_token"] in secrets and len(secrets) >= 4
    (raw,) = sealed_rows(database_url, servers, workspace)
    assert raw.startswith("v1.") and "refresh" not in raw
    assert tables_with(secrets, database_url, servers) == []
    written = capfd.readouterr()
    told = f"{caplog.text}{written.out}{written.err}{page}"
    for secret in secrets:
        assert not [text for text in spellings(secret) if text in told], secret
