"""Mail servers that a person names: may they be reached, and do they let us in? Nothing is sent, nothing is read.

A host has to be at a public address and one of the usual ports, and to encrypt, unless `MAIL_HOSTS` names it: then
whoever runs the product answers for it.
"""

import socket
from dataclasses import dataclass, field
from urllib.parse import quote

import aiosmtplib

from pipeline.clients.imap import ImapReader
from pipeline.clients.mail import Disconnected
from pipeline.clients.mail_dial import ONLY_PUBLIC, dial, mail_guard
from pipeline.clock import Clock
from pipeline.errors import Permanent, Transient, UserError
from pipeline.settings import Settings

SECONDS = 15  # SMTP has for each answer
SMTP_TLS, IMAP_TLS = 465, 993  # TLS from the start there, STARTTLS elsewhere


@dataclass(frozen=True, slots=True)
class Login:
    """One server, and who we are there."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Servers:
    smtp: Login
    imap: Login | None = None  # without, answers are not read


def credentials(servers: Servers, settings: Settings) -> dict[str, str]:
    """As a mailbox keeps them: url, imap_url."""
    kept = {"url": _url("smtp", SMTP_TLS, servers.smtp, settings)}
    if servers.imap is not None:
        kept["imap_url"] = _url("imap", IMAP_TLS, servers.imap, settings)
    return kept


def _url(kind: str, tls_port: int, login: Login, settings: Settings) -> str:
    who = f"{quote(login.user, safe='')}:{quote(login.password, safe='')}"
    host = f"[{login.host}]" if ":" in login.host else login.host
    vouched = _is_vouched_for(login.host, settings)
    if login.port == tls_port:
        return f"{kind}s://{who}@{host}:{login.port}{'' if vouched else f'?{ONLY_PUBLIC}'}"
    insists = "" if vouched else f"?starttls=required&{ONLY_PUBLIC}"
    return f"{kind}://{who}@{host}:{login.port}{insists}"


def _is_vouched_for(host: str, settings: Settings) -> bool:
    return host.lower().rstrip(".") in settings.mail_host_names


async def admit(host: str, port: int, settings: Settings) -> None:
    """May this place be reached? Raises UserError with what is wrong with it."""
    if _is_vouched_for(host, settings):
        return
    if settings.stand_in_names:
        raise UserError(
            f"Parts of the outside are stand-ins here ({', '.join(sorted(settings.stand_in_names))}), so no real "
            "mailbox can be connected."
        )
    try:
        await mail_guard(settings).route(host, port)
    except (Permanent, Transient) as error:
        raise UserError(f"{host}:{port} can't be used: {error}") from error


async def try_login(address: str, servers: Servers, settings: Settings, clock: Clock) -> None:
    """Sign in to both and leave. Raises UserError."""
    await _try_smtp(servers.smtp, settings)
    if servers.imap is None:
        return
    url = _url("imap", IMAP_TLS, servers.imap, settings)
    reader = ImapReader(url, address, clock, mail_guard(settings))
    try:
        await reader.position()
    except (Disconnected, Permanent, Transient) as error:
        raise UserError(f"{servers.imap.host}: {str(error).replace(' (IMAP_URL)', '')}") from error
    finally:
        reader.close()


async def _try_smtp(login: Login, settings: Settings) -> None:
    host, tls = login.host, login.port == SMTP_TLS
    vouched = _is_vouched_for(host, settings)
    sock = None if vouched else await _reached(login, settings)
    client = aiosmtplib.SMTP(
        hostname=host,
        port=None if sock else login.port,
        sock=sock,
        timeout=SECONDS,
        use_tls=tls,
        start_tls=False if tls else None if vouched else True,
    )
    try:
        await client.connect()
        await client.login(login.user, login.password)
        await client.quit()
    except aiosmtplib.SMTPAuthenticationError as error:
        raise UserError(f"{host} refuses the user name or the password.") from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise UserError(
            f"{host}:{login.port} does not let me in ({type(error).__name__}). Check host and port; it has "
            "to offer TLS."
        ) from error
    finally:
        client.close()


async def _reached(login: Login, settings: Settings) -> socket.socket:
    """Connected to an address that was checked. Raises UserError."""
    try:
        return await dial(mail_guard(settings), login.host, login.port, SECONDS)
    except (Disconnected, Transient) as error:
        raise UserError(f"{login.host}:{login.port}: {error}") from error
