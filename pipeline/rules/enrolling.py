"""Who of the leads that are meant may be enrolled, who is left out and why, and each one's mailbox and day."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from db.cards import LeadToEnroll, Load, Place
from db.types import EmailStatus, LeadId, LeadStatus, SuppressionKind
from pipeline.rules import consent, schedule
from pipeline.rules.schedule import Window

SHOWN = 5  # names of those left out, for each reason


@dataclass(frozen=True, slots=True)
class Reason:
    """Why leads are left out; `key` groups them, `sentence` is said of them."""

    key: str
    sentence: str


UNSUBSCRIBED = Reason("unsubscribed", "have unsubscribed")
BOUNCED = Reason("bounced", "have an address that does not exist")
SUPPRESSED = Reason("suppressed", "are on the list of those never to write to")
NOT_RESEARCHED = Reason("not_researched", "have not been researched yet")
NO_ADDRESS = Reason("no_address", "have no email address")
NOT_QUALIFIED = Reason("not_qualified", "are not qualified")
RUNNING = Reason("running", "are in another running campaign")
HERE = Reason("here", "are in this campaign already")
ANSWER_WAITS = Reason("answer_waits", "wrote to us, and the answer to them still waits for an approval")
ROLE = Reason("role", "have a shared address such as info@")


@dataclass
class LeftOut:
    reason: Reason
    count: int = 0
    names: list[str] = field(default_factory=list[str])  # the first few


@dataclass
class Chosen:
    fit: list[LeadToEnroll] = field(default_factory=list[LeadToEnroll])
    left_out: dict[str, LeftOut] = field(default_factory=dict[str, LeftOut])

    @property
    def left_out_count(self) -> int:
        return sum(one.count for one in self.left_out.values())


def choose(
    candidates: Iterable[LeadToEnroll], suppressed: dict[LeadId, SuppressionKind], *, role_addresses: bool
) -> Chosen:
    """`suppressed`: those whose address or domain is on the list."""
    chosen = Chosen()
    for one in candidates:
        reason = _unfit(one, one.lead_id in suppressed, role_addresses)
        if reason is None:
            chosen.fit.append(one)
            continue
        group = chosen.left_out.setdefault(reason.key, LeftOut(reason))
        group.count += 1
        if len(group.names) < SHOWN:
            group.names.append(one.name)
    return chosen


def _unfit(one: LeadToEnroll, suppressed: bool, role_addresses: bool) -> Reason | None:
    if one.status is LeadStatus.UNSUBSCRIBED:
        return UNSUBSCRIBED
    if one.status is LeadStatus.BOUNCED or one.email_status is EmailStatus.INVALID:
        return BOUNCED
    if suppressed:
        return SUPPRESSED
    if one.is_here:
        return HERE
    if one.is_running:
        return RUNNING
    if one.answer_waits:
        return ANSWER_WAITS
    if one.qualified is None:
        return NOT_RESEARCHED
    if not one.email:
        return NO_ADDRESS
    if not one.qualified:
        return NOT_QUALIFIED
    return None if role_addresses or not consent.is_role_address(one.email) else ROLE


def places(
    fit: Sequence[LeadToEnroll],
    loads: Sequence[Load],
    *,
    starts: datetime,
    leads_per_day: int | None,
    begun: int,
    window: Window,
) -> list[Place]:
    """Each lead's mailbox (the one with the fewest sequences under way, and it keeps it) and, in a drip, its day.

    `begun`: leads of the drip that came before these; `window`: the workspace's, for its business days.
    """
    boxes = [(load.running, load.created_at, load.mailbox_id) for load in loads]
    heapq.heapify(boxes)
    days = _Days(starts, window)
    found: list[Place] = []
    for position, one in enumerate(fit, start=begun):
        mailbox_id: UUID | None = None
        if boxes:
            running, created_at, mailbox_id = boxes[0]
            heapq.heapreplace(boxes, (running + 1, created_at, mailbox_id))
        not_before = days.begin(position // leads_per_day) if leads_per_day else None
        found.append(Place(one.lead_id, mailbox_id, not_before))
    return found


class _Days:
    """The n-th business day of a drip."""

    def __init__(self, starts: datetime, window: Window) -> None:
        self._window = window
        self._days = [starts]

    def begin(self, number: int) -> datetime:
        while len(self._days) <= number:
            last = self._days[-1].astimezone(schedule.zone_of(self._window.zone)).date()
            opening = schedule.day_after(last, self._window)
            self._days.append(opening if opening > self._days[-1] else self._days[-1] + timedelta(days=1))
        return self._days[number]
