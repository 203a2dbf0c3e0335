"""What people see when something did not work: what is wrong, and what to do."""

from bot.views.blocks import Rendered, context, escape, section, words_of

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
    """A line of confirmation. `text` is mrkdwn: the caller escapes what came from outside."""
    return Rendered(words_of(text), [section(text)])
