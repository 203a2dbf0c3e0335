"""What people see when something did not work: what is wrong, and what to do."""

from bot.views.blocks import Rendered, context, escape, section

APOLOGY = (
    "Something went wrong on my side, and I have noted it. Nothing was sent and nothing is lost; "
    "please try again in a moment."
)


def problem(sentence: str) -> Rendered:
    """A UserError's sentence, as it is."""
    return Rendered(sentence, [section(f"⚠️ {escape(sentence)}")])


def apology(reference: str) -> Rendered:
    return Rendered(APOLOGY, [section(f"⚠️ {APOLOGY}"), context(f"Reference `{escape(reference)}`")])


def note(text: str) -> Rendered:
    """A plain line of confirmation, mrkdwn by the caller."""
    return Rendered(text, [section(text)])
