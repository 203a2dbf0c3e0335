"""Numbers equal a recount by hand, in the zone's own days, and never of another workspace."""
# ruff: noqa: E501 (tables of values are easier to read whole)

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from db.models.campaign import Campaign, Mailbox
from db.models.email import EmailCampaign, InboundEmail
from db.models.lead import Lead
from db.queries import analytics
from db.session import Database
from db.types import WorkspaceId

NOW = datetime(2026, 3, 30, 7, 30, tzinfo=UTC)  # the day after Berlin's clocks went forward
BERLIN = ZoneInfo("Europe/Berlin")


class Books:
    """What was written into the tables, kept beside them for the recount."""

    def __init__(self) -> None:
        self.leads: list[dict[str, Any]] = []
        self.emails: list[dict[str, Any]] = []
        self.inbound: list[dict[str, Any]] = []


@pytest.fixture
async def books(database: Database, workspace: WorkspaceId) -> Books:
    made, luck = Books(), random.Random(7)
    async with database.transaction(workspace) as tx:
        campaigns = [
            Campaign(workspace_id=workspace, name=f"C{n}", created_at=NOW, updated_at=NOW) for n in range(3)
        ]
        box = Mailbox(
            workspace_id=workspace,
            provider="smtp",
            address="f@x.example",
            state="active",
            credentials={},
            created_at=NOW,
            updated_at=NOW,
        )
        tx.session.add_all([*campaigns, box])
        await tx.session.flush()
        for n in range(40):
            at = NOW - timedelta(hours=luck.randrange(0, 24 * 45))
            lead = {
                "created_at": at,
                "researched_at": luck.choice([None, at]),
                "qualified": luck.choice([None, True, False]),
            }
            row = Lead(
                workspace_id=workspace,
                name=f"Lead {n}",
                email=f"l{n}@acme.example",
                email_status="found",
                status="emailed",
                updated_at=NOW,
                **lead,
            )
            tx.session.add(row)
            await tx.session.flush()
            made.leads.append(lead)
            for _ in range(2):
                email = {
                    "kind": luck.choice(["sequence", "sequence", "answer", "test"]), "sent_at": luck.choice([None, NOW - timedelta(hours=luck.randrange(0, 24 * 40))]),
                    "opened": luck.random() < 0.5, "clicked": luck.random() < 0.2, "replied": luck.random() < 0.3, "bounced": luck.random() < 0.1,
                    "unsubscribed": luck.random() < 0.1, "campaign_id": luck.choice(campaigns).id,
                }  # fmt: skip
                number = luck.randrange(1, 6) if email["kind"] == "sequence" else None
                tx.session.add(EmailCampaign(workspace_id=workspace, lead_id=row.id, state="sent", to_email="a", subject="s", body="b", from_email="f",
                                             content_hash="0", email_sequence=number, created_at=NOW, updated_at=NOW, **email))  # fmt: skip
                made.emails.append(email | {"lead": row.id})
            answer = {"kind": luck.choice(["human", "auto_reply", "dsn", "opt_out"]), "received_at": NOW - timedelta(hours=luck.randrange(0, 24 * 40)),
                      "outcome": luck.choice([None, "meeting"])}  # fmt: skip
            tx.session.add(InboundEmail(workspace_id=workspace, mailbox_id=box.id, provider_message_id=f"m{n}", lead_id=row.id, from_email="a", subject="s",
                                        body="b", created_at=NOW, **answer))  # fmt: skip
            made.inbound.append(answer | {"lead": row.id})
    return made


@pytest.mark.parametrize("name", ["today", "week", "month", "all"])
async def test_numbers_equal_a_recount(
    database: Database, workspace: WorkspaceId, books: Books, name: str
) -> None:
    span = analytics.spans(NOW, "Europe/Berlin")[name]
    async with database.transaction(workspace) as tx:
        told = await analytics.numbers(tx.session, workspace, span)

    def within(at: datetime | None) -> bool:
        return at is not None and span.start <= at < span.end

    sent = [one for one in books.emails if one["kind"] == "sequence" and within(one["sent_at"])]
    assert told.leads_added == sum(within(one["created_at"]) for one in books.leads)
    assert told.researched == sum(within(one["researched_at"]) for one in books.leads)
    assert told.qualified == sum(
        within(one["researched_at"]) and one["qualified"] is True for one in books.leads
    )
    assert told.sent == len(sent)
    for field in ("opened", "clicked", "bounced", "unsubscribed"):
        assert getattr(told, field) == sum(one[field] for one in sent), field
    people = {
        one["lead"]
        for one in books.inbound
        if one["kind"] in ("human", "opt_out") and within(one["received_at"])
    }
    assert told.replied == len(people)
    assert told.meetings == sum(
        one["outcome"] == "meeting" and within(one["received_at"]) for one in books.inbound
    )


async def test_days_follow_the_zones_midnights(
    database: Database, workspace: WorkspaceId, books: Books
) -> None:
    async with database.transaction(workspace) as tx:
        told = await analytics.days(tx.session, workspace, now=NOW, timezone="Europe/Berlin", count=14)
    sent = Counter(
        one["sent_at"].astimezone(BERLIN).date()
        for one in books.emails
        if one["kind"] == "sequence" and one["sent_at"]
    )
    came = Counter(
        one["received_at"].astimezone(BERLIN).date() for one in books.inbound if one["kind"] == "human"
    )
    assert [day.day for day in told] == [
        NOW.astimezone(BERLIN).date() - timedelta(days=n) for n in range(13, -1, -1)
    ]
    assert [(day.sent, day.replied) for day in told] == [(sent[day.day], came[day.day]) for day in told]


async def test_campaigns_add_up_to_the_whole(
    database: Database, workspace: WorkspaceId, books: Books
) -> None:
    span = analytics.spans(NOW, "Europe/Berlin")["month"]
    async with database.transaction(workspace) as tx:
        rows = await analytics.by_campaign(tx.session, workspace, span)
        whole = await analytics.numbers(tx.session, workspace, span)
    assert sum(row.sent for row in rows) == whole.sent and sum(row.opened for row in rows) == whole.opened
    rates = [row.replied / row.sent for row in rows]
    assert rates == sorted(rates, reverse=True)


async def test_another_workspace_counts_nothing(
    database: Database, workspace: WorkspaceId, books: Books
) -> None:
    from db.queries import workspace as workspaces

    async with database.across() as tx:
        other = await workspaces.create(tx.session, team_id=f"T{workspace}", name="Other", timezone="UTC")
    async with database.transaction(other) as tx:
        told = await analytics.numbers(tx.session, workspace, analytics.spans(NOW, "UTC")["all"])
    assert (told.leads_added, told.sent, told.replied) == (0, 0, 0)


def test_today_has_twenty_three_hours_when_the_clocks_go_forward() -> None:
    spring = datetime(2026, 3, 29, 21, 59, tzinfo=UTC)
    span = analytics.spans(spring, "Europe/Berlin")["today"]
    assert span.start.astimezone(UTC) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert span.end > spring
