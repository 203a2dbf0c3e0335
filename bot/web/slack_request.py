"""Whether a request has the shape of Slack's, before Bolt sees it: Bolt answers 500 to other shapes, and a 500 is
sent again and again.
"""

import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl

# What a payload of each type must hold to be one.
NEEDS: dict[str, tuple[str, type]] = {
    "event_callback": ("event", dict),
    "block_actions": ("actions", list),
    "view_submission": ("view", dict),
}
TIMESTAMP = "X-Slack-Request-Timestamp"
SIGNATURE = "X-Slack-Signature"


def refusal(body: str, headers: Mapping[str, str]) -> int | None:
    """The status to refuse with, or None for Bolt to look further (the signature is checked there)."""
    if not headers.get(SIGNATURE) or not headers.get(TIMESTAMP, "").isdecimal():
        return 401
    return None if _is_slacks(body, headers.get("Content-Type", "")) else 400


def _is_slacks(body: str, content_type: str) -> bool:
    """A JSON object, a form whose payload is one, or a form of a command."""
    if not content_type.startswith("application/x-www-form-urlencoded"):
        return _is_payload(body)
    payload = dict(parse_qsl(body, keep_blank_values=True)).get("payload")
    return payload is None or _is_payload(payload)


def _is_payload(text: str) -> bool:
    try:
        decoded: Any = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(decoded, dict):
        return False
    payload = cast(dict[str, Any], decoded)
    kind = payload.get("type")
    name, shape = NEEDS.get(kind, ("type", object)) if isinstance(kind, str) else ("type", object)
    needed = payload.get(name)
    return isinstance(needed, shape) and bool(needed)
