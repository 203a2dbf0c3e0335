"""Connecting a mailbox: consent page, code, tokens, revocation, certificates."""

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from google.auth import jwt
from googleapiclient.errors import HttpError

from tests.local.gmail_client import Gmail, started, users_of

BACK = "http://127.0.0.1:3000/gmail/callback"
SEND_ONLY = "https://www.googleapis.com/auth/gmail.send openid email"


@pytest.fixture
async def gmail() -> AsyncIterator[Gmail]:
    async with started() as running:
        yield running


def asked(gmail: Gmail, **more: str) -> dict[str, str]:
    return {
        "client_id": gmail.box.accounts.gmail_client_id,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "https://mail.google.com/ openid",
        "state": "a<b>&c",
        "access_type": "offline",
        "prompt": "consent",
        **more,
    }


async def allow(
    gmail: Gmail, query: dict[str, str], decision: str = "allow", account: str = ""
) -> dict[str, list[str]]:
    """Open the page, press the button as a browser does; the query the app gets back."""
    async with aiohttp.ClientSession(gmail.url) as http:
        page = await (await http.get("google/auth", params=query)).text()
        fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page))
        form = {
            name: value.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            for name, value in fields.items()
        }
        form |= {"account": account or gmail.box.accounts.mailbox, "decision": decision}
        answer = await http.post("google/auth", data=form, allow_redirects=False)
    assert answer.status == 302
    assert answer.headers["Location"].startswith(f"{BACK}?")
    return parse_qs(urlsplit(answer.headers["Location"]).query)


async def token(gmail: Gmail, **form: str) -> tuple[int, dict[str, str]]:
    accounts = gmail.box.accounts
    form = {"client_id": accounts.gmail_client_id, "client_secret": accounts.gmail_client_secret, **form}
    async with aiohttp.ClientSession(gmail.url) as http, http.post("google/token", data=form) as answer:
        return answer.status, await answer.json()


async def test_allow_leads_to_a_mailbox_that_works(gmail: Gmail) -> None:
    back = await allow(gmail, asked(gmail), account="Kim@Rainmaker-Demo.example")
    assert back["state"] == ["a<b>&c"]
    status, tokens = await token(
        gmail, grant_type="authorization_code", code=back["code"][0], redirect_uri=BACK
    )
    assert status == 200 and tokens["token_type"] == "Bearer" and int(tokens["expires_in"]) == 3599
    users = users_of(gmail.box, gmail.url, tokens["refresh_token"])
    profile = await asyncio.to_thread(users.getProfile(userId="me").execute)
    assert profile["emailAddress"] == "kim@rainmaker-demo.example"


async def test_a_code_works_once_and_only_for_its_redirect(gmail: Gmail) -> None:
    code = (await allow(gmail, asked(gmail)))["code"][0]
    wrong = await token(
        gmail, grant_type="authorization_code", code=code, redirect_uri="http://evil.example/"
    )
    assert wrong == (400, {"error": "redirect_uri_mismatch", "error_description": "Bad Request"})
    first = await token(gmail, grant_type="authorization_code", code=code, redirect_uri=BACK)
    second = await token(gmail, grant_type="authorization_code", code=code, redirect_uri=BACK)
    assert (first[0], second[0], second[1]["error"]) == (200, 400, "invalid_grant")


async def test_pkce_is_checked(gmail: Gmail) -> None:
    verifier = "v" * 50
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = asked(gmail, code_challenge=challenge, code_challenge_method="S256")
    code = (await allow(gmail, query))["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    assert (await token(gmail, **form, code_verifier="x" * 50))[0] == 400
    assert (await token(gmail, **form, code_verifier=verifier))[0] == 200


async def test_cancel_returns_access_denied(gmail: Gmail) -> None:
    back = await allow(gmail, asked(gmail), decision="deny")
    assert back == {"state": ["a<b>&c"], "error": ["access_denied"]}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"client_id": "other"}, "invalid_client"),
        ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri_mismatch"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
async def test_a_wrong_request_is_told_to_the_person_not_the_app(
    gmail: Gmail, changed: dict[str, str], said: str
) -> None:
    async with aiohttp.ClientSession(gmail.url) as http:
        answer = await http.get("google/auth", params=asked(gmail, **changed), allow_redirects=False)
        assert (answer.status, said in await answer.text()) == (400, True)


async def test_wrong_client_secret_is_401(gmail: Gmail) -> None:
    status, answer = await token(gmail, grant_type="refresh_token", refresh_token="x", client_secret="wrong")
    assert (status, answer["error"]) == (401, "invalid_client")


async def test_without_offline_access_there_is_no_refresh_token(gmail: Gmail) -> None:
    code = (await allow(gmail, asked(gmail, access_type="online")))["code"][0]
    _, tokens = await token(gmail, grant_type="authorization_code", code=code, redirect_uri=BACK)
    assert "refresh_token" not in tokens


async def test_scopes_bound_what_a_grant_may_do(gmail: Gmail) -> None:
    code = (await allow(gmail, asked(gmail, scope=SEND_ONLY)))["code"][0]
    _, tokens = await token(gmail, grant_type="authorization_code", code=code, redirect_uri=BACK)
    gmail.users = users_of(gmail.box, gmail.url, tokens["refresh_token"])
    await gmail.send("anna@somewhere.example")
    with pytest.raises(HttpError) as refused:
        await gmail.found("in:sent")
    assert refused.value.status_code == 403


async def test_the_id_token_is_signed_by_the_published_certificate(gmail: Gmail) -> None:
    code = (await allow(gmail, asked(gmail)))["code"][0]
    _, tokens = await token(gmail, grant_type="authorization_code", code=code, redirect_uri=BACK)
    async with aiohttp.ClientSession(gmail.url) as http, http.get("google/certs") as answer:
        certificates = await answer.json()
    audience = gmail.box.accounts.gmail_client_id
    claims = jwt.decode(tokens["id_token"], certs=certificates, audience=audience)
    assert claims["email"] == gmail.box.accounts.mailbox


async def test_revoking_ends_the_grant_at_once(gmail: Gmail) -> None:
    refresh = gmail.box.accounts.gmail_refresh_token
    await gmail.call(lambda users: users.getProfile(userId="me"))
    async with aiohttp.ClientSession(gmail.url) as http:
        assert (await http.post("google/revoke", data={"token": refresh})).status == 200
        assert (await http.post("google/revoke", data={"token": refresh})).status == 400
    status, answer = await token(gmail, grant_type="refresh_token", refresh_token=refresh)
    assert (status, answer["error"]) == (400, "invalid_grant")


async def test_a_request_without_a_token_is_401(gmail: Gmail) -> None:
    async with aiohttp.ClientSession(gmail.url) as http:
        answer = await http.get("gmail/v1/users/me/profile")
        body = await answer.json()
    assert answer.status == 401
    assert body["error"]["status"] == "UNAUTHENTICATED"
    assert body["error"]["errors"][0]["reason"] == "authError"
