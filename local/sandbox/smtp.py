"""The sandbox's mail relay: aiosmtpd in this process's own loop, no thread, no TLS.

Faults of service "smtp", matched against "sender recipient": auth_failed, rejected (550 at RCPT),
greylisted (450 at RCPT), rate_limited (421 at MAIL), server_error (451 after DATA, nothing taken),
lost_response (taken, then the connection closes), timeout_after {seconds} (taken, then silence).
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from email.utils import format_datetime

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, Session
from aiosmtpd.smtp import Envelope as Transaction

from local.sandbox import mailboxes
from local.sandbox.context import Sandbox
from local.sandbox.mail import mime
from local.sandbox.mail.mailbox import open_account
from local.sandbox.mail.tables import transaction

HOST = "127.0.0.1"
SIZE_LIMIT = 25 * 1024 * 1024
NAME = "relay.sandbox.example"

log = logging.getLogger(__name__)


class Relay:
    """aiosmtpd's hooks: each answers with the reply line."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Transaction, address: str, mail_options: list[str]
    ) -> str:
        if self.box.faults.take("smtp", "rate_limited", address):
            return "421 4.7.0 Too many messages, try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Transaction, address: str, rcpt_options: list[str]
    ) -> str:
        what = f"{envelope.mail_from} {address}"
        if self.box.faults.take("smtp", "rejected", what):
            return "550 5.7.1 Recipient address rejected: policy restrictions"
        if self.box.faults.take("smtp", "greylisted", what):
            return "450 4.2.0 Recipient address rejected: greylisted, try again later"
        if "@" not in address:
            return "501 5.1.3 Bad recipient address syntax"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Transaction) -> str:
        what = f"{envelope.mail_from} {' '.join(envelope.rcpt_tos)}"
        faults = self.box.faults
        if faults.take("smtp", "server_error", what):
            return "451 4.3.0 Temporary server error, please try again"
        self._accept(envelope)
        if fault := faults.take("smtp", "timeout_after", what):
            await asyncio.sleep(fault.options.get("seconds", 300))
            _hang_up(server)
        if faults.take("smtp", "lost_response", what):
            _hang_up(server)
        return f"250 2.0.0 OK: queued as {secrets.token_hex(5).upper()}"

    async def handle_exception(self, error: Exception) -> str:
        log.error("relay failed", exc_info=error)
        return "451 4.3.0 Internal error"

    def _accept(self, envelope: Transaction) -> None:
        raw = self._completed(envelope.original_content or b"")
        sender = envelope.mail_from or ""
        with transaction(self.box.store):
            if sender:
                open_account(self.box, sender)  # where the answers will lie
            for recipient in dict.fromkeys(envelope.rcpt_tos):
                mailboxes.deliver(self.box, mailboxes.Envelope("smtp", sender, recipient, raw))

    def _completed(self, content: bytes) -> bytes:
        """What a submission server adds (RFC 6409): trace, and Date and Message-ID where missing."""
        raw = mime.with_crlf(content)
        now = format_datetime(self.box.clock.now())
        message = mime.read(raw)
        put = [] if "Date" in message else [("Date", now)]
        if "Message-ID" not in message:
            put.append(("Message-ID", f"<{secrets.token_hex(12)}@{NAME}>"))
        trace = f"Received: from submission by {NAME} with ESMTPSA; {now}\r\n".encode()
        return trace + mime.edit_headers(raw, put=put, drop=["Bcc"])


def _hang_up(server: SMTP) -> None:
    if server.transport is not None:
        server.transport.abort()


class SmtpServer:
    """A listening relay."""

    def __init__(self, server: asyncio.Server, sessions: set[SMTP]) -> None:
        self._server = server
        self._sessions = sessions
        self.port: int = server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and every open session."""
        self._server.close()
        for session in list(self._sessions):
            _hang_up(session)
        await self._server.wait_closed()


class _Session(SMTP):
    """aiosmtpd's protocol, known to the server while it is open."""

    open: set[SMTP]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.open.discard(self)
        super().connection_lost(error)


async def start_smtp(box: Sandbox, host: str, port: int) -> SmtpServer:
    """Listen; port 0 takes a free one, `.port` says which."""
    mailboxes.define(box)
    loop = asyncio.get_running_loop()
    relay = Relay(box)
    sessions: set[SMTP] = set()

    def authenticate(
        server: SMTP, session: Session, envelope: Transaction, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        refused = box.faults.take("smtp", "auth_failed") is not None
        right = data.password == box.accounts.smtp_password.encode() and b"@" in data.login
        return AuthResult(success=right and not refused, handled=False)

    def session() -> SMTP:
        made = _Session(
            relay,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname=NAME,
            ident="ESMTP",
            auth_require_tls=False,
            auth_exclude_mechanism=["LOGIN"],
            authenticator=authenticate,
            loop=loop,
        )
        made.open = sessions
        return made

    return SmtpServer(await loop.create_server(session, host, port), sessions)


async def background(box: Sandbox, app: web.Application) -> AsyncIterator[None]:
    """The relay beside the application, on box.smtp_port; for `app.cleanup_ctx`."""
    server = await start_smtp(box, HOST, box.smtp_port)
    box.smtp_port = server.port
    yield
    await server.stop()
