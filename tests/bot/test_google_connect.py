"""Connecting Gmail from Slack: the link, Google's consent, the callback's page, and everything that may be wrong."""

import base64
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.x509 import load_pem_x509_certificate
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy import select

from bot.action_ids import Action
from bot.listeners.base import Bot, Scene
from bot.listeners.setup import FORMS
from bot.posting import Poster
from bot.slack import SlackApi
from bot.views.mailboxes import Box, Mailboxes, setup_mailbox
from bot.web import google
from db.models.workspace import SlackOutbox
from db.queries import audit, mailbox, outbox, workspace
from db.queries.mailbox import MailboxRow
from db.types import MailboxState, WorkspaceId
from local.sandbox.faults import Fault
from local.sandbox.gmail import identity
from pipeline.clients import google_oauth
from pipeline.clients.google_oauth import missing_settings
from pipeline.deps import Deps
from pipeline.errors import UserError
from pipeline.jobs.mailbox_connect import make_link
from tests.bot.conftest import serve
from tests.local.gmail_client import Gmail, started

SAM = "U0SAMRIVERS"
KIM = "kim@rainmaker-demo.example"


@dataclass
class Connecting:
    deps: Deps
    workspace: WorkspaceId
    gmail: Gmail
    poster: Poster
    base: str
    http: aiohttp.ClientSession

    @asynccontextmanager
    async def with_deps(self, deps: Deps) -> AsyncIterator["Connecting"]:
        """The same from a web process with other parts."""
        server = await serve(*google.routes(deps, self.poster))
        yield replace(self, deps=deps, base=str(server.make_url("")).rstrip("/"))
        await server.close()

    async def link(self, user: str = SAM) -> dict[str, str]:
        """What the button's address asks Google for."""
        parts = urlsplit(await make_link(self.deps, self.workspace, user))
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.gmail.url}google/auth"
        return dict(parse_qsl(parts.query))

    async def consent(self, asked: dict[str, str], decision: str = "allow", **more: str) -> dict[str, str]:
        """Press a button of Google's page; what it sends back to us."""
        form = {**asked, "account": KIM, "decision": decision, **more}
        async with self.http.post(f"{self.gmail.url}google/auth", data=form, allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
            back = urlsplit(answer.headers["Location"])
        assert f"{back.scheme}://{back.netloc}{back.path}" == "https://rainmaker.example/google/callback"
        return dict(parse_qsl(back.query))

    async def return_with(self, query: dict[str, str]) -> tuple[int, str]:
        async with self.http.get(f"{self.base}/google/callback?{urlencode(query)}") as answer:
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            return answer.status, await answer.text()

    async def boxes(self) -> list[MailboxRow]:
        async with self.deps.db.transaction(self.workspace) as tx:
            return await mailbox.listing(tx.session, self.workspace)


@pytest.fixture
async def connecting(
    deps: Deps, workspace: WorkspaceId, client: SlackApi, http: aiohttp.ClientSession
) -> AsyncIterator[Connecting]:
    async with started() as gmail:
        settings = deps.settings.model_copy(
            update={
                "gmail_client_id": gmail.box.accounts.gmail_client_id,
                "gmail_client_secret": type(deps.settings.encryption_key)(
                    gmail.box.accounts.gmail_client_secret
                ),
                "gmail_api_url": gmail.url,
                "google_auth_url": f"{gmail.url}google/auth",
                "google_token_url": f"{gmail.url}google/token",
                "google_certs_url": f"{gmail.url}google/certs",
            }
        )
        ours = replace(deps, settings=settings)
        made = Connecting(ours, workspace, gmail, Poster(deps.db, deps.clock, client), "", http)
        async with made.with_deps(ours) as running:
            yield running


async def test_the_link_asks_for_the_least(connecting: Connecting) -> None:
    asked = await connecting.link()
    assert asked["scope"].split() == ["https://www.googleapis.com/auth/gmail.modify", "openid", "email"]
    assert (asked["response_type"], asked["access_type"], asked["prompt"]) == ("code", "offline", "consent")
    assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43
    assert (await connecting.link())["state"] != asked["state"]


async def test_a_mailbox_is_connected(connecting: Connecting) -> None:
    status, page = await connecting.return_with(await connecting.consent(await connecting.link()))
    assert status == 200 and KIM in page and "close this window" in page and "<script" not in page
    (box,) = await connecting.boxes()
    assert (box.address, box.state) == (KIM, MailboxState.ACTIVE)
    sender = connecting.deps.mail.sender(box)
    assert box.credentials["refresh_token"] and sender.can_read
    async with connecting.deps.db.transaction(connecting.workspace) as tx:
        (entry,) = [
            one
            for one in await audit.recent(tx.session, connecting.workspace)
            if one.action == "mailbox.connected"
        ]
        shown = await outbox.by_key(tx.session, f"setup:{SAM}")
    assert entry.actor == SAM
    assert shown is not None and "✅" in json.dumps(shown.payload, ensure_ascii=False)


async def test_a_disconnected_mailbox_is_the_same_row_again(connecting: Connecting) -> None:
    await connecting.return_with(await connecting.consent(await connecting.link()))
    (before,) = await connecting.boxes()
    async with connecting.deps.db.transaction(connecting.workspace) as tx:
        now = connecting.deps.clock.now()
        await mailbox.disconnect(tx.session, connecting.workspace, before.id, error="gone", now=now)
    await connecting.return_with(await connecting.consent(await connecting.link()))
    (after,) = await connecting.boxes()
    assert (after.id, after.state, after.error) == (before.id, MailboxState.ACTIVE, None)
    assert after.credentials["refresh_token"] != before.credentials["refresh_token"]


async def test_a_link_works_once(connecting: Connecting) -> None:
    back = await connecting.consent(await connecting.link())
    assert (await connecting.return_with(back))[0] == 200
    status, page = await connecting.return_with(back)
    assert status == 400 and "used before" in page
    assert len(await connecting.boxes()) == 1


async def test_a_tampered_state_is_refused_and_reaches_nobody_else(connecting: Connecting) -> None:
    back = await connecting.consent(await connecting.link())
    state = back["state"]
    packed, rest = state.split(".", 1)
    head, signature = state.rsplit(".", 1)
    other = base64.urlsafe_b64encode(
        json.dumps(["00000000-0000-0000-0000-000000000000", SAM, "x"]).encode()
    ).decode()
    for bad in (
        f"{other.rstrip('=')}.{rest}",
        packed,
        "",
        "x" * 5000,
        f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
    ):
        status, page = await connecting.return_with({**back, "state": bad})
        assert status == 400 and "not one of ours" in page
    assert not await connecting.boxes()


async def test_an_old_link_is_refused(connecting: Connecting) -> None:
    import time_machine

    with time_machine.travel(connecting.deps.clock.wall().timestamp() - 7200, tick=True):
        asked = await connecting.link()
    status, page = await connecting.return_with({"state": asked["state"], "code": "x"})
    assert status == 400 and "half an hour" in page


async def test_no_is_respected(connecting: Connecting) -> None:
    status, page = await connecting.return_with(await connecting.consent(await connecting.link(), "deny"))
    assert status == 400 and "not to let me in" in page
    assert not await connecting.boxes()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"scope": "openid email"}, "not ticked"),
        ({"access_type": "online"}, "myaccount.google.com/permissions"),
        ({"scope": "https://www.googleapis.com/auth/gmail.modify"}, "not signed"),
        ({"code_challenge": "x" * 43}, "no longer accepts"),
    ],
)
async def test_what_google_did_not_give(connecting: Connecting, changed: dict[str, str], said: str) -> None:
    back = await connecting.consent({**await connecting.link(), **changed})
    status, page = await connecting.return_with(back)
    assert status == 400 and said in page
    assert not await connecting.boxes()


async def test_google_is_down(connecting: Connecting) -> None:
    back = await connecting.consent(await connecting.link())
    connecting.gmail.box.faults.arm(Fault("oauth", "server_error"))
    status, page = await connecting.return_with(back)
    assert status == 502 and "Google does not answer" in page
    assert not await connecting.boxes()


async def test_a_wrong_secret_is_named(connecting: Connecting) -> None:
    back = await connecting.consent(await connecting.link())
    settings = connecting.deps.settings.model_copy(update={"gmail_client_secret": SecretStr("wrong")})
    with pytest.raises(UserError, match="GMAIL_CLIENT_SECRET"):
        await google_oauth.exchange(settings, code=back["code"], verifier="x")


async def test_certificates_as_a_jwk_set_are_read_and_anothers_key_is_not_trusted(
    connecting: Connecting,
) -> None:
    pem = next(iter(identity.certificates(connecting.gmail.box).values()))
    numbers: Any = load_pem_x509_certificate(pem.encode()).public_key()
    numbers = numbers.public_numbers()
    packed = {
        name: base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))
        .decode()
        .rstrip("=")
        for name, value in (("n", numbers.n), ("e", numbers.e))
    }
    right = {"kty": "RSA", "kid": identity.KEY_ID, "use": "sig", "alg": "RS256", **packed}
    other = {**right, "n": packed["n"][:-8] + "AAAAAAAB"}
    for key, status in ((right, 200), (other, 400)):

        async def keys(request: web.Request, key: dict[str, str] = key) -> web.Response:
            return web.json_response({"keys": [key]})

        app = web.Application()
        app.add_routes([web.get("/certs", keys)])
        async with TestServer(app) as certs:
            url = str(certs.make_url("/certs"))
            settings = connecting.deps.settings.model_copy(update={"google_certs_url": url})
            back = await connecting.consent(await connecting.link())
            async with connecting.with_deps(replace(connecting.deps, settings=settings)) as asked:
                assert (await asked.return_with(back))[0] == status


async def test_somebody_who_is_no_admin_connects_nothing(connecting: Connecting) -> None:
    async with connecting.deps.db.transaction(connecting.workspace) as tx:
        now = connecting.deps.clock.now()
        await workspace.upsert_member(tx.session, connecting.workspace, "U0BOSS", now=now)
        await workspace.make_first_admin(tx.session, connecting.workspace, "U0BOSS", now=now)
    back = await connecting.consent(await connecting.link())
    status, page = await connecting.return_with(back)
    assert status == 400 and "Only an admin" in page and not await connecting.boxes()


async def test_without_redis_there_is_no_link_and_no_answer_is_taken(connecting: Connecting) -> None:
    back = await connecting.consent(await connecting.link())
    away = replace(connecting.deps, redis=Redis.from_url("redis://127.0.0.1:1"))
    with pytest.raises(UserError, match="Redis"):
        await make_link(away, connecting.workspace, SAM)
    async with connecting.with_deps(away) as there:
        status, page = await there.return_with(back)
    assert status == 400 and "be checked right now" in page and not await connecting.boxes()


async def test_who_connected_it_is_told_in_slack(connecting: Connecting) -> None:
    status, _ = await connecting.return_with(await connecting.consent(await connecting.link()))
    assert status == 200
    (box,) = await connecting.boxes()
    async with connecting.deps.db.transaction(connecting.workspace) as tx:
        rows = await tx.session.scalars(select(SlackOutbox).where(SlackOutbox.channel_id == SAM))
        (told,) = [row.payload for row in rows if row.key.startswith(f"connected:{box.id}:")]
    assert f"Connected: {KIM}" in json.dumps(told)


async def test_the_form_says_what_is_missing(deps: Deps, workspace: WorkspaceId) -> None:
    assert missing_settings(deps.settings) == ("GMAIL_CLIENT_ID", "GMAIL_CLIENT_SECRET")
    with pytest.raises(UserError, match="GMAIL_CLIENT_ID"):
        await make_link(deps, workspace, SAM)
    form = json.dumps(setup_mailbox(Mailboxes(), None, "C1", missing=("PUBLIC_URL", "GMAIL_CLIENT_ID")))
    assert "`PUBLIC_URL`, `GMAIL_CLIENT_ID`" in form
    form = json.dumps(
        setup_mailbox(
            Mailboxes((Box("1", "a@b.example"),), unread=["a@b.example"]), "https://x.example", "C1"
        )
    )
    assert "IMAP_URL" in form and re.search(r'"url": "https://x\.example"', form)


async def test_the_form_in_slack_links_to_googles_page(connecting: Connecting, client: SlackApi) -> None:
    none = cast(Any, None)
    deps = connecting.deps
    scene = Scene(connecting.workspace, "T1", SAM, "D1", None, None, none, {})

    async def filled(parts: Deps) -> str:
        bot = Bot(parts, client, none, connecting.poster)
        async with deps.db.transaction(connecting.workspace) as tx:
            return json.dumps(await FORMS[Action.SETUP_MAILBOX][1](bot, tx, scene))

    assert f"{connecting.gmail.url}google/auth?client_id=" in await filled(deps)
    away = await filled(replace(deps, redis=Redis.from_url("redis://127.0.0.1:1")))
    assert "google/auth" not in away and "Redis does not answer" in away
    unset = await filled(replace(deps, settings=deps.settings.model_copy(update={"public_url": None})))
    assert "google/auth" not in unset and "`PUBLIC_URL`" in unset
