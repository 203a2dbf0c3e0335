"""How many deliveries a second one web process stores and acknowledges, flat out, against Bolt's own ack.

Bolt's own does not store anything; a plain aiohttp route checks nothing either. Every round asks all of them in
turn, so that they meet the same machine.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import psycopg
import uvloop

from local.processes import free_port
from tests.bench.figures import median, show, show_machine, spread, verdict
from tests.bench.load import Outcome, channel_message, event_id, flat_out, reaction, signed
from tests.bench.stage import Stage, stage

TARGET = 0.5
ROUNDS = 5
LINES = 32
ASKED = 1500  # requests in a round
LABELS = {
    "ours": "stored and acknowledged",
    "bolt": "Bolt alone, nothing stored",
    "route": "a plain route",
}
EVENTS: dict[str, Callable[[str], dict[str, Any]]] = {"reactions": reaction, "messages": channel_message}


async def _round(stage: Stage, url: str, make: Callable[[str], dict[str, Any]]) -> Outcome:
    requests = [signed(url, make(event_id())) for _ in range(ASKED)]
    outcome = await flat_out(url, requests, lines=LINES)
    assert not outcome.refused, f"{url} refused: {outcome.refused[:5]}"
    return outcome


async def settled(stage: Stage) -> float:
    """Wait until every stored delivery is done; seconds it took."""
    began = time.perf_counter()
    async with await psycopg.AsyncConnection.connect(stage.postgres.dsn_superuser, autocommit=True) as db:
        while True:
            cursor = await db.execute(
                "SELECT count(*) FROM slack_inbox WHERE state IN ('received', 'running')"
            )
            row = await cursor.fetchone()
            if row == (0,):
                return time.perf_counter() - began
            await asyncio.sleep(0.05)


async def main() -> None:
    async with stage("throughput") as made:
        port = free_port()
        slack = await made.sandbox(port)
        await made.web(port, slack, f"{slack}/openai/v1")
        urls = {
            "ours": f"http://127.0.0.1:{port}/slack/events",
            "bolt": await made.bare("bolt"),
            "route": await made.bare("route"),
        }
        show_machine()
        for kind, make in EVENTS.items():
            await _compare(made, urls, kind, make)


async def _compare(
    made: Stage, urls: dict[str, str], kind: str, make: Callable[[str], dict[str, Any]]
) -> None:
    outcomes: dict[str, list[Outcome]] = {name: [] for name in urls}
    behind: list[float] = []
    for number in range(ROUNDS + 1):  # the first warms up
        for name, url in urls.items():
            outcome = await _round(made, url, make)
            waited = await settled(made) if name == "ours" else 0.0
            if number:
                outcomes[name].append(outcome)
                behind += [waited] if name == "ours" else []
    rates = {name: median([one.rate for one in several]) for name, several in outcomes.items()}
    print(f" {kind}, {LINES} connections, median of {ROUNDS} rounds of {ASKED}")
    for name, label in LABELS.items():
        show(label, f"{rates[name]:7.0f}/s  {spread(outcomes[name][-1].seconds)}")
    done = ASKED / median([one.took + late for one, late in zip(outcomes["ours"], behind, strict=True)])
    show("stored, acknowledged and done", f"{done:7.0f}/s")
    ratios = [ours.rate / bolt.rate for ours, bolt in zip(outcomes["ours"], outcomes["bolt"], strict=True)]
    show(
        "ratio to Bolt alone, to a plain route", f"{median(ratios):.2f}, {rates['ours'] / rates['route']:.2f}"
    )
    verdict(f"ratio to Bolt alone ≥ {TARGET}", median(ratios) >= TARGET)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
