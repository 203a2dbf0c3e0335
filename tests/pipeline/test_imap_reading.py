"""A mailbox that sends through a relay and is read by IMAP: what people answer is seen, as with Gmail."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

import pytest
from pydantic import SecretStr

from db.queries import mailbox
from db.queries.mailbox import MailboxRow
from db.types import (
    EmailState,
    EnrollmentState,
    InboundKind,
    LeadStatus,
    MailboxState,
    MailProvider,
    StopReason,
)
from local.sandbox.faults import Fault
from local.sandbox.imap import start_imap
from local.sandbox.mail.mailbox import open_account
from local.sandbox.smtp import start_smtp
from pipeline.errors import Transient
from pipeline.jobs.change import why_not_sent
from pipeline.jobs.inbound import poll_mailbox
from pipeline.messages import MailboxTroubled, ReplyArrived
from tests.local.gmail_client import letter
from tests.pipeline.mail_world import MailWorld


@dataclass
class Post:
    """The workspace's only mailbox sends through the sandbox's relay and is read from its IMAP server."""

    world: MailWorld
    smtp_url: str
    imap_url: str

    async def connect(self, imap_url: str | None) -> None:
        credentials = {"url": self.smtp_url} | ({"imap_url": imap_url} if imap_url else {})
        async with self.world.deps.db.transaction(self.world.workspace) as tx:
            await mailbox.connect(
                tx.session,
                self.world.workspace,
                provider=MailProvider.SMTP,
                address=self.world.box.accounts.mailbox,
                credentials=credentials,
                display_name="Sam Rivers",
                reply_to=None,
                now=self.world.clock.now(),
            )

    async def row(self) -> MailboxRow:
        async with self.world.deps.db.transaction(self.world.workspace) as tx:
            (one,) = await mailbox.listing(tx.session, self.world.workspace)
        return one

    def put(self, raw: bytes, label: str) -> None:
        open_account(self.world.box, self.world.box.accounts.mailbox).add(raw, [label])

    async def sent_to(self, character: str) -> UUID:
        """The enrollment of somebody who got the first email, and whatever they answered was read."""
        _, enrollment_id = await self.world.approved(character)
        first = await self.world.send_step(enrollment_id, 1)
        assert first.state == EmailState.SENT, first.gate_reason
        await self.world.poll()
        return enrollment_id


@pytest.fixture
async def post(world: MailWorld) -> AsyncIterator[Post]:
    relay, server = await start_smtp(world.box, "127.0.0.1", 0), await start_imap(world.box, "127.0.0.1", 0)
    accounts = world.box.accounts
    user = quote(accounts.mailbox)
    made = Post(
        world,
        f"smtp://{user}:{quote(accounts.smtp_password)}@127.0.0.1:{relay.port}",
        f"imap://{user}:{quote(accounts.imap_password)}@127.0.0.1:{server.port}",
    )
    open_account(world.box, accounts.mailbox)
    await made.connect(made.imap_url)
    yield made
    await relay.stop()
    await server.stop()


async def test_a_reply_stops_the_sequence(post: Post) -> None:
    world = post.world
    enrollment_id = await post.sent_to("interested")
    (reply,) = await world.inbound()
    assert reply.kind == InboundKind.HUMAN and reply.body
    assert (await world.enrollment(enrollment_id)).stop_reason == StopReason.REPLIED
    rows = await world.sequence(enrollment_id)
    assert rows[0].replied and [row.state for row in rows[1:]] == [EmailState.CANCELLED] * 4
    assert len(world.told(ReplyArrived)) == 1
    await world.poll()
    assert len(await world.inbound()) == 1
    world.clock.jump(timedelta(days=30))
    await world.send_due()
    assert len(world.delivered()) == 1


async def test_the_answer_to_a_reply_is_threaded(post: Post) -> None:
    world = post.world
    await post.sent_to("interested")
    (reply,) = await world.inbound()
    await world.answer(reply.id)
    await world.approve()
    await world.send_due()
    assert world.delivered()[-1]["in_reply_to"] == reply.message_id


async def test_a_bounce_ends_it_and_an_automatic_reply_holds_it(post: Post) -> None:
    world = post.world
    bounced = await post.sent_to("bounce_hard")
    assert (await world.enrollment(bounced)).stop_reason == StopReason.BOUNCED
    world.clock.jump(timedelta(hours=1))
    away = await post.sent_to("out_of_office")
    joined = await world.enrollment(away)
    assert joined.state == EnrollmentState.ACTIVE and joined.held_until is not None
    kinds = {one.kind for one in await world.inbound()}
    assert kinds == {InboundKind.DSN, InboundKind.AUTO_REPLY}


async def test_a_mail_by_hand_in_the_folder_of_sent_mail_stops_the_machine(post: Post) -> None:
    world = post.world
    lead_id, enrollment_id = await world.approved("silent")
    await world.send_step(enrollment_id, 1)
    to = (await world.lead_row(lead_id)).email or ""
    world.clock.jump(timedelta(hours=1))
    post.put(letter(to, subject="Lunch?").as_bytes(), "SENT")
    await world.poll()
    (seen,) = await world.inbound()
    assert seen.kind == InboundKind.BY_HAND
    assert (await world.enrollment(enrollment_id)).stop_reason == StopReason.REPLIED_BY_HAND


async def test_our_own_mail_in_the_folder_of_sent_mail_is_not_by_hand(post: Post) -> None:
    world = post.world
    enrollment_id = await post.sent_to("silent")
    for label in ("SENT", "INBOX"):  # some servers keep it there too
        post.put(world.delivered()[0]["raw"], label)
    await world.poll()
    assert not await world.inbound()
    assert (await world.enrollment(enrollment_id)).state == EnrollmentState.ACTIVE


async def test_a_lost_answer_is_cleared_up_by_the_folder_of_sent_mail(post: Post) -> None:
    world = post.world
    _, enrollment_id = await world.approved("silent")
    world.box.faults.arm(Fault("smtp", "lost_response"))
    first = await world.send_step(enrollment_id, 1)
    assert first.state == EmailState.UNKNOWN
    post.put(world.delivered()[0]["raw"], "SENT")
    await world.poll()
    assert (await world.email(first.id)).state == EmailState.SENT


async def test_what_lay_there_before_is_not_read(post: Post) -> None:
    world = post.world
    lead_id, _ = await world.approved("silent")
    to = (await world.lead_row(lead_id)).email or ""
    post.put(letter(to, subject="Old").as_bytes(), "SENT")
    world.clock.jump(timedelta(hours=1))
    sender = world.deps.mail.sender(await post.row())
    first = await sender.everything(world.clock.now())
    assert not first.message_ids and first.position
    assert not (await sender.changes(first.position)).message_ids
    post.put(letter(to, subject="New").as_bytes(), "SENT")
    (new,) = (await sender.changes(first.position)).message_ids
    seen = await sender.look(new)
    assert seen and seen.headers["subject"] == "New" and seen.sent_by_us
    raw = await sender.raw(new)
    assert raw and b"Subject: New" in raw


async def test_numbering_anew_reads_again_and_stores_once(post: Post) -> None:
    world = post.world
    await post.sent_to("interested")
    before = (await post.row()).history_id
    world.box.faults.arm(Fault("imap", "uidvalidity_changed"))
    await world.poll()
    row = await post.row()
    assert row.history_id and row.history_id != before and "1700000001:" in row.history_id
    assert len(await world.inbound()) == 1 and len(world.told(ReplyArrived)) == 1


async def test_a_wrong_password_disconnects_and_a_lost_line_does_not(post: Post) -> None:
    world = post.world
    await world.poll()
    for kind in ("lost_response", "server_error"):
        world.box.faults.arm(Fault("imap", kind))
        await world.poll()  # asked once more, on a new connection
    for kind in ("lost_response", "unavailable"):
        world.box.faults.arm(Fault("imap", kind))
    with pytest.raises(Transient):
        await world.poll()
    assert (await post.row()).state is MailboxState.ACTIVE
    await post.connect(post.imap_url.replace("imap-password", "wrong"))
    await world.poll()
    row = await post.row()
    assert row.state is MailboxState.DISCONNECTED and "IMAP_URL" in (row.error or "")
    assert world.told(MailboxTroubled)


async def test_nothing_leaves_before_the_mailbox_was_read(post: Post) -> None:
    world = post.world
    _, enrollment_id = await world.approved("interested")
    await world.send_step(enrollment_id, 1)
    second = (await world.sequence(enrollment_id))[1]
    assert second.scheduled_for
    world.clock.jump_to(second.scheduled_for)
    await world.dispatch()
    assert (await world.email(second.id)).gate == "replies_polled"


async def test_without_imap_the_reason_says_that_answers_are_not_read(post: Post) -> None:
    world = post.world
    lead_id, enrollment_id = await world.approved("silent")
    await post.connect(None)
    await world.send_step(enrollment_id, 1)
    async with world.deps.db.transaction(world.workspace) as tx:
        told = await why_not_sent(world.deps, tx, lead_id, world.clock.now())
    assert any("IMAP_URL" in sentence for sentence in told.sentences)
    await post.connect(post.imap_url)
    async with world.deps.db.transaction(world.workspace) as tx:
        told = await why_not_sent(world.deps, tx, lead_id, world.clock.now())
    assert not any("IMAP_URL" in sentence for sentence in told.sentences)
    assert (await world.lead_row(lead_id)).status == LeadStatus.EMAILED


async def test_imap_url_set_later_takes_effect_at_the_next_reading(post: Post) -> None:
    world = post.world
    await post.connect(None)
    settings = world.deps.settings.model_copy(
        update={
            "from_email": world.box.accounts.mailbox,
            "smtp_url": SecretStr(post.smtp_url),
            "imap_url": SecretStr(post.imap_url),
        }
    )
    await poll_mailbox(
        replace(world.deps, settings=settings),
        workspace_id=str(world.workspace),
        mailbox_id=str((await post.row()).id),
    )
    row = await post.row()
    assert row.can_be_read and row.history_id and "INBOX" in row.history_id
