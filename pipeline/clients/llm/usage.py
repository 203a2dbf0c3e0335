"""What each call to a model cost: counted here, priced and stored by whoever listens."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pipeline.clients.llm.base import Completed, Item, Llm, Parsed, StreamEvent, T, ToolSchema, Usage
from pipeline.clients.llm.gathering import closed_after
from pipeline.clock import Clock
from pipeline.errors import RainmakerError

CONVERSATION = "conversation"


@dataclass(frozen=True, slots=True)
class LlmUsage:
    """One call, whether it succeeded or not. Tokens are 0 where the server doesn't count them."""

    service: str  # "openai" or "gemini"
    endpoint: str  # "responses" or "chat.completions"
    model: str
    task: str  # "conversation", or the name of the schema asked for
    input_tokens: int
    output_tokens: int
    duration: timedelta
    error: str | None = None  # the sentence of the error; "stopped" where we hung up


OnUsage = Callable[[LlmUsage], Awaitable[None]]


class Metered:
    """An Llm that tells `on_usage` of every call, also of those that failed or were cut off."""

    def __init__(self, inner: Llm, clock: Clock, on_usage: OnUsage, *, service: str, endpoint: str) -> None:
        self.model = inner.model
        self._inner, self._clock, self._on_usage = inner, clock, on_usage
        self._service, self._endpoint = service, endpoint

    async def stream(
        self, *, instructions: str, items: Sequence[Item], tools: Sequence[ToolSchema]
    ) -> AsyncIterator[StreamEvent]:
        began = self._clock.monotonic()
        usage, error = Usage(), "stopped"
        try:
            inner = self._inner.stream(instructions=instructions, items=items, tools=tools)
            async with closed_after(inner) as events:
                async for event in events:
                    if isinstance(event, Completed):
                        usage, error = event.usage, None
                    yield event
        except RainmakerError as failure:
            error = str(failure)
            raise
        finally:
            await self._tell(CONVERSATION, usage, began, error)

    async def parse(
        self, *, instructions: str, text: str, schema: type[T], max_tokens: int = 2000
    ) -> Parsed[T]:
        began = self._clock.monotonic()
        usage, error = Usage(), "stopped"
        try:
            parsed = await self._inner.parse(
                instructions=instructions, text=text, schema=schema, max_tokens=max_tokens
            )
            usage, error = parsed.usage, None
            return parsed
        except RainmakerError as failure:
            error = str(failure)
            raise
        finally:
            await self._tell(schema.__name__, usage, began, error)

    async def _tell(self, task: str, usage: Usage, began: float, error: str | None) -> None:
        duration = timedelta(seconds=self._clock.monotonic() - began)
        await self._on_usage(
            LlmUsage(
                self._service,
                self._endpoint,
                self.model,
                task,
                usage.input_tokens,
                usage.output_tokens,
                duration,
                error,
            )
        )


class Tally:
    """An Llm that adds up what its structured answers cost in tokens; for what is charged to one row."""

    def __init__(self, inner: Llm) -> None:
        self.model = inner.model
        self._inner = inner
        self.input_tokens = self.output_tokens = 0

    def stream(
        self, *, instructions: str, items: Sequence[Item], tools: Sequence[ToolSchema]
    ) -> AsyncIterator[StreamEvent]:
        return self._inner.stream(instructions=instructions, items=items, tools=tools)

    async def parse(
        self, *, instructions: str, text: str, schema: type[T], max_tokens: int = 2000
    ) -> Parsed[T]:
        parsed = await self._inner.parse(
            instructions=instructions, text=text, schema=schema, max_tokens=max_tokens
        )
        self.input_tokens += parsed.usage.input_tokens
        self.output_tokens += parsed.usage.output_tokens
        return parsed
