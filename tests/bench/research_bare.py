"""The bare thing a research run is measured against: as many requests as its leads caused, and as many rows.

One aiohttp session gets a company's front page for each call to a site, a search, an actor or a model; one psycopg
connection inserts a row of the size of a page's text for each row a run leaves. No reading, no deciding, no retries.
"""

import asyncio
import time
from dataclasses import dataclass
from uuid import UUID

import aiohttp
import psycopg

AT_ONCE = 8
BODY = "x" * 2000
# Reading a kept page or answer is no call, and stands in no row of usage.
_CAUSED = """
SELECT (SELECT count(*) FROM api_usage WHERE workspace_id = ANY(%(ours)s)),
       (SELECT count(*) FROM evidence_pages WHERE workspace_id = ANY(%(ours)s))
       + (SELECT count(*) FROM facts WHERE workspace_id = ANY(%(ours)s))
       + (SELECT count(*) FROM lead_research WHERE workspace_id = ANY(%(ours)s))
       + (SELECT count(*) FROM api_usage WHERE workspace_id = ANY(%(ours)s))
"""


@dataclass(frozen=True)
class Caused:
    """By one lead, on average."""

    calls: float
    rows: float


async def caused(dsn_superuser: str, workspaces: list[UUID], leads: int) -> Caused:
    async with await psycopg.AsyncConnection.connect(dsn_superuser) as db:
        row = await (await db.execute(_CAUSED, {"ours": workspaces})).fetchone()
    assert row is not None
    return Caused(row[0] / leads, row[1] / leads)


async def bare_cpu(url: str, host: str, dsn_superuser: str, one: Caused, leads: int) -> float:
    """CPU seconds of this process that so many leads' worth of requests and rows take."""
    places = asyncio.Semaphore(AT_ONCE)
    began = time.process_time()
    async with (
        aiohttp.ClientSession(headers={"Host": host}) as session,
        await psycopg.AsyncConnection.connect(dsn_superuser, autocommit=True) as db,
    ):
        await db.execute("CREATE TEMP TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY, body text)")

        async def call() -> None:
            async with places, session.get(url) as answer:
                await answer.read()

        await asyncio.gather(*(call() for _ in range(round(one.calls * leads))))
        for _ in range(round(one.rows * leads)):
            await db.execute("INSERT INTO bare (body) VALUES (%s)", [BODY])
    return time.process_time() - began
