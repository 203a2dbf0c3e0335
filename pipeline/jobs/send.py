"""Sending one email, so that a crash at any point neither loses nor repeats it.

claimed → (history id) → draft at the provider → created → gates again, draft unchanged? → send → sent.
Every arrow is a commit under the email's lease; what happened between two of them is found out afterwards.
Where the provider keeps no drafts, `created` is committed when the server waits for the text: until then nothing
can have left, after it nobody but the server knows.
"""

from datetime import timedelta
from uuid import UUID, uuid4

from db.models.email import EmailCampaign
from db.queries import email as emails
from db.queries import sending
from db.queries.mailbox import MailboxRow
from db.queries.sending import Attempt
from db.types import EmailId, EmailState, LeaseToken, MailboxState, WorkspaceId
from db.wake import Wake
from pipeline.clients.mail import Delivered, Disconnected, Draft, DraftState, Outgoing, Sender
from pipeline.deps import Deps
from pipeline.errors import Permanent, Transient, Unknown
from pipeline.jobs import envelope, gate_facts
from pipeline.jobs.base import backoff, job
from pipeline.jobs.mailbox_reading import read_mailbox
from pipeline.jobs.mailbox_trouble import disconnected
from pipeline.jobs.send_steps import Steps
from pipeline.logs import get_logger
from pipeline.messages import EmailTroubled

log = get_logger(__name__)
LOOK_FOR = timedelta(minutes=10)  # Gmail's index lags
LOOK_AGAIN = timedelta(seconds=20)
RECONNECT = timedelta(minutes=10)
READ_BEFORE_SENDING = timedelta(seconds=30)


@job(Wake.SEND_EMAIL, timeout=timedelta(seconds=180))
async def send_email(deps: Deps, *, workspace_id: str, email_id: str) -> None:
    """Bring an email that was claimed to its end, from wherever an earlier attempt left it."""
    await Sending(deps, WorkspaceId(UUID(workspace_id)), EmailId(UUID(email_id))).run()


class Sending:
    """One attempt under one lease."""

    def __init__(self, deps: Deps, workspace_id: WorkspaceId, email_id: EmailId) -> None:
        self._deps = deps
        self._workspace_id = workspace_id
        self._ours = Attempt(email_id, LeaseToken(uuid4()))
        self._steps = Steps(deps, workspace_id)

    async def run(self) -> None:
        with self._deps.together.going(self._workspace_id):
            await self._run()

    async def _run(self) -> None:
        taken = await self._steps.take(self._ours)
        if taken is None:
            return
        if taken.mailbox is None or taken.mailbox.state is MailboxState.DISCONNECTED:
            await self._pause(RECONNECT)
            return
        await self._attempt(taken.email, taken.mailbox)

    async def _attempt(self, email: EmailCampaign, mailbox: MailboxRow) -> None:
        sender = self._deps.mail.sender(mailbox)
        resumed = email.state == EmailState.CREATED
        try:
            if email.state == EmailState.CLAIMED and sender.keeps_drafts:
                email = await self._create(email, sender)
            await self._send(email, mailbox, sender, resumed=resumed)
        except Disconnected as error:
            await disconnected(self._deps, self._workspace_id, mailbox, str(error))
            await self._pause(RECONNECT)
        except Transient as error:
            log.warning("send_postponed", reason=str(error))
            await self._pause(error.retry_after or backoff(email.attempts))
        except Permanent as error:
            # Of an email that an earlier process may have sent, a refusal says nothing.
            await (self._unknown(str(error)) if resumed else self._fail(str(error)))

    # --- claimed → created ---

    async def _create(self, email: EmailCampaign, sender: Sender) -> EmailCampaign:
        if email.draft_id is not None:
            # Left from an earlier claim that was held back.
            await sender.discard(Draft(email.draft_id, email.draft_message_id, None))
            email = await self._advance({"draft_id": None, "draft_message_id": None})
        if email.history_id is not None:
            # A process ended about here: its draft, if there is one, may have been edited since.
            for stray in await sender.drafts_of(email.send_token or ""):
                await sender.discard(stray)
        else:
            position = await sender.position()
            email = await self._advance({"history_id": position, "claimed_at": self._deps.clock.wall()})
        await self._read_back_missing(email, sender)
        async with self._deps.db.transaction(self._workspace_id) as tx:
            loaded = await gate_facts.load(self._deps, tx, email)
            if loaded is None:
                raise Permanent("The lead was deleted.")
            thread = await envelope.thread_of(tx, loaded.rows)
        draft = await sender.draft(envelope.outgoing(self._deps, loaded.rows, thread))
        return await self._advance(
            {
                "state": EmailState.CREATED,
                "draft_id": draft.draft_id,
                "draft_message_id": draft.message_id,
                "thread_id": draft.thread_id,
            }
        )

    async def _read_back_missing(self, email: EmailCampaign, sender: Sender) -> None:
        """The real Message-IDs of earlier steps, where reading them back failed at the time."""
        if email.enrollment_id is None:
            return
        async with self._deps.db.transaction(self._workspace_id) as tx:
            earlier = await emails.thread_ids(tx.session, self._workspace_id, [email.enrollment_id])
        for one in earlier:
            if one.message_id is None and one.provider_message_id:
                found = await sender.read_back(one.provider_message_id)
                if found is not None and found.message_id:
                    async with self._deps.db.transaction(self._workspace_id) as tx:
                        await emails.change(
                            tx.session,
                            self._workspace_id,
                            one.id,
                            {"message_id": found.message_id},
                            among=(EmailState.SENT,),
                            now=self._deps.clock.now(),
                        )

    # --- created → sent ---

    async def _send(
        self, email: EmailCampaign, mailbox: MailboxRow, sender: Sender, *, resumed: bool
    ) -> None:
        draft = Draft(email.draft_id, email.draft_message_id, email.thread_id)
        if resumed and not sender.keeps_drafts:
            await self._unknown("The process ended while the mail server was taking the mail.")
            return
        if resumed and await sender.state_of(draft) is DraftState.GONE:
            await self._search(email, sender)
            return
        await self._read_replies(mailbox, sender)
        mail = await self._steps.ask_gates(self._ours)
        if mail is None:
            if draft.draft_id is not None:
                await sender.discard(draft)
                await self._forget_draft()
            return
        match await sender.state_of(draft):
            case DraftState.CHANGED:
                await self._fail(
                    "Somebody edited this email in the mailbox after it was approved. It was not sent; "
                    "trying again deletes that draft and sends the approved text."
                )
            case DraftState.GONE:
                await self._search(email, sender)
            case DraftState.SAME:
                await self._deliver(draft, mail, sender)

    async def _deliver(self, draft: Draft, mail: Outgoing, sender: Sender) -> None:
        async def leaving() -> None:
            if not sender.keeps_drafts:
                await self._steps.leaving(self._ours)

        try:
            delivered = await sender.deliver(draft, mail, leaving)
        except Unknown as error:
            log.warning("send_answer_lost", reason=str(error))
            if sender.keeps_drafts:
                await self._pause(timedelta(seconds=2))
            else:
                await self._unknown(str(error))
            return
        except (Transient, Disconnected):
            # It surely did not leave. Without drafts at the provider, `created` would mean "perhaps".
            if not sender.keeps_drafts:
                await self._advance({"state": EmailState.CLAIMED})
            raise
        await self._steps.finish(self._ours, await self._read_back(sender, delivered))

    async def _read_back(self, sender: Sender, delivered: Delivered) -> Delivered:
        """The real Message-ID; the mail has left, so nothing here may stop it from being stored as sent."""
        if delivered.message_id is not None or delivered.provider_message_id is None:
            return delivered
        try:
            return await sender.read_back(delivered.provider_message_id) or delivered
        except (Transient, Permanent) as error:
            log.warning("message_id_not_read_back", reason=str(error))
            return delivered

    async def _read_replies(self, mailbox: MailboxRow, sender: Sender) -> None:
        """A reply that came a minute ago must stop this email."""
        polled = mailbox.polled_at
        if sender.can_read and (polled is None or polled + READ_BEFORE_SENDING < self._deps.clock.wall()):
            try:
                await read_mailbox(self._deps, self._workspace_id, mailbox.id)
            except Disconnected:
                raise
            except Permanent as error:
                raise Transient(str(error), LOOK_AGAIN) from error

    async def _search(self, email: EmailCampaign, sender: Sender) -> None:
        """The draft is gone: find the sent mail, for ten minutes; then a person decides."""
        found = await sender.find_sent(envelope.trace(email))
        if found is not None:
            await self._steps.finish(self._ours, found)
        elif self._deps.clock.wall() - (email.claimed_at or email.updated_at) > LOOK_FOR:
            await self._unknown("The draft is gone, and the sent mail can't be found.")
        else:
            await self._pause(LOOK_AGAIN)

    # --- ends ---

    async def _fail(self, error: str) -> None:
        await self._trouble(EmailState.FAILED, error)

    async def _unknown(self, error: str) -> None:
        await self._trouble(EmailState.UNKNOWN, error)

    async def _trouble(self, state: EmailState, error: str) -> None:
        now = self._deps.clock.now()
        async with self._deps.db.transaction(self._workspace_id) as tx:
            email = await sending.settle(tx.session, self._ours, state, {"error": error}, now=now)
            await emails.record(tx.session, self._workspace_id, email, state.value, now=now)
            await self._deps.notifier.tell(tx, EmailTroubled(self._ours.email_id))

    async def _forget_draft(self) -> None:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await emails.change(
                tx.session,
                self._workspace_id,
                self._ours.email_id,
                {"draft_id": None, "draft_message_id": None},
                among=(EmailState.SCHEDULED, EmailState.CANCELLED),
                now=self._deps.clock.now(),
            )

    async def _advance(self, values: dict[str, object]) -> EmailCampaign:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            return await sending.advance(
                tx.session, self._ours, values, until=self._steps.lease_end(), now=self._deps.clock.now()
            )

    async def _pause(self, pause: timedelta) -> None:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await sending.pause_until(tx.session, self._ours, self._deps.clock.wall() + pause)
