"""The scripted model through the vendor's own SDK: both dialects, streamed and whole, keys, faults, usage."""
# ruff: noqa: E501 (tables are easier to read whole)

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from aiohttp import ClientSession, web
from pydantic import BaseModel

from local.sandbox.context import Sandbox
from local.sandbox.faults import Fault
from local.sandbox.openai import COVERAGE, routes
from pipeline.clients.llm.tasks import ReplyReading, labelled
from tests.local.openai_model import TOOLS, make_box, schema, serving

QUESTION = "Research Dana Reyes at Northwind Robotics, dana@northwind.example"
FLAT = [
    {"type": "function", "name": name, "description": name, "parameters": schema(arguments), "strict": True}
    for name, arguments in TOOLS.items()
]
NESTED = [
    {"type": "function", "function": {key: value for key, value in tool.items() if key != "type"}}
    for tool in FLAT
]
WANTED = {
    "lead": None,
    "name": "Dana Reyes",
    "company": "Northwind Robotics",
    "email": "dana@northwind.example",
    "research_depth": "standard",
}
READING = labelled({"our_email": {"subject": "s", "body": "b"}, "reply": "No thanks, not interested."})


@pytest.fixture
def box() -> Sandbox:
    return make_box()


@pytest.fixture
async def address(box: Sandbox) -> AsyncIterator[str]:
    async with serving(box) as url:
        yield url


@pytest.fixture
async def client(box: Sandbox, address: str) -> AsyncIterator[openai.AsyncOpenAI]:
    async with opened(box, f"{address}/openai/v1") as sdk:
        yield sdk


def opened(box: Sandbox, url: str, **options: Any) -> openai.AsyncOpenAI:
    options = {"api_key": box.accounts.openai_api_key, "max_retries": 0, **options}
    return openai.AsyncOpenAI(base_url=url, **options)


def test_every_covered_method_is_served_and_nothing_else(box: Sandbox) -> None:
    served = {(route.method, route.path) for route in routes(box) if isinstance(route, web.RouteDef)}

    assert served == set(COVERAGE.values())


async def test_a_streamed_response_has_the_vendors_events_in_order(client: openai.AsyncOpenAI) -> None:
    async with client.responses.stream(model="gpt-5.5", input=QUESTION, tools=FLAT) as stream:  # type: ignore[arg-type]
        events = [event async for event in stream]
        final = await stream.get_final_response()

    kinds = [event.type for event in events]
    assert kinds[:5] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
    ]
    assert kinds[-1] == "response.completed"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    message, call = final.output
    assert final.output_text == "On it. I'll research Dana Reyes now."
    assert (call.type, json.loads(call.arguments)) == ("function_call", WANTED)
    assert final.model == "gpt-5.5"
    assert (
        final.usage and final.usage.total_tokens == final.usage.input_tokens + final.usage.output_tokens > 0
    )
    assert message.id and call.id


async def test_after_the_tool_output_the_model_answers_from_it(client: openai.AsyncOpenAI) -> None:
    first = await client.responses.create(model="gpt-5.5", input=QUESTION, tools=FLAT)  # type: ignore[call-overload]
    call = first.output[1]
    output = {
        "type": "function_call_output",
        "call_id": call.call_id,
        "output": '{"ok": true, "summary": "It has begun."}',
    }
    asked = {"role": "user", "content": QUESTION}

    second = await client.responses.create(model="gpt-5.5", input=[asked, *first.output, output], tools=FLAT)  # type: ignore[call-overload]

    assert second.output_text == "It has begun."


async def test_a_structured_output_is_parsed_by_the_sdk(client: openai.AsyncOpenAI) -> None:
    response = await client.responses.parse(model="m", input=READING, text_format=ReplyReading)
    completion = await client.chat.completions.parse(
        model="m", messages=[{"role": "user", "content": READING}], response_format=ReplyReading
    )

    assert response.output_parsed and response.output_parsed.sentiment == "not_interested"
    assert completion.choices[0].message.parsed == response.output_parsed


class Unforeseen(BaseModel):
    words: list[str]
    count: int
    perhaps: str | None
    inner: ReplyReading


async def test_an_unknown_schema_is_filled_with_the_least_that_fits(client: openai.AsyncOpenAI) -> None:
    response = await client.responses.parse(model="m", input="anything", text_format=Unforeseen)

    assert response.output_parsed is not None
    assert response.output_parsed.words == []


async def test_chat_completions_stream_text_then_the_call(client: openai.AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model="gpt-5.4-mini",
        messages=[{"role": "user", "content": QUESTION}],
        tools=NESTED,  # type: ignore[arg-type]
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]

    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    calls = [call for delta in deltas for call in delta.tool_calls or []]
    assert "".join(delta.content or "" for delta in deltas) == "On it. I'll research Dana Reyes now."
    assert calls[0].function and calls[0].function.name == "research_lead"
    assert json.loads("".join((call.function and call.function.arguments) or "" for call in calls)) == WANTED
    assert chunks[-2].choices[0].finish_reason == "tool_calls"
    assert chunks[-1].usage and chunks[-1].usage.completion_tokens > 0
    assert {chunk.model for chunk in chunks} == {"gpt-5.4-mini"}


async def test_a_stream_without_the_option_counts_nothing(client: openai.AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "hello"}], stream=True
    )

    assert [chunk.usage async for chunk in stream if chunk.usage] == []


async def test_gemini_speaks_the_chat_dialect_at_its_own_address(box: Sandbox, address: str) -> None:
    key = box.accounts.gemini_api_key
    async with opened(box, f"{address}/gemini/v1beta/openai/", api_key=key) as gemini:
        answer = await gemini.chat.completions.create(
            model="gemini-2.5-pro", messages=[{"role": "user", "content": "thanks"}]
        )
        models = [model.id async for model in gemini.models.list()]

    assert answer.choices[0].message.content == "You're welcome. Tell me when there is more to do."
    assert "gemini-2.5-pro" in models


async def test_models_are_listed_and_found(client: openai.AsyncOpenAI) -> None:
    listed = [model.id async for model in client.models.list()]

    assert "gpt-5.5" in listed
    assert (await client.models.retrieve("gpt-5.5")).id == "gpt-5.5"


async def test_a_wrong_key_is_refused_as_the_vendor_does(box: Sandbox, address: str) -> None:
    async with opened(box, f"{address}/openai/v1", api_key="sk-wrong-key-000") as stranger:
        with pytest.raises(openai.AuthenticationError) as refused:
            await stranger.responses.create(model="m", input="hello")
        with pytest.raises(openai.AuthenticationError):
            await stranger.models.list()

    assert refused.value.code == "invalid_api_key"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"input": "hi"}, "'model'"),
        ({"model": "m"}, "'input'"),
        ({"model": "m", "input": [{"type": "function_call_output", "call_id": "c1", "output": ""}]}, "No tool call found"),
        ({"model": "m", "input": [{"type": "function_call", "call_id": "c1", "name": "x", "arguments": "{}"}]}, "No tool output found"),
        ({"model": "m", "input": "hi", "tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}, "required": [], "additionalProperties": False}, "strict": True}]}, "Missing 'a'"),
        ({"model": "m", "input": "hi", "tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}, "required": []}, "strict": True}]}, "additionalProperties"),
        ({"model": "m", "input": [{"role": "wizard", "content": "hi"}]}, "wizard"),
        ({"model": "m", "input": [7]}, "Invalid value"),
    ],
)  # fmt: skip
async def test_a_wrong_request_is_refused_with_a_sentence(
    address: str, box: Sandbox, body: dict[str, Any], words: str
) -> None:
    headers = {"Authorization": f"Bearer {box.accounts.openai_api_key}"}
    async with ClientSession(headers=headers) as session:
        answer = await session.post(f"{address}/openai/v1/responses", json=body)
        error = (await answer.json())["error"]

    assert answer.status == 400
    assert words in error["message"]


async def test_chat_wants_every_call_answered(client: openai.AsyncOpenAI) -> None:
    call: Any = {"id": "c1", "type": "function", "function": {"name": "help_me", "arguments": "{}"}}
    messages: Any = [
        {"role": "user", "content": "help"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
    ]

    with pytest.raises(openai.BadRequestError, match="must be followed by tool messages"):
        await client.chat.completions.create(model="m", messages=messages)


async def test_a_rate_limit_says_when_to_come_back(box: Sandbox, client: openai.AsyncOpenAI) -> None:
    box.faults.arm(Fault("openai", "rate_limited", options={"retry_after": 7}))

    with pytest.raises(openai.RateLimitError) as refused:
        await client.responses.create(model="m", input="hello")
    assert refused.value.response.headers["retry-after"] == "7"
    assert (await client.responses.create(model="m", input="hello")).output_text


async def test_a_server_error_strikes_only_what_it_is_meant_for(
    box: Sandbox, client: openai.AsyncOpenAI
) -> None:
    box.faults.arm(Fault("openai", "server_error", match="gpt-5.5", options={"status": 503}))

    assert (await client.responses.create(model="gpt-5.4-mini", input="hello")).output_text
    with pytest.raises(openai.InternalServerError):
        await client.responses.create(model="gpt-5.5", input="hello")


async def test_a_stream_can_break_off_in_the_middle(box: Sandbox, client: openai.AsyncOpenAI) -> None:
    box.faults.arm(Fault("openai", "drop_mid_stream"))
    text = ""

    with pytest.raises((openai.APIConnectionError, RuntimeError)):
        async with client.responses.stream(model="m", input="hello") as stream:
            async for event in stream:
                text += event.delta if event.type == "response.output_text.delta" else ""
            await stream.get_final_response()

    assert text.startswith("Hello")


async def test_a_timeout_keeps_the_caller_waiting(box: Sandbox, address: str) -> None:
    box.faults.arm(Fault("openai", "timeout", options={"seconds": 5}))

    async with opened(box, f"{address}/openai/v1", timeout=0.2) as hasty:
        with pytest.raises(openai.APITimeoutError):
            await hasty.responses.create(model="m", input="hello")


async def test_bad_json_and_refusals(box: Sandbox, client: openai.AsyncOpenAI) -> None:
    box.faults.arm(Fault("openai", "bad_json", match="ReplyReading"))
    text: Any = {"format": {"type": "json_schema", "name": "ReplyReading", "schema": {}}}

    broken = await client.responses.create(model="m", input=READING, text=text)
    with pytest.raises(ValueError):
        json.loads(broken.output_text)

    box.faults.arm(Fault("openai", "refusal"))
    refused = await client.responses.create(model="m", input="hello")
    assert refused.output[0].content[0].type == "refusal"  # type: ignore[union-attr]


async def test_an_answer_beyond_its_room_is_cut_off(client: openai.AsyncOpenAI) -> None:
    response = await client.responses.create(model="m", input="xyzzy", max_output_tokens=10)
    completion = await client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "xyzzy"}], max_completion_tokens=10
    )

    assert (response.status, response.incomplete_details and response.incomplete_details.reason) == (
        "incomplete",
        "max_output_tokens",
    )
    assert completion.choices[0].finish_reason == "length"


async def test_a_caller_who_hangs_up_breaks_nothing(client: openai.AsyncOpenAI) -> None:
    async with client.responses.stream(model="m", input="xyzzy") as stream:
        async for event in stream:
            if event.type == "response.output_text.delta":
                break
    await asyncio.sleep(0.05)

    assert (await client.responses.create(model="m", input="hello")).output_text
