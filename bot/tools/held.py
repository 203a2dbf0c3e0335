"""A change that the model asked for after it had read strangers' words: made, or left, by a person's click."""

from typing import NamedTuple

from bot.tools.base import HELD, TOOLS, ToolContext, checked, succeeded
from db.queries import tool_call
from db.types import TurnId
from pipeline.errors import UserError

GONE = "That was decided already."


class Made(NamedTuple):
    """A held call that was made."""

    tool: str
    title: str  # what was asked
    summary: str  # what was done


async def do(ctx: ToolContext, turn_id: TurnId, call_id: str) -> Made:
    """Make the held call, in the transaction of `ctx`.

    Raises UserError where it was decided before, or cannot be done any more.
    """
    name, arguments, title = await _waiting(ctx, turn_id, call_id)
    chosen = TOOLS[name]
    result = await chosen.call(ctx, checked(chosen, arguments))
    await tool_call.set_result(ctx.tx.session, turn_id, call_id, succeeded(result))
    return Made(name, title, result.summary)


async def leave(ctx: ToolContext, turn_id: TurnId, call_id: str) -> str:
    """Leave it undone. Returns what was asked. Raises UserError where it was decided before."""
    _, _, title = await _waiting(ctx, turn_id, call_id)
    left = {"ok": False, "error": "The person did not want it."}
    await tool_call.set_result(ctx.tx.session, turn_id, call_id, left)
    return title


async def _waiting(ctx: ToolContext, turn_id: TurnId, call_id: str) -> tuple[str, str, str]:
    stored = await tool_call.lock(ctx.tx.session, turn_id, call_id)
    if stored is None or stored.name not in TOOLS or not stored.result.get(HELD):
        raise UserError(GONE)
    arguments = str(stored.arguments)
    return stored.name, arguments, TOOLS[stored.name].title(arguments)
