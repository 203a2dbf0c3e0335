"""aiohttp's way through the guard, and from there through an upstream proxy where one is given."""

import asyncio
import socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from pipeline.egress.carry import carry
from pipeline.egress.guard import Guard
from pipeline.egress.upstream import Upstream, open_streams

_MOST_RELAYED = 30_000_000


class _GuardedResolver(AbstractResolver):
    """Hands aiohttp the checked addresses; the connection goes to exactly these."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        route = await self._guard.route(host, port)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=route.port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in route.addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


class GuardedConnector(aiohttp.TCPConnector):
    """A connector that asks the guard for every connection; a host that is an address is asked for too,
    which aiohttp's resolver would not see. Connections are not kept: each hop is a new question."""

    def __init__(self, guard: Guard, *, upstream: Upstream | None = None, limit: int = 50) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            resolver=_GuardedResolver(guard),
            use_dns_cache=False,
            force_close=True,
            limit=limit,
        )
        self._guard = guard
        self._upstream = upstream
        self._relays: set[asyncio.Task[None]] = set()

    async def connect(
        self, req: ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        await self._guard_literal(req)
        return await super().connect(req, traces, timeout)

    async def _guard_literal(self, req: Any) -> None:
        host, port = req.url.raw_host or "", req.url.port or 0
        if ":" in host or host[-1:].isdigit():
            await self._guard.route(host, port)

    async def _wrap_create_connection(self, *args: Any, addr_infos: Any, **kwargs: Any) -> Any:
        """The one place where aiohttp has the checked addresses and makes the socket. With an upstream proxy the
        socket is one end of a pair; the other end is carried to the proxy's tunnel. So TLS is spoken with the
        site itself, also through a proxy that is spoken to by TLS."""
        if self._upstream is None:
            return await super()._wrap_create_connection(*args, addr_infos=addr_infos, **kwargs)  # pyright: ignore
        address, port = addr_infos[0][4][:2]
        tunnel = await open_streams((address,), port, self._upstream)
        ours, theirs = socket.socketpair()
        relay = asyncio.create_task(_relay(theirs, tunnel))
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)
        wanted = {name: value for name, value in kwargs.items() if name in ("ssl", "server_hostname")}
        return await asyncio.get_running_loop().create_connection(*args, **wanted, sock=ours)


async def _relay(end: socket.socket, tunnel: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    reader, writer = await asyncio.open_connection(sock=end)
    try:
        await carry(reader, writer, *tunnel, most_bytes=_MOST_RELAYED)
    finally:
        writer.close()
        tunnel[1].close()
