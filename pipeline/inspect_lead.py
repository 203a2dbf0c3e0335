"""`python -m pipeline.inspect lead EMAIL`: the dossier with its sources, and whether every fact still stands.

`--check` replays the check that every fact passed when it was stored: the page's text has the hash it was stored
under, the quote stands in it, and the value in the quote. It needs the database of the settings, and no network.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from db.models.lead import Lead
from db.models.research import Fact, LeadResearch, ResearchRun
from db.queries import due, research
from db.queries import lead as leads
from db.queries.pages import StoredPage
from db.session import Database, Tx, connect
from db.types import PageId, WorkspaceId
from pipeline.errors import BadSettings
from pipeline.jobs.research_plan import columns_of, weighed_facts
from pipeline.rules.conflicts import also_said, source_words
from pipeline.rules.extraction import is_quoted
from pipeline.rules.qualification import worth_writing
from pipeline.rules.quality import quality_of
from pipeline.rules.scoring import lead_data_from, score_in_words


class _Where(BaseSettings):
    """Of all settings only this one: a dossier can be looked at where nothing else is set up."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    database_url: str


def _where(chosen: Mapping[str, str]) -> str:
    try:
        return _Where(**chosen).database_url  # pyright: ignore[reportCallIssue, reportArgumentType]
    except ValidationError:
        raise BadSettings("DATABASE_URL is missing: it says where the leads are.") from None


@dataclass(frozen=True, slots=True)
class Check:
    stands: bool
    problem: str | None = None  # what does not


async def show_lead(
    email: str, *, check: bool, chosen: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], int]:
    """The dossiers of every workspace that has this lead. 1 where there is none, or a fact does not stand. `chosen`:
    settings that win over the environment's and `.env`'s.

    Raises BadSettings and db.errors.DatabaseError.
    """
    db = connect(_where(chosen or {}))
    try:
        shown = [
            found
            for workspace in await _workspaces(db)
            if (found := await dossier(db, workspace, email, check))
        ]
    finally:
        await db.close()
    if not shown:
        return {"email": email, "error": "No lead has this address."}, 1
    broken = any(one.get("broken") for one in shown)
    return (shown[0] if len(shown) == 1 else {"email": email, "dossiers": shown}), int(broken)


async def _workspaces(db: Database) -> list[WorkspaceId]:
    async with db.across() as tx:
        return await due.workspaces(tx.session)


async def dossier(db: Database, workspace: WorkspaceId, email: str, check: bool) -> dict[str, Any] | None:
    async with db.transaction(workspace) as tx:
        lead = await leads.find_by_email(tx.session, workspace, email)
        if lead is None:
            return None
        facts = await research.facts(tx.session, workspace, lead.id)
        run = await research.newest_run(tx.session, workspace, lead.id)
        steps = await research.steps(tx.session, workspace, run.id) if run else []
        checks = await checked(tx, facts) if check else {}
    today = max((fact.retrieved_at for fact in facts), default=lead.updated_at).date()
    weighed = weighed_facts(facts)
    columns = columns_of(lead)
    data = lead_data_from(columns, weighed, today)
    quality = quality_of(columns, weighed, today)
    verdict = worth_writing(data)
    told: dict[str, Any] = {
        "lead": _columns(lead),
        "verdict": {"qualified": verdict.qualified, "reason": verdict.reason},
        "score": {"value": verdict.score, "words": score_in_words(data)},
        "quality": {"value": quality.score, "words": quality.words},
        "facts": [_fact(fact, checks.get(str(fact.id))) for fact in facts],
        "conflicts": {
            field: [{"value": one.value, "source": source_words(one)} for one in others]
            for field in dict.fromkeys(fact.field for fact in weighed)
            if (others := also_said(weighed, field, today))
        },
        "research": _run(run, steps) if run else None,
    }
    if check:
        broken = [str(fact.id) for fact in facts if not checks[str(fact.id)].stands]
        told |= {"checked": len(checks), "broken": broken}
    return told


async def checked(tx: Tx, facts: Sequence[Fact]) -> dict[str, Check]:
    """Each fact against its stored page; what a person said stands by itself."""
    pages: dict[PageId, StoredPage | None] = {}
    checks: dict[str, Check] = {}
    for fact in facts:
        page_id = PageId(fact.page_id) if fact.page_id else None
        if page_id is not None and page_id not in pages:
            pages[page_id] = await research.page(tx.session, tx.workspace_id, page_id)
        checks[str(fact.id)] = check_fact(fact, pages[page_id] if page_id else None)
    return checks


def check_fact(fact: Fact, page: StoredPage | None) -> Check:
    if fact.url is None:
        return Check(True)
    if page is None:
        return Check(False, "The page it was read from is not stored any more.")
    if hashlib.sha256(page.text.encode()).hexdigest() != page.content_hash:
        return Check(False, "The stored page is not what was read: its hash differs.")
    if not is_quoted(fact.value, fact.quote, page.text):
        return Check(False, "The quote does not stand in the page, or the value not in the quote.")
    return Check(True)


_SHOWN = (
    "id", "name", "email", "email_status", "email_note", "company", "company_domain", "title", "linkedin_url",
    "website_url", "twitter_url", "ig_url", "phone", "location", "country", "timezone", "language", "status",
    "researched_at",
)  # fmt: skip


def _columns(lead: Lead) -> dict[str, Any]:
    return {name: getattr(lead, name) for name in _SHOWN}


def _fact(fact: Fact, check: Check | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": fact.id,
        "field": fact.field,
        "value": fact.value,
        "quote": fact.quote,
        "url": fact.url,
        "source": fact.source,
        "confidence": float(fact.confidence),
        "published_on": fact.published_on,
        "retrieved_at": fact.retrieved_at,
        "page": fact.page_id,
    }
    return told | ({"stands": check.stands, "problem": check.problem} if check else {})


def _run(run: ResearchRun, steps: Sequence[LeadResearch]) -> dict[str, Any]:
    return {
        "id": run.id,
        "depth": run.depth,
        "state": run.state,
        "ended": run.plan.get("ended"),
        "cents": float(run.cost_cents),
        "quality": run.quality,
        "missing": list(run.missing),
        "not_taken": run.plan.get("not_taken", []),
        "steps": [
            {
                "step": step.step_key,
                "tool": step.tool_used,
                "version": step.tool_version,
                "state": step.state,
                "milliseconds": step.processing_time_ms,
                "cents": float(step.cost_cents),
                "quality": step.data_quality_score,
                "why": _why(step),
                "notes": step.research_notes,
            }
            for step in steps
        ],
    }


def _why(step: LeadResearch) -> str | None:
    entry: dict[str, Any] = step.research_data.get("step") or {}
    return entry.get("why")
