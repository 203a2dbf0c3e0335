"""The commits of sending that every email passes: taken, gates asked, leaving, sent. Those of emails that leave at
the same time share their transactions; what one of them means for an email is the same as if it were alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.errors import LeaseLost
from db.models.email import EmailCampaign
from db.queries import mailbox as mailboxes
from db.queries import sending
from db.queries.mailbox import MailboxRow
from db.queries.sending import Attempt, Left
from db.session import Tx
from db.types import EmailState, WorkspaceId
from pipeline.clients.mail import Delivered, Outgoing
from pipeline.deps import Deps
from pipeline.jobs import envelope, gate_facts, sent
from pipeline.jobs.ending import end_sequence
from pipeline.rules import gates
from pipeline.rules.gates import Held

LEASE = timedelta(seconds=120)
_DELETED = Held("reachable", "The lead was deleted.", final=True)


@dataclass(frozen=True, slots=True)
class Taken:
    email: EmailCampaign
    mailbox: MailboxRow | None


class Steps:
    """Of one workspace."""

    def __init__(self, deps: Deps, workspace_id: WorkspaceId) -> None:
        self._deps, self._workspace_id = deps, workspace_id

    def lease_end(self) -> datetime:
        return self._deps.clock.wall() + LEASE

    async def take(self, attempt: Attempt) -> Taken | None:
        """None: it is not on its way out, or somebody else has it."""
        return await self._deps.together.ask(self._workspace_id, "take", attempt, self._take)

    async def ask_gates(self, attempt: Attempt) -> Outgoing | None:
        """Ask every gate again: the mail that may leave. None: one is shut; the email was put back, or ended.
        Raises LeaseLost."""
        return await self._deps.together.ask(self._workspace_id, "gates", attempt, self._ask_gates)

    async def leaving(self, attempt: Attempt) -> None:
        """From now on nobody but the mail server knows whether it left. Raises LeaseLost."""
        await self._deps.together.ask(self._workspace_id, "leaving", attempt, self._leaving)

    async def finish(self, attempt: Attempt, delivered: Delivered) -> None:
        """It has left. Raises LeaseLost."""
        left = Left(attempt, delivered.message_id, delivered.provider_message_id, delivered.thread_id)
        await self._deps.together.ask(self._workspace_id, "finish", left, self._finish)

    # --- of all that ask at the same time ---

    async def _take(self, attempts: Sequence[Attempt]) -> list[Taken | None]:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            found = await sending.take(
                tx.session,
                self._workspace_id,
                attempts,
                until=self.lease_end(),
                wall=self._deps.clock.wall(),
            )
            wanted = {row.mailbox_id for row in found.values() if row.mailbox_id}
            boxes = await mailboxes.some(tx.session, self._workspace_id, wanted) if wanted else {}
        return [
            Taken(row, boxes.get(row.mailbox_id) if row.mailbox_id else None)
            if (row := found.get(one.token))
            else None
            for one in attempts
        ]

    async def _ask_gates(self, attempts: Sequence[Attempt]) -> list[Outgoing | Exception | None]:
        now = self._deps.clock.now()
        async with self._deps.db.transaction(self._workspace_id) as tx:
            values = {"claimed_at": self._deps.clock.wall()}
            rows = await sending.advance_many(tx.session, attempts, values, until=self.lease_end(), now=now)
            loaded = {
                one.rows.email.id: one
                for one in await gate_facts.load_many(self._deps, tx, list(rows.values()))
            }
            held = {
                token: gates.why(one.facts, now) if (one := loaded.get(row.id)) else [_DELETED]
                for token, row in rows.items()
            }
            open_ones = [loaded[row.id].rows for token, row in rows.items() if not held[token]]
            threads = await envelope.threads_of(tx, open_ones)
            mails = {
                one.email.id: envelope.outgoing(self._deps, one, threads[one.email.id]) for one in open_ones
            }
            for one in attempts:
                if shut := held.get(one.token):
                    await self._put_back(tx, one, shut, now)
        return [mails.get(one.email_id) if one.token in rows else _lost(one) for one in attempts]

    async def _put_back(self, tx: Tx, attempt: Attempt, held: list[Held], now: datetime) -> None:
        first = held[0]
        values: dict[str, object] = {"gate": first.gate, "gate_reason": first.sentence}
        if first.final:
            row = await sending.settle(tx.session, attempt, EmailState.CANCELLED, values, now=now)
            await end_sequence(self._deps, tx, row, first, now=now)
        else:
            values["scheduled_for"] = gates.when_to_look_again(held, now)
            await sending.settle(tx.session, attempt, EmailState.SCHEDULED, values, now=now)

    async def _leaving(self, attempts: Sequence[Attempt]) -> list[Exception | None]:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            ours = await sending.mark_leaving(
                tx.session, attempts, until=self.lease_end(), now=self._deps.clock.now()
            )
        return [None if one.token in ours else _lost(one) for one in attempts]

    async def _finish(self, left: Sequence[Left]) -> list[Exception | None]:
        now = self._deps.clock.now()
        async with self._deps.db.transaction(self._workspace_id) as tx:
            rows = await sending.settle_sent(tx.session, left, now=now)
            await sent.follow_up(self._deps, tx, list(rows.values()), now=now)
        return [None if one.attempt.token in rows else _lost(one.attempt) for one in left]


def _lost(attempt: Attempt) -> LeaseLost:
    return LeaseLost(f"email {attempt.email_id} is no longer ours")
