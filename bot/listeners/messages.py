"""What people write: direct messages and mentions become turns; Stop stops them."""

import re
from typing import Any

from bot.assistant.asking import Asked, accept
from bot.assistant.turns import STOP_CHANNEL
from bot.listeners.base import Bot, Router, Scene, listener
from bot.listeners.files import is_table, take_file
from bot.views.blocks import clip
from bot.views.problem import problem
from bot.words import storable
from db.queries import conversation
from db.types import ConversationId
from pipeline.errors import UserError

MOST_CHARACTERS = 12_000
TOO_LONG = "[cut: the message was longer than 12,000 characters]"
_MENTION = re.compile(r"<@[UW][A-Z0-9]+(?:\|[^>]*)?>")
_IGNORED = frozenset({"bot_message", "message_changed", "message_deleted", "channel_join", "channel_leave",
                      "channel_topic", "channel_purpose", "channel_name", "assistant_app_thread"})  # fmt: skip

# One pattern, since Bolt tries its listeners one by one for every event.
_QUIET = re.compile(
    "agent_session_title_changed|app_context_changed|assistant_thread_started|assistant_thread_context_changed"
    "|member_joined_channel|reaction_added|reaction_removed|app_uninstalled|tokens_revoked|team_join|channel_created"
)


def register(app: Router, bot: Bot) -> None:
    app.event("message")(listener(bot, on_message))
    app.event("app_mention")(listener(bot, on_mention))
    app.event("agent_session_stopped")(listener(bot, on_stop))
    app.event(_QUIET)(listener(bot, on_nothing))


async def on_message(bot: Bot, scene: Scene) -> None:
    """A direct message. In channels only mentions count; they come as their own event."""
    event = scene.body["event"]
    if event.get("subtype") in _IGNORED or event.get("bot_id") or event.get("channel_type") != "im":
        return
    if not event.get("user"):  # the scene names ourselves then
        return
    refused = await _take(bot, scene, event.get("files") or [])
    if refused:
        await bot.say(scene, problem("\n".join(refused)), key=f"problem:{scene.inbox_id}")
    await ask(bot, scene, event.get("text") or "")


async def _take(bot: Bot, scene: Scene, files: list[dict[str, Any]]) -> list[str]:
    """Each file by itself; what is wrong with those that can't be taken."""
    refused: list[str] = []
    for file in files:
        try:
            if not is_table(file):
                raise UserError(
                    "I can't read this kind of file. I take CSV files with leads, a row for each."
                )
            await take_file(bot, scene, file, thread_ts=scene.thread_ts or scene.message_ts)
        except UserError as error:
            name = clip(str(file.get("name") or "A file"), 80)
            refused.append(f"{name}: {error}" if len(files) > 1 else str(error))
    return refused


async def on_mention(bot: Bot, scene: Scene) -> None:
    event = scene.body["event"]
    if event.get("bot_id") or scene.is_dm:
        return
    await ask(bot, scene, _MENTION.sub(" ", event.get("text") or ""))


async def on_nothing(bot: Bot, scene: Scene) -> None:
    """Slack tells; there is nothing to do."""


async def ask(bot: Bot, scene: Scene, text: str, *, thread_ts: str | None = None) -> ConversationId | None:
    """Begin a turn about `text`, in the thread of the message (or at the message as a new root)."""
    words = unescaped(text).strip()
    root = thread_ts or scene.thread_ts or scene.message_ts
    if not words or root is None:
        return None
    asked = Asked(
        user_id=scene.user_id,
        channel_id=scene.channel_id,
        thread_ts=root,
        message_ts=scene.message_ts or root,
        text=words if len(words) <= MOST_CHARACTERS else f"{words[:MOST_CHARACTERS]} {TOO_LONG}",
        inbox_id=scene.inbox_id,
    )
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        conversation_id = await accept(tx, asked, bot.deps)
    bot.turns.kick(scene.workspace_id, conversation_id)
    return conversation_id


_LINK = re.compile(r"<(?:mailto:|tel:)?([^|>@#!][^|>]*)(?:\|([^>]*))?>")


def unescaped(text: str) -> str:
    """Slack's markup as the person typed it: links and addresses bare, entities resolved."""

    def bare(match: re.Match[str]) -> str:
        target, label = match[1], match[2]
        return label if label and not target.startswith("http") else target

    return _LINK.sub(bare, storable(text)).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


async def on_stop(bot: Bot, scene: Scene) -> None:
    """Stop ends the running turn of a thread, in whichever process it runs."""
    event = scene.body["event"]
    thread_ts = event.get("thread_ts") or scene.thread_ts or scene.message_ts
    if not thread_ts:
        return
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        found = await conversation.find(
            tx.session, scene.workspace_id, channel=scene.channel_id, thread_ts=thread_ts
        )
        running = (
            await conversation.request_stop(tx.session, found.id, now=bot.deps.clock.now()) if found else []
        )
    for turn_id in running:
        bot.turns.stop(turn_id)
        await bot.publish(STOP_CHANNEL, str(turn_id))
