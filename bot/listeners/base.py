"""What every listener needs: the parts of the bot, who acts and where, and the boundary where errors end."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast
from uuid import UUID, uuid4

from redis.exceptions import RedisError
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.assistant.turns import Turns
from bot.inbox import STORED
from bot.posting import Poster
from bot.slack import SlackApi, code, dig, is_outage, is_rate_limit
from bot.tools.base import ToolContext
from bot.views.blocks import Rendered, pictures_in_words
from bot.views.problem import apology, problem
from db.errors import LeaseLost, Unreachable
from db.models.workspace import Member, Workspace
from db.queries import outbox, workspace
from db.session import Tx
from db.types import InboxId, WorkspaceId
from pipeline.deps import Deps
from pipeline.errors import Permanent, Transient, UserError
from pipeline.jobs.tasks import ensure_built_in
from pipeline.logs import get_logger

log = get_logger(__name__)
KNOWN_FOR = 300.0  # seconds what Slack says of a person is trusted without asking again
# Slack lets a form open for three seconds after the click.
TOO_LATE = frozenset(
    {
        "expired_trigger_id",
        "invalid_trigger_id",
        "trigger_expired",
        "trigger_exchanged",
        "exchanged_trigger_id",
    }
)
PRESS_AGAIN = "I was too slow to open the form: Slack waits three seconds for it. Please try again."


@dataclass(frozen=True)
class Scene:
    """Who acts, where. `dm`: the channel is the person's own with the bot."""

    workspace_id: WorkspaceId
    team_id: str
    user_id: str
    channel_id: str
    thread_ts: str | None
    message_ts: str | None
    inbox_id: InboxId
    body: dict[str, Any]

    @property
    def is_dm(self) -> bool:
        return self.channel_id.startswith("D")


class Bot:
    """The parts, composed once in bot/app.py."""

    def __init__(self, deps: Deps, client: SlackApi, turns: Turns, poster: Poster) -> None:
        self.deps, self.client, self.turns, self.poster = deps, client, turns, poster
        self._workspaces: dict[str, WorkspaceId] = {}
        self._members: dict[tuple[WorkspaceId, str], float] = {}

    async def workspace_of(self, team_id: str) -> WorkspaceId:
        """The team's workspace, made on first sight with the seeds' three tasks."""
        known = self._workspaces.get(team_id)
        if known is not None:
            return known
        async with self.deps.db.across() as tx:
            found = await workspace.id_of_team(tx.session, team_id)
        if found is None:
            found = await self._make_workspace(team_id)
        self._workspaces[team_id] = found
        return found

    async def _make_workspace(self, team_id: str) -> WorkspaceId:
        try:
            name = str((await self.client.team_info())["team"]["name"])
        except SlackApiError:
            name = team_id
        now = self.deps.clock.now()
        async with self.deps.db.across() as tx:
            made = await workspace.create(tx.session, team_id=team_id, name=name, timezone="UTC")
        async with self.deps.db.transaction(made) as tx:
            await ensure_built_in(tx, timezone="UTC", now=now)
        log.info("workspace_made", workspace_id=str(made))
        return made

    async def meet(self, workspace_id: WorkspaceId, user_id: str) -> None:
        """Know a person's name, address and zone; asked of Slack once in a while."""
        at = self._members.get((workspace_id, user_id))
        if at is not None and self.deps.clock.monotonic() - at < KNOWN_FOR:
            return
        try:
            user: dict[str, Any] = (await self.client.users_info(user=user_id))["user"]
        except SlackApiError as error:
            log.info("person_not_met", reason=code(error))
            user = {}
        profile: dict[str, Any] = user.get("profile") or {}
        async with self.deps.db.transaction(workspace_id) as tx:
            await workspace.upsert_member(
                tx.session,
                workspace_id,
                user_id,
                now=self.deps.clock.now(),
                name=str(user.get("real_name") or profile.get("real_name") or user.get("name") or ""),
                email=profile.get("email"),
                timezone=user.get("tz"),
            )
        self._members[(workspace_id, user_id)] = self.deps.clock.monotonic()

    async def publish(self, channel: str, word: str) -> None:
        """A nudge to other processes; a Redis that is away costs only time."""
        try:
            await self.deps.redis.publish(channel, word)  # pyright: ignore[reportUnknownMemberType]
        except (RedisError, OSError) as error:
            log.info("nudge_lost", reason=type(error).__name__)

    def context(self, tx: Tx, scene: Scene, person: Member | None, ours: Workspace) -> ToolContext:
        """Tools as a person uses them through commands and buttons."""
        return ToolContext(
            deps=self.deps,
            tx=tx,
            workspace_id=scene.workspace_id,
            user_id=scene.user_id,
            channel_id=scene.channel_id,
            thread_ts=scene.thread_ts or scene.message_ts or "",
            now=self.deps.clock.now(),
            timezone=(person.timezone if person else None) or ours.timezone,
        )

    async def tool_context(self, tx: Tx, scene: Scene) -> ToolContext:
        person = await workspace.member(tx.session, scene.workspace_id, scene.user_id)
        ours = await workspace.get(tx.session, scene.workspace_id)
        return self.context(tx, scene, person, ours)

    async def show(
        self,
        tx: Tx,
        scene: Scene,
        shown: Rendered,
        *,
        key: str | None = None,
        private: bool = True,
        thread: bool = True,
    ) -> None:
        """Answer where the person is: in the DM as a message, elsewhere only to them unless not `private`."""
        await outbox.put(
            tx.session,
            scene.workspace_id,
            key=key or f"answer:{scene.inbox_id}",
            channel=scene.channel_id or scene.user_id,
            thread_ts=scene.thread_ts if thread else None,
            ephemeral_user=scene.user_id if private and scene.channel_id and not scene.is_dm else None,
            payload=shown.payload(),
            now=self.deps.clock.now(),
        )
        self.poster.nudge()

    async def replace(self, scene: Scene, shown: Rendered) -> None:
        """Change the message a button was pressed on: a surface of ours, or one only its reader sees."""
        async with self.deps.db.transaction(scene.workspace_id) as tx:
            surface = await outbox.by_posted(tx.session, channel=scene.channel_id, ts=scene.message_ts or "")
            if surface is not None and surface.ephemeral_user is None:
                await outbox.put(
                    tx.session,
                    scene.workspace_id,
                    key=surface.key,
                    channel=surface.channel,
                    payload=shown.payload(),
                    now=self.deps.clock.now(),
                )
                self.poster.nudge()
                return
        if response_url := scene.body.get("response_url"):
            webhook = AsyncWebhookClient(str(response_url))
            await webhook.send(
                text=shown.fallback, blocks=pictures_in_words(shown.blocks), replace_original=True
            )
        else:
            await self.say(scene, shown)

    @property
    def is_sandbox(self) -> bool:
        """Slack is the sandbox's, so the example company may be offered."""
        return "slack" in self.deps.settings.stand_in_names

    async def say(self, scene: Scene, shown: Rendered, *, key: str | None = None) -> None:
        """`show` in a transaction of its own."""
        async with self.deps.db.transaction(scene.workspace_id) as tx:
            await self.show(tx, scene, shown, key=key)


Listener = Callable[[Bot, Scene], Awaitable[None]]
Registrar = Callable[[Callable[..., Awaitable[None]]], Any]


class Router(Protocol):
    """What of Bolt's app the listeners register on, typed; each takes a name or a pattern of names."""

    def event(self, event: str | re.Pattern[str]) -> Registrar: ...
    def command(self, command: str) -> Registrar: ...
    def action(self, constraints: str | re.Pattern[str]) -> Registrar: ...
    def view(self, constraints: str) -> Registrar: ...
    def shortcut(self, constraints: str) -> Registrar: ...


def listener(bot: Bot, act: Listener) -> Callable[..., Awaitable[None]]:
    """A Bolt listener around `act`: builds the scene, acknowledges, and turns errors into sentences.

    This is the Slack boundary. A UserError is shown as it is; what is transient raises, so that the delivery is
    tried again from its row; anything else is logged and apologised for once.
    """

    async def listen(ack: Callable[[], Awaitable[Any]], body: dict[str, Any], req: AsyncBoltRequest) -> None:
        await ack()
        scene = await scene_of(bot, body, req)
        if scene is None:
            return
        try:
            await act(bot, scene)
        except UserError as error:
            await bot.say(scene, problem(str(error)), key=f"problem:{scene.inbox_id}")
        except (Transient, Unreachable, LeaseLost):
            raise
        except SlackApiError as error:
            if is_outage(error) or is_rate_limit(error):
                raise  # the delivery is tried again from its row
            await _refused(bot, scene, error)
        except Permanent as error:
            log.warning("listener_refused", reason=str(error))
            await bot.say(scene, problem(str(error)), key=f"problem:{scene.inbox_id}")
        except Exception:
            reference = uuid4().hex[:8]
            log.exception("listener_failed", reference=reference)
            await bot.say(scene, apology(reference), key=f"problem:{scene.inbox_id}")

    listen.__name__ = act.__name__  # not `wraps`: Bolt hands arguments by the signature it sees
    return listen


async def _refused(bot: Bot, scene: Scene, error: SlackApiError) -> None:
    """Slack does not take a call: a form that came too late is the person's to ask for again, the rest is ours."""
    if code(error) in TOO_LATE:
        await bot.say(scene, problem(PRESS_AGAIN), key=f"problem:{scene.inbox_id}")
        return
    reference = uuid4().hex[:8]
    log.error("listener_refused_by_slack", error=code(error), reference=reference)
    await bot.say(scene, apology(reference), key=f"problem:{scene.inbox_id}")


def id_of(text: str, gone: str) -> UUID:
    """The id a button or a form carries. Raises UserError(`gone`) where it is none of ours."""
    try:
        return UUID(text)
    except ValueError as error:
        raise UserError(gone) from error


async def scene_of(bot: Bot, body: dict[str, Any], req: AsyncBoltRequest) -> Scene | None:
    """None for people of other teams (Slack Connect): they are not ours to obey."""
    event: dict[str, Any] = body.get("event") or {}
    user_id = str(
        event.get("user")
        or body.get("user_id")
        or dig(body, "user", "id")
        or body.get("user")
        or dig(_authorization(body), "user_id")
        or ""
    )
    team_id = _team(body)
    if not user_id or not team_id or _is_outsider(body, event, _installed_in(req) or team_id):
        return None
    workspace_id = await bot.workspace_of(team_id)
    await bot.meet(workspace_id, user_id)
    channel, thread_ts, message_ts = _place(body, event)
    return Scene(
        workspace_id=workspace_id,
        team_id=team_id,
        user_id=user_id,
        channel_id=channel,
        thread_ts=thread_ts,
        message_ts=message_ts,
        inbox_id=InboxId(cast(dict[str, Any], req.context)[STORED]),
        body=body,
    )


def _authorization(body: dict[str, Any]) -> object:
    """For whom Slack delivered this: the first of the authorizations (with Slack Connect there are several)."""
    authorizations = body.get("authorizations")
    return (
        cast(list[object], authorizations)[0] if isinstance(authorizations, list) and authorizations else None
    )


def _team(body: dict[str, Any]) -> str:
    return str(
        dig(_authorization(body), "team_id")
        or dig(body, "team", "id")
        or body.get("team_id")
        or dig(body, "user", "team_id")
        or body.get("team")
        or ""
    )


def _installed_in(req: AsyncBoltRequest) -> str | None:
    """The team our token is for, as auth.test said it."""
    found = cast(dict[str, Any], req.context).get("authorize_result")
    return cast(AuthorizeResult, found).team_id if found is not None else None


def _is_outsider(body: dict[str, Any], event: dict[str, Any], ours: str) -> bool:
    """A channel that is shared by Slack Connect delivers what people of another team write and press, too."""
    theirs = (event.get("user_team"), event.get("source_team"), dig(body, "user", "team_id"), _team(body))
    return any(team and team not in (ours, body.get("enterprise_id")) for team in theirs)


def _place(body: dict[str, Any], event: dict[str, Any]) -> tuple[str, str | None, str | None]:
    """Channel, thread and message that something happened in or on."""
    message: dict[str, Any] = body.get("message") or {}
    container: dict[str, Any] = body.get("container") or {}
    channel = event.get("channel") or body.get("channel_id") or dig(body, "channel", "id")
    thread = (
        event.get("thread_ts")
        or message.get("thread_ts")
        or container.get("thread_ts")
        or body.get("thread_ts")
    )
    ts = event.get("ts") or message.get("ts") or container.get("message_ts")
    return str(channel or container.get("channel_id") or ""), thread, ts
