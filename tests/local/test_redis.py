"""The embedded Redis starts, is adopted, asks for its password, and stops."""

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from arq.connections import RedisSettings, create_pool

from local.processes import alive, wait_until
from local.redis import EmbeddedRedis, answers


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    made = EmbeddedRedis(tmp_path / "redis")
    yield made
    made.stop()


def test_it_starts_answers_and_stops(embedded: EmbeddedRedis, tmp_path: Path):
    server = embedded.start()
    client = redis.Redis.from_url(server.url)
    client.set("k", "v")
    assert client.get("k") == b"v" and not server.adopted
    client.close()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "redis").iterdir()}
    assert modes["server.json"] == modes["server.conf"] == 0o600
    embedded.stop()
    assert not alive(server.pid)


def test_without_the_password_it_says_nothing(embedded: EmbeddedRedis):
    server = embedded.start()
    assert not answers(server.port, "wrong")
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=server.port).get("k")


def test_another_supervisor_adopts_it(embedded: EmbeddedRedis, tmp_path: Path):
    first = embedded.start()
    again = EmbeddedRedis(tmp_path / "redis").start()
    assert again.adopted and (again.pid, again.url) == (first.pid, first.url)


def test_after_a_kill_it_comes_back_under_the_same_address(embedded: EmbeddedRedis):
    first = embedded.start()
    os.kill(first.pid, signal.SIGKILL)
    assert wait_until(lambda: not answers(first.port, first.url[9:41]), 5)
    again = embedded.start()
    assert not again.adopted and again.url == first.url and again.pid != first.pid


async def test_arq_can_use_it(embedded: EmbeddedRedis):
    pool = await create_pool(RedisSettings.from_dsn(embedded.start().url))
    assert await pool.enqueue_job("anything", _job_id="one") is not None
    assert await pool.enqueue_job("anything", _job_id="one") is None
    await pool.aclose()
