"""/healthz, /readyz and /metrics."""

import asyncio

from aiohttp import web
from redis.exceptions import RedisError

from bot.web import metrics
from db.errors import DatabaseError
from pipeline.deps import Deps

PATIENCE = 2.0  # seconds for each dependency


def routes(deps: Deps) -> list[web.RouteDef]:
    async def healthz(request: web.Request) -> web.Response:
        """The process answers; nothing else is asked."""
        return web.json_response({"ok": True})

    async def readyz(request: web.Request) -> web.Response:
        """Whether work can be done: Postgres must answer; without Redis it only gets slower."""
        database, redis = await asyncio.gather(_database(deps), _redis(deps))
        return web.json_response({"database": database, "redis": redis}, status=200 if database else 503)

    return [web.get("/healthz", healthz), web.get("/readyz", readyz), metrics.route(deps)]


async def _database(deps: Deps) -> bool:
    try:
        async with asyncio.timeout(PATIENCE), deps.db.across():
            return True
    except (DatabaseError, TimeoutError):
        return False


async def _redis(deps: Deps) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            return bool(await deps.redis.ping())  # pyright: ignore[reportUnknownMemberType, reportGeneralTypeIssues]
    except (RedisError, OSError, TimeoutError):
        return False
