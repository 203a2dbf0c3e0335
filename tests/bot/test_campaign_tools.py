"""The tools of campaigns: planned, added to, rehearsed, paused, and what they refuse."""
# ruff: noqa: E501 (tables of calls are easier to read whole)

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from db.models.campaign import Campaign, Enrollment
from db.types import CampaignState
from pipeline.jobs import campaigns
from tests.bot.tool_desk import Desk, desk
from tests.conftest import Recorded

__all__ = ["desk"]


async def test_a_campaign_is_previewed_and_nothing_made_of_it(desk: Desk, recorded: Recorded) -> None:
    await desk.qualified("Maria Silva", "maria@acme.example")
    await desk.add("New Person", email="new@acme.example")
    gone = await desk.qualified("Gone Person", "gone@acme.example")
    await desk.change(gone, status="unsubscribed")
    named = ["Maria Silva", "New Person", "Gone Person"]
    answer = await desk.call("schedule_campaign", lead_ids=named, campaign_type="immediate", name="Spring")
    assert answer["ok"] and answer["leads"] == 1
    assert answer["left_out"] == [
        "Gone Person has unsubscribed", "New Person has not been researched yet"
    ]  # fmt: skip
    assert await desk.count(Enrollment) == 0 and not recorded.wake_ups
    async with desk.deps.db.transaction(desk.workspace) as tx:
        made = await tx.session.scalar(select(Campaign))
    assert made is not None and made.state == CampaignState.DRAFT


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
    ("arguments", "says"),
    [({}, "For which leads?"), ({"filter": ""}, "For which leads?"), ({"filter": "everybody"}, "is no filter"), ({"filter": "company:"}, "Which company?"),
     ({"filter": "replied"}, "No lead matches"), ({"filter": "source:acme"}, "With company:acme there is 1"), ({"lead_ids": ["Nobody"]}, "Nobody"), ({"lead_ids": []}, "For which leads?"),
     ({"filter": "not_contacted", "campaign_type": "scheduled"}, "When should it start?"), ({"filter": "not_contacted", "campaign_type": "scheduled", "schedule_time": "every monday"}, "starts once"),
     ({"filter": "not_contacted", "campaign_type": "scheduled", "schedule_time": "last year"}, "is in the past"), ({"filter": "all", "campaign_type": "drip", "leads_per_day": 0}, "Between 1"),
     ({"filter": "all", "like": "the tech companies"}, "no campaign like"), ({"filter": "all", "language": "German please"}, "as a code"), ({"filter": "researched"}, "Maria Silva is not qualified")],
)  # fmt: skip
async def test_a_campaign_that_can_not_be_is_a_sentence_and_leaves_nothing(
    desk: Desk, arguments: dict[str, Any], says: str
) -> None:
    lead = await desk.qualified("Maria Silva", "maria@acme.example")
    await desk.change(lead, qualified=False)
    answer = await desk.call("schedule_campaign", **({"campaign_type": "immediate"} | arguments))
    assert not answer["ok"] and says in answer["error"] and await desk.count(Campaign) == 0, answer


async def test_a_zone_that_is_none_is_a_sentence(desk: Desk) -> None:
    await desk.qualified("Maria Silva", "maria@acme.example")
    desk.timezone = "Mars/Olympus"
    answer = await desk.call("schedule_campaign", filter="all", campaign_type="immediate")
    assert not answer["ok"] and "not a time zone" in answer["error"] and await desk.count(Campaign) == 0


async def started(desk: Desk, name: str = "Spring", **more: Any) -> str:
    given = {"filter": "not_contacted", "campaign_type": "immediate", "name": name}
    answer = await desk.call("schedule_campaign", **(given | more))
    assert answer["ok"], answer
    async with desk.deps.db.transaction(desk.workspace) as tx:
        now = desk.deps.clock.now()
        await campaigns.start(desk.deps, tx, UUID(answer["campaign_id"]), by="U0SAMRIVERS", now=now)
    return answer["campaign_id"]


async def test_pausing_resuming_and_cancelling_say_how_many(desk: Desk) -> None:
    assert "nothing" in (await desk.call("pause_campaigns"))["summary"]
    assert "nothing to cancel" in (await desk.call("cancel_campaigns"))["error"]
    await desk.qualified("Maria Silva", "maria@acme.example")
    await started(desk)
    paused = await desk.call("pause_campaigns", campaign="spring")
    assert paused["ok"] and "Paused: 1 campaign, 1 sequence." in paused["summary"]
    assert "Resumed: 1" in (await desk.call("resume_campaigns", campaign="Spring"))["summary"]
    assert "Which one" in (await desk.call("pause_campaigns", campaign="autumn"))["error"]
    assert (await desk.call("pause_campaigns", company="ACME"))["summary"] == "Paused: 1 sequence."
    assert (await desk.call("resume_campaigns", filter="company:acme"))["summary"] == "Resumed: 1 sequence."
    assert "is no filter" in (await desk.call("pause_campaigns", filter="everybody"))["error"]
    asked = await desk.call("cancel_campaigns", campaign="spring")
    assert asked["ok"] and "waits for the person's click" in asked["summary"]
    async with desk.deps.db.transaction(desk.workspace) as tx:
        assert (await tx.session.scalar(select(Campaign.state))) == CampaignState.ACTIVE


async def test_leads_are_added_to_a_campaign_that_runs_and_to_no_other(desk: Desk) -> None:
    await desk.qualified("Maria Silva", "maria@acme.example")
    spring = await started(desk)
    await desk.qualified("Dana Reyes", "dana@b.example", "B")
    added = await desk.call("add_to_campaign", campaign="spring", lead_ids=["Dana Reyes"])
    assert added["ok"] and added["added"] == 1 and await desk.count(Enrollment) == 2
    again = await desk.call("add_to_campaign", campaign="spring", filter="company:B")
    assert "in this campaign already" in again["error"]
    other = await desk.call("schedule_campaign", lead_ids=["Dana Reyes"], campaign_type="immediate")
    assert (
        not other["ok"] and "another running campaign" in other["error"] and await desk.count(Campaign) == 1
    )
    async with desk.deps.db.transaction(desk.workspace) as tx:
        await tx.session.execute(update(Campaign).where(Campaign.id == spring).values(state="completed"))
    refused = await desk.call("add_to_campaign", campaign="spring", filter="all")
    assert "has ended (completed)" in refused["error"]
    assert "has ended" in (await desk.call("rehearse_campaign", campaign="spring"))["error"]


async def test_a_campaign_takes_the_approach_of_an_earlier_one(desk: Desk) -> None:
    await desk.qualified("Maria Silva", "maria@acme.example")
    await started(desk, "Tech spring", goal="Book a demo", approach="Short and dry", language="de",
                  campaign_type="drip", leads_per_day=3)  # fmt: skip
    await desk.qualified("Dana Reyes", "dana@b.example", "B")
    answer = await desk.call(
        "schedule_campaign", filter="company:B", campaign_type="drip", like="the tech companies"
    )
    assert answer["ok"] and "approach of “Tech spring”" in answer["summary"]
    async with desk.deps.db.transaction(desk.workspace) as tx:
        made = await tx.session.scalar(select(Campaign).where(Campaign.state == "draft"))
    assert made is not None
    assert (made.goal, made.approach, made.language, made.leads_per_day) == (
        "Book a demo",
        "Short and dry",
        "de",
        3,
    )


async def test_a_campaign_is_rehearsed(desk: Desk) -> None:
    await desk.qualified("Maria Silva", "maria@acme.example")
    await started(desk)
    answer = await desk.call("rehearse_campaign", campaign="spring")
    assert answer["ok"] and "held back" in answer["summary"] and answer["blocked"], answer
