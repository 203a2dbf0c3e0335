"""users.getProfile, labels, history, watch and settings.sendAs."""

import json
from sqlite3 import Row
from typing import Any

from local.sandbox.gmail.call import (
    CHANGE,
    READ_LABELS,
    READ_META,
    READ_PROFILE,
    READ_SETTINGS,
    Answer,
    Call,
    Method,
)
from local.sandbox.gmail.errors import GoogleError, invalid, not_found
from local.sandbox.mail.mailbox import Mailbox
from local.sandbox.mail.tables import FIRST_HISTORY_ID
from local.sandbox.store import dumps

SYSTEM_LABELS = (
    "CHAT", "SENT", "INBOX", "IMPORTANT", "TRASH", "DRAFT", "SPAM", "STARRED", "UNREAD",
    "CATEGORY_FORUMS", "CATEGORY_UPDATES", "CATEGORY_PERSONAL", "CATEGORY_PROMOTIONS", "CATEGORY_SOCIAL",
)  # fmt: skip
WATCH_MS = 7 * 24 * 3600 * 1000
# What a history record calls the change, and whether it names the labels that changed.
RECORDS = {
    "messageAdded": ("messagesAdded", False),
    "messageDeleted": ("messagesDeleted", False),
    "labelAdded": ("labelsAdded", True),
    "labelRemoved": ("labelsRemoved", True),
}


def profile(call: Call) -> Answer:
    messages, threads = call.mailbox.count()
    return {
        "emailAddress": call.mailbox.address,
        "messagesTotal": messages,
        "threadsTotal": threads,
        "historyId": str(call.mailbox.history_id()),
    }


def history(call: Call) -> Answer:
    """Changes after startHistoryId; 404 where that is too old, so that the client syncs in full."""
    start = call.query("startHistoryId")
    if not start.isdigit():
        raise invalid("startHistoryId is required" if not start else "Invalid startHistoryId")
    if int(start) < FIRST_HISTORY_ID or int(start) > call.mailbox.history_id() or call.fault("history_gone"):
        raise not_found()
    kinds = call.request.query.getall("historyTypes", [])
    if unknown := [kind for kind in kinds if kind not in RECORDS]:
        raise invalid(f"Invalid value at 'history_types[0]' (TYPE_ENUM), \"{unknown[0]}\"")
    size = call.number("maxResults", 100, 500)
    after = call.query("pageToken", start)
    if not after.isdigit():
        raise invalid("Invalid pageToken")
    rows = [row for row in call.mailbox.history(int(after)) if _wanted(row, kinds, call.query("labelId"))]
    answer: dict[str, Any] = {"historyId": str(call.mailbox.history_id())}
    if rows:
        answer["history"] = [_record(row) for row in rows[:size]]
    if len(rows) > size:
        answer["nextPageToken"] = str(rows[size - 1]["id"])
    return answer


def _wanted(row: Row, kinds: list[str], label: str) -> bool:
    labels = json.loads(row["labels"]) + json.loads(row["changed"])
    return (not kinds or row["kind"] in kinds) and (not label or label in labels)


def _record(row: Row) -> dict[str, Any]:
    field, names_labels = RECORDS[row["kind"]]
    reference = {"id": row["message"], "threadId": row["thread_id"]}
    change: dict[str, Any] = {"message": {**reference, "labelIds": json.loads(row["labels"])}}
    if names_labels:
        change["labelIds"] = json.loads(row["changed"])
    return {"id": str(row["id"]), "messages": [reference], field: [change]}


def labels(call: Call) -> Answer:
    return {
        "labels": [_system(name) for name in SYSTEM_LABELS] + [_own(row) for row in _own_labels(call.mailbox)]
    }


def get_label(call: Call) -> Answer:
    key = call.path("id")
    known = labels(call)
    assert known is not None
    found = next((label for label in known["labels"] if label["id"] == key), None)
    if found is None:
        raise not_found()
    messages = [row for row in call.mailbox.searchable(None) if key in json.loads(row["labels"])]
    unread = [row for row in messages if "UNREAD" in json.loads(row["labels"])]
    return found | {"messagesTotal": len(messages), "messagesUnread": len(unread)}


def create_label(call: Call) -> Answer:
    name = str(call.body.get("name", "")).strip()
    if not name:
        raise invalid("Invalid label name")
    taken = {*SYSTEM_LABELS} | {row["name"].upper() for row in _own_labels(call.mailbox)}
    if name.upper() in taken:
        raise GoogleError(409, "aborted", "Label name exists or conflicts")
    key = f"Label_{len(_own_labels(call.mailbox)) + 1}"
    call.mailbox.store.run("INSERT INTO mail_labels VALUES (?, ?, ?)", key, call.mailbox.address, name)
    return {"id": key, "name": name, "messageListVisibility": "show", "labelListVisibility": "labelShow"}


def _own_labels(mailbox: Mailbox) -> list[Row]:
    return mailbox.store.all(
        "SELECT id, name FROM mail_labels WHERE account = ? ORDER BY id", mailbox.address
    )


def _system(name: str) -> dict[str, str]:
    return {"id": name, "name": name, "type": "system"}


def _own(row: Row) -> dict[str, str]:
    return {"id": row["id"], "name": row["name"], "type": "user"}


def watch(call: Call) -> Answer:
    topic = str(call.body.get("topicName", ""))
    if not topic.startswith("projects/") or "/topics/" not in topic:
        raise invalid("Invalid topicName does not match projects/*/topics/*")
    expires = int(call.box.clock.wall() * 1000) + WATCH_MS
    call.mailbox.store.run(
        "INSERT OR REPLACE INTO mail_watches VALUES (?, ?, ?, ?)",
        call.mailbox.address, topic, dumps(call.body.get("labelIds", [])), expires,
    )  # fmt: skip
    return {"historyId": str(call.mailbox.history_id()), "expiration": str(expires)}


def stop(call: Call) -> Answer:
    call.mailbox.store.run("DELETE FROM mail_watches WHERE account = ?", call.mailbox.address)
    return None


def send_as(call: Call) -> Answer:
    row = call.mailbox.store.one("SELECT name FROM mail_accounts WHERE address = ?", call.mailbox.address)
    own = {
        "sendAsEmail": call.mailbox.address,
        "displayName": row["name"] if row else "",
        "replyToAddress": "",
        "signature": "",
        "isPrimary": True,
        "isDefault": True,
    }
    return {"sendAs": [own]}


METHODS = (
    Method("gmail.users.getProfile", "GET", "profile", 1, READ_PROFILE, profile),
    Method("gmail.users.history.list", "GET", "history", 2, READ_META, history),
    Method("gmail.users.labels.list", "GET", "labels", 1, READ_LABELS, labels),
    Method("gmail.users.labels.create", "POST", "labels", 5, CHANGE, create_label),
    Method("gmail.users.labels.get", "GET", "labels/{id}", 1, READ_LABELS, get_label),
    Method("gmail.users.watch", "POST", "watch", 100, READ_META, watch),
    Method("gmail.users.stop", "POST", "stop", 50, READ_META, stop),
    Method("gmail.users.settings.sendAs.list", "GET", "settings/sendAs", 1, READ_SETTINGS, send_as),
)
