"""The audit log. Rows hold ids and a salted digest of the payload; the payload beside it can be erased.

One sealer at a time chains the rows: `chain_digest` is `position:SHA-256`, the digest taken over the
previous one and this row. The position is given when a row is sealed, so a row that committed late simply
comes later in the chain.
"""

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, insert, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.audit import AuditEntry
from db.models.workspace import Workspace
from db.queries.many import as_rows, insert_many
from db.types import WorkspaceId

_GENESIS = "0" * 64
_POSITION_DIGITS = 12  # so that the text sorts as the numbers do
_ADD_ENTRIES = insert_many(
    cast("Table", AuditEntry.__table__),
    "workspace_id at actor action entity_type entity_id salt payload_digest",
)


async def record(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    actor: str,
    action: str,
    entity_type: str,
    entity_id: UUID | None = None,
    payload: Any = None,
    reason: str | None = None,
    now: datetime,
) -> UUID:
    """Who (`U123`, `rainmaker`, `assistant for U123`) did what, and why. `payload`: any JSON, sealed."""
    salt = secrets.token_hex(16)
    text = None if payload is None else json.dumps(payload, sort_keys=True, default=str)
    made = await session.scalars(
        insert(AuditEntry)
        .values(
            workspace_id=workspace_id,
            at=now,
            actor=actor,
            action=action,
            entity_type=entity_type,
            entity_id=entity_id,
            reason=reason,
            salt=salt,
            payload=text,
            payload_digest=_digest(salt, text or ""),
        )
        .returning(AuditEntry.id)
    )
    return made.one()


async def record_all(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    actor: str,
    action: str,
    entity_type: str,
    entity_ids: Sequence[UUID],
    now: datetime,
) -> None:
    """The same of each entity, without a payload."""
    entries = [
        {
            "workspace_id": workspace_id,
            "at": now,
            "actor": actor,
            "action": action,
            "entity_type": entity_type,
            "entity_id": entity_id,
            "salt": (salt := secrets.token_hex(16)),
            "payload_digest": _digest(salt, ""),
        }
        for entity_id in entity_ids
    ]
    await session.execute(_ADD_ENTRIES, as_rows(entries))


async def recent(
    session: AsyncSession, workspace_id: WorkspaceId, *, entity_id: UUID | None = None, limit: int = 50
) -> list[AuditEntry]:
    """The newest entries first; with `entity_id` only those about it."""
    wanted = select(AuditEntry).where(AuditEntry.workspace_id == workspace_id)
    if entity_id is not None:
        wanted = wanted.where(AuditEntry.entity_id == entity_id)
    rows = await session.scalars(wanted.order_by(AuditEntry.at.desc(), AuditEntry.seq.desc()).limit(limit))
    return list(rows)


async def latest(
    session: AsyncSession, workspace_id: WorkspaceId, action: str, entity_ids: Sequence[UUID]
) -> dict[UUID, AuditEntry]:
    """Of each entity the newest entry of that action."""
    rows = await session.scalars(
        select(AuditEntry)
        .ext(distinct_on(AuditEntry.entity_id))
        .where(
            AuditEntry.workspace_id == workspace_id,
            AuditEntry.entity_id.in_(entity_ids),
            AuditEntry.action == action,
        )
        .order_by(AuditEntry.entity_id, AuditEntry.at.desc(), AuditEntry.seq.desc())
    )
    return {row.entity_id: row for row in rows if row.entity_id is not None}


async def erase_payloads(session: AsyncSession, workspace_id: WorkspaceId, entity_id: UUID) -> int:
    """Forget what was written about an entity; who did what and the digests stay. How many were erased."""
    rows = await session.scalars(
        update(AuditEntry)
        .where(
            AuditEntry.workspace_id == workspace_id,
            AuditEntry.entity_id == entity_id,
            AuditEntry.payload.is_not(None),
        )
        .values(payload=None)
        .returning(AuditEntry.id)
    )
    return len(rows.all())


async def seal_chain(session: AsyncSession, workspace_id: WorkspaceId, *, limit: int = 500) -> int:
    """Chain what is not chained yet; how many entries that were."""
    # The workspace's row is the sealers' lock.
    await session.execute(
        select(Workspace.id).where(Workspace.id == workspace_id).with_for_update(key_share=True)
    )
    position, previous = await _last_link(session, workspace_id)
    entries = await session.scalars(
        select(AuditEntry)
        .where(AuditEntry.workspace_id == workspace_id, AuditEntry.chain_digest.is_(None))
        .order_by(AuditEntry.seq)
        .limit(limit)
    )
    sealed = 0
    for entry in entries.all():
        position, previous, sealed = position + 1, _link(previous, entry), sealed + 1
        await session.execute(
            update(AuditEntry)
            .where(AuditEntry.id == entry.id, AuditEntry.at == entry.at)
            .values(chain_digest=f"{position:0{_POSITION_DIGITS}}:{previous}")
            .execution_options(synchronize_session=False)
        )
    return sealed


async def first_broken(session: AsyncSession, workspace_id: WorkspaceId) -> UUID | None:
    """The first entry of the chain that was altered, or whose predecessor is gone; None if all is well."""
    entries = await session.stream_scalars(
        select(AuditEntry)
        .where(AuditEntry.workspace_id == workspace_id, AuditEntry.chain_digest.is_not(None))
        .order_by(AuditEntry.chain_digest)
        .execution_options(populate_existing=True, yield_per=500)
    )
    position, previous = 0, _GENESIS
    async for entry in entries:
        position, previous = position + 1, _link(previous, entry)
        altered = entry.payload is not None and _digest(entry.salt, entry.payload) != entry.payload_digest
        if altered or entry.chain_digest != f"{position:0{_POSITION_DIGITS}}:{previous}":
            return entry.id
    return None


async def _last_link(session: AsyncSession, workspace_id: WorkspaceId) -> tuple[int, str]:
    last = await session.scalar(
        select(AuditEntry.chain_digest)
        .where(AuditEntry.workspace_id == workspace_id, AuditEntry.chain_digest.is_not(None))
        .order_by(AuditEntry.chain_digest.desc())
        .limit(1)
    )
    if last is None:
        return 0, _GENESIS
    position, _, digest = last.partition(":")
    return int(position), digest


def _link(previous: str, entry: AuditEntry) -> str:
    """Over all that must not change; the payload only by its digest, since it may be erased."""
    facts = (
        entry.id, entry.at.timestamp(), entry.workspace_id, entry.actor, entry.action,
        entry.entity_type, entry.entity_id, entry.reason, entry.salt, entry.payload_digest,
    )  # fmt: skip
    return _digest(previous, json.dumps([str(fact) for fact in facts]))


def _digest(salt: str, text: str) -> str:
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()
