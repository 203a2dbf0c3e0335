"""What the open pages hear: server-sent events, each for one person or for all members of a channel."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

BACKLOG = 1000  # events a slow page may lag behind before it is told to refetch


class Bus:
    def __init__(self) -> None:
        self._pages: dict[str, set[asyncio.Queue[dict[str, Any]]]] = defaultdict(set)

    def open(self, user: str) -> asyncio.Queue[dict[str, Any]]:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(BACKLOG)
        self._pages[user].add(queue)
        return queue

    def close(self, user: str, queue: asyncio.Queue[dict[str, Any]]) -> None:
        self._pages[user].discard(queue)

    def publish(self, users: Iterable[str], event: dict[str, Any]) -> None:
        """Give `event` to every open page of `users`; a page that lags too far loses its backlog."""
        for user in users:
            for queue in self._pages.get(user, ()):
                if queue.full():
                    _empty(queue)
                    queue.put_nowait({"type": "refetch"})
                else:
                    queue.put_nowait(event)

    def toast(self, user: str, text: str, level: str = "error") -> None:
        self.publish([user], {"type": "toast", "text": text, "level": level})


def _empty(queue: asyncio.Queue[dict[str, Any]]) -> None:
    while not queue.empty():
        queue.get_nowait()
