"""Entry of the web process: one aiohttp application for Slack and the public routes.

`python -m bot.app`. Slack reaches it by HTTP when SLACK_SIGNING_SECRET is set, and by Socket Mode when
SLACK_APP_TOKEN is; both may be on.
"""

import asyncio
import contextlib
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import cast

import aiohttp
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.assistant.turns import Turns
from bot.inbox import Inbox
from bot.listeners import Bot, Router, register
from bot.notifier import SlackNotifier
from bot.posting import Poster
from bot.process import background, run, settle
from bot.slack import Reply, SlackApi, code, typed, web_client
from bot.web import events, google, health, oauth, unsubscribe
from pipeline import logs
from pipeline.clock import Clock
from pipeline.deps import Deps, open_clock, open_deps
from pipeline.errors import Transient
from pipeline.jobs.base import RedisEnqueuer
from pipeline.settings import Settings

log = logs.get_logger(__name__)
MOST_BYTES = 4 * 1024 * 1024  # of one request; Slack's payloads stay far below
AUTHORIZED_FOR = 600.0  # seconds an auth.test is trusted


def authorizer(
    client: SlackApi, token: str | None, clock: Clock
) -> Callable[[str | None, str | None], Awaitable[AuthorizeResult]]:
    """Who we are, asked of Slack once in a while and not before every event."""
    lock = asyncio.Lock()
    known: list[tuple[float, AuthorizeResult]] = []

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        async with lock:
            if not known or clock.monotonic() - known[0][0] > AUTHORIZED_FOR:
                try:
                    known[:] = [(clock.monotonic(), _ourselves(await client.auth_test(), token))]
                except SlackApiError as error:
                    if not known:  # Bolt would take its own error for an answer, and the delivery for done
                        raise Transient(f"Slack does not say who we are: {code(error)}") from error
                    log.warning("auth_test_failed", error=code(error))
            return known[0][1]

    return authorize


def _ourselves(answer: Reply, token: str | None) -> AuthorizeResult:
    return AuthorizeResult(
        enterprise_id=answer.get("enterprise_id"),
        team_id=answer.get("team_id"),
        bot_user_id=answer.get("user_id"),
        bot_id=answer.get("bot_id"),
        bot_token=token,
    )


def bolt_app(client: AsyncWebClient, clock: Clock, inbox: Inbox) -> AsyncApp:
    """Listeners run before the response: the second pass ends when they have ended."""
    app = AsyncApp(
        client=client,
        signing_secret="unused: signatures are checked in bot/web/events.py",
        authorize=authorizer(typed(client), client.token, clock),
        before_authorize=inbox.receive,
        process_before_response=True,
    )
    inbox.attach(app)
    return app


class Web:
    """The web process's parts, opened and closed in order."""

    def __init__(self, settings: Settings, deps: Deps, session: aiohttp.ClientSession) -> None:
        self.settings, self.deps = settings, deps
        token = settings.slack_bot_token
        sdk = web_client(token.get_secret_value() if token else None, settings.slack_api_url, session)
        self._sdk, self.client = sdk, typed(sdk)
        self.inbox = Inbox(deps.db, deps.clock)
        self.app = bolt_app(sdk, deps.clock, self.inbox)
        self.turns = Turns(deps, self.client)
        self.poster = Poster(deps.db, deps.clock, self.client)
        register(cast(Router, self.app), Bot(deps, self.client, self.turns, self.poster))

    def routes(self) -> web.Application:
        application = web.Application(client_max_size=MOST_BYTES)
        application.add_routes(
            [
                *health.routes(self.deps),
                *oauth.routes(),
                *unsubscribe.routes(self.deps),
                *google.routes(self.deps, self.poster),
            ]
        )
        secret = self.settings.slack_signing_secret
        if secret is not None:
            application.add_routes(events.routes(self.app, self.inbox, secret.get_secret_value()))
        return application

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[int]:
        """Serve; yields the port. On leaving: no new intake, three seconds to a step's end, leases released."""
        runner = web.AppRunner(self.routes(), access_log=None, shutdown_timeout=2)
        await runner.setup()
        site = web.TCPSite(
            runner, host=None if self.settings.slack_is_real else "127.0.0.1", port=self.settings.port
        )
        await site.start()
        loops = await background(self.inbox.run, self.turns.run, self.turns.listen_for_stops, self.poster.run)
        handler = await self.socket_mode()
        try:
            yield runner.addresses[0][1]
        finally:
            if handler is not None:
                await handler.close_async()
            await site.stop()
            await asyncio.gather(self.inbox.close(), self.turns.close())
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await runner.cleanup()

    async def socket_mode(self) -> AsyncSocketModeHandler | None:
        """Connected, where SLACK_APP_TOKEN is set; deliveries then come in through `Inbox.receive`."""
        token = self.settings.slack_app_token
        if token is None:
            return None
        handler = AsyncSocketModeHandler(self.app, token.get_secret_value(), web_client=self._sdk)
        await handler.connect_async()
        return handler


async def serve(settings: Settings) -> None:
    clock = open_clock(settings)
    enqueuer = RedisEnqueuer(settings.redis_url)
    deps = open_deps(settings, clock, SlackNotifier(clock), enqueuer)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await deps.db.check_role()
        async with (
            aiohttp.ClientSession(trust_env=False) as session,
            Web(settings, deps, session).running() as port,
        ):
            settle()
            log.info("web_ready", port=port)
            await stop.wait()
            log.info("web_stopping")
    finally:
        await enqueuer.close()
        await deps.close()


if __name__ == "__main__":
    run(serve, "web")
