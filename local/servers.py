"""The embedded Postgres and Valkey of a start: brought up, looked after, ended."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

from local.ports import CantStart
from local.postgres import EmbeddedPostgres, PostgresFailed
from local.postgres_binaries import NoPostgres
from local.redis import EmbeddedRedis, RedisFailed
from local.supervisor import Say, Supervisor

# To end a server at once: from SIGQUIT Postgres recovers at the next start, Valkey keeps nothing.
FORCE = {"postgres": signal.SIGQUIT, "redis": signal.SIGKILL}


class Servers:
    """Those whose folder is given; the others are somebody else's."""

    def __init__(self, postgres: Path | None, redis: Path | None, supervisor: Supervisor, say: Say) -> None:
        self._postgres = EmbeddedPostgres(postgres) if postgres else None
        self._redis = EmbeddedRedis(redis) if redis else None
        self._supervisor, self._say = supervisor, say
        self._pids: dict[str, int] = {}

    async def start(self) -> dict[str, str]:
        """The settings that lead to them. Raises CantStart."""
        postgres, redis = await asyncio.gather(self._start_postgres(), self._start_redis())
        return {**postgres, **redis}

    async def stop(self, seconds: float) -> None:
        """In the usual way; who takes longer is ended at once."""
        await self._supervisor.unwatch()
        servers = {"postgres": self._postgres, "redis": self._redis}
        await asyncio.gather(
            *(self._stop(name, server, seconds) for name, server in servers.items() if server is not None)
        )

    def force(self) -> None:
        for name, pid in self._pids.items():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, FORCE[name])

    def end(self) -> None:
        """Once more, after every thread has ended: one may have started a server while we stopped."""
        for server in (self._postgres, self._redis):
            if server is not None:
                server.stop()

    async def _start_postgres(self) -> dict[str, str]:
        postgres = self._postgres
        if postgres is None:
            return {}
        try:
            server = await asyncio.to_thread(postgres.start)
        except (PostgresFailed, NoPostgres, OSError) as error:
            raise CantStart(f"{error}\nOr set DATABASE_URL to a Postgres of your own.") from error

        def again() -> tuple[int, str]:
            now = postgres.start()
            return now.pid, now.dsn_app

        self._watch("postgres", server.pid, server.dsn_app, again)
        return {"DATABASE_URL": server.dsn_app, "MIGRATION_DATABASE_URL": server.dsn_admin}

    async def _start_redis(self) -> dict[str, str]:
        redis = self._redis
        if redis is None:
            return {}
        try:
            server = await asyncio.to_thread(redis.start)
        except (RedisFailed, OSError) as error:
            raise CantStart(f"{error}\nOr set REDIS_URL to a Redis of your own.") from error

        def again() -> tuple[int, str]:
            now = redis.start()
            return now.pid, now.url

        self._watch("redis", server.pid, server.url, again)
        return {"REDIS_URL": server.url}

    def _watch(self, name: str, pid: int, address: str, start: Callable[[], tuple[int, str]]) -> None:
        def again() -> int:
            self._pids[name], now_at = start()
            if now_at != address:
                self._say(name, "is on another port now: stop with Ctrl-C and start again")
            return self._pids[name]

        self._pids[name] = pid
        self._supervisor.watch(name, pid, again)

    async def _stop(self, name: str, server: EmbeddedPostgres | EmbeddedRedis, seconds: float) -> None:
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        done, _ = await asyncio.wait((stopping,), timeout=seconds)
        if not done and name in self._pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pids[name], FORCE[name])
        await stopping
