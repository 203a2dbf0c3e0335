"""What the benches run on: a Postgres that really writes to disk, a Redis, and processes, all of their own."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from db import seal
from local.environment import SandboxPorts, choose, stand_ins
from local.postgres import EmbeddedPostgres, Server
from local.processes import free_port
from local.redis import EmbeddedRedis
from pipeline.crypto import sealer_from
from tests.flows.processes import ROOT, Process
from tests.flows.world import ENCRYPTION_KEY, KEPT_FROM_OUTSIDE

FOLDER = ROOT / ".rainmaker" / "bench"
UNUSED = 9  # a port where nobody listens


@dataclass
class Stage:
    folder: Path
    postgres: Server
    redis_url: str
    stack: AsyncExitStack

    async def start(
        self, name: str, *command: str, ready: str, environment: dict[str, str] | None = None
    ) -> Process:
        """A process that is ended with the bench."""
        process = Process(name, list(command), {**_python(), **(environment or {})}, self.folder, ready=ready)
        self.stack.push_async_callback(process.stop)
        await process.start()
        await process.wait_ready()
        return process

    async def bare(self, kind: str) -> str:
        """A bare server of `tests.bench.bare`; the address of its route."""
        port = free_port()
        await self.start(f"bare-{kind}", "tests.bench.bare", kind, str(port), ready="bare_ready")
        return f"http://127.0.0.1:{port}/slack/events"

    async def model(self, words: int, pause: float) -> str:
        """A slow model; its OPENAI_BASE_URL."""
        port = free_port()
        await self.start("model", "tests.bench.model", str(port), str(words), str(pause), ready="bare_ready")
        return f"http://127.0.0.1:{port}/v1"

    async def sandbox(self, events_port: int) -> str:
        """The sandbox as `make run` starts it; its address."""
        port = free_port()
        await self.start(
            "sandbox", "local.sandbox", "--port", str(port), "--sites-http", "0", "--sites-https", "0",
            "--smtp", "0", "--dns", "0", "--imap", "0", "--state", str(self.folder / "sandbox"),
            "--events-url", f"http://127.0.0.1:{events_port}/slack/events", ready='"ready"',
        )  # fmt: skip
        return f"http://127.0.0.1:{port}"

    async def web(self, port: int, slack: str, model: str) -> Process:
        """The web process; `slack` is the address of the workspace, `model` the OPENAI_BASE_URL."""
        told = stand_ins(choose({}), SandboxPorts(UNUSED, UNUSED), port)
        addresses = {"SLACK_API_URL": f"{slack}/api/", "SANDBOX_URL": slack, "OPENAI_BASE_URL": model}
        own = {
            "PORT": str(port),
            "DATABASE_URL": self.postgres.dsn_app,
            "REDIS_URL": self.redis_url,
            "ENCRYPTION_KEY": ENCRYPTION_KEY,
        }
        reached = {name: value for name, value in told.items() if not name.startswith("EGRESS")}
        return await self.start("web", "bot.app", ready='"web_ready"', environment=reached | addresses | own)


def _python() -> dict[str, str]:
    outside = {name: os.environ[name] for name in KEPT_FROM_OUTSIDE if name in os.environ}
    return {**outside, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@asynccontextmanager
async def stage(name: str) -> AsyncIterator[Stage]:
    """Migrated and empty; everything is ended and removed afterwards."""
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    seal.install(sealer_from(ENCRYPTION_KEY))
    async with AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres, redis = EmbeddedPostgres(folder / "pg"), EmbeddedRedis(folder / "redis")
        stack.callback(postgres.stop)
        server = postgres.start()
        stack.callback(redis.stop)
        made = Stage(folder, server, redis.start().url, stack)
        await _migrate(server)
        yield made


async def _migrate(server: Server) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "migrations.run", cwd=ROOT,
        env={**_python(), "DATABASE_URL": server.dsn_app, "MIGRATION_DATABASE_URL": server.dsn_admin},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, complaint = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the migrations failed:\n{complaint.decode()}")
