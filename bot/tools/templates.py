"""The workspace's own email templates: listing, and saving one that was checked."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from bot.tools.base import Arguments, Result, ToolContext, tool
from bot.views.blocks import counted
from db.models.email import EmailTemplate
from db.queries import template, workspace
from db.queries.template import NewTemplate
from db.types import Effect
from pipeline.errors import FieldErrors, UserError
from pipeline.rules import step_templates_own
from pipeline.rules.step_templates import TEMPLATES
from pipeline.rules.step_templates_own import VARIABLES, checked

MOST = 100
GONE = "That template is not here any more. `/leads templates` shows those that are."
StepType = Literal["introduction", "value_proposition", "case_study", "soft_reminder", "breakup"]


class TemplateSummary(BaseModel):
    name: str
    step: str
    language: str
    subject: str
    body: str
    in_use: bool


class Templates(Result):
    own: list[TemplateSummary]
    built_in_steps: list[str]
    built_in_languages: list[str]
    variables: list[str]


class Nothing(Arguments):
    pass


@tool(effect=Effect.READ, label="Looking at the email templates")
async def list_email_templates(ctx: ToolContext, args: Nothing) -> Templates:
    """The team's own email templates and which of them is in use, the built-in steps, and the variables a
    template may name. Templates stand in when no model answers, or where a campaign's approach is “templates”."""
    rows = await template.listing(ctx.tx.session, ctx.workspace_id, limit=MOST)
    using = in_use(rows)
    said = (
        f"There {'is' if len(rows) == 1 else 'are'} {counted(len(rows), 'template')} of your own"
        if rows
        else "There is no template of your own yet"
    )
    return Templates(
        summary=f"{said}; every step has a built-in one in {', '.join(TEMPLATES)}. "
        "`/leads templates` shows them with buttons to write, edit and preview.",
        own=[
            TemplateSummary(
                name=row.name,
                step=row.sequence_type or "",
                language=row.language,
                subject=row.subject_template,
                body=row.body_template,
                in_use=row.id in using,
            )
            for row in rows[:20]
        ],
        built_in_steps=list(step_templates_own.step_types()),
        built_in_languages=list(TEMPLATES),
        variables=list(VARIABLES),
    )


def in_use(rows: list[EmailTemplate]) -> set[UUID]:
    """Of each step and language the one that is tried first. `rows`: as listed, the one changed last first."""
    first: dict[tuple[str | None, str], UUID] = {}
    for row in rows:
        first.setdefault((row.sequence_type, row.language), row.id)
    return set(first.values())


class SaveEmailTemplate(Arguments):
    name: str = Field(description="what the team calls it; one of that name is changed")
    step: StepType = Field(description="the step of a sequence it serves")
    language: str | None = Field(description="two letters; en unless asked otherwise")
    subject: str = Field(description="at most 50 characters, with {{ variables }}")
    body: str = Field(description="50 to 150 words, with {{ variables }} and {% if variable %}…{% endif %}")


@tool(effect=Effect.WRITE, label="Saving the template {name}")
async def save_email_template(ctx: ToolContext, args: SaveEmailTemplate) -> Result:
    """Create or change one of the team's own email templates, in the person's words. It is checked first: unknown
    variables, loops and broken syntax are refused with what is allowed. Nothing is sent."""
    known = await template.by_name(ctx.tx.session, ctx.workspace_id, " ".join(args.name.split()))
    return await save(
        ctx,
        known.id if known else None,
        name=args.name,
        step=args.step,
        language=args.language or "en",
        subject=args.subject,
        body=args.body,
    )


async def save(
    ctx: ToolContext,
    template_id: UUID | None,
    *,
    name: str,
    step: str,
    language: str,
    subject: str,
    body: str,
) -> Result:
    """Check and store. Raises FieldErrors at name, step, language, subject or body; UserError when it is gone."""
    session, ours = ctx.tx.session, await workspace.get(ctx.tx.session, ctx.workspace_id)
    own, variables = checked(name, step, language, subject, body, forbidden_words=tuple(ours.forbidden_words))
    same = await template.by_name(session, ctx.workspace_id, own.name)
    if same is not None and same.id != template_id:
        raise FieldErrors({"name": f"There is a template called “{own.name}” already."})
    new = NewTemplate(own.name, own.step_type, own.language, own.subject, own.body, variables)
    if template_id is None:
        made = await _create(ctx, new)
        await ctx.record("template.created", "email_template", made, {"name": own.name})
    else:
        if not await template.change(session, ctx.workspace_id, template_id, new, now=ctx.now):
            raise UserError(GONE)
        await ctx.record("template.changed", "email_template", template_id, {"name": own.name})
    return Result(summary=_said(own, variables, is_new=template_id is None))


async def _create(ctx: ToolContext, new: NewTemplate) -> UUID:
    if await template.count(ctx.tx.session, ctx.workspace_id) >= MOST:
        raise UserError(f"There are {MOST} templates already. Delete one first.")
    made = await template.create(ctx.tx.session, ctx.workspace_id, new, now=ctx.now)
    if made is None:
        raise FieldErrors({"name": f"There is a template called “{new.name}” already."})
    return made


def _said(own: step_templates_own.OwnTemplate, variables: tuple[str, ...], *, is_new: bool) -> str:
    done = "Saved" if is_new else "Changed"
    step = own.step_type.replace("_", " ")
    shown = f" It shows {', '.join(variables)}." if variables else " It shows no variable."
    return (
        f"{done}: template “{own.name}” for the step {step}, in {own.language}.{shown} It stands in when no model "
        "answers, or where a campaign's approach is “templates”; a lead for whom a variable is unknown gets the "
        "built-in one."
    )


async def delete(ctx: ToolContext, template_id: UUID) -> str:
    """The name of what is gone. Raises UserError when it was gone before."""
    name = await template.remove(ctx.tx.session, ctx.workspace_id, template_id)
    if name is None:
        raise UserError(GONE)
    await ctx.record("template.deleted", "email_template", template_id, {"name": name})
    return name
