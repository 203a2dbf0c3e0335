"""Starting research and explaining it."""

from typing import Any

from pydantic import BaseModel, Field

from bot.tools.base import Arguments, Result, ToolContext, tool
from bot.tools.leads import AddLead, add, one_lead
from bot.views.blocks import counted
from db.models.lead import Lead
from db.models.research import ResearchRun
from db.queries import lead as leads
from db.queries import research
from db.types import Depth, Effect, EmailStatus, LeadStatus, RunId, StepState
from db.wake import Wake
from pipeline.errors import UserError
from pipeline.messages import RunProgressed

MOST_RUNS = 50


class ResearchLead(Arguments):
    lead: str | None = Field(description="a known lead: name, email address or id; null when name is given")
    name: str | None = Field(description="a person to add and research")
    company: str | None
    email: str | None
    research_depth: Depth = Field(description="quick 30 s, standard 2 min, deep 5 min")


class ResearchBegun(Result):
    lead_id: str
    run_id: str


@tool(effect=Effect.WRITE, label="Starting research on {name} {lead}")
async def research_lead(ctx: ToolContext, args: ResearchLead) -> ResearchBegun:
    """Conduct research on one lead, adding them first if they are unknown. It runs in the background; a card in
    this thread shows every step. A qualified lead gets a draft sequence for approval."""
    lead = await _meant(ctx, args)
    run = await begin(ctx, lead, args.research_depth)
    said = f"Research of {lead.name} has begun ({run.depth}). Its card shows each step."
    return ResearchBegun(summary=said, lead_id=str(lead.id), run_id=str(run.id))


async def _meant(ctx: ToolContext, args: ResearchLead) -> Lead:
    if args.lead and not args.name:
        return await one_lead(ctx, args.lead)
    if not args.name:
        raise UserError("Whom should I research? Give me a name, and a company or an email address.")
    if not args.email:
        known = await leads.resolve(ctx.tx.session, ctx.workspace_id, args.name)
        same = [
            lead for lead in known if not args.company or (lead.company or "").lower() == args.company.lower()
        ]
        if len(same) == 1:
            return same[0]
    new = AddLead(
        name=args.name,
        email=args.email,
        company=args.company,
        title=None,
        linkedin_url=None,
        website_url=None,
        phone=None,
        location=None,
    )
    lead, _ = await add(ctx, new)
    return lead


async def begin(ctx: ToolContext, lead: Lead, depth: Depth) -> ResearchRun:
    """Start a run (or join the one that is open) and show its card here."""
    run, is_new = await research.start_run(
        ctx.tx.session,
        ctx.workspace_id,
        lead_id=lead.id,
        depth=depth,
        requested_by=ctx.user_id,
        channel_id=ctx.channel_id,
        thread_ts=ctx.thread_ts,
        then_write=True,
        now=ctx.now,
        cost_cap_cents=ctx.deps.settings.research_cents,
    )
    ctx.tx.enqueue(Wake.RESEARCH_LEAD, run_id=run.id)
    if is_new:
        await ctx.record("research.begun", "lead", lead.id, {"run": str(run.id), "depth": depth})
        await ctx.deps.notifier.tell(ctx.tx, RunProgressed(RunId(run.id)))
    return run


class ResearchLatest(Arguments):
    limit: int
    research_depth: Depth


@tool(effect=Effect.WRITE, label="Starting research on the latest {limit} leads")
async def research_latest_leads(ctx: ToolContext, args: ResearchLatest) -> Result:
    """Research the newest leads, those not yet researched first."""
    limit = max(1, min(args.limit, MOST_RUNS))
    fresh = await leads.list_leads(
        ctx.tx.session, ctx.workspace_id, leads.LeadFilter(status=LeadStatus.NEW), sort="newest", limit=limit
    )
    if not fresh:
        raise UserError("There are no leads waiting for research. Add some, or name one to research again.")
    for lead in fresh:
        await begin(ctx, lead, args.research_depth)
    names = ", ".join(lead.name for lead in fresh[:5]) + (" and others" if len(fresh) > 5 else "")
    no_more = " No other lead waits for it; name one to research them again." if len(fresh) < limit else ""
    return Result(
        summary=f"Research of {counted(len(fresh), 'lead')} has begun ({args.research_depth}): {names}.{no_more}"
    )


class ExplainResearch(Arguments):
    lead: str = Field(description="a name, an email address or an id")


class StepExplained(BaseModel):
    title: str
    brought: str  # with its time and price: “8 facts in 0.1 s, 0.2 ¢”
    why: str | None  # it was taken
    note: str | None  # what went wrong, or what it says of itself


class LeftOut(BaseModel):
    title: str
    reason: str


class ResearchExplained(Result):
    steps: list[StepExplained]
    not_taken: list[LeftOut]
    missing: list[str]
    cents: float
    ended: str | None  # why the run ended
    score: str | None  # what it is made of
    quality: str | None  # what the quality figure comes from
    email: str | None  # how sure the address is, where it is a guess


@tool(
    effect=Effect.READ, label="Looking at how {lead} was researched", outside=("steps", "not_taken", "email")
)
async def explain_research(ctx: ToolContext, args: ExplainResearch) -> ResearchExplained:
    """How a lead was researched: each step with why it was taken, what it brought, took and cost; which steps were
    left out and why; what the score and the quality figure come from."""
    lead = await one_lead(ctx, args.lead)
    run = await research.newest_run(ctx.tx.session, ctx.workspace_id, lead.id)
    if run is None:
        raise UserError(f"{lead.name} has not been researched yet. Say “Research {lead.name}” to begin.")
    plan = run.plan
    steps = [_explained(step) for step in plan.get("steps", ())]
    left_out = [LeftOut(title=one["title"], reason=one["reason"]) for one in plan.get("not_taken", ())]
    return ResearchExplained(
        summary=_in_short(lead, run, steps, left_out),
        steps=steps,
        not_taken=left_out,
        missing=list(run.missing),
        cents=float(run.cost_cents),
        ended=plan.get("ended"),
        score=plan.get("score"),
        quality=f"{run.quality} of 100: {plan['quality']}" if plan.get("quality") else None,
        email=lead.email_note if lead.email_status == EmailStatus.GUESSED else None,
    )


def _explained(step: dict[str, Any]) -> StepExplained:
    found, ms, cents = step.get("found") or 0, step.get("ms"), float(step.get("cents") or 0)
    brought = (
        "failed"
        if step.get("state") == StepState.FAILED
        else counted(found, "fact")
        if found
        else "nothing new"
    )
    seconds = f" in {ms / 1000:.1f} s" if ms is not None else ""
    price = f", {cents:.2f} ¢" if cents else ""
    return StepExplained(
        title=step.get("title", step.get("key", "")),
        brought=f"{brought}{seconds}{price}",
        why=step.get("why"),
        note=step.get("error") or step.get("note"),
    )


def _in_short(lead: Lead, run: ResearchRun, steps: list[StepExplained], left_out: list[LeftOut]) -> str:
    failed = sum(step.get("state") == StepState.FAILED for step in run.plan.get("steps", ()))
    ended = f" It ended because {run.plan['ended']}." if run.plan.get("ended") else ""
    others = f" {counted(len(left_out), 'step')} not taken." if left_out else ""
    return (
        f"{lead.name}: {counted(len(steps), 'step')}, {failed} failed, {float(run.cost_cents):.1f} cents; "
        f"the run is {run.state}.{ended}{others}"
    )
