"""`why` for a real row: what stands in the tables becomes the sentence of the gate that looks at it."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from db import seal
from db.queries import email as emails
from db.queries import mailbox
from db.seal import Sealer
from db.types import EmailState, MailProvider
from pipeline.crypto import sealer_from
from pipeline.jobs import gate_facts
from pipeline.rules import gates
from tests.crash.test_send_crash import claimed_email
from tests.pipeline.mail_world import MailWorld, settings_values

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

    async def held() -> dict[str, str]:
        async with world.deps.db.transaction(world.workspace) as tx:
            email = await emails.get(tx.session, world.workspace, email_id)
            assert email is not None
            loaded = await gate_facts.load(world.deps, tx, email)
            assert loaded is not None
            now = world.clock.now()
            pace = await gate_facts.pace_of(world.deps, tx, loaded, now=now)
            return {one.gate: one.sentence for one in gates.why(loaded.facts, now, pace)}

    assert await held() == {}
    for statement, gate, sentence in GATES:
        before = await _kept(world)
        await change(world, statement)
        found = await held()
        assert sentence in found.get(gate, ""), (statement, found)
        await _put_back(world, before)
    assert await held() == {}


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
