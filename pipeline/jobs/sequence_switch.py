"""One lead's sequence, put on hold or ended by a person; letting it go on is `ending.resume_sequence`."""

from datetime import datetime
from uuid import UUID

from db.lead_filter import LeadFilter
from db.models.campaign import Enrollment
from db.queries import audit, campaign_switch, enrollment
from db.queries import lead as leads
from db.queries import workspace as workspaces
from db.queries.campaign_switch import Which
from db.session import Tx
from db.types import EnrollmentId, LeadId, StopReason
from pipeline.deps import Deps
from pipeline.errors import UserError
from pipeline.jobs import asking
from pipeline.messages import SequenceChanged

OVER = "This sequence has ended."


async def pause_sequence(deps: Deps, tx: Tx, enrollment_id: UUID, *, user_id: str, now: datetime) -> str:
    """Nothing of it leaves until somebody resumes it. Returns the lead's name. Raises UserError."""
    joined, name = await _known(tx, enrollment_id)
    only_them = LeadFilter(lead_ids=(LeadId(joined.lead_id),))
    conditions = await leads.conditions_of(tx.session, tx.workspace_id, only_them)
    which = Which(joined.campaign_id, conditions)
    changed = await campaign_switch.pause(tx.session, tx.workspace_id, which, now=now)
    if not changed.enrollments:
        raise UserError("This sequence is on hold already, or has ended.")
    await _note(
        deps, tx, enrollment_id, "sequence_paused", f"put the sequence to {name} on hold", user_id, now
    )
    return name


async def stop_sequence(deps: Deps, tx: Tx, enrollment_id: UUID, *, user_id: str, now: datetime) -> str:
    """What has not begun to leave never does, and nobody is asked about it any more. Returns the lead's name. Raises
    UserError."""
    _, name = await _known(tx, enrollment_id)
    stopped = await enrollment.stop(tx.session, tx.workspace_id, enrollment_id, StopReason.CANCELLED, now=now)
    if not stopped:
        raise UserError(OVER)
    await asking.void(
        deps, tx, reason="the sequence was stopped", enrollment_id=enrollment_id, by=user_id, now=now
    )
    await _note(deps, tx, enrollment_id, "sequence_stopped", f"stopped the sequence to {name}", user_id, now)
    return name


async def _known(tx: Tx, enrollment_id: UUID) -> tuple[Enrollment, str]:
    """The sequence, and the lead's name."""
    joined = await enrollment.get(tx.session, tx.workspace_id, enrollment_id)
    lead = await leads.get(tx.session, tx.workspace_id, LeadId(joined.lead_id)) if joined else None
    if joined is None or lead is None:
        raise UserError(OVER)
    return joined, lead.name


async def _note(
    deps: Deps, tx: Tx, enrollment_id: UUID, action: str, did: str, user_id: str, now: datetime
) -> None:
    """In the log, and to people: who did it, and the card it was approved on shows how it stands."""
    await audit.record(
        tx.session,
        tx.workspace_id,
        actor=user_id,
        action=action,
        entity_type="enrollment",
        entity_id=enrollment_id,
        now=now,
    )
    who = await workspaces.name_of(tx.session, tx.workspace_id, user_id)
    await deps.notifier.tell(tx, SequenceChanged(EnrollmentId(enrollment_id), f"{who} {did}."))
