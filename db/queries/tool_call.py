"""Tool calls: the result is stored in the transaction of the effect, so a resumed turn repeats nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.errors import LeaseLost
from db.models.conversation import ToolCall
from db.types import Effect, TurnId, WorkspaceId


@dataclass(frozen=True, slots=True)
class StoredCall:
    call_id: str
    name: str
    arguments: Any
    result: Any
    failed: bool


async def get(session: AsyncSession, turn_id: TurnId, call_id: str) -> StoredCall | None:
    """What the call brought, if it ran."""
    row = await session.scalar(
        select(ToolCall).where(ToolCall.turn_id == turn_id, ToolCall.call_id == call_id)
    )
    return None if row is None else _stored(row)


async def lock(session: AsyncSession, turn_id: TurnId, call_id: str) -> StoredCall | None:
    """As `get`; others who want to change its result wait for the end of this transaction."""
    row = await session.scalar(
        select(ToolCall).where(ToolCall.turn_id == turn_id, ToolCall.call_id == call_id).with_for_update()
    )
    return None if row is None else _stored(row)


async def set_result(session: AsyncSession, turn_id: TurnId, call_id: str, result: Any) -> None:
    await session.execute(
        update(ToolCall).where(ToolCall.turn_id == turn_id, ToolCall.call_id == call_id).values(result=result)
    )


async def of_turn(session: AsyncSession, turn_id: TurnId) -> list[StoredCall]:
    """In the order in which they ran."""
    rows = await session.scalars(
        select(ToolCall).where(ToolCall.turn_id == turn_id).order_by(ToolCall.created_at, ToolCall.id)
    )
    return [_stored(row) for row in rows]


async def store(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    turn_id: TurnId,
    *,
    call_id: str,
    name: str,
    effect: Effect,
    arguments: Any,
    result: Any,
    failed: bool,
    now: datetime,
) -> None:
    """Raises LeaseLost where the call was stored before: the caller's effect must be rolled back."""
    made = await session.scalar(
        insert(ToolCall)
        .values(
            workspace_id=workspace_id,
            turn_id=turn_id,
            call_id=call_id,
            name=name,
            effect=effect,
            arguments=arguments,
            result=result,
            failed=failed,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[ToolCall.turn_id, ToolCall.call_id])
        .returning(ToolCall.id)
    )
    if made is None:
        raise LeaseLost(f"call {call_id} of turn {turn_id} was run by somebody else")


def _stored(row: ToolCall) -> StoredCall:
    return StoredCall(row.call_id, row.name, row.arguments, row.result, row.failed)
