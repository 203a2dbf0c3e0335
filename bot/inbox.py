"""What Slack delivers: stored before it is acknowledged, done once, resumed after a crash.

As it arrives, and once its signature is checked, it is stored and acknowledged with an empty 200: over HTTP by
`bot.web.events`, in Socket Mode by a middleware before authorize. Then it comes to Bolt from the row, under a lease,
with authorize and listeners; this second pass can be repeated by any process. Forms are the exception: their answer
is the ack, so they run at once, and only a crash leaves them to be resumed: who saw an error presses again.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Generic, TypeVar, cast
from uuid import uuid4

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.slack import dig
from db.errors import DATABASE_ERRORS, LeaseLost, Unreachable
from db.queries import inbox
from db.queries.inbox import Delivery
from db.queries.leases import Lease
from db.session import Database
from db.types import InboxId, InboxKind, LeaseToken
from pipeline.clock import Clock
from pipeline.logs import get_logger
from pipeline.telemetry import DELIVERIES

log = get_logger(__name__)
LEASE = timedelta(seconds=30)
HEARTBEAT = 10.0  # seconds
RESUME_EVERY = 1.0
MOST_ATTEMPTS = 5
LONGEST_KEY = 250
MOST_TOGETHER = 100
FINISH_WITHIN = 0.03  # seconds in which finished deliveries gather: acks go first
STORED = "inbox_id"  # the key in Bolt's context of a delivery that comes from its row
ANSWERED_BY_ACK = frozenset({InboxKind.VIEW})
Stored = tuple[InboxId, LeaseToken]
T = TypeVar("T")
R = TypeVar("R")


def delivery_of(body: dict[str, Any]) -> Delivery | None:
    """The delivery a body is; None for what is not stored (url_verification, option lists)."""
    kind, key = _kind_and_key(body)
    if kind is None:
        return None
    authorizations = body.get("authorizations")
    first = (
        cast(list[object], authorizations)[0] if isinstance(authorizations, list) and authorizations else None
    )
    team = (
        dig(first, "team_id")
        or body.get("team_id")
        or dig(body, "team", "id")
        or dig(body, "user", "team_id")
    )
    return Delivery(_storable(key), kind, _storable(str(team)) if team else None, body)


def _storable(word: str) -> str:
    """What an indexed column takes: no NUL, no half of a surrogate pair, not too long."""
    clean = word.isprintable() and len(word) <= LONGEST_KEY
    return word if clean else hashlib.sha256(word.encode(errors="surrogatepass")).hexdigest()


def _kind_and_key(body: dict[str, Any]) -> tuple[InboxKind | None, str]:
    match body.get("type"):
        case "event_callback":
            return InboxKind.EVENT, str(body.get("event_id") or _digest(body))
        case "block_actions":
            return InboxKind.ACTION, f"action:{_trigger(body)}"
        case "view_submission":
            return InboxKind.VIEW, f"view:{_trigger(body)}"
        case "view_closed":
            return InboxKind.ACTION, f"closed:{_digest(body)}"
        case "shortcut" | "message_action":
            return InboxKind.SHORTCUT, f"shortcut:{_trigger(body)}"
        case _ if body.get("command"):
            return InboxKind.COMMAND, f"command:{_trigger(body)}"
        case _:
            return None, ""


def _trigger(body: dict[str, Any]) -> object:
    return body.get("trigger_id") or _digest(body)


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


class Together(Generic[T, R]):
    """Writes what comes in at the same time in one transaction: under load, many share a commit."""

    def __init__(self, write: Callable[[list[T]], Awaitable[list[R]]], wait: float = 0.0) -> None:
        """`write` answers for each thing, in order; the first of several waits so many seconds for more."""
        self._write, self._wait = write, wait
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._task: asyncio.Task[None] | None = None

    async def add(self, thing: T) -> R:
        """What `write` answered for it. Raises what the database raises."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((thing, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._flush())
        return await future

    async def _flush(self) -> None:
        while self._waiting:
            if self._wait:
                await asyncio.sleep(self._wait)
            batch, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            try:
                answers = await self._write([thing for thing, _ in batch])
            except DATABASE_ERRORS as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)


class Inbox:
    """The first pass (`receive`), the second (`_process`), and the loop that resumes what was left behind."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock
        self.heartbeat = HEARTBEAT
        self._stored = Together(self._store)
        self._finished = Together(self._finish, FINISH_WITHIN)
        self._app: AsyncApp | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._held: set[Stored] = set()
        self._ended: dict[InboxId, bool] = {}  # failed?, of deliveries whose end could not be stored yet
        self._beating: asyncio.Task[None] | None = None
        self._closing = False

    def attach(self, app: AsyncApp) -> None:
        self._app = app

    async def receive(
        self,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],
    ) -> BoltResponse | None:
        """Bolt's `before_authorize` middleware: the first pass of Socket Mode, and of what is not stored."""
        if STORED in cast(dict[str, Any], req.context):
            return await next()
        delivery = delivery_of(req.body)
        return await next() if delivery is None else await self.accept(delivery)

    async def accept(self, delivery: Delivery) -> BoltResponse:
        """Its ack, once it is committed: empty, but for forms; 500 where it could not be stored."""
        if self._closing:
            return BoltResponse(status=503, body="")
        try:
            stored = await self._stored.add(delivery)
        except DATABASE_ERRORS as error:
            log.error("inbox_unreachable", reason=type(error).__name__)
            return BoltResponse(status=500, body="")  # Slack sends it again
        if stored is None:
            log.info("delivery_repeated", kind=delivery.kind)
            DELIVERIES.labels(delivery.kind.value, "repeated").inc()
            return BoltResponse(status=200, body="")
        row, token = stored
        DELIVERIES.labels(delivery.kind.value, "stored").inc()
        if delivery.kind in ANSWERED_BY_ACK:
            return await asyncio.shield(self._spawn(self._process(row, token, delivery.body, is_last=True)))
        self._spawn(self._process(row, token, delivery.body, is_last=False))
        return BoltResponse(status=200, body="")

    def _spawn(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _process(
        self, row: InboxId, token: LeaseToken, body: dict[str, Any], *, is_last: bool
    ) -> BoltResponse:
        """Run authorize and listeners on a stored delivery, holding its lease. `is_last`: a failure is the end."""
        assert self._app is not None, "attach() comes first"
        self._hold((row, token))
        try:
            with structlog.contextvars.bound_contextvars(inbox_id=str(row)):
                request = AsyncBoltRequest(mode="socket_mode", body=body, context={STORED: row})
                response = await self._app.async_dispatch(request)
                await self._record(row, token, response, is_last)
                return response
        except LeaseLost:
            log.info("delivery_lease_lost")
            return BoltResponse(status=200, body="")
        finally:
            self._held.discard((row, token))

    async def _record(self, row: InboxId, token: LeaseToken, response: BoltResponse, is_last: bool) -> None:
        failed = response.status >= 500
        if failed and not is_last:
            return  # the lease runs out, and the resume loop tries again
        if failed:
            log.error("delivery_given_up")
        try:
            await self._end(row, token, failed)
        except LeaseLost:
            raise
        except DATABASE_ERRORS as error:
            log.warning("delivery_end_not_stored", reason=type(error).__name__)
            self._ended[row] = failed  # it is over all the same: stored when its lease has run out

    async def _end(self, row: InboxId, token: LeaseToken, failed: bool) -> None:
        """Raises LeaseLost."""
        if failed:
            async with self._db.across() as tx:
                await inbox.fail(tx.session, row, token, error="listener failed", now=self._clock.now())
        elif not await self._finished.add((row, token)):
            raise LeaseLost(f"the lease on delivery {row} is lost")
        self._ended.pop(row, None)

    async def _store(self, deliveries: list[Delivery]) -> list[Stored | None]:
        """The stored rows, ours under a lease; None for what Slack sent before."""
        lease = Lease(LeaseToken(uuid4()), self._clock.wall() + LEASE)
        made = await inbox.store(self._db, deliveries, now=self._clock.now(), lease=lease)
        rows = [
            made.pop(delivery.dedupe_key, None) for delivery in deliveries
        ]  # a twin among them finds nothing
        return [(row, lease.token) if row is not None else None for row in rows]

    async def _finish(self, held: list[Stored]) -> list[bool]:
        """Whether each was still ours."""
        done = await inbox.finish_many(self._db, held, now=self._clock.now())
        return [row in done for row, _ in held]

    def _hold(self, stored: Stored) -> None:
        """One heartbeat for all that runs: most of it has ended before the first."""
        self._held.add(stored)
        if self._beating is None or self._beating.done():
            self._beating = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        while self._held:
            await asyncio.sleep(self.heartbeat)
            for row, token in list(self._held):
                with suppress(LeaseLost, Unreachable):
                    async with self._db.across() as tx:
                        await inbox.renew(tx.session, row, Lease(token, self._clock.wall() + LEASE))

    async def resume(self) -> int:
        """Take over deliveries whose process is gone; how many were taken."""
        async with self._db.across() as tx:
            waiting = await inbox.due(tx.session, wall=self._clock.wall(), limit=50)
        taken = 0
        for row in waiting:
            lease = Lease(LeaseToken(uuid4()), self._clock.wall() + LEASE)
            async with self._db.across() as tx:
                item = await inbox.claim(tx.session, row, lease, wall=self._clock.wall())
            if item is None:
                continue
            if row in self._ended:
                await self._end(row, item.token, self._ended[row])
                continue
            taken += 1
            log.info("delivery_resumed", kind=item.kind, attempt=item.attempts)
            is_last = item.attempts >= MOST_ATTEMPTS
            self._spawn(self._process(item.id, item.token, item.body, is_last=is_last))
        return taken

    async def run(self) -> None:
        """Resume what is left behind, until cancelled."""
        while True:
            try:
                await self.resume()
            except Unreachable as error:
                log.warning("inbox_unreachable", reason=type(error).__name__)
            await asyncio.sleep(RESUME_EVERY)

    async def close(self, patience: float = 2.0) -> None:
        """Take nothing new; give what runs `patience` seconds. What is cut off is resumed by its lease."""
        self._closing = True
        if self._tasks:
            _, running = await asyncio.wait(self._tasks, timeout=patience)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        if self._beating is not None:
            self._beating.cancel()
