"""Planning a campaign of ten thousand leads: who is in it, when each email leaves in two weeks, and their enrollment.

The bare thing is one statement that reads the same leads. Memory is what the process grew by, for ten thousand leads
beside what it grew by for a thousand.
"""

import asyncio
import resource
import time
from uuid import UUID

import uvloop
from sqlalchemy import select

from db.models.lead import Lead
from db.queries import campaign, enrollment
from db.queries.lead import LeadFilter
from db.session import connect
from pipeline.jobs import campaign_plan
from tests.bench.figures import median, show, show_machine, verdict
from tests.bench.sending_stage import NOW, SendingStage, open_stage
from tests.bench.stage import stage

LEADS, ROUNDS = 10_000, 3
SECONDS = 5.0
BOXES = 5


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _plan(stage: SendingStage, name: str, *, enroll: bool) -> tuple[float, float, int]:
    """Seconds to plan and rehearse, seconds to enroll, and emails that leave before the horizon."""
    async with stage.db.transaction(stage.ours) as tx:
        made = await campaign.create(tx.session, stage.ours, name=name, now=NOW)
    began = time.perf_counter()
    async with stage.db.transaction(stage.ours) as tx:
        row = await enrollment.campaign_of(tx.session, stage.ours, UUID(str(made)))
        assert row is not None
        planned = await campaign_plan.plan(
            stage.deps,
            tx,
            [LeadFilter(qualified=True)],
            campaign_id=made,
            starts_at=None,
            leads_per_day=None,
            now=NOW,
        )
        played = await campaign_plan.rehearse(stage.deps, tx, row, planned, now=NOW)
    planning = time.perf_counter() - began
    began = time.perf_counter()
    if enroll:
        async with stage.db.transaction(stage.ours) as tx:
            entered = await campaign_plan.enroll(
                stage.deps, tx, made, planned, channel_id=None, thread_ts=None, now=NOW
            )
        assert entered == len(planned.places) == LEADS, f"{entered} entered"
    return planning, time.perf_counter() - began, len(played.planned)


async def _bare(stage: SendingStage) -> float:
    began = time.perf_counter()
    async with stage.db.transaction(stage.ours) as tx:
        rows = await tx.session.execute(
            select(Lead.id, Lead.name, Lead.email, Lead.status, Lead.score).where(Lead.qualified).limit(LEADS)
        )
        assert len(rows.all()) == LEADS
    return time.perf_counter() - began


async def main() -> None:
    async with stage("plan") as made:
        db = connect(made.postgres.dsn_app)
        show_machine()
        try:
            ours = await open_stage(made, db)
            ours.open(BOXES)
            ours.add_leads(LEADS // 10)
            await _plan(ours, "small", enroll=False)
            small = _memory_mb()
            ours.add_leads(LEADS)
            timed = [await _plan(ours, f"try {number}", enroll=False) for number in range(ROUNDS)]
            bare = median([await _bare(ours) for _ in range(ROUNDS)])
            large = _memory_mb()
            _, enrolling, _ = await _plan(ours, "real", enroll=True)
            _tell(median([one[0] for one in timed]), enrolling, bare, timed[0][2], large - small)
        finally:
            await db.close()


def _tell(planning: float, enrolling: float, bare: float, emails: int, grown: float) -> None:
    show(f"{LEADS:,} leads planned, rehearsed", f"{planning:.2f} s, {emails:,} emails in 14 days")
    show("  enrolled", f"{enrolling:.2f} s")
    show("  reading the same leads, bare", f"{bare:.3f} s: {(planning + enrolling) / bare:.0f} times that")
    verdict(f"< {SECONDS:.0f} s", planning + enrolling < SECONDS)
    show("memory for ten times the leads", f"+{grown:.0f} MB")


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
