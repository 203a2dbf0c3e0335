"""Commits, roll-backs, wake-ups after the commit, and which roles are refused."""

import asyncio
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from db.errors import Unreachable, UnsafeRole
from db.queries import workspace as workspaces
from db.session import RESTED, Database, Statement, connect
from db.types import WorkspaceId
from db.wake import Wake, WakeUp
from local.postgres import EmbeddedPostgres, Server
from migrations import run
from tests.conftest import Recorded
from tests.servers import at


async def test_wake_ups_leave_after_the_commit_each_once(
    database: Database, workspace: WorkspaceId, recorded: Recorded
):
    run_id = uuid.uuid4()
    async with database.transaction(workspace) as tx:
        tx.enqueue(Wake.RESEARCH_LEAD, run_id=run_id)
        tx.enqueue(Wake.RESEARCH_LEAD, run_id=run_id)
        assert recorded.wake_ups == []
    expected = WakeUp(Wake.RESEARCH_LEAD, (("workspace_id", str(workspace)), ("run_id", str(run_id))))
    assert recorded.wake_ups == [expected]


async def test_nothing_is_seen_by_others_before_the_commit(database: Database):
    """The connections begin no transactions by themselves: `Database` must."""
    team = f"T{uuid.uuid4().hex}"
    async with database.across() as tx:
        made = await workspaces.create(tx.session, team_id=team, name="", timezone="UTC")
        async with database.across() as other:
            assert await workspaces.id_of_team(other.session, team) is None
    async with database.across() as tx:
        assert await workspaces.id_of_team(tx.session, team) == made


async def test_only_an_id_is_written_into_the_statement_that_enters_a_workspace(database: Database):
    forged = WorkspaceId("', true); DROP TABLE leads; --")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="UUID"):
        async with database.transaction(forged):
            pass


async def test_a_failed_transaction_wakes_nobody_and_leaves_nothing(database: Database, recorded: Recorded):
    team = f"T{uuid.uuid4().hex}"
    with pytest.raises(RuntimeError, match="half way"):
        async with database.across() as tx:
            await workspaces.create(tx.session, team_id=team, name="", timezone="UTC")
            tx.enqueue(Wake.SWEEP)
            raise RuntimeError("half way")
    async with database.across() as tx:
        assert await workspaces.id_of_team(tx.session, team) is None
    assert recorded.wake_ups == []


async def test_a_transaction_across_workspaces_has_none(database: Database):
    async with database.across() as tx:
        with pytest.raises(LookupError):
            _ = tx.workspace_id


async def test_other_schemes_are_refused():
    with pytest.raises(ValueError, match="postgresql://"):
        connect("mysql://localhost/rainmaker")


async def test_a_database_that_is_not_there_is_unreachable():
    database = connect("postgresql://rainmaker_app:x@127.0.0.1:1/rainmaker")
    with pytest.raises(Unreachable):
        async with database.across():
            pass
    await database.close()


async def test_a_connection_that_breaks_half_way_is_unreachable_and_the_next_works(
    database: Database, database_url: str
):
    with pytest.raises(Unreachable):
        async with database.across() as tx:
            pid = await tx.session.scalar(text("SELECT pg_backend_pid()"))
            with psycopg.connect(database_url, autocommit=True) as another:  # the same login may
                another.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
            await tx.session.execute(text("SELECT 1"))
    async with database.across() as tx:
        assert await tx.session.scalar(text("SELECT 1")) == 1


async def test_one_statement_at_once_is_rm_app_s_and_leaves_nothing_behind(database: Database):
    asked = Statement(
        "SELECT current_user, current_setting('app.workspace_id'), %(word)s", {"word": "it's 100%"}
    )
    assert await database.at_once(asked) == [("rm_app", "", "it's 100%")]
    async with (
        database.engine.connect() as connection
    ):  # the same connection: the pool hands out the last used
        assert await connection.scalar(text("SELECT current_user")) != "rm_app"


async def test_a_statement_at_once_that_fails_is_rolled_back_and_the_next_works(database: Database):
    team = f"T{uuid.uuid4().hex}"
    made = "INSERT INTO workspaces (team_id, name, timezone) VALUES (%(team)s, '', 'UTC') RETURNING 1/0"
    with pytest.raises(psycopg.errors.DivisionByZero):
        await database.at_once(Statement(made, {"team": team}))
    async with database.across() as tx:
        assert await workspaces.id_of_team(tx.session, team) is None
    assert await database.at_once(Statement("SELECT 1", {})) == [(1,)]


async def test_at_once_does_not_wait_for_transactions_that_take_their_time(database_url: str):
    database = connect(database_url, pool_size=1)
    async with database.across(), asyncio.timeout(10):
        assert await database.at_once(Statement("SELECT 1", {})) == [(1,)]
    await database.close()


async def test_at_once_without_a_database_is_unreachable():
    database = connect("postgresql://rainmaker_app:x@127.0.0.1:1/rainmaker")
    with pytest.raises(Unreachable):
        await database.at_once(Statement("SELECT 1", {}))
    await database.close()


async def test_connections_that_broke_while_they_rested_are_replaced_unseen(database_url: str):
    """As after a restart of Postgres: nobody is told of a connection that was not even in use."""
    database = connect(database_url, pool_size=2)
    asked = Statement("SELECT pg_backend_pid()", {})
    (before,) = (await database.at_once(asked))[0]
    with psycopg.connect(database_url, autocommit=True) as another:
        another.execute("SELECT pg_terminate_backend(%s, 5000)", (before,))
    await asyncio.sleep(RESTED)
    (after,) = (await database.at_once(asked))[0]
    assert after != before
    with psycopg.connect(database_url, autocommit=True) as another:
        another.execute("SELECT pg_terminate_backend(%s, 5000)", (after,))
    await asyncio.sleep(RESTED)
    async with database.across() as tx:
        assert await tx.session.scalar(text("SELECT 1")) == 1
    await database.close()


async def test_a_cancelled_statement_leaves_no_broken_connection(database_url: str):
    database = connect(database_url, pool_size=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await database.at_once(Statement("SELECT pg_sleep(5)", {}))
    assert await database.at_once(Statement("SELECT 2", {})) == [(2,)]
    async with database.across() as tx:
        assert await tx.session.scalar(text("SELECT current_user")) == "rm_app"
    await database.close()


async def test_a_statement_that_times_out_is_not_unreachable(database: Database):
    with pytest.raises(OperationalError, match="statement timeout"):
        async with database.across() as tx:
            await tx.session.execute(text("SET LOCAL statement_timeout = '20ms'"))
            await tx.session.execute(text("SELECT pg_sleep(5)"))


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A cluster of our own: roles belong to the cluster, and these tests spoil them."""
    folder: Path = tmp_path_factory.mktemp("cluster")
    postgres = EmbeddedPostgres(folder, fast=True)
    server = postgres.start()
    run.upgrade(server.dsn_admin)
    yield server
    postgres.stop()


async def check(dsn: str) -> None:
    database = connect(dsn)
    try:
        await database.check_role()
    finally:
        await database.close()


@pytest.mark.parametrize(
    ("spoil", "mend"),
    [
        ("ALTER ROLE rm_app SUPERUSER", "ALTER ROLE rm_app NOSUPERUSER"),
        ("ALTER ROLE rm_app BYPASSRLS", "ALTER ROLE rm_app NOBYPASSRLS"),
        ("GRANT rm_system TO rm_app", "REVOKE rm_system FROM rm_app"),
        ("REVOKE rm_app FROM rainmaker_app", "GRANT rm_app TO rainmaker_app"),
    ],
)
async def test_the_start_is_refused_where_row_level_security_would_not_hold(
    own_server: Server, spoil: str, mend: str
):
    await check(own_server.dsn_app)
    with psycopg.connect(own_server.dsn_superuser, autocommit=True) as connection:
        connection.execute(spoil)
    with pytest.raises(UnsafeRole):
        await check(own_server.dsn_app)
    with psycopg.connect(own_server.dsn_superuser, autocommit=True) as connection:
        connection.execute(mend)
    await check(own_server.dsn_app)


async def test_one_login_that_owns_everything_is_enough(own_server: Server):
    await check(own_server.dsn_admin)
    database = connect(own_server.dsn_admin)
    async with database.across() as tx:
        made = await workspaces.create(tx.session, team_id="T-one", name="", timezone="UTC")
    async with database.transaction(made) as tx:
        assert await tx.session.scalar(text("SELECT count(*) FROM workspaces")) == 1
        assert await tx.session.scalar(text("SELECT current_user")) == "rm_app"
    await database.close()


async def test_without_migrations_the_refusal_says_what_to_do(own_server: Server):
    with psycopg.connect(own_server.dsn_superuser, autocommit=True) as connection:
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'stranger'")
    address = at(own_server.dsn_app, "rainmaker").partition("@")[2]
    with pytest.raises(UnsafeRole, match="GRANT rm_app"):
        await check(f"postgresql://stranger:stranger@{address}")
