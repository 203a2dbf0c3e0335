"""Sending through a relay, which keeps no drafts and tells nothing afterwards."""

from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import quote
from urllib.parse import quote as percent
from uuid import UUID

import pytest

from db.queries import mailbox
from db.types import EmailState, MailboxState, MailProvider
from local.sandbox.faults import Fault
from local.sandbox.smtp import start_smtp
from pipeline.messages import EmailTroubled, MailboxTroubled
from tests.pipeline.mail_world import MailWorld


@pytest.fixture
async def relay(world: MailWorld) -> AsyncIterator[MailWorld]:
    """The workspace's only mailbox sends through the sandbox's relay."""
    server = await start_smtp(world.box, "127.0.0.1", 0)
    accounts = world.box.accounts
    user, password = percent(accounts.mailbox), percent(accounts.smtp_password)
    async with world.deps.db.transaction(world.workspace) as tx:
        await mailbox.connect(
            tx.session,
            world.workspace,
            provider=MailProvider.SMTP,
            address=accounts.mailbox,
            credentials={"url": f"smtp://{user}:{password}@127.0.0.1:{server.port}"},
            display_name=quote("Sam Rivers"),
            reply_to=None,
            now=world.clock.now(),
        )
    yield world
    await server.stop()


def break_relay(world: MailWorld, kind: str) -> None:
    world.box.faults.arm(Fault("smtp", kind))


async def first_email(world: MailWorld) -> UUID:
    _, enrollment_id = await world.approved("silent")
    return (await world.sequence(enrollment_id))[0].id


async def test_a_sequence_threads_by_its_own_message_ids(relay: MailWorld) -> None:
    _, enrollment_id = await relay.approved("silent")
    first = await relay.send_step(enrollment_id, 1)
    second = await relay.send_step(enrollment_id, 2)
    assert (first.state, second.state) == (EmailState.SENT, EmailState.SENT), second.gate_reason
    one, two = relay.delivered()
    assert one["message_id"] == first.message_id and two["in_reply_to"] == first.message_id
    assert two["subject"] == f"Re: {one['subject']}"


@pytest.mark.parametrize("kind", ["greylisted", "rate_limited", "server_error"])
async def test_a_refusal_for_now_is_tried_again(relay: MailWorld, kind: str) -> None:
    email_id = await first_email(relay)
    break_relay(relay, kind)
    await relay.send_due()
    assert (await relay.email(email_id)).state == EmailState.CLAIMED and not relay.delivered()
    relay.clock.jump(timedelta(minutes=3))
    await relay.send_open()
    assert (await relay.email(email_id)).state == EmailState.SENT
    assert len(relay.delivered()) == 1


async def test_a_refusal_for_good_is_told(relay: MailWorld) -> None:
    email_id = await first_email(relay)
    break_relay(relay, "rejected")
    await relay.send_due()
    email = await relay.email(email_id)
    assert email.state == EmailState.FAILED and "550" in (email.error or "")
    assert relay.told(EmailTroubled)


async def test_a_lost_answer_after_data_is_for_a_person_to_judge(relay: MailWorld) -> None:
    email_id = await first_email(relay)
    break_relay(relay, "lost_response")
    await relay.send_due()
    assert (await relay.email(email_id)).state == EmailState.UNKNOWN
    relay.clock.jump(timedelta(hours=1))
    await relay.send_due()
    assert len(relay.delivered()) == 1  # and nothing repeats it


async def test_a_wrong_password_disconnects_the_mailbox(relay: MailWorld) -> None:
    email_id = await first_email(relay)
    break_relay(relay, "auth_failed")
    await relay.send_due()
    assert (await relay.email(email_id)).state in (EmailState.CLAIMED, EmailState.CREATED)
    async with relay.deps.db.transaction(relay.workspace) as tx:
        (box,) = await mailbox.listing(tx.session, relay.workspace)
    assert box.state is MailboxState.DISCONNECTED and not relay.delivered()
    assert relay.told(MailboxTroubled)
