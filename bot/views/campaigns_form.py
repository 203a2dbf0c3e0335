"""The forms of campaigns: a new one or a draft's change, and leads for one that runs."""

from bot.action_ids import View
from bot.views.blocks import Block, context, escape, input_block, modal, option, section, text_input
from db.types import CampaignType
from pipeline.rules.campaign_card import Plans
from pipeline.rules.lead_filter import EXAMPLE, GRAMMAR

TYPES = {
    CampaignType.IMMEDIATE: "At once",
    CampaignType.SCHEDULED: "At a time",
    CampaignType.DRIP: "Drip: a few leads a day",
}
_FILTER_HINT = f"Joined by commas: {GRAMMAR}."


def campaign_form(
    metadata: str, *, plans: Plans | None = None, filter_text: str = "", start: str = "", like: str = ""
) -> Block:
    """`plans`: of the draft that is changed; the leads it names stay where both fields are left empty."""
    chosen = plans.type if plans else CampaignType.IMMEDIATE
    options = [option(label, kind) for kind, label in TYPES.items()]
    kept = "Leave both empty to keep the leads it names now. " if plans and not filter_text else ""
    radio: Block = {
        "type": "radio_buttons",
        "action_id": "value",
        "options": options,
        "initial_option": option(TYPES[chosen], chosen),
    }
    blocks = [
        text_input("Name", "name", initial=plans.name if plans else "", optional=True, max_length=120,
                   placeholder="Spring follow-up"),
        text_input("Leads, by filter", "filter", initial=filter_text, optional=True, max_length=500,
                   placeholder=EXAMPLE, hint=kept + _FILTER_HINT),
        text_input("Or leads by name", "leads", optional=True, multiline=True, max_length=3000,
                   placeholder="Maria Silva, kim@acme.example", hint="Names or addresses, by commas or lines."),
        input_block("When", "type", radio),
        text_input("Start", "start", initial=start, optional=True, max_length=100, placeholder="tomorrow at 10am",
                   hint="In your own time zone. Empty: at once."),
        text_input("Leads a day (drip)", "leads_per_day", optional=True, max_length=5, placeholder="10",
                   initial=str(plans.leads_per_day or "") if plans else ""),
        text_input("Goal", "goal", initial=plans.goal if plans else "", optional=True, max_length=500,
                   placeholder="Book a demo of the new planner"),
        text_input("Approach", "approach", initial=(plans.approach or "") if plans else "", optional=True,
                   multiline=True, max_length=500, placeholder="Lead with the time they save; no discounts"),
        text_input("Same approach as", "like", initial=like, optional=True, max_length=120,
                   placeholder="the tech companies", hint="Words of an earlier campaign: goal, approach, language and "
                   "pace are taken from it where you leave them empty."),
        text_input("Language", "language", initial=(plans.language or "") if plans else "", optional=True,
                   max_length=20, placeholder="each lead's own", hint="A code such as en, de or pt-BR."),
        context("Next you see a preview. Nothing is written or sent before somebody starts it."),
    ]  # fmt: skip
    title = "Change the campaign" if plans else "New campaign"
    return modal(title, View.CAMPAIGN, blocks, submit="Preview", metadata=metadata)


def add_form(name: str, metadata: str) -> Block:
    blocks = [
        section(f"More leads for *{escape(name)}*. Their drafts are written and wait for an approver."),
        text_input("Leads by name", "leads", optional=True, multiline=True, max_length=3000,
                   placeholder="Maria Silva, kim@acme.example", hint="Names or addresses, by commas or lines."),
        text_input("Or by filter", "filter", optional=True, max_length=500, placeholder=EXAMPLE, hint=_FILTER_HINT),
    ]  # fmt: skip
    return modal("Add leads", View.CAMPAIGN_ADD, blocks, submit="Add", metadata=metadata)
