"""What goes, what waits, and for what."""

import asyncio
from datetime import timedelta
from itertools import pairwise

from db.lead_filter import LeadFilter
from db.queries import campaign, mailbox, suppression, workspace
from db.queries import lead as leads
from db.types import EmailState, EnrollmentState, StopReason, SuppressionKind
from pipeline.jobs import campaign_plan, consent
from pipeline.jobs.envelope import unsubscribe_links
from tests.pipeline.mail_world import MailWorld


async def approve_many(world: MailWorld, count: int) -> list[object]:
    people = [person for person in world.box.world.people if person.character == "silent"]
    found = []
    for person in people[:count]:
        enrollment_id = await world.enroll(await world.lead(person, company_domain=f"{person.key}.example"))
        await world.write(enrollment_id)
        await world.approve()
        found.append(enrollment_id)
    return found


async def test_a_mailbox_sends_one_and_rests(world: MailWorld) -> None:
    enrollments = await approve_many(world, 2)
    await world.poll()
    await asyncio.gather(*(world.dispatch() for _ in range(3)))
    firsts = [(await world.sequence(one))[0] for one in enrollments]  # pyright: ignore
    assert sorted(row.state for row in firsts) == [EmailState.CLAIMED, EmailState.SCHEDULED]
    waiting = next(row for row in firsts if row.state == EmailState.SCHEDULED)
    assert waiting.gate == "gap" and waiting.scheduled_for
    pause = waiting.scheduled_for - world.clock.now()
    assert timedelta(seconds=90) <= pause <= timedelta(seconds=420)


async def test_the_rolling_cap_holds_the_rest(world: MailWorld) -> None:
    enrollments = await approve_many(world, 2)
    async with world.deps.db.transaction(world.workspace) as tx:
        await workspace.update_settings(
            tx.session, world.workspace, now=world.clock.now(), max_emails_per_day=1
        )
    await world.send_due()
    world.clock.jump(timedelta(minutes=8))
    await world.send_due()
    assert len(world.delivered()) == 1
    held = [
        row for one in enrollments for row in (await world.sequence(one))[:1] if row.state != EmailState.SENT
    ]  # pyright: ignore
    assert held[0].gate == "under_cap" and "24 hours" in (held[0].gate_reason or "")
    world.clock.jump(timedelta(hours=24))
    await world.send_due()
    assert len(world.delivered()) == 2


async def test_one_button_stops_all_and_another_resumes(world: MailWorld) -> None:
    _, enrollment_id = await world.approved("silent")
    async with world.deps.db.transaction(world.workspace) as tx:
        await campaign.stop_sending(tx.session, world.workspace, user_id="U1", now=world.clock.now())
    await world.send_due()
    first = (await world.sequence(enrollment_id))[0]
    assert first.gate == "sending_not_stopped" and not world.delivered()
    async with world.deps.db.transaction(world.workspace) as tx:
        await campaign.resume_sending(tx.session, world.workspace, now=world.clock.now())
    world.clock.jump(timedelta(minutes=11))
    await world.send_due()
    assert len(world.delivered()) == 1


async def test_stopping_between_claim_and_send_still_holds_it(world: MailWorld) -> None:
    _, enrollment_id = await world.approved("silent")
    await world.poll()
    await world.dispatch()
    async with world.deps.db.transaction(world.workspace) as tx:
        await campaign.stop_sending(tx.session, world.workspace, user_id="U1", now=world.clock.now())
    await world.send_open()
    first = (await world.sequence(enrollment_id))[0]
    assert (first.state, first.gate, first.draft_id) == (EmailState.SCHEDULED, "sending_not_stopped", None)
    assert not world.delivered()
    drafts = world.box.store.all("SELECT * FROM mail_messages WHERE labels LIKE '%DRAFT%'")
    assert not drafts  # the draft made for it is gone again


async def test_a_suppressed_address_ends_the_sequence(world: MailWorld) -> None:
    lead_id, enrollment_id = await world.approved("silent")
    address = (await world.lead_row(lead_id)).email or ""
    domain = address.partition("@")[2]
    async with world.deps.db.transaction(world.workspace) as tx:
        await suppression.add(
            tx.session,
            world.workspace,
            kind=SuppressionKind.DOMAIN,
            value=domain,
            digest=world.deps.digester.digest(domain),
            reason="a customer",
            created_by="U1",
            now=world.clock.now(),
        )
    await world.send_due()
    rows = await world.sequence(enrollment_id)
    assert {row.state for row in rows} == {EmailState.CANCELLED} and rows[0].gate == "not_suppressed"
    assert (await world.enrollment(enrollment_id)).state == EnrollmentState.STOPPED


async def test_a_domain_on_the_list_covers_the_ones_below_it(world: MailWorld) -> None:
    lead_id = await world.lead(world.person("silent"))
    async with world.deps.db.transaction(world.workspace) as tx:
        now = world.clock.now()
        address = {"email": "ada@eu.sales.acme.example"}
        await leads.update(tx.session, world.workspace, lead_id, address, now=now)
        await suppression.add(
            tx.session, world.workspace, kind=SuppressionKind.DOMAIN, value="acme.example",
            digest=world.deps.digester.digest("acme.example"), reason="a customer", created_by="U1", now=now,
        )  # fmt: skip
        planned = await campaign_plan.plan(
            world.deps, tx, [LeadFilter(lead_ids=(lead_id,))], campaign_id=None, starts_at=None,
            leads_per_day=None, now=now,
        )  # fmt: skip
    assert list(planned.chosen.left_out) == ["suppressed"]
    enrollment_id = await world.enroll(lead_id)
    await world.write(enrollment_id)
    assert (await world.enrollment(enrollment_id)).stop_reason == StopReason.SUPPRESSED


async def test_the_unsubscribe_link_in_a_sent_mail_works_once_and_again(world: MailWorld) -> None:
    _, enrollment_id = await world.approved("silent")
    sent = await world.send_step(enrollment_id, 1)
    url = unsubscribe_links(world.deps).url(world.workspace, sent.id)
    mail = world.delivered()[0]
    assert url and url in mail["text"] and f"<{url}>" in mail["headers"]
    assert "List-Unsubscribe=One-Click" in mail["headers"] and "1 Main Street" in mail["text"]
    read = consent.read_token(world.deps, url.rpartition("/")[2])
    assert read == (world.workspace, sent.id)
    for _ in range(2):
        async with world.deps.db.transaction(world.workspace) as tx:
            assert await consent.unsubscribe(world.deps, tx, sent.id, now=world.clock.now())
    assert (await world.enrollment(enrollment_id)).stop_reason == StopReason.UNSUBSCRIBED


async def test_a_colleague_waits_when_somebody_answers(world: MailWorld) -> None:
    shared = {"company_domain": "shared.example"}
    _, answering = await world.approved("interested", **shared)
    await world.send_step(answering, 1)
    _, waiting = await world.approved("silent", **shared)
    await world.poll()
    assert (await world.enrollment(waiting)).state == EnrollmentState.HELD
    world.clock.jump(timedelta(minutes=10))
    await world.send_due()
    first = (await world.sequence(waiting))[0]
    assert first.state == EmailState.SCHEDULED and first.gate in ("sequence_running", "no_colleague_replied")


async def test_waits_are_counted_from_when_the_email_before_really_left(world: MailWorld) -> None:
    _, enrollment_id = await world.approved("silent")
    planned = [row.scheduled_for for row in await world.sequence(enrollment_id)]
    async with world.deps.db.transaction(world.workspace) as tx:
        await campaign.stop_sending(tx.session, world.workspace, user_id="U1", now=world.clock.now())
    world.clock.jump(timedelta(days=4))  # Friday
    await world.send_due()
    async with world.deps.db.transaction(world.workspace) as tx:
        await campaign.resume_sending(tx.session, world.workspace, now=world.clock.now())
    world.clock.jump(timedelta(minutes=11))
    await world.send_due()
    rows = await world.sequence(enrollment_id)
    assert rows[0].sent_at and rows[1].scheduled_for and planned[1]
    assert rows[1].scheduled_for.date() == rows[0].sent_at.date() + timedelta(days=5)  # three business days
    assert rows[1].scheduled_for > planned[1]
    assert [row.state for row in rows[1:]] == [EmailState.SCHEDULED, *[EmailState.APPROVED] * 3]


async def test_without_a_mailbox_the_drafts_are_written_and_wait(world: MailWorld) -> None:
    async with world.deps.db.transaction(world.workspace) as tx:
        (box,) = await mailbox.listing(tx.session, world.workspace)
        await mailbox.disconnect(tx.session, world.workspace, box.id, error="gone", now=world.clock.now())
    _, enrollment_id = await world.approved("silent")
    await world.dispatch()
    assert (await world.sequence(enrollment_id))[0].gate == "mailbox_connected"
    async with world.deps.db.transaction(world.workspace) as tx:
        await mailbox.connect(
            tx.session,
            world.workspace,
            provider=box.provider,
            address=box.address,
            credentials=box.credentials,
            display_name=None,
            reply_to=None,
            now=world.clock.now(),
        )
    world.clock.jump(timedelta(minutes=11))
    await world.send_due()
    assert len(world.delivered()) == 1


async def test_a_withdrawn_permission_disconnects_and_the_email_waits(world: MailWorld) -> None:
    _, enrollment_id = await world.approved("silent")
    await world.poll()
    await world.dispatch()
    world.break_gmail("revoked", "drafts")
    await world.send_open()
    async with world.deps.db.transaction(world.workspace) as tx:
        (box,) = await mailbox.listing(tx.session, world.workspace)
    assert box.state == "disconnected" and "connect it again" in (box.error or "")
    assert (await world.sequence(enrollment_id))[0].state in (EmailState.CLAIMED, EmailState.CREATED)
    assert not world.delivered()


async def test_those_that_wait_get_a_slot_each_and_newcomers_stand_behind_them(world: MailWorld) -> None:
    enrollments = await approve_many(world, 3)
    await world.poll()
    await world.dispatch()
    first, *waiting = sorted(
        [(await world.sequence(one))[0] for one in enrollments],  # pyright: ignore
        key=lambda row: (row.state != EmailState.CLAIMED, row.scheduled_for or world.clock.now()),
    )
    slots = [row.scheduled_for for row in waiting]
    assert first.state == EmailState.CLAIMED and all(row.gate == "gap" for row in waiting)
    assert slots[0] and slots[1] and slots[1] - slots[0] >= timedelta(seconds=90)
    # A mailbox that is at rest for a moment is no way past those who wait.
    people = [person for person in world.box.world.people if person.character == "silent"]
    newcomer = await world.enroll(await world.lead(people[3], company_domain="new.example"))
    await world.write(newcomer)
    await world.approve()
    await world.dispatch()
    late = (await world.sequence(newcomer))[0]
    assert late.gate == "gap" and late.scheduled_for and late.scheduled_for > slots[1]
    for slot in (*slots, late.scheduled_for):
        world.clock.jump_to(slot)
        await world.send_due()
    assert len(world.delivered()) == 4


async def test_one_company_is_sent_no_more_than_its_share_in_a_day(world: MailWorld) -> None:
    async with world.deps.db.transaction(world.workspace) as tx:
        await workspace.update_settings(
            tx.session, world.workspace, now=world.clock.now(), max_emails_per_domain=1
        )
    people = [person for person in world.box.world.people if person.character == "silent"]
    rows = []
    for number, person in enumerate(people[:2]):
        lead_id = await world.lead(person)
        async with world.deps.db.transaction(world.workspace) as tx:
            address = {"email": f"person{number}@one.example"}
            await leads.update(tx.session, world.workspace, lead_id, address, now=world.clock.now())
        enrollment_id = await world.enroll(lead_id)
        await world.write(enrollment_id)
        await world.approve()
        rows.append(enrollment_id)
    for _ in range(3):
        await world.send_due()
        world.clock.jump(timedelta(minutes=8))
    firsts = [(await world.sequence(one))[0] for one in rows]
    assert [row.state for row in firsts].count(EmailState.SENT) == 1
    held = next(row for row in firsts if row.state != EmailState.SENT)
    assert held.gate == "under_domain_cap" and "company" in (held.gate_reason or "")
    world.clock.jump(timedelta(hours=24))
    await world.send_due()
    assert len(world.delivered()) == 2


async def test_an_outage_is_not_made_up_for_in_a_burst(world: MailWorld) -> None:
    enrollments = await approve_many(world, 3)
    world.clock.jump(timedelta(hours=3))  # all three have been due since
    left = []
    for _ in range(40):
        await world.send_due()
        left.append(len(world.delivered()))
        world.clock.jump(timedelta(minutes=1))
    assert left[-1] == len(enrollments)
    assert left[0] == 1 and max(after - before for before, after in pairwise(left)) == 1
    times = [row.sent_at for one in enrollments for row in (await world.sequence(one))[:1]]  # pyright: ignore
    gaps = [later - earlier for earlier, later in pairwise(sorted(at for at in times if at))]
    assert all(gap >= timedelta(seconds=60) for gap in gaps), gaps
