"""What people write back, and what follows."""

from datetime import timedelta

import pytest

from db.queries import suppression
from db.types import (
    ApprovalState,
    EmailState,
    EmailStatus,
    EnrollmentId,
    EnrollmentState,
    InboundKind,
    LeadId,
    LeadStatus,
    ReplyId,
    StopReason,
)
from local.sandbox.mail.answers import pick
from pipeline.errors import UserError
from pipeline.jobs import decide
from pipeline.jobs.ending import resume_sequence
from pipeline.messages import ApprovalWanted, ReplyArrived, SequenceChanged
from tests.pipeline.mail_world import APPROVER, MailWorld


async def first_sent(world: MailWorld, character: str):
    lead_id, enrollment_id = await world.approved(character)
    sent = await world.send_step(enrollment_id, 1)
    assert sent.state == EmailState.SENT, sent.gate_reason
    await world.poll()
    return lead_id, enrollment_id


async def test_a_reply_stops_the_sequence_and_brings_a_proposed_answer(world: MailWorld) -> None:
    lead_id, enrollment_id = await first_sent(world, "interested")
    (reply,) = await world.inbound()
    assert reply.kind == InboundKind.HUMAN
    assert (await world.lead_row(lead_id)).status == LeadStatus.REPLIED
    assert (await world.enrollment(enrollment_id)).stop_reason == StopReason.REPLIED
    rows = await world.sequence(enrollment_id)
    assert rows[0].replied and [row.state for row in rows[1:]] == [EmailState.CANCELLED] * 4
    assert world.told(ReplyArrived)
    await world.answer(reply.id)
    (read,) = await world.inbound()
    assert read.sentiment == "interested" and read.summary and read.answered
    card = await world.card()
    assert card.kind == "answer" and card.reply_id == reply.id
    await world.approve()
    await world.send_due()
    answer = await world.email(card.emails[0].id)
    assert answer.state == EmailState.SENT, answer.gate_reason
    assert answer.thread_id == rows[0].thread_id
    last = world.delivered()[-1]
    assert last["in_reply_to"] == reply.message_id
    assert "Unsubscribe" not in last["text"]


async def test_nothing_is_sent_to_somebody_whose_answer_was_not_read_yet(world: MailWorld) -> None:
    _, enrollment_id = await world.approved("interested")
    await world.send_step(enrollment_id, 1)
    second = (await world.sequence(enrollment_id))[1]
    assert second.scheduled_for
    world.clock.jump_to(second.scheduled_for)
    await world.dispatch()
    await world.send_open()
    held = await world.email(second.id)
    assert held.state == EmailState.SCHEDULED and held.gate == "replies_polled"


@pytest.mark.parametrize("character", ["bounce_hard"])
async def test_a_hard_bounce_ends_it_and_suppresses_the_address(world: MailWorld, character: str) -> None:
    lead_id, enrollment_id = await first_sent(world, character)
    lead = await world.lead_row(lead_id)
    assert (lead.status, lead.email_status) == (LeadStatus.BOUNCED, EmailStatus.INVALID)
    assert (await world.enrollment(enrollment_id)).stop_reason == StopReason.BOUNCED
    assert (await world.sequence(enrollment_id))[0].bounce_type == "hard"
    async with world.deps.db.transaction(world.workspace) as tx:
        kinds = await suppression.kinds_of(
            tx.session, world.workspace, [world.deps.digester.digest(lead.email or "")]
        )
    assert kinds == {"address"}


@pytest.mark.parametrize(("reported", "weight"), [("mailbox_full", "soft"), ("delayed", None)])
async def test_a_full_mailbox_is_noted_and_nothing_more_a_delay_not_even_that(
    world: MailWorld, reported: str, weight: str | None
) -> None:
    person = next(
        one
        for one in world.box.world.people
        if one.character == "bounce_soft" and pick(("mailbox_full", "delayed"), one.key, "soft") == reported
    )
    lead_id = await world.lead(person)
    enrollment_id = await world.enroll(lead_id)
    await world.write(enrollment_id)
    await world.approve()
    await world.send_step(enrollment_id, 1)
    await world.poll()
    assert (await world.lead_row(lead_id)).status == LeadStatus.EMAILED
    first = (await world.sequence(enrollment_id))[0]
    assert first.bounce_type == weight and not first.bounced
    assert (await world.enrollment(enrollment_id)).state == EnrollmentState.ACTIVE


async def test_out_of_office_holds_until_the_day_after_the_return(world: MailWorld) -> None:
    _, enrollment_id = await first_sent(world, "out_of_office")
    (reply,) = await world.inbound()
    joined = await world.enrollment(enrollment_id)
    assert reply.kind == InboundKind.AUTO_REPLY and joined.state == EnrollmentState.ACTIVE
    assert joined.held_until is not None
    if reply.returns_on is not None:
        assert joined.held_until.date() > reply.returns_on
        assert joined.held_until.weekday() < 5
    second = (await world.sequence(enrollment_id))[1]
    assert second.scheduled_for is not None and second.scheduled_for > joined.held_until
    sent = await world.send_step(enrollment_id, 2)
    assert sent.state == EmailState.SENT, sent.gate_reason


async def test_an_opt_out_suppresses_for_good(world: MailWorld) -> None:
    lead_id, enrollment_id = await first_sent(world, "unsubscribe")
    (reply,) = await world.inbound()
    assert reply.kind == InboundKind.OPT_OUT
    assert (await world.lead_row(lead_id)).status == LeadStatus.UNSUBSCRIBED
    assert (await world.enrollment(enrollment_id)).stop_reason == StopReason.UNSUBSCRIBED
    assert (await world.sequence(enrollment_id))[0].unsubscribed


async def test_reading_twice_changes_nothing(world: MailWorld) -> None:
    await first_sent(world, "interested")
    told = len(world.notifier.told)
    async with world.deps.db.transaction(world.workspace) as tx:
        from db.queries import mailbox

        (box,) = await mailbox.listing(tx.session, world.workspace)
        await mailbox.set_position(
            tx.session, world.workspace, box.id, history_id="1", wall=world.clock.wall()
        )
    world.break_gmail("history_gone")
    await world.poll()
    assert len(await world.inbound()) == 1 and len(world.notifier.told) == told


async def test_an_answer_while_drafts_wait_takes_the_question_back(world: MailWorld) -> None:
    _, enrollment_id = await world.approved("question")
    await world.send_step(enrollment_id, 1)
    async with world.deps.db.transaction(world.workspace) as tx:
        second = (await world.sequence(enrollment_id))[1]
        body = second.body.replace("\n\n", "\n\nOne more thought before the rest of it.\n\n", 1)
        asked = await decide.edit_email(
            world.deps,
            tx,
            second.id,
            subject=second.subject,
            body=body,
            user_id=APPROVER,
            now=world.clock.now(),
        )
    assert (await world.enrollment(enrollment_id)).state == EnrollmentState.AWAITING_APPROVAL
    await world.poll()
    async with world.deps.db.transaction(world.workspace) as tx:
        from db.queries import approval

        found = await approval.get(tx.session, world.workspace, asked)
    assert found is not None and found.state == ApprovalState.VOID
    assert ApprovalWanted(asked) in world.told(ApprovalWanted)


async def test_a_mail_by_hand_to_the_lead_stops_the_machine(world: MailWorld) -> None:
    from tests.local.gmail_client import letter, packed, users_of

    lead_id, enrollment_id = await world.approved("silent")
    await world.send_step(enrollment_id, 1)
    to = (await world.lead_row(lead_id)).email or ""
    users = users_of(world.box, world.url)
    world.clock.jump(timedelta(hours=1))
    import asyncio

    await asyncio.to_thread(
        lambda: (
            users.messages().send(userId="me", body={"raw": packed(letter(to, subject="Lunch?"))}).execute()
        )
    )
    await world.poll()
    (seen,) = await world.inbound()
    assert seen.kind == InboundKind.BY_HAND and seen.body == ""
    assert (await world.enrollment(enrollment_id)).stop_reason == StopReason.REPLIED_BY_HAND
    assert world.told(ReplyArrived) == [ReplyArrived(ReplyId(seen.id))]
    assert SequenceChanged(enrollment_id) in world.told(SequenceChanged)


async def colleague_of(world: MailWorld, lead_id: LeadId) -> tuple[LeadId, EnrollmentId]:
    """Somebody else at the same company, whose sequence was approved, too."""
    domain = (await world.lead_row(lead_id)).company_domain
    other, enrolled = await world.approved("silent", company_domain=domain)
    return other, enrolled


async def test_a_colleagues_answer_holds_the_others_says_why_and_a_person_lets_it_go_on(
    world: MailWorld,
) -> None:
    lead_id, first = await world.approved("question")
    await world.send_step(first, 1)
    other_id, second = await colleague_of(world, lead_id)
    await world.poll()
    assert (await world.enrollment(second)).state == EnrollmentState.HELD
    lead, other = await world.lead_row(lead_id), await world.lead_row(other_id)
    (told,) = [one for one in world.told(SequenceChanged) if getattr(one, "enrollment_id", None) == second]
    assert isinstance(told, SequenceChanged) and told.because
    assert f"{lead.name} answered" in told.because and other.name in told.because
    async with world.deps.db.transaction(world.workspace) as tx:
        why = await decide.why_not_sent(world.deps, tx, other_id, world.clock.now())
    assert why.enrollment_id == second and any("paused, since" in one for one in why.sentences)
    async with world.deps.db.transaction(world.workspace) as tx:
        name = await resume_sequence(world.deps, tx, second, user_id=APPROVER, now=world.clock.now())
    assert name == other.name
    world.clock.jump(timedelta(minutes=15))  # the mailbox pauses between two
    sent = await world.send_step(second, 1)
    assert sent.state == EmailState.SENT, sent.gate_reason
    async with world.deps.db.transaction(world.workspace) as tx:
        with pytest.raises(UserError, match="not on hold"):
            await resume_sequence(world.deps, tx, second, user_id=APPROVER, now=world.clock.now())


async def test_a_colleague_who_answered_before_holds_it_when_its_time_comes_and_says_so_once(
    world: MailWorld,
) -> None:
    lead_id, _ = await first_sent(world, "question")
    assert (await world.inbound())[0].kind == InboundKind.HUMAN
    other_id, second = await colleague_of(world, lead_id)
    for _ in range(3):
        (first, *_) = await world.sequence(second)
        assert first.scheduled_for
        world.clock.jump_to(first.scheduled_for)
        await world.dispatch()
    assert (await world.enrollment(second)).state == EnrollmentState.HELD
    told = [one for one in world.told(SequenceChanged) if getattr(one, "enrollment_id", None) == second]
    assert len(told) == 1 and (await world.lead_row(other_id)).name in str(told)
    assert world.delivered((await world.lead_row(other_id)).email) == []


async def test_a_reply_stands_while_the_model_is_down(world: MailWorld) -> None:
    lead_id, _ = await first_sent(world, "question")
    (reply,) = await world.inbound()
    world.break_model("server_error", times=-1)
    from pipeline.errors import Transient

    with pytest.raises(Transient):
        await world.answer(reply.id)
    assert (await world.lead_row(lead_id)).status == LeadStatus.REPLIED
    world.box.faults.clear()
    world.clock.jump(timedelta(minutes=5))
    await world.answer(reply.id)
    assert (await world.inbound())[0].sentiment == "question"
