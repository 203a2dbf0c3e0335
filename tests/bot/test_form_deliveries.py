"""Forms are answered by their ack: one that failed is over, one whose process died is resumed."""

from datetime import timedelta

from slack_bolt.response import BoltResponse

from bot.inbox import LEASE, delivery_of
from db.models.workspace import SlackInbox
from db.session import Database, connect
from local.sandbox.faults import Fault
from pipeline.clock import ManualClock
from tests.bot.conftest import Front
from tests.bot.test_inbox import form_payload, quiet, rows, web
from tests.local.slack_world import World

__all__ = ["web"]


async def test_a_form_that_failed_for_a_moment_is_not_run_again(
    web: Front, database: Database, clock: ManualClock, slack: World
) -> None:
    """Slack showed an error, and the person pressed again: what they saw fail must not happen behind their back."""
    slack.box.faults.arm(Fault("slack", "server_error", times=-1, match="auth.test"))
    first = form_payload("setup_booking_view", {"booking_link": "https://cal.example/failed"})
    status, _ = await web.payload(first)
    assert status == 500
    slack.box.faults.clear()
    (row,) = await rows(database, first)
    assert row.state == "failed"
    status, _ = await web.payload(
        form_payload("setup_booking_view", {"booking_link": "https://cal.example/again"})
    )
    assert status == 200
    clock.jump(LEASE + timedelta(seconds=1))
    assert await web.web.inbox.resume() == 0


async def test_a_form_whose_process_died_is_resumed(
    web: Front, database: Database, clock: ManualClock
) -> None:
    left = form_payload("setup_booking_view", {"booking_link": "https://cal.example/left"})
    delivery = delivery_of(left)
    assert delivery is not None and await web.web.inbox._stored.add(delivery) is not None
    clock.jump(LEASE + timedelta(seconds=1))
    assert await web.web.inbox.resume() == 1
    await quiet(web)
    (row,) = await rows(database, left)
    assert row.state == "done"


async def test_an_end_that_could_not_be_stored_is_stored_later_and_nothing_is_done_twice(
    web: Front, database: Database, clock: ManualClock
) -> None:
    """The database goes away between the form's commit and the mark that it is done."""
    inbox, away = web.web.inbox, connect("postgresql://nobody@127.0.0.1:1/nothing")
    delivery = delivery_of(form_payload("setup_booking_view", {"booking_link": "https://cal.example/x"}))
    assert delivery is not None
    stored = await inbox._stored.add(delivery)
    assert stored is not None
    for status, state in ((200, "done"), (500, "failed")):
        inbox._db, back = away, inbox._db
        await inbox._record(*stored, BoltResponse(status=status), is_last=True)
        inbox._db = back
        clock.jump(LEASE + timedelta(seconds=1))
        assert await inbox.resume() == 0
        async with database.across() as tx:
            row = await tx.session.get_one(SlackInbox, stored[0])
            assert row.state == state
            row.state, row.lease_until = "running", None
    await away.close()
