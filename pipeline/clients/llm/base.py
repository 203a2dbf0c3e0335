"""One interface to a language model; `responses.py` and `chat.py` speak the two dialects behind it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class UserText:
    text: str


@dataclass(frozen=True, slots=True)
class AssistantText:
    text: str


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """The model asks for a tool. `arguments` is JSON text, as the model wrote it."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    call_id: str
    output: str


Item = UserText | AssistantText | ToolRequest | ToolOutcome


@dataclass(frozen=True, slots=True)
class ToolSchema:
    name: str
    description: str
    parameters: dict[str, Any]  # strict JSON schema


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Completed:
    """The end of one response: everything it held, in order."""

    items: tuple[AssistantText | ToolRequest, ...]
    usage: Usage = field(default_factory=Usage)
    model: str = ""


StreamEvent = TextDelta | ToolRequest | Completed


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    value: T
    usage: Usage
    model: str


class Llm(Protocol):
    """Raises Transient (rate limit, time-out, server error) or Permanent (key, quota, refusal)."""

    model: str

    def stream(
        self, *, instructions: str, items: Sequence[Item], tools: Sequence[ToolSchema]
    ) -> AsyncIterator[StreamEvent]:
        """Text as it comes, each tool request when it is whole, then exactly one `Completed`."""
        ...

    async def parse(
        self, *, instructions: str, text: str, schema: type[T], max_tokens: int = 2000
    ) -> Parsed[T]:
        """One answer in a strict schema, without tools. `schema.__name__` names the format on the wire."""
        ...
