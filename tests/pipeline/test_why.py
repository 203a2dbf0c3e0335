"""`why` for a real row: what stands in the tables becomes the sentence of the gate that looks at it."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from db import seal
from db.queries import email as emails
from db.queries import inbound_email, mailbox, suppression
from db.seal import Sealer
from db.types import EmailState, InboundKind, MailProvider, SuppressionKind
from pipeline.crypto import sealer_from
from pipeline.jobs import gate_facts
from pipeline.rules import gates
from pipeline.rules.gates import GateFacts, PaceFacts
from tests.crash.test_send_crash import claimed_email
from tests.pipeline.mail_world import MailWorld, settings_values
from tests.pipeline.scheduled import approved_emails

ROOT = Path(__file__).parents[2]


@pytest.fixture
def own_key(sealer: Sealer) -> Iterator[None]:
    """What the process is told by its environment also seals what we store."""
    seal.install(sealer_from("a test's key"))
    yield
    seal.install(sealer)


async def a_scheduled_email(world: MailWorld) -> UUID:
    email_id = await claimed_email(world, 1)
    await change(world, "UPDATE email_campaigns SET state = 'scheduled', scheduled_for = :now")
    await change(world, "UPDATE mailboxes SET next_send_at = NULL, booked_until = NULL")
    assert (await world.email(email_id)).state == EmailState.SCHEDULED
    return email_id


async def change(world: MailWorld, statement: str) -> None:
    async with world.deps.db.transaction(world.workspace) as tx:
        given = {"now": world.clock.now()} if ":now" in statement else {}
        await tx.session.execute(text(statement), given)


async def loaded(world: MailWorld, email_id: UUID) -> tuple[GateFacts, PaceFacts]:
    """What the gates look at, from the rows as they are."""
    async with world.deps.db.transaction(world.workspace) as tx:
        email = await emails.get(tx.session, world.workspace, email_id)
        assert email is not None
        found = await gate_facts.load(world.deps, tx, email)
        assert found is not None
        pace = await gate_facts.pace_of(world.deps, tx, found, now=world.clock.now())
        return found.facts, pace


async def held(world: MailWorld, email_id: UUID) -> dict[str, str]:
    """By gate, what it says of this email now."""
    facts, pace = await loaded(world, email_id)
    return {one.gate: one.sentence for one in gates.why(facts, world.clock.now(), pace)}


async def why(world: MailWorld, email_id: object, **changed: str) -> tuple[int, Any, str]:
    """Exit code, what `python -m pipeline.inspect why` says, and its complaint."""
    values = settings_values(world.box, world.url, str(world.deps.settings.database_url))
    told = {name.upper(): str(value) for name, value in values.items()}
    environment = {**os.environ, **told, "CLOCK_FILE": str(world.clock._path), **changed}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pipeline.inspect", "why", str(email_id), cwd=ROOT, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, complaint = await process.communicate()
    return process.returncode or 0, json.loads(out) if out.strip() else None, complaint.decode()


GATES = [
    ("UPDATE workspaces SET sending_stopped_at = :now, sending_stopped_by = 'U0APPROVER'", "sending_not_stopped",
     "All sending of this workspace was stopped by Ann."),
    ("UPDATE workspaces SET postal_address = NULL", "postal_address_known", "postal address is not set"),
    ("UPDATE workspaces SET window_start = '20:00', window_end = '21:00'", "in_local_window", "20:00 to 21:00"),
    ("UPDATE campaigns SET state = 'paused'", "campaign_active", "The campaign is paused."),
    ("UPDATE campaigns SET state = 'cancelled'", "campaign_active", "The campaign has ended."),
    ("UPDATE enrollments SET state = 'held'", "sequence_running", "until somebody resumes it"),
    ("UPDATE enrollments SET state = 'stopped', stop_reason = 'replied_by_hand'", "not_replied", "by hand"),
    ("UPDATE email_campaigns SET approved_hash = NULL", "approved", "Nobody has approved"),
    ("UPDATE email_campaigns SET body = 'Hello, changed.'", "approved", "changed after it was approved"),
    ("UPDATE leads SET status = 'unsubscribed'", "reachable", "has unsubscribed"),
    ("UPDATE leads SET email_status = 'invalid'", "reachable", "the address does not exist"),
    ("UPDATE leads SET email = 'else@where.example'", "approved", "address changed after"),
    ("UPDATE mailboxes SET state = 'disconnected'", "mailbox_connected", "connect it again"),
    ("UPDATE mailboxes SET health = 'block'", "healthy", "it rests"),
    ("UPDATE mailboxes SET polled_at = NULL", "replies_polled", "looked through for answers first"),
    ("UPDATE mailboxes SET next_send_at = CAST(:now AS timestamptz) + interval '5 minutes'", "gap",
     "there is a pause between two"),
]  # fmt: skip


async def test_nothing_holds_it_and_then_each_gate_says_its_sentence(world: MailWorld) -> None:
    email_id = await a_scheduled_email(world)
    assert await held(world, email_id) == {}
    for statement, gate, sentence in GATES:
        before = await _kept(world)
        await change(world, statement)
        found = await held(world, email_id)
        assert sentence in found.get(gate, ""), (statement, found)
        await _put_back(world, before)
    assert await held(world, email_id) == {}


_COLUMNS = {
    "workspaces": (
        "sending_stopped_at",
        "sending_stopped_by",
        "postal_address",
        "window_start",
        "window_end",
    ),
    "campaigns": ("state",),
    "enrollments": ("state", "stop_reason"),
    "email_campaigns": ("approved_hash", "body"),
    "leads": ("status", "email_status", "email"),
    "mailboxes": ("state", "health", "polled_at", "next_send_at"),
}


async def _kept(world: MailWorld) -> dict[str, Any]:
    async with world.deps.db.transaction(world.workspace) as tx:
        return {
            table: (await tx.session.execute(text(f"SELECT {', '.join(names)} FROM {table}")))
            .mappings()
            .one()
            for table, names in _COLUMNS.items()
        }


async def _put_back(world: MailWorld, kept: dict[str, Any]) -> None:
    async with world.deps.db.transaction(world.workspace) as tx:
        for table, names in _COLUMNS.items():
            sets = ", ".join(f"{name} = :{name}" for name in names)
            await tx.session.execute(text(f"UPDATE {table} SET {sets}"), dict(kept[table]))


# --- gates that look at more than one row: what makes each of them shut is made to happen ---------------------


async def _a_suppressed(world: MailWorld, kind: SuppressionKind) -> UUID:
    email_id = await a_scheduled_email(world)
    to = (await world.email(email_id)).to_email
    value = to if kind is SuppressionKind.ADDRESS else to.partition("@")[2]
    async with world.deps.db.transaction(world.workspace) as tx:
        await suppression.add(
            tx.session, world.workspace, kind=kind, value=value, digest=world.deps.digester.digest(value),
            reason="asked", created_by=None, now=world.clock.now(),
        )  # fmt: skip
    return email_id


async def a_suppressed_address(world: MailWorld) -> UUID:
    return await _a_suppressed(world, SuppressionKind.ADDRESS)


async def a_suppressed_domain(world: MailWorld) -> UUID:
    return await _a_suppressed(world, SuppressionKind.DOMAIN)


async def a_shared_address(world: MailWorld) -> UUID:
    email_id = await a_scheduled_email(world)
    await change(world, "UPDATE email_campaigns SET to_email = 'info+sales@where.example'")
    return email_id


async def a_later_step(world: MailWorld) -> UUID:
    _, enrollment_id = await world.approved("silent")
    await change(
        world, "UPDATE email_campaigns SET state = 'scheduled', scheduled_for = :now WHERE email_sequence = 2"
    )
    return (await world.sequence(enrollment_id))[1].id


async def a_colleague_in_talks(world: MailWorld) -> UUID:
    shared = {"company_domain": "shared.example"}
    _, answering = await world.approved("interested", **shared)
    await world.send_step(answering, 1)
    _, waiting = await world.approved("silent", **shared)
    await world.poll()
    return (await world.sequence(waiting))[0].id


async def one_written_by_hand(world: MailWorld) -> UUID:
    email_id = await a_scheduled_email(world)
    email, now = await world.email(email_id), world.clock.now()
    values = {
        "mailbox_id": email.mailbox_id, "provider_message_id": "by hand", "kind": InboundKind.BY_HAND,
        "lead_id": email.lead_id, "from_email": email.from_email, "subject": "Lunch?", "body": "On Friday?",
        "received_at": now - timedelta(hours=5),
    }  # fmt: skip
    async with world.deps.db.transaction(world.workspace) as tx:
        await inbound_email.add(tx.session, world.workspace, values)
    return email_id


async def _one_left(world: MailWorld, statement: str) -> UUID:
    """One of two emails has left, and its mailbox has rested."""
    ids = await approved_emails(world, 2, domain="one.example")
    await world.send_due()
    await change(world, statement)
    world.clock.jump(timedelta(minutes=8))
    (waiting,) = [one for one in ids if (await world.email(one)).state == EmailState.SCHEDULED]
    assert len(world.delivered()) == 1
    return waiting


async def a_mailbox_over_its_cap(world: MailWorld) -> UUID:
    return await _one_left(world, "UPDATE mailboxes SET daily_cap = 1")


async def a_workspace_over_its_cap(world: MailWorld) -> UUID:
    return await _one_left(world, "UPDATE workspaces SET max_emails_per_day = 1")


async def a_domain_over_its_share(world: MailWorld) -> UUID:
    return await _one_left(world, "UPDATE workspaces SET max_emails_per_domain = 1")


MADE: list[tuple[Callable[[MailWorld], Awaitable[UUID]], str, str]] = [
    (a_suppressed_address, "not_suppressed", "This address is on the list of addresses never to write to."),
    (a_suppressed_domain, "not_suppressed", "This domain is on the list of domains never to write to."),
    (a_shared_address, "no_role_address", "This is a shared address (such as info@), and those are not allowed here."),
    (a_later_step, "in_order", "The email before this one has not been sent yet."),
    (a_colleague_in_talks, "no_colleague_replied", "{colleague}, at the same company, answered this campaign."),
    (one_written_by_hand, "not_written_by_hand", "Somebody of us wrote to {lead} by hand lately."),
    (a_mailbox_over_its_cap, "under_cap", "The mailbox has sent as many emails in 24 hours as it may."),
    (a_workspace_over_its_cap, "under_cap", "The workspace has sent as many emails in 24 hours as it may."),
    (a_domain_over_its_share, "under_domain_cap", "This company has been sent as many emails in 24 hours as it may."),
]  # fmt: skip


@pytest.mark.parametrize(("make", "gate", "sentence"), MADE)
async def test_what_happened_is_what_the_gate_says(
    world: MailWorld, make: Callable[[MailWorld], Awaitable[UUID]], gate: str, sentence: str
) -> None:
    email_id = await make(world)
    lead = await world.lead_row((await world.email(email_id)).lead_id)
    wanted = sentence.format(lead=lead.name, colleague=world.person("interested").name)
    found = await held(world, email_id)
    assert found.get(gate) == wanted, found


def test_every_gate_is_asked_about_a_real_row() -> None:
    asked = {gate for _, gate, _ in GATES} | {gate for _, gate, _ in MADE} | {"domain_in_order"}
    assert asked == {one.name for one in (*gates.GATES, *gates.PACE_GATES)}


async def test_a_domain_nobody_looked_at_lets_pass_and_one_that_fails_does_not(world: MailWorld) -> None:
    """No row says yet how the sending domain stands; the gate is asked with what a row would say."""
    facts, pace = await loaded(world, await a_scheduled_email(world))
    now = world.clock.now()
    assert facts.domain_ok is None and gates.why(facts, now, pace) == []
    (one,) = gates.why(replace(facts, domain_ok=False), now, pace)
    assert (one.gate, one.sentence) == ("domain_in_order", "The sending domain's SPF or DMARC record fails.")


async def test_the_command_says_it_with_settings_from_the_environment(
    world: MailWorld, own_key: None, database_url: str
) -> None:
    async with world.deps.db.transaction(world.workspace) as tx:
        await mailbox.connect(
            tx.session, world.workspace, provider=MailProvider.GMAIL, address=world.box.accounts.mailbox,
            credentials={"refresh_token": world.box.accounts.gmail_refresh_token}, display_name="Sam Rivers",
            reply_to=None, now=world.clock.now(),
        )  # fmt: skip
    email_id = await a_scheduled_email(world)
    await change(world, "UPDATE campaigns SET state = 'paused'")
    code, said, complaint = await why(world, email_id)
    assert code == 0, complaint
    assert (said["email"], said["state"], said["may_go"]) == (str(email_id), "scheduled", False)
    assert {"campaign_active": "The campaign is paused."}.items() <= {
        one["gate"]: one["sentence"] for one in said["held_by"]
    }.items()
    code, said, _ = await why(world, uuid4())
    assert code == 1 and said["error"] == "There is no such email."
    code, said, complaint = await why(world, "nonsense")
    assert code != 0 and "is not the id of an email" in f"{said}{complaint}" and "Traceback" not in complaint
