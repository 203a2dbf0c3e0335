"""Deliveries are stored once, worked on by one process at a time, and forgotten when old."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from db.errors import LeaseLost
from db.queries import inbox
from db.session import Database
from db.types import InboxId, InboxKind
from pipeline.clock import ManualClock
from tests.db.conftest import LEASE, lease

BODY = {"event": {"text": "hello", "emoji": "é"}}


async def deliver(database: Database, clock: ManualClock, key: str | None = None) -> InboxId | None:
    async with database.across() as tx:
        return await inbox.insert_once(
            tx.session,
            dedupe_key=key or uuid.uuid4().hex,
            kind=InboxKind.EVENT,
            team_id="T1",
            body=BODY,
            now=clock.now(),
        )


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
    with pytest.raises(LeaseLost):
        async with database.across() as tx:
            await inbox.finish(tx.session, inbox_id, old.token, now=clock.now())
    with pytest.raises(LeaseLost):
        async with database.across() as tx:
            await inbox.renew(tx.session, inbox_id, old)
    async with database.across() as tx:
        await inbox.finish(tx.session, inbox_id, again.token, now=clock.now())


async def test_a_lease_taken_with_the_insert_keeps_others_away(database: Database, clock: ManualClock):
    async with database.across() as tx:
        inbox_id = await inbox.insert_once(
            tx.session,
            dedupe_key=uuid.uuid4().hex,
            kind=InboxKind.COMMAND,
            team_id=None,
            body=BODY,
            now=clock.now(),
            lease=lease(clock.wall()),
        )
        assert inbox_id is not None
        assert await inbox.claim(tx.session, inbox_id, lease(clock.wall()), wall=clock.wall()) is None


async def test_a_released_delivery_is_due_at_once(database: Database, clock: ManualClock):
    inbox_id = await deliver(database, clock)
    ours = lease(clock.wall())
    async with database.across() as tx:
        await inbox.claim(tx.session, inbox_id, ours, wall=clock.wall())
        await inbox.release(tx.session, inbox_id, ours.token)
        assert inbox_id in await inbox.due(tx.session, wall=clock.wall(), limit=10_000)


async def test_finished_and_failed_deliveries_are_not_due_and_are_pruned(
    database: Database, clock: ManualClock
):
    done, failed, waiting = [await deliver(database, clock) for _ in range(3)]
    async with database.across() as tx:
        for inbox_id in (done, failed):
            ours = lease(clock.wall())
            await inbox.claim(tx.session, inbox_id, ours, wall=clock.wall())
            if inbox_id == done:
                await inbox.finish(tx.session, inbox_id, ours.token, now=clock.now())
            else:
                await inbox.fail(tx.session, inbox_id, ours.token, error="no such user", now=clock.now())
        due = await inbox.due(tx.session, wall=clock.wall(), limit=10_000)
        assert waiting in due and done not in due and failed not in due
        assert await inbox.prune(tx.session, received_before=clock.now() + timedelta(days=1)) >= 2
        left = await inbox.due(tx.session, wall=clock.wall(), limit=10_000)
    assert waiting in left
