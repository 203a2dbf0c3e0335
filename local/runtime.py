"""The parts of `make run` and their order: servers and sandbox, migrations, web and worker; and back again."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path

from local import chromium
from local.anchor import SEEN_EVERY, anchor_again, note_seen
from local.environment import Choice, SandboxPorts, encryption_key, sandbox_port, stand_ins
from local.leftovers import end_leftovers
from local.ports import CantStart, healthy, take_port
from local.processes import private_file
from local.pulse import of_web, of_worker
from local.screen import Screen, rows, trouble_in
from local.servers import Servers
from local.supervisor import Program, Supervisor, end_with_parent, within
from pipeline.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
READY_SECONDS = 60.0
STEP_SECONDS = 3.3  # what web and worker get to end their step; theirs are three
SERVER_SECONDS = 1.0  # what the servers and the sandbox get after that


class Runtime:
    """Everything of one checkout, from start to stop. The caller holds the state folder's lock."""

    def __init__(self, state: Path, choice: Choice, settings: Settings, screen: Screen) -> None:
        self._state, self._choice, self._settings, self._screen = state, choice, settings, screen
        self._supervisor = Supervisor(state, screen.say)
        # What was sent in the sandbox, at its pace, must never be due where people are real.
        data = state / ("pg-real" if choice.slack_is_far else "pg")
        self._servers = Servers(
            data if choice.postgres else None,
            state / "redis" if choice.redis else None,
            self._supervisor,
            screen.say,
        )
        self._told: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._installing: asyncio.subprocess.Process | None = None

    async def run(self) -> int:
        """Start everything, stay until told to stop. Raises CantStart."""
        return await self._until_stopped(self._start_all)

    async def examine(self, *arguments: str) -> int:
        """Start what looking needs, and let the module speak that looks; its exit code."""
        return await self._until_stopped(lambda: self._examine(*arguments))

    def end_servers(self) -> None:
        """After the loop has ended, with every thread that may have started one."""
        self._servers.end()

    # --- start ---

    async def _start_all(self) -> None:
        await self._start_base(self._settings.port, sandbox_port(self._choice))
        self._tasks.append(asyncio.create_task(self._find_browser()))
        told = self._environment()
        pulses = {"web": of_web(int(told["PORT"])), "worker": of_worker(told["REDIS_URL"])}
        for name, module in (("web", "bot.app"), ("worker", "bot.worker")):
            await self._supervisor.start(replace(self._program(name, module), pulse=pulses[name]))
        await self._web_ready()
        self._show()
        await asyncio.Event().wait()

    async def _examine(self, *arguments: str) -> int:
        await self._start_base(0, 0)  # nobody is to come by, and ports may be taken
        return await examine(self._environment(), *arguments)

    async def _start_base(self, web_port: int, page_port: int) -> None:
        """Servers, sandbox, migrations: what everything else stands on."""
        leftovers = end_leftovers(self._state / "run")
        (self._state / chromium.MARKER).unlink(missing_ok=True)
        port = take_port(web_port, "PORT")
        ports = SandboxPorts(0)
        if self._choice.sandbox:
            ports = SandboxPorts(take_port(page_port, "SANDBOX_PORT"))
        self._told = {"PORT": str(port), "ENCRYPTION_KEY": encryption_key(self._state, self._choice.given)}
        self._start_clock(still_running=bool(leftovers))
        browser, ports, servers = await asyncio.gather(
            asyncio.to_thread(chromium.find, self._choice.given.get("CHROMIUM_PATH")),
            self._start_sandbox(ports, port),
            self._servers.start(),
        )
        self._told |= servers
        if browser is not None:
            self._told["CHROMIUM_PATH"] = str(browser)
        self._told |= stand_ins(self._choice, ports, port)
        private_file(self._state / "environment", json.dumps(self._told))
        await self._migrate()

    def _start_clock(self, *, still_running: bool) -> None:
        if self._choice.slack_is_far:
            return
        path = self._state / "clock"
        anchor_again(path, self._settings.speed, still_running=still_running)
        self._told |= {"CLOCK_FILE": str(path), "SPEED": f"{self._settings.speed:g}"}
        self._tasks.append(asyncio.create_task(_keep_noting(path)))

    async def _start_sandbox(self, ports: SandboxPorts, web_port: int) -> SandboxPorts:
        """Its inner ports are chosen at the first start and kept: the others are told of them."""
        if not self._choice.sandbox:
            return ports
        ready: asyncio.Future[dict[str, object]] = asyncio.get_running_loop().create_future()

        def look(line: bytes) -> None:
            if not ready.done() and line.startswith(b'{"ready"'):
                ready.set_result(json.loads(line))
            else:
                self._look("sandbox")(line)

        arguments = ["--events-url", f"http://127.0.0.1:{web_port}/slack/events"]
        arguments += ["--state", str(self._state / "sandbox")]
        if "CLOCK_FILE" in self._told:
            arguments += ["--clock", self._told["CLOCK_FILE"]]
        inner = {
            "--sites-http": "sites_http",
            "--sites-https": "sites_https",
            "--smtp": "smtp",
            "--dns": "dns",
            "--imap": "imap",
        }
        free = [part for name in inner for part in (name, "0")]
        program = self._program("sandbox", "local.sandbox", "--port", str(ports.main), *arguments, *free)
        child = await self._supervisor.start(replace(program, on_line=look))

        async def settled() -> bool:
            return ready.done() or child.exit_code is not None

        await within(READY_SECONDS, settled)
        if not ready.done():
            raise CantStart(f"The sandbox {child.ending}. More in {self._log('sandbox')}")
        told = ready.result()
        fixed = [part for name, key in inner.items() for part in (name, str(told[key]))]
        again = self._program("sandbox", "local.sandbox", "--port", str(ports.main), *arguments, *fixed)
        self._supervisor.change("sandbox", command=again.command)
        return SandboxPorts(ports.main, int(str(told["dns"])), str(told["egress_hosts"]), str(told["ca"]))

    async def _migrate(self) -> None:
        log = self._log("migrations")
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "migrations.run",
                cwd=ROOT, env=self._environment(), stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
            try:
                code = await process.wait()
            except asyncio.CancelledError:
                process.kill()
                raise
        if code:
            said = log.read_text(errors="replace").strip().rpartition("\n")[2]
            raise CantStart(f"The database could not be brought up to date: {said}\nMore in {log}")

    async def _web_ready(self) -> None:
        port = int(self._told["PORT"])
        if not await within(READY_SECONDS, lambda: healthy(port), every=0.1):
            self._screen.say("web", f"does not answer yet; see {self._log('web')}")

    async def _find_browser(self) -> None:
        """Install one in the background where none was found; the browser steps wait for it, nothing else."""
        if "CHROMIUM_PATH" in self._told:
            return
        if "CHROMIUM_PATH" in self._choice.given:
            self._screen.say(
                "browser", f"CHROMIUM_PATH leads to no browser: {self._choice.given['CHROMIUM_PATH']}"
            )
            return
        marker = self._state / chromium.MARKER
        marker.touch()
        try:
            self._installing = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "local.chromium", "--install", "--log", str(self._log("chromium")),
                cwd=ROOT, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT, start_new_session=True,
                preexec_fn=end_with_parent() if sys.platform == "linux" else None,
            )  # fmt: skip
            said, _ = await self._installing.communicate()
        finally:
            marker.unlink(missing_ok=True)
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        self._screen.say("browser", last if self._installing.returncode else f"is there now: {last}")

    # --- what the processes are given ---

    def _environment(self) -> dict[str, str]:
        usual = {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": ""}  # compiled once, not at each start
        return {**os.environ, **usual, **self._choice.given, **self._told}

    def _program(self, name: str, module: str, *arguments: str) -> Program:
        environment = self._environment()
        environment.pop("MIGRATION_DATABASE_URL", None)  # the owner's login is for migrations only
        command = [sys.executable, "-m", module, *arguments]
        return Program(name, command, environment, ROOT, self._look(name))

    def _look(self, name: str) -> Callable[[bytes], None]:
        def look(line: bytes) -> None:
            if (trouble := trouble_in(line)) is not None:
                self._screen.say(name, trouble)

        return look

    def _log(self, name: str) -> Path:
        return self._state / "logs" / f"{name}.log"

    def _show(self) -> None:
        self._screen.table(rows(self._choice, self._settings, self._told.get("CHROMIUM_PATH", "")))
        speed = self._settings.speed
        if speed != 1:
            self._screen.line(f"  An hour passes in {3600 / speed:.3g} s (SPEED={speed:g}).")
        if self._choice.slack:
            address = self._screen.paint("bold", self._told["SANDBOX_URL"])
            self._screen.line(f"  Open {address} and say hello to Rainmaker.")
        else:
            self._screen.line("  Rainmaker is in Slack; open a direct message with it.")
        self._screen.line(
            f"  Logs: {_short(self._state / 'logs')} · make doctor checks every setting · Ctrl-C stops\n"
        )

    # --- stop ---

    async def _until_stopped(self, work: Callable[[], Coroutine[None, None, int | None]]) -> int:
        asked = asyncio.Event()

        def ask() -> None:
            if asked.is_set():
                self._force()
            asked.set()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, ask)
        working = asyncio.create_task(work())
        waiting = asyncio.create_task(asked.wait())
        try:
            await asyncio.wait((working, waiting), return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                self._screen.line("\n  Stopping.")
                return 0
            return working.result() or 0
        finally:
            waiting.cancel()
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            await self._stop()

    async def _stop(self) -> None:
        """Web and worker first, so that they can finish their step with everything there."""
        if self._installing is not None and self._installing.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._installing.terminate()  # it ends what it started
        await self._supervisor.stop(("web", "worker"), STEP_SECONDS)
        await asyncio.gather(
            self._supervisor.stop(("sandbox",), SERVER_SECONDS), self._servers.stop(SERVER_SECONDS)
        )
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if "CLOCK_FILE" in self._told:
            note_seen(self._state / "clock", stopped=True)

    def _force(self) -> None:
        """A second Ctrl-C."""
        self._supervisor.kill()
        self._servers.force()


async def examine(environment: dict[str, str], *arguments: str) -> int:
    """Run a module that looks at it with these settings, its words straight to the terminal."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, cwd=ROOT, env=environment
    )
    return await process.wait()


async def _keep_noting(path: Path) -> None:
    while True:
        await asyncio.sleep(SEEN_EVERY)
        note_seen(path)


def _short(path: Path) -> str:
    """Relative to where we are, where it lies below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
