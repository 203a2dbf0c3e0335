"""Sending and reading mail: what the jobs ask of a mailbox, whoever keeps it.

`deliver` raises `Transient` or `Permanent` only when the mail surely did not leave, else `Unknown`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from typing import Protocol

from db.queries.mailbox import MailboxRow
from db.types import MailProvider
from pipeline.clock import Clock
from pipeline.errors import Permanent
from pipeline.rules.letter import TOKEN_HEADER
from pipeline.settings import Settings

# Shorter lines make the library fold long links and Message-IDs into encoded words, which nobody can use; 7bit,
# since a server need not take eight bits (RFC 6152), and one on the way that does not would change or refuse it.
_WIRE = SMTP.clone(max_line_length=900, cte_type="7bit")

# The headers a message is judged by before its text is fetched.
WANTED_HEADERS = ("Message-ID", "From", "To", "Cc", "Subject", "Date", "References", "In-Reply-To", "Auto-Submitted",
                  "Content-Type", "Return-Path", "X-Failed-Recipients", TOKEN_HEADER)  # fmt: skip


class Disconnected(Permanent):
    """The mailbox no longer lets us in; a person has to connect it again."""


class HistoryGone(Permanent):
    """The provider no longer knows the reading position; the mailbox has to be looked through anew."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail, whole. `token`: our opaque header value. `message_id`: ours, until the provider gives another."""

    from_email: str
    from_name: str | None
    to: str
    subject: str
    text: str
    token: str
    message_id: str
    date: datetime
    html: str | None = None
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: str | None = None
    thread_id: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])

    def as_bytes(self) -> bytes:
        """The mail on the wire. Raises Permanent for what no mail can carry, such as a broken address."""
        try:
            return self._built().as_bytes()
        except (ValueError, MessageError) as error:
            raise Permanent(f"This can't be put into a mail: {error}.") from error

    def _built(self) -> EmailMessage:
        mail = EmailMessage(policy=_WIRE)
        mail["From"] = Address(" ".join((self.from_name or "").split()), addr_spec=self.from_email)
        mail["To"] = Address(addr_spec=self.to)
        mail["Subject"] = self.subject
        mail["Date"] = format_datetime(self.date)
        mail["Message-ID"] = self.message_id
        mail[TOKEN_HEADER] = self.token
        for name, value in (
            ("Reply-To", self.reply_to),
            ("In-Reply-To", self.in_reply_to),
            ("References", self.references),
            *self.headers.items(),
        ):
            if value:
                mail[name] = value
        mail.set_content(self.text)
        if self.html:
            mail.add_alternative(self.html, subtype="html")
        return mail


@dataclass(frozen=True, slots=True)
class Draft:
    """What the provider keeps of a mail that has not left. Both ids are None where it keeps none."""

    draft_id: str | None
    message_id: str | None
    thread_id: str | None


class DraftState(StrEnum):
    SAME = "same"
    CHANGED = "changed"  # somebody edited it
    GONE = "gone"  # sent or deleted


@dataclass(frozen=True, slots=True)
class Delivered:
    provider_message_id: str | None
    message_id: str | None  # the real Message-ID; None when it could not be read back yet
    thread_id: str | None


@dataclass(frozen=True, slots=True)
class Trace:
    """By what a mail that may have left is looked for. `since`: business time, before it was claimed."""

    token: str
    message_id: str | None
    thread_id: str | None
    history_id: str | None
    to: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """A message that came into a mailbox, without its text."""

    id: str
    thread_id: str | None
    labels: frozenset[str]
    received_at: datetime
    size: int
    headers: dict[str, str]  # lower-case names

    @property
    def sent_by_us(self) -> bool:
        return "SENT" in self.labels

    @property
    def is_draft(self) -> bool:
        return "DRAFT" in self.labels


@dataclass(frozen=True, slots=True)
class Changes:
    position: str | None
    message_ids: Sequence[str]


Leaving = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds a provider has for an answer."""

    gmail: float = 30
    smtp: float = 30
    taking: float = (
        90  # after SMTP's dot; RFC 5321 §4.5.3.2.6 is patient, since giving up early repeats mails
    )


class Sender(Protocol):
    """One mailbox."""

    keeps_drafts: bool
    can_read: bool

    async def position(self) -> str | None:
        """Where the mailbox's history stands now."""
        ...

    async def draft(self, mail: Outgoing) -> Draft: ...

    async def drafts_of(self, token: str) -> list[Draft]:
        """Drafts that carry our token."""
        ...

    async def state_of(self, draft: Draft) -> DraftState: ...

    async def deliver(self, draft: Draft, mail: Outgoing, leaving: Leaving) -> Delivered:
        """`leaving` is awaited at the last moment before which the mail surely has not left; what it raises ends
        the attempt. Who keeps drafts has no need of it: a draft that is still there was not sent."""
        ...

    async def discard(self, draft: Draft) -> None:
        """Delete a draft; one that is gone is fine."""
        ...

    async def find_sent(self, trace: Trace) -> Delivered | None:
        """The sent mail, confirmed by our token or Message-ID; None when it is not to be found (yet)."""
        ...

    async def read_back(self, provider_message_id: str) -> Delivered | None: ...

    async def changes(self, since: str) -> Changes:
        """Messages that were added after that position. Raises HistoryGone."""
        ...

    async def everything(self, since: datetime) -> Changes:
        """Messages since a moment (business time), for a mailbox whose position was lost."""
        ...

    async def look(self, message_id: str) -> Seen | None:
        """None: it was deleted meanwhile."""
        ...

    async def raw(self, message_id: str) -> bytes | None: ...


class Mail:
    """Opens mailboxes; clients are kept for the life of the process."""

    def __init__(self, settings: Settings, clock: Clock, patience: Patience) -> None:
        self._settings = settings
        self._clock = clock
        self._patience = patience
        self._open: dict[tuple[str, str], Sender] = {}

    def sender(self, mailbox: MailboxRow) -> Sender:
        key = (mailbox.address, repr(sorted(mailbox.credentials.items())))
        if key not in self._open:
            self._open[key] = self._make(mailbox)
        return self._open[key]

    def _make(self, mailbox: MailboxRow) -> Sender:
        if mailbox.provider is MailProvider.GMAIL:
            from pipeline.clients.gmail import GmailSender

            return GmailSender(self._settings, mailbox, self._patience)
        from pipeline.clients.mail_dial import mail_guard
        from pipeline.clients.smtp import SmtpSender

        return SmtpSender(mailbox, self._clock, self._patience, mail_guard(self._settings))

    async def close(self) -> None:
        self._open.clear()


def open_mail(settings: Settings, clock: Clock, patience: Patience = Patience()) -> Mail:
    return Mail(settings, clock, patience)
