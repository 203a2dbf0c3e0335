"""/metrics for Prometheus: who may read it, this process's own counters, and a port for processes without a web."""

import hmac
import ipaddress
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from pipeline.logs import get_logger
from pipeline.settings import Settings

log = get_logger(__name__)
PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")  # what a proxy on this machine adds
CLOSED = "Metrics are for this machine only, unless METRICS_TOKEN is set.\n"


def refusal(settings: Settings, remote: str | None, headers: Mapping[str, str]) -> int | None:
    """The status to refuse with: with METRICS_TOKEN, whoever has not got it; without, in an installation that others
    can reach, whoever is not on this machine.
    """
    token = settings.metrics_token
    if token is not None:
        wanted = f"Bearer {token.get_secret_value()}".encode()
        given = headers.get("Authorization", "").encode(errors="surrogateescape")
        return None if hmac.compare_digest(given, wanted) else 401
    if not (settings.slack_is_real or settings.public_url):
        return None
    passed_on = any(name in headers for name in PASSED_ON)
    return None if is_loopback(remote) and not passed_on else 403


def is_loopback(remote: str | None) -> bool:
    try:
        address = ipaddress.ip_address(remote or "")
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def route(settings: Settings, read: Callable[[], Awaitable[bytes]]) -> web.RouteDef:
    """GET /metrics."""

    async def show(request: web.Request) -> web.Response:
        status = refusal(settings, request.remote, request.headers)
        if status == 401:
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        if status is not None:
            return web.Response(status=status, text=CLOSED)
        return web.Response(body=await read(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return web.get("/metrics", show)


async def own_counters() -> bytes:
    """What this process counted since it began."""
    return generate_latest(REGISTRY)


@asynccontextmanager
async def serving(settings: Settings) -> AsyncGenerator[int | None]:
    """This process's counters on METRICS_PORT; yields the port, or None where none is set or it is taken: of several
    workers on one machine one has it, and the others work on.
    """
    if settings.metrics_port is None:
        yield None
        return
    application = web.Application()
    application.add_routes([route(settings, own_counters)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    host = None if settings.slack_is_real else "127.0.0.1"
    try:
        await web.TCPSite(runner, host, settings.metrics_port).start()
        port: int | None = runner.addresses[0][1]
        log.info("metrics_served", port=port)
    except OSError as error:
        port = None
        log.warning("metrics_port_taken", port=settings.metrics_port, reason=type(error).__name__)
    try:
        yield port
    finally:
        await runner.cleanup()
