"""The only place that knows arq: how a job is declared, enqueued and run.

A job receives ids, is safe to run twice, and ends in one of four ways: done; `Transient` (again later);
`Permanent` or `UserError` (logged, the job itself has told people); anything else (logged, again with
back-off, a bounded number of times; after that the sweep's leases decide).
"""

import functools
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog
from arq import Retry, create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.worker import Function, func
from redis.exceptions import RedisError

from db.errors import LeaseLost
from db.wake import Queue, Wake, WakeUp
from pipeline.errors import Permanent, Transient, UserError
from pipeline.logs import get_logger
from pipeline.telemetry import JOB_SECONDS, JOBS_RUN

if TYPE_CHECKING:
    from pipeline.deps import Deps

log = get_logger(__name__)
MAX_TRIES = 5
Body = Callable[..., Awaitable[None]]
Enqueue = Callable[[Sequence[WakeUp]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Job:
    wake: Wake
    queue: Queue
    timeout: timedelta
    body: Body


JOBS: dict[Wake, Job] = {}


def job(
    wake: Wake, *, queue: Queue = Queue.FAST, timeout: timedelta = timedelta(seconds=60)
) -> Callable[[Body], Body]:
    """Register `async def body(deps: Deps, *, workspace_id: str, …ids: str) -> None` as the job of `wake`."""

    def register(body: Body) -> Body:
        if wake in JOBS:
            raise ValueError(f"{wake} has a job already")
        JOBS[wake] = Job(wake, queue, timeout, body)
        return body

    return register


def functions(queue: Queue) -> list[Function]:
    """arq's view of the jobs of one queue. `ctx["deps"]` must hold the dependencies."""
    return [
        func(
            functools.partial(run, job),
            name=job.wake.value,
            timeout=job.timeout,
            keep_result=0,
            max_tries=MAX_TRIES,
        )
        for job in JOBS.values()
        if job.queue is queue
    ]


async def run(job: Job, ctx: dict[str, Any], **ids: str) -> None:
    """Run one wake-up; this is the job boundary, where errors end."""
    deps: Deps = ctx["deps"]
    attempt: int = ctx.get("job_try", 1)
    with structlog.contextvars.bound_contextvars(job=job.wake.value, **ids):
        began = deps.clock.monotonic()
        outcome = "failed"
        try:
            await job.body(deps, **ids)
            outcome = "done"
            log.info("job_done", seconds=round(deps.clock.monotonic() - began, 3))
        except LeaseLost:
            outcome = "lease_lost"
            log.info("job_lease_lost")
        except Transient as error:
            outcome = "postponed"
            log.warning("job_postponed", reason=str(error))
            raise Retry(defer=error.retry_after or backoff(attempt)) from error
        except (Permanent, UserError) as error:
            outcome = "refused"
            log.warning("job_refused", reason=str(error))
        except Exception:
            log.exception("job_failed", attempt=attempt)
            raise Retry(defer=backoff(attempt)) from None
        finally:
            JOBS_RUN.labels(job.wake.value, outcome).inc()
            JOB_SECONDS.labels(job.wake.value).observe(deps.clock.monotonic() - began)


def backoff(attempt: int) -> timedelta:
    """1, 2, 4, … seconds, at most a minute: long waits belong into Postgres."""
    return timedelta(seconds=min(60, 2 ** (attempt - 1)))


class RedisEnqueuer:
    """Hands wake-ups to arq. An unreachable Redis is logged and forgotten: the sweep finds what is due."""

    def __init__(self, redis_url: str) -> None:
        self._settings = RedisSettings.from_dsn(redis_url)
        self._pool: ArqRedis | None = None
        self._sent: dict[Wake, tuple[str, set[WakeUp]]] = {}  # of each job's newest round

    async def enqueue(self, wake_ups: Sequence[WakeUp]) -> None:
        try:
            if self._pool is None:
                self._pool = await open_pool(self._settings)
            for wake_up in wake_ups:
                if self._is_repeated(wake_up):
                    continue
                ids: dict[str, Any] = dict(wake_up.ids)
                await self._pool.enqueue_job(
                    wake_up.job.value, _job_id=job_id(wake_up), _queue_name=queue_of(wake_up.job), **ids
                )
        except (RedisError, OSError) as error:
            self._sent.clear()  # one that was lost is sent again by the next sweep of its round
            log.warning("wake_ups_lost", count=len(wake_ups), reason=type(error).__name__)

    def _is_repeated(self, wake_up: WakeUp) -> bool:
        """Sent in this round before: Redis would refuse it, for the price of a trip."""
        if not wake_up.round:
            return False
        newest, sent = self._sent.get(wake_up.job, ("", set[WakeUp]()))
        if newest != wake_up.round:
            sent = set[WakeUp]()
            self._sent[wake_up.job] = (wake_up.round, sent)
        repeated = wake_up in sent
        sent.add(wake_up)
        return repeated

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()


async def open_pool(settings: RedisSettings) -> ArqRedis:
    """Connect once, without arq's long retries: callers decide what a missing Redis means."""
    settings.conn_retries = 0
    return await create_pool(settings, job_serializer=serialize, job_deserializer=deserialize)


def serialize(job: dict[str, Any]) -> bytes:
    """JSON instead of pickle: what is in Redis must not be able to run code."""
    return json.dumps(job, default=str).encode()


def deserialize(raw: bytes) -> dict[str, Any]:
    return json.loads(raw)


def job_id(wake_up: WakeUp) -> str:
    """Its own for every wake-up, but one for those of the same round. Twice is safe: rows decide."""
    return ":".join([wake_up.job.value, *(value for _, value in wake_up.ids), wake_up.round or uuid4().hex])


def queue_of(wake: Wake) -> str:
    return (JOBS[wake].queue if wake in JOBS else QUEUES.get(wake, Queue.FAST)).value


# For processes that enqueue without importing the jobs.
QUEUES = {
    Wake.RESEARCH_LEAD: Queue.RESEARCH,
    Wake.IMPORT_LEADS: Queue.RESEARCH,
    Wake.FIND_LEADS: Queue.RESEARCH,
    Wake.WRITE_SEQUENCE: Queue.RESEARCH,
    Wake.REGENERATE: Queue.RESEARCH,
    Wake.WRITE_ANSWER: Queue.RESEARCH,
}
