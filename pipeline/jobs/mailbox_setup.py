"""One mailbox from the settings, for a workspace that connected none."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from db.queries import mailbox as mailboxes
from db.queries.mailbox import MailboxRow
from db.session import Tx
from db.types import MailboxId, MailboxState, MailProvider
from pipeline.deps import Deps
from pipeline.jobs.mailbox_connect import BY_A_PERSON
from pipeline.settings import Settings


async def ensure_from_settings(
    deps: Deps, tx: Tx, *, now: datetime, reconnect: bool = False
) -> MailboxId | None:
    """GMAIL_REFRESH_TOKEN or SMTP_URL make the workspace's mailbox; None when there is neither, or FROM_EMAIL
    is missing. A workspace that has a mailbox keeps it. `reconnect`: a person looks, so try the one of the
    settings again where it was disconnected."""
    settings = deps.settings
    ours = await mailboxes.listing(tx.session, tx.workspace_id)
    for one in ours:
        gone = one.state is MailboxState.DISCONNECTED and one.error != BY_A_PERSON
        await keep_up_with_settings(deps, tx, one, again=reconnect and gone, now=now)
    if ours:
        return ours[0].id
    if settings.from_email is None:
        return None
    if settings.gmail_refresh_token is not None:
        token = settings.gmail_refresh_token.get_secret_value()
        return await _connect(settings, tx, MailProvider.GMAIL, {"refresh_token": token}, now=now)
    if settings.smtp_url is not None:
        return await _connect(settings, tx, MailProvider.SMTP, _servers(settings), now=now)
    return None


async def keep_up_with_settings(
    deps: Deps, tx: Tx, mailbox: MailboxRow, *, now: datetime, again: bool = False
) -> None:
    """SMTP_URL and IMAP_URL may change after the mailbox was made of them; the row follows."""
    settings = deps.settings
    servers = _servers(settings)
    ours = mailbox.provider is MailProvider.SMTP and mailbox.address == (settings.from_email or "").lower()
    if ours and servers and (again or dict(mailbox.credentials) != servers):
        await _connect(settings, tx, MailProvider.SMTP, servers, now=now)


def _servers(settings: Settings) -> dict[str, str]:
    if settings.smtp_url is None:
        return {}
    servers = {"url": settings.smtp_url.get_secret_value()}
    if settings.imap_url is not None:
        servers["imap_url"] = settings.imap_url.get_secret_value()
    return servers


async def _connect(
    settings: Settings, tx: Tx, provider: MailProvider, credentials: Mapping[str, Any], *, now: datetime
) -> MailboxId:
    assert settings.from_email is not None
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
