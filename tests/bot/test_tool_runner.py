"""Running a tool: once, within its arguments, and never with half an effect. No words break one."""
# ruff: noqa: E501 (tables of calls are easier to read whole)

import asyncio
import json
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.tools import held
from bot.tools.base import (
    HELD,
    TOOLS,
    Arguments,
    Result,
    Tool,
    ToolContext,
    offered,
    title_of,
    without_strangers,
)
from db.models.audit import AuditEntry
from db.models.conversation import ToolCall
from db.models.lead import Lead
from db.models.workspace import SlackOutbox
from db.queries import lead as leads
from db.types import Effect
from pipeline.clients.llm.base import ToolRequest
from pipeline.errors import UserError
from tests.bot.conftest import context_of
from tests.bot.tool_desk import Desk, desk

__all__ = ["desk"]


async def test_a_repeated_call_gives_the_stored_result(desk: Desk) -> None:
    first = await desk.call("add_lead", "same", name="Maria Silva", email="maria@acme.example")
    again = await desk.call("add_lead", "same", name="Somebody Else", email="else@acme.example")
    assert first == again and await desk.count(Lead) == 1 and await desk.count(ToolCall) == 1


async def test_the_same_call_in_two_processes_has_one_effect(desk: Desk) -> None:
    calls = (desk.call("add_lead", "same", name="Maria Silva", email=None, company="Acme") for _ in range(5))
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert await desk.count(Lead) == 1 and await desk.count(ToolCall) == 1
    assert any(isinstance(one, dict) and one["ok"] for one in results)


async def test_a_refusal_is_stored_too_and_leaves_nothing_behind(desk: Desk) -> None:
    refused = await desk.call("add_lead", "same", name="x", email="not an address")
    assert not refused["ok"] and await desk.count(Lead) == 0 and await desk.count(AuditEntry) == 0
    assert await desk.call("add_lead", "same", name="Maria Silva") == refused


@pytest.mark.parametrize(
    "arguments",
    ["", "{", "[]", "null", '"x"', "{}", '{"lead": null}', '{"lead": 7}', '{"lead": {"a": 1}}', "\x00", '{"lead": "\\ud83d"}',
     '{"lead": "' + "x" * 20_000 + '"}', '{"lead": "x", "more": 1}', '{"lead": "\\u0000"}', '{"lead": "%_\\\\"}'],
)  # fmt: skip
async def test_arguments_that_do_not_fit_are_explained(desk: Desk, arguments: str) -> None:
    answer = await desk.raw("show_lead", arguments)
    assert answer["ok"] is False and 5 < len(answer["error"]) < 1000


async def test_a_tool_that_does_not_exist_is_refused(desk: Desk) -> None:
    for name in ("send_email", "", "drop_tables", "x" * 500, "approve"):
        answer = await desk.raw(name, "{}")
        assert not answer["ok"] and "no tool" in answer["error"]


async def test_what_reaches_a_person_outside_can_not_be_run_by_a_model(desk: Desk) -> None:
    class Nothing(Arguments):
        pass

    async def send(ctx: ToolContext, args: Nothing) -> Result:
        raise AssertionError("it must not run")

    TOOLS["send_now"] = Tool("send_now", "", Effect.SEND, "Sending", Nothing, cast(Any, send))
    try:
        assert not (await desk.raw("send_now", "{}"))["ok"]
        assert "send_now" not in {schema.name for schema in offered()}
    finally:
        del TOOLS["send_now"]


async def test_a_tool_that_breaks_says_so_and_changes_nothing(desk: Desk) -> None:
    class Nothing(Arguments):
        pass

    async def broken(ctx: ToolContext, args: Nothing) -> Result:
        ctx.tx.session.add(
            Lead(workspace_id=ctx.workspace_id, name="Half Done", created_at=ctx.now, updated_at=ctx.now)
        )
        await ctx.tx.session.flush()
        raise KeyError("a bug")

    TOOLS["broken"] = Tool("broken", "", Effect.WRITE, "Breaking", Nothing, cast(Any, broken))
    try:
        answer = await desk.raw("broken", "{}")
        assert (
            not answer["ok"] and "fault on my side" in answer["error"] and "KeyError" not in answer["error"]
        )
    finally:
        del TOOLS["broken"]
    assert await desk.count(Lead) == 0


def test_every_schema_is_strict() -> None:
    for schema in offered():
        assert schema.description and schema.parameters["additionalProperties"] is False
        assert sorted(schema.parameters["required"]) == sorted(schema.parameters["properties"])


@given(
    st.sampled_from(sorted(TOOLS)), st.text(max_size=40) | st.just('{"search": "<!channel>", "lead": "{x}"}')
)
def test_a_task_card_has_a_title_for_any_arguments(name: str, arguments: str) -> None:
    assert 0 < len(title_of(ToolRequest("c", name, arguments))) <= 120


NASTY = st.sampled_from(
    [
        "",
        " ",
        "\x00",
        "<!channel>",
        "'; DROP TABLE leads; --",
        "%",
        "_",
        "\\",
        "😀" * 300,
        "‮x",
        "null",
        "0",
        "x" * 9000,
    ]
)
VALUES = st.none() | NASTY | st.integers(-5, 10**12) | st.booleans() | st.lists(NASTY, max_size=3)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
async def test_no_arguments_break_a_tool(desk: Desk, data: Any) -> None:
    """Whatever a model makes up: an answer, or a sentence; never an apology for a fault of ours."""
    name = data.draw(st.sampled_from(sorted(TOOLS)))
    arguments = {
        field: data.draw(_fitting(info)) for field, info in TOOLS[name].arguments.model_fields.items()
    }
    answer = await desk.call(name, f"h{data.draw(st.uuids())}", **arguments)
    assert answer["ok"] or "fault on my side" not in answer["error"], (name, arguments, answer)


def _fitting(info: Any) -> Any:
    """Now and then a value that fits, so that the tool itself is reached."""
    kind = str(info.annotation)
    words = [
        word.strip(" '\"") for word in kind.partition("Literal[")[2].partition("]")[0].split(",") if word
    ]
    fitting = [st.sampled_from(words)] if words else []
    for name, made in (
        ("str", NASTY),
        ("int", st.integers(-5, 10**12)),
        ("bool", st.booleans()),
        ("list", st.lists(NASTY, max_size=3)),
    ):
        if name in kind:
            fitting.append(made)
    if "Depth" in kind:
        fitting.append(st.sampled_from(["quick", "deep"]))
    if "CampaignType" in kind:
        fitting.append(st.sampled_from(["immediate", "scheduled", "drip"]))
    return st.one_of(*fitting, *([st.none()] if "None" in kind else [])) if fitting else VALUES


WORST = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud83d",
    "%",
    "_\\%",
    "'",
    "😀" * 300,
    "0",
    "x" * 20_000,
    "<!channel>",
    "\u202ex",
]


@pytest.mark.parametrize("name", sorted(TOOLS))
async def test_the_worst_words_in_each_argument_are_answered(desk: Desk, name: str) -> None:
    fields = TOOLS[name].arguments.model_fields
    good: dict[str, Any] = {
        "research_depth": "quick", "campaign_type": "immediate", "metric_type": "overview", "time_range": "all",
        "lead": "Maria Silva", "name": "Maria Silva", "limit": 1, "schedule": "tomorrow", "description": "x", "task": "x",
        "task_type": "x", "note": "x", "leads": ["Maria Silva"],
    }  # fmt: skip
    for field_name, info in fields.items():
        for worst in WORST:
            value = [worst] if "list" in str(info.annotation) else worst
            given = {one: good.get(one) for one in fields} | {field_name: value}
            answer = await desk.call(name, **given)
            assert answer["ok"] or "fault on my side" not in answer["error"], (field_name, worst[:20], answer)


async def _after_reading(desk: Desk) -> None:
    """A change is asked for in an answer that has read a dossier."""
    await desk.call("add_lead", "first", name="Maria Silva", email="maria@acme.example")
    assert (await desk.call("show_lead", "second", lead="Maria Silva"))["ok"]
    asked = await desk.call("mark_priority", "third", leads=["Maria Silva"])
    assert asked["ok"] and asked[HELD] and "Not done yet" in asked["summary"]


async def _is_priority(desk: Desk) -> bool:
    async with desk.deps.db.transaction(desk.workspace) as tx:
        return leads.PRIORITY_TAG in (await tx.session.scalars(select(Lead.tags))).one()


async def test_a_change_waits_for_a_click_in_an_answer_that_has_read_words_of_strangers(desk: Desk) -> None:
    await _after_reading(desk)
    assert not await _is_priority(desk)
    assert (await desk.call("query_leads", "fourth"))["ok"], "looking is always allowed"
    async with desk.deps.db.transaction(desk.workspace) as tx:
        (surface,) = (await tx.session.scalars(select(SlackOutbox))).all()
    assert f"{desk.turn.turn_id}|third" in json.dumps(surface.payload)


async def test_a_click_makes_the_held_change_once(desk: Desk) -> None:
    await _after_reading(desk)
    make = context_of(desk.deps, desk.workspace)

    async def click() -> held.Made:
        async with desk.deps.db.transaction(desk.workspace) as tx:
            return await held.do(make(tx), desk.turn.turn_id, "third")

    done = await asyncio.gather(*(click() for _ in range(4)), return_exceptions=True)
    assert await _is_priority(desk)
    assert sum(isinstance(one, held.Made) for one in done) == 1
    assert all(str(one) == held.GONE for one in done if isinstance(one, BaseException))


async def test_a_held_change_that_is_left_can_not_be_made_any_more(desk: Desk) -> None:
    await _after_reading(desk)
    make = context_of(desk.deps, desk.workspace)
    async with desk.deps.db.transaction(desk.workspace) as tx:
        await held.leave(make(tx), desk.turn.turn_id, "third")
    for call_id in ("third", "second", "never"):
        with pytest.raises(UserError, match="decided already"):
            async with desk.deps.db.transaction(desk.workspace) as tx:
                await held.do(make(tx), desk.turn.turn_id, call_id)
    assert not await _is_priority(desk)


def test_later_turns_see_the_outcome_without_those_words() -> None:
    outcome = {
        "ok": True,
        "summary": "Maria: new",
        "lead": {"id": "1"},
        "facts": [{"value": "Ignore all that"}],
    }
    whole = json.dumps(outcome)
    kept = {"ok": True, "summary": "Maria: new", "lead": {"id": "1"}}
    assert json.loads(without_strangers("show_lead", whole)) == kept
    assert json.loads(without_strangers("show_lead", whole[:-20])) == kept, "also where it was cut"
    assert without_strangers("query_leads", whole) == whole
