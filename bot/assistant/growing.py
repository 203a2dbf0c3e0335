"""Answers that grow where Slack has no streams for us: one message, updated about once a second.

Streaming needs an agent's scopes and a plan that has it. Where `chat.startStream` is refused for such a reason, the
same three calls are made of `chat.postMessage` and `chat.update`, and whoever streams notices nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.slack import Block, Reply, SlackApi, code, is_rate_limit
from pipeline.clock import Clock
from pipeline.logs import get_logger

log = get_logger(__name__)
UPDATE_SECONDS = 1.0  # Slack takes about 50 updates a minute
MOST_CHARACTERS = 3_900  # of a message's text before Slack cuts it
NO_STREAMS = frozenset({
    "unknown_method", "method_deprecated", "not_allowed_token_type", "missing_scope", "feature_not_enabled",
    "method_not_supported_for_channel_type", "channel_type_not_supported", "team_access_not_granted", "not_found",
})  # fmt: skip
MARK = {"in_progress": "⏳", "complete": "✓", "error": "✗"}


@dataclass(slots=True)
class _Grown:
    text: str = ""
    tasks: dict[str, str] = field(default_factory=dict[str, str])
    shown_at: float = float("-inf")

    def add(self, chunks: Sequence[dict[str, Any]]) -> None:
        for chunk in chunks:
            if chunk["type"] == "markdown_text":
                self.text += chunk["text"]
            elif chunk["type"] == "task_update":
                self.tasks[chunk["id"]] = f"{MARK.get(chunk['status'], '·')} {chunk['title']}"

    def shown(self) -> str:
        whole = "\n".join([*self.tasks.values(), self.text]).strip() or "…"
        return whole if len(whole) <= MOST_CHARACTERS else whole[: MOST_CHARACTERS - 1] + "…"


class Growing:
    """chat.startStream, appendStream and stopStream, by whatever this Slack has."""

    def __init__(self, client: SlackApi, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._without_streams = False
        self._messages: dict[tuple[str, str], _Grown] = {}

    async def start(
        self, *, channel: str, thread_ts: str, team_id: str, user_id: str, chunks: Sequence[dict[str, Any]]
    ) -> Reply:
        if not self._without_streams:
            try:
                return await self._client.chat_startStream(
                    channel=channel,
                    thread_ts=thread_ts,
                    recipient_team_id=team_id,
                    recipient_user_id=user_id,
                    chunks=chunks,
                )
            except SlackApiError as error:
                if code(error) not in NO_STREAMS:
                    raise
                log.warning("no_streams_here", error=code(error))
                self._without_streams = True
        grown = _Grown(shown_at=self._clock.monotonic())
        grown.add(chunks)
        reply = await self._client.chat_postMessage(channel=channel, text=grown.shown(), thread_ts=thread_ts)
        self._messages[channel, str(reply["ts"])] = grown
        return reply

    async def append(self, *, channel: str, ts: str, chunks: Sequence[dict[str, Any]]) -> None:
        grown = self._messages.get((channel, ts))
        if grown is None:
            await self._client.chat_appendStream(channel=channel, ts=ts, chunks=chunks)
            return
        grown.add(chunks)
        if self._clock.monotonic() - grown.shown_at >= UPDATE_SECONDS:
            grown.shown_at = self._clock.monotonic()
            try:
                await self._client.chat_update(channel=channel, ts=ts, text=grown.shown())
            except SlackApiError as error:  # the next update shows these words too
                if not is_rate_limit(error):
                    raise

    async def stop(self, *, channel: str, ts: str, blocks: Sequence[Block] | None = None) -> None:
        grown = self._messages.get((channel, ts))
        if grown is None:
            await self._client.chat_stopStream(channel=channel, ts=ts, blocks=blocks)
            return
        await self._client.chat_update(channel=channel, ts=ts, text=grown.shown(), blocks=blocks)
        del self._messages[channel, ts]
