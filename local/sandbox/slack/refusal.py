"""The one way a Web API method says no."""

from typing import Any


class Refused(Exception):
    """Answered as `{"ok": false, "error": error, ...}` with status 200, as Slack does."""

    def __init__(self, error: str, *messages: str, **extra: Any) -> None:
        """`messages` become `response_metadata.messages`, each marked as Slack marks them."""
        super().__init__(error)
        self.error = error
        self.extra = extra
        self.messages = [f"[ERROR] {message}" for message in messages]

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"ok": False, "error": self.error, **self.extra}
        if self.messages:
            body["response_metadata"] = {"messages": self.messages}
        return body
