"""What Slack delivered. Outside row-level security: for transactions across workspaces, or of any one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db import seal
from db.models.workspace import SlackInbox
from db.queries.leases import Lease, held, is_free
from db.session import Database, Statement
from db.types import InboxId, InboxKind, InboxState, LeaseToken

_OPEN = (InboxState.RECEIVED, InboxState.RUNNING)
_OVER = (InboxState.DONE, InboxState.FAILED)
_STORE = (
    "INSERT INTO slack_inbox"
    " (dedupe_key, kind, team_id, body, received_at, state, attempts, lease_token, lease_until)"
    " SELECT key, kind, team_id, body, %(now)s, 'running', 1, %(token)s, %(until)s"
    " FROM unnest(%(keys)s::text[], %(kinds)s::text[], %(teams)s::text[], string_to_array(%(bodies)s, ' '))"
    " AS delivered (key, kind, team_id, body)"
    " ON CONFLICT (dedupe_key) DO NOTHING RETURNING dedupe_key, id"
)
_FINISH = (
    "UPDATE slack_inbox SET state = 'done', error = NULL, finished_at = %(now)s, lease_token = NULL,"
    " lease_until = NULL FROM unnest(%(ids)s::uuid[], %(tokens)s::uuid[]) AS held (id, token)"
    " WHERE slack_inbox.id = held.id AND slack_inbox.lease_token = held.token RETURNING slack_inbox.id"
)


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A delivery that is ours until the lease ends. `attempts` counts this one."""

    id: InboxId
    kind: InboxKind
    team_id: str | None
    body: Any  # what Slack sent, decoded
    attempts: int
    received_at: datetime
    token: LeaseToken


@dataclass(frozen=True, slots=True)
class Delivery:
    """What Slack sent, before it is stored."""

    dedupe_key: str  # event_id, or the trigger_id with what was triggered
    kind: InboxKind
    team_id: str | None
    body: Any


async def put(session: AsyncSession, delivery: Delivery, *, now: datetime) -> InboxId | None:
    """Leave a delivery to whoever looks next, with the caller's transaction; None if it was there before."""
    made = await session.scalar(
        insert(SlackInbox)
        .values(
            dedupe_key=delivery.dedupe_key,
            kind=delivery.kind,
            team_id=delivery.team_id,
            body=delivery.body,
            received_at=now,
        )
        .on_conflict_do_nothing(index_elements=[SlackInbox.dedupe_key])
        .returning(SlackInbox.id)
    )
    return None if made is None else InboxId(made)


async def store(
    db: Database, deliveries: Sequence[Delivery], *, now: datetime, lease: Lease
) -> dict[str, InboxId]:
    """Commit several deliveries in one round trip, held by `lease`: dedupe key to id of those that are new."""
    by_key = sorted({delivery.dedupe_key: delivery for delivery in deliveries}.items())
    rows = [delivery for _, delivery in by_key]  # in one order everywhere: two batches can't block each other
    sealer = seal.current()
    given = {
        "keys": [delivery.dedupe_key for delivery in rows],
        "kinds": [delivery.kind.value for delivery in rows],
        "teams": [delivery.team_id for delivery in rows],
        # Sealed values have no spaces; psycopg would look through an array of them letter by letter.
        "bodies": " ".join(sealer.seal(json.dumps(delivery.body).encode()) for delivery in rows),
        "now": now,
        "token": lease.token,
        "until": lease.until,
    }
    made = await db.at_once(Statement(_STORE, given))
    return {str(key): InboxId(row_id) for key, row_id in made}


async def claim(
    session: AsyncSession, inbox_id: InboxId, lease: Lease, *, wall: datetime
) -> InboxItem | None:
    """Take an open delivery; None if it is done, or somebody else's."""
    row = await session.scalar(
        update(SlackInbox)
        .where(SlackInbox.id == inbox_id, SlackInbox.state.in_(_OPEN), is_free(SlackInbox.lease_until, wall))
        .values(
            state=InboxState.RUNNING,
            attempts=SlackInbox.attempts + 1,
            lease_token=lease.token,
            lease_until=lease.until,
        )
        .returning(SlackInbox)
    )
    if row is None:
        return None
    return InboxItem(
        InboxId(row.id),
        InboxKind(row.kind),
        row.team_id,
        row.body,
        row.attempts,
        row.received_at,
        lease.token,
    )


async def renew(session: AsyncSession, inbox_id: InboxId, lease: Lease) -> None:
    """Raises LeaseLost."""
    await _write(session, inbox_id, lease.token, lease_until=lease.until)


async def finish_many(
    db: Database, held: Sequence[tuple[InboxId, LeaseToken]], *, now: datetime
) -> set[InboxId]:
    """Commit their end in one round trip; those that were still held by their token."""
    given = {"ids": [row for row, _ in held], "tokens": [token for _, token in held], "now": now}
    return {InboxId(row) for (row,) in await db.at_once(Statement(_FINISH, given))}


async def finish_with(session: AsyncSession, inbox_id: InboxId, *, now: datetime) -> bool:
    """End a delivery with the effect it has, in the effect's own transaction. False: it had its effect already.

    Its lease stays with its holder, who lets go of it afterwards as of any other.
    """
    ended = await session.scalar(
        update(SlackInbox)
        .where(SlackInbox.id == inbox_id, SlackInbox.state.in_(_OPEN))
        .values(state=InboxState.DONE, error=None, finished_at=now)
        .returning(SlackInbox.id)
    )
    return ended is not None


async def fail(
    session: AsyncSession, inbox_id: InboxId, token: LeaseToken, *, error: str, now: datetime
) -> None:
    """Never to be tried again. Raises LeaseLost."""
    await _write(
        session,
        inbox_id,
        token,
        state=InboxState.FAILED,
        error=error,
        finished_at=now,
        lease_token=None,
        lease_until=None,
    )


async def due(session: AsyncSession, *, wall: datetime, limit: int = 100) -> list[InboxId]:
    """Open deliveries that nobody holds, oldest first."""
    rows = await session.scalars(
        select(SlackInbox.id)
        .where(SlackInbox.state.in_(_OPEN), is_free(SlackInbox.lease_until, wall))
        .order_by(SlackInbox.received_at, SlackInbox.id)
        .limit(limit)
    )
    return [InboxId(row) for row in rows]


async def prune(session: AsyncSession, *, received_before: datetime, limit: int = 5000) -> int:
    """Forget finished deliveries of before that moment; how many were forgotten."""
    old = (
        select(SlackInbox.id)
        .where(SlackInbox.received_at < received_before, SlackInbox.state.in_(_OVER))
        .order_by(SlackInbox.received_at)
        .limit(limit)
    )
    gone = await session.scalars(
        delete(SlackInbox).where(SlackInbox.id.in_(old.scalar_subquery())).returning(SlackInbox.id)
    )
    return len(gone.all())


async def _write(session: AsyncSession, inbox_id: InboxId, token: LeaseToken, **values: object) -> None:
    row: UUID | None = await session.scalar(
        update(SlackInbox)
        .where(SlackInbox.id == inbox_id, SlackInbox.lease_token == token)
        .values(**values)
        .returning(SlackInbox.id)
    )
    held(row, "delivery", inbox_id)
