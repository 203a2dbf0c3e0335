"""What is due in any workspace: ids and workspace ids, nothing else. For transactions across workspaces.

`wall` is real time (leases), `now` business time (schedules).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.types import WorkspaceId

LIMIT = 200


@dataclass(frozen=True, slots=True)
class Due:
    id: UUID
    workspace_id: WorkspaceId


async def outbox(session: AsyncSession, wall: datetime, limit: int = LIMIT) -> list[Due]:
    return await _due(session, "rm_due_outbox", wall, limit)


async def turns(session: AsyncSession, wall: datetime, limit: int = LIMIT) -> list[Due]:
    """The oldest open turn of each conversation that nobody works on."""
    return await _due(session, "rm_due_turns", wall, limit)


async def research_runs(session: AsyncSession, wall: datetime, limit: int = LIMIT) -> list[Due]:
    return await _due(session, "rm_due_runs", wall, limit)


async def lead_searches(session: AsyncSession, wall: datetime, limit: int = LIMIT) -> list[Due]:
    return await _due(session, "rm_due_searches", wall, limit)


async def lead_imports(session: AsyncSession, wall: datetime, limit: int = LIMIT) -> list[Due]:
    return await _due(session, "rm_due_imports", wall, limit)


async def writing(session: AsyncSession, wall: datetime, limit: int = LIMIT) -> list[Due]:
    """Enrollments whose emails are to be written."""
    return await _due(session, "rm_due_writing", wall, limit)


async def emails(session: AsyncSession, now: datetime, limit: int = LIMIT) -> list[Due]:
    """Emails in state scheduled whose time has come."""
    return await _due(session, "rm_due_emails", now, limit)


async def open_sends(session: AsyncSession, wall: datetime, limit: int = LIMIT) -> list[Due]:
    """Emails in state claimed or created that their process left behind."""
    return await _due(session, "rm_open_sends", wall, limit)


async def mailboxes(session: AsyncSession, polled_before: datetime, limit: int = LIMIT) -> list[Due]:
    """Active mailboxes last polled before that moment (real time), or never."""
    return await _due(session, "rm_due_mailboxes", polled_before, limit)


async def tasks(session: AsyncSession, now: datetime, limit: int = LIMIT) -> list[Due]:
    return await _due(session, "rm_due_tasks", now, limit)


async def open_executions(session: AsyncSession, wall: datetime, limit: int = LIMIT) -> list[Due]:
    return await _due(session, "rm_open_executions", wall, limit)


async def expired_approvals(session: AsyncSession, now: datetime, limit: int = LIMIT) -> list[Due]:
    return await _due(session, "rm_expired_approvals", now, limit)


async def unanswered_inbound(session: AsyncSession, wall: datetime, limit: int = LIMIT) -> list[Due]:
    """Replies of people to which no answer was proposed yet."""
    return await _due(session, "rm_unanswered_inbound", wall, limit)


async def unsealed_audit(session: AsyncSession, limit: int = LIMIT) -> list[WorkspaceId]:
    """Workspaces with audit entries that are not chained yet."""
    rows = await session.scalars(text("SELECT workspace_id FROM rm_unsealed_audit(:max)"), {"max": limit})
    return [WorkspaceId(row) for row in rows]


async def workspaces(session: AsyncSession) -> list[WorkspaceId]:
    rows = await session.scalars(text("SELECT workspace_id FROM rm_workspaces()"))
    return [WorkspaceId(row) for row in rows]


async def ensure_partitions(session: AsyncSession, first: datetime, months: int) -> int:
    """Make missing month partitions from `first`'s month on; how many were made."""
    made = await session.scalar(
        text("SELECT rm_ensure_partitions(:first, :months)"), {"first": first, "months": months}
    )
    return int(made or 0)


async def _due(session: AsyncSession, function: str, moment: datetime, limit: int) -> list[Due]:
    rows = await session.execute(
        text(f"SELECT id, workspace_id FROM {function}(:moment, :max)"), {"moment": moment, "max": limit}
    )
    return [Due(row.id, WorkspaceId(row.workspace_id)) for row in rows]
