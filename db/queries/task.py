"""Scheduled tasks and their runs. Ticks of any number of workers share them: the rows decide."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.task import ScheduledTask, TaskExecution
from db.queries.leases import Lease, held, is_free
from db.types import ExecutionState, LeaseToken, TaskId, WorkspaceId

BUILT_IN = "rainmaker"  # `created_by` of the tasks every workspace has


@dataclass(frozen=True, slots=True)
class NewTask:
    """`next_execution` is the first time it is due; one of `cron_expression` and `run_at` must be given."""

    task_type: str
    description: str
    timezone: str
    next_execution: datetime
    cron_expression: str | None = None
    run_at: datetime | None = None
    recurrence: str | None = None  # in the person's words
    parameters: dict[str, Any] | None = None
    missed: Literal["run_once", "skip"] = "run_once"
    created_by: str | None = None
    user_id: str | None = None
    channel_id: str | None = None


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of a task that is ours until the lease ends. `attempts` counts this one."""

    id: UUID
    task: ScheduledTask
    scheduled_for: datetime
    attempts: int
    token: LeaseToken


async def create(session: AsyncSession, workspace_id: WorkspaceId, task: NewTask, *, now: datetime) -> TaskId:
    made = await session.scalars(_insert(workspace_id, task, now).returning(ScheduledTask.id))
    return TaskId(made.one())


async def ensure_builtin(
    session: AsyncSession, workspace_id: WorkspaceId, task: NewTask, *, now: datetime
) -> bool:
    """Give the workspace one of the built-in tasks, unless it has it (switched off counts); was it made?"""
    made = await session.scalar(
        _insert(workspace_id, task, now, created_by=BUILT_IN)
        .on_conflict_do_nothing(
            index_elements=[ScheduledTask.workspace_id, ScheduledTask.task_type],
            index_where=text("created_by = 'rainmaker'"),
        )
        .returning(ScheduledTask.id)
    )
    return made is not None


async def get(session: AsyncSession, task_id: TaskId) -> ScheduledTask | None:
    return await session.scalar(select(ScheduledTask).where(ScheduledTask.id == task_id))


async def list_tasks(
    session: AsyncSession, workspace_id: WorkspaceId, *, user_id: str | None = None, active_only: bool = True
) -> list[ScheduledTask]:
    """By next execution; with `user_id` only what is for that person."""
    wanted = select(ScheduledTask).where(ScheduledTask.workspace_id == workspace_id)
    if user_id is not None:
        wanted = wanted.where(ScheduledTask.user_id == user_id)
    if active_only:
        wanted = wanted.where(ScheduledTask.active)
    rows = await session.scalars(
        wanted.order_by(ScheduledTask.next_execution.nulls_last(), ScheduledTask.created_at)
    )
    return list(rows)


async def lock_due(session: AsyncSession, task_id: TaskId, *, now: datetime) -> ScheduledTask | None:
    """The task, locked until this transaction ends; None if it is not due or another worker has it."""
    return await session.scalar(
        select(ScheduledTask)
        .where(ScheduledTask.id == task_id, ScheduledTask.active, ScheduledTask.next_execution <= now)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


async def begin(
    session: AsyncSession, task: ScheduledTask, *, next_execution: datetime | None, skip: bool, now: datetime
) -> UUID | None:
    """Record the due occurrence of a task from `lock_due` and set the next one (None: it was the last).

    The id of a run that nobody has claimed yet; None if the occurrence is skipped, or had been begun before.
    """
    made = await session.scalar(
        insert(TaskExecution)
        .values(
            workspace_id=task.workspace_id,
            task_id=task.id,
            scheduled_for=task.next_execution,
            executed_at=now,
            status=ExecutionState.SKIPPED if skip else ExecutionState.RUNNING,
        )
        .on_conflict_do_nothing(index_elements=[TaskExecution.task_id, TaskExecution.scheduled_for])
        .returning(TaskExecution.id)
    )
    await session.execute(
        update(ScheduledTask)
        .where(ScheduledTask.id == task.id)
        .values(
            last_execution=ScheduledTask.last_execution if skip else now,
            next_execution=next_execution,
            active=next_execution is not None,
            updated_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    return None if skip else made


async def claim_execution(
    session: AsyncSession, execution_id: UUID, lease: Lease, *, wall: datetime
) -> Execution | None:
    """Take a run that was begun, or that its process left behind; None if it is over or somebody else's."""
    row = await session.scalar(
        update(TaskExecution)
        .where(
            TaskExecution.id == execution_id,
            TaskExecution.status == ExecutionState.RUNNING,
            is_free(TaskExecution.lease_until, wall),
        )
        .values(attempts=TaskExecution.attempts + 1, lease_token=lease.token, lease_until=lease.until)
        .returning(TaskExecution)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return None if row is None else await _execution(session, row, lease.token)


async def finish_execution(
    session: AsyncSession, execution_id: UUID, token: LeaseToken, *, duration_ms: int
) -> None:
    """Raises LeaseLost."""
    await _end(session, execution_id, token, ExecutionState.COMPLETED, duration_ms, None)


async def fail_execution(
    session: AsyncSession, execution_id: UUID, token: LeaseToken, *, duration_ms: int, error: str
) -> None:
    """Not to be tried again; the next occurrence is. Raises LeaseLost."""
    await _end(session, execution_id, token, ExecutionState.FAILED, duration_ms, error)


async def executions(session: AsyncSession, task_id: TaskId, *, limit: int = 20) -> list[TaskExecution]:
    """The newest runs first."""
    rows = await session.scalars(
        select(TaskExecution)
        .where(TaskExecution.task_id == task_id)
        .order_by(TaskExecution.scheduled_for.desc())
        .limit(limit)
    )
    return list(rows)


async def deactivate(session: AsyncSession, task_id: TaskId, *, now: datetime) -> bool:
    """Was it active?"""
    row = await session.scalar(
        update(ScheduledTask)
        .where(ScheduledTask.id == task_id, ScheduledTask.active)
        .values(active=False, updated_at=now)
        .returning(ScheduledTask.id)
    )
    return row is not None


async def reschedule(
    session: AsyncSession,
    task_id: TaskId,
    *,
    next_execution: datetime,
    now: datetime,
    timezone: str | None = None,
    cron_expression: str | None = None,
    run_at: datetime | None = None,
) -> None:
    """Another time, and active again. What is not given stays, but a task has a cron expression or a time:
    giving one takes the other away."""
    given = cron_expression is not None or run_at is not None
    await session.execute(
        update(ScheduledTask)
        .where(ScheduledTask.id == task_id)
        .values(
            next_execution=next_execution,
            active=True,
            timezone=timezone if timezone is not None else ScheduledTask.timezone,
            cron_expression=cron_expression if given else ScheduledTask.cron_expression,
            run_at=run_at if given else ScheduledTask.run_at,
            updated_at=now,
        )
        .execution_options(synchronize_session=False)
    )


def _insert(workspace_id: WorkspaceId, task: NewTask, now: datetime, *, created_by: str | None = None):
    return insert(ScheduledTask).values(
        workspace_id=workspace_id,
        task_type=task.task_type,
        description=task.description,
        timezone=task.timezone,
        next_execution=task.next_execution,
        cron_expression=task.cron_expression,
        run_at=task.run_at,
        recurrence=task.recurrence,
        parameters=task.parameters,
        missed=task.missed,
        created_by=created_by or task.created_by,
        user_id=task.user_id,
        channel_id=task.channel_id,
        created_at=now,
        updated_at=now,
    )


async def _execution(session: AsyncSession, row: TaskExecution, token: LeaseToken) -> Execution:
    task = (await session.scalars(select(ScheduledTask).where(ScheduledTask.id == row.task_id))).one()
    return Execution(row.id, task, row.scheduled_for, row.attempts, token)


async def _end(
    session: AsyncSession,
    execution_id: UUID,
    token: LeaseToken,
    status: ExecutionState,
    duration_ms: int,
    error: str | None,
) -> None:
    await _write(
        session,
        execution_id,
        token,
        status=status,
        duration_ms=duration_ms,
        error=error,
        lease_token=None,
        lease_until=None,
    )


async def _write(session: AsyncSession, execution_id: UUID, token: LeaseToken, **values: object) -> None:
    row = await session.scalar(
        update(TaskExecution)
        .where(TaskExecution.id == execution_id, TaskExecution.lease_token == token)
        .values(**values)
        .returning(TaskExecution.id)
    )
    held(row, "run", execution_id)


async def move(
    session: AsyncSession, task_id: TaskId, *, timezone: str, next_execution: datetime, now: datetime
) -> None:
    """Read the task's times in another zone from now on."""
    await session.execute(
        update(ScheduledTask)
        .where(ScheduledTask.id == task_id)
        .values(timezone=timezone, next_execution=next_execution, updated_at=now)
    )
