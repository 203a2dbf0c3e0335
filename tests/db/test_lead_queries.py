"""Leads: added once, found by whatever names them, listed by what is asked."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from db.models.campaign import Mailbox
from db.models.email import EmailCampaign, InboundEmail
from db.models.lead import Lead
from db.queries import analytics, lead
from db.queries.lead import PRIORITY_TAG, LeadFilter, NewLead
from db.session import Database, Tx
from db.types import EmailStatus, LeadStatus, WorkspaceId

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def add(tx: Tx, name: str, email: str | None = None, days: int = 0, **fields: object) -> Lead:
    row, _ = await lead.add(
        tx.session,
        tx.workspace_id,
        NewLead(name=name, email=email),
        created_by="U1",
        now=NOW - timedelta(days=days),
    )
    if fields:
        await lead.update(tx.session, tx.workspace_id, row.id, fields, now=NOW)
    return row


async def test_a_lead_is_added_once_whatever_the_capitals(database: Database, workspace: WorkspaceId) -> None:
    async with database.transaction(workspace) as tx:
        first = await add(tx, "Jane Miller", "jane@northwind.com")
        again, is_new = await lead.add(
            tx.session,
            workspace,
            NewLead(name="J. Miller", email="JANE@Northwind.com"),
            created_by="U2",
            now=NOW,
        )
        assert (again.id, again.name, is_new) == (first.id, "Jane Miller", False)
        assert first.email_status == EmailStatus.GIVEN and first.status == LeadStatus.NEW


async def test_leads_without_an_address_are_each_their_own(
    database: Database, workspace: WorkspaceId
) -> None:
    async with database.transaction(workspace) as tx:
        one, other = await add(tx, "Jane Miller"), await add(tx, "Jane Miller")
        assert one.id != other.id and one.email_status == EmailStatus.MISSING


async def test_a_lead_is_meant_by_id_email_or_name(database: Database, workspace: WorkspaceId) -> None:
    async with database.transaction(workspace) as tx:
        jane = await add(tx, "Jane Miller", "jane@northwind.com")
        jan = await add(tx, "Jane Millerson", "jan@northwind.com")
        for named in (str(jane.id), "Jane@NORTHWIND.com", " jane miller "):
            assert [row.id for row in await lead.resolve(tx.session, workspace, named)] == [jane.id]
        assert {row.id for row in await lead.resolve(tx.session, workspace, "Jane")} == {jane.id, jan.id}
        for nobody in ("", str(uuid4()), "x@y.com", "100%", "Zoe"):
            assert await lead.resolve(tx.session, workspace, nobody) == []


async def test_no_lead_is_seen_from_another_workspace(database: Database, workspace: WorkspaceId) -> None:
    from db.queries import workspace as workspaces

    async with database.across() as tx:
        other = await workspaces.create(
            tx.session, team_id=f"T{uuid4().hex[:9]}", name="Other", timezone="UTC"
        )
    async with database.transaction(workspace) as tx:
        jane = await add(tx, "Jane Miller", "jane@northwind.com")
    async with database.transaction(other) as tx:
        assert await lead.get(tx.session, other, jane.id) is None
        assert await lead.resolve(tx.session, other, "jane@northwind.com") == []
        assert await lead.list_leads(tx.session, other, LeadFilter()) == []


async def contact(tx: Tx, person: Lead, *, replied: bool = False) -> None:
    mailbox = Mailbox(
        workspace_id=tx.workspace_id, provider="smtp", address=f"{uuid4().hex}@us.com", credentials={}
    )
    tx.session.add(mailbox)
    await tx.session.flush()
    tx.session.add(
        EmailCampaign(
            workspace_id=tx.workspace_id, lead_id=person.id, kind="test", state="sent", to_email="a@b.com",
            subject="s", body="b", from_email="us@us.com", content_hash="x", sent_at=NOW,
        )
    )  # fmt: skip
    if replied:
        tx.session.add(
            InboundEmail(
                workspace_id=tx.workspace_id, mailbox_id=mailbox.id, provider_message_id=uuid4().hex, kind="human",
                lead_id=person.id, from_email="a@b.com", subject="Re", body="yes", received_at=NOW - timedelta(days=2),
            )
        )  # fmt: skip
    await tx.session.flush()


async def test_lists_answer_the_questions_people_ask(database: Database, workspace: WorkspaceId) -> None:
    async with database.transaction(workspace) as tx:
        ada = await add(
            tx, "Ada Byron", "ada@acme.com", 3, source="Google", company="Acme Ltd", score=90, qualified=True
        )
        bob = await add(tx, "Bob Stone", "bob@acme.com", 2, company="Acme Ltd", score=40, qualified=False)
        cyd = await add(tx, "Cyd Moss", "cyd@other.com", 1, source="google", company="100%_Other", score=70)
        await contact(tx, ada)
        await contact(tx, bob, replied=True)
        await lead.add_tags(tx.session, workspace, [cyd.id], ["Priority "], now=NOW)

        async def named(sort: lead.Sort = "newest", **wanted: object) -> list[str]:
            rows = await lead.list_leads(tx.session, workspace, LeadFilter(**wanted), sort=sort)  # type: ignore[arg-type]
            assert await lead.count(tx.session, workspace, LeadFilter(**wanted)) == len(rows)  # type: ignore[arg-type]
            return [row.name.split()[0] for row in rows]

        assert await named() == ["Cyd", "Bob", "Ada"]
        assert await named(sort="score") == ["Ada", "Cyd", "Bob"]
        assert await named(sort="likely") == ["Ada", "Cyd", "Bob"]
        assert await named(source="google", contacted=False) == ["Cyd"]
        assert await named(contacted=True) == ["Bob", "Ada"]
        assert await named(replied_since=NOW - timedelta(days=7)) == ["Bob"]
        assert await named(replied_since=NOW - timedelta(days=1)) == []
        assert await named(company="acme") == ["Bob", "Ada"]
        assert await named(company="100%_") == ["Cyd"]
        assert await named(search="BYRON") == ["Ada"]
        assert await named(tag=PRIORITY_TAG) == ["Cyd"]
        assert await named(qualified=True) == ["Ada"]
        assert await named(status=LeadStatus.REPLIED) == []
        assert await named(lead_ids=(bob.id,)) == ["Bob"]


async def test_every_status_is_counted_also_those_without_leads(
    database: Database, workspace: WorkspaceId
) -> None:
    async with database.transaction(workspace) as tx:
        await add(tx, "Ada Byron", "ada@acme.com")
        await add(tx, "Bob Stone", "bob@acme.com", status=LeadStatus.REPLIED.value)
        counts = await lead.counts_by_status(tx.session, workspace)
    assert set(counts) == set(LeadStatus)
    assert (counts[LeadStatus.NEW], counts[LeadStatus.REPLIED], counts[LeadStatus.BOUNCED]) == (1, 1, 0)


async def test_tags_are_put_on_once_and_taken_off(database: Database, workspace: WorkspaceId) -> None:
    async with database.transaction(workspace) as tx:
        ada = await add(tx, "Ada Byron", "ada@acme.com")
        assert await lead.add_tags(tx.session, workspace, [ada.id], ["priority", "tech"], now=NOW) == 1
        assert await lead.add_tags(tx.session, workspace, [ada.id], ["tech"], now=NOW) == 0
        assert await lead.remove_tags(tx.session, workspace, [ada.id], ["tech"], now=NOW) == 1
    async with database.transaction(workspace) as tx:
        row = await lead.get(tx.session, workspace, ada.id)
        assert row is not None and row.tags == ["priority"]


async def test_one_may_change_ones_mind_about_the_fit(database: Database, workspace: WorkspaceId) -> None:
    async with database.transaction(workspace) as tx:
        ada = await add(tx, "Ada Byron", "ada@acme.com", qualified=True)
    async with database.transaction(workspace) as tx:
        await lead.set_fit(tx.session, workspace, ada.id, user_id="U1", good=True, now=NOW)
        changed = await lead.set_fit(tx.session, workspace, ada.id, user_id="U1", good=False, now=NOW)
        await lead.set_fit(tx.session, workspace, ada.id, user_id="U2", good=True, now=NOW)
        assert (changed.good, changed.predicted) == (False, True)
        assert len(await lead.fits(tx.session, workspace, ada.id)) == 2
        assert await analytics.fit_counts(tx.session, workspace) == (
            1,
            2,
        )  # one of two agrees with the verdict


async def test_a_column_that_is_none_is_refused(database: Database, workspace: WorkspaceId) -> None:
    async with database.transaction(workspace) as tx:
        ada = await add(tx, "Ada Byron", "ada@acme.com")
        for column in ("shoe_size", "workspace_id", "id", "search"):
            with pytest.raises(KeyError):
                await lead.update(tx.session, workspace, ada.id, {column: "x"}, now=NOW)
