"""The Responses dialect (platform.openai.com/docs/api-reference/responses).

Events are read one by one instead of through the SDK's `.stream()`: that helper asserts an order which other
servers don't keep.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.clients.llm.base import (
    AssistantText,
    Completed,
    Item,
    Parsed,
    StreamEvent,
    T,
    TextDelta,
    ToolOutcome,
    ToolRequest,
    ToolSchema,
    Usage,
    UserText,
)
from pipeline.clients.llm.connection import Connection, tool_choice
from pipeline.clients.llm.gathering import Gathered, call_ids, until_deadline
from pipeline.clients.llm.parsing import Written, format_of, parsed, tokens, with_schema_in_words
from pipeline.clients.llm.wire import (
    PARSE_SECONDS,
    Overloaded,
    RateLimited,
    deadline,
    member,
    members,
    translated,
)
from pipeline.errors import Permanent


class ResponsesLlm:
    def __init__(self, connection: Connection, model: str) -> None:
        self.model = model
        self._connection = connection

    async def stream(
        self, *, instructions: str, items: Sequence[Item], tools: Sequence[ToolSchema]
    ) -> AsyncIterator[StreamEvent]:
        arrived = _Arrived(Gathered(call_ids(list(items))))
        setting = self._connection.setting

        async def ask() -> Any:
            with translated(setting):
                return await self._connection.events(
                    "/responses",
                    model=self.model,
                    instructions=instructions,
                    input=[_input(item) for item in items],
                    **tool_choice([self._tool(tool) for tool in tools]),
                    **self._not_stored(),
                )

        raw = await self._connection.negotiated(ask)
        with translated(setting):
            async with raw:
                async for event in until_deadline(aiter(raw)):
                    for told in arrived.take(event):
                        yield told
        yield arrived.completed(self.model)

    async def parse(
        self, *, instructions: str, text: str, schema: type[T], max_tokens: int = 2000
    ) -> Parsed[T]:
        async def ask(room: int) -> Written:
            return await self._connection.negotiated(lambda: self._written(instructions, text, schema, room))

        return await parsed(ask, schema, max_tokens)

    async def _written(self, instructions: str, text: str, schema: type[T], room: int) -> Written:
        strict = self._connection.takes("json_schema")
        with translated(self._connection.setting):
            async with deadline(PARSE_SECONDS):
                response = await self._connection.answer(
                    "/responses",
                    model=self.model,
                    instructions=instructions if strict else with_schema_in_words(instructions, schema),
                    input=text,
                    max_output_tokens=room,
                    **self._format(schema),
                    **self._not_stored(),
                )
            return _written(response, self.model)

    def _format(self, schema: type[T]) -> dict[str, Any]:
        if self._connection.takes("json_schema"):
            return {"text": {"format": {"type": "json_schema", **format_of(schema)}}}
        return {"text": {"format": {"type": "json_object"}}} if self._connection.takes("json_mode") else {}

    def _not_stored(self) -> dict[str, Any]:
        return {"store": False} if self._connection.takes("store") else {}

    def _tool(self, tool: ToolSchema) -> dict[str, Any]:
        return {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
            "strict": self._connection.takes("strict"),
        }


def _input(item: Item) -> dict[str, Any]:
    match item:
        case UserText(text):
            return {"role": "user", "content": text}
        case AssistantText(text):
            return {"role": "assistant", "content": text}
        case ToolRequest(call_id, name, arguments):
            return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}
        case ToolOutcome(call_id, output):
            return {"type": "function_call_output", "call_id": call_id, "output": output}


@dataclass
class _Arrived:
    """Turns the dialect's events into ours. Places are `output_index`."""

    gathered: Gathered
    final: Any = None  # the response object of the last event
    places: dict[str, int] = field(default_factory=dict[str, int])  # item id to place

    def take(self, event: Any) -> Iterator[StreamEvent]:
        kind = str(member(event, "type"))
        if kind == "response.output_text.delta":
            yield from self._text(self._place(event), member(event, "delta") or "")
        elif kind in ("response.output_item.added", "response.output_item.done"):
            yield from self._item(self._place(event), member(event, "item"), whole=kind.endswith("done"))
        elif kind == "response.function_call_arguments.delta":
            self.gathered.call(self._place(event)).add(member(event, "delta") or "")
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            self.final = member(event, "response")
            yield from self._end(kind)
        elif kind == "response.refusal.done":
            raise Permanent(f"The model declined: {str(member(event, 'refusal'))[:300]}")
        elif kind == "error":
            raise _failure(event)

    def completed(self, model: str) -> Completed:
        """Raises Overloaded where the stream ended before the model did."""
        if self.final is None:
            raise Overloaded("The model's answer broke off.")
        return Completed(self.gathered.items(), _usage(self.final), member(self.final, "model") or model)

    def _place(self, event: Any) -> int:
        place = member(event, "output_index")
        item_id = member(event, "item_id") or member(member(event, "item"), "id")
        if isinstance(place, int):
            if item_id:
                self.places[item_id] = place
            return place
        if item_id:
            return self.places.setdefault(item_id, len(self.places))
        return max(self.gathered.parts, default=0)

    def _text(self, place: int, text: str) -> Iterator[StreamEvent]:
        if text:
            self.gathered.add_text(place, text)
            yield TextDelta(text)

    def _item(self, place: int, item: Any, *, whole: bool) -> Iterator[StreamEvent]:
        """What an item brings that its deltas have not."""
        kind = member(item, "type")
        if kind == "message" and whole and not self.gathered.text(place):
            yield from self._text(place, _message_text(item))
        elif kind == "function_call":
            call = self.gathered.call(place)
            call.call_id = call.call_id or member(item, "call_id") or ""
            call.name = call.name or member(item, "name") or ""
            if whole and not call.told:
                if arguments := member(item, "arguments"):
                    call.arguments = ""
                    call.add(arguments)
                yield self.gathered.request(call)

    def _end(self, kind: str) -> Iterator[StreamEvent]:
        if kind == "response.failed":
            raise _failure(member(self.final, "error"))
        if kind == "response.incomplete":
            if _incomplete_reason(self.final) == "content_filter":
                raise Permanent("The model's content filter stopped the answer.")
            self.gathered.forget_torn_calls()
        elif not self.gathered.parts:
            for place, item in enumerate(members(self.final, "output")):
                yield from self._item(place, item, whole=True)
        yield from self.gathered.untold()


def _written(response: Any, model: str) -> Written:
    output = members(response, "output")
    messages = [item for item in output if member(item, "type") == "message"]
    status = member(response, "status")
    if status == "failed":
        raise _failure(member(response, "error"))
    reason = _incomplete_reason(response) if status == "incomplete" else ""
    if reason == "content_filter":
        raise Permanent("The model's content filter stopped the answer.")
    return Written(
        text="".join(_message_text(message) for message in messages),
        truncated=bool(reason),
        usage=_usage(response),
        model=member(response, "model") or model,
        refusal="".join(_refusals(messages)),
    )


def _message_text(message: Any) -> str:
    content = members(message, "content")
    return "".join(member(part, "text") for part in content if member(part, "type") == "output_text")


def _refusals(messages: list[Any]) -> Iterator[str]:
    for message in messages:
        for part in members(message, "content"):
            if member(part, "type") == "refusal":
                yield member(part, "refusal")


def _incomplete_reason(response: Any) -> str:
    return member(member(response, "incomplete_details"), "reason") or "unknown"


def _usage(response: Any) -> Usage:
    return tokens(member(response, "usage"), "input_tokens", "output_tokens")


def _failure(error: Any) -> Exception:
    code, message = (
        member(error, "code"),
        str(member(error, "message") or "no reason given")[:300],
    )
    if code == "rate_limit_exceeded":
        return RateLimited("The model's rate limit is reached.")
    if code in ("server_error", "vector_store_timeout", None) or "overloaded" in str(code):
        return Overloaded(f"The model broke off: {message}")
    return Permanent(f"The model refused the request: {message}")
