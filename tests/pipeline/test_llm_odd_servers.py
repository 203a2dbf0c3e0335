"""Other people's servers: half of the protocol, in strange orders."""
# ruff: noqa: E501 (tables are easier to read whole)

import json
from typing import Any

import pytest

from pipeline.clients.llm import open_llm
from pipeline.clients.llm.base import (
    AssistantText,
    Completed,
    Item,
    StreamEvent,
    TextDelta,
    ToolRequest,
    ToolSchema,
    UserText,
)
from pipeline.clients.llm.tasks import ReplyReading
from pipeline.clock import SystemClock
from pipeline.errors import Permanent, Transient
from tests.local.openai_model import schema
from tests.pipeline.odd_model import DROP, odd, settings

Json = dict[str, Any]
TOOL = ToolSchema("show_lead", "Show.", schema("lead"))
GOOD = json.dumps({"sentiment": "other", "summary": "Hm."})
HELLO: list[Item] = [UserText("hello")]


def delta(finish: str | None = None, **what: Any) -> Json:
    return {
        "id": "c",
        "object": "chat.completion.chunk",
        "model": "odd",
        "choices": [{"index": 0, "delta": what, "finish_reason": finish}],
    }


def call(arguments: Any, **more: Any) -> Json:
    return {**more, "function": {"name": more.pop("name", None), "arguments": arguments}}


def whole(content: Any, finish: str = "stop", **more: Any) -> Json:
    return {
        "id": "c",
        "model": "odd",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": content, **more},
            }
        ],
    }


async def streamed(url: str, style: str = "chat", items: list[Item] = HELLO) -> list[StreamEvent]:
    llm = open_llm(settings(url, style), SystemClock())
    return [event async for event in llm.stream(instructions="x", items=items, tools=[TOOL])]


def ended(events: list[StreamEvent]) -> Completed:
    assert isinstance(events[-1], Completed)
    assert sum(isinstance(event, Completed) for event in events) == 1
    return events[-1]


CHUNKS: dict[str, tuple[list[Any], list[tuple[str, Json]], str]] = {
    "usual": (
        [delta(role="assistant", content=""), delta(content="Hi"), delta(tool_calls=[call("", index=0, id="a", name="show_lead")]), delta(tool_calls=[call('{"lead"', index=0)]), delta(tool_calls=[call(': "x"}', index=0)]), delta("tool_calls"), "[DONE]"],
        [("show_lead", {"lead": "x"})],
        "Hi",
    ),
    "no index, whole calls": (
        [delta(tool_calls=[call('{"lead": "x"}', id="a", name="show_lead"), call('{"lead": "y"}', id="b", name="show_lead")]), delta("stop"), "[DONE]"],
        [("show_lead", {"lead": "x"}), ("show_lead", {"lead": "y"})],
        "",
    ),
    "every call at index 0": (
        [delta(tool_calls=[call('{"lead": "x"}', index=0, id="a", name="show_lead")]), delta(tool_calls=[call('{"lead":', index=0, id="b", name="show_lead")]), delta(tool_calls=[call(' "y"}', index=0)]), delta("tool_calls")],
        [("show_lead", {"lead": "x"}), ("show_lead", {"lead": "y"})],
        "",
    ),
    "no id, arguments as an object": (
        [delta(tool_calls=[call({"lead": "x"}, index=0, name="show_lead")]), delta("tool_calls")],
        [("show_lead", {"lead": "x"})],
        "",
    ),
    "call before text, empty choices, nulls": (
        [{"id": "c", "choices": []}, delta(content=None, tool_calls=None), delta(tool_calls=[call(None, index=0, id="a", name="show_lead")]), delta(content="Hi"), {"choices": None}, delta("stop", content=None)],
        [("show_lead", {})],
        "Hi",
    ),
    "content in parts": ([delta(content=[{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hi"}]), delta("stop")], [], "Hi"),
    "usage but no finish": ([delta(content="Hi"), {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}, "[DONE]"], [], "Hi"),
}  # fmt: skip


@pytest.mark.parametrize("kind", CHUNKS)
async def test_chunks_in_any_shape_make_the_same_answer(kind: str) -> None:
    chunks, calls, text = CHUNKS[kind]
    async with odd((200, chunks)) as (_, url):
        events = await streamed(url)

    requests = [event for event in events if isinstance(event, ToolRequest)]
    assert [(one.name, json.loads(one.arguments)) for one in requests] == calls
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == text
    assert ended(events).items == ((AssistantText(text),) if text else ()) + tuple(requests)
    assert len({one.call_id for one in requests} - {""}) == len(requests)


async def test_a_call_id_used_before_is_not_used_again() -> None:
    chunks = [delta(tool_calls=[call("{}", index=0, id="call_0", name="show_lead")]), delta("tool_calls")]
    before = [UserText("a"), ToolRequest("call_0", "show_lead", "{}")]
    async with odd((200, chunks)) as (_, url):
        (request,) = (event for event in await streamed(url, items=before) if isinstance(event, ToolRequest))

    assert request.call_id != "call_0"


@pytest.mark.parametrize(
    "chunks",
    [
        [delta(content="Hi"), DROP],
        [delta(content="Hi")],
        [],
        ["not json"],
        [delta(content="Hi"), {"error": {"message": "overloaded", "type": "server_error"}}],
        [delta(tool_calls=[call('{"lead', index=0, id="a", name="show_lead")])],
        [delta(content="x" * 250_000), delta("stop")],
        [delta(tool_calls=[call("x" * 70_000, index=0, id="a", name="show_lead")]), delta("stop")],
        [delta(content="x" * 900_000)] * 11,
    ],
    ids=["dropped", "ends early", "empty", "garbage", "error inside", "half a call", "long text", "long call", "too many bytes"],
)  # fmt: skip
async def test_a_stream_without_its_end_is_transient(chunks: list[Any]) -> None:
    async with odd((200, chunks)) as (_, url):
        with pytest.raises(Transient):
            await streamed(url)


async def test_a_call_cut_off_by_the_token_limit_does_not_run() -> None:
    chunks = [
        delta(content="Hi"),
        delta(tool_calls=[call('{"lead', index=0, id="a", name="show_lead")]),
        delta("length"),
    ]
    async with odd((200, chunks)) as (_, url):
        events = await streamed(url)

    assert ended(events).items == (AssistantText("Hi"),)
    assert not any(isinstance(event, ToolRequest) for event in events)


async def test_a_content_filter_is_for_good() -> None:
    async with odd((200, [delta(content="Hi"), delta("content_filter")])) as (_, url):
        with pytest.raises(Permanent, match="content filter"):
            await streamed(url)


def refusing(words: str, is_sent: Any) -> Any:
    """Refuses requests that carry a parameter, as servers do that don't know it."""

    def answer(body: Json) -> Any:
        if is_sent(body):
            return 400, {
                "error": {"message": f"Unsupported parameter: {words}", "type": "invalid_request_error"}
            }
        if body.get("stream"):
            return 200, [delta(content="Hi"), delta("stop")]
        return 200, whole(GOOD)

    return answer


async def test_a_server_that_knows_no_stream_options_is_not_sent_them_again() -> None:
    async with odd(refusing("stream_options", lambda body: "stream_options" in body)) as (server, url):
        llm = open_llm(settings(url), SystemClock())
        for _ in range(2):
            events = [event async for event in llm.stream(instructions="x", items=HELLO, tools=[TOOL])]
            assert ended(events).items == (AssistantText("Hi"),)

    assert ["stream_options" in body for body in server.asked] == [True, False, False]


async def test_strict_tools_are_given_up() -> None:
    async with odd(
        refusing("'strict' is not permitted", lambda body: body["tools"][0]["function"].get("strict"))
    ) as (_, url):
        assert ended(await streamed(url)).items == (AssistantText("Hi"),)


async def test_json_schema_then_json_mode_then_words() -> None:
    async with odd(refusing("response_format", lambda body: "response_format" in body)) as (server, url):
        llm = open_llm(settings(url), SystemClock())
        parsed = await llm.parse(instructions="Read.", text="x", schema=ReplyReading)

    kinds = [(body.get("response_format") or {}).get("type") for body in server.asked]
    assert kinds == ["json_schema", "json_object", None]
    assert '"sentiment"' in server.asked[-1]["messages"][0]["content"]
    assert parsed.value.sentiment == "other"


async def test_the_older_name_of_the_token_limit_is_tried() -> None:
    async with odd(refusing("max_completion_tokens", lambda body: "max_completion_tokens" in body)) as (
        server,
        url,
    ):
        await open_llm(settings(url), SystemClock()).parse(instructions="", text="x", schema=ReplyReading)

    assert server.asked[-1]["max_tokens"] == 2000


async def test_any_other_refusal_is_for_good() -> None:
    async with odd((400, {"error": {"message": "context length exceeded"}})) as (server, url):
        with pytest.raises(Permanent, match="context length exceeded"):
            await streamed(url)

    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "text",
    [GOOD, f"```json\n{GOOD}\n```", f"<think>maybe {{}}</think>\n{GOOD}", f"Here you are:\n{GOOD}\nAnything else?", [{"type": "text", "text": GOOD}]],
)  # fmt: skip
async def test_json_is_found_in_what_surrounds_it(text: Any) -> None:
    async with odd((200, whole(text))) as (_, url):
        parsed = await open_llm(settings(url), SystemClock()).parse(
            instructions="", text="x", schema=ReplyReading
        )

    assert parsed.value == ReplyReading(sentiment="other", summary="Hm.")
    assert parsed.usage.input_tokens == 0


async def test_json_that_is_not_called_json_is_read_all_the_same() -> None:
    async with odd((200, whole(GOOD), {"Content-Type": "text/plain"})) as (_, url):
        parsed = await open_llm(settings(url), SystemClock()).parse(
            instructions="", text="x", schema=ReplyReading
        )

    assert parsed.value == ReplyReading(sentiment="other", summary="Hm.")


@pytest.mark.parametrize("style", ["chat", "responses"])
@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>oops</html>",
        "[]",
        "null",
        "{}",
        '{"choices": []}',
        '{"output": 5}',
        '{"choices": [{"message": 7}]}',
    ],
)
async def test_an_answer_that_is_none_is_transient(style: str, body: str) -> None:
    async with odd((200, body)) as (_, url):
        with pytest.raises(Transient):
            await open_llm(settings(url, style), SystemClock()).parse(
                instructions="", text="x", schema=ReplyReading
            )


ERRORS: list[tuple[int, Json, type[Exception], str]] = [
    (401, {}, Permanent, "OPENAI_API_KEY"),
    (403, {}, Permanent, "may not"),
    (404, {}, Permanent, "model's name"),
    (402, {}, Permanent, "402"),
    (413, {}, Permanent, "413"),
    (429, {}, Transient, "rate limit"),
    (429, {"code": "insufficient_quota"}, Permanent, "credit"),
    (408, {}, Transient, "408"),
    (500, {}, Transient, "500"),
    (502, {}, Transient, "502"),
    (529, {}, Transient, "529"),
]


@pytest.mark.parametrize("style", ["chat", "responses"])
@pytest.mark.parametrize(
    ("status", "error", "kind", "words"), ERRORS, ids=[f"{one[0]}{one[1].get('code', '')}" for one in ERRORS]
)
async def test_an_error_is_told_in_our_words(
    style: str, status: int, error: Json, kind: type[Exception], words: str
) -> None:
    async with odd((status, {"error": {"message": "no", **error}})) as (_, url):
        with pytest.raises(kind, match=words):
            await streamed(url, style)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:10 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 10),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "99999999"}, 3600),
        ({}, None),
    ],
)
async def test_when_to_come_back_is_read_from_the_headers(
    headers: dict[str, str], seconds: float | None
) -> None:
    async with odd((429, {"error": {"message": "no"}}, headers)) as (_, url):
        with pytest.raises(Transient) as failed:
            await streamed(url)

    wait = failed.value.retry_after
    assert (wait.total_seconds() if wait else None) == seconds


def event(kind: str, **what: Any) -> Json:
    return {"type": f"response.{kind}", **what}


MESSAGE = {
    "type": "message",
    "id": "m",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "Hi", "annotations": []}],
}
CALL = {"type": "function_call", "id": "f", "call_id": "a", "name": "show_lead", "arguments": '{"lead": "x"}'}
FINAL = {"id": "r", "model": "odd", "status": "completed", "output": [MESSAGE, CALL], "usage": None}
EVENTS: dict[str, list[Any]] = {
    "only the end": [event("completed", response=FINAL)],
    "items without deltas": [event("output_item.done", output_index=0, item=MESSAGE), event("output_item.done", output_index=1, item=CALL), event("completed", response={**FINAL, "output": []})],
    "no created, no indexes": [
        event("output_item.added", item={**MESSAGE, "content": []}), event("output_text.delta", item_id="m", delta="Hi"),
        event("output_item.added", item={**CALL, "arguments": ""}), event("function_call_arguments.delta", item_id="f", delta='{"lead": '), event("function_call_arguments.delta", item_id="f", delta='"x"}'),
        event("completed", response=FINAL),
    ],
    "unknown events between": [event("created", response={"id": "r"}), event("reasoning_summary_text.delta", delta="hm"), event("output_text.delta", output_index=0, delta="Hi"), {"type": "keepalive"}, event("output_item.done", output_index=1, item=CALL), event("completed", response=FINAL)],
}  # fmt: skip


@pytest.mark.parametrize("kind", EVENTS)
async def test_responses_in_any_order_make_the_same_answer(kind: str) -> None:
    async with odd((200, EVENTS[kind])) as (_, url):
        events = await streamed(url, "responses")

    assert ended(events).items == (AssistantText("Hi"), ToolRequest("a", "show_lead", '{"lead": "x"}'))
    assert sum(isinstance(one, ToolRequest) for one in events) == 1


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ([event("output_text.delta", output_index=0, delta="Hi"), DROP], Transient),
        ([event("output_text.delta", output_index=0, delta="Hi")], Transient),
        ([event("failed", response={"id": "r", "error": {"code": "server_error", "message": "x"}})], Transient),
        ([event("failed", response={"id": "r", "error": {"code": "rate_limit_exceeded", "message": "x"}})], Transient),
        ([event("failed", response={"id": "r", "error": {"code": "invalid_prompt", "message": "x"}})], Permanent),
        ([event("incomplete", response={"id": "r", "incomplete_details": {"reason": "content_filter"}})], Permanent),
        ([{"type": "error", "code": "server_error", "message": "x"}], Transient),
        ([event("completed", response=None)], Transient),
        ([event("output_item.done", output_index=0, item=None)], Transient),
    ],
)  # fmt: skip
async def test_a_response_that_fails_says_how(events: list[Any], kind: type[Exception]) -> None:
    async with odd((200, events)) as (_, url):
        with pytest.raises(kind):
            await streamed(url, "responses")


async def test_nothing_of_a_conversation_is_left_with_the_vendor() -> None:
    async with odd((200, EVENTS["only the end"])) as (server, url):
        await streamed(url, "responses")

    assert server.asked[0]["store"] is False
