"""Deliveries are stored once, worked on by one process at a time, and forgotten when old."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from db.errors import LeaseLost
from db.queries import inbox
from db.queries.inbox import Delivery
from db.session import Database
from db.types import InboxId, InboxKind, WorkspaceId
from pipeline.clock import ManualClock
from tests.db.conftest import LEASE, lease

BODY = {"event": {"text": "hello", "emoji": "é"}}


async def deliver(database: Database, clock: ManualClock, key: str | None = None) -> InboxId | None:
    async with database.across() as tx:
        sent = Delivery(key or uuid.uuid4().hex, InboxKind.EVENT, "T1", BODY)
        return await inbox.put(tx.session, sent, now=clock.now())


async def test_a_delivery_is_stored_once(database: Database, clock: ManualClock):
    key = uuid.uuid4().hex
    assert await deliver(database, clock, key) is not None
    assert await deliver(database, clock, key) is None


async def test_the_body_is_sealed_in_the_table(database: Database, clock: ManualClock):
    inbox_id = await deliver(database, clock)
    async with database.across() as tx:
        stored = await tx.session.scalar(
            text("SELECT body FROM slack_inbox WHERE id = :id"), {"id": inbox_id}
        )
    assert stored.startswith("v1.test.") and "hello" not in stored


async def test_one_process_at_a_time_works_on_a_delivery(database: Database, clock: ManualClock):
    inbox_id = await deliver(database, clock)
    async with database.across() as tx:
        first = await inbox.claim(tx.session, inbox_id, lease(clock.wall()), wall=clock.wall())
        second = await inbox.claim(tx.session, inbox_id, lease(clock.wall()), wall=clock.wall())
    assert first is not None and first.body == BODY and first.attempts == 1
    assert second is None


async def test_a_delivery_whose_process_died_is_taken_over_and_the_old_one_is_fenced(
    database: Database, clock: ManualClock
):
    inbox_id = await deliver(database, clock)
    old = lease(clock.wall())
    async with database.across() as tx:
        await inbox.claim(tx.session, inbox_id, old, wall=clock.wall())
    clock.jump(LEASE + timedelta(seconds=1))
    async with database.across() as tx:
        assert inbox_id in await inbox.due(tx.session, wall=clock.wall(), limit=10_000)
        again = await inbox.claim(tx.session, inbox_id, lease(clock.wall()), wall=clock.wall())
    assert again is not None and again.attempts == 2
    assert await inbox.finish_many(database, [(inbox_id, old.token)], now=clock.now()) == set()
    with pytest.raises(LeaseLost):
        async with database.across() as tx:
            await inbox.renew(tx.session, inbox_id, old)
    assert await inbox.finish_many(database, [(inbox_id, again.token)], now=clock.now()) == {inbox_id}


async def test_finished_and_failed_deliveries_are_not_due_and_are_pruned(
    database: Database, clock: ManualClock
):
    done, failed, waiting = [await deliver(database, clock) for _ in range(3)]
    ours = lease(clock.wall())
    async with database.across() as tx:
        for inbox_id in (done, failed):
            await inbox.claim(tx.session, inbox_id, ours, wall=clock.wall())
        await inbox.fail(tx.session, failed, ours.token, error="no such user", now=clock.now())
    await inbox.finish_many(database, [(done, ours.token)], now=clock.now())
    async with database.across() as tx:
        due = await inbox.due(tx.session, wall=clock.wall(), limit=10_000)
        assert waiting in due and done not in due and failed not in due
        assert await inbox.prune(tx.session, received_before=clock.now() + timedelta(days=1)) >= 2
        left = await inbox.due(tx.session, wall=clock.wall(), limit=10_000)
    assert waiting in left


def delivery(key: str) -> Delivery:
    return Delivery(key, InboxKind.EVENT, None, BODY)


async def test_several_are_stored_at_once_each_once_and_sealed(database: Database, clock: ManualClock):
    """Twins in one batch, a batch that comes again, and words that would break out of a statement."""
    keys = [
        f"{word}{uuid.uuid4().hex}"
        for word in ("plain", "it's", "100%s", '"; --', "back\\slash", "{a,b}", "é🙂")
    ]
    batch = [delivery(key) for key in (*keys, keys[0])]
    ours = lease(clock.wall())
    made = await inbox.store(database, batch, now=clock.now(), lease=ours)
    assert made.keys() == set(keys)
    async with database.across() as tx:
        first = next(iter(made.values()))
        assert await inbox.claim(tx.session, first, lease(clock.wall()), wall=clock.wall()) is None
    assert await inbox.store(database, batch, now=clock.now(), lease=lease(clock.wall())) == {}
    clock.jump(LEASE + timedelta(seconds=1))
    async with database.across() as tx:
        sealed = await tx.session.scalar(
            text("SELECT body FROM slack_inbox WHERE id = :id"), {"id": made[keys[0]]}
        )
        for row in made.values():
            item = await inbox.claim(tx.session, row, lease(clock.wall()), wall=clock.wall())
            assert item is not None and item.body == BODY and item.team_id is None and item.attempts == 2
    assert sealed.startswith("v1.test.") and "hello" not in sealed


async def test_only_what_is_still_held_is_finished(database: Database, clock: ManualClock):
    ours = lease(clock.wall())
    made = await inbox.store(
        database, [delivery(uuid.uuid4().hex) for _ in range(3)], now=clock.now(), lease=ours
    )
    kept, lost, other = made.values()
    held = [(kept, ours.token), (lost, lease(clock.wall()).token), (other, ours.token)]
    assert await inbox.finish_many(database, held, now=clock.now()) == {kept, other}
    assert await inbox.finish_many(database, held, now=clock.now()) == set()


async def test_a_delivery_ends_with_its_effect_and_has_it_once(
    database: Database, clock: ManualClock, workspace: WorkspaceId
):
    inbox_id = await deliver(database, clock)
    assert inbox_id is not None
    ours = lease(clock.wall())
    async with database.across() as tx:
        await inbox.claim(tx.session, inbox_id, ours, wall=clock.wall())
    with pytest.raises(RuntimeError):
        async with database.transaction(workspace) as tx:
            assert await inbox.finish_with(tx.session, inbox_id, now=clock.now())
            raise RuntimeError("the effect failed")
    async with database.transaction(workspace) as tx:
        assert await inbox.finish_with(tx.session, inbox_id, now=clock.now())
    # The process dies here: nobody takes the delivery over, and a late twin has no effect.
    clock.jump(2 * LEASE)
    async with database.across() as tx:
        assert inbox_id not in await inbox.due(tx.session, wall=clock.wall(), limit=10_000)
        assert not await inbox.finish_with(tx.session, inbox_id, now=clock.now())
    assert await inbox.finish_many(database, [(inbox_id, ours.token)], now=clock.now()) == {inbox_id}


async def test_batches_with_the_same_keys_in_any_order_do_not_block_each_other(
    database: Database, clock: ManualClock
):
    keys = [uuid.uuid4().hex for _ in range(60)]
    batches = [[delivery(key) for key in order] for order in (keys, keys[::-1], keys[30:] + keys[:30]) * 3]
    async with asyncio.timeout(20):
        made = await asyncio.gather(
            *(inbox.store(database, one, now=clock.now(), lease=lease(clock.wall())) for one in batches)
        )
    assert sorted(key for one in made for key in one) == sorted(keys)
