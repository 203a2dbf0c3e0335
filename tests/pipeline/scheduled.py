"""Approved emails without a writer, and more mailboxes to send them from: what tests of the pace stand on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from db.models.email import EmailCampaign
from db.queries import campaign, enrollment, mailbox
from db.queries import email as emails
from db.queries import lead as leads
from db.queries.lead import NewLead
from db.types import CampaignType, EmailKind, EmailState, EnrollmentState, LeadId, MailboxId, MailProvider
from local.sandbox.mail.mailbox import open_account
from pipeline.rules import approval
from tests.pipeline.mail_world import APPROVER, MailWorld


async def connect(world: MailWorld, address: str) -> MailboxId:
    """A further mailbox of the workspace, with an account and a grant of its own at the provider."""
    open_account(world.box, address)
    token = f"refresh of {address}"
    world.box.store.run(
        "INSERT OR IGNORE INTO google_grants (refresh_token, account, scopes) VALUES (?, ?, ?)",
        token, address, "https://mail.google.com/ openid email",
    )  # fmt: skip
    async with world.deps.db.transaction(world.workspace) as tx:
        return await mailbox.connect(
            tx.session, world.workspace, provider=MailProvider.GMAIL, address=address,
            credentials={"refresh_token": token}, display_name=None, reply_to=None, now=world.clock.now(),
        )  # fmt: skip


async def approved_emails(world: MailWorld, count: int, *, domain: str | None = None) -> list[UUID]:
    """One email each to that many people, of as many companies unless a `domain` is given, approved and due now; a
    mailbox is found for them when they leave."""
    now = world.clock.now()
    made: list[UUID] = []
    async with world.deps.db.transaction(world.workspace) as tx:
        group = await campaign.create(
            tx.session, world.workspace, name="Many", type=CampaignType.IMMEDIATE, now=now
        )
    for number in range(count):
        to = f"buyer{number}@{domain or f'company{number}.example'}"
        open_account(world.box, to)
        async with world.deps.db.transaction(world.workspace) as tx:
            row, _ = await leads.add(
                tx.session, world.workspace, NewLead(name=f"Buyer {number}", email=to), created_by=APPROVER, now=now
            )  # fmt: skip
            values = {"status": "researched", "qualified": True, "score": 50, "timezone": "UTC"}
            await leads.update(tx.session, world.workspace, LeadId(row.id), values, now=now)
        joined = await world.enroll(LeadId(row.id), group)
        subject, body = f"Note {number}", f"Hello, this is note {number}."
        bound = approval.content_hash(to, subject, body)
        async with world.deps.db.transaction(world.workspace) as tx:
            await enrollment.set_state(tx.session, world.workspace, joined, EnrollmentState.ACTIVE, now=now)
            values = {
                "lead_id": row.id, "campaign_id": group, "enrollment_id": joined, "kind": EmailKind.SEQUENCE,
                "state": EmailState.SCHEDULED, "email_sequence": 1, "to_email": to, "subject": subject, "body": body,
                "from_email": "", "content_hash": bound, "approved_hash": bound, "scheduled_for": now,
            }  # fmt: skip
            made.append(await emails.put_draft(tx.session, world.workspace, values, now=now))
    return made


async def next_due(world: MailWorld) -> datetime | None:
    async with world.deps.db.transaction(world.workspace) as tx:
        return await tx.session.scalar(
            select(EmailCampaign.scheduled_for)
            .where(EmailCampaign.state == EmailState.SCHEDULED)
            .order_by(EmailCampaign.scheduled_for)
            .limit(1)
        )


async def send_until(world: MailWorld, last: datetime) -> None:
    """As ticks do it: whatever is due by then leaves in its time."""
    for _ in range(1000):
        at = await next_due(world)
        if at is None or at > last:
            return
        world.clock.jump_to(at)
        await world.send_due()
    raise AssertionError("emails are looked at again and again, and never leave")


async def change(world: MailWorld, statement: str, **given: object) -> None:
    """What nothing of ours changes in a test's few lines: a state, a cap."""
    async with world.deps.db.transaction(world.workspace) as tx:
        await tx.session.execute(text(statement), given)
