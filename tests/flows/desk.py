"""One person at the workspace page: what they see, say and press goes through the page's own routes, and so
reaches the app as signed payloads of Slack's."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bot.action_ids import COMMAND

Message = dict[str, Any]
View = dict[str, Any]
LOOK_EVERY = 0.1  # seconds between two looks at the page
PATIENCE = 30.0


class NotSeen(AssertionError):
    """Something did not come in time; says what was seen instead."""


class Desk:
    """`channel` is the person's DM with the app where none is named."""

    def __init__(self, http: aiohttp.ClientSession, base_url: str, user: str) -> None:
        self._http, self._base, self.user = http, base_url, user
        self.dm = f"D{user[1:]}"
        self._views: dict[str, View] = {}
        self.toasts: list[str] = []
        self.pushed: list[dict[str, Any]] = []  # messages as they came and grew, oldest first
        self._changed = asyncio.Event()

    # what the page tells the backend

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        async with self._http.post(f"{self._base}/page/{path}", json={"user": self.user, **body}) as response:
            return await response.json()

    async def read(self, path: str, **query: str) -> dict[str, Any]:
        given = {"user": self.user, **query}
        async with self._http.get(f"{self._base}/page/{path}", params=given) as response:
            return await response.json()

    async def open_dm(self) -> None:
        assert (await self.post("opened", channel=self.dm))["ok"]

    async def home(self) -> View | None:
        return (await self.read("home"))["view"]

    async def say(self, text: str, *, thread: str | None = None, channel: str | None = None) -> str:
        """The ts of the message."""
        said = await self.post("message", channel=channel or self.dm, text=text, thread_ts=thread)
        assert said["ok"], said
        return said["ts"]

    async def leads(self, text: str = "", *, channel: str | None = None) -> dict[str, Any]:
        """The slash command."""
        return await self.post("command", channel=channel or self.dm, command=COMMAND, text=text)

    async def press(self, message: Message, action: str, *, channel: str | None = None) -> dict[str, Any]:
        """Press the button of that action (or the first whose action begins so, with `:`)."""
        block_id, button = button_of(message, action)
        return await self.post(
            "action",
            channel=channel or self.dm,
            message_ts=message["ts"],
            block_id=block_id,
            action_id=button["action_id"],
            type=button["type"],
            value=button.get("value"),
        )

    async def press_in(self, view: View, action: str) -> dict[str, Any]:
        """Press a button of a modal or of the Home tab."""
        block_id, button = button_of(view, action)
        return await self.post(
            "action",
            view_id=view["id"],
            block_id=block_id,
            action_id=button["action_id"],
            type=button["type"],
            value=button.get("value"),
        )

    async def stop(self, ts: str) -> None:
        assert (await self.post("stop", channel=self.dm, ts=ts))["ok"]

    async def submit(self, view: View, **values: str | list[str]) -> dict[str, Any]:
        """Submit a form as filled in by the app, with `values` typed or chosen (people) in the named fields."""
        state = {
            name: {"value": {"selected_users" if isinstance(value, list) else "value": value}}
            for name, value in values.items()
        }
        return await self.post("view/submit", view_id=view["id"], state={"values": state})

    async def close(self, view: View) -> None:
        await self.post("view/close", view_id=view["id"])

    # what the page shows

    async def messages(self, *, channel: str | None = None, thread: str | None = None) -> list[Message]:
        """Top-level messages, or those of a thread with its root."""
        query = {"channel": channel or self.dm, "limit": "500", **({"thread_ts": thread} if thread else {})}
        return (await self.read("messages", **query))["messages"]

    async def everything(self, *, channel: str | None = None) -> list[Message]:
        """All there is in a channel, the replies of every thread included."""
        found: list[Message] = []
        for message in await self.messages(channel=channel):
            found.append(message)
            if message.get("reply_count"):
                found += (await self.messages(channel=channel, thread=message["ts"]))[1:]
        return found

    async def sees(
        self,
        wanted: Callable[[Message], Any],
        *,
        channel: str | None = None,
        thread: str | None = None,
        seconds: float = PATIENCE,
    ) -> Message:
        """Wait for a message; the newest that is so. Raises NotSeen."""
        deadline = time.monotonic() + seconds
        while True:
            shown = await (
                self.messages(channel=channel, thread=thread) if thread else self.everything(channel=channel)
            )
            for message in reversed(shown):
                if wanted(message):
                    return message
            if time.monotonic() > deadline:
                seen = "\n".join(f"- {text_of(message)[:300]}" for message in shown[-12:])
                raise NotSeen(f"not seen in {seconds:g} s; there is:\n{seen}")
            await asyncio.sleep(LOOK_EVERY)

    async def sees_form(self, *, holding: str = "", seconds: float = PATIENCE) -> View:
        """Wait for an open modal with inputs, or one that says `holding`."""
        return await self._view(
            lambda view: holding in text_of(view) if holding else _has_inputs(view), seconds
        )

    async def sees_toast(self, holding: str, seconds: float = PATIENCE) -> str:
        return await self._heard(
            lambda: next((toast for toast in self.toasts if holding in toast), ""), seconds
        )

    async def is_pushed(self, wanted: Callable[[Message], Any], seconds: float = PATIENCE) -> Message:
        """Wait for a message to come or grow so; it is seen the moment it is."""
        return await self._heard(
            lambda: next((message for message in self.pushed if wanted(message)), None), seconds
        )

    async def _view(self, wanted: Callable[[View], bool], seconds: float) -> View:
        return await self._heard(
            lambda: next((view for view in reversed(self._views.values()) if wanted(view)), None), seconds
        )

    async def _heard(self, found: Callable[[], Any], seconds: float) -> Any:
        try:
            async with asyncio.timeout(seconds):
                while not (there := found()):
                    self._changed.clear()
                    await self._changed.wait()
                return there
        except TimeoutError:
            titles = [text_of(view)[:200] for view in self._views.values()]
            raise NotSeen(f"not seen in {seconds:g} s; open: {titles}; toasts: {self.toasts}") from None

    @asynccontextmanager
    async def sitting(self) -> AsyncIterator["Desk"]:
        """The page is open: modals and toasts are pushed to it."""
        async with self._http.get(
            f"{self._base}/page/events",
            params={"user": self.user},
            timeout=aiohttp.ClientTimeout(total=None),
        ) as stream:
            await stream.content.readline()
            reader = asyncio.create_task(self._listen(stream))
            try:
                yield self
            finally:
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)

    async def _listen(self, stream: aiohttp.ClientResponse) -> None:
        with contextlib.suppress(aiohttp.ClientError):
            while line := await stream.content.readline():
                if line.startswith(b"data: "):
                    self._take(json.loads(line[6:]))

    def _take(self, event: dict[str, Any]) -> None:
        if event["type"] == "view":
            self._views.pop(event["view"]["id"], None)
            self._views[event["view"]["id"]] = event["view"]
        elif event["type"] == "view_closed":
            closed = event.get("view_id") or (event.get("view") or {}).get("id")
            self._views.pop(closed, None) if closed else self._views.clear()
        elif event["type"] == "toast":
            self.toasts.append(event["text"])
        elif event["type"] in ("message", "message_changed", "stream", "ephemeral"):
            self.pushed.append(event["message"])
        self._changed.set()


def _has_inputs(view: View) -> bool:
    return any(block["type"] == "input" for block in view["blocks"])


def elements(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every element with an action_id below `value`, with the block_id it belongs to."""
    for block in value.get("blocks") or []:
        yield from _in_block(block, str(block.get("block_id") or ""))


def _in_block(part: Any, block_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(part, list):
        for one in part:
            yield from _in_block(one, block_id)
    elif isinstance(part, dict):
        if "action_id" in part:
            yield block_id, part
        for one in part.values():
            if isinstance(one, dict | list):
                yield from _in_block(one, block_id)


def has_button(message: Message, action: str) -> bool:
    return any(_is_action(element, action) for _, element in elements(message))


def button_of(message: Message, action: str) -> tuple[str, dict[str, Any]]:
    """Block id and button. Raises NotSeen where the message has none of that action."""
    for block_id, element in elements(message):
        if _is_action(element, action):
            return block_id, element
    there = [element["action_id"] for _, element in elements(message)]
    raise NotSeen(f"no button {action!r} on “{text_of(message)[:200]}”; there are {there}")


def _is_action(element: dict[str, Any], action: str) -> bool:
    return element["action_id"] == action or element["action_id"].startswith(f"{action}:")


def text_of(value: Any) -> str:
    """All text a person reads in a message or a view, blocks and task cards included."""
    return "\n".join(_texts(value))


_READ = ("text", "title", "output", "details", "label", "hint", "alt_text", "description", "initial_value")
_INTO = (
    "blocks",
    "elements",
    "fields",
    "accessory",
    "element",
    "tasks",
    "rows",
    "submit",
    "close",
    "options",
)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        for name in (*_READ, *_INTO):
            if name in value:
                yield from _texts(value[name])


def links_of(value: Any) -> list[str]:
    """Every address a message or view leads to, in order, whatever carries it."""
    text = json.dumps(value, ensure_ascii=False)
    found: list[str] = []
    for piece in text.split("http")[1:]:
        if piece.startswith(("://", "s://")):
            end = min((at for sign in '"|>) \\' if (at := piece.find(sign)) >= 0), default=len(piece))
            found.append(f"http{piece[:end]}")
    return found
