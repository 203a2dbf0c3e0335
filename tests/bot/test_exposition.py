"""Who may read /metrics, and the worker's own port for it."""

import asyncio
import os
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot.web import exposition
from local.processes import free_port
from pipeline.settings import Settings
from tests.bot.conftest import make_settings, serve
from tests.flows.processes import ROOT, Process

REAL = "https://slack.com/api/"
HERE, THERE = "127.0.0.1", "203.0.113.7"


def settings(token: str | None = None, **more: Any) -> Settings:
    made = make_settings(
        "postgresql://nobody@127.0.0.1/x", "redis://127.0.0.1:1", **{"public_url": None} | more
    )
    return made.model_copy(update={"metrics_token": SecretStr(token)}) if token else made


OPEN = settings()
PUBLIC = settings(public_url="https://rainmaker.example")
SLACK = settings(slack_api_url=REAL, stand_ins="")
TOKEN = settings("s3cret", public_url="https://rainmaker.example")


@pytest.mark.parametrize(
    ("given", "remote", "headers", "status"),
    [
        (OPEN, THERE, {}, None),  # the sandbox: nobody else can reach it
        (PUBLIC, THERE, {}, 403),
        (SLACK, THERE, {}, 403),
        (PUBLIC, HERE, {}, None),
        (SLACK, "::1", {}, None),
        (SLACK, "::ffff:127.0.0.1", {}, None),
        (SLACK, "::ffff:203.0.113.7", {}, 403),
        (PUBLIC, None, {}, 403),
        (PUBLIC, "", {}, 403),
        (PUBLIC, HERE, {"X-Forwarded-For": HERE}, 403),  # a proxy on this machine, for anybody
        (PUBLIC, HERE, {"Forwarded": "for=1.2.3.4"}, 403),
        (TOKEN, THERE, {"Authorization": "Bearer s3cret"}, None),
        (TOKEN, HERE, {}, 401),
        (TOKEN, HERE, {"Authorization": "Bearer s3cre"}, 401),
        (TOKEN, HERE, {"Authorization": "Basic s3cret"}, 401),
        (TOKEN, HERE, {"Authorization": "Bearer s3crét\udce9"}, 401),
    ],
)
def test_who_may_read(
    given: Settings, remote: str | None, headers: dict[str, str], status: int | None
) -> None:
    assert exposition.refusal(given, remote, headers) == status


async def test_the_route_refuses_before_it_reads(http: aiohttp.ClientSession) -> None:
    async def never() -> bytes:
        raise AssertionError("read although refused")

    server = await serve(exposition.route(TOKEN, never))
    async with http.get(server.make_url("/metrics")) as answer:
        assert answer.status == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    await server.close()
    server = await serve(exposition.route(PUBLIC, never))
    async with http.get(server.make_url("/metrics"), headers={"X-Forwarded-For": THERE}) as answer:
        assert answer.status == 403 and "METRICS_TOKEN" in await answer.text()
    await server.close()


async def test_with_its_token_it_is_read(http: aiohttp.ClientSession) -> None:
    server = await serve(exposition.route(TOKEN, exposition.own_counters))
    async with http.get(server.make_url("/metrics"), headers={"Authorization": "Bearer s3cret"}) as answer:
        assert answer.status == 200 and "rainmaker_jobs" in await answer.text()
    await server.close()


async def test_without_a_port_nothing_is_served() -> None:
    async with exposition.serving(OPEN) as port:
        assert port is None


async def test_of_several_workers_one_has_the_port(http: aiohttp.ClientSession) -> None:
    async with exposition.serving(settings(metrics_port=0)) as port:
        assert port
        async with exposition.serving(settings(metrics_port=port)) as taken:
            assert taken is None
        async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
            assert answer.status == 200
    with pytest.raises(aiohttp.ClientConnectionError):
        await http.get(f"http://127.0.0.1:{port}/metrics")


async def test_a_worker_tells_its_jobs(
    database_url: str, redis_url: str, tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": database_url, "REDIS_URL": redis_url,
        "ENCRYPTION_KEY": "00" * 32, "SLACK_BOT_TOKEN": "xoxb-x", "SLACK_SIGNING_SECRET": "x" * 32,
        "SLACK_API_URL": "http://127.0.0.1:1/api/", "OPENAI_API_KEY": "sk-x", "METRICS_PORT": str(port),
        "STAND_INS": "slack,model,research,mail",
    }  # fmt: skip
    worker = Process("worker", ["bot.worker"], environment, tmp_path, ready='"worker_ready"')
    await worker.start()
    try:
        await worker.wait_ready()
        async with asyncio.timeout(10), http.get(f"http://127.0.0.1:{port}/metrics") as answer:
            told = await answer.text()
        assert answer.status == 200 and "rainmaker_job_seconds" in told
        assert "rainmaker_queue_depth" not in told  # of all tables: the web process tells it, once
    finally:
        await worker.stop()
