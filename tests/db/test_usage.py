"""Quotas are hard, for requests and cents, whoever asks at once."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal

from db.queries import usage
from db.queries.usage import Limit, Used
from db.session import Database
from db.types import WorkspaceId

DAY = date(2026, 3, 2)


async def take(
    database: Database, workspace: WorkspaceId, limit: Limit, requests: int = 1, cents: str = "0"
) -> bool:
    async with database.transaction(workspace) as tx:
        return await usage.take_quota(
            tx.session, workspace, "google", DAY, limit, requests=requests, cents=Decimal(cents)
        )


async def test_of_many_at_once_exactly_the_limit_get_through(database: Database, workspace: WorkspaceId):
    taken = await asyncio.gather(*(take(database, workspace, Limit(requests=7)) for _ in range(20)))
    assert sum(taken) == 7
    async with database.transaction(workspace) as tx:
        assert await usage.used(tx.session, workspace, "google", DAY) == Used(7, Decimal(0))
        tomorrow = await usage.used(tx.session, workspace, "google", DAY + timedelta(days=1))
    assert tomorrow == Used(0, Decimal(0))


async def test_cents_are_a_limit_of_their_own(database: Database, workspace: WorkspaceId):
    limit = Limit(requests=100, cents=Decimal("1"))
    assert await take(database, workspace, limit, cents="0.6")
    assert not await take(database, workspace, limit, cents="0.5")
    assert await take(database, workspace, limit, cents="0.4")
    assert not await take(database, workspace, Limit(cents=Decimal(0)), cents="0.1")


async def test_no_limit_never_refuses_and_the_first_of_a_day_is_checked_too(
    database: Database, workspace: WorkspaceId
):
    assert not await take(database, workspace, Limit(requests=2), requests=3)
    assert await take(database, workspace, Limit(), requests=1000)
    assert await take(database, workspace, Limit(), requests=1000)


async def test_what_a_call_cost_is_counted_afterwards(database: Database, workspace: WorkspaceId):
    await usage.charge(database, workspace, "openai", DAY, cents=Decimal("1.25"), requests=1)
    await usage.charge(database, workspace, "openai", DAY, cents=Decimal("-0.25"))
    async with database.transaction(workspace) as tx:
        assert await usage.used(tx.session, workspace, "openai", DAY) == Used(1, Decimal(1))
