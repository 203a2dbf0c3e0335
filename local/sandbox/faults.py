"""Ways the sandbox misbehaves on demand, as the real services do now and then."""

import asyncio
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Fault:
    service: str  # slack, openai, google, brave, searxng, apify, gmail, smtp, imap, site
    kind: str  # the service's own word for it: rate_limited, server_error, lost_response, ...
    times: int = 1  # how many requests it spoils; -1: until cleared
    match: str = ""  # a part of the method or path it applies to; empty: any
    options: dict[str, Any] = field(default_factory=dict)


class Faults:
    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self.latency: dict[str, tuple[float, float]] = {}  # service: shortest, longest, in seconds

    def arm(self, fault: Fault) -> None:
        self._armed.append(fault)

    def armed(self) -> list[Fault]:
        """What still spoils requests."""
        return [fault for fault in self._armed if fault.times]

    def clear(self) -> None:
        self._armed.clear()
        self.latency.clear()

    def take(self, service: str, kind: str, what: str = "") -> Fault | None:
        """The armed fault that spoils this request, used up by one; None where none does."""
        for fault in self._armed:
            if fault.service == service and fault.kind == kind and fault.match in what and fault.times:
                fault.times -= 1
                return fault
        return None

    async def delay(self, service: str, share: float) -> None:
        """Wait as long as the service was told to take; `share` from 0 to 1 picks within its range."""
        if service in self.latency:
            shortest, longest = self.latency[service]
            await asyncio.sleep(shortest + (longest - shortest) * share)
