"""Finding, showing, adding and marking leads."""

from dataclasses import asdict
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from bot.tools.base import Arguments, Result, ToolContext, tool
from bot.views.blocks import counted
from db.models.lead import Lead
from db.queries import analytics, lead_card
from db.queries import lead as leads
from db.types import Effect, LeadStatus
from pipeline.errors import UserError
from pipeline.rules.conflicts import source_words, told
from pipeline.rules.qualification import validate_lead

MOST = 50


class LeadSummary(BaseModel):
    id: str
    name: str
    email: str | None
    company: str | None
    title: str | None
    status: str
    score: int
    qualified: bool | None
    reason: str | None


def summary_of(lead: Lead) -> LeadSummary:
    return LeadSummary(
        id=str(lead.id),
        name=lead.name,
        email=lead.email,
        company=lead.company,
        title=lead.title,
        status=lead.status,
        score=lead.score,
        qualified=lead.qualified,
        reason=lead.qualification_reason,
    )


async def one_lead(ctx: ToolContext, named: str) -> Lead:
    """The lead meant by a name, an address or an id. Raises UserError for none or several."""
    found = await leads.resolve(ctx.tx.session, ctx.workspace_id, named.strip())
    if not found:
        raise UserError(
            f"I know no lead called “{named.strip()[:100]}”. Add them first, with name and company or email."
        )
    if len(found) > 1:
        choices = "; ".join(
            f"{lead.name} ({lead.company or lead.email or 'no company'})" for lead in found[:6]
        )
        raise UserError(f"“{named.strip()[:100]}” could be several leads: {choices}. Which one?")
    return found[0]


class QueryLeads(Arguments):
    status: LeadStatus | None = Field(description="only leads in this state")
    limit: int | None = Field(description="how many to return; 10 unless asked otherwise")
    search: str | None = Field(description="part of a name, email or company")
    source: str | None = Field(description="where the lead came from, e.g. google, csv, manual")
    contacted: bool | None = Field(description="true: only those already written to; false: only those not")
    replied_since: Literal["today", "week", "month", "all"] | None = Field(
        description="only leads who replied in it"
    )
    tag: str | None = Field(description="only leads with this tag, e.g. priority")
    sort: Literal["newest", "score", "likely"] | None = Field(
        description="likely: most likely to convert first"
    )


class LeadsFound(Result):
    count: int
    total: int
    leads: list[LeadSummary]
    by_status: dict[str, int]


@tool(effect=Effect.READ, label="Looking through leads {search}")
async def query_leads(ctx: ToolContext, args: QueryLeads) -> LeadsFound:
    """Query the lead database with filters. Counts are exact; `total` counts all that match."""
    since = _since(ctx, args.replied_since)
    wanted = leads.LeadFilter(
        status=args.status,
        search=args.search,
        source=args.source,
        contacted=args.contacted,
        replied_since=since,
        tag=args.tag,
    )
    limit = max(1, min(args.limit or 10, MOST))
    session = ctx.tx.session
    found = await leads.list_leads(session, ctx.workspace_id, wanted, sort=args.sort or "newest", limit=limit)
    total = await leads.count(session, ctx.workspace_id, wanted)
    by_status = await leads.counts_by_status(session, ctx.workspace_id)
    everyone = sum(by_status.values())
    if not everyone:
        said = "There are no leads yet. Name one, and I research them."
    else:
        known = counted(everyone, "lead")
        said = f"{total} of {known} match." if total != everyone else f"I know {known}; all match."
    return LeadsFound(
        summary=said,
        count=len(found),
        total=total,
        leads=[summary_of(lead) for lead in found],
        by_status={str(status): number for status, number in by_status.items()},
    )


def _since(ctx: ToolContext, span: str | None) -> datetime | None:
    return analytics.spans(ctx.now, ctx.timezone)[span].start if span else None


class ShowLead(Arguments):
    lead: str = Field(description="a name, an email address or an id")


class KnownFact(BaseModel):
    """`also`: what other sources say instead, each with its source: they disagree."""

    field: str
    value: str
    quote: str
    url: str | None
    also: list[str]


class Dossier(Result):
    lead: LeadSummary
    facts: list[KnownFact]


@tool(effect=Effect.READ, label="Reading what we know of {lead}", outside=("facts",))
async def show_lead(ctx: ToolContext, args: ShowLead) -> Dossier:
    """Everything known of one lead: state, score, and each fact with the words and page it stands on."""
    lead = await one_lead(ctx, args.lead)
    facts = await lead_card.load_facts(ctx.tx.session, ctx.workspace_id, lead.id)
    known = [
        KnownFact(
            field=fact.field,
            value=fact.value,
            quote=fact.quote[:300],
            url=fact.url,
            also=[f"{one.value} ({source_words(one)})" for one in others[:4]],
        )
        for fact, others in told(facts, ctx.now.date())[:40]
    ]
    verdict = lead.qualification_reason or "not researched yet"
    torn = [fact.field.replace("_", " ") for fact in known if fact.also]
    differ = f" Sources differ on {', '.join(torn)}." if torn else ""
    said = f"{lead.name}: {lead.status}, score {lead.score}/100; {verdict}.{differ}"
    return Dossier(
        summary=said.replace("..", "."),
        lead=summary_of(lead),
        facts=known,
    )


class AddLead(Arguments):
    name: str
    email: str | None
    company: str | None
    title: str | None
    linkedin_url: str | None
    website_url: str | None
    phone: str | None
    location: str | None


class LeadAdded(Result):
    lead: LeadSummary
    is_new: bool


@tool(effect=Effect.WRITE, label="Adding {name}")
async def add_lead(ctx: ToolContext, args: AddLead) -> LeadAdded:
    """Add a person as a lead. Only what the person you talk to said; leave out what is not known."""
    lead, is_new = await add(ctx, args)
    said = f"Added {lead.name}." if is_new else f"{lead.name} was a lead already ({lead.email})."
    return LeadAdded(summary=said, lead=summary_of(lead), is_new=is_new)


async def add(ctx: ToolContext, args: AddLead, *, source: str = "manual") -> tuple[Lead, bool]:
    """Validate and store; a known email gives the lead that has it. Raises FieldErrors."""
    valid = validate_lead(**args.model_dump())
    new = leads.NewLead(**asdict(valid), company_domain=valid.company_domain, source=source)
    lead, is_new = await leads.add(ctx.tx.session, ctx.workspace_id, new, created_by=ctx.user_id, now=ctx.now)
    if is_new:
        await ctx.record("lead.added", "lead", lead.id, {"name": lead.name, "email": lead.email})
    return lead, is_new


class MarkPriority(Arguments):
    leads: list[str] = Field(description="names, email addresses or ids")


@tool(effect=Effect.WRITE, label="Marking {leads} as priority")
async def mark_priority(ctx: ToolContext, args: MarkPriority) -> Result:
    """Put leads on the priority list."""
    if not args.leads:
        raise UserError("Which leads should I put on the priority list?")
    chosen = [await one_lead(ctx, named) for named in args.leads[:MOST]]
    await leads.add_tags(
        ctx.tx.session, ctx.workspace_id, [lead.id for lead in chosen], [leads.PRIORITY_TAG], now=ctx.now
    )
    for lead in chosen:
        await ctx.record("lead.prioritised", "lead", lead.id)
    return Result(summary=f"On the priority list now: {', '.join(lead.name for lead in chosen)}.")
