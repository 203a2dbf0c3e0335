"""Connections to mail servers that a person named: only to public addresses, looked up anew each time.

What a name stands for may change after it was let in, so each connection goes to an address that was checked for it.
Servers that the settings name (SMTP_URL, IMAP_URL, MAIL_HOSTS) are vouched for and connected to as they are.
"""

import asyncio
import socket
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from pipeline.clients.mail import Disconnected
from pipeline.egress import Guard, open_guard
from pipeline.errors import Blocked, Permanent, Transient
from pipeline.settings import Settings

PORTS = (25, 465, 587, 2525, 143, 993)
ONLY_PUBLIC = "guard=public"  # in the query of a mailbox's URL: nobody vouches for its host


def mail_guard(settings: Settings) -> Guard:
    return open_guard(dns_server=settings.dns_server, egress_hosts="", egress_ca=None, ports=PORTS)


def only_public(url: str) -> bool:
    return parse_qs(urlsplit(url).query).get("guard") == ["public"]


async def addresses_of(guard: Guard, host: str, port: int) -> tuple[tuple[str, ...], int]:
    """Where it may be connected to, and at which port. Raises Disconnected where it may not be, Transient without an
    answer of DNS."""
    try:
        route = await guard.route(host, port)
    except Blocked as error:
        raise Disconnected(f"The mail server can't be used: {error}") from error
    except Permanent as error:  # no such name: a zone that is being changed has none for a while
        raise Transient(f"The mail server is not to be found: {error}") from error
    return route.addresses, route.port


async def dial(guard: Guard, host: str, port: int, seconds: float) -> socket.socket:
    """A socket to the first address that answers, not blocking. Raises as `addresses_of`."""
    addresses, at_port = await addresses_of(guard, host, port)
    loop, problem = asyncio.get_running_loop(), "no address"
    for address in addresses:
        opened = socket.socket(_family(address), socket.SOCK_STREAM)
        opened.setblocking(False)
        try:
            await asyncio.wait_for(loop.sock_connect(opened, (address, at_port)), seconds)
            return opened
        except BaseException as error:
            opened.close()
            if not isinstance(error, OSError | TimeoutError):
                raise
            problem = str(error) or "no answer"
    raise Transient(f"The mail server does not answer: {problem}")


def dial_blocking(addresses: Sequence[str], port: int, seconds: float | None) -> socket.socket:
    """The same for who waits in a thread; the addresses were checked. Raises OSError."""
    problem = OSError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), seconds)
        except OSError as error:
            problem = error
    raise problem


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
