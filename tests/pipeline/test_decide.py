"""Approving, rejecting, editing, writing anew: one decision wins, and it binds what was seen."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from db.queries import audit, inbound_email, workspace
from db.types import ApprovalState, EmailState, EnrollmentState, LeadStatus, StopReason
from db.wake import Wake
from pipeline.errors import FieldErrors, UserError
from pipeline.jobs import consent, decide
from pipeline.messages import ApprovalWanted, EmailTroubled
from pipeline.rules import email_text
from tests.conftest import Recorded
from tests.pipeline.mail_world import APPROVER, MailWorld


async def drafted(world: MailWorld):
    lead_id = await world.lead(world.person("silent"))
    enrollment_id = await world.enroll(lead_id)
    await world.write(enrollment_id)
    return lead_id, enrollment_id, await world.card()


async def test_drafts_show_their_sources_and_fit_their_step(world: MailWorld) -> None:
    _, _, card = await drafted(world)
    assert [email.number for email in card.emails] == [1, 2, 3, 4, 5]
    assert all(50 <= email_text.word_count(email.body) <= 150 for email in card.emails)
    assert all(len(email.subject.removeprefix("Re: ")) <= 50 for email in card.emails)
    assert card.emails[0].facts and card.emails[0].claims
    assert not any(email.template_used for email in card.emails)
    assert all(email.subject == f"Re: {card.emails[0].subject}" for email in card.emails[1:])
    assert world.told(ApprovalWanted) == [ApprovalWanted(card.id)]


async def test_the_second_decision_is_told_who_made_the_first(world: MailWorld) -> None:
    _, _, card = await drafted(world)
    await world.approve()
    async with world.deps.db.transaction(world.workspace) as tx:
        with pytest.raises(UserError, match=r"approved by Ann on Monday, 02 March 2026, 09:00 \(UTC\)"):
            await decide.reject(world.deps, tx, card.id, user_id=APPROVER, now=world.clock.now())


async def test_only_approvers_decide(world: MailWorld) -> None:
    _, _, card = await drafted(world)
    async with world.deps.db.transaction(world.workspace) as tx:
        await workspace.upsert_member(
            tx.session, world.workspace, "U0OTHER", now=world.clock.now(), name="Bob"
        )
    for user in ("U0OTHER", "U0STRANGER"):
        async with world.deps.db.transaction(world.workspace) as tx:
            with pytest.raises(UserError, match="Only approvers"):
                await decide.approve(
                    world.deps,
                    tx,
                    card.id,
                    user_id=user,
                    content_hash=card.content_hash,
                    now=world.clock.now(),
                )


async def test_an_approval_of_an_older_card_is_refused(world: MailWorld) -> None:
    _, _, card = await drafted(world)
    first = card.emails[0]
    async with world.deps.db.transaction(world.workspace) as tx:
        new_id = await decide.edit_email(
            world.deps,
            tx,
            first.id,
            subject="A new subject",
            body=first.body,
            user_id=APPROVER,
            now=world.clock.now(),
        )
    async with world.deps.db.transaction(world.workspace) as tx:
        with pytest.raises(UserError, match="replaced by a newer version"):
            await decide.approve(
                world.deps,
                tx,
                card.id,
                user_id=APPROVER,
                content_hash=card.content_hash,
                now=world.clock.now(),
            )
        with pytest.raises(UserError, match="changed"):
            await decide.approve(
                world.deps,
                tx,
                new_id,
                user_id=APPROVER,
                content_hash=card.content_hash,
                now=world.clock.now(),
            )
    fresh = await world.card()
    assert [email.subject for email in fresh.emails] == ["A new subject", *["Re: A new subject"] * 4]


@pytest.mark.parametrize(
    ("subject", "body", "field"),
    [
        ("x" * 51, None, "subject"),
        ("Fine", "Too short.", "body"),
        ("Fine", "Hi Bartholomew,\n\n" + "word " * 60, "body"),
        ("Fine", "Hello {{first_name}},\n\n" + "word " * 60, "body"),
        ("Fine", "Hello,\n\nlook at https://evil.example/x " + "word " * 60, "body"),
    ],
)
async def test_an_edit_with_faults_is_refused_by_field(
    world: MailWorld, subject: str, body: str | None, field: str
) -> None:
    _, _, card = await drafted(world)
    first = card.emails[0]
    async with world.deps.db.transaction(world.workspace) as tx:
        with pytest.raises(FieldErrors) as caught:
            await decide.edit_email(
                world.deps,
                tx,
                first.id,
                subject=subject,
                body=body or first.body,
                user_id=APPROVER,
                now=world.clock.now(),
            )
    assert set(caught.value.errors) == {field}


async def test_writing_anew_follows_the_wish_and_asks_again(world: MailWorld, recorded: Recorded) -> None:
    _, enrollment_id, card = await drafted(world)
    second = card.emails[1]
    async with world.deps.db.transaction(world.workspace) as tx:
        await decide.regenerate(
            world.deps,
            tx,
            card.id,
            instruction="make it shorter",
            user_id=APPROVER,
            now=world.clock.now(),
            email_id=second.id,
        )
    assert Wake.REGENERATE in {wake_up.job for wake_up in recorded.wake_ups}
    assert (await world.enrollment(enrollment_id)).state == EnrollmentState.WRITING
    await world.write(enrollment_id)
    fresh = await world.card()
    assert fresh.id != card.id
    assert fresh.emails[1].body != second.body and fresh.emails[0].body == card.emails[0].body
    assert email_text.word_count(fresh.emails[1].body) <= email_text.word_count(second.body)


async def test_rejecting_ends_the_sequence(world: MailWorld) -> None:
    _, enrollment_id, card = await drafted(world)
    async with world.deps.db.transaction(world.workspace) as tx:
        await decide.reject(
            world.deps, tx, card.id, user_id=APPROVER, reason="wrong tone", now=world.clock.now()
        )
    assert {row.state for row in await world.sequence(enrollment_id)} == {EmailState.REJECTED}
    assert (await world.enrollment(enrollment_id)).stop_reason == StopReason.REJECTED
    async with world.deps.db.transaction(world.workspace) as tx:
        entries = await audit.recent(tx.session, world.workspace, entity_id=card.id)
    assert [(entry.actor, entry.action, entry.reason) for entry in entries] == [
        (APPROVER, "approval_rejected", "wrong tone")
    ]


async def test_what_nobody_approves_expires(world: MailWorld) -> None:
    _, enrollment_id, card = await drafted(world)
    world.clock.jump(timedelta(days=8))
    async with world.deps.db.transaction(world.workspace) as tx:
        await decide.expire(world.deps, tx, card.id, now=world.clock.now())
        await decide.expire(world.deps, tx, card.id, now=world.clock.now())
    assert {row.state for row in await world.sequence(enrollment_id)} == {EmailState.CANCELLED}
    assert (await world.enrollment(enrollment_id)).stop_reason == StopReason.EXPIRED


async def test_an_edit_after_the_approval_needs_another(world: MailWorld) -> None:
    _, enrollment_id = await world.approved("silent")
    first = (await world.sequence(enrollment_id))[0]
    async with world.deps.db.transaction(world.workspace) as tx:
        await decide.edit_email(
            world.deps,
            tx,
            first.id,
            subject="Changed my mind",
            body=first.body,
            user_id=APPROVER,
            now=world.clock.now(),
        )
    world.clock.jump(timedelta(days=1))
    await world.send_due()
    assert not world.delivered()
    await world.approve()
    assert (await world.send_step(enrollment_id, 1)).state == EmailState.SENT


async def test_a_draft_edited_in_gmail_is_not_sent_but_asked_about(world: MailWorld) -> None:
    _, enrollment_id = await world.approved("silent")
    world.break_gmail("draft_edited", "drafts.get")
    first = await world.send_step(enrollment_id, 1)
    if first.state != EmailState.FAILED:  # the sandbox edits at any look at the draft
        pytest.fail(f"{first.state} {first.error}")
    assert not world.delivered()
    assert world.told(EmailTroubled)
    async with world.deps.db.transaction(world.workspace) as tx:
        await decide.mark(world.deps, tx, first.id, was_sent=False, user_id=APPROVER, now=world.clock.now())
    world.clock.jump(timedelta(minutes=10))
    await world.send_due()
    sent = await world.email(first.id)
    assert sent.state == EmailState.SENT, sent.gate_reason
    assert "typed by hand" not in world.delivered()[0]["text"]


async def test_a_test_goes_to_who_asks_and_to_nobody_else(world: MailWorld) -> None:
    _, _, card = await drafted(world)
    async with world.deps.db.transaction(world.workspace) as tx:
        made = await decide.send_test(
            world.deps, tx, card.emails[0].id, user_id=APPROVER, now=world.clock.now()
        )
    await world.send_due()
    assert (await world.email(made)).state == EmailState.SENT
    assert [row["recipient"] for row in world.delivered()] == ["ann@rainmaker-demo.example"]
    assert (await world.card()).state == ApprovalState.PENDING


async def test_what_happens_to_a_test_says_nothing_about_the_lead(world: MailWorld) -> None:
    """Who got a test may press its link, and may be written to by hand: neither is the lead's doing."""
    lead_id, enrollment_id, card = await drafted(world)
    async with world.deps.db.transaction(world.workspace) as tx:
        made = await decide.send_test(
            world.deps, tx, card.emails[0].id, user_id=APPROVER, now=world.clock.now()
        )
    await world.send_due()
    async with world.deps.db.transaction(world.workspace) as tx:
        assert await consent.unsubscribe(world.deps, tx, made, now=world.clock.now())
        meant = await inbound_email.lead_of_address(
            tx.session, world.workspace, ["ann@rainmaker-demo.example"]
        )
    assert meant is None
    assert (await world.lead_row(lead_id)).status != LeadStatus.UNSUBSCRIBED
    assert (await world.enrollment(enrollment_id)).state == EnrollmentState.AWAITING_APPROVAL


async def test_why_not_sent_is_answered_by_the_gates(world: MailWorld) -> None:
    lead_id, _, _ = await drafted(world)
    async with world.deps.db.transaction(world.workspace) as tx:
        why = await decide.why_not_sent(world.deps, tx, lead_id, world.clock.now())
    assert "wait for an approval" in why.sentences[0]
    await world.approve()
    async with world.deps.db.transaction(world.workspace) as tx:
        from db.queries import campaign

        await campaign.stop_sending(tx.session, world.workspace, user_id=APPROVER, now=world.clock.now())
        why = await decide.why_not_sent(world.deps, tx, lead_id, world.clock.now())
    assert why.sentences[0] == "All sending of this workspace was stopped by Ann."


async def test_times_are_told_in_the_readers_zone_else_the_workspaces(world: MailWorld) -> None:
    lead_id, _, card = await drafted(world)
    await world.approve()
    now, tokyo, lima = world.clock.now(), "Asia/Tokyo", "America/Lima"
    before = now - timedelta(hours=1)
    async with world.deps.db.transaction(world.workspace) as tx:
        await workspace.update_settings(tx.session, world.workspace, now=now, timezone=tokyo)
        ours = await decide.why_not_sent(world.deps, tx, lead_id, before)
        theirs = await decide.why_not_sent(world.deps, tx, lead_id, before, zone=lima)
        with pytest.raises(
            UserError, match=r"approved by Ann on Monday, 02 March 2026, 18:00 \(Asia/Tokyo\)"
        ):
            await decide.reject(world.deps, tx, card.id, user_id=APPROVER, now=now)
        await workspace.upsert_member(tx.session, world.workspace, APPROVER, now=now, timezone=lima)
        with pytest.raises(
            UserError, match=r"approved by Ann on Monday, 02 March 2026, 04:00 \(America/Lima\)"
        ):
            await decide.reject(world.deps, tx, card.id, user_id=APPROVER, now=now)
    assert ours.scheduled_for is not None
    for why, zone in ((ours, tokyo), (theirs, lima)):
        at = f"{ours.scheduled_for.astimezone(ZoneInfo(zone)):%A, %d %B %Y, %H:%M} ({zone})"
        assert any(at in one for one in why.sentences), why.sentences


async def test_a_model_that_is_down_leaves_templates_in_the_end(world: MailWorld) -> None:
    from pipeline.errors import Transient

    enrollment_id = await world.enroll(await world.lead(world.person("silent")))
    world.break_model("server_error", times=-1)
    for _ in range(3):
        with pytest.raises(Transient):
            await world.write(enrollment_id)
    await world.write(enrollment_id)
    card = await world.card()
    assert all(email.template_used for email in card.emails)
    assert all(50 <= email_text.word_count(email.body) <= 150 for email in card.emails)
