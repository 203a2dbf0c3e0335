"""Looking through a mailbox: what is new, is it about one of our emails, and what follows from it.

Reading is safe to repeat: a message is stored once, in the transaction that holds its consequences. Mail that
is about none of our emails is not stored, and its text is not fetched.
"""

import re
from datetime import datetime, timedelta

from db.models.email import EmailCampaign
from db.queries import email as emails
from db.queries import inbound_email
from db.queries import lead as leads
from db.queries import mailbox as mailboxes
from db.queries import workspace as workspaces
from db.queries.inbound_email import Traces
from db.queries.mailbox import MailboxRow
from db.session import Tx
from db.types import EmailState, InboundKind, LeadId, MailboxId, MailboxState, WorkspaceId
from pipeline.clients.mail import Changes, Delivered, HistoryGone, Seen, Sender
from pipeline.deps import Deps
from pipeline.jobs import inbound_effects, sent
from pipeline.jobs.inbound_effects import Arrived
from pipeline.logs import get_logger
from pipeline.rules import schedule
from pipeline.rules.letter import TOKEN_HEADER
from pipeline.rules.reply import Inbound, parse_inbound

log = get_logger(__name__)
LOOK_BACK = timedelta(days=30)  # business time, when the reading position was lost
MOST_RAW = 10_000_000
_IDS = re.compile(r"<[^<>\s]+>")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+")
_REPORT = re.compile(
    r"mailer-daemon|postmaster|multipart/report|microsoftexchange|mail delivery", re.IGNORECASE
)
_WAY_OUT = re.compile(r"^\W*(?:unsubscribe|abmelden|opt[- ]?out|baja)\W*$", re.IGNORECASE)


async def read_mailbox(deps: Deps, workspace_id: WorkspaceId, mailbox_id: MailboxId) -> None:
    """Read what came since the last time. Raises Disconnected, Transient."""
    async with deps.db.transaction(workspace_id) as tx:
        mailbox = await mailboxes.by_id(tx.session, workspace_id, mailbox_id)
    if mailbox is None or mailbox.state is MailboxState.DISCONNECTED:
        return
    began = deps.clock.wall()
    sender = deps.mail.sender(mailbox)
    changes = await _changes(deps, workspace_id, mailbox, sender)
    async with deps.db.transaction(workspace_id) as tx:
        known = await inbound_email.known(tx.session, mailbox.id, changes.message_ids)
    for message_id in changes.message_ids:
        if message_id not in known:
            await _take_in(deps, workspace_id, mailbox, sender, message_id)
    async with deps.db.transaction(workspace_id) as tx:
        await mailboxes.set_position(
            tx.session, workspace_id, mailbox_id, history_id=changes.position, wall=began
        )


async def _changes(deps: Deps, workspace_id: WorkspaceId, mailbox: MailboxRow, sender: Sender) -> Changes:
    if not sender.can_read:
        return Changes(None, [])
    since = deps.clock.now() - LOOK_BACK
    if mailbox.history_id is None:
        return await sender.everything(max(since, mailbox.created_at))
    try:
        return await sender.changes(mailbox.history_id)
    except HistoryGone:
        log.warning("history_gone", mailbox_id=str(mailbox.id))
        return await sender.everything(since)


async def _take_in(
    deps: Deps, workspace_id: WorkspaceId, mailbox: MailboxRow, sender: Sender, message_id: str
) -> None:
    seen = await sender.look(message_id)
    if seen is None or seen.is_draft:
        return
    if seen.sent_by_us:
        await _take_sent(deps, workspace_id, mailbox, seen)
        return
    async with deps.db.transaction(workspace_id) as tx:
        wanted = await _concerns_us(tx, seen)
    if not wanted:
        return
    raw = await sender.raw(message_id) if seen.size <= MOST_RAW else None
    if raw is None:
        raw = (
            "".join(f"{name}: {_one_line(value)}\r\n" for name, value in seen.headers.items()).encode()
            + b"\r\n"
        )
    async with deps.db.transaction(workspace_id) as tx:
        await _take_inbound(deps, tx, mailbox, seen, raw)


async def _concerns_us(tx: Tx, seen: Seen) -> bool:
    """By its headers alone: does it answer us, or may it be a report about our mail?"""
    about = f"{seen.headers.get('from', '')} {seen.headers.get('content-type', '')}"
    if (
        _REPORT.search(about)
        or "x-failed-recipients" in seen.headers
        or seen.headers.get("return-path", "") == "<>"
    ):
        return True
    if _WAY_OUT.match(seen.headers.get("subject", "")):
        return True
    traces = Traces(
        message_ids=_ids(seen),
        thread_id=seen.thread_id,
        addresses=tuple(_ADDRESS.findall(seen.headers.get("from", ""))),
    )
    return await inbound_email.match(tx.session, tx.workspace_id, traces) is not None


async def _take_inbound(deps: Deps, tx: Tx, mailbox: MailboxRow, seen: Seen, raw: bytes) -> None:
    found = parse_inbound(raw, received_on=seen.received_at.date())
    ours = await inbound_email.match(tx.session, tx.workspace_id, _traces(found, seen))
    if ours is None or (ours.sent_at is not None and seen.received_at < ours.sent_at - timedelta(hours=1)):
        return
    if found.bounce and found.bounce.is_foreign_to(ours.message_id, ours.send_token, ours.subject):
        log.info("foreign_bounce", mailbox_id=str(mailbox.id))
        return
    if found.away is not None:
        found = parse_inbound(raw, received_on=await _local_day(tx, ours, seen.received_at))
    reply_id = await inbound_email.add(
        tx.session,
        tx.workspace_id,
        {
            "mailbox_id": mailbox.id,
            "provider_message_id": seen.id,
            "message_id": found.message_id,
            "thread_id": seen.thread_id,
            "kind": found.kind,
            "email_id": ours.id,
            "enrollment_id": ours.enrollment_id,
            "lead_id": ours.lead_id,
            "from_email": found.from_email,
            "subject": found.subject,
            "body": found.words or found.text[:5000],
            "received_at": seen.received_at,
            "returns_on": found.away.returns_on if found.away else None,
            "bounce_type": inbound_effects.bounce_weight(found, ours),
        },
    )
    if reply_id is not None:
        arrived = Arrived(reply_id, found, ours, seen.received_at)
        await inbound_effects.apply(deps, tx, arrived, now=deps.clock.now())


def _traces(found: Inbound, seen: Seen) -> Traces:
    if found.bounce is not None:
        bounced = tuple(one.address for one in found.bounce.recipients if one.address)
        return Traces(
            message_ids=found.bounce.original_ids,
            tokens=(found.bounce.original_token,) if found.bounce.original_token else (),
            thread_id=seen.thread_id,
            addresses=bounced + found.bounce.original_to,
        )
    addresses = found.complained if found.complaint else (found.from_email,) if found.from_email else ()
    return Traces(message_ids=found.references, thread_id=seen.thread_id, addresses=addresses)


async def _local_day(tx: Tx, ours: EmailCampaign, received_at: datetime):
    lead = await leads.get(tx.session, tx.workspace_id, LeadId(ours.lead_id))
    workspace = await workspaces.get(tx.session, tx.workspace_id)
    zone = schedule.zone_of(lead.timezone if lead else None, workspace.timezone)
    return received_at.astimezone(zone).date()


async def _take_sent(deps: Deps, workspace_id: WorkspaceId, mailbox: MailboxRow, seen: Seen) -> None:
    """A message that left this mailbox: one of ours, or written by a person's hand."""
    now = deps.clock.now()
    to = [
        address.lower() for name in ("to", "cc") for address in _ADDRESS.findall(seen.headers.get(name, ""))
    ]
    async with deps.db.transaction(workspace_id) as tx:
        ours = await inbound_email.is_ours(
            tx.session,
            workspace_id,
            provider_message_id=seen.id,
            message_id=seen.headers.get("message-id"),
            token=seen.headers.get(TOKEN_HEADER.lower()),
            to=to,
            subject=seen.headers.get("subject", ""),
        )
        if ours is not None:
            if ours.state == EmailState.UNKNOWN and seen.headers.get(TOKEN_HEADER.lower()) == ours.send_token:
                await _found_after_all(deps, tx, ours, seen, now)
            return
        lead = await inbound_email.lead_of_address(tx.session, workspace_id, to) if to else None
        if lead is None:
            return
        reply_id = await inbound_email.add(
            tx.session,
            workspace_id,
            {
                "mailbox_id": mailbox.id,
                "provider_message_id": seen.id,
                "message_id": seen.headers.get("message-id"),
                "thread_id": seen.thread_id,
                "kind": InboundKind.BY_HAND,
                "lead_id": lead.id,
                "from_email": mailbox.address,
                "subject": seen.headers.get("subject", ""),
                "body": "",
                "received_at": seen.received_at,
            },
        )
        if reply_id is not None:
            await inbound_effects.written_by_hand(deps, tx, lead, reply_id, at=seen.received_at, now=now)


async def _found_after_all(deps: Deps, tx: Tx, ours: EmailCampaign, seen: Seen, now: datetime) -> None:
    """An email of which nobody knew whether it was sent has turned up among the sent ones."""
    delivered = Delivered(seen.id, seen.headers.get("message-id"), seen.thread_id)
    changed = await emails.change(
        tx.session,
        tx.workspace_id,
        ours.id,
        {"state": EmailState.SENT, **sent.columns(delivered, seen.received_at)},
        among=(EmailState.UNKNOWN,),
        now=now,
    )
    if changed:
        await sent.follow_up(deps, tx, [emails.traced(ours)], now=now)


def _ids(seen: Seen) -> tuple[str, ...]:
    return tuple(_IDS.findall(f"{seen.headers.get('in-reply-to', '')} {seen.headers.get('references', '')}"))


def _one_line(value: str) -> str:
    return " ".join(value.split())
