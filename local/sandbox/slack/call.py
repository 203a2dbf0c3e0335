"""One call of a Web API method: its arguments, who calls, and the answer with Slack's envelope."""

import json
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import BasicAuth, web

from local.sandbox.slack.names import SCOPES
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import Workspace, new_id
from local.sandbox.slack.wire import loads

log = logging.getLogger(__name__)
APP_TOKEN_METHODS = {"apps.connections.open"}
NO_TOKEN_METHODS = {"oauth.v2.access", "api.test"}


@dataclass(frozen=True)
class Call:
    workspace: Workspace
    method: str
    arguments: dict[str, Any]
    token: str

    def get(self, name: str) -> Any:
        """An argument as it came; None where it is absent, null or an empty string."""
        value = self.arguments.get(name)
        return None if value == "" else value

    def text(self, name: str) -> str:
        """An argument as text, "" where it is absent."""
        value = self.arguments.get(name)
        return "" if value is None else str(value)

    def need(self, name: str) -> str:
        """A required argument; refused as Slack refuses a call without it."""
        value = self.text(name)
        if not value:
            raise Refused("invalid_arguments", f"missing required field: {name}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.arguments.get(name)
        if value in (None, ""):
            return default
        return value is True or str(value).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        try:
            return int(float(self.arguments.get(name) or default))
        except (TypeError, ValueError):
            raise Refused("invalid_arguments", f"must be a valid number [json-pointer:/{name}]") from None

    def structure(self, name: str, error: str = "invalid_arguments") -> Any:
        """A JSON argument: as JSON, or as a string of JSON, which forms carry. None where absent."""
        value = self.get(name)
        if isinstance(value, str):
            try:
                return loads(value)
            except json.JSONDecodeError:
                raise Refused(error, f"failed to parse JSON [json-pointer:/{name}]") from None
        return value


Method = Callable[[Call], Awaitable[dict[str, Any]]]


def route(
    workspace: Workspace, name: str, method: Method
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The aiohttp handler of one method."""

    async def answer(request: web.Request) -> web.Response:
        return await _answer(workspace, name, method, request)

    return answer


async def unknown(request: web.Request) -> web.Response:
    method = request.match_info["method"]
    return _json({"ok": False, "error": "unknown_method", "req_method": method})


async def _answer(workspace: Workspace, name: str, method: Method, request: web.Request) -> web.Response:
    faults = workspace.box.faults
    await faults.delay("slack", random.random())
    limited = faults.take("slack", "rate_limited", name)
    if limited:
        after = {"Retry-After": str(limited.options.get("retry_after", 1))}
        return _json({"ok": False, "error": "ratelimited"}, 429, after)
    broken = faults.take("slack", "server_error", name)
    if broken:
        return web.Response(status=int(broken.options.get("status", 503)), text="upstream connect error")
    response = _json(await _run(workspace, name, method, request))
    if faults.take("slack", "lost_response", name) and request.transport is not None:
        request.transport.abort()  # the method took effect and the caller never hears of it
    return response


async def _run(workspace: Workspace, name: str, method: Method, request: web.Request) -> dict[str, Any]:
    try:
        arguments = await _arguments(request)
        token = _token(request, arguments)
        _authorize(workspace, name, token)
        if workspace.box.faults.take("slack", "msg_too_long", name):
            raise Refused("msg_too_long")
        if refused := workspace.box.faults.take("slack", "refused", name):
            raise Refused(str(refused.options["error"]))
        return {"ok": True, **await method(Call(workspace, name, arguments, token))}
    except Refused as refused:
        log.info("slack_refused", extra={"method": name, "error": refused.error})
        return refused.body()


async def _arguments(request: web.Request) -> dict[str, Any]:
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = loads(await request.text())
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            raise Refused("invalid_json") from None
        if not isinstance(body, dict):
            raise Refused("json_not_object")
        return arguments | body
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return arguments | dict((await request.post()).items())
    return arguments


def _token(request: web.Request, arguments: dict[str, Any]) -> str:
    header = request.headers.get("Authorization", "")
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            client = BasicAuth.decode(header)
        except ValueError:
            raise Refused("invalid_auth") from None
        arguments.setdefault("client_id", client.login)
        arguments.setdefault("client_secret", client.password)
    return str(arguments.get("token") or "")


def _authorize(workspace: Workspace, name: str, token: str) -> None:
    if name in NO_TOKEN_METHODS:
        return
    if not token:
        raise Refused("not_authed")
    kind = token_kind(workspace, token)
    wanted = "app" if name in APP_TOKEN_METHODS else "bot"
    if kind != wanted:
        raise Refused("not_allowed_token_type")


def token_kind(workspace: Workspace, token: str) -> str:
    """`bot` or `app`; refused where the token is unknown or revoked."""
    row = workspace.store.one("SELECT kind, state FROM slack_tokens WHERE token = ?", token)
    if row is not None:
        if row["state"] == "revoked":
            raise Refused("token_revoked")
        return row["kind"]
    if token == workspace.box.accounts.slack_bot_token:
        return "bot"
    if token == workspace.box.accounts.slack_app_token:
        return "app"
    raise Refused("invalid_auth")


def _json(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    common = {
        "X-OAuth-Scopes": SCOPES,
        "X-Accepted-OAuth-Scopes": "",
        "X-Slack-Req-Id": new_id("").lower(),
        "Cache-Control": "private, no-cache, no-store, must-revalidate",
    }
    return web.json_response(body, status=status, headers=common | (headers or {}))
