"""What else may go wrong with one send, told one by one; the kills at every point are in `test_crash_matrix`.

`Killed` is what a kill looks like from inside: no `except Exception` sees it, an open transaction is lost,
a committed one stays, and what the outside was asked to do may have been done.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from db.queries import campaign, enrollment
from db.queries import email as emails
from db.queries import lead as leads
from db.queries import mailbox as mailboxes
from db.session import Database, Tx
from db.types import (
    CampaignType,
    EmailId,
    EmailKind,
    EmailState,
    EnrollmentState,
    InboundKind,
    LeadId,
    WorkspaceId,
)
from pipeline.clients.mail import Mail, Sender
from pipeline.jobs import decide
from pipeline.jobs.send import send_email
from pipeline.messages import EmailTroubled, MailboxTroubled
from pipeline.rules import approval
from tests.pipeline.mail_world import APPROVER, MailWorld

_CALLS = ("position", "draft", "drafts_of", "state_of", "deliver", "discard", "find_sent", "read_back",
          "changes", "look", "raw")  # fmt: skip


class Killed(BaseException):
    """kill -9, as seen from inside."""


@dataclass
class Points:
    """Counts the places where the process may die, and dies at one of them."""

    die_at: int
    passed: int = 0
    trail: list[str] = field(default_factory=list)

    def reach(self, where: str) -> None:
        self.passed += 1
        self.trail.append(where)
        if self.passed == self.die_at:
            raise Killed(where)


class DyingDatabase:
    def __init__(self, inner: Database, points: Points) -> None:
        self._inner, self._points = inner, points

    @asynccontextmanager
    async def transaction(self, workspace_id: WorkspaceId) -> AsyncIterator[Tx]:
        async with self._inner.transaction(workspace_id) as tx:
            yield tx
            self._points.reach("before commit")
        self._points.reach("after commit")

    def across(self) -> Any:
        return self._inner.across()


class DyingSender:
    def __init__(self, inner: Sender, points: Points) -> None:
        self._inner, self._points = inner, points

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in _CALLS:
            return found

        async def call(*arguments: Any) -> Any:
            self._points.reach(f"before {name}")
            result = await found(*arguments)
            self._points.reach(f"after {name}")
            return result

        return call


class DyingMail:
    def __init__(self, inner: Mail, points: Points) -> None:
        self._inner, self._points = inner, points

    def sender(self, mailbox: Any) -> Any:
        return DyingSender(self._inner.sender(mailbox), self._points)


async def claimed_email(world: MailWorld, number: int) -> UUID:
    """An approved email to somebody, in a campaign of its own, that dispatch has just claimed."""
    person = world.box.world.people[number % len(world.box.world.people)]
    lead_id = await world.lead(person)  # a known address gives the same lead
    now = world.clock.now()
    async with world.deps.db.transaction(world.workspace) as tx:
        for running in await enrollment.running_of_lead(tx.session, world.workspace, lead_id):
            await enrollment.set_state(
                tx.session, world.workspace, running, EnrollmentState.COMPLETED, now=now
            )
        await leads.update(tx.session, world.workspace, LeadId(lead_id), {"status": "researched"}, now=now)
        group = await campaign.create(
            tx.session, world.workspace, name=f"Crash {number}", type=CampaignType.IMMEDIATE, now=now
        )
    enrollment_id = await world.enroll(lead_id, group)
    to, subject, body = person.email, f"Note {number}", f"Hello {person.first_name}, this is note {number}."
    bound = approval.content_hash(to, subject, body)
    async with world.deps.db.transaction(world.workspace) as tx:
        (box,) = await mailboxes.listing(tx.session, world.workspace)
        await enrollment.set_state(
            tx.session, world.workspace, enrollment_id, EnrollmentState.ACTIVE, now=now
        )
        email_id = await emails.put_draft(
            tx.session,
            world.workspace,
            {
                "lead_id": lead_id,
                "campaign_id": group,
                "enrollment_id": enrollment_id,
                "mailbox_id": box.id,
                "kind": EmailKind.SEQUENCE,
                "state": EmailState.SCHEDULED,
                "email_sequence": 1,
                "to_email": to,
                "subject": subject,
                "body": body,
                "from_email": box.address,
                "content_hash": bound,
                "approved_hash": bound,
                "scheduled_for": now,
            },
            now=now,
        )
    await world.poll()
    await world.dispatch()
    assert (await world.email(email_id)).state == EmailState.CLAIMED
    return email_id


async def settle(world: MailWorld, email_id: UUID, minutes: int = 15) -> EmailState:
    """The sweep of a healthy process, until the email is at its end."""
    for _ in range(minutes * 2):
        state = EmailState((await world.email(email_id)).state)
        if state not in (EmailState.CLAIMED, EmailState.CREATED):
            return state
        world.clock.jump(timedelta(seconds=30), wall=timedelta(seconds=130))
        await world.poll()
        await world.send_open()
    return EmailState((await world.email(email_id)).state)


def times_left(world: MailWorld, subject: str) -> int:
    return sum(row["subject"] == subject for row in world.delivered())


async def next_day(world: MailWorld) -> None:
    world.clock.jump(timedelta(days=3 if world.clock.now().weekday() == 4 else 1), wall=timedelta(days=1))
    now = world.clock.now()
    world.clock.jump_to(now.replace(hour=9, minute=0) if now.hour < 9 else now)
    if world.clock.now().hour > 15:
        world.clock.jump(timedelta(hours=17))


async def test_the_answer_to_sending_is_lost_and_the_email_is_found(world: MailWorld) -> None:
    for number, kind in enumerate(("lost_response", "server_error_after"), start=1):
        await next_day(world)
        email_id = await claimed_email(world, number)
        world.break_gmail(kind, "drafts.send")
        await world.send_open()
        assert await settle(world, email_id) is EmailState.SENT
        email = await world.email(email_id)
        assert email.message_id == world.delivered()[-1]["message_id"]
        assert times_left(world, f"Note {number}") == 1


async def test_nothing_was_sent_when_the_answer_says_so(world: MailWorld) -> None:
    await next_day(world)
    email_id = await claimed_email(world, 1)
    world.break_gmail("server_error", "drafts.send")
    world.break_gmail("rate_limited", "drafts.send")
    await world.send_open()
    assert times_left(world, "Note 1") == 0
    assert await settle(world, email_id) is EmailState.SENT
    assert times_left(world, "Note 1") == 1


@pytest.mark.parametrize("method", ["drafts.create", "drafts.get", "drafts.send", "messages.get"])
async def test_an_access_token_that_ended_early_is_renewed_and_nobody_is_bothered(
    world: MailWorld, method: str
) -> None:
    await next_day(world)
    email_id = await claimed_email(world, 1)
    world.break_gmail("expired", method)
    await world.send_open()
    assert (await world.email(email_id)).state == EmailState.SENT
    assert world.told(MailboxTroubled) == []
    assert times_left(world, "Note 1") == 1


async def test_a_revoked_permission_is_said_once_and_the_email_waits(world: MailWorld) -> None:
    await next_day(world)
    email_id = await claimed_email(world, 1)
    world.break_gmail("revoked", "drafts.send")
    await world.send_open()
    world.clock.jump(timedelta(minutes=15))
    await world.send_open()
    assert len(world.told(MailboxTroubled)) == 1
    assert (await world.email(email_id)).state == EmailState.CREATED
    assert times_left(world, "Note 1") == 0


async def test_a_lagging_index_is_waited_for(world: MailWorld) -> None:
    await next_day(world)
    email_id = await claimed_email(world, 1)
    world.break_gmail("history_gone", "history.list", times=-1)
    world.break_gmail("index_delay", times=-1, seconds=2)
    world.break_gmail("lost_response", "drafts.send")
    await world.send_open()
    world.clock.jump(timedelta(seconds=30))
    await world.send_open()
    assert (await world.email(email_id)).state == EmailState.CREATED  # gone, and nowhere to be seen yet
    await asyncio.sleep(2.1)
    assert await settle(world, email_id) is EmailState.SENT
    assert times_left(world, "Note 1") == 1


async def test_without_our_header_a_person_decides(world: MailWorld) -> None:
    await next_day(world)
    email_id = await claimed_email(world, 1)
    world.break_gmail("strip_header", times=-1)
    world.break_gmail("lost_response", "drafts.send")
    await world.send_open()
    assert await settle(world, email_id) is EmailState.UNKNOWN
    assert world.told(EmailTroubled) == [EmailTroubled(EmailId(email_id))]
    assert times_left(world, "Note 1") == 1
    async with world.deps.db.transaction(world.workspace) as tx:
        await decide.mark(world.deps, tx, email_id, was_sent=True, user_id=APPROVER, now=world.clock.now())
    assert (await world.email(email_id)).state == EmailState.SENT
    # Our own mail is not taken for one that was written by hand.
    assert InboundKind.BY_HAND not in {one.kind for one in await world.inbound()}


async def test_a_draft_that_a_person_deleted_is_asked_about(world: MailWorld) -> None:
    await next_day(world)
    email_id = await claimed_email(world, 1)
    world.break_gmail("draft_deleted", "drafts.get")
    await world.send_open()
    assert await settle(world, email_id) is EmailState.UNKNOWN
    assert times_left(world, "Note 1") == 0


async def test_two_processes_at_once_send_once(world: MailWorld) -> None:
    await next_day(world)
    email_id = await claimed_email(world, 1)
    ids = {"workspace_id": str(world.workspace), "email_id": str(email_id)}
    await asyncio.gather(*(send_email(world.deps, **ids) for _ in range(4)))
    assert await settle(world, email_id) is EmailState.SENT
    assert times_left(world, "Note 1") == 1


async def test_a_process_that_slept_is_fenced(world: MailWorld) -> None:
    """It wakes after its lease ran out, and another has sent the email: it must not write."""
    await next_day(world)
    email_id = await claimed_email(world, 1)
    asleep = Asleep(world)
    sleeping = replace(world.deps, mail=cast(Mail, asleep))
    await send_email(sleeping, workspace_id=str(world.workspace), email_id=str(email_id))
    assert asleep.slept
    assert (await world.email(email_id)).state == EmailState.SENT
    assert times_left(world, "Note 1") == 1


class Asleep:
    """A process that sleeps just before it sends; meanwhile the lease ends and another one does the work."""

    def __init__(self, world: MailWorld) -> None:
        self._world = world
        self.slept = False

    def sender(self, mailbox: Any) -> Any:
        return self._Sender(self, self._world.deps.mail.sender(mailbox))

    class _Sender:
        def __init__(self, outer: "Asleep", inner: Sender) -> None:
            self._outer, self._inner = outer, inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        async def deliver(self, draft: Any, mail: Any, leaving: Any) -> Any:
            world = self._outer._world
            self._outer.slept = True
            world.clock.jump(timedelta(seconds=1), wall=timedelta(seconds=200))
            await world.send_open()
            return await self._inner.deliver(draft, mail, leaving)
