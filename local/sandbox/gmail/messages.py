"""users.messages and users.threads."""

from sqlite3 import Row

from local.sandbox.gmail.call import CHANGE, READ, READ_META, SEND, Answer, Call, Method
from local.sandbox.gmail.drafts import content_of
from local.sandbox.gmail.errors import invalid, not_found
from local.sandbox.gmail.message_json import attachment_json, brief, message_json
from local.sandbox.gmail.outgoing import send
from local.sandbox.gmail.search import Query, Reader, page
from local.sandbox.mail import mime
from local.sandbox.mail.mailbox import Stored

PAGE = 100
LARGEST_PAGE = 500
FIXED_LABELS = {"SENT", "DRAFT"}  # set by Gmail alone


def _found(call: Call, key: str) -> Stored:
    message = call.mailbox.get(key)
    if message is None:
        raise not_found()
    return message


def send_message(call: Call) -> Answer:
    return brief(send(call, *content_of(call, call.body)))


def get(call: Call) -> Answer:
    message = _found(call, call.path("id"))
    return message_json(
        message, call.query("format", "full"), call.request.query.getall("metadataHeaders", [])
    )


def list_(call: Call) -> Answer:
    found, more = _search(call)
    answer: dict[str, object] = {"resultSizeEstimate": len(found) + (PAGE if more else 0)}
    if found:
        answer["messages"] = [{"id": row["id"], "threadId": row["thread_id"]} for row in found]
    if more:
        answer["nextPageToken"] = str(found[-1]["seq"])
    return answer


def _search(call: Call) -> tuple[list[Row], bool]:
    token = call.query("pageToken", "0") or "0"
    if not token.isdigit():
        raise invalid("Invalid pageToken")
    query = Query(
        call.query("q"),
        frozenset(call.request.query.getall("labelIds", [])),
        call.query("includeSpamTrash") == "true",
    )
    rows = call.mailbox.searchable(int(token) or None)
    size = call.number("maxResults", PAGE, LARGEST_PAGE)
    return page(rows, query, Reader(call.mailbox.address, call.box.clock.now()), size)


def modify(call: Call) -> Answer:
    add, drop = call.body.get("addLabelIds", []), call.body.get("removeLabelIds", [])
    return brief(_relabelled(call, _found(call, call.path("id")), add, drop))


def _relabelled(call: Call, message: Stored, add: list[str], drop: list[str]) -> Stored:
    wrong = sorted(FIXED_LABELS & {*add, *drop})
    if wrong:
        raise invalid(f"Invalid label: {wrong[0]}")
    return call.mailbox.relabel(message, add, drop)


def batch_modify(call: Call) -> Answer:
    for key in call.body.get("ids", []):
        message = call.mailbox.get(key)
        if message:
            _relabelled(call, message, call.body.get("addLabelIds", []), call.body.get("removeLabelIds", []))
    return None


def trash(call: Call) -> Answer:
    return brief(call.mailbox.relabel(_found(call, call.path("id")), ["TRASH"], ["INBOX"]))


def untrash(call: Call) -> Answer:
    return brief(call.mailbox.relabel(_found(call, call.path("id")), [], ["TRASH"]))


def attachment(call: Call) -> Answer:
    return attachment_json(_found(call, call.path("messageId")), call.path("id"))


def get_thread(call: Call) -> Answer:
    members = _thread(call)
    only = call.request.query.getall("metadataHeaders", [])
    messages = [message_json(one, call.query("format", "full"), only) for one in members]
    history = max(one.history_id for one in members)
    return {"id": call.path("id"), "historyId": str(history), "messages": messages}


def _thread(call: Call) -> list[Stored]:
    members = call.mailbox.thread(call.path("id"))
    if not members:
        raise not_found()
    return members


def modify_thread(call: Call) -> Answer:
    add, drop = call.body.get("addLabelIds", []), call.body.get("removeLabelIds", [])
    members = [_relabelled(call, one, add, drop) for one in _thread(call)]
    return {"id": call.path("id"), "messages": [brief(one) for one in members]}


def list_threads(call: Call) -> Answer:
    found, more = _search(call)
    threads = list(dict.fromkeys(row["thread_id"] for row in found))
    answer: dict[str, object] = {"resultSizeEstimate": len(threads)}
    if threads:
        answer["threads"] = [_thread_brief(call, key) for key in threads]
    if more:
        answer["nextPageToken"] = str(found[-1]["seq"])
    return answer


def _thread_brief(call: Call, key: str) -> dict[str, str]:
    members = call.mailbox.thread(key)
    history = str(max(one.history_id for one in members))
    return {"id": key, "snippet": mime.snippet(members[-1].text), "historyId": history}


METHODS = (
    Method("gmail.users.messages.list", "GET", "messages", 5, READ_META, list_),
    Method("gmail.users.messages.send", "POST", "messages/send", 100, SEND, send_message, upload=True),
    Method("gmail.users.messages.batchModify", "POST", "messages/batchModify", 50, CHANGE, batch_modify),
    Method("gmail.users.messages.get", "GET", "messages/{id}", 20, READ_META, get),
    Method("gmail.users.messages.modify", "POST", "messages/{id}/modify", 5, CHANGE, modify),
    Method("gmail.users.messages.trash", "POST", "messages/{id}/trash", 5, CHANGE, trash),
    Method("gmail.users.messages.untrash", "POST", "messages/{id}/untrash", 5, CHANGE, untrash),
    Method(
        "gmail.users.messages.attachments.get",
        "GET",
        "messages/{messageId}/attachments/{id}",
        20,
        READ,
        attachment,
    ),
    Method("gmail.users.threads.list", "GET", "threads", 10, READ_META, list_threads),
    Method("gmail.users.threads.get", "GET", "threads/{id}", 40, READ_META, get_thread),
    Method("gmail.users.threads.modify", "POST", "threads/{id}/modify", 10, CHANGE, modify_thread),
)
