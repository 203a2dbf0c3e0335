"""DNS look-ups beyond addresses: mail servers and text records. 5 s for one question, no retries."""

from typing import Any, cast

import dns.asyncresolver
import dns.exception
import dns.resolver

from pipeline.egress.resolver import split_server
from pipeline.errors import BadSettings, Transient

_SECONDS = 5.0


class Dns:
    """`server`: `ip` or `ip:port`; None means the system's."""

    def __init__(self, server: str | None = None) -> None:
        self._resolver = dns.asyncresolver.Resolver(configure=server is None)
        if server is not None:
            try:
                address, port = split_server(server)
            except ValueError:
                raise BadSettings("DNS_SERVER is neither `ip` nor `ip:port`.") from None
            self._resolver.nameservers = [address]
            self._resolver.port = port
        self._resolver.lifetime = _SECONDS

    async def mail_servers(self, domain: str) -> list[str]:
        """Hosts that take mail for the domain, best first; empty where it takes none (RFC 7505's null MX
        too). A domain without MX but with an address takes mail itself (RFC 5321). Raises Transient."""
        records = await self._ask(domain, "MX")
        if records:
            ranked = sorted((int(record.preference), str(record.exchange).rstrip(".")) for record in records)
            return [host for _, host in ranked if host]
        return [domain] if await self._ask(domain, "A") or await self._ask(domain, "AAAA") else []

    async def texts(self, domain: str) -> list[str]:
        """TXT records, each as one string; empty where there are none. Raises Transient."""
        records = await self._ask(domain, "TXT")
        return [b"".join(record.strings).decode("utf-8", "replace") for record in records]

    async def _ask(self, domain: str, kind: str) -> list[Any]:
        try:
            answer = await self._resolver.resolve(
                domain.rstrip(".") + ".", kind, search=False, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise Transient(f"No DNS answer for {domain} ({type(error).__name__}).") from error
        return cast("list[Any]", list(answer.rrset or ()))
