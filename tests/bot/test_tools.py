"""Every tool on a real database: what it does, what it says when there is nothing, and what it refuses."""
# ruff: noqa: E501 (tables of calls are easier to read whole)

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

import bot.tools
from bot.tools.base import TOOLS, Arguments, Ran, Result, Tool, ToolContext, offered, title_of
from bot.tools.base import run as run_tool
from db.models.audit import AuditEntry
from db.models.campaign import Campaign, Enrollment
from db.models.conversation import ToolCall
from db.models.lead import Lead
from db.models.research import ResearchRun
from db.models.task import ScheduledTask
from db.queries import member_context
from db.queries import workspace as workspaces
from db.session import Database
from db.types import Effect, WorkspaceId
from db.wake import Wake
from pipeline.clients.llm.base import ToolRequest
from pipeline.clock import ManualClock
from pipeline.deps import Deps
from pipeline.messages import RunProgressed, Silent
from tests.bot.conftest import Asking, context_of, make_turn
from tests.conftest import Recorded

assert bot.tools


@dataclass
class Desk:
    """Calls tools as the assistant does, in a turn of its own."""

    deps: Deps
    workspace: WorkspaceId
    turn: Asking
    calls: int = 0
    timezone: str = "Europe/Berlin"
    told: list[Ran] = field(default_factory=list)

    async def call(self, name: str, call_id: str | None = None, /, **arguments: Any) -> dict[str, Any]:
        """The JSON the model reads."""
        known = TOOLS.get(name)
        empty = dict.fromkeys(known.arguments.model_fields) if known else {}
        return await self.raw(name, json.dumps(empty | arguments), call_id)

    async def raw(self, name: str, arguments: str, call_id: str | None = None) -> dict[str, Any]:
        self.calls += 1
        request = ToolRequest(call_id or f"c{self.calls}", name, arguments)
        make = context_of(self.deps, self.workspace, timezone=self.timezone)
        ran = await run_tool(self.deps, request, self.turn.turn_id, make, self.workspace)
        self.told.append(ran)
        answer = json.loads(ran.output)
        assert answer["ok"] is not ran.failed
        assert answer["summary" if answer["ok"] else "error"] == ran.summary
        return answer

    async def add(self, name: str = "Maria Silva", **more: Any) -> str:
        given: dict[str, Any] = {"email": None, "company": "Acme"}
        answer = await self.call("add_lead", name=name, **(given | more))
        assert answer["ok"], answer
        return answer["lead"]["id"]

    async def change(self, lead_id: str, **values: Any) -> None:
        async with self.deps.db.transaction(self.workspace) as tx:
            row = await tx.session.scalar(select(Lead).where(Lead.id == lead_id))
            for name, value in values.items():
                setattr(row, name, value)

    async def count(self, model: Any) -> int:
        async with self.deps.db.transaction(self.workspace) as tx:
            return await tx.session.scalar(select(func.count()).select_from(model)) or 0

    async def qualified(self, name: str, email: str, company: str = "Acme") -> str:
        made = await self.add(name, email=email, company=company)
        await self.change(made, status="researched", qualified=True, score=80)
        return made


@pytest.fixture
async def desk(deps: Deps, workspace: WorkspaceId, database: Database, clock: ManualClock) -> Desk:
    return Desk(deps, workspace, await make_turn(database, workspace, clock))


# the runner


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


# leads


async def test_leads_are_added_once_and_found(desk: Desk) -> None:
    first = await desk.call("add_lead", name="Maria Silva", email="Maria@Acme.example", company="Acme")
    again = await desk.call("add_lead", name="Maria", email="maria@acme.EXAMPLE")
    assert first["is_new"] and not again["is_new"] and first["lead"]["id"] == again["lead"]["id"]
    found = await desk.call("query_leads", search="silva")
    assert (found["count"], found["total"], found["leads"][0]["name"]) == (1, 1, "Maria Silva")
    shown = await desk.call("show_lead", lead="maria@acme.example")
    assert shown["lead"]["company"] == "Acme"
    assert (await desk.call("show_lead", lead=first["lead"]["id"]))["ok"]


async def test_an_empty_list_says_how_to_begin(desk: Desk) -> None:
    answer = await desk.call("query_leads")
    assert answer["ok"] and answer["total"] == 0 and "no leads yet" in answer["summary"]


async def test_filters_count_exactly(desk: Desk) -> None:
    for n in range(12):
        made = await desk.add(f"Lead Number{n}", email=f"l{n}@acme.example")
        await desk.change(
            made, source="google" if n % 3 == 0 else "csv", score=n, tags=["priority"] if n == 5 else []
        )
    assert (await desk.call("query_leads", source="google"))["total"] == 4
    assert (await desk.call("query_leads", tag="priority"))["leads"][0]["name"] == "Lead Number5"
    by_score = await desk.call("query_leads", sort="score", limit=3)
    assert [lead["score"] for lead in by_score["leads"]] == [11, 10, 9] and by_score["total"] == 12
    assert (await desk.call("query_leads", contacted=False))["total"] == 12
    assert (await desk.call("query_leads", replied_since="week"))["total"] == 0
    assert (await desk.call("query_leads", limit=-5))["count"] == 1
    assert (await desk.call("query_leads", limit=10**9))["count"] == 12


@pytest.mark.parametrize("name", ["show_lead", "why_not_sent", "explain_research"])
async def test_an_unclear_name_is_asked_about(desk: Desk, name: str) -> None:
    assert "know no lead" in (await desk.call(name, lead="Nobody"))["error"]
    await desk.add("Maria Silva", company="Acme")
    await desk.add("Maria Silva", company="Globex")
    error = (await desk.call(name, lead="maria silva"))["error"]
    assert "Which one?" in error and "Acme" in error and "Globex" in error


async def test_priorities_are_marked(desk: Desk) -> None:
    assert not (await desk.call("mark_priority", leads=[]))["ok"]
    await desk.add("Maria Silva")
    assert (await desk.call("mark_priority", leads=["Maria Silva"]))["ok"]
    assert (await desk.call("query_leads", tag="priority"))["total"] == 1
    assert not (await desk.call("mark_priority", leads=["Maria Silva", "Nobody"]))["ok"]


# research


async def test_research_begins_once_for_a_lead(desk: Desk, recorded: Recorded) -> None:
    first = await desk.call("research_lead", name="Maria Silva", company="Acme", research_depth="quick")
    again = await desk.call("research_lead", lead="Maria Silva", research_depth="deep")
    assert first["run_id"] == again["run_id"] and await desk.count(ResearchRun) == 1
    woken = [one for one in recorded.wake_ups if one.job is Wake.RESEARCH_LEAD]
    assert {dict(one.ids)["run_id"] for one in woken} == {first["run_id"]}
    told = [
        one
        for ours, one in cast(Silent, desk.deps.notifier).told
        if ours == desk.workspace and isinstance(one, RunProgressed)
    ]
    assert len(told) == 1


async def test_research_needs_somebody(desk: Desk) -> None:
    assert "Whom" in (await desk.call("research_lead", research_depth="quick"))["error"]
    assert not (await desk.call("research_latest_leads", limit=5, research_depth="quick"))["ok"]


async def test_the_latest_leads_are_researched_at_most_as_many_as_asked(desk: Desk) -> None:
    for n in range(4):
        await desk.add(f"Lead Number{n}", email=f"l{n}@acme.example")
    answer = await desk.call("research_latest_leads", limit=3, research_depth="quick")
    assert answer["ok"] and await desk.count(ResearchRun) == 3
    assert (await desk.call("research_latest_leads", limit=0, research_depth="quick"))["ok"]


async def test_research_is_explained_after_it_ran(desk: Desk) -> None:
    await desk.add("Maria Silva")
    assert "not been researched" in (await desk.call("explain_research", lead="Maria Silva"))["error"]
    await desk.call("research_lead", lead="Maria Silva", research_depth="quick")
    assert (await desk.call("explain_research", lead="Maria Silva"))["ok"]


# campaigns


async def test_a_campaign_takes_who_fits_and_says_who_does_not(desk: Desk, recorded: Recorded) -> None:
    await desk.qualified("Maria Silva", "maria@acme.example")
    await desk.add("New Person", email="new@acme.example")
    gone = await desk.qualified("Gone Person", "gone@acme.example")
    await desk.change(gone, status="unsubscribed")
    answer = await desk.call(
        "schedule_campaign",
        lead_ids=["Maria Silva", "New Person", "Gone Person"],
        campaign_type="immediate",
        name="Spring",
    )
    assert answer["ok"] and answer["enrolled"] == 1 and len(answer["left_out"]) == 2
    assert [one.job for one in recorded.wake_ups].count(Wake.WRITE_SEQUENCE) == 1
    again = await desk.call("schedule_campaign", lead_ids=["Maria Silva"], campaign_type="immediate")
    assert not again["ok"] and "another running campaign" in again["error"]
    assert await desk.count(Enrollment) == 1 and await desk.count(Campaign) == 1


async def test_a_scheduled_campaign_starts_at_the_persons_hour(desk: Desk) -> None:
    await desk.qualified("Maria Silva", "maria@acme.example")
    answer = await desk.call(
        "schedule_campaign",
        filter="company:acme",
        campaign_type="scheduled",
        schedule_time="tomorrow at 10am",
    )
    assert answer["ok"], answer
    async with desk.deps.db.transaction(desk.workspace) as tx:
        made = await tx.session.scalar(select(Campaign))
    assert made is not None and made.starts_at == datetime.fromisoformat("2026-03-03T10:00+01:00")
    assert "10:00" in answer["summary"]


@pytest.mark.parametrize(
    "arguments",
    [{}, {"filter": ""}, {"filter": "everybody"}, {"filter": "company:"}, {"filter": "replied"}, {"lead_ids": ["Nobody"]}, {"lead_ids": []},
     {"filter": "not_contacted", "campaign_type": "scheduled"}, {"filter": "not_contacted", "campaign_type": "scheduled", "schedule_time": "every monday"},
     {"filter": "not_contacted", "campaign_type": "scheduled", "schedule_time": "last year"}],
)  # fmt: skip
async def test_a_campaign_without_leads_or_time_is_refused_and_leaves_nothing(
    desk: Desk, arguments: dict[str, Any]
) -> None:
    answer = await desk.call("schedule_campaign", **({"campaign_type": "immediate"} | arguments))
    assert not answer["ok"] and await desk.count(Campaign) == 0


async def test_pausing_and_resuming_say_how_many(desk: Desk) -> None:
    assert "nothing" in (await desk.call("pause_campaigns"))["summary"]
    await desk.qualified("Maria Silva", "maria@acme.example")
    await desk.call("schedule_campaign", filter="not_contacted", campaign_type="immediate", name="Spring")
    paused = await desk.call("pause_campaigns", campaign="spring")
    assert paused["ok"] and "Paused: 1" in paused["summary"]
    assert "Resumed: 1" in (await desk.call("resume_campaigns", campaign="Spring"))["summary"]
    assert "Which one?" in (await desk.call("pause_campaigns", campaign="autumn"))["error"]
    assert (await desk.call("pause_campaigns", company="ACME"))["ok"]


async def test_all_sending_stops_and_starts(desk: Desk) -> None:
    assert (await desk.call("stop_all_sending"))["ok"]
    async with desk.deps.db.transaction(desk.workspace) as tx:
        stopped = await workspaces.get(tx.session, desk.workspace)
    assert stopped.sending_stopped_by == "U0SAMRIVERS" and stopped.sending_stopped_at is not None
    assert (await desk.call("resume_all_sending"))["ok"]
    async with desk.deps.db.transaction(desk.workspace) as tx:
        started = await workspaces.get(tx.session, desk.workspace)
    assert started.sending_stopped_at is None


async def test_why_nothing_was_sent_is_a_sentence(desk: Desk) -> None:
    await desk.add("Maria Silva", email="maria@acme.example")
    answer = await desk.call("why_not_sent", lead="Maria Silva")
    assert answer["ok"] and len(answer["summary"]) > 10


async def test_writes_are_in_the_audit_log(desk: Desk) -> None:
    await desk.add("Maria Silva", email="maria@acme.example")
    await desk.call("stop_all_sending")
    await desk.call("set_reminder", task_type="reminder", schedule="tomorrow", description="Call")
    async with desk.deps.db.transaction(desk.workspace) as tx:
        done = {row.action for row in await tx.session.scalars(select(AuditEntry))}
    assert {"lead.added", "sending.stopped", "task.set"} <= done


# tasks, memory, numbers, help


async def test_reminders_are_set_listed_and_cancelled(desk: Desk) -> None:
    assert "Nothing is planned" in (await desk.call("list_tasks", time_range="today"))["summary"]
    made = await desk.call(
        "set_reminder", task_type="reminder", schedule="tomorrow at 10am", description="Call Maria"
    )
    assert datetime.fromisoformat(made["next_time"]) == datetime.fromisoformat("2026-03-03T10:00+01:00")
    await desk.call(
        "set_reminder", task_type="daily_report", schedule="every morning at 9am", description="Daily report"
    )
    assert [one["description"] for one in (await desk.call("list_tasks", time_range="today"))["tasks"]] == []
    week = (await desk.call("list_tasks", time_range="week"))["tasks"]
    assert [one["description"] for one in week] == ["Daily report", "Call Maria"]
    assert week[0]["repeats"] == "every morning at 9am"
    assert "Which one?" in (await desk.call("cancel_task", task="a"))["error"]
    assert (await desk.call("cancel_task", task="call maria"))["ok"]
    assert "fits 0" in (await desk.call("cancel_task", task="call maria"))["error"]
    async with desk.deps.db.transaction(desk.workspace) as tx:
        kinds = {row.task_type: row.active for row in await tx.session.scalars(select(ScheduledTask))}
    assert kinds == {"reminder": False, "send_report": True}


@pytest.mark.parametrize("schedule", ["", "yesterday", "soonish", "every 7 minutes", "0 0 30 2 *"])
async def test_a_reminder_needs_a_time_to_come(desk: Desk, schedule: str) -> None:
    answer = await desk.call("set_reminder", task_type="reminder", schedule=schedule, description="Call")
    assert not answer["ok"] and await desk.count(ScheduledTask) == 0


async def test_a_reminder_needs_words(desk: Desk) -> None:
    assert not (await desk.call("set_reminder", task_type="reminder", schedule="tomorrow", description=" "))[
        "ok"
    ]


async def test_a_reminder_keeps_the_persons_zone(desk: Desk) -> None:
    desk.timezone = "Asia/Kolkata"
    made = await desk.call("set_reminder", task_type="x", schedule="every day at 9", description="Stand-up")
    assert (
        datetime.fromisoformat(made["next_time"]).timestamp()
        == datetime.fromisoformat("2026-03-03T09:00+05:30").timestamp()
    )


async def test_what_is_told_is_remembered_within_bounds(desk: Desk) -> None:
    assert not (await desk.call("remember", note="  "))["ok"]
    for n in range(40):
        await desk.call("remember", note=f"Goal {n}")
    await desk.call("remember", note="Goal 39")
    async with desk.deps.db.transaction(desk.workspace) as tx:
        known = await member_context.get(tx.session, desk.workspace, "U0SAMRIVERS")
    assert len(known["current_goals"]) == 30 and known["current_goals"][-1] == "Goal 39"


@pytest.mark.parametrize("span", ["today", "week", "month", "all"])
async def test_numbers_of_an_empty_workspace_are_none_not_zero_percent(desk: Desk, span: str) -> None:
    answer = await desk.call("get_analytics", metric_type="overview", time_range=span)
    assert answer["ok"] and answer["rates"]["reply_rate"] is None and answer["counts"]["sent"] == 0


async def test_help_names_the_commands(desk: Desk) -> None:
    answer = await desk.call("help_me", topic="<!channel>")
    assert any("/leads" in command for command in answer["commands"]) and answer["examples"]


async def test_another_workspace_sees_nothing(desk: Desk, database: Database, clock: ManualClock) -> None:
    lead_id = await desk.add("Maria Silva", email="maria@acme.example")
    async with database.across() as tx:
        other = await workspaces.create(tx.session, team_id=f"T{lead_id[:8]}", name="Other", timezone="UTC")
    theirs = Desk(desk.deps, other, await make_turn(database, other, clock))
    assert not (await theirs.call("show_lead", lead=lead_id))["ok"]
    assert not (await theirs.call("mark_priority", leads=[lead_id]))["ok"]
    assert (await theirs.call("query_leads", search="maria"))["total"] == 0
