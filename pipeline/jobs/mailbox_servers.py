"""Connecting a mailbox by SMTP and IMAP from Slack: its servers are tried before its login is kept."""

from db.session import Tx
from db.types import MailboxId, MailProvider, WorkspaceId
from pipeline.clients.mail_login import Servers, admit, credentials, try_login
from pipeline.deps import Deps
from pipeline.errors import UserError
from pipeline.jobs.mailbox_connect import keep, require_admin


async def may_connect(deps: Deps, tx: Tx, address: str, *, by: str) -> None:
    """Raises UserError where the person may not, or the settings keep this address already."""
    await require_admin(tx, by)
    settings = deps.settings
    if settings.smtp_url is not None and address.lower() == (settings.from_email or "").lower():
        raise UserError(f"{address} is connected by the settings (SMTP_URL); change it there.")


async def connect_servers(
    deps: Deps, workspace_id: WorkspaceId, address: str, servers: Servers, *, by: str
) -> MailboxId:
    """Look where the servers are, sign in to them, and keep the login, sealed. Raises UserError."""
    async with deps.db.transaction(workspace_id) as tx:
        await may_connect(deps, tx, address, by=by)
    for one in filter(None, (servers.smtp, servers.imap)):
        await admit(one.host, one.port, deps.settings)
    await try_login(address, servers, deps.settings, deps.clock)
    async with deps.db.transaction(workspace_id) as tx:
        login = credentials(servers, deps.settings)
        return await keep(deps, tx, MailProvider.SMTP, address, login, by=by)
