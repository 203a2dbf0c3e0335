"""Writing again to somebody who was written to before: what the writer is told of it, and what would be said twice."""

import re
from collections.abc import Sequence
from typing import Any

from rapidfuzz import fuzz

from db.correspondence import Correspondence, SentBefore
from pipeline.rules.email_text import Problem

NEARLY = 80  # of 100: bodies that share this much are one email with other trimmings
NEARLY_SUBJECT = 90
_MOST_TOLD, _BODY, _SUMMARY = 3, 500, 300
_RE = re.compile(r"^\s*(?:re|aw|sv|antw)\s*:\s*", re.IGNORECASE)


def told(earlier: Correspondence) -> dict[str, Any]:
    """As the writer reads it, the newest first. What they answered is a summary of a stranger's words: data."""
    return {
        "sent_by_us": [
            {"on": one.at.date().isoformat(), "subject": one.subject, "body": one.body[:_BODY]}
            for one in earlier.sent[:_MOST_TOLD]
        ],
        "they_answered": [
            {"on": one.at.date().isoformat(), "kind": one.sentiment or "", "summary": (one.summary or "")[:_SUMMARY]}
            for one in earlier.heard[:_MOST_TOLD]
        ],
    }  # fmt: skip


def known(earlier: Correspondence) -> list[str]:
    """What an email may name of it without a source: our own subjects, and the days. Not what they said."""
    days = {one.at.date().isoformat() for one in (*earlier.sent, *earlier.heard)}
    return [*sorted(days), *dict.fromkeys(_RE.sub("", one.subject) for one in earlier.sent)]


def repeats(subject: str | None, body: str, sent: Sequence[SentBefore]) -> list[Problem]:
    """Whether it is, nearly, an email they had from us. `subject` None: it is not of its own, but the thread's."""
    text, line = _text(body), _line(subject or "")
    found: list[Problem] = []
    if again := next((one for one in sent if _near(text, _text(one.body), NEARLY)), None):
        same = f"the email they got on {_day(again)} with the subject “{again.subject}”"
        found.append(Problem("body", f"It says nearly the same as {same}."))
    if again := next((one for one in sent if _near(line, _line(one.subject), NEARLY_SUBJECT)), None):
        found.append(
            Problem("subject", f"The subject is nearly that of the email they got on {_day(again)}.")
        )
    return found


def _near(one: str, other: str, least: int) -> bool:
    if not one or not other:
        return False
    return max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other)) >= least


def _text(body: str) -> str:
    """The words without the greeting, since that is the same in every email to them."""
    lines = [line for line in body.splitlines() if line.strip()]
    return _flat("\n".join(lines[1:] or lines))


def _line(subject: str) -> str:
    return _flat(_RE.sub("", subject))


def _flat(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _day(one: SentBefore) -> str:
    return f"{one.at.day} {one.at:%B %Y}"
