"""What follows from a message that came in, in the transaction that stores it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from db.models.email import EmailCampaign
from db.models.lead import Lead
from db.queries import audit, enrollment, suppression
from db.queries import email as emails
from db.queries import lead as leads
from db.queries import workspace as workspaces
from db.session import Tx
from db.types import (
    EmailState,
    EmailStatus,
    InboundKind,
    LeadId,
    LeadStatus,
    ReplyId,
    StopReason,
    SuppressionKind,
)
from db.wake import Wake
from pipeline.deps import Deps
from pipeline.jobs import asking
from pipeline.jobs.ending import hold_colleagues, stop_sequence
from pipeline.jobs.gate_facts import window_of
from pipeline.messages import ReplyArrived
from pipeline.rules import schedule
from pipeline.rules.reply import Inbound

UNSTATED_ABSENCE = 3  # business days, where no day of return is stated or it can be read in two ways
_VOID = "there is news from this lead"
_SENT = (EmailState.SENT, EmailState.CREATED, EmailState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Arrived:
    reply_id: ReplyId
    found: Inbound
    ours: EmailCampaign
    received_at: datetime


def bounce_weight(found: Inbound, ours: EmailCampaign) -> Literal["hard", "soft"] | None:
    """Hard only when it is our recipient who does not exist, and not one the mail was passed on to."""
    if found.bounce is None or found.bounce.weight is None:
        return None
    hard = [one.address for one in found.bounce.recipients if one.weight == "hard"]
    if not hard:
        return "soft"
    to = ours.to_email.lower()
    return "hard" if any(not address or address == to for address in hard) else "soft"


async def apply(deps: Deps, tx: Tx, arrived: Arrived, *, now: datetime) -> None:
    match arrived.found.kind:
        case InboundKind.DSN:
            tell = await _bounced(deps, tx, arrived, now)
        case InboundKind.AUTO_REPLY:
            tell = await _away(tx, arrived, now)
        case InboundKind.OPT_OUT:
            tell = await _opted_out(deps, tx, arrived, now)
        case _:
            tell = await _answered(deps, tx, arrived, now)
    if tell:
        await deps.notifier.tell(tx, ReplyArrived(arrived.reply_id))


async def _opted_out(deps: Deps, tx: Tx, arrived: Arrived, now: datetime) -> bool:
    """The address we wrote to, and the one they wrote from, where it is another."""
    reason = "reported as spam" if arrived.found.complaint else "asked not to be written to"
    await opt_out(deps, tx, arrived.ours, reason=reason, now=now)
    sender = arrived.found.from_email
    if sender and not arrived.found.complaint and sender != arrived.ours.to_email.lower():
        await suppress(deps, tx, sender, reason=reason, now=now)
    return True


async def _bounced(deps: Deps, tx: Tx, arrived: Arrived, now: datetime) -> bool:
    weight = bounce_weight(arrived.found, arrived.ours)
    if weight is None:
        return False
    session, workspace_id, ours = tx.session, tx.workspace_id, arrived.ours
    await emails.record(session, workspace_id, ours, "bounced", detail={"weight": weight}, now=now)
    values: dict[str, object] = {"bounce_type": weight}
    if weight == "hard":
        values["bounced"] = True
    await emails.change(session, workspace_id, ours.id, values, among=_SENT, now=now)
    if weight == "soft":
        return True
    await suppress(deps, tx, ours.to_email, reason="bounced", now=now)
    lead = await leads.get(session, workspace_id, LeadId(ours.lead_id))
    if lead is None or (lead.email or "").lower() != ours.to_email.lower():
        return True
    await leads.update(
        session,
        workspace_id,
        LeadId(ours.lead_id),
        {"email_status": EmailStatus.INVALID, "status": LeadStatus.BOUNCED},
        now=now,
    )
    await _stop_all(deps, tx, LeadId(ours.lead_id), StopReason.BOUNCED, now=now)
    return True


async def _away(tx: Tx, arrived: Arrived, now: datetime) -> bool:
    """Hold the sequence until the day after the return; what was left of the wait begins then."""
    ours, away = arrived.ours, arrived.found.away
    if ours.enrollment_id is None or away is None:
        return False  # a receipt: nobody is away
    if away.gone:
        await enrollment.hold(tx.session, ours.enrollment_id, until=None, now=now)
        return True
    lead = await leads.get(tx.session, tx.workspace_id, LeadId(ours.lead_id))
    if lead is None:
        return False
    window = window_of(await workspaces.get(tx.session, tx.workspace_id), lead)
    if away.returns_on is not None:
        until = schedule.day_after(away.returns_on, window, seed=str(ours.id))
    else:
        until = schedule.after_business_days(arrived.received_at, UNSTATED_ABSENCE, window)
    await enrollment.hold(tx.session, ours.enrollment_id, until=until, now=now)
    await _slide(tx, ours, until, window, now)
    return True


async def _slide(
    tx: Tx, ours: EmailCampaign, until: datetime, window: schedule.Window, now: datetime
) -> None:
    """The hold does not use up the wait before the next step."""
    assert ours.enrollment_id is not None
    rows = await emails.of_enrollment(tx.session, tx.workspace_id, ours.enrollment_id)
    for row in rows:
        if row.state not in (EmailState.SCHEDULED, EmailState.APPROVED) or row.scheduled_for is None:
            continue
        left = schedule.business_days_between(now, row.scheduled_for, window)
        moved = schedule.after_business_days(until, left, window, seed=str(row.id))
        await emails.change(
            tx.session,
            tx.workspace_id,
            row.id,
            {"scheduled_for": max(moved, row.scheduled_for)},
            among=(EmailState.SCHEDULED, EmailState.APPROVED),
            now=now,
        )


async def opt_out(
    deps: Deps, tx: Tx, ours: EmailCampaign, *, reason: str, because: str | None = None, now: datetime
) -> None:
    """Never write to this address again. `because`: told to people where no reply tells them."""
    session, workspace_id = tx.session, tx.workspace_id
    known = ours.unsubscribed  # a link may be pressed, and a mail come, more than once
    await suppress(deps, tx, ours.to_email, reason=reason, now=now)
    await emails.change(session, workspace_id, ours.id, {"unsubscribed": True}, among=_SENT, now=now)
    if not known:
        await emails.record(session, workspace_id, ours, "unsubscribed", now=now)
    await leads.set_status(session, workspace_id, LeadId(ours.lead_id), LeadStatus.UNSUBSCRIBED, now=now)
    await _stop_all(deps, tx, LeadId(ours.lead_id), StopReason.UNSUBSCRIBED, because=because, now=now)


async def suppress(deps: Deps, tx: Tx, address: str, *, reason: str, now: datetime) -> None:
    added = await suppression.add(
        tx.session,
        tx.workspace_id,
        kind=SuppressionKind.ADDRESS,
        value=address,
        digest=deps.digester.digest(address),
        reason=reason,
        created_by="rainmaker",
        now=now,
    )
    if added:
        await audit.record(
            tx.session,
            tx.workspace_id,
            actor="rainmaker",
            action="address_suppressed",
            entity_type="suppression",
            reason=reason,
            now=now,
        )


async def _answered(deps: Deps, tx: Tx, arrived: Arrived, now: datetime) -> bool:
    """A person wrote back: the sequence ends, colleagues wait, an answer is to be drafted."""
    session, workspace_id, ours = tx.session, tx.workspace_id, arrived.ours
    await emails.change(
        session,
        workspace_id,
        ours.id,
        {"replied": True, "replied_at": arrived.received_at},
        among=_SENT,
        now=now,
    )
    await emails.record(session, workspace_id, ours, "replied", now=now)
    if arrived.found.from_email == ours.to_email.lower():
        await leads.update(
            session, workspace_id, LeadId(ours.lead_id), {"email_status": EmailStatus.CONFIRMED}, now=now
        )
    closed = (LeadStatus.UNSUBSCRIBED,)
    await enrollment.set_lead_status(
        session, workspace_id, [ours.lead_id], LeadStatus.REPLIED, unless=closed, now=now
    )
    await _stop_answered(deps, tx, ours, now=now)
    if ours.campaign_id:
        lead = await leads.get(session, workspace_id, LeadId(ours.lead_id))
        what = f"{lead.name if lead else arrived.found.from_email} answered"
        await hold_colleagues(
            deps, tx, campaign_id=ours.campaign_id, lead_id=LeadId(ours.lead_id), what=what, now=now
        )
    tx.enqueue(Wake.WRITE_ANSWER, reply_id=arrived.reply_id)
    return True


async def written_by_hand(
    deps: Deps, tx: Tx, lead: Lead, reply_id: ReplyId, *, at: datetime, now: datetime
) -> None:
    """Somebody of us wrote to the lead from our mailbox: the machine keeps quiet from now on, and says so."""
    lead_id = LeadId(lead.id)
    await asking.void(deps, tx, reason=_VOID, lead_id=lead_id, now=now)
    for enrollment_id in await enrollment.running_of_lead(tx.session, tx.workspace_id, lead_id):
        joined = await enrollment.get(tx.session, tx.workspace_id, enrollment_id)
        if joined is None or joined.created_at > at:
            continue
        await stop_sequence(deps, tx, enrollment_id, StopReason.REPLIED_BY_HAND, now=now)
        await deps.notifier.tell(tx, ReplyArrived(reply_id))
        what = f"Somebody of us wrote to {lead.name} by hand"
        await hold_colleagues(deps, tx, campaign_id=joined.campaign_id, lead_id=lead_id, what=what, now=now)


async def _stop_answered(deps: Deps, tx: Tx, ours: EmailCampaign, *, now: datetime) -> None:
    """The sequence that was answered ends. One of a newer campaign goes on: only what is answered there stops it."""
    lead_id, answered = LeadId(ours.lead_id), ours.enrollment_id
    if answered is None:
        await _stop_all(deps, tx, lead_id, StopReason.REPLIED, now=now)
        return
    running = await enrollment.running_of_lead(tx.session, tx.workspace_id, lead_id)
    others = [one for one in running if one != answered]
    await asking.void(deps, tx, reason=_VOID, lead_id=lead_id, but_of=others, now=now)
    await stop_sequence(deps, tx, answered, StopReason.REPLIED, now=now)


async def _stop_all(
    deps: Deps, tx: Tx, lead_id: LeadId, reason: StopReason, *, because: str | None = None, now: datetime
) -> None:
    await asking.void(deps, tx, reason=_VOID, lead_id=lead_id, now=now)
    for enrollment_id in await enrollment.running_of_lead(tx.session, tx.workspace_id, lead_id):
        await stop_sequence(deps, tx, enrollment_id, reason, because=because, now=now)
