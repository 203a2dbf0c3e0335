"""How long a research run takes where everything outside answers in 0.4 to 2 seconds, and that none is ever late.

Standard runs of the sandbox's people, a few at once, in this process; then runs that can never be done in time,
since every page takes longer than a run may: each must end by its deadline with what was found.
"""

import argparse
import asyncio
import logging
import time
from typing import Any

import structlog
import uvloop

from db.queries.lead import NewLead
from db.types import Depth, RunState
from pipeline.deps import Deps
from pipeline.jobs.research import research_run
from pipeline.rules.strategy import LIMITS
from tests.bench.figures import median, quantile, show, show_machine, verdict
from tests.bench.research_stage import (
    REAL_LATENCY,
    ResearchStage,
    begin,
    new_workspace,
    research_stage,
    state_of,
)
from tests.bench.research_steps import tell_steps

RUNS = 40
AT_ONCE = 4
P95_SECONDS = 60.0


async def _runs(made: ResearchStage, deps: Deps, people: list[Any], depth: Depth) -> list[float]:
    ours, places, took = await new_workspace(deps.db), asyncio.Semaphore(AT_ONCE), list[float]()

    async def one(person: dict[str, Any], company: dict[str, Any]) -> None:
        async with places:
            new = NewLead(name=person["name"], company=company["name"])
            lead_id, run_id = await begin(deps.db, ours, new, depth)
            began = time.perf_counter()
            await research_run(deps, ours, run_id)
            took.append(time.perf_counter() - began)
            _, run = await state_of(deps.db, ours, lead_id, run_id)
            assert run.state == RunState.DONE, run.error

    await asyncio.gather(*(one(person, company) for person, company in people))
    await tell_steps(made.made.postgres.dsn_superuser, [ours], len(people))
    return took


async def _standard(made: ResearchStage, runs: int) -> None:
    people = made.people()
    chosen = [people[number % len(people)] for number in range(runs)]
    await made.latency(*REAL_LATENCY)
    async with made.deps() as deps:
        took = await _runs(made, deps, chosen, Depth.STANDARD)
    show(
        f"{runs} standard runs, {AT_ONCE} at once",
        f"p50 {median(took):.1f} s, p95 {quantile(took, 0.95):.1f} s, max {max(took):.1f} s",
    )
    verdict(f"p95 < {P95_SECONDS:.0f} s", quantile(took, 0.95) < P95_SECONDS)
    verdict(f"none over {LIMITS[Depth.STANDARD].seconds} s", max(took) <= LIMITS[Depth.STANDARD].seconds)


async def _never_late(made: ResearchStage) -> None:
    await made.latency(20.0, 25.0)
    async with made.deps() as deps:
        took = await _runs(made, deps, made.people()[:AT_ONCE], Depth.QUICK)
    most = LIMITS[Depth.QUICK].seconds
    show("quick runs where everything takes 20 to 25 s", f"max {max(took):.1f} s of {most} s")
    verdict(f"none over {most} s", max(took) <= most)


async def main(runs: int) -> None:
    async with research_stage("research") as made:
        show_machine()
        await _standard(made, runs)
        await _never_late(made)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given.runs))
