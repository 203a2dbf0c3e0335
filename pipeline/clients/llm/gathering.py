"""What has arrived of one streamed answer, in both dialects."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

from pipeline.clients.llm.base import AssistantText, Item, ToolRequest
from pipeline.clients.llm.wire import MAX_ARGUMENT_CHARS, MAX_TEXT_CHARS, STREAM_SECONDS
from pipeline.errors import Transient

E = TypeVar("E")


@dataclass
class Call:
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    told: bool = False  # its ToolRequest has been passed on

    def add(self, arguments: object) -> None:
        """A piece of the arguments; some servers send an object where text belongs."""
        self.arguments += arguments if isinstance(arguments, str) else json.dumps(arguments)
        if len(self.arguments) > MAX_ARGUMENT_CHARS:
            raise Transient("The model's tool call is too long.")

    @property
    def is_whole(self) -> bool:
        try:
            return bool(self.name) and isinstance(json.loads(self.arguments or "{}"), dict)
        except ValueError:
            return False


@dataclass
class Gathered:
    """Texts and calls by their place in the answer. `taken`: call ids used before in this conversation."""

    taken: set[str]
    parts: dict[int, list[str] | Call] = field(default_factory=dict[int, "list[str] | Call"])
    length: int = 0

    def add_text(self, place: int, text: str) -> None:
        part = self.parts.setdefault(place, [])
        if isinstance(part, list):
            part.append(text)
            self.length += len(text)
        if self.length > MAX_TEXT_CHARS:
            raise Transient("The model's answer is too long.")

    def text(self, place: int) -> str:
        part = self.parts.get(place)
        return "".join(part) if isinstance(part, list) else ""

    def call(self, place: int) -> Call:
        part = self.parts.get(place)
        if not isinstance(part, Call):
            part = self.parts[place] = Call()
        return part

    def request(self, call: Call) -> ToolRequest:
        """The call as it is passed on, once. A server that numbers its calls anew in each answer, or not at
        all, must not make one call look like another: such a call gets an id of our own."""
        if not call.told:
            if not call.call_id or call.call_id in self.taken:
                call.call_id = f"call_{uuid4().hex}"
            self.taken.add(call.call_id)
            call.told = True
        return ToolRequest(call.call_id, call.name, call.arguments or "{}")

    def untold(self) -> Iterator[ToolRequest]:
        for _, part in sorted(self.parts.items()):
            if isinstance(part, Call) and not part.told and part.name:
                yield self.request(part)

    def forget_torn_calls(self) -> None:
        """Of an answer cut off at the token limit, calls without whole arguments must not run."""
        torn = [place for place, part in self.parts.items() if isinstance(part, Call) and not part.is_whole]
        for place in torn:
            del self.parts[place]

    def items(self) -> tuple[AssistantText | ToolRequest, ...]:
        return tuple(self._items())

    def _items(self) -> Iterator[AssistantText | ToolRequest]:
        for _, part in sorted(self.parts.items()):
            if isinstance(part, Call):
                if part.told:
                    yield self.request(part)
            elif text := "".join(part):
                yield AssistantText(text)


def call_ids(items: list[Item]) -> set[str]:
    return {item.call_id for item in items if isinstance(item, ToolRequest)}


@asynccontextmanager
async def closed_after(events: AsyncIterator[E]) -> AsyncGenerator[AsyncIterator[E]]:
    """A generator inside a generator: closed with it, not some time later, so that we hang up at once."""
    try:
        yield events
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()


async def until_deadline(events: AsyncIterator[E]) -> AsyncIterator[E]:
    """Pass events on for at most STREAM_SECONDS; the time the consumer takes counts too."""
    end = asyncio.get_running_loop().time() + STREAM_SECONDS
    while True:
        try:
            # Only the wait is bounded: a time-out around `yield` would strike in the consumer.
            async with asyncio.timeout_at(end):
                event = await anext(events)
        except StopAsyncIteration:
            return
        yield event


def plain(content: Any) -> str:
    """Text of a content that is text, or a list of parts of which some are text."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(_part_text(part) for part in content)  # pyright: ignore[reportUnknownVariableType]


def _part_text(part: Any) -> str:
    text = part.get("text") if isinstance(part, dict) else getattr(part, "text", None)  # pyright: ignore
    return text if isinstance(text, str) else ""
