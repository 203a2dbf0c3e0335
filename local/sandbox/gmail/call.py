"""How every Gmail method is served: who asks, armed faults, quota, the work, faults after the work.

Faults of service "gmail", matched against method id, verb and path ("gmail.users.drafts.send POST /gmail/…"):

before the work: those of every service (timeout, garbage, empty, html), server_error {status},
    rate_limited {code, reason, retry_after}, expired, revoked, insufficient_scopes,
    quota {units_per_minute}, history_gone (history.list),
    draft_edited {text, subject, strip} and draft_deleted (drafts.get, drafts.send; a person was quicker)
while storing: strip_header {prefix}, keep_message_id, index_delay {seconds}
after the work: server_error_after {status}, lost_response {reset}, timeout_after {seconds}
`times: -1` makes a fault last until cleared.
"""

import asyncio
import json
import logging
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.helpers import parse_mimetype

from local.sandbox.context import Sandbox
from local.sandbox.faults import Fault
from local.sandbox.gmail import oauth
from local.sandbox.gmail.errors import (
    GoogleError,
    insufficient_scopes,
    invalid,
    invalid_credentials,
    rate_limited,
    server_error,
)
from local.sandbox.gmail.message_json import to_base64url
from local.sandbox.mail import mime
from local.sandbox.mail.mailbox import Mailbox, open_account
from local.sandbox.mail.tables import transaction
from local.sandbox.outage import outage

MAIL = "https://mail.google.com/"
SCOPE = "https://www.googleapis.com/auth/gmail."
READ = frozenset({MAIL, f"{SCOPE}modify", f"{SCOPE}readonly"})
READ_META = READ | {f"{SCOPE}metadata"}
CHANGE = frozenset({MAIL, f"{SCOPE}modify"})
COMPOSE = CHANGE | {f"{SCOPE}compose"}
SEND = COMPOSE | {f"{SCOPE}send"}
READ_DRAFTS = READ | COMPOSE
READ_LABELS = READ_META | {f"{SCOPE}labels"}
READ_PROFILE = READ_META | COMPOSE
READ_SETTINGS = READ | {f"{SCOPE}settings.basic"}
UNITS_PER_MINUTE = 6000
WINDOW = 60.0  # seconds over which quota units are counted

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Call:
    """One authenticated request; `body` is the parsed JSON, with an uploaded message put in as `raw`."""

    box: Sandbox
    mailbox: Mailbox
    method: str
    request: web.Request
    body: dict[str, Any]

    def path(self, name: str) -> str:
        return self.request.match_info[name]

    def query(self, name: str, default: str = "") -> str:
        return self.request.query.get(name, default)

    def number(self, name: str, default: int, most: int) -> int:
        text = self.query(name, str(default))
        if not text.isdigit():
            raise invalid(f"Invalid value at '{name}' (TYPE_UINT32), \"{text}\"")
        return min(int(text) or default, most)

    def fault(self, kind: str) -> Fault | None:
        return self.box.faults.take("gmail", kind, f"{self.method} {self.request.method} {self.request.path}")


Answer = dict[str, Any] | None


@dataclass(frozen=True)
class Method:
    """A method of the API. `run` does its work without awaiting, so that it is one transaction."""

    id: str
    verb: str
    path: str
    units: int
    scopes: frozenset[str]
    run: Callable[[Call], Answer] = field(compare=False)
    upload: bool = False
    before: Callable[[Call], None] | None = field(default=None, compare=False)  # stays done if `run` refuses


class Quota:
    """Units used by each account in the last minute."""

    def __init__(self) -> None:
        self._used: dict[str, deque[tuple[float, int]]] = {}

    def use(self, account: str, units: int, now: float) -> int:
        """The sum with this call in it."""
        used = self._used.setdefault(account, deque())
        while used and used[0][0] <= now - WINDOW:
            used.popleft()
        used.append((now, units))
        return sum(amount for _, amount in used)


def handler(
    box: Sandbox, method: Method, quota: Quota
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The aiohttp handler of one method."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if (
            spoiled := await outage(box, "gmail", f"{method.id} {request.method} {request.path}")
        ) is not None:
            return spoiled
        try:
            call = Call(box, _mailbox(box, request, method), method.id, request, await _body(request, method))
            _spoil_before(call, method, quota)
            if method.before:
                with transaction(box.store):
                    method.before(call)
            with transaction(box.store):
                result = method.run(call)
            await _spoil_after(call)
        except GoogleError as error:
            return error.response()
        except Exception:
            log.exception("gmail method failed", extra={"method": method.id})
            return server_error().response()
        return web.Response(status=204) if result is None else web.json_response(result)

    return answer


def _mailbox(box: Sandbox, request: web.Request, method: Method) -> Mailbox:
    what = f"{method.id} {request.method} {request.path}"
    access = oauth.access_of(box, request.headers.get("Authorization", ""))
    if access is None or box.faults.take("gmail", "expired", what):
        raise invalid_credentials()
    if box.faults.take("gmail", "revoked", what):
        oauth.revoke_account(box, access.account)
        raise invalid_credentials()
    if not access.scopes & method.scopes or box.faults.take("gmail", "insufficient_scopes", what):
        raise insufficient_scopes()
    if request.match_info["user"].lower() not in ("me", access.account):
        raise GoogleError(403, "forbidden", f"Delegation denied for {access.account}")
    return open_account(box, access.account)


async def _body(request: web.Request, method: Method) -> dict[str, Any]:
    content = await request.read()
    if request.path.startswith("/upload/"):
        return _uploaded(request, content)
    if not content:
        return {}
    try:
        body = json.loads(content)
    except ValueError:
        raise GoogleError(
            400, "parseError", "Parse Error", long_message="Invalid JSON payload received."
        ) from None
    if not isinstance(body, dict):
        raise GoogleError(400, "parseError", "Parse Error", long_message="Invalid JSON payload received.")
    return body


def _uploaded(request: web.Request, content: bytes) -> dict[str, Any]:
    """uploadType media: the message alone; multipart: JSON and the message."""
    kind = request.query.get("uploadType", "media")
    resource: dict[str, Any] = {}
    message = content
    if kind == "multipart":
        resource, message = _two_parts(request, content)
    elif kind != "media":
        raise GoogleError(501, "notImplemented", f"uploadType {kind} is not part of this sandbox.")
    nested = "/drafts" in request.path
    inside = resource.setdefault("message", {}) if nested else resource
    inside["raw"] = to_base64url(message)
    return resource


def _two_parts(request: web.Request, content: bytes) -> tuple[dict[str, Any], bytes]:
    """JSON and message of a multipart/related body, cut out by its boundary."""
    boundary = parse_mimetype(request.headers.get("Content-Type", "")).parameters.get("boundary", "")
    pieces = (b"\r\n" + mime.with_crlf(content)).split(f"\r\n--{boundary}".encode())[1:-1]
    if not boundary or len(pieces) != 2:
        raise GoogleError(400, "badContent", "Malformed multipart body.")
    json_part, message = (piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")[2] for piece in pieces)
    try:
        return json.loads(json_part or b"{}"), message
    except ValueError:
        raise GoogleError(400, "parseError", "Parse Error") from None


def _spoil_before(call: Call, method: Method, quota: Quota) -> None:
    if fault := call.fault("server_error"):
        raise server_error(fault.options.get("status", 500))
    if fault := call.fault("rate_limited"):
        options = fault.options
        raise rate_limited(
            options.get("code", 429), options.get("reason", "rateLimitExceeded"), options.get("retry_after")
        )
    used = quota.use(call.mailbox.address, method.units, call.box.clock.wall())
    fault = call.fault("quota")
    if fault and used > fault.options.get("units_per_minute", UNITS_PER_MINUTE):
        raise rate_limited(403, "userRateLimitExceeded")


async def _spoil_after(call: Call) -> None:
    if fault := call.fault("server_error_after"):
        raise server_error(fault.options.get("status", 500))
    if fault := call.fault("timeout_after"):
        await asyncio.sleep(fault.options.get("seconds", 300))
        hang_up(call.request, reset=False)
    if fault := call.fault("lost_response"):
        hang_up(call.request, reset=bool(fault.options.get("reset")))


def hang_up(request: web.Request, *, reset: bool) -> None:
    """End the connection without an answer: closed in order, or reset as a crashing proxy does."""
    transport = request.transport
    if transport is None:
        return
    if reset:
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
    transport.abort()
