"""Unsubscribing by the link: POST only, and safe to repeat."""

from datetime import datetime
from uuid import UUID

from db.queries import email as emails
from db.queries import lead as leads
from db.session import Tx
from db.types import EmailKind, LeadId, WorkspaceId
from pipeline.deps import Deps
from pipeline.jobs.envelope import unsubscribe_links
from pipeline.jobs.inbound_effects import opt_out


def read_token(deps: Deps, token: str) -> tuple[WorkspaceId, UUID] | None:
    """The workspace and the email an unsubscribe link was made for; None if we did not sign it."""
    read = unsubscribe_links(deps).read(token)
    return (WorkspaceId(read[0]), read[1]) if read else None


async def unsubscribe(deps: Deps, tx: Tx, email_id: UUID, *, now: datetime) -> bool:
    """The recipient of this email wants no more. False: the email is gone, and with it the person.

    A test went to one of us, so its link changes nothing.
    """
    email = await emails.locked(tx.session, tx.workspace_id, email_id)
    if email is None:
        return False
    if email.kind != EmailKind.TEST:
        lead = await leads.get(tx.session, tx.workspace_id, LeadId(email.lead_id))
        who = lead.name if lead else email.to_email
        because = f"{who} unsubscribed by the link in the email. Nothing more is sent to this address."
        await opt_out(deps, tx, email, reason="unsubscribed by the link", because=because, now=now)
    return True
