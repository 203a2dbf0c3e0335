"""What the pipeline tells, as surfaces in Slack: message → read model → view → outbox, in one transaction."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from bot import campaign_drafts, drafts_queue
from bot.action_ids import Action
from bot.elsewhere import OWNER
from bot.posting import BELOW
from bot.views import briefing as briefing_view
from bot.views import campaigns as campaigns_view
from bot.views import candidates, draft, reply
from bot.views import imports as imports_view
from bot.views import lead as lead_view
from bot.views.blocks import Rendered, actions, button, context, escape, section
from db.cards import ApprovalCard, Briefing, Suggestion
from db.models.workspace import Workspace
from db.queries import (
    analytics,
    approval,
    campaign,
    email_card,
    enrollment,
    finding,
    imports,
    inbound_email,
    lead_card,
    mailbox,
    outbox,
    workspace,
)
from db.queries import email as emails
from db.queries import lead as leads
from db.session import Tx
from db.types import CampaignId, EnrollmentState, ImportId, LeadId, SearchId
from pipeline.clock import Clock
from pipeline.messages import (
    ApprovalWanted,
    BriefingDue,
    CampaignChanged,
    CampaignNeedsAttention,
    EmailTroubled,
    EmailWentOut,
    ImportProgressed,
    LeadsNeedAttention,
    MailboxTroubled,
    Message,
    Reminder,
    ReplyArrived,
    RunProgressed,
    SearchProgressed,
    SequenceChanged,
)

DAYS_SHOWN = 14


class SlackNotifier:
    """Implements pipeline.messages.Notifier on the Slack outbox."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def tell(self, tx: Tx, message: Message) -> None:
        match message:
            case RunProgressed(run_id):
                await self._run(tx, run_id)
            case ApprovalWanted(approval_id, open_step):
                await self._approval(tx, approval_id, open_step)
            case SearchProgressed(search_id):
                await self._search(tx, search_id)
            case ImportProgressed(import_id):
                await self._import(tx, import_id)
            case ReplyArrived(reply_id):
                await self._reply(tx, reply_id)
            case EmailTroubled(email_id):
                await self._trouble(tx, email_id)
            case EmailWentOut(email_id):
                await self._went_out(tx, email_id)
            case SequenceChanged():
                await self._sequence(tx, message)
            case MailboxTroubled(mailbox_id):
                await self._mailbox(tx, mailbox_id)
            case BriefingDue():
                await self._briefing(tx, message)
            case Reminder():
                await self._reminder(tx, message)
            case CampaignChanged(campaign_id):
                await self._campaign(tx, campaign_id)
            case CampaignNeedsAttention(campaign_id, kind, recommendation):
                await self._alert(tx, f"campaign:{campaign_id}:{kind}", kind, recommendation)
            case LeadsNeedAttention(kind, lead_ids, recommendation):
                await self._alert(tx, f"leads:{kind}:{lead_ids[0] if lead_ids else ''}", kind, recommendation)

    async def _run(self, tx: Tx, run_id: UUID) -> None:
        card = await lead_card.load_run_card(tx.session, tx.workspace_id, run_id)
        if card is not None and card.channel_id:
            shown = lead_view.run_card(card)
            key, owner = f"run:{run_id}", card.requested_by
            await self._put(tx, key, card.channel_id, card.thread_ts, shown, owner=owner)

    async def _search(self, tx: Tx, search_id: SearchId) -> None:
        search = await finding.get(tx.session, tx.workspace_id, search_id)
        card = await finding.load_search_card(tx.session, tx.workspace_id, search_id)
        if search is not None and card is not None and search.channel_id:
            shown, owner = candidates.search_card(card), search.requested_by
            await self._put(
                tx, f"search:{search_id}", search.channel_id, search.thread_ts, shown, owner=owner
            )

    async def _import(self, tx: Tx, import_id: ImportId) -> None:
        row = await imports.get(tx.session, tx.workspace_id, import_id)
        if row is not None and row.channel_id:
            await self._put(
                tx,
                f"import:{import_id}",
                row.channel_id,
                row.thread_ts,
                imports_view.asked(imports.card(row)),
            )

    async def _approval(self, tx: Tx, approval_id: UUID, open_step: int = 1) -> None:
        card = await approval.load_approval_card(tx.session, tx.workspace_id, approval_id)
        if card is None:
            return
        ours = await workspace.get(tx.session, tx.workspace_id)
        people = await workspace.members(tx.session, tx.workspace_id)
        approvers = [one.slack_user_id for one in people if one.is_approver]
        channel, thread_ts = await self._place_of_approval(tx, card, ours, approvers)
        owner = card.owner_user_id if card.owner_user_id in approvers or not approvers else approvers[0]
        below = f"reply:{card.reply_id}" if card.reply_id and thread_ts is None else None
        if channel:
            shared = await campaign_drafts.shared_card(tx, card)
            shown = shared or draft.approval_card(card, open_step=open_step)
            key = campaign_drafts.key_of(card) if shared else f"approval:{approval_id}"
            await self._put(tx, key, channel, thread_ts, shown, below=below, owner=owner)
        await drafts_queue.told(tx, card, [one.slack_user_id for one in people], now=self._clock.now())

    async def _place_of_approval(
        self, tx: Tx, card: ApprovalCard, ours: Workspace, approvers: list[str]
    ) -> tuple[str | None, str | None]:
        """Where it was asked for, if an approver asked; else the drafts channel, the owner, any approver."""
        if card.reply_id is not None:
            alert = await outbox.by_key(tx.session, f"reply:{card.reply_id}")
            if alert is not None:  # one that is not posted yet goes first; the poster knows its place then
                return alert.posted_channel or alert.channel, alert.posted_ts
        if card.channel_id and (not approvers or card.asked_by in approvers):
            return card.channel_id, card.thread_ts
        fallback = ours.drafts_channel or card.asked_by or next(iter(sorted(approvers)), None)
        return fallback or card.channel_id, None

    async def _reply(self, tx: Tx, reply_id: UUID) -> None:
        card = await inbound_email.load_reply_card(tx.session, tx.workspace_id, reply_id)
        if card is None:
            return
        ours = await workspace.get(tx.session, tx.workspace_id)
        channel = ours.alerts_channel or card.owner_user_id
        if channel and f"reply_{card.kind}" not in ours.muted_alerts:
            shown = reply.reply_card(card)
            await self._put(tx, f"reply:{reply_id}", channel, None, shown, owner=card.owner_user_id)
        if card.our_email is not None:
            await self._went_out(tx, card.our_email.id)

    async def _sequence(self, tx: Tx, told: SequenceChanged) -> None:
        joined = await enrollment.get(tx.session, tx.workspace_id, told.enrollment_id)
        if joined is None:
            return
        for approval_id in await approval.granted_of(tx.session, tx.workspace_id, joined.id):
            await self._approval(tx, approval_id)
        ours = await workspace.get(tx.session, tx.workspace_id)
        campaign = await enrollment.campaign_of(tx.session, tx.workspace_id, joined.campaign_id)
        lead = await leads.get(tx.session, tx.workspace_id, LeadId(joined.lead_id))
        owner = (lead.owner_user_id if lead else None) or (campaign.owner_user_id if campaign else None)
        channel = ours.alerts_channel or owner or await self._some_admin(tx)
        if told.because and channel:
            held = told.enrollment_id if joined.state == EnrollmentState.HELD else None
            shown = reply.sequence_card(told.because, held=held, resumed_by=told.by)
            await self._put(tx, f"sequence:{joined.id}", channel, None, shown, owner=owner)

    async def _trouble(self, tx: Tx, email_id: UUID) -> None:
        email = await email_card.load_email_card(tx.session, tx.workspace_id, email_id)
        if email is None:
            return
        ours = await workspace.get(tx.session, tx.workspace_id)
        channel = ours.alerts_channel or email.lead.owner_user_id
        if channel:
            shown = reply.trouble_card(email)
            await self._put(tx, f"trouble:{email_id}", channel, None, shown, owner=email.lead.owner_user_id)

    async def _went_out(self, tx: Tx, email_id: UUID) -> None:
        """The card on which it was approved shows what became of it."""
        sent = await emails.get(tx.session, tx.workspace_id, email_id)
        if sent is not None and sent.approval_id is not None:
            await self._approval(tx, sent.approval_id)

    async def _campaign(self, tx: Tx, campaign_id: CampaignId) -> None:
        """The card of its preview, where it was asked for with one."""
        row = await campaign.by_id(tx.session, tx.workspace_id, campaign_id)
        own = await outbox.by_key(tx.session, f"campaign:{campaign_id}")
        if row is not None and own is not None:
            shown = campaigns_view.card(row)
            await self._put(tx, own.key, own.channel, own.thread_ts, shown, owner=row.owner_user_id)

    async def _mailbox(self, tx: Tx, mailbox_id: UUID) -> None:
        found = await mailbox.by_id(tx.session, tx.workspace_id, mailbox_id)
        ours = await workspace.get(tx.session, tx.workspace_id)
        channel = ours.alerts_channel or await self._some_admin(tx)
        if found is None or not channel:
            return
        title = f"The mailbox {found.address} is disconnected"
        text = f"*⚠️ {escape(title)}*\nNothing is sent from it, and no answers are read, until it is connected again."
        shown = Rendered(
            title,
            [section(text), actions([button("Connect it", Action.SETUP_MAILBOX, "edit", style="primary")])],
        )
        await self._put(tx, f"mailbox:{mailbox_id}", channel, None, shown)

    async def _briefing(self, tx: Tx, due: BriefingDue) -> None:
        ours = await workspace.get(tx.session, tx.workspace_id)
        channel = due.channel or ours.briefing_channel or due.user_id or await self._some_admin(tx)
        if not channel:
            return
        briefing = await self.load_briefing(tx, ours, due.insights)
        await self._put(tx, due.key, channel, due.thread_ts, briefing_view.briefing_card(briefing))

    async def load_briefing(self, tx: Tx, ours: Workspace, insights: tuple[str, ...]) -> Briefing:
        """Today's and yesterday's numbers, two weeks of days, and what to do first."""
        now = self._clock.now()
        today = analytics.spans(now, ours.timezone)["today"]
        week = analytics.spans(now, ours.timezone)["week"]
        by_status = await leads.counts_by_status(tx.session, tx.workspace_id)
        numbers = await analytics.numbers(tx.session, tx.workspace_id, week)
        return Briefing(
            day=today.start.date(),
            hour=now.astimezone(ZoneInfo(ours.timezone)).hour,
            timezone=ours.timezone,
            today=numbers,
            before=await analytics.numbers(tx.session, tx.workspace_id, analytics.before(week)),
            total_leads=sum(by_status.values()),
            by_status={str(status): count for status, count in by_status.items()},
            days=await analytics.days(
                tx.session, tx.workspace_id, now=now, timezone=ours.timezone, count=DAYS_SHOWN
            ),
            suggestions=_suggestions(
                numbers.drafts_waiting, {str(key): count for key, count in by_status.items()}
            ),
            insights=insights,
        )

    async def _reminder(self, tx: Tx, reminder: Reminder) -> None:
        channel = reminder.channel or reminder.user_id
        if not channel:
            return
        mention = f"<@{reminder.user_id}> " if reminder.user_id else ""
        blocks = [section(f"⏰ {mention}*Reminder:* {escape(reminder.text)}")]
        if reminder.repeats:
            cancel = button("Cancel this reminder", Action.TASK_CANCEL, str(reminder.task_id))
            blocks.append(actions([cancel]))
        shown = Rendered(f"Reminder: {reminder.text}", blocks)
        await self._put(tx, reminder.key, channel, None, shown)

    async def _alert(self, tx: Tx, key: str, kind: str, recommendation: str) -> None:
        ours = await workspace.get(tx.session, tx.workspace_id)
        channel = ours.alerts_channel or await self._some_admin(tx)
        if not channel or kind in ours.muted_alerts:
            return
        day = self._clock.now().astimezone(ZoneInfo(ours.timezone)).date()
        deed = _DEEDS.get(kind)
        shown = Rendered(
            recommendation,
            [
                section(f"🔔 {escape(recommendation)}"),
                actions(
                    [*([deed] if deed else []), button("Mute alerts of this kind", Action.ALERT_MUTE, kind)]
                ),
                context(f"_{escape(kind.replace('_', ' '))}_"),
            ],
        )
        await self._put(tx, f"alert:{key}:{day}", channel, None, shown)

    async def _some_admin(self, tx: Tx) -> str | None:
        admins = [
            one.slack_user_id for one in await workspace.members(tx.session, tx.workspace_id) if one.is_admin
        ]
        return admins[0] if admins else None

    async def _put(
        self,
        tx: Tx,
        key: str,
        channel: str,
        thread_ts: str | None,
        shown: Rendered,
        *,
        below: str | None = None,
        owner: str | None = None,
    ) -> None:
        """`below`: the key of a surface whose thread this one belongs into; `owner`: who gets it where the channel
        can't be posted to."""
        payload: dict[str, Any] = {
            **shown.payload(),
            **({BELOW: below} if below else {}),
            **({OWNER: owner} if owner else {}),
        }
        await outbox.put(
            tx.session,
            tx.workspace_id,
            key=key,
            channel=channel,
            thread_ts=thread_ts,
            payload=payload,
            now=self._clock.now(),
        )


_DEEDS = {
    "drafts_waiting": button("Show the drafts", Action.DRAFTS_LIST, style="primary"),
    "leads_unresearched": button("Research 10", Action.PROMPT, "Research the latest 10 leads in depth"),
}


def _suggestions(drafts_waiting: int, by_status: dict[str, int]) -> tuple[Suggestion, ...]:
    """Two or three things to do, the most useful first."""
    found: list[Suggestion] = []
    if drafts_waiting:
        found.append(
            Suggestion(
                f"Review {drafts_waiting} draft{'s' * (drafts_waiting != 1)}", Action.DRAFTS_LIST, "all"
            )
        )
    if by_status.get("replied"):
        found.append(Suggestion("See who replied", Action.PROMPT, "How many leads replied this week?"))
    if by_status.get("new"):
        count = min(10, by_status["new"])
        found.append(
            Suggestion(
                f"Research {count} new lead{'s' * (count != 1)}",
                Action.PROMPT,
                f"Research the latest {count} leads in depth",
            )
        )
    found.append(Suggestion("What should I focus on?", Action.PROMPT, "What should I focus on today?"))
    found.append(
        Suggestion("Most likely to convert", Action.PROMPT, "Which leads are most likely to convert?")
    )
    return tuple(found[:3])
