"""Looking at one draft, one email, or one schedule: `python -m pipeline.inspect draft|why|schedule …`.

`draft FILE.json` holds a draft against lint and grounding, and needs no settings, database or network. The file:

    {"subject": "…", "body": "…", "language": "en", "step": 1,
     "lead": {"name": "…", "company": "…", "title": "…"},
     "sender": {"name": "…", "company": "…", "offer": "…", "proof_points": ["…"], "booking_link": "…",
                "forbidden_words": ["…"]},
     "facts": [{"id": "f1", "value": "…", "quote": "…", "published_on": "2026-01-31"}],
     "claims": [{"sentence": "…", "fact_ids": ["f1"]}]}

Only subject and body must be there. Without `step`, the text is held against what a person's own edit is.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from nameparser import HumanName
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from db import seal
from db.queries import due
from db.queries import email as emails
from db.types import EmailState
from db.wake import WakeUp
from pipeline.clock import SystemClock
from pipeline.crypto import sealer_from
from pipeline.deps import open_clock, open_deps
from pipeline.errors import UserError
from pipeline.jobs import gate_facts
from pipeline.messages import Silent
from pipeline.rules import email_text, gates, grounding, sequence
from pipeline.rules.cron_text import next_time, parse_schedule
from pipeline.rules.email_text import TextRules
from pipeline.rules.grounding import Cited, CitedFact
from pipeline.settings import load

TIMES = 5


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Lead(_Given):
    name: str = ""
    company: str = ""
    title: str = ""


class _Sender(_Given):
    name: str = ""
    company: str = ""
    offer: str = ""
    proof_points: list[str] = Field(default_factory=list)
    booking_link: str = ""
    signature: str = ""
    forbidden_words: list[str] = Field(default_factory=list)


class _Fact(_Given):
    id: str
    value: str
    quote: str = ""
    published_on: str | None = None
    url: str | None = None


class _Claim(_Given):
    sentence: str
    fact_ids: list[str] = Field(default_factory=list)


class DraftFile(_Given):
    subject: str
    body: str
    language: str = "en"
    step: int | None = Field(default=None, ge=1, le=sequence.LAST_STEP)
    lead: _Lead = Field(default_factory=_Lead)
    sender: _Sender = Field(default_factory=_Sender)
    facts: list[_Fact] = Field(default_factory=list[_Fact])
    claims: list[_Claim] = Field(default_factory=list[_Claim])


def show_draft(path: Path) -> tuple[dict[str, Any], int]:
    """What speaks against the draft, and 1 where anything does. Raises UserError."""
    try:
        draft = DraftFile.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror or error}.") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UserError(f"{path} is not JSON in UTF-8: {error}.") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise UserError(f"{path} is not a draft: {wrong}.") from error
    lint = email_text.lint(draft.subject, draft.body, _rules(draft))
    unproved = _unproved(draft)
    return {
        "passes": not lint and not unproved,
        "words": email_text.word_count(draft.body),
        "lint": [{"field": one.field, "problem": one.sentence} for one in lint],
        "grounding": [{"field": one.field, "problem": one.sentence} for one in unproved],
    }, int(bool(lint or unproved))


def _rules(draft: DraftFile) -> TextRules:
    name, link = HumanName(draft.lead.name), draft.sender.booking_link
    step = sequence.step(draft.step) if draft.step else None
    return TextRules(
        first_name=str(name.first or draft.lead.name),
        last_name=str(name.last),
        names=(draft.lead.name,) if draft.lead.name else (),
        allowed_links=(link,) if link else (),
        required_link=(link or None) if step else None,
        forbidden_words=tuple(draft.sender.forbidden_words),
        min_words=step.min_words if step else email_text.MIN_WORDS,
        max_words=step.max_words if step else email_text.MAX_WORDS,
        needs_ps=step is not None,
        one_question=step is not None,
        refuse_spam=step is not None,
    )


def _unproved(draft: DraftFile) -> list[email_text.Problem]:
    lead, sender = draft.lead, draft.sender
    known = (
        lead.name, lead.company, lead.title, sender.name, sender.company, sender.offer, sender.signature,
        *sender.proof_points,
    )  # fmt: skip
    return grounding.check(
        draft.subject,
        draft.body,
        [Cited(one.sentence, tuple(one.fact_ids)) for one in draft.claims],
        [CitedFact(one.id, one.value, one.quote, one.published_on) for one in draft.facts],
        known=[text for text in known if text],
        language=draft.language.split("-")[0].lower(),
    )


def show_schedule(words: str, zone: str, now: datetime | None = None) -> dict[str, Any]:
    """How words for a time are understood, and the next times they mean. Raises UserError."""
    now = now or SystemClock().now()
    schedule = parse_schedule(words, timezone=zone, now=now)
    times = [schedule.run_at] if schedule.run_at else _times(schedule.cron or "", zone, now)
    local = ZoneInfo(zone)
    return {
        "words": schedule.words,
        "zone": zone,
        "once": schedule.run_at is not None,
        "cron": schedule.cron,
        "next": [at.astimezone(local).isoformat() for at in times],
        "next_utc": [at.isoformat() for at in times],
    }


def _times(cron: str, zone: str, now: datetime) -> list[datetime]:
    times: list[datetime] = []
    for _ in range(TIMES):
        times.append(next_time(cron, timezone=zone, after=times[-1] if times else now))
    return times


async def show_why(email_id: str, chosen: Mapping[str, str]) -> tuple[dict[str, Any], int]:
    """Every gate that holds an email back now. 1 where there is no such email. `chosen`: settings that win over the
    environment's and `.env`'s.

    Raises BadSettings, UserError and db.errors.DatabaseError.
    """
    try:
        wanted = UUID(email_id)
    except ValueError:
        raise UserError(f"“{email_id[:60]}” is not the id of an email.") from None
    settings = load(**chosen)
    seal.install(
        sealer_from(settings.encryption_key.get_secret_value())
    )  # the mailbox's row holds sealed columns
    deps = open_deps(settings, open_clock(settings), Silent(), _NoWakeUps())
    try:
        async with deps.db.across() as tx:
            workspaces = await due.workspaces(tx.session)
        for workspace in workspaces:
            async with deps.db.transaction(workspace) as tx:
                email = await emails.get(tx.session, workspace, wanted)
                loaded = await gate_facts.load(deps, tx, email) if email else None
                if email is None or loaded is None:
                    continue
                now = deps.clock.now()
                waits = email.state in (EmailState.APPROVED, EmailState.SCHEDULED)
                pace = await gate_facts.pace_of(deps, tx, loaded, now=now) if waits else None
                return _told(
                    email_id, email.state, email.scheduled_for, gates.why(loaded.facts, now, pace)
                ), 0
    finally:
        await deps.close()
    return {"email": email_id, "error": "There is no such email."}, 1


def _told(
    email_id: str, state: str, scheduled_for: datetime | None, held: list[gates.Held]
) -> dict[str, Any]:
    return {
        "email": email_id,
        "state": state,
        "scheduled_for": scheduled_for,
        "may_go": not held,
        "held_by": [
            {"gate": one.gate, "sentence": one.sentence, "until": one.until, "final": one.final}
            for one in held
        ],
    }


class _NoWakeUps:
    """Looking changes nothing, so it wakes nobody."""

    async def enqueue(self, wake_ups: Sequence[WakeUp]) -> None:
        raise AssertionError("looking at an email enqueued work")
