"""What is due anywhere is found across workspaces, and nothing else is."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import Base
from db.queries import due
from db.queries.due import Due
from db.session import Database
from db.types import WorkspaceId
from tests.db.every_table import OWNED, row

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(minutes=5), NOW + timedelta(minutes=5)
Finder = Callable[[AsyncSession, datetime, int], Awaitable[list[Due]]]

# table, function, what makes a row due, what makes it not due
CASES: list[tuple[str, Finder, list[str], list[str]]] = [
    (
        "research_runs",
        due.research_runs,
        ["state = 'queued'", "state = 'running', lease_until = :earlier"],
        ["state = 'running', lease_until = :later", "state = 'done'"],
    ),
    *(
        (
            table,
            finder,
            ["state = 'queued'", "state = 'running', lease_until = :earlier"],
            ["state = 'running', lease_until = :later", "state = 'done'"],
        )
        for table, finder in (("lead_searches", due.lead_searches), ("lead_imports", due.lead_imports))
    ),
    (
        "enrollments",
        due.writing,
        ["state = 'writing'", "state = 'writing', lease_until = :earlier"],
        ["state = 'writing', lease_until = :later", "state = 'active'"],
    ),
    (
        "email_campaigns",
        due.emails,
        ["state = 'scheduled', scheduled_for = :earlier", "state = 'scheduled', scheduled_for = :now"],
        ["state = 'scheduled', scheduled_for = :later", "state = 'approved', scheduled_for = :earlier"],
    ),
    (
        "email_campaigns",
        due.open_sends,
        ["state = 'claimed', lease_until = :earlier", "state = 'created', lease_until = NULL"],
        ["state = 'claimed', lease_until = :later", "state = 'sent', lease_until = :earlier"],
    ),
    (
        "mailboxes",
        due.mailboxes,
        ["polled_at = NULL", "polled_at = :earlier"],
        ["polled_at = :later", "polled_at = :earlier, state = 'disconnected'"],
    ),
    (
        "scheduled_tasks",
        due.tasks,
        ["next_execution = :earlier", "next_execution = :now"],
        ["next_execution = :later", "next_execution = :earlier, active = false", "next_execution = NULL"],
    ),
    (
        "task_executions",
        due.open_executions,
        ["status = 'running', lease_until = :earlier"],
        ["status = 'running', lease_until = :later", "status = 'completed', lease_until = :earlier"],
    ),
    (
        "approvals",
        due.expired_approvals,
        ["expires_at = :earlier"],
        ["expires_at = :later", "expires_at = :earlier, state = 'approved'"],
    ),
    (
        "inbound_emails",
        due.unanswered_inbound,
        ["kind = 'human'", "kind = 'human', lease_until = :earlier"],
        ["kind = 'human', answered = true", "kind = 'dsn'", "kind = 'human', lease_until = :later"],
    ),
    (
        "slack_outbox",
        due.outbox,
        ["state = 'pending'", "state = 'posting', lease_until = :earlier"],
        [
            "state = 'posted'",
            "state = 'pending', not_before = :later",
            "state = 'posting', lease_until = :later",
        ],
    ),
    (
        "turns",
        due.turns,
        ["state = 'queued'", "state = 'running', lease_until = :earlier"],
        ["state = 'done'", "state = 'running', lease_until = :later"],
    ),
]


@pytest.fixture
async def ids(database: Database, workspace: WorkspaceId) -> dict[str, uuid.UUID]:
    """A row in every table of a fresh workspace."""
    known: dict[str, uuid.UUID] = {}
    async with database.transaction(workspace) as tx:
        for table in OWNED:
            made = await tx.session.scalars(
                insert(table).values(row(table, workspace, known)).returning(table.c.id)
            )
            known[table.name] = made.one()
    return known


@pytest.mark.parametrize(("table", "find", "yes", "no"), CASES, ids=[case[1].__name__ for case in CASES])
async def test_due_rows_are_found_and_others_are_not(
    database: Database,
    workspace: WorkspaceId,
    ids: dict[str, uuid.UUID],
    table: str,
    find: Finder,
    yes: list[str],
    no: list[str],
):
    reset = "lease_until = NULL" if "lease_until" in Base.metadata.tables[table].columns else "id = id"
    for change in (*yes, *no):
        moments = {"earlier": EARLIER, "now": NOW, "later": LATER}
        used = {name: value for name, value in moments.items() if f":{name}" in change}
        async with database.transaction(workspace) as tx:
            await tx.session.execute(text(f"UPDATE {table} SET {reset}"))
            await tx.session.execute(text(f"UPDATE {table} SET {change}"), used)
        async with database.across() as tx:
            found = await find(tx.session, NOW, 100_000)
            assert await tx.session.scalar(select(Base.metadata.tables[table].c.id).limit(1)) is None
        assert (Due(ids[table], workspace) in found) is (change in yes), change


async def test_a_limit_is_kept(database: Database, ids: dict[str, uuid.UUID]):
    async with database.across() as tx:
        assert len(await due.mailboxes(tx.session, LATER + timedelta(days=1), 1)) == 1
