"""Runs of actors: when they start, what they have found by a moment, what they cost; and their JSON."""

import json
import secrets
import string
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from sqlite3 import Row
from typing import Any

from local.sandbox.apify_actors import Actor, Item, actor_named, affordable
from local.sandbox.context import Sandbox
from local.sandbox.store import dumps

READY_SECONDS = 0.2
RUN_SECONDS = (0.8, 2.5)  # from start to end; latency "apify_run" overrides
FIRST_ITEM = 0.3  # the share of the run after which items begin to come
DEFAULT_TIMEOUT, DEFAULT_MEMORY = 3600, 1024
TABLE = """
CREATE TABLE IF NOT EXISTS apify_runs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, dataset TEXT NOT NULL UNIQUE,
  actor TEXT NOT NULL, items TEXT NOT NULL, options TEXT NOT NULL, started REAL NOT NULL,
  seconds REAL NOT NULL, ending TEXT NOT NULL, aborted REAL, input_length INTEGER NOT NULL)
"""


@dataclass(frozen=True)
class State:
    """A run at a moment; `ended` is when it ended, if it has."""

    status: str
    items: list[Item]
    usd: float
    ended: float | None

    @property
    def terminal(self) -> bool:
        return self.ended is not None


@dataclass(frozen=True)
class Run:
    id: str
    dataset: str
    actor: Actor
    found: list[Item]
    options: dict[str, float]
    started: float
    seconds: float
    ending: str  # the status it ends with if nobody aborts it
    aborted: float | None
    input_length: int

    @cached_property
    def started_text(self) -> str:
        return _stamp(self.started)

    def state(self, now: float) -> State:
        """What the API would say of the run at this moment."""
        end = self.started + self.seconds
        if self.aborted is not None and self.aborted < end:
            return self._at(self.aborted, "ABORTED", self.aborted)
        if now >= end:
            return self._at(end, self.ending, end)
        return self._at(now, "READY" if now < self.started + READY_SECONDS else "RUNNING", None)

    def _at(self, moment: float, status: str, ended: float | None) -> State:
        items = self.found[: self._count(moment)]
        began = moment >= self.started + READY_SECONDS
        usd = self.actor.start_usd * began + self.actor.usd * len(items)
        return State(status, items, round(usd, 6), ended)

    def _count(self, moment: float) -> int:
        """Items come evenly over the later part of the run."""
        if moment >= self.started + self.seconds:  # as `state` computes the end, to the last bit
            return len(self.found) // 2 if self.ending != "SUCCEEDED" else len(self.found)
        done = (moment - self.started) / self.seconds
        return max(0, int(len(self.found) * (done - FIRST_ITEM) / (1 - FIRST_ITEM)))


class Runs:
    def __init__(self, box: Sandbox) -> None:
        self._box = box
        box.store.define(TABLE)

    def now(self) -> float:
        """Actors run in real time, whatever the world's clock does."""
        return time.time()

    def start(self, actor: Actor, given: dict[str, Any], options: dict[str, float]) -> Run:
        seconds, ending = self._length(actor, options)
        found = actor.find(self._box.world, given)[: _most(actor, options)]
        key = _identifier()
        self._box.store.run(
            "INSERT INTO apify_runs"
            " (id, dataset, actor, items, options, started, seconds, ending, input_length)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            key,
            _identifier(),
            actor.id,
            dumps(found),
            dumps(options),
            self.now(),
            seconds,
            ending,
            len(dumps(given)),
        )
        return self.get(key)

    def _length(self, actor: Actor, options: dict[str, float]) -> tuple[float, str]:
        """How long the run will take and how it will end."""
        shortest, longest = self._box.faults.latency.get("apify_run", RUN_SECONDS)
        seconds = max(READY_SECONDS, shortest + (longest - shortest) * secrets.randbelow(1000) / 999)
        if self._box.faults.take("apify", "failed", actor.name):
            return seconds, "FAILED"
        if options.get("timeout") and seconds > options["timeout"]:
            return options["timeout"], "TIMED-OUT"
        return seconds, "SUCCEEDED"

    def abort(self, run: Run) -> Run:
        self._box.store.run("UPDATE apify_runs SET aborted = ? WHERE id = ?", self.now(), run.id)
        return self.get(run.id)

    def get(self, key: str) -> Run:
        """KeyError where there is none."""
        return self._read(self._box.store.one("SELECT * FROM apify_runs WHERE id = ?", key), key)

    def of_dataset(self, key: str) -> Run:
        """KeyError where there is none."""
        return self._read(self._box.store.one("SELECT * FROM apify_runs WHERE dataset = ?", key), key)

    def all(self) -> list[Run]:
        """In the order they were started."""
        rows = self._box.store.all("SELECT * FROM apify_runs ORDER BY seq")
        return [self._read(row, "") for row in rows]

    def _read(self, row: Row | None, key: str) -> Run:
        actor = actor_named(row["actor"]) if row is not None else None
        if row is None or actor is None:
            raise KeyError(key)
        return Run(
            id=row["id"],
            dataset=row["dataset"],
            actor=actor,
            found=json.loads(row["items"]),
            options=json.loads(row["options"]),
            started=row["started"],
            seconds=row["seconds"],
            ending=row["ending"],
            aborted=row["aborted"],
            input_length=row["input_length"],
        )


def _most(actor: Actor, options: dict[str, float]) -> int | None:
    """How many items the run may bring; None without a limit."""
    limits = [options.get("maxItems"), affordable(actor, options.get("maxTotalChargeUsd"))]
    return min((int(limit) for limit in limits if limit is not None), default=None)


def _identifier() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(17))


def _stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def run_json(run: Run, now: float, user: str) -> dict[str, Any]:
    state = run.state(now)
    lasted = (state.ended or now) - run.started
    memory = int(run.options.get("memory", DEFAULT_MEMORY))
    return {
        "id": run.id,
        "actId": run.actor.id,
        "userId": user,
        "startedAt": run.started_text,
        "finishedAt": _stamp(state.ended) if state.ended is not None else None,
        "status": state.status,
        "statusMessage": f"{len(state.items)} items so far" if state.status == "RUNNING" else None,
        "isStatusMessageTerminal": state.terminal,
        "meta": {"origin": "API", "clientIp": "127.0.0.1", "userAgent": "sandbox"},
        "pricingInfo": _pricing(run.actor),
        "stats": _stats(run, lasted, memory, over=state.terminal),
        "chargedEventCounts": {"actor-start": int(state.usd > 0), run.actor.event: len(state.items)},
        "options": _run_options(run, memory),
        "buildId": f"{run.actor.id[:14]}bld",
        "buildNumber": "0.1.1",
        "exitCode": {"SUCCEEDED": 0, "FAILED": 1}.get(state.status),
        "generalAccess": "FOLLOW_USER_SETTING",
        "defaultKeyValueStoreId": f"{run.id[:14]}kvs",
        "defaultDatasetId": run.dataset,
        "defaultRequestQueueId": f"{run.id[:14]}que",
        "storageIds": {"datasets": {"default": run.dataset}},
        "usageTotalUsd": state.usd,
        "platformUsageBillingModel": "DEVELOPER",
    }


def _stats(run: Run, lasted: float, memory: int, *, over: bool) -> dict[str, Any]:
    return {
        "inputBodyLen": run.input_length,
        "migrationCount": 0,
        "rebootCount": 0,
        "restartCount": 0,
        "resurrectCount": 0,
        "memAvgBytes": memory * 1024 * 300.0,
        "memMaxBytes": memory * 1024 * 600,
        "memCurrentBytes": 0 if over else memory * 1024 * 300,
        "cpuAvgUsage": 21.5,
        "cpuMaxUsage": 96.1,
        "cpuCurrentUsage": 0.0 if over else 21.5,
        "netRxBytes": 40_000 * len(run.found),
        "netTxBytes": 4_000 * len(run.found),
        "durationMillis": int(lasted * 1000),
        "runTimeSecs": round(lasted, 3),
        "metamorph": 0,
        "computeUnits": round(lasted / 3600 * memory / 1024, 6),
    }


def _run_options(run: Run, memory: int) -> dict[str, Any]:
    options: dict[str, Any] = {
        "build": "latest",
        "timeoutSecs": int(run.options.get("timeout", DEFAULT_TIMEOUT)),
        "memoryMbytes": memory,
        "diskMbytes": memory * 2,
    }
    if "maxItems" in run.options:
        options["maxItems"] = int(run.options["maxItems"])
    if "maxTotalChargeUsd" in run.options:
        options["maxTotalChargeUsd"] = run.options["maxTotalChargeUsd"]
    return options


def _pricing(actor: Actor) -> dict[str, Any]:
    events = {
        "actor-start": {
            "eventTitle": "Start",
            "eventDescription": "A run begins",
            "eventPriceUsd": actor.start_usd,
        },
        actor.event: {
            "eventTitle": actor.event,
            "eventDescription": "One result",
            "eventPriceUsd": actor.usd,
        },
    }
    return {
        "pricingModel": "PAY_PER_EVENT",
        "apifyMarginPercentage": 0.2,
        "createdAt": "2024-01-01T00:00:00.000Z",
        "startedAt": "2024-01-01T00:00:00.000Z",
        "pricingPerEvent": {"actorChargeEvents": events},
        "minimalMaxTotalChargeUsd": 0.01,
    }


def dataset_json(run: Run, now: float, user: str) -> dict[str, Any]:
    items = run.state(now).items
    return {
        "id": run.dataset,
        "name": None,
        "userId": user,
        "createdAt": run.started_text,
        "modifiedAt": _stamp(now),
        "accessedAt": _stamp(now),
        "itemCount": len(items),
        "cleanItemCount": len(items),
        "actId": run.actor.id,
        "actRunId": run.id,
        "fields": sorted({name for item in items for name in item}),
        "consoleUrl": f"https://console.apify.com/storage/datasets/{run.dataset}",
        "stats": {"readCount": 0, "writeCount": len(items), "storageBytes": len(dumps(items))},
    }


def actor_json(actor: Actor, user: str) -> dict[str, Any]:
    username, _, name = actor.name.partition("/")
    return {
        "id": actor.id,
        "userId": user,
        "name": name,
        "username": username,
        "title": actor.title,
        "description": actor.title,
        "isPublic": True,
        "createdAt": "2024-01-01T00:00:00.000Z",
        "modifiedAt": "2024-01-01T00:00:00.000Z",
        "stats": {"totalBuilds": 1, "totalRuns": 1, "totalUsers": 1},
        "versions": [{"versionNumber": "0.1", "sourceType": None, "buildTag": "latest"}],
        "pricingInfos": [_pricing(actor)],
        "defaultRunOptions": {
            "build": "latest",
            "timeoutSecs": DEFAULT_TIMEOUT,
            "memoryMbytes": DEFAULT_MEMORY,
        },
        "taggedBuilds": {"latest": {"buildId": f"{actor.id[:14]}bld", "buildNumber": "0.1.1"}},
    }
