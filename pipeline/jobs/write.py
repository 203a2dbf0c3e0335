"""Writing a sequence: each email is stored as it is done, so an interrupted job goes on where it was."""

from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from db.correspondence import NONE_YET
from db.errors import LeaseLost
from db.models.email import EmailCampaign
from db.queries import approval as approvals
from db.queries import correspondence, enrollment, experiment, research, suppression, template
from db.queries import email as emails
from db.queries import lead as leads
from db.queries import mailbox as mailboxes
from db.queries import workspace as workspaces
from db.queries.leases import Lease
from db.session import Tx
from db.types import (
    EmailKind,
    EmailState,
    EmailStatus,
    EnrollmentId,
    LeadId,
    LeaseToken,
    StopReason,
    WorkspaceId,
)
from db.wake import Queue, Wake
from pipeline.clients.llm.usage import Tally
from pipeline.deps import Deps
from pipeline.errors import Transient
from pipeline.jobs import arms, asking, drafting
from pipeline.jobs.arms import Hand
from pipeline.jobs.base import job
from pipeline.jobs.drafting import Brief, Written
from pipeline.jobs.from_templates import own_template
from pipeline.jobs.keeping import LEASE, kept
from pipeline.jobs.mailbox_setup import ensure_from_settings
from pipeline.logs import get_logger
from pipeline.rules import approval, consent, letter, sequence
from pipeline.rules.sequence import LAST_STEP

log = get_logger(__name__)
PATIENCE = 4  # attempts, after which templates stand in for a model that does not answer


@job(Wake.WRITE_SEQUENCE, queue=Queue.RESEARCH, timeout=timedelta(seconds=300))
async def write_sequence(deps: Deps, *, workspace_id: str, enrollment_id: str) -> None:
    """Write what is missing or was asked to be rewritten, then ask for an approval."""
    await Writing(deps, WorkspaceId(UUID(workspace_id)), EnrollmentId(UUID(enrollment_id))).run()


@job(Wake.REGENERATE, queue=Queue.RESEARCH, timeout=timedelta(seconds=300))
async def regenerate(deps: Deps, *, workspace_id: str, enrollment_id: str) -> None:
    """The same: the wish for another version stands in the drafts."""
    await Writing(deps, WorkspaceId(UUID(workspace_id)), EnrollmentId(UUID(enrollment_id))).run()


class Writing:
    """One attempt under one lease."""

    def __init__(self, deps: Deps, workspace_id: WorkspaceId, enrollment_id: EnrollmentId) -> None:
        self._deps = deps
        self._workspace_id = workspace_id
        self._enrollment_id = enrollment_id
        self._token = LeaseToken(uuid4())
        self._model_is_away = False

    async def run(self) -> None:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            joined = await enrollment.claim(
                tx.session,
                self._workspace_id,
                self._enrollment_id,
                self._lease(),
                wall=self._deps.clock.wall(),
            )
            if joined is None:
                return
            brief = await self._brief(tx, joined.lead_id, joined.campaign_id, joined.mailbox_id)
            if brief is None:
                return
            hand = arms.hand(
                self._deps, await arms.join(tx, joined, brief.campaign), stood_in=joined.stand_in
            )
            brief = replace(brief, arm_approach=hand.approach)
        try:
            async with kept(self._renew):
                for number in range(1, LAST_STEP + 1):
                    await self._step(brief, hand, number, patient=joined.attempts < PATIENCE)
                await self._ask()
        except Transient:
            async with self._deps.db.transaction(self._workspace_id) as tx:
                await enrollment.release(tx.session, self._enrollment_id, self._lease())
            raise

    async def _brief(self, tx: Tx, lead_id: UUID, campaign_id: UUID, mailbox_id: UUID | None) -> Brief | None:
        """What the sequence is written from; None (and the sequence ended) when nobody may be written to."""
        session, now = tx.session, self._deps.clock.now()
        lead = await leads.get(session, self._workspace_id, LeadId(lead_id))
        campaign = await enrollment.campaign_of(session, self._workspace_id, campaign_id)
        if lead is None or campaign is None or not lead.email or lead.email_status == EmailStatus.INVALID:
            await enrollment.stop(
                session, self._workspace_id, self._enrollment_id, StopReason.CANCELLED, now=now
            )
            return None
        keys = consent.suppression_keys(lead.email, self._deps.digester.digest)
        if await suppression.kinds_of(session, self._workspace_id, [key.digest for key in keys]):
            await enrollment.stop(
                session, self._workspace_id, self._enrollment_id, StopReason.SUPPRESSED, now=now
            )
            return None
        await ensure_from_settings(self._deps, tx, now=now)
        mailbox = (
            await mailboxes.by_id(session, self._workspace_id, mailbox_id)
            if mailbox_id
            else await mailboxes.least_busy(session, self._workspace_id)
        )
        if mailbox is not None and mailbox_id is None:
            await enrollment.set_mailbox(session, self._enrollment_id, mailbox.id, now=now)
        workspace = await workspaces.get(session, self._workspace_id)
        facts = await research.facts(session, self._workspace_id, LeadId(lead_id))
        before = await correspondence.with_leads(session, self._workspace_id, [lead_id])
        return Brief(
            lead,
            workspace,
            campaign,
            facts,
            mailbox,
            templates=[own_template(row) for row in await template.listing(session, self._workspace_id)],
            rejections=await approvals.reasons_lately(session, self._workspace_id),
            today=now.date(),
            earlier=before.get(lead_id, NONE_YET).before(self._enrollment_id),
        )

    async def _step(self, brief: Brief, hand: Hand, number: int, *, patient: bool) -> None:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await enrollment.renew(tx.session, self._enrollment_id, self._lease())
            rows = await emails.of_enrollment(tx.session, self._workspace_id, self._enrollment_id)
        existing = next((row for row in rows if row.email_sequence == number), None)
        if existing is not None and not drafting.needs_writing(existing):
            return
        previous = [row for row in rows if (row.email_sequence or 0) < number]
        writer, judge = Tally(hand.writer), Tally(self._deps.llm)
        ask = drafting.write(
            writer,
            brief,
            sequence.step(number),
            previous,
            instruction=drafting.wish_of(existing),
            judge=judge,
            prompt=hand.prompt.text,
        )
        written = await self._written(ask, brief, number, patient=patient)
        cost = self._deps.settings.model_cents(
            writer.input_tokens + judge.input_tokens, writer.output_tokens + judge.output_tokens
        )
        await self._store(brief, hand, number, written, previous, cost)

    async def _written(
        self, ask: Coroutine[Any, Any, Written], brief: Brief, number: int, *, patient: bool
    ) -> Written:
        """What the model wrote. Once it let an impatient attempt wait in vain, templates do the rest of it."""
        if self._model_is_away:
            ask.close()
        else:
            try:
                return await ask
            except Transient as error:
                if patient:
                    raise
                self._model_is_away = True
                log.warning("template_used", number=number, reason=str(error))
        return drafting.template(brief, sequence.step(number))

    async def _store(
        self,
        brief: Brief,
        hand: Hand,
        number: int,
        written: Written,
        previous: list[EmailCampaign],
        cost: Decimal,
    ) -> None:
        first = next((row for row in previous if row.email_sequence == 1), None)
        subject = written.subject
        if first is not None and brief.campaign.answer_in_thread:
            subject = letter.answer_subject(first.subject)
        to = brief.lead.email or ""
        mailbox, settings = brief.mailbox, self._deps.settings
        values = {
            "lead_id": brief.lead.id,
            "campaign_id": brief.campaign.id,
            "enrollment_id": self._enrollment_id,
            "mailbox_id": mailbox.id if mailbox else None,
            "kind": EmailKind.SEQUENCE,
            "state": EmailState.DRAFT,
            "email_sequence": number,
            "to_email": to,
            "subject": subject,
            "body": written.body,
            "from_email": mailbox.address if mailbox else settings.from_email or "",
            "reply_to": mailbox.reply_to if mailbox else settings.reply_to_email,
            "language": brief.language,
            "claims": written.stored_claims(),
            "content_hash": approval.content_hash(to, subject, written.body),
            "approved_hash": None,
            "judge_score": written.judge_score,
            "template_used": written.from_template,
            "personalization_tokens": written.tokens,
            "ai_model_used": written.model,
            "cost_cents": cost,
            "ai_prompt_version": None if written.from_template else hand.prompt.version,
        }
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await enrollment.renew(tx.session, self._enrollment_id, self._lease())
            await emails.put_draft(tx.session, self._workspace_id, values, now=self._deps.clock.now())
            if hand.stood_in:
                await experiment.mark_stand_in(tx.session, self._workspace_id, self._enrollment_id)

    async def _ask(self) -> None:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await enrollment.renew(tx.session, self._enrollment_id, self._lease())
            if (
                await asking.ask_for_sequence(self._deps, tx, self._enrollment_id, now=self._deps.clock.now())
                is None
            ):
                raise LeaseLost("nothing is left to approve")

    async def _renew(self) -> None:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await enrollment.renew(tx.session, self._enrollment_id, self._lease())

    def _lease(self) -> Lease:
        return Lease(self._token, self._deps.clock.wall() + LEASE)
