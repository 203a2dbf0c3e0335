"""Apify's API v2 as far as running actors and reading their results needs it.

https://docs.apify.com/api/v2. A run's state follows from the time since its start, so nothing works in
the background and a restart of the sandbox loses no run.
Faults of service "apify", matched against the path: rate_limited, server_error, no_access, no_credit, those
of outage; and failed, matched against the actor's name, when a run starts. Latency "apify_run" is how long
runs take.
"""

import asyncio
import json
from typing import Any

from aiohttp import web

from local.sandbox.apify_actors import ACTORS, Actor, actor_named
from local.sandbox.apify_runs import Run, Runs, actor_json, dataset_json, run_json
from local.sandbox.context import Sandbox
from local.sandbox.outage import outage

PREFIX = "/apify/v2"
WAIT_LIMIT = 60.0  # seconds `waitForFinish` is honoured for at most
POLL = 0.05
SYNC_LIMIT = 300.0
USER_ID = "sandboxUser000001"
COVERAGE = {
    "GET /users/me": "me",
    "GET /acts/{actor}": "get_actor",
    "GET /actors/{actor}": "get_actor",
    "POST /acts/{actor}/runs": "start",
    "POST /actors/{actor}/runs": "start",
    "GET /acts/{actor}/runs/last": "last",
    "GET /actors/{actor}/runs/last": "last",
    "POST /acts/{actor}/run-sync-get-dataset-items": "sync",
    "POST /actors/{actor}/run-sync-get-dataset-items": "sync",
    "GET /actor-runs": "all_runs",
    "GET /actor-runs/{run}": "get_run",
    "POST /actor-runs/{run}/abort": "abort",
    "GET /actor-runs/{run}/dataset": "run_dataset",
    "GET /actor-runs/{run}/dataset/items": "run_items",
    "GET /actor-runs/{run}/log": "log",
    "GET /logs/{run}": "log",
    "GET /datasets/{dataset}": "dataset",
    "GET /datasets/{dataset}/items": "items",
}


def routes(box: Sandbox) -> list[web.AbstractRouteDef]:
    api = Apify(box)
    return [api.route(key, name) for key, name in COVERAGE.items()]


class Refusal(Exception):
    """An error as Apify words it."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind = status, kind


class Apify:
    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self._runs = Runs(box)

    def route(self, key: str, name: str) -> web.RouteDef:
        method, _, path = key.partition(" ")
        answer = getattr(self, name)

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                broken = await outage(self._box, "apify", request.path)
                if broken is not None:
                    return broken
                self._authenticate(request)
                self._fault(request)
                return await answer(request)
            except Refusal as refusal:
                error = {"type": refusal.kind, "message": str(refusal)}
                return web.json_response({"error": error}, status=refusal.status)

        return web.route(method, PREFIX + path, guarded)

    def _authenticate(self, request: web.Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else request.query.get("token", "")
        if not token:
            raise Refusal(401, "token-not-provided", "Authentication token was not provided")
        if token != self._box.accounts.apify_token:
            message = "User was not found or authentication token is not valid"
            raise Refusal(401, "user-or-token-not-found", message)

    def _fault(self, request: web.Request) -> None:
        take, path = self._box.faults.take, request.path
        if take("apify", "rate_limited", path):
            message = "You have exceeded the rate limit of 60 requests per second"
            raise Refusal(429, "rate-limit-exceeded", message)
        if take("apify", "server_error", path):
            raise Refusal(500, "internal-server-error", "Internal server error. Please try again later.")
        if take("apify", "no_access", path):
            raise Refusal(403, "insufficient-permissions", "Insufficient permissions for the resource.")
        if take("apify", "no_credit", path):
            message = "By launching this job you will exceed your remaining usage."
            raise Refusal(402, "not-enough-usage-to-run-paid-actor", message)

    async def me(self, request: web.Request) -> web.Response:
        profile = {
            "id": USER_ID,
            "username": "sandbox",
            "email": self._box.accounts.mailbox,
            "isPaying": True,
        }
        return _data({**profile, "createdAt": "2024-01-01T00:00:00.000Z"})

    async def get_actor(self, request: web.Request) -> web.Response:
        return _data(actor_json(_actor(request), USER_ID))

    async def start(self, request: web.Request) -> web.Response:
        run = self._runs.start(_actor(request), await _input(request), _options(request))
        await self._finished(run, _seconds(request, "waitForFinish", 0.0, WAIT_LIMIT))
        return _data(run_json(run, self._runs.now(), USER_ID), status=201)

    async def sync(self, request: web.Request) -> web.Response:
        run = self._runs.start(_actor(request), await _input(request), _options(request))
        await self._finished(run, SYNC_LIMIT)
        state = run.state(self._runs.now())
        if state.status != "SUCCEEDED":
            raise Refusal(
                400, "run-failed", f"Actor run did not succeed (run ID: {run.id}, status: {state.status})."
            )
        return _items_page(request, state.items, status=201)

    async def last(self, request: web.Request) -> web.Response:
        runs = [run for run in self._runs.all() if run.actor is _actor(request)]
        if not runs:
            raise Refusal(404, "record-not-found", "Actor run was not found")
        return _data(run_json(runs[-1], self._runs.now(), USER_ID))

    async def all_runs(self, request: web.Request) -> web.Response:
        """Newest last, or first with desc; paged."""
        offset, limit = _whole(request, "offset", 0), _whole(request, "limit", 1000)
        desc = request.query.get("desc") in ("1", "true")
        runs = list(reversed(self._runs.all())) if desc else self._runs.all()
        now = self._runs.now()
        page = [run_json(run, now, USER_ID) for run in runs[offset : offset + limit]]
        listing = {"total": len(runs), "offset": offset, "limit": limit, "desc": desc, "count": len(page)}
        return _data({**listing, "items": page})

    async def get_run(self, request: web.Request) -> web.Response:
        run = self._run(request)
        await self._finished(run, _seconds(request, "waitForFinish", 0.0, WAIT_LIMIT))
        return _data(run_json(self._run(request), self._runs.now(), USER_ID))

    async def abort(self, request: web.Request) -> web.Response:
        run = self._run(request)
        if run.state(self._runs.now()).terminal:
            raise Refusal(400, "run-is-not-running", "Only running runs can be aborted.")
        return _data(run_json(self._runs.abort(run), self._runs.now(), USER_ID))

    async def run_dataset(self, request: web.Request) -> web.Response:
        return _data(dataset_json(self._run(request), self._runs.now(), USER_ID))

    async def run_items(self, request: web.Request) -> web.Response:
        return _items_page(request, self._run(request).state(self._runs.now()).items)

    async def dataset(self, request: web.Request) -> web.Response:
        return _data(dataset_json(self._run_of_dataset(request), self._runs.now(), USER_ID))

    async def items(self, request: web.Request) -> web.Response:
        return _items_page(request, self._run_of_dataset(request).state(self._runs.now()).items)

    async def log(self, request: web.Request) -> web.StreamResponse:
        """Plain text; with `stream` it stays open until the run is over."""
        run = self._run(request)
        response = web.StreamResponse(headers={"Content-Type": "text/plain; charset=utf-8"})
        await response.prepare(request)
        await response.write(f"{run.started_text} ACTOR: Starting {run.actor.name}.\n".encode())
        if request.query.get("stream"):
            await self._finished(run, SYNC_LIMIT)
        state = self._runs.get(run.id).state(self._runs.now())
        await response.write(f"{run.started_text} INFO  {state.status}: {len(state.items)} items.\n".encode())
        await response.write_eof()
        return response

    async def _finished(self, run: Run, patience: float) -> None:
        """Return when the run is over or patience is."""
        deadline = self._runs.now() + patience
        # The end comes with time; nobody could set an event.
        while self._runs.now() < deadline and not self._over(run):  # noqa: ASYNC110
            await asyncio.sleep(POLL)

    def _over(self, run: Run) -> bool:
        return self._runs.get(run.id).state(self._runs.now()).terminal

    def _run(self, request: web.Request) -> Run:
        try:
            return self._runs.get(request.match_info["run"])
        except KeyError:
            raise Refusal(404, "record-not-found", "Actor run was not found") from None

    def _run_of_dataset(self, request: web.Request) -> Run:
        try:
            return self._runs.of_dataset(request.match_info["dataset"])
        except KeyError:
            raise Refusal(404, "record-not-found", "Dataset was not found") from None


def _actor(request: web.Request) -> Actor:
    actor = actor_named(request.match_info["actor"])
    if actor is None:
        raise Refusal(404, "record-not-found", "Actor was not found")
    return actor


async def _input(request: web.Request) -> dict[str, Any]:
    body = await request.read()
    try:
        given = json.loads(body) if body.strip() else {}
    except ValueError:
        raise Refusal(400, "invalid-input", "The input JSON could not be parsed") from None
    if not isinstance(given, dict):
        raise Refusal(400, "invalid-input", "Input is not valid: the input must be a JSON object.")
    needs = next(actor for actor in ACTORS if actor is _actor(request)).needs
    if needs and not any(given.get(name) for name in needs):
        raise Refusal(400, "invalid-input", f"Input is not valid: Field input.{needs[0]} is required")
    return given


def _options(request: web.Request) -> dict[str, float]:
    """What the query says of time, memory, items and money."""
    names = ("timeout", "memory", "maxItems", "maxTotalChargeUsd")
    try:
        return {name: float(request.query[name]) for name in names if name in request.query}
    except ValueError:
        raise Refusal(400, "invalid-parameter", "A numeric query parameter is not a number") from None


def _seconds(request: web.Request, name: str, usual: float, most: float) -> float:
    try:
        return min(most, max(0.0, float(request.query.get(name, usual))))
    except ValueError:
        raise Refusal(400, "invalid-parameter", f"{name} is not a number") from None


def _whole(request: web.Request, name: str, usual: int) -> int:
    return int(_seconds(request, name, usual, float(2**31)))


def _data(data: dict[str, Any], status: int = 200) -> web.Response:
    return web.json_response({"data": data}, status=status)


def _items_page(request: web.Request, items: list[dict[str, Any]], status: int = 200) -> web.Response:
    """A page of a dataset: the bare items, the paging in headers."""
    offset, limit = _whole(request, "offset", 0), _whole(request, "limit", 250_000)
    desc = request.query.get("desc") in ("1", "true")
    page = (list(reversed(items)) if desc else items)[offset : offset + limit]
    fields = [name for name in request.query.get("fields", "").split(",") if name]
    if fields:
        page = [{name: item[name] for name in fields if name in item} for item in page]
    headers = {
        "x-apify-pagination-total": str(len(items)),
        "x-apify-pagination-offset": str(offset),
        "x-apify-pagination-count": str(len(page)),
        "x-apify-pagination-limit": str(limit),
        "x-apify-pagination-desc": str(desc).lower(),
    }
    return web.json_response(page, headers=headers, status=status)
