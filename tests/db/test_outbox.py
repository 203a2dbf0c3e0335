"""A surface is posted once, updated in place, and keeps its place in its channel."""

import asyncio
from datetime import timedelta

import pytest

from db.errors import LeaseLost
from db.queries import due, outbox
from db.queries.outbox import OutboxItem
from db.session import Database
from db.types import OutboxState, WorkspaceId
from pipeline.clock import ManualClock
from tests.db.conftest import LEASE, lease


class Poster:
    """One poster process of one workspace."""

    def __init__(self, database: Database, workspace: WorkspaceId, clock: ManualClock) -> None:
        self.database, self.workspace, self.clock = database, workspace, clock
        self.lease = lease(clock.wall())

    async def put(self, key: str, channel: str = "C1", text: str = "one") -> None:
        async with self.database.transaction(self.workspace) as tx:
            await outbox.put(
                tx.session,
                self.workspace,
                key=key,
                channel=channel,
                payload={"text": text},
                now=self.clock.now(),
            )

    async def claim(self) -> OutboxItem | None:
        fresh = lease(self.clock.wall())
        async with self.database.transaction(self.workspace) as tx:
            item = await outbox.claim_next(tx.session, fresh, wall=self.clock.wall())
        if item is not None:
            self.lease = fresh
        return item

    async def posted(self, item: OutboxItem, ts: str = "1.0") -> bool:
        async with self.database.transaction(self.workspace) as tx:
            return await outbox.mark_posted(
                tx.session,
                item.id,
                self.lease.token,
                channel=item.channel,
                ts=ts,
                version=item.version,
                now=self.clock.now(),
            )

    async def later(self, item: OutboxItem, by: timedelta, error: str | None = None) -> None:
        async with self.database.transaction(self.workspace) as tx:
            await outbox.reschedule(
                tx.session, item.id, self.lease.token, not_before=self.clock.wall() + by, error=error
            )


@pytest.fixture
def poster(database: Database, workspace: WorkspaceId, clock: ManualClock) -> Poster:
    return Poster(database, workspace, clock)


async def test_a_surface_is_claimed_posted_and_found_by_its_message(poster: Poster):
    await poster.put("approval:1")
    item = await poster.claim()
    assert item is not None and (item.payload, item.version, item.posted_ts) == ({"text": "one"}, 1, None)
    assert await poster.posted(item, "17.5") is False
    assert await poster.claim() is None
    async with poster.database.transaction(poster.workspace) as tx:
        found = await outbox.by_posted(tx.session, channel="C1", ts="17.5")
        assert found == await outbox.by_key(tx.session, "approval:1")
    assert found is not None and found.key == "approval:1" and found.state == OutboxState.POSTED


async def test_a_second_put_updates_the_same_message(poster: Poster):
    await poster.put("progress")
    first = await poster.claim()
    assert first is not None
    await poster.posted(first, "2.0")
    await poster.put("progress", text="two")
    again = await poster.claim()
    assert again is not None
    assert (again.id, again.version, again.posted_ts) == (first.id, 2, "2.0")
    assert again.payload == {"text": "two"}


async def test_a_put_while_it_is_posted_makes_it_due_again(poster: Poster):
    await poster.put("progress")
    item = await poster.claim()
    assert item is not None
    await poster.put("progress", text="two")
    assert await poster.claim() is None  # still being posted
    assert await poster.posted(item) is True
    again = await poster.claim()
    assert again is not None and again.version == 2 and again.payload == {"text": "two"}


async def test_a_channel_keeps_its_order_and_channels_do_not_wait_for_each_other(poster: Poster):
    await poster.put("a")
    await poster.put("b")
    await poster.put("c", channel="C2")
    a, c = await poster.claim(), await poster.claim()
    assert a is not None and c is not None and (a.key, c.key) == ("a", "c")
    assert await poster.claim() is None  # b waits for a


async def test_a_rate_limited_surface_holds_its_channel_back(poster: Poster):
    await poster.put("a")
    await poster.put("b")
    a = await poster.claim()
    assert a is not None
    await poster.later(a, timedelta(seconds=5))
    assert await poster.claim() is None
    poster.clock.jump(timedelta(seconds=6))
    again = await poster.claim()
    assert again is not None and again.key == "a" and again.attempts == 1


async def test_one_that_failed_and_waits_lets_others_pass(poster: Poster):
    await poster.put("a")
    await poster.put("b")
    a = await poster.claim()
    assert a is not None
    await poster.later(a, timedelta(seconds=60), error="invalid_blocks")
    b = await poster.claim()
    assert b is not None and b.key == "b"


async def test_one_given_up_is_tried_again_when_it_is_put_anew(poster: Poster):
    await poster.put("a")
    a = await poster.claim()
    assert a is not None
    async with poster.database.transaction(poster.workspace) as tx:
        await outbox.fail(
            tx.session, a.id, poster.lease.token, error="channel_not_found", now=poster.clock.now()
        )
    assert await poster.claim() is None
    await poster.put("a", text="two")
    again = await poster.claim()
    assert again is not None and again.attempts == 2, "what an earlier attempt left is looked for first"


async def test_a_poster_that_slept_is_fenced(poster: Poster, clock: ManualClock):
    await poster.put("a")
    item = await poster.claim()
    assert item is not None
    old = poster.lease
    clock.jump(LEASE + timedelta(seconds=1))
    async with poster.database.across() as tx:
        assert item.id in {one.id for one in await due.outbox(tx.session, clock.wall(), 10_000)}
    assert await poster.claim() is not None
    poster.lease = old
    with pytest.raises(LeaseLost):
        await poster.posted(item)


async def test_posters_at_once_never_take_the_same_surface(poster: Poster):
    for number in range(12):
        await poster.put(f"k{number}", channel=f"C{number % 6}")
    posters = [Poster(poster.database, poster.workspace, poster.clock) for _ in range(6)]
    claimed = await asyncio.gather(*(one.claim() for one in posters))
    keys = [item.key for item in claimed if item is not None]
    assert len(keys) == len(set(keys)) and set(keys) <= {f"k{number}" for number in range(6)}


async def test_old_surfaces_are_forgotten(poster: Poster):
    await poster.put("a")
    item = await poster.claim()
    assert item is not None
    await poster.posted(item)
    await poster.put("b")
    async with poster.database.transaction(poster.workspace) as tx:
        forgotten = await outbox.prune(tx.session, untouched_since=poster.clock.now() + timedelta(days=1))
        assert forgotten == 1
        assert await outbox.by_key(tx.session, "a") is None
        assert await outbox.by_key(tx.session, "b") is not None
