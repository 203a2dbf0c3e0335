"""What follows from an email that has left: the lead's status, the thread, the next step."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from db.queries import audit, email_slots, enrollment, next_step
from db.queries import email as emails
from db.queries import workspace as workspaces
from db.queries.email import Traced
from db.session import Tx
from db.types import EmailKind, EmailState, LeadStatus
from pipeline.clients.mail import Delivered
from pipeline.deps import Deps
from pipeline.jobs.gate_facts import hours_of
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
    deps: Deps, tx: Tx, rows: Sequence[Traced], *, now: datetime, by: str = "rainmaker"
) -> None:
    """To be called in the transaction that made the emails `sent`."""
    session, workspace_id = tx.session, tx.workspace_id
    await emails.record_all(session, workspace_id, rows, "sent", now=now)
    await audit.record_all(
        session,
        workspace_id,
        actor=by,
        action="email_sent",
        entity_type="email",
        entity_ids=[row.id for row in rows],
        now=now,
    )
    to_leads = [row for row in rows if row.kind != EmailKind.TEST]
    await enrollment.set_lead_status(
        session,
        workspace_id,
        [row.lead_id for row in to_leads],
        LeadStatus.EMAILED,
        unless=_FURTHER,
        now=now,
    )
    going = [row.enrollment_id for row in to_leads if row.kind == EmailKind.SEQUENCE and row.enrollment_id]
    await schedule_next(tx, going, now=now, slack=schedule.slack(deps.clock.speed))
    await enrollment.complete_if_done(session, workspace_id, going, now=now)
    for row in to_leads:  # last: their cards show the next ones' times
        await deps.notifier.tell(tx, EmailWentOut(row.id))


async def schedule_next(
    tx: Tx,
    enrollment_ids: Collection[UUID],
    *,
    now: datetime,
    slack: timedelta = schedule.SHORTEST_SLACK,
) -> dict[UUID, datetime]:
    """Give each sequence's next approved step its slot, counted from when the step before it really left; the later
    ones a provisional time. Nothing catches up: a late step slides the rest. The slots, by enrollment, where
    something is next."""
    if not enrollment_ids:
        return {}
    session, workspace_id = tx.session, tx.workspace_id
    workspace = await workspaces.get(session, workspace_id)
    given: dict[UUID, tuple[EmailState, datetime]] = {}
    next_ones: dict[UUID, datetime] = {}
    for enrollment_id, one in (await next_step.sequences(session, workspace_id, enrollment_ids)).items():
        waiting = [step for step in one.steps if step.state not in _SETTLED]
        if not waiting or waiting[0].state not in _READY:
            continue
        slots = _slots(one, waiting, hours_of(workspace, one.zone, one.country), now=now, slack=slack)
        next_ones[enrollment_id] = slots[0]
        for step, slot in zip(waiting, slots, strict=True):
            given[step.id] = (EmailState.SCHEDULED if step is waiting[0] else EmailState.APPROVED, slot)
    await email_slots.give_slots(session, workspace_id, given, among=_READY, now=now)
    return next_ones


def _slots(
    one: next_step.Sequence, waiting: list[next_step.Step], window: Window, *, now: datetime, slack: timedelta
) -> list[datetime]:
    earliest = max(at for at in (now, one.starts_at, one.not_before, one.held_until) if at)
    left = [
        schedule.nominal(step.scheduled_for or step.sent_at, step.sent_at, slack)
        for step in one.steps
        if step.sent_at
    ]
    before = max(left, default=None)
    slots: list[datetime] = []
    for step in waiting:
        seed = schedule.slot_seed(one.campaign_id, one.lead_id, step.number)
        wait = wait_before(step.number, one.waits)
        slots.append(schedule.step_slot(before, wait, window, earliest=earliest, seed=seed))
        before = earliest = slots[-1]
    return slots
