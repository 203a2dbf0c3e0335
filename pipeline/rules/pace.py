"""The pace of mailboxes: caps of rolling 24 hours, pauses between two emails, and slots given away in order.

An email that finds its mailbox resting books the next free slot, so that however many wait, each is looked at when
its time comes and not whenever any other leaves. Dispatch and the rehearsal of a campaign decide with the same code.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from db.types import EmailKind
from pipeline.rules import gates, schedule
from pipeline.rules.company_match import FREE_MAIL
from pipeline.rules.gates import PACED, GateFacts, Held, PaceFacts

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SentAt:
    """An email of the last 24 hours, or one that is on its way."""

    email_id: UUID | None
    mailbox_id: UUID | None
    domain: str  # the recipient's
    at: datetime


@dataclass(slots=True)
class MailboxPace:
    cap: int  # emails in 24 hours, once it is warmed up
    ramp_started_at: datetime | None = None
    next_send_at: datetime | None = None
    booked_until: datetime | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Go:
    """It leaves now; `at` is the moment its pace is counted from."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    held: tuple[Held, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class End:
    held: Held


Decision = Go | Wait | End


@dataclass
class Paces:
    """How a workspace's mailboxes stand, as emails leave one after the other."""

    workspace_cap: int
    domain_cap: int
    mailboxes: dict[UUID, MailboxPace]
    sent: list[datetime] = field(default_factory=list[datetime])
    by_mailbox: dict[UUID, list[datetime]] = field(default_factory=dict[UUID, list[datetime]])
    by_domain: dict[str, list[datetime]] = field(default_factory=dict[str, list[datetime]])

    def count(self, emails: Iterable[SentAt]) -> None:
        for one in emails:
            self.sent.append(one.at)
            if one.mailbox_id is not None:
                self.by_mailbox.setdefault(one.mailbox_id, []).append(one.at)
            if one.domain and one.domain not in FREE_MAIL:
                self.by_domain.setdefault(one.domain, []).append(one.at)

    def facts(self, mailbox_id: UUID | None, domain: str, at: datetime, *, has_slot: bool) -> PaceFacts:
        """What an email from that mailbox to that domain finds at that moment."""
        box = self.mailboxes.get(mailbox_id) if mailbox_id else None
        return PaceFacts(
            next_send_at=box.next_send_at if box else None,
            mailbox_cap_frees_at=self._mailbox_frees(mailbox_id, box, at),
            workspace_cap_frees_at=self._frees(self.sent, self.workspace_cap, at),
            domain_cap_frees_at=self._frees(self.by_domain.get(domain), self.domain_cap, at),
            booked_until=box.booked_until if box else None,
            has_slot=has_slot,
        )

    def _mailbox_frees(
        self, mailbox_id: UUID | None, box: MailboxPace | None, at: datetime
    ) -> datetime | None:
        if box is None or mailbox_id is None:
            return None
        cap = schedule.daily_cap(box.cap, ramp_started_at=box.ramp_started_at, now=at)
        return self._frees(self.by_mailbox.get(mailbox_id), cap, at)

    @staticmethod
    def _frees(sent: list[datetime] | None, cap: int, at: datetime) -> datetime | None:
        if cap > 0 and (sent is None or len(sent) < cap):
            return None
        return schedule.cap_frees_at(sent or (), cap, at)

    def left(self, mailbox_id: UUID | None, domain: str, at: datetime, *, seed: str, rests: bool) -> None:
        """An email leaves; its mailbox `rests` after it unless it was an answer."""
        self.count([SentAt(None, mailbox_id, domain, at)])
        box = self.mailboxes.get(mailbox_id) if mailbox_id else None
        if box is not None and rests:
            box.next_send_at = at + schedule.gap(seed)
            box.changed = True

    def book(self, mailbox_id: UUID | None, facts: GateFacts, until: datetime) -> datetime:
        """The mailbox's next free slot, from then on; only those inside the recipient's open hours are given away."""
        box = self.mailboxes.get(mailbox_id) if mailbox_id else None
        if box is None or facts.window is None:
            return until
        after = max(until, box.booked_until or until)
        slot, is_today = schedule.in_this_window(after, facts.window, seed=facts.slot_seed)
        if is_today:
            box.booked_until = slot + schedule.gap(facts.slot_seed)
            box.changed = True
        return slot

    def forget(self, before: datetime) -> None:
        """Drop what no cap looks at any more."""
        oldest = before - DAY
        self.sent = _since(oldest, self.sent)
        self.by_mailbox = {key: _since(oldest, times) for key, times in self.by_mailbox.items()}
        self.by_domain = {
            key: kept for key, times in self.by_domain.items() if (kept := _since(oldest, times))
        }


def _since(oldest: datetime, times: list[datetime]) -> list[datetime]:
    return [at for at in times if at > oldest]


def decide(
    paces: Paces, facts: GateFacts, mailbox_id: UUID | None, domain: str, at: datetime, *, has_slot: bool
) -> Decision:
    """What becomes of a due email at `at`; an email that leaves, or books a slot, moves the pace on.

    `has_slot`: it waited for its turn, and that has come.
    """
    held = tuple(gates.why(facts, at, paces.facts(mailbox_id, domain, at, has_slot=has_slot)))
    paced = facts.kind is EmailKind.SEQUENCE
    if not held:
        paces.left(mailbox_id, domain, at, seed=facts.slot_seed, rests=paced)
        return Go(at)
    if held[0].final:
        return End(held[0])
    until = gates.when_to_look_again(list(held), at)
    if paced and all(one.gate in PACED for one in held):
        until = paces.book(mailbox_id, facts, until)
    return Wait(held, until)
