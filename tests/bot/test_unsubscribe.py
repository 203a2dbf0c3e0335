"""The way out of our emails: it acts on POST only, for anybody who holds the link, as often as they like."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest
from sqlalchemy import func, select

from bot.web import unsubscribe
from bot.web.unsubscribe_page import STYLE, WORDS, language_of
from db.models.campaign import Suppression
from db.models.email import EmailCampaign, EmailEvent
from db.models.lead import Lead
from db.queries import workspace as workspaces
from db.session import connect
from db.types import WorkspaceId
from pipeline.deps import Deps
from pipeline.jobs.envelope import unsubscribe_links
from tests.bot.conftest import serve

ADDRESS = "maria@acme.example"
MakeEmail = Callable[..., Awaitable[UUID]]


@pytest.fixture
def make_email(deps: Deps, workspace: WorkspaceId) -> MakeEmail:
    """An email that was sent to a lead."""

    async def make(**more: Any) -> UUID:
        now = deps.clock.now()
        async with deps.db.transaction(workspace) as tx:
            lead = Lead(
                workspace_id=workspace, name="Maria Silva", email=ADDRESS, email_status="given", status="emailed",
                score=70, created_at=now, updated_at=now,
            )  # fmt: skip
            tx.session.add(lead)
            await tx.session.flush()
            given: dict[str, Any] = {
                "workspace_id": workspace, "lead_id": lead.id, "kind": "sequence", "email_sequence": 1, "state": "sent",
                "to_email": ADDRESS, "subject": "Hello", "body": "Hi", "from_email": "sam@brightpath.example",
                "content_hash": "0" * 64, "sent_at": now, "created_at": now, "updated_at": now,
            }  # fmt: skip
            email = EmailCampaign(**(given | more))
            tx.session.add(email)
            await tx.session.flush()
            await workspaces.update_settings(tx.session, workspace, now=now, company_name="Brightpath <b>&Co")
            return email.id

    return make


@dataclass(frozen=True)
class Site:
    base: str
    http: aiohttp.ClientSession

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, str, Any]:
        async with self.http.request(method, f"{self.base}{path}", allow_redirects=False, **more) as answer:
            return answer.status, await answer.text(), answer.headers


@pytest.fixture
async def site(deps: Deps, http: aiohttp.ClientSession) -> AsyncIterator[Site]:
    server = await serve(*unsubscribe.routes(deps))
    yield Site(str(server.make_url("")).rstrip("/"), http)
    await server.close()


def path_of(deps: Deps, workspace: WorkspaceId, email_id: UUID) -> str:
    url = unsubscribe_links(deps).url(workspace, email_id)
    assert url is not None
    return url.removeprefix("https://rainmaker.example")


async def suppressed(deps: Deps, workspace: WorkspaceId) -> int:
    async with deps.db.transaction(workspace) as tx:
        count = await tx.session.scalar(select(func.count()).select_from(Suppression))
    return count or 0


async def test_looking_changes_nothing(
    deps: Deps, workspace: WorkspaceId, site: Site, make_email: MakeEmail
) -> None:
    path = path_of(deps, workspace, await make_email())
    for method in ("GET", "HEAD", "OPTIONS"):
        status, _, _ = await site.ask(method, path)
        assert status == (405 if method == "OPTIONS" else 200)
    assert await suppressed(deps, workspace) == 0


async def test_the_page_says_who_writes_to_whom_and_shows_it_as_text(
    deps: Deps, workspace: WorkspaceId, site: Site, make_email: MakeEmail
) -> None:
    status, text, headers = await site.ask("GET", path_of(deps, workspace, await make_email()))
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Brightpath &lt;b&gt;&amp;Co" in text and "<b>" not in text
    assert ADDRESS in text and 'method="post"' in text and "<script" not in text
    Sound().feed(text)


async def test_the_page_can_not_be_framed_cached_or_leak_its_address(
    deps: Deps, workspace: WorkspaceId, site: Site, make_email: MakeEmail
) -> None:
    _, text, headers = await site.ask("GET", path_of(deps, workspace, await make_email()))
    policy = headers["Content-Security-Policy"]
    assert (
        "default-src 'none'" in policy
        and "frame-ancestors 'none'" in policy
        and "form-action 'self'" in policy
    )
    assert headers["Cache-Control"] == "no-store" and headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY" and headers["X-Content-Type-Options"] == "nosniff"
    assert f"<style>{STYLE}</style>" in text  # the policy holds the hash of exactly this


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"'
                                            b"\r\n\r\nOne-Click\r\n--x--\r\n"),
        ("application/x-www-form-urlencoded", b""),
        ("application/octet-stream", b"\xff\xfe"),
    ],
)  # fmt: skip
async def test_a_post_unsubscribes(
    deps: Deps, workspace: WorkspaceId, site: Site, make_email: MakeEmail, kind: str, body: bytes
) -> None:
    email_id = await make_email()
    path = path_of(deps, workspace, email_id)
    status, text, _ = await site.ask("POST", path, data=body, headers={"Content-Type": kind})
    assert status == 200 and "You are unsubscribed" in text and ADDRESS in text
    async with deps.db.transaction(workspace) as tx:
        email = await tx.session.scalar(select(EmailCampaign).where(EmailCampaign.id == email_id))
        lead = await tx.session.scalar(select(Lead))
    assert email is not None and email.unsubscribed
    assert lead is not None and lead.status == "unsubscribed"
    assert await suppressed(deps, workspace) == 1


async def test_the_link_in_a_test_says_that_it_was_one(
    deps: Deps, workspace: WorkspaceId, site: Site, make_email: MakeEmail
) -> None:
    path = path_of(
        deps, workspace, await make_email(kind="test", email_sequence=None, to_email="sam@acme.example")
    )
    for method in ("GET", "POST"):
        status, page, _ = await site.ask(method, path)
        assert status == 200 and "was a test" in page and "sam@acme.example" in page
        assert "<form" not in page and "will not write" not in page and "are unsubscribed" not in page
    assert await suppressed(deps, workspace) == 0


async def test_pressing_again_or_at_once_is_the_same(
    deps: Deps, workspace: WorkspaceId, site: Site, make_email: MakeEmail
) -> None:
    path = path_of(deps, workspace, await make_email())
    answers = await asyncio.gather(*(site.ask("POST", path) for _ in range(5)))
    answers.append(await site.ask("POST", path))
    assert [status for status, _, _ in answers] == [200] * 6
    assert await suppressed(deps, workspace) == 1


async def test_a_link_we_did_not_sign_says_what_to_do(deps: Deps, workspace: WorkspaceId, site: Site) -> None:
    good = unsubscribe_links(deps).token(workspace, uuid4())
    other = unsubscribe_links(
        replace(deps, settings=deps.settings.model_copy(update={"encryption_key": _key()}))
    )
    bad = [
        "x",
        good[:-1],
        good + "x",
        other.token(workspace, uuid4()),
        "a" * 5000,
        "..",
        "%00",
        "🎉",
        good.upper(),
    ]
    for token in bad:
        for method in ("GET", "POST"):
            status, text, headers = await site.ask(method, f"/u/{token}")
            assert status == 404, token
            if "html" in headers["Content-Type"]:
                assert "unsubscribe" in text
    assert (await site.ask("GET", "/u/x"))[1].count("“unsubscribe”") == 1


def _key() -> Any:
    from pydantic import SecretStr

    return SecretStr("11" * 32)


async def test_the_link_of_an_erased_email_is_answered(
    deps: Deps, workspace: WorkspaceId, site: Site
) -> None:
    for method in ("GET", "POST"):
        status, _, _ = await site.ask(method, path_of(deps, workspace, uuid4()))
        assert status == 404
    stranger = path_of(deps, WorkspaceId(uuid4()), uuid4())
    assert (await site.ask("POST", stranger))[0] == 404


async def test_a_workspace_can_not_be_reached_by_anothers_token(
    deps: Deps, workspace: WorkspaceId, site: Site, make_email: MakeEmail
) -> None:
    email_id = await make_email()
    async with deps.db.across() as tx:
        other = await workspaces.create(tx.session, team_id=f"T{uuid4().hex}", name="Other", timezone="UTC")
    assert (await site.ask("POST", path_of(deps, other, email_id)))[0] == 404
    assert await suppressed(deps, workspace) == 0


async def test_without_a_database_the_page_asks_to_come_back(
    deps: Deps, workspace: WorkspaceId, http: aiohttp.ClientSession
) -> None:
    away = connect("postgresql://nobody@127.0.0.1:1/nothing")
    server = await serve(*unsubscribe.routes(replace(deps, db=away)))
    site = Site(str(server.make_url("")).rstrip("/"), http)
    status, text, headers = await site.ask("POST", path_of(deps, workspace, uuid4()))
    await server.close()
    await away.close()
    assert status == 503 and headers["Retry-After"] == "60" and "try again" in text


async def test_the_page_speaks_the_emails_language_else_the_readers(
    deps: Deps, workspace: WorkspaceId, site: Site, make_email: MakeEmail
) -> None:
    path = path_of(deps, workspace, await make_email(language="de-AT"))
    _, text, _ = await site.ask("GET", path, headers={"Accept-Language": "fr"})
    assert '<html lang="de">' in text and "Abmelden" in text
    _, text, _ = await site.ask("GET", "/u/x", headers={"Accept-Language": "xx, fr-CH;q=0.8, en;q=0.5"})
    assert '<html lang="fr">' in text


def test_every_language_says_everything() -> None:
    fills = {name: field.count("{") for name, field in vars_of(WORDS["en"]).items()}
    for words in WORDS.values():
        assert {name: field.count("{") for name, field in vars_of(words).items()} == fills
        assert all(vars_of(words).values())
    assert language_of(None, "", "ES") == "es" and language_of("zz" * 500) == "en"


def vars_of(words: Any) -> dict[str, str]:
    return {name: getattr(words, name) for name in words.__slots__}


class Sound(HTMLParser):
    """Complains about a tag that is closed in the wrong order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        """It ends where it begins."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


async def test_pressed_again_and_again_it_is_one_event(
    deps: Deps, workspace: WorkspaceId, site: Site, make_email: MakeEmail
) -> None:
    path = path_of(deps, workspace, await make_email())
    answers = await asyncio.gather(*(site.ask("POST", path) for _ in range(4)))
    assert [status for status, _, _ in answers] == [200] * 4
    async with deps.db.transaction(workspace) as tx:
        found = list(await tx.session.scalars(select(EmailEvent.type)))
    assert found == ["unsubscribed"]
