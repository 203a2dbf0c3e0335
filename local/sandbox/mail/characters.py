"""What each character does about a mail: decided from what they know, told as a kind of answer."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

AUTO_REPLY_EVERY = timedelta(days=4)  # an absent person's system answers the same sender no more often
BOUNCES = {"bounce_hard", "mailbox_full", "delayed", "unknown_domain"}
QUIET = {"silent", "delivered"}
SILENT_THE_SECOND_TIME = {"unsubscribe"}
PATIENCE = 3  # the email of a sender that the slow ones answer


@dataclass(frozen=True)
class Past:
    """What a person knows of a sender when the next mail of theirs arrives."""

    received: int  # mails of this sender, the new one included
    human_answers: int  # answers typed by hand, given or being typed
    answers_them: bool  # the new mail refers to one of those
    returns: date | None = None  # end of the person's absence, once anybody was told
    auto_replied_at: datetime | None = None  # to this sender


def answer_kind(character: str, past: Past, now: datetime) -> str:
    """A character, a character with `_again`, a bounce, or nothing: empty."""
    if character in BOUNCES:
        return character
    if character == "out_of_office" and not past.human_answers:
        return _absent_kind(past, now)
    if character in QUIET or (character == "slow" and past.received < PATIENCE):
        return ""
    if past.human_answers == 0:
        return character
    once_more = past.human_answers == 1 and past.answers_them and character not in SILENT_THE_SECOND_TIME
    return f"{character}_again" if once_more else ""


def _absent_kind(past: Past, now: datetime) -> str:
    """An auto-reply while away, but not to every mail; after the return a real answer."""
    if past.returns is not None and now.date() >= past.returns:
        return "interested"
    due = past.auto_replied_at is None or now - past.auto_replied_at >= AUTO_REPLY_EVERY
    return "out_of_office" if due else ""
