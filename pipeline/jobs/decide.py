"""What people decide about drafts and emails. Each runs in the caller's transaction; a `UserError` is for them.

An approval binds what was seen: recipient, subject and body of every email it covers. One decision wins.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.models.email import Approval, EmailCampaign
from db.models.lead import Lead
from db.queries import approval as approvals
from db.queries import audit, enrollment, inbound_email
from db.queries import email as emails
from db.queries import lead as leads
from db.queries import workspace as workspaces
from db.session import Tx
from db.types import (
    ApprovalId,
    ApprovalState,
    EmailKind,
    EmailState,
    EnrollmentState,
    LeadId,
    LeadStatus,
    StopReason,
)
from db.wake import Wake
from pipeline.deps import Deps
from pipeline.errors import UserError
from pipeline.jobs import asking, sent
from pipeline.jobs.change import WhyNot, edit_email, send_test, why_not_sent
from pipeline.messages import ApprovalWanted
from pipeline.rules import approval as binding
from pipeline.rules import schedule

__all__ = [
    "Decision",
    "TooLate",
    "WhyNot",
    "approve",
    "edit_email",
    "expire",
    "mark",
    "regenerate",
    "reject",
    "send_test",
    "why_not_sent",
    "write_anew",
]
_WAITING = (EmailState.PENDING,)


class TooLate(UserError):
    """Somebody decided before, the drafts were changed, or they have expired."""


@dataclass(frozen=True, slots=True)
class Decision:
    approval_id: ApprovalId
    state: ApprovalState
    decided_by: str | None
    decided_at: datetime
    first_slot: datetime | None = None  # when the first email is planned to leave


async def approve(
    deps: Deps, tx: Tx, approval_id: UUID, *, user_id: str, content_hash: str, now: datetime
) -> Decision:
    """`content_hash`: of the card the person looked at. Raises UserError: not allowed, decided, changed."""
    asked = await _open(tx, approval_id, user_id, now)
    rows = await emails.of_approval(tx.session, tx.workspace_id, approval_id)
    whole = [row for row in rows if row.state == EmailState.PENDING]
    if content_hash != asked.content_hash or asking.hash_of(whole) != asked.content_hash:
        raise TooLate("The drafts were changed after this card was shown. Please look at the new version.")
    await _decide(tx, asked, ApprovalState.APPROVED, user_id, None, now)
    for row in whole:
        bound = binding.content_hash(row.to_email, row.subject, row.body)
        values = {"state": EmailState.APPROVED, "approved_hash": bound, "content_hash": bound}
        await emails.change(tx.session, tx.workspace_id, row.id, values, among=_WAITING, now=now)
        await emails.record(tx.session, tx.workspace_id, row, "approved", detail={"by": user_id}, now=now)
    slot = await _release(tx, asked, whole, now)
    await deps.notifier.tell(tx, ApprovalWanted(ApprovalId(asked.id)))
    return Decision(ApprovalId(asked.id), ApprovalState.APPROVED, user_id, now, slot)


async def reject(
    deps: Deps, tx: Tx, approval_id: UUID, *, user_id: str, reason: str | None = None, now: datetime
) -> Decision:
    """None of these emails will leave; the sequence ends."""
    asked = await _open(tx, approval_id, user_id, now)
    await _decide(tx, asked, ApprovalState.REJECTED, user_id, reason, now)
    await _drop(tx, asked, EmailState.REJECTED, StopReason.REJECTED, now)
    await deps.notifier.tell(tx, ApprovalWanted(ApprovalId(asked.id)))
    return Decision(ApprovalId(asked.id), ApprovalState.REJECTED, user_id, now)


async def expire(deps: Deps, tx: Tx, approval_id: UUID, *, now: datetime) -> None:
    """Nobody decided in time. Safe to repeat."""
    asked = await approvals.decide(
        tx.session, tx.workspace_id, approval_id, ApprovalState.EXPIRED, by=None, now=now
    )
    if asked is not None:
        await _drop(tx, asked, EmailState.CANCELLED, StopReason.EXPIRED, now)
        await deps.notifier.tell(tx, ApprovalWanted(ApprovalId(asked.id)))


async def regenerate(
    deps: Deps,
    tx: Tx,
    approval_id: UUID,
    *,
    instruction: str | None,
    user_id: str,
    now: datetime,
    email_id: UUID | None = None,
) -> None:
    """Write all drafts of an approval anew, or one; the old question is void, a new one follows."""
    await _require_approver(tx, user_id)
    asked = await approvals.get(tx.session, tx.workspace_id, approval_id)
    if asked is None:
        raise UserError("These drafts are no longer there.")
    if asked.state != ApprovalState.PENDING:
        raise TooLate(await _decided_sentence(tx, asked, user_id))
    rows = await emails.of_approval(tx.session, tx.workspace_id, approval_id)
    chosen = [row for row in rows if row.state == EmailState.PENDING and email_id in (None, row.id)]
    if not chosen:
        raise UserError("This email can't be written anew: it is not waiting for an approval.")
    for row in chosen:
        wish = {"instruction": (instruction or "").strip()[:1000], "by": user_id}
        values = {"state": EmailState.DRAFT, "claims": {**(row.claims or {}), "rewrite": wish}}
        await emails.change(tx.session, tx.workspace_id, row.id, values, among=_WAITING, now=now)
    await _write_again(deps, tx, asked, user_id, now)
    await _note(tx, user_id, "drafts_regenerated", "approval", asked.id, instruction, now)


async def _write_again(deps: Deps, tx: Tx, asked: Approval, user_id: str, now: datetime) -> None:
    newer = "a newer version"
    if asked.kind == EmailKind.ANSWER and asked.reply_id:
        await asking.void(deps, tx, reason=newer, reply_id=asked.reply_id, by=user_id, now=now)
        await inbound_email.reopen(tx.session, tx.workspace_id, asked.reply_id)
        tx.enqueue(Wake.WRITE_ANSWER, reply_id=asked.reply_id)
    elif asked.enrollment_id:
        await asking.void(deps, tx, reason=newer, enrollment_id=asked.enrollment_id, by=user_id, now=now)
        moved = await enrollment.set_state(
            tx.session, tx.workspace_id, asked.enrollment_id, EnrollmentState.WRITING, now=now
        )
        if not moved:
            raise UserError("This sequence has ended.")
        tx.enqueue(Wake.REGENERATE, enrollment_id=asked.enrollment_id)


async def write_anew(deps: Deps, tx: Tx, approval_id: UUID, *, user_id: str, now: datetime) -> str:
    """Take up drafts that expired: they are written again, and asked about again. Returns the lead's name."""
    await _require_approver(tx, user_id)
    asked = await approvals.get(tx.session, tx.workspace_id, approval_id)
    lead = await leads.get(tx.session, tx.workspace_id, LeadId(asked.lead_id)) if asked else None
    if asked is None or lead is None:
        raise UserError("These drafts are no longer there.")
    if asked.state != ApprovalState.EXPIRED:
        raise TooLate(await _decided_sentence(tx, asked, user_id))
    if asked.kind == EmailKind.ANSWER:
        await _answer_anew(tx, asked)
    else:
        await _sequence_anew(tx, asked, lead, user_id, now)
    await _note(tx, user_id, "drafts_taken_up", "approval", asked.id, None, now)
    return lead.name


async def _answer_anew(tx: Tx, asked: Approval) -> None:
    newest = await emails.answer_to(tx.session, tx.workspace_id, asked.reply_id) if asked.reply_id else None
    if asked.reply_id is None or newest is None or newest.approval_id != asked.id:
        raise UserError("There is a newer answer to this already.")
    await inbound_email.reopen(tx.session, tx.workspace_id, asked.reply_id)
    tx.enqueue(Wake.WRITE_ANSWER, reply_id=asked.reply_id)


async def _sequence_anew(tx: Tx, asked: Approval, lead: Lead, user_id: str, now: datetime) -> None:
    session, ours = tx.session, tx.workspace_id
    if lead.status in (LeadStatus.UNSUBSCRIBED, LeadStatus.BOUNCED):
        raise UserError(f"{lead.name} has {lead.status}, so nothing is written to them any more.")
    if not asked.enrollment_id or not await enrollment.reopen(session, ours, asked.enrollment_id, now=now):
        raise UserError(f"There is another sequence to {lead.name}, or this one was taken up already.")
    for row in await emails.of_approval(session, ours, asked.id):
        wish = {**(row.claims or {}), "rewrite": {"instruction": "", "by": user_id}}
        anew = {"state": EmailState.DRAFT, "claims": wish}
        await emails.change(session, ours, row.id, anew, among=(EmailState.CANCELLED,), now=now)
    tx.enqueue(Wake.WRITE_SEQUENCE, enrollment_id=asked.enrollment_id)


# --- emails of which a person has to say what became of them -------------------------------------------


async def mark(deps: Deps, tx: Tx, email_id: UUID, *, was_sent: bool, user_id: str, now: datetime) -> None:
    """A person looked. If it was sent, the sequence goes on from here; if not, the approved text is tried again,
    through all the gates."""
    email = await _troubled(tx, email_id, user_id)
    state, at = (
        (EmailState.SENT, {"sent_at": now}) if was_sent else (EmailState.SCHEDULED, {"scheduled_for": now})
    )
    values = {"state": state, "error": None, **at}
    await emails.change(tx.session, tx.workspace_id, email_id, values, among=_TROUBLED, now=now)
    action = "email_marked_sent" if was_sent else "email_marked_not_sent"
    await _note(tx, user_id, action, "email", email_id, None, now)
    if was_sent:
        await sent.follow_up(deps, tx, [emails.traced(email)], now=now, by=user_id)
    else:
        tx.enqueue(Wake.DISPATCH)


_TROUBLED = (EmailState.UNKNOWN, EmailState.FAILED)


async def _troubled(tx: Tx, email_id: UUID, user_id: str) -> EmailCampaign:
    await _require_approver(tx, user_id)
    email = await emails.locked(tx.session, tx.workspace_id, email_id)
    if email is None:
        raise UserError("This email is no longer there.")
    if email.state not in _TROUBLED:
        raise UserError(f"This email needs no decision any more: it is {email.state}.")
    return email


# --- inside ---------------------------------------------------------------------------------------------


async def _open(tx: Tx, approval_id: UUID, user_id: str, now: datetime) -> Approval:
    await _require_approver(tx, user_id)
    asked = await approvals.get(tx.session, tx.workspace_id, approval_id)
    if asked is None:
        raise TooLate("These drafts are no longer there.")
    if asked.state != ApprovalState.PENDING:
        raise TooLate(await _decided_sentence(tx, asked, user_id))
    if asked.expires_at <= now:
        raise TooLate("These drafts have expired; have them written anew.")
    return asked


async def _require_approver(tx: Tx, user_id: str) -> None:
    if not await approvals.may_decide(tx.session, tx.workspace_id, user_id):
        raise UserError("Only approvers of this workspace can decide this. An admin can make you one.")


async def _decide(
    tx: Tx, asked: Approval, state: ApprovalState, user_id: str, reason: str | None, now: datetime
) -> None:
    won = await approvals.decide(
        tx.session, tx.workspace_id, asked.id, state, by=user_id, reason=reason, now=now
    )
    if won is None:
        current = await approvals.get(tx.session, tx.workspace_id, asked.id)
        raise TooLate(await _decided_sentence(tx, current or asked, user_id))
    await _note(tx, user_id, f"approval_{state.value}", "approval", asked.id, reason, now, asked.content_hash)


async def _decided_sentence(tx: Tx, asked: Approval, reader: str) -> str:
    """Who decided, and when, in the zone of whoever reads it."""
    if asked.state == ApprovalState.PENDING:
        return "These drafts still wait for a decision."
    what = binding.DECIDED.get(ApprovalState(asked.state), asked.state)
    zone = await workspaces.zone_of(tx.session, tx.workspace_id, reader)
    when = f" on {schedule.in_words(asked.decided_at, zone)}" if asked.decided_at else ""
    who = asked.decided_by and await workspaces.name_of(tx.session, tx.workspace_id, asked.decided_by)
    by = f" by {who}" if who else ""
    return f"These drafts were already {what}{by}{when}."


async def _release(tx: Tx, asked: Approval, rows: list[EmailCampaign], now: datetime) -> datetime | None:
    """Approved emails begin to leave: an answer at once, a sequence from its next slot on."""
    if asked.kind == EmailKind.SEQUENCE and asked.enrollment_id:
        await enrollment.set_state(
            tx.session,
            tx.workspace_id,
            asked.enrollment_id,
            EnrollmentState.ACTIVE,
            among=enrollment.GOING,
            now=now,
        )
        tx.enqueue(Wake.DISPATCH)
        slots = await sent.schedule_next(tx, [asked.enrollment_id], now=now)
        return slots.get(asked.enrollment_id)
    for row in rows:
        await emails.change(
            tx.session,
            tx.workspace_id,
            row.id,
            {"state": EmailState.SCHEDULED, "scheduled_for": now},
            among=(EmailState.APPROVED,),
            now=now,
        )
    tx.enqueue(Wake.DISPATCH)
    return now


async def _drop(tx: Tx, asked: Approval, state: EmailState, reason: StopReason, now: datetime) -> None:
    for row in await emails.of_approval(tx.session, tx.workspace_id, asked.id):
        await emails.change(tx.session, tx.workspace_id, row.id, {"state": state}, among=_WAITING, now=now)
    if asked.kind == EmailKind.SEQUENCE and asked.enrollment_id:
        await enrollment.stop(tx.session, tx.workspace_id, asked.enrollment_id, reason, now=now)


async def _note(
    tx: Tx,
    user_id: str,
    action: str,
    entity_type: str,
    entity_id: UUID,
    reason: str | None,
    now: datetime,
    content_hash: str | None = None,
) -> None:
    await audit.record(
        tx.session,
        tx.workspace_id,
        actor=user_id,
        action=action,
        entity_type=entity_type,
        entity_id=entity_id,
        payload={"content_hash": content_hash} if content_hash else None,
        reason=reason,
        now=now,
    )
