"""Slack's text: what a person typed becomes escaped text with links and mentions, and rich text.

https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(r"<(?:@[UW][A-Z0-9]+|#[CGD][A-Z0-9]+|!(?:here|channel|everyone))(?:\|[^<>]*)?>")
_ZONES = "com|org|net|io|co|ai|dev|app|de|eu|uk|fr|pt|jp|us|biz|info|tech|example"
_EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
_URL = r"https?://[^\s<>|]+[^\s<>|.,;:!?)\]'\"]"
_DOMAIN = rf"(?:[A-Za-z0-9-]+\.)+(?:{_ZONES})(?:/[^\s<>|]*[^\s<>|.,;:!?)\]'\"])?"
_LINK = re.compile(rf"(?P<email>{_EMAIL})|(?P<url>{_URL})|(?<![\w@./-])(?P<domain>{_DOMAIN})(?![\w@-])")
_PIECE = re.compile(
    r"<@(?P<user>[UW][A-Z0-9]+)(?:\|[^>]*)?>|<#(?P<channel>[CGD][A-Z0-9]+)(?:\|[^>]*)?>"
    r"|<!(?P<range>here|channel|everyone)(?:\|[^>]*)?>|<(?P<url>[^<>|]+)(?:\|(?P<label>[^<>]*))?>"
)


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def typed(text: str, handles: Mapping[str, str]) -> str:
    """What a person typed, as Slack stores it. `handles`: `@name` in lower case to user id."""
    out: list[str] = []
    position = 0
    for token in _TOKEN.finditer(text):
        out += [_plain(text[position : token.start()], handles), token.group()]
        position = token.end()
    return "".join([*out, _plain(text[position:], handles)])


def _plain(text: str, handles: Mapping[str, str]) -> str:
    text = _LINK.sub(_link, escape(text))
    if not handles:
        return text
    names = "|".join(re.escape(name) for name in sorted(handles, key=len, reverse=True))
    mention = re.compile(rf"(?<![\w.@])@({names})(?!\w)", re.IGNORECASE)
    return mention.sub(lambda match: f"<@{handles[match.group(1).lower()]}>", text)


def _link(match: re.Match[str]) -> str:
    text = match.group()
    if match["email"]:
        return f"<mailto:{text}|{text}>"
    return f"<{text}>" if match["url"] else f"<http://{text}|{text}>"


def rich_text(text: str) -> dict[str, Any]:
    """The `rich_text` block Slack gives a person's message, without its styles."""
    elements: list[dict[str, Any]] = []
    position = 0
    for match in _PIECE.finditer(text):
        elements += _text(text[position : match.start()])
        elements.append(_element(match))
        position = match.end()
    elements += _text(text[position:])
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "block_id": "typed", "elements": [section]}


def _text(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": unescape(text)}] if text else []


def _element(match: re.Match[str]) -> dict[str, Any]:
    if match["user"]:
        return {"type": "user", "user_id": match["user"]}
    if match["channel"]:
        return {"type": "channel", "channel_id": match["channel"]}
    if match["range"]:
        return {"type": "broadcast", "range": match["range"]}
    link = {"type": "link", "url": unescape(match["url"])}
    return {**link, "text": unescape(match["label"])} if match["label"] else link
