"""One experiment at a time, arms that stay, and counts of people rather than of emails."""

import asyncio
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy.dialects import postgresql

from db.cards import ArmCounts
from db.models.campaign import Campaign, Enrollment, Mailbox
from db.models.email import EmailCampaign, InboundEmail
from db.models.lead import Lead
from db.queries import experiment
from db.queries import workspace as workspaces
from db.session import Database
from db.types import EnrollmentId, ExperimentDimension, ExperimentId, ExperimentState, WorkspaceId
from tests.servers import Servers, at

NOW = datetime(2026, 3, 30, 7, 30, tzinfo=UTC)
STAMPS = {"created_at": NOW, "updated_at": NOW}


async def begin(database: Database, workspace: WorkspaceId, name: str = "Models") -> ExperimentId | None:
    async with database.transaction(workspace) as tx:
        return await experiment.create(
            tx.session,
            workspace,
            name=name,
            dimension=ExperimentDimension.MODEL,
            arms=("openai", "gemini"),
            baseline=0.03,
            target=0.06,
            created_by="U1",
            now=NOW,
        )


@pytest.fixture
async def models(database: Database, workspace: WorkspaceId) -> ExperimentId:
    made = await begin(database, workspace)
    assert made is not None
    return made


class Books:
    """Leads with sequences in one campaign, and what became of them."""

    def __init__(self, database: Database, workspace: WorkspaceId, experiment_id: ExperimentId) -> None:
        self._database, self._workspace, self._experiment = database, workspace, experiment_id
        self._mailbox: uuid.UUID | None = None
        self._number = 0

    async def lead(self) -> uuid.UUID:
        self._number += 1
        async with self._database.transaction(self._workspace) as tx:
            row = Lead(
                workspace_id=self._workspace, name=f"L{self._number}", email=f"l{self._number}@x.example",
                email_status="found", status="emailed", **STAMPS,
            )  # fmt: skip
            tx.session.add(row)
            if self._mailbox is None:
                box = Mailbox(
                    workspace_id=self._workspace, provider="smtp", address="f@x.example", credentials={}, **STAMPS
                )  # fmt: skip
                tx.session.add(box)
                await tx.session.flush()
                self._mailbox = box.id
            await tx.session.flush()
            return row.id

    async def enroll(self, lead_id: uuid.UUID, arm: str | None, *, stand_in: bool = False) -> EnrollmentId:
        async with self._database.transaction(self._workspace) as tx:
            campaign = Campaign(workspace_id=self._workspace, name="C", **STAMPS)
            tx.session.add(campaign)
            await tx.session.flush()
            row = Enrollment(
                workspace_id=self._workspace, campaign_id=campaign.id, lead_id=lead_id, arm=arm, stand_in=stand_in,
                experiment_id=self._experiment if arm else None, **STAMPS,
            )  # fmt: skip
            tx.session.add(row)
            await tx.session.flush()
            return EnrollmentId(row.id)

    async def email(self, lead_id: uuid.UUID, enrollment_id: uuid.UUID, number: int, **more: Any) -> None:
        given: dict[str, Any] = {
            "kind": "sequence",
            "email_sequence": number,
            "sent_at": NOW,
            "ai_model_used": "m",
        }
        async with self._database.transaction(self._workspace) as tx:
            tx.session.add(
                EmailCampaign(
                    workspace_id=self._workspace,
                    lead_id=lead_id,
                    enrollment_id=enrollment_id,
                    state="sent",
                    to_email="a",
                    subject="s",
                    body="b",
                    from_email="f",
                    content_hash="0",
                    **STAMPS,
                    **(given | more),
                )
            )

    async def reply(self, lead_id: uuid.UUID, enrollment_id: uuid.UUID, kind: str, **more: Any) -> None:
        async with self._database.transaction(self._workspace) as tx:
            tx.session.add(
                InboundEmail(
                    workspace_id=self._workspace,
                    mailbox_id=self._mailbox,
                    provider_message_id=uuid.uuid4().hex,
                    kind=kind,
                    enrollment_id=enrollment_id,
                    lead_id=lead_id,
                    from_email="a",
                    subject="s",
                    body="b",
                    received_at=NOW,
                    created_at=NOW,
                    **more,
                )
            )

    async def sent(self, arm: str, *, stand_in: bool = False, **more: Any) -> tuple[uuid.UUID, EnrollmentId]:
        lead_id = await self.lead()
        enrollment_id = await self.enroll(lead_id, arm, stand_in=stand_in)
        await self.email(lead_id, enrollment_id, 1, **more)
        return lead_id, enrollment_id

    async def results(self) -> dict[str, ArmCounts]:
        async with self._database.transaction(self._workspace) as tx:
            return await experiment.results(tx.session, self._workspace, self._experiment)


@pytest.fixture
def books(database: Database, workspace: WorkspaceId, models: ExperimentId) -> Books:
    return Books(database, workspace, models)


async def test_one_experiment_runs_at_a_time(
    database: Database, workspace: WorkspaceId, models: ExperimentId
) -> None:
    assert await begin(database, workspace, "Second") is None
    async with database.transaction(workspace) as tx:
        assert await experiment.end(tx.session, workspace, models, now=NOW)
        assert not await experiment.end(tx.session, workspace, models, now=NOW)
        assert await experiment.running(tx.session, workspace) is None
        last = await experiment.newest(tx.session, workspace)
        assert last is not None and last.state == ExperimentState.ENDED and last.ended_at == NOW
    assert await begin(database, workspace, "Second") is not None
    async with database.transaction(workspace) as tx:
        newest = await experiment.newest(tx.session, workspace)
        named = await experiment.newest(tx.session, workspace, named="model")
        assert newest is not None and newest.name == "Second" and named is not None and named.id == models
        assert await experiment.newest(tx.session, workspace, named="100%") is None


async def test_two_begun_at_the_same_moment_leave_one(database: Database, workspace: WorkspaceId) -> None:
    """Each has its own transaction, and both are open before either commits."""
    both = asyncio.Barrier(2)

    async def one(name: str) -> ExperimentId | None:
        async with database.transaction(workspace) as tx:
            await experiment.running(tx.session, workspace)  # nothing runs yet, as far as either can see
            await both.wait()
            return await experiment.create(
                tx.session, workspace, name=name, dimension=ExperimentDimension.APPROACH, arms=("a", "b"),
                baseline=0.1, target=0.2, created_by=None, now=NOW,
            )  # fmt: skip

    made = await asyncio.gather(one("A"), one("B"))
    (kept,) = [found for found in made if found is not None]
    async with database.transaction(workspace) as tx:
        running = await experiment.running(tx.session, workspace)
    assert running is not None and running.id == kept


async def test_another_workspace_has_its_own(
    database: Database, workspace: WorkspaceId, models: ExperimentId
) -> None:
    async with database.across() as tx:
        other = await workspaces.create(tx.session, team_id=f"T{uuid.uuid4().hex}", name="O", timezone="UTC")
    async with database.transaction(other) as tx:
        assert await experiment.running(tx.session, other) is None
        assert await experiment.by_id(tx.session, other, models) is None
        assert not await experiment.end(tx.session, other, models, now=NOW)
        assert await experiment.results(tx.session, other, models) == {}
    assert await begin(database, other) is not None


async def test_an_arm_is_given_once_and_only_before_the_first_email(
    database: Database, workspace: WorkspaceId, models: ExperimentId, books: Books
) -> None:
    fresh = await books.enroll(await books.lead(), None)
    begun_lead = await books.lead()
    begun = await books.enroll(begun_lead, None)
    await books.email(begun_lead, begun, 1, sent_at=None)
    async with database.transaction(workspace) as tx:

        async def assign(enrollment_id: EnrollmentId, arm: str) -> bool:
            return await experiment.assign(
                tx.session, workspace, enrollment_id, experiment_id=models, arm=arm
            )

        assert await assign(fresh, "gemini")
        assert not await assign(fresh, "openai")
        assert not await assign(begun, "gemini")
        row = await tx.session.get(Enrollment, fresh)
        assert row is not None and row.arm == "gemini"


async def test_people_are_counted_not_emails(books: Books) -> None:
    lead, enrollment = await books.sent("openai", opened=True, ai_model_used="gpt-5.5")
    for number in (2, 3):
        await books.email(lead, enrollment, number, opened=True, ai_model_used="gpt-5.5")
    for _ in range(3):
        await books.reply(lead, enrollment, "human", sentiment="interested")
    again = await books.enroll(lead, "openai")
    await books.email(lead, again, 1, ai_model_used="gpt-5.5")
    assert await books.results() == {"openai": ArmCounts("openai", 1, 1, 1, 1, 0, ("gpt-5.5",))}


@pytest.mark.parametrize("kind", ["auto_reply", "dsn", "opt_out", "by_hand", "unrelated"])
async def test_only_people_reply(books: Books, kind: str) -> None:
    await books.reply(*await books.sent("gemini"), kind)
    assert (await books.results())["gemini"].replied == 0


@pytest.mark.parametrize(
    ("reading", "is_positive"),
    [({"sentiment": "interested"}, True), ({"sentiment": "not_interested"}, False), ({}, False),
     ({"sentiment": "other", "outcome": "meeting"}, True), ({"outcome": "lost"}, False)],
)  # fmt: skip
async def test_interest_is_counted_beside_replies(
    books: Books, reading: dict[str, str], is_positive: bool
) -> None:
    await books.reply(*await books.sent("gemini"), "human", **reading)
    seen = (await books.results())["gemini"]
    assert (seen.replied, seen.positive) == (1, int(is_positive))


async def test_who_was_never_reached_is_not_counted(books: Books) -> None:
    await books.sent("openai", bounced=True)
    await books.sent("openai", sent_at=None)
    await books.sent("openai", kind="answer", email_sequence=None)
    await books.sent("openai")
    assert (await books.results())["openai"].leads == 1


async def test_a_later_bounce_does_not_undo_a_delivery(books: Books) -> None:
    lead, enrollment = await books.sent("openai")
    await books.email(lead, enrollment, 2, bounced=True)
    assert (await books.results())["openai"].leads == 1


async def test_what_a_stand_in_wrote_is_left_out_and_counted_apart(
    database: Database, workspace: WorkspaceId, books: Books
) -> None:
    await books.sent("gemini", ai_model_used="gemini-2.5-pro")
    lead, enrollment = await books.sent("gemini", opened=True, ai_model_used="gpt-5.5")
    await books.reply(lead, enrollment, "human", sentiment="interested")
    async with database.transaction(workspace) as tx:
        await experiment.mark_stand_in(tx.session, workspace, enrollment)
    assert await books.results() == {
        "gemini": ArmCounts("gemini", 1, 0, 0, 0, stand_ins=1, models=("gemini-2.5-pro",))
    }


async def test_a_sequence_outside_of_experiments_is_no_stand_in(
    database: Database, workspace: WorkspaceId, books: Books
) -> None:
    plain = await books.enroll(await books.lead(), None)
    async with database.transaction(workspace) as tx:
        await experiment.mark_stand_in(tx.session, workspace, plain)
        row = await tx.session.get(Enrollment, plain)
        assert row is not None and not row.stand_in


LEADS = int(os.environ.get("RM_EXPERIMENT_LEADS", "40000"))  # with five emails each
EVERY = int(os.environ.get("RM_EXPERIMENT_EVERY", "200"))  # one of so many is in the experiment
FILL = """
INSERT INTO workspaces (id, team_id) VALUES ('{ours}', 'T-ours');
INSERT INTO experiments (id, workspace_id, name, dimension, arms, baseline, target, created_at)
    VALUES ('{ours}', '{ours}', 'x', 'model', '{{openai,gemini}}', 0.03, 0.06, now());
INSERT INTO campaigns (id, workspace_id, name) VALUES ('{ours}', '{ours}', 'x');
INSERT INTO mailboxes (id, workspace_id, provider, address, credentials) VALUES ('{ours}', '{ours}', 'smtp', 'a', 'x');
INSERT INTO leads (workspace_id, name, email) SELECT '{ours}', 'L' || n, n || '@x.example' FROM generate_series(1, {leads}) AS n;
INSERT INTO enrollments (workspace_id, campaign_id, lead_id, experiment_id, arm)
    SELECT '{ours}', '{ours}', id, CASE WHEN n % {every} = 0 THEN uuid '{ours}' END,
        CASE WHEN n % {every} = 0 THEN CASE WHEN n % 2 = 0 THEN 'openai' ELSE 'gemini' END END
    FROM (SELECT id, row_number() OVER () AS n FROM leads) AS l;
INSERT INTO email_campaigns (workspace_id, lead_id, enrollment_id, campaign_id, kind, email_sequence, to_email, subject, body,
        from_email, content_hash, state, sent_at)
    SELECT '{ours}', lead_id, id, '{ours}', 'sequence', n, 'a', 'b', 'c', 'd', 'e', 'sent', now()
    FROM enrollments CROSS JOIN generate_series(1, 5) AS n;
INSERT INTO inbound_emails (workspace_id, mailbox_id, provider_message_id, kind, enrollment_id, lead_id, from_email, subject, body, received_at)
    SELECT '{ours}', '{ours}', row_number() OVER (), 'human', id, lead_id, 'a', 'x', 'x', now()
    FROM enrollments WHERE random() < 0.05;
ANALYZE;
"""  # noqa: E501
OURS = uuid.UUID(int=1)


@pytest.fixture(scope="module")
def filled(servers: Servers) -> Iterator[psycopg.Connection]:
    name = f"rm_test_experiment_{os.getpid()}"
    servers.clone(name)
    with psycopg.connect(at(servers.postgres().dsn_superuser, name), autocommit=True) as connection:
        connection.execute(FILL.format(ours=OURS, leads=LEADS, every=EVERY).encode())
        connection.execute("SET ROLE rm_app")
        connection.execute("SELECT set_config('app.workspace_id', %s, false)", (str(OURS),))
        yield connection
    servers.drop(name)


def test_counting_reads_only_the_experiments_own_rows(filled: psycopg.Connection) -> None:
    statement = experiment.results_query(WorkspaceId(OURS), OURS)
    sql = str(statement.compile(dialect=postgresql.psycopg.dialect(), compile_kwargs={"literal_binds": True}))
    lines = [row[0] for row in filled.execute(f"EXPLAIN {sql.replace('%%', '%')}".encode())]
    plan = "\n".join(lines)
    assert "ix_enrollments_experiment" in plan, plan
    assert "Seq Scan on email_campaigns" not in plan and "Seq Scan on enrollments" not in plan, plan
    counted = {row[0]: row[1] for row in filled.execute(sql.encode())}
    assert sum(counted.values()) == LEADS // EVERY
