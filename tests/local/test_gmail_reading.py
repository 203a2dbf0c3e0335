"""Searching, formats, labels, history and watching through Google's own client."""

import asyncio
import base64
from collections.abc import AsyncIterator
from email.message import EmailMessage

import pytest
from googleapiclient.errors import HttpError

from local.sandbox.mail.mailbox import Mailbox
from tests.local.gmail_client import WIRE, Gmail, letter, started


@pytest.fixture
async def gmail() -> AsyncIterator[Gmail]:
    async with started() as running:
        yield running


def arrive(gmail: Gmail, sender: str, subject: str, text: str = "Hello") -> str:
    message = letter(
        gmail.box.accounts.mailbox, subject=subject, text=text, Message_ID=f"<{subject}@far.example>"
    )
    message.replace_header("From", sender)
    mailbox = Mailbox(gmail.box, gmail.box.accounts.mailbox)
    return mailbox.add(message.as_bytes(), ["UNREAD", "INBOX"]).id


async def history(gmail: Gmail, start: str, **more: object) -> dict[str, object]:
    return await gmail.call(lambda users: users.history().list(userId="me", startHistoryId=start, **more))


async def test_search_knows_the_operators_we_use(gmail: Gmail) -> None:
    sent = (await gmail.send("anna@somewhere.example", subject="Robots in bakeries"))["id"]
    got = arrive(gmail, "Anna Berg <anna@somewhere.example>", "bakery", "the oven is warm")
    now = int(gmail.box.clock.epoch())
    message_id = await gmail.header(sent, "Message-ID")
    cases = {
        "in:sent": [sent],
        "in:inbox": [got],
        "in:sent to:anna@somewhere.example": [sent],
        "to:berta@somewhere.example": [],
        "from:anna@somewhere.example": [got],
        "from:me": [sent],
        "to:me": [got],
        "subject:bakeries": [sent],
        'subject:"Robots in"': [sent],
        "subject:(bakeries robots)": [sent],
        f"in:sent after:{now - 60}": [sent],
        f"after:{now + 60}": [],
        f"before:{now + 60}": [got, sent],
        "after:2001/01/31 before:2001-02-01": [],
        "newer_than:1d": [got, sent],
        "older_than:1d": [],
        f"rfc822msgid:{message_id}": [sent],
        f"rfc822msgid:{message_id.strip('<>')}": [sent],
        "is:unread": [got],
        "-in:inbox": [sent],
        "oven": [got],
        '"oven is warm"': [got],
        "from:nobody@x.example OR subject:bakery": [got],
        "": [got, sent],
    }
    found = {query: await gmail.found(query) for query in cases}
    assert found == cases


async def test_braces_mean_any_of(gmail: Gmail) -> None:
    got = arrive(gmail, "anna@somewhere.example", "bakery")
    arrive(gmail, "carl@elsewhere.example", "mill")
    assert await gmail.found("from:{anna@somewhere.example berta@somewhere.example}") == [got]
    assert await gmail.found("{from:anna@somewhere.example from:berta@somewhere.example}") == [got]


async def test_lists_come_in_pages_newest_first(gmail: Gmail) -> None:
    keys = [arrive(gmail, "anna@somewhere.example", f"n{i}") for i in range(5)]
    seen, token = [], None
    while True:
        answer = await gmail.call(
            lambda users, token=token: users.messages().list(userId="me", maxResults=2, pageToken=token)
        )
        seen += [message["id"] for message in answer["messages"]]
        token = answer.get("nextPageToken")
        if token is None:
            break
    assert seen == keys[::-1]


async def test_search_lags_behind_while_get_and_history_do_not(gmail: Gmail) -> None:
    before = (await gmail.call(lambda users: users.getProfile(userId="me")))["historyId"]
    gmail.break_it("index_delay", match="send", seconds=0.4)
    sent = await gmail.send("anna@somewhere.example")
    assert await gmail.found("in:sent") == []
    assert (await gmail.get(sent["id"]))["id"] == sent["id"]
    assert (await history(gmail, before))["history"][0]["messages"][0]["id"] == sent["id"]
    await asyncio.sleep(0.5)
    assert await gmail.found("in:sent") == [sent["id"]]


async def test_formats_show_what_the_reference_says(gmail: Gmail) -> None:
    message = EmailMessage(policy=WIRE)
    message["To"], message["Subject"] = "anna@somewhere.example", "With a file"
    message.set_content("Plain é words")
    message.add_alternative("<p>Rich words</p>", subtype="html")
    message.add_attachment(b"\x00\x01binary", maintype="application", subtype="pdf", filename="offer.pdf")
    raw = base64.urlsafe_b64encode(message.as_bytes()).decode()
    sent = await gmail.call(lambda users: users.messages().send(userId="me", body={"raw": raw}))
    full = await gmail.get(sent["id"], "full")
    payload = full["payload"]
    assert payload["mimeType"] == "multipart/mixed"
    assert [part["mimeType"] for part in payload["parts"]] == ["multipart/alternative", "application/pdf"]
    plain = payload["parts"][0]["parts"][0]
    assert plain["partId"] == "0.0"
    assert base64.urlsafe_b64decode(plain["body"]["data"]).decode().strip() == "Plain é words"
    file = payload["parts"][1]
    assert file["filename"] == "offer.pdf" and "data" not in file["body"]
    fetched = await gmail.call(
        lambda users: (
            users.messages()
            .attachments()
            .get(userId="me", messageId=sent["id"], id=file["body"]["attachmentId"])
        )
    )
    assert base64.urlsafe_b64decode(fetched["data"]) == b"\x00\x01binary"
    minimal = await gmail.get(sent["id"], "minimal")
    assert set(minimal) == {
        "id", "threadId", "labelIds", "snippet", "sizeEstimate", "historyId", "internalDate",
    }  # fmt: skip
    some = await gmail.call(
        lambda users: users.messages().get(
            userId="me", id=sent["id"], format="metadata", metadataHeaders=["subject", "X-None"]
        )
    )
    assert some["payload"]["headers"] == [{"name": "Subject", "value": "With a file"}]


async def test_a_missing_message_is_404_in_googles_words(gmail: Gmail) -> None:
    with pytest.raises(HttpError) as missing:
        await gmail.get("19aaaaaaaaaaaaaa")
    assert missing.value.status_code == 404
    assert missing.value.reason == "Requested entity was not found."


async def test_history_tells_sending_arrival_and_labels_in_order(gmail: Gmail) -> None:
    profile = await gmail.call(lambda users: users.getProfile(userId="me"))
    draft = await gmail.draft("anna@somewhere.example")
    sent = await gmail.send_draft(draft["id"])
    got = arrive(gmail, "anna@somewhere.example", "answer")
    await gmail.call(
        lambda users: users.messages().modify(userId="me", id=got, body={"removeLabelIds": ["UNREAD"]})
    )
    told = await history(gmail, profile["historyId"])
    changes = [
        (key, record[key][0]["message"]["id"], record[key][0]["message"]["labelIds"])
        for record in told["history"]
        for key in ("messagesAdded", "messagesDeleted", "labelsAdded", "labelsRemoved")
        if key in record
    ]
    assert changes == [
        ("messagesAdded", draft["message"]["id"], ["DRAFT"]),
        ("messagesAdded", sent["id"], ["SENT"]),
        ("messagesDeleted", draft["message"]["id"], ["DRAFT"]),
        ("messagesAdded", got, ["UNREAD", "INBOX"]),
        ("labelsRemoved", got, ["INBOX"]),
    ]
    only_sent = await history(gmail, profile["historyId"], historyTypes=["messageAdded"], labelId="SENT")
    assert [record["messages"][0]["id"] for record in only_sent["history"]] == [sent["id"]]
    assert "history" not in await history(gmail, told["historyId"])


async def test_history_comes_in_pages(gmail: Gmail) -> None:
    start = (await gmail.call(lambda users: users.getProfile(userId="me")))["historyId"]
    keys = [arrive(gmail, "anna@somewhere.example", f"n{i}") for i in range(5)]
    first = await history(gmail, start, maxResults=3)
    rest = await history(gmail, start, maxResults=3, pageToken=first["nextPageToken"])
    assert [record["messages"][0]["id"] for record in first["history"] + rest["history"]] == keys
    assert "nextPageToken" not in rest


@pytest.mark.parametrize("start", ["1", "999999999"])
async def test_history_from_an_unknown_id_is_404(gmail: Gmail, start: str) -> None:
    with pytest.raises(HttpError) as gone:
        await history(gmail, start)
    assert gone.value.status_code == 404


async def test_history_expires_on_demand(gmail: Gmail) -> None:
    start = (await gmail.call(lambda users: users.getProfile(userId="me")))["historyId"]
    gmail.break_it("history_gone")
    with pytest.raises(HttpError) as gone:
        await history(gmail, start)
    assert gone.value.status_code == 404
    assert "historyId" in await history(gmail, start)


async def test_trash_hides_a_message_from_ordinary_search(gmail: Gmail) -> None:
    got = arrive(gmail, "anna@somewhere.example", "old")
    await gmail.call(lambda users: users.messages().trash(userId="me", id=got))
    assert await gmail.found("from:anna") == []
    assert await gmail.found("in:trash") == await gmail.found("in:anywhere from:anna") == [got]
    everywhere = await gmail.call(lambda users: users.messages().list(userId="me", includeSpamTrash=True))
    assert everywhere["messages"][0]["id"] == got
    await gmail.call(lambda users: users.messages().untrash(userId="me", id=got))
    assert await gmail.found("from:anna") == [got]


async def test_labels_threads_send_as_and_watch_answer(gmail: Gmail) -> None:
    got = arrive(gmail, "anna@somewhere.example", "label me")
    made = await gmail.call(lambda users: users.labels().create(userId="me", body={"name": "Rainmaker"}))
    listed = await gmail.call(lambda users: users.labels().list(userId="me"))
    assert {"INBOX", "SENT", "DRAFT", made["id"]} <= {label["id"] for label in listed["labels"]}
    await gmail.call(
        lambda users: users.messages().modify(userId="me", id=got, body={"addLabelIds": [made["id"]]})
    )
    labelled = await gmail.call(lambda users: users.messages().list(userId="me", labelIds=[made["id"]]))
    assert [message["id"] for message in labelled["messages"]] == [got]
    threads = await gmail.call(lambda users: users.threads().list(userId="me", q="in:inbox"))
    assert [thread["id"] for thread in threads["threads"]] == [got]
    aliases = await gmail.call(lambda users: users.settings().sendAs().list(userId="me"))
    assert aliases["sendAs"][0]["sendAsEmail"] == gmail.box.accounts.mailbox
    watched = await gmail.call(
        lambda users: users.watch(userId="me", body={"topicName": "projects/p/topics/t"})
    )
    assert int(watched["expiration"]) > gmail.box.clock.wall() * 1000
    await gmail.call(lambda users: users.stop(userId="me"))


async def test_the_account_may_be_named_by_its_address_but_no_other(gmail: Gmail) -> None:
    profile = await gmail.call(lambda users: users.getProfile(userId=gmail.box.accounts.mailbox))
    assert profile["emailAddress"] == gmail.box.accounts.mailbox
    with pytest.raises(HttpError) as denied:
        await gmail.call(lambda users: users.getProfile(userId="boss@rainmaker-demo.example"))
    assert denied.value.status_code == 403
