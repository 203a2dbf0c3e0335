"""A sequence from the first draft to the last email."""

from db.types import EmailState, EnrollmentState, LeadStatus
from tests.pipeline.mail_world import MailWorld


async def test_five_emails_are_written_approved_and_sent_in_one_thread(world: MailWorld) -> None:
    lead_id, enrollment_id = await world.approved("silent")
    rows = await world.sequence(enrollment_id)
    assert [row.email_sequence for row in rows] == [1, 2, 3, 4, 5]
    assert [row.state for row in rows] == [EmailState.SCHEDULED, *[EmailState.APPROVED] * 4]
    for number in range(1, 6):
        sent = await world.send_step(enrollment_id, number)
        assert sent.state == EmailState.SENT, (number, sent.gate_reason, sent.error)
    rows = await world.sequence(enrollment_id)
    assert len({row.thread_id for row in rows}) == 1
    assert len({row.message_id for row in rows}) == 5
    assert len(world.delivered(rows[0].to_email)) == 5
    assert (await world.enrollment(enrollment_id)).state == EnrollmentState.COMPLETED
    assert (await world.lead_row(lead_id)).status == LeadStatus.EMAILED
