"""The workspace of one sandbox: its store, its clocks and what lives only as long as the process."""

import secrets
import string
from collections.abc import Callable
from typing import Any

import aiohttp

from local.sandbox.context import Sandbox
from local.sandbox.slack import tables
from local.sandbox.slack.bus import Bus
from local.sandbox.slack.sockets import SocketHub
from local.sandbox.slack.triggers import Triggers

_ALPHABET = string.ascii_uppercase + string.digits
STREAM_SECONDS = 300.0  # Slack ends a stream about five minutes after it started
REFRESH_SECONDS = 3600.0  # Slack asks a socket to reconnect every hour or so
ACK_SECONDS = 3.0  # what the app has to acknowledge in


class Workspace:
    """One for each Sandbox; see `workspace_of`."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.store = box.store
        self.bus = Bus()
        self.triggers = Triggers(box.clock.wall)
        self.hub = SocketHub(box)
        self.http: aiohttp.ClientSession | None = None
        self.stream_seconds = STREAM_SECONDS
        self.ack_seconds = ACK_SECONDS
        self.tickets: set[str] = set()
        self.wake_deliveries: Callable[[], None] = lambda: None  # set while the queue runs
        self.picked: dict[tuple[str, str], dict[str, Any]] = {}  # (message, user): state.values of its inputs
        tables.prepare(self.store, box.clock.epoch())
        row = self.store.one("SELECT max(ts) AS ts FROM slack_messages")
        self._last = _micros(row["ts"]) if row and row["ts"] else 0

    def wall(self) -> float:
        return self.box.clock.wall()

    def next_ts(self) -> str:
        """A message timestamp in the world's time: unique, and later than every one before."""
        self._last = max(int(self.box.clock.epoch() * 1_000_000), self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def session(self) -> aiohttp.ClientSession:
        """The client the app is called with; it ends with the process."""
        if self.http is None or self.http.closed:
            connector = aiohttp.TCPConnector(limit=0, force_close=False)
            self.http = aiohttp.ClientSession(connector=connector)
        return self.http


def new_id(prefix: str, length: int = 10) -> str:
    """An id in Slack's style: `prefix` and capital letters and digits."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(length))


def workspace_of(box: Sandbox) -> Workspace:
    """The workspace of `box`, made at the first call."""
    workspace = box.parts.get("slack")
    if workspace is None:
        workspace = box.parts["slack"] = Workspace(box)
    assert isinstance(workspace, Workspace)
    return workspace


def _micros(ts: str) -> int:
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int(fraction or 0)
