"""Fixtures for everybody: real Postgres and Redis, a clone of a migrated template for each test process,
two clocks that stand still, and no socket that leaves this machine.
"""

import os
import sys
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from db import seal
from db.queries import workspace as workspaces
from db.seal import Sealer
from db.session import Database, connect
from db.types import WorkspaceId
from db.wake import WakeUp
from pipeline.clock import ManualClock
from tests.servers import Servers

START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
LONG = ("tests/flows/", "tests/crash/", "tests/local/test_up", "tests/local/test_page")
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0", "::ffff:127.")


# Examples have no deadline: on a busy machine it measures the neighbours.
hypothesis_settings.register_profile("ours", deadline=None)
hypothesis_settings.load_profile("ours")


class OutsideWorld(RuntimeError):
    """A test tried to reach another machine."""


def pytest_configure(config: pytest.Config) -> None:
    sys.addaudithook(stay_here)


def pytest_xdist_auto_num_workers() -> int:
    """The stories wait more than they compute."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, so that at the end no process works alone."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_unconfigure(config: pytest.Config) -> None:
    Servers().release()


def stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: it sees every connect of this process, whatever library makes it."""
    if event not in ("socket.connect", "socket.sendto"):
        return
    address = arguments[1]
    if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
        raise OutsideWorld(f"tests stay on this machine: {address!r}")


class Recorded:
    """An enqueuer that keeps what was to be woken."""

    def __init__(self) -> None:
        self.wake_ups: list[WakeUp] = []

    async def enqueue(self, wake_ups: Sequence[WakeUp]) -> None:
        self.wake_ups.extend(wake_ups)


@pytest.fixture(scope="session")
def servers() -> Servers:
    return Servers()


@pytest.fixture(scope="session")
def _addresses(servers: Servers) -> Iterator[tuple[str, str]]:
    name = f"rm_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    yield servers.clone(name)
    servers.drop(name)


@pytest.fixture(scope="session")
def database_url(_addresses: tuple[str, str]) -> str:
    """The run-time login's address of this process's own database."""
    return _addresses[0]


@pytest.fixture(scope="session")
def migration_url(_addresses: tuple[str, str]) -> str:
    """The owner's address of the same database. Forced row-level security holds for the owner too."""
    return _addresses[1]


@pytest.fixture(scope="session")
def redis_url(servers: Servers) -> Iterator[str]:
    """This process's own server: nothing another test does can be seen in it."""
    yield servers.redis()
    servers.end_redis()


@pytest.fixture(scope="session", autouse=True)
def sealer() -> Sealer:
    made = Sealer({"test": bytes(range(32))})
    seal.install(made)
    return made


@pytest.fixture(scope="session")
def _recorder() -> Recorded:
    return Recorded()


@pytest.fixture(scope="session")
async def database(database_url: str, _recorder: Recorded, sealer: Sealer) -> AsyncIterator[Database]:
    made = connect(database_url, _recorder, pool_size=5)
    yield made
    await made.close()


@pytest.fixture
def recorded(_recorder: Recorded) -> Recorded:
    """What this test's transactions woke, in order: `recorded.wake_ups`."""
    _recorder.wake_ups.clear()
    return _recorder


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
async def workspace(database: Database) -> WorkspaceId:
    """A fresh workspace: tests commit, and share nothing."""
    async with database.across() as tx:
        return await workspaces.create(
            tx.session, team_id=f"T{uuid.uuid4().hex[:10].upper()}", name="Acme", timezone="Europe/Berlin"
        )
