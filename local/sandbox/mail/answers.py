"""Composes what a person's mailbox sends back: an answer typed by hand, or an out-of-office note."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr
from typing import TypeVar
from zoneinfo import ZoneInfo

from local.sandbox.mail import dates, mime, styles, words
from local.sandbox.world import Person

WIRE = SMTP.clone(max_line_length=900)  # Python would else break long message ids in References
DAYS_AWAY = (4, 9)
T = TypeVar("T")


@dataclass(frozen=True)
class Letter:
    """What is answered, and how the answer is to be identified."""

    original: bytes
    answered_to: str  # the address the answer goes to
    message_id: str
    received_at: datetime
    now: datetime


def share(*parts: object) -> float:
    """From 0 up to 1, always the same for the same parts."""
    digest = hashlib.sha256("\x00".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def pick(choices: tuple[T, ...], *parts: object) -> T:
    return choices[int(share(*parts) * len(choices))]


def style_of(person: Person) -> str:
    """Everybody keeps to one mail program."""
    return pick(styles.STYLES, person.key, "program")


def human(person: Person, company: str, kind: str, letter: Letter) -> bytes:
    """The person's own answer, with their signature and the message they answer below."""
    original = mime.read(letter.original)
    style, language = style_of(person), words.language_of(mime.body_text(original))
    quoted = styles.quoted_from(letter.original, letter.received_at.astimezone(ZoneInfo(person.timezone)))
    body = _body(person, company, kind, parseaddr(quoted.sender)[0], language, style)
    message = _head(person, letter)
    message["Subject"] = mime.reply_subject(quoted.subject, styles.reply_prefix(style, language))
    _refer(message, original)
    styles.set_body(message, styles.write(style, body, quoted, language), style)
    return message.as_bytes()


def _body(person: Person, company: str, kind: str, sender: str, language: str, style: str) -> str:
    text = pick(words.TEXTS[kind][language], person.key, kind)
    greeting = words.GREETING[language].format(first=sender.split()[0], full=sender) if sender.strip() else ""
    closing = pick(words.CLOSING[language], person.key, "closing")
    parts = [greeting, text, f"{closing}\n{_signature(person, company, style)}"]
    return "\n\n".join(part for part in parts if part)


def _signature(person: Person, company: str, style: str) -> str:
    card = f"{person.name}\n{person.title} | {company}\n{person.phone}"
    if style == "apple":
        return f"{person.first_name}\n\nSent from my iPhone"
    return f"{person.first_name}\n\n-- \n{card}" if style == "gmail" else card


def out_of_office(person: Person, company: str, returns: date, letter: Letter) -> bytes:
    """RFC 3834. One in three systems writes a fresh message that refers to nothing."""
    original = mime.read(letter.original)
    language = words.language_of(mime.body_text(original))
    message = _head(person, letter)
    subject = mime.header(original, "Subject")
    if is_fresh(person):
        message["Subject"] = "Abwesenheitsnotiz" if language == "de" else f"Out of office: {person.name}"
    else:
        message["Subject"] = f"{'Automatische Antwort' if language == 'de' else 'Automatic reply'}: {subject}"
        _refer(message, original)
    message["Auto-Submitted"] = "auto-replied"
    message["X-Auto-Response-Suppress"] = "All"
    message["Precedence"] = "bulk"
    text = pick(words.AWAY[language], person.key, "away").format(
        day=dates.long_day(returns, language),
        before=dates.plain_day(returns - timedelta(days=1), language),
        colleague=f"our front desk at {company}",
    )
    message.set_content(f"{text}\n\n{person.name}\n{person.title}, {company}\n", cte="quoted-printable")
    return message.as_bytes()


def is_fresh(person: Person) -> bool:
    """Whether this person's auto-reply refers to nothing."""
    return share(person.key, "fresh") < 1 / 3


def return_day(person: Person, today: date) -> date:
    """The first weekday after their absence."""
    first, last = DAYS_AWAY
    day = today + timedelta(days=first + int(share(person.key, "absence") * (last - first + 1)))
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def _head(person: Person, letter: Letter) -> EmailMessage:
    domain = mime.domain_of(person.email)
    local = letter.now.astimezone(ZoneInfo(person.timezone))
    message = EmailMessage(policy=WIRE)
    message["Return-Path"] = f"<{person.email}>"
    message["Received"] = (
        f"from mail.{domain} (mail.{domain} [203.0.113.25]) by mx.google.com; {format_datetime(local)}"
    )
    message["Authentication-Results"] = (
        f"mx.google.com; dkim=pass header.i=@{domain}; spf=pass smtp.mailfrom={person.email};"
        f" dmarc=pass header.from={domain}"
    )
    message["Date"] = format_datetime(local)
    message["From"] = formataddr((person.name, person.email))
    message["To"] = letter.answered_to
    message["Message-ID"] = letter.message_id
    return message


def _refer(message: EmailMessage, original: EmailMessage) -> None:
    """RFC 5322 3.6.4."""
    parent = mime.header(original, "Message-ID")
    if not parent:
        return
    chain = mime.message_ids(mime.header(original, "References") or mime.header(original, "In-Reply-To"))
    message["In-Reply-To"] = parent
    message["References"] = " ".join([*chain, parent])
