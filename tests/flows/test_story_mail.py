"""The story from the approval on: what leaves the mailbox, who answers, and what follows from each answer.

Five people of different character are researched side by side, and their drafts are approved.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.action_ids import Action
from local.sandbox.world_model import Person
from pipeline.rules import schedule
from tests.flows.desk import Desk, Message, has_button, text_of
from tests.flows.world import SAM, World, drafts_of, eventually

CHARACTERS = ("interested", "out_of_office", "bounce_hard", "unsubscribe", "silent")
WAITS = (3, 4, 5, 7)  # business days between the five
REST = timedelta(minutes=8)  # longer than a mailbox rests between two emails
PAST_A_SLOT = timedelta(seconds=5)

Cast = dict[str, Person]


@pytest.fixture(scope="module")
async def sam(world: World) -> AsyncIterator[Desk]:
    async with world.desk(SAM) as desk:
        yield desk


@pytest.fixture(scope="module")
async def cast(world: World, sam: Desk) -> Cast:
    """Everybody got the first email of their sequence."""
    people = {character: world.person(character) for character in CHARACTERS}
    cards = await asyncio.gather(*(drafts_of(sam, world, one) for one in people.values()))
    by_zone = sorted(zip(people.values(), cards, strict=True), key=lambda pair: _noon(world, pair[0]))
    for person, card in by_zone:
        world.at_work(person)
        await sam.press(card, Action.APPROVE)
        await eventually(lambda: is_sent(world, person), what=f"the first mail to {person.name}")  # noqa: B023
        world.clock.jump(REST)
    return people


async def is_sent(world: World, person: Person) -> bool:
    """The first email, and we know of it."""
    return (await world.emails_of(person))[0]["state"] == "sent"


def _noon(world: World, person: Person) -> timedelta:
    """East before west, so that one day is enough for all."""
    zone = schedule.zone_of(person.timezone)
    return -(world.clock.now().astimezone(zone).utcoffset() or timedelta())


def header(mail: dict[str, Any], name: str) -> str:
    return next((one["value"] for one in mail["headers"] if one["name"].lower() == name.lower()), "")


async def enrollment_of(world: World, person: Person) -> dict[str, Any]:
    return await world.one(
        "SELECT e.* FROM enrollments e JOIN leads l ON l.id = e.lead_id WHERE lower(l.email) = :email",
        email=person.email.lower(),
    )


async def alert_about(sam: Desk, person: Person, words: str) -> Message:
    return await sam.sees(lambda m: words in text_of(m) and person.name in text_of(m), seconds=40)


async def test_what_left_is_what_was_approved(world: World, cast: Cast) -> None:
    for person in cast.values():
        first = (await world.mail_to(person))[0]
        row = (await world.emails_of(person))[0]
        assert row["state"] == "sent" and row["content_hash"] == row["approved_hash"]
        assert (first["subject"], first["sender"]) == (row["subject"], row["from_email"])
        sent, approved = first["text"].replace("\r\n", "\n"), row["body"]
        assert sent.startswith(approved.rstrip())
        settings = await world.one("SELECT postal_address FROM workspaces")
        assert settings["postal_address"] in sent
        assert header(first, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
        assert header(first, "List-Unsubscribe").startswith(f"<{world.environment['PUBLIC_URL']}/u/")


async def test_an_answer_stops_the_sequence_and_is_answered_in_its_thread(
    world: World, sam: Desk, cast: Cast
) -> None:
    person = cast["interested"]
    alert = await alert_about(sam, person, "answered")
    assert "The sequence has stopped" in text_of(alert) and has_button(alert, Action.OUTCOME)
    assert (await enrollment_of(world, person))["stop_reason"] == "replied"
    assert (await world.lead_of(person))["status"] == "replied"
    assert [one["state"] for one in (await world.emails_of(person))[1:]] == ["cancelled"] * 4

    proposed = await sam.sees(lambda m: has_button(m, Action.APPROVE), thread=alert["ts"])
    assert "Proposed answer" in text_of(proposed) and len(await world.mail_to(person)) == 1
    await sam.press(proposed, Action.APPROVE)

    async def second() -> dict[str, Any] | None:
        return next(iter((await world.mail_to(person))[1:]), None)

    answer = await eventually(second, what="the answer in the prospect's mailbox")
    theirs = (await world.mail_to(person))[0]["answers"][0]["message_id"]
    assert answer["in_reply_to"] == theirs and theirs in answer["references"]
    assert answer["subject"].startswith("Re: ") and not header(answer, "List-Unsubscribe")
    row = await eventually(lambda: answer_row(world, person, "sent"))
    assert answer["text"].replace("\r\n", "\n").startswith(row["body"].rstrip())


async def answer_row(world: World, person: Person, state: str) -> dict[str, Any] | None:
    found = await world.rows(
        "SELECT * FROM email_campaigns WHERE kind = 'answer' AND to_email = :to AND state = :state",
        to=person.email,
        state=state,
    )
    return found[0] if found else None


async def test_the_outcome_is_kept_with_the_answer(world: World, sam: Desk, cast: Cast) -> None:
    person = cast["interested"]
    alert = await alert_about(sam, person, "answered")
    await sam.press(alert, f"{Action.OUTCOME}:meeting")
    await sam.sees(lambda m: m["ts"] == alert["ts"] and "Outcome" in text_of(m))
    kept = await world.rows("SELECT outcome, outcome_by FROM inbound_emails WHERE outcome IS NOT NULL")
    assert kept == [{"outcome": "meeting", "outcome_by": SAM}]


async def test_an_address_that_bounces_is_never_used_again(world: World, sam: Desk, cast: Cast) -> None:
    person = cast["bounce_hard"]
    alert = await alert_about(sam, person, "bounced")
    assert "suppressed" in text_of(alert) and not has_button(alert, Action.OUTCOME)
    lead = await world.lead_of(person)
    assert (lead["status"], lead["email_status"]) == ("bounced", "invalid")
    assert (await enrollment_of(world, person))["stop_reason"] == "bounced"
    assert await is_suppressed(world, person)


async def test_who_asks_not_to_be_written_to_is_not(world: World, sam: Desk, cast: Cast) -> None:
    person = cast["unsubscribe"]
    await alert_about(sam, person, "asked not to be written to")
    assert (await world.lead_of(person))["status"] == "unsubscribed"
    assert (await enrollment_of(world, person))["stop_reason"] == "unsubscribed"
    assert await is_suppressed(world, person)
    for state in ("draft", "pending", "scheduled", "sent"):
        assert await answer_row(world, person, state) is None, "nothing is answered to that"


async def is_suppressed(world: World, person: Person) -> bool:
    return bool(
        await world.rows("SELECT 1 FROM suppressions WHERE value = :address", address=person.email.lower())
    )


async def test_an_absence_holds_the_sequence_until_the_return(world: World, sam: Desk, cast: Cast) -> None:
    person = cast["out_of_office"]
    alert = await alert_about(sam, person, "is away")
    held = await enrollment_of(world, person)
    assert held["state"] in ("held", "active") and held["held_until"] > world.clock.now() + timedelta(days=1)
    told = await world.one("SELECT returns_on FROM inbound_emails WHERE kind = 'auto_reply'")
    zone = schedule.zone_of(person.timezone)
    assert held["held_until"].astimezone(zone).date() > told["returns_on"]
    assert f"{told['returns_on']:%d %B %Y}" in text_of(alert)
    waiting = (await world.emails_of(person))[1]
    assert waiting["state"] == "scheduled" and waiting["scheduled_for"] >= held["held_until"]
    assert len(await world.mail_to(person)) == 1


async def test_who_keeps_silent_gets_all_five_on_business_days_and_no_more(
    world: World, sam: Desk, cast: Cast
) -> None:
    person = cast["silent"]
    for number in range(2, 6):
        await to_the_next_slot(world, person)
        await eventually(
            lambda: has_mail(world, person, number),  # noqa: B023
            what=f"mail {number} to {person.name}: {(await world.emails_of(person))[number - 1]}",
        )
    mail = await world.mail_to(person)
    window = schedule.Window(*await office_hours(world), person.timezone)
    for earlier, later, wait in zip(mail[:-1], mail[1:], WAITS, strict=True):
        left, came = (datetime.fromisoformat(one["at"]) for one in (earlier, later))
        assert schedule.business_days_between(left, came, window) >= wait
        assert (
            later["in_reply_to"] == earlier["message_id"] and later["subject"] == f"Re: {mail[0]['subject']}"
        )
    for one in mail:
        assert schedule.in_window(datetime.fromisoformat(one["at"]), window)
    await eventually(lambda: is_completed(world, person), what="the sequence ends")
    world.clock.jump(timedelta(days=30))
    await sam.leads("briefing")
    await sam.sees(lambda m: "lead generation update" in text_of(m))
    assert len(await world.mail_to(person)) == len(WAITS) + 1


async def to_the_next_slot(world: World, person: Person) -> None:
    async def planned() -> datetime | None:
        waiting = [one for one in await world.emails_of(person) if one["state"] == "scheduled"]
        return waiting[0]["scheduled_for"] if waiting else None

    world.clock.jump_to(await eventually(planned, what="the next email is scheduled") + PAST_A_SLOT)


async def has_mail(world: World, person: Person, count: int) -> bool:
    return len(await world.mail_to(person)) == count


async def office_hours(world: World) -> tuple[Any, Any]:
    ours = await world.one("SELECT window_start, window_end FROM workspaces")
    return ours["window_start"], ours["window_end"]


async def is_completed(world: World, person: Person) -> bool:
    return (await enrollment_of(world, person))["state"] == "completed"


async def test_the_link_in_an_email_unsubscribes_by_post_only(world: World, cast: Cast) -> None:
    person = cast["silent"]
    link = header((await world.mail_to(person))[0], "List-Unsubscribe").split(">")[0].removeprefix("<")
    async with world.http.get(link) as page:
        assert page.status == 200 and not await is_suppressed(world, person)
    async with world.http.post(link, data={"List-Unsubscribe": "One-Click"}) as answer:
        assert answer.status == 200
    assert await is_suppressed(world, person)
    assert (await world.lead_of(person))["status"] == "unsubscribed"


async def test_after_the_return_the_sequence_goes_on_and_is_answered(
    world: World, sam: Desk, cast: Cast
) -> None:
    person = cast["out_of_office"]
    world.at_work(person)
    await eventually(lambda: has_mail(world, person, 2), what=f"the second mail to {person.name}")
    await alert_about(sam, person, "answered")
    assert (await enrollment_of(world, person))["stop_reason"] == "replied"


async def test_nobody_got_anything_twice(world: World, cast: Cast) -> None:
    for person in cast.values():
        mail = await world.mail_to(person)
        assert len({one["message_id"] for one in mail}) == len(mail)
        assert len({one["body_sha256"] for one in mail}) == len(mail)
