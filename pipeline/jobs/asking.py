"""Putting a question to the approvers, and taking it back."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from db.models.email import EmailCampaign
from db.queries import approval as approvals
from db.queries import email as emails
from db.queries import enrollment
from db.session import Tx
from db.types import ApprovalId, ApprovalState, EmailKind, EmailState, EnrollmentState
from pipeline.deps import Deps
from pipeline.messages import ApprovalWanted
from pipeline.rules import approval, letter

_ASKED = {
    "state": EmailState.PENDING,
    "approved_hash": None,
    "scheduled_for": None,
    "gate": None,
    "gate_reason": None,
}


async def ask_for_sequence(
    deps: Deps, tx: Tx, enrollment_id: UUID, *, open_step: int = 1, by: str | None = None, now: datetime
) -> ApprovalId | None:
    """One approval over every email of the sequence that has not begun to leave; older questions are void.
    `by`: who changed what was asked about before.

    None when nothing is left to approve.
    """
    joined = await enrollment.get(tx.session, tx.workspace_id, enrollment_id)
    rows = await emails.of_enrollment(tx.session, tx.workspace_id, enrollment_id)
    open_rows = [row for row in rows if row.state in enrollment.AT_REST]
    if joined is None or not open_rows:
        return None
    await void(deps, tx, reason="a newer version", enrollment_id=enrollment_id, by=by, now=now)
    campaign = await enrollment.campaign_of(tx.session, tx.workspace_id, joined.campaign_id)
    if campaign is None or campaign.answer_in_thread:
        open_rows = await _under_one_subject(tx, rows, now)
    approval_id = await approvals.ask(
        tx.session,
        tx.workspace_id,
        kind=EmailKind.SEQUENCE,
        lead_id=joined.lead_id,
        enrollment_id=enrollment_id,
        reply_id=None,
        content_hash=hash_of(open_rows),
        channel_id=joined.channel_id,
        thread_ts=joined.thread_ts,
        expires_at=_expiry(deps, now),
        now=now,
    )
    await _bind(tx, open_rows, approval_id, now)
    await enrollment.set_state(
        tx.session,
        tx.workspace_id,
        enrollment_id,
        EnrollmentState.AWAITING_APPROVAL,
        among=enrollment.GOING,
        now=now,
    )
    await deps.notifier.tell(tx, ApprovalWanted(approval_id, open_step))
    return approval_id


async def _under_one_subject(tx: Tx, rows: list[EmailCampaign], now: datetime) -> list[EmailCampaign]:
    """Follow-ups answer in the thread, so they carry the first one's subject, as it is now."""
    for row in rows:
        subject = letter.answer_subject(rows[0].subject)
        if row.email_sequence == 1 or row.subject == subject or row.state not in enrollment.AT_REST:
            continue
        fresh = {"subject": subject, "content_hash": approval.content_hash(row.to_email, subject, row.body)}
        await emails.change(tx.session, tx.workspace_id, row.id, fresh, among=enrollment.AT_REST, now=now)
    if rows[0].enrollment_id is None:
        return []
    again = await emails.of_enrollment(tx.session, tx.workspace_id, rows[0].enrollment_id)
    return [row for row in again if row.state in enrollment.AT_REST]


async def ask_for_answer(
    deps: Deps, tx: Tx, answer: EmailCampaign, *, by: str | None = None, now: datetime
) -> ApprovalId:
    await void(deps, tx, reason="a newer version", reply_id=answer.reply_id, by=by, now=now)
    approval_id = await approvals.ask(
        tx.session,
        tx.workspace_id,
        kind=EmailKind.ANSWER,
        lead_id=answer.lead_id,
        enrollment_id=answer.enrollment_id,
        reply_id=answer.reply_id,
        content_hash=hash_of([answer]),
        channel_id=None,
        thread_ts=None,
        expires_at=_expiry(deps, now),
        now=now,
    )
    await _bind(tx, [answer], approval_id, now)
    await deps.notifier.tell(tx, ApprovalWanted(approval_id))
    return approval_id


async def void(
    deps: Deps,
    tx: Tx,
    *,
    reason: str,
    enrollment_id: UUID | None = None,
    reply_id: UUID | None = None,
    lead_id: UUID | None = None,
    but_of: Collection[UUID] = (),
    by: str | None = None,
    now: datetime,
) -> None:
    """Take back what is asked about a sequence, an answer, or a lead at all (`but_of`: except these sequences); the
    cards say so, and `by` whom."""
    if enrollment_id is None and reply_id is None and lead_id is None:
        return
    open_ones = await approvals.pending_of(
        tx.session,
        tx.workspace_id,
        enrollment_id=enrollment_id,
        reply_id=reply_id,
        lead_id=lead_id,
        but_of=but_of,
    )
    for approval_id in open_ones:
        await approvals.decide(
            tx.session, tx.workspace_id, approval_id, ApprovalState.VOID, by=by, reason=reason, now=now
        )
        if lead_id is not None:
            await _cancel_answers(tx, approval_id, now)
        await deps.notifier.tell(tx, ApprovalWanted(approval_id))


async def _cancel_answers(tx: Tx, approval_id: ApprovalId, now: datetime) -> None:
    """An answer to what is no longer the last word is not sent."""
    for row in await emails.of_approval(tx.session, tx.workspace_id, approval_id):
        if row.kind == EmailKind.ANSWER:
            cancelled = {"state": EmailState.CANCELLED}
            await emails.change(
                tx.session, tx.workspace_id, row.id, cancelled, among=(EmailState.PENDING,), now=now
            )


def hash_of(rows: list[EmailCampaign]) -> str:
    """What an approval of these emails binds, computed from the texts themselves."""
    return approval.covering_hash(approval.content_hash(row.to_email, row.subject, row.body) for row in rows)


def _expiry(deps: Deps, now: datetime) -> datetime:
    return now + timedelta(hours=deps.settings.approval_expires_hours)


async def _bind(tx: Tx, rows: list[EmailCampaign], approval_id: ApprovalId, now: datetime) -> None:
    for row in rows:
        await emails.change(
            tx.session,
            tx.workspace_id,
            row.id,
            {**_ASKED, "approval_id": approval_id},
            among=enrollment.AT_REST,
            now=now,
        )
