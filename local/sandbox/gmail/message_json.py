"""Gmail's JSON for messages: https://developers.google.com/gmail/api/reference/rest/v1/users.messages"""

import base64
import binascii
from collections.abc import Collection
from email import message_from_bytes, policy
from email.message import Message
from html import escape
from typing import Any

from local.sandbox.gmail.errors import invalid, not_found
from local.sandbox.mail import mime
from local.sandbox.mail.mailbox import Draft, Stored

FORMATS = {"", "full", "minimal", "metadata", "raw"}


def to_base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def from_base64url(text: str) -> bytes:
    """`raw` of a request; padding may be missing, the ordinary alphabet is taken as Google takes it."""
    plain = text.replace("+", "-").replace("/", "_").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise invalid("Invalid value for ByteString: Base64 decoding failed") from None


def reference(message: Stored) -> dict[str, Any]:
    return {"id": message.id, "threadId": message.thread_id}


def brief(message: Stored) -> dict[str, Any]:
    return {**reference(message), "labelIds": list(message.labels)}


def message_json(message: Stored, format_: str = "full", only: Collection[str] = ()) -> dict[str, Any]:
    """The message in one of the API's formats; `only` are the metadataHeaders wanted."""
    format_ = format_.lower()
    if format_ not in FORMATS:
        raise invalid(
            f"Invalid value at 'format' (type.googleapis.com/google.apps.gmail.v1.MessageFormat), {format_!r}"
        )
    body = {
        **brief(message),
        "snippet": escape(mime.snippet(message.text), quote=True),
        "sizeEstimate": len(message.raw),
        "historyId": str(message.history_id),
        "internalDate": str(message.internal_ms),
    }
    if format_ == "raw":
        body["raw"] = to_base64url(message.raw)
    elif format_ == "metadata":
        body["payload"] = _metadata(message.raw, only)
    elif format_ in ("", "full"):
        body["payload"] = _part(message_from_bytes(message.raw, policy=policy.compat32), "")
    return body


def draft_json(draft: Draft, format_: str = "full") -> dict[str, Any]:
    return {"id": draft.id, "message": message_json(draft.message, format_)}


def draft_brief(draft: Draft) -> dict[str, Any]:
    return {"id": draft.id, "message": brief(draft.message)}


def attachment_json(message: Stored, attachment_id: str) -> dict[str, Any]:
    """The bytes of one part with a file name."""
    part = _find(message_from_bytes(message.raw), attachment_id.removeprefix("ANGjdJ"))
    if part is None:
        raise not_found()
    content = _content(part)
    return {"size": len(content), "data": to_base64url(content)}


def _metadata(raw: bytes, only: Collection[str]) -> dict[str, Any]:
    wanted = {name.lower() for name in only}
    headers = [
        {"name": name, "value": value}
        for name, value in mime.header_pairs(raw)
        if not wanted or name.lower() in wanted
    ]
    payload: dict[str, Any] = {"mimeType": message_from_bytes(raw).get_content_type()}
    return payload | ({"headers": headers} if headers else {})


def _part(part: Message, number: str) -> dict[str, Any]:
    filename = part.get_filename() or ""
    answer: dict[str, Any] = {
        "partId": number,
        "mimeType": part.get_content_type(),
        "filename": filename,
        "headers": [{"name": name, "value": mime.unfolded(value)} for name, value in part.items()],
    }
    children = _children(part)
    if children:
        return answer | {
            "body": {"size": 0},
            "parts": [_part(child, _below(number, i)) for i, child in children],
        }
    content = _content(part)
    body: dict[str, Any] = {"size": len(content)}
    if filename:
        body["attachmentId"] = f"ANGjdJ{number}"
    elif content:
        body["data"] = to_base64url(content)
    return answer | {"body": body}


def _children(part: Message) -> list[tuple[int, Message]]:
    """Numbered parts; a delivery-status part has blocks, not parts, and shows as one text."""
    if not part.is_multipart() or part.get_content_type() == "message/delivery-status":
        return []
    return [(i, child) for i, child in enumerate(part.get_payload()) if isinstance(child, Message)]


def _content(part: Message) -> bytes:
    """The decoded bytes; text in UTF-8 whatever it was written in."""
    if part.get_content_type() == "message/delivery-status":
        blocks = [block for block in part.get_payload() if isinstance(block, Message)]
        return "\r\n".join(_lines_of(block) for block in blocks).encode()
    if part.get_content_maintype() == "text":
        return mime.decoded(part).encode()
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _lines_of(block: Message) -> str:
    return "".join(f"{name}: {mime.unfolded(value)}\r\n" for name, value in block.items())


def _find(part: Message, number: str, here: str = "") -> Message | None:
    if here == number and part.get_filename():
        return part
    found = (_find(child, number, _below(here, i)) for i, child in _children(part))
    return next((child for child in found if child is not None), None)


def _below(number: str, i: int) -> str:
    return f"{number}.{i}" if number else str(i)
