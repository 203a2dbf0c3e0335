"""The seeds' metrics for Prometheus: gauges computed from the tables of all workspaces, and this process's counters.

Reading them costs a few queries a workspace, so they are kept for CACHED seconds whoever asks how often.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from redis.exceptions import RedisError

from bot.web import exposition
from db.errors import DATABASE_ERRORS
from db.queries import due, metrics
from db.queries.metrics import Deliveries, Sums
from db.wake import Queue
from pipeline import telemetry
from pipeline.deps import Deps
from pipeline.logs import get_logger

log = get_logger(__name__)
CACHED = 15.0  # seconds
RECENT = timedelta(hours=1)
LONG_AGO = timedelta(days=30)
UNKNOWN = float("nan")  # a rate of nothing; Prometheus knows it
GAUGES = {
    "leads_processed_per_hour": "Leads whose research ended in the last hour",
    "average_research_time": "Seconds a research run took, on average in the last hour",
    "qualification_rate": "Qualified leads, of those researched in the last 30 days",
    "data_quality_score": "Average quality, 0 to 100, of the leads researched in the last 30 days",
    "open_rate": "Opened, of the emails sent in the last 30 days",
    "click_rate": "Clicked, of the emails sent in the last 30 days",
    "reply_rate": "Answered, of the emails sent in the last 30 days",
    "bounce_rate": "Bounced, of the emails sent in the last 30 days",
    "unsubscribe_rate": "Unsubscribed, of the emails sent in the last 30 days",
    "api_success_rate": "Calls to outside services that succeeded, in the last hour",
    "error_rate": "Turns, runs, tasks and emails that failed, of those that ended in the last hour",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything read at one moment. `queues`: None where Redis did not answer."""

    sums: Sums
    deliveries: Deliveries
    queues: dict[str, int] | None


class SeedMetrics:
    """The gauges, in a registry of their own."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()
        self.registry = CollectorRegistry()
        self._gauges = {
            name: Gauge(f"rainmaker_{name}", sentence, registry=self.registry)
            for name, sentence in GAUGES.items()
        }
        self._depth = Gauge(
            "rainmaker_queue_depth", "What waits, by queue", ["queue"], registry=self.registry
        )
        self._latency = Gauge(
            "rainmaker_processing_latency",
            "Seconds from arrival to end, on average in the last hour",
            ["stage"],
            registry=self.registry,
        )
        self._up = Gauge("rainmaker_database_up", "1 where the tables could be read", registry=self.registry)

    async def refresh(self) -> None:
        """Read anew, at most every CACHED seconds. Without a database the gauges keep what they had."""
        async with self._lock:
            now = self._deps.clock.monotonic()
            if now - self._read_at < CACHED:
                return
            self._read_at = now
            try:
                self._show(await self._read())
                self._up.set(1)
            except DATABASE_ERRORS as error:
                log.warning("metrics_not_read", reason=type(error).__name__)
                self._up.set(0)

    async def _read(self) -> Reading:
        now = self._deps.clock.now()
        async with self._deps.db.across() as tx:
            everyone = await due.workspaces(tx.session)
            delivered = await metrics.deliveries(tx.session, recent=now - RECENT)
        total = Sums()
        for workspace_id in everyone:
            async with self._deps.db.transaction(workspace_id) as tx:
                total += await metrics.sums(
                    tx.session, workspace_id, recent=now - RECENT, long_ago=now - LONG_AGO
                )
        return Reading(total, delivered, await self._queues())

    async def _queues(self) -> dict[str, int] | None:
        try:
            return {queue.value: int(await self._deps.redis.zcard(queue.value)) for queue in Queue}  # pyright: ignore[reportUnknownMemberType, reportGeneralTypeIssues]
        except (RedisError, OSError):
            return None

    def _show(self, reading: Reading) -> None:
        for name, value in rates(reading.sums).items():
            self._gauges[name].set(value)
        speed = self._deps.clock.speed
        told, delivered = reading.sums, reading.deliveries
        self._latency.labels("delivery").set(_rate(delivered.seconds, delivered.timed) / speed)
        self._latency.labels("turn").set(_rate(told.turn_seconds, told.turns_timed) / speed)
        self._depth.labels("deliveries").set(delivered.waiting)
        self._depth.labels("surfaces").set(told.surfaces_waiting)
        for queue in Queue:
            self._depth.labels(queue.value).set((reading.queues or {}).get(queue.value, UNKNOWN))


def rates(sums: Sums) -> dict[str, float]:
    """The gauges by their seeds' names; NaN where there is nothing to divide by."""
    return {
        "leads_processed_per_hour": float(sums.leads_processed),
        "average_research_time": _rate(sums.research_seconds, sums.research_timed),
        "qualification_rate": _rate(sums.qualified, sums.researched),
        "data_quality_score": _rate(sums.quality, sums.quality_rated),
        "open_rate": _rate(sums.opened, sums.sent),
        "click_rate": _rate(sums.clicked, sums.sent),
        "reply_rate": _rate(sums.replied, sums.sent),
        "bounce_rate": _rate(sums.bounced, sums.sent),
        "unsubscribe_rate": _rate(sums.unsubscribed, sums.sent),
        "api_success_rate": _rate(sums.api_calls - sums.api_errors, sums.api_calls),
        "error_rate": _rate(sums.failed, sums.ended),
    }


def _rate(part: float, whole: int) -> float:
    return part / whole if whole else UNKNOWN


def route(deps: Deps) -> web.RouteDef:
    """GET /metrics."""
    seeds = SeedMetrics(deps)

    async def read() -> bytes:
        await seeds.refresh()
        return generate_latest(seeds.registry) + await exposition.own_counters()

    return exposition.route(deps.settings, read)


__all__ = ["CACHED", "GAUGES", "SeedMetrics", "rates", "route", "telemetry"]
