"""An Apify of our own making at the wire: runs whose items, ends and bills a test decides."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

ACTOR = "someone/some-actor"


@dataclass
class Stub:
    """`items`: what a run stores, with the second at which each is there. `bills`: dollars as they are told from
    one look to the next once the run has ended or was stopped, the last for ever; None: not told."""

    items: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    seconds: float = 0.3
    bills: list[float | None] = field(default_factory=lambda: [0.02])
    stops_at_once: bool = True
    fails: str | None = None  # of items: "items"; of the look at a run: "wait"
    inputs: list[dict[str, Any]] = field(default_factory=list)
    charged: list[float] = field(default_factory=list)
    aborts: int = 0
    _began: float = 0.0
    _stopped: float | None = None
    _looks: int = 0

    def _status(self) -> str:
        now = asyncio.get_running_loop().time()
        if self._stopped is not None:
            return "ABORTED" if self.stops_at_once or now - self._stopped > 0.5 else "ABORTING"
        return "SUCCEEDED" if now - self._began >= self.seconds else "RUNNING"

    def _run(self) -> dict[str, Any]:
        status = self._status()
        is_over = status in ("SUCCEEDED", "ABORTED")
        bill = self.bills[min(self._looks, len(self.bills) - 1)]
        self._looks += is_over
        run: dict[str, Any] = {
            "id": "run1", "actId": "act1", "userId": "user1", "status": status, "buildId": "bld1",
            "buildNumber": "0.1.1",
            "startedAt": "2026-03-02T08:00:00.000Z", "finishedAt": "2026-03-02T08:00:09.000Z" if is_over else None,
            "meta": {"origin": "API"}, "generalAccess": "RESTRICTED", "exitCode": None,
            "stats": {"restartCount": 0, "resurrectCount": 0, "computeUnits": 0.1},
            "options": {"build": "latest", "timeoutSecs": 60, "memoryMbytes": 1024, "diskMbytes": 2048},
            "defaultKeyValueStoreId": "kvs1", "defaultDatasetId": "set1", "defaultRequestQueueId": "que1",
        }  # fmt: skip
        return run | ({"usageTotalUsd": bill} if bill is not None else {})

    def _stored(self) -> list[dict[str, Any]]:
        until = self._stopped if self._stopped is not None else asyncio.get_running_loop().time()
        return [item for second, item in self.items if until - self._began >= second]

    async def start(self, request: web.Request) -> web.Response:
        self.inputs.append(json.loads(await request.read()))
        self.charged.append(float(request.query["maxTotalChargeUsd"]))
        self._began, self._stopped, self._looks = asyncio.get_running_loop().time(), None, 0
        return web.json_response({"data": self._run()}, status=201)

    async def look(self, request: web.Request) -> web.Response:
        if self.fails == "wait":
            return web.json_response({"error": {"type": "x", "message": "no"}}, status=403)
        until = asyncio.get_running_loop().time() + float(request.query.get("waitForFinish", 0) or 0)
        while self._status() == "RUNNING" and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.02)
        return web.json_response({"data": self._run()})

    async def abort(self, request: web.Request) -> web.Response:
        self.aborts += 1
        self._stopped = asyncio.get_running_loop().time()
        return web.json_response({"data": self._run()})

    async def stored(self, request: web.Request) -> web.Response:
        if self.fails == "items":
            return web.json_response({"error": {"type": "x", "message": "no"}}, status=403)
        page = self._stored()
        told = {"total": len(page), "offset": 0, "count": len(page), "limit": 1000, "desc": "false"}
        headers = {f"x-apify-pagination-{name}": str(value) for name, value in told.items()}
        offset = int(request.query.get("offset", 0))
        return web.json_response(page[offset:], headers=headers)


@asynccontextmanager
async def apify_stub(stub: Stub) -> AsyncIterator[str]:
    """Its address."""
    app = web.Application()
    for name in ("acts", "actors"):
        app.router.add_post(f"/v2/{name}/{{actor}}/runs", stub.start)
    app.router.add_get("/v2/actor-runs/{run}", stub.look)
    app.router.add_post("/v2/actor-runs/{run}/abort", stub.abort)
    app.router.add_get("/v2/datasets/{id}/items", stub.stored)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")
