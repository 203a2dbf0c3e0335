"""A SOCKS5 proxy on loopback for Chromium (RFC 1928): CONNECT only, every target asked of the guard."""

import asyncio
import ipaddress
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from pipeline.egress.carry import carry
from pipeline.egress.guard import Guard
from pipeline.egress.upstream import ProxyFailed, Upstream, open_streams
from pipeline.errors import Blocked, RainmakerError
from pipeline.logs import get_logger

log = get_logger(__name__)
_VERSION, _CONNECT = 5, 1
_IPV4, _NAME, _IPV6 = 1, 3, 4
_OK, _FAILED, _FORBIDDEN, _UNREACHABLE, _BAD_COMMAND, _BAD_ADDRESS = 0, 1, 2, 4, 7, 8
_HANDSHAKE_SECONDS = 10.0


class SocksProxy:
    """`most_bytes` bounds what one connection may bring in; more ends it. `upstream`: go on through this proxy."""

    def __init__(
        self, guard: Guard, *, upstream: Upstream | None = None, most_bytes: int = 30_000_000
    ) -> None:
        self._guard = guard
        self._upstream = upstream
        self.refusals = 0
        self.proxy_failures = 0  # connections the upstream proxy did not make
        self._most_bytes = most_bytes
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.refused: list[str] = []  # the newest refusals, for who asks what a page tried

    async def start(self) -> str:
        """Listen on a free port of 127.0.0.1; gives `socks5://127.0.0.1:port`."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return f"socks5://127.0.0.1:{port}"

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, RainmakerError, asyncio.CancelledError):
            pass  # the browser sees a closed connection
        finally:
            self._open.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HANDSHAKE_SECONDS):
            target = await self._handshake(reader, writer)
        if target is None:
            return
        host, port = target
        async with self._connected(host, port, writer) as upstream:
            if upstream is not None:
                await carry(reader, writer, *upstream, most_bytes=self._most_bytes)

    async def _handshake(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[str, int] | None:
        version, methods = await reader.readexactly(2)
        offered = await reader.readexactly(methods)
        if version != _VERSION or 0 not in offered:
            writer.write(bytes([_VERSION, 0xFF]))
            return None
        writer.write(bytes([_VERSION, 0]))
        version, command, _, kind = await reader.readexactly(4)
        host = await _read_host(reader, kind)
        (port,) = struct.unpack("!H", await reader.readexactly(2))
        if version != _VERSION or command != _CONNECT:
            await _answer(writer, _BAD_COMMAND)
            return None
        if host is None:
            await _answer(writer, _BAD_ADDRESS)
            return None
        return host, port

    @asynccontextmanager
    async def _connected(
        self, host: str, port: int, writer: asyncio.StreamWriter
    ) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter] | None]:
        try:
            route = await self._guard.route(host, port)
        except Blocked as refusal:
            self.refusals += 1
            self.refused = [*self.refused[-49:], str(refusal)]
            log.info("egress_refused", host=host, port=port)
            await _answer(writer, _FORBIDDEN)
            yield None
            return
        except RainmakerError:
            await _answer(writer, _UNREACHABLE)
            yield None
            return
        try:
            async with asyncio.timeout(_HANDSHAKE_SECONDS * 2):
                upstream = await open_streams(route.addresses, route.port, self._upstream)
        except (OSError, TimeoutError) as error:
            self.proxy_failures += isinstance(error, ProxyFailed)
            await _answer(writer, _UNREACHABLE)
            yield None
            return
        try:
            await _answer(writer, _OK)
            yield upstream
        finally:
            upstream[1].close()


async def _read_host(reader: asyncio.StreamReader, kind: int) -> str | None:
    if kind == _IPV4:
        return str(ipaddress.IPv4Address(await reader.readexactly(4)))
    if kind == _IPV6:
        return str(ipaddress.IPv6Address(await reader.readexactly(16)))
    if kind != _NAME:
        return None
    (length,) = await reader.readexactly(1)
    try:
        return (await reader.readexactly(length)).decode("ascii")
    except UnicodeDecodeError:
        return None


async def _answer(writer: asyncio.StreamWriter, code: int) -> None:
    writer.write(bytes([_VERSION, code, 0, _IPV4, 0, 0, 0, 0, 0, 0]))
    await writer.drain()
