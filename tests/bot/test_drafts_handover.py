"""Handing a lead over, who may approve, expired drafts, and an edit that no fact supports."""

import asyncio
import json
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import delete, select

from db.models.audit import AuditEntry
from db.models.workspace import SlackOutbox
from db.queries import lead as leads
from db.queries import workspace as workspaces
from db.types import ApprovalId
from pipeline.clock import ManualClock
from pipeline.jobs import decide
from tests.bot.drafts_desk import Reader, Waiting, approvers, card, states, waiting
from tests.bot.test_listeners import ANA, SAM, Desk, desk

assert desk
BOT, STRANGER = "U0RAINMAKER", "U0NOBODY000"


@pytest.fixture
async def sam(desk: Desk) -> Reader:
    await approvers(desk, SAM, ANA)
    async with desk.database.transaction(await desk.workspace()) as tx:
        await tx.session.execute(delete(SlackOutbox))
    return Reader(desk)


def one_user(user: str) -> dict[str, Any]:
    return {"user": {"type": "users_select", "selected_user": user}}


async def owner(desk: Desk, one: Waiting) -> str | None:
    ours = await desk.workspace()
    async with desk.database.transaction(ours) as tx:
        found = await leads.get(tx.session, ours, one.lead_id)
    assert found is not None
    return found.owner_user_id


async def hand_over(desk: Desk, one: Waiting, to: str, *, by: str = SAM) -> dict[str, Any]:
    return await desk.submit("hand_over_view", one_user(to), user=by, metadata=str(one.approval_id))


async def test_the_new_owner_gets_the_card_and_it_follows_the_decision(desk: Desk, sam: Reader) -> None:
    one = await waiting(desk, "Maria Silva")
    assert await hand_over(desk, one, ANA) == {}
    assert await owner(desk, one) == ANA
    copy = f"handed:{one.approval_id}:{ANA}"
    surfaces = await desk.surfaces()
    assert surfaces[copy]["channel"] == ANA and "handed Maria Silva over to you" in json.dumps(surfaces[copy])
    assert f"<@{ANA}> looks after them" in json.dumps(surfaces[f"approval:{one.approval_id}"])
    value = f"{one.approval_id}|{(await card(desk, one.approval_id)).content_hash}"
    await desk.press("approve", value)
    assert "Approved" in json.dumps((await desk.surfaces())[copy])
    ours = await desk.workspace()
    async with desk.database.transaction(ours) as tx:
        noted = await tx.session.scalar(select(AuditEntry).where(AuditEntry.action == "lead.handed_over"))
    assert noted is not None and noted.actor == SAM


async def test_a_queue_that_is_open_names_the_new_owner(desk: Desk, sam: Reader) -> None:
    one = await waiting(desk, "Maria Silva")
    await sam.open()
    await sam.press("draft_fold:2", f"{one.approval_id}|2")
    assert f"<@{SAM}> looks after them" in await sam.queue() and "Edit 2" in await sam.queue()
    assert await hand_over(desk, one, ANA) == {}
    shown = await sam.queue()
    assert f"<@{ANA}> looks after them" in shown and f"<@{SAM}> looks after them" not in shown
    assert "Edit 2" in shown, "the email that was open stays so"


async def test_a_queue_of_ones_own_moves_on_from_what_was_handed_over(desk: Desk, sam: Reader) -> None:
    one, _ = await waiting(desk, "Maria Silva"), await waiting(desk, "John Doe")
    await sam.open("drafts mine")
    assert "drafts for Maria" in await sam.queue()
    assert await hand_over(desk, one, ANA) == {}
    shown = await sam.queue()
    assert f"<@{ANA}> looks after Maria Silva now" in shown and "drafts for John" in shown


async def test_handing_over_to_who_may_not_approve_says_so_to_both(desk: Desk, sam: Reader) -> None:
    one, kenji = await waiting(desk, "Maria Silva"), "U0KENJIMORI"
    assert await hand_over(desk, one, ANA) == {}
    assert "approver" not in json.dumps((await desk.surfaces())[f"handed:{one.approval_id}:{ANA}"])
    assert await hand_over(desk, one, kenji) == {}
    surfaces = await desk.surfaces()
    (told,) = [
        json.dumps(said) for said in surfaces.values() if f"<@{kenji}> looks after Maria" in json.dumps(said)
    ]
    assert "They are no approver" in told and f"<@{SAM}>" in told
    theirs = json.dumps(surfaces[f"handed:{one.approval_id}:{kenji}"])
    assert "can't approve the drafts yourself" in theirs and f"<@{ANA}>" in theirs


async def test_what_was_handed_over_can_be_taken_back(desk: Desk, sam: Reader) -> None:
    one = await waiting(desk, "Maria Silva")
    await hand_over(desk, one, ANA)
    (back,) = [value for value in (await desk.surfaces()).values() if "hand_back" in json.dumps(value)]
    value = next(
        part["value"] for block in back["blocks"] for part in block.get("elements", ()) if "value" in part
    )
    assert "taken back" in json.dumps(await desk.press("hand_back", value))
    assert await owner(desk, one) == SAM
    assert "handed on meanwhile" in json.dumps(await desk.press("hand_back", value))


@pytest.mark.parametrize(
    ("to", "says"),
    [(BOT, "is an app"), (STRANGER, "can't find"), ("USLACKBOT", ""), (SAM, "already"), ("", "Choose")],
)
async def test_only_to_people_of_this_workspace(desk: Desk, sam: Reader, to: str, says: str) -> None:
    one = await waiting(desk, "Maria Silva")
    refused = await hand_over(desk, one, to)
    assert refused["response_action"] == "errors" and says in refused["errors"]["user"]
    assert await owner(desk, one) == SAM


async def test_who_neither_approves_nor_looks_after_them_hands_nothing_over(desk: Desk, sam: Reader) -> None:
    one = await waiting(desk, "Maria Silva")
    await desk.command("help", user="U0TOMBAKER1")
    refused = await hand_over(desk, one, ANA, by="U0TOMBAKER1")
    assert "Only approvers" in json.dumps(refused) and await owner(desk, one) == SAM


# approvers


async def admin(desk: Desk, user: str = SAM) -> None:
    ours = await desk.workspace()
    async with desk.database.transaction(ours) as tx:
        now = desk.web.web.deps.clock.now()
        await workspaces.upsert_member(tx.session, ours, user, now=now, is_admin=True)


def several(*people: str) -> dict[str, Any]:
    return {"users": {"type": "multi_users_select", "selected_users": list(people)}}


async def may_approve(desk: Desk) -> set[str]:
    ours = await desk.workspace()
    async with desk.database.transaction(ours) as tx:
        return {one.slack_user_id for one in await workspaces.approvers(tx.session, ours)}


async def test_approvers_are_shown_with_who_made_them_so(desk: Desk, sam: Reader) -> None:
    await admin(desk)
    await desk.submit("approvers_view", several(SAM), metadata=f"{SAM},{ANA}")
    assert await may_approve(desk) == {SAM}
    assert await desk.submit("approvers_view", several(SAM, ANA), metadata=SAM) == {}
    (shown,) = await desk.command("approvers")
    said = json.dumps(shown)
    assert f"<@{ANA}> \\u00b7 by <@{SAM}>" in said and "approvers_open" in said
    (theirs,) = await desk.command("approvers", user=ANA, channel="D0ANACOSTA1")
    assert "Only an admin" in json.dumps(theirs) and "approvers_open" not in json.dumps(theirs)


async def test_the_last_approver_stays_and_others_may_not_change_it(desk: Desk, sam: Reader) -> None:
    await admin(desk)
    empty = await desk.submit("approvers_view", several(), metadata=f"{SAM},{ANA}")
    assert "at least one" in empty["errors"]["users"]
    refused = await desk.submit("approvers_view", several(ANA), user=ANA, metadata=f"{SAM},{ANA}")
    assert "Only an admin" in json.dumps(refused)
    outsider = await desk.submit("approvers_view", several(SAM, BOT), metadata=f"{SAM},{ANA}")
    assert "is an app" in outsider["errors"]["users"]
    assert await may_approve(desk) == {SAM, ANA}


async def test_two_admins_who_remove_each_other_leave_one(desk: Desk, sam: Reader) -> None:
    await admin(desk)
    await admin(desk, ANA)
    both = f"{SAM},{ANA}"
    await asyncio.gather(
        desk.submit("approvers_view", several(SAM), metadata=both),
        desk.submit("approvers_view", several(ANA), user=ANA, metadata=both),
    )
    assert len(await may_approve(desk)) == 1


# expiry


async def test_drafts_that_expired_say_so_and_are_written_anew(desk: Desk, sam: Reader) -> None:
    one, other = await waiting(desk, "Maria Silva"), await waiting(desk, "John Doe")
    await sam.open()
    deps = desk.web.web.deps
    clock = cast(ManualClock, deps.clock)
    clock.jump(timedelta(hours=deps.settings.approval_expires_hours + 1))
    value = f"{one.approval_id}|{(await card(desk, one.approval_id)).content_hash}"
    assert "have expired" in json.dumps(await desk.press("approve", value))  # before the tick saw it
    ours = await desk.workspace()
    for _ in range(2):
        async with deps.db.transaction(ours) as tx:
            await decide.expire(deps, tx, ApprovalId(one.approval_id), now=clock.now())
    shown = (await desk.surfaces())[f"approval:{one.approval_id}"]
    assert "Expired before anybody decided" in json.dumps(shown) and "write_anew" in json.dumps(shown)
    assert "John Doe" in await sam.queue() and "Expired: Maria" not in await sam.queue()
    assert "drafts for Maria Silva expired meanwhile" in await sam.queue()
    assert "writing to Maria Silva anew" in json.dumps(await desk.press("write_anew", str(one.approval_id)))
    assert "taken up already" in json.dumps(await desk.press("write_anew", str(one.approval_id)))
    assert "still wait" in json.dumps(await desk.press("write_anew", str(other.approval_id)))
    assert await states(desk, one, other) == ["expired", "pending"]


async def test_an_edit_that_no_fact_supports_is_saved_with_a_warning(desk: Desk, sam: Reader) -> None:
    one = await waiting(desk, "Maria Silva")
    email = (await card(desk, one.approval_id)).emails[0]
    body = email.body.replace("\n\n", "\n\nYou opened a plant in Rotterdam in 2019. ", 1)
    saved = {"subject": "Fewer stops", "body": body}
    assert await desk.submit("edit_view", saved, metadata=str(email.id)) == {}
    said = json.dumps(list((await desk.surfaces()).values()), ensure_ascii=False)
    assert "Saved as you wrote it" in said and "2019" in said
    both = await desk.submit("edit_view", {"subject": "", "body": "Too short 🎉"}, metadata=str(email.id))
    assert set(both["errors"]) == {"subject", "body"}
    long = await desk.submit(
        "edit_view", {"subject": "x" * 200, "body": "wörd 🎉 " * 400}, metadata=str(email.id)
    )
    assert set(long["errors"]) == {"subject", "body"}
    linked = await desk.submit(
        "edit_view", {"subject": "Hi", "body": f"{email.body} https://evil.example/x"}, metadata=str(email.id)
    )
    assert set(linked["errors"]) == {"body"}
