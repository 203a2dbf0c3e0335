"""Reminders and scheduled tasks, in people's words."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from bot.tools.base import Arguments, Result, ToolContext, tool
from bot.views.blocks import counted
from db.models.task import ScheduledTask
from db.queries import analytics, approval, task
from db.types import Effect, TaskId
from pipeline.errors import UserError
from pipeline.rules.cron_text import next_time, parse_schedule
from pipeline.rules.schedule import in_words

KINDS = {
    "reminder": "reminder",
    "send_report": "send_report",
    "report": "send_report",
    "daily_report": "send_report",
    "campaign_check": "campaign_check",
    "lead_check": "lead_check",
    "lead_research": "lead_research",
}
MOST_TASKS = 200


class SetReminder(Arguments):
    task_type: str = Field(description="reminder, send_report, lead_research, campaign_check or lead_check")
    schedule: str = Field(
        description="the person's own words (“tomorrow at 10am”, “every Monday at 9”), ISO, or cron"
    )
    description: str = Field(description="what to remind of or do, in the person's words")


class TaskSet(Result):
    task_id: str
    next_time: datetime


@tool(effect=Effect.WRITE, label="Setting a reminder: {schedule}")
async def set_reminder(ctx: ToolContext, args: SetReminder) -> TaskSet:
    """Set a reminder or a scheduled task, once or again and again, in the person's own time zone."""
    schedule = parse_schedule(args.schedule, timezone=ctx.timezone, now=ctx.now)
    description = args.description.strip()[:500]
    if not description:
        raise UserError("What should I remind you of?")
    first = schedule.run_at or next_time(schedule.cron or "", timezone=ctx.timezone, after=ctx.now)
    if len(await task.list_tasks(ctx.tx.session, ctx.workspace_id)) >= MOST_TASKS:
        raise UserError(f"There are {MOST_TASKS} tasks already. Cancel some first: “What tasks do I have?”")
    new = task.NewTask(
        task_type=KINDS.get(args.task_type, "reminder"),
        description=description,
        cron_expression=schedule.cron,
        run_at=schedule.run_at,
        recurrence=schedule.words if schedule.cron else None,
        timezone=ctx.timezone,
        created_by=ctx.user_id,
        user_id=ctx.user_id,
        channel_id=ctx.channel_id,
        next_execution=first,
    )
    made = await task.create(ctx.tx.session, ctx.workspace_id, new, now=ctx.now)
    await ctx.record("task.set", "task", made, {"description": description, "schedule": schedule.words})
    often = f", {schedule.words}" if schedule.cron else ""
    local = in_zone(first, ctx.timezone)
    return TaskSet(summary=f"Set: “{description}”{often}; next {local}.", task_id=str(made), next_time=first)


def in_zone(moment: datetime, timezone: str) -> str:
    return in_words(moment, timezone)


class ListTasks(Arguments):
    time_range: Literal["today", "week", "all"]


class TaskLine(BaseModel):
    id: str
    description: str
    next: str | None
    repeats: str | None


class TasksFound(Result):
    tasks: list[TaskLine]
    drafts_waiting: list[str]


@tool(effect=Effect.READ, label="Looking up tasks")
async def list_tasks(ctx: ToolContext, args: ListTasks) -> TasksFound:
    """What is to be done: reminders and scheduled tasks, and drafts that wait for approval."""
    until = {"today": 1, "week": 7}.get(args.time_range)
    rows = await task.list_tasks(ctx.tx.session, ctx.workspace_id)
    today = analytics.spans(ctx.now, ctx.timezone)["today"].start
    mine = [row for row in rows if row.created_by != "rainmaker" and _is_within(row, today, until)]
    waiting = await approval.pending(ctx.tx.session, ctx.workspace_id)
    drafts = [f"{one.lead_name} ({one.company})" if one.company else one.lead_name for one in waiting]
    said = f"{counted(len(mine), 'task')}, {counted(len(drafts), 'draft set')} to approve."
    if not mine and not drafts:
        said = "Nothing is planned. Say “remind me tomorrow at 9am to call Maria” to plan something."
    lines = [
        TaskLine(
            id=str(row.id),
            description=row.description,
            next=in_zone(row.next_execution, ctx.timezone) if row.next_execution else None,
            repeats=row.recurrence,
        )
        for row in mine
    ]
    return TasksFound(summary=said, tasks=lines, drafts_waiting=drafts)


def _is_within(row: ScheduledTask, today: datetime, days: int | None) -> bool:
    if days is None or row.next_execution is None:
        return True
    return (row.next_execution - today).days < days


class CancelTask(Arguments):
    task: str = Field(description="its id, or words of its description")


@tool(effect=Effect.WRITE, label="Cancelling a task")
async def cancel_task(ctx: ToolContext, args: CancelTask) -> Result:
    """Cancel a reminder or scheduled task."""
    rows = await task.list_tasks(ctx.tx.session, ctx.workspace_id)
    wanted = args.task.strip().casefold()
    found = [row for row in rows if str(row.id) == wanted or wanted in row.description.casefold()]
    found = [row for row in found if row.created_by != "rainmaker"]
    if len(found) != 1:
        which = "; ".join(row.description for row in found[:5]) or "none"
        raise UserError(f"“{args.task[:80]}” fits {len(found)} tasks ({which}). Which one?")
    await end_task(ctx, TaskId(found[0].id))
    return Result(summary=f"Cancelled: “{found[0].description}”.")


async def end_task(ctx: ToolContext, task_id: TaskId) -> bool:
    """False: it had ended already."""
    was_active = await task.deactivate(ctx.tx.session, task_id, now=ctx.now)
    if was_active:
        await ctx.record("task.cancelled", "task", task_id)
    return was_active
