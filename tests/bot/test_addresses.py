"""A guessed address: a person says that it is right, or which one is, and the emails may be written."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy import select

from db.models.campaign import Campaign, Enrollment
from db.models.email import Approval, EmailCampaign
from db.models.lead import Lead
from db.queries import lead as leads
from db.types import LeadId
from pipeline.rules.approval import content_hash
from tests.bot.test_listeners import DM, SAM, Desk, desk

__all__ = ["desk"]
GUESS, RIGHT = "maria@acme.example", "m.silva@acme.example"


async def guessed_lead(desk: Desk) -> LeadId:
    """Known well enough to be written to, but for the address."""
    ours, now = await desk.workspace(), desk.web.web.deps.clock.now()
    async with desk.database.transaction(ours) as tx:
        row = Lead(
            workspace_id=ours, name="Maria Silva", company="Acme", title="CEO", email=GUESS, source="manual",
            email_status="guessed", email_note="70% sure.", status="researched", researched_at=now, score=40,
            qualified=False, linkedin_url="https://linkedin.com/in/maria", website_url="https://acme.example",
            twitter_url="https://x.com/maria",
        )  # fmt: skip
        tx.session.add(row)
        await tx.session.flush()
        return LeadId(row.id)


async def asked_about(desk: Desk, lead_id: LeadId) -> UUID:
    """Two drafts to the guessed address, and the question about them."""
    ours, now = await desk.workspace(), desk.web.web.deps.clock.now()
    async with desk.database.transaction(ours) as tx:
        campaign = Campaign(workspace_id=ours, name=f"c {lead_id}", owner_user_id=SAM)
        tx.session.add(campaign)
        await tx.session.flush()
        joined = Enrollment(
            workspace_id=ours,
            campaign_id=campaign.id,
            lead_id=lead_id,
            state="awaiting_approval",
            channel_id=DM,
        )
        tx.session.add(joined)
        await tx.session.flush()
        asked = Approval(
            workspace_id=ours, kind="sequence", lead_id=lead_id, enrollment_id=joined.id, content_hash="0" * 64,
            channel_id=DM, expires_at=now.replace(year=now.year + 1),
        )  # fmt: skip
        tx.session.add(asked)
        await tx.session.flush()
        for number in (1, 2):
            tx.session.add(EmailCampaign(
                workspace_id=ours, lead_id=lead_id, campaign_id=campaign.id, enrollment_id=joined.id,
                approval_id=asked.id, kind="sequence", email_sequence=number, state="pending", to_email=GUESS,
                subject="Hello", body="Words", from_email="f@x.example",
                content_hash=content_hash(GUESS, "Hello", "Words"),
            ))  # fmt: skip
        return asked.id


async def lead_of(desk: Desk, lead_id: LeadId) -> Lead:
    async with desk.database.transaction(await desk.workspace()) as tx:
        found = await leads.get(tx.session, tx.workspace_id, lead_id)
    assert found is not None
    return found


def actions_of(surface: dict[str, Any]) -> dict[str, str]:
    """action_id to value of every button."""
    return {
        one["action_id"]: one.get("value", "")
        for block in surface["blocks"]
        if block["type"] == "actions"
        for one in block["elements"]
    }


async def test_a_guess_is_confirmed_by_a_button_and_the_emails_are_begun_by_another(desk: Desk) -> None:
    this = await guessed_lead(desk)
    (card,) = await desk.press(f"lead_show:{this}", str(this))
    buttons = actions_of(card)
    assert buttons["email_right"] == f"{this}|{GUESS}" and "email_other" in buttons
    assert "lead_write" not in buttons
    (told,) = await desk.press("email_right", buttons["email_right"])
    lead = await lead_of(desk, this)
    assert (lead.email, lead.email_status, lead.qualified) == (GUESS, "confirmed", True)
    assert "worth writing to now" in told["text"] and actions_of(told) == {"lead_write": str(this)}

    (card,) = await desk.press(f"lead_show:{this}", str(this))
    assert "lead_write" in actions_of(card) and "email_right" not in actions_of(card)
    (begun,) = await desk.press("lead_write", str(this))
    assert "the drafts will come" in begun["text"]
    async with desk.database.transaction(await desk.workspace()) as tx:
        joined = (await tx.session.scalars(select(Enrollment).where(Enrollment.lead_id == this))).one()
        assert joined.state == "writing"
    (again,) = await desk.press("lead_write", str(this))
    assert "in a sequence already" in again["text"]


async def test_another_address_is_given_in_a_form_and_its_errors_stand_there(desk: Desk) -> None:
    this = await guessed_lead(desk)
    metadata = f"{this}|{DM}"
    for wrong in ("", "nobody", "a b@acme.example"):
        answer = await desk.submit("email_other_view", {"email": wrong}, metadata=metadata)
        assert list(answer["errors"]) == ["email"], wrong
    await desk.command("add Ali Can, ali@acme.example, Acme")
    taken = await desk.submit("email_other_view", {"email": "ali@acme.example"}, metadata=metadata)
    assert "Ali Can already" in taken["errors"]["email"]
    before = await desk.surfaces()
    assert await desk.submit("email_other_view", {"email": RIGHT}, metadata=metadata) == {}
    lead = await lead_of(desk, this)
    assert (lead.email, lead.email_status) == (RIGHT, "given")
    told = [one for key, one in (await desk.surfaces()).items() if key not in before]
    assert RIGHT in json.dumps(told)


async def test_a_button_that_shows_an_old_guess_confirms_nothing(desk: Desk) -> None:
    this = await guessed_lead(desk)
    await desk.submit("email_other_view", {"email": RIGHT}, metadata=f"{this}|{DM}")
    for value in (f"{this}|{GUESS}", str(this)):
        (told,) = await desk.press("email_right", value)
        assert "noted since" in told["text"]
    assert (await lead_of(desk, this)).email_status == "given"


async def test_drafts_to_a_guess_go_to_the_right_address_after_a_new_question(desk: Desk) -> None:
    this = await guessed_lead(desk)
    asked = await asked_about(desk, this)
    before = await desk.surfaces()
    await desk.submit("email_other_view", {"email": RIGHT}, metadata=f"{this}|{DM}")
    async with desk.database.transaction(await desk.workspace()) as tx:
        emails = list(await tx.session.scalars(select(EmailCampaign).where(EmailCampaign.lead_id == this)))
        old = await tx.session.get_one(Approval, asked)
        assert old.state == "void"
    assert {(one.to_email, one.state, one.content_hash) for one in emails} == {
        (RIGHT, "pending", content_hash(RIGHT, one.subject, one.body)) for one in emails
    }
    assert {one.approval_id for one in emails}.isdisjoint({asked})
    (key,) = {key for key in await desk.surfaces() if key.startswith("approval:") and key not in before} - {
        f"approval:{asked}"
    }
    assert RIGHT in json.dumps((await desk.surfaces())[key])


async def test_the_open_question_shows_that_the_address_is_confirmed(desk: Desk) -> None:
    this = await guessed_lead(desk)
    asked = await asked_about(desk, this)
    await desk.press("email_right", f"{this}|{GUESS}")
    card = json.dumps((await desk.surfaces())[f"approval:{asked}"])
    assert "confirmed by nobody" not in card and "email_right" not in card
    async with desk.database.transaction(await desk.workspace()) as tx:
        assert (await tx.session.get_one(Approval, asked)).state == "pending"
