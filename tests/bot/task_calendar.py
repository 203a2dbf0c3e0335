"""One workspace's tasks, for tests: made at a moment, ticked through time, and what was told of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import select, update

from db.models.email import Approval
from db.models.lead import Lead
from db.models.task import ScheduledTask, TaskExecution
from db.queries import due, task
from db.queries.task import NewTask
from db.types import TaskId, WorkspaceId
from db.wake import WakeUp
from pipeline.clock import ManualClock
from pipeline.deps import Deps
from pipeline.jobs import tasks
from pipeline.messages import Silent


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

    async def lead(self, name: str) -> None:
        now = self.clock.now()
        async with self.deps.db.transaction(self.workspace) as tx:
            tx.session.add(Lead(workspace_id=self.workspace, name=name, created_at=now, updated_at=now))

    async def asked_for(self, *, sequences: int, answers: int) -> None:
        """Questions that wait for an approver."""
        now = self.clock.now()
        async with self.deps.db.transaction(self.workspace) as tx:
            lead = Lead(
                workspace_id=self.workspace, name="Maria", status="new", created_at=now, updated_at=now
            )
            tx.session.add(lead)
            await tx.session.flush()
            for kind in ["sequence"] * sequences + ["answer"] * answers:
                tx.session.add(Approval(
                    workspace_id=self.workspace, kind=kind, lead_id=lead.id, state="pending", content_hash="0" * 64,
                    created_at=now, expires_at=now + timedelta(days=30),
                ))  # fmt: skip

    async def begun(self) -> list[str]:
        """Runs of ours that nobody works on; the sweep looks across workspaces: those of other tests too."""
        async with self.deps.db.across() as tx:
            found = await due.open_executions(tx.session, self.clock.wall(), 10_000)
        return [str(one.id) for one in found if one.workspace_id == self.workspace]

    async def run(self, execution_id: str, deps: Deps | None = None) -> None:
        """As the queue does."""
        await tasks.run_task(deps or self.deps, workspace_id=str(self.workspace), execution_id=execution_id)

    async def tick(self, deps: Deps | None = None) -> None:
        """What is due is begun, and the queue runs it."""
        await tasks.begin_due(self.deps)
        for execution_id in await self.begun():
            await self.run(execution_id, deps)

    async def tick_through(self, until: str, step: timedelta) -> None:
        end = datetime.fromisoformat(until)
        while self.clock.now() < end:
            self.clock.jump(step)
            await self.tick()


class Woken:
    """Keeps what would go to the queue."""

    def __init__(self) -> None:
        self.wake_ups: list[WakeUp] = []

    async def enqueue(self, wake_ups: Sequence[WakeUp]) -> None:
        self.wake_ups.extend(wake_ups)
