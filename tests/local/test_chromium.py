"""A browser is found where it is, and installed once where it is not."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import chromium
from local.processes import alive, wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No browser anywhere; programs can be put into the folder that is the whole PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "sleep").symlink_to(shutil.which("sleep") or "/bin/sleep")
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "browsers"))
    yield programs


def put(path: Path, script: str = "echo Chromium 150") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


class Installer:
    """Stands at the commands' place: does what each word in `does` says, or fails."""

    def __init__(self, **does: Path) -> None:
        self.does = does
        self.commands: list[list[str]] = []

    def __call__(self, command: list[str], seconds: float) -> str | None:
        self.commands.append(command)
        for word, path in self.does.items():
            if word.replace("_", "-") in command:
                put(path)
                return None
        return "ended with exit code 1"


def test_the_one_that_is_set_is_taken(tmp_path: Path, bare_machine: Path) -> None:
    put(bare_machine / "chromium")
    mine = put(tmp_path / "mine")
    assert chromium.find(str(mine)) == mine


def test_one_that_is_set_but_missing_is_not_replaced(tmp_path: Path, bare_machine: Path) -> None:
    put(bare_machine / "chromium")
    assert chromium.find(str(tmp_path / "nowhere")) is None


def test_playwrights_own_comes_before_the_systems(tmp_path: Path, bare_machine: Path) -> None:
    put(bare_machine / "chromium")
    older = put(tmp_path / "browsers/chromium_headless_shell-1200/chrome-linux/headless_shell")
    newer = put(
        tmp_path / "browsers/chromium_headless_shell-1255/chrome-headless-shell-linux64/chrome-headless-shell"
    )
    assert chromium.find() == newer
    newer.unlink()
    assert chromium.find() == older


def test_the_systems_is_found_on_the_path(bare_machine: Path) -> None:
    path = put(bare_machine / "chromium-headless-shell")
    assert chromium.find() == path


def test_one_that_does_not_start_is_passed_over(tmp_path: Path, bare_machine: Path) -> None:
    put(tmp_path / "browsers/chromium_headless_shell-1255/chrome-linux/headless_shell", "exit 127")
    path = put(bare_machine / "chromium-headless-shell")
    assert chromium.find() == path


def test_one_that_hangs_does_not_hold_up_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not chromium.works(put(tmp_path / "slow", "sleep 60"), seconds=0.3)


def test_playwrights_is_downloaded_first(tmp_path: Path) -> None:
    path = tmp_path / "browsers/chromium_headless_shell-1255/chrome-linux/headless_shell"
    installer = Installer(playwright=path)
    assert chromium.install(tmp_path / "log", installer) == path
    assert [command[1:] for command in installer.commands] == [["-m", "playwright", "install", "chromium"]]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_where_it_cant_be_downloaded_root_installs_debians(tmp_path: Path, bare_machine: Path) -> None:
    put(bare_machine / "apt-get")
    installer = Installer(
        update=bare_machine / "updated", chromium_headless_shell=bare_machine / "chromium-headless-shell"
    )
    assert chromium.install(tmp_path / "log", installer) == bare_machine / "chromium-headless-shell"
    assert ["dpkg", "--configure", "-a"] in installer.commands


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_the_whole_browser_does_where_there_is_no_shell(tmp_path: Path, bare_machine: Path) -> None:
    put(bare_machine / "apt-get")
    last: list[str] = []

    def run(command: list[str], seconds: float) -> str | None:
        last[:] = command
        if command[-1] == "chromium" and "playwright" not in command:
            put(bare_machine / "chromium")
            return None
        return "ended with exit code 100"

    assert chromium.install(tmp_path / "log", run) == bare_machine / "chromium"
    assert last[-1] == "chromium"


def test_a_command_that_takes_too_long_is_ended_with_all_it_started(tmp_path: Path) -> None:
    run = chromium.runner(tmp_path / "log")
    began = time.monotonic()
    assert run(["/bin/sh", "-c", "sleep 60 & wait"], 0.3) == "took longer than 0 s"
    assert time.monotonic() - began < 5
    assert "sleep 60" in (tmp_path / "log").read_text()


def test_who_is_told_to_end_ends_what_it_started(tmp_path: Path) -> None:
    running = tmp_path / "running"
    script = (
        "import sys\nfrom pathlib import Path\nfrom local import chromium\nchromium.end_when_told()\n"
        "chromium.runner(Path(sys.argv[1]))(['/bin/sh', '-c', f'echo $$ > {sys.argv[2]}; sleep 60'], 60)"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "log"), str(running)], cwd=ROOT)
    assert wait_until(lambda: running.exists() and running.read_text().strip() != "", 20)
    time.sleep(0.3)  # the command may be quicker than the return of the call that began it
    process.terminate()
    assert process.wait(10) == 1
    assert wait_until(lambda: not alive(int(running.read_text())), 30)


def test_what_went_wrong_is_in_the_log(tmp_path: Path) -> None:
    run = chromium.runner(tmp_path / "log")
    assert run(["/bin/sh", "-c", "echo no network >&2; exit 3"], 5) == "ended with exit code 3"
    assert "no network" in (tmp_path / "log").read_text()
    assert "No such file" in (run([str(tmp_path / "nothing")], 5) or "")


def test_the_command_says_where_the_browser_is(tmp_path: Path, bare_machine: Path) -> None:
    path = put(bare_machine / "chromium-headless-shell")
    done = subprocess.run(
        [sys.executable, "-m", "local.chromium"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, str(path))


def test_the_command_says_what_to_do_where_there_is_none() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local.chromium"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "CHROMIUM_PATH" in done.stderr
