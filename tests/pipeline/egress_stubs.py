"""What the guard's tests stand on: a DNS server of our own, and plain sockets that behave badly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class DnsStub(asyncio.DatagramProtocol):
    """Answers from `records` (name to addresses); a name with several lists gives them one after the other.

    An entry `CNAME other` makes the addresses of its list those of the other name.
    """

    def __init__(self, records: dict[str, list[list[str]]]) -> None:
        self.records = records
        self.asked: list[str] = []

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        question = dns.message.from_wire(data)
        asked = question.question[0]
        name = asked.name.to_text().rstrip(".")
        kind = dns.rdatatype.to_text(asked.rdtype)
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        lists = self.records.get(name)
        if lists is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            if kind == "A":
                self.asked.append(name)
            current = lists[min(max(self.asked.count(name) - 1, 0), len(lists) - 1)]
            owner = asked.name
            for alias in [item.removeprefix("CNAME ") + "." for item in current if item.startswith("CNAME ")]:
                answer.answer.append(dns.rrset.from_text(owner, 0, "IN", "CNAME", alias))
                owner = dns.name.from_text(alias)
            addresses = [item for item in current if not item.startswith("CNAME ")]
            wanted = [item for item in addresses if (":" in item) == (kind == "AAAA")]
            if wanted:
                answer.answer.append(dns.rrset.from_text(owner, 0, "IN", kind, *wanted))
        self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def dns_server(records: dict[str, list[list[str]]]) -> AsyncIterator[tuple[str, DnsStub]]:
    """`ip:port` of a server that knows `records`, and the server."""
    loop = asyncio.get_running_loop()
    transport, stub = await loop.create_datagram_endpoint(
        lambda: DnsStub(records), local_addr=("127.0.0.1", 0)
    )
    try:
        yield f"127.0.0.1:{transport.get_extra_info('sockname')[1]}", stub
    finally:
        transport.close()


@asynccontextmanager
async def raw_server(serve: Serve) -> AsyncIterator[int]:
    """A port of this machine where `serve` talks to each connection."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def request_of(reader: asyncio.StreamReader) -> str:
    return (await reader.readuntil(b"\r\n\r\n")).decode()


def answer(body: bytes, *headers: str, status: str = "200 OK", kind: str = "text/html") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
