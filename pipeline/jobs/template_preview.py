"""How a template reads for one lead, before anything uses it."""

from dataclasses import dataclass
from datetime import datetime

from db.models.campaign import Campaign
from db.models.email import EmailTemplate
from db.models.lead import Lead
from db.queries import mailbox as mailboxes
from db.queries import research
from db.queries import workspace as workspaces
from db.session import Tx
from db.types import LeadId
from pipeline.errors import UserError
from pipeline.jobs import drafting, from_templates
from pipeline.jobs.brief import Brief
from pipeline.rules import email_text, sequence
from pipeline.rules.sequence import Step


@dataclass(frozen=True, slots=True)
class Previewed:
    """`problems`: why this lead would get the built-in template instead; then the texts may be empty."""

    subject: str
    body: str
    words: int
    problems: tuple[str, ...] = ()


async def own(tx: Tx, lead: Lead, template: EmailTemplate, *, now: datetime) -> Previewed:
    brief = await _brief(tx, lead, now)
    try:
        filled = from_templates.fill(brief, from_templates.own_template(template))
    except UserError as error:
        return Previewed("", "", 0, (str(error),))
    return _held(brief, None, filled.subject, filled.body)


async def built_in(tx: Tx, lead: Lead, step: Step, *, now: datetime) -> Previewed:
    brief = await _brief(tx, lead, now)
    return _held(brief, step, *from_templates.built_in(brief, step))


def _held(brief: Brief, step: Step | None, subject: str, body: str) -> Previewed:
    rules = drafting.text_rules(brief, step)
    found = email_text.problems_in(email_text.lint(subject, body, rules))
    return Previewed(subject, body, email_text.word_count(body), tuple(found))


async def _brief(tx: Tx, lead: Lead, now: datetime) -> Brief:
    workspace = await workspaces.get(tx.session, tx.workspace_id)
    facts = await research.facts(tx.session, tx.workspace_id, LeadId(lead.id))
    mailbox = await mailboxes.least_busy(tx.session, tx.workspace_id)
    nothing = Campaign(workspace_id=tx.workspace_id, name="", goal="")
    return Brief(lead, workspace, nothing, facts, mailbox, today=now.date())


def step_of(step_type: str) -> Step | None:
    """The step of that type."""
    steps = (sequence.step(number) for number in range(1, sequence.LAST_STEP + 1))
    return next((step for step in steps if step.type == step_type), None)
