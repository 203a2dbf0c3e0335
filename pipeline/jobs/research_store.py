"""Storing what one step of a run brought: its pages, its facts, its row and what it cost."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from db.models.lead import Lead
from db.models.research import LeadResearch, ResearchRun
from db.queries import research
from db.queries.evidence import KnownFact, NewFact, NewStep
from db.queries.pages import NewPage
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
    facts: tuple[KnownFact, ...]
    steps: tuple[LeadResearch, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """Of one step: what it brought as it is stored, where each of its drafts stands, and its new pages' ids."""

    brought: dict[str, Any]
    sources: Sequence[tuple[PageId | None, str]]
    pages: Sequence[tuple[NewPage, PageId]]


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
        self, tx: Tx, taken: Sequence[tuple[Outcome, dict[str, Any]]], now: datetime
    ) -> list[Stored]:
        """What the steps brought, each with its entry in the plan. A step that is recorded already is not charged
        again."""
        stored = await self._store_pages(tx, taken)
        facts = [
            self._fact(fact, page_id, url, now)
            for (outcome, _), one in zip(taken, stored, strict=True)
            for draft, (page_id, url) in zip(outcome.drafts, one.sources, strict=True)
            for fact in draft.facts
        ]
        rows = [
            self._row(outcome, {**one.brought, "step": entry})
            for (outcome, entry), one in zip(taken, stored, strict=True)
        ]
        fresh = await research.record_ended(tx.session, tx.workspace_id, rows, facts, now=now)
        usage = [call for outcome, _ in taken if outcome.step.key in fresh for call in outcome.usage]
        await research.record_usage(
            tx.session, tx.workspace_id, usage, lead_id=self._lead_id, run_id=self._run_id, now=now
        )
        return stored

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

    async def _store_pages(self, tx: Tx, taken: Sequence[tuple[Outcome, dict[str, Any]]]) -> list[Stored]:
        drafts = [draft for outcome, _ in taken for draft in outcome.drafts]
        pages = [draft.page for draft in drafts if draft.page is not None]
        ids = iter(await research.store_pages(tx.session, tx.workspace_id, pages))
        stored: list[Stored] = []
        for outcome, _ in taken:
            sources = [
                (next(ids), draft.page.url) if draft.page else (draft.page_id, draft.url)
                for draft in outcome.drafts
            ]
            stored.append(_stored(outcome, sources))
        return stored

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


def _stored(outcome: Outcome, sources: Sequence[tuple[PageId | None, str]]) -> Stored:
    drafts = list(zip(outcome.drafts, sources, strict=True))
    seen = [
        asdict(replace(draft.seen, page_id=str(page_id)))
        for draft, (page_id, _) in drafts
        if draft.seen is not None
    ]
    pages = [(draft.page, page_id) for draft, (page_id, _) in drafts if draft.page and page_id]
    return Stored({**outcome.brought, "pages": seen}, sources, pages)


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
