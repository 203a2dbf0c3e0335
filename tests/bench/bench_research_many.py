"""A thousand leads with four workers: what is kept of the rate that is configured, and what it costs the workers.

Real worker processes on the research queue, real Postgres and Redis, everything outside as slow as the real services.
The rate (MAX_RESEARCH_PER_MINUTE) is shared by all workers; what is kept of it is counted from the first run's start
to the last one's end. CPU and memory are the worker processes' own. The target for CPU is for leads that need no
browser: only companies whose sites can be read without running scripts take part, unless `--no-static` is given;
with it the rest take part too, still without Chromium's own CPU. A few leads go first, since the libraries a run needs
are loaded by the first; then the workers' idling is measured, and told apart.

Everything runs on this machine, so its cores are told apart too: what the stand-in of the outside and Postgres took of
them, and how busy they were in all. The last line is the ratio to the bare requests and rows, measured in this process
right after. The sandbox has a dozen companies: as with any list of leads by company, their pages are read anew but
once an hour, and taken from Redis meanwhile.
"""

import argparse
import asyncio
import contextlib
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
from tests.bench.research_bare import bare_cpu, caused
from tests.bench.research_stage import REAL_LATENCY, ResearchStage, begin, new_workspace, research_stage
from tests.bench.research_steps import tell_steps
from tests.flows.processes import Process

LEADS, WORKERS, RATE = 1000, 4, 120
KEPT, CPU_MS, RSS_MB = 0.9, 150.0, 250.0
WARM_UP, IDLE_SECONDS, BARE_LEADS = 3 * WORKERS, 10.0, 50
OPEN = (RunState.QUEUED.value, RunState.RUNNING.value)


@dataclass(frozen=True)
class Cost:
    cpu_seconds: float
    rss_mb: float  # the most it ever held


def cost_of(process: Process) -> Cost:
    status = Path(f"/proc/{process.pid}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return Cost(_seconds(process.pid), int(peak.split()[1]) / 1024)


def _seconds(pid: int, *, family: bool = False) -> float:
    """From /proc: user and system time of all threads; with `family`, of its children too, also of ended ones."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = sum(map(int, fields[11:15] if family else fields[11:13])) / os.sysconf("SC_CLK_TCK")
    return own + sum(_seconds(child) for child in _children(pid)) if family else own


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def _busy_seconds() -> float:
    """CPU time of the whole machine, of whoever runs on it."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


async def _fill(
    made: ResearchStage, db: Database, leads: int, given: argparse.Namespace
) -> list[tuple[WorkspaceId, UUID]]:
    """Everybody of the world once in each of as many workspaces as it takes."""
    people, runs = made.people(static=given.static), list[tuple[WorkspaceId, UUID]]()
    while len(runs) < leads:
        ours = await new_workspace(db)
        for person, company in people[: leads - len(runs)]:
            _, run_id = await begin(
                db, ours, NewLead(name=person["name"], company=company["name"]), given.depth
            )
            runs.append((ours, run_id))
    return runs


async def _left(db: Database, workspaces: set[WorkspaceId]) -> int:
    left = 0
    for ours in workspaces:
        async with db.transaction(ours) as tx:
            still = select(func.count()).select_from(ResearchRun).where(ResearchRun.state.in_(OPEN))
            left += await tx.session.scalar(still) or 0
    return left


async def main(given: argparse.Namespace) -> None:
    rate_setting = {"MAX_RESEARCH_PER_MINUTE": str(given.rate)}
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
        await _research(made, db, await _fill(made, db, WARM_UP, given))
        warm = [cost_of(worker) for worker in workers]
        await asyncio.sleep(IDLE_SECONDS)
        idle = [cost_of(worker) for worker in workers]
        idling = _between(warm, idle) / IDLE_SECONDS
        runs = await _fill(made, db, given.leads, given)
        before, aside = [cost_of(worker) for worker in workers], _aside(made)
        took = await _research(made, db, runs)
        busy, besides = [cost_of(worker) for worker in workers], _aside(made)
        await db.close()
        own = _tell(len(runs), took, given.rate, idling, before, busy)
        _tell_aside(aside, besides, len(runs), took)
        await tell_steps(made.made.postgres.dsn_superuser, [*{ours for ours, _ in runs}], len(runs))
        await _tell_bare(made, [ours for ours, _ in runs], own)


def _aside(made: ResearchStage) -> tuple[float, float, float]:
    """CPU seconds so far: the stand-in's of the outside, Postgres's, the whole machine's."""
    return _seconds(made.sandbox.pid), _seconds(made.made.postgres.pid, family=True), _busy_seconds()


def _tell_aside(
    before: tuple[float, float, float], after: tuple[float, float, float], runs: int, took: float
) -> None:
    sandbox, postgres, machine = (now - then for then, now in zip(before, after, strict=True))
    a_lead = f"sandbox {sandbox / runs * 1000:.0f} ms, Postgres {postgres / runs * 1000:.0f} ms"
    show("on the same cores, a lead", a_lead)
    show("all cores were busy", f"{machine / took / (os.cpu_count() or 1):.0%} of the time")


async def _tell_bare(made: ResearchStage, workspaces: list[WorkspaceId], own: float) -> None:
    dsn = made.made.postgres.dsn_superuser
    one = await caused(dsn, [*dict.fromkeys(workspaces)], len(workspaces))
    await made.latency(0, 0)
    host, address = made.front_page()
    seconds = await bare_cpu(address, host, dsn, one, BARE_LEADS)
    bare = seconds / BARE_LEADS * 1000
    show(
        f"bare: {one.calls:.1f} requests, {one.rows:.0f} rows a lead",
        f"{bare:.0f} ms: ours is {own / bare:.1f} times",
    )


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


def _tell(runs: int, took: float, rate: int, idling: float, before: list[Cost], busy: list[Cost]) -> float:
    """Their CPU a lead, in ms. `idling`: CPU seconds that all workers take in a second of doing nothing."""
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
    return own


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=LEADS)
    parser.add_argument("--rate", type=int, default=RATE, help="MAX_RESEARCH_PER_MINUTE")
    parser.add_argument("--depth", type=Depth, default=Depth.STANDARD)
    parser.add_argument(
        "--static",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="only sites that need no browser",
    )
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given))
