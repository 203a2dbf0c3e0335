"""What dies is started again, more and more patiently; what is stopped leaves nothing behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from local.clean import clean
from local.leftovers import AlreadyRunning, StateLock, begun, end_leftovers, note
from local.processes import alive, wait_until
from local.redis import EmbeddedRedis
from local.supervisor import HEALTHY_SECONDS, BackOff, LogFile, Program, Supervisor, within

ROOT = Path(__file__).parents[2]
FOREVER = "import time\nwhile True: time.sleep(1)"
STUBBORN = (
    f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\n{FOREVER}"
)
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {STUBBORN!r}])
print(child.pid, flush=True)
child.wait()
"""
TALKATIVE = """
import sys, time
print("out", flush=True)
print("err", file=sys.stderr, flush=True)
print("x" * 200_000, flush=True)
print("end", flush=True)
time.sleep(60)
"""
HOLDING = """
import sys, time
from pathlib import Path
from local.clean import clean
from local.leftovers import StateLock
with StateLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


class Heard:
    """What the supervisor says."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, who: str, text: str) -> None:
        self.lines.append((who, text))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def supervisor(tmp_path: Path, heard: Heard) -> AsyncIterator[Supervisor]:
    made = Supervisor(tmp_path, heard)
    yield made
    await made.unwatch()
    await made.stop(list(made.children), 0.1)


def python(name: str, script: str, *arguments: str) -> Program:
    return Program(name, [sys.executable, "-c", script, *arguments], folder=ROOT)


async def eventually(condition: object, seconds: float = 10) -> None:
    async def asked() -> bool:
        return bool(condition())  # type: ignore[operator]

    assert await within(seconds, asked, every=0.02)


def gone(pid: int) -> bool:
    return not alive(pid)


def test_pauses_grow_from_a_fifth_of_a_second_to_ten() -> None:
    back_off = BackOff()
    assert [back_off.after(0) for _ in range(8)] == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10])


def test_who_was_healthy_for_long_starts_with_the_first_pause_again() -> None:
    back_off = BackOff()
    for _ in range(5):
        back_off.after(1)
    assert back_off.after(HEALTHY_SECONDS) == pytest.approx(0.2)
    assert back_off.after(HEALTHY_SECONDS - 1) == pytest.approx(0.4)


async def test_what_dies_is_started_again_after_longer_and_longer_pauses(
    supervisor: Supervisor, heard: Heard, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    script = f"import time\nopen({str(starts)!r}, 'a').write(f'{{time.time()}}\\n')\nraise SystemExit('out of luck')"
    await supervisor.start(python("worker", script))
    await eventually(lambda: starts.exists() and len(starts.read_text().split()) >= 4)
    times = [float(line) for line in starts.read_text().split()]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps[0] >= 0.2
    assert gaps[1] >= 0.4
    assert gaps[2] >= 0.8
    assert heard.lines[0] == ("worker", "ended with exit code 1 (out of luck); it starts again in 0.2 s")


async def test_what_is_killed_is_started_again(supervisor: Supervisor, heard: Heard) -> None:
    child = await supervisor.start(python("web", FOREVER))
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: child.pid not in (None, first))
    assert heard.lines[0][1].startswith("was ended by SIGKILL")


async def test_stopping_asks_first(supervisor: Supervisor, tmp_path: Path) -> None:
    said = tmp_path / "said"
    script = (
        "import signal, sys\n"
        f"def end(*_): open({str(said)!r}, 'w').write('bye'); sys.exit(0)\n"
        f"signal.signal(signal.SIGTERM, end)\nprint('ready', flush=True)\n{FOREVER}"
    )
    child = await supervisor.start(python("web", script))
    await eventually(lambda: child.last_line == b"ready")
    await supervisor.stop(["web"], 3)
    assert said.read_text() == "bye"


async def test_who_does_not_listen_is_ended_by_force(supervisor: Supervisor, heard: Heard) -> None:
    child = await supervisor.start(python("web", STUBBORN))
    await eventually(lambda: child.last_line == b"deaf")
    pid, began = child.pid, time.monotonic()
    await supervisor.stop(["web"], 0.3)
    assert time.monotonic() - began < 3
    assert pid is not None
    assert gone(pid)
    assert ("web", "did not end within 0.3 s and was ended by force") in heard.lines


async def test_a_second_wish_to_stop_waits_for_nobody(supervisor: Supervisor) -> None:
    child = await supervisor.start(python("web", STUBBORN))
    await eventually(lambda: child.last_line == b"deaf")
    pid, stopping = child.pid or 0, asyncio.create_task(supervisor.stop(["web"], 60))
    await asyncio.sleep(0.2)
    assert alive(pid)
    supervisor.kill()
    await asyncio.wait_for(stopping, 5)
    assert gone(pid)


async def test_stopping_leaves_nothing_of_what_a_child_started(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    child = await supervisor.start(python("worker", PARENT))
    await eventually(lambda: child.last_line == b"deaf")
    numbers = (tmp_path / "logs" / "worker.log").read_text().split()
    grandchild = int(next(word for word in numbers if word.isdigit()))
    assert alive(grandchild)
    await supervisor.stop(["worker"], 0.3)
    await eventually(lambda: gone(grandchild))


async def test_a_death_takes_along_what_the_child_started(supervisor: Supervisor, tmp_path: Path) -> None:
    """It would keep ports and pipes from the next one."""
    child = await supervisor.start(python("worker", PARENT))
    await eventually(lambda: child.last_line == b"deaf")
    grandchild = int(
        next(word for word in (tmp_path / "logs" / "worker.log").read_text().split() if word.isdigit())
    )
    os.kill(child.pid or 0, signal.SIGKILL)
    await eventually(lambda: gone(grandchild))


async def test_a_child_that_waits_for_its_restart_can_be_stopped(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    child = await supervisor.start(python("web", "raise SystemExit(1)"))
    await eventually(lambda: child.exit_code == 1)
    await supervisor.stop(["web"], 3)
    assert child.pid is None
    assert not list((tmp_path / "run").glob("*.json"))


async def test_output_goes_to_the_log_whole(supervisor: Supervisor, tmp_path: Path) -> None:
    seen: list[bytes] = []
    program = Program("web", [sys.executable, "-c", TALKATIVE], folder=ROOT, on_line=seen.append)
    child = await supervisor.start(program)
    await eventually(lambda: child.last_line == b"end")
    assert (tmp_path / "logs" / "web.log").read_text() == f"out\nerr\n{'x' * 200_000}\nend\n"
    assert seen[:2] == [b"out", b"err"]


def test_a_log_is_bounded(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "web.log", limit=1000)
    for number in range(100):
        log.write(f"{number:049d}\n".encode())
    log.close()
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["web.log", "web.log.1"]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 2200
    assert (tmp_path / "web.log").read_text().endswith(f"{99:049d}\n") or not (
        tmp_path / "web.log"
    ).read_text()


async def test_a_server_that_is_not_our_child_is_started_again(supervisor: Supervisor, heard: Heard) -> None:
    running: list[subprocess.Popen[bytes]] = []

    def start() -> int:
        running.append(subprocess.Popen([sys.executable, "-c", FOREVER], start_new_session=True))
        return running[-1].pid

    supervisor.watch("postgres", start(), start)
    running[0].kill()
    await eventually(lambda: len(running) == 2)
    assert alive(running[1].pid)
    assert heard.lines == [("postgres", "ended; it starts again in 0.2 s")]
    await supervisor.unwatch()
    running[1].kill()
    await asyncio.sleep(0.6)
    assert len(running) == 2
    for process in running:
        process.wait()


SUPERVISING = """
import asyncio, sys
from pathlib import Path
from local.redis import EmbeddedRedis
from local.supervisor import Program, Supervisor
async def main():
    supervisor = Supervisor(Path(sys.argv[1]), lambda *_: None)
    child = await supervisor.start(Program("web", [sys.executable, "-c", sys.argv[2]], folder=Path.cwd()))
    while not child.last_line: await asyncio.sleep(0.02)
    print(child.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def supervising(tmp_path: Path, script: str) -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, "-c", SUPERVISING, str(tmp_path), script]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_supervisor_that_is_killed_takes_its_children_along(tmp_path: Path) -> None:
    process, child = supervising(tmp_path, f"print('ready', flush=True)\n{FOREVER}")
    process.kill()
    process.wait()
    assert wait_until(lambda: gone(child), 5)


def test_the_next_start_ends_what_a_killed_supervisor_left(tmp_path: Path) -> None:
    process, child = supervising(tmp_path, STUBBORN)
    process.kill()
    process.wait()
    assert not wait_until(lambda: gone(child), 0.3)  # it does not listen to SIGTERM
    assert end_leftovers(tmp_path / "run") == ["web"]
    assert wait_until(lambda: gone(child), 2)
    assert end_leftovers(tmp_path / "run") == []


def test_a_process_that_got_the_number_of_a_dead_one_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", FOREVER], start_new_session=True)
    try:
        note(tmp_path, "web", stranger.pid)
        file = tmp_path / "web.json"
        file.write_text(file.read_text().replace(begun(stranger.pid), "long ago"))
        assert end_leftovers(tmp_path) == []
        assert alive(stranger.pid)
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}', "null"])
def test_a_broken_note_is_cleared_away(tmp_path: Path, content: str) -> None:
    (tmp_path / "web.json").write_text(content)
    assert end_leftovers(tmp_path) == []
    assert not list(tmp_path.iterdir())


def test_one_folder_has_one_supervisor(tmp_path: Path) -> None:
    ours = rf"already running here \(process {os.getpid()}\)"
    with StateLock(tmp_path), pytest.raises(AlreadyRunning, match=ours), StateLock(tmp_path):
        pass
    with StateLock(tmp_path):
        pass


def test_the_lock_ends_with_its_holder_however_it_ends(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    with pytest.raises(AlreadyRunning), StateLock(tmp_path):
        pass
    holder.kill()
    holder.wait()
    with StateLock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_cleaning_is_refused_while_something_runs(tmp_path: Path) -> None:
    state = tmp_path / ".rainmaker"
    with StateLock(state), pytest.raises(AlreadyRunning):
        clean(state)
    (state / "test" / "users").mkdir(parents=True)
    (state / "test" / "users" / str(os.getpid())).touch()
    with pytest.raises(AlreadyRunning, match="Tests are running"):
        clean(state)
    assert state.exists()


def test_cleaning_ends_what_was_left_behind(tmp_path: Path) -> None:
    state = tmp_path / ".rainmaker"
    left = subprocess.Popen([sys.executable, "-c", FOREVER], start_new_session=True)
    note(state / "run", "web", left.pid)
    redis = EmbeddedRedis(state / "redis").start()
    clean(state)
    left.wait(5)
    assert wait_until(lambda: gone(redis.pid), 5)
    assert not state.exists()
    clean(state)
