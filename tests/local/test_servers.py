"""The tests' own servers: shared while anybody uses them, gone when the last one leaves."""

import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from local.processes import alive
from tests.conftest import OutsideWorld
from tests.servers import Servers


def test_the_last_user_stops_the_server_and_not_before(tmp_path: Path):
    servers = Servers(tmp_path)
    addresses = servers.clone("rm_test_a")
    with psycopg.connect(addresses[0]) as connection:
        connection.execute("SET ROLE rm_app; SELECT count(*) FROM leads")
    pid = servers.postgres().pid
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as another_run:
        (tmp_path / "users" / str(another_run.pid)).touch()
        servers.release()
        assert alive(pid)
        another_run.communicate(b"\n")
    servers.release()
    assert not alive(pid)


def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path):
    servers = Servers(tmp_path)
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    (tmp_path / "users" / str(gone.pid)).touch()
    (tmp_path / f"redis-{gone.pid}").mkdir()
    servers.clone("rm_test_left")
    url = servers.redis()
    assert url.startswith("redis://") and not (tmp_path / f"redis-{gone.pid}").exists()
    servers.end_redis()
    servers.release()
    with psycopg.connect(servers.postgres().dsn_admin) as connection:
        names = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'rm\\_test%'"
        ).fetchall()
    assert names == []
    servers.release()


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 443)])
def test_sockets_stay_on_this_machine(address: tuple[str, int]):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with pytest.raises(OutsideWorld), socket.socket(family) as outward:
        outward.connect(address)


def test_datagrams_stay_on_this_machine_too():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outward, pytest.raises(OutsideWorld):
        outward.sendto(b"x", ("192.0.2.1", 53))
