"""OAuth v2: the page that installs the app, the exchange of codes and refresh tokens, revocation."""

import html
import secrets
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from local.sandbox.slack.call import Call
from local.sandbox.slack.names import APP_ID, BOT_USER_ID, MEMBERS, SCOPES, TEAM_ID, TEAM_NAME
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import Workspace

PAGE = """<!doctype html><meta charset="utf-8"><title>Install Rainmaker</title>
<body style="font-family:system-ui;max-width:32rem;margin:4rem auto;padding:0 1rem">
<h1>Install Rainmaker in {team}?</h1><p>It asks for: {scopes}</p>
<form method="post"><button name="answer" value="allow">Allow</button>
<button name="answer" value="deny">Cancel</button></form>"""


def authorize_routes(workspace: Workspace) -> list[web.AbstractRouteDef]:
    async def ask(request: web.Request) -> web.Response:
        if request.query.get("client_id") != workspace.box.accounts.slack_client_id:
            return web.Response(status=400, text="invalid_client_id")
        if not request.query.get("redirect_uri"):
            return web.Response(status=400, text="bad_redirect_uri")
        scopes = html.escape(request.query.get("scope", SCOPES)).replace(",", ", ")
        return web.Response(text=PAGE.format(team=TEAM_NAME, scopes=scopes), content_type="text/html")

    async def answer(request: web.Request) -> web.Response:
        form = await request.post()
        back = {"state": request.query.get("state", "")}
        if form.get("answer") == "allow":
            back["code"] = grant(workspace)
        else:
            back["error"] = "access_denied"
        where = request.query.get("redirect_uri", "")
        raise web.HTTPFound(f"{where}{'&' if '?' in where else '?'}{urlencode(back)}")

    return [web.get("/oauth/v2/authorize", ask), web.post("/oauth/v2/authorize", answer)]


def grant(workspace: Workspace) -> str:
    """A code that can be exchanged once."""
    code = f"{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
    workspace.store.run("INSERT INTO slack_tokens VALUES (?, 'code', 'fresh')", code)
    return code


async def access(call: Call) -> dict[str, Any]:
    """oauth.v2.access: a code, or a refresh token, for a bot token."""
    accounts = call.workspace.box.accounts
    if call.text("client_id") != accounts.slack_client_id:
        raise Refused("invalid_client_id")
    if call.text("client_secret") != accounts.slack_client_secret:
        raise Refused("bad_client_secret")
    if call.text("grant_type") == "refresh_token":
        return _installed(call.workspace, _use(call.workspace, call.text("refresh_token"), "refresh"))
    _use(call.workspace, call.text("code"), "code")
    return _installed(call.workspace, rotated=False)


def _use(workspace: Workspace, token: str, kind: str) -> bool:
    row = workspace.store.one("SELECT kind, state FROM slack_tokens WHERE token = ?", token)
    if row is None or row["kind"] != kind:
        raise Refused("invalid_code" if kind == "code" else "invalid_refresh_token")
    if row["state"] != "fresh":
        raise Refused("code_already_used" if kind == "code" else "invalid_refresh_token")
    workspace.store.run("UPDATE slack_tokens SET state = 'used' WHERE token = ?", token)
    return True


def _installed(workspace: Workspace, rotated: bool) -> dict[str, Any]:
    token = f"xoxb-{secrets.token_hex(24)}"
    workspace.store.run("INSERT INTO slack_tokens VALUES (?, 'bot', 'fresh')", token)
    body: dict[str, Any] = {
        "app_id": APP_ID,
        "authed_user": {"id": MEMBERS[0].id},
        "scope": SCOPES,
        "token_type": "bot",
        "access_token": token,
        "bot_user_id": BOT_USER_ID,
        "team": {"id": TEAM_ID, "name": TEAM_NAME},
        "enterprise": None,
        "is_enterprise_install": False,
    }
    if rotated:
        body |= {"refresh_token": refreshable(workspace), "expires_in": 43_200}
    return body


def refreshable(workspace: Workspace) -> str:
    """A refresh token that can be exchanged once."""
    token = f"xoxe-1-{secrets.token_hex(24)}"
    workspace.store.run("INSERT INTO slack_tokens VALUES (?, 'refresh', 'fresh')", token)
    return token


def revoke(workspace: Workspace, token: str) -> None:
    workspace.store.run(
        "INSERT INTO slack_tokens VALUES (?, 'bot', 'revoked') "
        "ON CONFLICT (token) DO UPDATE SET state = 'revoked'",
        token,
    )
