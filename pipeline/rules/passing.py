"""Which drafts may be approved many at once: those about which nothing is to be thought over. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from db.types import ApprovalId, EmailStatus
from pipeline.rules import conflicts
from pipeline.rules.conflicts import Sourced

MOST_AT_ONCE = 500
GOOD_ENOUGH = 4  # of the judge's five
SURE = frozenset({EmailStatus.GIVEN, EmailStatus.FOUND, EmailStatus.CONFIRMED})


class Why(StrEnum):
    """Why drafts don't pass, the weightiest first; the value is what people read above the names."""

    HELD = "Can't be sent at all"
    EXPIRED = "Expired"
    CHANGED = "Changed a moment ago"
    ADDRESS = "The address is a guess, or is not known to be right"
    UNGROUNDED = "Says what no fact says"
    LINT = "Something is wrong with the text"
    CONFLICT = "Rests on a fact that sources disagree about"
    TEMPLATE = "Written from a template"
    LOW_SCORE = "The judge gave less than 4 of 5"
    NO_SCORE = "Has no score: a person edited it, or the judge did not answer"
    ANSWER = "An answer is approved one by one"


@dataclass(frozen=True, slots=True)
class Draft:
    """One email as far as it decides."""

    number: int | None
    from_template: bool
    judge_score: int | None
    edited: bool  # by a person, so nobody judged it
    lint: tuple[str, ...]
    ungrounded: tuple[str, ...]
    cited_fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Drafts:
    """All emails of one approval. `held`: sentences of the gates that will never open."""

    is_answer: bool
    has_expired: bool
    is_changed: bool
    address_status: EmailStatus
    emails: tuple[Draft, ...]
    facts: Sequence[Sourced]  # all that are known of the lead
    held: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Objection:
    why: Why
    sentence: str  # about this one


@dataclass(frozen=True, slots=True)
class Checked:
    approval_id: ApprovalId
    content_hash: str
    name: str  # the lead's; of an answer “the answer to” them
    objections: tuple[Objection, ...]

    @property
    def passes(self) -> bool:
        return not self.objections


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of those that were to be approved together."""

    approved: int
    decided: int  # by somebody else, or before
    changed: int  # since the summary: edited, written anew, expired, or they pass no more


def objections(drafts: Drafts, today: date) -> tuple[Objection, ...]:
    """Everything that speaks against approving unread; empty: they pass. In the order of `Why`."""
    about = [_about_answer(email) if drafts.is_answer else _about_email(email) for email in drafts.emails]
    found = [*_about_all(drafts), *(one for some in about for one in some)]
    disputed = sorted(
        field
        for field in {field for email in drafts.emails for field in email.cited_fields}
        if conflicts.also_said(drafts.facts, field, today)
    )
    found += [Objection(Why.CONFLICT, f"Sources disagree about the {_words(field)}.") for field in disputed]
    rank = {why: number for number, why in enumerate(Why)}
    return tuple(sorted(found, key=lambda one: rank[one.why]))


def _about_all(drafts: Drafts) -> list[Objection]:
    found = [Objection(Why.HELD, sentence) for sentence in drafts.held]
    if drafts.has_expired:
        found.append(Objection(Why.EXPIRED, "Nobody decided in time; have them written anew."))
    if drafts.is_changed:
        found.append(Objection(Why.CHANGED, "The text is not the one that was asked about."))
    if drafts.address_status not in SURE:
        found.append(Objection(Why.ADDRESS, f"The address is {drafts.address_status}."))
    if drafts.is_answer:
        found.append(Objection(Why.ANSWER, "It answers what they wrote, so one of you reads it."))
    return found


def _about_answer(email: Draft) -> list[Objection]:
    """Nothing judges answers, so a score is not missed."""
    found = [Objection(Why.UNGROUNDED, sentence) for sentence in email.ungrounded]
    return found + [Objection(Why.LINT, sentence) for sentence in email.lint]


def _about_email(email: Draft) -> list[Objection]:
    which = f"Email {email.number}: " if email.number else ""
    found = [Objection(Why.UNGROUNDED, f"{which}{sentence}") for sentence in email.ungrounded]
    found += [Objection(Why.LINT, f"{which}{sentence}") for sentence in email.lint]
    if email.from_template:
        found.append(Objection(Why.TEMPLATE, f"{which}from the template."))
    elif email.judge_score is None:
        why = "a person edited it." if email.edited else "the judge did not answer."
        found.append(Objection(Why.NO_SCORE, f"{which}{why}"))
    elif email.judge_score < GOOD_ENOUGH:
        found.append(Objection(Why.LOW_SCORE, f"{which}{email.judge_score} of 5."))
    return found


def _words(field: str) -> str:
    return field.removesuffix("_url").replace("_", " ")
