"""Up, the same as the models, down to nothing, and up again; by a login that may little."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from db.queries import due
from db.session import Database
from local.postgres import EmbeddedPostgres
from migrations import run
from tests.servers import Servers, at

LEFT = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'i', 'S')
    AND relname NOT LIKE 'alembic_version%'
UNION ALL SELECT proname FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'rm\\_%'
UNION ALL SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'
"""


@pytest.fixture
def empty(servers: Servers) -> Iterator[str]:
    """The owner's address of a database without a schema."""
    admin = servers.postgres().dsn_admin
    name = f"rm_test_empty_{os.getpid()}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield at(admin, name)
    servers.drop(name)


def test_up_matches_the_models_and_down_leaves_nothing(empty: str):
    run.upgrade(empty)
    run.check(empty)
    run.downgrade(empty)
    with psycopg.connect(empty) as connection:
        assert connection.execute(LEFT).fetchall() == []
    run.upgrade(empty)
    run.check(empty)


def test_offline_it_writes_the_whole_script(empty: str, capsys: pytest.CaptureFixture[str]):
    run.script(empty)
    script = capsys.readouterr().out
    assert "SET LOCAL lock_timeout = '5s'" in script and "CREATE POLICY own_workspace ON leads" in script
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute(script.encode())
    run.check(empty)


def test_who_may_not_make_roles_is_told_what_an_administrator_has_to_run(tmp_path: Path):
    postgres = EmbeddedPostgres(tmp_path / "pg", fast=True)
    try:
        server = postgres.start()
        with psycopg.connect(server.dsn_superuser, autocommit=True) as connection:
            connection.execute(
                "DROP ROLE rm_app; DROP ROLE rm_system; ALTER ROLE rainmaker_owner NOCREATEROLE"
            )
        with pytest.raises(
            ProgrammingError, match="CREATE ROLE rm_app NOLOGIN; CREATE ROLE rm_system"
        ) as told:
            run.upgrade(server.dsn_admin)
        hint = str(told.value).partition("run: ")[2].partition(" then run")[0]
        with psycopg.connect(server.dsn_superuser, autocommit=True) as connection:
            connection.execute(hint.encode())
        run.upgrade(server.dsn_admin)
        run.check(server.dsn_admin)
    finally:
        postgres.stop()


async def test_months_are_made_ahead_and_what_came_early_stays_in_the_default(database: Database):
    async with database.across() as tx:
        first = datetime(2031, 1, 15, tzinfo=UTC)
        assert await due.ensure_partitions(tx.session, first, 2) == 6
        assert await due.ensure_partitions(tx.session, first, 2) == 0
        names = await tx.session.scalars(
            text("SELECT relname FROM pg_class WHERE relname LIKE 'audit_log_2031%' AND relkind = 'r'")
        )
        assert sorted(names) == ["audit_log_2031_01", "audit_log_2031_02"]
