"""One research run under way: steps side by side, each stored as it ends, until enough is known.

Whatever is stored is stored in short transactions that hold the run's lease; a process that lost it stops
without writing. A run that is taken up again knows its steps from their rows.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from db.queries import research
from db.session import Tx
from db.types import Depth, LeadId, PageId, RunId, StepState
from pipeline.deps import Deps
from pipeline.jobs.research_plan import columns_of, entry_of, left_out, start_of, step_of, weighed_facts
from pipeline.jobs.research_reading import Readable
from pipeline.jobs.research_steps import Outcome, StepTaker
from pipeline.jobs.research_store import Claimed, StepStore, ending_of, wrong_addresses
from pipeline.messages import RunProgressed
from pipeline.rules import strategy
from pipeline.rules.company_match import company_domain_of
from pipeline.rules.dedupe import canonical_url
from pipeline.rules.dossier import columns_from
from pipeline.rules.extraction import MARKUP_MARK
from pipeline.rules.qualification import worth_writing
from pipeline.rules.scoring import LeadData, WeighedFact, lead_data_from
from pipeline.rules.strategy import BY_GAIN, LIMITS, Action, Found, Policy, Step, Tools
from pipeline.rules.strategy_gain import open_values

LEASE = timedelta(seconds=30)
_RENEW_EVERY = timedelta(seconds=10)
_AT_ONCE = 6
_READS_AT_ONCE = 2
_FINISH_SECONDS = 2.0  # of the depth's time, kept for the end
_CANCEL_SECONDS = 6.0
_GUESS_SECONDS = 1.5  # DNS only
_TOGETHER = 0.1  # seconds: what ends so soon after another step is stored with it
_SHOW_EVERY = 2.0  # seconds: nobody reads a plan that changes faster


class Ended(StrEnum):
    ENOUGH = "enough is known"
    NOTHING_LEFT = "nothing left to try"
    NOT_WORTH_IT = "nothing left was worth its time and cost"
    TIME_UP = "the time was up"
    STOPPED = "stopped by a person"


class ResearchRunner:
    def __init__(self, deps: Deps, claimed: Claimed, policy: Policy = BY_GAIN) -> None:
        self._deps, self._policy = deps, policy
        self._workspace_id, self._token = claimed.workspace_id, claimed.token
        self._run, self._lead = claimed.run, claimed.lead
        self._run_id, self._lead_id = RunId(claimed.run.id), LeadId(claimed.lead.id)
        self._depth = Depth(claimed.run.depth)
        self._columns = columns_of(claimed.lead)
        self._facts: list[WeighedFact] = [*weighed_facts(claimed.facts)]
        self._known: tuple[int, dict[str, str | None], LeadData] | None = None
        self._found = start_of(self._columns)
        self._taker = StepTaker(deps, claimed.lead.country, wrong_addresses(claimed.lead))
        self._tasks: dict[asyncio.Task[Outcome], Step] = {}
        self._plan: dict[str, dict[str, Any]] = {}
        self._left_out: list[dict[str, str]] = []
        self._guess: dict[str, Any] | None = None
        self._cents = claimed.run.cost_cents
        self._store_of = StepStore(deps, claimed)
        self._stop_requested = claimed.run.stop_requested_at is not None
        began = deps.clock.wall()
        self._deadline = began + timedelta(seconds=LIMITS[self._depth].seconds - _FINISH_SECONDS)
        self._renewed = began
        self._shown, self._is_unshown = float("-inf"), False
        self._earlier = claimed.steps

    @property
    def plan(self) -> dict[str, Any]:
        return {"steps": list(self._plan.values()), "not_taken": self._left_out}

    @property
    def found(self) -> Found:
        return self._found

    @property
    def guess(self) -> dict[str, Any] | None:
        """An address by the company's pattern: `address`, `confidence`, `because`."""
        return self._guess

    async def run(self) -> Ended:
        """Raises LeaseLost; nothing else the outside does."""
        try:
            await self._resume()
            ended = await self._until_enough()
            await self._drop_tasks()
            await self._book_called_off()
            if ended is not Ended.STOPPED:
                await self._guess_address()
            left = strategy.not_taken(self._found, self._depth, self._tools(), self._data(), ended.value)
            self._left_out = left_out(left)
            return ended
        finally:
            await self._drop_tasks()
            await self._taker.close()

    async def _until_enough(self) -> Ended:
        while True:
            ended = self._should_end()
            if ended is not None:
                return ended
            if self._begin_steps():
                if self._may_show():
                    await self._show()
            elif not self._tasks:
                return Ended.NOTHING_LEFT
            elif not self._policy.worth_waiting_for(
                [*self._tasks.values()], self._data(), self._found, self._depth
            ):
                return Ended.NOT_WORTH_IT
            await self._wait()

    # Beginning steps

    def _columns_now(self) -> dict[str, str | None]:
        return self._state()[0]

    def _data(self) -> LeadData:
        return self._state()[1]

    def _state(self) -> tuple[dict[str, str | None], LeadData]:
        """The lead's columns and what is weighed, as the facts so far make them."""
        if self._known is None or self._known[0] != len(self._facts):
            today = self._deps.clock.now().date()
            columns = {**self._columns, **columns_from(self._columns, self._facts, today)}
            self._known = len(self._facts), columns, lead_data_from(columns, self._facts, today)
        return self._known[1], self._known[2]

    def _tools(self) -> Tools:
        research_clients = self._deps.research
        settings = self._deps.settings
        chosen = {"company": settings.apify_company_actor, "people": settings.apify_people_actor}
        more = frozenset(kind for kind, actor in chosen.items() if actor)
        return Tools(bool(research_clients.search.providers), research_clients.apify.is_set, more)

    def _should_end(self) -> Ended | None:
        if self._stop_requested:
            return Ended.STOPPED
        if self._deps.clock.wall() >= self._deadline:
            return Ended.TIME_UP
        data = self._data()
        qualified = worth_writing(data).qualified

        def cheap() -> bool:
            return strategy.cheap_left(self._found, self._depth, self._tools(), data, [*self._tasks.values()])

        enough = strategy.is_enough(data, self._found, self._depth, qualified=qualified, cheap=cheap)
        if enough and not self._reading():
            return Ended.ENOUGH
        return None

    def _reading(self) -> bool:
        return any(step.action is Action.READ for step in self._tasks.values())

    def _begin_steps(self) -> bool:
        """Begin what is worth it, the best first; each one under way makes the like of it worth less."""
        data, depth, began = self._data(), self._depth, False
        left = strategy.next_steps(
            self._found, depth, self._tools(), data, self._tasks.values(), self._policy.order
        )
        values = open_values(data, self._found, depth, self._tasks.values())
        while left and len(self._tasks) < _AT_ONCE:
            step, *left = left
            if not self._has_room(step):
                continue
            if not self._policy.worth_taking(step, data, self._found, depth, [*self._tasks.values()]):
                continue
            self._begin(step, strategy.why(step, values))
            began = True
            values = open_values(data, self._found, depth, self._tasks.values())
            left = self._policy.order(left, values)
        return began

    def _begin(self, step: Step, why: str | None) -> None:
        self._found = self._found.begun(step)
        self._plan[step.key] = entry_of(step, "running", why)
        self._is_unshown = True
        task = asyncio.create_task(self._taker.take(step, self._found, self._seconds_left()))
        self._tasks[task] = step

    async def _guess_address(self) -> None:
        """Where no address was found: DNS says whether the domain takes mail, the rest is known."""
        domain = self._found.subject.domain
        if self._columns_now().get("email") or domain is None:
            return
        step = strategy.guess_step(domain)
        if step.key not in self._found.taken:
            self._begin(step, "No address was found. A guess counts for nothing until it is confirmed.")
            done, _ = await asyncio.wait(self._tasks, timeout=_GUESS_SECONDS)
            await self._store([(self._tasks.pop(task), task.result()) for task in done])

    def _has_room(self, step: Step) -> bool:
        """For another model at once, and under the run's cost cap with all that is under way."""
        reads = sum(running.action is Action.READ for running in self._tasks.values())
        if step.action is Action.READ and reads >= _READS_AT_ONCE:
            return False
        under_way = sum(running.cents for running in self._tasks.values())
        return self._cents + Decimal(str(under_way + step.cents)) <= self._run.cost_cap_cents

    def _seconds_left(self) -> float:
        return max(0.5, (self._deadline - self._deps.clock.wall()).total_seconds())

    # Waiting for them

    async def _wait(self) -> None:
        seconds = min(self._seconds_left(), _RENEW_EVERY.total_seconds() / 2)
        if self._is_unshown:
            seconds = min(seconds, _SHOW_EVERY)
        done, others = await asyncio.wait(self._tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if done:
            if others:
                done |= (await asyncio.wait(others, timeout=_TOGETHER))[0]
            await self._store([(self._tasks.pop(task), task.result()) for task in done])
        elif self._is_unshown or self._deps.clock.wall() - self._renewed >= _RENEW_EVERY:
            await self._show()

    def _may_show(self) -> bool:
        return self._deps.clock.monotonic() - self._shown >= _SHOW_EVERY

    async def _show(self) -> None:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await self._hold(tx, shown=True)

    async def _hold(self, tx: Tx, *, shown: bool) -> None:
        """Renew the lease and learn of a wish to stop; with the plan and its card where it is `shown`. First in
        its transaction, since it locks the run's row. Raises LeaseLost."""
        wall = self._deps.clock.wall()
        self._stop_requested = await research.hold_run(
            tx.session,
            self._workspace_id,
            self._run_id,
            token=self._token,
            until=wall + LEASE,
            plan=self.plan if shown else None,
            missing=sorted(strategy.missing(self._data())) if shown else (),
            now=self._deps.clock.now(),
        )
        self._renewed, self._is_unshown = wall, not shown
        if shown:
            self._shown = self._deps.clock.monotonic()
            await self._deps.notifier.tell(tx, RunProgressed(self._run_id))

    async def _drop_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CANCEL_SECONDS)
        for step in self._tasks.values():
            self._plan[step.key] |= {"state": StepState.SKIPPED.value, "error": "It was still under way."}
        self._tasks.clear()

    async def _book_called_off(self) -> None:
        """What steps had asked that were called off: they leave no row of their own, and cost nothing yet. What
        an actor cost is booked when its run has stopped."""
        calls, self._taker.called_off = self._taker.called_off, ()
        if not calls:
            return
        cents = sum((call.cost_cents for call in calls), Decimal(0))
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await self._hold(tx, shown=False)
            now = self._deps.clock.now()
            await research.record_late_usage(
                tx.session, self._workspace_id, calls, run_id=self._run_id, now=now
            )
        self._cents += cents

    # Storing what they bring

    async def _store(self, ended: Sequence[tuple[Step, Outcome]]) -> None:
        """One transaction, which the lease guards; the run's own picture follows what was stored."""
        now = self._deps.clock.now()
        taken: list[tuple[Outcome, dict[str, Any]]] = []
        for step, whole in ended:
            outcome = self._store_of.without_repeats(whole)
            entry = self._plan.get(step.key) or entry_of(step, outcome.state.value)
            taken.append((outcome, entry))
            self._plan[step.key] = entry | ending_of(outcome)
            self._facts += outcome.weighed(now)
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await self._hold(tx, shown=self._may_show())
            stored = await self._store_of.store(tx, taken, now)
        for (outcome, _), one in zip(taken, stored, strict=True):
            for page, page_id in one.pages:
                self._taker.stored(page, page_id)
            self._learn(one.brought)
            self._cents += outcome.cost_cents

    def _learn(self, brought: dict[str, Any]) -> None:
        """Take in what a step brought; a company or address found now tells where to look next."""
        known = self._columns_now()
        self._guess = brought.get("guess") or self._guess
        subject = self._found.subject
        email = known.get("email")
        subject = replace(
            subject,
            company=subject.company or known.get("company"),
            email=subject.email or email,
            linkedin_url=subject.linkedin_url or known.get("linkedin_url"),
            domain=subject.domain or company_domain_of(email),
        )
        self._found = replace(self._found, subject=subject).learned(brought)

    # After a crash

    async def _resume(self) -> None:
        """Take in the steps that earlier attempts recorded, and the pages they stored."""
        for row in self._earlier:
            entry: dict[str, Any] | None = row.research_data.get("step")
            if entry is None:
                continue
            step = step_of(entry)
            self._found = self._found.begun(step)
            self._learn(row.research_data)
            self._plan[step.key] = entry | {
                "found": len((row.personalization_context or "").splitlines()),
                "ms": row.processing_time_ms or 0,
                "cents": float(row.cost_cents),
                "state": row.state,
                "error": row.research_notes if row.state in (StepState.FAILED, StepState.SKIPPED) else None,
            }
        for seen in self._found.pages:
            if seen.page_id is not None:
                await self._load_page(PageId(UUID(seen.page_id)))

    async def _load_page(self, page_id: PageId) -> None:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            page = await research.page(tx.session, self._workspace_id, page_id)
        if page is not None:
            prose = page.text.split(MARKUP_MARK, 1)[0]
            self._taker.readable[canonical_url(page.url)] = Readable(page_id, page.url, page.text, prose)
