"""Upstream proxies of our own: HTTP CONNECT and SOCKS5, with passwords, moods, and a note of what was asked.

Whatever address they are asked for, they connect to `really`: tests reach no other machine.
"""

import asyncio
import base64
import ipaddress
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pipeline.egress.carry import carry
from tests.pipeline.egress_stubs import raw_server


@dataclass
class ProxyStub:
    """`refuse`: answer so instead; `secret`: `user:password` that is wanted."""

    really: int  # the port of this machine that every target leads to
    kind: str = "http"
    secret: str | None = None
    refuse: int = 0
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"{self.kind}://{self.secret + '@' if self.secret else ''}127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = await (self._socks if self.kind == "socks5" else self._connect)(reader, writer)
        if accepted:
            far = await asyncio.open_connection("127.0.0.1", self.really)
            await carry(reader, writer, *far, most_bytes=10_000_000)
            far[1].close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head.split(" ")[1])
        wanted = base64.b64encode((self.secret or "").encode()).decode()
        status = self.refuse or (407 if self.secret and f"Basic {wanted}" not in head else 200)
        writer.write(f"HTTP/1.1 {status} Whatever\r\nX-Odd: 1\r\n\r\n".encode())
        await writer.drain()
        return status == 200

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        method = 2 if self.secret else 0
        writer.write(bytes([5, method if method in methods else 0xFF]))
        if method == 2:
            _, length = await reader.readexactly(2)
            user = await reader.readexactly(length)
            password = await reader.readexactly((await reader.readexactly(1))[0])
            right = f"{user.decode()}:{password.decode()}" == self.secret
            writer.write(bytes([1, 0 if right else 1]))
            if not right:
                return False
        _, _, _, kind = await reader.readexactly(4)
        host = (await reader.readexactly(4 if kind == 1 else 16)) if kind in (1, 4) else b""
        (port,) = struct.unpack("!H", await reader.readexactly(2))
        self.asked.append(f"{ipaddress.ip_address(host)}:{port}" if host else "a name")
        writer.write(bytes([5, self.refuse, 0, 1, 0, 0, 0, 0, 0, 0]))
        await writer.drain()
        return not self.refuse


@asynccontextmanager
async def upstream_proxy(really: int, kind: str = "http", **options: object) -> AsyncIterator[ProxyStub]:
    stub = ProxyStub(really, kind, **options)  # type: ignore[arg-type]
    async with raw_server(stub.serve) as port:
        stub.port = port
        yield stub
