"""Leads and their research: a line, a card, a list, a run as it goes on."""

from collections.abc import Sequence
from datetime import date

from bot.action_ids import Action
from bot.views.blocks import (
    Block,
    Rendered,
    actions,
    button,
    clip,
    context,
    divider,
    escape,
    fields,
    header,
    link,
    named_some,
    plan,
    section,
    task_card,
    whole_lines,
)
from db.cards import FactLine, LeadLine, RunCard, StepLine
from pipeline.rules.conflicts import source_words, told

STATUS_ICON = {
    "new": "🆕",
    "researching": "🔎",
    "researched": "📇",
    "emailed": "📤",
    "replied": "💬",
    "unsubscribed": "🚫",
    "bounced": "⚠️",
}
FIELD_NAME = {
    "linkedin_url": "LinkedIn",
    "website_url": "Website",
    "twitter_url": "X",
    "ig_url": "Instagram",
    "facebook_url": "Facebook",
    "company_description": "Company",
    "job_post": "Hiring",
}
EMAIL_NOTE = {
    "given": "given by a person",
    "found": "published",
    "guessed": "a guess, not confirmed",
    "confirmed": "confirmed",
}
TASK_STATUS = {
    "pending": "pending",
    "running": "in_progress",
    "ok": "complete",
    "empty": "complete",
    "skipped": "complete",
}
SHOWN_FACTS = 8
MOST_FACTS = 30  # on a lead's own card
_REASONS_TOLD, _TITLES_TOLD = 2, 2  # of steps that were not taken
Told = tuple[FactLine, tuple[FactLine, ...]]  # what stands, and what is said instead
# What a person wants to know first; fields that are not named come after, in the order they are given.
FIRST_FIELDS = (
    "title", "post", "news", "achievement", "quote", "interest", "company_description", "product", "job_post",
    "pain_point", "employees", "location", "email", "phone", "linkedin_url", "website_url",
)  # fmt: skip


def who(lead: LeadLine) -> str:
    """Name, title and company in one plain line."""
    role = " at ".join(part for part in (lead.title, lead.company) if part)
    return f"{lead.name}, {role}" if role else lead.name


def verdict(lead: LeadLine) -> str:
    if lead.qualified is None:
        return "Not researched yet"
    return f"{'✅ Worth writing to' if lead.qualified else '➖ Not qualified'} · score {lead.score}/100"


def field_name(name: str) -> str:
    return FIELD_NAME.get(name, name.replace("_", " ").capitalize())


def fact_text(fact: FactLine, others: Sequence[FactLine] = ()) -> str:
    """A fact with its words and source, in mrkdwn; `others`: what other sources say instead."""
    source = link(fact.url) if fact.url else "told by a person"
    is_new = fact.quote and _bare(fact.quote) != _bare(fact.value)
    quote = f" — “{escape(clip(fact.quote or '', 160))}”" if is_new else ""
    line = f"*{field_name(fact.field)}:* {escape(clip(fact.value, 160))}{quote} ({source})"
    also = "; ".join(f"{escape(clip(one.value, 100))} ({escape(source_words(one))})" for one in others[:3])
    return f"{line} — ⚖️ also: {also}" if also else line


def _bare(text: str) -> str:
    return " ".join(text.split()).strip(" .,;:!?“”\"'").casefold()


def notable(facts: Sequence[FactLine]) -> list[Told]:
    """The best fact of each field, the telling ones first; what only repeats the lead's name is left out."""
    best: dict[str, Told] = {}
    for fact, others in told_once(facts):
        if fact.field not in ("name", "company_domain") and (fact.field != "company" or others):
            best.setdefault(fact.field, (fact, others))
    return list(best.values())


def told_once(facts: Sequence[FactLine]) -> list[Told]:
    """Each value of a field once, the telling fields first; where there can be one value only, the one that
    stands, with what other sources say instead."""
    today = max((fact.retrieved_at.date() for fact in facts), default=date.min)
    rank = {field: number for number, field in enumerate(FIRST_FIELDS)}
    return sorted(told(facts, today), key=lambda one: rank.get(one[0].field, len(rank)))


def lead_card(lead: LeadLine, facts: Sequence[FactLine] = (), *, may_write: bool = False) -> Rendered:
    """Everything known of one lead, each fact with its source. `may_write`: a person may begin a sequence."""
    blocks: list[Block] = [header(who(lead)), fields(_contact(lead)), *address_buttons(lead)]
    if lead.qualification_reason:
        blocks.append(context(f"{verdict(lead)} · {escape(lead.qualification_reason)}"))
    known = told_once(facts)
    blocks += [section(fact_text(*one)) for one in known[:MOST_FACTS]]
    if len(known) > MOST_FACTS:
        blocks.append(context(f"and {len(known) - MOST_FACTS} more that tell less"))
    if not facts:
        blocks.append(context("No facts yet. Research finds them, each with its source."))
    blocks.append(actions([*([write_button(lead)] if may_write else []), *lead_buttons(lead)]))
    return Rendered(f"{who(lead)}: {verdict(lead)}", blocks)


def address_buttons(lead: LeadLine) -> list[Block]:
    """Under an address that is a guess, so that a person can settle it."""
    if not lead.email or lead.email_status != "guessed":
        return []
    right = button("It is right", Action.EMAIL_RIGHT, f"{lead.id}|{lead.email}")
    return [actions([right, button("Another address…", Action.EMAIL_OTHER, str(lead.id))])]


def write_button(lead: LeadLine) -> Block:
    return button("Write the emails", Action.LEAD_WRITE, str(lead.id), style="primary")


def write_offer(lead: LeadLine, sentence: str) -> Rendered:
    return Rendered(sentence, [section(f"✅ {escape(sentence)}"), actions([write_button(lead)])])


def _contact(lead: LeadLine) -> list[tuple[str, str]]:
    email = escape(lead.email) if lead.email else "_none yet_"
    note = EMAIL_NOTE.get(lead.email_status)
    pairs = [("Email", f"{email} ({note})" if lead.email and note else email)]
    if lead.email and lead.email_status == "guessed" and lead.email_note:
        pairs.append(("The guess", escape(lead.email_note)))
    pairs.append(("Status", f"{STATUS_ICON.get(lead.status, '')} {lead.status} · {lead.score}/100"))
    for label, value in (("LinkedIn", lead.linkedin_url), ("Website", lead.website_url)):
        if value:
            pairs.append((label, link(value if "://" in value else f"https://{value}", value)))
    for label, value in (("Location", lead.location), ("Source", lead.source)):
        if value:
            pairs.append((label, escape(value)))
    return pairs


def lead_buttons(lead: LeadLine) -> list[Block]:
    label = "Research" if lead.qualified is None else "Research again"
    return [
        button(
            label, Action.LEAD_RESEARCH, str(lead.id), style="primary" if lead.qualified is None else None
        ),
        button("👍 Good fit", Action.LEAD_FIT_GOOD, str(lead.id)),
        button("👎 Not a fit", Action.LEAD_FIT_BAD, str(lead.id)),
    ]


def lead_list(
    leads: Sequence[LeadLine], total: int, *, title: str, offset: int = 0, filter_value: str = ""
) -> Rendered:
    """A page of leads, each with a button to open it."""
    if not leads:
        return no_leads()
    blocks: list[Block] = [header(title), context(f"{offset + 1}–{offset + len(leads)} of {total}")]
    for lead in leads:
        line = f"{STATUS_ICON.get(lead.status, '•')} *{escape(clip(lead.name, 100))}*"
        about = " · ".join(escape(clip(part, 80)) for part in (lead.title, lead.company, lead.email) if part)
        blocks.append(
            section(
                f"{line} · {lead.score}/100\n{about or '_nothing known yet_'}",
                button("Open", f"{Action.LEAD_SHOW}:{lead.id}", str(lead.id)),
            )
        )
    turns: list[Block] = []
    if offset:
        turns.append(
            button("← Previous", f"{Action.LEADS_PAGE}:back", f"{filter_value}|{max(0, offset - 10)}")
        )
    if offset + len(leads) < total:
        turns.append(button("Next →", f"{Action.LEADS_PAGE}:on", f"{filter_value}|{offset + len(leads)}"))
    turns.append(button("Add a lead", Action.LEAD_ADD_OPEN))
    blocks.append(actions(turns))
    return Rendered(f"{title}: {total}", blocks)


def no_leads() -> Rendered:
    """The empty state: what to do first, by button or by example."""
    return Rendered(
        "No leads here yet.",
        [
            section(
                "*No leads here yet.* Add the first one, or just write to me:\n"
                "• `Research Maria Silva at Acme, maria@acme.example`\n"
                "• `/leads add Maria Silva, maria@acme.example, Acme`"
            ),
            actions([button("Add a lead", Action.LEAD_ADD_OPEN, style="primary")]),
        ],
    )


def run_card(card: RunCard) -> Rendered:
    """A research run, in place: its steps while it runs, what it found and what is missing at the end."""
    title = _run_title(card)
    tasks = [_step(step) for step in card.steps[:20]]
    blocks: list[Block] = [plan(title, tasks)] if tasks else [section(f"*{escape(title)}*")]
    if card.state in ("queued", "running"):
        blocks.append(actions([button("Stop", Action.RUN_STOP, str(card.run_id), style="danger")]))
        return Rendered(title, blocks)
    blocks += _result(card)
    return Rendered(f"{title}. {verdict(card.lead)}", blocks)


def _run_title(card: RunCard) -> str:
    name = clip(card.lead.name, 60)
    match card.state:
        case "queued":
            return f"Research of {name} is about to begin"
        case "running":
            return f"Researching {name} ({card.depth})"
        case "stopped":
            return f"Research of {name} was stopped"
        case "failed":
            return f"Research of {name} failed"
        case _:
            took = f" in {card.seconds:.0f} s" if card.seconds is not None else ""
            return f"Researched {name}{took}, {card.cents:.1f} ¢"


def _step(step: StepLine) -> Block:
    status = TASK_STATUS.get(step.state, "error")
    said = {"empty": "nothing found", "skipped": step.error or "skipped"}.get(
        step.state, step.error or step.found
    )
    sources = [(step.url, step.url)] if step.url and step.url.startswith("http") else []
    return task_card(step.key, step.title, status, said, sources)


def _result(card: RunCard) -> list[Block]:
    lead = card.lead
    blocks: list[Block] = [section(f"*{escape(who(lead))}*\n{verdict(lead)}")]
    if lead.qualification_reason:
        blocks.append(context(escape(lead.qualification_reason)))
    if card.facts:
        known = notable(card.facts)
        shown = known[:SHOWN_FACTS]
        blocks.append(
            section(whole_lines(f"• {fact_text(*one)}" for one in shown) or "No facts beyond the name.")
        )
        more = len(told_once(card.facts)) - len(shown)
        if known and more > 0:
            blocks.append(context(f"and {more} more: open the lead to see all"))
    if card.error:
        blocks.append(context(f"⚠️ {escape(card.error)}"))
    if card.missing:
        blocks.append(context("Not found: " + ", ".join(field_name(name) for name in card.missing)))
    if card.not_taken:
        blocks.append(context(_not_taken(card.not_taken)))
    if card.writing:
        blocks.append(
            context("✍️ I'm writing a sequence of up to five emails; the drafts will come for approval.")
        )
    blocks += [divider(), *address_buttons(lead)]
    blocks.append(
        actions([button("Open lead", f"{Action.LEAD_SHOW}:{lead.id}", str(lead.id)), *lead_buttons(lead)])
    )
    return blocks


def _not_taken(steps: tuple[tuple[str, str], ...]) -> str:
    """By reason, the most promising first; the rest is a question away."""
    by_reason: dict[str, list[str]] = {}
    for title, reason in steps:
        by_reason.setdefault(reason, []).append(title)
    told = [
        f"{named_some(titles, _TITLES_TOLD)} ({reason[:1].lower()}{reason[1:].rstrip('.')})"
        for reason, titles in list(by_reason.items())[:_REASONS_TOLD]
    ]
    return f"Not taken: {escape('. '.join(told))}."
