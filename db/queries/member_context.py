"""What is remembered of a person across threads: preferences, goals, what is on their mind."""

from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.workspace import MemberContext
from db.types import WorkspaceId


async def get(session: AsyncSession, workspace_id: WorkspaceId, user: str) -> dict[str, Any]:
    """Empty where nothing is known."""
    known = await session.scalar(
        select(MemberContext.context).where(
            MemberContext.workspace_id == workspace_id, MemberContext.user_id == user
        )
    )
    return known or {}


async def merge(
    session: AsyncSession, workspace_id: WorkspaceId, user: str, changes: dict[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Set the named keys (None forgets one), leave the rest; what is known afterwards."""
    kept = {key: value for key, value in changes.items() if value is not None}
    forgotten = [key for key, value in changes.items() if value is None]
    fresh = insert(MemberContext).values(
        workspace_id=workspace_id, user_id=user, context=kept, created_at=now, updated_at=now
    )
    merged = MemberContext.context.op("||")(fresh.excluded.context)
    left = merged.op("-")(cast(forgotten, ARRAY(Text)))
    stored = await session.scalars(
        fresh.on_conflict_do_update(
            index_elements=[MemberContext.workspace_id, MemberContext.user_id],
            set_={"context": left, "updated_at": now},
        ).returning(MemberContext.context)
    )
    return stored.one()
