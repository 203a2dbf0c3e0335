"""An occurrence of a task runs once, whoever ticks."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from db.errors import LeaseLost
from db.queries import due, task
from db.queries.task import NewTask
from db.session import Database
from db.types import TaskId, WorkspaceId
from pipeline.clock import ManualClock
from tests.db.conftest import LEASE, lease

HOUR = timedelta(hours=1)


@pytest.fixture
def hourly(clock: ManualClock) -> NewTask:
    return NewTask(
        task_type="campaign_check",
        description="Look after campaigns",
        timezone="Europe/Berlin",
        cron_expression="0 * * * *",
        next_execution=clock.now(),
        user_id="U1",
    )


async def add(database: Database, workspace: WorkspaceId, new: NewTask, now: datetime) -> TaskId:
    async with database.transaction(workspace) as tx:
        return await task.create(tx.session, workspace, new, now=now)


async def tick(
    database: Database,
    workspace: WorkspaceId,
    task_id: TaskId,
    clock: ManualClock,
    *,
    following: datetime | None = None,
    skip: bool = False,
) -> UUID | None:
    async with database.transaction(workspace) as tx:
        due_task = await task.lock_due(tx.session, task_id, now=clock.now())
        if due_task is None:
            return None
        return await task.begin(tx.session, due_task, next_execution=following, skip=skip, now=clock.now())


async def claim(
    database: Database, workspace: WorkspaceId, execution_id: UUID, clock: ManualClock
) -> task.Execution | None:
    async with database.transaction(workspace) as tx:
        return await task.claim_execution(tx.session, execution_id, lease(clock.wall()), wall=clock.wall())


async def test_an_occurrence_is_begun_once_by_many_ticks(
    database: Database, workspace: WorkspaceId, clock: ManualClock, hourly: NewTask
):
    task_id = await add(database, workspace, hourly, clock.now())
    following = clock.now() + HOUR
    begun = await asyncio.gather(
        *(tick(database, workspace, task_id, clock, following=following) for _ in range(5))
    )
    assert len([one for one in begun if one is not None]) == 1
    async with database.transaction(workspace) as tx:
        assert len(await task.executions(tx.session, task_id)) == 1
        stored = await task.get(tx.session, task_id)
    assert stored is not None and (stored.next_execution, stored.last_execution) == (following, clock.now())


async def test_a_task_is_due_when_its_time_has_come(
    database: Database, workspace: WorkspaceId, clock: ManualClock, hourly: NewTask
):
    task_id = await add(database, workspace, replace(hourly, next_execution=clock.now() + HOUR), clock.now())
    async with database.across() as tx:
        before = {one.id for one in await due.tasks(tx.session, clock.now(), 10_000)}
        after = {one.id: one.workspace_id for one in await due.tasks(tx.session, clock.now() + HOUR, 10_000)}
    assert task_id not in before and after[task_id] == workspace
    assert await tick(database, workspace, task_id, clock) is None


async def test_a_run_left_behind_is_taken_over_and_finished(
    database: Database, workspace: WorkspaceId, clock: ManualClock, hourly: NewTask
):
    task_id = await add(database, workspace, hourly, clock.now())
    execution_id = await tick(database, workspace, task_id, clock, following=clock.now() + HOUR)
    assert execution_id is not None
    held, *others = [
        one for one in [await claim(database, workspace, execution_id, clock) for _ in range(3)] if one
    ]
    assert not others, "one at a time"
    assert held.attempts == 1
    assert held.task.description == "Look after campaigns" and held.scheduled_for == clock.now()
    clock.jump(LEASE + timedelta(seconds=1))
    async with database.across() as tx:
        left = {one.id for one in await due.open_executions(tx.session, clock.wall(), 10_000)}
    assert execution_id in left
    again = await claim(database, workspace, execution_id, clock)
    assert again is not None and again.attempts == 2
    with pytest.raises(LeaseLost):
        async with database.transaction(workspace) as tx:
            await task.finish_execution(tx.session, execution_id, held.token, duration_ms=5)
    async with database.transaction(workspace) as tx:
        await task.finish_execution(tx.session, execution_id, again.token, duration_ms=5)
        runs = await task.executions(tx.session, task_id)
    assert [(run.status, run.duration_ms) for run in runs] == [("completed", 5)]


async def test_a_failed_run_keeps_its_error(
    database: Database, workspace: WorkspaceId, clock: ManualClock, hourly: NewTask
):
    task_id = await add(database, workspace, hourly, clock.now())
    execution_id = await tick(database, workspace, task_id, clock, following=clock.now() + HOUR)
    assert execution_id is not None
    ours = await claim(database, workspace, execution_id, clock)
    assert ours is not None
    async with database.transaction(workspace) as tx:
        await task.fail_execution(tx.session, execution_id, ours.token, duration_ms=9, error="no channel")
        runs = await task.executions(tx.session, task_id)
    assert [(run.status, run.error) for run in runs] == [("failed", "no channel")]


async def test_a_skipped_occurrence_is_recorded_and_not_run(
    database: Database, workspace: WorkspaceId, clock: ManualClock, hourly: NewTask
):
    task_id = await add(database, workspace, hourly, clock.now())
    assert await tick(database, workspace, task_id, clock, following=clock.now() + HOUR, skip=True) is None
    async with database.transaction(workspace) as tx:
        runs = await task.executions(tx.session, task_id)
        stored = await task.get(tx.session, task_id)
    assert [run.status for run in runs] == ["skipped"]
    assert stored is not None and stored.last_execution is None


async def test_the_last_occurrence_ends_the_task_and_a_new_time_revives_it(
    database: Database, workspace: WorkspaceId, clock: ManualClock, hourly: NewTask
):
    once = replace(hourly, cron_expression=None, run_at=clock.now())
    task_id = await add(database, workspace, once, clock.now())
    await tick(database, workspace, task_id, clock, following=None)
    async with database.transaction(workspace) as tx:
        assert await task.list_tasks(tx.session, workspace) == []
        assert len(await task.list_tasks(tx.session, workspace, active_only=False)) == 1
        await task.reschedule(
            tx.session, task_id, next_execution=clock.now() + HOUR, run_at=clock.now() + HOUR, now=clock.now()
        )
        assert [one.id for one in await task.list_tasks(tx.session, workspace, user_id="U1")] == [task_id]
        assert await task.list_tasks(tx.session, workspace, user_id="U2") == []


async def test_a_builtin_task_is_made_once_and_stays_off_when_switched_off(
    database: Database, workspace: WorkspaceId, clock: ManualClock, hourly: NewTask
):
    async with database.transaction(workspace) as tx:
        assert await task.ensure_builtin(tx.session, workspace, hourly, now=clock.now())
        (made,) = await task.list_tasks(tx.session, workspace)
        assert await task.deactivate(tx.session, TaskId(made.id), now=clock.now())
        assert not await task.deactivate(tx.session, TaskId(made.id), now=clock.now())
        assert not await task.ensure_builtin(tx.session, workspace, hourly, now=clock.now())
        assert await task.list_tasks(tx.session, workspace) == []
