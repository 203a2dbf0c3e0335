"""The spine of every step: what `Database.transaction` costs over a bare one, and how fast work is claimed.

The bare transaction is psycopg's own, on one connection, with the same statement in it. Claims are of the Slack
outbox: take the oldest free surface under a lease, commit, mark it posted, commit.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import uvloop
from sqlalchemy import text

from db.queries import outbox, workspace
from db.queries.leases import Lease
from db.session import Database, connect
from db.types import LeaseToken, WorkspaceId
from tests.bench.figures import median, show, show_machine, verdict
from tests.bench.stage import stage

ROUNDS = 5
TRANSACTIONS = 200
SURFACES = 100
CLAIMERS = 4
RATIO = 8.0  # a transaction of ours to a bare one


async def _seconds_each(act: Callable[[], Awaitable[object]], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        await act()
    return (time.perf_counter() - began) / times


async def _transactions(db: Database, ours: WorkspaceId, dsn: str) -> None:
    query = text("SELECT 1")

    async def full() -> None:
        async with db.transaction(ours) as tx:
            await tx.session.execute(query)

    async with await psycopg.AsyncConnection.connect(dsn, prepare_threshold=None) as connection:

        async def bare() -> None:
            async with connection.transaction():
                await connection.execute("SELECT 1")

        await full()
        pairs = [
            (await _seconds_each(full, TRANSACTIONS), await _seconds_each(bare, TRANSACTIONS))
            for _ in range(ROUNDS)
        ]
    show("Database.transaction with one statement", f"{median([one for one, _ in pairs]) * 1000:.2f} ms")
    show(
        "a bare psycopg transaction, the same statement", f"{median([one for _, one in pairs]) * 1000:.2f} ms"
    )
    ratio = median([one / other for one, other in pairs])
    show("ratio", f"{ratio:.1f}  (ours also pings, sets role and workspace)")
    verdict(f"ratio ≤ {RATIO:.0f}", ratio <= RATIO)


async def _fill(db: Database, ours: WorkspaceId) -> None:
    """Surfaces in channels of their own, so that none waits for another."""
    now = datetime.now(UTC)
    async with db.transaction(ours) as tx:
        for number in range(SURFACES):
            await outbox.put(
                tx.session, ours, key=str(uuid4()), channel=f"C{number}", payload={"text": "hello"}, now=now
            )


async def _drain(db: Database, ours: WorkspaceId, taken: list[str]) -> None:
    while True:
        now = datetime.now(UTC)
        lease = Lease(LeaseToken(uuid4()), now + timedelta(seconds=30))
        async with db.transaction(ours) as tx:
            item = await outbox.claim_next(tx.session, lease, wall=now)
        if item is None:
            return
        taken.append(item.key)
        async with db.transaction(ours) as tx:
            await outbox.mark_posted(
                tx.session,
                item.id,
                lease.token,
                channel=item.channel,
                ts="1.1",
                version=item.version,
                now=now,
            )


async def _claims(db: Database, ours: WorkspaceId) -> None:
    rates: list[float] = []
    for _ in range(ROUNDS):
        await _fill(db, ours)
        taken: list[str] = []
        began = time.perf_counter()
        await asyncio.gather(*(_drain(db, ours, taken) for _ in range(CLAIMERS)))
        rates.append(SURFACES / (time.perf_counter() - began))
        assert len(taken) == len(set(taken)) == SURFACES, f"{len(taken)} claims, {len(set(taken))} surfaces"
    show(f"outbox: claimed and marked, {CLAIMERS} at once", f"{median(rates):.0f}/s, none twice")


async def main() -> None:
    async with stage("claim") as made:
        db = connect(made.postgres.dsn_app)
        try:
            async with db.across() as tx:
                ours = await workspace.create(tx.session, team_id="T0BENCH", name="Bench", timezone="UTC")
            show_machine()
            await _transactions(db, ours, made.postgres.dsn_app)
            await _claims(db, ours)
        finally:
            await db.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
