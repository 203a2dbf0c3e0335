"""What the seeds' metrics are computed from: plain sums of one workspace, so that workspaces can be added up."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.types import WorkspaceId


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts and sums; a rate is one of them by another. Seconds are of business time."""

    # since `recent`
    leads_processed: int = 0
    research_seconds: float = 0.0
    research_timed: int = 0
    api_calls: int = 0
    api_errors: int = 0
    ended: int = 0  # turns, runs, tasks and emails that came to an end
    failed: int = 0
    turn_seconds: float = 0.0
    turns_timed: int = 0
    # since `long_ago`
    researched: int = 0
    qualified: int = 0
    quality: int = 0
    quality_rated: int = 0
    sent: int = 0
    opened: int = 0
    clicked: int = 0
    replied: int = 0
    bounced: int = 0
    unsubscribed: int = 0
    # now
    surfaces_waiting: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(Sums)})


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Slack's deliveries, of all workspaces. Seconds from arrival to end, of business time."""

    waiting: int
    seconds: float
    timed: int


_SUMS = (
    text("""
    SELECT count(*) AS leads_processed,
        coalesce(sum(extract(epoch FROM finished_at - started_at)), 0)::float AS research_seconds,
        count(started_at) AS research_timed
    FROM research_runs WHERE workspace_id = :ours AND state = 'done' AND finished_at >= :recent
    """),
    text("""
    SELECT count(*) AS api_calls, count(error) AS api_errors
    FROM api_usage WHERE workspace_id = :ours AND timestamp >= :recent
    """),
    text("""
    SELECT count(*) AS ended, count(*) FILTER (WHERE failed) AS failed FROM (
        SELECT state = 'failed' AS failed FROM turns
        WHERE workspace_id = :ours AND finished_at >= :recent
        UNION ALL
        SELECT state = 'failed' FROM research_runs WHERE workspace_id = :ours AND finished_at >= :recent
        UNION ALL
        SELECT status = 'failed' FROM task_executions
        WHERE workspace_id = :ours AND executed_at >= :recent AND status IN ('completed', 'failed')
        UNION ALL
        SELECT state = 'failed' FROM email_campaigns
        WHERE workspace_id = :ours AND updated_at >= :recent AND state IN ('sent', 'failed')
    ) AS work
    """),
    text("""
    SELECT coalesce(sum(extract(epoch FROM finished_at - created_at)), 0)::float AS turn_seconds,
        count(*) AS turns_timed
    FROM turns WHERE workspace_id = :ours AND state = 'done' AND finished_at >= :recent
    """),
    text("""
    SELECT count(*) AS researched, count(*) FILTER (WHERE qualified) AS qualified,
        coalesce(sum(data_quality), 0)::bigint AS quality, count(data_quality) AS quality_rated
    FROM leads WHERE workspace_id = :ours AND researched_at >= :long_ago
    """),
    text("""
    SELECT count(*) AS sent, count(*) FILTER (WHERE opened) AS opened,
        count(*) FILTER (WHERE clicked) AS clicked, count(*) FILTER (WHERE replied) AS replied,
        count(*) FILTER (WHERE bounced) AS bounced, count(*) FILTER (WHERE unsubscribed) AS unsubscribed
    FROM email_campaigns WHERE workspace_id = :ours AND kind = 'sequence' AND sent_at >= :long_ago
    """),
    text("""
    SELECT count(*) AS surfaces_waiting
    FROM slack_outbox WHERE workspace_id = :ours AND state IN ('pending', 'posting')
    """),
)
_DELIVERIES = text("""
    SELECT count(*) FILTER (WHERE state IN ('received', 'running')) AS waiting,
        coalesce(sum(extract(epoch FROM finished_at - received_at))
            FILTER (WHERE state = 'done' AND finished_at >= :recent), 0)::float AS seconds,
        count(*) FILTER (WHERE state = 'done' AND finished_at >= :recent) AS timed
    FROM slack_inbox
    """)


async def sums(
    session: AsyncSession, workspace_id: WorkspaceId, *, recent: datetime, long_ago: datetime
) -> Sums:
    """One workspace's sums, in a transaction of that workspace."""
    found: dict[str, float] = {}
    given = {"ours": workspace_id, "recent": recent, "long_ago": long_ago}
    for part in _SUMS:
        wanted = {name: given[name] for name in part.compile().params}
        row = (await session.execute(part, wanted)).mappings().one()
        found |= dict(row)
    return Sums(**found)  # pyright: ignore[reportArgumentType]  (counts are whole numbers)


async def deliveries(session: AsyncSession, *, recent: datetime) -> Deliveries:
    """For a transaction across workspaces: the inbox stands outside them."""
    row = (await session.execute(_DELIVERIES, {"recent": recent})).one()
    return Deliveries(row.waiting, row.seconds, row.timed)
