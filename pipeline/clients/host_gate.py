"""Politeness: at most two requests at once to one host, a short pause between them. For one process."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_AT_ONCE = 2
_MOST_HOSTS = 5000


@dataclass
class _Host:
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    next_at: float = 0.0
    waiting: int = 0


class HostGate:
    """`pause`: seconds between the beginnings of two requests to a host; robots.txt may ask for more."""

    def __init__(self, monotonic: Callable[[], float], pause: float = 0.1) -> None:
        self._monotonic = monotonic
        self._pause = pause
        self._hosts: OrderedDict[str, _Host] = OrderedDict()

    @asynccontextmanager
    async def turn(self, host: str, pause: float = 0.0) -> AsyncGenerator[None]:
        gate = self._hosts.setdefault(host, _Host())
        self._hosts.move_to_end(host)
        gate.waiting += 1
        try:
            async with gate.slots:
                now = self._monotonic()
                begin = max(now, gate.next_at)
                gate.next_at = begin + max(self._pause, pause)
                await asyncio.sleep(begin - now)
                yield
        finally:
            gate.waiting -= 1
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        while len(self._hosts) > _MOST_HOSTS:
            host, gate = next(iter(self._hosts.items()))
            if gate.waiting:
                return
            del self._hosts[host]
