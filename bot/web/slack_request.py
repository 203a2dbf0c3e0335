"""Whether a request is Slack's, and what it says. It is read here, once: Bolt answers 500 to shapes it does not know,
and a 500 is sent again and again.
"""

import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl

from slack_sdk.signature import SignatureVerifier

# What a payload of each type must hold to be one.
NEEDS: dict[str, tuple[str, type]] = {
    "event_callback": ("event", dict),
    "block_actions": ("actions", list),
    "view_submission": ("view", dict),
}
TIMESTAMP = "X-Slack-Request-Timestamp"
SIGNATURE = "X-Slack-Signature"
LONGEST_TIMESTAMP = 12  # digits of seconds
FORM = "application/x-www-form-urlencoded"
Payload = dict[str, Any]


def is_signed(verifier: SignatureVerifier, body: str, headers: Mapping[str, str]) -> bool:
    """By our signing secret, within the last five minutes."""
    timestamp, signature = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    if not (timestamp.isdecimal() and len(timestamp) <= LONGEST_TIMESTAMP and signature.isascii()):
        return False
    return verifier.is_valid(body=body, timestamp=timestamp, signature=signature)


def payload_of(body: str, content_type: str) -> Payload | None:
    """A JSON object, the one in a form's `payload`, or the fields of a form (commands); None for other shapes."""
    if not content_type.startswith(FORM) or body.startswith("{"):
        return _payload(body)
    fields = fields_of(body)
    return _payload(fields["payload"]) if "payload" in fields else fields


def fields_of(body: str) -> Payload:
    return dict(parse_qsl(body, keep_blank_values=True))


def is_ssl_check(fields: Mapping[str, Any]) -> bool:
    """Slack looks at our certificate: https://docs.slack.dev/interactivity/implementing-slash-commands."""
    return fields.get("ssl_check") == "1"


def _payload(text: str) -> Payload | None:
    try:
        decoded: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(decoded, dict):
        return None
    payload = cast(Payload, decoded)
    kind = payload.get("type")
    name, shape = NEEDS.get(kind, ("type", object)) if isinstance(kind, str) else ("type", object)
    needed = payload.get(name)
    return payload if isinstance(needed, shape) and needed else None
