"""A campaign is played through without sending, and the real one then leaves at the same moments."""

import random
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.queries import approval, campaign, enrollment, workspace
from db.queries.lead import LeadFilter
from db.types import CampaignType, EmailState, LeadId, LeadStatus, MailboxState
from pipeline.jobs import campaign_plan, decide
from pipeline.rules import rehearsal, schedule
from pipeline.rules.gates import GateFacts
from pipeline.rules.pace import MailboxPace, Paces
from pipeline.rules.rehearsal import Part
from pipeline.rules.schedule import Window
from tests.pipeline.mail_world import APPROVER, MailWorld

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)  # a Monday
ZONES = ("UTC", "America/New_York", "Asia/Tokyo")
DAYS = timedelta(days=60)


async def _campaign(world: MailWorld, **given: object) -> UUID:
    async with world.deps.db.transaction(world.workspace) as tx:
        return await campaign.create(
            tx.session,
            world.workspace,
            name="Spring",
            now=world.clock.now(),
            **given,  # pyright: ignore
        )


async def _leads(world: MailWorld, count: int) -> list[LeadId]:
    people = [person for person in world.box.world.people if person.character == "silent"]
    return [
        await world.lead(person, timezone=ZONES[number % 3], company_domain=f"{person.key}.example")
        for number, person in enumerate(people[:count])
    ]


async def _rehearsed(
    world: MailWorld, campaign_id: UUID, leads: list[LeadId], leads_per_day: int | None = None
) -> tuple[rehearsal.Rehearsal, campaign_plan.Plan]:
    async with world.deps.db.transaction(world.workspace) as tx:
        made = await enrollment.campaign_of(tx.session, world.workspace, campaign_id)
        assert made is not None
        planned = await campaign_plan.plan(
            world.deps,
            tx,
            [LeadFilter(lead_ids=tuple(leads))],
            campaign_id=campaign_id,
            starts_at=made.starts_at,
            leads_per_day=leads_per_day,
            now=world.clock.now(),
        )
        played = await campaign_plan.rehearse(
            world.deps, tx, made, planned, now=world.clock.now(), horizon=DAYS
        )
        return played, planned


async def _begin(world: MailWorld, campaign_id: UUID, planned: campaign_plan.Plan) -> None:
    """Enrolled, written, and all approved in the same moment."""
    async with world.deps.db.transaction(world.workspace) as tx:
        entered = await campaign_plan.enroll(
            world.deps, tx, campaign_id, planned, channel_id="C1", thread_ts="1.1", now=world.clock.now()
        )
        writing = [UUID(dict(wake.ids)["enrollment_id"]) for wake in tx.wake_ups]
    assert entered == len(writing) == len(planned.places)
    for enrollment_id in writing:
        await world.write(enrollment_id)
    async with world.deps.db.transaction(world.workspace) as tx:
        for one in await approval.pending(tx.session, world.workspace):
            await decide.approve(
                world.deps, tx, one.id, user_id=APPROVER, content_hash=one.content_hash, now=world.clock.now()
            )


async def _send_all(world: MailWorld, late: random.Random) -> list[tuple[UUID, int, datetime]]:
    """Every email, each looked at a little late, as ticks do."""
    from sqlalchemy import select

    from db.models.email import EmailCampaign

    of = [EmailCampaign.workspace_id == world.workspace]
    for _ in range(400):
        async with world.deps.db.transaction(world.workspace) as tx:
            next_at = await tx.session.scalar(
                select(EmailCampaign.scheduled_for)
                .where(*of, EmailCampaign.state == EmailState.SCHEDULED)
                .order_by(EmailCampaign.scheduled_for)
                .limit(1)
            )
        if next_at is None:
            break
        world.clock.jump_to(next_at + timedelta(seconds=late.uniform(0, 60)))
        await world.send_due()
    async with world.deps.db.transaction(world.workspace) as tx:
        rows = await tx.session.execute(
            select(EmailCampaign.lead_id, EmailCampaign.email_sequence, EmailCampaign.scheduled_for)
            .where(*of, EmailCampaign.state == EmailState.SENT)
            .order_by(EmailCampaign.scheduled_for)
        )
        return [(row[0], row[1], row[2]) for row in rows]


@pytest.mark.parametrize(("cap", "per_day"), [(500, None), (4, None), (500, 2)])
async def test_the_real_times_are_the_rehearsed_ones(world: MailWorld, cap: int, per_day: int | None) -> None:
    kind = CampaignType.DRIP if per_day else CampaignType.IMMEDIATE
    campaign_id = await _campaign(world, type=kind, leads_per_day=per_day)
    leads = await _leads(world, 6)
    async with world.deps.db.transaction(world.workspace) as tx:
        await workspace.update_settings(
            tx.session, world.workspace, now=world.clock.now(), max_emails_per_day=cap
        )
    played, planned = await _rehearsed(world, campaign_id, leads, per_day)
    assert len(played.planned) == 5 * len(leads) and not played.blocked and played.later == 0
    await _begin(world, campaign_id, planned)
    sent = await _send_all(world, random.Random(cap))
    assert sent == [(one.lead_id, one.number, one.at) for one in played.planned]
    assert len(world.delivered()) == len(sent)
    begins = {one.lead_id: one.not_before for one in planned.places}
    firsts = {lead_id: at for lead_id, number, at in sent if number == 1}
    for lead_id, begin in begins.items():
        assert begin is None or begin <= firsts[lead_id] < begin + timedelta(days=2)
    assert per_day is None or set(Counter(begins.values()).values()) == {per_day}


async def test_a_running_campaign_is_rehearsed_from_where_it_stands(world: MailWorld) -> None:
    campaign_id = await _campaign(world)
    leads = await _leads(world, 3)
    _, planned = await _rehearsed(world, campaign_id, leads)
    await _begin(world, campaign_id, planned)
    for _ in range(4):
        await world.send_due()
        world.clock.jump(timedelta(minutes=7))
    sent_before = len(world.delivered())
    assert sent_before
    played, _ = await _rehearsed(world, campaign_id, [])
    assert len(played.planned) == 5 * len(leads) - sent_before
    sent = await _send_all(world, random.Random(1))
    assert [one.at for one in played.planned] == [at for *_, at in sent[sent_before:]]


async def test_who_is_left_out_and_why(world: MailWorld) -> None:
    campaign_id = await _campaign(world)
    fits, unsubscribed, running, unknown = await _leads(world, 4)
    from db.queries import lead as leads

    async with world.deps.db.transaction(world.workspace) as tx:
        now = world.clock.now()
        await leads.update(
            tx.session, world.workspace, unsubscribed, {"status": LeadStatus.UNSUBSCRIBED}, now=now
        )
        await leads.update(tx.session, world.workspace, unknown, {"qualified": None}, now=now)
    await world.enroll(running)
    _, planned = await _rehearsed(world, campaign_id, [fits, unsubscribed, running, unknown])
    assert [one.lead_id for one in planned.chosen.fit] == [fits]
    assert {one.reason.key: one.count for one in planned.chosen.left_out.values()} == {
        "unsubscribed": 1, "running": 1, "not_researched": 1,
    }  # fmt: skip
    assert all(one.names for one in planned.chosen.left_out.values())


async def test_what_no_time_opens_is_said(world: MailWorld) -> None:
    campaign_id = await _campaign(world)
    leads = await _leads(world, 2)
    async with world.deps.db.transaction(world.workspace) as tx:
        await campaign.stop_sending(tx.session, world.workspace, user_id="U1", now=world.clock.now())
    played, _ = await _rehearsed(world, campaign_id, leads)
    assert not played.planned and {one.gate for one in played.blocked} == {"sending_not_stopped"}


# --- the play itself, without a database ------------------------------------------------------------------


def _part(number: int, campaign_id: UUID, mailbox_id: UUID, zone: str = "UTC", **changes: object) -> Part:
    window = Window(clock_time(9), clock_time(17), zone)
    lead_id = UUID(int=number)
    facts = GateFacts(
        window=window,
        slot_seed=schedule.slot_seed(campaign_id, lead_id, 1),
        mailbox_state=MailboxState.ACTIVE,
    )
    part = Part(campaign_id, lead_id, f"Lead {number}", f"c{number}.example", mailbox_id, facts, window,
                (0, 3, 4, 5, 7), START)  # fmt: skip
    return replace(part, **changes)  # pyright: ignore[reportArgumentType]


@given(st.integers(1, 60), st.integers(1, 30), st.integers(0, 1000))
def test_nothing_leaves_in_a_burst_or_over_a_cap(leads: int, cap: int, seed: int) -> None:
    campaign_id, boxes = UUID(int=seed), [UUID(int=1), UUID(int=2)]
    parts = [_part(n, campaign_id, boxes[n % 2], ZONES[n % 3]) for n in range(leads)]
    paces = Paces(500, 10, {box: MailboxPace(cap) for box in boxes})
    played = rehearsal.rehearse(parts, paces, horizon=START + timedelta(days=21))
    assert len(played.planned) + played.later == 5 * leads
    for box in boxes:
        times = [one.at for one in played.planned if one.mailbox_id == box]
        assert all(b - a >= schedule.SHORTEST_GAP for a, b in pairwise(times))
        for first, last in zip(times, times[cap:], strict=False):
            assert last - first >= timedelta(hours=24)
    for one in played.planned:
        zone = ZONES[one.lead_id.int % 3]
        assert schedule.in_window(one.at, Window(clock_time(9), clock_time(17), zone))


def test_a_new_mailbox_does_more_each_day_until_its_cap() -> None:
    box, campaign_id = UUID(int=1), uuid4()
    parts = [replace(_part(n, campaign_id, box), last=1) for n in range(300)]
    paces = Paces(500, 500, {box: MailboxPace(60, ramp_started_at=START)})
    played = rehearsal.rehearse(parts, paces, horizon=START + timedelta(days=14))
    assert len({one.lead_id for one in played.planned}) == 300 and not played.later
    by_day = Counter(one.at.date() for one in played.planned)
    assert [by_day[day] for day in sorted(by_day)] == [20, 30, 40, 50, 60, 60, 40]
    times = [one.at for one in played.planned]
    for number, at in enumerate(times):
        lately = [one for one in times[:number] if one > at - timedelta(hours=24)]
        assert len(lately) < schedule.daily_cap(60, ramp_started_at=START, now=at)


def test_a_company_gets_no_more_than_its_share() -> None:
    box, campaign_id = UUID(int=1), uuid4()
    parts = [replace(_part(n, campaign_id, box), domain="big.example") for n in range(8)]
    played = rehearsal.rehearse(
        parts, Paces(500, 3, {box: MailboxPace(500)}), horizon=START + timedelta(hours=23)
    )
    assert len(played.planned) == 3
    free = [replace(part, domain="gmail.com") for part in parts]
    played = rehearsal.rehearse(
        free, Paces(500, 3, {box: MailboxPace(500)}), horizon=START + timedelta(hours=23)
    )
    assert len(played.planned) == 8


def test_ten_thousand_leads_are_each_looked_at_a_few_times() -> None:
    """However many wait, each books its slot: the work grows with the leads, not with their square."""
    box, campaign_id = UUID(int=1), uuid4()
    parts = [_part(n, campaign_id, box) for n in range(5000)]
    began = time.process_time()
    played = rehearsal.rehearse(
        parts, Paces(500, 10, {box: MailboxPace(500)}), horizon=START + timedelta(days=2)
    )
    small = time.process_time() - began
    assert played.planned and played.later > 20_000 and small < 20
