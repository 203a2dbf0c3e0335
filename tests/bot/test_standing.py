"""Sequences that were stopped or are on hold: what people see of it, and who may let them go on."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest
from sqlalchemy import delete, select, update

from db.models.campaign import Campaign, Enrollment, Suppression
from db.models.conversation import ConversationThread, Turn
from db.models.email import Approval, EmailCampaign
from db.models.lead import Lead
from db.models.workspace import SlackInbox, SlackOutbox
from db.models.workspace import Workspace as WorkspaceRow
from db.queries import workspace as workspaces
from db.session import Database
from db.types import CampaignState, EnrollmentState, InboxState, StopReason
from pipeline.deps import Deps
from pipeline.jobs import ending
from pipeline.messages import LeadsNeedAttention
from tests.bot.conftest import front
from tests.bot.test_listeners import ANA, DM, SAM, Desk
from tests.local.slack_world import World


@dataclass(frozen=True)
class Sequence:
    lead_id: UUID
    campaign_id: UUID
    enrollment_id: UUID
    approval_id: UUID


@dataclass
class Office:
    """Sam approves and is admin; Ana is neither."""

    desk: Desk
    deps: Deps

    async def sequence(self, state: str = "approved", name: str = "Maria Silva") -> Sequence:
        """One of two emails, with its approval in Sam's DM."""
        now, ours = self.deps.clock.now(), await self.desk.workspace()
        stamps = {"workspace_id": ours, "created_at": now, "updated_at": now}
        async with self.deps.db.transaction(ours) as tx:
            lead = Lead(name=name, email=f"{uuid4().hex}@acme.example", email_status="given", status="researched",
                        score=70, company="Acme", owner_user_id=SAM, **stamps)  # fmt: skip
            campaign = Campaign(name=uuid4().hex, owner_user_id=SAM, **stamps)
            tx.session.add_all([lead, campaign])
            await tx.session.flush()
            enrollment = Enrollment(campaign_id=campaign.id, lead_id=lead.id, state="active", **stamps)
            tx.session.add(enrollment)
            await tx.session.flush()
            approval = Approval(workspace_id=ours, kind="sequence", lead_id=lead.id, enrollment_id=enrollment.id,
                                state=state, content_hash="0" * 64, channel_id=DM, decided_by=SAM, decided_at=now,
                                created_at=now, expires_at=now)  # fmt: skip
            tx.session.add(approval)
            await tx.session.flush()
            for number in (1, 2):
                tx.session.add(EmailCampaign(
                    lead_id=lead.id, campaign_id=campaign.id, enrollment_id=enrollment.id, approval_id=approval.id,
                    kind="sequence", email_sequence=number, state="scheduled" if number == 1 else "approved",
                    to_email=lead.email, subject="Hello", body="Hi", from_email="sam@brightpath.example",
                    content_hash="0" * 64, scheduled_for=now, **stamps,
                ))  # fmt: skip
            await tx.session.flush()
            return Sequence(lead.id, campaign.id, enrollment.id, approval.id)

    async def row(self, model: Any, row_id: UUID) -> Any:
        async with self.deps.db.transaction(await self.desk.workspace()) as tx:
            return await tx.session.scalar(select(model).where(model.id == row_id))

    async def shown(self, key: str) -> str:
        return json.dumps((await self.desk.surfaces())[key], ensure_ascii=False)

    async def hold(self, sequence: Sequence) -> None:
        async with self.deps.db.transaction(await self.desk.workspace()) as tx:
            held = ending.Held("no_colleague_replied", "Rui, at the same company, answered this campaign.")
            await ending.hold_for_a_person(
                self.deps, tx, sequence.enrollment_id, held, now=self.deps.clock.now()
            )


@pytest.fixture
async def office(
    slack_deps: Deps, slack: World, http: aiohttp.ClientSession, database: Database
) -> AsyncIterator[Office]:
    settings = slack_deps.settings.model_copy(update={"slack_api_url": f"{slack.box.base_url}/api/"})
    deps = replace(slack_deps, settings=settings)
    async with front(deps, http) as web:
        desk = Desk(web, slack, database)
        await desk.command("help")
        await desk.command("help", user=ANA, channel="D0ANACOSTA1")
        async with database.transaction(await desk.workspace()) as tx:
            for model in (Approval, Campaign, Lead, Suppression):
                for row in await tx.session.scalars(select(model)):
                    await tx.session.delete(row)
            for one in await workspaces.members(tx.session, tx.workspace_id):
                one.is_admin = one.is_approver = one.slack_user_id == SAM
            await tx.session.execute(
                update(WorkspaceRow).values(
                    alerts_channel=None, drafts_channel=None, sending_stopped_at=None, muted_alerts=[]
                )
            )
        yield Office(desk, deps)


async def test_the_card_and_an_alert_say_why_a_sequence_is_on_hold_and_an_approver_resumes_it(
    office: Office,
) -> None:
    sequence = await office.sequence()
    await office.hold(sequence)
    card = await office.shown(f"approval:{sequence.approval_id}")
    assert "On hold" in card and "conversation with a colleague" in card
    assert card.count("⏸️ on hold") == 2 and "🕒 scheduled" not in card
    alert = await office.shown(f"sequence:{sequence.enrollment_id}")
    assert "Rui, at the same company, answered" in alert and "sequence_resume" in alert
    (refused,) = await office.desk.press("sequence_resume", str(sequence.enrollment_id), user=ANA)
    assert "Only approvers and admins" in refused["text"] and "Sam" in refused["text"]
    assert (await office.row(Enrollment, sequence.enrollment_id)).state == EnrollmentState.HELD
    (done,) = await office.desk.press("sequence_resume", str(sequence.enrollment_id))
    assert "The sequence to Maria Silva goes on" in done["text"]
    assert (await office.row(Enrollment, sequence.enrollment_id)).state == EnrollmentState.ACTIVE
    card = await office.shown(f"approval:{sequence.approval_id}")
    assert "On hold" not in card and "🕒 scheduled" in card
    alert = await office.shown(f"sequence:{sequence.enrollment_id}")
    assert "goes on" in alert and f"<@{SAM}>" in alert and "sequence_resume" not in alert
    (again,) = await office.desk.press("sequence_resume", str(sequence.enrollment_id))
    assert "not on hold any more" in again["text"]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (StopReason.REPLIED_BY_HAND, "somebody of us wrote by hand"),
        (StopReason.REPLIED, "there was an answer"),
    ],
)
async def test_the_card_of_a_stopped_sequence_says_so(office: Office, reason: StopReason, said: str) -> None:
    sequence = await office.sequence()
    async with office.deps.db.transaction(await office.desk.workspace()) as tx:
        await ending.stop_sequence(
            office.deps, tx, sequence.enrollment_id, reason, because="B.", now=office.deps.clock.now()
        )
    card = await office.shown(f"approval:{sequence.approval_id}")
    assert f"*Stopped*: {said}" in card and "scheduled" not in card and "why_not_sent" not in card
    alert = await office.shown(f"sequence:{sequence.enrollment_id}")
    assert "⏹️ B." in alert and "sequence_resume" not in alert


async def test_the_answer_to_why_lets_those_who_may_resume(office: Office) -> None:
    sequence = await office.sequence()
    lead = str(sequence.lead_id)
    await office.hold(sequence)
    async with office.deps.db.transaction(await office.desk.workspace()) as tx:
        await tx.session.execute(update(Campaign).values(state=CampaignState.PAUSED))
    await office.desk.command("stop")
    (said,) = await office.desk.press("why_not_sent", lead)
    shown = json.dumps(said)
    (email_id,) = set(re.findall(r"make why ID=([0-9a-f-]{36})", shown))
    assert (await office.row(EmailCampaign, UUID(email_id))).enrollment_id == sequence.enrollment_id
    for button in ("sequence_resume", "campaign_resume", "resume_all"):
        assert button in shown
    (to_ana,) = await office.desk.press("why_not_sent", lead, user=ANA)
    assert "_resume" not in json.dumps(to_ana) and "resume_all" not in json.dumps(to_ana)
    (done,) = await office.desk.press("campaign_resume", str(sequence.campaign_id))
    assert "Resumed: 1 campaign, " in done["text"]
    assert (await office.row(Campaign, sequence.campaign_id)).state == CampaignState.ACTIVE


async def test_anybody_stops_and_only_approvers_and_admins_start(office: Office) -> None:
    (stopped,) = await office.desk.command("stop", user=ANA)
    assert "stopped" in stopped["text"]
    for refused in (
        await office.desk.command("start", user=ANA),
        await office.desk.press("resume_all", "", user=ANA),
    ):
        assert "Only approvers and admins can start sending again" in refused[0]["text"]
    assert (await office.desk.row()).sending_stopped_at is not None
    (started,) = await office.desk.command("start")
    assert "▶️" in started["text"] and (await office.desk.row()).sending_stopped_at is None


async def test_a_notice_of_what_waits_has_a_button_that_lists_it(office: Office) -> None:
    for name in ("Maria Silva", "Rui Costa", "Ana Lopes"):
        await office.sequence("pending", name)
    async with office.deps.db.transaction(await office.desk.workspace()) as tx:
        told = LeadsNeedAttention("drafts_waiting", (), "3 sequences wait for approval.")
        await office.deps.notifier.tell(tx, told)
    (notice,) = [one for key, one in (await office.desk.surfaces()).items() if key.startswith("alert:")]
    assert "drafts_list" in json.dumps(notice)
    await office.desk.press("drafts_list", "")
    shown = await office.shown(f"queue:{SAM}")  # by its key: one open before is folded
    assert all(words in shown for words in ("1 of 3", "2 drafts for ", "queue_next"))
    assert sum(name in shown for name in ("Maria Silva", "Rui Costa", "Ana Lopes")) == 1


async def test_a_quick_action_that_is_delivered_again_asks_once(office: Office) -> None:
    """The process dies after the post, before the turn; then after the turn, before the end of the delivery."""
    desk = office.desk
    await desk.press("prompt:0", "What can you do?")
    key = [one for one in await desk.surfaces() if one.startswith("prompt:")][-1]
    inbox_id = UUID(key.removeprefix("prompt:"))
    posted_ts = (await surface(office, key)).posted_ts
    assert posted_ts
    for turn_is_lost in (True, False):
        async with office.deps.db.transaction(await desk.workspace()) as tx:
            if turn_is_lost:
                await tx.session.execute(delete(ConversationThread))
        async with office.deps.db.across() as tx:
            again = {"state": InboxState.RECEIVED, "lease_until": None}
            await tx.session.execute(update(SlackInbox).where(SlackInbox.id == inbox_id).values(**again))
        assert await desk.web.web.inbox.resume() >= 1
        await desk.settle()
    read = await desk.slack.read("messages", user=SAM, channel=DM)
    asked = [one for one in read["messages"] if one["text"].endswith("What can you do?")]
    assert [one["ts"] for one in asked] == [posted_ts]
    async with office.deps.db.transaction(await desk.workspace()) as tx:
        turns = list(await tx.session.scalars(select(Turn).where(Turn.inbox_id == inbox_id)))
    assert len(turns) == 1 and turns[0].message_ts == posted_ts


async def surface(office: Office, key: str) -> SlackOutbox:
    async with office.deps.db.transaction(await office.desk.workspace()) as tx:
        found = await tx.session.scalar(select(SlackOutbox).where(SlackOutbox.key == key))
    assert found is not None
    return found
