"""Names to addresses, by DNS only: the machine's own hosts file has no say."""

import asyncio
import ipaddress
from typing import Any, Protocol, cast

import dns.asyncresolver
import dns.exception
import dns.resolver

from pipeline.egress.addresses import Address
from pipeline.errors import Permanent, Transient

_SECONDS = 5.0  # for one name, all servers and repeats together


class Resolver(Protocol):
    async def resolve(self, host: str) -> list[Address]:
        """Every address of the name. Raises Permanent (no such name) or Transient (no answer)."""
        ...


class DnsResolver:
    """`server`: `ip` or `ip:port` (`[ip6]:port`); None means the system's servers."""

    def __init__(self, server: str | None = None) -> None:
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=server is None)
        except dns.resolver.NoResolverConfiguration:
            self._resolver = dns.asyncresolver.Resolver(configure=False)  # no server: every name is Transient
        if server is not None:
            address, port = split_server(server)
            self._resolver.nameservers = [address]
            self._resolver.port = port
        self._resolver.lifetime = _SECONDS

    async def resolve(self, host: str) -> list[Address]:
        name = host.rstrip(".") + "."
        answers = await asyncio.gather(self._ask(name, "A"), self._ask(name, "AAAA"), return_exceptions=True)
        found: list[Address] = []
        problems: list[BaseException] = []
        for answer in answers:
            if isinstance(answer, BaseException):
                problems.append(answer)
            else:
                found += answer
        if found:
            return found
        for problem in sorted(problems, key=lambda problem: isinstance(problem, Permanent)):
            raise problem  # no answer weighs more than the answer that there is nothing
        raise Permanent(f"{host} has no address.")

    async def _ask(self, name: str, kind: str) -> list[Address]:
        try:
            answer = await self._resolver.resolve(name, kind, search=False, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            raise Permanent(f"{name.rstrip('.')} does not exist.") from None
        except (dns.exception.DNSException, OSError) as error:
            raise Transient(f"No DNS answer for {name.rstrip('.')} ({type(error).__name__}).") from error
        # Whatever aliases led there, these are the last name's addresses.
        records = cast("list[Any]", list(answer.rrset or ()))
        return [ipaddress.ip_address(str(record)) for record in records]


def split_server(server: str) -> tuple[str, int]:
    """Raises ValueError where it is neither `ip` nor `ip:port`."""
    if server.startswith("["):
        address, _, rest = server[1:].partition("]")
        return str(ipaddress.ip_address(address)), int(rest.removeprefix(":") or 53)
    if server.count(":") == 1:
        address, _, port = server.partition(":")
        return str(ipaddress.ip_address(address)), int(port)
    return str(ipaddress.ip_address(server)), 53
