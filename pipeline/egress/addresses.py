"""Which addresses are public, and which spellings of a host are an address."""

import ipaddress
import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address

# Beyond what `is_global` refuses (IANA special-purpose registries differ between Python versions, so the
# whole list stands here): RFC 6890 and its updates.
_REFUSED_4 = [
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own services, at a public address
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relay
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
]
# Public IPv6 is 2000::/3; within it these are not, or carry an IPv4 address of somebody's choice.
_GLOBAL_6 = IPv6Network("2000::/3")
_REFUSED_6 = [
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",  # documentation
    )
]
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")


def is_public(address: Address) -> bool:
    """May be connected to. IPv4-mapped, NAT64 and 6to4 forms are refused whatever they carry."""
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in _REFUSED_4)
    if address.scope_id or address not in _GLOBAL_6:
        return False
    return address.is_global and not any(address in network for network in _REFUSED_6)


def literal(host: str) -> Address | None:
    """The address a host stands for in any spelling browsers take (WHATWG URL, "ends in a number"), or None
    for a name. Raises ValueError where it looks like an address and is none."""
    bare = host.strip("[]")
    if ":" in bare:
        return ipaddress.ip_address(bare)
    parts = bare.rstrip(".").split(".")
    if not _NUMBER.fullmatch(parts[-1]):
        return None
    if len(parts) > 4:
        raise ValueError("too many parts in an address")
    numbers = [_number(part) for part in parts]
    if any(number > 255 for number in numbers[:-1]) or numbers[-1] >= 256 ** (5 - len(numbers)):
        raise ValueError("a part of an address is too big")
    value = numbers[-1] + sum(number << 8 * (3 - place) for place, number in enumerate(numbers[:-1]))
    return IPv4Address(value)


def _number(part: str) -> int:
    if not _NUMBER.fullmatch(part):
        raise ValueError("an address with words in it")
    if part[:2].lower() == "0x":
        return int(part[2:] or "0", 16)
    return int(part, 8) if part.startswith("0") and len(part) > 1 else int(part)
