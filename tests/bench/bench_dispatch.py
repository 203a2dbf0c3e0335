"""Gates and claim of due emails in a table with a million scheduled ones, beside a bare SKIP LOCKED claim.

The bare claim is psycopg's, one email a transaction, nothing asked: UPDATE … WHERE id = (SELECT … FOR UPDATE SKIP
LOCKED LIMIT 1). Ours asks every gate of every email, claims it under its mailbox's pace, and enqueues its sending.
Every email claimed is from a mailbox of its own, since a mailbox sends one and rests.
"""

import argparse
import asyncio
import math
import time

import psycopg
import uvloop

from db.session import connect
from pipeline.jobs.dispatch import dispatch
from tests.bench.figures import median, show, show_machine, verdict
from tests.bench.sending_stage import NOW, SendingStage, open_stage
from tests.bench.stage import stage

SIZES = (10_000, 100_000, 1_000_000)
DUE, ROUNDS = 400, 5
RATIO = 0.3
_BARE = (
    b"UPDATE email_campaigns SET state = 'claimed', claimed_at = now(), send_token = gen_random_uuid()::text"
    b" WHERE id = (SELECT id FROM email_campaigns WHERE state = 'scheduled' AND scheduled_for <= %s"
    b" ORDER BY scheduled_for, lead_id, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"
)


async def _ours(stage: SendingStage) -> float:
    stage.make_due(DUE)
    before, began = stage.count("claimed"), time.perf_counter()
    await dispatch(stage.deps)
    took = time.perf_counter() - began
    claimed = stage.count("claimed") - before
    assert claimed == DUE, f"{claimed} of {DUE} were claimed"
    return DUE / took


async def _bare(stage: SendingStage) -> float:
    stage.make_due(DUE)
    claimed, began = 0, time.perf_counter()
    async with await psycopg.AsyncConnection.connect(stage.made.postgres.dsn_superuser) as connection:
        while await (await connection.execute(_BARE, (NOW,))).fetchone():
            await connection.commit()
            claimed += 1
    took = time.perf_counter() - began
    assert claimed == DUE, f"{claimed} of {DUE} were claimed"
    return DUE / took


async def main(sizes: tuple[int, ...]) -> None:
    async with stage("dispatch") as made:
        db = connect(made.postgres.dsn_app)
        show_machine()
        try:
            ours = await open_stage(made, db)
            ours.open(DUE)
            each: list[float] = []
            for size in sizes:
                ours.fill(size)
                ours.run("UPDATE email_campaigns SET sent_at = %(now)s WHERE state = 'claimed'")
                ours.run(
                    "UPDATE email_campaigns SET state = 'cancelled', sent_at = NULL WHERE state = 'claimed'"
                )
                await _round(ours, size, each)
            grown, allowed = each[-1] / each[0], math.log(sizes[-1]) / math.log(sizes[0])
            show(f"time a claim, {sizes[-1]:,} rows to {sizes[0]:,}", f"{grown:.2f}")
            verdict(f"grows no faster than log: ≤ {allowed:.2f}", grown <= allowed)
        finally:
            await db.close()


async def _round(stage: SendingStage, size: int, each: list[float]) -> None:
    pairs: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        ours = await _ours(stage)
        stage.put_back()
        bare = await _bare(stage)
        stage.put_back()
        pairs.append((ours, bare))
    rate, ratio = median([one for one, _ in pairs]), median([one / other for one, other in pairs])
    show(f"{size:>9,} scheduled: gates and claim", f"{rate:.0f}/s")
    show("  the bare claim", f"{median([other for _, other in pairs]):.0f}/s")
    show("  ratio", f"{ratio:.2f}")
    verdict(f"≥ {RATIO}", ratio >= RATIO)
    each.append(1 / rate)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(tuple(parser.parse_args().sizes)))
