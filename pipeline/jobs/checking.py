"""What speaks against an email as it stands, whoever wrote it: held against its step, what they had before, and the
facts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from db.cards import CardClaim
from db.correspondence import NONE_YET
from db.models.email import EmailCampaign
from db.models.research import Fact
from db.queries import correspondence, email_card, enrollment, inbound_email, research
from db.queries import lead as leads
from db.queries import workspace as workspaces
from db.session import Tx
from db.types import LeadId
from pipeline.jobs import drafting
from pipeline.jobs.drafting import Brief
from pipeline.rules import email_text, grounding, letter, sequence


async def brief_of(tx: Tx, email: EmailCampaign, now: datetime) -> Brief | None:
    """As its writer had it. None: it is of no campaign, or its lead is gone."""
    lead = await leads.get(tx.session, tx.workspace_id, LeadId(email.lead_id))
    campaign = (
        await enrollment.campaign_of(tx.session, tx.workspace_id, email.campaign_id)
        if email.campaign_id
        else None
    )
    if lead is None or campaign is None:
        return None
    workspace = await workspaces.get(tx.session, tx.workspace_id)
    facts = await research.facts(tx.session, tx.workspace_id, LeadId(lead.id))
    before = await correspondence.with_leads(tx.session, tx.workspace_id, [lead.id])
    earlier = before.get(lead.id, NONE_YET).before(email.enrollment_id)
    return Brief(lead, workspace, campaign, facts, None, today=now.date(), earlier=earlier)


def faults(brief: Brief, number: int | None, subject: str, body: str) -> list[str]:
    """What a writer would have had to write anew; `number` None: it is an answer, which has no step."""
    step = sequence.step(number) if number else None
    if letter.answer_subject(subject) == subject:  # a follow-up in the thread
        subject = subject.removeprefix("Re: ")
    rules = drafting.text_rules(brief, step)
    if step is None:
        rules = replace(rules, min_words=1, max_words=email_text.MAX_ANSWER_WORDS, refuse_spam=True)
    found = [
        *email_text.lint(subject, body, rules),
        *drafting.beyond_the_text(brief, step, subject, body),
    ]
    return email_text.problems_in(one for one in found if step is not None or one.field == "body")


def unproven(
    brief: Brief,
    subject: str,
    body: str,
    claims: Sequence[CardClaim],
    facts: Sequence[Fact],
    also_known: Sequence[str] = (),
) -> list[str]:
    """What it says and no fact does."""
    found = grounding.check(
        subject.removeprefix("Re: "),
        body,
        [grounding.Cited(one.sentence, one.fact_ids) for one in claims],
        [drafting.cited_fact(fact) for fact in facts],
        known=[*brief.known(None), *also_known],
        language=brief.language.split("-")[0].lower(),
    )
    return email_text.problems_in(found)


async def warnings(tx: Tx, email: EmailCampaign, now: datetime) -> list[str]:
    """What approvers should know of an email that a person wrote: who knows more than the research may say more, and
    whoever decides reads that it did not come from there."""
    brief = await brief_of(tx, email, now)
    if brief is None:
        return []
    reply = await inbound_email.get(tx.session, tx.workspace_id, email.reply_id) if email.reply_id else None
    claims = email_card.claims_of(email)
    theirs = [reply.body] if reply else []
    return [
        *unproven(brief, email.subject, email.body, claims, brief.facts, theirs),
        *faults(brief, email.email_sequence, email.subject, email.body),
    ]
