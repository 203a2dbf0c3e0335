"""Scheduled tasks: the morning briefing, the checks, reminders. The row decides that each occurrence runs once.

The tick only begins what is due, in one transaction that also sets the next time; each run is a job of its own, so
that a slow one holds nobody up. What a run tells is written together with its end; a process that dies between
leaves a lease that runs out.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from db.errors import LeaseLost
from db.models.task import ScheduledTask
from db.queries import analytics, approval, due, research, task, workspace
from db.queries import lead as leads
from db.queries.leases import Lease
from db.queries.task import Execution, NewTask
from db.session import Tx
from db.types import CampaignId, Depth, LeadStatus, LeaseToken, RunId, TaskId, WorkspaceId
from db.wake import Wake
from pipeline.clients.llm.tasks import Insights, labelled
from pipeline.deps import Deps
from pipeline.errors import Permanent, Transient
from pipeline.jobs.base import job
from pipeline.jobs.prompt import prompt
from pipeline.logs import get_logger
from pipeline.messages import BriefingDue, CampaignNeedsAttention, LeadsNeedAttention, Reminder, RunProgressed
from pipeline.rules.cron_text import next_time
from pipeline.rules.schedule import Window, in_window
from pipeline.rules.stats import CampaignFacts, campaign_attention, leads_attention

log = get_logger(__name__)
LEASE = timedelta(seconds=90)
INSIGHT_SECONDS = 20.0
MOST_ATTEMPTS = 3
PROMPT = prompt("insights").text
# The seeds' three, in the workspace's zone.
BUILT_IN = (
    ("morning_briefing", "The morning briefing", "0 9 * * *", "run_once"),
    ("campaign_check", "Look at running campaigns", "0 * * * *", "skip"),
    ("lead_check", "Look at new leads", "0 */4 * * *", "skip"),
)


async def ensure_built_in(tx: Tx, *, timezone: str, now: datetime) -> None:
    """Give a workspace the seeds' three tasks; those it has stay as they are."""
    for kind, description, cron, missed in BUILT_IN:
        new = NewTask(
            task_type=kind,
            description=description,
            timezone=timezone,
            next_execution=next_time(cron, timezone=timezone, after=now),
            cron_expression=cron,
        )
        missed_rule = "skip" if missed == "skip" else "run_once"
        await task.ensure_builtin(tx.session, tx.workspace_id, replace(new, missed=missed_rule), now=now)


async def move_built_in(tx: Tx, *, timezone: str, now: datetime) -> None:
    """The workspace lives in another zone now: nine o'clock is nine o'clock there."""
    for one in await task.list_tasks(tx.session, tx.workspace_id):
        if one.created_by == task.BUILT_IN and one.cron_expression and one.timezone != timezone:
            following = next_time(one.cron_expression, timezone=timezone, after=now)
            await task.move(tx.session, TaskId(one.id), timezone=timezone, next_execution=following, now=now)


async def begin_due(deps: Deps) -> int:
    """Begin every task that is due; how many runs were handed to the queue here."""
    now = deps.clock.now()
    async with deps.db.across() as tx:
        waiting = await due.tasks(tx.session, now)
    return sum([await _begin(deps, one.workspace_id, TaskId(one.id), now) for one in waiting])


@job(Wake.RUN_TASK, timeout=timedelta(seconds=120))
async def run_task(deps: Deps, *, workspace_id: str, execution_id: str) -> None:
    """Run what was begun, or take over a run whose process is gone."""
    ours = WorkspaceId(UUID(workspace_id))
    wall = deps.clock.wall()
    async with deps.db.transaction(ours) as tx:
        lease = Lease(LeaseToken(uuid4()), wall + LEASE)
        execution = await task.claim_execution(tx.session, UUID(execution_id), lease, wall=wall)
        if execution is not None and execution.attempts > MOST_ATTEMPTS:
            log.error("task_given_up", kind=execution.task.task_type, attempts=execution.attempts)
            await task.fail_execution(
                tx.session,
                execution.id,
                execution.token,
                duration_ms=0,
                error="given up: it broke every time",
            )
            execution = None
    if execution is not None:
        await _run(deps, ours, execution)


async def _begin(deps: Deps, workspace_id: WorkspaceId, task_id: TaskId, now: datetime) -> bool:
    """Is there a run now? An occurrence that was missed may be skipped instead."""
    async with deps.db.transaction(workspace_id) as tx:
        row = await task.lock_due(tx.session, task_id, now=now)
        if row is None or row.next_execution is None:
            return False
        following = (
            next_time(row.cron_expression, timezone=row.timezone, after=now) if row.cron_expression else None
        )
        skip = row.missed == "skip" and _is_missed(row, now)
        execution_id = await task.begin(tx.session, row, next_execution=following, skip=skip, now=now)
        if execution_id is None:
            return False
        tx.enqueue(Wake.RUN_TASK, execution_id=execution_id)
        return True


def _is_missed(row: ScheduledTask, now: datetime) -> bool:
    """Another occurrence has come since the one that is due: nobody was there for it."""
    if not row.cron_expression or row.next_execution is None:
        return False
    return next_time(row.cron_expression, timezone=row.timezone, after=row.next_execution) <= now


async def _run(deps: Deps, workspace_id: WorkspaceId, execution: Execution) -> None:
    began = deps.clock.monotonic()
    kind = execution.task.task_type
    body = _KINDS.get(kind, _remind)
    try:
        tell = await body(deps, workspace_id, execution)
        async with deps.db.transaction(workspace_id) as tx:
            await tell(tx)
            took = round((deps.clock.monotonic() - began) * 1000)
            await task.finish_execution(tx.session, execution.id, execution.token, duration_ms=took)
        log.info("task_ran", kind=kind)
    except LeaseLost:
        log.info("task_lease_lost", kind=kind)
    except Permanent as error:
        log.warning("task_failed", kind=kind, reason=str(error))
        async with deps.db.transaction(workspace_id) as tx:
            took = round((deps.clock.monotonic() - began) * 1000)
            await task.fail_execution(
                tx.session, execution.id, execution.token, duration_ms=took, error=str(error)
            )


Tell = Callable[[Tx], Awaitable[None]]


async def _brief(deps: Deps, workspace_id: WorkspaceId, execution: Execution) -> Tell:
    """The briefing of the workspace, or a report to one person."""
    insights = await insights_for(deps, workspace_id)
    row = execution.task
    personal = row.task_type != "morning_briefing"
    message = BriefingDue(
        key=f"briefing:{execution.id}",
        channel=row.channel_id if personal else None,
        user_id=row.user_id if personal else None,
        insights=insights,
    )

    async def tell(tx: Tx) -> None:
        await deps.notifier.tell(tx, message)
        if not personal:  # what waits is told with it; the later checks of the day change that word in place
            await _tell_of_leads(deps, tx, in_hours=True)

    return tell


async def insights_for(deps: Deps, workspace_id: WorkspaceId) -> tuple[str, ...]:
    """A few sentences about the week's numbers; none where the model does not answer in time."""
    now = deps.clock.now()
    async with deps.db.transaction(workspace_id) as tx:
        ours = await workspace.get(tx.session, workspace_id)
        week = analytics.spans(now, ours.timezone)["week"]
        numbers = await analytics.numbers(tx.session, workspace_id, week)
        before = await analytics.numbers(tx.session, workspace_id, analytics.before(week))
    if not numbers.leads_added and not numbers.sent and not numbers.drafts_waiting:
        return ()
    fields = (
        "leads_added",
        "researched",
        "qualified",
        "drafts_waiting",
        "sent",
        "opened",
        "replied",
        "bounced",
    )
    told = {
        "this_week": {name: getattr(numbers, name) for name in fields},
        "the_week_before": {name: getattr(before, name) for name in fields},
    }
    try:
        async with asyncio.timeout(INSIGHT_SECONDS):
            answer = await deps.llm.parse(
                instructions=PROMPT, text=labelled({"numbers": told}), schema=Insights
            )
    except (Transient, Permanent, TimeoutError) as error:
        log.warning("insights_left_out", reason=str(error))
        return ()
    return tuple(sentence[:300] for sentence in answer.value.insights[:3])


async def _check_campaigns(deps: Deps, workspace_id: WorkspaceId, execution: Execution) -> Tell:
    async def tell(tx: Tx) -> None:
        ours = await workspace.get(tx.session, workspace_id)
        month = analytics.spans(deps.clock.now(), ours.timezone)["month"]
        for one in await analytics.by_campaign(tx.session, workspace_id, month, limit=100):
            found = campaign_attention(CampaignFacts(one.name, one.sent, one.replied, one.bounced))
            if found is not None:
                message = CampaignNeedsAttention(
                    CampaignId(one.campaign_id), found.kind, found.recommendation
                )
                await deps.notifier.tell(tx, message)

    return tell


async def _check_leads(deps: Deps, workspace_id: WorkspaceId, execution: Execution) -> Tell:
    async def tell(tx: Tx) -> None:
        await _tell_of_leads(deps, tx, in_hours=execution.task.created_by == task.BUILT_IN)

    return tell


async def _tell_of_leads(deps: Deps, tx: Tx, *, in_hours: bool) -> None:
    """What waits for a person. `in_hours`: only while the workspace is at work; nobody asked for it."""
    ours = await workspace.get(tx.session, tx.workspace_id)
    hours = Window(ours.window_start, ours.window_end, ours.timezone, ours.country)
    if in_hours and not in_window(deps.clock.now(), hours):
        return
    by_status = await leads.counts_by_status(tx.session, tx.workspace_id)
    found = leads_attention(
        unresearched=by_status.get(LeadStatus.NEW, 0),
        sequences_waiting=await approval.sequences_waiting(tx.session, tx.workspace_id),
    )
    if found is not None:
        await deps.notifier.tell(tx, LeadsNeedAttention(found.kind, (), found.recommendation))


async def _research(deps: Deps, workspace_id: WorkspaceId, execution: Execution) -> Tell:
    """Research the newest leads that nobody has looked at."""
    row = execution.task

    async def tell(tx: Tx) -> None:
        fresh = await leads.list_leads(
            tx.session, workspace_id, leads.LeadFilter(status=LeadStatus.NEW, qualified=None), limit=10
        )
        for lead in fresh:
            run, is_new = await research.start_run(
                tx.session,
                workspace_id,
                lead_id=lead.id,
                depth=Depth.STANDARD,
                requested_by=row.user_id,
                channel_id=row.channel_id,
                thread_ts=None,
                then_write=True,
                now=deps.clock.now(),
                cost_cap_cents=deps.settings.research_cents,
            )
            tx.enqueue(Wake.RESEARCH_LEAD, run_id=run.id)
            if is_new:
                await deps.notifier.tell(tx, RunProgressed(RunId(run.id)))

    return tell


async def _remind(deps: Deps, workspace_id: WorkspaceId, execution: Execution) -> Tell:
    row = execution.task
    message = Reminder(
        task_id=TaskId(row.id),
        key=f"reminder:{execution.id}",
        text=row.description,
        channel=row.channel_id,
        user_id=row.user_id,
        repeats=row.cron_expression is not None,
    )

    async def tell(tx: Tx) -> None:
        await deps.notifier.tell(tx, message)

    return tell


_KINDS: dict[str, Callable[[Deps, WorkspaceId, Execution], Awaitable[Tell]]] = {
    "morning_briefing": _brief,
    "send_report": _brief,
    "campaign_check": _check_campaigns,
    "lead_check": _check_leads,
    "lead_research": _research,
    "reminder": _remind,
}
