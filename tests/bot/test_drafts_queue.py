"""The queue of drafts that wait, and approving all that pass, through Slack's own payloads."""

import asyncio
import json
import re
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from bot.drafts_queue import Place
from db.models.audit import AuditEntry
from db.models.lead import Lead
from db.models.workspace import SlackOutbox
from db.queries import approval_queue, campaign
from db.queries.approval_queue import Wanted
from db.types import CampaignType
from pipeline.jobs import passing
from tests.bot.drafts_desk import (
    Reader,
    Waiting,
    approvers,
    card,
    change_email,
    states,
    surface_key,
    waiting,
)
from tests.bot.test_listeners import ANA, LEADS, SAM, Desk, desk

assert desk
TOGETHER = select(AuditEntry).where(AuditEntry.action == "drafts_approved_together")


@pytest.fixture
async def sam(desk: Desk) -> Reader:
    await approvers(desk, SAM, ANA)
    async with desk.database.transaction(await desk.workspace()) as tx:
        await tx.session.execute(delete(SlackOutbox))
    return Reader(desk)


def chosen(value: str) -> dict[str, Any]:
    return {"type": "static_select", "selected_option": {"value": value}}


async def some(desk: Desk, *names: str) -> list[Waiting]:
    return [await waiting(desk, name) for name in names]


async def test_one_lead_at_a_time_with_previous_and_next(desk: Desk, sam: Reader) -> None:
    first, second, third = await some(desk, "Maria Silva", "John Doe", "Eva Braun")
    await sam.open()
    shown = await sam.queue()
    assert "1 of 3" in shown and "Maria Silva" in shown and "queue_previous" not in shown
    await sam.press("queue_next", str(first.approval_id))
    await sam.press("queue_next", str(first.approval_id))  # a double click
    shown = await sam.queue()
    assert "2 of 3" in shown and "John Doe" in shown
    await sam.press("queue_next", str(second.approval_id))
    shown = await sam.queue()
    assert "3 of 3" in shown and "queue_next" not in shown
    await sam.press("queue_previous", str(third.approval_id))
    assert "2 of 3" in await sam.queue()


async def test_the_buttons_stand_in_the_order_one_reads_and_decides(desk: Desk, sam: Reader) -> None:
    await some(desk, "Maria Silva", "John Doe")
    await sam.open()
    ids = [one for one in re.findall(r'"action_id": "([a-z_]+)', await sam.queue()) if one != "draft_fold"]
    assert ids[:3] == ["approve", "edit_open", "regenerate_open"]
    assert ids.index("approve") < ids.index("queue_next") < ids.index("batch_open") < ids.index("queue_mine")


async def test_a_decision_moves_on_and_the_last_one_ends_it(desk: Desk, sam: Reader) -> None:
    first, second = await some(desk, "Maria Silva", "John Doe")
    await sam.open()
    await sam.approve(first)
    shown = await sam.queue()
    assert "✅ Approved: Maria Silva" in shown and "1 of 1" in shown and "John Doe" in shown
    wrong = {"quick": chosen("person"), "reason": "They left"}
    assert await desk.submit("reject_view", wrong, metadata=str(second.approval_id)) == {}
    assert (await card(desk, second.approval_id)).reason == "Not a person we should write to. They left"
    shown = await sam.queue()
    assert "Rejected: John Doe" in shown and "No drafts wait for approval any more" in shown
    assert await states(desk, first, second) == ["approved", "rejected"]


async def test_what_a_colleague_decides_disappears_with_a_word_of_who(desk: Desk, sam: Reader) -> None:
    first, _ = await some(desk, "Maria Silva", "John Doe")
    ana = Reader(desk, ANA, "D0ANACOSTA1")
    await sam.open()
    await ana.open()
    await ana.approve(first)
    shown = await sam.queue()
    assert "Ana Costa approved the drafts for Maria Silva meanwhile" in shown and "John Doe" in shown
    refused = await sam.approve(first)  # from a page that was not renewed yet
    assert "already approved by Ana Costa" in json.dumps(refused)


async def test_two_who_approve_at_once_are_one_decision(desk: Desk, sam: Reader) -> None:
    (only,) = await some(desk, "Maria Silva")
    value = f"{only.approval_id}|{(await card(desk, only.approval_id)).content_hash}"
    said = await asyncio.gather(desk.press("approve", value), desk.press("approve", value, user=ANA))
    assert await states(desk, only) == ["approved"]
    assert sum("already approved by" in json.dumps(one) for one in (await desk.surfaces()).values()) == 1, (
        said
    )


async def test_filters_by_campaign_and_by_mine(desk: Desk, sam: Reader) -> None:
    ours, now = await desk.workspace(), desk.web.web.deps.clock.now()
    async with desk.database.transaction(ours) as tx:
        made = await campaign.create(
            tx.session, ours, name="Winter", goal="", type=CampaignType.IMMEDIATE, filter=None, starts_at=None,
            owner_user_id=ANA, created_by=ANA, channel_id=None, thread_ts=None, now=now,
        )  # fmt: skip
    await waiting(desk, "Maria Silva", lead={"owner_user_id": ANA})
    await waiting(desk, "John Doe", campaign_id=made)
    await sam.open()
    assert "1 of 2" in await sam.queue() and "Winter (1)" in await sam.queue()
    await sam.choose("queue_campaign", str(made))
    shown = await sam.queue()
    assert "1 of 1" in shown and "John Doe" in shown and "Maria" not in shown
    await sam.choose("queue_campaign", "all")
    await sam.press("queue_mine", "mine")
    assert "1 of 1" in await sam.queue() and "John Doe" in await sam.queue()
    await sam.open("drafts winter")
    assert "John Doe" in await sam.queue()
    (refused,) = await sam.open("drafts nothing like it")
    assert "fits 0 campaigns" in refused["text"]


async def test_opening_it_again_folds_the_one_before(desk: Desk, sam: Reader) -> None:
    await some(desk, "Maria Silva")
    await sam.open()
    await sam.open()
    live = [key for key in await desk.surfaces() if key == f"queue:{SAM}"]
    folded = [one for key, one in (await desk.surfaces()).items() if key.startswith(f"queue:{SAM}:")]
    assert len(live) == 1 and len(folded) == 1 and "further down" in folded[0]["text"]


async def test_in_a_channel_it_comes_as_a_direct_message(desk: Desk, sam: Reader) -> None:
    await some(desk, "Maria Silva")
    surfaces = await desk.command("drafts", channel=LEADS)
    private = [one for one in surfaces if one["private"] == SAM]
    assert len(private) == 1 and "direct messages" in private[0]["text"]
    assert (await desk.surfaces())[f"queue:{SAM}"]["channel"] == SAM


async def test_an_edit_shows_the_new_version_and_goes_on_from_its_place(desk: Desk, sam: Reader) -> None:
    first, _, _ = await some(desk, "Maria Silva", "John Doe", "Eva Braun")
    await sam.open()
    email = (await card(desk, first.approval_id)).emails[0]
    assert (
        await desk.submit(
            "edit_view", {"subject": "A new subject", "body": email.body}, metadata=str(email.id)
        )
        == {}
    )
    shown = await sam.queue()
    assert "A new subject" in shown and "new version" in shown
    place = Place.model_validate((await desk.surfaces())[f"queue:{SAM}"]["queue"])
    await sam.press("queue_next", str(place.shown))
    assert "John Doe" in await sam.queue()


async def test_another_draft_of_the_sequence_opens_in_place(desk: Desk, sam: Reader) -> None:
    (only,) = await some(desk, "Maria Silva")
    await sam.open()
    await sam.press("draft_fold:2", f"{only.approval_id}|2")
    shown = await sam.queue()
    assert "Edit 2" in shown and "1 of 1" in shown


async def test_the_queue_never_loads_more_than_one(desk: Desk, sam: Reader) -> None:
    made = await some(desk, "Maria Silva", "John Doe", "Eva Braun")
    ours = await desk.workspace()
    async with desk.database.transaction(ours) as tx:
        every = Wanted()
        assert await approval_queue.first(tx.session, ours, every) == made[0].approval_id
        assert await approval_queue.after(tx.session, ours, every, made[0].approval_id) == made[1].approval_id
        assert await approval_queue.before(tx.session, ours, every, made[0].approval_id) is None
        standing = await approval_queue.standing(tx.session, ours, every, made[2].approval_id)
        assert (standing.position, standing.total) == (3, 3)


# approving all that pass


async def summarised(desk: Desk, sam: Reader) -> tuple[str, str]:
    """The summary's words, and what its button carries."""
    await sam.press("batch_open", "x")
    key = await surface_key(desk, "batch:")
    surface = (await desk.surfaces())[key]
    return json.dumps(surface, ensure_ascii=False), surface["batch"]["hash"]


async def test_the_summary_says_which_pass_and_why_the_others_do_not(desk: Desk, sam: Reader) -> None:
    await some(desk, "Maria Silva", "John Doe")
    guessed = await waiting(desk, "Greta Guess", lead={"email_status": "guessed"})
    await waiting(desk, "Tom Plate", template_used=True)
    await waiting(desk, "Lou Score", judge_score=3)
    await waiting(desk, "Una Judged", judge_score=None)
    bounced = await waiting(desk, "Bo Unced")
    async with desk.database.transaction(await desk.workspace()) as tx:
        await tx.session.execute(update(Lead).where(Lead.id == bounced.lead_id).values(status="bounced"))
    broken = await waiting(desk, "Lin Ter")
    await change_email(desk, broken.approval_id, body="Hello {{first_name}}")
    await sam.open()
    said, _ = await summarised(desk, sam)
    assert "2 of 8 leads pass" in said and "Maria Silva, John Doe" in said
    for words in (
        "is a guess",
        "Tom Plate",
        "less than 4",
        "Has no score",
        "came back",
        "Changed a moment ago",
    ):
        assert words in said, words
    await sam.press(
        f"queue_look:{guessed.approval_id}", str(guessed.approval_id), await surface_key(desk, "batch:")
    )
    assert "Greta Guess" in await sam.queue()


async def test_the_click_approves_exactly_those_and_counts_them(desk: Desk, sam: Reader) -> None:
    made = await some(desk, "Maria Silva", "John Doe", "Eva Braun", "Al Pha")
    guessed = await waiting(desk, "Greta Guess", lead={"email_status": "guessed"})
    await sam.open()
    _, value = await summarised(desk, sam)
    key = await surface_key(desk, "batch:")
    await Reader(desk, ANA, "D0ANACOSTA1").open()
    await Reader(desk, ANA, "D0ANACOSTA1").approve(made[0])  # a colleague, in between
    await change_email(desk, made[1].approval_id, subject="Another subject")  # changed, in between
    late = await waiting(desk, "Too Late")  # came after the summary
    await sam.press("batch_approve", value, key)
    assert await states(desk, *made, guessed, late) == [
        "approved", "pending", "approved", "approved", "pending", "pending",
    ]  # fmt: skip
    said = json.dumps((await desk.surfaces())[key])
    assert "Approved: 2, already decided by somebody else: 1, changed since, so left out: 1" in said
    assert "Approved: 2" in await sam.queue()
    again = await sam.press("batch_approve", value, key)
    assert "decided already" in json.dumps(again)


async def test_the_summarys_click_comes_twice_and_counts_once(desk: Desk, sam: Reader) -> None:
    made = await some(desk, "Maria Silva", "John Doe")
    await sam.open()
    _, value = await summarised(desk, sam)
    key = await surface_key(desk, "batch:")
    async with desk.database.transaction(await desk.workspace()) as tx:
        before = len((await tx.session.scalars(TOGETHER)).all())
    await asyncio.gather(sam.press("batch_approve", value, key), sam.press("batch_approve", value, key))
    assert await states(desk, *made) == ["approved", "approved"]
    async with desk.database.transaction(await desk.workspace()) as tx:
        assert len((await tx.session.scalars(TOGETHER)).all()) == before + 1
    assert "Approved: 2." in json.dumps((await desk.surfaces())[key])


async def test_a_made_up_value_or_a_stranger_approves_nothing(desk: Desk, sam: Reader) -> None:
    made = await some(desk, "Maria Silva")
    await sam.open()
    _, value = await summarised(desk, sam)
    key = await surface_key(desk, "batch:")
    for wrong in ("", "0" * 64):
        assert "not here any more" in json.dumps(await sam.press("batch_approve", wrong, key))
    refused = await Reader(desk, "U0STRANGER0").press("batch_approve", value, key)
    assert "Only approvers" in json.dumps(refused)
    assert await states(desk, *made) == ["pending"]
    await sam.press("batch_leave", value, key)
    assert "Nothing was approved" in json.dumps((await desk.surfaces())[key])


async def test_a_crash_in_the_midst_loses_none_and_counts_right(desk: Desk, sam: Reader) -> None:
    """The process dies after half of them; the same click comes again, and goes on."""
    made = await some(desk, "Maria Silva", "John Doe")
    await sam.open()
    _, value = await summarised(desk, sam)
    key, deps, ours = await surface_key(desk, "batch:"), desk.web.web.deps, await desk.workspace()
    covered = [(one.approval_id, (await card(desk, one.approval_id)).content_hash) for one in made]
    await passing.approve_each(deps, ours, covered[:1], user_id=SAM)
    await passing.approve_each(deps, ours, covered, user_id=SAM)
    async with desk.database.transaction(ours) as tx:
        since = (await card(desk, made[0].approval_id)).decided_at
        assert since is not None
        found = await passing.outcome(tx, covered, user_id=SAM, since=since)
    assert (found.approved, found.decided, found.changed) == (2, 0, 0)
    await sam.press("batch_approve", value, key)
    assert await states(desk, *made) == ["approved", "approved"]
