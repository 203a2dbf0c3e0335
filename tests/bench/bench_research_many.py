"""A thousand leads with four workers: what is kept of the rate that is configured, and what it costs the workers.

Real worker processes on the research queue, real Postgres and Redis, everything outside as slow as the real services.
The rate (MAX_RESEARCH_PER_MINUTE) is shared by all workers; what is kept of it is counted from the first run's start
to the last one's end. CPU and memory are the worker processes' own, without Chromium's. A few leads go first, since
the libraries a run needs are loaded by the first; then the workers' idling is measured, and told apart.
"""

import argparse
import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import uvloop
from sqlalchemy import func, select

from db.models.research import ResearchRun
from db.queries.lead import NewLead
from db.session import Database, connect
from db.types import Depth, RunState, WorkspaceId
from db.wake import Wake, WakeUp
from pipeline.jobs.base import RedisEnqueuer
from tests.bench.figures import show, show_machine, verdict
from tests.bench.research_stage import REAL_LATENCY, ResearchStage, begin, new_workspace, research_stage
from tests.flows.processes import Process

LEADS, WORKERS, RATE = 1000, 4, 120
KEPT, CPU_MS, RSS_MB = 0.9, 150.0, 250.0
WARM_UP, IDLE_SECONDS = 3 * WORKERS, 10.0
OPEN = (RunState.QUEUED.value, RunState.RUNNING.value)


@dataclass(frozen=True)
class Cost:
    cpu_seconds: float
    rss_mb: float  # the most it ever held


def cost_of(process: Process) -> Cost:
    """From /proc: user and system time of all its threads, without its children's."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    status = Path(f"/proc/{process.pid}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return Cost(ticks / os.sysconf("SC_CLK_TCK"), int(peak.split()[1]) / 1024)


async def _fill(
    made: ResearchStage, db: Database, leads: int, depth: Depth
) -> list[tuple[WorkspaceId, UUID]]:
    """Everybody of the world once in each of as many workspaces as it takes."""
    people, runs = made.people(), list[tuple[WorkspaceId, UUID]]()
    while len(runs) < leads:
        ours = await new_workspace(db)
        for person, company in people[: leads - len(runs)]:
            _, run_id = await begin(db, ours, NewLead(name=person["name"], company=company["name"]), depth)
            runs.append((ours, run_id))
    return runs


async def _left(db: Database, workspaces: set[WorkspaceId]) -> int:
    left = 0
    for ours in workspaces:
        async with db.transaction(ours) as tx:
            still = select(func.count()).select_from(ResearchRun).where(ResearchRun.state.in_(OPEN))
            left += await tx.session.scalar(still) or 0
    return left


async def main(leads: int, rate: int, depth: Depth) -> None:
    rate_setting = {"MAX_RESEARCH_PER_MINUTE": str(rate)}
    async with research_stage("research_many", **rate_setting) as made:
        show_machine()
        await made.latency(*REAL_LATENCY)
        workers = [
            await made.made.start(
                f"worker{number}", "bot.worker", "--queues", "research", ready='"worker_ready"',
                environment=made.environment | {"WEB_CONCURRENCY": "1"},
            )
            for number in range(WORKERS)
        ]  # fmt: skip
        db = connect(made.made.postgres.dsn_app)
        await _research(made, db, await _fill(made, db, WARM_UP, depth))
        warm = [cost_of(worker) for worker in workers]
        await asyncio.sleep(IDLE_SECONDS)
        idle = [cost_of(worker) for worker in workers]
        idling = _between(warm, idle) / IDLE_SECONDS
        runs = await _fill(made, db, leads, depth)
        before = [cost_of(worker) for worker in workers]
        took = await _research(made, db, runs)
        busy = [cost_of(worker) for worker in workers]
        await db.close()
        _tell(len(runs), took, rate, idling, before, busy)


async def _research(made: ResearchStage, db: Database, runs: list[tuple[WorkspaceId, UUID]]) -> float:
    enqueuer = RedisEnqueuer(made.made.redis_url)
    began = time.perf_counter()
    ids = [(("workspace_id", str(ours)), ("run_id", str(run_id))) for ours, run_id in runs]
    await enqueuer.enqueue([WakeUp(Wake.RESEARCH_LEAD, one) for one in ids])
    workspaces = {ours for ours, _ in runs}
    while left := await _left(db, workspaces):
        print(f"  {time.perf_counter() - began:6.0f} s: {left} left", flush=True)
        await asyncio.sleep(10 if left > 20 else 1)
    await enqueuer.close()
    return time.perf_counter() - began


def _between(before: list[Cost], after: list[Cost]) -> float:
    return sum(then.cpu_seconds - now.cpu_seconds for now, then in zip(before, after, strict=True))


def _tell(runs: int, took: float, rate: int, idling: float, before: list[Cost], busy: list[Cost]) -> None:
    """`idling`: CPU seconds that all workers take in a second of doing nothing."""
    reached = runs / took * 60
    show(f"{runs} leads, {WORKERS} workers", f"{took:.0f} s: {reached:.0f} a minute of {rate} allowed")
    verdict(f"keeps ≥ {KEPT:.0%} of the rate", reached >= KEPT * rate)
    cpu = _between(before, busy)
    show("the workers' CPU while idle", f"{idling / WORKERS:.1%} of a core each")
    show("own CPU a lead, idling and all", f"{cpu / runs * 1000:.0f} ms")
    own = (cpu - idling * took) / runs * 1000
    show("own CPU a lead", f"{own:.0f} ms")
    verdict(f"< {CPU_MS:.0f} ms", own < CPU_MS)
    most = max(after.rss_mb for after in busy)
    show("a worker's memory at its most", f"{most:.0f} MB")
    verdict(f"< {RSS_MB:.0f} MB", most < RSS_MB)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=LEADS)
    parser.add_argument("--rate", type=int, default=RATE, help="MAX_RESEARCH_PER_MINUTE")
    parser.add_argument("--depth", type=Depth, default=Depth.STANDARD)
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given.leads, given.rate, given.depth))
