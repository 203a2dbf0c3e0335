"""After the approval: one lead's sequence is put on hold, resumed and ended from its card."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from db.models.audit import AuditEntry
from db.models.campaign import Enrollment
from db.models.email import EmailCampaign
from db.types import EmailState, EnrollmentState, StopReason
from tests.bot.drafts_desk import Reader, Waiting, approvers, card, waiting
from tests.bot.test_listeners import ANA, SAM, Desk, desk

assert desk


@pytest.fixture
async def sam(desk: Desk) -> Reader:
    await approvers(desk, SAM)
    return Reader(desk)


async def approved(desk: Desk, name: str = "Maria Silva") -> tuple[Waiting, str]:
    """With the id of its enrollment."""
    one = await waiting(desk, name)
    shown = await card(desk, one.approval_id)
    await desk.press("approve", f"{one.approval_id}|{shown.content_hash}")
    return one, str(shown.enrollment_id)


async def on_card(desk: Desk, one: Waiting) -> dict[str, dict[str, Any]]:
    """Its buttons by action."""
    blocks = (await desk.surfaces())[f"approval:{one.approval_id}"]["blocks"]
    return {
        found["action_id"]: found for block in blocks if block["type"] == "actions" for found in block["elements"]
    }  # fmt: skip


async def enrollment(desk: Desk, enrollment_id: str) -> tuple[str, str | None, set[str]]:
    """State, reason, and the states of its emails."""
    async with desk.database.transaction(await desk.workspace()) as tx:
        row = (await tx.session.scalars(select(Enrollment).where(Enrollment.id == enrollment_id))).one()
        emails = select(EmailCampaign.state).where(EmailCampaign.enrollment_id == enrollment_id)
        return row.state, row.stop_reason, set(await tx.session.scalars(emails))


async def test_a_sequence_is_put_on_hold_from_its_card_and_goes_on(desk: Desk, sam: Reader) -> None:
    one, enrollment_id = await approved(desk)
    assert (await on_card(desk, one))["sequence_pause"]["value"] == enrollment_id
    told = await desk.press("sequence_pause", enrollment_id)
    assert "The sequence to Maria Silva is on hold" in json.dumps(told)
    assert (await enrollment(desk, enrollment_id))[0] == EnrollmentState.HELD
    buttons = await on_card(desk, one)
    assert "sequence_resume" in buttons and "sequence_pause" not in buttons
    again = await desk.press("sequence_pause", enrollment_id)
    assert "on hold already" in json.dumps(again)
    await desk.press("sequence_resume", enrollment_id)
    state, _, emails = await enrollment(desk, enrollment_id)
    assert state == EnrollmentState.ACTIVE and EmailState.CANCELLED not in emails
    assert "sequence_pause" in await on_card(desk, one)


async def test_a_sequence_is_ended_from_its_card_once_slack_asked_whether_to(desk: Desk, sam: Reader) -> None:
    one, enrollment_id = await approved(desk)
    other, unharmed = await approved(desk, "John Doe")
    assert "can't be taken back" in json.dumps((await on_card(desk, one))["sequence_stop"]["confirm"])
    await desk.press("sequence_stop", enrollment_id, user=ANA)  # anybody may stop what leaves
    assert await enrollment(desk, enrollment_id) == (
        EnrollmentState.STOPPED, StopReason.CANCELLED, {EmailState.CANCELLED}
    )  # fmt: skip
    assert not await on_card(desk, one)
    said = json.dumps((await desk.surfaces())[f"sequence:{enrollment_id}"])
    assert "stopped the sequence to Maria Silva" in said
    assert (await enrollment(desk, unharmed))[0] == EnrollmentState.ACTIVE and await on_card(desk, other)
    assert "has ended" in json.dumps(await desk.press("sequence_stop", enrollment_id))
    async with desk.database.transaction(await desk.workspace()) as tx:
        entries = await tx.session.scalars(select(AuditEntry).where(AuditEntry.action == "sequence_stopped"))
        assert [(one.actor, str(one.entity_id)) for one in entries] == [(ANA, enrollment_id)]


@pytest.mark.parametrize("value", ["", "no id", "00000000-0000-0000-0000-000000000001"])
@pytest.mark.parametrize("action", ["sequence_pause", "sequence_stop"])
async def test_a_made_up_value_ends_nothing(desk: Desk, sam: Reader, action: str, value: str) -> None:
    _, enrollment_id = await approved(desk)
    await desk.press(action, value)
    assert (await enrollment(desk, enrollment_id))[0] == EnrollmentState.ACTIVE
