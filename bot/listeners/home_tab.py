"""The Home tab of whoever acts in a scene."""

from bot.homes import Homes
from bot.listeners.base import Bot, Scene


async def show_home(bot: Bot, scene: Scene) -> None:
    """Publish the Home of the scene's person, as it is now, and remember that they have it open."""
    await Homes(bot.deps, bot.client).show(scene.workspace_id, scene.user_id)


async def refresh_homes(bot: Bot, scene: Scene) -> None:
    """After a commit: the Home of whoever acted, then of those who opened theirs lately."""
    await Homes(bot.deps, bot.client).refresh(scene.workspace_id, scene.user_id)
