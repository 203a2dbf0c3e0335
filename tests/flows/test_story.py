"""The story of a lead up to the decision about its drafts, told through Slack's own payloads."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from bot.action_ids import Action
from local.sandbox.world_model import Person
from tests.flows.desk import Desk, Message, button_of, has_button, links_of, text_of
from tests.flows.world import (
    ANA,
    KENJI,
    RESEARCH_SECONDS,
    SAM,
    World,
    eventually,
    is_card_of,
)

LEADS = "C0LEADS0001"
STEPS = 5


@dataclass
class Asked:
    """Somebody who was researched on Sam's word, the thread of it, and the card that asks for an approval."""

    person: Person
    thread: str
    card: Message


Cast = dict[str, Asked]


@pytest.fixture(scope="module")
async def sam(world: World) -> AsyncIterator[Desk]:
    async with world.desk(SAM) as desk:
        yield desk


@pytest.fixture(scope="module")
async def cast(world: World, sam: Desk) -> Cast:
    """Researched side by side, one for each test that decides about drafts."""
    roles = ("shown", "edited", "regenerated", "rejected", "guarded", "raced")
    people = dict(zip(roles, world.strangers(len(roles)), strict=True))
    return dict(await asyncio.gather(*(_asked(world, sam, role, one) for role, one in people.items())))


async def _asked(world: World, sam: Desk, role: str, person: Person) -> tuple[str, Asked]:
    in_public = role == "raced"  # where two approvers look at the same card
    channel = LEADS if in_public else sam.dm
    words = world.request_for(person)
    thread = await sam.say(f"@rainmaker {words}" if in_public else words, channel=channel)
    card = await sam.sees(is_card_of(person), channel=channel, thread=thread, seconds=RESEARCH_SECONDS)
    return role, Asked(person, thread, card)


async def approvals_of(world: World, person: Person) -> list[dict[str, Any]]:
    lead = await world.lead_of(person)
    return await world.rows(
        "SELECT * FROM approvals WHERE lead_id = :lead ORDER BY created_at", lead=lead["id"]
    )


async def test_opening_the_dm_greets_with_what_it_can_do_and_four_quick_actions(
    world: World, sam: Desk
) -> None:
    assert world.first_run is not None
    greeting = world.first_run.greeting
    assert "research leads" in text_of(greeting) and "/leads" in text_of(greeting)
    quick = [one for block in greeting["blocks"] if block["type"] == "actions" for one in block["elements"]]
    assert len(quick) == 4 and all(one["value"] for one in quick)
    prompts = (await sam.read("boot"))["suggested_prompts"]
    assert [one["message"] for one in prompts] == [one["value"] for one in quick]
    await sam.open_dm()
    await eventually(lambda: _inbox_is_done(world))
    greetings = [one for one in await sam.messages() if text_of(one) == text_of(greeting)]
    assert len(greetings) == 1, "a person is greeted once"


async def _inbox_is_done(world: World) -> bool:
    waiting = await world.one("SELECT count(*) AS n FROM slack_inbox WHERE state NOT IN ('done', 'failed')")
    return waiting["n"] == 0


async def test_the_example_company_makes_the_checklist_green_in_place(world: World, sam: Desk) -> None:
    assert world.first_run is not None
    checklist, green = world.first_run.checklist, world.first_run.green
    assert "0 of 7 done" in text_of(checklist) or "1 of 7 done" in text_of(checklist)
    assert text_of(checklist).count("⬜") >= 6
    assert green["ts"] == checklist["ts"], "the checklist changes where it stands"
    assert not has_button(green, Action.SETUP_EXAMPLE)
    assert (await world.one("SELECT setup_completed_at FROM workspaces"))["setup_completed_at"] is not None
    home = await eventually(sam.home)
    assert "Everything is set up" in text_of(home)


async def test_an_answer_streams_in_the_thread_with_a_card_for_its_tool(world: World, sam: Desk) -> None:
    asked = await sam.say("What tasks do I have today?")
    done = await sam.sees(lambda m: m["ts"] != asked and m.get("streaming") is False, thread=asked)
    grown = [m for m in sam.pushed if m["ts"] == done["ts"]]
    lengths = [len(m["text"]) for m in grown]
    assert len(set(lengths)) >= 3 and lengths == sorted(lengths), "the text came piece by piece"
    assert [task["status"] for task in done["tasks"]] == ["complete"]
    assert any(task["status"] == "in_progress" for m in grown for task in m["tasks"])


async def test_stop_ends_an_answer_where_it_is(world: World, sam: Desk) -> None:
    asked = await sam.say("What can you do?")
    begun = await sam.is_pushed(lambda m: m.get("thread_ts") == asked and m.get("streaming") and m["text"])
    await sam.stop(begun["ts"])
    turn = await eventually(lambda: _ended_turn(world, asked), what="the turn ends")
    assert turn["state"] == "stopped"
    shown = await sam.sees(lambda m: m["ts"] != asked and m["text"].endswith("_Stopped._"), thread=asked)
    assert not shown.get("streaming") and len(await sam.messages(thread=asked)) == 2
    again = await sam.say("What can you do?")
    whole = await sam.sees(lambda m: m["ts"] != again and m.get("streaming") is False, thread=again)
    assert whole["text"].startswith(begun["text"]) and len(shown["text"]) < len(whole["text"])


async def _ended_turn(world: World, message_ts: str) -> dict[str, Any] | None:
    found = await world.rows(
        "SELECT * FROM turns WHERE message_ts = :ts AND finished_at IS NOT NULL", ts=message_ts
    )
    return found[0] if found else None


async def test_research_shows_its_steps_and_proves_every_fact(world: World, sam: Desk, cast: Cast) -> None:
    asked = cast["shown"]
    run_card = await sam.sees(lambda m: has_button(m, Action.LEAD_FIT_GOOD), thread=asked.thread)
    tasks = [task for block in run_card["blocks"] if block["type"] == "plan" for task in block["tasks"]]
    assert len(tasks) >= 4 and all(task["status"] != "in_progress" for task in tasks)
    lead = await world.lead_of(asked.person)
    assert lead["qualified"] and lead["score"] >= 45 and lead["status"] == "researched"
    assert f"score {lead['score']}/100" in text_of(run_card)
    facts = await world.rows(
        "SELECT f.*, p.content FROM facts f LEFT JOIN evidence_pages p ON p.id = f.page_id"
        " WHERE f.lead_id = :lead", lead=lead["id"],
    )  # fmt: skip
    read = [fact for fact in facts if fact["url"]]
    assert len(read) >= 5 and {fact["source"] for fact in facts if not fact["url"]} == {"person"}
    for fact in read:
        assert fact["url"].startswith("http") and fact["quote"]
        if fact["content"] is not None:
            assert _plain(fact["quote"]) in _plain(zlib.decompress(fact["content"]).decode()), fact["field"]
    assert sum(fact["content"] is not None for fact in read) >= 5


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


async def test_a_lead_without_a_certain_address_keeps_the_reason(world: World, sam: Desk) -> None:
    hidden = next(one for one in world.sandbox.box.world.people if not one.email_public)
    thread = await sam.say(f"Research {hidden.name} at {world.company_of(hidden).name}")
    card = await sam.sees(lambda m: "Not qualified" in text_of(m), thread=thread, seconds=RESEARCH_SECONDS)
    lead = await world.one("SELECT * FROM leads WHERE name = :name", name=hidden.name)
    assert lead["qualified"] is False and "email" in lead["qualification_reason"]
    assert lead["qualification_reason"] in text_of(card)
    enrolled = await world.rows("SELECT 1 FROM enrollments WHERE lead_id = :lead", lead=lead["id"])
    assert enrolled == [], "nobody writes to a lead that is not worth it"


async def test_five_checked_drafts_wait_with_their_sources(world: World, cast: Cast) -> None:
    asked = cast["shown"]
    words = text_of(asked.card)
    assert f"{STEPS} drafts for {asked.person.name}" in words and "nothing is sent without approval" in words
    for name in (
        Action.APPROVE,
        Action.EDIT_OPEN,
        Action.REGENERATE_OPEN,
        Action.REJECT_OPEN,
        Action.SEND_TEST,
    ):
        assert has_button(asked.card, name)
    assert any(world.company_of(asked.person).domain in link for link in links_of(asked.card)), (
        "sources are links"
    )
    emails = await world.emails_of(asked.person)
    assert [email["email_sequence"] for email in emails] == [1, 2, 3, 4, 5]
    assert {email["state"] for email in emails} == {"pending"}
    assert all(email["to_email"] == asked.person.email for email in emails)
    assert all(email["subject"].removeprefix("Re: ") and len(email["body"].split()) >= 40 for email in emails)
    assert await world.mail_to(asked.person) == []


async def test_an_edit_is_linted_at_its_field_and_voids_the_question(
    world: World, sam: Desk, cast: Cast
) -> None:
    asked = cast["edited"]
    await sam.press(asked.card, Action.EDIT_OPEN)
    form = await sam.sees_form()
    draft = (await world.emails_of(asked.person))[0]
    refused = await sam.submit(form, subject="A" * 80, body=draft["body"])
    assert refused["response_action"] == "errors" and list(refused["errors"]) == ["subject"]
    assert "50" in refused["errors"]["subject"]
    saved = await sam.submit(form, subject="A question from Sam", body=draft["body"])
    assert saved.get("response_action") is None, saved
    fresh = await sam.sees(
        lambda m: is_card_of(asked.person)(m) and m["ts"] != asked.card["ts"], thread=asked.thread
    )
    assert "A question from Sam" in text_of(fresh)
    await sam.sees(lambda m: m["ts"] == asked.card["ts"] and "Replaced" in text_of(m), thread=asked.thread)
    states = [one["state"] for one in await approvals_of(world, asked.person)]
    assert states == ["void", "pending"]


async def test_after_an_edit_the_card_stays_at_the_email_that_was_edited(
    world: World, sam: Desk, cast: Cast
) -> None:
    asked = cast["edited"]
    card = await sam.sees(is_card_of(asked.person), thread=asked.thread)
    await sam.press(card, f"{Action.DRAFT_FOLD}:4")
    card = await sam.sees(
        lambda m: is_card_of(asked.person)(m) and "Edit 4" in text_of(m), thread=asked.thread
    )
    await sam.press(card, Action.EDIT_OPEN)
    draft = (await world.emails_of(asked.person))[3]
    form = await sam.sees_form()
    words = draft["body"].replace("\n\n", "\n\nThis is the fourth. ", 1)
    saved = await sam.submit(form, subject=draft["subject"], body=words)
    assert saved.get("response_action") is None, saved
    fresh = await sam.sees(
        lambda m: is_card_of(asked.person)(m) and m["ts"] != card["ts"], thread=asked.thread
    )
    assert "Edit 4" in text_of(fresh) and "This is the fourth." in text_of(fresh)


async def test_a_card_that_was_not_reloaded_approves_nothing(world: World, sam: Desk, cast: Cast) -> None:
    """The new version's approval with the old version's hash, as a page from before the edit would send it."""
    asked = cast["edited"]
    fresh = await sam.sees(is_card_of(asked.person), thread=asked.thread)
    _, old = button_of(asked.card, Action.APPROVE)
    _, new = button_of(fresh, Action.APPROVE)
    approval_id, old_hash = new["value"].split("|")[0], old["value"].split("|")[1]
    for stale in (old["value"], f"{approval_id}|{old_hash}"):
        known = {m["ts"] for m in await sam.everything()}
        await world.click(SAM, sam.dm, fresh, Action.APPROVE, value=stale)
        refusal = await sam.sees(lambda m: m["ts"] not in known)  # noqa: B023
        assert "changed" in text_of(refusal) or "newer version" in text_of(refusal)
    assert {email["state"] for email in await world.emails_of(asked.person)} == {"pending"}
    assert await world.mail_to(asked.person) == []


async def test_regenerate_writes_anew_by_the_wish(world: World, sam: Desk, cast: Cast) -> None:
    asked = cast["regenerated"]
    before = [email["body"] for email in await world.emails_of(asked.person)]
    await sam.press(asked.card, Action.REGENERATE_OPEN)
    await sam.submit(await sam.sees_form(), instruction="Shorter, please")
    await sam.sees(lambda m: is_card_of(asked.person)(m) and m["ts"] != asked.card["ts"], thread=asked.thread)
    after = [email["body"] for email in await world.emails_of(asked.person)]
    assert len(after) == STEPS and after != before
    assert [one["state"] for one in await approvals_of(world, asked.person)] == ["void", "pending"]


async def test_a_rejection_keeps_its_reason_and_ends_the_sequence(
    world: World, sam: Desk, cast: Cast
) -> None:
    asked = cast["rejected"]
    await sam.press(asked.card, Action.REJECT_OPEN)
    await sam.submit(await sam.sees_form(), reason="Not our kind of customer")
    decided = await sam.sees(
        lambda m: m["ts"] == asked.card["ts"] and "Rejected" in text_of(m), thread=asked.thread
    )
    assert "Not our kind of customer" in text_of(decided) and not has_button(decided, Action.APPROVE)
    assert {email["state"] for email in await world.emails_of(asked.person)} == {"rejected"}
    enrolled = await world.one(
        "SELECT e.* FROM enrollments e JOIN leads l ON l.id = e.lead_id WHERE l.email = :email",
        email=asked.person.email,
    )
    assert (enrolled["state"], enrolled["stop_reason"]) == ("stopped", "rejected")


async def test_who_is_no_approver_can_decide_nothing(world: World, cast: Cast) -> None:
    async with world.desk(KENJI) as kenji:
        await kenji.leads("drafts")
        card = await kenji.sees(lambda m: has_button(m, Action.APPROVE))
        for action in (Action.APPROVE, Action.SEND_TEST):
            known = {m["ts"] for m in await kenji.everything()}
            await kenji.press(card, action)
            refusal = await kenji.sees(lambda m: m["ts"] not in known)  # noqa: B023
            assert "Only approvers" in text_of(refusal) and "Sam Rivers" in text_of(refusal), action
        for action in (Action.EDIT_OPEN, Action.REJECT_OPEN, Action.REGENERATE_OPEN):
            await kenji.press(card, action)
            await kenji.close(await kenji.sees_form(holding="Only approvers"))
    states = await world.rows("SELECT state FROM approvals WHERE decided_by = :kenji", kenji=KENJI)
    assert states == []


async def test_of_two_who_approve_at_once_one_wins(world: World, sam: Desk, cast: Cast) -> None:
    asked = cast["raced"]
    home = await eventually(sam.home)
    async with world.desk(ANA) as ana:
        await ana.open_dm()
        await sam.press_in(home, Action.SETUP_APPROVERS)
        await sam.submit(await sam.sees_form(), users=[SAM, ANA])
        await asyncio.gather(
            *(desk.press(asked.card, Action.APPROVE, channel=LEADS) for desk in (sam, ana, sam, ana))
        )
        decided = await sam.sees(
            lambda m: m["ts"] == asked.card["ts"] and "Approved" in text_of(m),
            channel=LEADS,
            thread=asked.thread,
        )
        approval = (await approvals_of(world, asked.person))[-1]
        assert approval["state"] == "approved" and approval["decided_by"] in (SAM, ANA)
        assert f"<@{approval['decided_by']}>" in text_of(decided)
        loser = ana if approval["decided_by"] == SAM else sam
        told = await loser.sees(
            lambda m: "already approved" in text_of(m), channel=LEADS, thread=asked.thread
        )
        winner = "Sam Rivers" if approval["decided_by"] == SAM else "Ana"
        assert f"by {winner}" in text_of(told) and f"{world.clock.now():%B %Y, }" in text_of(told)
    decisions = await world.rows("SELECT * FROM audit_log WHERE action = 'approval_approved'")
    assert len(decisions) == 1
