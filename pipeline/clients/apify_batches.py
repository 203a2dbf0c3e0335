"""Questions of several leads in one run of an actor: its cold start is waited for and paid once.

Each who asks keeps the own deadline and cap: whose time is up gets what was found until then, and the others wait
on; when nobody waits any more the run is stopped. What the run cost is split between all who asked, also those who
left: theirs is booked when it is known. Within one process and one workspace; what two workers ask is not joined.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pipeline.clients.apify_inputs import ActorCall, joined
from pipeline.clients.apify_runs import ActorRuns, Item, has_ended, problem_of
from pipeline.clients.breakers import Breakers
from pipeline.errors import RainmakerError, Transient
from pipeline.rules.actor_sharing import askers, labels, shares

MOST_PARTIES = 20
_NOTHING = Decimal(0)
_SOON = 1.0  # seconds: whose time is up so soon after another's is answered with it
_COST_PATIENCE = 1.5  # seconds somebody waits to learn what a run cost
_LATE_COST_PATIENCE = 8.0  # where nobody waits
_ESTIMATED = "What it cost is an estimate: Apify did not say."


@dataclass(frozen=True, slots=True)
class ActorAnswer:
    """Items are JSON objects of the actor's own shape. `note`: what is not whole about it, in words."""

    items: tuple[Item, ...]
    cost_cents: Decimal
    cached: bool = False
    is_partial: bool = False  # the run did not come to its end
    note: str | None = None
    is_estimated: bool = False  # what it cost; Apify did not say


class RunFailed(Transient):
    """The run ended without anything to read; it may have cost something all the same."""

    def __init__(self, message: str, cost_cents: Decimal) -> None:
        super().__init__(message)
        self.cost_cents = cost_cents


@dataclass(frozen=True, slots=True)
class Bill:
    """What one of them pays. `is_late`: who asked has gone, and nobody else writes it down."""

    cents: Decimal
    is_estimated: bool = False
    is_late: bool = False


@dataclass(eq=False)
class Party:
    """One who asks. `until`: seconds of the monotonic clock; `pay` is called once, whatever happens."""

    call: ActorCall
    until: float
    most_items: int
    most_cents: Decimal
    likely_cents: Decimal
    pay: Callable[[Bill], Awaitable[None]]
    answer: "asyncio.Future[ActorAnswer | RunFailed]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    context: Context = field(default_factory=copy_context)  # of who asks: its workspace, its run
    is_paid: bool = False

    @property
    def waits(self) -> bool:
        return not self.answer.done()

    @property
    def marks(self) -> frozenset[str]:
        return labels(self.call.urls, self.call.queries)


@dataclass(frozen=True, slots=True)
class _Haul:
    """A run as it stands: who gets which items."""

    of: tuple[tuple[Item, ...], ...]  # by party
    cents: Decimal | None
    problem: str | None


class Batch:
    """`take`: asks whether one more run may start; raises where it may not."""

    def __init__(
        self,
        runs: ActorRuns,
        breakers: Breakers,
        service: str,
        take: Callable[[], Awaitable[None]],
        *,
        window: float,
    ) -> None:
        self._runs, self._breakers, self._service, self._take = runs, breakers, service, take
        self._window = window
        self.parties: list[Party] = []
        self.is_open = True
        self._changed = asyncio.Event()
        self._is_closing = self._is_told_to_stop = False
        self._booked = _NOTHING

    def join(self, party: Party, *, full: int = MOST_PARTIES) -> None:
        """`full`: at so many it starts at once."""
        self.parties.append(party)
        if len(self.parties) >= min(full, MOST_PARTIES):
            self.is_open = False
            self._changed.set()

    def leave(self) -> None:
        """Somebody whose answer was cancelled is gone."""
        self._changed.set()

    def stop(self) -> None:
        """The process ends: nobody waits any more."""
        self._is_closing = True
        for party in self._waiting():
            party.answer.set_exception(Transient("The process is stopping."))
        self._changed.set()

    async def live(self) -> None:
        """From the first who asks until everybody is answered and has paid."""
        try:
            await self._gather()
            await self._forget_gone()
            if self.parties:
                async with self._breakers.guarding(self._service, "Apify"):
                    await self._take()
                    await self._run()
        except RainmakerError as error:
            self._refuse(error)
        finally:
            self.is_open = False
            self._refuse(Transient("The Apify actor's run broke off."))
            await self._pay_the_rest([Bill(_NOTHING)] * len(self.parties))

    def _refuse(self, error: RainmakerError) -> None:
        for party in self._waiting():
            party.answer.set_exception(error)

    async def _gather(self) -> None:
        """Until the window closes, it is full, or everybody has left."""
        until = self._breakers.now() + self._window
        while self.is_open and (left := until - self._breakers.now()) > 0:
            await self._change(left)
            if not self._waiting():
                break
        self.is_open = False

    async def _forget_gone(self) -> None:
        """Who left before anything was asked has no part in it."""
        for party in self.parties:
            if not party.waits:
                await self._pay(party, Bill(_NOTHING))
        self.parties = self._waiting()

    async def _run(self) -> None:
        asking = self.parties
        run = await self._runs.start(
            asking[0].call.actor,
            joined([party.call for party in asking]),
            seconds=max(party.until for party in asking) - self._breakers.now(),
            most_items=sum(party.most_items for party in asking),
            most_cents=sum((party.most_cents for party in asking), _NOTHING),
        )
        try:
            run, problem = await self._watched(run)
            await self._answered(run, problem, self._waiting())
        except RainmakerError as error:
            self._refuse(error)  # at once: they need not wait until the run is stopped
            raise
        finally:
            await self._booked_late(await self._stopped(run))

    async def _watched(self, run: Any) -> tuple[Any, str | None]:
        """The run when it is over, or was stopped since nobody waits any more; and why it is not whole."""
        seconds = 0.0
        while waiting := self._waiting():
            began = self._breakers.now()
            latest = await self._ended_or_left(run, max(0.05, min(one.until for one in waiting) - began))
            if latest is not None and has_ended(latest):
                return latest, problem_of(latest)
            run = latest if latest is not None else run
            seconds += self._breakers.now() - began
            late = [one for one in self._waiting() if one.until - self._breakers.now() < _SOON]
            if not late or min(one.until for one in late) > self._breakers.now():
                continue
            problem = f"The Apify actor was not done after {seconds:.0f} seconds"
            if len(late) == len(self._waiting()):
                return await self._stopped(run), f"{problem} and was stopped."
            await self._answered(run, f"{problem}.", late)
        return await self._stopped(run), "The Apify actor's run was called off."

    async def _stopped(self, run: Any) -> Any:
        """The run, which bills on for nobody; told only once."""
        if has_ended(run) or self._is_told_to_stop:
            return run
        self._is_told_to_stop = True
        return await self._runs.abort(run)

    async def _ended_or_left(self, run: Any, seconds: float) -> Any:
        """As it is after so long, or as soon as it ends or nobody waits; None where somebody left meanwhile."""
        ending = asyncio.create_task(self._runs.ended(run, seconds))
        try:
            while not ending.done():
                leaving = asyncio.create_task(self._changed.wait())
                await asyncio.wait({ending, leaving}, return_when=asyncio.FIRST_COMPLETED)
                leaving.cancel()
                self._changed.clear()
                if not self._waiting():
                    return None
            return ending.result()
        finally:
            ending.cancel()

    async def _answered(self, run: Any, problem: str | None, these: Sequence[Party]) -> None:
        """Give each of them what was found for it, and its part of the cost."""
        if not these:
            return
        most = sum(party.most_items for party in self.parties)
        items, cents = await asyncio.gather(
            self._runs.items(run, most), self._runs.cost(run, _COST_PATIENCE if problem else 0.5)
        )
        haul = _Haul(self._dealt(items), cents, problem)
        for party, bill, own in zip(self.parties, self._bills(haul), haul.of, strict=True):
            if party not in these or not party.waits:
                continue
            await self._pay(party, bill)
            if party.waits:
                party.answer.set_result(_answer(own, bill, problem))

    async def _booked_late(self, run: Any) -> None:
        """What those pay who are gone."""
        owing = [party for party in self.parties if not party.is_paid]
        if not owing:
            return
        cents = await self._runs.cost(run, 0.0 if self._is_closing else _LATE_COST_PATIENCE)
        nothing = tuple(() for _ in self.parties)
        await self._pay_the_rest(self._bills(_Haul(nothing, cents, None)), is_late=True)

    def _dealt(self, items: Sequence[Item]) -> tuple[tuple[Item, ...], ...]:
        """Each item to who asked for it. One that names no question goes to all, where its reader can tell whose
        it is, else to nobody; who asks alone gets everything."""
        if len(self.parties) == 1:
            return (tuple(items[: self.parties[0].most_items]),)
        asked = [party.marks for party in self.parties]
        dealt: list[list[Item]] = [[] for _ in self.parties]
        for item in items:
            everybody = range(len(asked)) if self.parties[0].call.is_checked else ()
            for number in askers(item, asked) or everybody:
                if len(dealt[number]) < self.parties[number].most_items:
                    dealt[number].append(item)
        return tuple(map(tuple, dealt))

    def _bills(self, haul: _Haul) -> list[Bill]:
        """By party; those who have paid owe nothing more."""
        if haul.cents is None:
            return [Bill(_NOTHING if one.is_paid else one.likely_cents, True) for one in self.parties]
        weights = [1 + len(items) for items in haul.of]
        owing = [number for number, party in enumerate(self.parties) if not party.is_paid]
        # One who is answered before the run has ended pays a part as if all shared what it cost until then.
        total = max(_NOTHING, haul.cents - self._booked)
        parts = shares(
            total, [weights[one] for one in owing], [self.parties[one].most_cents for one in owing]
        )
        of = dict(zip(owing, parts, strict=True))
        return [Bill(of.get(number, _NOTHING)) for number in range(len(self.parties))]

    async def _pay_the_rest(self, bills: Sequence[Bill], *, is_late: bool = False) -> None:
        for party, bill in zip(self.parties, bills, strict=True):
            if not party.is_paid:
                await self._pay(party, Bill(bill.cents, bill.is_estimated, is_late))

    async def _pay(self, party: Party, bill: Bill) -> None:
        party.is_paid = True
        self._booked += bill.cents
        await asyncio.create_task(_awaited(party.pay(bill)), context=party.context)

    def _waiting(self) -> list[Party]:
        return [party for party in self.parties if party.waits]

    async def _change(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()


async def _awaited(paying: Awaitable[None]) -> None:
    await paying


def _answer(items: tuple[Item, ...], bill: Bill, problem: str | None) -> "ActorAnswer | RunFailed":
    """Nothing found by a run that was not whole is a failure: nobody knows what is there."""
    if problem is not None and not items:
        return RunFailed(f"{problem} {_ESTIMATED}" if bill.is_estimated else problem, bill.cents)
    is_partial = problem is not None
    return ActorAnswer(items, bill.cents, is_partial=is_partial, note=problem, is_estimated=bill.is_estimated)
