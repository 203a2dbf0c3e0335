"""What becomes of a lead's emails when a person says which address is right."""

from datetime import datetime
from uuid import UUID

from db.queries import approval as approvals
from db.queries import email as emails
from db.queries import enrollment
from db.session import Tx
from db.types import EnrollmentState
from pipeline.deps import Deps
from pipeline.jobs import asking
from pipeline.messages import ApprovalWanted
from pipeline.rules import approval as binding

_ASKABLE = (EnrollmentState.AWAITING_APPROVAL, EnrollmentState.ACTIVE, EnrollmentState.HELD)


async def address_settled(deps: Deps, tx: Tx, lead_id: UUID, address: str, *, now: datetime) -> None:
    """Emails of the sequence that have not begun to leave go to `address`. An approval binds the recipient, so it is
    asked for anew where that changes; where it does not, the open cards show that the address is no guess any more."""
    joined = await enrollment.newest_of_lead(tx.session, tx.workspace_id, lead_id)
    if joined is not None and joined.state in enrollment.RUNNING:
        moved = await _readdress(tx, joined.id, address, now)
        if moved and joined.state in _ASKABLE:
            await asking.ask_for_sequence(deps, tx, joined.id, now=now)
            return
    for approval_id in await approvals.pending_of(tx.session, tx.workspace_id, lead_id=lead_id):
        await deps.notifier.tell(tx, ApprovalWanted(approval_id))


async def _readdress(tx: Tx, enrollment_id: UUID, address: str, now: datetime) -> bool:
    moved = False
    for row in await emails.of_enrollment(tx.session, tx.workspace_id, enrollment_id):
        if row.state not in enrollment.AT_REST or row.to_email.lower() == address.lower():
            continue
        values = {
            "to_email": address,
            "content_hash": binding.content_hash(address, row.subject, row.body),
            "approved_hash": None,
        }
        await emails.change(tx.session, tx.workspace_id, row.id, values, among=enrollment.AT_REST, now=now)
        moved = True
    return moved
