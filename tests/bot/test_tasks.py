"""Scheduled tasks: each occurrence runs once, whoever ticks, at the zone's own nine o'clock, and is not lost."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from db.models.workspace import SlackOutbox
from db.queries import task
from db.queries import workspace as workspaces
from db.session import Database
from db.wake import Wake
from pipeline.clock import ManualClock
from pipeline.deps import Deps
from pipeline.errors import Permanent, Transient
from pipeline.jobs import tasks
from pipeline.messages import BriefingDue, LeadsNeedAttention, Reminder
from tests.bot.conftest import ScriptedLlm
from tests.bot.task_calendar import Calendar, Woken

DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")


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
    begun = await asyncio.gather(*(tasks.begin_due(calendar.deps) for _ in range(6)))
    assert sum(begun) == 1
    (execution_id,) = await calendar.begun()
    await asyncio.gather(*(calendar.run(execution_id) for _ in range(6)))
    assert len(calendar.told(BriefingDue)) == 1
    assert await tasks.begin_due(calendar.deps) == 0
    assert await calendar.begun() == []


async def test_each_run_is_handed_to_the_queue(calendar: Calendar) -> None:
    woken = Woken()
    deps = replace(calendar.deps, db=Database(calendar.deps.db.engine, woken))
    await calendar.remind(calendar.clock.now())
    assert await tasks.begin_due(deps) == 1
    assert calendar.told(Reminder) == [], "the tick runs nothing itself"
    (one,) = woken.wake_ups
    assert one.job is Wake.RUN_TASK
    await tasks.run_task(deps, **dict(one.ids))
    assert len(calendar.told(Reminder)) == 1


async def test_a_slow_model_holds_up_neither_the_tick_nor_other_tasks(
    calendar: Calendar, llm: ScriptedLlm
) -> None:
    await calendar.begin("2026-03-02T08:59+01:00")
    await calendar.only("morning_briefing")
    await calendar.lead("Maria")
    calendar.clock.jump(timedelta(minutes=2))
    await calendar.remind(calendar.clock.now())
    slow = SlowLlm()
    deps = replace(calendar.deps, llm=cast(Any, slow))
    async with asyncio.timeout(10):
        assert await tasks.begin_due(deps) == 2
        running = [asyncio.create_task(calendar.run(one, deps)) for one in await calendar.begun()]
        await slow.asked.wait()
        while not calendar.told(Reminder):
            await asyncio.sleep(0.01)
        assert calendar.told(BriefingDue) == []
        assert await tasks.begin_due(deps) == 0
        slow.go.set()
        await asyncio.gather(*running)
    assert len(calendar.told(BriefingDue)) == 1


class SlowLlm:
    """Is asked for insights, and takes its time."""

    def __init__(self) -> None:
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def parse(self, **_: Any) -> Any:
        self.asked.set()
        await self.go.wait()
        raise Transient("too late")


async def test_after_three_days_away_one_briefing_and_no_old_checks(calendar: Calendar) -> None:
    await calendar.begin("2026-03-02T08:00+01:00")
    calendar.clock.jump(3 * DAY + timedelta(hours=2, minutes=5))
    for _ in range(3):
        await calendar.tick()
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
    await calendar.tick()
    assert calendar.told(Reminder) == []
    calendar.clock.jump(timedelta(days=2))  # also when nobody was there in time
    await calendar.tick()
    await calendar.tick()
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
    await calendar.tick()
    assert calendar.told(Reminder) == []


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
    await calendar.lead("Maria")
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
    await calendar.tick(slack_deps)
    async with slack_deps.db.transaction(calendar.workspace) as tx:
        (row,) = list(await tx.session.scalars(select(SlackOutbox)))
    assert row.channel_id == "C9" and "Good morning" in row.payload["text"]


async def test_what_waits_is_told_in_business_hours_with_the_briefing_and_counts_no_answers(
    calendar: Calendar, llm: ScriptedLlm
) -> None:
    """From a Friday evening to a Monday evening; the notice of a day is one surface, so later ones change it."""
    await calendar.begin("2026-03-06T19:30+01:00")
    async with calendar.deps.db.transaction(calendar.workspace) as tx:
        await workspaces.update_settings(
            tx.session, calendar.workspace, now=calendar.clock.now(), timezone="Europe/Berlin"
        )
    await calendar.asked_for(sequences=5, answers=3)
    llm.parses = [Transient("away")] * 3
    told: list[tuple[str, str]] = []
    while calendar.clock.now() < datetime(2026, 3, 9, 17, 0, tzinfo=UTC):
        before = len(calendar.told(LeadsNeedAttention))
        calendar.clock.jump(timedelta(minutes=30))
        await calendar.tick()
        at = f"{calendar.clock.now().astimezone(BERLIN):%A %H:%M}"
        told += [(at, one.recommendation) for one in calendar.told(LeadsNeedAttention)[before:]]
    assert [at for at, _ in told] == ["Monday 09:00", "Monday 12:00", "Monday 16:00"]
    assert {words for _, words in told} == {"5 sequences wait for approval."}
