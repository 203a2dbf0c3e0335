"""SMTP: one mail a connection, 30 s a step. It keeps no drafts; answers are read by IMAP where that is set.

A server takes a mail when it has seen the line with a single dot, and drops one whose connection ends before
(RFC 5321 §4.1.1.4, §3.8). So nothing has left until the text is handed over, which is one write, dot included;
`leaving` is awaited before it. After it only the server's own answer says whether it took the mail.
"""

import asyncio
import re
from datetime import datetime
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from db.queries.mailbox import MailboxRow
from pipeline.clients.imap import ImapReader
from pipeline.clients.mail import (
    Changes,
    Delivered,
    Disconnected,
    Draft,
    DraftState,
    Leaving,
    Outgoing,
    Patience,
    Seen,
    Trace,
)
from pipeline.clients.mail_dial import dial, only_public
from pipeline.clock import Clock
from pipeline.egress import Guard
from pipeline.errors import Permanent, Transient, Unknown

GO_ON = 354
_LINE_LOST = (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError,
              OSError, TimeoutError, asyncio.IncompleteReadError)  # fmt: skip


class SmtpSender:
    keeps_drafts = False

    def __init__(
        self, mailbox: MailboxRow, clock: Clock, patience: Patience, guard: Guard | None = None
    ) -> None:
        """`credentials["url"]`: smtp://user:password@host:587, or smtps:// for TLS from the start;
        `credentials["imap_url"]`: where the answers arrive, if they can be read. `guard`: for servers nobody
        vouches for."""
        imap_url = mailbox.credentials.get("imap_url")
        self._reader = ImapReader(str(imap_url), mailbox.address, clock, guard) if imap_url else None
        self.can_read = self._reader is not None
        url = urlsplit(str(mailbox.credentials["url"]))
        self._patience = patience
        self._guard = guard if only_public(url.geturl()) else None
        self._host = url.hostname or "localhost"
        self._implicit_tls = url.scheme == "smtps"
        self._port = url.port or (465 if self._implicit_tls else 587)
        self._user = unquote(url.username) if url.username else None
        self._password = unquote(url.password) if url.password else ""
        # STARTTLS where the server offers it; `?starttls=required` refuses a server that doesn't.
        self._tls_required = parse_qs(url.query).get("starttls") == ["required"]

    async def position(self) -> str | None:
        return await self._reader.position() if self._reader else None

    async def draft(self, mail: Outgoing) -> Draft:
        return Draft(None, mail.message_id, None)

    async def drafts_of(self, token: str) -> list[Draft]:
        return []

    async def state_of(self, draft: Draft) -> DraftState:
        return DraftState.SAME

    async def discard(self, draft: Draft) -> None:
        return

    async def find_sent(self, trace: Trace) -> Delivered | None:
        return await self._reader.find_sent(trace) if self._reader else None

    async def read_back(self, provider_message_id: str) -> Delivered | None:
        return None

    async def changes(self, since: str) -> Changes:
        return await self._reader.changes(since) if self._reader else Changes(None, [])

    async def everything(self, since: datetime) -> Changes:
        return await self._reader.everything(since) if self._reader else Changes(None, [])

    async def look(self, message_id: str) -> Seen | None:
        return await self._reader.look(message_id) if self._reader else None

    async def raw(self, message_id: str) -> bytes | None:
        return await self._reader.raw(message_id) if self._reader else None

    async def deliver(self, draft: Draft, mail: Outgoing, leaving: Leaving) -> Delivered:
        text = on_the_wire(mail.as_bytes())
        client = await self._client()
        try:
            await self._until_text(client, mail)
            await leaving()
            await _hand_over(client, text, self._patience.taking)
        finally:
            client.close()
        return Delivered(None, mail.message_id, None)

    async def _client(self) -> aiosmtplib.SMTP:
        """Not connected yet, or by a socket to an address that was checked."""
        seconds = self._patience.smtp
        sock = await dial(self._guard, self._host, self._port, seconds) if self._guard else None
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=None if sock else self._port,
            sock=sock,
            timeout=seconds,
            use_tls=self._implicit_tls,
            start_tls=(True if self._tls_required else None) if not self._implicit_tls else False,
        )

    async def _until_text(self, client: aiosmtplib.SMTP, mail: Outgoing) -> None:
        try:
            await client.connect()
            if self._user:
                await client.login(self._user, self._password)
            await client.mail(mail.from_email)
            await client.rcpt(mail.to)
            told = await client.execute_command(b"DATA")
            if told.code != GO_ON:
                raise aiosmtplib.SMTPDataError(told.code, told.message)
        except aiosmtplib.SMTPAuthenticationError as error:
            raise Disconnected("The mail server refuses the user name or password.") from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error) from error
        except _LINE_LOST as error:
            raise Transient("The mail server does not answer") from error
        except aiosmtplib.SMTPException as error:
            raise Permanent(f"The mail server can't be used: {error}") from error


async def _hand_over(client: aiosmtplib.SMTP, text: bytes, patience: float) -> None:
    protocol = client.protocol
    try:
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        protocol.write(text)
    except aiosmtplib.SMTPServerDisconnected as error:  # not a byte of it was written
        raise Transient("The mail server hung up") from error
    try:
        answer = await protocol.read_response(patience)
    except (*_LINE_LOST, aiosmtplib.SMTPException) as error:
        raise Unknown("The mail server did not say whether it took the mail") from error
    if not 200 <= answer.code < 300:
        if not 400 <= answer.code < 600:
            raise Unknown(f"The mail server said neither yes nor no: {answer.code}")
        raise _refused(aiosmtplib.SMTPDataError(answer.code, answer.message))


def on_the_wire(raw: bytes) -> bytes:
    """Every line ends with CRLF, one that begins with a dot has a second, and a lone dot ends it all
    (RFC 5321 §4.5.2); nothing else in it can be taken for the end."""
    text = re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
    if not text.endswith(b"\r\n"):
        text += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", text) + b".\r\n"


def _refused(error: aiosmtplib.SMTPResponseException) -> Exception:
    if 400 <= error.code < 500:
        return Transient(f"The mail server can't take it now: {error.code} {error.message[:200]}")
    return Permanent(f"The mail server refused it: {error.code} {error.message[:200]}")
