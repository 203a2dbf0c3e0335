"""A person's own words in a draft, a test to oneself, and why an email has not gone."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from db.models.email import EmailCampaign
from db.queries import audit, email_card, enrollment
from db.queries import email as emails
from db.queries import lead as leads
from db.queries import mailbox as mailboxes
from db.queries import workspace as workspaces
from db.session import Tx
from db.types import (
    ApprovalId,
    CampaignState,
    EmailId,
    EmailKind,
    EmailState,
    EnrollmentState,
    LeadId,
)
from db.wake import Wake
from pipeline.deps import Deps
from pipeline.errors import FieldErrors, UserError
from pipeline.jobs import asking, checking, drafting, gate_facts
from pipeline.jobs.mailbox_setup import ensure_from_settings
from pipeline.rules import approval as binding
from pipeline.rules import email_text, gates, letter, schedule
from pipeline.rules.gates import Held

IN_THREAD = "This email follows in the thread of email 1, so it has its subject. Change the subject there."
_DONE = (EmailState.SENT, EmailState.CANCELLED, EmailState.REJECTED)


@dataclass(frozen=True, slots=True)
class WhyNot:
    """`sentences` answer "why hasn't this been sent?", the weightiest first."""

    sentences: tuple[str, ...]
    held: tuple[Held, ...] = ()
    email_id: EmailId | None = None
    scheduled_for: datetime | None = None
    enrollment_id: UUID | None = None  # on hold: a person may resume it
    campaign_id: UUID | None = None  # paused: a person may resume it


async def edit_email(
    deps: Deps, tx: Tx, email_id: UUID, *, subject: str | None, body: str, user_id: str, now: datetime
) -> ApprovalId:
    """Replace the text; every approval of it is void and a new one is asked for. `subject` None: it stays, as that of
    a follow-up in the thread of the first email always does. Raises FieldErrors."""
    email = await emails.locked(tx.session, tx.workspace_id, email_id)
    if email is None or email.state not in enrollment.AT_REST or email.kind == EmailKind.TEST:
        raise UserError("This email can no longer be changed.")
    subject = " ".join((email.subject if subject is None else subject).split())
    body = email_text.compose(body)
    await _check(tx, email, subject, body, now)
    kept = [one for one in email_card.claims_of(email) if one.sentence in body]
    values: dict[str, Any] = {
        "subject": subject,
        "body": body,
        "claims": {"claims": [{"sentence": one.sentence, "fact_ids": list(one.fact_ids)} for one in kept]},
        "content_hash": binding.content_hash(email.to_email, subject, body),
        "approved_hash": None,
        "template_used": False,
        "judge_score": None,
    }
    await emails.change(tx.session, tx.workspace_id, email_id, values, among=enrollment.AT_REST, now=now)
    await _mark(tx, email_id, values["claims"], user_id, now)
    await audit.record(
        tx.session,
        tx.workspace_id,
        actor=user_id,
        action="email_edited",
        entity_type="email",
        entity_id=email_id,
        payload={"content_hash": values["content_hash"]},
        now=now,
    )
    return await _ask_again(deps, tx, email_id, user_id, now)


async def _mark(tx: Tx, email_id: UUID, claims: dict[str, Any], user_id: str, now: datetime) -> None:
    """Whose words these are, and what approvers should know of them."""
    email = await emails.get(tx.session, tx.workspace_id, email_id)
    assert email is not None
    found = await checking.warnings(tx, email, now)
    marked = {"claims": {**claims, "warnings": found, "edited_by": user_id}}
    await emails.change(tx.session, tx.workspace_id, email_id, marked, among=enrollment.AT_REST, now=now)


async def _ask_again(deps: Deps, tx: Tx, email_id: UUID, user_id: str, now: datetime) -> ApprovalId:
    email = await emails.get(tx.session, tx.workspace_id, email_id)
    assert email is not None
    if email.kind == EmailKind.ANSWER:
        return await asking.ask_for_answer(deps, tx, email, by=user_id, now=now)
    asked = (
        await asking.ask_for_sequence(
            deps, tx, email.enrollment_id, open_step=email.email_sequence or 1, by=user_id, now=now
        )
        if email.enrollment_id
        else None
    )
    if asked is None:
        raise UserError("This sequence has ended.")
    return asked


async def _check(tx: Tx, email: EmailCampaign, subject: str, body: str, now: datetime) -> None:
    brief = await checking.brief_of(tx, email, now)
    if email_card.is_in_thread(email, brief.campaign if brief else None) and subject != email.subject:
        raise FieldErrors({"subject": IN_THREAD})
    rules = drafting.text_rules(brief, None) if brief else email_text.TextRules(first_name="")
    if email.kind == EmailKind.ANSWER:
        rules = replace(rules, min_words=1, max_words=email_text.MAX_ANSWER_WORDS)
    in_thread = letter.answer_subject(subject) == subject
    found = email_text.lint(subject.removeprefix("Re: ") if in_thread else subject, body, rules)
    if email.kind == EmailKind.ANSWER:
        found = [problem for problem in found if problem.field == "body"]
    if found:
        raise FieldErrors(
            {
                name: " ".join(one.sentence for one in found if one.field == name)
                for name in dict.fromkeys(one.field for one in found)
            }
        )


async def send_test(deps: Deps, tx: Tx, email_id: UUID, *, user_id: str, now: datetime) -> EmailId:
    """The email as the lead would get it, to the person who asks."""
    email = await emails.get(tx.session, tx.workspace_id, email_id)
    person = await workspaces.member(tx.session, tx.workspace_id, user_id)
    await ensure_from_settings(deps, tx, now=now)
    mailbox = (
        await mailboxes.by_id(tx.session, tx.workspace_id, email.mailbox_id)
        if email and email.mailbox_id
        else await mailboxes.least_busy(tx.session, tx.workspace_id)
    )
    if email is None:
        raise UserError("This email is no longer there.")
    if mailbox is None:
        raise UserError("No mailbox is connected to send from. Connect one first.")
    to = (person.email if person else None) or mailbox.address
    bound = binding.content_hash(to, email.subject, email.body)
    made = await emails.add(
        tx.session,
        tx.workspace_id,
        {
            "lead_id": email.lead_id,
            "mailbox_id": mailbox.id,
            "kind": EmailKind.TEST,
            "state": EmailState.SCHEDULED,
            "to_email": to,
            "subject": email.subject,
            "body": email.body,
            "from_email": mailbox.address,
            "language": email.language,
            "content_hash": bound,
            "approved_hash": bound,  # it goes to the person who asked, nobody else
            "scheduled_for": now,
        },
        now=now,
    )
    await audit.record(
        tx.session,
        tx.workspace_id,
        actor=user_id,
        action="test_sent",
        entity_type="email",
        entity_id=made,
        now=now,
    )
    tx.enqueue(Wake.DISPATCH)
    return made


async def why_not_sent(
    deps: Deps, tx: Tx, lead_id: LeadId, now: datetime, *, zone: str | None = None
) -> WhyNot:
    """What keeps the next email to this lead, from the same gates that keep it. `zone`: whoever asks has it; without,
    times are told in the workspace's."""
    lead = await leads.get(tx.session, tx.workspace_id, lead_id)
    if lead is None:
        raise UserError("There is no such lead.")
    joined = await enrollment.newest_of_lead(tx.session, tx.workspace_id, lead_id)
    if joined is None:
        reason = lead.qualification_reason or "They have not been researched yet."
        return WhyNot((f"No emails have been written to {lead.name}.", reason))
    rows = await emails.of_enrollment(tx.session, tx.workspace_id, joined.id)
    waiting = [row for row in rows if row.state not in _DONE] or [
        row for row in rows if row.state in _DONE[1:]
    ]
    if not waiting:
        if rows:
            return WhyNot((f"Every email of the sequence to {lead.name} has been sent.",))
        return WhyNot((f"The emails to {lead.name} are being written.",))
    email = waiting[0]
    if email.state in (EmailState.UNKNOWN, EmailState.FAILED):
        return WhyNot((email.error or "Sending failed; a person has to decide.",), (), EmailId(email.id))
    loaded = await gate_facts.load(deps, tx, email)
    waits = email.state in (EmailState.APPROVED, EmailState.SCHEDULED)
    pace = await gate_facts.pace_of(deps, tx, loaded, now=now) if loaded and waits else None
    facts = replace(loaded.facts, zone=zone or loaded.facts.zone) if loaded else None
    held = tuple(gates.why(facts, now, pace)) if facts else ()
    sentences = [one.sentence for one in held]
    if email.state == EmailState.SCHEDULED and email.scheduled_for and email.scheduled_for > now:
        planned = schedule.in_words(email.scheduled_for, facts.zone if facts else zone)
        sentences.append(f"Email {email.email_sequence} is planned for {planned}.")
    if not sentences:
        sentences = ["Nothing holds it back: it goes with the next round."]
    sentences += gates.cautions(facts) if facts else []
    on_hold = facts is not None and facts.enrollment_state is EnrollmentState.HELD
    paused = facts is not None and facts.campaign_state is CampaignState.PAUSED
    return WhyNot(
        tuple(sentences),
        held,
        EmailId(email.id),
        email.scheduled_for,
        joined.id if on_hold else None,
        joined.campaign_id if paused else None,
    )
