"""Kills processes at random moments and starts them again, as the kernel and a supervisor do."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from tests.flows.processes import Process
from tests.flows.world import World

PAUSE = 0.2  # seconds until the supervisor starts it again


@dataclass
class Reaper:
    """`gap`: the shortest and longest time, in seconds, from one kill to the next."""

    world: World
    kills: int
    seed: int
    gap: tuple[float, float] = (1.0, 7.0)
    killed: Counter[str] = field(default_factory=Counter[str])

    @property
    def is_done(self) -> bool:
        return self.killed.total() >= self.kills

    async def run(self) -> None:
        """The moments depend on the seed alone, and on how fast this machine is."""
        chance = random.Random(self.seed)
        while not self.is_done:
            await asyncio.sleep(chance.uniform(*self.gap))
            await self._kill(chance.choice(self.world.processes))

    async def _kill(self, process: Process) -> None:
        process.kill()
        await process.ended()
        self.killed[process.name] += 1
        await asyncio.sleep(PAUSE)
        await process.start()
        await process.wait_ready()
