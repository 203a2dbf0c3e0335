"""What was pressed: the value a button carries, and buttons whose id is made unique within their message."""

import re

from bot.listeners.base import Scene


def starts(action: str) -> re.Pattern[str]:
    """The action alone or with a suffix that makes it unique within its message."""
    return re.compile(rf"^{re.escape(action)}(:.*)?$")


def value_of(scene: Scene) -> str:
    return str(scene.body["actions"][0].get("value") or "")
