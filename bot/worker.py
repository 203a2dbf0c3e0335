"""Entry of the worker process: arq workers for the queues, the tick and the sweep.

`python -m bot.worker [--queues fast,research,browser]`. Any number may run; rows decide who does what.
"""

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Sequence
from typing import Any

from arq import Worker
from arq.connections import RedisSettings
from redis.exceptions import RedisError

from bot.notifier import SlackNotifier
from bot.process import background, run, settle
from bot.web import exposition
from db.errors import Unreachable
from db.wake import Queue
from pipeline import logs
from pipeline.deps import Deps, open_clock, open_deps
from pipeline.jobs import research_libraries
from pipeline.jobs.base import MAX_TRIES, RedisEnqueuer, deserialize, functions, serialize
from pipeline.jobs.sweep import sweep, tick, tidy
from pipeline.settings import Settings

log = logs.get_logger(__name__)
SWEEP_EVERY = 2.0  # seconds of real time
TIDY_EVERY = 3600.0
LOAD_AFTER = 3.0
MOST_JOBS = {Queue.FAST: 64, Queue.RESEARCH: 16, Queue.BROWSER: 2}
# Seconds between two looks at a queue; each costs, and a run that takes half a minute can wait a moment.
POLL_EVERY = {Queue.FAST: 0.05, Queue.RESEARCH: 0.2, Queue.BROWSER: 0.2}
NAMES = {"fast": Queue.FAST, "research": Queue.RESEARCH, "browser": Queue.BROWSER}


def tick_seconds(speed: float) -> float:
    """How often business time is looked at: each of its minutes, but not more than four times a second."""
    return max(0.25, 60 / speed)


class WorkerProcess:
    def __init__(self, deps: Deps, enqueuer: RedisEnqueuer, queues: Sequence[Queue]) -> None:
        self._deps, self._enqueuer, self._queues = deps, enqueuer, queues
        self._workers: dict[Queue, Worker] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        loops = await background(
            self._tick,
            self._sweep,
            self._tidy,
            *(self._consumer(queue) for queue in self._queues if functions(queue)),
        )
        settle()
        log.info("worker_ready", queues=[queue.value for queue in self._queues])
        if Queue.RESEARCH in self._queues:
            loops.append(asyncio.create_task(self._load_libraries()))
        await stop.wait()
        log.info("worker_stopping")
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        await asyncio.gather(*(worker.close() for worker in self._workers.values()), return_exceptions=True)

    async def _load_libraries(self) -> None:
        """Once the start is over, which they would make longer."""
        await asyncio.sleep(LOAD_AFTER)
        await asyncio.to_thread(research_libraries.load, self._deps.settings)
        settle()

    async def _tick(self) -> None:
        while True:
            try:
                await tick(self._deps, self._enqueuer.enqueue)
            except Unreachable as error:
                log.warning("tick_skipped", reason=str(error))
            await asyncio.sleep(tick_seconds(self._deps.clock.speed))

    async def _sweep(self) -> None:
        while True:
            try:
                await sweep(self._deps, self._enqueuer.enqueue)
            except Unreachable as error:
                log.warning("sweep_skipped", reason=str(error))
            await asyncio.sleep(SWEEP_EVERY)

    async def _tidy(self) -> None:
        while True:
            await tidy(self._deps)
            await asyncio.sleep(TIDY_EVERY)

    def _consumer(self, queue: Queue) -> Any:
        async def consume() -> None:
            """One arq worker; when Redis goes away it is made anew."""
            worker = self._workers[queue] = self._worker(queue)
            try:
                await worker.main()
            except (RedisError, OSError) as error:
                log.warning("queue_lost", queue=queue.value, reason=type(error).__name__)
                leaving = asyncio.create_task(_let_go(worker))
                self._leaving.add(leaving)
                leaving.add_done_callback(self._leaving.discard)
            await asyncio.sleep(0.5)

        return consume

    def _worker(self, queue: Queue) -> Worker:
        return Worker(
            functions=functions(queue),
            queue_name=queue.value,
            redis_settings=RedisSettings.from_dsn(self._deps.settings.redis_url),
            handle_signals=False,
            ctx={"deps": self._deps},
            job_serializer=serialize,
            job_deserializer=deserialize,
            max_jobs=MOST_JOBS[queue],
            max_tries=MAX_TRIES,
            poll_delay=POLL_EVERY[queue],
            keep_result=0,
            health_check_key=f"{queue.value}:health",
            health_check_interval=15,  # seconds; the doctor trusts the key for as long
            log_results=False,
        )


async def _let_go(worker: Worker) -> None:
    """Of a worker whose Redis is gone: its jobs come to their end, which it can't note any more, and are left."""
    await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
    with contextlib.suppress(RedisError, OSError, AttributeError):  # it may never have been connected
        await worker.pool.aclose()


async def serve(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    clock = open_clock(settings)
    enqueuer = RedisEnqueuer(settings.redis_url)
    deps = open_deps(settings, clock, SlackNotifier(clock), enqueuer)
    try:
        await deps.db.check_role()
        async with exposition.serving(settings):
            await WorkerProcess(deps, enqueuer, chosen_queues()).run(stop)
    finally:
        await enqueuer.close()
        await deps.close()


def chosen_queues() -> list[Queue]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queues", default="fast,research,browser", help="which queues to serve")
    names = [name.strip() for name in parser.parse_args().queues.split(",")]
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        parser.error(f"unknown queue {unknown[0]!r}; known: {', '.join(NAMES)}")
    return [NAMES[name] for name in names]


if __name__ == "__main__":
    run(serve, "worker")
