"""Campaigns: enrolling leads, pausing, stopping, and why an email has not been sent."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from bot.tools.base import Arguments, Result, ToolContext, tool
from bot.tools.leads import one_lead
from bot.tools.tasks import in_zone
from bot.views.blocks import counted
from db.models.lead import Lead
from db.models.workspace import Member
from db.queries import analytics, campaign, workspace
from db.queries import lead as leads
from db.types import CampaignId, CampaignType, Effect, LeadId, LeadStatus
from db.wake import Wake
from pipeline.errors import UserError
from pipeline.jobs import decide
from pipeline.rules.cron_text import parse_schedule

MOST_LEADS = 500
FILTERS = "replied, not_contacted, researched, priority, source:NAME or company:NAME"


class ScheduleCampaign(Arguments):
    lead_ids: list[str] | None = Field(description="names, addresses or ids of the leads")
    filter: str | None = Field(description=f"instead of lead_ids: {FILTERS}")
    campaign_type: CampaignType
    schedule_time: str | None = Field(description="for scheduled campaigns: the person's words, or ISO")
    name: str | None
    goal: str | None


class CampaignScheduled(Result):
    campaign_id: str
    enrolled: int
    left_out: list[str]


@tool(effect=Effect.WRITE, label="Preparing a campaign {filter}")
async def schedule_campaign(ctx: ToolContext, args: ScheduleCampaign) -> CampaignScheduled:
    """Schedule an email campaign for specific leads or a filter. Writes drafts; each lead's drafts wait for a
    person's approval before anything is sent. Says who is left out and why."""
    starts_at = _start(ctx, args)
    chosen = await _chosen(ctx, args)
    name = (args.name or _name(args, ctx.now)).strip()[:120]
    made = await campaign.create(
        ctx.tx.session,
        ctx.workspace_id,
        name=name,
        goal=(args.goal or "")[:500],
        type=args.campaign_type,
        filter={"filter": args.filter} if args.filter else None,
        starts_at=starts_at,
        owner_user_id=ctx.user_id,
        created_by=ctx.user_id,
        channel_id=ctx.channel_id,
        thread_ts=ctx.thread_ts,
        now=ctx.now,
    )
    enrolled, left_out = await _enroll(ctx, made, chosen)
    if not enrolled:
        raise UserError(f"Nobody can be enrolled: {'; '.join(left_out[:5])}.")
    await ctx.record("campaign.created", "campaign", made, {"name": name, "enrolled": enrolled})
    at = f", not before {in_zone(starts_at, ctx.timezone)}" if starts_at else ""
    whom = counted(enrolled, "lead")
    said = f"Campaign “{name}”: drafts for {whom} are being written and will wait for approval{at}."
    if left_out:
        said += f" Left out: {len(left_out)}."
    return CampaignScheduled(summary=said, campaign_id=str(made), enrolled=enrolled, left_out=left_out[:20])


def _start(ctx: ToolContext, args: ScheduleCampaign) -> datetime | None:
    if not args.schedule_time:
        if args.campaign_type is CampaignType.SCHEDULED:
            raise UserError("When should it start? For example “tomorrow at 10am”.")
        return None
    schedule = parse_schedule(args.schedule_time, timezone=ctx.timezone, now=ctx.now)
    if schedule.run_at is None:
        raise UserError("A campaign starts once; say a day and a time, for example “tomorrow at 10am”.")
    return schedule.run_at


def _name(args: ScheduleCampaign, now: datetime) -> str:
    about = (args.filter or "chosen leads").replace("_", " ").replace(":", " ")
    return f"{about.capitalize()}, {now:%d %b}"


async def _chosen(ctx: ToolContext, args: ScheduleCampaign) -> list[Lead]:
    if args.lead_ids:
        return [await one_lead(ctx, named) for named in args.lead_ids[:MOST_LEADS]]
    wanted = _filter(ctx, args.filter or "")
    found = await leads.list_leads(ctx.tx.session, ctx.workspace_id, wanted, sort="score", limit=MOST_LEADS)
    if not found:
        raise UserError(f"No lead matches “{args.filter}”, so there is no campaign.")
    return found


def _filter(ctx: ToolContext, text: str) -> leads.LeadFilter:
    name, _, value = text.strip().partition(":")
    match name.strip().casefold().replace(" ", "_"):
        case "replied":
            return leads.LeadFilter(replied_since=analytics.spans(ctx.now, ctx.timezone)["all"].start)
        case "not_contacted":
            return leads.LeadFilter(contacted=False, qualified=True)
        case "researched":
            return leads.LeadFilter(status=LeadStatus.RESEARCHED)
        case "priority":
            return leads.LeadFilter(tag=leads.PRIORITY_TAG)
        case "source" if value:
            return leads.LeadFilter(source=value.strip())
        case "company" if value:
            return leads.LeadFilter(company=value.strip())
        case _:
            raise UserError(f"For which leads? I can take names, or one of: {FILTERS}.")


async def _enroll(ctx: ToolContext, made: CampaignId, chosen: list[Lead]) -> tuple[int, list[str]]:
    enrolled, left_out = 0, list[str]()
    for lead in chosen:
        reason = _unfit(lead)
        if reason is None:
            enrollment = await campaign.enroll(
                ctx.tx.session,
                ctx.workspace_id,
                lead_id=LeadId(lead.id),
                campaign_id=made,
                owner_user_id=lead.owner_user_id or ctx.user_id,
                channel_id=ctx.channel_id,
                thread_ts=ctx.thread_ts,
                now=ctx.now,
            )
            if enrollment is None:
                reason = "is in another running campaign"
            else:
                ctx.tx.enqueue(Wake.WRITE_SEQUENCE, enrollment_id=enrollment)
                enrolled += 1
        if reason is not None:
            left_out.append(f"{lead.name} {reason}")
    return enrolled, left_out


def _unfit(lead: Lead) -> str | None:
    if lead.status in (LeadStatus.UNSUBSCRIBED, LeadStatus.BOUNCED):
        return f"has {lead.status}"
    if lead.qualified is None:
        return "has not been researched yet"
    return None if lead.qualified and lead.email else "is not qualified"


class Which(Arguments):
    campaign: str | None = Field(description="its name or id")
    company: str | None = Field(description="only for leads of this company")


@tool(effect=Effect.WRITE, label="Pausing campaigns {campaign} {company}")
async def pause_campaigns(ctx: ToolContext, args: Which) -> Result:
    """Pause every campaign email that matches: a campaign, a company's leads, or all when both are null."""
    changed = await campaign.pause(
        ctx.tx.session,
        ctx.workspace_id,
        campaign_id=await _campaign_id(ctx, args.campaign),
        company=args.company,
        now=ctx.now,
    )
    await ctx.record("campaign.paused", "campaign", payload=args.model_dump())
    return Result(summary=_changed("Paused", changed.campaigns, changed.enrollments))


@tool(effect=Effect.WRITE, label="Resuming campaigns {campaign} {company}")
async def resume_campaigns(ctx: ToolContext, args: Which) -> Result:
    """Resume what was paused, by campaign, company, or all when both are null."""
    await require_resumer(ctx)
    changed = await campaign.resume(
        ctx.tx.session,
        ctx.workspace_id,
        campaign_id=await _campaign_id(ctx, args.campaign),
        company=args.company,
        now=ctx.now,
    )
    await ctx.record("campaign.resumed", "campaign", payload=args.model_dump())
    return Result(summary=_changed("Resumed", changed.campaigns, changed.enrollments))


def _changed(verb: str, campaigns: int, enrollments: int) -> str:
    if not campaigns and not enrollments:
        return f"{verb} nothing: no campaign or lead matches."
    return f"{verb}: {campaigns} campaigns, {enrollments} leads' sequences."


async def _campaign_id(ctx: ToolContext, words: str | None) -> CampaignId | None:
    if not words:
        return None
    found = await campaign.by_words(ctx.tx.session, ctx.workspace_id, words)
    if len(found) != 1:
        names = "; ".join(one.name for one in found[:5]) or "none"
        raise UserError(f"“{words[:80]}” fits {len(found)} campaigns ({names}). Which one?")
    return CampaignId(UUID(str(found[0].id)))


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


@tool(effect=Effect.WRITE, label="Stopping all sending")
async def stop_all_sending(ctx: ToolContext, args: Nothing) -> Result:
    """Stop all sending of the workspace at once."""
    await campaign.stop_sending(ctx.tx.session, ctx.workspace_id, user_id=ctx.user_id, now=ctx.now)
    await ctx.record("sending.stopped", "workspace", ctx.workspace_id)
    return Result(summary="All sending is stopped. Nothing goes out until somebody starts it again.")


@tool(effect=Effect.WRITE, label="Starting sending again")
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


@tool(effect=Effect.READ, label="Asking the gates about {lead}")
async def why_not_sent(ctx: ToolContext, args: WhyNotSent) -> Reasons:
    """Why the next email to a lead has not been sent yet, from the same gates that decide it."""
    lead = await one_lead(ctx, args.lead)
    why = await decide.why_not_sent(ctx.deps, ctx.tx, LeadId(lead.id), ctx.now)
    reasons = list(why.sentences)
    return Reasons(
        summary=" ".join(reasons) or f"Nothing holds the next email to {lead.name} back.", reasons=reasons
    )
