"""From the raw message of a request to what lies in Sent and what travels to the recipients."""

import re
import secrets
from email.utils import format_datetime, formataddr

from local.sandbox.gmail.call import Call
from local.sandbox.gmail.errors import invalid, not_found
from local.sandbox.mail import mime
from local.sandbox.mail.mailbox import Mailbox, Stored
from local.sandbox.mailboxes import Envelope, deliver

ADDRESS = re.compile(r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$")


def stored_form(call: Call, raw: bytes) -> bytes:
    """The message as Gmail keeps it: CRLF, a Date, a Message-ID, From the account, stripped headers gone."""
    raw = mime.with_crlf(raw)
    message = mime.read(raw)
    put: list[tuple[str, str]] = []
    sender = mime.addresses(message, "From")
    if sender != [call.mailbox.address]:
        name = mime.header(message, "From").partition("<")[0].strip(' "') if sender else ""
        put.append(("From", formataddr((name, call.mailbox.address))))
    if "Date" not in message:
        put.append(("Date", format_datetime(call.box.clock.now())))
    if not mime.message_ids(mime.header(message, "Message-ID")):
        put.append(("Message-ID", gmail_message_id()))
    if "MIME-Version" not in message:
        put.append(("MIME-Version", "1.0"))
    fault = call.fault("strip_header")
    dropped = mime.names_with_prefix(raw, fault.options.get("prefix", "X-")) if fault else []
    return mime.edit_headers(raw, put=put, drop=dropped)


def gmail_message_id() -> str:
    return f"<CA{secrets.token_urlsafe(48).replace('-', '+')}@mail.gmail.com>"


def thread_for(mailbox: Mailbox, raw: bytes, asked: str) -> str | None:
    """The asked thread if the message refers to it under the same subject; else None, a new one."""
    if not asked:
        return None
    members = mailbox.thread(asked)
    if not members:
        raise not_found()
    message = mime.read(raw)
    subject = mime.bare_subject(mime.header(message, "Subject"))
    ids = set(mime.message_ids(f"{mime.header(message, 'References')} {mime.header(message, 'In-Reply-To')}"))
    same = any(mime.bare_subject(one.subject) == subject for one in members)
    return asked if same and (ids & {one.message_id for one in members}) else None


def recipients_of(raw: bytes) -> list[str]:
    """Every address of To, Cc and Bcc; refused as Gmail refuses where there is none or one is malformed."""
    message = mime.read(raw)
    for name in ("To", "Cc", "Bcc"):
        value = mime.header(message, name)
        listed = mime.addresses(message, name)
        if value and (not listed or not all(ADDRESS.match(address) for address in listed)):
            raise invalid(f"Invalid {name} header")
    found = list(dict.fromkeys(mime.addresses(message, "To", "Cc", "Bcc")))
    if not found:
        raise invalid("Recipient address required")
    return found


def send(call: Call, raw: bytes, asked_thread: str) -> Stored:
    """Put the message into Sent and hand it to its recipients; `raw` is in stored form."""
    recipients = recipients_of(raw)
    now = call.box.clock.now()
    thread = thread_for(call.mailbox, raw, asked_thread)
    put = [("Date", format_datetime(now))]
    if not call.fault("keep_message_id"):
        put.append(("Message-ID", gmail_message_id()))
    raw = mime.edit_headers(raw, put=put)
    delay = index_delay(call)
    labels = ["SENT"]
    if call.mailbox.address in recipients:  # a message to oneself is one message under three labels
        labels = ["UNREAD", "SENT", "INBOX"]
    sent = call.mailbox.add(raw, labels, thread_id=thread, index_delay=delay)
    others = [address for address in recipients if address != call.mailbox.address]
    if call.mailbox.address in recipients:
        deliver(
            call.box, Envelope("gmail", call.mailbox.address, call.mailbox.address, raw), already_there=True
        )
    for address in others:
        travelling = mime.edit_headers(raw, drop=["Bcc"])
        deliver(call.box, Envelope("gmail", call.mailbox.address, address, travelling))
    return sent


def index_delay(call: Call) -> float:
    fault = call.fault("index_delay")
    return float(fault.options.get("seconds", 5)) if fault else 0.0
