"""What the guard says of an address, for people who look: nothing is connected to, names are asked of DNS."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.egress.guard import open_guard
from pipeline.errors import RainmakerError


@dataclass(frozen=True, slots=True)
class Verdict:
    """`addresses`: where a connection would go; empty where it is refused."""

    url: str
    allowed: bool
    reason: str
    addresses: tuple[str, ...] = ()
    port: int | None = None
    mapped: bool = False


async def verdict_of(
    url: str, *, dns_server: str | None, egress_hosts: str, egress_ca: str | None
) -> Verdict:
    """Never raises, whatever the URL; wrong settings are a refusal that names them."""
    try:
        ca = Path(egress_ca) if egress_ca else None
        guard = open_guard(dns_server=dns_server, egress_hosts=egress_hosts, egress_ca=ca)
        parts = guard.check_url(url)
        route = await guard.route(
            parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        )
    except RainmakerError as refusal:
        return Verdict(url, False, str(refusal))
    except (OSError, ValueError) as trouble:
        return Verdict(url, False, f"It could not be checked ({type(trouble).__name__}).")
    where = "It is a host of the sandbox." if route.mapped else "Every address it has is public."
    return Verdict(url, True, where, route.addresses, route.port, route.mapped)
