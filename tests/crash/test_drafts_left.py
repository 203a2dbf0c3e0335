"""A draft of a cancelled email does not stay in the mailbox, also when the process dies before it deletes it."""

from dataclasses import replace
from typing import Any, cast

import pytest

from db.queries import lead as leads
from db.types import EmailState, LeadId
from pipeline.clients.mail import Mail, Sender
from pipeline.jobs.drafts_left import discard_left
from pipeline.jobs.send import send_email
from tests.crash.test_send_crash import Killed, claimed_email
from tests.pipeline.mail_world import MailWorld


class Dying:
    """The process ends when a draft is to be deleted. `until`: what happens while the draft is made."""

    def __init__(self, inner: Mail, until: Any) -> None:
        self._inner, self._until = inner, until

    def sender(self, mailbox: Any) -> Any:
        return _DyingSender(self._inner.sender(mailbox), self._until)


class _DyingSender:
    def __init__(self, inner: Sender, until: Any) -> None:
        self._inner, self._until = inner, until

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def draft(self, mail: Any) -> Any:
        made = await self._inner.draft(mail)
        await self._until()
        return made

    async def discard(self, draft: Any) -> None:
        raise Killed("before discard")


def drafts(world: MailWorld) -> int:
    return len(world.box.store.all("SELECT 1 FROM mail_drafts"))


async def cancelled_and_left(world: MailWorld) -> Any:
    """Cancelled after its draft was made; the process died before it deleted that."""
    email_id = await claimed_email(world, 1)
    lead_id = LeadId((await world.email(email_id)).lead_id)

    async def unsubscribe() -> None:
        async with world.deps.db.transaction(world.workspace) as tx:
            await leads.update(
                tx.session, world.workspace, lead_id, {"status": "unsubscribed"}, now=world.clock.now()
            )

    dying = replace(world.deps, mail=cast(Mail, Dying(world.deps.mail, unsubscribe)))
    with pytest.raises(Killed):
        await send_email(dying, workspace_id=str(world.workspace), email_id=str(email_id))
    return email_id


async def test_it_is_deleted_later(world: MailWorld) -> None:
    email_id = await cancelled_and_left(world)
    assert (await world.email(email_id)).state == EmailState.CANCELLED and drafts(world) == 1
    assert await discard_left(world.deps, world.workspace) == 1
    assert drafts(world) == 0
    assert await discard_left(world.deps, world.workspace) == 0


async def test_one_that_a_person_deleted_is_fine(world: MailWorld) -> None:
    await cancelled_and_left(world)
    world.box.store.run("DELETE FROM mail_drafts")
    assert await discard_left(world.deps, world.workspace) == 1
    assert await discard_left(world.deps, world.workspace) == 0


async def test_while_the_mailbox_does_not_answer_it_waits(world: MailWorld) -> None:
    await cancelled_and_left(world)
    world.break_gmail("server_error", times=20)
    assert await discard_left(world.deps, world.workspace) == 0
    world.box.faults.clear()
    assert await discard_left(world.deps, world.workspace) == 1
