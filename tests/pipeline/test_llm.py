"""The model client against the scripted model, in both dialects: it must not matter which one is spoken."""

import json
from collections.abc import AsyncIterator

import pytest

from local.sandbox.context import Sandbox
from local.sandbox.faults import Fault
from pipeline.clients.llm import LlmUsage, open_gemini, open_llm
from pipeline.clients.llm.base import (
    AssistantText,
    Completed,
    Item,
    Llm,
    StreamEvent,
    TextDelta,
    ToolOutcome,
    ToolRequest,
    ToolSchema,
    UserText,
)
from pipeline.clients.llm.tasks import ReplyReading, labelled
from pipeline.clock import SystemClock
from pipeline.errors import Permanent, Transient
from tests.local.openai_model import TOOLS, make_box, schema, serving
from tests.pipeline.odd_model import settings

OFFERED = [ToolSchema(name, name, schema(arguments)) for name, arguments in TOOLS.items()]
FOCUS = UserText("What should I focus on today?")
READING = labelled({"our_email": {}, "reply": "Please remove me from your list."})


class World:
    """A sandbox, a client of it, and what the client reported."""

    def __init__(self, box: Sandbox, address: str, style: str) -> None:
        self.box, self.used = box, list[LlmUsage]()
        self.settings = settings(
            f"{address}/openai/v1",
            style,
            openai_api_key=box.accounts.openai_api_key,
            openai_fallback_model="second",
            google_ai_api_key=box.accounts.gemini_api_key,
            gemini_base_url=f"{address}/gemini/v1beta/openai/",
        )
        self.llm = open_llm(self.settings, SystemClock(), on_usage=self.note)

    async def note(self, usage: LlmUsage) -> None:
        self.used.append(usage)


@pytest.fixture(params=["responses", "chat"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    box = make_box()
    async with serving(box) as address:
        yield World(box, address, request.param)


async def told(llm: Llm, *items: Item) -> list[StreamEvent]:
    return [event async for event in llm.stream(instructions="Be brief.", items=items, tools=OFFERED)]


async def test_text_comes_in_pieces_then_each_call_then_the_end(world: World) -> None:
    events = await told(world.llm, FOCUS)

    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    calls = [event for event in events if isinstance(event, ToolRequest)]
    end = events[-1]
    assert text == "Let me look at your numbers and what is due."
    assert sum(isinstance(event, TextDelta) for event in events) > 5
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [
        ("get_analytics", {"metric_type": "overview", "time_range": "today"}),
        ("list_tasks", {"time_range": "today"}),
    ]
    assert isinstance(end, Completed)
    assert end.items == (AssistantText(text), *calls)
    assert end.model == "first"
    assert end.usage.input_tokens > 0 and end.usage.output_tokens > 0


async def test_a_conversation_goes_on_after_its_tools(world: World) -> None:
    first = await told(world.llm, FOCUS)
    end = first[-1]
    assert isinstance(end, Completed)
    outcomes = [
        ToolOutcome(item.call_id, json.dumps({"ok": True, "summary": f"{item.name} done."}))
        for item in end.items
        if isinstance(item, ToolRequest)
    ]

    last = (await told(world.llm, FOCUS, *end.items, *outcomes))[-1]

    assert isinstance(last, Completed)
    (answer,) = last.items
    assert isinstance(answer, AssistantText)
    assert answer.text.startswith("get_analytics done.\n\nlist_tasks done.")


async def test_an_answer_in_a_schema(world: World) -> None:
    parsed = await world.llm.parse(instructions="Read it.", text=READING, schema=ReplyReading)

    assert parsed.value.sentiment == "opt_out"
    assert parsed.usage.output_tokens > 0


async def test_every_call_is_reported(world: World) -> None:
    await told(world.llm, FOCUS)
    await world.llm.parse(instructions="", text=READING, schema=ReplyReading)
    world.box.faults.arm(Fault("openai", "rate_limited"))
    with pytest.raises(Transient):
        await told(world.llm, FOCUS)

    assert [(used.service, used.model, used.task, used.error) for used in world.used] == [
        ("openai", "first", "conversation", None),
        ("openai", "first", "ReplyReading", None),
        ("openai", "first", "conversation", "The model's rate limit is reached."),
    ]
    assert all(used.input_tokens > 0 for used in world.used[:2])


async def test_a_stream_that_is_left_is_reported_as_stopped(world: World) -> None:
    stream = world.llm.stream(instructions="", items=[FOCUS], tools=OFFERED)
    async for _ in stream:
        break
    await stream.aclose()  # type: ignore[attr-defined]

    assert [used.error for used in world.used] == ["stopped"]


async def test_a_rate_limit_says_when_to_try_again(world: World) -> None:
    world.box.faults.arm(Fault("openai", "rate_limited", options={"retry_after": 7}))

    with pytest.raises(Transient) as failed:
        await world.llm.parse(instructions="", text=READING, schema=ReplyReading)

    assert failed.value.retry_after is not None
    assert failed.value.retry_after.total_seconds() == 7


async def test_the_second_model_answers_when_the_first_is_broken(world: World) -> None:
    world.box.faults.arm(Fault("openai", "server_error", times=2, match=" first ", options={"status": 503}))

    events = await told(world.llm, UserText("hello"))
    parsed = await world.llm.parse(instructions="", text=READING, schema=ReplyReading)

    end = events[-1]
    assert isinstance(end, Completed)
    assert (end.model, parsed.model) == ("second", "second")
    assert [(used.model, used.error is None) for used in world.used] == [
        ("first", False),
        ("second", True),
    ] * 2


async def test_what_was_begun_is_not_begun_again_elsewhere(world: World) -> None:
    world.box.faults.arm(Fault("openai", "drop_mid_stream", match=" first "))
    events: list[StreamEvent] = []

    with pytest.raises(Transient):
        async for event in world.llm.stream(instructions="", items=[UserText("hello")], tools=[]):
            events.append(event)

    assert events
    assert not any(isinstance(event, Completed) for event in events)
    assert {used.model for used in world.used} == {"first"}


async def test_bad_json_is_asked_for_once_more(world: World) -> None:
    world.box.faults.arm(Fault("openai", "bad_json"))
    assert (
        await world.llm.parse(instructions="", text=READING, schema=ReplyReading)
    ).value.sentiment == "opt_out"

    world.box.faults.arm(Fault("openai", "bad_json", times=2))
    with pytest.raises(Transient, match="form"):
        await world.llm.parse(instructions="", text=READING, schema=ReplyReading)


async def test_a_truncated_answer_gets_more_room(world: World) -> None:
    parsed = await world.llm.parse(instructions="", text=READING, schema=ReplyReading, max_tokens=6)

    assert parsed.value.sentiment == "opt_out"


async def test_a_refusal_is_for_good(world: World) -> None:
    world.box.faults.arm(Fault("openai", "refusal", times=2))

    with pytest.raises(Permanent, match="declined"):
        await world.llm.parse(instructions="", text=READING, schema=ReplyReading)
    with pytest.raises(Permanent, match="declined"):
        await told(world.llm, FOCUS)


async def test_a_wrong_key_says_which_setting_to_mend(world: World) -> None:
    wrong = world.settings.model_copy(
        update={"openai_api_key": type(world.settings.openai_api_key)("sk-other-key")}
    )
    llm = open_llm(wrong, SystemClock())

    with pytest.raises(Permanent, match="OPENAI_API_KEY"):
        await llm.parse(instructions="", text=READING, schema=ReplyReading)
    with pytest.raises(Permanent, match="OPENAI_API_KEY"):
        await told(llm, FOCUS)


async def test_gemini_is_there_only_with_its_key(world: World) -> None:
    gemini = open_gemini(world.settings, SystemClock(), on_usage=world.note)
    assert gemini is not None
    parsed = await gemini.parse(instructions="", text=READING, schema=ReplyReading)

    assert parsed.value.sentiment == "opt_out"
    assert [(used.service, used.model) for used in world.used] == [("gemini", "gemini-2.5-pro")]
    assert open_gemini(world.settings.model_copy(update={"google_ai_api_key": None}), SystemClock()) is None


async def test_nobody_listening_is_a_server_that_cannot_be_reached() -> None:
    llm = open_llm(settings("http://127.0.0.1:9/v1"), SystemClock())

    with pytest.raises(Transient, match="can't be reached"):
        await told(llm, FOCUS)
