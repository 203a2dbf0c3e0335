"""The Responses dialect on the wire: a body read into a Request, an Answer written as events or one object.

Events, their order and fields: platform.openai.com/docs/api-reference/responses-streaming.
"""

import json
from collections.abc import Iterator
from secrets import token_hex
from typing import Any

from local.sandbox.openai.conversation import (
    Answer,
    Answered,
    Call,
    Called,
    Request,
    Returned,
    Said,
    Tool,
    Turn,
    pieces,
    words,
)
from local.sandbox.openai.refusals import Refused, missing, wrong
from local.sandbox.openai.strictness import check_schema

Object = dict[str, Any]


def read(body: Object) -> Request:
    """Raises Refused as the vendor does: wrong shapes, loose schemas, outputs without their call."""
    if not isinstance(body.get("model"), str):
        raise missing("model")
    if "input" not in body:
        raise missing("input")
    turns = tuple(_turns(body["input"]))
    _check_pairs(turns)
    instructions, turns = _split_instructions(body.get("instructions") or "", body["input"], turns)
    format_ = (body.get("text") or {}).get("format") or {}
    if format_.get("type") == "json_schema" and format_.get("strict"):
        check_schema(
            format_.get("schema") or {}, f"response_format '{format_.get('name')}'", "text.format.schema"
        )
    return Request(
        model=body["model"],
        instructions=instructions,
        turns=turns,
        tools=tuple(_tool(tool, at) for at, tool in enumerate(body.get("tools") or [])),
        schema_name=format_.get("name", "") if format_.get("type") == "json_schema" else "",
        schema=format_.get("schema") or {},
        json_mode=format_.get("type") == "json_object",
        stream=bool(body.get("stream")),
        max_tokens=body.get("max_output_tokens"),
    )


def _turns(given: Any) -> Iterator[Turn]:
    if isinstance(given, str):
        yield Said(given)
        return
    if not isinstance(given, list):
        raise wrong("input", "Invalid type for 'input': expected a string or an array.")
    for at, item in enumerate(given):
        yield from _turn(item, at)


def _turn(item: Any, at: int) -> Iterator[Turn]:
    kind = item.get("type", "message") if isinstance(item, dict) else None
    if kind == "message":
        text = _text(item.get("content"))
        if item.get("role") == "user":
            yield Said(text)
        elif item.get("role") == "assistant":
            yield Answered(text)
        elif item.get("role") not in ("system", "developer"):
            raise wrong(f"input[{at}].role", f"Invalid value: '{item.get('role')}'.")
    elif kind == "function_call":
        yield Called(item["call_id"], item["name"], arguments(item.get("arguments")))
    elif kind == "function_call_output":
        yield Returned(item["call_id"], _text(item.get("output")))
    elif kind != "reasoning":
        raise wrong(f"input[{at}].type", f"Invalid value: '{kind}'.")


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(part.get("text", "") for part in parts if isinstance(part, dict))


def arguments(text: Any) -> Object:
    try:
        read_ = json.loads(text or "{}")
    except ValueError:
        return {}
    return read_ if isinstance(read_, dict) else {}


def _split_instructions(
    instructions: str, given: Any, turns: tuple[Turn, ...]
) -> tuple[str, tuple[Turn, ...]]:
    items = given if isinstance(given, list) else []
    spoken = [
        _text(item.get("content"))
        for item in items
        if isinstance(item, dict) and item.get("role") in ("system", "developer")
    ]
    return "\n".join([instructions, *spoken]).strip(), turns


def _check_pairs(turns: tuple[Turn, ...]) -> None:
    called = {turn.call_id for turn in turns if isinstance(turn, Called)}
    returned = {turn.call_id for turn in turns if isinstance(turn, Returned)}
    for call_id in sorted(returned - called):
        raise Refused(
            400, f"No tool call found for function call output with call_id {call_id}.", param="input"
        )
    for call_id in sorted(called - returned):
        raise Refused(400, f"No tool output found for function call {call_id}.", param="input")


def _tool(tool: Object, at: int) -> Tool:
    if tool.get("type") != "function":
        raise wrong(
            f"tools[{at}].type", f"Hosted tool '{tool.get('type')}' is not supported with this model."
        )
    if not tool.get("name"):
        raise missing(f"tools[{at}].name")
    parameters = tool.get("parameters") or {}
    if tool.get("strict", True):
        check_schema(parameters, f"function '{tool['name']}'", f"tools[{at}].parameters")
    return Tool(tool["name"], parameters)


def write(request: Request, answer: Answer, body: Object, created: float) -> Object:
    """The whole response."""
    output = [_message(answer)] if answer.text or answer.refusal or not answer.calls else []
    output += [_function_call(call) for call in answer.calls]
    response = _response(request, body, created)
    reason = {"reason": "max_output_tokens"} if answer.truncated else None
    return response | {
        "status": "incomplete" if answer.truncated else "completed",
        "incomplete_details": reason,
        "output": output,
        "usage": _usage(request, answer),
    }


def events(request: Request, answer: Answer, body: Object, created: float) -> Iterator[tuple[Object, bool]]:
    """Every event in the vendor's order; True with those after which a real model takes its time."""
    final = write(request, answer, body, created)
    begun = final | {"status": "in_progress", "incomplete_details": None, "output": [], "usage": None}
    for number, (event, is_word) in enumerate(_events(final, begun)):
        yield event | {"sequence_number": number}, is_word


def _events(final: Object, begun: Object) -> Iterator[tuple[Object, bool]]:
    yield {"type": "response.created", "response": begun}, False
    yield {"type": "response.in_progress", "response": begun}, False
    for index, item in enumerate(final["output"]):
        yield from (_call_events if item["type"] == "function_call" else _message_events)(index, item)
    yield {"type": f"response.{final['status']}", "response": final}, False


def _message_events(index: int, item: Object) -> Iterator[tuple[Object, bool]]:
    started = item | {"status": "in_progress", "content": []}
    yield {"type": "response.output_item.added", "output_index": index, "item": started}, False
    at: Object = {"item_id": item["id"], "output_index": index, "content_index": 0}
    part = item["content"][0]
    if part["type"] == "refusal":
        yield {"type": "response.content_part.added", **at, "part": part | {"refusal": ""}}, False
        for piece in pieces(part["refusal"]):
            yield {"type": "response.refusal.delta", **at, "delta": piece}, True
        yield {"type": "response.refusal.done", **at, "refusal": part["refusal"]}, False
    else:
        yield {"type": "response.content_part.added", **at, "part": part | {"text": ""}}, False
        for piece in pieces(part["text"]):
            yield {"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []}, True
        yield {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []}, False
    yield {"type": "response.content_part.done", **at, "part": part}, False
    yield {"type": "response.output_item.done", "output_index": index, "item": item}, False


def _call_events(index: int, item: Object) -> Iterator[tuple[Object, bool]]:
    started = item | {"status": "in_progress", "arguments": ""}
    yield {"type": "response.output_item.added", "output_index": index, "item": started}, False
    at: Object = {"item_id": item["id"], "output_index": index}
    for piece in pieces(item["arguments"]):
        yield {"type": "response.function_call_arguments.delta", **at, "delta": piece}, True
    done = {"type": "response.function_call_arguments.done", **at, "name": item["name"]}
    yield done | {"arguments": item["arguments"]}, False
    yield {"type": "response.output_item.done", "output_index": index, "item": item}, False


def _message(answer: Answer) -> Object:
    text: Object = {"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}
    part = {"type": "refusal", "refusal": answer.refusal} if answer.refusal else text
    status = "incomplete" if answer.truncated else "completed"
    return {
        "id": f"msg_{token_hex(16)}",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": [part],
    }


def _function_call(call: Call) -> Object:
    return {
        "id": f"fc_{token_hex(16)}",
        "type": "function_call",
        "status": "completed",
        "call_id": call.call_id,
        "name": call.name,
        "arguments": call.arguments,
    }


def _response(request: Request, body: Object, created: float) -> Object:
    return {
        "id": f"resp_{token_hex(16)}",
        "object": "response",
        "created_at": int(created),
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": request.max_tokens,
        "metadata": {},
        "model": request.model,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "service_tier": "default",
        "store": body.get("store", True),
        "temperature": 1.0,
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_p": 1.0,
        "truncation": "disabled",
    }


def _usage(request: Request, answer: Answer) -> Object:
    given = words(request.everything)
    written = words(answer.text + answer.refusal) + sum(words(call.arguments) + 4 for call in answer.calls)
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": given + written,
    }
