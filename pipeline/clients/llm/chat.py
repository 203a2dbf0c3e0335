"""The Chat Completions dialect (platform.openai.com/docs/api-reference/chat); most servers speak it."""

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
from pipeline.clients.llm.gathering import Call, Gathered, call_ids, plain, until_deadline
from pipeline.clients.llm.parsing import Written, format_of, parsed, tokens, with_schema_in_words
from pipeline.clients.llm.wire import PARSE_SECONDS, Overloaded, deadline, member, members, translated
from pipeline.errors import Permanent

Message = dict[str, Any]
TEXT = 0  # the place of the text in an answer; calls come after it


class ChatLlm:
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
                    "/chat/completions",
                    model=self.model,
                    messages=_messages(instructions, items),
                    **tool_choice([self._tool(tool) for tool in tools]),
                    **self._counted(),
                )

        raw = await self._connection.negotiated(ask)
        with translated(setting):
            async with raw:
                async for chunk in until_deadline(aiter(raw)):
                    for told in arrived.take(chunk):
                        yield told
        for request in arrived.requests():
            yield request
        yield arrived.completed(self.model)

    async def parse(
        self, *, instructions: str, text: str, schema: type[T], max_tokens: int = 2000
    ) -> Parsed[T]:
        async def ask(room: int) -> Written:
            return await self._connection.negotiated(lambda: self._written(instructions, text, schema, room))

        return await parsed(ask, schema, max_tokens)

    async def _written(self, instructions: str, text: str, schema: type[T], room: int) -> Written:
        strict = self._connection.takes("json_schema")
        system = instructions if strict else with_schema_in_words(instructions, schema)
        limit = "max_completion_tokens" if self._connection.takes("max_completion_tokens") else "max_tokens"
        with translated(self._connection.setting):
            async with deadline(PARSE_SECONDS):
                completion = await self._connection.answer(
                    "/chat/completions",
                    model=self.model,
                    messages=_messages(system, [UserText(text)]),
                    **{limit: room},
                    **self._format(schema),
                )
            return _written(completion, self.model)

    def _format(self, schema: type[T]) -> dict[str, Any]:
        if self._connection.takes("json_schema"):
            return {"response_format": {"type": "json_schema", "json_schema": format_of(schema)}}
        return {"response_format": {"type": "json_object"}} if self._connection.takes("json_mode") else {}

    def _counted(self) -> dict[str, Any]:
        return {"stream_options": {"include_usage": True}} if self._connection.takes("stream_options") else {}

    def _tool(self, tool: ToolSchema) -> dict[str, Any]:
        function: Message = {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        }
        if self._connection.takes("strict"):
            function["strict"] = True
        return {"type": "function", "function": function}


def _messages(instructions: str, items: Sequence[Item]) -> list[Message]:
    """The dialect wants an answer's text and calls in one message, its outcomes right after."""
    messages: list[Message] = [{"role": "system", "content": instructions}]
    for item in items:
        match item:
            case UserText(text):
                messages.append({"role": "user", "content": text})
            case AssistantText(text):
                messages.append({"role": "assistant", "content": text})
            case ToolRequest():
                _add_call(messages, item)
            case ToolOutcome(call_id, output):
                messages.append({"role": "tool", "tool_call_id": call_id, "content": output})
    return messages


def _add_call(messages: list[Message], request: ToolRequest) -> None:
    if messages[-1]["role"] != "assistant":
        messages.append({"role": "assistant", "content": None})
    function = {"name": request.name, "arguments": request.arguments}
    call = {"id": request.call_id, "type": "function", "function": function}
    messages[-1].setdefault("tool_calls", []).append(call)


@dataclass
class _Arrived:
    """Turns chunks into our events, whatever order and shape they come in."""

    gathered: Gathered
    finish: str = ""
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    last_place: int = TEXT

    def take(self, chunk: Any) -> Iterator[TextDelta]:
        self.model = self.model or member(chunk, "model") or ""
        if member(chunk, "usage") is not None:
            self.usage = tokens(member(chunk, "usage"), "prompt_tokens", "completion_tokens")
        for choice in members(chunk, "choices")[:1]:
            self.finish = member(choice, "finish_reason") or self.finish
            delta = member(choice, "delta")
            if delta is not None:
                yield from self._delta(delta)

    def _delta(self, delta: Any) -> Iterator[TextDelta]:
        if refusal := member(delta, "refusal"):
            raise Permanent(f"The model declined: {str(refusal)[:300]}")
        if text := plain(member(delta, "content")):
            self.gathered.add_text(TEXT, text)
            yield TextDelta(text)
        for piece in members(delta, "tool_calls"):
            self._add(piece)

    def _add(self, piece: Any) -> None:
        function = member(piece, "function")
        call = self._call_of(piece, member(function, "name"))
        call.call_id = call.call_id or member(piece, "id") or ""
        call.name = call.name or member(function, "name") or ""
        if arguments := member(function, "arguments"):
            call.add(arguments)

    def _call_of(self, piece: Any, name: str | None) -> Call:
        """By index; a piece without one, or one that re-uses an index for another id, belongs to a new call
        when it brings an id or a name, else to the last."""
        index, call_id = member(piece, "index"), member(piece, "id")
        place = index + 1 if isinstance(index, int) else None
        if place is None:
            is_new = bool(call_id or name)
            place = self._next_place() if is_new or self.last_place == TEXT else self.last_place
        elif place in self.gathered.parts:
            known = self.gathered.call(place)
            if call_id and name and known.call_id and known.call_id != call_id:
                place = self._next_place()
            elif place != self.last_place and not call_id and self.last_place > place:
                place = self.last_place
        self.last_place = place
        return self.gathered.call(place)

    def _next_place(self) -> int:
        return max(self.gathered.parts, default=TEXT) + 1

    def requests(self) -> Iterator[ToolRequest]:
        """The whole calls. Raises Overloaded where the stream ended before the model did."""
        if not self.finish and not self.usage.output_tokens:
            raise Overloaded("The model's answer broke off.")
        if self.finish == "content_filter":
            raise Permanent("The model's content filter stopped the answer.")
        if self.finish == "length":
            self.gathered.forget_torn_calls()
        yield from self.gathered.untold()

    def completed(self, model: str) -> Completed:
        return Completed(self.gathered.items(), self.usage, self.model or model)


def _written(completion: Any, model: str) -> Written:
    choices = members(completion, "choices")
    if not choices:
        raise Overloaded("The model answered nothing.")
    choice = choices[0]
    if member(choice, "finish_reason") == "content_filter":
        raise Permanent("The model's content filter stopped the answer.")
    message = member(choice, "message")
    return Written(
        text=plain(member(message, "content")),
        truncated=member(choice, "finish_reason") == "length",
        usage=tokens(member(completion, "usage"), "prompt_tokens", "completion_tokens"),
        model=member(completion, "model") or model,
        refusal=member(message, "refusal") or "",
    )
