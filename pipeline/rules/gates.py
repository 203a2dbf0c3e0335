"""Every reason not to send an email now: one table of gates, each a pure question over `GateFacts`.

A gate whose facts are unknown lets pass. A final one never opens again by itself: the email is cancelled.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.types import (
    CampaignState,
    EmailKind,
    EmailStatus,
    EnrollmentState,
    LeadStatus,
    MailboxState,
    StopReason,
)
from pipeline.rules.schedule import Window, in_window, in_words, next_slot, zone_of

POLLED_WITHIN = timedelta(minutes=5)  # wall time
BY_HAND_QUIET = timedelta(days=3)
LOOK_AGAIN = timedelta(minutes=10)  # where a gate doesn't know when it opens
LOOK_AGAIN_SOON = timedelta(minutes=1)
UNREAD_MAILBOX = (
    "Answers can't be read from this mailbox, so an answer does not stop the sequence by itself: "
    "set IMAP_URL."
)
OPENS_BY_ITSELF = frozenset({"replies_polled", "in_order"})  # though nobody knows when
PACED = frozenset({"gap", "under_cap"})  # these let one email of a mailbox after the other pass
BLOCKING_HEALTH = frozenset({"quarantine", "block"})


@dataclass(frozen=True, slots=True)
class GateFacts:
    """All a gate may know. None is "unknown". `*_wall` are real time, the rest business time."""

    kind: EmailKind = EmailKind.SEQUENCE
    number: int | None = 1
    # the workspace
    sending_stopped: bool = False
    sending_stopped_by: str | None = None  # the name
    postal_address: bool = True
    zone: str = "UTC"  # in which sentences tell times: the workspace's or the reader's
    # the campaign and its enrollment
    campaign_state: CampaignState | None = None
    campaign_starts_at: datetime | None = None
    enrollment_state: EnrollmentState | None = None
    stop_reason: StopReason | None = None
    held_until: datetime | None = None
    previous_sent: bool = True
    # what was approved
    content_hash: str = ""
    approved_hash: str | None = ""
    recipient_current: bool = True  # the lead's address is still the one that was approved
    # the lead
    lead_name: str = "The lead"
    lead_status: LeadStatus | None = None
    address_status: EmailStatus | None = None
    replied: bool = False
    replied_by_hand: bool = False
    colleague_replied: str | None = None  # who
    by_hand_at: datetime | None = None
    suppressed_address: bool = False
    suppressed_domain: bool = False
    role_address: bool = False
    role_addresses_allowed: bool = False
    window: Window | None = None
    slot_seed: str = ""
    # the mailbox
    mailbox_state: MailboxState | None = None
    health: str | None = None
    domain_ok: bool | None = None  # SPF and DMARC
    can_poll: bool = True
    polled_at_wall: datetime | None = None
    wall: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaceFacts:
    """What moves with every email that leaves. Business time; None is "not held"."""

    next_send_at: datetime | None = None  # the mailbox rests until then
    mailbox_cap_frees_at: datetime | None = None
    workspace_cap_frees_at: datetime | None = None
    domain_cap_frees_at: datetime | None = None  # the recipient's domain
    booked_until: datetime | None = None  # the mailbox's next slots are given away until then
    has_slot: bool = False  # one of them is this email's, and it has come


@dataclass(frozen=True, slots=True)
class Held:
    gate: str
    sentence: str
    until: datetime | None = None
    final: bool = False

    def look_again(self, now: datetime) -> datetime:
        """When to ask again: when it opens, or after a pause."""
        if self.until is not None and self.until > now:
            return self.until
        return now + (LOOK_AGAIN_SOON if self.gate == "replies_polled" else LOOK_AGAIN)


Answer = Held | None
_ALL = frozenset(EmailKind)
_TO_LEADS = frozenset({EmailKind.SEQUENCE, EmailKind.ANSWER})
_SEQUENCE = frozenset({EmailKind.SEQUENCE})


@dataclass(frozen=True, slots=True)
class Gate:
    name: str
    kinds: frozenset[EmailKind]
    ask: Callable[[GateFacts, datetime], Answer]


@dataclass(frozen=True, slots=True)
class PaceGate:
    name: str
    kinds: frozenset[EmailKind]
    ask: Callable[[PaceFacts, datetime], Answer]


def _sending_not_stopped(facts: GateFacts, now: datetime) -> Answer:
    if not facts.sending_stopped:
        return None
    by = f" by {facts.sending_stopped_by}" if facts.sending_stopped_by else ""
    return Held("sending_not_stopped", f"All sending of this workspace was stopped{by}.")


def _approved(facts: GateFacts, now: datetime) -> Answer:
    if facts.approved_hash is None:
        return Held("approved", "Nobody has approved this email yet.")
    if facts.approved_hash != facts.content_hash:
        return Held("approved", "The email was changed after it was approved, so it needs a new approval.")
    if not facts.recipient_current:
        return Held("approved", f"{facts.lead_name}'s address changed after the email was approved.")
    return None


def _not_replied(facts: GateFacts, now: datetime) -> Answer:
    if facts.replied:
        return Held("not_replied", f"{facts.lead_name} has answered, so the sequence stopped.", final=True)
    if facts.replied_by_hand:
        return Held(
            "not_replied",
            f"Somebody of us wrote to {facts.lead_name} by hand, so the sequence stopped.",
            final=True,
        )
    return None


def _reachable(facts: GateFacts, now: datetime) -> Answer:
    if facts.lead_status is LeadStatus.UNSUBSCRIBED:
        return Held("reachable", f"{facts.lead_name} has unsubscribed.", final=True)
    if facts.lead_status is LeadStatus.BOUNCED or facts.address_status is EmailStatus.INVALID:
        return Held(
            "reachable", f"Mail to {facts.lead_name} came back: the address does not exist.", final=True
        )
    return None


def _not_suppressed(facts: GateFacts, now: datetime) -> Answer:
    if facts.suppressed_address:
        return Held(
            "not_suppressed", "This address is on the list of addresses never to write to.", final=True
        )
    if facts.suppressed_domain:
        return Held("not_suppressed", "This domain is on the list of domains never to write to.", final=True)
    return None


def _no_role_address(facts: GateFacts, now: datetime) -> Answer:
    if facts.role_address and not facts.role_addresses_allowed:
        return Held(
            "no_role_address", "This is a shared address (such as info@), and those are not allowed here."
        )
    return None


STOPPED_BECAUSE = {
    StopReason.REPLIED: "there was an answer",
    StopReason.REPLIED_BY_HAND: "somebody of us wrote by hand",
    StopReason.COLLEAGUE_REPLIED: "there is a conversation with a colleague at the same company",
    StopReason.BOUNCED: "the mail came back",
    StopReason.UNSUBSCRIBED: "the person unsubscribed",
    StopReason.SUPPRESSED: "the address or its domain is on the list of those never to write to",
    StopReason.REJECTED: "the drafts were rejected",
    StopReason.EXPIRED: "the drafts expired before anybody approved them",
    StopReason.CANCELLED: "somebody cancelled it",
    StopReason.ERASED: "the person's data was erased",
}


def _sequence_running(facts: GateFacts, now: datetime) -> Answer:
    match facts.enrollment_state:
        case EnrollmentState.STOPPED | EnrollmentState.COMPLETED:
            because = STOPPED_BECAUSE.get(facts.stop_reason) if facts.stop_reason else None
            return Held(
                "sequence_running", f"The sequence ended{f': {because}' if because else ''}.", final=True
            )
        case EnrollmentState.HELD if facts.held_until is None:
            because = STOPPED_BECAUSE.get(facts.stop_reason) if facts.stop_reason else None
            why = f", since {because}" if because else ""
            return Held("sequence_running", f"The sequence is paused{why}, until somebody resumes it.")
        case EnrollmentState.HELD | EnrollmentState.ACTIVE if facts.held_until and facts.held_until > now:
            return Held(
                "sequence_running", f"{facts.lead_name} is away until {_day(facts)}.", until=facts.held_until
            )
        case EnrollmentState.WRITING:
            return Held("sequence_running", "The emails of this sequence are being written.")
        case EnrollmentState.AWAITING_APPROVAL:
            return Held("sequence_running", "The drafts of this sequence wait for an approval.")
        case _:
            return None


def _day(facts: GateFacts) -> str:
    return f"{facts.held_until.astimezone(zone_of(facts.zone)):%A, %d %B %Y}" if facts.held_until else "later"


def _campaign_active(facts: GateFacts, now: datetime) -> Answer:
    match facts.campaign_state:
        case CampaignState.PAUSED:
            return Held("campaign_active", "The campaign is paused.")
        case CampaignState.CANCELLED | CampaignState.COMPLETED:
            return Held("campaign_active", "The campaign has ended.", final=True)
        case CampaignState.DRAFT:
            return Held("campaign_active", "The campaign has not been started.")
        case _:
            pass
    if facts.campaign_starts_at and facts.campaign_starts_at > now:
        return Held(
            "campaign_active",
            f"The campaign starts on {in_words(facts.campaign_starts_at, facts.zone)}.",
            until=facts.campaign_starts_at,
        )
    return None


def _in_order(facts: GateFacts, now: datetime) -> Answer:
    return (
        None if facts.previous_sent else Held("in_order", "The email before this one has not been sent yet.")
    )


def _no_colleague_replied(facts: GateFacts, now: datetime) -> Answer:
    if facts.colleague_replied is None:
        return None
    return Held(
        "no_colleague_replied", f"{facts.colleague_replied}, at the same company, answered this campaign."
    )


def _not_written_by_hand(facts: GateFacts, now: datetime) -> Answer:
    if facts.by_hand_at and facts.by_hand_at + BY_HAND_QUIET > now:
        return Held(
            "not_written_by_hand",
            f"Somebody of us wrote to {facts.lead_name} by hand lately.",
            until=facts.by_hand_at + BY_HAND_QUIET,
        )
    return None


def _in_local_window(facts: GateFacts, now: datetime) -> Answer:
    if facts.window is None or in_window(now, facts.window):
        return None
    sentence = (
        f"It is outside the sending hours at {facts.lead_name}'s place "
        f"({facts.window.start:%H:%M} to {facts.window.end:%H:%M} on business days, {facts.window.zone})."
    )
    return Held("in_local_window", sentence, until=next_slot(now, facts.window, seed=facts.slot_seed))


def _mailbox_connected(facts: GateFacts, now: datetime) -> Answer:
    if facts.mailbox_state is None:
        return Held("mailbox_connected", "No mailbox is connected to send from.")
    if facts.mailbox_state is MailboxState.DISCONNECTED:
        return Held("mailbox_connected", "The mailbox is disconnected; connect it again.")
    return None


def _healthy(facts: GateFacts, now: datetime) -> Answer:
    if facts.health in BLOCKING_HEALTH:
        return Held("healthy", "Too much of this mailbox's mail bounced or was reported; it rests.")
    return None


def _replies_polled(facts: GateFacts, now: datetime) -> Answer:
    if not facts.can_poll or facts.wall is None:
        return None
    if facts.polled_at_wall is None or facts.polled_at_wall + POLLED_WITHIN < facts.wall:
        return Held("replies_polled", "The mailbox has to be looked through for answers first.")
    return None


def _domain_in_order(facts: GateFacts, now: datetime) -> Answer:
    if facts.domain_ok is False:
        return Held("domain_in_order", "The sending domain's SPF or DMARC record fails.")
    return None


def _postal_address_known(facts: GateFacts, now: datetime) -> Answer:
    if facts.postal_address:
        return None
    return Held("postal_address_known", "The sender's postal address is not set, and the law asks for it.")


def _under_cap(pace: PaceFacts, now: datetime) -> Answer:
    workspace = "The workspace has sent as many emails in 24 hours as it may."
    mailbox = "The mailbox has sent as many emails in 24 hours as it may."
    return _shut_until("under_cap", workspace, pace.workspace_cap_frees_at, now) or _shut_until(
        "under_cap", mailbox, pace.mailbox_cap_frees_at, now
    )


def _under_domain_cap(pace: PaceFacts, now: datetime) -> Answer:
    sentence = "This company has been sent as many emails in 24 hours as it may."
    return _shut_until("under_domain_cap", sentence, pace.domain_cap_frees_at, now)


def _shut_until(gate: str, sentence: str, until: datetime | None, now: datetime) -> Answer:
    return Held(gate, sentence, until=until) if until and until > now else None


def _gap(pace: PaceFacts, now: datetime) -> Answer:
    resting = "The mailbox sent an email just now; there is a pause between two."
    queued = "Other emails of the mailbox are before this one."
    return _shut_until("gap", resting, pace.next_send_at, now) or _shut_until(
        "gap", queued, None if pace.has_slot else pace.booked_until, now
    )


# Those that end an email come first, then those a person has to open, then those time opens.
GATES: tuple[Gate, ...] = (
    Gate("not_replied", _SEQUENCE, _not_replied),
    Gate("reachable", _TO_LEADS, _reachable),
    Gate("not_suppressed", _TO_LEADS, _not_suppressed),
    Gate("sending_not_stopped", _ALL, _sending_not_stopped),
    Gate("campaign_active", _SEQUENCE, _campaign_active),
    Gate("sequence_running", _SEQUENCE, _sequence_running),
    Gate("approved", _ALL, _approved),
    Gate("in_order", _SEQUENCE, _in_order),
    Gate("no_role_address", _SEQUENCE, _no_role_address),
    Gate("no_colleague_replied", _SEQUENCE, _no_colleague_replied),
    Gate("not_written_by_hand", _SEQUENCE, _not_written_by_hand),
    Gate("mailbox_connected", _ALL, _mailbox_connected),
    Gate("postal_address_known", _TO_LEADS, _postal_address_known),
    Gate("healthy", _SEQUENCE, _healthy),
    Gate("domain_in_order", _SEQUENCE, _domain_in_order),
    Gate("in_local_window", _SEQUENCE, _in_local_window),
    Gate("replies_polled", _SEQUENCE, _replies_polled),
)
# What one email of a mailbox after the other passes; asked last.
PACE_GATES: tuple[PaceGate, ...] = (
    PaceGate("under_cap", _TO_LEADS, _under_cap),
    PaceGate("under_domain_cap", _SEQUENCE, _under_domain_cap),
    PaceGate("gap", _SEQUENCE, _gap),
)
_OF_KIND = {kind: [gate.ask for gate in GATES if kind in gate.kinds] for kind in EmailKind}
_PACE_OF_KIND = {kind: [gate.ask for gate in PACE_GATES if kind in gate.kinds] for kind in EmailKind}


def cautions(facts: GateFacts) -> list[str]:
    """What keeps nothing from leaving but has to be known."""
    if facts.mailbox_state is MailboxState.ACTIVE and not facts.can_poll:
        return [UNREAD_MAILBOX]
    return []


def why(facts: GateFacts, now: datetime, pace: PaceFacts | None = None) -> list[Held]:
    """Every gate that is shut for this email at `now`, the weightiest first; empty means it may go. Without `pace`
    the mailbox's turns are not asked about: an email that was claimed has had its own."""
    held = [answer for ask in _OF_KIND[facts.kind] if (answer := ask(facts, now)) is not None]
    if pace is not None:
        held += [answer for ask in _PACE_OF_KIND[facts.kind] if (answer := ask(pace, now)) is not None]
    return held


def when_to_look_again(held: list[Held], now: datetime) -> datetime:
    """When all of them may have opened: the latest of the times they name."""
    return max(one.look_again(now) for one in held)
