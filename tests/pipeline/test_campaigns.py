"""Campaigns on real mail: whose answers stop what, what a pause holds, and what a cancel ends."""

from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

import pytest
from sqlalchemy import select, update

from db.models.email import Approval, EmailCampaign
from db.models.workspace import Workspace
from db.queries import approval, suppression
from db.queries import lead as leads
from db.types import (
    ApprovalState,
    CampaignState,
    CampaignType,
    EmailState,
    EnrollmentId,
    EnrollmentState,
    InboundKind,
    LeadId,
    StopReason,
    SuppressionKind,
)
from local.sandbox.mail.mailbox import open_account
from pipeline.errors import UserError
from pipeline.jobs import campaign_switch, campaigns, decide
from pipeline.jobs.campaign_switch import Named
from pipeline.jobs.campaigns import Asked, Entered
from pipeline.messages import ApprovalWanted, CampaignChanged
from pipeline.rules import campaign_card
from pipeline.rules.enrolling import Chosen
from tests.pipeline.mail_world import APPROVER, MailWorld


async def started(world: MailWorld, **given: object) -> tuple[UUID, Entered]:
    async with world.deps.db.transaction(world.workspace) as tx:
        now = world.clock.now()
        asked = Asked(name="Spring", **given)  # pyright: ignore[reportArgumentType]
        made = await campaigns.draft(
            world.deps, tx, asked, by=APPROVER, channel_id="C1", thread_ts="1.1", now=now
        )
        seen = await campaigns.preview(world.deps, tx, made, now=now)
        await campaigns.remember(tx, made, seen, now=now)
    async with world.deps.db.transaction(world.workspace) as tx:
        return made, await campaigns.start(world.deps, tx, made, by=APPROVER, now=world.clock.now())


async def joined_to(world: MailWorld, campaign_id: UUID, lead_id: LeadId) -> EnrollmentId:
    from db.models.campaign import Enrollment

    async with world.deps.db.transaction(world.workspace) as tx:
        found = await tx.session.scalar(
            select(Enrollment.id).where(Enrollment.campaign_id == campaign_id, Enrollment.lead_id == lead_id)
        )
    assert found is not None
    return EnrollmentId(found)


async def decide_all(world: MailWorld) -> None:
    async with world.deps.db.transaction(world.workspace) as tx:
        for one in await approval.pending(tx.session, world.workspace):
            await decide.approve(
                world.deps, tx, one.id, user_id=APPROVER, content_hash=one.content_hash, now=world.clock.now()
            )


async def switched(world: MailWorld, act: object, **named: str) -> campaign_switch.Changed:
    async with world.deps.db.transaction(world.workspace) as tx:
        return await act(world.deps, tx, Named(**named), now=world.clock.now())  # pyright: ignore


def writes_again(world: MailWorld, to: EmailCampaign, words: str) -> None:
    """The lead answers that email, in its thread."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = to.to_email, world.box.accounts.mailbox, f"Re: {to.subject}"
    mail["Message-ID"], mail["In-Reply-To"] = f"<{to.id}.again@lead.example>", to.message_id
    mail["References"] = to.message_id
    mail.set_content(words)
    box = open_account(world.box, world.box.accounts.mailbox)
    box.add(mail.as_bytes(), ["UNREAD", "INBOX"], thread_id=box.thread_of(mail.as_bytes()))


async def test_a_replied_lead_in_a_new_campaign_is_stopped_only_by_what_is_answered_there(
    world: MailWorld,
) -> None:
    lead_id, first = await world.approved("question")
    await world.send_step(first, 1)
    await world.poll()
    assert (await world.enrollment(first)).stop_reason == StopReason.REPLIED

    world.clock.jump(timedelta(days=4))
    campaign_id, entered = await started(world, filter="replied")
    assert entered.count == 1 and not entered.changes
    second = await joined_to(world, campaign_id, lead_id)
    await world.write(second)
    await decide_all(world)
    old = (await world.sequence(first))[0]
    writes_again(world, old, "By the way, thank you for what you sent last week.")
    await world.poll()
    assert [one.kind for one in await world.inbound()] == [InboundKind.HUMAN] * 2
    assert (await world.enrollment(second)).state == EnrollmentState.ACTIVE, "an answer to the old one"
    sent = await world.send_step(second, 1)
    assert sent.state == EmailState.SENT, sent.gate_reason
    writes_again(world, sent, "Could you tell me the price?")
    await world.poll()
    now = await world.enrollment(second)
    assert (now.state, now.stop_reason) == (EnrollmentState.STOPPED, StopReason.REPLIED)
    assert [one.state for one in (await world.sequence(second))[1:]] == [EmailState.CANCELLED] * 4


async def test_what_a_company_waits_for_is_held_and_goes_on_where_it_stood(world: MailWorld) -> None:
    people = [one for one in world.box.world.people if one.character == "silent"][:3]
    ids = [await world.lead(one, company="Northwind", company_domain="northwind.example") for one in people]
    campaign_id, _ = await started(world, lead_ids=tuple(ids))
    writing, waiting, going = [await joined_to(world, campaign_id, one) for one in ids]
    await world.write(going)
    await decide_all(world)
    await world.write(waiting)
    changed = await switched(world, campaign_switch.pause, company="northwind")
    assert set(changed.enrollments) == {writing, waiting, going} and not changed.campaigns
    assert world.told(CampaignChanged)
    await world.write(writing)
    assert not await world.sequence(writing), "nothing is written for one on hold"
    await decide_all(world)  # approving does not let it go
    for one in (waiting, going):
        assert (await world.enrollment(one)).state == EnrollmentState.HELD
    for _ in range(3):
        world.clock.jump(timedelta(days=1))
        await world.send_due()
    assert not world.delivered()
    await switched(world, campaign_switch.resume, company="northwind")
    assert [(await world.enrollment(one)).state for one in (writing, waiting, going)] == [
        EnrollmentState.WRITING, EnrollmentState.ACTIVE, EnrollmentState.ACTIVE,
    ]  # fmt: skip
    await world.write(writing)
    assert (await world.enrollment(writing)).state == EnrollmentState.AWAITING_APPROVAL
    await switched(world, campaign_switch.pause, filter="company:northwind")
    await switched(world, campaign_switch.resume, filter="company:northwind")
    assert (await world.enrollment(writing)).state == EnrollmentState.AWAITING_APPROVAL
    for _ in range(3):
        world.clock.jump(timedelta(hours=2))
        await world.send_due()
    assert (await world.sequence(going))[0].state == EmailState.SENT


async def test_a_cancelled_campaign_sends_nothing_more_and_asks_nothing(world: MailWorld) -> None:
    people = [one for one in world.box.world.people if one.character == "silent"][:2]
    ids = [await world.lead(one, company_domain=f"{one.key}.example") for one in people]
    campaign_id, _ = await started(world, lead_ids=tuple(ids))
    going, waiting = [await joined_to(world, campaign_id, one) for one in ids]
    await world.write(going)
    await decide_all(world)
    await world.write(waiting)
    card = await world.card()
    changed = await switched(world, campaign_switch.cancel, campaign=str(campaign_id))
    assert changed.campaigns == (campaign_id,) and set(changed.enrollments) == {going, waiting}
    for one in (going, waiting):
        assert {row.state for row in await world.sequence(one)} == {EmailState.CANCELLED}
    async with world.deps.db.transaction(world.workspace) as tx:
        voided = await tx.session.get(Approval, card.id)
        assert voided is not None and voided.state == ApprovalState.VOID
        with pytest.raises(UserError, match="already"):
            await decide.approve(
                world.deps,
                tx,
                card.id,
                user_id=APPROVER,
                content_hash=card.content_hash,
                now=world.clock.now(),
            )
    told = {getattr(one, "approval_id", None) for one in world.told(ApprovalWanted)}
    assert card.id in told
    world.clock.jump(timedelta(days=3))
    await world.send_due()
    assert not world.delivered()
    with pytest.raises(UserError, match="has ended"):
        async with world.deps.db.transaction(world.workspace) as tx:
            await campaigns.rehearse(world.deps, tx, campaign_id, now=world.clock.now())


async def test_pausing_by_filter_takes_exactly_those_leads(world: MailWorld) -> None:
    people = [one for one in world.box.world.people if one.character == "silent"][:3]
    ids = [await world.lead(one, company_domain=f"{one.key}.example") for one in people]
    async with world.deps.db.transaction(world.workspace) as tx:
        await leads.update(tx.session, world.workspace, ids[0], {"score": 95}, now=world.clock.now())
        await leads.add_tags(tx.session, world.workspace, [ids[1]], ["vip"], now=world.clock.now())
    campaign_id, _ = await started(world, lead_ids=tuple(ids))
    high, vip, other = [await joined_to(world, campaign_id, one) for one in ids]
    assert (await switched(world, campaign_switch.pause, filter="score>=90")).enrollments == (high,)
    assert (await switched(world, campaign_switch.pause, filter="tag:vip")).enrollments == (vip,)
    assert (await switched(world, campaign_switch.pause, filter="replied")).enrollments == ()
    assert (await world.enrollment(other)).state == EnrollmentState.WRITING
    assert set((await switched(world, campaign_switch.resume, filter="all")).enrollments) == {high, vip}


async def test_a_suppressed_domain_is_left_out_and_a_missing_address_is_said(world: MailWorld) -> None:
    silent = [one for one in world.box.world.people if one.character == "silent"]
    people = [silent[0], next(one for one in silent if one.company_key != silent[0].company_key)]
    ids = [await world.lead(one) for one in people]
    domain = people[0].email.partition("@")[2]
    async with world.deps.db.transaction(world.workspace) as tx:
        await suppression.add(
            tx.session, world.workspace, kind=SuppressionKind.DOMAIN, digest=world.deps.digester.digest(domain),
            value=domain, reason="asked", created_by=APPROVER, now=world.clock.now(),
        )  # fmt: skip
        await tx.session.execute(update(Workspace).values(postal_address=None))
        asked = Asked(lead_ids=tuple(ids))
        made = await campaigns.draft(
            world.deps, tx, asked, by=APPROVER, channel_id=None, thread_ts=None, now=world.clock.now()
        )
        seen = await campaigns.preview(world.deps, tx, made, now=world.clock.now())
    assert [one.reason.key for one in seen.left_out] == ["suppressed"] and seen.fit == 1
    assert seen.blocked[0].count == 1 and "postal address" in seen.blocked[0].sentence
    assert seen.emails == 0 and not seen.days


async def test_a_scheduled_drip_is_previewed_from_its_start(world: MailWorld) -> None:
    people = [one for one in world.box.world.people if one.character == "silent"][:4]
    ids = [await world.lead(one, company_domain=f"{one.key}.example") for one in people]
    start = world.clock.now() + timedelta(days=21)
    async with world.deps.db.transaction(world.workspace) as tx:
        asked = Asked(lead_ids=tuple(ids), type=CampaignType.DRIP, starts_at=start, leads_per_day=2)
        made = await campaigns.draft(
            world.deps, tx, asked, by=APPROVER, channel_id=None, thread_ts=None, now=world.clock.now()
        )
        seen = await campaigns.preview(world.deps, tx, made, now=world.clock.now())
    assert seen.first_at and seen.first_at >= start and seen.days[0].day == start.date()
    assert [one.counts[0] for one in seen.days[:3]] == [2, 2, 0]
    assert seen.last_first_at and seen.last_first_at < start + timedelta(days=2)


async def test_a_start_that_has_passed_begins_now_and_says_so(world: MailWorld) -> None:
    lead_id = await world.lead(world.person("silent"))
    async with world.deps.db.transaction(world.workspace) as tx:
        now = world.clock.now()
        asked = Asked(lead_ids=(lead_id,), type=CampaignType.SCHEDULED, starts_at=now + timedelta(hours=1))
        made = await campaigns.draft(
            world.deps, tx, asked, by=APPROVER, channel_id=None, thread_ts=None, now=now
        )
        await campaigns.remember(tx, made, await campaigns.preview(world.deps, tx, made, now=now), now=now)
    world.clock.jump(timedelta(hours=2))
    async with world.deps.db.transaction(world.workspace) as tx:
        entered = await campaigns.start(world.deps, tx, made, by=APPROVER, now=world.clock.now())
    assert entered.changes == ("the planned start has passed, so it begins now",)


@pytest.mark.parametrize("state", [CampaignState.COMPLETED, CampaignState.CANCELLED, CampaignState.DRAFT])
async def test_only_a_campaign_that_runs_takes_more_leads(world: MailWorld, state: CampaignState) -> None:
    from db.models.campaign import Campaign
    from db.queries.lead import LeadFilter

    lead_id = await world.lead(world.person("silent"))
    campaign_id, _ = await started(world, lead_ids=(lead_id,))
    async with world.deps.db.transaction(world.workspace) as tx:
        await tx.session.execute(update(Campaign).values(state=state))
    with pytest.raises(UserError, match=r"has ended|not been started"):
        async with world.deps.db.transaction(world.workspace) as tx:
            await campaigns.add(world.deps, tx, campaign_id, [LeadFilter()], now=world.clock.now())


def test_what_changed_is_nothing_where_nothing_did() -> None:
    assert campaign_card.changes(campaign_card.remembered(Chosen()), Chosen()) == []
    assert campaign_card.changes({"fit": 2}, Chosen()) == ["2 leads fewer than in the preview"]
