"""Drafts that wait, made without a model, and a person who goes through them in Slack."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from db.cards import ApprovalCard
from db.models.email import Approval, EmailCampaign
from db.models.workspace import SlackOutbox
from db.queries import approval, campaign, enrollment, outbox
from db.queries import email as emails
from db.queries import lead as leads
from db.queries import workspace as workspaces
from db.queries.lead import NewLead
from db.types import ApprovalId, EmailState, LeadId, WorkspaceId
from pipeline.jobs import asking, drafting
from pipeline.jobs.drafting import Brief
from pipeline.rules import approval as binding
from pipeline.rules import letter, sequence
from tests.bot.test_listeners import ANA, SAM, Desk


@dataclass
class Waiting:
    lead_id: LeadId
    approval_id: ApprovalId


async def approvers(desk: Desk, *people: str) -> None:
    """Who may decide; the names are those people know them by."""
    ours, now = await desk.workspace(), desk.web.web.deps.clock.now()
    names = {SAM: "Sam Rivers", ANA: "Ana Costa"}
    async with desk.database.transaction(ours) as tx:
        await workspaces.update_settings(
            tx.session, ours, now=now, company_name="Brightpath", company_offer="less waiting on the shop floor",
            sender_name="Sam Rivers", postal_address="12 Harbour Street, Portland", proof_points=[],
        )  # fmt: skip
        for one in people:
            await workspaces.upsert_member(
                tx.session, ours, one, now=now, is_approver=True, name=names.get(one, one)
            )


async def waiting(
    desk: Desk, name: str, *, steps: int = 2, lead: dict[str, Any] | None = None, **email: Any
) -> Waiting:
    """A lead with a sequence that waits; it passes every check, but for what is given."""
    deps, ours = desk.web.web.deps, await desk.workspace()
    now = deps.clock.now()
    campaign_id = email.pop("campaign_id", None)
    slug = name.lower().replace(" ", ".")
    async with desk.database.transaction(ours) as tx:
        new = NewLead(name=name, email=f"{slug}@acme.example", company="Acme", title="COO")
        row, _ = await leads.add(tx.session, ours, new, created_by=SAM, now=now)
        values = {"status": "researched", "qualified": True, "score": 80, "email_status": "given"}
        await leads.update(tx.session, ours, LeadId(row.id), {**values, **(lead or {})}, now=now)
        joined = await campaign.enroll(
            tx.session, ours, lead_id=LeadId(row.id), campaign_id=campaign_id, owner_user_id=SAM,
            channel_id=None, thread_ts=None, now=now,
        )  # fmt: skip
        assert joined is not None
    async with desk.database.transaction(ours) as tx:
        await _write(tx, ours, joined, steps, email, now)
        asked = await asking.ask_for_sequence(deps, tx, joined, now=now)
    assert asked is not None
    deps.clock.jump(timedelta(seconds=1))  # pyright: ignore[reportAttributeAccessIssue]
    return Waiting(LeadId(row.id), asked)


async def _write(
    tx: Any, ours: WorkspaceId, joined: UUID, steps: int, email: dict[str, Any], now: Any
) -> None:
    row = await enrollment.get(tx.session, ours, joined)
    assert row is not None
    lead = await leads.get(tx.session, ours, LeadId(row.lead_id))
    ran = await enrollment.campaign_of(tx.session, ours, row.campaign_id)
    assert lead is not None and ran is not None
    brief = Brief(lead, await workspaces.get(tx.session, ours), ran, [], None)
    subject = ""
    for number in range(1, steps + 1):
        written = drafting.template(brief, sequence.step(number))
        subject = letter.answer_subject(subject) if subject else written.subject
        values: dict[str, Any] = {
            "lead_id": lead.id, "campaign_id": ran.id, "enrollment_id": joined, "kind": "sequence",
            "state": EmailState.DRAFT, "email_sequence": number, "to_email": lead.email or "", "subject": subject,
            "body": written.body, "from_email": "sam@brightpath.example", "claims": {"claims": []},
            "content_hash": binding.content_hash(lead.email or "", subject, written.body), "judge_score": 5,
            "template_used": False, **email,
        }  # fmt: skip
        await emails.put_draft(tx.session, ours, values, now=now)


class Reader:
    """Whoever reads the drafts: their queue in Slack, and its buttons."""

    def __init__(self, desk: Desk, user: str = SAM, dm: str = "D0SAMRIVERS") -> None:
        self.desk, self.user, self.dm = desk, user, dm

    async def open(self, words: str = "drafts") -> list[dict[str, Any]]:
        return await self.desk.command(words, user=self.user, channel=self.dm)

    async def queue(self) -> str:
        """Its words and values, as JSON text."""
        return json.dumps((await self.desk.surfaces())[f"queue:{self.user}"], ensure_ascii=False)

    async def press(
        self, action: str, value: str, key: str | None = None, **more: Any
    ) -> list[dict[str, Any]]:
        """On the queue's message, or on that of another surface."""
        async with self.desk.database.transaction(await self.desk.workspace()) as tx:
            item = await outbox.by_key(tx.session, key or f"queue:{self.user}")
        assert item is not None and item.posted_ts and item.posted_channel
        place: dict[str, Any] = {
            "container": {"type": "message", "channel_id": item.posted_channel, "message_ts": item.posted_ts},
            "message": {"ts": item.posted_ts},
        }
        return await self.desk.press(
            action, value, user=self.user, channel=item.posted_channel, **place, **more
        )

    async def choose(self, action: str, value: str) -> None:
        """From a menu."""
        chosen = {"type": "static_select", "action_id": action, "block_id": "b", "action_ts": "1.0",
                  "selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": value}}  # fmt: skip
        await self.press(action, "", actions=[chosen])

    async def approve(self, one: Waiting) -> list[dict[str, Any]]:
        return await self.press(
            "approve", f"{one.approval_id}|{(await card(self.desk, one.approval_id)).content_hash}"
        )


async def card(desk: Desk, approval_id: UUID) -> ApprovalCard:
    ours = await desk.workspace()
    async with desk.database.transaction(ours) as tx:
        found = await approval.load_approval_card(tx.session, ours, approval_id)
    assert found is not None
    return found


async def change_email(desk: Desk, approval_id: UUID, **values: Any) -> None:
    """Behind everybody's back, as a bug or another process would."""
    async with desk.database.transaction(await desk.workspace()) as tx:
        await tx.session.execute(
            update(EmailCampaign).where(EmailCampaign.approval_id == approval_id).values(**values)
        )


async def states(desk: Desk, *some: Waiting) -> list[str]:
    async with desk.database.transaction(await desk.workspace()) as tx:
        rows = {row.id: row.state for row in await tx.session.scalars(select(Approval))}
    return [rows[one.approval_id] for one in some]


async def surface_key(desk: Desk, start: str) -> str:
    """The newest surface of that kind."""
    async with desk.database.transaction(await desk.workspace()) as tx:
        keys = await tx.session.scalars(select(SlackOutbox.key).order_by(SlackOutbox.seq.desc()))
        return next(key for key in keys if key.startswith(start))
