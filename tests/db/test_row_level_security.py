"""Another workspace's rows can't be read, changed, deleted or planted, in any table."""

import uuid
from collections.abc import Sequence

import pytest
from sqlalchemy import Table, delete, func, insert, select, text, update
from sqlalchemy.exc import ProgrammingError

from db.base import Base
from db.queries import workspace as workspaces
from db.session import Database
from db.types import WorkspaceId
from tests.db.every_table import OUTSIDE, OWNED, row

NAMES = [table.name for table in OWNED]
REFUSED = "violates row-level security policy|permission denied"


@pytest.fixture(scope="module")
async def two(database: Database) -> Sequence[WorkspaceId]:
    """Two workspaces; the first has a row in every table."""
    async with database.across() as tx:
        ours, theirs = [
            await workspaces.create(tx.session, team_id=f"T{uuid.uuid4().hex}", name=name, timezone="UTC")
            for name in ("theirs", "ours")
        ]
    known: dict[str, uuid.UUID] = {}
    async with database.transaction(ours) as tx:
        for table in OWNED:
            made = await tx.session.scalars(
                insert(table).values(row(table, ours, known)).returning(table.c.id)
            )
            known[table.name] = made.one()
    return ours, theirs


@pytest.fixture
def table(request: pytest.FixtureRequest) -> Table:
    return Base.metadata.tables[request.param]


def test_every_table_is_either_owned_or_knowingly_outside():
    assert set(Base.metadata.tables) == {*NAMES, *OUTSIDE, "workspaces"}


async def test_row_level_security_is_enabled_and_forced_everywhere(database: Database):
    async with database.across() as tx:
        bare = await tx.session.scalars(
            text(
                "SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
                " WHERE attname = 'workspace_id' AND relkind IN ('r', 'p')"
                " AND relnamespace = 'public'::regnamespace AND NOT (relrowsecurity AND relforcerowsecurity)"
            )
        )
        assert bare.all() == []


@pytest.mark.parametrize("table", NAMES, indirect=True)
async def test_its_own_workspace_sees_the_row(database: Database, two: Sequence[WorkspaceId], table: Table):
    async with database.transaction(two[0]) as tx:
        assert await tx.session.scalar(select(func.count()).select_from(table)) == 1


@pytest.mark.parametrize("table", NAMES, indirect=True)
async def test_another_workspace_reads_nothing(database: Database, two: Sequence[WorkspaceId], table: Table):
    async with database.transaction(two[1]) as tx:
        assert await tx.session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize("table", NAMES, indirect=True)
async def test_without_a_workspace_nothing_is_visible(
    database: Database, two: Sequence[WorkspaceId], table: Table
):
    async with database.across() as tx:
        assert await tx.session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize("table", NAMES, indirect=True)
async def test_another_workspace_changes_and_deletes_nothing(
    database: Database, two: Sequence[WorkspaceId], table: Table
):
    for statement in (update(table).values(workspace_id=two[1]), delete(table)):
        try:
            async with database.transaction(two[1]) as tx:
                touched = await tx.session.execute(statement)
                assert touched.rowcount == 0
        except ProgrammingError as error:
            assert "permission denied" in str(error)
    async with database.transaction(two[0]) as tx:
        assert await tx.session.scalar(select(func.count()).select_from(table)) == 1


@pytest.mark.parametrize("table", NAMES, indirect=True)
async def test_a_row_can_be_neither_planted_in_nor_moved_to_another_workspace(
    database: Database, two: Sequence[WorkspaceId], table: Table
):
    known = dict.fromkeys(Base.metadata.tables, uuid.uuid4())
    with pytest.raises(ProgrammingError, match=REFUSED):
        async with database.transaction(two[1]) as tx:
            await tx.session.execute(insert(table).values(row(table, two[0], known)))
    with pytest.raises(ProgrammingError, match=REFUSED):
        async with database.transaction(two[0]) as tx:
            await tx.session.execute(update(table).values(workspace_id=two[1]))


async def test_a_workspace_sees_changes_and_makes_only_itself(database: Database, two: Sequence[WorkspaceId]):
    async with database.transaction(two[1]) as tx:
        rows = await tx.session.execute(text("SELECT id FROM workspaces"))
        assert [row.id for row in rows] == [two[1]]
        changed = await tx.session.execute(
            text("UPDATE workspaces SET name = 'stolen' WHERE id = :id"), {"id": two[0]}
        )
        assert changed.rowcount == 0
    for statement in ("DELETE FROM workspaces", "INSERT INTO workspaces (team_id) VALUES ('T-planted')"):
        with pytest.raises(ProgrammingError, match=REFUSED):
            async with database.transaction(two[1]) as tx:
                await tx.session.execute(text(statement))


async def test_partitions_can_only_be_read_through_their_parent(
    database: Database, two: Sequence[WorkspaceId]
):
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.transaction(two[0]) as tx:
            await tx.session.execute(text("SELECT * FROM audit_log_default"))


async def test_the_setting_does_not_outlive_its_transaction(database: Database, two: Sequence[WorkspaceId]):
    async with database.transaction(two[0]):
        pass
    async with database.engine.connect() as connection:
        left = await connection.scalar(text("SELECT current_setting('app.workspace_id', true)"))
        role = await connection.scalar(text("SELECT current_user"))
    assert (left or "", role) == ("", "rainmaker_app")


async def test_search_finds_only_in_the_workspace_of_the_setting(
    database: Database, two: Sequence[WorkspaceId]
):
    async with database.transaction(two[0]) as tx:
        assert len((await tx.session.scalars(text("SELECT rm_search_leads('x-', 10)"))).all()) == 1
    async with database.transaction(two[1]) as tx:
        assert (await tx.session.scalars(text("SELECT rm_search_leads('x-', 10)"))).all() == []
    async with database.across() as tx:
        assert (await tx.session.scalars(text("SELECT rm_search_leads('x-', 10)"))).all() == []


async def test_the_login_itself_may_nothing(database: Database):
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.engine.connect() as connection:
            await connection.execute(text("SELECT * FROM leads"))
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.engine.connect() as connection:
            await connection.execute(text("SELECT * FROM rm_workspaces()"))
