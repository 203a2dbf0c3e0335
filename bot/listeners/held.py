"""Buttons under a change that the assistant holds back until a person clicks."""

from bot.action_ids import Action
from bot.listeners.base import Bot, Router, Scene, id_of, listener
from bot.listeners.home_tab import refresh_homes
from bot.listeners.leads import value_of
from bot.tools import held
from bot.tools.base import held_key, is_on_home
from bot.views.blocks import Rendered
from bot.views.held import decided
from db.queries import outbox
from db.session import Tx
from db.types import TurnId


def register(app: Router, bot: Bot) -> None:
    app.action(Action.HELD_DO.value)(listener(bot, on_do))
    app.action(Action.HELD_LEAVE.value)(listener(bot, on_leave))


async def on_do(bot: Bot, scene: Scene) -> None:
    turn_id, call_id = _call_of(scene)
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        made = await held.do(await bot.tool_context(tx, scene), turn_id, call_id)
        await _show(bot, tx, scene, decided(made.title, made.summary, scene.user_id))
    if is_on_home(made.tool):
        await refresh_homes(bot, scene)


async def on_leave(bot: Bot, scene: Scene) -> None:
    turn_id, call_id = _call_of(scene)
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        title = await held.leave(await bot.tool_context(tx, scene), turn_id, call_id)
        await _show(bot, tx, scene, decided(title, None, scene.user_id))


def _call_of(scene: Scene) -> tuple[TurnId, str]:
    turn, _, call_id = value_of(scene).partition("|")
    return TurnId(id_of(turn, held.GONE)), call_id


async def _show(bot: Bot, tx: Tx, scene: Scene, shown: Rendered) -> None:
    turn_id, call_id = _call_of(scene)
    await outbox.put(
        tx.session,
        scene.workspace_id,
        key=held_key(turn_id, call_id),
        channel=scene.channel_id,
        payload=shown.payload(),
        now=bot.deps.clock.now(),
    )
    bot.poster.nudge()
