"""Stories while web and worker are killed again and again: nothing twice, nothing lost.

    python -m tests.flows.soak --kills 50 --seed 1

Prints counts, and what was wrong; exit code 1 if anything was.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from db import seal
from local.sandbox.mailboxes import mail_log
from pipeline.crypto import sealer_from
from tests.flows.reaper import Reaper
from tests.flows.under_fire import Story, broken_promises, set_up_under_fire, settled
from tests.flows.world import ENCRYPTION_KEY, SAM, World, started_world
from tests.servers import Servers

ANSWERING = ("interested", "question", "not_now")


@dataclass
class Outcome:
    kills: Counter[str] = field(default_factory=Counter[str])
    seconds: list[float] = field(default_factory=list[float])  # of each story
    messages: int = 0
    mails: int = 0
    problems: list[str] = field(default_factory=list[str])

    def __str__(self) -> str:
        killed = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        stories = ", ".join(f"{seconds:.0f}" for seconds in self.seconds)
        return "\n".join(
            (
                f"kills            {self.kills.total()} ({killed})",
                f"stories ended    {len(self.seconds)} (seconds: {stories})",
                f"Slack messages   {self.messages}",
                f"mails            {self.mails}",
                f"broken promises  {len(self.problems)}",
                *(f"  {problem}" for problem in self.problems),
            )
        )


async def stories_under_fire(
    world: World, reaper: Reaper, outcome: Outcome, *, at_least: int = 1, at_most: int = 100
) -> None:
    """One story after the other while the reaper has kills left and somebody who answers is left."""
    async with world.desk(SAM) as sam:
        reaping = asyncio.create_task(reaper.run())
        stories: list[Story] = []
        try:
            await set_up_under_fire(sam)
            while len(stories) < at_least or not reaper.is_done:
                person = _next_person(world)
                if person is None or len(stories) >= at_most:
                    break
                stories.append(person)
                await person.tell(sam)
            if len(stories) < at_most and not reaper.is_done:
                pass
        finally:
            reaping.cancel()
            with suppress(asyncio.CancelledError):
                await reaping
