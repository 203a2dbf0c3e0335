"""Kills processes at random moments and starts them again, as the kernel and a supervisor do; takes Redis away.

Some kills are aimed: at the worker while it researches, at the web process while it answers.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from db.queries import workspace as workspaces
from local.sandbox.slack.names import TEAM_ID
from tests.flows.processes import Process
from tests.flows.world import World

PAUSE = 0.2  # seconds until the supervisor starts it again
AIM_SECONDS = 6.0  # how long a moment is waited for, before any other will do
INTO_IT = 0.4  # seconds after a piece of work was seen to have begun, at most


class Moment(StrEnum):
    RESEARCH = "in research"
    ANSWER = "in an answer"
    ANY = "anywhere"


UNDER_WAY = {Moment.RESEARCH: "research_runs", Moment.ANSWER: "turns"}
HELD_BY_WEB = ("slack_inbox", "slack_outbox", "turns")  # leases; all others are a worker's


@dataclass
class Reaper:
    """`gap`: the shortest and longest time, in seconds, from one kill to the next. Each piece of work is aimed at
    once: one over which processes die again and again is given up, and that is right.

    `first`: the moments of the first kills; the later ones are drawn. `hurried`: the leases of what was killed run
    out when it is back, not by the clock.
    """

    world: World
    kills: int
    seed: int
    gap: tuple[float, float] = (0.5, 5.0)
    hurried: bool = False
    first: Sequence[Moment] = ()
    killed: Counter[str] = field(default_factory=Counter[str])
    _aimed_at: set[Any] = field(default_factory=set[Any])

    @property
    def is_done(self) -> bool:
        return self.killed.total() >= self.kills

    async def run(self) -> None:
        """The order depends on the seed alone, the moments also on how fast this machine is."""
        chance = random.Random(self.seed)
        moments = [*reversed(self.first)]
        while not self.is_done:
            moments = moments or chance.sample(list(Moment), len(Moment))
            await self._wait_for(moments.pop(), chance)

    async def _wait_for(self, moment: Moment, chance: random.Random) -> None:
        if moment is not Moment.ANY and await self._begun(UNDER_WAY[moment]):
            await asyncio.sleep(chance.uniform(0, INTO_IT))
            process = self.world.web if moment is Moment.ANSWER else chance.choice(self.world.workers)
        else:
            moment, process = Moment.ANY, chance.choice(self.world.processes)
            await asyncio.sleep(chance.uniform(*self.gap))
        await self._kill(process, moment)

    async def _begun(self, table: str) -> bool:
        """Wait until a piece of work is under way that was not aimed at yet."""
        try:
            async with asyncio.timeout(AIM_SECONDS):
                while True:
                    if fresh := await self._running(table) - self._aimed_at:
                        self._aimed_at |= fresh
                        return True
                    await asyncio.sleep(0.03)
        except TimeoutError:
            return False

    async def _running(self, table: str) -> set[Any]:
        async with self.world.database.across() as tx:
            if await workspaces.id_of_team(tx.session, TEAM_ID) is None:
                return set()  # nobody has said a word yet
        return {row["id"] for row in await self.world.rows(f"SELECT id FROM {table} WHERE state = 'running'")}

    async def _kill(self, process: Process, moment: Moment) -> None:
        process.kill()
        await process.ended()
        self.killed[f"{process.name} {moment}"] += 1
        await asyncio.sleep(PAUSE)
        await process.start()
        await process.wait_ready()
        if self.hurried:
            await self._run_out(process)

    async def _run_out(self, process: Process) -> None:
        """Time passes for what the dead process held."""
        rows = await self.world.rows(
            "SELECT DISTINCT table_name FROM information_schema.columns"
            " WHERE column_name = 'lease_until' AND table_schema = 'public'"
        )
        for table in (row["table_name"] for row in rows):
            if (table in HELD_BY_WEB) is (process is self.world.web):
                await self.world.rows(
                    f"UPDATE {table} SET lease_until = lease_until - interval '10 minutes'"
                    " WHERE lease_until IS NOT NULL RETURNING 1"
                )


@dataclass
class RedisOutage:
    """Redis goes away at a random moment within `within` seconds, for so many `seconds`; its memory is lost."""

    world: World
    seconds: float
    seed: int
    within: float = 20.0
    times: int = 0

    async def run(self) -> None:
        await asyncio.sleep(random.Random(self.seed).uniform(0, self.within))
        await asyncio.to_thread(self.world.redis.stop)
        try:
            await asyncio.sleep(self.seconds)
            self.times += 1
        finally:
            started = self.world.redis.start()
        assert started.url == self.world.environment["REDIS_URL"], "the same address"
