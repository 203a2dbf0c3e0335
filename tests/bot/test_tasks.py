"""Scheduled tasks: each occurrence runs once, whoever ticks, at the zone's own nine o'clock, and is not lost."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from db.models.task import ScheduledTask, TaskExecution
from db.models.workspace import SlackOutbox
from db.queries import task
from db.queries import workspace as workspaces
from db.queries.task import NewTask
from db.types import TaskId, WorkspaceId
from db.wake import Wake, WakeUp
from pipeline.clock import ManualClock
from pipeline.deps import Deps
from pipeline.errors import Permanent, Transient
from pipeline.jobs import tasks
from pipeline.jobs.sweep import sweep, tick, tidy
from pipeline.messages import BriefingDue, Reminder, Silent
from tests.bot.conftest import ScriptedLlm

DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")


class Calendar:
    """One workspace's tasks, and what was told of them."""

    def __init__(self, deps: Deps, workspace: WorkspaceId, clock: ManualClock) -> None:
        self.deps, self.workspace, self.clock = deps, workspace, clock

    async def begin(self, now: str, timezone: str = "Europe/Berlin") -> None:
        """The workspace is made at that moment, with the seeds' three tasks."""
        self.clock._now = datetime.fromisoformat(now).astimezone(UTC)
        async with self.deps.db.transaction(self.workspace) as tx:
            await tasks.ensure_built_in(tx, timezone=timezone, now=self.clock.now())

    async def only(self, kind: str) -> None:
        async with self.deps.db.transaction(self.workspace) as tx:
            await tx.session.execute(
                update(ScheduledTask).where(ScheduledTask.task_type != kind).values(active=False)
            )

    async def remind(self, at: datetime, cron: str | None = None, **more: Any) -> TaskId:
        new = NewTask(
            task_type=more.pop("task_type", "reminder"), description="Call Maria", timezone="Europe/Berlin",
            next_execution=at, cron_expression=cron, run_at=None if cron else at, user_id="U1", channel_id="D1",
            created_by="U1", **more,
        )  # fmt: skip
        async with self.deps.db.transaction(self.workspace) as tx:
            return await task.create(tx.session, self.workspace, new, now=self.clock.now())

    def told(self, kind: type) -> list[Any]:
        silent = cast(Silent, self.deps.notifier)
        return [
            message for ours, message in silent.told if ours == self.workspace and isinstance(message, kind)
        ]

    async def executions(self, kind: str) -> list[TaskExecution]:
        async with self.deps.db.transaction(self.workspace) as tx:
            rows = await tx.session.scalars(
                select(TaskExecution).join(ScheduledTask).where(ScheduledTask.task_type == kind)
                .order_by(TaskExecution.scheduled_for)
            )  # fmt: skip
            return list(rows)

    async def tick_through(self, until: str, step: timedelta) -> None:
        end = datetime.fromisoformat(until)
        while self.clock.now() < end:
            self.clock.jump(step)
            await tasks.run_due(self.deps)


@pytest.fixture
async def calendar(deps: Deps, workspace: WorkspaceId, clock: ManualClock) -> Calendar:
    """Alone: what other tests planned is over."""
    async with deps.db.across() as tx:
        from db.queries import due

        everyone = await due.workspaces(tx.session)
    for one in everyone:
        async with deps.db.transaction(one) as tx:
            await tx.session.execute(update(ScheduledTask).values(active=False))
    return Calendar(deps, workspace, clock)


@pytest.mark.parametrize(
    ("begin", "until"),
    [("2026-03-27T10:00+01:00", "2026-03-31T10:00+02:00"), ("2026-10-23T10:00+02:00", "2026-10-27T10:00+01:00"),
     ("2026-06-01T10:00+02:00", "2026-06-05T10:00+02:00")],
)  # fmt: skip
async def test_the_briefing_comes_at_nine_each_day_also_when_clocks_change(
    calendar: Calendar, begin: str, until: str
) -> None:
    await calendar.begin(begin)
    await calendar.only("morning_briefing")
    await calendar.tick_through(until, timedelta(minutes=30))
    at = [one.scheduled_for.astimezone(BERLIN) for one in await calendar.executions("morning_briefing")]
    assert [f"{moment:%H:%M}" for moment in at] == ["09:00"] * 4
    assert len({moment.date() for moment in at}) == 4
    assert len(calendar.told(BriefingDue)) == 4


async def test_many_workers_that_race_brief_once(calendar: Calendar) -> None:
    await calendar.begin("2026-03-02T08:59+01:00")
    await calendar.only("morning_briefing")
    calendar.clock.jump(timedelta(minutes=2))
    begun = await asyncio.gather(*(tasks.run_due(calendar.deps) for _ in range(6)))
    assert sum(begun) == 1
    assert len(calendar.told(BriefingDue)) == 1
    assert await tasks.run_due(calendar.deps) == 0


async def test_after_three_days_away_one_briefing_and_no_old_checks(calendar: Calendar) -> None:
    await calendar.begin("2026-03-02T08:00+01:00")
    calendar.clock.jump(3 * DAY + timedelta(hours=2, minutes=5))
    for _ in range(3):
        await tasks.run_due(calendar.deps)
    assert len(calendar.told(BriefingDue)) == 1
    assert [one.status for one in await calendar.executions("campaign_check")] == ["skipped"]
    assert [one.status for one in await calendar.executions("lead_check")] == ["skipped"]
    async with calendar.deps.db.transaction(calendar.workspace) as tx:
        planned = await task.list_tasks(tx.session, calendar.workspace)
    assert all(one.next_execution and one.next_execution > calendar.clock.now() for one in planned)


async def test_the_checks_run_when_somebody_is_there(calendar: Calendar) -> None:
    await calendar.begin("2026-03-02T08:30+01:00")
    await calendar.only("campaign_check")
    await calendar.tick_through("2026-03-02T12:10+01:00", timedelta(minutes=10))
    assert [one.status for one in await calendar.executions("campaign_check")] == ["completed"] * 4


async def test_moving_house_moves_nine_o_clock(calendar: Calendar) -> None:
    await calendar.begin("2026-03-02T08:00+01:00")
    async with calendar.deps.db.transaction(calendar.workspace) as tx:
        await tasks.move_built_in(tx, timezone="America/New_York", now=calendar.clock.now())
        rows = await task.list_tasks(tx.session, calendar.workspace)
    briefing = next(row for row in rows if row.task_type == "morning_briefing")
    assert briefing.next_execution == datetime(2026, 3, 2, 14, tzinfo=UTC)
    assert briefing.timezone == "America/New_York"


async def test_the_seeds_tasks_are_made_once(calendar: Calendar) -> None:
    for _ in range(3):
        await calendar.begin("2026-03-02T08:00+01:00")
    async with calendar.deps.db.transaction(calendar.workspace) as tx:
        rows = await task.list_tasks(tx.session, calendar.workspace)
    assert sorted((row.task_type, row.cron_expression) for row in rows) == [
        ("campaign_check", "0 * * * *"), ("lead_check", "0 */4 * * *"), ("morning_briefing", "0 9 * * *")
    ]  # fmt: skip


async def test_a_reminder_comes_once_and_then_is_over(calendar: Calendar) -> None:
    at = calendar.clock.now() + timedelta(hours=1)
    made = await calendar.remind(at)
    await tasks.run_due(calendar.deps)
    assert calendar.told(Reminder) == []
    calendar.clock.jump(timedelta(days=2))  # also when nobody was there in time
    await tasks.run_due(calendar.deps)
    await tasks.run_due(calendar.deps)
    (told,) = calendar.told(Reminder)
    assert (told.text, told.channel, told.user_id) == ("Call Maria", "D1", "U1")
    async with calendar.deps.db.transaction(calendar.workspace) as tx:
        row = await task.get(tx.session, made)
    assert row is not None and not row.active


async def test_a_reminder_that_repeats_goes_on(calendar: Calendar) -> None:
    start = calendar.clock.now()
    await calendar.remind(start + timedelta(hours=1), cron="0 * * * *")
    await calendar.tick_through((start + timedelta(hours=3, minutes=30)).isoformat(), timedelta(minutes=15))
    assert len(calendar.told(Reminder)) == 3


async def test_a_cancelled_reminder_stays_silent(calendar: Calendar) -> None:
    made = await calendar.remind(calendar.clock.now() + timedelta(hours=1))
    async with calendar.deps.db.transaction(calendar.workspace) as tx:
        assert await task.deactivate(tx.session, made, now=calendar.clock.now())
    calendar.clock.jump(DAY)
    await tasks.run_due(calendar.deps)
    assert calendar.told(Reminder) == []


async def test_a_process_that_died_in_a_run_is_followed_once(calendar: Calendar) -> None:
    made = await calendar.remind(calendar.clock.now())
    begun = await tasks._begin(calendar.deps, calendar.workspace, made, calendar.clock.now())
    assert begun is not None and calendar.told(Reminder) == []
    woken: list[WakeUp] = []

    async def enqueue(wake_ups: Any) -> None:
        woken.extend(wake_ups)

    def ours() -> list[dict[str, str]]:
        """The sweep looks across workspaces: those of other tests too."""
        runs = (dict(one.ids) for one in woken if one.job is Wake.RUN_TASK)
        return [ids for ids in runs if ids["workspace_id"] == str(calendar.workspace)]

    await sweep(calendar.deps, enqueue)
    assert not ours()
    calendar.clock.jump(tasks.LEASE + timedelta(seconds=1))
    await sweep(calendar.deps, enqueue)
    ids = ours()[0]
    await asyncio.gather(*(tasks.run_left_behind(calendar.deps, **ids) for _ in range(4)))
    assert len(calendar.told(Reminder)) == 1
    assert [one.status for one in await calendar.executions("reminder")] == ["completed"]


async def test_a_run_that_kills_its_processes_is_given_up(calendar: Calendar) -> None:
    made = await calendar.remind(calendar.clock.now())
    begun = await tasks._begin(calendar.deps, calendar.workspace, made, calendar.clock.now())
    assert begun is not None
    broken = replace(calendar.deps, notifier=cast(Any, Refusing()))
    for _ in range(6):
        calendar.clock.jump(tasks.LEASE + timedelta(seconds=1))
        try:
            await tasks.run_left_behind(
                broken, workspace_id=str(calendar.workspace), execution_id=str(begun.id)
            )
        except RuntimeError:
            continue
    (row,) = await calendar.executions("reminder")
    assert row.status == "failed" and row.attempts <= tasks.MOST_ATTEMPTS + 1


class Refusing:
    async def tell(self, tx: Any, message: Any) -> None:
        raise RuntimeError("a bug in a view")


async def test_one_broken_task_does_not_hold_up_the_others(calendar: Calendar) -> None:
    await calendar.remind(calendar.clock.now() - timedelta(minutes=1))
    await calendar.remind(calendar.clock.now(), task_type="send_report")
    notifier = Choosy()
    deps = replace(calendar.deps, notifier=cast(Any, notifier))
    for _ in range(2):
        try:
            await tasks.run_due(deps)
        except RuntimeError:
            continue
    assert len(notifier.told) == 1


class Choosy:
    """Breaks at reminders, takes the rest."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    async def tell(self, tx: Any, message: Any) -> None:
        if isinstance(message, Reminder):
            raise RuntimeError("a bug in a view")
        self.told.append(message)


@pytest.mark.parametrize(
    "answer",
    [
        Transient("503"),
        Permanent("quota"),
        {"headline": "A good week", "insights": ["Reply rate rose."] * 9, "actions": []},
    ],
)
async def test_the_briefing_comes_with_or_without_insights(
    calendar: Calendar, llm: ScriptedLlm, answer: Any
) -> None:
    from db.models.lead import Lead

    async with calendar.deps.db.transaction(calendar.workspace) as tx:
        now = calendar.clock.now()
        tx.session.add(Lead(workspace_id=calendar.workspace, name="Maria", created_at=now, updated_at=now))
    llm.parses = [answer]
    insights = await tasks.insights_for(calendar.deps, calendar.workspace)
    assert insights == (("Reply rate rose.",) * 3 if isinstance(answer, dict) else ())
    assert llm.parses == []


async def test_an_empty_workspace_asks_no_model(calendar: Calendar, llm: ScriptedLlm) -> None:
    llm.parses = []
    assert await tasks.insights_for(calendar.deps, calendar.workspace) == ()


async def test_the_briefing_reaches_the_outbox_with_its_channel(
    calendar: Calendar, slack_deps: Deps, clock: ManualClock
) -> None:
    await calendar.begin("2026-03-02T08:59+01:00")
    await calendar.only("morning_briefing")
    async with slack_deps.db.transaction(calendar.workspace) as tx:
        await workspaces.update_settings(
            tx.session, calendar.workspace, now=clock.now(), briefing_channel="C9"
        )
    clock.jump(timedelta(minutes=2))
    await tasks.run_due(slack_deps)
    async with slack_deps.db.transaction(calendar.workspace) as tx:
        (row,) = list(await tx.session.scalars(select(SlackOutbox)))
    assert row.channel_id == "C9" and "Good morning" in row.payload["text"]


async def test_tick_and_sweep_of_nothing_wake_nobody(calendar: Calendar) -> None:
    woken: list[Any] = []

    async def enqueue(wake_ups: Any) -> None:
        woken.extend(wake_ups)

    await tick(calendar.deps, enqueue)
    await sweep(calendar.deps, enqueue)
    ours = [one for one in woken if dict(one.ids).get("workspace_id") == str(calendar.workspace)]
    assert ours == []


async def test_sweep_wakes_what_a_lost_redis_forgot(calendar: Calendar) -> None:
    """The run was committed and its wake-up lost; the sweep sends it again, and again until somebody takes it."""
    from db.models.lead import Lead
    from db.queries import research
    from db.types import Depth

    now = calendar.clock.now()
    async with calendar.deps.db.transaction(calendar.workspace) as tx:
        lead = Lead(workspace_id=calendar.workspace, name="Maria", created_at=now, updated_at=now)
        tx.session.add(lead)
        await tx.session.flush()
        run, _ = await research.start_run(
            tx.session, calendar.workspace, lead_id=cast(Any, lead.id), depth=Depth.QUICK, requested_by="U1",
            channel_id=None, thread_ts=None, then_write=False, now=now,
        )  # fmt: skip
    woken: list[WakeUp] = []

    async def enqueue(wake_ups: Any) -> None:
        woken.extend(wake_ups)

    for _ in range(2):
        await sweep(calendar.deps, enqueue)
    mine = [one for one in woken if one.job is Wake.RESEARCH_LEAD and dict(one.ids)["run_id"] == str(run.id)]
    assert len(mine) == 2 and len(set(mine)) == 1


async def test_tidying_keeps_what_is_young_and_open(calendar: Calendar) -> None:
    from uuid import uuid4

    from db.models.workspace import SlackInbox
    from db.queries import inbox
    from db.types import InboxKind

    key = uuid4().hex
    async with calendar.deps.db.across() as tx:
        await inbox.insert_once(
            tx.session,
            dedupe_key=key,
            kind=InboxKind.EVENT,
            team_id=None,
            body={},
            now=calendar.clock.now() - 30 * DAY,
        )
    await tidy(calendar.deps)
    async with calendar.deps.db.across() as tx:
        kept = await tx.session.scalar(select(SlackInbox.id).where(SlackInbox.dedupe_key == key))
    assert kept is not None  # old, but nobody has done it yet
