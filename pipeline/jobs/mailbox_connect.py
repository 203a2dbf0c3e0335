"""Connecting a Gmail mailbox from Slack: a link for one person, good once and for half an hour.

The link's `state` is signed and names workspace and person; its nonce and the PKCE verifier lie in Redis and are
taken out by the first use. Without Redis there is no link and no answer is accepted.
"""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer
from redis.exceptions import RedisError

from db.queries import audit, workspace
from db.queries import mailbox as mailboxes
from db.session import Tx
from db.types import MailboxId, MailProvider, WorkspaceId
from db.wake import Wake
from pipeline.clients import google_oauth
from pipeline.clients.google_oauth import Granted
from pipeline.deps import Deps
from pipeline.errors import UserError

SECONDS = 1800
PATIENCE = 2.0  # seconds Redis has
AGAIN = "Open the Mailbox form in Slack again and press *Connect Gmail* there."
LONGEST_STATE = 1000


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
    now = deps.clock.now()
    admins = {
        one.slack_user_id for one in await workspace.members(tx.session, tx.workspace_id) if one.is_admin
    }
    if admins and link.user_id not in admins:
        raise UserError("Only an admin of this workspace can connect a mailbox.")
    listed = await mailboxes.listing(tx.session, tx.workspace_id)
    before = next((one for one in listed if one.address == granted.address), None)
    made = await mailboxes.connect(
        tx.session,
        tx.workspace_id,
        provider=MailProvider.GMAIL,
        address=granted.address,
        credentials={"refresh_token": granted.refresh_token},
        display_name=before.display_name if before else None,
        reply_to=before.reply_to if before else deps.settings.reply_to_email,
        now=now,
    )
    await audit.record(
        tx.session,
        tx.workspace_id,
        actor=link.user_id,
        action="mailbox.connected",
        entity_type="mailbox",
        entity_id=made,
        payload={"address": granted.address, "again": before is not None},
        now=now,
    )
    tx.enqueue(Wake.POLL_MAILBOX, mailbox_id=made)
    tx.enqueue(Wake.DISPATCH)
    return made


def _signer(deps: Deps) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(deps.settings.encryption_key.get_secret_value(), salt="google connect")


def _key(nonce: str) -> str:
    return f"google:connect:{nonce}"
