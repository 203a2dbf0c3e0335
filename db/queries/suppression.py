"""Addresses and domains never to write to, by digest."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.campaign import Suppression
from db.types import SuppressionKind, WorkspaceId


async def add(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    kind: SuppressionKind,
    value: str | None,
    digest: str,
    reason: str,
    created_by: str | None,
    now: datetime,
) -> bool:
    """False: it stood on the list already. `digest`: of the value, by the installation's Digester."""
    row = insert(Suppression).values(
        workspace_id=workspace_id,
        kind=kind,
        value=value.strip().lower() if value else None,
        value_hash=digest,
        reason=reason,
        created_by=created_by,
        created_at=now,
    )
    return await session.scalar(row.on_conflict_do_nothing().returning(Suppression.id)) is not None


async def kinds_of(
    session: AsyncSession, workspace_id: WorkspaceId, digests: Iterable[str]
) -> set[SuppressionKind]:
    """Which kinds of suppression hold for any of the digests."""
    found = await session.scalars(
        select(Suppression.kind).where(
            Suppression.workspace_id == workspace_id, Suppression.value_hash.in_(list(digests))
        )
    )
    return {SuppressionKind(kind) for kind in found}


async def listed(
    session: AsyncSession, workspace_id: WorkspaceId, kind: SuppressionKind, digests: Iterable[str]
) -> set[str]:
    """Of these digests, those that stand on the list."""
    found = await session.scalars(
        select(Suppression.value_hash).where(
            Suppression.workspace_id == workspace_id,
            Suppression.kind == kind,
            Suppression.value_hash.in_(list(digests)),
        )
    )
    return set(found)


async def remove(
    session: AsyncSession, workspace_id: WorkspaceId, *, kind: SuppressionKind, digest: str
) -> bool:
    gone = await session.execute(
        delete(Suppression)
        .where(
            Suppression.workspace_id == workspace_id,
            Suppression.kind == kind,
            Suppression.value_hash == digest,
        )
        .returning(Suppression.id)
    )
    return gone.first() is not None


async def listing(session: AsyncSession, workspace_id: WorkspaceId, limit: int = 100) -> list[Suppression]:
    return list(
        await session.scalars(
            select(Suppression)
            .where(Suppression.workspace_id == workspace_id)
            .order_by(Suppression.created_at.desc())
            .limit(limit)
        )
    )
