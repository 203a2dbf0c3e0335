"""How long Slack waits for the ack of an event while fifty answers stream: signed, stored, acknowledged.

The web process is the real one, on a Postgres that writes to disk; Slack is the sandbox's, the model writes at the
pace of a real one. Events come at a hundred a second, whatever the answers do; each is counted from when it was
due. Afterwards every one of them must be in the inbox, once.
"""

import argparse
import asyncio
import json
import time

import aiohttp
import psycopg
import uvloop

from local.processes import free_port
from tests.bench.bench_ack_throughput import settled
from tests.bench.figures import quantile, show, show_machine, spread, verdict
from tests.bench.load import Outcome, channel_message, event_id, paced, reaction, signed
from tests.bench.stage import Stage, stage
from tests.flows.desk import Desk
from tests.flows.world import SAM, eventually

TARGET = 0.1  # seconds, of 99 in a hundred acks
PER_SECOND = 100
ANSWERS = 50
WORD_SECONDS = 0.05  # twenty words a second in each answer


async def _bare_inserts(stage: Stage, bodies: list[str]) -> Outcome:
    """The same bodies at the same pace into a table with a key, one statement and one commit each."""
    outcome = Outcome()
    async with await psycopg.AsyncConnection.connect(stage.postgres.dsn_superuser, autocommit=True) as db:
        await db.execute("CREATE TABLE bare (key text PRIMARY KEY, body text)")
        began = time.perf_counter()
        for number, body in enumerate(bodies):
            due = began + number / PER_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await db.execute("INSERT INTO bare VALUES (%s, %s)", (event_id(), body))
            outcome.seconds.append(time.perf_counter() - due)
    return outcome


async def _begin_answers(stage: Stage, slack: str, http: aiohttp.ClientSession) -> None:
    """Fifty questions in threads of their own, until the model writes all the answers."""
    async with Desk(http, slack, SAM).sitting() as sam:
        await sam.open_dm()
        for number in range(ANSWERS):
            await sam.say(f"Tell me a long story, number {number}.")

    async def all_stream() -> bool:
        return await _streaming(stage) == ANSWERS

    await eventually(all_stream, seconds=60, what="all answers stream")


async def _streaming(stage: Stage) -> int:
    """Turns that run and have begun to show their answer."""
    async with await psycopg.AsyncConnection.connect(stage.postgres.dsn_superuser) as db:
        cursor = await db.execute(
            "SELECT count(*) FROM turns WHERE state = 'running' AND stream_ts IS NOT NULL"
        )
        row = await cursor.fetchone()
    return row[0] if row else 0


async def _stored(stage: Stage, names: list[str]) -> list[int]:
    """How often each of them is in the inbox."""
    async with await psycopg.AsyncConnection.connect(stage.postgres.dsn_superuser) as db:
        cursor = await db.execute(
            "SELECT (SELECT count(*) FROM slack_inbox WHERE dedupe_key = name) FROM unnest(%s::text[]) name",
            (names,),
        )
        return [row[0] for row in await cursor.fetchall()]


async def main(seconds: int) -> None:
    async with stage("ack") as made, aiohttp.ClientSession() as http:
        port = free_port()
        slack = await made.sandbox(port)
        words = round((seconds * 3 + 60) / WORD_SECONDS)
        await made.web(port, slack, await made.model(words, WORD_SECONDS))
        url = f"http://127.0.0.1:{port}/slack/events"
        show_machine()
        route = await _bare_route(made)
        inserts = await _bare_inserts(made, [json.dumps(channel_message(event_id())) for _ in range(500)])
        quiet = await _asked(made, url, seconds // 3)
        await _begin_answers(made, slack, http)
        busy = await _asked(made, url, seconds)
        still = await _streaming(made)
        print(f" {PER_SECOND} events a second")
        show("a plain route, nothing stored", spread(route.seconds))
        show("a plain INSERT", spread(inserts.seconds))
        show("ack, nothing else going on", spread(quiet.seconds))
        show(f"ack, {ANSWERS} answers streaming ({still} still at the end)", spread(busy.seconds))
        ratio = quantile(busy.seconds, 0.5) / (quantile(route.seconds, 0.5) + quantile(inserts.seconds, 0.5))
        show("ratio to route and INSERT together, medians", f"{ratio:.1f}")
        verdict(f"p99 < {TARGET * 1000:.0f} ms", quantile(busy.seconds, 0.99) < TARGET)


async def _bare_route(stage: Stage) -> Outcome:
    url = await stage.bare("route")
    return await paced(url, [signed(url, channel_message(event_id())) for _ in range(500)], PER_SECOND)


async def _asked(stage: Stage, url: str, seconds: int) -> Outcome:
    """Half of the events are messages in a channel, half are reactions."""
    names = [event_id() for _ in range(PER_SECOND * seconds)]
    requests = [
        signed(url, (reaction, channel_message)[number % 2](name)) for number, name in enumerate(names)
    ]
    outcome = await paced(url, requests, PER_SECOND)
    late = await settled(stage)
    stored = await _stored(stage, names)
    assert not outcome.refused and set(stored) == {1}, f"refused {outcome.refused[:5]}, stored {set(stored)}"
    show("events stored exactly once, all done after", f"{len(stored)} of {len(names)}, {late:.2f} s")
    return outcome


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=15)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(parser.parse_args().seconds))
