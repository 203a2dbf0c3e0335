"""Keeps processes running: restarts what dies or falls silent, with back-off; writes their output to bounded log files;
ends them all together, asked first and then by force.

Each process leads a session of its own: Ctrl-C reaches the supervisor alone, and a signal to the group
reaches what the process started. On Linux a process whose supervisor was killed is told to end by the kernel.
"""

import asyncio
import ctypes
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from local.leftovers import forget, note, signal_group
from local.processes import alive
from local.pulse import Pulse, until_silent

FIRST_PAUSE = 0.2  # seconds before the first restart; doubled for each that follows
LONGEST_PAUSE = 10.0
HEALTHY_SECONDS = 30.0  # who ran so long starts with the first pause again
WATCH_SECONDS = 0.25  # how often a server that is not our child is looked at
SILENT_GRACE = 3.5  # seconds that a process which fell silent gets to end by itself
LOG_LIMIT = 5_000_000  # bytes of a log file; one older file is kept beside it
LINE_LIMIT = 65_536  # bytes of a line that is looked at

Say = Callable[[str, str], None]  # (who, a sentence)


@dataclass(frozen=True)
class Program:
    """What to run. `on_line` sees every line of its output; `pulse` tells whether it still works."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    folder: Path = field(default_factory=Path.cwd)
    on_line: Callable[[bytes], None] | None = None
    pulse: Pulse | None = None


class BackOff:
    """How long to wait before the next restart."""

    def __init__(self, first: float = FIRST_PAUSE, longest: float = LONGEST_PAUSE) -> None:
        self._first, self._longest = first, longest
        self._next = first

    def after(self, ran_seconds: float) -> float:
        if ran_seconds >= HEALTHY_SECONDS:
            self._next = self._first
        pause, self._next = self._next, min(self._next * 2, self._longest)
        return pause


class LogFile:
    """Appends; past the limit the file becomes `.1` and is begun anew."""

    def __init__(self, path: Path, limit: int = LOG_LIMIT) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self._limit = path, limit
        self._open()

    def write(self, piece: bytes) -> None:
        self._file.write(piece)
        self._size += len(piece)
        if self._size > self._limit:
            self.close()
            self.path.replace(self.path.with_name(self.path.name + ".1"))
            self._open()

    def close(self) -> None:
        self._file.close()

    def _open(self) -> None:
        self._file = self.path.open("ab", buffering=0)
        self._size = self._file.tell()


class Child:
    """One program, kept running until it is stopped."""

    def __init__(self, program: Program, running: Path, log: LogFile, say: Say) -> None:
        self.program = program
        self.exit_code: int | None = None  # of the last run that ended
        self.last_line = b""
        self._running, self._log, self._say = running, log, say
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def ending(self) -> str:
        """How the last run ended, with its last words unless those are only a log entry."""
        words = self.last_line.decode(errors="replace").strip()
        return ending(self.exit_code or 0) + (f" ({words})" if words and not words.startswith("{") else "")

    async def start(self) -> None:
        """Raises OSError where the command can't be run."""
        reading = await self._spawn()
        self._task = asyncio.create_task(self._keep(reading))

    def tell(self, number: int) -> None:
        """A signal to the process and to what it started."""
        if self.pid is not None:
            signal_group(self.pid, number)

    async def stop(self, grace: float) -> None:
        """Ask it to end; whoever has not after `grace` seconds is ended by force."""
        self._stopping = True
        if self.pid is None:  # about to be started again
            await self._give_up()
        if self._process is not None and self.pid is not None:
            self.tell(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), grace)
            except TimeoutError:
                self._say(self.program.name, f"did not end within {grace:g} s and was ended by force")
            signal_group(self._process.pid, signal.SIGKILL)  # what it left in its group, too
            await self._process.wait()
        await self._give_up()
        forget(self._running, self.program.name)
        self._log.close()

    async def _give_up(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self, reading: "asyncio.Task[None]") -> None:
        back_off = BackOff()
        while True:
            began = time.monotonic()
            self.exit_code = await self._ended(reading)
            if self._stopping:
                return
            pause = back_off.after(time.monotonic() - began)
            self._say(self.program.name, f"{self.ending}; it starts again in {pause:.1f} s")
            await asyncio.sleep(pause)
            while True:
                try:
                    reading = await self._spawn()
                    break
                except OSError as error:  # no memory or no process for now
                    pause = back_off.after(0)
                    self._say(self.program.name, f"can't start ({error}); tried again in {pause:.1f} s")
                    await asyncio.sleep(pause)

    async def _ended(self, reading: "asyncio.Task[None]") -> int:
        assert self._process is not None
        listening = asyncio.create_task(self._end_when_silent(self._process))
        try:
            code = await self._process.wait()
        finally:
            listening.cancel()
        signal_group(self._process.pid, signal.SIGKILL)  # what it left behind would keep its ports and pipes
        forget(self._running, self.program.name)
        await asyncio.wait([reading], timeout=1)
        reading.cancel()
        return code

    async def _end_when_silent(self, process: asyncio.subprocess.Process) -> None:
        """Such as one whose event loop is blocked: it runs, and does nothing any more."""
        if self.program.pulse is None:
            return
        seconds = await until_silent(self.program.pulse)
        if self._stopping:
            return
        self._say(self.program.name, f"has not answered for {seconds:.0f} s and is ended")
        signal_group(process.pid, signal.SIGTERM)
        await asyncio.sleep(SILENT_GRACE)
        signal_group(process.pid, signal.SIGKILL)

    async def _spawn(self) -> "asyncio.Task[None]":
        # A pipe of our own: with asyncio's, waiting for the process waits for all that hold its output, too.
        output, theirs = os.pipe()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.program.command,
                cwd=self.program.folder,
                env=dict(self.program.environment) or None,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
                preexec_fn=end_with_parent() if sys.platform == "linux" else None,
            )
        except OSError:
            os.close(output)
            raise
        finally:
            os.close(theirs)
        note(self._running, self.program.name, self._process.pid)
        return asyncio.create_task(self._read(output))

    async def _read(self, pipe: int) -> None:
        output = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(output), os.fdopen(pipe, "rb", buffering=0)
        )
        try:
            await self._copy(output)
        finally:
            transport.close()

    async def _copy(self, output: asyncio.StreamReader) -> None:
        line = b""
        while piece := await output.read(LINE_LIMIT):
            self._log.write(piece)
            *whole, line = (line + piece).split(b"\n")
            line = line[-LINE_LIMIT:]
            for one in filter(None, whole):
                self.last_line = one
                if self.program.on_line is not None:
                    self.program.on_line(one)


def end_with_parent() -> Callable[[], None]:
    """For `preexec_fn` on Linux: SIGTERM when the parent dies, however it died."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent, set_death_signal = os.getpid(), 1

    def ask() -> None:
        prctl(set_death_signal, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask


class Supervisor:
    """Children by name, and servers that are looked after from outside."""

    def __init__(self, state: Path, say: Say) -> None:
        self._running, self._logs, self._say = state / "run", state / "logs", say
        self.children: dict[str, Child] = {}
        self._watches: list[asyncio.Task[None]] = []

    async def start(self, program: Program) -> Child:
        log = LogFile(self._logs / f"{program.name}.log")
        child = self.children[program.name] = Child(program, self._running, log, self._say)
        await child.start()
        return child

    def change(self, name: str, **parts: object) -> None:
        """What the next restart of `name` runs."""
        child = self.children[name]
        child.program = replace(child.program, **parts)  # pyright: ignore[reportArgumentType]

    def watch(self, name: str, pid: int, start: Callable[[], int]) -> None:
        """Keep a server running that is not our child: `start` (in a thread) gives its new process id."""
        self._watches.append(asyncio.create_task(self._watch(name, pid, start)))

    async def stop(self, names: Sequence[str], grace: float) -> None:
        await asyncio.gather(*(self.children[name].stop(grace) for name in names if name in self.children))
        for name in names:
            self.children.pop(name, None)

    async def unwatch(self) -> None:
        """From now on a server may end."""
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)

    def kill(self) -> None:
        """End all children at once."""
        for child in self.children.values():
            child.tell(signal.SIGKILL)

    async def _watch(self, name: str, pid: int, start: Callable[[], int]) -> None:
        back_off, began = BackOff(), time.monotonic()
        while True:
            while alive(pid):  # noqa: ASYNC110  no event tells of the end of a process that is not our child
                await asyncio.sleep(WATCH_SECONDS)
            pause = back_off.after(time.monotonic() - began)
            self._say(name, f"ended; it starts again in {pause:.1f} s")
            await asyncio.sleep(pause)
            began = time.monotonic()
            try:
                pid = await asyncio.to_thread(start)
            except (OSError, RuntimeError) as error:
                self._say(name, f"did not start: {str(error).splitlines()[0]}")


def ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


async def within(seconds: float, asked: Callable[[], Awaitable[bool]], *, every: float = 0.05) -> bool:
    """Ask until true; False once `seconds` have passed."""
    deadline = time.monotonic() + seconds
    while not await asked():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(every)
    return True
