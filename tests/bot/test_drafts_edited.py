"""What a person wrote into a draft, as whoever approves it sees it: whose words, what no fact says, and no score."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from bot.action_ids import Action
from bot.views import drafts_forms
from bot.views.draft import sources_view
from db.cards import ApprovalCard, CardEmail
from db.models.email import EmailCampaign
from db.queries import mailbox as mailboxes
from db.queries import workspace as workspaces
from db.types import EmailKind, MailProvider
from tests.bot.drafts_desk import Reader, Waiting, approvers, card, surface_key, waiting
from tests.bot.test_listeners import ANA, SAM, Desk, desk

assert desk
MONEY = "You raised 45 million from Acme Ventures in March 2024 and are 900 people."


@pytest.fixture
async def sam(desk: Desk) -> Reader:
    await approvers(desk, SAM, ANA)
    return Reader(desk)


def with_words(email: CardEmail, words: str) -> str:
    return email.body.replace("\n\n", f"\n\n{words} ", 1)


async def newest(desk: Desk) -> ApprovalCard:
    """The question that is open now."""
    key = await surface_key(desk, "approval:")
    return await card(desk, key.partition(":")[2])  # pyright: ignore[reportArgumentType]


async def edited(desk: Desk, one: Waiting, number: int, words: str) -> ApprovalCard:
    email = (await card(desk, one.approval_id)).emails[number - 1]
    saved = {"body": with_words(email, words)}
    if number == 1:
        saved["subject"] = email.subject
    assert await desk.submit("edit_view", saved, metadata=str(email.id)) == {}
    return await newest(desk)


def told(shown: Any) -> str:
    return json.dumps(shown, ensure_ascii=False)


async def test_the_card_shows_what_no_fact_says_and_whose_words_they_are(desk: Desk, sam: Reader) -> None:
    one = await waiting(desk, "Maria Silva")
    fresh = await edited(desk, one, 2, MONEY)
    said = told((await desk.surfaces())[f"approval:{fresh.id}"])
    assert f"⚠️ *<@{SAM}> wrote this" in said and "45 million" in said and "900" in said
    assert "No claims about the lead" not in said
    assert f"Drafts scored 5 of 5 · email 2 edited by <@{SAM}>, not scored" in said
    sources = told(sources_view(fresh))
    assert "45 million" in sources and f"No sources: these are the words of <@{SAM}>" in sources


async def test_what_no_fact_says_is_marked_on_an_email_that_is_folded(desk: Desk, sam: Reader) -> None:
    one = await waiting(desk, "Maria Silva")
    first = await edited(desk, one, 2, MONEY)
    again = await edited(desk, Waiting(one.lead_id, first.id), 1, "The weather is fine today.")
    blocks = (await desk.surfaces())[f"approval:{again.id}"]["blocks"]
    (folded,) = [block for block in blocks if block.get("accessory") and "*2 ·" in block["text"]["text"]]
    assert "⚠️" in folded["text"]["text"]


async def test_what_was_wrong_goes_when_it_is_written_over(desk: Desk, sam: Reader) -> None:
    one = await waiting(desk, "Maria Silva")
    first = await edited(desk, one, 1, MONEY)
    email = first.emails[0]
    assert email.warnings
    plain = {"subject": email.subject, "body": email.body.replace(MONEY, "The weather is fine today.")}
    assert await desk.submit("edit_view", plain, metadata=str(email.id)) == {}
    after = (await newest(desk)).emails[0]
    assert not any("45" in one for one in after.warnings) and after.edited_by == SAM


async def test_what_the_forms_hint_names_is_marked_on_the_card(desk: Desk, sam: Reader) -> None:
    one = await waiting(desk, "Maria Silva")
    email = (await card(desk, one.approval_id)).emails[0]
    shouting = "ACT NOW, this is 100% free and guaranteed, you winner!!! Click here? Or here? "
    body = with_words(email, shouting).partition("P.S.")[0].strip()
    assert await desk.submit("edit_view", {"subject": "Hello", "body": body}, metadata=str(email.id)) == {}
    found = " ".join((await newest(desk)).emails[0].warnings)
    for words in ("act now", "100% free", "guaranteed", "winner", "click here", "more than one question", "P.S.",
                  "repeated punctuation"):  # fmt: skip
        assert words in found, words
    form = told(drafts_forms.edit_email(email, "id"))
    assert "one question at most" not in form and "marked on the card" in form


async def test_a_follow_up_has_no_subject_to_write(desk: Desk, sam: Reader) -> None:
    one = await waiting(desk, "Maria Silva")
    first, second = (await card(desk, one.approval_id)).emails
    form = drafts_forms.edit_email(second, "id")
    assert [block.get("block_id") for block in form["blocks"] if block["type"] == "input"] == ["body"]
    assert "follows in the thread of email 1" in told(form) and second.subject in told(form)
    assert "subject" in [block.get("block_id") for block in drafts_forms.edit_email(first, "id")["blocks"]]
    fresh = await edited(desk, one, 2, "The weather is fine today.")
    assert fresh.emails[1].subject == second.subject and "weather" in fresh.emails[1].body


async def test_another_subject_for_a_follow_up_is_refused_at_its_field(desk: Desk, sam: Reader) -> None:
    """As from a form that was opened before there was no such field."""
    one = await waiting(desk, "Maria Silva")
    second = (await card(desk, one.approval_id)).emails[1]
    given = {"subject": "Something else", "body": second.body}
    answer = await desk.submit("edit_view", given, metadata=str(second.id))
    assert "thread of email 1" in answer["errors"]["subject"]
    same = {"subject": second.subject, "body": second.body}
    assert await desk.submit("edit_view", same, metadata=str(second.id)) == {}


async def connected(desk: Desk, *, is_stopped: bool = False) -> None:
    ours, now = await desk.workspace(), desk.web.web.deps.clock.now()
    async with desk.database.transaction(ours) as tx:
        await mailboxes.connect(
            tx.session, ours, provider=MailProvider.SMTP, address="sam@brightpath.example", credentials={},
            display_name=None, reply_to=None, now=now,
        )  # fmt: skip
        if is_stopped:
            await workspaces.update_settings(tx.session, ours, now=now, sending_stopped_at=now)


async def tests_of(desk: Desk) -> list[str]:
    made = select(EmailCampaign.to_email).where(EmailCampaign.kind == EmailKind.TEST)
    async with desk.database.transaction(await desk.workspace()) as tx:
        return list(await tx.session.scalars(made))


async def test_a_test_says_of_which_email_it_is_and_to_whom_it_goes(desk: Desk, sam: Reader) -> None:
    await connected(desk)
    email = (await card(desk, (await waiting(desk, "Maria Silva")).approval_id)).emails[0]
    said = told(await desk.press(Action.SEND_TEST, str(email.id)))
    [address] = await tests_of(desk)
    assert f"“{email.subject}” is on its way to {address}. The lead gets nothing." in said


async def test_while_all_sending_is_stopped_no_test_waits_to_leave_later(desk: Desk, sam: Reader) -> None:
    await connected(desk, is_stopped=True)
    email = (await card(desk, (await waiting(desk, "Maria Silva")).approval_id)).emails[0]
    assert "no test leaves either" in told(await desk.press(Action.SEND_TEST, str(email.id)))
    assert await tests_of(desk) == []
