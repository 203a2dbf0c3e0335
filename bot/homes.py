"""The Home tab: publishing it, and publishing it anew to whoever had it open lately when something on it changed."""

from typing import Any

import aiohttp
from redis.exceptions import RedisError
from slack_sdk.errors import SlackApiError

from bot.checklist import load_setup
from bot.slack import SlackApi, code
from bot.views import home
from db.errors import Unreachable
from db.queries import analytics, workspace
from db.queries import lead as leads
from db.types import WorkspaceId
from pipeline.deps import Deps
from pipeline.logs import get_logger

log = get_logger(__name__)
OPEN_FOR = 12 * 3600  # seconds after which nobody is taken to look at it still
MOST = 20  # people whose Home is published anew at once


class Homes:
    """The Home tabs of all workspaces."""

    def __init__(self, deps: Deps, client: SlackApi) -> None:
        self._deps, self._client = deps, client

    async def show(self, workspace_id: WorkspaceId, user_id: str) -> None:
        """Publish the person's Home as it is now, and remember that they have it open."""
        await self._publish(workspace_id, user_id)
        await self._note_open(workspace_id, user_id)

    async def refresh(self, workspace_id: WorkspaceId, user_id: str) -> None:
        """After a commit: the Home of whoever acted, then of those who opened theirs lately. What fails costs no
        more than a Home that is old until it is opened again."""
        others = [one for one in await self._open_lately(workspace_id) if one != user_id]
        for one in [user_id, *others][:MOST]:
            try:
                await self._publish(workspace_id, one)
            except SlackApiError as error:
                log.info("home_not_refreshed", error=code(error))
            except (aiohttp.ClientError, TimeoutError, Unreachable) as error:
                log.info("home_not_refreshed", error=type(error).__name__)

    async def _publish(self, workspace_id: WorkspaceId, user_id: str) -> None:
        async with self._deps.db.transaction(workspace_id) as tx:
            ours = await workspace.get(tx.session, workspace_id)
            zone = await workspace.zone_of(tx.session, workspace_id, user_id)
            by_status = await leads.counts_by_status(tx.session, workspace_id)
            month = analytics.spans(self._deps.clock.now(), zone)["month"]
            numbers = await analytics.numbers(tx.session, workspace_id, month)
            state = await load_setup(tx)
        view: dict[str, Any] = home.home(
            state,
            numbers,
            {str(status): count for status, count in by_status.items()},
            sandbox="slack" in self._deps.settings.stand_in_names,
            stopped_by=ours.sending_stopped_by if ours.sending_stopped_at else None,
        )
        await self._client.views_publish(user_id=user_id, view=view)

    async def _note_open(self, workspace_id: WorkspaceId, user_id: str) -> None:
        wall = self._deps.clock.wall().timestamp()
        try:
            await self._deps.redis.zadd(_key(workspace_id), {user_id: wall})
            await self._deps.redis.expire(_key(workspace_id), OPEN_FOR)
        except (RedisError, OSError) as error:
            log.info("home_not_noted", reason=type(error).__name__)

    async def _open_lately(self, workspace_id: WorkspaceId) -> list[str]:
        """Those of the last hours, the latest first; nobody where Redis is away."""
        since = self._deps.clock.wall().timestamp() - OPEN_FOR
        try:
            found: list[bytes | str] = await self._deps.redis.zrevrangebyscore(  # pyright: ignore[reportUnknownMemberType]
                _key(workspace_id), "+inf", since, start=0, num=MOST
            )
        except (RedisError, OSError) as error:
            log.info("home_not_noted", reason=type(error).__name__)
            return []
        return [one.decode() if isinstance(one, bytes) else one for one in found]


def _key(workspace_id: WorkspaceId) -> str:
    return f"home:open:{workspace_id}"
