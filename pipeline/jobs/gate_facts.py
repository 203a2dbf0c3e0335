"""From rows to `GateFacts`: the one place that says what each gate looks at."""

from dataclasses import dataclass, replace
from datetime import datetime

from db.models.email import EmailCampaign
from db.models.lead import Lead
from db.models.workspace import Workspace
from db.queries import gate as gate_queries
from db.queries import workspace as workspaces
from db.queries.gate import SendFacts
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
from pipeline.rules.gates import GateFacts
from pipeline.rules.schedule import Window


@dataclass(frozen=True, slots=True)
class Loaded:
    rows: SendFacts
    facts: GateFacts


async def load(
    deps: Deps, tx: Tx, email: EmailCampaign, *, now: datetime, claiming: bool = False
) -> Loaded | None:
    """None when the lead is gone. `claiming`: hold the mailbox, so that its pace is kept by one at a time."""
    keys = consent.suppression_keys(email.to_email, deps.digester.digest)
    rows = await gate_queries.load(
        tx.session,
        tx.workspace_id,
        email,
        digests=[key.digest for key in keys],
        now=now,
        lock_mailbox=claiming,
    )
    if rows is None:
        return None
    facts = _facts(deps, rows, now)
    if stopped_by := rows.workspace.sending_stopped_by:
        name = await workspaces.name_of(tx.session, tx.workspace_id, stopped_by)
        facts = replace(facts, sending_stopped_by=name)
    # Once claimed, an email has its place in the mailbox's pace.
    return Loaded(rows, facts if claiming else replace(facts, mailbox_next_send_at=None))


def window_of(workspace: Workspace, lead: Lead) -> Window:
    """The workspace's hours in the lead's zone and on the lead's business days."""
    return Window(
        workspace.window_start,
        workspace.window_end,
        lead.timezone or workspace.timezone,
        lead.country or workspace.country,
    )


def _facts(deps: Deps, rows: SendFacts, now: datetime) -> GateFacts:
    email, workspace, lead = rows.email, rows.workspace, rows.lead
    enrollment, campaign, mailbox = rows.enrollment, rows.campaign, rows.mailbox
    kind = EmailKind(email.kind)
    # A person let it go on, knowing of the colleague.
    resumed = (
        enrollment is not None
        and enrollment.state == EnrollmentState.ACTIVE
        and enrollment.stop_reason == StopReason.COLLEAGUE_REPLIED
    )
    cap = min(workspace.max_emails_per_day, deps.settings.max_emails_per_day)
    return GateFacts(
        kind=kind,
        number=email.email_sequence,
        sending_stopped=workspace.sending_stopped_at is not None,
        postal_address=bool(workspace.postal_address),
        campaign_state=CampaignState(campaign.state) if campaign else None,
        campaign_starts_at=campaign.starts_at if campaign else None,
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
        slot_seed=str(email.id),
        mailbox_state=mailbox.state if mailbox else None,
        mailbox_next_send_at=mailbox.next_send_at if mailbox else None,
        mailbox_cap_frees_at=schedule.cap_frees_at(
            rows.mailbox_sent,
            schedule.daily_cap(mailbox.daily_cap or cap, ramp_started_at=mailbox.ramp_started_at, now=now),
            now,
        )
        if mailbox
        else None,
        workspace_cap_frees_at=schedule.cap_frees_at(rows.workspace_sent, cap, now),
        health=mailbox.health if mailbox else None,
        can_poll=mailbox is not None and mailbox.can_be_read,
        polled_at_wall=mailbox.polled_at if mailbox else None,
        wall=deps.clock.wall(),
    )


def _same(one: str | None, other: str) -> bool:
    return (one or "").casefold() == other.casefold()
