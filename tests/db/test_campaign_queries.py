"""Campaigns and enrollments."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from db.models.email import Approval
from db.queries import campaign, campaign_switch, enrollment
from db.queries import lead as leads
from db.queries.campaign_switch import Changed, Which
from db.queries.lead import NewLead
from db.session import Database
from db.types import CampaignState, EnrollmentState, LeadId, LeadStatus, StopReason, WorkspaceId

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def add(database: Database, workspace: WorkspaceId, name: str, company: str = "Northwind") -> LeadId:
    async with database.transaction(workspace) as tx:
        email = f"{name.split()[0].lower()}@{company.lower()}.example"
        new = NewLead(name=name, email=email, company=company, company_domain=f"{company.lower()}.example")
        row, _ = await leads.add(tx.session, workspace, new, created_by="U1", now=NOW)
        return LeadId(row.id)


async def enroll(database: Database, workspace: WorkspaceId, lead_id: LeadId, campaign_id: object = None):
    async with database.transaction(workspace) as tx:
        return await campaign.enroll(
            tx.session,
            workspace,
            lead_id=lead_id,
            campaign_id=campaign_id,  # pyright: ignore[reportArgumentType]
            owner_user_id="U1",
            channel_id="C1",
            thread_ts=None,
            now=NOW,
        )


async def test_leads_without_a_campaign_share_the_default_one(
    database: Database, workspace: WorkspaceId
) -> None:
    for name in ("Ada Berg", "Bob Stone"):
        assert await enroll(database, workspace, await add(database, workspace, name))
    async with database.transaction(workspace) as tx:
        (row,) = await campaign.listing(tx.session, workspace)
    assert (row.name, row.leads, row.sent) == ("First contact", 2, 0)


async def test_a_person_gets_one_sequence_at_a_time(database: Database, workspace: WorkspaceId) -> None:
    ada = await add(database, workspace, "Ada Berg")
    first = await enroll(database, workspace, ada)
    assert first
    async with database.transaction(workspace) as tx:
        other = await campaign.create(tx.session, workspace, name="Other", now=NOW)
    assert await enroll(database, workspace, ada) is None
    assert await enroll(database, workspace, ada, other) is None
    async with database.transaction(workspace) as tx:
        assert await enrollment.stop(tx.session, workspace, first, StopReason.REPLIED, now=NOW)
    assert await enroll(database, workspace, ada) is None  # the same campaign only once
    assert await enroll(database, workspace, ada, other)


@pytest.mark.parametrize("status", [LeadStatus.UNSUBSCRIBED, LeadStatus.BOUNCED])
async def test_who_can_not_be_written_to_is_not_enrolled(
    database: Database, workspace: WorkspaceId, status: LeadStatus
) -> None:
    ada = await add(database, workspace, "Ada Berg")
    async with database.transaction(workspace) as tx:
        await leads.set_status(tx.session, workspace, ada, status, now=NOW)
    assert await enroll(database, workspace, ada) is None


async def test_who_waits_for_our_answer_is_not_enrolled_until_it_is_decided(
    database: Database, workspace: WorkspaceId
) -> None:
    ada, bob = await add(database, workspace, "Ada Berg"), await add(database, workspace, "Bob Stone")
    async with database.transaction(workspace) as tx:
        asked = Approval(
            workspace_id=workspace, kind="answer", lead_id=ada, content_hash="0" * 64, created_at=NOW,
            expires_at=NOW + timedelta(days=3),
        )  # fmt: skip
        tx.session.add(asked)
    assert await enroll(database, workspace, ada) is None
    assert await enroll(database, workspace, bob), "only whose answer waits"
    async with database.transaction(workspace) as tx:
        await tx.session.execute(update(Approval).where(Approval.lead_id == ada).values(state="rejected"))
    assert await enroll(database, workspace, ada)


async def test_pausing_a_campaign_and_a_company(database: Database, workspace: WorkspaceId) -> None:
    ada, bob = (
        await add(database, workspace, "Ada Berg"),
        await add(database, workspace, "Bob Stone", "Contoso"),
    )
    first, second = await enroll(database, workspace, ada), await enroll(database, workspace, bob)
    assert first and second
    async with database.transaction(workspace) as tx:
        for one in (first, second):
            await enrollment.set_state(tx.session, workspace, one, EnrollmentState.ACTIVE, now=NOW)
        northwind = Which(leads=campaign_switch.of_company(workspace, "northwind"))
        changed = await campaign_switch.pause(tx.session, workspace, northwind, now=NOW)
        assert changed == Changed((), (first,))
        changed = await campaign_switch.pause(tx.session, workspace, Which(), now=NOW)
        assert len(changed.campaigns) == 1 and set(changed.enrollments) == {first, second}
        assert not (await campaign_switch.pause(tx.session, workspace, Which(), now=NOW)).campaigns
        await campaign_switch.resume(tx.session, workspace, Which(), now=NOW)
        assert len((await campaign_switch.resume(tx.session, workspace, northwind, now=NOW)).enrollments) == 1
        (row,) = await campaign.by_words(tx.session, workspace, "first")
    assert row.state is CampaignState.ACTIVE and (row.active, row.writing, row.held) == (1, 1, 0)


async def test_cancelling_ends_for_good(database: Database, workspace: WorkspaceId) -> None:
    ada = await add(database, workspace, "Ada Berg")
    first = await enroll(database, workspace, ada)
    async with database.transaction(workspace) as tx:
        assert first and await campaign_switch.affected(
            tx.session, workspace, Which()
        ) == await campaign_switch.cancel(tx.session, workspace, Which(), now=NOW)
        assert await campaign_switch.cancel(tx.session, workspace, Which(), now=NOW) == Changed((), ())
        (row,) = await campaign.by_words(tx.session, workspace, "first")
        joined = await enrollment.get(tx.session, workspace, first)
    assert row.state is CampaignState.CANCELLED and joined is not None
    assert (joined.state, joined.stop_reason) == (EnrollmentState.STOPPED, StopReason.CANCELLED)


async def test_campaigns_are_found_by_their_words_and_drafts_by_none(
    database: Database, workspace: WorkspaceId
) -> None:
    async with database.transaction(workspace) as tx:
        for name, goal in (("Spring", "demos for tech"), ("Spring tech", ""), ("Autumn", "")):
            await campaign.create(tx.session, workspace, name=name, goal=goal, now=NOW)
        draft = await campaign.create(
            tx.session, workspace, name="Spring draft", state=CampaignState.DRAFT, now=NOW
        )
        assert [one.name for one in await campaign.by_words(tx.session, workspace, "SPRING")] == ["Spring"]
        assert len(await campaign.by_words(tx.session, workspace, "spr")) == 2
        assert {one.name for one in await campaign.with_words(tx.session, workspace, ["spring", "tech"])} == {
            "Spring", "Spring tech",
        }  # fmt: skip
        assert [one.id for one in await campaign.by_words(tx.session, workspace, str(draft))] == [draft]
        assert await campaign.forget_drafts(tx.session, workspace, untouched_since=NOW) == 0
        assert (
            await campaign.forget_drafts(tx.session, workspace, untouched_since=NOW + timedelta(days=1)) == 1
        )
        assert len(await campaign.listing(tx.session, workspace)) == 3


async def test_a_campaign_of_another_workspace_is_not_seen(
    database: Database, workspace: WorkspaceId
) -> None:
    from db.queries import workspace as workspaces

    await enroll(database, workspace, await add(database, workspace, "Ada Berg"))
    async with database.across() as tx:
        other = await workspaces.create(tx.session, team_id="T0OTHERTEAM", name="Other", timezone="UTC")
    async with database.transaction(other) as tx:
        assert await campaign.listing(tx.session, other) == []
        assert await campaign.listing(tx.session, workspace) == []  # row-level security, whatever is asked


async def test_stopping_all_sending_is_said_once(database: Database, workspace: WorkspaceId) -> None:
    async with database.transaction(workspace) as tx:
        assert await campaign.stop_sending(tx.session, workspace, user_id="U1", now=NOW)
        assert not await campaign.stop_sending(tx.session, workspace, user_id="U2", now=NOW)
        assert await campaign.resume_sending(tx.session, workspace, now=NOW)
        assert not await campaign.resume_sending(tx.session, workspace, now=NOW)
