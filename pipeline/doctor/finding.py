"""What the doctor found: one line each."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "ok"
    NOTE = "note"  # not set, or could not be looked at; nothing is broken
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """`todo` says what to do about a problem; it may be several lines of SQL."""

    what: str
    state: State
    text: str
    todo: str = ""


def ok(what: str, text: str) -> Finding:
    return Finding(what, State.OK, text)


def note(what: str, text: str, todo: str = "") -> Finding:
    return Finding(what, State.NOTE, text, todo)


def problem(what: str, text: str, todo: str = "") -> Finding:
    return Finding(what, State.PROBLEM, text, todo)
