"""Buttons on an approved card: put this lead's sequence on hold, or end it. Anybody may; resuming is for approvers."""

from bot.action_ids import Action
from bot.listeners.base import Bot, Router, Scene, id_of, listener
from bot.listeners.drafts import GONE
from bot.listeners.pressed import value_of
from bot.views.blocks import escape
from bot.views.problem import note
from pipeline.jobs.sequence_switch import pause_sequence, stop_sequence


def register(app: Router, bot: Bot) -> None:
    app.action(Action.SEQUENCE_PAUSE.value)(listener(bot, on_pause))
    app.action(Action.SEQUENCE_STOP.value)(listener(bot, on_stop))


async def on_pause(bot: Bot, scene: Scene) -> None:
    enrollment_id = id_of(value_of(scene), GONE)
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        now = bot.deps.clock.now()
        name = await pause_sequence(bot.deps, tx, enrollment_id, user_id=scene.user_id, now=now)
        await bot.show(tx, scene, note(f"⏸️ The sequence to {escape(name)} is on hold."))
    bot.poster.nudge()


async def on_stop(bot: Bot, scene: Scene) -> None:
    """Slack asked whether to, beside the button."""
    enrollment_id = id_of(value_of(scene), GONE)
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        now = bot.deps.clock.now()
        name = await stop_sequence(bot.deps, tx, enrollment_id, user_id=scene.user_id, now=now)
        await bot.show(tx, scene, note(f"⏹️ The sequence to {escape(name)} has ended."))
    bot.poster.nudge()
