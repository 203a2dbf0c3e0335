"""A mailbox that no longer lets us in."""

from db.queries import mailbox as mailboxes
from db.queries.mailbox import MailboxRow
from db.types import WorkspaceId
from pipeline.deps import Deps
from pipeline.messages import MailboxTroubled


async def disconnected(deps: Deps, workspace_id: WorkspaceId, mailbox: MailboxRow, error: str) -> None:
    """Stop using it, and tell people once."""
    async with deps.db.transaction(workspace_id) as tx:
        if await mailboxes.disconnect(
            tx.session, workspace_id, mailbox.id, error=error, now=deps.clock.now()
        ):
            await deps.notifier.tell(tx, MailboxTroubled(mailbox.id))
