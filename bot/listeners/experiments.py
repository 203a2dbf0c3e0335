"""`/leads experiment` and the card's End button."""

from bot.action_ids import Action
from bot.listeners.base import Bot, Router, Scene, id_of, listener
from bot.listeners.pressed import value_of
from bot.tools import experiments as tools
from bot.views.experiments import experiment_card, no_experiment
from db.queries import experiment as experiments
from pipeline.errors import UserError

GONE = "That experiment is not there any more."


def register(app: Router, bot: Bot) -> None:
    app.action(Action.EXPERIMENT_END.value)(listener(bot, on_end))


async def show(bot: Bot, scene: Scene, rest: str) -> None:
    """The one that runs, else the last; with words, the newest whose name holds them."""
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        found = await experiments.newest(tx.session, scene.workspace_id, named=rest or None)
        if found is None and rest:
            raise UserError(
                f"No experiment's name holds “{rest[:60]}”. `/leads experiment` shows the last one."
            )
        if found is None:
            await bot.show(tx, scene, no_experiment())
            return
        report = await tools.report_of(await bot.tool_context(tx, scene), found)
        await bot.show(tx, scene, experiment_card(report))


async def on_end(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        found = await experiments.by_id(tx.session, scene.workspace_id, id_of(value_of(scene), GONE))
        if found is None:
            raise UserError(GONE)
        report = await tools.end(await bot.tool_context(tx, scene), found)
    await bot.replace(scene, experiment_card(report))
