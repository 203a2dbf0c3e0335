"""What came in: a delivery report, an automatic answer, or a person. Asked in that order."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from email.message import Message

from db.types import InboundKind
from pipeline.rules import automatic, away, bounce, mime, quotes
from pipeline.rules.away import Away
from pipeline.rules.bounce import Bounce
from pipeline.rules.letter import TOKEN_HEADER
from pipeline.rules.opt_out import asks_by_subject, asks_to_stop

_ABSENT_AFTER = re.compile(
    r"out of (?:the )?office|on leave|abwesen|urlaub|absen|return(?:ing|s)", re.IGNORECASE
)
_COMPLAINER = re.compile(
    r"(?im)^(?:Original-Rcpt-To|Removal-Recipient)\s*:\s*<?([^\s<>]{1,100}@[^\s<>]{1,200}?)>?\s*$"
)


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message as it was understood. `words`: what the person wrote, without quotations."""

    kind: InboundKind
    from_email: str
    from_name: str
    to: tuple[str, ...]
    subject: str
    message_id: str | None
    references: tuple[str, ...]  # In-Reply-To and References, the nearest first
    sent_on: datetime | None
    text: str
    words: str
    token: str | None = None  # our own header, when the message is one of ours
    bounce: Bounce | None = None
    away: Away | None = None
    complaint: bool = False
    complained: tuple[str, ...] = ()  # addresses a feedback report is about


def parse_inbound(raw: bytes, *, received_on: date | None = None) -> Inbound:
    """Understand a message. Never fails; what can't be read is a person's message without words.

    `received_on`: the day "on Monday" is counted from; default: the message's own date.
    """
    message = mime.parse(raw)
    text = mime.text_of(message)
    sent_on = mime.date_of(message)
    found_bounce = bounce.read(message, TOKEN_HEADER)
    words = quotes.own_words(text.plain)
    subject = mime.header(message, "Subject")
    complaint = _is_complaint(message)
    asked_by_program = asks_by_subject(subject)
    by_program = (
        found_bounce is None
        and not complaint
        and not asked_by_program
        and automatic.is_automatic(message, subject, text.plain, words)
    )
    day = received_on or (sent_on.date() if sent_on else None)
    sender = (mime.addresses(message, "From") or [("", "")])[0]
    return Inbound(
        kind=_kind(found_bounce, by_program, complaint or asked_by_program, words),
        from_email=sender[1],
        from_name=sender[0],
        to=tuple(address for name in ("To", "Cc") for _, address in mime.addresses(message, name)),
        subject=subject,
        message_id=next(iter(mime.message_ids(message, "Message-ID")), None),
        references=_references(message),
        sent_on=sent_on,
        text=text.plain,
        words=words,
        token=mime.header(message, TOKEN_HEADER) or None,
        bounce=found_bounce,
        away=_away(message, subject, words or text.plain, day) if by_program else None,
        complaint=complaint,
        complained=_complained(message) if complaint else (),
    )


def _kind(found: Bounce | None, by_program: bool, complaint: bool, words: str) -> InboundKind:
    if found is not None:
        return InboundKind.DSN
    if complaint:
        return InboundKind.OPT_OUT
    if by_program:
        return InboundKind.AUTO_REPLY
    return InboundKind.OPT_OUT if asks_to_stop(words) else InboundKind.HUMAN


def _away(message: Message, subject: str, words: str, day: date | None) -> Away | None:
    """None where nobody is away: a receipt says only that the mail was opened. After a `Re:` or
    "Automatic reply:" stands our own subject, whose dates mean nothing here."""
    if day is None or automatic.is_receipt(message):
        return None
    before, colon, after = subject.partition(":")
    told = subject if not colon or _ABSENT_AFTER.search(after) else before
    return away.read(f"{told}\n{words}", day)


def _references(message: Message) -> tuple[str, ...]:
    nearest = mime.message_ids(message, "In-Reply-To") + mime.message_ids(message, "References")[::-1]
    reported = [one for original in _reported_on(message) for one in mime.message_ids(original, "Message-ID")]
    return tuple(dict.fromkeys(nearest + reported))


def _reported_on(message: Message) -> list[Message]:
    """The message of ours that came back inside a feedback report."""
    return bounce.returned_messages(message) if _is_complaint(message) else []


def _is_complaint(message: Message) -> bool:
    """RFC 5965: somebody pressed "this is spam"."""
    return (
        message.get_content_type() == "multipart/report"
        and "feedback-report" in str(message.get_param("report-type") or "").lower()
    )


def _complained(message: Message) -> tuple[str, ...]:
    found: list[str] = []
    for part in mime.own_parts(message):
        if part.get_content_type() == "message/feedback-report":
            found += _COMPLAINER.findall(part.as_string()[:20_000])
    for original in _reported_on(message):
        found += [address for _, address in mime.addresses(original, "To")]
    return tuple(dict.fromkeys(address.lower() for address in found))
