"""A reply is read and an answer is drafted, for a person to approve. Without the model, the reply still stands."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from db.models.email import EmailCampaign, InboundEmail
from db.queries import email as emails
from db.queries import enrollment, inbound_email, research
from db.queries import lead as leads
from db.queries import mailbox as mailboxes
from db.queries import workspace as workspaces
from db.queries.leases import Lease
from db.session import Tx
from db.types import EmailKind, EmailState, LeadId, LeadStatus, LeaseToken, ReplyId, WorkspaceId
from db.wake import Queue, Wake
from pipeline.clients.llm.base import Llm
from pipeline.clients.llm.tasks import ProposedAnswer, ReplyReading, labelled
from pipeline.deps import Deps
from pipeline.errors import Permanent, Transient
from pipeline.jobs import asking, drafting
from pipeline.jobs.base import job
from pipeline.jobs.drafting import Brief
from pipeline.jobs.inbound_effects import opt_out
from pipeline.jobs.keeping import LEASE, kept
from pipeline.jobs.prompt import prompt
from pipeline.logs import get_logger
from pipeline.messages import ReplyArrived
from pipeline.rules import approval, email_text, grounding, letter
from pipeline.rules.grounding import Cited

log = get_logger(__name__)
READ, ANSWER = prompt("classify_reply").text, prompt("write_answer").text
PROMPT_VERSION = prompt("write_answer").version
REWRITES = 2
MOST_READ = 4000  # characters of a reply


@job(Wake.WRITE_ANSWER, queue=Queue.RESEARCH, timeout=timedelta(seconds=240))
async def write_answer(deps: Deps, *, workspace_id: str, reply_id: str) -> None:
    """Read a reply, draft an answer, ask for an approval. Safe to run twice."""
    await Answering(deps, WorkspaceId(UUID(workspace_id)), ReplyId(UUID(reply_id))).run()


class Answering:
    """One attempt under one lease."""

    def __init__(self, deps: Deps, workspace_id: WorkspaceId, reply_id: ReplyId) -> None:
        self._deps = deps
        self._workspace_id = workspace_id
        self._reply_id = reply_id
        self._token = LeaseToken(uuid4())

    async def run(self) -> None:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            reply = await inbound_email.claim(
                tx.session, self._workspace_id, self._reply_id, self._lease(), wall=self._deps.clock.wall()
            )
            if reply is None:
                return
            ours = (
                await emails.get(tx.session, self._workspace_id, reply.email_id) if reply.email_id else None
            )
            brief = await self._brief(tx, ours) if ours else None
            earlier = await emails.answer_to(tx.session, self._workspace_id, self._reply_id)
        if ours is None or brief is None:
            await self._done({"answered": True})
            return
        try:
            async with kept(self._renew):
                reading = await self._read(reply, ours)
                if reading.sentiment == "opt_out":
                    await self._opted_out(ours)
                    return
                answer = await self._draft(brief, ours, reply, reading, drafting.wish_of(earlier))
                await self._store(brief, ours, reply, earlier, answer)
        except Transient:  # the next attempt need not wait for the lease
            await self._done({"lease_token": None, "lease_until": None})
            raise

    async def _brief(self, tx: Tx, ours: EmailCampaign) -> Brief | None:
        lead = await leads.get(tx.session, self._workspace_id, LeadId(ours.lead_id))
        campaign = (
            await enrollment.campaign_of(tx.session, self._workspace_id, ours.campaign_id)
            if ours.campaign_id
            else None
        )
        if lead is None or campaign is None or lead.status == LeadStatus.UNSUBSCRIBED:
            return None
        mailbox = (
            await mailboxes.by_id(tx.session, self._workspace_id, ours.mailbox_id)
            if ours.mailbox_id
            else None
        )
        workspace = await workspaces.get(tx.session, self._workspace_id)
        facts = await research.facts(tx.session, self._workspace_id, LeadId(lead.id))
        return Brief(lead, workspace, campaign, facts, mailbox)

    async def _read(self, reply: InboundEmail, ours: EmailCampaign) -> ReplyReading:
        """What they want; stored, and shown, before an answer is tried."""
        if reply.sentiment is not None:
            return ReplyReading(sentiment=_known(reply.sentiment), summary=reply.summary or "")
        sections = {"our_email": _mail(ours), "reply": reply.body[:MOST_READ]}
        reading = (
            await self._deps.llm.parse(instructions=READ, text=labelled(sections), schema=ReplyReading)
        ).value
        async with self._deps.db.transaction(self._workspace_id) as tx:
            values = {"sentiment": reading.sentiment, "summary": reading.summary[:500]}
            await inbound_email.advance(tx.session, self._reply_id, self._lease(), values)
            await self._deps.notifier.tell(tx, ReplyArrived(self._reply_id))
        return reading

    async def _opted_out(self, ours: EmailCampaign) -> None:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await inbound_email.advance(tx.session, self._reply_id, self._lease(), {"answered": True})
            await opt_out(
                self._deps, tx, ours, reason="asked not to be written to", now=self._deps.clock.now()
            )
            await self._deps.notifier.tell(tx, ReplyArrived(self._reply_id))

    async def _draft(
        self, brief: Brief, ours: EmailCampaign, reply: InboundEmail, reading: ReplyReading, wish: str | None
    ) -> tuple[str, tuple[Cited, ...], str] | None:
        """Body, claims and model of an answer that passed; None when none did."""
        sections: dict[str, Any] = {
            "our_email": _mail(ours),
            "reply": reply.body[:MOST_READ],
            "reading": {"sentiment": reading.sentiment, "summary": reading.summary},
            "lead": drafting.lead_section(brief),
            "facts": drafting.facts_section(brief),
            "sender": drafting.sender_section(brief),
            **({"instruction": wish} if wish else {}),
        }
        problems: list[str] = []
        for _ in range(1 + REWRITES):
            try:
                found = await _ask(
                    self._deps.llm, {**sections, **({"problems": problems} if problems else {})}
                )
            except Permanent as error:
                log.warning("answer_not_drafted", reason=str(error))
                return None
            problems = _refusals(brief, reply, found[0], found[1], wish)
            if not problems:
                return found
        return None

    async def _store(
        self,
        brief: Brief,
        ours: EmailCampaign,
        reply: InboundEmail,
        earlier: EmailCampaign | None,
        answer: tuple[str, tuple[Cited, ...], str] | None,
    ) -> None:
        now = self._deps.clock.now()
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await inbound_email.advance(tx.session, self._reply_id, self._lease(), {"answered": True})
            if answer is not None:
                values = _row(ours, reply, brief, answer)
                if earlier is not None and earlier.state == EmailState.DRAFT:
                    await emails.change(
                        tx.session,
                        self._workspace_id,
                        earlier.id,
                        values,
                        among=(EmailState.DRAFT,),
                        now=now,
                    )
                    email_id = earlier.id
                else:
                    email_id = await emails.add(tx.session, self._workspace_id, values, now=now)
                stored = await emails.get(tx.session, self._workspace_id, email_id)
                assert stored is not None
                await asking.ask_for_answer(self._deps, tx, stored, now=now)
            await self._deps.notifier.tell(tx, ReplyArrived(self._reply_id))

    async def _done(self, values: dict[str, object]) -> None:
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await inbound_email.advance(tx.session, self._reply_id, self._lease(), values)

    async def _renew(self) -> None:
        lease = self._lease()
        async with self._deps.db.transaction(self._workspace_id) as tx:
            await inbound_email.advance(tx.session, self._reply_id, lease, {"lease_until": lease.until})

    def _lease(self) -> Lease:
        return Lease(self._token, self._deps.clock.wall() + LEASE)


async def _ask(llm: Llm, sections: dict[str, Any]) -> tuple[str, tuple[Cited, ...], str]:
    answer = await llm.parse(instructions=ANSWER, text=labelled(sections), schema=ProposedAnswer)
    return email_text.compose(answer.value.body), drafting.claims_of(answer.value.claims), answer.model


def _refusals(
    brief: Brief, reply: InboundEmail, body: str, claims: tuple[Cited, ...], wish: str | None
) -> list[str]:
    rules = replace(
        drafting.text_rules(brief, None), min_words=5, max_words=email_text.MAX_ANSWER_WORDS, refuse_spam=True
    )
    facts = [drafting.cited_fact(fact) for fact in brief.usable_facts]
    found = [
        *(problem for problem in email_text.lint("Re", body, rules) if problem.field == "body"),
        *grounding.check(
            "",
            body,
            claims,
            facts,
            known=[*brief.known(wish), reply.body[:MOST_READ]],
            language=brief.language.split("-")[0].lower(),
        ),
    ]
    return email_text.problems_in(found)


def _row(
    ours: EmailCampaign, reply: InboundEmail, brief: Brief, answer: tuple[str, tuple[Cited, ...], str]
) -> dict[str, Any]:
    body, claims, model = answer
    to, subject = reply.from_email or ours.to_email, letter.answer_subject(reply.subject or ours.subject)
    return {
        "lead_id": ours.lead_id,
        "campaign_id": ours.campaign_id,
        "enrollment_id": ours.enrollment_id,
        "mailbox_id": ours.mailbox_id,
        "reply_id": reply.id,
        "kind": EmailKind.ANSWER,
        "state": EmailState.DRAFT,
        "to_email": to,
        "subject": subject,
        "body": body,
        "from_email": ours.from_email,
        "reply_to": ours.reply_to,
        "language": brief.language,
        "claims": {"claims": [{"sentence": one.sentence, "fact_ids": list(one.fact_ids)} for one in claims]},
        "content_hash": approval.content_hash(to, subject, body),
        "ai_model_used": model,
        "ai_prompt_version": PROMPT_VERSION,
    }


def _mail(email: EmailCampaign) -> dict[str, str]:
    return {"subject": email.subject, "body": email.body}


def _known(sentiment: str) -> Any:
    """A stored sentiment is one of the schema's words."""
    return sentiment
