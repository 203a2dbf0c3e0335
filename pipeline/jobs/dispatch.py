"""Which scheduled emails go now: every gate is asked, in the transaction that claims the emails."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from db.models.email import EmailCampaign
from db.queries import due, email_slots, enrollment
from db.queries import email as emails
from db.queries import mailbox as mailboxes
from db.queries.email_slots import Postponed
from db.session import Tx
from db.types import ApprovalId, EmailState, WorkspaceId
from db.wake import Wake
from pipeline.deps import Deps
from pipeline.jobs import gate_facts
from pipeline.jobs.base import job
from pipeline.jobs.ending import end_sequence, hold_for_a_person
from pipeline.jobs.gate_facts import Loaded
from pipeline.jobs.mailbox_setup import ensure_from_settings
from pipeline.messages import ApprovalWanted
from pipeline.rules import consent, gates, pace, schedule
from pipeline.rules.gates import PACED, Held
from pipeline.rules.pace import End, Go, Paces, Wait

AT_ONCE = 400
ROUNDS = 50  # of so many; what is left then waits for the next tick
BATCH = 50  # emails of one workspace that are decided about in one transaction


@job(Wake.DISPATCH)
async def dispatch(deps: Deps, *, workspace_id: str | None = None) -> None:
    """Look at every email whose time has come, in any workspace. Safe to run twice, and beside itself."""
    for _ in range(ROUNDS):
        async with deps.db.across() as tx:
            found = await due.emails(tx.session, deps.clock.now(), AT_ONCE)
        by_workspace: dict[WorkspaceId, list[UUID]] = {}
        for one in found:
            if workspace_id is None or str(one.workspace_id) == workspace_id:
                by_workspace.setdefault(one.workspace_id, []).append(one.id)
        moved = 0
        for ours, ids in by_workspace.items():
            for start in range(0, len(ids), BATCH):
                moved += await consider(deps, ours, ids[start : start + BATCH])
        if len(found) < AT_ONCE or not moved:
            return


async def consider(deps: Deps, workspace_id: WorkspaceId, ids: list[UUID]) -> int:
    """Claim those that may go; say of the others what holds them and when to look again. How many are due no more."""
    async with deps.db.transaction(workspace_id) as tx:
        batch = Batch(deps, tx, deps.clock.now())
        await batch.decide(ids)
        return await batch.write()


@dataclass
class Batch:
    """Emails of one workspace in one transaction: decided about in the order of their turns, written together."""

    deps: Deps
    tx: Tx
    now: datetime
    claimed: dict[UUID, str] = field(default_factory=dict[UUID, str])  # with the token of its draft
    postponed: list[Postponed] = field(default_factory=list[Postponed])
    noted: list[Postponed] = field(default_factory=list[Postponed])  # due all the same
    ended: int = 0
    paces: Paces | None = None

    async def decide(self, ids: list[UUID]) -> None:
        due_now = await emails.locked_due(self.tx.session, self.tx.workspace_id, ids, now=self.now)
        for email in due_now:
            if email.mailbox_id is None:
                await give_mailbox(self.deps, self.tx, email, now=self.now)
        loaded = await gate_facts.load_many(self.deps, self.tx, due_now, claiming=True)
        if not loaded:
            return
        workspace = loaded[0].rows.workspace
        self.paces = await gate_facts.load_paces(self.deps, self.tx, workspace, loaded, now=self.now)
        for one in loaded:
            await self._decide(one, self.paces)

    async def _decide(self, one: Loaded, paces: Paces) -> None:
        email = one.rows.email
        planned = email.scheduled_for or self.now
        at = schedule.nominal(planned, self.now, schedule.slack(self.deps.clock.speed))
        domain = consent.domain_of(email.to_email)
        match pace.decide(paces, one.facts, email.mailbox_id, domain, at, has_slot=one.has_slot):
            case Go():
                self.claimed[email.id] = uuid4().hex
                self.tx.enqueue(Wake.SEND_EMAIL, email_id=email.id)
            case End(held):
                self.ended += 1
                await self._end(email, held)
            case Wait(held, until):
                await self._wait(email, held, planned if at == planned else None, until)

    async def _end(self, email: EmailCampaign, held: Held) -> None:
        values = {"state": EmailState.CANCELLED, "gate": held.gate, "gate_reason": held.sentence}
        among = (EmailState.SCHEDULED,)
        session, ours = self.tx.session, self.tx.workspace_id
        await emails.change(session, ours, email.id, values, among=among, now=self.now)
        await end_sequence(self.deps, self.tx, email, held, now=self.now)

    async def _wait(
        self, email: EmailCampaign, held: tuple[Held, ...], planned: datetime | None, until: datetime
    ) -> None:
        """`planned`: the moment it was due, unless that has passed for good."""
        first, before = held[0], email.gate
        if email.mailbox_id and any(one.gate == "replies_polled" for one in held):
            self.tx.enqueue(Wake.POLL_MAILBOX, mailbox_id=email.mailbox_id)
        if first.gate == "replies_polled" and planned is not None:
            if email.gate is None:  # it keeps its moment, and its turn: the mailbox is read in a second
                self.noted.append(Postponed(email.id, planned, first.gate, first.sentence))
            return
        self.postponed.append(Postponed(email.id, until, first.gate, first.sentence))
        if before != first.gate and first.gate not in PACED:
            session, ours, detail = self.tx.session, self.tx.workspace_id, {"gate": first.gate}
            await emails.record(session, ours, email, "held", detail=detail, now=self.now)
            await self._say_held(email, first)

    async def _say_held(self, email: EmailCampaign, held: Held) -> None:
        """What only a person can open stands on the card; what time opens would only flicker there."""
        if held.gate == "no_colleague_replied" and email.enrollment_id:
            await hold_for_a_person(self.deps, self.tx, email.enrollment_id, held, now=self.now)
        elif held.until is None and held.gate not in gates.OPENS_BY_ITSELF and email.approval_id:
            await self.deps.notifier.tell(self.tx, ApprovalWanted(ApprovalId(email.approval_id)))

    async def write(self) -> int:
        session, ours = self.tx.session, self.tx.workspace_id
        wall = self.deps.clock.wall()
        await email_slots.claim_many(session, ours, self.claimed, wall=wall, now=self.now)
        await email_slots.postpone(session, ours, [*self.postponed, *self.noted], now=self.now)
        for mailbox_id, box in (self.paces.mailboxes if self.paces else {}).items():
            if box.changed:
                await mailboxes.set_pace(
                    session,
                    ours,
                    mailbox_id,
                    next_send_at=box.next_send_at,
                    booked_until=box.booked_until,
                    now=self.now,
                )
        return len(self.claimed) + len(self.postponed) + self.ended


async def give_mailbox(deps: Deps, tx: Tx, email: EmailCampaign, *, now: datetime) -> None:
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
        return
    if joined is not None and sticky is None:
        await enrollment.set_mailbox(session, joined.id, mailbox.id, now=now)
    values = {"mailbox_id": mailbox.id, "from_email": mailbox.address, "reply_to": mailbox.reply_to}
    await emails.change(session, workspace_id, email.id, values, among=(EmailState.SCHEDULED,), now=now)
    await session.refresh(email)
