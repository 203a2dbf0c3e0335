"""A mail server that keeps to RFC 5321, and can be told what to do when a client comes to a word.

A mail counts with the lone dot, and with nothing less. Words: connected, EHLO, AUTH, MAIL, RCPT, DATA, text.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

WORDS = ("connected", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "text")
_ANSWERS = {
    "connected": b"220 relay.example\r\n",
    "EHLO": b"250-relay.example\r\n250 AUTH PLAIN\r\n",
    "AUTH": b"235 welcome\r\n",
    "DATA": b"354 go on\r\n",
    "text": b"250 taken\r\n",
}


class HangUp(Exception):
    """The server goes away without a word."""


@dataclass
class Relay:
    """`before` and `after` are awaited around what the server does at each word; `after` gives another answer, or
    None for the usual one, and may raise HangUp, as `before` may."""

    before: Callable[[str], Awaitable[bytes | None]]
    after: Callable[[str], Awaitable[bytes | None]]
    taken: list[bytes] = field(default_factory=list[bytes])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, HangUp):
            await self._converse(reader, writer)
        writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._do("connected", writer)
        while line := await reader.readline():
            word = line.split(b" ")[0].strip().upper().decode()
            answer = await self._do(word, writer)
            if word == "QUIT":
                return
            if word == "DATA" and answer.startswith(b"354"):
                text = await reader.readuntil(b"\r\n.\r\n")
                await self._do("text", writer, text)

    async def _do(self, word: str, writer: asyncio.StreamWriter, text: bytes | None = None) -> bytes:
        refused = await self.before(word)
        if refused is None and text is not None:
            self.taken.append(text)
        answer = refused or await self.after(word) or _ANSWERS.get(word, b"250 fine\r\n")
        writer.write(answer)
        await writer.drain()
        return answer
