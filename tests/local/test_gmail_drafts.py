"""Drafts and sending through Google's own client."""

import base64
import email
import email.policy
from collections.abc import AsyncIterator

import pytest
from googleapiclient.errors import HttpError

from local.sandbox.mailboxes import mail_log
from tests.local.gmail_client import Gmail, letter, packed, started, unpacked


@pytest.fixture
async def gmail() -> AsyncIterator[Gmail]:
    async with started() as running:
        yield running


async def test_a_draft_keeps_its_id_while_its_message_changes_with_every_edit(gmail: Gmail) -> None:
    draft = await gmail.draft("anna@somewhere.example", text="First words")
    edited = await gmail.call(
        lambda users: users.drafts().update(
            userId="me",
            id=draft["id"],
            body={"message": {"raw": packed(letter("anna@somewhere.example", text="Other words"))}},
        )
    )
    assert edited["id"] == draft["id"]
    assert edited["message"]["id"] != draft["message"]["id"]
    assert edited["message"]["threadId"] == draft["message"]["threadId"]
    stored = await gmail.call(lambda users: users.drafts().get(userId="me", id=draft["id"], format="raw"))
    assert b"Other words" in unpacked(stored["message"]["raw"])


async def test_a_new_subject_moves_the_draft_to_another_thread(gmail: Gmail) -> None:
    draft = await gmail.draft("anna@somewhere.example")
    edited = await gmail.call(
        lambda users: users.drafts().update(
            userId="me",
            id=draft["id"],
            body={"message": {"raw": packed(letter("anna@somewhere.example", subject="Something else"))}},
        )
    )
    assert edited["message"]["threadId"] != draft["message"]["threadId"]


async def test_sending_consumes_the_draft_and_makes_a_new_message_in_sent(gmail: Gmail) -> None:
    person = gmail.person("silent")
    draft = await gmail.draft(person.email, X_Token="tok-1", Message_ID="<ours@rainmaker-demo.example>")
    sent = await gmail.send_draft(draft["id"])
    assert sent["id"] != draft["message"]["id"]
    assert sent["labelIds"] == ["SENT"]
    assert await gmail.header(sent["id"], "X-Token") == "tok-1"
    assert (await gmail.header(sent["id"], "Message-ID")).endswith("@mail.gmail.com>")
    listed = await gmail.call(lambda users: users.drafts().list(userId="me"))
    assert "drafts" not in listed
    with pytest.raises(HttpError) as second:
        await gmail.send_draft(draft["id"])
    assert second.value.status_code == 404
    assert second.value.error_details[0]["reason"] == "notFound"
    [delivery] = await mail_log(gmail.box)
    assert delivery["recipient"] == person.email
    assert {"name": "X-Token", "value": "tok-1"} in delivery["headers"]


async def test_message_id_is_kept_and_our_header_lost_on_demand(gmail: Gmail) -> None:
    gmail.break_it("keep_message_id", times=-1)
    gmail.break_it("strip_header", match="drafts.send", prefix="X-")
    draft = await gmail.draft(
        "anna@somewhere.example", X_Token="tok", Message_ID="<ours@rainmaker-demo.example>"
    )
    assert await gmail.header(draft["message"]["id"], "X-Token") == "tok"
    sent = await gmail.send_draft(draft["id"])
    assert await gmail.header(sent["id"], "Message-ID") == "<ours@rainmaker-demo.example>"
    assert await gmail.header(sent["id"], "X-Token") == ""


async def test_a_person_edits_the_draft_between_our_look_and_our_sending(gmail: Gmail) -> None:
    draft = await gmail.draft("anna@somewhere.example", text="Approved words")
    gmail.break_it("draft_edited", match="drafts.send", text="\r\nUnapproved words\r\n")
    before = await gmail.call(lambda users: users.drafts().get(userId="me", id=draft["id"], format="minimal"))
    assert before["message"]["id"] == draft["message"]["id"]
    sent = await gmail.send_draft(draft["id"])
    raw = unpacked((await gmail.get(sent["id"], "raw"))["raw"])
    assert b"Unapproved words" in raw


async def test_an_edit_shows_as_another_message_id_and_a_deleted_draft_as_404(gmail: Gmail) -> None:
    draft = await gmail.draft("anna@somewhere.example")
    gmail.break_it("draft_edited")
    seen = await gmail.call(lambda users: users.drafts().get(userId="me", id=draft["id"]))
    assert seen["message"]["id"] != draft["message"]["id"]
    gmail.break_it("draft_deleted")
    with pytest.raises(HttpError) as gone:
        await gmail.send_draft(draft["id"])
    assert gone.value.status_code == 404
    assert "drafts" not in await gmail.call(lambda users: users.drafts().list(userId="me"))


async def test_a_deleted_draft_is_gone(gmail: Gmail) -> None:
    draft = await gmail.draft("anna@somewhere.example")
    await gmail.call(lambda users: users.drafts().delete(userId="me", id=draft["id"]))
    with pytest.raises(HttpError) as gone:
        await gmail.call(lambda users: users.drafts().get(userId="me", id=draft["id"]))
    assert gone.value.status_code == 404


async def test_drafts_are_listed_newest_first_in_pages(gmail: Gmail) -> None:
    made = [(await gmail.draft(f"p{i}@somewhere.example"))["id"] for i in range(3)]
    first = await gmail.call(lambda users: users.drafts().list(userId="me", maxResults=2))
    rest = await gmail.call(
        lambda users: users.drafts().list(userId="me", maxResults=2, pageToken=first["nextPageToken"])
    )
    assert [draft["id"] for draft in first["drafts"] + rest["drafts"]] == made[::-1]
    assert "nextPageToken" not in rest


async def test_without_a_recipient_nothing_is_sent(gmail: Gmail) -> None:
    message = letter("x@somewhere.example")
    del message["To"]
    with pytest.raises(HttpError) as refused:
        await gmail.call(lambda users: users.messages().send(userId="me", body={"raw": packed(message)}))
    assert refused.value.status_code == 400
    assert refused.value.error_details[0] == {
        "message": "Recipient address required",
        "domain": "global",
        "reason": "invalidArgument",
    }
    assert await mail_log(gmail.box) == []


@pytest.mark.parametrize("raw", ["", "***", None])
async def test_a_broken_raw_is_refused(gmail: Gmail, raw: str | None) -> None:
    with pytest.raises(HttpError) as refused:
        await gmail.call(lambda users: users.messages().send(userId="me", body={"raw": raw}))
    assert refused.value.status_code == 400


async def test_a_follow_up_joins_the_thread_only_with_subject_and_references(gmail: Gmail) -> None:
    first = await gmail.send("anna@somewhere.example", subject="Robots")
    message_id = await gmail.header(first["id"], "Message-ID")
    thread = first["threadId"]
    joined = await gmail.send(
        "anna@somewhere.example",
        subject="Re: Robots",
        In_Reply_To=message_id,
        References=message_id,
        thread=thread,
    )
    other_subject = await gmail.send(
        "anna@somewhere.example", subject="News", In_Reply_To=message_id, References=message_id, thread=thread
    )
    no_reference = await gmail.send("anna@somewhere.example", subject="Re: Robots", thread=thread)
    assert joined["threadId"] == thread
    assert other_subject["threadId"] != thread
    assert no_reference["threadId"] != thread
    held = await gmail.call(lambda users: users.threads().get(userId="me", id=thread))
    assert [message["id"] for message in held["messages"]] == [first["id"], joined["id"]]


async def test_a_draft_in_a_thread_is_sent_into_that_thread(gmail: Gmail) -> None:
    first = await gmail.send("anna@somewhere.example", subject="Robots")
    message_id = await gmail.header(first["id"], "Message-ID")
    draft = await gmail.draft(
        "anna@somewhere.example",
        subject="Re: Robots",
        In_Reply_To=message_id,
        References=message_id,
        thread=first["threadId"],
    )
    sent = await gmail.send_draft(draft["id"])
    assert draft["message"]["threadId"] == sent["threadId"] == first["threadId"]


async def test_an_unknown_thread_is_404(gmail: Gmail) -> None:
    with pytest.raises(HttpError) as unknown:
        await gmail.draft("anna@somewhere.example", thread="19ffffffffffffff")
    assert unknown.value.status_code == 404


async def test_from_is_always_the_account_and_bcc_stays_with_the_sender(gmail: Gmail) -> None:
    gmail_person = gmail.person("silent")
    message = letter(gmail_person.email, Bcc="quiet@rainmaker-demo.example")
    message.replace_header("From", "Somebody Else <else@other.example>")
    sent = await gmail.call(lambda users: users.messages().send(userId="me", body={"raw": packed(message)}))
    assert await gmail.header(sent["id"], "From") == "Somebody Else <sam@rainmaker-demo.example>"
    assert await gmail.header(sent["id"], "Bcc") == "quiet@rainmaker-demo.example"
    deliveries = await mail_log(gmail.box)
    assert {one["recipient"] for one in deliveries} == {gmail_person.email, "quiet@rainmaker-demo.example"}
    assert all(pair["name"] != "Bcc" for one in deliveries for pair in one["headers"])


async def test_a_message_to_oneself_is_one_message_in_sent_and_inbox(gmail: Gmail) -> None:
    sent = await gmail.send(gmail.box.accounts.mailbox, X_Token="probe")
    assert set(sent["labelIds"]) == {"SENT", "INBOX", "UNREAD"}
    assert await gmail.found("in:inbox") == await gmail.found("in:sent") == [sent["id"]]
    assert await gmail.header(sent["id"], "X-Token") == "probe"


async def test_raw_comes_back_as_a_message_with_crlf_and_the_same_text(gmail: Gmail) -> None:
    text = "Grüße — with “quotes”\n.\nFrom the top\n"
    sent = await gmail.send("anna@somewhere.example", subject="Grüße aus Köln", text=text)
    raw = unpacked((await gmail.get(sent["id"], "raw"))["raw"])
    assert b"\n" not in raw.replace(b"\r\n", b"")
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert parsed["Subject"] == "Grüße aus Köln"
    assert parsed.get_content().replace("\r\n", "\n") == text


BROKEN = (
    b'To: {to}\r\nContent-Type: text/plain; charset="\x00utf-8"\r\n\r\n\xff\xfe',
    b"To: {to}\r\nContent-Type: multipart/mixed; boundary=x\r\n\xc9\xb3 no header\r\n\r\n--x\r\n\r\n\xe9",
    b"To: {to}\r\nSubject: =?utf-8?q?=ff?= \x0b\xa7\r\nContent-Type: text/plain; charset=nonsense\r\n\r\nhi",
    b"To: {to}\rDate: xx\nMessage-ID: <<>>\nReferences: <\r\n b>\r\nContent-Transfer-Encoding: base64\n\n!",
    b"To: {to}\r\nFrom: \xc5\xc5 <x@y@z>\r\nContent-Type: message/rfc822\r\n\r\nTo: x\r\n\r\n\x80",
)


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("character", ["interested", "bounce_hard"])
async def test_broken_mail_is_kept_shown_and_answered(gmail: Gmail, broken: bytes, character: str) -> None:
    raw = broken.replace(b"{to}", gmail.person(character).email.encode())
    packed_raw = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    sent = await gmail.call(lambda users: users.messages().send(userId="me", body={"raw": packed_raw}))
    for format in ("full", "metadata", "raw", "minimal"):
        assert (await gmail.get(sent["id"], format))["id"] == sent["id"]
    assert len(await gmail.inbox()) == 1
