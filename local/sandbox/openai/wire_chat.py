"""The Chat Completions dialect on the wire (platform.openai.com/docs/api-reference/chat)."""

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
from local.sandbox.openai.refusals import missing, wrong
from local.sandbox.openai.strictness import check_schema
from local.sandbox.openai.wire_responses import arguments

Object = dict[str, Any]


def read(body: Object) -> Request:
    """Raises Refused as the vendor does."""
    if not isinstance(body.get("model"), str):
        raise missing("model")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise missing("messages")
    _check_pairs(messages)
    format_ = body.get("response_format") or {}
    asked = format_.get("json_schema") or {}
    if asked.get("strict"):
        check_schema(asked.get("schema") or {}, f"response_format '{asked.get('name')}'", "response_format")
    if format_.get("type") == "json_object" and "json" not in str(messages).lower():
        raise wrong(
            "messages", "'messages' must contain the word 'json' in some form, to use 'response_format'."
        )
    return Request(
        model=body["model"],
        instructions="\n".join(_text(m) for m in messages if m.get("role") in ("system", "developer")),
        turns=tuple(turn for message in messages for turn in _turns(message)),
        tools=tuple(_tool(tool, at) for at, tool in enumerate(body.get("tools") or [])),
        schema_name=asked.get("name", ""),
        schema=asked.get("schema") or {},
        json_mode=format_.get("type") == "json_object",
        stream=bool(body.get("stream")),
        counts_usage=bool((body.get("stream_options") or {}).get("include_usage")),
        max_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
    )


def _turns(message: Object) -> Iterator[Turn]:
    role = message.get("role")
    if role == "user":
        yield Said(_text(message))
    elif role == "assistant":
        if text := _text(message):
            yield Answered(text)
        for call in message.get("tool_calls") or []:
            yield Called(call["id"], call["function"]["name"], arguments(call["function"].get("arguments")))
    elif role == "tool":
        yield Returned(message["tool_call_id"], _text(message))


def _text(message: Object) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, dict))
    return content or ""


def _check_pairs(messages: list[Object]) -> None:
    waiting: set[str] = set()
    for at, message in enumerate(messages):
        role = message.get("role") if isinstance(message, dict) else None
        if role not in ("system", "developer", "user", "assistant", "tool"):
            raise wrong(f"messages[{at}].role", f"Invalid value: '{role}'.")
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                raise wrong(
                    f"messages.[{at}].role",
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message "
                    "with 'tool_calls'.",
                )
            waiting.discard(message["tool_call_id"])
        elif waiting:
            raise _unanswered(at, waiting)
        waiting |= {call["id"] for call in message.get("tool_calls") or []}
    if waiting:
        raise _unanswered(len(messages), waiting)


def _unanswered(at: int, waiting: set[str]) -> Exception:
    return wrong(
        f"messages.[{at}].role",
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(sorted(waiting))}",
    )


def _tool(tool: Object, at: int) -> Tool:
    function = tool.get("function") or {}
    if not function.get("name"):
        raise missing(f"tools[{at}].function.name")
    parameters = function.get("parameters") or {}
    if function.get("strict"):
        check_schema(parameters, f"function '{function['name']}'", f"tools[{at}].function.parameters")
    return Tool(function["name"], parameters)


def write(request: Request, answer: Answer, created: float) -> Object:
    """The whole completion."""
    message: Object = {"role": "assistant", "content": answer.text or None, "refusal": answer.refusal or None}
    if answer.calls:
        message["tool_calls"] = [_call(call) for call in answer.calls]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(answer)}
    return _head(request, created, "chat.completion") | {
        "choices": [choice],
        "usage": _usage(request, answer),
    }


def chunks(request: Request, answer: Answer, created: float) -> Iterator[tuple[Object, bool]]:
    """Every chunk in order; True with those after which a real model takes its time."""
    head = _head(request, created, "chat.completion.chunk")
    if request.counts_usage:
        head["usage"] = None
    for delta, is_word in _deltas(answer):
        yield head | {"choices": [_choice(delta, None)]}, is_word
    yield head | {"choices": [_choice({}, _finish(answer))]}, False
    if request.counts_usage:
        yield head | {"choices": [], "usage": _usage(request, answer)}, False


def _deltas(answer: Answer) -> Iterator[tuple[Object, bool]]:
    yield {"role": "assistant", "content": "" if answer.text else None, "refusal": None}, False
    for piece in pieces(answer.refusal):
        yield {"refusal": piece}, True
    for piece in pieces(answer.text):
        yield {"content": piece}, True
    for index, call in enumerate(answer.calls):
        begun = _call(call)
        begun["function"] = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": index, **begun}]}, False
        for piece in pieces(call.arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}, True


def _choice(delta: Object, finish: str | None) -> Object:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def _finish(answer: Answer) -> str:
    if answer.truncated:
        return "length"
    return "tool_calls" if answer.calls else "stop"


def _call(call: Call) -> Object:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.call_id, "type": "function", "function": function}


def _head(request: Request, created: float, kind: str) -> Object:
    return {
        "id": f"chatcmpl-{token_hex(12)}",
        "object": kind,
        "created": int(created),
        "model": request.model,
        "service_tier": "default",
        "system_fingerprint": "fp_sandbox",
    }


def _usage(request: Request, answer: Answer) -> Object:
    given = words(request.everything)
    written = words(answer.text + answer.refusal) + sum(words(call.arguments) + 4 for call in answer.calls)
    return {"prompt_tokens": given, "completion_tokens": written, "total_tokens": given + written}
