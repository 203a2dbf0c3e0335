"""From rows to `GateFacts`: the one place that says what each gate looks at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from db.models.campaign import Campaign, Enrollment
from db.models.email import EmailCampaign
from db.models.lead import Lead
from db.models.workspace import Workspace
from db.queries import gate as gate_queries
from db.queries import mailbox as mailboxes
from db.queries import workspace as workspaces
from db.queries.gate import SendFacts
from db.queries.mailbox import MailboxRow
from db.session import Tx
from db.types import (
    CampaignState,
    EmailKind,
    EmailStatus,
    EnrollmentState,
    LeadStatus,
    StopReason,
    SuppressionKind,
)
from pipeline.deps import Deps
from pipeline.rules import approval, consent, schedule
from pipeline.rules.gates import PACED, GateFacts, PaceFacts
from pipeline.rules.pace import MailboxPace, Paces, SentAt
from pipeline.rules.schedule import Window


@dataclass(frozen=True, slots=True)
class Loaded:
    rows: SendFacts
    facts: GateFacts

    @property
    def has_slot(self) -> bool:
        """It waited for its mailbox's turn before."""
        return self.rows.email.gate in PACED


async def load(deps: Deps, tx: Tx, email: EmailCampaign) -> Loaded | None:
    """None when the lead is gone."""
    found = await load_many(deps, tx, [email])
    return found[0] if found else None


async def pace_of(deps: Deps, tx: Tx, one: Loaded, *, now: datetime) -> PaceFacts:
    """How an email that is not claimed yet stands in its mailbox's turns."""
    email = one.rows.email
    paces = await load_paces(deps, tx, one.rows.workspace, [one], now=now)
    return paces.facts(email.mailbox_id, consent.domain_of(email.to_email), now, has_slot=one.has_slot)


async def load_many(
    deps: Deps, tx: Tx, emails: Sequence[EmailCampaign], *, claiming: bool = False
) -> list[Loaded]:
    """In the order of the emails, without those whose lead is gone. `claiming`: hold the mailboxes."""
    digest = deps.digester.digest
    keys = {one.id: [key.digest for key in consent.suppression_keys(one.to_email, digest)] for one in emails}
    rows = await gate_queries.load_many(
        tx.session, tx.workspace_id, emails, digests=keys, lock_mailboxes=claiming
    )
    stopped_by = rows[0].workspace.sending_stopped_by if rows else None
    name = await workspaces.name_of(tx.session, tx.workspace_id, stopped_by) if stopped_by else None
    return [Loaded(one, replace(_facts(deps, one), sending_stopped_by=name)) for one in rows]


async def load_paces(
    deps: Deps, tx: Tx, workspace: Workspace, besides: Sequence[Loaded] = (), *, now: datetime
) -> Paces:
    """How the mailboxes stand; the emails that are asked about are not counted."""
    asked = {one.rows.email.id for one in besides}
    boxes = {one.rows.mailbox.id: one.rows.mailbox for one in besides if one.rows.mailbox}
    if not boxes:
        boxes = {one.id: one for one in await mailboxes.listing(tx.session, tx.workspace_id)}
    cap = min(workspace.max_emails_per_day, deps.settings.max_emails_per_day)
    paces = Paces(cap, workspace.max_emails_per_domain, {key: _pace(box, cap) for key, box in boxes.items()})
    slack = schedule.slack(deps.clock.speed)
    paces.count(
        SentAt(
            one.email_id,
            one.mailbox_id,
            consent.domain_of(one.to_email),
            schedule.nominal(one.planned_for or one.sent_at or now, one.sent_at or now, slack),
        )
        for one in await gate_queries.leaving(tx.session, tx.workspace_id, now=now)
        if one.email_id not in asked
    )
    return paces


def _pace(box: MailboxRow, workspace_cap: int) -> MailboxPace:
    return MailboxPace(
        box.daily_cap or workspace_cap, box.ramp_started_at, box.next_send_at, box.booked_until
    )


def window_of(workspace: Workspace, lead: Lead) -> Window:
    """The workspace's hours in the lead's zone and on the lead's business days."""
    return hours_of(workspace, lead.timezone, lead.country)


def hours_of(workspace: Workspace, zone: str | None, country: str | None) -> Window:
    """The same, by the lead's zone and country."""
    return Window(
        workspace.window_start,
        workspace.window_end,
        zone or workspace.timezone,
        country or workspace.country,
    )


def starts_at(campaign: Campaign | None, enrollment: Enrollment | None) -> datetime | None:
    """When a lead's sequence may begin: the campaign's start, or its own day in a drip."""
    moments = (campaign.starts_at if campaign else None, enrollment.not_before if enrollment else None)
    return max((moment for moment in moments if moment), default=None)


def seed_of(email: EmailCampaign) -> str:
    if email.campaign_id is None or email.email_sequence is None:
        return str(email.id)
    return schedule.slot_seed(email.campaign_id, email.lead_id, email.email_sequence)


def _facts(deps: Deps, rows: SendFacts) -> GateFacts:
    email, workspace, lead = rows.email, rows.workspace, rows.lead
    enrollment, campaign, mailbox = rows.enrollment, rows.campaign, rows.mailbox
    kind = EmailKind(email.kind)
    # A person let it go on, knowing of the colleague.
    resumed = (
        enrollment is not None
        and enrollment.state == EnrollmentState.ACTIVE
        and enrollment.stop_reason == StopReason.COLLEAGUE_REPLIED
    )
    return GateFacts(
        kind=kind,
        number=email.email_sequence,
        sending_stopped=workspace.sending_stopped_at is not None,
        postal_address=bool(workspace.postal_address),
        zone=workspace.timezone,
        campaign_state=CampaignState(campaign.state) if campaign else None,
        campaign_starts_at=starts_at(campaign, enrollment),
        enrollment_state=EnrollmentState(enrollment.state) if enrollment else None,
        stop_reason=StopReason(enrollment.stop_reason) if enrollment and enrollment.stop_reason else None,
        held_until=enrollment.held_until if enrollment else None,
        previous_sent=rows.previous_sent,
        content_hash=approval.content_hash(email.to_email, email.subject, email.body),
        approved_hash=email.approved_hash,
        recipient_current=kind is not EmailKind.SEQUENCE or _same(lead.email, email.to_email),
        lead_name=lead.name,
        lead_status=LeadStatus(lead.status),
        address_status=EmailStatus(lead.email_status),
        replied=rows.replied,
        replied_by_hand=bool(enrollment and enrollment.stop_reason == StopReason.REPLIED_BY_HAND),
        colleague_replied=None if resumed else rows.colleague_replied,
        by_hand_at=rows.by_hand_at,
        suppressed_address=SuppressionKind.ADDRESS in rows.suppressed,
        suppressed_domain=SuppressionKind.DOMAIN in rows.suppressed,
        role_address=consent.is_role_address(email.to_email),
        role_addresses_allowed=workspace.allow_role_addresses,
        window=window_of(workspace, lead),
        slot_seed=seed_of(email),
        mailbox_state=mailbox.state if mailbox else None,
        health=mailbox.health if mailbox else None,
        can_poll=mailbox is not None and mailbox.can_be_read,
        polled_at_wall=mailbox.polled_at if mailbox else None,
        wall=deps.clock.wall(),
    )


def _same(one: str | None, other: str) -> bool:
    return (one or "").casefold() == other.casefold()
