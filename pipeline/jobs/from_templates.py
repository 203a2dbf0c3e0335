"""An email without a model: a template of the workspace filled in for one lead, or the step's built-in one."""

from collections.abc import Sequence
from dataclasses import dataclass

from db.models.email import EmailTemplate
from db.models.research import Fact
from pipeline.errors import UserError
from pipeline.jobs.brief import Brief
from pipeline.logs import get_logger
from pipeline.rules import earlier, email_text, step_templates, step_templates_own
from pipeline.rules.email_text import TextRules
from pipeline.rules.grounding import Cited
from pipeline.rules.sequence import Step
from pipeline.rules.step_templates import Blanks
from pipeline.rules.step_templates_own import OwnTemplate

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with a lead's data in it; `claims` link what came from facts to them."""

    subject: str
    body: str
    claims: tuple[Cited, ...]
    tokens: dict[str, str]


def own(brief: Brief, step: Step, rules: TextRules) -> Filled | None:
    """The first of the workspace's templates of this step that fits the lead; None where none does."""
    for template in step_templates_own.chosen(list(brief.templates), step.type, brief.language):
        try:
            filled = fill(brief, template)
        except UserError:
            log.info("template_does_not_fit", step=step.type, reason="a variable is empty or too long")
            continue
        if email_text.lint(filled.subject, filled.body, rules):
            log.info("template_does_not_fit", step=step.type, reason="lint")
        elif earlier.repeats(None, filled.body, brief.earlier.sent):
            log.info("template_does_not_fit", step=step.type, reason="they had it before")
        else:
            return filled
    return None


def fill(brief: Brief, template: OwnTemplate) -> Filled:
    """Raises UserError where the template shows what is not known of the lead."""
    facts = brief.usable_facts
    values = step_templates_own.values_of(blanks(brief), brief.last_name, brief.tokens(facts))
    subject, body = step_templates_own.filled(template, values)
    named = {
        *step_templates_own.variables_of(template.subject),
        *step_templates_own.variables_of(template.body),
    }
    shown = {name: value for name, value in values.items() if name in named and value}
    return Filled(subject, body, _claims(f"{subject}\n{body}", shown, facts), shown)


def _claims(text: str, shown: dict[str, str], facts: Sequence[Fact]) -> tuple[Cited, ...]:
    """Each line that shows a fact's value, with that fact."""
    of_value = {fact.value: str(fact.id) for fact in reversed(facts)}
    return tuple(
        Cited(line.strip(), tuple(ids))
        for line in text.splitlines()
        if (ids := [of_value[value] for value in shown.values() if value in of_value and value in line])
    )


def built_in(brief: Brief, step: Step) -> tuple[str, str]:
    """Subject and body that are true without any fact; nobody is introduced to somebody a second time."""
    again = bool(brief.earlier.sent)
    return step_templates.from_template(step.type, blanks(brief), brief.language, again=again)


def blanks(brief: Brief) -> Blanks:
    workspace = brief.workspace
    return Blanks(
        first_name=brief.first_name,
        company=brief.lead.company or "",
        title=brief.lead.title or "",
        sender_name=brief.sender_name or "writing to you",
        sender_company=workspace.company_name or "",
        offer=workspace.company_offer or "",
        proof=next(iter(workspace.proof_points), ""),
        booking_link=workspace.booking_link or "",
    )


def own_template(row: EmailTemplate) -> OwnTemplate:
    return OwnTemplate(
        row.name, row.sequence_type or "", row.language, row.subject_template, row.body_template
    )
