"""Which scheduled emails go now: every gate is asked, in the transaction that claims the email."""

from datetime import datetime
from uuid import UUID, uuid4

from db.models.email import EmailCampaign
from db.queries import due, enrollment
from db.queries import email as emails
from db.queries import mailbox as mailboxes
from db.session import Tx
from db.types import ApprovalId, EmailKind, EmailState, WorkspaceId
from db.wake import Wake
from pipeline.deps import Deps
from pipeline.jobs import gate_facts
from pipeline.jobs.base import job
from pipeline.jobs.ending import end_sequence, hold_for_a_person
from pipeline.jobs.mailbox_setup import ensure_from_settings
from pipeline.messages import ApprovalWanted
from pipeline.rules import gates, schedule
from pipeline.rules.gates import Held

MOST_AT_ONCE = 200


@job(Wake.DISPATCH)
async def dispatch(deps: Deps, *, workspace_id: str | None = None) -> None:
    """Look at every email whose time has come, in any workspace. Safe to run twice, and beside itself."""
    now = deps.clock.now()
    async with deps.db.across() as tx:
        found = await due.emails(tx.session, now, MOST_AT_ONCE)
    for one in found:
        if workspace_id is None or str(one.workspace_id) == workspace_id:
            await consider(deps, one.workspace_id, one.id)


async def consider(deps: Deps, workspace_id: WorkspaceId, email_id: UUID) -> None:
    """Claim one email, or say what holds it and when to look again."""
    now = deps.clock.now()
    async with deps.db.transaction(workspace_id) as tx:
        email = await emails.locked(tx.session, workspace_id, email_id, skip=True)
        if email is None or email.state != EmailState.SCHEDULED or not _is_due(email, now):
            return
        if email.mailbox_id is None:
            email = await _give_mailbox(deps, tx, email, now=now)
        loaded = await gate_facts.load(deps, tx, email, now=now, claiming=True)
        if loaded is None:
            return
        held = gates.why(loaded.facts, now)
        if held:
            await hold_back(deps, tx, email, held, now=now)
        else:
            await _claim(deps, tx, email, now=now)


def _is_due(email: EmailCampaign, now: datetime) -> bool:
    return email.scheduled_for is not None and email.scheduled_for <= now


async def _give_mailbox(deps: Deps, tx: Tx, email: EmailCampaign, *, now: datetime) -> EmailCampaign:
    """A mailbox for an email that was written before one was connected: its sequence's, or the least busy."""
    session, workspace_id = tx.session, tx.workspace_id
    await ensure_from_settings(deps, tx, now=now)
    joined = await enrollment.get(session, workspace_id, email.enrollment_id) if email.enrollment_id else None
    sticky = joined.mailbox_id if joined else None
    mailbox = (
        await mailboxes.by_id(session, workspace_id, sticky)
        if sticky
        else await mailboxes.least_busy(session, workspace_id)
    )
    if mailbox is None:
        return email
    if joined is not None and sticky is None:
        await enrollment.set_mailbox(session, joined.id, mailbox.id, now=now)
    values = {"mailbox_id": mailbox.id, "from_email": mailbox.address, "reply_to": mailbox.reply_to}
    await emails.change(session, workspace_id, email.id, values, among=(EmailState.SCHEDULED,), now=now)
    return await emails.get(session, workspace_id, email.id) or email


async def hold_back(deps: Deps, tx: Tx, email: EmailCampaign, held: list[Held], *, now: datetime) -> None:
    """Keep a scheduled email for later, or end it where the gate never opens again."""
    first, before = held[0], email.gate
    told = {"gate": first.gate, "gate_reason": first.sentence}
    if first.final:
        await emails.change(
            tx.session,
            tx.workspace_id,
            email.id,
            {"state": EmailState.CANCELLED, **told},
            among=(EmailState.SCHEDULED,),
            now=now,
        )
        await end_sequence(deps, tx, email, first, now=now)
        return
    again = gates.when_to_look_again(held, now)
    await emails.change(
        tx.session,
        tx.workspace_id,
        email.id,
        {"scheduled_for": again, **told},
        among=(EmailState.SCHEDULED,),
        now=now,
    )
    if before != first.gate:
        await emails.record(tx.session, tx.workspace_id, email, "held", detail={"gate": first.gate}, now=now)
        await _say_held(deps, tx, email, first, now=now)
    if email.mailbox_id and any(one.gate == "replies_polled" for one in held):
        tx.enqueue(Wake.POLL_MAILBOX, mailbox_id=email.mailbox_id)


async def _say_held(deps: Deps, tx: Tx, email: EmailCampaign, held: Held, *, now: datetime) -> None:
    """What only a person can open stands on the card; what time opens would only flicker there."""
    if held.gate == "no_colleague_replied" and email.enrollment_id:
        await hold_for_a_person(deps, tx, email.enrollment_id, held, now=now)
    elif held.until is None and held.gate not in gates.OPENS_BY_ITSELF and email.approval_id:
        await deps.notifier.tell(tx, ApprovalWanted(ApprovalId(email.approval_id)))


async def _claim(deps: Deps, tx: Tx, email: EmailCampaign, *, now: datetime) -> None:
    wall = deps.clock.wall()
    await emails.change(
        tx.session,
        tx.workspace_id,
        email.id,
        {
            "state": EmailState.CLAIMED,
            "send_token": uuid4().hex,
            "history_id": None,
            "claimed_at": wall,
            "lease_token": None,
            "lease_until": wall,
            "attempts": 0,
            "gate": None,
            "gate_reason": None,
            "error": None,
        },
        among=(EmailState.SCHEDULED,),
        now=now,
    )
    if email.mailbox_id and email.kind == EmailKind.SEQUENCE:
        rests_until = now + schedule.gap(str(email.id))
        await mailboxes.rest_until(tx.session, tx.workspace_id, email.mailbox_id, until=rests_until, now=now)
    tx.enqueue(Wake.SEND_EMAIL, email_id=email.id)
