"""Files, installation, and text as people type it."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from local.sandbox.slack.mrkdwn import rich_text, typed
from local.sandbox.slack.oauth import refreshable
from tests.local.slack_world import BOT, LEADS, SAM, SAM_DM, World, heard, until, world

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


async def test_the_app_uploads_in_three_steps():
    async with world() as w, w.page(SAM) as page:
        uploaded = await w.client.files_upload_v2(
            channel=LEADS, filename="leads.csv", content="a,b\n1,2\n", title="Leads", initial_comment="Here"
        )
        message = (await heard(page, "message"))["message"]
        assert message["text"] == "Here" and message["files"][0]["title"] == "Leads"
        info = await w.client.files_info(file=uploaded["file"]["id"])
        assert info["file"]["size"] == 8 and info["file"]["mimetype"] == "text/csv"
        assert info["file"]["channels"] == [LEADS]


async def test_a_person_uploads_and_the_app_reads_it():
    async with world() as w:
        form = aiohttp.FormData()
        for name, value in {"user": SAM, "channel": SAM_DM, "text": "my list"}.items():
            form.add_field(name, value)
        form.add_field("file", b"name\nBo\n", filename="list.csv", content_type="text/csv")
        async with w.http.post(f"{w.box.base_url}/page/upload", data=form) as response:
            assert (await response.json())["ok"]
        event = (await until(lambda: w.app.events("message")))[0]
        assert event["subtype"] == "file_share" and event["text"] == "my list"
        url = event["files"][0]["url_private_download"]
        headers = {"Authorization": f"Bearer {w.box.accounts.slack_bot_token}"}
        async with w.http.get(url, headers=headers) as response:
            assert await response.read() == b"name\nBo\n"
        async with w.http.get(url, allow_redirects=False) as response:
            assert response.status == 302


async def test_a_file_that_nobody_sees_is_shown_by_the_message_that_names_it():
    async with world() as w:
        reply = await w.client.files_upload_v2(
            file=PNG, filename="days.png", title="Days", alt_txt="two days"
        )
        picture = {"type": "image", "alt_text": "two days", "slack_file": {"id": reply["files"][0]["id"]}}
        posted = await w.client.chat_postMessage(channel=LEADS, text="Days", blocks=[picture])
        (shown,) = posted["message"]["blocks"]
        url = f"{shown['slack_file']['url_private']}?user={SAM}"
        async with w.http.get(url) as response:
            assert response.content_type == "image/png" and await response.read() == PNG
        by_address = {**picture, "slack_file": {"url": shown["slack_file"]["url_private"]}}
        await w.client.chat_update(channel=LEADS, ts=posted["ts"], text="Days", blocks=[by_address])


@pytest.mark.parametrize(
    "file",
    [
        {"id": "F0NONE0000"},
        {"id": "none"},
        {},
        {"id": "F0NONE0000", "url": "https://x.example"},
        "F0NONE0000",
    ],
)
async def test_a_picture_that_is_no_file_of_ours_is_refused(file: Any):
    async with world() as w:
        picture = {"type": "image", "alt_text": "two days", "slack_file": file}
        with pytest.raises(SlackApiError) as caught:
            await w.client.chat_postMessage(channel=LEADS, text="Days", blocks=[picture])
        assert caught.value.response["error"] == "invalid_blocks"
        assert "/blocks/0/slack_file" in str(caught.value.response["errors"])


async def test_a_table_is_no_picture():
    async with world() as w:
        reply = await w.client.files_upload_v2(content="a,b", filename="days.csv", title="Days")
        picture = {"type": "image", "alt_text": "days", "slack_file": {"id": reply["files"][0]["id"]}}
        with pytest.raises(SlackApiError) as caught:
            await w.client.chat_postMessage(channel=LEADS, text="Days", blocks=[picture])
        assert "invalid slack file" in str(caught.value.response["errors"])


async def test_files_that_are_not_there_are_refused():
    async with world() as w:
        for call in (
            w.client.files_info(file="F0NONE"),
            w.client.files_completeUploadExternal(files=[{"id": "F0NONE"}]),
        ):
            with pytest.raises(SlackApiError) as caught:
                await call
            assert caught.value.response["error"] == "file_not_found"


async def allow(w: World, answer: str) -> dict[str, list[str]]:
    query = {"client_id": w.box.accounts.slack_client_id, "scope": "chat:write", "state": "s"}
    query["redirect_uri"] = "http://127.0.0.1:3000/slack/oauth_redirect"
    url = f"{w.box.base_url}/oauth/v2/authorize"
    async with w.http.get(url, params=query) as response:
        assert "Allow" in await response.text()
    async with w.http.post(url, params=query, data={"answer": answer}, allow_redirects=False) as response:
        return parse_qs(urlsplit(response.headers["Location"]).query)


async def test_the_app_is_installed_by_oauth_and_its_token_works():
    async with world() as w:
        back = await allow(w, "allow")
        assert back["state"] == ["s"]
        client = AsyncWebClient(base_url=f"{w.box.base_url}/api/")
        secrets: dict[str, Any] = {
            "client_id": w.box.accounts.slack_client_id,
            "client_secret": w.box.accounts.slack_client_secret,
        }
        installed = await client.oauth_v2_access(code=back["code"][0], **secrets)
        assert installed["bot_user_id"] == BOT and installed["team"]["name"] == "Rainmaker Demo"
        assert (await client.auth_test(token=installed["access_token"]))["user_id"] == BOT
        with pytest.raises(SlackApiError) as caught:
            await client.oauth_v2_access(code=back["code"][0], **secrets)
        assert caught.value.response["error"] == "code_already_used"
        rotated = await client.oauth_v2_access(
            grant_type="refresh_token", refresh_token=refreshable(w.workspace), **secrets
        )
        assert rotated["expires_in"] == 43_200 and rotated["refresh_token"]
        assert (await allow(w, "deny"))["error"] == ["access_denied"]


HANDLES = {"rainmaker": BOT, "sam rivers": SAM, "sam": SAM}


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("@Rainmaker hi", f"<@{BOT}> hi"),
        ("ask @Sam Rivers.", f"ask <@{SAM}>."),
        ("<@U0SAMRIVERS> ok", "<@U0SAMRIVERS> ok"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("see https://a.com/x?y=1&z=2.", "see <https://a.com/x?y=1&amp;z=2>."),
        ("bo@acme.com", "<mailto:bo@acme.com|bo@acme.com>"),
        ("try acme.com now", "try <http://acme.com|acme.com> now"),
        ("sam@rainmaker is no mention", "sam@rainmaker is no mention"),
        ("<!channel> look", "<!channel> look"),
        ("version 1.2.3", "version 1.2.3"),
    ],
)
def test_what_is_typed_is_stored_as_slack_stores_it(raw: str, stored: str):
    assert typed(raw, HANDLES) == stored


def test_rich_text_mirrors_the_text():
    (section,) = rich_text(f"<@{BOT}> see <https://a.com|A &amp; B> &lt;now&gt;")["elements"]
    assert section["elements"] == [
        {"type": "user", "user_id": BOT},
        {"type": "text", "text": " see "},
        {"type": "link", "url": "https://a.com", "text": "A & B"},
        {"type": "text", "text": " <now>"},
    ]
