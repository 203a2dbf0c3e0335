"""The world's name server, over UDP and TCP: addresses, mail exchangers, SPF and DMARC.

Faults of service "dns", matched against the name asked for: timeout, server_error (SERVFAIL).
"""

import asyncio
import hashlib
import socket
from contextlib import AsyncExitStack

import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.rrset

from local.sandbox.context import Sandbox

TTL = 300
TCP_IDLE_SECONDS = 10
UDP_LIMIT = 512  # bytes, where the client does not say that it takes more (RFC 1035, 6891)


class Zone:
    """Every record of the world, by name and type."""

    def __init__(self, box: Sandbox) -> None:
        self._records: dict[str, dict[str, list[str]]] = {}
        world = box.world
        for host in world.hosts:
            self._add(host, "A", _address(host))
        mailbox_domain = box.accounts.mailbox.partition("@")[2]
        for domain in (*(company.domain for company in world.companies), mailbox_domain):
            self._add_mail(domain)

    def _add(self, name: str, kind: str, value: str) -> None:
        self._records.setdefault(name, {}).setdefault(kind, []).append(value)

    def _add_mail(self, domain: str) -> None:
        mail = f"mail.{domain}"
        self._add(mail, "A", _address(mail))
        self._add(domain, "MX", f"10 {mail}.")
        self._add(domain, "TXT", '"v=spf1 mx -all"')
        self._add(domain, "NS", f"ns.{domain}.")
        self._add(f"ns.{domain}", "A", _address(f"ns.{domain}"))
        self._add(domain, "SOA", f"ns.{domain}. hostmaster.{domain}. 1 3600 600 86400 300")
        self._add(f"_dmarc.{domain}", "TXT", f'"v=DMARC1; p=quarantine; rua=mailto:dmarc@{domain}"')

    def find(self, name: str, kind: str) -> list[str] | None:
        """The values; an empty list where the name exists without that type, None where it does not exist."""
        name = name.lower().rstrip(".")
        if name in self._records:
            return self._records[name].get(kind, [])
        below = any(known.endswith("." + name) for known in self._records)
        return [] if below else None  # a name with only names below it exists, empty (RFC 8020)


def _address(host: str) -> str:
    """An address of the block set aside for documentation, the same for the same host."""
    return f"203.0.113.{hashlib.sha256(host.encode()).digest()[0] % 254 + 1}"


class Answerer:
    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self._zone = Zone(box)

    def answer(self, wire: bytes, *, limit: int | None) -> bytes | None:
        """The reply to a query as it came; None where there is to be none. `limit` truncates, as UDP must."""
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return _format_error(wire)
        if query.flags & dns.flags.QR:
            return None  # never answer an answer
        name = query.question[0].name.to_text() if query.question else ""
        if self._box.faults.take("dns", "timeout", name):
            return None
        reply = dns.message.make_response(query, recursion_available=True)
        self._fill(query, reply, name)
        answer = reply.to_wire()
        return answer if limit is None or len(answer) <= max(limit, query.payload) else _truncated(query)

    def _fill(self, query: dns.message.Message, reply: dns.message.Message, name: str) -> None:
        reply.flags |= dns.flags.AA
        if query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
            reply.set_rcode(dns.rcode.NOTIMP)
            return
        if self._box.faults.take("dns", "server_error", name):
            reply.set_rcode(dns.rcode.SERVFAIL)
            return
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
        values = self._zone.find(name, kind)
        if values is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif values:
            reply.answer.append(dns.rrset.from_text(query.question[0].name, TTL, "IN", kind, *values))


def _format_error(wire: bytes) -> bytes | None:
    """FORMERR with the query's id; nothing where there is no whole header."""
    return wire[:2] + bytes([0x80 | (wire[2] & 0x79), 1]) + bytes(8) if len(wire) >= 12 else None


def _truncated(query: dns.message.Message) -> bytes:
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.TC
    return reply.to_wire()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = self._answerer.answer(data, limit=UDP_LIMIT)
        if reply is not None:
            self._transport.sendto(reply, addr)


class _Conversations:
    """DNS over TCP: each message behind its length in two bytes, several on one connection (RFC 7766)."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer
        self._open: set[asyncio.StreamWriter] = set()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while True:
                async with asyncio.timeout(TCP_IDLE_SECONDS):
                    size = int.from_bytes(await reader.readexactly(2), "big")
                    reply = self._answerer.answer(await reader.readexactly(size), limit=None)
                if reply is not None:
                    writer.write(len(reply).to_bytes(2, "big") + reply)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            writer.close()
        finally:
            self._open.discard(writer)

    async def end(self) -> None:
        """Close every connection and let its conversation see that."""
        for writer in tuple(self._open):
            writer.close()
        while self._open:  # noqa: ASYNC110
            await asyncio.sleep(0)


async def start_dns(stack: AsyncExitStack, box: Sandbox, listener: socket.socket, port: int) -> None:
    """Answer on the listening TCP socket and on the UDP port of the same number until the stack closes."""
    answerer = Answerer(box)
    conversations = _Conversations(answerer)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(answerer), ("127.0.0.1", port))
    stack.callback(transport.close)
    server = await asyncio.start_server(conversations.converse, sock=listener)
    stack.push_async_callback(conversations.end)
    stack.callback(server.close)
