"""One research run under way: steps side by side, each stored as it ends, until enough is known.

Whatever is stored is stored in short transactions that hold the run's lease; a process that lost it stops
without writing. A run that is taken up again knows its steps from their rows.
"""

import asyncio
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from db.models.lead import Lead
from db.models.research import Fact, LeadResearch, ResearchRun
from db.queries import research, usage
from db.queries.evidence import NewFact, NewStep
from db.session import Tx
from db.types import Depth, LeadId, LeaseToken, PageId, RunId, StepState, WorkspaceId
from pipeline.deps import Deps
from pipeline.jobs.research_plan import columns_of, entry_of, start_of, step_of, weighed_facts
from pipeline.jobs.research_steps import Draft, Outcome, Readable, StepTaker
from pipeline.messages import RunProgressed
from pipeline.rules import strategy
from pipeline.rules.company_match import company_domain_of, domain_of
from pipeline.rules.dedupe import canonical_url
from pipeline.rules.dossier import columns_from
from pipeline.rules.extraction import MARKUP_MARK
from pipeline.rules.extraction_facts import FoundFact
from pipeline.rules.qualification import worth_writing
from pipeline.rules.scoring import Evidenced, LeadData, lead_data_from
from pipeline.rules.strategy import LIMITS, Action, Found, Step, Tools

LEASE = timedelta(seconds=30)
_RENEW_EVERY = timedelta(seconds=10)
_AT_ONCE = 6
_READS_AT_ONCE = 2
_FINISH_SECONDS = 2.0  # of the depth's time, kept for the end
_CANCEL_SECONDS = 6.0


class Ended(StrEnum):
    ENOUGH = "enough is known"
    NOTHING_LEFT = "nothing left to try"
    TIME_UP = "the time was up"
    STOPPED = "stopped by a person"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that is ours, and what was known when it was claimed."""

    workspace_id: WorkspaceId
    run: ResearchRun
    token: LeaseToken
    lead: Lead
    facts: tuple[Fact, ...]
    steps: tuple[LeadResearch, ...]


class ResearchRunner:
    def __init__(self, deps: Deps, claimed: Claimed) -> None:
        self._deps = deps
        self._workspace_id, self._token = claimed.workspace_id, claimed.token
        self._run, self._lead = claimed.run, claimed.lead
        self._run_id, self._lead_id = RunId(claimed.run.id), LeadId(claimed.lead.id)
        self._depth = Depth(claimed.run.depth)
        self._columns = columns_of(claimed.lead)
        self._facts: list[Evidenced] = [*weighed_facts(claimed.facts)]
        self._found = start_of(self._columns)
        self._taker = StepTaker(deps, claimed.lead.country)
        self._tasks: dict[asyncio.Task[Outcome], Step] = {}
        self._plan: dict[str, dict[str, Any]] = {}
        self._cents = claimed.run.cost_cents
        self._sure: dict[tuple[str, str, str], float] = {
            (fact.field, fact.value.casefold(), domain_of(fact.url or "") or ""): float(fact.confidence)
            for fact in claimed.facts
            if fact.run_id == claimed.run.id
        }
        self._stop_requested = claimed.run.stop_requested_at is not None
        began = deps.clock.wall()
        self._deadline = began + timedelta(seconds=LIMITS[self._depth].seconds - _FINISH_SECONDS)
        self._renewed = began
        self._earlier = claimed.steps

    @property
    def plan(self) -> dict[str, Any]:
        return {"steps": list(self._plan.values())}

    @property
    def found(self) -> Found:
        return self._found

    async def run(self) -> Ended:
        """Raises LeaseLost; nothing else the outside does."""
        try:
            await self._resume()
            while True:
                ended = self._should_end()
                if ended is not None:
                    return ended
                if await self._begin_steps():
                    await self._show()
                if not self._tasks:
                    return Ended.NOTHING_LEFT
                await self._wait()
        finally:
            await self._drop_tasks()
            await self._taker.close()

    # Beginning steps

    def _data(self) -> LeadData:
        columns = {**self._columns, **columns_from(self._columns, self._facts)}
        return lead_data_from(columns, self._facts, self._deps.clock.now().date())

    def _should_end(self) -> Ended | None:
        if self._stop_requested:
            return Ended.STOPPED
        if self._deps.clock.wall() >= self._deadline:
            return Ended.TIME_UP
        data = self._data()
        qualified = worth_writing(data).qualified
        if strategy.is_enough(data, self._found, self._depth, qualified=qualified) and not self._reading():
            return Ended.ENOUGH
        return None

    def _reading(self) -> bool:
        return any(step.action is Action.READ for step in self._tasks.values())

    async def _begin_steps(self) -> bool:
        research_clients = self._deps.research
        tools = Tools(bool(research_clients.search.providers), research_clients.apify.is_set)
        data, began = self._data(), False
        for step in strategy.next_steps(self._found, self._depth, tools):
            if len(self._tasks) >= _AT_ONCE:
                break
            if not strategy.worth_taking(step, data, self._found, self._depth) or not self._has_room(step):
                continue
            self._found = self._found.begun(step)
            self._plan[step.key] = entry_of(step, "running")
            task = asyncio.create_task(self._taker.take(step, self._found, self._seconds_left()))
            self._tasks[task] = step
            began = True
        return began

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
        done, _ = await asyncio.wait(self._tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            step = self._tasks.pop(task)
            await self._store(step, task.result())
        if not done and self._deps.clock.wall() - self._renewed >= _RENEW_EVERY:
            async with self._deps.db.transaction(self._workspace_id) as tx:
                await self._hold(tx)

    async def _hold(self, tx: Tx) -> None:
        """Renew the lease and learn of a wish to stop. Raises LeaseLost."""
        wall = self._deps.clock.wall()
        run = await research.renew_run(
            tx.session, self._workspace_id, self._run_id, token=self._token, until=wall + LEASE
        )
        self._renewed = wall
        self._stop_requested = run.stop_requested_at is not None

    async def _drop_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CANCEL_SECONDS)
        for step in self._tasks.values():
            self._plan[step.key] |= {"state": StepState.SKIPPED.value, "error": "It was still under way."}
        self._tasks.clear()

    # Storing what they bring

    async def _store(self, step: Step, outcome: Outcome) -> None:
        now = self._deps.clock.now()
        outcome = self._without_repeats(outcome)
        facts = outcome.facts
        entry = entry_of(step, outcome.state.value) | {
            "found": len(facts),
            "ms": outcome.ms,
            "cents": float(outcome.cost_cents),
            "error": outcome.error,
        }
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await self._hold(tx)
            pages = await self._store_drafts(tx, outcome, now)
            brought = {**outcome.brought, "pages": pages}
            recorded = await research.record_step(
                tx.session, self._workspace_id, self._row(outcome, brought), now=now
            )
            if recorded:
                await research.record_usage(
                    tx.session,
                    self._workspace_id,
                    outcome.usage,
                    lead_id=self._lead_id,
                    run_id=self._run_id,
                    now=now,
                )
                day = self._deps.clock.wall().date()
                for call in outcome.usage:
                    await usage.charge(
                        tx.session,
                        self._workspace_id,
                        call.service,
                        day,
                        cents=call.cost_cents,
                        requests=1,
                    )
            self._plan[step.key] = entry
            self._facts += facts
            self._learn(brought)
            await self._save_plan(tx, now)
        self._cents += outcome.cost_cents

    def _without_repeats(self, outcome: Outcome) -> Outcome:
        """Every page of a site repeats its name, number and profiles: once a site is enough."""
        drafts: list[Draft] = []
        for draft in outcome.drafts:
            site = domain_of(draft.page.url if draft.page else draft.url) or draft.url
            fresh: list[FoundFact] = []
            for fact in draft.facts:
                key = (fact.field, fact.value.casefold(), site)
                if self._sure.get(key, -1.0) < fact.confidence:
                    self._sure[key] = fact.confidence
                    fresh.append(fact)
            drafts.append(replace(draft, facts=tuple(fresh)))
        return replace(outcome, drafts=tuple(drafts))

    def _row(self, outcome: Outcome, brought: dict[str, Any]) -> NewStep:
        facts = outcome.facts
        return NewStep(
            lead_id=self._lead_id,
            run_id=self._run_id,
            step_key=outcome.step.key,
            tool=outcome.tool,
            state=outcome.state,
            research_data={**brought, "step": entry_of(outcome.step, outcome.state.value)},
            notes=outcome.error or outcome.step.title,
            quality=round(100 * sum(fact.confidence for fact in facts) / len(facts)) if facts else None,
            processing_time_ms=outcome.ms,
            cost_cents=outcome.cost_cents,
            context="\n".join(f"{fact.field}: {fact.value}" for fact in facts)[:4000] or None,
        )

    async def _store_drafts(self, tx: Tx, outcome: Outcome, now: datetime) -> list[dict[str, Any]]:
        pages: list[dict[str, Any]] = []
        for draft in outcome.drafts:
            page_id, url = draft.page_id, draft.url
            if draft.page is not None:
                page_id = await research.store_page(tx.session, self._workspace_id, draft.page)
                url = draft.page.url
                self._taker.stored(draft.page, page_id)
            if draft.seen is not None:
                pages.append(asdict(replace(draft.seen, page_id=str(page_id))))
            for fact in draft.facts:
                await research.add_fact(
                    tx.session,
                    self._workspace_id,
                    NewFact(
                        lead_id=self._lead_id,
                        run_id=self._run_id,
                        page_id=page_id,
                        field=fact.field,
                        value=fact.value,
                        quote=fact.quote,
                        url=url,
                        source=fact.source,
                        confidence=Decimal(str(fact.confidence)),
                        published_on=fact.published_on,
                        retrieved_at=now,
                    ),
                    now=now,
                )
        return pages

    def _learn(self, brought: dict[str, Any]) -> None:
        """Take in what a step brought; a company or address found now tells where to look next."""
        known = {**self._columns, **columns_from(self._columns, self._facts)}
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

    async def _show(self) -> None:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await self._hold(tx)
            await self._save_plan(tx, self._deps.clock.now())

    async def _save_plan(self, tx: Tx, now: datetime) -> None:
        missing = sorted(strategy.missing(self._data()))
        await research.save_plan(
            tx.session, self._workspace_id, self._run_id, plan=self.plan, missing=missing, now=now
        )
        await self._deps.notifier.tell(tx, RunProgressed(self._run_id))

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
