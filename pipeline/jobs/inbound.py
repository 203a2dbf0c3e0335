"""Reading mailboxes."""

from datetime import timedelta
from uuid import UUID

from db.queries import mailbox as mailboxes
from db.types import MailboxId, WorkspaceId
from db.wake import Wake
from pipeline.clients.mail import Disconnected
from pipeline.deps import Deps
from pipeline.jobs.base import job
from pipeline.jobs.mailbox_reading import read_mailbox
from pipeline.jobs.mailbox_setup import keep_up_with_settings
from pipeline.jobs.mailbox_trouble import disconnected


@job(Wake.POLL_MAILBOX, timeout=timedelta(seconds=240))
async def poll_mailbox(deps: Deps, *, workspace_id: str, mailbox_id: str) -> None:
    """Take in what came since the last time. Safe to run twice, and beside itself."""
    ours, which = WorkspaceId(UUID(workspace_id)), MailboxId(UUID(mailbox_id))
    async with deps.db.transaction(ours) as tx:
        mailbox = await mailboxes.by_id(tx.session, ours, which)
        if mailbox is not None:
            await keep_up_with_settings(deps, tx, mailbox, now=deps.clock.now())
    try:
        await read_mailbox(deps, ours, which)
    except Disconnected as error:
        if mailbox is not None:
            await disconnected(deps, ours, mailbox, str(error))
