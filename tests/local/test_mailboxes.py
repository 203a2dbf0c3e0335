"""What the world's people do with our mail, read as a mail client reads it."""

import asyncio
import email
import email.policy
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path

import pytest
from mailparser_reply import EmailReplyParser

from local.sandbox.mail import answers, mime, words
from local.sandbox.mail.characters import BOUNCES, Past, answer_kind
from local.sandbox.mailboxes import mail_log, post_due
from local.sandbox.world import CHARACTERS, Person, World
from tests.local.gmail_client import Gmail, letter, packed, started

HUMAN = ("interested", "question", "not_now", "not_interested", "unsubscribe")
START = datetime(2026, 8, 3, 9, 0, tzinfo=UTC)


@pytest.fixture
async def gmail(tmp_path: Path) -> AsyncIterator[Gmail]:
    clock = tmp_path / "clock"
    set_clock(clock, START)
    async with started(clock=clock) as running:
        yield running


def set_clock(path: Path, moment: datetime) -> None:
    path.write_text(json.dumps({"wall": time.time(), "business": moment.timestamp(), "speed": 1.0}))


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[return-value]


def of_style(gmail: Gmail, style: str) -> Person:
    return next(
        one for one in gmail.box.world.people if one.character in HUMAN and answers.style_of(one) == style
    )


async def only_answer(gmail: Gmail, to: str, **more: str) -> EmailMessage:
    await gmail.send(to, **more)
    [raw] = await gmail.inbox()
    return parsed(raw)


def test_the_world_has_every_character() -> None:
    known = {*HUMAN, "out_of_office", "bounce_hard", "bounce_soft", "silent", "slow"}
    assert known == set(CHARACTERS)


@pytest.mark.parametrize("character", HUMAN)
async def test_people_answer_in_thread_with_our_message_quoted(gmail: Gmail, character: str) -> None:
    person = gmail.person(character)
    sent = await gmail.send(person.email, subject="Robots", text="Do you bake at night?\n")
    message_id = await gmail.header(sent["id"], "Message-ID")
    [raw] = await gmail.inbox()
    answer = parsed(raw)
    assert parseaddr(answer["From"]) == (person.name, person.email)
    assert answer["In-Reply-To"] == message_id
    assert answer["References"].split()[-1] == message_id
    assert mime.bare_subject(answer["Subject"]) == "robots"
    assert "Auto-Submitted" not in answer
    assert parsedate_to_datetime(answer["Date"]) >= START
    text = mime.body_text(answer)
    assert "Do you bake at night?" in text
    assert any(words_said in text for words_said in words.TEXTS[character]["en"])
    thread = await gmail.call(lambda users: users.threads().get(userId="me", id=sent["threadId"]))
    assert len(thread["messages"]) == 2


@pytest.mark.parametrize("style", ["gmail", "outlook", "apple"])
async def test_a_reply_parser_finds_the_new_words_in_every_style(gmail: Gmail, style: str) -> None:
    person = of_style(gmail, style)
    answer = await only_answer(gmail, person.email, text="Our quoted sentence.\nUnsubscribe at the link.\n")
    latest = EmailReplyParser(languages=["en", "de"]).parse_reply(mime.body_text(answer)) or ""
    assert any(said in latest for said in words.TEXTS[person.character]["en"])
    assert "Our quoted sentence" not in latest


async def test_whoever_is_written_to_in_german_answers_in_german(gmail: Gmail) -> None:
    person = gmail.person("interested")
    german = "Guten Tag,\n\nich habe gesehen, dass Sie nachts backen. Ist das für Ihr Team viel Arbeit?"
    answer = await only_answer(gmail, person.email, subject="Nachtschicht", text=german)
    assert any(said in mime.body_text(answer) for said in words.TEXTS["interested"]["de"])


async def test_out_of_office_names_a_day_nobody_can_misread(gmail: Gmail) -> None:
    person = gmail.person("out_of_office")
    answer = await only_answer(gmail, person.email)
    assert answer["Auto-Submitted"] == "auto-replied"
    returns = answers.return_day(person, START.date())
    assert returns.weekday() < 5 and returns > START.date()
    assert f"{returns:%A}, {returns:%B} {returns.day}, {returns.year}" in mime.body_text(answer)
    assert ("In-Reply-To" in answer) is not answers.is_fresh(person)


def test_some_absent_people_answer_with_a_fresh_message() -> None:
    everybody = [one for seed in range(4) for one in World(seed, START.date()).people]
    assert {answers.is_fresh(one) for one in everybody} == {True, False}


async def test_an_absent_person_is_quiet_for_days_and_answers_after_the_return(
    gmail: Gmail, tmp_path: Path
) -> None:
    person = gmail.person("out_of_office")
    await gmail.send(person.email)
    assert len(await gmail.inbox()) == 1
    await gmail.send(person.email)
    assert len(await gmail.inbox()) == 1
    back = answers.return_day(person, START.date())
    set_clock(
        tmp_path / "clock", datetime(back.year, back.month, back.day, 12, tzinfo=UTC) + timedelta(days=1)
    )
    await gmail.send(person.email)
    latest = parsed((await gmail.inbox())[-1])
    assert "Auto-Submitted" not in latest
    assert any(said in mime.body_text(latest) for said in words.TEXTS["interested"]["en"])


def status_of(answer: EmailMessage) -> dict[str, str]:
    """The second block of the delivery-status part: the recipient's."""
    assert answer.get_content_type() == "multipart/report"
    assert answer.get_param("report-type") == "delivery-status"
    status = next(part for part in answer.walk() if part.get_content_type() == "message/delivery-status")
    return dict(status.get_payload()[1].items())


async def test_a_hard_bounce_is_a_dsn_in_the_thread_with_the_original_enclosed(gmail: Gmail) -> None:
    person = gmail.person("bounce_hard")
    sent = await gmail.send(person.email, X_Token="tok-9")
    [raw] = await gmail.inbox()
    answer = parsed(raw)
    fields = status_of(answer)
    assert fields["Final-Recipient"] == f"rfc822; {person.email}"
    assert (fields["Action"], fields["Status"]) == ("failed", "5.1.1")
    assert answer["From"] == "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"
    assert answer["Return-Path"] == "<>" and answer["Auto-Submitted"] == "auto-replied"
    assert answer["X-Failed-Recipients"] == person.email
    enclosed = next(
        part for part in answer.walk() if part.get_content_type() == "message/rfc822"
    ).get_payload(0)
    assert enclosed["X-Token"] == "tok-9"
    assert enclosed["Message-ID"] == answer["In-Reply-To"]
    thread = await gmail.call(lambda users: users.threads().get(userId="me", id=sent["threadId"]))
    assert len(thread["messages"]) == 2


async def test_soft_bounces_are_a_full_mailbox_or_a_delay(gmail: Gmail) -> None:
    seen = {}
    for person in [one for one in gmail.box.world.people if one.character == "bounce_soft"]:
        await gmail.send(person.email)
    for raw in await gmail.inbox():
        fields = status_of(parsed(raw))
        seen[fields["Action"]] = fields["Status"]
    assert seen and seen.items() <= {("failed", "5.2.2"), ("delayed", "4.4.1")}


async def test_unknown_people_and_unknown_domains_bounce(gmail: Gmail) -> None:
    company = gmail.box.world.companies[0]
    await gmail.send(f"nobody.here@{company.domain}")
    await gmail.send("anna@no-such-company.example")
    found = {
        status_of(parsed(raw))["Final-Recipient"]: status_of(parsed(raw))["Status"]
        for raw in await gmail.inbox()
    }
    assert found == {
        f"rfc822; nobody.here@{company.domain}": "5.1.1",
        "rfc822; anna@no-such-company.example": "5.1.2",
    }


async def test_some_say_nothing_and_the_slow_answer_the_third_email(gmail: Gmail) -> None:
    await gmail.send(gmail.person("silent").email)
    await gmail.send(gmail.box.world.companies[0].email)
    await gmail.send("colleague@rainmaker-demo.example")
    slow = gmail.person("slow")
    for _ in range(2):
        await gmail.send(slow.email)
    assert await gmail.inbox() == []
    await gmail.send(slow.email)
    [raw] = await gmail.inbox()
    assert parseaddr(parsed(raw)["From"])[1] == slow.email


async def test_a_conversation_ends_after_the_second_answer(gmail: Gmail) -> None:
    person = gmail.person("question")
    await gmail.send(person.email, subject="Robots")
    for number in (1, 2, 2):
        inbox = await gmail.inbox()
        assert len(inbox) == number
        theirs = parsed(inbox[-1])
        await gmail.send(
            person.email,
            subject="Re: Robots",
            In_Reply_To=theirs["Message-ID"],
            References=f"{theirs['References']} {theirs['Message-ID']}",
        )
    assert len(await gmail.inbox()) == 2
    second = mime.body_text(parsed((await gmail.inbox())[-1]))
    assert any(said in second for said in words.TEXTS["question_again"]["en"])


async def test_a_further_email_that_is_no_answer_gets_none(gmail: Gmail) -> None:
    person = gmail.person("interested")
    for _ in range(3):
        await gmail.send(person.email)
    assert len(await gmail.inbox()) == 1


async def test_nobody_answers_a_machine(gmail: Gmail) -> None:
    await gmail.send(gmail.person("interested").email, Auto_Submitted="auto-generated")
    assert await gmail.inbox() == []
    assert len(await mail_log(gmail.box)) == 1


async def test_answers_go_to_reply_to(gmail: Gmail) -> None:
    await gmail.send(gmail.person("interested").email, Reply_To="Team <team@rainmaker-demo.example>")
    assert await gmail.inbox() == []
    row = gmail.box.store.one(
        "SELECT account FROM mail_messages WHERE sender LIKE ?", "%" + gmail.person("interested").email + "%"
    )
    assert row is not None and row["account"] == "team@rainmaker-demo.example"


async def test_the_log_tells_a_mail_sent_twice(gmail: Gmail) -> None:
    person = gmail.person("silent")
    for _ in range(2):
        await gmail.send(person.email, subject="Once", text="Exactly once, please.\n", X_Token="same")
    first, second = await mail_log(gmail.box)
    assert first["body_sha256"] == second["body_sha256"]
    assert first["message_id"] != second["message_id"]
    assert (first["recipient"], first["subject"], first["text"]) == (
        person.email,
        "Once",
        "Exactly once, please.",
    )
    assert (first["via"], first["outcome"], first["person"]) == ("gmail", "delivered", person.key)
    assert datetime.fromisoformat(first["at"]) >= START


async def test_every_recipient_is_a_delivery_of_its_own(gmail: Gmail) -> None:
    two = [gmail.person("silent").email, gmail.person("slow").email]
    message = letter(two[0], Cc=two[1])
    await gmail.call(lambda users: users.messages().send(userId="me", body={"raw": packed(message)}))
    assert [one["recipient"] for one in await mail_log(gmail.box)] == two


async def test_a_restart_neither_loses_nor_repeats_an_answer(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.sqlite"
    async with started(state) as before:
        await before.send(before.person("interested").email)
        assert post_due(before.box, before.box.clock.wall()) == 0
    async with started(state) as after:
        assert len(await after.inbox()) == 1
    async with started(state) as again:
        assert len(await again.inbox()) == 1


async def test_an_answer_comes_by_itself_after_two_to_six_seconds() -> None:
    async with started(answering=True) as gmail:
        began = time.monotonic()
        await gmail.send(gmail.person("interested").email)
        while not await gmail.found("in:inbox"):
            assert time.monotonic() - began < 9
            await asyncio.sleep(0.1)
        assert time.monotonic() - began > 1.9


@pytest.mark.parametrize(
    ("character", "past", "kind"),
    [
        ("interested", Past(1, 0, False), "interested"),
        ("interested", Past(2, 1, False), ""),
        ("interested", Past(2, 1, True), "interested_again"),
        ("interested", Past(3, 2, True), ""),
        ("unsubscribe", Past(2, 1, True), ""),
        ("not_interested", Past(2, 1, True), "not_interested_again"),
        ("slow", Past(2, 0, False), ""),
        ("slow", Past(3, 0, False), "slow"),
        ("silent", Past(9, 0, False), ""),
        ("bounce_hard", Past(1, 0, False), "bounce_hard"),
        ("out_of_office", Past(1, 0, False), "out_of_office"),
        ("out_of_office", Past(2, 0, False, START.date() + timedelta(9), START - timedelta(days=1)), ""),
        (
            "out_of_office",
            Past(2, 0, False, START.date() + timedelta(9), START - timedelta(days=5)),
            "out_of_office",
        ),
        ("out_of_office", Past(2, 0, False, START.date(), START - timedelta(days=5)), "interested"),
        ("out_of_office", Past(3, 1, True, START.date(), START - timedelta(days=5)), "out_of_office_again"),
    ],
)
def test_what_a_character_does(character: str, past: Past, kind: str) -> None:
    assert answer_kind(character, past, START) == kind


def test_every_planned_kind_has_words() -> None:
    spoken = {*HUMAN, "slow"}
    again = {f"{kind}_again" for kind in (spoken | {"out_of_office"}) - {"unsubscribe"}}
    assert spoken | again == set(words.TEXTS)
    assert not spoken & BOUNCES
