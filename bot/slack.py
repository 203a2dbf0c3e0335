"""The Slack Web API as this code uses it: typed, since the SDK's own signatures are not."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient

from pipeline.errors import UserError

Block = dict[str, Any]
TIMEOUT_SECONDS = 30
POSTS = frozenset(
    {"chat.postMessage", "chat.postEphemeral", "chat.startStream", "chat.appendStream", "chat.stopStream"}
)
NOT_NOW = "Slack did not hand out the file just now. Drop it again in a minute, please."


class Reply(Protocol):
    def get(self, key: str, default: Any = None) -> Any: ...
    def __getitem__(self, key: str) -> Any: ...


class SlackApi(Protocol):
    """Raises SlackApiError for Slack's refusals, aiohttp's errors where it can't be reached.

    Each method is the one of https://docs.slack.dev/reference/methods with the same name.
    """

    async def api_call(self, api_method: str, *, json: dict[str, Any]) -> Reply: ...
    async def auth_test(self) -> Reply: ...
    async def team_info(self) -> Reply: ...
    async def users_info(self, *, user: str) -> Reply: ...
    async def conversations_info(self, *, channel: str) -> Reply: ...
    async def chat_postMessage(
        self,
        *,
        channel: str,
        text: str,
        blocks: Sequence[Block] | None = None,
        thread_ts: str | None = None,
        unfurl_links: bool = False,
        unfurl_media: bool = False,
        metadata: dict[str, Any] | None = None,
    ) -> Reply: ...
    async def chat_postEphemeral(
        self,
        *,
        channel: str,
        user: str,
        text: str,
        blocks: Sequence[Block] | None = None,
        thread_ts: str | None = None,
    ) -> Reply: ...
    async def chat_update(
        self, *, channel: str, ts: str, text: str, blocks: Sequence[Block] | None = None
    ) -> Reply: ...
    async def chat_delete(self, *, channel: str, ts: str) -> Reply: ...
    async def chat_startStream(
        self,
        *,
        channel: str,
        thread_ts: str,
        recipient_team_id: str,
        recipient_user_id: str,
        chunks: Sequence[dict[str, Any]],
    ) -> Reply: ...
    async def chat_appendStream(
        self, *, channel: str, ts: str, chunks: Sequence[dict[str, Any]]
    ) -> Reply: ...
    async def chat_stopStream(
        self, *, channel: str, ts: str, blocks: Sequence[Block] | None = None
    ) -> Reply: ...
    async def assistant_threads_setStatus(
        self, *, channel_id: str, thread_ts: str, status: str, loading_messages: list[str]
    ) -> Reply: ...
    async def views_open(self, *, trigger_id: str, view: Block) -> Reply: ...
    async def views_update(self, *, view_id: str, view: Block) -> Reply: ...
    async def views_publish(self, *, user_id: str, view: Block) -> Reply: ...
    async def conversations_open(self, *, users: list[str]) -> Reply: ...
    async def conversations_replies(
        self, *, channel: str, ts: str, include_all_metadata: bool, limit: int, cursor: str
    ) -> Reply: ...
    async def files_info(self, *, file: str) -> Reply: ...
    async def files_upload_v2(
        self,
        *,
        filename: str,
        title: str,
        channel: str | None = None,
        thread_ts: str | None = None,
        content: str | None = None,
        file: bytes | None = None,
        alt_txt: str | None = None,
    ) -> Reply: ...
    async def conversations_history(
        self, *, channel: str, include_all_metadata: bool, limit: int, cursor: str
    ) -> Reply: ...


def dig(part: object, *names: str) -> Any:
    """A value deep in a payload; None where a level is missing or of another kind than a dict."""
    for name in names:
        if not isinstance(part, dict):
            return None
        part = cast(dict[str, Any], part).get(name)
    return part


def web_client(token: str | None, base_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """The SDK's client on one shared session; no proxy is taken from the environment."""
    return AsyncWebClient(
        token=token,
        base_url=base_url,
        timeout=TIMEOUT_SECONDS,
        session=session,
        trust_env_in_session=False,
        retry_handlers=[RetryUnlessPosted()],
    )


class RetryUnlessPosted(AsyncConnectionErrorRetryHandler):
    """The SDK calls again when a connection breaks; a message that Slack took before that would stand there twice."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if request.url.rpartition("/")[2] in POSTS:
            return False
        return await super()._can_retry_async(state=state, request=request, response=response, error=error)


def typed(client: AsyncWebClient) -> SlackApi:
    return cast(SlackApi, client)


async def download(client: SlackApi, url: str, most: int) -> bytes:
    """A file that Slack holds. The token goes to Slack's hosts alone.

    Raises UserError where Slack does not hand it out, or it has more than `most` bytes.
    """
    sdk = cast(AsyncWebClient, client)
    host, ours = urlsplit(url).hostname or "", urlsplit(sdk.base_url).hostname
    if host != ours and not (url.startswith("https://") and host.endswith(".slack.com")):
        raise UserError("That file is not kept by Slack, so I can't read it. Drop the file itself, please.")
    session = cast(aiohttp.ClientSession, sdk.session)
    headers = {"Authorization": f"Bearer {sdk.token}"}
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    try:
        async with session.get(url, headers=headers, allow_redirects=False, timeout=timeout) as answer:
            if answer.status >= 500 or answer.status == 429:
                raise UserError(NOT_NOW)
            if answer.status != 200 or answer.content_type == "text/html":  # its sign-in page
                raise UserError(
                    "Slack did not let me read the file. Does the app have the scope `files:read`?"
                )
            content = bytearray()
            async for part in answer.content.iter_chunked(1 << 16):
                content += part
                if len(content) > most:
                    raise UserError(f"The file is larger than {most // 1_000_000} MB. Split it, please.")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise UserError(NOT_NOW) from error
    return bytes(content)


def code(error: SlackApiError) -> str:
    """Slack's own word for the error."""
    response = cast(Any, error.response)
    data: Any = getattr(response, "data", response)
    if isinstance(data, dict):
        return str(cast(dict[str, Any], data).get("error", ""))
    return f"http_{_status(error)}"  # a proxy's page instead of Slack's answer


def _status(error: SlackApiError) -> int:
    return int(getattr(cast(Any, error.response), "status_code", 0) or 0)


def is_rate_limit(error: SlackApiError) -> bool:
    return code(error) == "ratelimited" or _status(error) == 429


def is_outage(error: SlackApiError) -> bool:
    """Slack itself is unwell: the same call may succeed in a moment."""
    return _status(error) >= 500 or code(error) in (
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
    )


def retry_after(error: SlackApiError) -> timedelta:
    """What Retry-After says, 1 to 600 seconds; 30 where it says nothing."""
    headers: Any = getattr(cast(Any, error.response), "headers", {})
    try:
        seconds = float(headers.get("Retry-After", 30))
    except (TypeError, ValueError):
        seconds = 30.0
    return timedelta(seconds=min(600.0, max(1.0, seconds)))
