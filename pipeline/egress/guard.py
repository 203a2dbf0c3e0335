"""The decision: may this host and port be connected to, and at which address."""

import ipaddress
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import idna

from pipeline.egress.addresses import is_public, literal
from pipeline.egress.resolver import DnsResolver, Resolver
from pipeline.errors import BadSettings, Blocked

PORTS = (80, 443)
# RFC 6761, RFC 8375 and what networks use inside.
_LOCAL_NAMES = (
    *("localhost", "local", "localdomain", "internal", "intranet", "private", "corp", "home", "lan"),
    *("home.arpa", "onion", "test", "invalid"),
)
_NOT_IN_ADDRESSES = re.compile(r"[\x00-\x20\x7f-\xa0\\\ud800-\udfff]")
# RFC 3986: an address in brackets, and nothing beside them.
_BRACKETED = re.compile(r"\[[0-9A-Fa-f:.]+\](?::\d*)?")
_LONGEST_SHOWN = 100  # characters of a host in a sentence
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+")


@dataclass(frozen=True, slots=True)
class Route:
    """Where to connect for a host: any of these addresses, all of them checked."""

    host: str
    addresses: tuple[str, ...]
    port: int  # what to connect to; differs from the URL's port only on a mapped host
    mapped: bool = False


@dataclass(frozen=True, slots=True)
class HostMapping:
    """A host of the sandbox's world: `pattern` at `port` is really at a loopback address."""

    pattern: str
    port: int
    address: str
    to_port: int


class Guard:
    """Raises Blocked with a sentence for what is refused, Transient where DNS did not answer."""

    def __init__(
        self,
        resolver: Resolver,
        mappings: Sequence[HostMapping] = (),
        ca: Path | None = None,
        ports: Sequence[int] = PORTS,
    ) -> None:
        self._resolver, self._ports = resolver, ports
        self._mappings = tuple(mappings)
        self.trusts_sandbox = ca is not None
        self._sandbox_tls = ssl.create_default_context() if ca is not None else None
        if self._sandbox_tls is not None:
            self._sandbox_tls.load_verify_locations(cafile=str(ca))

    @cached_property
    def _plain_tls(self) -> ssl.SSLContext:
        """Made when the first page needs it: reading the system's certificates takes a moment."""
        return ssl.create_default_context()

    def check_url(self, url: str) -> SplitResult:
        """The parsed URL, if its scheme, port and form are allowed."""
        if _NOT_IN_ADDRESSES.search(url):  # browsers and libraries read these each in their own way
            raise Blocked("The address holds characters that no web address has.")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise Blocked("That is not a web address.") from None
        if parts.scheme not in ("http", "https"):
            raise Blocked(f"Only http and https are read, not {parts.scheme or 'this'}.")
        if not host:
            raise Blocked("The address names no host.")
        if "%" in host:
            raise Blocked("The address hides its host behind percent signs or a zone.")
        if parts.username is not None or parts.password is not None:
            raise Blocked("Addresses with a user name in them are not read.")
        if "[" in parts.netloc and not _BRACKETED.fullmatch(parts.netloc):
            raise Blocked("That is not a web address.")  # each library would see another host in it
        self._check_port(port if port is not None else (443 if parts.scheme == "https" else 80))
        return parts

    async def route(self, host: str, port: int) -> Route:
        """Resolve once and check every address."""
        self._check_port(port)
        host, name = _shown(host), _ascii_name(host)
        try:
            address = literal(name)
        except ValueError:
            raise Blocked(f"{host} is not a proper address.") from None
        if address is not None:
            self._check_addresses(host, [address])
            return Route(host, (str(address),), port)
        mapped = self._mapped(name, port)
        if mapped is not None:
            return Route(name, (mapped.address,), mapped.to_port, mapped=True)
        if any(name == local or name.endswith("." + local) for local in _LOCAL_NAMES):
            raise Blocked(f"{host} is a name of a local network.")
        if "." not in name:
            raise Blocked(f"{host} is not a public name.")
        if not _NAME.fullmatch(name) or len(name) > 253:
            raise Blocked("The host's name is not a proper one.")
        addresses = await self._resolver.resolve(name)
        self._check_addresses(host, addresses)
        return Route(name, tuple(str(address) for address in addresses), port)

    def tls(self, host: str) -> ssl.SSLContext:
        """Certificates are always checked; a mapped host may also show one of the sandbox's CA."""
        is_mapped = any(fnmatchcase(host.rstrip(".").lower(), mapping.pattern) for mapping in self._mappings)
        return self._sandbox_tls if is_mapped and self._sandbox_tls is not None else self._plain_tls

    def _check_port(self, port: int) -> None:
        if port in self._ports:
            return
        if self._ports == PORTS:
            raise Blocked(f"Port {port} is not one of a website (80, 443).")
        raise Blocked(f"Port {port} is none of {', '.join(map(str, self._ports))}.")

    def _check_addresses(
        self, host: str, addresses: Sequence[ipaddress.IPv4Address | ipaddress.IPv6Address]
    ) -> None:
        for address in addresses:
            if not is_public(address):
                raise Blocked(f"{host} is at {address}, which is not a public address.")

    def _mapped(self, name: str, port: int) -> HostMapping | None:
        matching = [mapping for mapping in self._mappings if fnmatchcase(name, mapping.pattern)]
        for mapping in matching:
            if mapping.port == port:
                return mapping
        if matching:
            raise Blocked(f"{name} does not answer at port {port}.")
        return None


def parse_hosts(text: str) -> tuple[HostMapping, ...]:
    """`EGRESS_HOSTS`: `pattern=ip:port` for port 80, `pattern:443=ip:port` for https, parted by commas.

    Raises BadSettings for anything else, and for an address that is not this machine.
    """
    return tuple(_mapping(part.strip()) for part in text.split(",") if part.strip())


def _mapping(part: str) -> HostMapping:
    pattern, _, target = part.partition("=")
    pattern, _, port = pattern.strip().lower().partition(":")
    address, _, to_port = target.strip().rpartition(":")
    try:
        if not pattern or not ipaddress.ip_address(address.strip("[]")).is_loopback:
            raise ValueError
        return HostMapping(pattern, int(port or 80), address.strip("[]"), int(to_port))
    except ValueError:
        raise BadSettings(f"EGRESS_HOSTS: {part!r} is not `pattern=loopback-ip:port`.") from None


def open_guard(
    *, dns_server: str | None, egress_hosts: str, egress_ca: Path | None, ports: Sequence[int] = PORTS
) -> Guard:
    """The guard by the settings of the same names, for websites unless other `ports` are given."""
    try:
        resolver = DnsResolver(dns_server)
    except ValueError:
        raise BadSettings("DNS_SERVER is neither `ip` nor `ip:port`.") from None
    return Guard(resolver, parse_hosts(egress_hosts), egress_ca, ports)


def _ascii_name(host: str) -> str:
    """Lower case, without the final dot, in the form DNS knows."""
    try:
        # As browsers do (UTS 46): ①②⑦ are digits, 。 is a dot, and ß stays ß.
        name = host if host.isascii() else idna.uts46_remap(host, std3_rules=True)
        name = name.lower().removesuffix(".")
        if name.endswith("."):
            raise Blocked("The host's name is not a proper one.")
        return name if name.isascii() else idna.encode(name).decode()
    except UnicodeError:
        raise Blocked("The host's name is not a proper one.") from None


def _shown(host: str) -> str:
    return host if len(host) <= _LONGEST_SHOWN else f"{host[:_LONGEST_SHOWN]}…"
