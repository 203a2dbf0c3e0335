"""The Home tab: publishing it, and publishing it anew to whoever had it open lately when something on it changed."""

from dataclasses import replace
from typing import Any

import aiohttp
from redis.exceptions import RedisError
from slack_sdk.errors import SlackApiError

from bot.checklist import load_setup
from bot.listeners.base import Bot, Scene
from bot.slack import code
from bot.views import home
from db.queries import analytics, workspace
from db.queries import lead as leads
from pipeline.logs import get_logger

log = get_logger(__name__)
OPEN_FOR = 12 * 3600  # seconds after which nobody is taken to look at it still
MOST = 20  # people whose Home is published anew at once


async def show_home(bot: Bot, scene: Scene) -> None:
    """Publish the Home of the scene's person, as it is now, and remember that they have it open."""
    await _publish(bot, scene)
    await _note_open(bot, scene)


async def _publish(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        context = await bot.tool_context(tx, scene)
        ours = await workspace.get(tx.session, scene.workspace_id)
        by_status = await leads.counts_by_status(tx.session, scene.workspace_id)
        month = analytics.spans(context.now, context.timezone)["month"]
        numbers = await analytics.numbers(tx.session, scene.workspace_id, month)
        state = await load_setup(tx)
    view: dict[str, Any] = home.home(
        state,
        numbers,
        {str(status): count for status, count in by_status.items()},
        sandbox=bot.is_sandbox,
        stopped_by=ours.sending_stopped_by if ours.sending_stopped_at else None,
    )
    await bot.client.views_publish(user_id=scene.user_id, view=view)


async def refresh_homes(bot: Bot, scene: Scene) -> None:
    """After a commit: the Home of whoever acted, then of those who opened theirs lately. What fails costs no more
    than a Home that is old until it is opened again."""
    others = [one for one in await _open_lately(bot, scene) if one != scene.user_id]
    for user_id in [scene.user_id, *others][:MOST]:
        try:
            await _publish(bot, replace(scene, user_id=user_id))
        except SlackApiError as error:
            log.info("home_not_refreshed", error=code(error))
        except (aiohttp.ClientError, TimeoutError) as error:
            log.info("home_not_refreshed", error=type(error).__name__)


def _key(scene: Scene) -> str:
    return f"home:open:{scene.workspace_id}"


async def _note_open(bot: Bot, scene: Scene) -> None:
    wall = bot.deps.clock.wall().timestamp()
    try:
        await bot.deps.redis.zadd(_key(scene), {scene.user_id: wall})
        await bot.deps.redis.expire(_key(scene), OPEN_FOR)
    except (RedisError, OSError) as error:
        log.info("home_not_noted", reason=type(error).__name__)


async def _open_lately(bot: Bot, scene: Scene) -> list[str]:
    """Those of the last hours, the latest first; nobody where Redis is away."""
    since = bot.deps.clock.wall().timestamp() - OPEN_FOR
    try:
        found: list[bytes | str] = await bot.deps.redis.zrevrangebyscore(  # pyright: ignore[reportUnknownMemberType]
            _key(scene), "+inf", since, start=0, num=MOST
        )
    except (RedisError, OSError) as error:
        log.info("home_not_noted", reason=type(error).__name__)
        return []
    return [one.decode() if isinstance(one, bytes) else one for one in found]
