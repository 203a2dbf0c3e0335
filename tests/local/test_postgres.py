"""The embedded server starts, is adopted, survives what happens to it, and stops."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local.postgres import EmbeddedPostgres, Server
from local.postgres_binaries import ELSEWHERE, choose_launch, runnable
from local.processes import alive, wait_until
from migrations import run

VERSIONS = sorted({version for _, version in runnable()})


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(tmp_path / "pg", fast=True)
    yield made
    made.stop()


def ask(dsn: str, question: str) -> object:
    with psycopg.connect(dsn, connect_timeout=5) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None


def test_it_starts_with_two_logins_and_passwords_nobody_else_reads(
    postgres: EmbeddedPostgres, tmp_path: Path
):
    server = postgres.start()
    assert not server.adopted and alive(server.pid)
    assert ask(server.dsn_admin, "SELECT current_user || ' ' || current_database()") == (
        "rainmaker_owner rainmaker"
    )
    question = (
        "SELECT rolsuper OR rolinherit OR rolcreaterole OR rolbypassrls FROM pg_roles"
        " WHERE rolname = current_user"
    )
    assert ask(server.dsn_app, question) is False
    assert ask(
        server.dsn_app, "SELECT pg_has_role('rm_app', 'MEMBER') AND NOT pg_has_role('rm_system', 'MEMBER')"
    )
    assert stat.S_IMODE((tmp_path / "pg" / "server.json").stat().st_mode) == 0o600


def test_a_wrong_password_is_refused(postgres: EmbeddedPostgres):
    server = postgres.start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(f"postgresql://rainmaker_app:wrong@127.0.0.1:{server.port}/rainmaker", "SELECT 1")


def test_data_outlive_a_restart_on_the_same_port(postgres: EmbeddedPostgres):
    first = postgres.start()
    with psycopg.connect(first.dsn_admin) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    postgres.stop()
    assert not alive(first.pid)
    again = postgres.start()
    assert again.port == first.port and again.dsn_app == first.dsn_app
    assert ask(again.dsn_admin, "SELECT n FROM kept") == 7


def test_a_supervisor_that_was_killed_finds_its_server_again(tmp_path: Path):
    folder = tmp_path / "pg"
    script = (
        "import sys, os, signal, pathlib; from local.postgres import EmbeddedPostgres;"
        "print(EmbeddedPostgres(pathlib.Path(sys.argv[1]), fast=True).start().pid, flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    supervisor = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=False
    )
    assert supervisor.returncode == -signal.SIGKILL
    adopted = EmbeddedPostgres(folder, fast=True)
    server = adopted.start()
    assert server.adopted and server.pid == int(supervisor.stdout)
    assert ask(server.dsn_app, "SELECT 1") == 1
    adopted.stop()
    assert not alive(server.pid)


def test_a_server_that_was_killed_recovers(postgres: EmbeddedPostgres):
    first = postgres.start()
    os.kill(first.pid, signal.SIGKILL)
    assert wait_until(lambda: not alive(first.pid), 10)
    again = postgres.start()
    assert not again.adopted and ask(again.dsn_app, "SELECT 1") == 1


def test_a_lock_file_whose_number_another_process_has_now_is_stale(
    postgres: EmbeddedPostgres, tmp_path: Path
):
    postgres.start()
    postgres.stop()
    lock = tmp_path / "pg" / "data" / "postmaster.pid"
    lock.write_text(f"{os.getppid()}\n/elsewhere\n0\n1\n\n\n\nready\n")
    assert ask(postgres.start().dsn_app, "SELECT 1") == 1


def test_a_port_somebody_took_is_given_up(postgres: EmbeddedPostgres):
    first = postgres.start()
    postgres.stop()
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", first.port))
        squatter.listen()
        moved = postgres.start()
    assert moved.port != first.port and ask(moved.dsn_app, "SELECT 1") == 1


def test_a_half_made_cluster_is_made_anew(postgres: EmbeddedPostgres, tmp_path: Path):
    (tmp_path / "pg" / "data.new").mkdir(parents=True)
    (tmp_path / "pg" / "data.new" / "PG_VERSION").write_text("18")
    assert ask(postgres.start().dsn_app, "SELECT 1") == 1


def test_stopping_what_never_ran_is_fine(tmp_path: Path):
    EmbeddedPostgres(tmp_path / "nothing").stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_where_user_namespaces_are_forbidden_root_runs_a_copy_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))  # no `unshare` there
    folder = tmp_path / "pg"
    postgres = EmbeddedPostgres(folder, fast=True)
    try:
        server = postgres.start()
        assert ask(server.dsn_app, "SELECT 1") == 1
        home = (folder / "data").resolve().parent
        assert home.parent == ELSEWHERE and home.stat().st_uid != 0
        postgres.stop()
        monkeypatch.undo()
        again = postgres.start()  # the data stay where they are
        assert ask(again.dsn_app, "SELECT 1") == 1 and (folder / "data").is_symlink()
    finally:
        postgres.stop()
        subprocess.run(["rm", "-rf", str((folder / "data").resolve().parent)], check=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_installed_version_takes_the_migrations(tmp_path: Path, version: int):
    folder = tmp_path / "pg"
    postgres = EmbeddedPostgres(folder, fast=True, version=version)
    try:
        server: Server = postgres.start()
        assert str(ask(server.dsn_app, "SHOW server_version")).startswith(f"{version}.")
        assert choose_launch(folder).version == version
        run.upgrade(server.dsn_admin)
        run.check(server.dsn_admin)
        with psycopg.connect(server.dsn_app) as connection:
            connection.execute("SET ROLE rm_app")
            connection.execute("SELECT rm_create_workspace('T1', 'Ärger & Söhne', 'UTC')")
            connection.execute(
                "SELECT set_config('app.workspace_id', rm_workspace_by_team('T1')::text, true)"
            )
            connection.execute(
                "INSERT INTO leads (workspace_id, name) VALUES (rm_current_workspace(), 'Zoë Ångström')"
            )
            connection.execute(
                "INSERT INTO audit_log (workspace_id, actor, action, entity_type, salt, payload_digest)"
                " VALUES (rm_current_workspace(), 'U1', 'a', 'b', 'c', 'd')"
            )
            found = connection.execute("SELECT rm_search_leads('ÅNGSTRÖM', 5)").fetchall()
        assert len(found) == 1
        run.downgrade(server.dsn_admin)
    finally:
        postgres.stop()
