"""Email templates: the list, the form, and how one reads for a lead."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.action_ids import Action, View
from bot.views.blocks import (
    Block,
    Rendered,
    actions,
    button,
    clip,
    confirm,
    context,
    divider,
    escape,
    header,
    input_block,
    modal,
    option,
    plain,
    quoted,
    section,
    text_input,
)
from pipeline.rules import sequence
from pipeline.rules.step_templates import TEMPLATES
from pipeline.rules.step_templates_own import MAX_NAME, MAX_SOURCE, VARIABLES

PAGE = 10
MOST_LEADS = 50
LANGUAGES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese",
    "nl": "Dutch",
    "sv": "Swedish", "da": "Danish", "no": "Norwegian", "fi": "Finnish", "pl": "Polish", "cs": "Czech", "sk": "Slovak",
    "hu": "Hungarian", "ro": "Romanian", "el": "Greek", "tr": "Turkish", "uk": "Ukrainian", "ja": "Japanese",
    "ko": "Korean", "zh": "Chinese", "ar": "Arabic", "he": "Hebrew", "hi": "Hindi",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """`in_use`: of its step and language it is the one that is tried first."""

    id: str
    name: str
    step_type: str
    language: str
    subject: str
    body: str
    in_use: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """`of`: what is previewed, as its button says it; `leads`: id and name of those to choose from."""

    of: str
    title: str
    lead_id: str
    lead_name: str
    subject: str
    body: str
    words: int
    problems: tuple[str, ...]
    leads: tuple[tuple[str, str], ...]


def step_name(step_type: str) -> str:
    """“Value proposition”."""
    return "Break-up" if step_type == "breakup" else step_type.replace("_", " ").capitalize()


def templates_card(lines: Sequence[TemplateLine], total: int, offset: int = 0) -> Rendered:
    blocks: list[Block] = [
        header("Email templates"),
        context(
            "They stand in when no model answers, or where a campaign's approach is “templates”. Everything still "
            "waits for approval."
        ),
    ]
    if offset == 0:
        blocks += _built_in()
    blocks += [block for line in lines[:PAGE] for block in _line(line)]
    if not total:
        blocks.append(section("_There is no template of your own yet._"))
    elif total > offset + PAGE:
        more = button("More", Action.TEMPLATES_PAGE, str(offset + PAGE))
        blocks.append(actions([more], "templates_more"))
    return Rendered("Email templates", blocks)


def _built_in() -> list[Block]:
    blocks: list[Block] = [
        actions([button("New template", Action.TEMPLATE_NEW, style="primary")], "templates_new")
    ]
    for number in range(1, sequence.LAST_STEP + 1):
        step = sequence.step(number)
        told = f"*{number} · {step_name(step.type)}* — built in: {', '.join(TEMPLATES)}"
        buttons = [
            button("Preview", f"{Action.TEMPLATE_PREVIEW}:{number}", f"built_in|{step.type}"),
            button("Start from it", f"{Action.TEMPLATE_NEW}:{number}", step.type),
        ]
        blocks += [section(told), actions(buttons, f"built_in:{number}")]
    return [*blocks, divider()]


def _line(line: TemplateLine) -> list[Block]:
    used = "in use" if line.in_use else "not in use: a newer one serves this step and language"
    language = LANGUAGES.get(line.language, line.language)
    told = (
        f"*{escape(line.name)}* — {escape(step_name(line.step_type))}, {escape(language)} · {used}\n"
        f"{escape(clip(line.subject, 100))}\n{quoted(clip(line.body, 300))}"
    )
    sure = confirm("Delete this template?", f"“{clip(line.name, 80)}” is gone for everybody.", "Delete")
    buttons = [
        button("Edit", Action.TEMPLATE_EDIT, line.id),
        button("Preview", Action.TEMPLATE_PREVIEW, f"own|{line.id}"),
        button("Delete", Action.TEMPLATE_DELETE, line.id, style="danger", confirm=sure),
    ]
    return [section(told), actions(buttons, f"template:{line.id}")]


def template_form(
    *,
    name: str = "",
    step_type: str = "",
    language: str = "en",
    subject: str = "",
    body: str = "",
    metadata: str = "",
) -> Block:
    types = [sequence.step(number).type for number in range(1, sequence.LAST_STEP + 1)]
    steps = [option(step_name(one), one) for one in types]
    chosen = steps[types.index(step_type)] if step_type in types else steps[0]
    codes = list(LANGUAGES) if language in LANGUAGES else [language, *LANGUAGES]
    languages = [option(LANGUAGES.get(code, code), code) for code in codes]
    blocks = [
        text_input("Name", "name", initial=name, max_length=MAX_NAME, placeholder="Trade fair, friendly"),
        input_block("Step it serves", "step", _select(steps, chosen)),
        input_block("Language", "language", _select(languages, languages[codes.index(language)])),
        text_input("Subject", "subject", initial=subject, max_length=300,
                   hint="At most 50 characters once it is filled in."),
        text_input("Body", "body", initial=body, multiline=True, max_length=MAX_SOURCE,
                   hint="50 to 150 words. Your signature and the footer are added on sending."),
        context("Variables: " + " ".join(f"`{{{{ {one} }}}}`" for one in VARIABLES)),
        context("Where something may be unknown: `{% if recent_news %}… {{ recent_news }} …{% endif %}`, or "
                "`{{ company | default(\"your company\") }}`. A "
                "lead for whom a variable is unknown gets the built-in template."),
    ]  # fmt: skip
    return modal("Email template", View.TEMPLATE, blocks, metadata=metadata)


def _select(options: list[Block], chosen: Block) -> Block:
    return {"type": "static_select", "action_id": "value", "options": options, "initial_option": chosen}


def preview_view(shown: Preview) -> Block:
    blocks: list[Block] = [section(f"*{escape(shown.title)}*, for *{escape(clip(shown.lead_name, 200))}*")]
    if shown.problems:
        said = "\n".join(f"• {escape(one)}" for one in shown.problems[:8])
        blocks.append(section(clip(f"⚠️ This lead would get the built-in template:\n{said}", 2900)))
    if shown.subject or shown.body:
        blocks += [section(f"*{escape(clip(shown.subject, 200))}*"), section(quoted(shown.body))]
        blocks.append(context(f"{shown.words} words. Your signature and the footer are added on sending."))
    if shown.leads:
        options = [option(name or "?", lead_id) for lead_id, name in shown.leads[:MOST_LEADS]]
        select: Block = {
            "type": "static_select",
            "action_id": Action.TEMPLATE_PREVIEW_LEAD.value,
            "placeholder": plain("Another lead", 150),
            "options": options,
        }
        blocks.append(section("With another lead:", select))
    return modal("Preview", View.TEMPLATE_PREVIEW, blocks, submit=None, metadata=shown.of)
