"""Scheduled tasks and their runs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text, true
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Json, Owned, Stamped, one_of
from db.types import ExecutionState


class ScheduledTask(Owned, Stamped, Base):
    """Something to do at a time (`run_at`) or again and again (`cron_expression` in `timezone`)."""

    __tablename__ = "scheduled_tasks"
    __table_args__ = (
        CheckConstraint("run_at IS NOT NULL OR cron_expression IS NOT NULL", name="has_time"),
        one_of("missed", ("run_once", "skip")),
        Index("ix_scheduled_tasks_due", "next_execution", postgresql_where=text("active")),
        Index(
            "uq_scheduled_tasks_builtin",
            "workspace_id",
            "task_type",
            unique=True,
            postgresql_where=text("created_by = 'rainmaker'"),
        ),
    )

    task_type: Mapped[
        str
    ]  # morning_briefing, campaign_check, lead_check, reminder, lead_research, send_report, custom
    description: Mapped[str]
    cron_expression: Mapped[str | None]
    run_at: Mapped[datetime | None]
    recurrence: Mapped[str | None]  # in the person's words
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    parameters: Mapped[Json | None]
    active: Mapped[bool] = mapped_column(server_default=true())
    missed: Mapped[str] = mapped_column(server_default="run_once")
    created_by: Mapped[str | None]  # a Slack user, or 'rainmaker' for the built-in ones
    user_id: Mapped[str | None]  # whom it is for
    channel_id: Mapped[str | None]
    last_execution: Mapped[datetime | None]
    next_execution: Mapped[datetime | None]


class TaskExecution(Owned, Base):
    __tablename__ = "task_executions"
    __table_args__ = (
        UniqueConstraint("task_id", "scheduled_for"),
        one_of("status", ExecutionState),
        Index("ix_task_executions_open", "lease_until", postgresql_where=text("status = 'running'")),
    )

    task_id: Mapped[UUID] = mapped_column(ForeignKey("scheduled_tasks.id", ondelete="CASCADE"))
    scheduled_for: Mapped[datetime]  # which occurrence this was
    executed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    status: Mapped[str]
    error: Mapped[str | None]
    duration_ms: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]  # wall time
