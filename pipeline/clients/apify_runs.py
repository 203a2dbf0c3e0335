"""One run of an actor, through Apify's own client: started, waited for, stopped, read, and what it cost.

Requests time out after 30 s and are tried three times by the client; starting a run is not. A run that is stopped
is charged for what it did: its cost is asked for afterwards.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

from pipeline.errors import Permanent, RainmakerError, Transient
from pipeline.logs import get_logger

log = get_logger(__name__)
_START_SECONDS = 20.0
_ABORT_SECONDS = 5.0
_ITEMS_SECONDS = 15.0
_COST_PAUSES = (0.3, 0.6, 1.2, 2.0, 2.0, 2.0)  # between looks at what a stopped run cost
_ENDS = ("SUCCEEDED", "FAILED", "ABORTED", "TIMED-OUT")
_MOST_TEXT = 20_000  # characters of an item
Item = dict[str, Any]


class NoTime(Transient):
    """There was not even time to start."""


class ActorRuns:
    """Opens no connection before it is needed. `monotonic`: seconds."""

    def __init__(self, api_url: str, token: str | None, monotonic: Callable[[], float]) -> None:
        self._api_url = api_url
        self._token = token
        self._monotonic = monotonic
        self._client: Any = None
        self._starter: Any = None
        self._endings: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """Waits for runs that are being stopped; the client closes its connections when it is dropped."""
        await asyncio.gather(*self._endings, return_exceptions=True)
        self._client = self._starter = None

    async def start(
        self,
        actor: str,
        run_input: Mapping[str, Any],
        *,
        seconds: float,
        most_items: int,
        most_cents: Decimal,
    ) -> Any:
        """The run, which Apify itself ends after `seconds`. What starts too late is stopped. Raises NoTime,
        Transient or Permanent."""
        starting = asyncio.create_task(
            self._opened_for_start()
            .actor(actor)
            .start(
                run_input=dict(run_input),
                max_items=most_items,
                max_total_charge_usd=most_cents / 100,
                run_timeout=timedelta(seconds=max(seconds, 1.0)),
            )
        )
        try:
            async with asyncio.timeout(min(_START_SECONDS, max(seconds, 1.0))):
                return await asyncio.shield(starting)
        except (asyncio.CancelledError, TimeoutError) as error:
            self._in_background(self._abort_once_started(starting))
            if isinstance(error, asyncio.CancelledError):
                raise
            if seconds < _START_SECONDS:
                raise NoTime("There was no time left for the Apify actor.") from error
            raise Transient("Apify did not answer in time.") from error
        except troubles() as error:
            raise translated(error) from error

    async def ended(self, run: Any, seconds: float) -> Any:
        """The run as it is after so long, or sooner where it ended; None where Apify knows it no more. Raises
        Transient or Permanent."""
        wait = max(seconds, 0.05)
        try:
            async with asyncio.timeout(
                wait + _ABORT_SECONDS
            ):  # the client itself waits for an answer for ever
                finished = self._opened().run(run.id).wait_for_finish(wait_duration=timedelta(seconds=wait))
                return await finished
        except TimeoutError as error:
            raise Transient("Apify did not answer in time.") from error
        except troubles() as error:
            raise translated(error) from error

    async def abort(self, run: Any) -> Any:
        """The run as it was stopped, or as it was known where Apify does not say; its own time-out ends it then."""
        try:
            async with asyncio.timeout(_ABORT_SECONDS):
                return await self._opened().run(run.id).abort() or run
        except (TimeoutError, *troubles()) as error:
            log.warning("apify_run_not_aborted", apify_run=run.id, reason=type(error).__name__)
            return run

    async def cost(self, run: Any, patience: float) -> Decimal | None:
        """Cents, looked for again and again for so many seconds; None where Apify does not say. A stopped run
        counts up for some seconds after it was told to stop."""
        until, known = self._monotonic() + patience, cents_of(run)
        for pause in _COST_PAUSES:
            if has_ended(run) and known:
                break
            left = until - self._monotonic()
            if left <= 0:
                break
            await asyncio.sleep(min(pause, left))
            run = await self._looked_at(run, max(until - self._monotonic(), 0.3))
            known = cents_of(run) if cents_of(run) is not None else known
        return known

    async def items(self, run: Any, most: int) -> list[Item]:
        """What it stored up to now, at most so many. Raises Transient or Permanent."""
        found: list[Item] = []
        try:
            async with asyncio.timeout(_ITEMS_SECONDS):
                dataset = self._opened().dataset(run.default_dataset_id)
                async for item in dataset.iterate_items(limit=most, clean=True):
                    if isinstance(item, dict):
                        found.append(slim(cast("Item", item)))
                    if len(found) >= most:
                        break
        except TimeoutError as error:
            raise Transient("Apify did not answer in time.") from error
        except troubles() as error:
            raise translated(error) from error
        return found

    async def _looked_at(self, run: Any, seconds: float) -> Any:
        try:
            async with asyncio.timeout(seconds):
                return await self._opened().run(run.id).get() or run
        except (TimeoutError, *troubles()):
            return run

    async def _abort_once_started(self, starting: "asyncio.Task[Any]") -> None:
        try:
            async with asyncio.timeout(_START_SECONDS):
                run = await starting
        except (TimeoutError, *troubles()) as error:
            log.info("apify_run_not_started", reason=type(error).__name__)
            return
        await self.abort(run)

    def _in_background(self, ending: Coroutine[Any, Any, Any]) -> None:
        """To its end, though who asked for it is gone."""
        task = asyncio.create_task(ending)
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)

    def _opened(self) -> Any:
        if self._client is None:
            self._client = self._made(max_retries=3)
        return self._client

    def _opened_for_start(self) -> Any:
        """Starting a run is not repeated: an answer that was lost may have started one that bills."""
        if self._starter is None:
            self._starter = self._made(max_retries=0)
        return self._starter

    def _made(self, *, max_retries: int) -> Any:
        from apify_client import ApifyClientAsync

        return ApifyClientAsync(
            self._token,
            api_url=self._api_url,
            max_retries=max_retries,
            timeout_medium=timedelta(seconds=30),
            timeout_long=timedelta(seconds=30),
        )


def has_ended(run: Any) -> bool:
    return str(getattr(run, "status", "")) in _ENDS


def problem_of(run: Any) -> str | None:
    """Why what an ended run stored is not all there is; None where it came to its end."""
    status = str(run.status)
    return None if status == "SUCCEEDED" else f"The Apify actor ended as {status.lower()}."


def cents_of(run: Any) -> Decimal | None:
    """None where Apify does not say: so for runs of other people's actors that are not paid by event."""
    dollars = getattr(run, "usage_total_usd", None)
    return None if dollars is None else (Decimal(str(dollars)) * 100).quantize(Decimal("0.0001"))


def slim(item: Item) -> Item:
    """The item without its longest parts, where it is too long: profiles come with all of somebody's posts."""
    sizes = {name: len(json.dumps(value, default=str)) for name, value in item.items()}
    room = sum(sizes.values()) - _MOST_TEXT
    kept = dict(item)
    for name in sorted(sizes, key=lambda name: -sizes[name]):
        if room <= 0:
            break
        room -= sizes[name]
        del kept[name]
    return kept


def troubles() -> tuple[type[Exception], ...]:
    """What Apify's client raises where the network or the answer is not as it should be: errors of its own, of
    its HTTP library, and what its reading of odd answers ends in."""
    from apify_client.errors import ApifyClientError
    from impit import HTTPError

    return (ApifyClientError, HTTPError, ValueError, LookupError, AttributeError, TypeError, OSError)


def translated(error: Exception) -> RainmakerError:
    from apify_client.errors import ApifyApiError

    if not isinstance(error, ApifyApiError):
        return Transient(f"Apify did not answer properly ({type(error).__name__}).")
    status = int(getattr(error, "status_code", 0) or 0)
    message = str(getattr(error, "message", "") or error)[:200]
    if status == 429 or status >= 500:
        return Transient(f"Apify answered {status}.")
    if status in (401, 403):
        return Permanent("Apify refused the token. Check APIFY_API_TOKEN.")
    if status == 402:
        return Permanent("The Apify account has no credit left.")
    if status == 404:
        return Permanent(f"Apify knows no such actor: {message}")
    return Permanent(f"Apify refused the request ({status}): {message}")
