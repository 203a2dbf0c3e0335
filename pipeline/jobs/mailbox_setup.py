"""One mailbox from the settings, for a workspace that connected none."""

from datetime import datetime

from db.queries import mailbox as mailboxes
from db.session import Tx
from db.types import MailboxId, MailProvider
from pipeline.deps import Deps


async def ensure_from_settings(deps: Deps, tx: Tx, *, now: datetime) -> MailboxId | None:
    """GMAIL_REFRESH_TOKEN or SMTP_URL make the workspace's mailbox; None when there is neither, or FROM_EMAIL
    is missing. A workspace that has a mailbox keeps it."""
    ours = await mailboxes.listing(tx.session, tx.workspace_id)
    if ours:
        return ours[0].id
    settings = deps.settings
    if settings.from_email is None:
        return None
    if settings.gmail_refresh_token is not None:
        provider = MailProvider.GMAIL
        credentials = {"refresh_token": settings.gmail_refresh_token.get_secret_value()}
    elif settings.smtp_url is not None:
        provider = MailProvider.SMTP
        credentials = {"url": settings.smtp_url.get_secret_value()}
        if settings.imap_url is not None:
            credentials["imap_url"] = settings.imap_url.get_secret_value()
    else:
        return None
    return await mailboxes.connect(
        tx.session,
        tx.workspace_id,
        provider=provider,
        address=settings.from_email,
        credentials=credentials,
        display_name=None,
        reply_to=settings.reply_to_email,
        now=now,
    )
