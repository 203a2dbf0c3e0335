"""Numbers, always counted from the tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Date, Select, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.cards import DayCount, Numbers
from db.models.campaign import Campaign
from db.models.email import Approval, EmailCampaign, InboundEmail
from db.models.lead import Lead, LeadFit
from db.models.research import ApiUsage
from db.types import ApprovalState, EmailKind, InboundKind, Outcome, WorkspaceId


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` (inclusive) to `end` (exclusive), business time."""

    label: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class CampaignNumbers:
    campaign_id: UUID
    name: str
    state: str
    sent: int
    opened: int
    clicked: int
    replied: int
    bounced: int


def spans(now: datetime, timezone: str) -> dict[str, Span]:
    """Today, the last seven days, the last thirty and all time, by the calendar of `timezone`."""
    zone = ZoneInfo(timezone)
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    starts = {
        "today": midnight,
        "week": midnight - timedelta(days=6),
        "month": midnight - timedelta(days=29),
        "all": datetime(2000, 1, 1, tzinfo=zone),
    }
    labels = {"today": "today", "week": "this week", "month": "this month", "all": "in all"}
    end = now + timedelta(seconds=1)
    return {name: Span(labels[name], start, end) for name, start in starts.items()}


async def fit_counts(session: AsyncSession, workspace_id: WorkspaceId) -> tuple[int, int]:
    """How many of the verdicts people judged (“Good fit / Not a fit”) were right, and how many they judged."""
    judged = (LeadFit.workspace_id == workspace_id, LeadFit.predicted.is_not(None))
    right = func.count().filter(LeadFit.predicted == LeadFit.good)
    row = (await session.execute(select(right, func.count()).where(*judged))).one()
    return int(row[0]), int(row[1])


def before(span: Span) -> Span:
    """The span of the same length just before."""
    return Span(f"before {span.label}", span.start - (span.end - span.start), span.start)


async def numbers(session: AsyncSession, workspace_id: WorkspaceId, span: Span) -> Numbers:
    leads = (await session.execute(_lead_counts(workspace_id, span))).one()
    emails = (await session.execute(_email_counts(workspace_id, span))).one()
    inbound = (await session.execute(_inbound_counts(workspace_id, span))).one()
    waiting = await session.scalar(
        select(func.count()).where(
            Approval.workspace_id == workspace_id, Approval.state == ApprovalState.PENDING
        )
    )
    cents = await session.scalar(
        select(func.coalesce(func.sum(ApiUsage.cost_cents), 0)).where(
            ApiUsage.workspace_id == workspace_id,
            ApiUsage.timestamp >= span.start,
            ApiUsage.timestamp < span.end,
        )
    )
    return Numbers(
        label=span.label,
        leads_added=leads.added,
        researched=leads.researched,
        qualified=leads.qualified,
        drafts_waiting=waiting or 0,
        sent=emails.sent,
        opened=emails.opened,
        clicked=emails.clicked,
        replied=inbound.replied,
        bounced=emails.bounced,
        unsubscribed=emails.unsubscribed,
        meetings=inbound.meetings,
        cents=Decimal(cents or 0),
    )


def _lead_counts(workspace_id: WorkspaceId, span: Span) -> Select[int, int, int]:
    researched = Lead.researched_at.between(span.start, span.end)
    return select(
        func.count().filter(Lead.created_at >= span.start, Lead.created_at < span.end).label("added"),
        func.count().filter(researched).label("researched"),
        func.count().filter(researched, Lead.qualified.is_(True)).label("qualified"),
    ).where(Lead.workspace_id == workspace_id)


def _email_counts(workspace_id: WorkspaceId, span: Span) -> Select[int, int, int, int, int]:
    """What became of the emails sent in the span."""
    return select(
        func.count().label("sent"),
        func.count().filter(EmailCampaign.opened).label("opened"),
        func.count().filter(EmailCampaign.clicked).label("clicked"),
        func.count().filter(EmailCampaign.bounced).label("bounced"),
        func.count().filter(EmailCampaign.unsubscribed).label("unsubscribed"),
    ).where(
        EmailCampaign.workspace_id == workspace_id,
        EmailCampaign.kind == EmailKind.SEQUENCE,
        EmailCampaign.sent_at >= span.start,
        EmailCampaign.sent_at < span.end,
    )


def _inbound_counts(workspace_id: WorkspaceId, span: Span) -> Select[int, int]:
    human = InboundEmail.kind.in_((InboundKind.HUMAN.value, InboundKind.OPT_OUT.value))
    return select(
        func.count(InboundEmail.lead_id.distinct()).filter(human).label("replied"),
        func.count().filter(InboundEmail.outcome == Outcome.MEETING).label("meetings"),
    ).where(
        InboundEmail.workspace_id == workspace_id,
        InboundEmail.received_at >= span.start,
        InboundEmail.received_at < span.end,
    )


async def days(
    session: AsyncSession, workspace_id: WorkspaceId, *, now: datetime, timezone: str, count: int = 14
) -> tuple[DayCount, ...]:
    """Emails sent and people who answered on each of the last `count` days, oldest first, none left out."""
    zone = ZoneInfo(timezone)
    last = now.astimezone(zone).date()
    first = last - timedelta(days=count - 1)
    begin = datetime(first.year, first.month, first.day, tzinfo=zone)
    sent_on = cast(func.timezone(timezone, EmailCampaign.sent_at), Date)
    sent = await session.execute(
        select(sent_on, func.count())
        .where(
            EmailCampaign.workspace_id == workspace_id,
            EmailCampaign.kind == EmailKind.SEQUENCE,
            EmailCampaign.sent_at >= begin,
        )
        .group_by(sent_on)
    )
    came_on = cast(func.timezone(timezone, InboundEmail.received_at), Date)
    came = await session.execute(
        select(came_on, func.count(InboundEmail.lead_id.distinct()))
        .where(
            InboundEmail.workspace_id == workspace_id,
            InboundEmail.kind == InboundKind.HUMAN,
            InboundEmail.received_at >= begin,
        )
        .group_by(came_on)
    )
    sent_by: dict[date, int] = {row[0]: row[1] for row in sent}
    came_by: dict[date, int] = {row[0]: row[1] for row in came}
    dates = [first + timedelta(days=n) for n in range(count)]
    return tuple(DayCount(day, sent_by.get(day, 0), came_by.get(day, 0)) for day in dates)


async def by_campaign(
    session: AsyncSession, workspace_id: WorkspaceId, span: Span, *, limit: int = 10
) -> Sequence[CampaignNumbers]:
    """Campaigns with emails sent in the span, most replies a sent email first."""
    sent = func.count(EmailCampaign.id)
    replied = func.count(EmailCampaign.lead_id.distinct()).filter(EmailCampaign.replied)
    rows = await session.execute(
        select(
            Campaign.id,
            Campaign.name,
            Campaign.state,
            sent,
            func.count().filter(EmailCampaign.opened),
            func.count().filter(EmailCampaign.clicked),
            replied,
            func.count().filter(EmailCampaign.bounced),
        )
        .join(EmailCampaign, EmailCampaign.campaign_id == Campaign.id)
        .where(
            Campaign.workspace_id == workspace_id,
            EmailCampaign.kind == EmailKind.SEQUENCE,
            EmailCampaign.sent_at >= span.start,
            EmailCampaign.sent_at < span.end,
        )
        .group_by(Campaign.id)
        .order_by((replied * 1.0 / sent).desc(), sent.desc())
        .limit(limit)
    )
    return [CampaignNumbers(*row) for row in rows]
