"""Every tool on a real database: what it does, what it says when there is nothing, and what it refuses."""
# ruff: noqa: E501 (tables of calls are easier to read whole)

from datetime import datetime
from typing import Any, cast

import pytest
from sqlalchemy import select

from bot.tools.base import TOOLS
from db.models.audit import AuditEntry
from db.models.finding import LeadSearch
from db.models.research import ResearchRun
from db.models.task import ScheduledTask
from db.queries import member_context
from db.queries import workspace as workspaces
from db.session import Database
from db.types import Effect
from db.wake import Wake
from pipeline.clock import ManualClock
from pipeline.messages import RunProgressed, Silent
from tests.bot.conftest import make_turn
from tests.bot.test_campaign_tools import started
from tests.bot.tool_desk import Desk, desk
from tests.conftest import Recorded

__all__ = ["desk"]


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


WRITES: dict[str, dict[str, Any]] = {
    "add_lead": {"name": "Dana Reyes", "company": "Northwind"},
    "mark_priority": {"leads": ["Maria Silva"]},
    "confirm_email": {"lead": "Maria Silva"},
    "research_lead": {"lead": "Maria Silva", "research_depth": "quick"},
    "research_latest_leads": {"limit": 1, "research_depth": "quick"},
    "find_leads": {"kind": "plumbing companies", "place": "Austin", "least_people": 11, "count": 5},
    "schedule_campaign": {"lead_ids": ["Maria Silva"], "campaign_type": "immediate"},
    "add_to_campaign": {"campaign": "Spring", "filter": "company:later"},
    "pause_campaigns": {},
    "resume_campaigns": {},
    "start_experiment": {"dimension": "approach", "arms": ["ask about hiring", "offer a demo"]},
    "end_experiment": {},
    "save_email_template": {
        "name": "Friendly",
        "step": "introduction",
        "subject": "For {{ company }}",
        "body": "Hi {{ first_name }},\n\n" + "we help teams like yours to lose less time. " * 6,
    },
    "cancel_campaigns": {},
    "set_approver": {"person": "me", "may_approve": True},
    "never_write_to": {"what": "never.example"},
    "allow_writing_to": {"what": "never.example"},
    "stop_all_sending": {},
    "resume_all_sending": {},
    "set_reminder": {"task_type": "reminder", "schedule": "tomorrow", "description": "Call"},
    "cancel_task": {"task": "Call"},
    "remember": {"note": "We like short emails"},
}


async def test_every_write_is_in_the_audit_log_with_who_did_it(desk: Desk) -> None:
    assert WRITES.keys() == {name for name, one in TOOLS.items() if one.effect is Effect.WRITE}
    await desk.qualified("Maria Silva", "maria@acme.example")
    await desk.qualified("Zoe Early", "zoe@early.example", "Early")
    await started(desk, filter="company:early")
    await desk.qualified("Kim Later", "kim@later.example", "Later")
    for name, arguments in WRITES.items():
        before = await desk.count(AuditEntry)
        answer = await desk.call(name, **arguments)
        assert answer["ok"], (name, answer)
        assert TOOLS[name].asks or await desk.count(AuditEntry) > before, name
    async with desk.deps.db.transaction(desk.workspace) as tx:
        by_hand = "campaign.started"  # a person pressed that
        written = await tx.session.scalars(select(AuditEntry).where(AuditEntry.action != by_hand))
        assert {row.actor for row in written} == {"assistant for U0SAMRIVERS"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"kind": ""}, "What kind"), ({"kind": "x" * 500}, "What kind"), ({"kind": "plumbers", "least_people": 0}, "at least one person"),
        ({"kind": "plumbers", "least_people": 20, "most_people": 10}, "no company can be both"),
    ],
)  # fmt: skip
async def test_a_search_that_can_not_be_is_refused(desk: Desk, wrong: dict[str, Any], says: str) -> None:
    answer = await desk.call("find_leads", **({"count": 3} | wrong))
    assert not answer["ok"] and says in answer["error"] and await desk.count(LeadSearch) == 0


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
