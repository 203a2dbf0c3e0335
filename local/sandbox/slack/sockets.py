"""Socket Mode: the app's web sockets, and envelopes with their acknowledgements."""

import asyncio
import json
import secrets
from typing import Any

from aiohttp import WSMsgType, web

from local.sandbox.context import Sandbox
from local.sandbox.slack.names import APP_ID

HEARTBEAT_SECONDS = 15.0
HOST = "applink-sandbox"


class SocketHub:
    """The sockets that are open now. Envelopes go to one of them, in turn, as Slack spreads them."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self._open: list[web.WebSocketResponse] = []
        self._turn = 0
        self._waiting: dict[str, tuple[web.WebSocketResponse, asyncio.Future[dict[str, Any]]]] = {}

    @property
    def connected(self) -> bool:
        return any(not socket.closed for socket in self._open)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Run one socket until it closes."""
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS)
        await socket.prepare(request)
        self._open.append(socket)
        try:
            await socket.send_json(self._hello())
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._acknowledge(message.data)
        finally:
            self._forget(socket)
        return socket

    async def send(self, kind: str, payload: dict[str, Any], seconds: float, **extra: Any) -> dict[str, Any]:
        """Send one envelope and wait for its acknowledgement.

        Returns the acknowledgement's payload, `{}` where it has none.
        Raises ConnectionError where the socket went away, TimeoutError where nothing came back.
        """
        socket = self._next()
        envelope = {"envelope_id": _envelope_id(), "payload": payload, "type": kind, **extra}
        acknowledged: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = (socket, acknowledged)
        try:
            await socket.send_json(envelope)
            if self._box.faults.take("slack", "dropped_socket", kind):
                await socket.close(code=1012, message=b"dropped")
                self._forget(socket)
            async with asyncio.timeout(seconds):
                return await acknowledged
        finally:
            del self._waiting[envelope["envelope_id"]]

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask every socket to reconnect, as Slack does before it closes one."""
        for socket in list(self._open):
            if not socket.closed:
                await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": HOST}})

    async def close(self) -> None:
        for socket in list(self._open):
            await socket.close(code=1001, message=b"going away")

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "debug_info": {"host": HOST, "build_number": 1, "approximate_connection_time": 3600},
            "connection_info": {"app_id": APP_ID},
        }

    def _next(self) -> web.WebSocketResponse:
        ready = [socket for socket in self._open if not socket.closed]
        if not ready:
            raise ConnectionError("no socket is connected")
        self._turn += 1
        return ready[self._turn % len(ready)]

    def _acknowledge(self, text: str) -> None:
        try:
            body = json.loads(text)
        except json.JSONDecodeError:
            return
        waiting = self._waiting.get(body.get("envelope_id", "")) if isinstance(body, dict) else None
        if waiting is not None and not waiting[1].done():
            waiting[1].set_result(body.get("payload") or {})

    def _forget(self, socket: web.WebSocketResponse) -> None:
        if socket in self._open:
            self._open.remove(socket)
        for owner, acknowledged in list(self._waiting.values()):
            if owner is socket and not acknowledged.done():
                acknowledged.set_exception(ConnectionError("the socket closed"))


def _envelope_id() -> str:
    raw = secrets.token_hex(16)
    return f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}"
