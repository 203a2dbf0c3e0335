"""The servers tests run on: one Postgres for a checkout, shared by every test process and by several runs
at once; whoever is last stops it. What killed runs left behind is cleared away by the next one.
"""

import hashlib
import os
import shutil
from pathlib import Path

import psycopg
from filelock import FileLock
from psycopg import sql

from local.postgres import EmbeddedPostgres, Server
from local.processes import alive
from local.redis import EmbeddedRedis
from migrations import run

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".rainmaker" / "test"


class Servers:
    """Created anew in each process; everything shared is in files under a lock."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._users = folder / "users"
        self._postgres = EmbeddedPostgres(folder / "pg", fast=True)
        self._users.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(folder / "lock")
        self._own_redis = folder / f"redis-{os.getpid()}"

    def postgres(self) -> Server:
        """Start or adopt the server, and be counted as one of its users."""
        with self._lock:
            (self._users / str(os.getpid())).touch()
            server = self._postgres.start()
            if not server.adopted:
                self._clear(server)
            return server

    def clone(self, name: str) -> tuple[str, str]:
        """A database of one's own, from the migrated template: (run-time address, owner's address)."""
        server = self.postgres()
        template = f"rm_template_{_fingerprint()}"
        with self._lock, psycopg.connect(server.dsn_admin, autocommit=True) as connection:
            if not _exists(connection, template):
                _build_template(connection, server, template)
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        return at(server.dsn_app, name), at(server.dsn_admin, name)

    def drop(self, name: str) -> None:
        # As superuser: autovacuum may be at work in it, and only they may end that.
        with psycopg.connect(self.postgres().dsn_superuser, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def redis(self) -> str:
        """The address of this process's own server; the ones of dead processes are ended."""
        with self._lock:
            for left in self._folder.glob("redis-*"):
                if not alive(int(left.name.partition("-")[2])):
                    self.end_redis(left)
        return EmbeddedRedis(self._own_redis).start().url

    def end_redis(self, folder: Path | None = None) -> None:
        EmbeddedRedis(folder or self._own_redis).stop()
        shutil.rmtree(folder or self._own_redis, ignore_errors=True)

    def release(self) -> None:
        """No longer a user; the last one out stops the server."""
        with self._lock:
            for user in self._users.iterdir():
                if user.name == str(os.getpid()) or not alive(int(user.name)):
                    user.unlink(missing_ok=True)
            if not any(self._users.iterdir()):
                self._postgres.stop()

    def _clear(self, server: Server) -> None:
        """Databases of runs that were killed, and templates of other migrations."""
        keep = f"rm_template_{_fingerprint()}"
        with psycopg.connect(server.dsn_superuser, autocommit=True) as connection:
            rows = connection.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE 'rm\\_t%'"
            ).fetchall()
            for (name,) in rows:
                if name != keep:
                    connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def at(dsn: str, database: str) -> str:
    """The same address with another database."""
    return f"{dsn.rpartition('/')[0]}/{database}"


def _fingerprint() -> str:
    """Other migrations make another template, so checkouts that change under a running server are safe."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "migrations").rglob("*")):
        if path.suffix in (".py", ".sql"):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _exists(connection: psycopg.Connection, name: str) -> bool:
    return bool(connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone())


def _build_template(connection: psycopg.Connection, server: Server, template: str) -> None:
    """Built under another name and renamed, so that a killed build leaves no half template."""
    building, final = sql.Identifier(f"{template}_new"), sql.Identifier(template)
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(building))
    connection.execute(sql.SQL("CREATE DATABASE {}").format(building))
    run.upgrade(at(server.dsn_admin, f"{template}_new"))
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(building, final))
