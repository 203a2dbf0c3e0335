"""Stories while web and worker are killed again and again, and Redis goes away: nothing twice, nothing lost.

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
from tests.flows.desk import NotSeen
from tests.flows.reaper import Reaper, RedisOutage
from tests.flows.under_fire import Story, broken_promises, set_up_under_fire, settled
from tests.flows.world import ENCRYPTION_KEY, SAM, World, started_world
from tests.servers import Servers

KILLS_A_WORLD = 18
REDIS_GONE = 30.0


@dataclass
class Outcome:
    seed: int
    kills: Counter[str] = field(default_factory=Counter[str])
    outages: list[float] = field(default_factory=list[float])  # seconds without Redis
    seconds: list[float] = field(default_factory=list[float])  # of each story
    messages: int = 0
    surfaces: int = 0
    answers: int = 0
    mails: int = 0
    problems: list[str] = field(default_factory=list[str])

    def __str__(self) -> str:
        killed = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        gone = ", ".join(f"{seconds:.0f}" for seconds in self.outages)
        stories = ", ".join(f"{seconds:.0f}" for seconds in self.seconds)
        return "\n".join(
            (
                f"seed             {self.seed}",
                f"kills            {self.kills.total()} ({killed})",
                f"Redis gone       {len(self.outages)} times (seconds: {gone})",
                f"stories ended    {len(self.seconds)} (seconds: {stories})",
                f"Slack messages   {self.messages} ({self.surfaces} surfaces and {self.answers} answers, each once)",
                f"mails            {self.mails} (sent emails, each once)",
                f"broken promises  {len(self.problems)}",
                *(f"  {problem}" for problem in self.problems),
            )
        )


async def stories_under_fire(
    world: World, reaper: Reaper, outcome: Outcome, outage: RedisOutage | None = None
) -> None:
    """One story after the other while kills are left, and people who answer; at least one."""
    slow_down(world)
    async with world.desk(SAM) as sam:
        reaping = asyncio.gather(reaper.run(), *([outage.run()] if outage else []))
        stories: list[Story] = []
        try:
            await set_up_under_fire(sam)
            while person := world.answering_person() if not (stories and reaping.done()) else None:
                stories.append(Story(world, sam, person))
                await stories[-1].run()
        except (NotSeen, TimeoutError) as error:
            outcome.problems.append(f"a story did not end: {error}")
        finally:
            reaping.cancel()
            with suppress(asyncio.CancelledError):
                await reaping
        world.redis.start()
        await world.all_running()
        with suppress(NotSeen):  # what is still open is told below
            await settled(world)
        outcome.problems += await broken_promises(world, sam, stories)
        outcome.seconds += [story.ended for story in stories if story.ended]
        outcome.kills += reaper.killed
        outcome.outages += [outage.seconds] * outage.times if outage else []
        outcome.messages += len(await sam.everything())
        outcome.surfaces += len(await world.rows("SELECT 1 FROM slack_outbox WHERE posted_ts IS NOT NULL"))
        outcome.answers += len(await world.rows("SELECT 1 FROM turns WHERE state = 'done'"))
        outcome.mails += len(await mail_log(world.sandbox.box))


def slow_down(world: World) -> None:
    """Research and answers take as long as to be hit in their midst."""
    world.sandbox.box.faults.latency["openai"] = (0.05, 0.25)


async def soak(kills: int, seed: int, folder: Path) -> Outcome:
    """World after world, each of another seed, until the kills are used up."""
    outcome = Outcome(seed)
    servers = Servers()
    try:
        while (left := kills - outcome.kills.total()) > 0 and not outcome.problems:
            number = seed + len(outcome.seconds)
            async with started_world(servers, folder / str(number), seed=number, strict=False) as world:
                outage = RedisOutage(world, REDIS_GONE, number)
                await stories_under_fire(
                    world, Reaper(world, min(left, KILLS_A_WORLD), number), outcome, outage
                )
            print(f"... {outcome.kills.total()} of {kills} kills", file=sys.stderr)
    finally:
        servers.release()
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.flows.soak", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    seal.install(sealer_from(ENCRYPTION_KEY))
    folder = Path(tempfile.mkdtemp(prefix="rainmaker-soak-"))
    outcome = asyncio.run(soak(chosen.kills, chosen.seed, folder))
    print(outcome)
    if outcome.problems:
        print(f"logs are kept in {folder}")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
