"""Bytes from one connection to another, both ways, until either ends; bounded in size and silence."""

import asyncio

_IDLE_SECONDS = 30.0
_CHUNK = 65_536


async def carry(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
    *,
    most_bytes: int,
) -> None:
    """Closes neither. Ends where one side breaks off, is silent for half a minute, or sends too much."""
    outward = asyncio.create_task(_pipe(reader, far_writer, most_bytes))
    inward = asyncio.create_task(_pipe(far_reader, writer, most_bytes))
    try:
        await asyncio.wait({outward, inward}, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in (outward, inward):
            task.cancel()
        await asyncio.gather(outward, inward, return_exceptions=True)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int) -> None:
    carried = 0
    while carried <= most:
        async with asyncio.timeout(_IDLE_SECONDS):
            chunk = await reader.read(_CHUNK)
        if not chunk:
            if writer.can_write_eof():
                writer.write_eof()
            return
        carried += len(chunk)
        writer.write(chunk)
        await writer.drain()
    raise ConnectionAbortedError("too much for one connection")
