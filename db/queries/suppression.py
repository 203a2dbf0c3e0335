"""Addresses and domains never to write to, by digest."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, cast, column, delete, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.cards import SuppressionLine
from db.models.campaign import Enrollment, Suppression
from db.models.email import Approval
from db.models.lead import Lead
from db.queries.enrollment import RUNNING
from db.types import ApprovalState, LeadId, SuppressionKind, WorkspaceId

_STRETCH = 1000


@dataclass(frozen=True, slots=True)
class NewSuppression:
    """`value` None: only the hash is known."""

    kind: SuppressionKind
    value: str | None
    digest: str
    reason: str
    created_by: str | None


@dataclass(frozen=True, slots=True)
class Reachable:
    lead_id: LeadId
    name: str
    email: str


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


async def among(
    session: AsyncSession, workspace_id: WorkspaceId, digests: Sequence[str]
) -> dict[str, SuppressionKind]:
    """Those of the digests that are on the list, and as what. Any number of them."""
    wanted = (
        func.unnest(cast(list(digests), ARRAY(Text))).table_valued(column("digest", Text)).render_derived()
    )
    found = await session.execute(
        select(Suppression.value_hash, Suppression.kind).where(
            Suppression.workspace_id == workspace_id, Suppression.value_hash == wanted.c.digest
        )
    )
    return {digest: SuppressionKind(kind) for digest, kind in found}


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


async def listing(
    session: AsyncSession, workspace_id: WorkspaceId, limit: int = 100
) -> list[SuppressionLine]:
    """The newest first."""
    found = await session.scalars(
        select(Suppression)
        .where(Suppression.workspace_id == workspace_id)
        .order_by(Suppression.created_at.desc(), Suppression.id)
        .limit(limit)
    )
    return [_line(row) for row in found]


async def add_many(
    session: AsyncSession, workspace_id: WorkspaceId, rows: Sequence[NewSuppression], *, now: datetime
) -> list[str]:
    """The digests of those that were not on the list; any number of rows."""
    added: list[str] = []
    for start in range(0, len(rows), _STRETCH):
        values = [
            {
                "workspace_id": workspace_id,
                "kind": one.kind,
                "value": one.value,
                "value_hash": one.digest,
                "reason": one.reason,
                "created_by": one.created_by,
                "created_at": now,
            }
            for one in rows[start : start + _STRETCH]
        ]
        made = await session.scalars(
            insert(Suppression).values(values).on_conflict_do_nothing().returning(Suppression.value_hash)
        )
        added += made
    return added


async def counts(session: AsyncSession, workspace_id: WorkspaceId) -> dict[SuppressionKind, int]:
    found = await session.execute(
        select(Suppression.kind, func.count())
        .where(Suppression.workspace_id == workspace_id)
        .group_by(Suppression.kind)
    )
    return dict.fromkeys(SuppressionKind, 0) | {SuppressionKind(kind): count for kind, count in found}


async def get(session: AsyncSession, workspace_id: WorkspaceId, entry_id: UUID) -> SuppressionLine | None:
    row = await session.scalar(
        select(Suppression).where(Suppression.workspace_id == workspace_id, Suppression.id == entry_id)
    )
    return _line(row) if row is not None else None


async def find(
    session: AsyncSession, workspace_id: WorkspaceId, *, kind: SuppressionKind, digest: str
) -> SuppressionLine | None:
    row = await session.scalar(
        select(Suppression).where(
            Suppression.workspace_id == workspace_id,
            Suppression.kind == kind,
            Suppression.value_hash == digest,
        )
    )
    return _line(row) if row is not None else None


def _line(row: Suppression) -> SuppressionLine:
    return SuppressionLine(
        row.id, row.kind, row.value, row.value_hash, row.reason, row.created_by, row.created_at
    )


async def everything(session: AsyncSession, workspace_id: WorkspaceId) -> AsyncIterator[SuppressionLine]:
    """The whole list, by kind and value, a stretch at a time."""
    place: tuple[str, str] | None = None
    while True:
        found = select(Suppression).where(Suppression.workspace_id == workspace_id)
        if place is not None:
            found = found.where(
                tuple_(Suppression.kind, Suppression.value_hash) > tuple_(*map(literal, place))
            )
        page = await session.scalars(found.order_by(Suppression.kind, Suppression.value_hash).limit(_STRETCH))
        rows = page.all()
        for row in rows:
            yield _line(row)
        if len(rows) < _STRETCH:
            return
        place = (rows[-1].kind, rows[-1].value_hash)


async def reachable(session: AsyncSession, workspace_id: WorkspaceId) -> list[Reachable]:
    """Every lead to whom something may go out: a sequence that has not ended, or drafts that wait."""
    running = select(Enrollment.id).where(Enrollment.lead_id == Lead.id, Enrollment.state.in_(RUNNING))
    asked = select(Approval.id).where(Approval.lead_id == Lead.id, Approval.state == ApprovalState.PENDING)
    found = await session.execute(
        select(Lead.id, Lead.name, Lead.email).where(
            Lead.workspace_id == workspace_id,
            Lead.email.is_not(None),
            running.exists() | asked.exists(),
        )
    )
    return [Reachable(LeadId(lead_id), name, email) for lead_id, name, email in found if email]
