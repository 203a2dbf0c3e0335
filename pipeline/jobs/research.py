"""The job RESEARCH_LEAD: claim a run, research, and turn what was found into a lead, a verdict and drafts.

Killed at any point, the run's lease ends, the sweep wakes it again, and it goes on with what is stored.
"""

from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID, uuid4

from db.models.lead import Lead
from db.models.research import ResearchRun
from db.queries import campaign, lead, research
from db.queries.evidence import KnownFact, NewFact, NewStep
from db.session import Tx
from db.types import (
    EmailStatus,
    FactSource,
    LeadId,
    LeadStatus,
    LeaseToken,
    ResearchTool,
    RunId,
    RunState,
    StepState,
    WorkspaceId,
)
from db.wake import Queue, Wake
from pipeline.deps import Deps
from pipeline.jobs.base import job
from pipeline.jobs.research_plan import COLUMNS, columns_of, failures, weighed_facts
from pipeline.jobs.research_run import LEASE, Ended, ResearchRunner
from pipeline.jobs.research_store import Claimed
from pipeline.logs import get_logger
from pipeline.messages import RunProgressed
from pipeline.rules.dossier import columns_from
from pipeline.rules.qualification import Verdict, worth_writing
from pipeline.rules.quality import quality_of
from pipeline.rules.scoring import WeighedFact, lead_data_from, score_in_words
from pipeline.rules.strategy import BY_GAIN, Policy, missing
from pipeline.rules.zones import zone_from

log = get_logger(__name__)
_MOST_ATTEMPTS = 5
_OPEN_STATUSES = (LeadStatus.NEW, LeadStatus.RESEARCHING, LeadStatus.RESEARCHED)


@job(Wake.RESEARCH_LEAD, queue=Queue.RESEARCH, timeout=timedelta(seconds=400))
async def research_lead(deps: Deps, *, workspace_id: str, run_id: str) -> None:
    await research_run(deps, WorkspaceId(UUID(workspace_id)), UUID(run_id))


async def research_run(deps: Deps, workspace: WorkspaceId, run_id: UUID, policy: Policy = BY_GAIN) -> None:
    """Take the run to its end, unless somebody else works on it. Raises Transient and LeaseLost."""
    place = await _place(deps, workspace, run_id)
    if place is Place.NONE:
        return
    token, finished = LeaseToken(uuid4()), False
    try:
        claimed = await _claim(deps, workspace, run_id, token)
        if claimed is None:
            finished = True
            if place is Place.TAKEN:
                await deps.research.rates.give_back("research")
            return
        if claimed.run.attempts > _MOST_ATTEMPTS:
            runner, ended = None, None
        else:
            runner = ResearchRunner(deps, claimed, policy)
            ended = await runner.run()
        await _finish(deps, claimed, runner, ended)
        finished = True
    finally:
        if not finished:  # also one that was called off while it was claimed
            async with deps.db.transaction(workspace) as tx:
                await research.release_run(tx.session, workspace, run_id, token=token)


class Place(Enum):
    NONE = "none"  # it has ended, somebody works on it, or another wake-up waits for its turn
    TAKEN = "taken"
    NOT_NEEDED = "not needed"


async def _place(deps: Deps, workspace: WorkspaceId, run_id: UUID) -> Place:
    """At most MAX_RESEARCH_PER_MINUTE new runs begin. Raises Transient until there is room."""
    async with deps.db.transaction(workspace) as tx:
        run = await research.standing(tx.session, workspace, run_id)
    if run is None or run.state not in (RunState.QUEUED, RunState.RUNNING):
        return Place.NONE
    if run.lease_until is not None and run.lease_until > deps.clock.wall():
        return Place.NONE
    if run.state == RunState.RUNNING or run.stop_requested_at is not None:
        return Place.NOT_NEEDED
    is_turn = await deps.research.rates.take_turn("research", str(run_id))
    return Place.TAKEN if is_turn else Place.NONE


async def _claim(deps: Deps, workspace: WorkspaceId, run_id: UUID, token: LeaseToken) -> Claimed | None:
    """None where the run has ended or somebody else works on it."""
    now = deps.clock.now()
    async with deps.db.transaction(workspace) as tx:
        run = await research.claim_run(
            tx.session, workspace, run_id, token=token, wall=deps.clock.wall(), lease=LEASE, now=now
        )
        if run is None:
            return None
        person = await lead.get(tx.session, workspace, run.lead_id)
        if person is None:
            return None
        if person.status in _OPEN_STATUSES:
            status = {"status": LeadStatus.RESEARCHING.value}
            await lead.set_columns(tx.session, workspace, person.id, status, now=now)
        facts = await research.known_facts(tx.session, workspace, person.id)
        if not facts:
            facts = await _record_given(deps, tx, run, person)
        # The first attempt has none; and its card is shown with its first steps, in a moment.
        steps = await research.steps(tx.session, workspace, run_id) if run.attempts > 1 else ()
    return Claimed(workspace, run, token, person, tuple(facts), tuple(steps))


async def _record_given(deps: Deps, tx: Tx, run: ResearchRun, person: Lead) -> list[KnownFact]:
    """What a person told us is a step of its own, and a fact whose source is that person."""
    now = deps.clock.now()
    given = {name: value for name, value in columns_of(person).items() if value}
    facts = [
        NewFact(
            lead_id=LeadId(person.id),
            run_id=RunId(run.id),
            page_id=None,
            field=name,
            value=value,
            quote=value,
            url=None,
            source=FactSource.PERSON,
            confidence=Decimal(1),
            published_on=None,
            retrieved_at=now,
        )
        for name, value in given.items()
    ]
    step = NewStep(
        lead_id=LeadId(person.id),
        run_id=RunId(run.id),
        step_key="manual:given",
        tool=ResearchTool.MANUAL,
        state=StepState.OK,
        research_data={"given": given},
        notes="What a person told us",
        quality=100,
        processing_time_ms=0,
        cost_cents=Decimal(0),
    )
    await research.record_ended(tx.session, tx.workspace_id, [step], facts, now=now)
    return [
        KnownFact(
            new.field, new.value, new.confidence, new.published_on, new.url, new.retrieved_at, new.run_id
        )
        for new in facts
    ]


async def _finish(deps: Deps, claimed: Claimed, runner: ResearchRunner | None, ended: Ended | None) -> None:
    """One transaction: the lead's columns, the verdict, the run's end, the next wake-up. Raises LeaseLost."""
    workspace, run_id, now = claimed.workspace_id, claimed.run.id, deps.clock.now()
    plan = runner.plan if runner else dict(claimed.run.plan) or {"steps": []}
    async with deps.db.transaction(workspace) as tx:
        until = deps.clock.wall() + LEASE
        await research.hold_run(tx.session, workspace, run_id, token=claimed.token, until=until)
        person = await lead.get(tx.session, workspace, claimed.lead.id)
        assert person is not None  # the run would have gone with its lead
        facts = weighed_facts(await research.known_facts(tx.session, workspace, person.id))
        changes = await _new_columns(tx, person, facts, runner, now.date())
        columns = columns_of(person) | {name: str(changes[name]) for name in COLUMNS if name in changes}
        if changes.get("email_status") == EmailStatus.GUESSED:
            columns["email"] = None
        data = lead_data_from(columns, facts, now.date())
        verdict = worth_writing(data)
        quality = quality_of(columns, facts, now.date())
        plan |= {
            "score": score_in_words(data),
            "quality": quality.words,
            "ended": ended.value if ended else None,
        }
        problems = failures(plan)
        changes |= {
            "score": verdict.score,
            "qualified": verdict.qualified,
            "qualification_reason": _reason(verdict, problems),
            "data_quality": quality.score,
            "researched_at": now,
        }
        if person.status in _OPEN_STATUSES:
            has_email = bool(changes.get("email", person.email))
            changes["status"] = (LeadStatus.RESEARCHED if has_email else LeadStatus.NEW).value
        await lead.set_columns(tx.session, workspace, person.id, changes, now=now)
        state, error = _end_state(plan, ended, problems)
        await research.finish_run(
            tx.session,
            workspace,
            run_id,
            state=state,
            plan=plan,
            missing=sorted(missing(data)),
            quality=quality.score,
            error=error,
            now=now,
        )
        if verdict.qualified and claimed.run.then_write and state is not RunState.STOPPED:
            await _enroll(deps, tx, claimed.run, person)
        await deps.notifier.tell(tx, RunProgressed(RunId(run_id)))
    log.info("research_ended", state=state.value, qualified=verdict.qualified, score=verdict.score)


async def _new_columns(
    tx: Tx, person: Lead, facts: list[WeighedFact], runner: ResearchRunner | None, today: date
) -> dict[str, object]:
    """Empty columns that facts fill; an address another lead has already is left out."""
    changes: dict[str, object] = dict(columns_from(columns_of(person), facts, today))
    guess = runner.guess if runner else None
    if "email" in changes:
        changes |= {"email_status": EmailStatus.FOUND.value, "email_note": None}
    elif guess is not None and columns_of(person)["email"] is None:
        note = f"{guess['confidence']:.0%} sure. {guess['because']}"
        changes |= {"email": guess["address"], "email_status": EmailStatus.GUESSED.value, "email_note": note}
    if "email" in changes:
        holder = await lead.find_by_email(tx.session, tx.workspace_id, str(changes["email"]))
        if holder is not None and holder.id != person.id:
            for name in ("email", "email_status", "email_note"):
                changes.pop(name, None)
    seen = [page for page in runner.found.pages if page.companys] if runner else []
    region = next((page.region for page in seen if page.region), None)
    language = next((page.language for page in seen if page.language), None)
    phone = changes.get("phone") or person.phone
    known = {**columns_of(person), **changes}
    country, zone = zone_from(
        location=_text(known.get("location")),
        phone=_text(phone),
        region=region,
        domain=_text(known.get("company_domain")),
    )
    place: dict[str, object] = {"country": country, "timezone": zone, "language": language}
    changes |= {name: value for name, value in place.items() if value and not getattr(person, name)}
    return changes


def _text(value: object) -> str | None:
    return str(value) if value else None


def _reason(verdict: Verdict, problems: list[str]) -> str:
    if verdict.qualified or not problems:
        return verdict.reason
    return f"{verdict.reason} Not everything could be asked: {' '.join(problems[:2])}"


def _end_state(plan: dict[str, Any], ended: Ended | None, problems: list[str]) -> tuple[RunState, str | None]:
    """Failed only where nothing at all answered; a partial dossier is a result."""
    if ended is None:
        return RunState.FAILED, f"Research broke off {_MOST_ATTEMPTS} times."
    if ended is Ended.STOPPED:
        return RunState.STOPPED, None
    answered = any(step["state"] in (StepState.OK.value, StepState.EMPTY.value) for step in plan["steps"])
    if problems and not answered:
        return RunState.FAILED, " ".join(problems)[:1000]
    return RunState.DONE, None


async def _enroll(deps: Deps, tx: Tx, run: ResearchRun, person: Lead) -> None:
    """Into the workspace's default campaign, unless the lead is in a sequence or may not be written to."""
    enrollment_id = await campaign.enroll(
        tx.session,
        tx.workspace_id,
        lead_id=LeadId(person.id),
        campaign_id=None,
        owner_user_id=run.requested_by or person.owner_user_id,
        channel_id=run.channel_id,
        thread_ts=run.thread_ts,
        now=deps.clock.now(),
    )
    if enrollment_id is not None:
        tx.enqueue(Wake.WRITE_SEQUENCE, enrollment_id=enrollment_id)
