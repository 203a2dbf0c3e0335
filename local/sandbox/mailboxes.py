"""The world's mailboxes: what becomes of every mail sent, and the answers people give a few seconds later.

A delivery and its planned answer are rows of one transaction, and so are the answer's arrival and its
tick, so that a restart neither loses nor repeats one. Delays are real seconds, dates are the world's.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from email.errors import MessageError
from email.message import EmailMessage
from sqlite3 import Row
from typing import Any
from zoneinfo import ZoneInfo

from local.sandbox.context import Sandbox
from local.sandbox.mail import answers, dsn, mime, styles, tables
from local.sandbox.mail.characters import BOUNCES, Past, answer_kind
from local.sandbox.mail.mailbox import account_exists, open_account
from local.sandbox.mail.tables import transaction
from local.sandbox.store import dumps
from local.sandbox.world import Person

DELAY = (2.0, 6.0)  # seconds until somebody answers
POLL = 0.25
RETRY = 60.0
LOGGED = (
    "id", "via", "sender", "recipient", "person", "character", "outcome", "message_id", "in_reply_to",
    "subject", "text", "body_sha256", "at", "wall",
)  # fmt: skip

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Envelope:
    """A mail on its way: `sender` is the envelope's, where bounces go; empty for a bounce."""

    via: str  # gmail or smtp
    sender: str
    recipient: str
    raw: bytes


def define(box: Sandbox) -> None:
    """Make the tables and the world, before anything opens a transaction."""
    tables.define(box.store)
    assert box.world.people


def deliver(box: Sandbox, envelope: Envelope, *, already_there: bool = False) -> None:
    """Record the mail where it arrives, or that it can't, and plan the answer. Runs in a transaction."""
    person = box.world.person_by_email(envelope.recipient)
    character = _character(box, person, envelope.recipient)
    if account_exists(box, envelope.recipient) and not already_there:
        mailbox = open_account(box, envelope.recipient)
        mailbox.add(envelope.raw, ["UNREAD", "INBOX"], thread_id=mailbox.thread_of(envelope.raw))
    delivery = _record(box, envelope, person, character)
    message = mime.read(envelope.raw)
    kind = answer_kind(character, _past(box, envelope, person, message), box.clock.now())
    automatic = mime.header(message, "Auto-Submitted").lower() not in ("", "no")
    if not kind or not envelope.sender or (automatic and kind not in BOUNCES):
        return  # RFC 3834: nobody answers a machine, and nothing bounces a bounce
    _plan(box, envelope, person, kind, delivery)


def _character(box: Sandbox, person: Person | None, recipient: str) -> str:
    """A person's character, with soft bounces settled; for other addresses what the mail system does."""
    if person is not None:
        if person.character == "bounce_soft":
            return answers.pick(("mailbox_full", "delayed"), person.key, "soft")
        return person.character
    company = box.world.company_by_domain(mime.domain_of(recipient))
    if company is not None:
        return "delivered" if company.email.lower() == recipient.lower() else "bounce_hard"
    return "delivered" if _is_own_domain(box, recipient) else "unknown_domain"


def _is_own_domain(box: Sandbox, recipient: str) -> bool:
    rows = box.store.all("SELECT address FROM mail_accounts")
    return mime.domain_of(recipient) in {mime.domain_of(row["address"]) for row in rows}


def _record(box: Sandbox, envelope: Envelope, person: Person | None, character: str) -> int:
    message = mime.read(envelope.raw)
    text = mime.body_text(message)
    outcome = "bounced" if character in BOUNCES and character != "delayed" else "delivered"
    return box.store.run(
        "INSERT INTO mail_deliveries (via, sender, recipient, person, character, outcome, message_id,"
        " in_reply_to, refs, subject, headers, text, body_sha256, raw, at, wall)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        envelope.via, envelope.sender.lower(), envelope.recipient.lower(), person.key if person else "",
        character, outcome, mime.header(message, "Message-ID"), mime.header(message, "In-Reply-To"),
        mime.header(message, "References"), mime.header(message, "Subject"),
        dumps(mime.header_pairs(envelope.raw)), text, mime.body_sha256(text), envelope.raw,
        box.clock.now().isoformat(), box.clock.wall(),
    )  # fmt: skip


def _past(box: Sandbox, envelope: Envelope, person: Person | None, message: EmailMessage) -> Past:
    if person is None:
        return Past(1, 0, False)
    received = box.store.one(
        "SELECT count(*) AS number FROM mail_deliveries WHERE person = ? AND sender = ?",
        person.key,
        envelope.sender.lower(),
    )
    assert received is not None
    given = box.store.all("SELECT * FROM mail_answers WHERE person = ? ORDER BY id", person.key)
    away = [row for row in given if row["kind"] == "out_of_office"]
    to_them = [row for row in given if row["sender"] == _answered_to(message, envelope)]
    by_hand = [row for row in to_them if row not in away and row["kind"] not in BOUNCES]
    told = [datetime.fromisoformat(row["at"]) for row in to_them if row in away]
    referred = mime.message_ids(f"{mime.header(message, 'References')} {mime.header(message, 'In-Reply-To')}")
    return Past(
        received=received["number"],
        human_answers=len(by_hand),
        answers_them=any(row["message_id"] in referred for row in by_hand),
        returns=date.fromisoformat(away[-1]["returns"]) if away else None,
        auto_replied_at=told[-1] if told else None,
    )


def _plan(box: Sandbox, envelope: Envelope, person: Person | None, kind: str, delivery: int) -> None:
    """Settle who will answer, when, and under which Message-ID."""
    answered_to = _answered_to(mime.read(envelope.raw), envelope)
    if person is None or kind in BOUNCES:
        domain = "googlemail.com" if envelope.via == "gmail" else mime.domain_of(envelope.sender)
        answered_to, message_id = envelope.sender.lower(), styles.message_id("relay", domain)
    else:
        message_id = styles.message_id(answers.style_of(person), mime.domain_of(person.email))
    box.store.run(
        "INSERT INTO mail_answers (delivery, person, sender, kind, due, message_id, returns, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        delivery, person.key if person else "", answered_to, kind, _due(box, envelope.recipient), message_id,
        _returns(box, person) if person and kind == "out_of_office" else "", box.clock.now().isoformat(),
    )  # fmt: skip


def _due(box: Sandbox, recipient: str) -> float:
    shortest, longest = DELAY
    return box.clock.wall() + shortest + (longest - shortest) * answers.share(box.seed, recipient, "delay")


def _returns(box: Sandbox, person: Person) -> str:
    """The day they are back: the same for everybody who asks."""
    told = box.store.one("SELECT returns FROM mail_answers WHERE person = ? AND returns != ''", person.key)
    today = box.clock.now().astimezone(ZoneInfo(person.timezone)).date()
    return told["returns"] if told else answers.return_day(person, today).isoformat()


def _answered_to(message: EmailMessage, envelope: Envelope) -> str:
    found = mime.addresses(message, "Reply-To") or mime.addresses(message, "From") or [envelope.sender]
    return found[0].lower()


def post_due(box: Sandbox, wall: float) -> int:
    """Put every answer due by then into the mailbox it is for; returns how many."""
    rows = box.store.all(
        "SELECT * FROM mail_answers WHERE posted_at IS NULL AND due <= ? ORDER BY due, id", wall
    )
    return sum(_posted(box, row) for row in rows)


def _posted(box: Sandbox, row: Row) -> bool:
    """One answer; one that can't be written waits, so that it holds up nobody else's."""
    delivery = box.store.one("SELECT * FROM mail_deliveries WHERE id = ?", row["delivery"])
    assert delivery is not None
    try:
        raw = _composed(box, row, delivery)
    except (ValueError, LookupError, AttributeError, MessageError):
        log.exception("answer not written", extra={"answer": row["id"], "kind": row["kind"]})
        box.store.run("UPDATE mail_answers SET due = due + ? WHERE id = ?", RETRY, row["id"])
        return False
    with transaction(box.store):
        mailbox = open_account(box, row["sender"])
        thread = mailbox.thread_of(raw, any_subject=row["kind"] in BOUNCES)
        mailbox.add(raw, ["UNREAD", "INBOX"], thread_id=thread)
        now = box.clock.now().isoformat()
        box.store.run("UPDATE mail_answers SET posted_at = ? WHERE id = ?", now, row["id"])
    return True


def _composed(box: Sandbox, row: Row, delivery: Row) -> bytes:
    arrived, now = datetime.fromisoformat(delivery["at"]), box.clock.now()
    if row["kind"] in BOUNCES:
        write = dsn.gmail if delivery["via"] == "gmail" else dsn.postfix
        return write(
            dsn.Bounce(
                row["kind"],
                delivery["raw"],
                row["sender"],
                delivery["recipient"],
                row["message_id"],
                arrived,
                now,
            )
        )
    person = box.world.person_by_email(delivery["recipient"])
    assert person is not None
    company = box.world.company(person.company_key).name
    letter = answers.Letter(delivery["raw"], row["sender"], row["message_id"], arrived, now)
    if row["kind"] == "out_of_office":
        return answers.out_of_office(person, company, date.fromisoformat(row["returns"]), letter)
    return answers.human(person, company, row["kind"], letter)


async def mail_log(box: Sandbox) -> list[dict[str, Any]]:
    """Every mail that left, oldest first, one row a recipient: what was sent, and how often."""
    given: dict[int, list[dict[str, Any]]] = {}
    for row in box.store.all(
        "SELECT delivery, kind, message_id, due, posted_at FROM mail_answers ORDER BY id"
    ):
        given.setdefault(row["delivery"], []).append(
            {name: row[name] for name in ("kind", "message_id", "due", "posted_at")}
        )
    rows = box.store.all("SELECT * FROM mail_deliveries ORDER BY id")
    return [_logged(row, given.get(row["id"], [])) for row in rows]


def _logged(row: Row, given: list[dict[str, Any]]) -> dict[str, Any]:
    kept = {name: row[name] for name in LOGGED}
    headers = [{"name": name, "value": value} for name, value in json.loads(row["headers"])]
    raw = row["raw"].decode("utf-8", "replace")
    return {**kept, "references": row["refs"], "headers": headers, "raw": raw, "answers": given}


async def background(box: Sandbox) -> AsyncIterator[None]:
    """Posts answers as they fall due, while the application runs."""
    task = asyncio.create_task(_post_for_ever(box), name="sandbox mailboxes")
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _post_for_ever(box: Sandbox) -> None:
    while True:
        post_due(box, box.clock.wall())
        await asyncio.sleep(POLL)
