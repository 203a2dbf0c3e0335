"""A message that an earlier attempt may have left in Slack, looked for before it is posted again."""

from dataclasses import dataclass
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.slack import Reply, SlackApi, code, dig, is_outage, is_rate_limit
from db.queries.outbox import OutboxItem
from pipeline.logs import get_logger

log = get_logger(__name__)
EVENT_TYPE = "rainmaker_surface"
PAGES = 10  # the newest of a channel, the oldest of a thread: Slack's order
PAGE = 200
THREAD_GONE = frozenset({"thread_not_found", "invalid_thread_ts"})


@dataclass(frozen=True, slots=True)
class Posted:
    channel: str | None
    ts: str | None


def mark_of(item: OutboxItem) -> dict[str, Any]:
    """The metadata of the message that shows this surface."""
    return {"event_type": EVENT_TYPE, "event_payload": {"surface": str(item.id)}}


async def find_posted(client: SlackApi, item: OutboxItem) -> Posted | None:
    """The message that shows it, in its thread or, where that is gone, in the channel; None if there is none, or if
    we may not read there.

    Raises SlackApiError where Slack can't say just now: it may be there.
    """
    channel = item.channel
    try:
        if channel.startswith(("U", "W")):
            opened = await client.conversations_open(users=[channel])
            channel = str(opened["channel"]["id"])
        try:
            return await _found_in(client, channel, item.thread_ts, str(item.id))
        except SlackApiError as error:
            if not item.thread_ts or code(error) not in THREAD_GONE:
                raise
            return await _found_in(client, channel, None, str(item.id))
    except SlackApiError as error:
        if is_rate_limit(error) or is_outage(error):
            raise
        log.info("surface_not_looked_for", error=code(error))
    return None


async def _found_in(client: SlackApi, channel: str, thread_ts: str | None, surface: str) -> Posted | None:
    cursor = ""
    for _ in range(PAGES):
        reply = await _page(client, channel, thread_ts, cursor)
        messages: list[dict[str, Any]] = reply.get("messages") or []
        for message in messages:
            if dig(message, "metadata", "event_payload", "surface") == surface:
                return Posted(channel, str(message["ts"]))
        cursor = str(dig(reply.get("response_metadata"), "next_cursor") or "")
        if not cursor:
            break
    return None


async def _page(client: SlackApi, channel: str, thread_ts: str | None, cursor: str) -> Reply:
    if thread_ts:
        return await client.conversations_replies(
            channel=channel, ts=thread_ts, include_all_metadata=True, limit=PAGE, cursor=cursor
        )
    return await client.conversations_history(
        channel=channel, include_all_metadata=True, limit=PAGE, cursor=cursor
    )
