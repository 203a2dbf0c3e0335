"""Campaigns that run: pausing, resuming, cancelling, stopping all, and why an email has not been sent."""

import json
from uuid import uuid4

from pydantic import Field

from bot.tools.base import Arguments, Result, ToolContext, tool
from bot.tools.leads import one_lead
from bot.views import campaigns as view
from bot.views.blocks import counted
from db.models.workspace import Member
from db.queries import campaign, outbox, workspace
from db.queries.campaign_switch import Changed
from db.types import Effect, LeadId
from pipeline.errors import UserError
from pipeline.jobs import campaign_switch, decide
from pipeline.jobs.campaign_switch import Named
from pipeline.rules import lead_filter


class Which(Arguments):
    """All three null: everything."""

    campaign: str | None = Field(description="its name or id")
    company: str | None = Field(description="only the sequences to leads of this company")
    filter: str | None = Field(
        description=f"only the sequences to these leads: {lead_filter.GRAMMAR}, by commas"
    )


def named(args: Which) -> Named:
    return Named(args.campaign or None, args.company or None, args.filter or None)


@tool(effect=Effect.WRITE, label="Pausing campaigns {campaign} {company} {filter}")
async def pause_campaigns(ctx: ToolContext, args: Which) -> Result:
    """Pause every campaign email that matches: a campaign, a company's leads, leads by filter, or all when all are
    null."""
    changed = await campaign_switch.pause(ctx.deps, ctx.tx, named(args), now=ctx.now)
    await ctx.record("campaign.paused", "campaign", payload=args.model_dump())
    return Result(summary=switched("Paused", changed))


@tool(effect=Effect.WRITE, label="Resuming campaigns {campaign} {company} {filter}")
async def resume_campaigns(ctx: ToolContext, args: Which) -> Result:
    """Resume what was paused, by campaign, company, leads by filter, or all when all are null."""
    await require_resumer(ctx)
    changed = await campaign_switch.resume(ctx.deps, ctx.tx, named(args), now=ctx.now)
    await ctx.record("campaign.resumed", "campaign", payload=args.model_dump())
    return Result(summary=switched("Resumed", changed))


@tool(effect=Effect.WRITE, label="Asking whether to cancel {campaign} {company} {filter}")
async def cancel_campaigns(ctx: ToolContext, args: Which) -> Result:
    """End campaigns for good, by campaign, company or leads by filter. Asks the person with a button first, and says
    what would end; nothing ends before the click."""
    changed = await campaign_switch.affected(ctx.tx, named(args))
    if not changed.campaigns and not changed.enrollments:
        raise UserError("Nothing is running that matches, so there is nothing to cancel.")
    one = await campaign_switch.one(ctx.tx, args.campaign) if args.campaign else None
    # The button ends what was shown, whatever is called so by then.
    value = json.dumps([str(one.id) if one else None, args.company or None, args.filter or None])
    what = _said(args, one.name if one else None) or "all campaigns"
    asked = view.cancel_question(what, len(changed.campaigns), len(changed.enrollments), value)
    await outbox.put(
        ctx.tx.session,
        ctx.workspace_id,
        key=f"cancel:{uuid4()}",
        channel=ctx.channel_id or ctx.user_id,
        thread_ts=ctx.thread_ts or None,
        payload=asked.payload(),
        now=ctx.now,
    )
    await ctx.record("campaign.cancel_asked", "campaign", payload=args.model_dump())
    return Result(summary=f"Not done yet: it waits for the person's click below. {asked.text}")


def _said(args: Which, name: str | None) -> str:
    parts = [f"“{name[:80]}”" if name else ""]
    parts.append(f"the sequences to leads of {args.company[:80]}" if args.company else "")
    parts.append(f"the sequences to: {lead_filter.words_of(args.filter).lower()}" if args.filter else "")
    return ", ".join(part for part in parts if part)


def switched(verb: str, changed: Changed) -> str:
    if not changed.campaigns and not changed.enrollments:
        return f"{verb} nothing: no campaign or lead matches."
    sequences = counted(len(changed.enrollments), "sequence")
    if not changed.campaigns:
        return f"{verb}: {sequences}."
    return f"{verb}: {counted(len(changed.campaigns), 'campaign')}, {sequences}."


async def resumers(ctx: ToolContext) -> list[Member]:
    """Anybody may stop; only approvers and admins let mail leave again."""
    known = await workspace.members(ctx.tx.session, ctx.workspace_id)
    return [one for one in known if one.is_approver or one.is_admin]


async def require_resumer(ctx: ToolContext) -> None:
    """Raises UserError, naming who may. Until there is anybody, nothing was approved that could leave."""
    may = await resumers(ctx)
    if may and ctx.user_id not in {one.slack_user_id for one in may}:
        names = ", ".join(f"@{one.name or one.slack_user_id}" for one in may[:5])
        raise UserError(f"Only approvers and admins can start sending again: {names}. Anybody can stop it.")


class Nothing(Arguments):
    pass


@tool(effect=Effect.WRITE, label="Stopping all sending", on_home=True)
async def stop_all_sending(ctx: ToolContext, args: Nothing) -> Result:
    """Stop all sending of the workspace at once."""
    await campaign.stop_sending(ctx.tx.session, ctx.workspace_id, user_id=ctx.user_id, now=ctx.now)
    await ctx.record("sending.stopped", "workspace", ctx.workspace_id)
    return Result(summary="All sending is stopped. Nothing goes out until somebody starts it again.")


@tool(effect=Effect.WRITE, label="Starting sending again", on_home=True)
async def resume_all_sending(ctx: ToolContext, args: Nothing) -> Result:
    """Start sending again after it was stopped for the whole workspace."""
    await require_resumer(ctx)
    await campaign.resume_sending(ctx.tx.session, ctx.workspace_id, now=ctx.now)
    await ctx.record("sending.resumed", "workspace", ctx.workspace_id)
    return Result(summary="Sending is on again. What is due goes out in its windows, not in a burst.")


class WhyNotSent(Arguments):
    lead: str


class Reasons(Result):
    reasons: list[str]
    email_id: str | None = None  # to ask with on the command line


@tool(effect=Effect.READ, label="Asking the gates about {lead}")
async def why_not_sent(ctx: ToolContext, args: WhyNotSent) -> Reasons:
    """Why the next email to a lead has not been sent yet, from the same gates that decide it."""
    lead = await one_lead(ctx, args.lead)
    why = await decide.why_not_sent(ctx.deps, ctx.tx, LeadId(lead.id), ctx.now, zone=ctx.timezone)
    reasons = list(why.sentences)
    return Reasons(
        summary=" ".join(reasons) or f"Nothing holds the next email to {lead.name} back.",
        reasons=reasons,
        email_id=str(why.email_id) if why.email_id else None,
    )
