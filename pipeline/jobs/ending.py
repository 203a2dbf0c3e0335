"""When a gate is shut for good: what that means for the sequence."""

from datetime import datetime

from db.models.email import EmailCampaign
from db.queries import enrollment
from db.session import Tx
from db.types import EmailKind, StopReason
from pipeline.rules.gates import Held

_ENDED_BY = {
    "not_replied": StopReason.REPLIED,
    "reachable": StopReason.BOUNCED,
    "not_suppressed": StopReason.UNSUBSCRIBED,
    "campaign_active": StopReason.CANCELLED,
}


async def end_sequence(tx: Tx, email: EmailCampaign, held: Held, *, now: datetime) -> None:
    """What a final gate means for the rest of the sequence."""
    reason = _ENDED_BY.get(held.gate)
    if email.kind == EmailKind.SEQUENCE and email.enrollment_id and reason:
        await enrollment.stop(tx.session, tx.workspace_id, email.enrollment_id, reason, now=now)
