"""Forms about drafts: edit, reject, write again, hand over. Each block_id is the field's name."""

from bot.action_ids import View
from bot.views.blocks import Block, clip, context, escape, input_block, modal, option, plain, text_input
from db.cards import CardEmail

# What is wrong most often, so that it takes one click; the words are what the writer learns from.
QUICK_REASONS = {
    "tone": "The tone is wrong",
    "long": "Too long",
    "generic": "Too generic, it could be to anybody",
    "offer": "The wrong offer for them",
    "facts": "Something in it is not true",
    "person": "Not a person we should write to",
    "timing": "Not now",
}


ADDED = "Your signature and the footer are added on sending."
HINT = (
    "50 to 150 words, and no links but your booking link. A second question, a missing P.S., words that look like spam "
    f"and what the research does not say are marked on the card. {ADDED}"
)
ANSWER_HINT = (
    "At most 200 words. Words that look like spam, and what neither the research nor their email says, are marked on "
    "the card. Your signature is added on sending."
)


def reason_of(quick: str, words: str) -> str | None:
    """The chosen reason and the person's own words in one sentence; None where neither was given."""
    return ". ".join(part for part in (QUICK_REASONS.get(quick, ""), words.strip()) if part) or None


def edit_email(email: CardEmail, metadata: str) -> Block:
    """A follow-up in the thread has no subject of its own, so there is none to write."""
    subject = (
        context(
            f"It follows in the thread of email 1, so its subject is “{escape(clip(email.subject, 200))}”."
        )
        if email.in_thread
        else text_input(
            "Subject", "subject", initial=email.subject, max_length=200, hint="At most 50 characters."
        )
    )
    blocks = [
        subject,
        text_input("Body", "body", initial=email.body, multiline=True, max_length=3000,
                   hint=HINT if email.number else ANSWER_HINT),
        context("Saving voids the approval asked for before and asks again for exactly this text."),
    ]  # fmt: skip
    return modal(
        f"Edit email {email.number}" if email.number else "Edit answer", View.EDIT, blocks, metadata=metadata
    )


def reject(metadata: str) -> Block:
    menu: Block = {
        "type": "static_select",
        "action_id": "value",
        "placeholder": plain("Choose what fits", 150),
        "options": [option(words, name) for name, words in QUICK_REASONS.items()],
    }
    blocks = [
        input_block("What is wrong with it?", "quick", menu, optional=True),
        text_input("In your own words", "reason", multiline=True, optional=True, max_length=500,
                   placeholder="They sell to farms, not to factories; never mention the price …"),
        context("I keep it in mind for what I write next in this workspace. The sequence to this lead ends."),
    ]  # fmt: skip
    return modal("Reject drafts", View.REJECT, blocks, submit="Reject", metadata=metadata)


def regenerate(metadata: str) -> Block:
    instruction = text_input("What should be different?", "instruction", multiline=True, optional=True, max_length=500,
                             placeholder="Shorter; mention their new warehouse; warmer …")  # fmt: skip
    return modal("Write again", View.REGENERATE, [instruction], submit="Write again", metadata=metadata)


def hand_over(name: str, owner: str | None, metadata: str) -> Block:
    """`name`: the lead's."""
    menu: Block = {
        "type": "users_select",
        "action_id": "value",
        "placeholder": plain("Choose a colleague", 150),
    }
    if owner:
        menu["initial_user"] = owner
    blocks = [
        input_block(clip(f"Who looks after {name} from now on?", 2000), "user", menu),
        context("They get the drafts, and hear of every answer. You can take it back."),
    ]
    return modal("Hand over", View.HAND_OVER, blocks, submit="Hand over", metadata=metadata)
