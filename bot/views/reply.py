"""What came back: answers, absences, bounces, opt-outs; and emails in trouble."""

from bot.action_ids import Action
from bot.views.blocks import Block, Rendered, actions, button, clip, context, escape, mention, quoted, section
from bot.views.draft import when
from bot.views.lead import who
from db.cards import CardEmail, ReplyCard
from db.types import EnrollmentId

TITLE = {
    "human": "💬 {who} answered",
    "auto_reply": "🏖️ {who} is away",
    "dsn": "⚠️ The email to {who} bounced",
    "opt_out": "🚫 {who} asked not to be written to",
    "by_hand": "✍️ Somebody wrote to {who} by hand",
}
READING = {
    "interested": "sounds interested",
    "question": "has a question",
    "not_now": "not now",
    "not_interested": "not interested",
    "opt_out": "wants no more emails",
}
OUTCOMES = {"meeting": "📅 Meeting", "won": "🏆 Won", "lost": "❌ Lost", "later": "⏳ Later"}


def reply_card(card: ReplyCard) -> Rendered:
    """An alert to the lead's owner: what was written, what stopped, and buttons for the outcome."""
    name = who(card.lead) if card.lead else card.from_email
    title = TITLE.get(card.kind, "📨 {who} wrote").format(who=name)
    blocks: list[Block] = [
        section(f"*{escape(clip(title, 200))}* · {when(card.received_at)}\n{escape(clip(card.subject, 200))}")
    ]
    if card.kind != "dsn" and card.body.strip():
        blocks.append(section(quoted(card.body, 2000)))
    blocks.append(context(*_consequences(card)))
    if card.kind == "human" and card.lead is not None:
        blocks += _outcome(card)
    if card.kind == "auto_reply" and card.held is not None:
        blocks.append(actions([resume_button(card.held)]))
    return Rendered(title, blocks)


def _consequences(card: ReplyCard) -> list[str]:
    reading = READING.get(card.sentiment or "")
    lines = (
        [f"Reading: {reading}" + (f" — {escape(clip(card.summary, 300))}" if card.summary else "")]
        if reading
        else []
    )
    match card.kind:
        case "human":
            lines.append("The sequence has stopped; nothing more goes out by itself.")
            if card.owner_user_id:
                lines.append(f"{mention(card.owner_user_id)} looks after them.")
        case "by_hand":
            lines.append("The sequence has stopped, since one of us is talking to them.")
        case "auto_reply" if card.held is not None:
            lines.append(
                "They seem to be gone for good, so the sequence is on hold until somebody resumes it."
            )
        case "auto_reply":
            until = (
                f"until after {card.returns_on:%d %B %Y}" if card.returns_on else "for three business days"
            )
            lines.append(f"The sequence waits {until}.")
        case "dsn" if card.bounce_type == "soft":
            lines.append("The mailbox could not take it for now; the address stays in use.")
        case "dsn":
            lines.append("The address is marked invalid and suppressed; the sequence has stopped.")
        case "opt_out":
            lines.append("The address is on the suppression list; nothing will be sent to it again.")
        case _:
            lines.append("Kept with the lead.")
    return lines


def _outcome(card: ReplyCard) -> list[Block]:
    if card.outcome:
        by = f" by <@{card.outcome_by}>" if card.outcome_by else ""
        return [context(f"Outcome: {OUTCOMES.get(card.outcome, card.outcome)}{by}")]
    return [
        actions(
            [
                button(label, f"{Action.OUTCOME}:{name}", f"{card.id}|{name}")
                for name, label in OUTCOMES.items()
            ]
        )
    ]


def resume_button(enrollment_id: EnrollmentId) -> Block:
    return button("Resume the sequence", Action.SEQUENCE_RESUME, str(enrollment_id))


def sequence_card(said: str, *, held: EnrollmentId | None = None, resumed_by: str | None = None) -> Rendered:
    """Why nothing more goes out to somebody; for a sequence on hold (`held`) the button that lets it go on."""
    sign = "▶️" if resumed_by else "⏸️" if held else "⏹️"
    blocks: list[Block] = [section(f"{sign} {escape(said)}")]
    if held:
        blocks.append(actions([resume_button(held)]))
    if resumed_by:
        blocks.append(context(f"Resumed by <@{resumed_by}>"))
    return Rendered(said, blocks)


def trouble_card(email: CardEmail) -> Rendered:
    """An email that failed, or of which nobody can know whether it went out."""
    name = who(email.lead)
    if email.state == "unknown":
        text = (
            f"*❓ Was this email to {escape(name)} sent?*\n“{escape(clip(email.subject, 150))}”\n"
            "The connection broke at the moment of sending, and the mailbox gives no answer. "
            "Please look into its Sent folder; I send nothing more to this lead until you say."
        )
        buttons = [
            button("It was sent", Action.MARK_SENT, str(email.id)),
            button("It was not sent", Action.MARK_NOT_SENT, str(email.id)),
        ]
        return Rendered(f"Was the email to {name} sent?", [section(text), actions(buttons)])
    if email.state == "failed":
        text = f"*⚠️ The email to {escape(name)} could not be sent*\n“{escape(clip(email.subject, 150))}”"
        reason = context(escape(clip(email.error or "The mail server refused it.", 500)))
        buttons = [
            button("Try again", Action.MARK_NOT_SENT, str(email.id)),
            button("It was sent by hand", Action.MARK_SENT, str(email.id)),
        ]
        return Rendered(f"The email to {name} could not be sent", [section(text), reason, actions(buttons)])
    settled = {"sent": "it was sent", "scheduled": "it will be sent again"}.get(email.state, email.state)
    return Rendered(f"Settled: {settled}", [context(f"✅ Email to {escape(name)}: {settled}.")])
