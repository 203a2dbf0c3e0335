"""users.drafts: a draft's id stays, its message's id changes, sending consumes it."""

from local.sandbox.gmail.call import COMPOSE, READ_DRAFTS, Answer, Call, Method
from local.sandbox.gmail.errors import invalid, not_found
from local.sandbox.gmail.message_json import brief, draft_brief, draft_json, from_base64url
from local.sandbox.gmail.outgoing import index_delay, send, stored_form, thread_for
from local.sandbox.gmail.search import Query, Reader, page
from local.sandbox.mail import mime
from local.sandbox.mail.mailbox import Draft, Mailbox


def content_of(call: Call, message: object) -> tuple[bytes, str]:
    """The stored form of a request's message and the threadId it asks for."""
    if not isinstance(message, dict) or not isinstance(message.get("raw"), str) or not message["raw"]:
        raise invalid("'raw' RFC822 payload message string or uploading message via /upload/* URL required")
    return stored_form(call, from_base64url(message["raw"])), str(message.get("threadId") or "")


def _found(call: Call, key: object) -> Draft:
    draft = call.mailbox.draft(key) if isinstance(key, str) else None
    if draft is None:
        raise not_found()
    return draft


def create(call: Call) -> Answer:
    raw, asked = content_of(call, call.body.get("message"))
    thread = thread_for(call.mailbox, raw, asked)
    return draft_brief(call.mailbox.add_draft(raw, thread, asked, index_delay(call)))


def get(call: Call) -> Answer:
    return draft_json(_found(call, call.path("id")), call.query("format", "full"))


def update(call: Call) -> Answer:
    draft = _found(call, call.path("id"))
    raw, asked = content_of(call, call.body.get("message"))
    return draft_brief(_rewritten(call, draft, raw, asked))


def _rewritten(call: Call, draft: Draft, raw: bytes, asked: str) -> Draft:
    thread = thread_for(call.mailbox, raw, asked) or _own_thread(draft, raw)
    return call.mailbox.rewrite_draft(draft, raw, thread, asked)


def _own_thread(draft: Draft, raw: bytes) -> str | None:
    """A draft stays in its thread unless its subject changed."""
    subject = mime.header(mime.read(raw), "Subject")
    same = mime.bare_subject(subject) == mime.bare_subject(draft.message.subject)
    return draft.message.thread_id if same else None


def delete(call: Call) -> Answer:
    call.mailbox.remove_draft(_found(call, call.path("id")))
    return None


def send_draft(call: Call) -> Answer:
    """Sends the stored draft, or the new content that comes with its id, or content alone."""
    key, message = call.body.get("id"), call.body.get("message")
    has_content = isinstance(message, dict) and bool(message.get("raw"))
    if not key:
        return brief(send(call, *content_of(call, message)))
    draft = _found(call, key)
    if has_content:
        draft = _rewritten(call, draft, *content_of(call, message))
    raw = stored_form(call, draft.message.raw)
    asked = draft.asked_thread
    if not asked and len(call.mailbox.thread(draft.message.thread_id)) > 1:
        asked = draft.message.thread_id
    sent = send(call, raw, asked)
    call.mailbox.remove_draft(draft)
    return brief(sent)


def list_(call: Call) -> Answer:
    size = call.number("maxResults", 100, 500)
    before = int(call.query("pageToken", "0") or 0)
    rows = [row for row in call.mailbox.drafts() if not before or row["draft_seq"] < before]
    everywhere = call.query("includeSpamTrash") == "true"
    query = Query(call.query("q"), spam_and_trash=everywhere)
    found, more = page(rows, query, Reader(call.mailbox.address, call.box.clock.now()), size)
    answer: dict[str, object] = {"resultSizeEstimate": len(found)}
    if found:
        answer["drafts"] = [
            {"id": row["draft"], "message": {"id": row["id"], "threadId": row["thread_id"]}} for row in found
        ]
    if more:
        answer["nextPageToken"] = str(found[-1]["draft_seq"])
    return answer


def person_was_quicker(call: Call) -> None:
    """The faults draft_edited and draft_deleted: somebody has the draft open in Gmail."""
    key = call.body.get("id") or call.request.match_info.get("id")
    draft = call.mailbox.draft(key) if isinstance(key, str) else None
    if draft is None:
        return
    if call.fault("draft_deleted"):
        call.mailbox.remove_draft(draft)
    elif fault := call.fault("draft_edited"):
        options = fault.options
        edit_by_hand(
            call.mailbox,
            draft,
            text=options.get("text", "\r\n\r\nPS: one more thing, typed by hand.\r\n"),
            subject=options.get("subject"),
            strip=options.get("strip", False),
        )


def edit_by_hand(mailbox: Mailbox, draft: Draft, *, text: str, subject: str | None, strip: bool) -> Draft:
    """A person's edit: a new message id, another thread if the subject changed, our headers maybe lost."""
    put = [("Subject", subject)] if subject else []
    drop = mime.names_with_prefix(draft.message.raw, "X-") if strip else []
    raw = mime.edit_headers(draft.message.raw + text.encode(), put=put, drop=drop)
    return mailbox.rewrite_draft(draft, raw, _own_thread(draft, raw), draft.asked_thread)


METHODS = (
    Method("gmail.users.drafts.create", "POST", "drafts", 10, COMPOSE, create, upload=True),
    Method("gmail.users.drafts.list", "GET", "drafts", 5, READ_DRAFTS, list_),
    Method(
        "gmail.users.drafts.send", "POST", "drafts/send", 100, COMPOSE, send_draft, True, person_was_quicker
    ),
    Method("gmail.users.drafts.get", "GET", "drafts/{id}", 5, READ_DRAFTS, get, before=person_was_quicker),
    Method("gmail.users.drafts.update", "PUT", "drafts/{id}", 15, COMPOSE, update, upload=True),
    Method("gmail.users.drafts.delete", "DELETE", "drafts/{id}", 10, COMPOSE, delete),
)
