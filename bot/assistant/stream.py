"""An answer as it grows in Slack: text as it comes, task cards, roll-over, and rescue of a lost stream.

Slack ends a stream after about five minutes and refuses messages beyond about 10.6 kB, so a stream rolls over
into a new message before either; a stream that Slack has lost is sent again whole.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakSet

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.assistant.growing import Growing
from bot.slack import SlackApi, code, is_outage, is_rate_limit, retry_after
from bot.views.blocks import task_card
from db.errors import LeaseLost
from pipeline.clock import Clock
from pipeline.logs import get_logger

log = get_logger(__name__)
MAX_BYTES = 9_000
MOST_OUTPUT = 250  # characters on a task card
MAX_SECONDS = 240.0
LAST_WORD_SECONDS = 2.0  # what a call under way gets when its turn is cancelled
FLUSH_SECONDS = 0.12  # between appends; the first words leave at once
CALLS_PER_SECOND = 100  # appends of all answers together: where many grow at once, each does in larger steps
LOST = frozenset(
    {"message_not_in_streaming_state", "message_not_found", "msg_too_long", "streaming_state_conflict"}
)

BROKEN = (SlackApiError, aiohttp.ClientError, TimeoutError)
MOST_WAITS = 4
LONGEST_WAIT = 30.0  # seconds for one rate limit; the lease is kept meanwhile


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer goes. Streams in channels need to know whom they are for."""

    channel: str
    thread_ts: str
    team_id: str
    user_id: str


@dataclass(slots=True)
class _Message:
    ts: str
    began: float
    text: str = ""
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    @property
    def size(self) -> int:
        return len(self.text.encode()) + sum(len(str(task).encode()) for task in self.tasks.values())


T = TypeVar("T")
_growing: WeakSet["AnswerStream"] = WeakSet()


class AnswerStream:
    """One answer, in one message or several.

    `posted` is told each message's ts as soon as it is known. `fence` raises before a lost message is sent again
    if the answer is somebody else's by now: then it was they who removed it.
    """

    def __init__(
        self,
        client: SlackApi,
        place: Place,
        clock: Clock,
        posted: Callable[[str], Awaitable[None]],
        growing: Growing | None = None,
        fence: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`growing`: shared by the streams of a process, so that what this Slack lacks is found out once."""
        self._fence = fence
        self._client, self._place, self._clock, self._posted = client, place, clock, posted
        self._growing = growing or Growing(client, clock)
        self._message: _Message | None = None
        self._pending: list[dict[str, Any]] = []
        self._flushed_at = float("-inf")
        self._later: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    @property
    def ts(self) -> str | None:
        return self._message.ts if self._message else None

    async def text(self, words: str) -> None:
        """Append markdown; it is shown at once, or soon where something was just shown."""
        for piece in _pieces(words):
            self._pending.append({"type": "markdown_text", "text": piece})
        await self._flush_soon()

    async def task(self, task_id: str, title: str, status: str, output: str | None = None) -> None:
        """Show or change a task card. `status`: in_progress, complete or error."""
        chunk: dict[str, Any] = {"type": "task_update", "id": task_id, "title": title[:150], "status": status}
        if output:
            chunk["output"] = _whole_words(output, MOST_OUTPUT)
        self._pending.append(chunk)
        await self.flush()

    async def finish(self, blocks: list[dict[str, Any]] | None = None) -> None:
        """Send what is left and close the stream, with `blocks` below the text."""
        await self.flush()
        if self._message is None:
            return
        await self._end(self._message, blocks)

    async def stop(self, words: str) -> None:
        """End where it is, with `words` below. Slack ends a stream itself when Stop is pressed."""
        async with self._lock:
            self._pending.clear()
            message = self._message
            if message is None:
                return
            chunks = [{"type": "markdown_text", "text": words}]
            try:
                await _patiently(
                    lambda: self._growing.append(channel=self._place.channel, ts=message.ts, chunks=chunks)
                )
            except BROKEN as error:
                if not _is_lost(error):
                    raise
            _note(message, chunks)
            await self._end(message)

    async def _end(self, message: _Message, blocks: list[dict[str, Any]] | None = None) -> None:
        """Close a stream; one that Slack has lost becomes a plain message with all its words."""
        place = self._place
        _growing.discard(self)
        try:
            await _patiently(
                lambda: self._growing.stop(channel=place.channel, ts=message.ts, blocks=blocks or None)
            )
        except BROKEN as error:
            if not _is_lost(error):
                raise
            await _patiently(lambda: self._client.chat_update(**self._whole(message, blocks)))

    def abandon(self) -> None:
        """Say nothing more: what waits is for whoever goes on with the answer."""
        if self._later is not None:
            self._later.cancel()
        self._later, self._pending = None, []

    async def flush(self) -> None:
        """Send everything that is waiting. Raises SlackApiError for what is not about the stream itself."""
        if self._later is not None and self._later is not asyncio.current_task():
            self._later.cancel()
        self._later = None
        sending = asyncio.ensure_future(self._send_pending())
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            # A call that Slack may have taken still has to tell which message it made.
            await asyncio.wait([sending], timeout=LAST_WORD_SECONDS)
            sending.cancel()
            raise

    async def _send_pending(self) -> None:
        async with self._lock:
            while self._pending:
                batches = _batches(self._pending)
                self._pending = []
                try:
                    while batches:
                        await self._send(batches[0])
                        batches.pop(0)
                finally:  # what was not sent stays, before what came meanwhile
                    self._pending = [chunk for batch in batches for chunk in batch] + self._pending
            self._flushed_at = self._clock.monotonic()

    async def _flush_soon(self) -> None:
        pause = max(FLUSH_SECONDS, len(_growing) / CALLS_PER_SECOND)
        wait = self._flushed_at + pause - self._clock.monotonic()
        if wait <= 0:
            await self.flush()
        elif self._later is None:
            self._later = asyncio.create_task(self._flush_after(wait))

    async def _flush_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        try:
            await self.flush()
        except LeaseLost:
            self.abandon()
        except BROKEN as error:  # the words wait; the next flush, or finish, sends them or reports it
            log.warning("stream_flush_failed", error=_word(error))

    async def _send(self, chunks: list[dict[str, Any]]) -> None:
        if self._message is not None and self._is_full(self._message, chunks):
            await self._roll_over()
        if self._message is None:
            await self._start(chunks)
            return
        channel, message = self._place.channel, self._message
        try:
            await _patiently(
                lambda: self._growing.append(channel=channel, ts=message.ts, chunks=chunks),
                repeatable=False,
            )
            _note(message, chunks)
        except BROKEN as error:
            if not _is_lost(error):
                raise
            log.warning("stream_lost", error=_word(error))
            await self._start_again(chunks)

    def _is_full(self, message: _Message, chunks: list[dict[str, Any]]) -> bool:
        more = sum(_size(chunk) for chunk in chunks)
        old = self._clock.monotonic() - message.began > MAX_SECONDS
        return old or message.size + more > MAX_BYTES

    async def _start(self, chunks: list[dict[str, Any]]) -> None:
        place = self._place
        reply = await _patiently(
            lambda: self._growing.start(
                channel=place.channel,
                thread_ts=place.thread_ts,
                team_id=place.team_id,
                user_id=place.user_id,
                chunks=chunks,
            )
        )
        self._message = _Message(str(reply["ts"]), self._clock.monotonic())
        _growing.add(self)
        _note(self._message, chunks)
        await self._posted(self._message.ts)

    async def _roll_over(self) -> None:
        message, self._message = self._message, None
        if message is not None:
            await self._end(message)

    async def _start_again(self, chunks: list[dict[str, Any]]) -> None:
        """The stream is dead: what it held may be shown in part, so remove it and send all of it anew."""
        if self._fence is not None:
            await self._fence()
        dead, self._message = self._message, None
        if dead is None:
            return
        try:
            await self._client.chat_delete(channel=self._place.channel, ts=dead.ts)
        except BROKEN as error:
            log.info("dead_stream_not_deleted", error=_word(error))
        before = [{"type": "task_update", **task} for task in dead.tasks.values()]
        text = [{"type": "markdown_text", "text": dead.text}] if dead.text else []
        await self._start([*before, *text] or chunks)
        if before or text:
            await self._send(chunks)

    def _whole(self, message: _Message, blocks: list[dict[str, Any]] | None) -> dict[str, Any]:
        text = message.text or "…"
        tasks = [
            task_card(task["id"], task["title"], task["status"], task.get("output", ""))
            for task in message.tasks.values()
        ]
        shown: list[dict[str, Any]] = [*tasks, {"type": "markdown", "text": text}, *(blocks or [])]
        return {"channel": self._place.channel, "ts": message.ts, "text": text[:3000], "blocks": shown}


async def _patiently(call: Callable[[], Awaitable[T]], *, repeatable: bool = True) -> T:
    """A call that waits where Slack says so, a few times; a `repeatable` one is tried again in an outage."""
    for waited in range(MOST_WAITS):
        try:
            return await call()
        except SlackApiError as error:
            if is_rate_limit(error):
                await asyncio.sleep(min(retry_after(error).total_seconds(), LONGEST_WAIT))
            elif repeatable and is_outage(error):
                await asyncio.sleep(0.2 * 2**waited)
            else:
                raise
    return await call()


def _is_lost(error: Exception) -> bool:
    """Whether the stream is gone, or nobody can know what it holds."""
    return not isinstance(error, SlackApiError) or code(error) in LOST or is_outage(error)


def _word(error: Exception) -> str:
    return code(error) if isinstance(error, SlackApiError) else type(error).__name__


def _batches(chunks: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Chunks in calls of at most half a message each; neighbouring text becomes one chunk."""
    batches: list[list[dict[str, Any]]] = []
    size = 0
    for chunk in chunks:
        if not batches or size + _size(chunk) > MAX_BYTES // 2:
            batches.append([])
            size = 0
        batch = batches[-1]
        if batch and chunk["type"] == batch[-1]["type"] == "markdown_text":
            batch[-1] = {"type": "markdown_text", "text": batch[-1]["text"] + chunk["text"]}
        else:
            batch.append(chunk)
        size += _size(chunk)
    return batches


def _size(chunk: dict[str, Any]) -> int:
    return len(str(chunk.get("text", chunk)).encode())


def _whole_words(text: str, most: int) -> str:
    """At most `most` characters, not cut inside a word unless one alone is longer."""
    if len(text) <= most:
        return text
    words, _, _ = text[: most - 1].rpartition(" ")
    return f"{(words or text[: most - 2]).rstrip()} …"


def _pieces(words: str) -> list[str]:
    """Parts that fit into a message on their own."""
    size = MAX_BYTES // 4  # a character takes at most four bytes
    return [words[at : at + size] for at in range(0, len(words), size)]


def _note(message: _Message, chunks: list[dict[str, Any]]) -> None:
    for chunk in chunks:
        if chunk["type"] == "markdown_text":
            message.text += chunk["text"]
        elif chunk["type"] == "task_update":
            message.tasks[chunk["id"]] = {key: value for key, value in chunk.items() if key != "type"}
