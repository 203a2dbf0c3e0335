"""What stops a sequence, what holds it, and how it goes on. People are told why nothing goes out, by the reply's
own alert or by one of the sequence, and the card on which it was approved shows how it stands."""

from datetime import datetime
from uuid import UUID

from db.models.email import EmailCampaign
from db.models.lead import Lead
from db.queries import audit, campaign_switch, enrollment
from db.queries import lead as leads
from db.session import Tx
from db.types import EmailKind, EnrollmentId, LeadId, StopReason
from db.wake import Wake
from pipeline.deps import Deps
from pipeline.errors import UserError
from pipeline.messages import SequenceChanged
from pipeline.rules.gates import Held

_ENDED_BY = {
    "not_replied": StopReason.REPLIED,
    "reachable": StopReason.BOUNCED,
    "not_suppressed": StopReason.SUPPRESSED,
    "campaign_active": StopReason.CANCELLED,
}


async def stop_sequence(
    deps: Deps, tx: Tx, enrollment_id: UUID, reason: StopReason, *, because: str | None = None, now: datetime
) -> bool:
    """`because`: told to people where nothing else tells them. False: it had ended already."""
    stopped = await enrollment.stop(tx.session, tx.workspace_id, enrollment_id, reason, now=now)
    if stopped:
        await deps.notifier.tell(tx, SequenceChanged(EnrollmentId(enrollment_id), because))
    return stopped


async def end_sequence(deps: Deps, tx: Tx, email: EmailCampaign, held: Held, *, now: datetime) -> None:
    """What a final gate means for the rest of the sequence."""
    reason = _ENDED_BY.get(held.gate)
    if email.kind == EmailKind.SEQUENCE and email.enrollment_id and reason:
        await stop_sequence(deps, tx, email.enrollment_id, reason, because=held.sentence, now=now)


async def hold_colleagues(
    deps: Deps, tx: Tx, *, campaign_id: UUID, lead_id: LeadId, what: str, now: datetime
) -> None:
    """Hold the campaign's sequences to others at the lead's company. `what` the lead's news is: “{lead} answered”."""
    held = await enrollment.hold_colleagues(
        tx.session, tx.workspace_id, campaign_id=campaign_id, lead_id=lead_id, now=now
    )
    for enrollment_id, name in held:
        because = f"{what}, so the sequence to {name}, at the same company, is on hold."
        await deps.notifier.tell(tx, SequenceChanged(EnrollmentId(enrollment_id), because))


async def hold_for_a_person(deps: Deps, tx: Tx, enrollment_id: UUID, held: Held, *, now: datetime) -> None:
    """A colleague answered before this sequence had begun: it waits for a person as if it had been running."""
    reason = StopReason.COLLEAGUE_REPLIED
    await enrollment.hold(tx.session, enrollment_id, until=None, reason=reason, now=now)
    lead = await _lead_of(tx, enrollment_id)
    because = f"{held.sentence} So the sequence to {lead.name if lead else 'the lead'} is on hold."
    await deps.notifier.tell(tx, SequenceChanged(EnrollmentId(enrollment_id), because))


async def resume_sequence(deps: Deps, tx: Tx, enrollment_id: UUID, *, user_id: str, now: datetime) -> str:
    """Let a sequence on hold go on: what held it holds it no more. Returns the lead's name. Raises UserError."""
    moved = await campaign_switch.resume_one(tx.session, tx.workspace_id, enrollment_id, now=now)
    lead = await _lead_of(tx, enrollment_id)
    if not moved or lead is None:
        raise UserError("This sequence is not on hold any more.")
    await audit.record(
        tx.session,
        tx.workspace_id,
        actor=user_id,
        action="sequence_resumed",
        entity_type="enrollment",
        entity_id=enrollment_id,
        now=now,
    )
    because = f"The sequence to {lead.name} goes on."
    await deps.notifier.tell(tx, SequenceChanged(EnrollmentId(enrollment_id), because, user_id))
    tx.enqueue(Wake.DISPATCH)
    return lead.name


async def _lead_of(tx: Tx, enrollment_id: UUID) -> Lead | None:
    joined = await enrollment.get(tx.session, tx.workspace_id, enrollment_id)
    return await leads.get(tx.session, tx.workspace_id, LeadId(joined.lead_id)) if joined else None
