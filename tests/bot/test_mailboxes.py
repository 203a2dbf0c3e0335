"""Mailboxes from Slack: disconnecting and connecting again, and one connected by its SMTP and IMAP servers."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest

from bot.action_ids import Action, View
from db.queries import mailbox, workspace
from db.queries.mailbox import MailboxRow
from db.session import Database
from db.types import MailboxState, MailProvider
from local.sandbox.imap import start_imap
from local.sandbox.smtp import start_smtp
from pipeline.clients.mail_login import admit
from pipeline.deps import Deps
from pipeline.errors import UserError
from pipeline.jobs.mailbox_setup import ensure_from_settings
from pipeline.settings import Settings
from tests.bot.conftest import front
from tests.bot.test_listeners import ANA, SAM, Desk
from tests.local.slack_world import World
from tests.pipeline.at_rest import sealed_rows, tables_with
from tests.servers import Servers


@dataclass
class Post:
    """Somebody at Slack, and the mail servers of this machine, which the settings vouch for."""

    desk: Desk
    deps: Deps
    smtp: int
    imap: int

    async def boxes(self) -> list[MailboxRow]:
        ours = await self.desk.workspace()
        async with self.desk.database.transaction(ours) as tx:
            return await mailbox.listing(tx.session, ours)

    def given(self, **changes: str) -> dict[str, str]:
        known = self.desk.slack.box.accounts
        right = {
            "address": known.mailbox, "user": "", "password": known.smtp_password, "smtp_host": "127.0.0.1",
            "smtp_port": str(self.smtp), "imap_host": "127.0.0.1", "imap_port": str(self.imap), "imap_user": "",
            "imap_password": known.imap_password,
        }  # fmt: skip
        return right | changes

    async def submit(self, user: str = SAM, **changes: str) -> dict[str, Any]:
        answered = await self.desk.submit(View.MAILBOX_SERVERS, self.given(**changes), user=user)
        await self.desk.web.web.inbox.resume()  # the servers are tried from a delivery of its own
        await self.desk.settle()
        return answered

    async def said(self) -> str:
        return json.dumps(list((await self.desk.surfaces()).values()), ensure_ascii=False)


@pytest.fixture
async def post(
    slack_deps: Deps, slack: World, http: aiohttp.ClientSession, database: Database
) -> AsyncIterator[Post]:
    relay, reader = await start_smtp(slack.box, "127.0.0.1", 0), await start_imap(slack.box, "127.0.0.1", 0)
    changed = {"slack_api_url": f"{slack.box.base_url}/api/", "mail_hosts": "127.0.0.1"}
    deps = replace(slack_deps, settings=slack_deps.settings.model_copy(update=changed))
    async with front(deps, http) as web:
        desk = Desk(web, slack, database)
        await desk.command("help")
        ours = await desk.workspace()
        async with database.transaction(ours) as tx:
            for one in await mailbox.listing(tx.session, ours):
                await mailbox.disconnect(tx.session, ours, one.id, error="", now=deps.clock.now())
        yield Post(desk, deps, relay.port, reader.port)
    await reader.stop()
    await relay.stop()


async def test_servers_that_let_us_in_are_kept_sealed(
    post: Post, servers: Servers, database_url: str
) -> None:
    assert await post.submit() == {}
    (box,) = [one for one in await post.boxes() if one.state is MailboxState.ACTIVE]
    known = post.desk.slack.box.accounts
    assert box.provider is MailProvider.SMTP and box.address == known.mailbox and box.can_be_read
    assert f"Connected: {known.mailbox}" in await post.said() and known.smtp_password not in await post.said()
    assert tables_with([known.smtp_password, known.imap_password], database_url, servers) == []
    assert all(
        raw.startswith("v1.") for raw in sealed_rows(database_url, servers, await post.desk.workspace())
    )
    sender = post.deps.mail.sender(box)
    assert sender.can_read and await sender.position()


async def test_without_imap_it_says_that_nobody_reads_the_answers(post: Post) -> None:
    assert await post.submit(imap_host="") == {}
    (box,) = [one for one in await post.boxes() if one.state is MailboxState.ACTIVE]
    assert not box.can_be_read
    assert "nobody reads its answers" in await post.said()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"password": "wrong"}, "127.0.0.1 refuses the user name or the password"),
        ({"imap_password": "wrong"}, "127.0.0.1: The IMAP server refuses the user name or password."),
        ({"smtp_port": "1"}, "127.0.0.1:1 does not let me in"),
        ({"imap_port": "1"}, "127.0.0.1: "),
        ({"smtp_host": "10.0.0.7", "smtp_port": "465"}, "are stand-ins here"),
        ({"imap_host": "10.0.0.7", "imap_port": "993"}, "are stand-ins here"),
    ],
)
async def test_nothing_is_kept_of_servers_that_do_not(post: Post, changes: dict[str, str], says: str) -> None:
    before = await post.boxes()
    assert await post.submit(**changes) == {}
    said = await post.said()
    assert "is not connected" in said and says in said
    assert await post.boxes() == before


async def test_a_form_with_faults_says_so_at_its_fields(post: Post) -> None:
    wrong = await post.submit(
        address="sam", password="", smtp_host="smtp://x", smtp_port="99999", imap_host="a b", imap_port="²"
    )
    assert set(wrong["errors"]) == {"address", "password", "smtp_host", "smtp_port", "imap_host", "imap_port"}


@pytest.mark.parametrize(
    ("host", "port", "says"),
    [
        ("127.0.0.1", 465, "not a public address"),
        ("10.0.0.7", 993, "not a public address"),
        ("0x7f.1", 465, "not a public address"),
        ("169.254.169.254", 25, "not a public address"),
        ("::1", 465, "not a public address"),
        ("localhost", 465, "local network"),
        ("mail", 465, "not a public name"),
        ("8.8.8.8", 22, "Port 22"),
        ("8.8.8.8", 80, "Port 80"),
    ],
)
async def test_servers_at_private_places_are_refused(deps: Deps, host: str, port: int, says: str) -> None:
    settings: Settings = deps.settings.model_copy(update={"stand_ins": ""})
    with pytest.raises(UserError, match=says):
        await admit(host, port, settings)
    await admit(host, port, settings.model_copy(update={"mail_hosts": f"other.example, {host.upper()}"}))


async def test_a_public_server_is_admitted_at_the_ports_of_mail(deps: Deps) -> None:
    settings: Settings = deps.settings.model_copy(update={"stand_ins": ""})
    refused: list[int] = []
    for port in (25, 465, 587, 993, 443, 5432):
        try:
            await admit("8.8.8.8", port, settings)
        except UserError:
            refused.append(port)
    assert refused == [443, 5432]


async def test_a_mailbox_is_disconnected_until_a_person_connects_it_again(post: Post) -> None:
    await post.submit()
    (box,) = [one for one in await post.boxes() if one.state is MailboxState.ACTIVE]
    await post.desk.press(Action.MAILBOX_DISCONNECT, str(box.id))
    assert f"Disconnected: {box.address}" in await post.said()
    as_set = post.deps.settings.model_copy(update={"from_email": box.address})
    for _ in range(2):  # nothing but a person connects it
        async with post.desk.database.transaction(await post.desk.workspace()) as tx:
            now = post.deps.clock.now()
            await ensure_from_settings(replace(post.deps, settings=as_set), tx, now=now, reconnect=True)
        assert not [one for one in await post.boxes() if one.state is MailboxState.ACTIVE]
    assert "disconnected already" in json.dumps(await post.desk.press(Action.MAILBOX_DISCONNECT, str(box.id)))
    await post.desk.press(Action.MAILBOX_AGAIN, str(box.id))
    (again,) = [one for one in await post.boxes() if one.state is MailboxState.ACTIVE]
    assert again.id == box.id and again.credentials == box.credentials


async def test_only_admins_connect_and_disconnect(post: Post) -> None:
    await post.submit()
    ours = await post.desk.workspace()
    async with post.desk.database.transaction(ours) as tx:
        now = post.deps.clock.now()
        await workspace.upsert_member(tx.session, ours, SAM, now=now, is_admin=True)
    (box,) = [one for one in await post.boxes() if one.state is MailboxState.ACTIVE]
    pressed = await post.desk.press(Action.MAILBOX_DISCONNECT, str(box.id), user=ANA)
    assert "Only an admin" in json.dumps(pressed)
    assert "Only an admin" in json.dumps(await post.submit(user=ANA, address="ana@acme.example"))
    assert [one.id for one in await post.boxes() if one.state is MailboxState.ACTIVE] == [box.id]
