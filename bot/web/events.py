"""/slack/events: what Slack delivers over HTTP, all of it signed."""

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

from bot.inbox import Inbox, delivery_of
from bot.web.slack_request import FORM, fields_of, is_signed, is_ssl_check, payload_of


def routes(app: AsyncApp, inbox: Inbox, secret: str) -> list[web.RouteDef]:
    """Events, commands and interactivity. What is stored is acknowledged from here, and comes to Bolt from its row;
    the rest (the challenge, option lists) Bolt answers in the response.
    """
    verifier = SignatureVerifier(secret)

    async def receive(request: web.Request) -> web.StreamResponse:
        headers = request.headers
        content_type = headers.get("Content-Type", "")
        try:
            body = (await request.read()).decode("utf-8")
        except UnicodeDecodeError:
            return web.Response(status=400, text="the body is not UTF-8")
        if not is_signed(verifier, body, headers):
            return web.Response(status=200 if _asks_for_certificate(body, content_type) else 401)
        payload = payload_of(body, content_type)
        if payload is None:
            return web.Response(status=400)
        delivery = delivery_of(payload)
        if delivery is not None:
            return await _answer(await inbox.accept(delivery))
        # Already verified, already decoded: to Bolt as Socket Mode hands it in.
        return await to_aiohttp_response(
            await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=payload))
        )

    async def look(request: web.Request) -> web.Response:
        """Slack's look at the certificate, when it comes as a GET."""
        if is_ssl_check(request.query):
            return web.Response()
        raise web.HTTPMethodNotAllowed("GET", ["POST"])

    return [web.post("/slack/events", receive), web.get("/slack/events", look)]


def _asks_for_certificate(body: str, content_type: str) -> bool:
    return content_type.startswith(FORM) and "ssl_check" in body and is_ssl_check(fields_of(body))


async def _answer(ack: BoltResponse) -> web.Response:
    return await to_aiohttp_response(ack) if ack.body else web.Response(status=ack.status)
