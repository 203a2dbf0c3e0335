"""aiohttp's way through the guard."""

import socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from pipeline.egress.guard import Guard


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

    def __init__(self, guard: Guard, *, limit: int = 50) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            resolver=_GuardedResolver(guard),
            use_dns_cache=False,
            force_close=True,
            limit=limit,
        )
        self._guard = guard

    async def connect(
        self, req: ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        await self._guard_literal(req)
        return await super().connect(req, traces, timeout)

    async def _guard_literal(self, req: Any) -> None:
        host, port = req.url.raw_host or "", req.url.port or 0
        if ":" in host or host[-1:].isdigit():
            await self._guard.route(host, port)
