"""What follows from an email that has left: the lead's status, the thread, the next step."""

from datetime import datetime, timedelta
from uuid import UUID

from db.models.email import EmailCampaign
from db.queries import audit, email_slots, enrollment
from db.queries import email as emails
from db.queries import lead as leads
from db.queries import workspace as workspaces
from db.session import Tx
from db.types import EmailId, EmailKind, EmailState, EnrollmentState, LeadId, LeadStatus
from pipeline.clients.mail import Delivered
from pipeline.deps import Deps
from pipeline.jobs.gate_facts import seed_of, starts_at, window_of
from pipeline.messages import EmailWentOut
from pipeline.rules import schedule
from pipeline.rules.schedule import Window
from pipeline.rules.sequence import wait_before

_SETTLED = (EmailState.SENT, EmailState.CANCELLED, EmailState.REJECTED)
_READY = (EmailState.APPROVED, EmailState.SCHEDULED)
_FURTHER = (LeadStatus.REPLIED, LeadStatus.UNSUBSCRIBED, LeadStatus.BOUNCED)


def columns(delivered: Delivered, now: datetime) -> dict[str, object]:
    """What is stored of a delivery, besides the state."""
    return {
        "sent_at": now,
        "message_id": delivered.message_id,
        "provider_message_id": delivered.provider_message_id,
        "thread_id": delivered.thread_id,
        "error": None,
        "gate": None,
        "gate_reason": None,
    }


async def follow_up(
    deps: Deps, tx: Tx, email: EmailCampaign, *, now: datetime, by: str = "rainmaker"
) -> None:
    """To be called in the transaction that made the email `sent`."""
    session, workspace_id = tx.session, tx.workspace_id
    await emails.record(session, workspace_id, email, "sent", now=now)
    await audit.record(
        session, workspace_id, actor=by, action="email_sent", entity_type="email", entity_id=email.id, now=now
    )
    if email.kind == EmailKind.TEST:
        return
    await enrollment.set_lead_status(
        session, workspace_id, email.lead_id, LeadStatus.EMAILED, unless=_FURTHER, now=now
    )
    if email.kind == EmailKind.SEQUENCE and email.enrollment_id:
        slack = schedule.slack(deps.clock.speed)
        await schedule_next(tx, email.enrollment_id, now=now, slack=slack)
        await enrollment.complete_if_done(session, workspace_id, email.enrollment_id, now=now)
    await deps.notifier.tell(tx, EmailWentOut(EmailId(email.id)))  # last: its card shows the next ones' times


async def schedule_next(
    tx: Tx, enrollment_id: UUID, *, now: datetime, slack: timedelta = schedule.SHORTEST_SLACK
) -> datetime | None:
    """Give the next approved step its slot, counted from when the step before it really left; the later ones
    a provisional time. Nothing catches up: a late step slides the rest. The slot, or None if nothing is next.
    """
    session, workspace_id = tx.session, tx.workspace_id
    joined = await enrollment.get(session, workspace_id, enrollment_id)
    if joined is None or joined.state not in (EnrollmentState.ACTIVE, EnrollmentState.HELD):
        return None
    campaign = await enrollment.campaign_of(session, workspace_id, joined.campaign_id)
    lead = await leads.get(session, workspace_id, LeadId(joined.lead_id))
    if campaign is None or lead is None:
        return None
    window = window_of(await workspaces.get(session, workspace_id), lead)
    rows = await emails.of_enrollment(session, workspace_id, enrollment_id)
    waiting = [row for row in rows if row.state not in _SETTLED]
    if not waiting or waiting[0].state not in _READY:
        return None
    earliest = max(moment for moment in (now, starts_at(campaign, joined), joined.held_until) if moment)
    left = [
        schedule.nominal(row.scheduled_for or row.sent_at, row.sent_at, slack) for row in rows if row.sent_at
    ]
    slots = _slots(waiting, campaign.waits, window, before=max(left, default=None), earliest=earliest)
    given = {
        row.id: (EmailState.SCHEDULED if row is waiting[0] else EmailState.APPROVED, slot)
        for row, slot in zip(waiting, slots, strict=True)
    }
    await email_slots.give_slots(session, workspace_id, given, among=_READY, now=now)
    return slots[0]


def _slots(
    waiting: list[EmailCampaign],
    waits: list[int],
    window: Window,
    *,
    before: datetime | None,
    earliest: datetime,
) -> list[datetime]:
    slots: list[datetime] = []
    for row in waiting:
        seed = seed_of(row)
        wait = wait_before(row.email_sequence or 1, waits)
        slot = schedule.step_slot(before, wait, window, earliest=earliest, seed=seed)
        slots.append(slot)
        before = earliest = slot
    return slots
