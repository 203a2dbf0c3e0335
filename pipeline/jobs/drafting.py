"""Writing one email of a sequence: the model writes, code refuses, a second model judges, a template is last."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nameparser import HumanName

from db.models.campaign import Campaign
from db.models.email import EmailCampaign
from db.models.lead import Lead
from db.models.research import Fact
from db.models.workspace import Workspace
from db.queries.mailbox import MailboxRow
from db.types import EmailState
from pipeline.clients.llm.base import Llm
from pipeline.clients.llm.tasks import Claim, Judgement, WrittenEmail, labelled
from pipeline.errors import Permanent, Transient
from pipeline.rules import email_text, grounding, sequence
from pipeline.rules.email_text import TextRules
from pipeline.rules.grounding import Cited, CitedFact
from pipeline.rules.sequence import Step, TokenFact
from pipeline.rules.step_templates import Blanks, from_template

PROMPTS = Path(__file__).parent.parent / "prompts"
WRITE, JUDGE = (PROMPTS / "write_email.md").read_text(), (PROMPTS / "judge_email.md").read_text()
PROMPT_VERSION = "write_email/1"
REWRITES = 2
GOOD_ENOUGH = 4
MOST_FACTS = 40
_NOT_FOR_WRITING = frozenset(
    {"email", "phone", "address", "linkedin_url", "website_url", "twitter_url", "ig_url", "facebook_url"}
)
_DEEP = frozenset({"high", "medium"})


@dataclass(frozen=True, slots=True)
class Brief:
    """All that is known when a sequence is written."""

    lead: Lead
    workspace: Workspace
    campaign: Campaign
    facts: Sequence[Fact]
    mailbox: MailboxRow | None
    visits: int = 0

    @property
    def first_name(self) -> str:
        name = HumanName(self.lead.name)
        return str(name.first or self.lead.name.split()[0])

    @property
    def last_name(self) -> str:
        return str(HumanName(self.lead.name).last)

    @property
    def language(self) -> str:
        return self.campaign.language or self.lead.language or "en"

    @property
    def sender_name(self) -> str:
        box = self.mailbox
        return (
            self.workspace.sender_name
            or (box.display_name if box else None)
            or self.workspace.company_name
            or ""
        )

    @property
    def usable_facts(self) -> list[Fact]:
        return [fact for fact in self.facts if fact.field not in _NOT_FOR_WRITING][:MOST_FACTS]

    def known(self, instruction: str | None) -> list[str]:
        """Texts whose details need no research: the lead's own data, the sender's profile, a person's wish."""
        lead, workspace, campaign = self.lead, self.workspace, self.campaign
        texts = (
            lead.name, lead.company, lead.title, lead.company_domain,
            workspace.company_name, workspace.company_offer, *workspace.proof_points, self.sender_name,
            workspace.signature, campaign.goal, campaign.approach, instruction,
        )  # fmt: skip
        return [text for text in texts if text]


@dataclass(frozen=True, slots=True)
class Written:
    subject: str
    body: str
    claims: tuple[Cited, ...] = ()
    judge_score: int | None = None
    from_template: bool = False
    model: str | None = None
    tokens: dict[str, str] = field(default_factory=dict[str, str])

    def stored_claims(self) -> dict[str, Any]:
        return {"claims": [{"sentence": one.sentence, "fact_ids": list(one.fact_ids)} for one in self.claims]}


async def write(
    llm: Llm, brief: Brief, step: Step, previous: Sequence[EmailCampaign], *, instruction: str | None = None
) -> Written:
    """An email that passed lint and grounding. Raises Transient while the model does not answer."""
    sections = _sections(brief, step, previous, instruction)
    best: Written | None = None
    problems: list[str] = []
    for _ in range(1 + REWRITES):
        try:
            written = await _ask(llm, brief, {**sections, **({"problems": problems} if problems else {})})
            problems = refusals(brief, step, written, instruction)
            if problems:
                continue
            judged = await _judge(llm, brief, step, written)
        except Permanent:
            break
        if best is None or (judged.judge_score or 0) > (best.judge_score or 0):
            best = judged
        if judged.judge_score is None or judged.judge_score >= GOOD_ENOUGH:
            return judged
        problems = list(_reasons(judged)) or ["It is not specific enough."]
    return best or template(brief, step)


def refusals(brief: Brief, step: Step, written: Written, instruction: str | None = None) -> list[str]:
    """Why a draft can't be shown to anybody; empty when it can."""
    found = [
        *email_text.lint(written.subject, written.body, text_rules(brief, step)),
        *grounding.check(
            written.subject,
            written.body,
            written.claims,
            [cited_fact(fact) for fact in brief.usable_facts],
            known=brief.known(instruction),
            language=brief.language.split("-")[0].lower(),
        ),
    ]
    cites = any(one.fact_ids for one in written.claims)
    missing = step.personalization_depth in _DEEP and bool(brief.usable_facts) and not cites
    return email_text.problems_in(found) + (["It uses no detail from the research."] if missing else [])


def text_rules(brief: Brief, step: Step | None) -> TextRules:
    """What an email of this step is held against; without a step, what a person's own edit is."""
    link = brief.workspace.booking_link
    own = TextRules(
        first_name=brief.first_name,
        last_name=brief.last_name,
        names=(brief.lead.name,),
        allowed_links=(link,) if link else (),
        forbidden_words=tuple(brief.workspace.forbidden_words),
        needs_ps=False,
        one_question=False,
        refuse_spam=False,
    )
    if step is None:
        return own
    return replace(
        own,
        min_words=step.min_words,
        max_words=step.max_words,
        required_link=link or None,
        needs_ps=True,
        one_question=True,
        refuse_spam=True,
    )


def template(brief: Brief, step: Step) -> Written:
    """The step's template: true without any fact."""
    workspace = brief.workspace
    subject, body = from_template(
        step.type,
        Blanks(
            first_name=brief.first_name,
            company=brief.lead.company or "",
            title=brief.lead.title or "",
            sender_name=brief.sender_name or "writing to you",
            sender_company=workspace.company_name or "",
            offer=workspace.company_offer or "",
            proof=next(iter(workspace.proof_points), ""),
            booking_link=workspace.booking_link or "",
        ),
    )
    return Written(subject, body, from_template=True)


def cited_fact(fact: Fact) -> CitedFact:
    return CitedFact(
        str(fact.id), fact.value, fact.quote, fact.published_on.isoformat() if fact.published_on else None
    )


def sender_section(brief: Brief) -> dict[str, Any]:
    workspace = brief.workspace
    return {
        "company": workspace.company_name or "",
        "offer": workspace.company_offer or "",
        "proof_points": workspace.proof_points,
        "tone": workspace.tone,
        "forbidden_words": workspace.forbidden_words,
        "sender_name": brief.sender_name,
        "booking_link": workspace.booking_link or "",
    }


def lead_section(brief: Brief) -> dict[str, Any]:
    lead = brief.lead
    return {
        "first_name": brief.first_name,
        "name": lead.name,
        "title": lead.title or "",
        "company": lead.company or "",
    }


def facts_section(brief: Brief) -> list[dict[str, Any]]:
    return [
        {
            "id": str(fact.id),
            "field": fact.field,
            "value": fact.value,
            "quote": fact.quote,
            "published_on": fact.published_on.isoformat() if fact.published_on else None,
        }
        for fact in brief.usable_facts
    ]


def _sections(
    brief: Brief, step: Step, previous: Sequence[EmailCampaign], instruction: str | None
) -> dict[str, Any]:
    sections: dict[str, Any] = {
        "lead": lead_section(brief),
        "facts": facts_section(brief),
        "sender": sender_section(brief),
        "step": _step_section(step),
        "previous_emails": [{"subject": one.subject, "body": one.body} for one in previous],
        "campaign": {"goal": brief.campaign.goal, "approach": brief.campaign.approach or ""},
        "tokens": _tokens(brief),
        "language": brief.language,
    }
    return {**sections, "instruction": instruction} if instruction else sections


def _step_section(step: Step) -> dict[str, Any]:
    return {
        "number": step.number,
        "type": step.type,
        "tone": step.tone,
        "personalization_depth": step.personalization_depth,
        "length": step.length,
        "min_words": step.min_words,
        "max_words": step.max_words,
    }


def _tokens(brief: Brief) -> dict[str, str]:
    facts = [
        TokenFact(fact.field, fact.value, fact.url, by_person=fact.source == "person")
        for fact in brief.usable_facts
    ]
    return sequence.tokens(
        first_name=brief.first_name,
        company=brief.lead.company,
        title=brief.lead.title,
        facts=facts,
        visits=brief.visits,
    )


async def _ask(llm: Llm, brief: Brief, sections: dict[str, Any]) -> Written:
    answer = await llm.parse(instructions=WRITE, text=labelled(sections), schema=WrittenEmail)
    found = answer.value
    return Written(
        subject=" ".join(found.subject.split()),
        body=email_text.compose(found.body, found.cta, found.ps),
        claims=claims_of(found.claims),
        model=answer.model,
        tokens=_tokens(brief),
    )


def claims_of(claims: Sequence[Claim]) -> tuple[Cited, ...]:
    return tuple(Cited(one.sentence, tuple(one.fact_ids)) for one in claims if one.sentence.strip())


@dataclass(frozen=True, slots=True)
class _Judged(Written):
    reasons: tuple[str, ...] = ()


async def _judge(llm: Llm, brief: Brief, step: Step, written: Written) -> Written:
    """The draft with its score; without one when the judge does not answer."""
    sections = {
        "email": {"subject": written.subject, "body": written.body},
        "facts": facts_section(brief),
        "step": _step_section(step),
    }
    try:
        judged = (await llm.parse(instructions=JUDGE, text=labelled(sections), schema=Judgement)).value
    except (Transient, Permanent):
        return written
    return _Judged(
        written.subject,
        written.body,
        written.claims,
        max(1, min(5, judged.score)),
        written.from_template,
        written.model,
        written.tokens,
        tuple(judged.reasons),
    )


def _reasons(judged: Written) -> tuple[str, ...]:
    return judged.reasons if isinstance(judged, _Judged) else ()


def needs_writing(email: EmailCampaign) -> bool:
    """A draft that somebody wants another version of."""
    return email.state == EmailState.DRAFT and "rewrite" in (email.claims or {})


def wish_of(email: EmailCampaign | None) -> str | None:
    """What the person who asked for another version wants of it."""
    stored: dict[str, Any] = email.claims if email is not None else {}
    return stored.get("rewrite", {}).get("instruction") or None
