"""The worker as the crash matrix runs it: dispatch, sweep and their jobs in a process of its own, which dies by
SIGKILL at the commit it is told to.

A commit counts when its transaction wrote something. What the outside was asked is seen, and killed at, by the
other side of the wire (`tests.crash.arena`).
"""

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from arq import Retry
from sqlalchemy import event
from sqlalchemy.orm import Session

import pipeline.jobs  # noqa: F401 (registers the jobs)
from bot.notifier import SlackNotifier
from db import seal
from db.seal import Sealer
from db.session import Database, connect
from db.wake import Wake, WakeUp
from pipeline.clients.mail import Patience, open_mail
from pipeline.clock import ManualClock
from pipeline.crypto import Digester
from pipeline.deps import Deps
from pipeline.jobs.base import JOBS, run
from pipeline.jobs.sweep import sweep, tick
from pipeline.settings import Settings

MOST_PASSES = 15
OURS = (Wake.DISPATCH, Wake.SEND_EMAIL, Wake.POLL_MAILBOX)
_WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, slots=True)
class Death:
    """At which commit of its life (of those with that name) a process dies, and on which side of it."""

    number: int
    after: bool
    name: str = ""


class FileClock(ManualClock):
    """Both clocks stand where a file says."""

    def __init__(self, path: Path) -> None:
        self._path, self._stamp = path, -1
        super().__init__(datetime.fromisoformat(json.loads(path.read_text())["now"]))

    def _read(self) -> None:
        stamp = self._path.stat().st_mtime_ns
        if stamp != self._stamp:
            self._stamp, told = stamp, json.loads(self._path.read_text())
            self._now, self._wall = (datetime.fromisoformat(told[name]) for name in ("now", "wall"))

    def now(self) -> datetime:
        self._read()
        return super().now()

    def wall(self) -> datetime:
        self._read()
        return super().wall()


class Side:
    """Stands in for Redis and arq: runs wake-ups side by side, one of a name at a time."""

    def __init__(self) -> None:
        self.deps: Deps | None = None
        self._running: dict[WakeUp, asyncio.Task[None]] = {}
        self._began = 0

    async def enqueue(self, wake_ups: Sequence[WakeUp]) -> None:
        for one in wake_ups:
            name = WakeUp(one.job, one.ids)
            if one.job in OURS and name not in self._running:
                self._began += 1
                self._running[name] = asyncio.create_task(self._run(name))

    async def _run(self, wake_up: WakeUp) -> None:
        try:
            await run(JOBS[wake_up.job], {"deps": self.deps}, **dict(wake_up.ids))
        except Retry:
            pass  # the sweep finds it
        finally:
            del self._running[wake_up]

    async def drained(self) -> bool:
        """Whether there was anything to do since the last time."""
        while self._running:
            await asyncio.gather(*self._running.values())
        began, self._began = self._began, 0
        return began > 0


async def work(told: dict[str, Any]) -> None:
    """Until nothing is left that can be done at this moment."""
    seal.install(Sealer({"test": bytes(range(32))}))
    settings = Settings(_env_file=None, **told["settings"])  # pyright: ignore[reportCallIssue]
    clock, side = FileClock(Path(told["clock"])), Side()
    db = connect(settings.database_url, side, pool_size=8)
    side.deps = _deps(settings, clock, db)
    for _ in range(MOST_PASSES):
        await tick(side.deps, side.enqueue)
        await sweep(side.deps, side.enqueue)
        if not await side.drained():
            break


def _deps(settings: Settings, clock: FileClock, db: Database) -> Deps:
    absent = cast(Any, None)  # research, models and Redis play no part here
    return Deps(
        settings=settings,
        clock=clock,
        db=db,
        redis=absent,
        notifier=SlackNotifier(clock),
        digester=Digester("test"),
        llm=absent,
        research=absent,
        mail=open_mail(settings, clock, Patience(gmail=1.5, smtp=1.5, taking=1.5)),
    )


# What an UPDATE of an email without a new state is for, by a column it sets.
_PURPOSES = {
    "history_id": "position",
    "draft_id": "draft",
    "claimed_at": "gates asked",
    "lease_until": "lease",
}


def _what(statement: str, given: Any) -> str | None:
    """A name for what a statement writes; None for one that writes nothing."""
    words = statement.split(None, 3)
    if words[0] not in _WRITES:
        return None
    table = words[1] if words[0] == "UPDATE" else words[2]
    if table != "email_campaigns" or not isinstance(given, dict):
        return table
    if "state" in given:
        return f"email → {given['state']}"
    return next((f"email: {name}" for key, name in _PURPOSES.items() if key in given), "email")


def watch_commits(trail: Path, death: Death | None) -> None:
    """Note each commit that wrote something, with what it wrote last; die where it was told."""
    file = os.open(trail, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    seen = list[str]()

    def wrote(connection: Any, cursor: Any, statement: str, given: Any, *_: Any) -> None:
        if (said := _what(statement, given)) is not None:
            known = connection.info.get("wrote", "")
            connection.info["wrote"] = known if "→" in known else said if "→" in said else known or said

    def is_here() -> bool:
        if death is None or (death.name and seen[-1] != death.name):
            return False
        return death.number == (seen.count(death.name) if death.name else len(seen))

    def before(session: Session) -> None:
        what = session.connection().info.pop("wrote", None) if session.in_transaction() else None
        session.info["dies"] = False
        if what is None:
            return
        seen.append(what)
        os.write(file, f"{what}\n".encode())
        session.info["dies"] = is_here()
        if session.info["dies"] and death and not death.after:
            os.kill(os.getpid(), signal.SIGKILL)

    def after(session: Session) -> None:
        if session.info.get("dies"):
            os.kill(os.getpid(), signal.SIGKILL)

    from sqlalchemy.engine import Engine

    event.listen(Engine, "before_cursor_execute", wrote)
    event.listen(Session, "before_commit", before)
    event.listen(Session, "after_commit", after)
