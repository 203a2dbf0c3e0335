"""One command, no accounts: it starts, mends itself, stops, and goes on where it was."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from local.processes import alive, wait_until
from tests.local.up_process import Up, answers, fetched, inspected, posted, run_to_end

pytestmark = pytest.mark.timeout(400)
MEND_SECONDS = 60.0


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def up(state: Path) -> Iterator[Up]:
    """One start for all the tests that leave it running."""
    started = Up(state, SPEED="3600").wait_ready()
    yield started
    started.end()


def mended(up: Up, name: str) -> bool:
    """Kill one part; is there another soon, and does the web process answer with all it needs?"""
    before = up.pids()[name]
    os.kill(before, signal.SIGKILL)

    def again() -> bool:
        try:
            now = up.pids()[name]
        except (OSError, KeyError, ValueError, IndexError):
            return False
        return now != before and alive(now) and up.web_answers("/readyz")

    return wait_until(again, MEND_SECONDS, every=0.1)


def test_the_screen_says_what_is_embedded_and_where_to_go(up: Up) -> None:
    assert "Slack     sandbox" in up.screen
    assert "database  embedded" in up.screen
    assert "An hour passes in 1 s" in up.screen
    assert "\x1b[" not in up.screen  # no terminal, no colours
    assert answers(up.address())


def test_everything_answers(up: Up) -> None:
    assert up.web_answers("/healthz")
    assert up.web_answers("/readyz")
    assert set(up.pids()) == {"web", "worker", "sandbox", "postgres", "redis"}


def test_a_message_in_the_workspace_is_answered(up: Up) -> None:
    page = up.address()
    boot = fetched(f"{page}/page/boot")
    user, bot = boot["user"], boot["bot"]["user_id"]
    direct = next(channel for channel in boot["channels"] if channel.get("user") == bot)
    sent = posted(f"{page}/page/message", {"user": user, "channel": direct["id"], "text": "hello"})
    thread = f"{page}/page/messages?user={user}&channel={direct['id']}&thread_ts={sent['ts']}"

    def answered() -> bool:
        return any(message["user"] == bot for message in fetched(thread)["messages"])

    assert wait_until(answered, 40, every=0.2)


def test_secrets_are_for_their_owner_only(up: Up, state: Path) -> None:
    for name in ("secrets", "environment"):
        assert (state / name).stat().st_mode & 0o777 == 0o600
    assert "MIGRATION_DATABASE_URL" not in _environment_of(up.pids()["web"])
    assert "rainmaker_app" in _environment_of(up.pids()["web"])


def _environment_of(pid: int) -> str:
    path = Path(f"/proc/{pid}/environ")
    if not path.exists():
        pytest.skip("only Linux shows a process's environment")
    return path.read_bytes().replace(b"\0", b"\n").decode()


def test_a_second_start_says_that_one_runs(up: Up, state: Path) -> None:
    done = run_to_end(state)
    assert done.returncode == 1
    assert "already running here" in done.stderr


def test_the_doctor_looks_at_what_runs(up: Up, state: Path) -> None:
    done = run_to_end(state, "--doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    found = [line.split()[1] for line in done.stdout.splitlines() if line.strip().startswith("ok")]
    assert {"database", "migrations", "Redis", "Slack", "model", "Gmail", "SPF", "workers"} <= set(found)
    assert "problem" not in done.stdout


def test_what_holds_an_email_back_is_asked_without_any_setting(up: Up, state: Path) -> None:
    """Neither the environment nor `.env` names a database: it is the one that runs here."""
    by_make, by_hand = run_to_end(state, "--why", str(uuid4())), inspected(state, "why", str(uuid4()))
    dossier = inspected(state, "lead", "nobody@nowhere.example")
    for done in (by_make, by_hand):
        assert (done.returncode, json.loads(done.stdout)["error"]) == (1, "There is no such email."), (
            done.stderr
        )
    assert json.loads(dossier.stdout)["error"] == "No lead has this address.", dossier.stderr


@pytest.mark.parametrize("name", ["web", "worker", "sandbox", "redis", "postgres"])
def test_a_part_that_is_killed_comes_back(up: Up, name: str) -> None:
    assert mended(up, name)
    wait_until(lambda: f"  {name}  " in up.screen, 5)
    assert f"  {name}  " in up.screen


def test_a_web_process_that_hangs_comes_back(up: Up) -> None:
    hung = up.pids()["web"]
    os.kill(hung, signal.SIGSTOP)  # it holds its port, and answers nobody
    assert wait_until(lambda: not alive(hung), MEND_SECONDS, every=0.2)
    assert wait_until(lambda: up.web_answers("/readyz"), MEND_SECONDS, every=0.2)
    assert "has not answered for" in up.screen


def test_the_sandbox_comes_back_where_it_was(up: Up) -> None:
    before = up.told()
    assert mended(up, "sandbox")
    assert wait_until(lambda: answers(up.address()), MEND_SECONDS, every=0.1)
    host, _, port = before["DNS_SERVER"].partition(":")
    with socket.create_connection((host, int(port)), timeout=5):
        pass


def test_a_killed_start_is_taken_over_and_time_goes_on(up: Up, state: Path) -> None:
    anchor = json.loads((state / "clock").read_text())
    business = anchor["business"] + (time.time() - anchor["wall"]) * anchor["speed"]
    before = up.pids()
    up.tell(signal.SIGKILL)
    wait_until(lambda: up.exit_code is not None, 5)
    assert alive(before["postgres"])
    again = Up(state, SPEED="60").wait_ready()
    try:
        assert not any(alive(before[name]) for name in ("web", "worker", "sandbox"))
        assert again.pids()["postgres"] == before["postgres"]
        assert json.loads((state / "clock").read_text())["business"] >= business
        assert again.web_answers("/readyz")
        _stops_within_five_seconds(again)
    finally:
        again.end()


def _stops_within_five_seconds(up: Up) -> None:
    pids = up.pids()
    assert up.stop() < 5
    assert up.exit_code == 0
    assert not [name for name, pid in pids.items() if alive(pid)]


def test_a_port_in_use_is_said_with_the_setting_that_changes_it(tmp_path: Path) -> None:
    for setting in ("PORT", "SANDBOX_PORT"):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            done = run_to_end(tmp_path, **{setting: str(port)})
        assert done.returncode == 1
        assert f"Port {port} is in use" in done.stderr
        assert f"set {setting} to another" in done.stderr
        assert not (tmp_path / "pg").exists()


def test_an_interrupted_start_leaves_nothing(tmp_path: Path) -> None:
    started = Up(tmp_path)
    try:
        wait_until(lambda: (tmp_path / "run" / "sandbox.json").exists(), 30)
        assert started.stop() < 6
        assert not list((tmp_path / "run").glob("*.json"))
        assert not (tmp_path / "pg/data/postmaster.pid").exists()
    finally:
        started.end()
