"""New campaigns: asked for, previewed, rehearsed; and leads for one that runs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from bot.tools.base import Arguments, Result, ToolContext, tool
from bot.tools.leads import one_lead
from bot.tools.tasks import in_zone
from bot.views import campaigns as view
from bot.views.blocks import counted
from db.queries import enrollment, outbox
from db.queries.lead import LeadFilter
from db.types import CampaignId, CampaignType, Effect, LeadId
from pipeline.errors import UserError
from pipeline.jobs import campaign_switch, campaigns
from pipeline.jobs.campaigns import Asked
from pipeline.rules import lead_filter
from pipeline.rules.campaign_card import Preview, left_out_line, names_of, reasons
from pipeline.rules.cron_text import parse_schedule

MOST_NAMED = 500
FILTER = (
    f"instead of lead_ids: {lead_filter.GRAMMAR}; several by commas, all have to hold. “leads from Google not "
    f"contacted” is “{lead_filter.EXAMPLE}”"
)


class ScheduleCampaign(Arguments):
    lead_ids: list[str] | None = Field(description="names, addresses or ids of the leads")
    filter: str | None = Field(description=FILTER)
    campaign_type: CampaignType = Field(description="drip: a few leads begin each business day")
    schedule_time: str | None = Field(description="for scheduled campaigns: the person's words, or ISO")
    name: str | None
    goal: str | None
    approach: str | None = Field(description="how to write, where the person says so")
    like: str | None = Field(
        description="words of an earlier campaign whose goal, approach, language and pace it takes: “the same "
        "approach we used for the tech companies” is “tech companies”"
    )
    leads_per_day: int | None = Field(description="of a drip")
    language: str | None = Field(description="a code such as de; null: each lead's own")


class CampaignPreviewed(Result):
    campaign_id: str
    leads: int
    left_out: list[str]
    blocked: list[str]


@tool(effect=Effect.WRITE, label="Planning a campaign {filter}")
async def schedule_campaign(ctx: ToolContext, args: ScheduleCampaign) -> CampaignPreviewed:
    """Plan an email campaign for specific leads or a filter. Posts a preview: how many leads, who is left out and
    why, a calendar of the emails, and buttons to start, rehearse, change or discard it. Nobody is enrolled, and
    nothing written or sent, before a person starts it; then each lead's drafts wait for an approval."""
    asked = Asked(
        name=args.name,
        goal=args.goal or "",
        type=args.campaign_type,
        starts_at=start_of(ctx, args.schedule_time, args.campaign_type),
        leads_per_day=args.leads_per_day,
        approach=args.approach,
        language=args.language,
        filter=args.filter,
        lead_ids=await ids_of(ctx, args.lead_ids or []),
        timezone=ctx.timezone,
    )
    if args.like:
        asked = await like(ctx, asked, args.like)
    made = await begin(ctx, asked)
    seen = await show_preview(ctx, made)
    if not seen.fit:
        raise UserError(f"Nobody can be enrolled: {reasons(seen.left_out)}.")
    return CampaignPreviewed(
        summary=_summary(seen, ctx),
        campaign_id=str(made),
        leads=seen.fit,
        left_out=[left_out_line(one) for one in seen.left_out],
        blocked=[one.sentence for one in seen.blocked],
    )


def _summary(seen: Preview, ctx: ToolContext) -> str:
    said = f"The preview of “{seen.plans.name}” is below: {counted(seen.fit, 'lead')}"
    said += f", {seen.left_out_count} left out" if seen.left_out_count else ""
    if seen.plans.starts_at:
        said += f", starting {in_zone(seen.plans.starts_at, ctx.timezone)}"
    if seen.plans.copied_from:
        said += f", with the approach of “{seen.plans.copied_from}”"
    return f"{said}. Nothing is written or sent until somebody presses “Start the campaign”."


def start_of(ctx: ToolContext, words: str | None, kind: CampaignType) -> datetime | None:
    """Raises UserError for no time, one that has passed, or one that comes again and again."""
    if not words:
        if kind is CampaignType.SCHEDULED:
            raise UserError("When should it start? For example “tomorrow at 10am”.")
        return None
    schedule = parse_schedule(words, timezone=ctx.timezone, now=ctx.now)
    if schedule.run_at is None:
        raise UserError("A campaign starts once; say a day and a time, for example “tomorrow at 10am”.")
    return schedule.run_at


async def ids_of(ctx: ToolContext, named: list[str]) -> tuple[LeadId, ...]:
    """Raises UserError for a name that nobody has, or several have."""
    if len(named) > MOST_NAMED:
        raise UserError(
            f"I take up to {MOST_NAMED} leads by name; use a filter for more: {lead_filter.GRAMMAR}."
        )
    found = [LeadId((await one_lead(ctx, one)).id) for one in named]
    return tuple(dict.fromkeys(found))


async def like(ctx: ToolContext, asked: Asked, words: str) -> Asked:
    """The same approach as in an earlier campaign. Raises UserError where none, or several, fit the words."""
    other = await campaign_switch.approach_of(ctx.tx, words)
    row = await enrollment.campaign_of(ctx.tx.session, ctx.workspace_id, other.id)
    return campaigns.like(asked, other, row.waits if row else ())


async def begin(ctx: ToolContext, asked: Asked) -> CampaignId:
    """The draft. Raises UserError, and nothing is made."""
    place: dict[str, Any] = {"channel_id": ctx.channel_id or ctx.user_id, "thread_ts": ctx.thread_ts or None}
    made = await campaigns.draft(ctx.deps, ctx.tx, asked, by=ctx.user_id, **place, now=ctx.now)
    await ctx.record("campaign.drafted", "campaign", made, {"name": asked.name, "filter": asked.filter})
    return made


async def show_preview(ctx: ToolContext, campaign_id: UUID) -> Preview:
    """Put the card of a draft where it was asked for, or renew it there."""
    seen = await campaigns.preview(ctx.deps, ctx.tx, campaign_id, now=ctx.now)
    await campaigns.remember(ctx.tx, campaign_id, seen, now=ctx.now)
    await outbox.put(
        ctx.tx.session,
        ctx.workspace_id,
        key=f"campaign:{campaign_id}",
        channel=ctx.channel_id or ctx.user_id,
        thread_ts=ctx.thread_ts or None,
        payload=view.preview_card(seen).payload(),
        now=ctx.now,
    )
    return seen


class AddToCampaign(Arguments):
    campaign: str = Field(description="its name or id")
    lead_ids: list[str] | None = Field(description="names, addresses or ids of the leads")
    filter: str | None = Field(description=FILTER)


class LeadsAdded(Result):
    added: int
    left_out: list[str]


@tool(effect=Effect.WRITE, label="Adding leads to {campaign}")
async def add_to_campaign(ctx: ToolContext, args: AddToCampaign) -> LeadsAdded:
    """Add leads to a campaign that runs or is paused. Their drafts are written and wait for an approval."""
    return await add(
        ctx, (await campaign_switch.one(ctx.tx, args.campaign)).id, args.lead_ids or [], args.filter
    )


async def add(ctx: ToolContext, campaign_id: UUID, named: list[str], filter_text: str | None) -> LeadsAdded:
    """Raises UserError for a campaign that ended, or where nobody can be added."""
    if not named and not filter_text:
        raise UserError(f"Which leads? Name them, or use a filter: {lead_filter.GRAMMAR}.")
    wanted = [LeadFilter(lead_ids=await ids_of(ctx, named))] if named else []
    wanted += [lead_filter.parse(filter_text)] if filter_text else []
    done = await campaigns.add(ctx.deps, ctx.tx, campaign_id, wanted, now=ctx.now)
    await ctx.record(
        "campaign.leads_added", "campaign", campaign_id, {"name": done.name, "enrolled": done.count}
    )
    said = f"Added to “{done.name}”: {counted(done.count, 'lead')}. Their drafts will wait for approval."
    why = reasons(done.chosen.left_out.values())
    return LeadsAdded(
        summary=f"{said} Left out: {why}." if why else said, added=done.count, left_out=[why] if why else []
    )


class RehearseCampaign(Arguments):
    campaign: str = Field(description="its name or id")


class Rehearsed(Result):
    days: list[str]
    next: list[str]
    blocked: list[str]


@tool(effect=Effect.READ, label="Rehearsing {campaign}")
async def rehearse_campaign(ctx: ToolContext, args: RehearseCampaign) -> Rehearsed:
    """Play a campaign through without sending: how many emails leave on each day, the next ones, and what holds
    others back."""
    row = await campaign_switch.one(ctx.tx, args.campaign)
    seen, lines = await campaigns.rehearse(ctx.deps, ctx.tx, row.id, now=ctx.now)
    later = f", {seen.later} later" if seen.later else ""
    blocked = f" {counted(seen.blocked_count, 'lead')} would be held back." if seen.blocked else ""
    return Rehearsed(
        summary=f"“{row.name}”: {counted(seen.emails, 'email')} would leave in two weeks{later}.{blocked}",
        days=[f"{one.day:%A %d %B}: {one.total}" for one in seen.days if one.total],
        next=[
            f"{in_zone(one.planned.at, ctx.timezone)}: {one.planned.name}, email {one.planned.number}"
            for one in lines[:10]
        ],
        blocked=[f"{one.sentence} ({names_of(one.names, one.count)})" for one in seen.blocked],
    )
