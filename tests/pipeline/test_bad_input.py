"""What can't be is answered with a sentence, and nothing leaves: campaigns and decisions as people get them wrong.

A mailbox over its cap waits (`test_pace`); a draft that is edited in the mailbox itself is asked about (`test_decide`).
"""

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from db.models.campaign import Campaign, Enrollment
from db.queries import suppression
from db.types import CampaignType, EmailState, LeadId, SuppressionKind
from pipeline.errors import FieldErrors, UserError
from pipeline.inspect_email import show_schedule
from pipeline.jobs import campaign_plan, campaigns, decide
from pipeline.jobs.campaigns import Asked
from pipeline.jobs.write import PATIENCE
from pipeline.rules.lead_filter import parse
from pipeline.rules.moment_text import moment
from pipeline.rules.step_templates_own import checked
from tests.pipeline.mail_world import APPROVER, MailWorld
from tests.pipeline.scheduled import send_until
from tests.pipeline.test_campaigns import joined_to, started
from tests.pipeline.test_drafting import BODY, fail, save, written


async def refusal(world: MailWorld, asked: Asked) -> str:
    """What a campaign that can't be is answered with, by the field where it is wrong."""
    async with world.deps.db.transaction(world.workspace) as tx:
        with pytest.raises(UserError) as caught:
            await campaigns.draft(
                world.deps, tx, asked, by=APPROVER, channel_id="C1", thread_ts="1.1", now=world.clock.now()
            )
    return (
        " ".join(caught.value.errors.values()) if isinstance(caught.value, FieldErrors) else str(caught.value)
    )


async def nothing_leaves(world: MailWorld) -> None:
    """Not now, and not on the days after."""
    before = len(world.delivered())
    await send_until(world, world.clock.now() + timedelta(days=4))
    await world.send_due()
    assert len(world.delivered()) == before


async def count(world: MailWorld, model: type[Campaign] | type[Enrollment]) -> int:
    async with world.deps.db.transaction(world.workspace) as tx:
        return await tx.session.scalar(select(func.count()).select_from(model)) or 0


async def test_a_template_with_an_unknown_variable_is_refused_and_one_in_the_table_is_passed_over(
    world: MailWorld,
) -> None:
    """One that a later version of ours no longer knows is in the table all the same: nobody gets its braces."""
    with pytest.raises(FieldErrors) as caught:
        checked("Ours", "introduction", "en", "Hello", f"{BODY} {{{{ comapny }}}}")
    assert set(caught.value.errors) == {"body"} and "Did you mean company?" in caught.value.errors["body"]
    await save(world, "introduction", "Hello {{ comapny }}")
    fail(world, "server_error", "", status=503)
    enrollment_id = await world.enroll(await world.lead(world.person("silent")))
    rows = await written(world, enrollment_id, attempts=PATIENCE)
    assert all(row.template_used and "{" not in row.subject + row.body for row in rows)
    assert not rows[0].subject.startswith("Hello ")
    await nothing_leaves(world)  # before somebody approves


@pytest.mark.parametrize("filter", ["replied", "company:nobody", "tag:vip", "score>=100"])
async def test_a_campaign_for_no_leads_is_refused_and_leaves_no_row(world: MailWorld, filter: str) -> None:
    await world.lead(world.person("silent"))
    assert f"No lead matches “{filter}”, so there is no campaign." in await refusal(
        world, Asked(filter=filter)
    )
    assert await count(world, Campaign) == 0
    await nothing_leaves(world)


async def test_a_start_in_the_past_is_refused_and_leaves_no_row(world: MailWorld) -> None:
    lead_id = await world.lead(world.person("silent"))
    for ago in (timedelta(minutes=2), timedelta(days=400)):
        at = world.clock.now() - ago
        asked = Asked(lead_ids=(lead_id,), type=CampaignType.SCHEDULED, starts_at=at)
        assert await refusal(world, asked) == "That time has passed. When should it start?"
    assert await count(world, Campaign) == 0
    await nothing_leaves(world)


@pytest.mark.parametrize(
    "words", ["yesterday at 9", "2020-01-01 10:00", "last Monday at 9", "3 days ago", "today at 8am"]
)
def test_words_for_a_time_in_the_past_are_told_so(world: MailWorld, words: str) -> None:
    with pytest.raises(UserError, match=f"“{words}” is in the past."):
        moment(words, local=ZoneInfo("UTC"), now=world.clock.now())


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "", "utc+3", "Europe/Lisbon\x00"])
async def test_an_unknown_zone_is_refused_and_leaves_no_row(world: MailWorld, zone: str) -> None:
    lead_id = await world.lead(world.person("silent"))
    said = await refusal(world, Asked(lead_ids=(lead_id,), timezone=zone))
    assert "is not a time zone I know. Write it like Europe/Lisbon." in said
    with pytest.raises(UserError, match="is not a time zone I know"):
        show_schedule("every monday at 9", zone, world.clock.now())
    assert await count(world, Campaign) == 0


async def test_a_lead_in_another_running_campaign_is_left_out_and_said_so(world: MailWorld) -> None:
    lead_id = await world.lead(world.person("silent"))
    first, _ = await started(world, lead_ids=(lead_id,))
    with pytest.raises(UserError, match=r"is in another running campaign"):
        await started(world, lead_ids=(lead_id,))
    async with world.deps.db.transaction(world.workspace) as tx:
        planned = await campaign_plan.plan(
            world.deps, tx, [parse("all")], campaign_id=None, starts_at=None, leads_per_day=None,
            now=world.clock.now(),
        )  # fmt: skip
    assert list(planned.chosen.left_out) == ["running"] and not planned.chosen.fit
    assert await count(world, Enrollment) == 1 and await joined_to(world, first, lead_id)
    await nothing_leaves(world)


async def test_two_approvals_of_one_hash_at_once_are_one_decision_and_one_email(world: MailWorld) -> None:
    enrollment_id = await world.enroll(await world.lead(world.person("silent")))
    await world.write(enrollment_id)
    card = await world.card()
    both = asyncio.Barrier(2)

    async def approve() -> None:
        async with world.deps.db.transaction(world.workspace) as tx:
            await both.wait()  # two transactions are open before either decides
            await decide.approve(
                world.deps, tx, card.id, user_id=APPROVER, content_hash=card.content_hash, now=world.clock.now()
            )  # fmt: skip

    said = await asyncio.gather(approve(), approve(), return_exceptions=True)
    (told,) = [one for one in said if one is not None]
    assert isinstance(told, UserError) and "already approved by Ann" in str(told)
    assert (await world.send_step(enrollment_id, 1)).state == EmailState.SENT
    await asyncio.gather(*(world.dispatch() for _ in range(3)))
    await world.send_open()
    assert len(world.delivered()) == 1


async def test_an_email_edited_after_its_approval_waits_for_another(world: MailWorld) -> None:
    _, enrollment_id = await world.approved("silent")
    first = (await world.sequence(enrollment_id))[0]
    async with world.deps.db.transaction(world.workspace) as tx:
        await decide.edit_email(
            world.deps, tx, first.id, subject="Another thought", body=first.body, user_id=APPROVER,
            now=world.clock.now(),
        )  # fmt: skip
    await nothing_leaves(world)
    assert (await world.email(first.id)).approved_hash is None


async def test_an_email_on_its_way_can_no_longer_be_edited(world: MailWorld) -> None:
    _, enrollment_id = await world.approved("silent")
    await world.poll()
    await world.dispatch()
    first = (await world.sequence(enrollment_id))[0]
    assert first.state == EmailState.CLAIMED
    with pytest.raises(UserError, match="can no longer be changed"):
        async with world.deps.db.transaction(world.workspace) as tx:
            await decide.edit_email(
                world.deps, tx, first.id, subject="Too late", body=first.body, user_id=APPROVER,
                now=world.clock.now(),
            )  # fmt: skip
    await world.send_open()
    (left,) = world.delivered()
    assert left["subject"] == first.subject


async def test_to_a_suppressed_domain_no_campaign_starts_and_nothing_leaves(world: MailWorld) -> None:
    person = world.person("silent")
    lead_id = await world.lead(person)
    domain = person.email.partition("@")[2]
    await _suppress(world, domain)
    with pytest.raises(UserError, match="on the list of those never to write to"):
        await started(world, lead_ids=(LeadId(lead_id),))
    assert await count(world, Enrollment) == 0
    await nothing_leaves(world)


async def _suppress(world: MailWorld, domain: str) -> None:
    async with world.deps.db.transaction(world.workspace) as tx:
        await suppression.add(
            tx.session, world.workspace, kind=SuppressionKind.DOMAIN, value=domain,
            digest=world.deps.digester.digest(domain), reason="asked", created_by=APPROVER, now=world.clock.now(),
        )  # fmt: skip
