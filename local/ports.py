"""The ports we listen on: whether they are free, and whether somebody answers there."""

import asyncio
import socket

from local.processes import free_port


class CantStart(Exception):
    """Something could not be brought up; the message says what to do."""


def take_port(port: int, setting: str) -> int:
    """The port, if nobody listens on it; 0 is any free one. Raises CantStart."""
    if port == 0:
        return free_port()
    for address in ("127.0.0.1", "0.0.0.0"):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except PermissionError:
                raise CantStart(f"Port {port} is reserved; set {setting} to one above 1023.") from None
            except OSError:
                raise CantStart(
                    f"Port {port} is in use. Stop what listens there, or set {setting} to another: "
                    f"make run {setting}={port + 10 if port < 65000 else 3000}"
                ) from None
    return port


async def healthy(port: int, patience: float = 2.0) -> bool:
    """Does the web process answer, within so many seconds?"""
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
