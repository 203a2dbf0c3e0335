"""Emails on their way over days: a new mailbox that warms up, several that share the work, an outage."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from db.models.email import EmailCampaign
from db.queries import mailbox
from db.types import EmailState, EnrollmentId, MailboxId
from pipeline.rules import schedule
from tests.pipeline.mail_world import MailWorld
from tests.pipeline.scheduled import approved_emails, change, connect, send_until

DAY = timedelta(hours=24)
SECOND, THIRD = "sam@second.example", "sam@third.example"


async def rows_of(world: MailWorld, ids: Sequence[UUID]) -> list[EmailCampaign]:
    return [await world.email(one) for one in ids]


async def joined(world: MailWorld, count: int, *, after: int = 0) -> list[EnrollmentId]:
    """That many leads of as many companies, each with a written and approved sequence."""
    people = [one for one in world.box.world.people if one.character == "silent"][after : after + count]
    assert len(people) == count
    made = []
    for person in people:
        made.append(await world.enroll(await world.lead(person, company_domain=f"{person.key}.example")))
        await world.write(made[-1])
        await world.approve()
    return made


async def firsts(world: MailWorld, enrollments: Sequence[EnrollmentId]) -> list[EmailCampaign]:
    return [(await world.sequence(one))[0] for one in enrollments]


@pytest.fixture
async def boxes(world: MailWorld) -> list[MailboxId]:
    """Three mailboxes, the oldest first."""
    await connect(world, SECOND)
    await connect(world, THIRD)
    async with world.deps.db.transaction(world.workspace) as tx:
        return [one.id for one in await mailbox.listing(tx.session, world.workspace)]


async def test_a_new_mailbox_is_warmed_up_over_days_and_nobody_is_lost(world: MailWorld) -> None:
    began = world.clock.now()
    ids = await approved_emails(world, 52)
    counts: list[int] = []
    for day in range(3):
        closing = began.replace(hour=17) + timedelta(days=day)
        await send_until(world, closing)
        counts.append(len(world.delivered()) - sum(counts))
    assert counts == [20, 30, 2]
    rows = await rows_of(world, ids)
    assert {row.state for row in rows} == {EmailState.SENT}
    assert Counter(one["recipient"] for one in world.delivered()) == Counter(row.to_email for row in rows)
    left = sorted(row.sent_at for row in rows if row.sent_at)
    for number, at in enumerate(left):
        before = [one for one in left[:number] if one > at - DAY]
        assert len(before) < schedule.daily_cap(500, ramp_started_at=began, now=at)


async def test_what_waits_for_a_warmer_mailbox_says_so(world: MailWorld) -> None:
    ids = await approved_emails(world, 22)
    await send_until(world, world.clock.now().replace(hour=17))
    waiting = [row for row in await rows_of(world, ids) if row.state == EmailState.SCHEDULED]
    assert len(waiting) == 2
    for row in waiting:
        assert row.gate == "under_cap"
        assert row.gate_reason == "The mailbox has sent as many emails in 24 hours as it may."
        assert row.scheduled_for and row.scheduled_for.date() > world.clock.now().date()


async def test_three_mailboxes_share_the_leads_evenly_and_each_lead_keeps_its_own(
    world: MailWorld, boxes: list[MailboxId]
) -> None:
    enrollments = await joined(world, 6)
    given = Counter(row.mailbox_id for row in await firsts(world, enrollments))
    assert given == dict.fromkeys(boxes, 2)
    await send_until(world, world.clock.now() + timedelta(days=12))
    senders: dict[str, set[str]] = {}
    for one in world.delivered():
        senders.setdefault(one["recipient"], set()).add(one["sender"])
    assert len(senders) == 6 and all(len(of) == 1 for of in senders.values())
    assert set(Counter(next(iter(of)) for of in senders.values()).values()) == {2}
    for one in enrollments:
        rows = [row for row in await world.sequence(one) if row.state == EmailState.SENT]
        assert len(rows) == 3
        assert len({row.mailbox_id for row in rows}) == len({row.thread_id for row in rows}) == 1


async def test_a_lead_without_a_mailbox_gets_the_one_with_the_fewest_sequences(
    world: MailWorld, boxes: list[MailboxId]
) -> None:
    ids = await approved_emails(world, 6)
    await world.poll()
    await world.dispatch()
    rows = await rows_of(world, ids)
    assert Counter(row.mailbox_id for row in rows) == dict.fromkeys(boxes, 2)
    assert Counter(row.mailbox_id for row in rows if row.state == EmailState.CLAIMED) == dict.fromkeys(
        boxes, 1
    )
    addresses = {world.box.accounts.mailbox, SECOND, THIRD}
    assert {row.from_email for row in rows} == addresses


async def test_a_disconnected_mailbox_holds_its_own_leads_alone(
    world: MailWorld, boxes: list[MailboxId]
) -> None:
    enrollments = await joined(world, 3)
    broken, began = boxes[1], world.clock.now()
    async with world.deps.db.transaction(world.workspace) as tx:
        await mailbox.disconnect(tx.session, world.workspace, broken, error="gone", now=world.clock.now())
    newcomers = await joined(world, 2, after=3)
    assert {row.mailbox_id for row in await firsts(world, newcomers)} == {boxes[0], boxes[2]}
    await send_until(world, began + timedelta(hours=1))
    held = next(row for row in await firsts(world, enrollments) if row.mailbox_id == broken)
    assert (held.state, held.gate) == (EmailState.SCHEDULED, "mailbox_connected")
    assert held.gate_reason == "The mailbox is disconnected; connect it again."
    assert len(world.delivered()) == 4 and SECOND not in {one["sender"] for one in world.delivered()}
    assert await connect(world, SECOND) == broken
    world.clock.jump(timedelta(minutes=11))
    await world.send_due()
    (last,) = [one for one in world.delivered() if one["recipient"] == held.to_email]
    assert last["sender"] == SECOND


async def test_a_mailbox_over_its_cap_holds_its_own_leads_alone(
    world: MailWorld, boxes: list[MailboxId]
) -> None:
    await change(world, "UPDATE mailboxes SET daily_cap = 1 WHERE id = :id", id=boxes[0])
    enrollments = await joined(world, 6)
    began = world.clock.now()
    await send_until(world, began + timedelta(hours=2))
    rows = await firsts(world, enrollments)
    assert Counter(row.mailbox_id for row in rows if row.state == EmailState.SENT) == {
        boxes[0]: 1, boxes[1]: 2, boxes[2]: 2,
    }  # fmt: skip
    (held,) = [row for row in rows if row.state != EmailState.SENT]
    sent = next(row for row in rows if row.mailbox_id == boxes[0] and row.sent_at)
    assert held.gate == "under_cap" and (held.gate_reason or "").startswith("The mailbox has sent as many")
    assert sent.sent_at and held.scheduled_for and held.scheduled_for >= sent.sent_at + DAY
    await send_until(world, held.scheduled_for + timedelta(minutes=10))
    late = await world.email(held.id)
    assert late.sent_at and late.sent_at >= sent.sent_at + DAY and late.mailbox_id == boxes[0]


async def test_after_hours_without_a_worker_each_mailbox_slides_and_none_bursts(
    world: MailWorld, boxes: list[MailboxId]
) -> None:
    ids = await approved_emails(world, 12)
    world.clock.jump(timedelta(hours=5))  # all of them have been due since nine
    began = world.clock.now()
    counts = [0]
    while len(world.delivered()) < len(ids):
        await world.send_due()
        counts.append(len(world.delivered()))
        world.clock.jump(timedelta(seconds=30))
        assert world.clock.now() < began + timedelta(hours=1)
    assert max(after - before for before, after in pairwise(counts)) <= len(boxes)
    rows = await rows_of(world, ids)
    for box in boxes:
        times: list[datetime] = sorted(row.sent_at for row in rows if row.mailbox_id == box and row.sent_at)
        assert len(times) == 4 and times[0] - began < timedelta(minutes=1)
        assert all(later - earlier >= schedule.SHORTEST_GAP for earlier, later in pairwise(times))
