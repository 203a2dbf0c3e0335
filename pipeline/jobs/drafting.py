"""Writing one email of a sequence: the model writes, code refuses, a second model judges, a template is last."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from db.models.email import EmailCampaign
from db.models.research import Fact
from db.types import EmailState
from pipeline.clients.llm.base import Llm
from pipeline.clients.llm.tasks import Claim, Judgement, WrittenEmail, labelled
from pipeline.errors import Permanent, Transient
from pipeline.jobs import from_templates
from pipeline.jobs.brief import Brief, facts_section, lead_section, sender_section, step_section
from pipeline.jobs.prompt import prompt as prompt_named
from pipeline.rules import earlier, email_text, grounding, mixed_language
from pipeline.rules.email_text import Problem, TextRules
from pipeline.rules.grounding import Cited, CitedFact
from pipeline.rules.sequence import Step
from pipeline.rules.step_templates_own import asks_for_templates
from pipeline.rules.writing_context import CONTEXT_TOKENS, LEAST_FACTS_TOKENS, lessons, tokens_in

__all__ = ["Brief", "facts_section", "lead_section", "sender_section"]

WRITE, JUDGE = prompt_named("write_email").text, prompt_named("judge_email").text
PROMPT_VERSION = prompt_named("write_email").version
REWRITES = 2
GOOD_ENOUGH = 4
_DEEP = frozenset({"high", "medium"})


@dataclass(frozen=True, slots=True)
class Written:
    subject: str
    body: str
    claims: tuple[Cited, ...] = ()
    judge_score: int | None = None
    from_template: bool = False
    model: str | None = None
    tokens: dict[str, str] = field(default_factory=dict[str, str])
    warnings: tuple[str, ...] = ()  # what approvers should know, where nothing better was found

    def stored_claims(self) -> dict[str, Any]:
        claims = [{"sentence": one.sentence, "fact_ids": list(one.fact_ids)} for one in self.claims]
        return {"claims": claims, **({"warnings": list(self.warnings)} if self.warnings else {})}


async def write(
    llm: Llm,
    brief: Brief,
    step: Step,
    previous: Sequence[EmailCampaign],
    *,
    instruction: str | None = None,
    judge: Llm | None = None,
    prompt: str = WRITE,
) -> Written:
    """An email that passed lint and grounding. Raises Transient while the model does not answer.

    `judge`: who scores it, if not `llm`; `prompt`: what the writer is told.
    """
    if asks_for_templates(brief.approach):
        return template(brief, step)
    sections = _sections(brief, step, previous, instruction)
    facts = _facts(brief, step, previous, tokens_in(prompt) + tokens_in(sections))
    sections |= {"facts": facts_section(brief, facts), "tokens": brief.tokens(facts)}
    best: Written | None = None
    problems: list[str] = []
    for _ in range(1 + REWRITES):
        try:
            written = await _ask(llm, {**sections, **({"problems": problems} if problems else {})}, prompt)
            problems = refusals(brief, step, written, facts, instruction)
            if problems:
                continue
            judged = await _judge(judge or llm, sections["facts"], step, written)
        except Permanent:
            break
        if best is None or (judged.judge_score or 0) > (best.judge_score or 0):
            best = judged
        if judged.judge_score is None or judged.judge_score >= GOOD_ENOUGH:
            return judged
        problems = list(_reasons(judged)) or ["It is not specific enough."]
    return best or template(brief, step)


def _facts(brief: Brief, step: Step, previous: Sequence[EmailCampaign], spent: int) -> list[Fact]:
    """The facts that serve the step, within what is left of the context's budget."""
    used = {
        str(one)
        for email in previous
        for claim in (email.claims or {}).get("claims", ())
        for one in claim.get("fact_ids", ())
    }
    return brief.facts_for(step, budget=max(LEAST_FACTS_TOKENS, CONTEXT_TOKENS - spent), used=used)


def refusals(
    brief: Brief, step: Step, written: Written, facts: Sequence[Fact], instruction: str | None = None
) -> list[str]:
    """Why a draft can't be shown to anybody; empty when it can. `facts`: those the writer was given."""
    found = [
        *email_text.lint(written.subject, written.body, text_rules(brief, step)),
        *beyond_the_text(brief, step, written.subject, written.body),
        *grounding.check(
            written.subject,
            written.body,
            written.claims,
            [cited_fact(fact) for fact in facts],
            known=brief.known(instruction),
            language=brief.language.split("-")[0].lower(),
        ),
    ]
    cites = any(one.fact_ids for one in written.claims)
    missing = step.personalization_depth in _DEEP and bool(facts) and not cites
    return email_text.problems_in(found) + (["It uses no detail from the research."] if missing else [])


def beyond_the_text(brief: Brief, step: Step | None, subject: str, body: str) -> list[Problem]:
    """What is wrong with an email in view of what they had before, and of the sender's own language. A follow-up in
    the thread has the first one's subject."""
    has_subject = step is not None and (step.number == 1 or not brief.campaign.answer_in_thread)
    return [
        *earlier.repeats(subject if has_subject else None, body, brief.earlier.sent),
        *mixed_language.copied(body, brief.own_texts, brief.language),
    ]


def text_rules(brief: Brief, step: Step | None) -> TextRules:
    """What an email of this step is held against; without a step, what a person's own edit is."""
    link = brief.workspace.booking_link
    own = TextRules(
        first_name=brief.first_name,
        last_name=brief.last_name,
        names=(brief.lead.name,),
        allowed_links=(link,) if link else (),
        forbidden_words=tuple(brief.workspace.forbidden_words),
        signature=brief.workspace.signature or "",
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
    """The step's template: the workspace's own where one fits this lead, else ours, true without any fact."""
    own = from_templates.own(brief, step, text_rules(brief, None))
    if own is not None:
        found = Written(own.subject, own.body, claims=own.claims, from_template=True, tokens=own.tokens)
    else:
        subject, body = from_templates.built_in(brief, step)
        found = Written(subject, body, from_template=True)
    warnings = email_text.problems_in(beyond_the_text(brief, step, found.subject, found.body))
    return replace(found, warnings=tuple(warnings))


def cited_fact(fact: Fact) -> CitedFact:
    return CitedFact(
        str(fact.id), fact.value, fact.quote, fact.published_on.isoformat() if fact.published_on else None
    )


def _sections(
    brief: Brief, step: Step, previous: Sequence[EmailCampaign], instruction: str | None
) -> dict[str, Any]:
    """All but the facts, which get what is left of the budget."""
    sections: dict[str, Any] = {
        "lead": lead_section(brief),
        "sender": sender_section(brief),
        "step": step_section(step),
        "previous_emails": [{"subject": one.subject, "body": one.body} for one in previous],
        "campaign": {"goal": brief.campaign.goal, "approach": brief.approach},
        "language": brief.language,
    }
    if told := lessons(brief.rejections):
        sections["rejected_lately"] = told
    if brief.earlier.sent:
        sections["earlier_correspondence"] = earlier.told(brief.earlier)
    return {**sections, "instruction": instruction} if instruction else sections


async def _ask(llm: Llm, sections: dict[str, Any], prompt: str) -> Written:
    answer = await llm.parse(instructions=prompt, text=labelled(sections), schema=WrittenEmail)
    found = answer.value
    return Written(
        subject=" ".join(found.subject.split()),
        body=email_text.compose(found.body, found.cta, found.ps),
        claims=claims_of(found.claims),
        model=answer.model,
        tokens=sections["tokens"],
    )


def claims_of(claims: Sequence[Claim]) -> tuple[Cited, ...]:
    return tuple(Cited(one.sentence, tuple(one.fact_ids)) for one in claims if one.sentence.strip())


@dataclass(frozen=True, slots=True)
class _Judged(Written):
    reasons: tuple[str, ...] = ()


async def _judge(llm: Llm, facts: list[dict[str, Any]], step: Step, written: Written) -> Written:
    """The draft with its score; without one when the judge does not answer."""
    sections = {
        "email": {"subject": written.subject, "body": written.body},
        "facts": facts,
        "step": step_section(step),
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
