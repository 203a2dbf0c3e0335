"""Opening the DM greets; opening the Home tab shows the state."""

from slack_sdk.errors import SlackApiError

from bot.action_ids import Action
from bot.checklist import load_setup
from bot.listeners.base import Bot, Router, Scene, listener
from bot.listeners.commands import brief
from bot.listeners.home_tab import show_home
from bot.slack import code
from bot.views import home
from db.queries import outbox, workspace
from pipeline.logs import get_logger

log = get_logger(__name__)


def register(app: Router, bot: Bot) -> None:
    app.event("app_home_opened")(listener(bot, on_opened))
    app.action(Action.BRIEFING_NOW.value)(listener(bot, on_briefing))


async def on_briefing(bot: Bot, scene: Scene) -> None:
    await brief(bot, scene, "")


async def on_opened(bot: Bot, scene: Scene) -> None:
    if scene.body["event"].get("tab") == "home":
        await show_home(bot, scene)
    else:
        await greet(bot, scene)


async def greet(bot: Bot, scene: Scene) -> None:
    """Once a person: what I can do, and the checklist while it is open. The prompts are set each time."""
    now = bot.deps.clock.now()
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        person = await workspace.member(tx.session, scene.workspace_id, scene.user_id)
        state = await load_setup(tx)
        first_time = person is None or person.greeted_at is None
        if first_time:
            name = (person.name if person else "").split(" ")[0]
            surfaces = [(f"greeting:{scene.user_id}", home.greeting(name))]
            if not state.complete:
                surfaces.append((f"setup:{scene.user_id}", home.checklist(state, sandbox=bot.is_sandbox)))
            for key, shown in surfaces:
                await outbox.put(
                    tx.session,
                    scene.workspace_id,
                    key=key,
                    channel=scene.channel_id or scene.user_id,
                    payload=shown.payload(),
                    now=now,
                )
            await workspace.upsert_member(
                tx.session,
                scene.workspace_id,
                scene.user_id,
                now=now,
                greeted_at=now,
                dm_channel=scene.channel_id or None,
            )
    bot.poster.nudge()
    await _suggest(bot, scene)


async def _suggest(bot: Bot, scene: Scene) -> None:
    """The seeds' four quick actions as suggested prompts, where this Slack has them."""
    prompts = [{"title": label, "message": words} for label, words in home.QUICK_ACTIONS]
    try:
        await bot.client.api_call(
            "assistant.threads.setSuggestedPrompts",
            json={"channel_id": scene.channel_id, "prompts": prompts},
        )
    except SlackApiError as error:
        log.info("prompts_not_set", error=code(error))
