"""Numbers, insights from them, and what to do."""

from typing import Literal

from pydantic import BaseModel

from bot.tools.base import Arguments, Result, ToolContext, tool
from bot.views.blocks import counted
from db.cards import Numbers
from db.queries import analytics
from db.queries import lead as leads
from db.types import Effect


class GetAnalytics(Arguments):
    metric_type: Literal["overview", "campaign", "lead", "email"]
    time_range: Literal["today", "week", "month", "all"]


class Rates(BaseModel):
    open_rate: float | None
    click_rate: float | None
    reply_rate: float | None
    bounce_rate: float | None


class CampaignLine(BaseModel):
    name: str
    state: str
    sent: int
    replied: int
    opened: int
    reply_rate: float


class Analytics(Result):
    time_range: str
    counts: dict[str, int]
    cost_cents: float
    rates: Rates
    leads_by_status: dict[str, int]
    campaigns: list[CampaignLine]


@tool(effect=Effect.READ, label="Counting ({metric_type}, {time_range})")
async def get_analytics(ctx: ToolContext, args: GetAnalytics) -> Analytics:
    """Campaign analytics and performance metrics, counted from the tables. Rates are of emails sent; null means
    nothing was sent, so there is no rate."""
    session = ctx.tx.session
    span = analytics.spans(ctx.now, ctx.timezone)[args.time_range]
    numbers = await analytics.numbers(session, ctx.workspace_id, span)
    campaigns = await analytics.by_campaign(session, ctx.workspace_id, span)
    by_status = await leads.counts_by_status(session, ctx.workspace_id)
    return Analytics(
        summary=_sentence(numbers, sum(by_status.values())),
        time_range=span.label,
        counts=_counts(numbers),
        cost_cents=round(float(numbers.cents), 1),
        rates=Rates(
            open_rate=numbers.rate(numbers.opened),
            click_rate=numbers.rate(numbers.clicked),
            reply_rate=numbers.rate(numbers.replied),
            bounce_rate=numbers.rate(numbers.bounced),
        ),
        leads_by_status={str(status): count for status, count in by_status.items()},
        campaigns=[
            CampaignLine(
                name=one.name,
                state=one.state,
                sent=one.sent,
                replied=one.replied,
                opened=one.opened,
                reply_rate=one.replied / one.sent if one.sent else 0.0,
            )
            for one in campaigns
        ],
    )


def _sentence(numbers: Numbers, total: int) -> str:
    if not total:
        return "There are no leads yet, so there is nothing to count."
    waits = counted(numbers.drafts_waiting, "draft set waits", "draft sets wait")
    waiting = f"{waits} for approval."
    if not numbers.sent:
        return f"No emails were sent {numbers.label}; {waiting}"
    answered = counted(numbers.replied, "person", "people")
    return (
        f"{counted(numbers.sent, 'email')} sent {numbers.label}, {answered} answered, "
        f"{numbers.bounced} bounced; {waiting}"
    )


def _counts(numbers: Numbers) -> dict[str, int]:
    names = (
        "leads_added", "researched", "qualified", "drafts_waiting", "sent", "opened", "clicked", "replied",
        "bounced", "unsubscribed", "meetings",
    )  # fmt: skip
    return {name: getattr(numbers, name) for name in names}
