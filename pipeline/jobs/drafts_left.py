"""Drafts that stayed in a mailbox: their email was cancelled, and then the process or the mailbox went away."""

from db.models.email import EmailCampaign
from db.queries import email as emails
from db.queries import mailbox as mailboxes
from db.types import EmailState, MailboxState, WorkspaceId
from pipeline.clients.mail import Draft
from pipeline.deps import Deps
from pipeline.errors import Permanent, Transient
from pipeline.logs import get_logger

log = get_logger(__name__)
MOST_AT_ONCE = 50


async def discard_left(deps: Deps, workspace_id: WorkspaceId) -> int:
    """How many were deleted. Nobody is to find, and perhaps send by hand, what must not go out any more."""
    async with deps.db.transaction(workspace_id) as tx:
        left = await emails.left_drafts(tx.session, workspace_id, limit=MOST_AT_ONCE)
    return sum([await _discard(deps, workspace_id, email) for email in left])


async def _discard(deps: Deps, workspace_id: WorkspaceId, email: EmailCampaign) -> bool:
    if email.mailbox_id is None:
        return False
    async with deps.db.transaction(workspace_id) as tx:
        mailbox = await mailboxes.by_id(tx.session, workspace_id, email.mailbox_id)
    if mailbox is None or mailbox.state is MailboxState.DISCONNECTED:
        return False
    try:
        await deps.mail.sender(mailbox).discard(Draft(email.draft_id, email.draft_message_id, None))
    except (Transient, Permanent) as error:
        log.warning("draft_not_discarded", reason=str(error))
        return False
    async with deps.db.transaction(workspace_id) as tx:
        return await emails.change(
            tx.session,
            workspace_id,
            email.id,
            {"draft_id": None, "draft_message_id": None},
            among=(EmailState.CANCELLED,),
            now=deps.clock.now(),
        )
