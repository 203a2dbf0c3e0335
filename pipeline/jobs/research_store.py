"""Storing what one step of a run brought: its pages, its facts, its row and what it cost."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from db.models.lead import Lead
from db.models.research import Fact, LeadResearch, ResearchRun
from db.queries import research
from db.queries.evidence import NewFact, NewPage, NewStep
from db.session import Tx
from db.types import EmailStatus, LeadId, LeaseToken, PageId, RunId, WorkspaceId
from pipeline.deps import Deps
from pipeline.jobs.research_steps import Draft, Outcome
from pipeline.rules.company_match import domain_of
from pipeline.rules.extraction_facts import FoundFact


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that is ours, and what was known when it was claimed."""

    workspace_id: WorkspaceId
    run: ResearchRun
    token: LeaseToken
    lead: Lead
    facts: tuple[Fact, ...]
    steps: tuple[LeadResearch, ...]


class StepStore:
    """Of one run. It remembers what was stored, so that a site's repetitions are stored once."""

    def __init__(self, deps: Deps, claimed: Claimed) -> None:
        self._clock = deps.clock
        self._run_id, self._lead_id = RunId(claimed.run.id), LeadId(claimed.lead.id)
        self._sure: dict[tuple[str, str, str], float] = {
            (fact.field, fact.value.casefold(), domain_of(fact.url or "") or ""): float(fact.confidence)
            for fact in claimed.facts
            if fact.run_id == claimed.run.id
        }

    def without_repeats(self, outcome: Outcome) -> Outcome:
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

    async def store(
        self, tx: Tx, outcome: Outcome, entry: dict[str, Any], now: datetime
    ) -> tuple[dict[str, Any], list[tuple[NewPage, PageId]]]:
        """What the step brought as it is stored, and the pages with their ids. A step that is recorded already
        is not charged again."""
        seen, page_ids = await self._store_drafts(tx, outcome, now)
        brought = {**outcome.brought, "pages": seen}
        row = self._row(outcome, {**brought, "step": entry})
        if await research.record_step(tx.session, tx.workspace_id, row, now=now):
            await self._charge(tx, outcome, now)
        return brought, page_ids

    async def _charge(self, tx: Tx, outcome: Outcome, now: datetime) -> None:
        await research.record_usage(
            tx.session,
            tx.workspace_id,
            outcome.usage,
            lead_id=self._lead_id,
            run_id=self._run_id,
            now=now,
        )

    def _row(self, outcome: Outcome, brought: dict[str, Any]) -> NewStep:
        facts, step = outcome.facts, outcome.step
        return NewStep(
            lead_id=self._lead_id,
            run_id=self._run_id,
            step_key=step.key,
            tool=outcome.tool,
            tool_version=outcome.version,
            state=outcome.state,
            research_data=brought,
            notes=outcome.error or step.title,
            quality=round(100 * sum(fact.confidence for fact in facts) / len(facts)) if facts else None,
            processing_time_ms=outcome.ms,
            cost_cents=outcome.cost_cents,
            context="\n".join(f"{fact.field}: {fact.value}" for fact in facts)[:4000] or None,
        )

    async def _store_drafts(
        self, tx: Tx, outcome: Outcome, now: datetime
    ) -> tuple[list[dict[str, Any]], list[tuple[NewPage, PageId]]]:
        seen: list[dict[str, Any]] = []
        pages = [draft.page for draft in outcome.drafts if draft.page is not None]
        stored = await research.store_pages(tx.session, tx.workspace_id, pages)
        ids, facts = iter(stored), list[NewFact]()
        for draft in outcome.drafts:
            page_id, url = draft.page_id, draft.url
            if draft.page is not None:
                page_id, url = next(ids), draft.page.url
            if draft.seen is not None:
                seen.append(asdict(replace(draft.seen, page_id=str(page_id))))
            facts += [self._fact(fact, page_id, url, now) for fact in draft.facts]
        await research.add_facts(tx.session, tx.workspace_id, facts, now=now)
        return seen, list(zip(pages, stored, strict=True))

    def _fact(self, fact: FoundFact, page_id: PageId | None, url: str, now: datetime) -> NewFact:
        return NewFact(
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
        )


def ending_of(outcome: Outcome) -> dict[str, Any]:
    """What the plan says of a step once it ended. A guess, which is no fact, says how sure it is."""
    guess = outcome.brought.get("guess")
    note = f"{guess['address']}, {guess['confidence']:.0%} sure. {guess['because']}" if guess else None
    return {
        "state": outcome.state.value,
        "found": len(outcome.facts),
        "ms": outcome.ms,
        "cents": float(outcome.cost_cents),
        "error": outcome.error,
        "note": note,
    }


def wrong_addresses(lead: Lead) -> frozenset[str]:
    """An address that bounced is not guessed again."""
    is_wrong = lead.email is not None and lead.email_status == EmailStatus.INVALID
    return frozenset((lead.email.lower(),)) if is_wrong and lead.email else frozenset()
