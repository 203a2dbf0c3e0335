"""One run of the crash matrix: emails that are due, workers that die, a person who presses the buttons; and the
invariant, held against every row and every mail that left.

- no recipient gets the same step twice;
- no approved and due step is lost: at the end it is sent, or somebody was asked;
- what cannot be known is `unknown`, and asks with two buttons; pressed by somebody who looked, all ends sent, once.
"""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from bot.action_ids import Action
from db.models.email import EmailCampaign
from db.queries import campaign, enrollment, outbox, workspace
from db.queries import email as emails
from db.queries import lead as leads
from db.queries import mailbox as mailboxes
from db.queries.lead import NewLead
from db.session import Tx
from db.types import (
    CampaignType,
    EmailKind,
    EmailState,
    EnrollmentState,
    LeadId,
    MailboxState,
    MailProvider,
    WorkspaceId,
)
from pipeline.jobs import decide
from pipeline.rules.approval import content_hash
from tests.crash.arena import Arena, Blow, Ended, Trouble

PERSON = "U0PERSON"
MOST_ROUNDS = 60
PATIENCE = 60.0  # seconds a process may take
OPEN = (EmailState.CLAIMED, EmailState.CREATED)
_NONE: Any = None


@dataclass(frozen=True)
class Case:
    provider: str
    blows: tuple[Blow, ...] = ()
    trouble: Trouble | None = None
    workers: int = 1
    boxes: int = 1
    leads: int = 1
    seconds: int = 0  # how many of the leads have a second step

    def __str__(self) -> str:
        what = [f"{one.when} {one.at} {one.name} {one.number}" for one in self.blows]
        return f"{self.provider}, {self.workers} workers, killed {what or 'never'}, {self.trouble or 'no trouble'}"


@dataclass
class Outcome:
    case: Case
    emails: int = 0
    delivered: int = 0
    kills: Counter[str] = field(default_factory=Counter[str])
    unknown: int = 0  # asked about
    failed: int = 0  # told
    reconnected: int = 0
    twice: int = 0
    lost: int = 0
    drafts_left: int = 0
    commits: list[str] = field(default_factory=list[str])  # of the first process
    calls: list[str] = field(default_factory=list[str])
    problems: list[str] = field(default_factory=list[str])


async def play(arena: Arena, case: Case, number: int) -> Outcome:
    """Raises nothing for a broken promise: it stands in `problems`."""
    outcome = Outcome(case)
    arena.arm(list(case.blows), case.trouble, case.provider)
    run = Run(arena, case, outcome, number)
    await run.set_up()
    await run.to_the_end()
    await arena.is_quiet.wait()  # whoever looks too early sees nothing, and says what is not true
    await run.check(settled_by_people=False)
    if await run.press():
        await run.to_the_end()
        await run.check(settled_by_people=True)
    await run.tear_down()
    return outcome


class Run:
    def __init__(self, arena: Arena, case: Case, outcome: Outcome, number: int) -> None:
        self._arena, self._case, self._outcome, self._number = arena, case, outcome, number
        self._blows = [one for one in case.blows if one.at == "commit"]
        self._ours: WorkspaceId = _NONE
        self._ids: list[UUID] = []
        self._first = True

    # --- before ---

    async def set_up(self) -> None:
        arena, case, now = self._arena, self._case, self._arena.clock.now()
        async with arena.db.across() as tx:
            self._ours = await workspace.create(
                tx.session, team_id=f"T{self._number:010}", name="Crash", timezone="UTC"
            )
        async with arena.db.transaction(self._ours) as tx:
            await workspace.update_settings(
                tx.session, self._ours, now=now, timezone="UTC", company_name="Rainmaker Demo",
                sender_name="Sam Rivers", postal_address="1 Main Street, Springfield", alerts_channel="C1",
            )  # fmt: skip
            await workspace.upsert_member(
                tx.session,
                self._ours,
                PERSON,
                now=now,
                name="Ann",
                email="ann@ours.example",
                is_approver=True,
            )
            boxes = [await self._connect(tx, self._address(n)) for n in range(case.boxes)]
            group = await campaign.create(
                tx.session, self._ours, name="Crash", type=CampaignType.IMMEDIATE, now=now
            )
            for n in range(case.leads):
                steps = 2 if n < case.seconds else 1
                await self._lead(tx, n, group, boxes[n % len(boxes)], self._address(n % len(boxes)), steps)

    def _address(self, n: int) -> str:
        return f"sales{n}-{self._number}@ours.example"

    async def _connect(self, tx: Tx, address: str) -> UUID:
        is_gmail = self._case.provider == "gmail"
        return await mailboxes.connect(
            tx.session,
            self._ours,
            provider=MailProvider.GMAIL if is_gmail else MailProvider.SMTP,
            address=address,
            credentials={"refresh_token": self._arena.grant(address)}
            if is_gmail
            else {"url": f"smtp://sam:secret@127.0.0.1:{self._arena.smtp_port}"},
            display_name="Sam Rivers",
            reply_to=None,
            now=self._arena.clock.now(),
        )

    async def _lead(self, tx: Tx, n: int, group: UUID, box: UUID, address: str, steps: int) -> None:
        now, to = self._arena.clock.now(), f"p{n}@c{self._number}-{n}.example"
        row, _ = await leads.add(
            tx.session, self._ours, NewLead(name=f"Person {n}", email=to, company=f"Company {n}"),
            created_by=PERSON, now=now,
        )  # fmt: skip
        values = {"status": "researched", "qualified": True, "timezone": "UTC", "email_status": "given"}
        await leads.update(tx.session, self._ours, LeadId(row.id), values, now=now)
        joined = await campaign.enroll(
            tx.session, self._ours, lead_id=LeadId(row.id), campaign_id=group, owner_user_id=PERSON,
            channel_id="C1", thread_ts="1.1", now=now,
        )  # fmt: skip
        assert joined is not None
        await enrollment.set_mailbox(tx.session, joined, box, now=now)
        await enrollment.set_state(tx.session, self._ours, joined, EnrollmentState.ACTIVE, now=now)
        for step in range(1, steps + 1):
            subject, body = f"Note {self._number}-{n}-{step}", f"Hello, this is note {n}-{step}."
            bound = content_hash(to, subject, body)
            values = {
                "lead_id": row.id, "campaign_id": group, "enrollment_id": joined, "mailbox_id": box,
                "kind": EmailKind.SEQUENCE, "email_sequence": step, "to_email": to, "subject": subject,
                "state": EmailState.SCHEDULED if step == 1 else EmailState.APPROVED, "body": body,
                "from_email": address, "content_hash": bound, "approved_hash": bound, "scheduled_for": now,
            }  # fmt: skip
            self._ids.append(await emails.put_draft(tx.session, self._ours, values, now=now))
        self._outcome.emails += steps

    # --- while processes live and die ---

    async def to_the_end(self) -> None:
        """Until every email is at an end of its own, or time is up."""
        for _ in range(MOST_ROUNDS):
            await self._round()
            if not await self._move_on():
                break
        self._outcome.kills.update(self._arena.struck)
        self._arena.struck.clear()

    async def _round(self) -> None:
        """So many workers until none finds anything to do; whichever is killed is started again."""
        waiting = {await self._worker() for _ in range(self._case.workers)}
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
            assert done, (
                f"a worker hangs: {self._case} {self._arena.calls} {self._arena.nursery.log.read_text()[-3000:]}"
            )
            for ended in (task.result() for task in done):
                if ended.killed:
                    waiting.add(await self._worker())

    async def _worker(self) -> asyncio.Task[Ended]:
        blow = self._blows.pop(0) if self._blows else None
        pid, trail = await self._arena.fork(blow)

        async def life() -> Ended:
            ended = await self._arena.ended(pid, trail)
            if self._first:
                self._first = False
                self._outcome.commits = trail.read_text().split("\n")[:-1]
                self._outcome.calls = [*self._arena.calls]
            if blow and ended.killed and pid not in self._arena.struck_pids:
                # What was written down last may be another task's: this one died on the way back from its commit.
                self._outcome.kills[f"{blow.when} commit {blow.name or ended.last}"] += 1
            elif not ended.killed and ended.status:
                self._outcome.problems.append(f"a worker failed, see {self._arena.nursery.log.read_text()}")
            return ended

        return asyncio.create_task(life())

    async def _move_on(self) -> bool:
        """Time passes until something is to be done; False: nothing will be."""
        rows, clock = await self._rows(), self._arena.clock
        back = await self._reconnect()
        leases = [row.lease_until for row in rows if row.state in OPEN and row.lease_until]
        if any(row.state in OPEN for row in rows):
            until = max([clock.wall(), *leases]) + timedelta(seconds=1)
            self._arena.jump(until - clock.wall())
            return True
        slots = [row.scheduled_for for row in rows if row.state == EmailState.SCHEDULED and row.scheduled_for]
        if slots:
            self._arena.jump_to(min(slots) + timedelta(seconds=1))
        return bool(slots) or back

    async def _reconnect(self) -> bool:
        """A person does what the card of a disconnected mailbox asks for."""
        back = False
        async with self._arena.db.transaction(self._ours) as tx:
            for box in await mailboxes.listing(tx.session, self._ours):
                if box.state is MailboxState.DISCONNECTED:
                    card = await outbox.by_key(tx.session, f"mailbox:{box.id}")
                    if card is None or Action.SETUP_MAILBOX not in json.dumps(card.payload):
                        self._outcome.problems.append("nobody was asked to connect the mailbox again")
                    await self._connect(tx, box.address)
                    self._outcome.reconnected += 1
                    back = True
        return back

    # --- after ---

    async def check(self, *, settled_by_people: bool) -> None:
        outcome = self._outcome
        outcome.delivered = outcome.twice = outcome.lost = 0
        rows = await self._rows()
        asked = {row.lead_id for row in rows if row.state in (EmailState.UNKNOWN, EmailState.FAILED)}
        for row in rows:
            senders = self._arena.mails(row.subject)
            outcome.delivered += len(senders)
            outcome.twice += max(0, len(senders) - 1)
            if any(one != row.from_email for one in senders):
                outcome.problems.append(f"{row.subject} left from {senders}, not from {row.from_email}")
            state = EmailState(row.state)
            if state is EmailState.SENT:
                outcome.lost += not senders
            elif settled_by_people or not _waits_for_people(state, row.lead_id in asked):
                outcome.lost += 1
                outcome.problems.append(f"{row.subject} is {state} ({row.error or row.gate_reason})")
            elif state is EmailState.FAILED and senders:
                outcome.problems.append(f"{row.subject} has left and is said to have failed: {row.error}")
        if outcome.twice or outcome.lost:
            outcome.problems.append(f"{outcome.twice} twice, {outcome.lost} lost")

    async def press(self) -> bool:
        """Somebody looked into the Sent folder and says what is true, with the buttons of the card."""
        pressed = False
        for row in await self._rows():
            if row.state not in (EmailState.UNKNOWN, EmailState.FAILED):
                continue
            was_sent, pressed = bool(self._arena.mails(row.subject)), True
            async with self._arena.db.transaction(self._ours) as tx:
                card = await outbox.by_key(tx.session, f"trouble:{row.id}")
                shown = json.dumps(card.payload) if card else ""
                if not all(action in shown for action in (Action.MARK_SENT, Action.MARK_NOT_SENT)):
                    self._outcome.problems.append(
                        f"{row.subject} is {row.state}, and the card has no buttons"
                    )
                await decide.mark(
                    _NONE if not was_sent else _Deps(self._arena), tx, row.id, was_sent=was_sent, user_id=PERSON,
                    now=self._arena.clock.now(),
                )  # fmt: skip
            self._outcome.unknown += row.state == EmailState.UNKNOWN
            self._outcome.failed += row.state == EmailState.FAILED
        return pressed

    async def tear_down(self) -> None:
        """Nothing of this run is found by the next."""
        async with self._arena.db.transaction(self._ours) as tx:
            now = self._arena.clock.now()
            for box in await mailboxes.listing(tx.session, self._ours):
                await mailboxes.disconnect(tx.session, self._ours, box.id, error="over", now=now)
            for one in self._ids:
                among = (*OPEN, EmailState.SCHEDULED)
                await emails.change(
                    tx.session, self._ours, one, {"state": EmailState.CANCELLED}, among=among, now=now
                )
        store = self._arena.box.store
        self._outcome.drafts_left = len(store.all("SELECT 1 FROM mail_drafts"))
        store.run("DELETE FROM mail_drafts")

    async def _rows(self) -> list[EmailCampaign]:
        async with self._arena.db.transaction(self._ours) as tx:
            found = [await emails.get(tx.session, self._ours, one) for one in self._ids]
        return [one for one in found if one is not None]


def _waits_for_people(state: EmailState, is_asked_about: bool) -> bool:
    """A step whose earlier one asks somebody is not lost: it goes when they have answered."""
    return state in (EmailState.UNKNOWN, EmailState.FAILED) or (
        state is EmailState.APPROVED and is_asked_about
    )


class _Deps:
    """What pressing "It was sent" needs."""

    def __init__(self, arena: Arena) -> None:
        from pipeline.messages import Silent

        self.clock, self.notifier = arena.clock, Silent()
