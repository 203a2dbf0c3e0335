"""Upstream proxies: how a checked connection goes on through one.

The guard resolves and checks first, and the proxy is told the checked address, never the name: a name it would
resolve for itself could be answered otherwise, with an address inside its own network or ours. What that costs:
a content network is entered at the place near to us instead of near to the proxy, and proxies that route by name
only, or allow CONNECT to port 443 only, can't be used for what they refuse.
"""

import asyncio
import base64
import ipaddress
import ssl
import struct
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from pipeline.errors import BadSettings

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
CONNECT_SECONDS = 10.0
_MOST_ANSWER = 16_384
_PORTS = {"http": 8080, "https": 443, "socks5": 1080, "socks5h": 1080}


class ProxyFailed(OSError):
    """The proxy itself could not be reached, or refused us; the site may be well."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A proxy of the settings; it is trusted, and may be anywhere."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str = ""

    @property
    def name(self) -> str:
        """For logs and sentences, without what is secret."""
        return f"{self.host}:{self.port}"


def parse_proxies(text: str) -> tuple[Upstream, ...]:
    """`PROXY_URLS`: http, https or socks5 addresses parted by commas. Raises BadSettings."""
    return tuple(_parsed(part.strip()) for part in text.replace("\n", ",").split(",") if part.strip())


def _parsed(url: str) -> Upstream:
    try:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError
        user = unquote(parts.username) if parts.username is not None else None
        port = parts.port or _PORTS[parts.scheme]
        scheme = parts.scheme.removesuffix("h")
        upstream = Upstream(scheme, parts.hostname, port, user, unquote(parts.password or ""))
    except ValueError:
        raise BadSettings(
            "PROXY_URLS: each is like http://user:password@host:port, https://… or socks5://…."
        ) from None
    if max(len((upstream.user or "").encode()), len(upstream.password.encode())) > 255:
        raise BadSettings("PROXY_URLS: a user name or password is longer than 255 bytes.")
    return upstream


async def open_streams(addresses: tuple[str, ...], port: int, upstream: Upstream | None) -> Streams:
    """To the first of the checked addresses that answers. Raises OSError (ProxyFailed: the proxy's fault)."""
    problem: OSError | None = None
    for address in addresses:
        try:
            if upstream is None:
                return await asyncio.open_connection(address, port)
            return await _through(upstream, address, port)
        except ProxyFailed:
            raise
        except OSError as error:
            problem = error
    raise problem or OSError("no address")


async def _through(upstream: Upstream, address: str, port: int) -> Streams:
    tls = ssl.create_default_context() if upstream.scheme == "https" else None
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(upstream.host, upstream.port, ssl=tls)
    except (OSError, TimeoutError) as error:
        raise ProxyFailed(f"the proxy {upstream.name} can't be reached") from error
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            ask = _socks if upstream.scheme == "socks5" else _connect
            await ask(upstream, address, port, reader, writer)
    except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError) as error:
        writer.close()
        raise ProxyFailed(f"the proxy {upstream.name} did not answer properly") from error
    except BaseException:
        writer.close()
        raise
    return reader, writer


async def _connect(
    upstream: Upstream, address: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """HTTP CONNECT (RFC 9110, 9.3.6)."""
    target = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if upstream.user is not None:
        secret = base64.b64encode(f"{upstream.user}:{upstream.password}".encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {secret}")
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    words = head[:64].split(b" ")
    if (
        len(head) > _MOST_ANSWER
        or len(words) < 2
        or not words[0].startswith(b"HTTP/1.")
        or not words[1][:3].isdigit()
    ):
        raise ProxyFailed(f"the proxy {upstream.name} speaks no HTTP")
    status = int(words[1][:3])
    if 200 <= status < 300:
        return
    if status in (502, 503, 504):
        raise OSError(f"the proxy could not reach {target} ({status})")
    raise ProxyFailed(f"the proxy {upstream.name} refused the connection ({status})")


async def _socks(
    upstream: Upstream, address: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """SOCKS5 (RFC 1928) with user and password (RFC 1929) where they are set."""
    writer.write(b"\x05\x02\x00\x02" if upstream.user is not None else b"\x05\x01\x00")
    version, method = await reader.readexactly(2)
    if version != 5 or method not in (0, 2) or (method == 2 and upstream.user is None):
        raise ProxyFailed(f"the proxy {upstream.name} wants another way to log in")
    if method == 2:
        user, password = (upstream.user or "").encode(), upstream.password.encode()
        writer.write(bytes([1, len(user)]) + user + bytes([len(password)]) + password)
        _, refused = await reader.readexactly(2)
        if refused:
            raise ProxyFailed(f"the proxy {upstream.name} refused the user or password")
    packed = ipaddress.ip_address(address).packed
    writer.write(bytes([5, 1, 0, 1 if len(packed) == 4 else 4]) + packed + struct.pack("!H", port))
    _, code, _, kind = await reader.readexactly(4)
    length = {1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0]
    await reader.readexactly(length + 2)
    if code in (3, 4, 5, 6):
        raise OSError(f"the proxy could not reach {address} ({code})")
    if code:
        raise ProxyFailed(f"the proxy {upstream.name} refused the connection ({code})")
