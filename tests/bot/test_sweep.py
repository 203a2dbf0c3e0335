"""What a dead process, a lost Redis or a broken view left behind is found again, once; the rest is tidied."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

import pytest
from sqlalchemy import select

from db.models.lead import Lead
from db.models.workspace import SlackInbox
from db.queries import inbox, research
from db.queries.inbox import Delivery
from db.types import Depth, InboxKind
from db.wake import Wake
from pipeline.jobs import tasks
from pipeline.jobs.sweep import sweep, tick, tidy
from pipeline.messages import Reminder
from tests.bot.task_calendar import Calendar, Woken

DAY = timedelta(days=1)


class Died(BaseException):
    """The process was killed."""


class Deadly:
    async def tell(self, tx: Any, message: Any) -> None:
        raise Died


async def left_behind(calendar: Calendar) -> str:
    """A reminder whose process died in the middle of its run."""
    await calendar.remind(calendar.clock.now())
    assert await tasks.begin_due(calendar.deps) == 1
    (execution_id,) = await calendar.begun()
    with pytest.raises(Died):
        await calendar.run(execution_id, replace(calendar.deps, notifier=cast(Any, Deadly())))
    assert calendar.told(Reminder) == []
    return execution_id


async def test_a_process_that_died_in_a_run_is_followed_once(calendar: Calendar) -> None:
    execution_id = await left_behind(calendar)
    woken = Woken()

    def ours() -> list[dict[str, str]]:
        """The sweep looks across workspaces: those of other tests too."""
        runs = (dict(one.ids) for one in woken.wake_ups if one.job is Wake.RUN_TASK)
        return [ids for ids in runs if ids["workspace_id"] == str(calendar.workspace)]

    await sweep(calendar.deps, woken.enqueue)
    assert not ours()
    calendar.clock.jump(tasks.LEASE + timedelta(seconds=1))
    await sweep(calendar.deps, woken.enqueue)
    (ids,) = ours()
    assert ids["execution_id"] == execution_id
    await asyncio.gather(*(tasks.run_task(calendar.deps, **ids) for _ in range(4)))
    assert len(calendar.told(Reminder)) == 1
    assert [one.status for one in await calendar.executions("reminder")] == ["completed"]


async def test_a_run_whose_wake_up_was_lost_is_found_by_the_sweep(calendar: Calendar) -> None:
    await calendar.remind(calendar.clock.now())
    await tasks.begin_due(calendar.deps)  # and Redis is away
    woken = Woken()
    await sweep(calendar.deps, woken.enqueue)
    assert [dict(one.ids)["execution_id"] for one in woken.wake_ups if one.job is Wake.RUN_TASK][:1] == (
        await calendar.begun()
    )


async def test_a_run_that_kills_its_processes_is_given_up(calendar: Calendar) -> None:
    execution_id = await left_behind(calendar)
    broken = replace(calendar.deps, notifier=cast(Any, Refusing()))
    for _ in range(6):
        calendar.clock.jump(tasks.LEASE + timedelta(seconds=1))
        try:
            await calendar.run(execution_id, broken)
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
    assert await tasks.begin_due(deps) == 2
    runs = [calendar.run(one, deps) for one in await calendar.begun()]
    ends = await asyncio.gather(*runs, return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["NoneType", "RuntimeError"]
    assert len(notifier.told) == 1


class Choosy:
    """Breaks at reminders, takes the rest."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    async def tell(self, tx: Any, message: Any) -> None:
        if isinstance(message, Reminder):
            raise RuntimeError("a bug in a view")
        self.told.append(message)


async def test_tick_and_sweep_of_nothing_wake_nobody(calendar: Calendar) -> None:
    woken = Woken()
    await tick(calendar.deps, woken.enqueue)
    await sweep(calendar.deps, woken.enqueue)
    ours = [one for one in woken.wake_ups if dict(one.ids).get("workspace_id") == str(calendar.workspace)]
    assert ours == []


async def test_sweep_wakes_what_a_lost_redis_forgot(calendar: Calendar) -> None:
    """The run was committed and its wake-up lost; the sweep sends it again, and again until somebody takes it."""
    now = calendar.clock.now()
    async with calendar.deps.db.transaction(calendar.workspace) as tx:
        lead = Lead(workspace_id=calendar.workspace, name="Maria", created_at=now, updated_at=now)
        tx.session.add(lead)
        await tx.session.flush()
        run, _ = await research.start_run(
            tx.session, calendar.workspace, lead_id=cast(Any, lead.id), depth=Depth.QUICK, requested_by="U1",
            channel_id=None, thread_ts=None, then_write=False, now=now,
        )  # fmt: skip
    woken = Woken()
    for _ in range(2):
        await sweep(calendar.deps, woken.enqueue)
    mine = [
        one
        for one in woken.wake_ups
        if one.job is Wake.RESEARCH_LEAD and dict(one.ids)["run_id"] == str(run.id)
    ]
    assert len(mine) == 2 and len(set(mine)) == 1


async def test_tidying_keeps_what_is_young_and_open(calendar: Calendar) -> None:
    key = uuid4().hex
    async with calendar.deps.db.across() as tx:
        await inbox.put(
            tx.session, Delivery(key, InboxKind.EVENT, None, {}), now=calendar.clock.now() - 30 * DAY
        )
    await tidy(calendar.deps)
    async with calendar.deps.db.across() as tx:
        kept = await tx.session.scalar(select(SlackInbox.id).where(SlackInbox.dedupe_key == key))
    assert kept is not None  # old, but nobody has done it yet
