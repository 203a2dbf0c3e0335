"""The process dies while it reads a mailbox or writes a sequence; nothing is lost, nothing happens twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from db.queries import approval, mailbox
from db.session import Database
from db.types import EnrollmentState, InboundKind, LeadStatus
from pipeline.clients.mail import Mail
from pipeline.jobs.inbound import poll_mailbox
from pipeline.jobs.write import write_sequence
from tests.crash.test_send_crash import DyingDatabase, DyingMail, Killed, Points
from tests.pipeline.mail_world import MailWorld


def dying(world: MailWorld, points: Points) -> Any:
    return replace(
        world.deps,
        db=cast(Database, DyingDatabase(world.deps.db, points)),
        mail=cast(Mail, DyingMail(world.deps.mail, points)),
    )


@pytest.mark.parametrize("die_at", range(1, 16))
async def test_a_reply_is_taken_in_once(world: MailWorld, die_at: int) -> None:
    lead_id, enrollment_id = await world.approved("question")
    await world.send_step(enrollment_id, 1)
    from local.sandbox import mailboxes

    mailboxes.post_due(world.box, world.box.clock.wall() + 3600)
    async with world.deps.db.transaction(world.workspace) as tx:
        (box,) = await mailbox.listing(tx.session, world.workspace)
    points = Points(die_at)
    ids = {"workspace_id": str(world.workspace), "mailbox_id": str(box.id)}
    try:
        await poll_mailbox(dying(world, points), **ids)
    except Killed:
        pass
    await world.poll()
    assert [one.kind for one in await world.inbound()] == [InboundKind.HUMAN]
    assert (await world.lead_row(lead_id)).status == LeadStatus.REPLIED
    assert (await world.enrollment(enrollment_id)).state == EnrollmentState.STOPPED


@pytest.mark.parametrize("die_at", range(1, 28, 3))
async def test_a_sequence_is_written_to_its_end(world: MailWorld, die_at: int) -> None:
    enrollment_id = await world.enroll(await world.lead(world.person("silent")))
    points = Points(die_at)
    ids = {"workspace_id": str(world.workspace), "enrollment_id": str(enrollment_id)}
    try:
        await write_sequence(dying(world, points), **ids)
    except Killed:
        pass
    before = {row.id: row.body for row in await world.sequence(enrollment_id)}
    world.clock.jump(timedelta(minutes=5))
    await world.write(enrollment_id)
    rows = await world.sequence(enrollment_id)
    assert [row.email_sequence for row in rows] == [1, 2, 3, 4, 5]
    assert before.items() <= {row.id: row.body for row in rows}.items()  # what was done is not done again
    async with world.deps.db.transaction(world.workspace) as tx:
        assert len(await approval.pending(tx.session, world.workspace)) == 1
