"""Connecting a mailbox from Slack, and disconnecting it. For Gmail by a link for one person, good once and for half
an hour.

The link's `state` is signed and names workspace and person; its nonce and the PKCE verifier lie in Redis and are
taken out by the first use. Without Redis there is no link and no answer is accepted.
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer
from redis.exceptions import RedisError

from db.queries import audit, workspace
from db.queries import mailbox as mailboxes
from db.queries.mailbox import MailboxRow
from db.session import Tx
from db.types import MailboxId, MailboxState, MailProvider, WorkspaceId
from db.wake import Wake
from pipeline.clients import google_oauth
from pipeline.clients.google_oauth import Granted
from pipeline.deps import Deps
from pipeline.errors import UserError

SECONDS = 1800
PATIENCE = 2.0  # seconds Redis has
AGAIN = "Open the Mailbox form in Slack again and press *Connect Gmail* there."
LONGEST_STATE = 1000
BY_A_PERSON = "A person disconnected it in Slack."  # and nothing but a person connects it again


@dataclass(frozen=True, slots=True)
class Link:
    """Whom a link was made for."""

    workspace_id: WorkspaceId
    user_id: str
    verifier: str


async def make_link(deps: Deps, workspace_id: WorkspaceId, user_id: str) -> str:
    """The address of Google's page for this person. Raises UserError when the settings or Redis are missing."""
    missing = google_oauth.missing_settings(deps.settings)
    if missing:
        raise UserError(f"Gmail can't be connected before {', '.join(missing)} is set.")
    nonce, verifier = secrets.token_urlsafe(18), secrets.token_urlsafe(48)
    try:
        async with asyncio.timeout(PATIENCE):
            await deps.redis.set(_key(nonce), verifier, ex=SECONDS)
    except (RedisError, OSError) as error:
        raise UserError(
            "Gmail can't be connected right now: Redis does not answer. Try again later."
        ) from error
    state = _signer(deps).dumps([str(workspace_id), user_id, nonce])
    return google_oauth.consent_url(deps.settings, state=str(state), verifier=verifier)


async def redeem(deps: Deps, state: str) -> Link:
    """Whom the link was made for; it is used up by this. Raises UserError."""
    try:
        signed: Any = _signer(deps).loads(state[:LONGEST_STATE], max_age=SECONDS)
        workspace_id, user_id, nonce = (str(part) for part in signed)
        ours = WorkspaceId(UUID(workspace_id))
    except SignatureExpired as error:
        raise UserError(f"This link is more than half an hour old. {AGAIN}") from error
    except (BadData, ValueError, TypeError) as error:
        raise UserError(f"This link is not one of ours, or it was cut. {AGAIN}") from error
    try:
        async with asyncio.timeout(PATIENCE):
            verifier = cast("bytes | str | None", await deps.redis.getdel(_key(nonce)))
    except (RedisError, OSError) as error:
        raise UserError(
            f"It can't be checked right now whether this link was used before. {AGAIN}"
        ) from error
    if verifier is None:
        raise UserError(f"This link was used before. {AGAIN}")
    return Link(ours, user_id, verifier.decode() if isinstance(verifier, bytes) else verifier)


async def store(deps: Deps, tx: Tx, link: Link, granted: Granted) -> MailboxId:
    """The mailbox, new or active again. Raises UserError for somebody who may not set up (any more)."""
    login = {"refresh_token": granted.refresh_token}
    return await keep(deps, tx, MailProvider.GMAIL, granted.address, login, by=link.user_id)


async def keep(
    deps: Deps, tx: Tx, provider: MailProvider, address: str, login: Mapping[str, Any], *, by: str
) -> MailboxId:
    """A mailbox that lets us in, new or active again; its answers are read and what waits for it goes on.

    Raises UserError for somebody who may not set up.
    """
    now = deps.clock.now()
    await require_admin(tx, by)
    listed = await mailboxes.listing(tx.session, tx.workspace_id)
    before = next((one for one in listed if one.address == address.lower()), None)
    made = await mailboxes.connect(
        tx.session,
        tx.workspace_id,
        provider=provider,
        address=address,
        credentials=login,
        display_name=before.display_name if before else None,
        reply_to=before.reply_to if before else deps.settings.reply_to_email,
        now=now,
    )
    await _note(tx, "mailbox.connected", made, {"address": address, "again": before is not None}, by, now)
    tx.enqueue(Wake.POLL_MAILBOX, mailbox_id=made)
    tx.enqueue(Wake.DISPATCH)
    return made


async def require_admin(tx: Tx, user_id: str) -> None:
    """Until there is an admin, everybody may set up. Raises UserError."""
    admins = {
        one.slack_user_id for one in await workspace.members(tx.session, tx.workspace_id) if one.is_admin
    }
    if admins and user_id not in admins:
        raise UserError("Only an admin of this workspace can connect a mailbox, or disconnect one.")


async def part_with(deps: Deps, tx: Tx, mailbox_id: UUID, *, by: str) -> MailboxRow:
    """A person disconnects a mailbox: nothing leaves from it and its answers are not read. Its login is kept, so that
    they can connect it again. Raises UserError."""
    await require_admin(tx, by)
    box, now = await _known(tx, mailbox_id), deps.clock.now()
    if not await mailboxes.disconnect(tx.session, tx.workspace_id, box.id, error=BY_A_PERSON, now=now):
        raise UserError(f"{box.address} is disconnected already.")
    await _note(tx, "mailbox.disconnected", box.id, {"address": box.address}, by, now)
    return box


async def take_up(deps: Deps, tx: Tx, mailbox_id: UUID, *, by: str) -> MailboxRow:
    """A mailbox that a person disconnected is used again, with the login it had. Raises UserError."""
    box = await _known(tx, mailbox_id)
    if box.state is MailboxState.DISCONNECTED:
        await keep(deps, tx, box.provider, box.address, box.credentials, by=by)
    return box


async def _known(tx: Tx, mailbox_id: UUID) -> MailboxRow:
    box = await mailboxes.by_id(tx.session, tx.workspace_id, mailbox_id)
    if box is None:
        raise UserError("That mailbox is not here any more.")
    return box


async def _note(
    tx: Tx, action: str, mailbox_id: UUID, payload: dict[str, Any], by: str, now: datetime
) -> None:
    await audit.record(
        tx.session,
        tx.workspace_id,
        actor=by,
        action=action,
        entity_type="mailbox",
        entity_id=mailbox_id,
        payload=payload,
        now=now,
    )


def _signer(deps: Deps) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(deps.settings.encryption_key.get_secret_value(), salt="google connect")


def _key(nonce: str) -> str:
    return f"google:connect:{nonce}"
