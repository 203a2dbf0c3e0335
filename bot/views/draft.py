"""Approval cards: the drafts, why the lead is worth writing to, the source of every claim, and what was decided."""

from datetime import datetime
from textwrap import shorten

from bot.action_ids import Action
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
    mention,
    modal,
    quoted,
    section,
    whole_lines,
)
from bot.views.lead import EMAIL_NOTE, address_buttons, fact_text, verdict, who
from db.cards import ApprovalCard, CardEmail, FactLine
from db.types import CampaignState, EnrollmentState, StopReason
from pipeline.rules.gates import STOPPED_BECAUSE

WARNINGS = 6  # shown of a draft
PREVIEW = 52  # characters of a draft that is not open
STEP_NAME = {1: "Introduction", 2: "Value proposition", 3: "Case study", 4: "Soft reminder", 5: "Break-up"}
NEWER = "a newer version"
DECIDED = {
    "approved": "✅ Approved",
    "rejected": "🗑️ Rejected",
    "expired": "⌛ Expired before anybody decided",
    "void": "✏️ Replaced by a newer version",
}
STATE_NOTE = {
    "approved": "⏳ planned for",
    "scheduled": "🕒 scheduled",
    "claimed": "📨 being sent",
    "created": "📨 being sent",
    "sent": "📤 sent",
    "cancelled": "⏹️ cancelled",
    "failed": "⚠️ failed",
    "unknown": "❓ may have been sent",
    "rejected": "🗑️ rejected",
}


def when(moment: datetime) -> str:
    """A date that Slack shows in each reader's own zone."""
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{moment:%Y-%m-%d %H:%M} UTC>"


def approval_card(card: ApprovalCard, *, open_step: int = 1) -> Rendered:
    """While pending: drafts and buttons. Once decided: who decided, when, and what became of each email."""
    if card.state != "pending":
        return _decided(card)
    if card.kind == "answer" and card.emails:
        return _answer(card)
    count = len(card.emails)
    numbers = [email.number for email in card.emails]
    open_step = open_step if open_step in numbers or not numbers else numbers[0] or 1
    blocks: list[Block] = [
        header(f"{count} draft{'s' if count != 1 else ''} for {who(card.lead)}"),
        context(*_why(card)),
        *address_buttons(card.lead),
    ]
    for email in card.emails:
        blocks += _email(card, email, is_open=email.number == open_step)
    blocks += [divider(), actions(_buttons(card, open_step)), context(_small_print(card))]
    return Rendered(f"{count} drafts for {who(card.lead)} wait for approval", blocks)


def _why(card: ApprovalCard) -> list[str]:
    lead = card.lead
    note = EMAIL_NOTE.get(lead.email_status, lead.email_status)
    lines = [
        f"*{verdict(lead)}*"
        + (f" · {escape(clip(lead.qualification_reason, 300))}" if lead.qualification_reason else "")
    ]
    lines.append(f"To {escape(card.emails[0].to_email if card.emails else lead.email or '')} ({note})")
    if lead.email_status == "guessed":
        rests_on = f" {escape(lead.email_note)}" if lead.email_note else ""
        lines.append(f"⚠️ *This address is a guess, confirmed by nobody. Approving sends to it.*{rests_on}")
    return lines


def _email(card: ApprovalCard, email: CardEmail, *, is_open: bool) -> list[Block]:
    number = email.number or 0
    title = f"*{number} · {STEP_NAME.get(number, '')}* · {escape(clip(email.subject, 150))}"
    if not is_open:
        if number > 1:  # in the thread of the first, whose subject it has: its words tell more
            title = f"*{number} · {STEP_NAME.get(number, '')}* · _{escape(_beginning(email.body))}_"
        if email.warnings:
            title += f"\n⚠️ _{escape(clip(email.warnings[0], 150))}_"
        fold = button("Read", f"{Action.DRAFT_FOLD}:{number}", f"{card.id}|{number}")
        return [section(title, fold)]
    blocks = [section(title), section(quoted(email.body)), *_under(email)]
    if email.template_used:
        blocks.append(
            context("Written from the template of this step: the model's drafts did not pass the checks.")
        )
    return blocks


def _beginning(body: str) -> str:
    """The first words after the greeting, whole ones."""
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    return clip(shorten("".join(lines[1:2] or lines), PREVIEW, placeholder="…"), PREVIEW)


def _under(email: CardEmail) -> list[Block]:
    """What to be careful about, and what the draft rests on."""
    return [*([section(cautions(email))] if email.warnings else []), context(*sources(email))]


def cautions(email: CardEmail) -> str:
    """What was found in it, whole lines; a person who wrote it themselves may know better."""
    lines = [f"• {escape(clip(one, 300))}" for one in email.warnings[:WARNINGS]]
    if len(email.warnings) > WARNINGS:
        lines.append(f"• and {len(email.warnings) - WARNINGS} more")
    return whole_lines([f"⚠️ *{_whose(email)} Please be sure of it:*", *lines])


def _whose(email: CardEmail) -> str:
    return f"{mention(email.edited_by)} wrote this." if email.edited_by else "Nothing better was found."


def sources(email: CardEmail) -> list[str]:
    """The facts under a draft, at most six; the rest is a number."""
    if not email.facts:
        return [_no_sources(email)]
    lines = [f"📎 {fact_text(fact)}" for fact in email.facts[:6]]
    if len(email.facts) > 6:
        lines.append(f"and {len(email.facts) - 6} more under “Sources”")
    return lines


def _no_sources(email: CardEmail) -> str:
    """A person's own words may claim anything, so nothing is said of what they claim."""
    if email.edited_by:
        return f"No sources: these are the words of {mention(email.edited_by)}."
    return "No claims about the lead beyond name and company."


def _buttons(card: ApprovalCard, open_step: int) -> list[Block]:
    shown = next(
        (email for email in card.emails if email.number == open_step), card.emails[0] if card.emails else None
    )
    label = "Approve" if card.kind == "answer" else f"Approve all {len(card.emails)}"
    if len(card.emails) == 1:
        label = "Approve and send" if card.kind == "answer" else "Approve"
    buttons = [button(label, Action.APPROVE, f"{card.id}|{card.content_hash}", style="primary")]
    if shown is not None:
        part = f" {shown.number}" if shown.number and len(card.emails) > 1 else ""
        buttons.append(button(f"Edit{part}", Action.EDIT_OPEN, str(shown.id)))
    buttons.append(button("Regenerate", Action.REGENERATE_OPEN, str(card.id)))
    buttons.append(button("Reject", Action.REJECT_OPEN, str(card.id), style="danger"))
    if shown is not None:
        buttons.append(button("Send me a test", Action.SEND_TEST, str(shown.id)))
    buttons.append(button("Sources", Action.SOURCES_OPEN, str(card.id)))
    buttons.append(button("Hand over", Action.HAND_OVER_OPEN, str(card.id)))
    return buttons


def _small_print(card: ApprovalCard) -> str:
    scores = [email.judge_score for email in card.emails if email.judge_score]
    span = f"{min(scores)}–{max(scores)}" if len(set(scores)) > 1 else f"{scores[0] if scores else ''}"
    judged = f"Drafts scored {span} of 5 · " if scores else ""
    judged += "".join(f"{one} · " for one in map(_unscored, card.emails) if one)
    cost = f"cost {card.cost_cents:.1f} ¢ · " if card.cost_cents else ""
    owner = f"{_owner(card)} · " if card.owner_user_id else ""
    return f"{owner}{judged}{cost}expires {when(card.expires_at)} · nothing is sent without approval"


def _unscored(email: CardEmail) -> str:
    """Why the score does not count this one; an answer has none, since a person reads each."""
    which = f"email {email.number}" if email.number else "this answer"
    if email.edited_by:
        return f"{which} edited by {mention(email.edited_by)}, not scored"
    if email.judge_score is not None or email.kind != "sequence":
        return ""
    return f"{which} from the template" if email.template_used else f"{which} not scored"


def _owner(card: ApprovalCard) -> str:
    return f"{mention(card.owner_user_id or '')} looks after them"


def _answer(card: ApprovalCard) -> Rendered:
    email = card.emails[0]
    blocks: list[Block] = [
        section(f"*Proposed answer to {escape(who(card.lead))}*\n{escape(email.subject)}"),
        section(quoted(email.body)),
        *_under(email),
        actions(_buttons(card, email.number or 0)),
        context(_small_print(card)),
    ]
    return Rendered(f"A proposed answer to {who(card.lead)} waits for approval", blocks)


def _decided(card: ApprovalCard) -> Rendered:
    said = DECIDED.get(card.state, card.state)
    if card.state == "void" and card.reason and card.reason != NEWER:
        said = f"⏹️ Taken back: {escape(clip(card.reason, 200))}"
    by = f" by <@{card.decided_by}>" if card.decided_by and card.decided_by.startswith(("U", "W")) else ""
    at = f" · {when(card.decided_at)}" if card.decided_at else ""
    title = f"*{said}{by}*{at}"
    what = "the answer to" if card.kind == "answer" else "the sequence for"
    blocks: list[Block] = [section(f"{title}\n{what.capitalize()} {escape(who(card.lead))}")]
    if card.owner_user_id and card.state == "approved":
        blocks.append(context(_owner(card)))
    if card.reason and card.state != "void":  # of a void one the title says it
        blocks.append(context(f"Reason: {escape(clip(card.reason, 500))}"))
    if card.state == "approved":
        halted = _halted(card)
        blocks += [section(halted)] if halted else []
        on_hold = card.enrollment_state == EnrollmentState.HELD
        blocks.append(section("\n".join(_progress(email, on_hold=on_hold) for email in card.emails)))
        if buttons := _while_under_way(card):
            blocks.append(actions(buttons))
    if card.state == "expired":
        blocks.append(context("Nothing was sent. The drafts may be out of date, so they are written anew."))
        blocks.append(actions([button("Write anew", Action.WRITE_ANEW, str(card.id), style="primary")]))
    return Rendered(f"{said}: {what} {who(card.lead)}", blocks)


def _while_under_way(card: ApprovalCard) -> list[Block]:
    """While something is still to leave. A hold is taken back by resuming; an end is not."""
    if not any(email.state in ("approved", "scheduled") for email in card.emails):
        return []
    return [
        button("Why hasn't it been sent?", Action.WHY_NOT_SENT, str(card.lead.id)),
        button("Hand over", Action.HAND_OVER_OPEN, str(card.id)),
        *_switches(card),
    ]


def _switches(card: ApprovalCard) -> list[Block]:
    """Of this lead's sequence alone; an answer is sent at once, and has none."""
    going = (EnrollmentState.ACTIVE, EnrollmentState.HELD)
    if card.kind != "sequence" or card.enrollment_id is None or card.enrollment_state not in going:
        return []
    sure = confirm(
        "End this sequence?",
        f"Nothing more goes to {clip(card.lead.name, 100)} from it, and that can't be taken back. To wait only, put it "
        "on hold.",
        "End it",
    )
    value = str(card.enrollment_id)
    wait = button("Put on hold", Action.SEQUENCE_PAUSE, value)
    if card.enrollment_state == EnrollmentState.HELD:
        wait = button("Resume", Action.SEQUENCE_RESUME, value)
    return [wait, button("End the sequence", Action.SEQUENCE_STOP, value, style="danger", confirm=sure)]


def _halted(card: ApprovalCard) -> str | None:
    """Why the sequence does not go on, where it does not."""
    because = STOPPED_BECAUSE.get(StopReason(card.stop_reason)) if card.stop_reason else None
    why = f": {because}" if because else ""
    if card.kind != "sequence":
        return None
    if card.enrollment_state == EnrollmentState.STOPPED:
        return f"⏹️ *Stopped*{why}. Nothing more goes out."
    if card.enrollment_state == EnrollmentState.HELD:
        return f"⏸️ *On hold*{why}. Nothing goes out until somebody resumes it."
    if card.campaign_state == CampaignState.PAUSED and card.enrollment_state == EnrollmentState.ACTIVE:
        return "⏸️ *The campaign is paused.* Nothing goes out until somebody resumes it."
    return None


def _progress(email: CardEmail, *, on_hold: bool = False) -> str:
    note = STATE_NOTE.get(email.state, email.state)
    planned = email.state in ("scheduled", "approved")
    if on_hold and planned and email.kind == "sequence":
        note, planned = "⏸️ on hold", False
    moment = email.sent_at or (email.scheduled_for if planned else None)
    if email.state == "approved" and moment is None and not on_hold:
        note = "⏳ waits for the one before"
    at = f" {when(moment)}" if moment else ""
    held = (
        f" — {escape(clip(email.gate_reason, 150))}"
        if email.gate_reason and email.state == "scheduled" and not on_hold
        else ""
    )
    number = f"{email.number} · " if email.number else ""
    named = STEP_NAME.get(email.number or 0) if (email.number or 0) > 1 else None
    return f"{number}{named or escape(clip(email.subject, 100))}: {note}{at}{held}"


def sources_view(card: ApprovalCard) -> Block:
    """A modal with every fact the drafts rest on, by email."""
    blocks: list[Block] = []
    for email in card.emails:
        blocks.append(section(f"*{email.number or 'Answer'} · {escape(clip(email.subject, 150))}*"))
        blocks += [section(cautions(email))] if email.warnings else []
        blocks += [section(_with_time(fact)) for fact in email.facts[:15]] or [context(_no_sources(email))]
    return modal("Sources", "sources_view", blocks or [context("No facts.")], submit=None)


def _with_time(fact: FactLine) -> str:
    dated = f" · published {fact.published_on}" if fact.published_on else ""
    return f"{fact_text(fact)}\n_read {when(fact.retrieved_at)}{dated}_"
