"""Block Kit pieces as plain dicts, within Slack's limits for any data.

Limits: https://docs.slack.dev/reference/block-kit/blocks (section 3,000 characters, header 150, button 75,
value 2,000, 50 blocks a message, 10 elements in a context, 25 in actions, 12,000 characters of markdown).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

Block = dict[str, Any]
_MARKUP = re.compile(r"<([^|>]*)(?:\|([^>]*))?>")
MAX_BLOCKS = 50
MAX_ADDRESS = 1000  # characters; longer ones would be cut in two by the limits above
_IN_ADDRESS = "%/:?#[]@!$&'()*+,;=~"  # all else is percent-encoded (RFC 3986)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message: `text`, plain words for notifications and screen readers; `blocks` for the eye."""

    text: str
    blocks: list[Block]

    def payload(self) -> dict[str, Any]:
        return {"text": self.fallback, "blocks": self.blocks[:MAX_BLOCKS]}

    @property
    def fallback(self) -> str:
        """`text` as Slack wants it: it reads markup there too, so a name could be a mention."""
        return escape(clip(self.text, 3000)) or " "


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis when something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def named_some(names: Sequence[str], most: int) -> str:
    """“A, B and 3 more”."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(clip(name, 60) for name in names[:most]) + more


def counted(number: int, thing: str, things: str | None = None) -> str:
    """“1 lead”, “2 leads”."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def escape(text: str) -> str:
    """Text from outside, so that it is text in mrkdwn: no mention, link or formatting command."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mention(user_id: str) -> str:
    """A person of this Slack; whatever else stands there stays text."""
    return f"<@{user_id}>" if user_id.isalnum() and user_id.startswith(("U", "W")) else escape(user_id)


def words_of(mrkdwn: str) -> str:
    """The plain words of our own mrkdwn: links by their label, mentions bare, entities resolved."""
    bare = _MARKUP.sub(lambda match: match[2] or match[1], mrkdwn)
    return bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def whole_lines(lines: Iterable[str], limit: int = 2900) -> str:
    """As many lines as fit, so that no link or entity is cut in two."""
    kept: list[str] = []
    for line in lines:
        limit -= len(line) + 1
        if limit < 0:
            break
        kept.append(line)
    return "\n".join(kept)


def quoted(text: str, limit: int = 2900) -> str:
    """Text from outside as a mrkdwn quotation, whole lines."""
    shown = clip(text.strip(), limit - text.count("\n") - 8)
    return "\n".join(f">{escape(line)}" for line in shown.splitlines()) or ">"


def link(url: str, label: str | None = None) -> str:
    """A mrkdwn link to an http(s) address; anything else, or a longer one, stays text."""
    host = host_of(url)
    shown = escape(clip(" ".join((label or host or url).replace("|", "/").split()), 80))
    if host is None:
        return shown
    return f"<{quote(url, safe=_IN_ADDRESS).replace('&', '&amp;')}|{shown or escape(host)}>"


def host_of(url: str) -> str | None:
    """The host of an http(s) address that Slack can open; None for anything else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    is_web = parts.scheme in ("http", "https") and len(url) <= MAX_ADDRESS
    return parts.hostname if is_web else None


def plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": clip(text or " ", limit), "emoji": True}


def mrkdwn(text: str, limit: int = 3000) -> Block:
    return {"type": "mrkdwn", "text": clip(text or " ", limit)}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text.replace("\n", " "), 150)}


def section(text: str, accessory: Block | None = None) -> Block:
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return {**block, "accessory": accessory} if accessory else block


def fields(pairs: Iterable[tuple[str, str]]) -> Block:
    """Label and mrkdwn value, two columns, ten at most."""
    return {
        "type": "section",
        "fields": [mrkdwn(f"*{label}*\n{value}", 2000) for label, value in list(pairs)[:10]],
    }


def context(*texts: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text, 2000) for text in texts[:10]]}


def markdown(text: str) -> Block:
    return {"type": "markdown", "text": clip(text or " ", 11_900)}


def divider() -> Block:
    return {"type": "divider"}


def button(
    label: str,
    action: str,
    value: str = "",
    *,
    style: str | None = None,
    confirm: Block | None = None,
    url: str | None = None,
) -> Block:
    block: Block = {"type": "button", "text": plain(label, 75), "action_id": clip(action, 255)}
    if value:
        block["value"] = clip(value, 2000)
    if style:
        block["style"] = style
    if confirm:
        block["confirm"] = confirm
    if url:
        block["url"] = clip(url, 3000)
    return block


def confirm(title: str, text: str, yes: str, no: str = "Cancel") -> Block:
    return {
        "title": plain(title, 100),
        "text": {"type": "plain_text", "text": clip(text, 300)},
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
    }


def actions(buttons: Sequence[Block], block_id: str | None = None) -> Block:
    block: Block = {"type": "actions", "elements": list(buttons)[:25]}
    return {**block, "block_id": clip(block_id, 255)} if block_id else block


def task_card(
    task_id: str, title: str, status: str, output: str = "", sources: Sequence[tuple[str, str]] = ()
) -> Block:
    """`status`: pending, in_progress, complete, error. `sources`: address and label."""
    card: Block = {
        "type": "task_card",
        "task_id": clip(task_id, 255) or "task",
        "title": clip(title, 150) or task_id[:150] or "…",
        "status": status,
    }
    if output:
        card["output"] = rich_text(output)
    known = [
        {"type": "url", "url": url, "text": clip(label, 75)} for url, label in sources if len(url) <= 3000
    ]
    if known:
        card["sources"] = known[:5]
    return card


def plan(title: str, tasks: Sequence[Block]) -> Block:
    return {"type": "plan", "title": clip(title, 150), "tasks": list(tasks)}


def rich_text(text: str) -> Block:
    section_of_text = {"type": "rich_text_section", "elements": [{"type": "text", "text": clip(text, 2000)}]}
    return {"type": "rich_text", "elements": [section_of_text]}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Block:
    """A table block, 100 rows and 20 columns at most; cells are raw text."""
    cells = [
        [{"type": "raw_text", "text": clip(cell or " ", 200)} for cell in row[:20]]
        for row in (head, *rows[:99])
    ]
    return {"type": "table", "rows": cells}


def text_input(
    label: str,
    block_id: str,
    *,
    initial: str | None = None,
    placeholder: str | None = None,
    multiline: bool = False,
    optional: bool = False,
    max_length: int = 3000,
    hint: str | None = None,
    kind: str = "plain_text_input",
) -> Block:
    """An input whose action_id is `value`; `kind` may be email_text_input or url_text_input."""
    element: Block = {"type": kind, "action_id": "value"}
    if kind == "plain_text_input":
        element |= {"multiline": multiline, "max_length": max_length}
    if initial:
        element["initial_value"] = clip(initial, max_length)
    if placeholder:
        element["placeholder"] = plain(placeholder, 150)
    return input_block(label, block_id, element, optional=optional, hint=hint)


def input_block(
    label: str, block_id: str, element: Block, *, optional: bool = False, hint: str | None = None
) -> Block:
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 2000),
        "element": element,
        "optional": optional,
    }
    return {**block, "hint": plain(hint, 2000)} if hint else block


def option(label: str, value: str) -> Block:
    return {"text": plain(label, 75), "value": clip(value, 150)}


def modal(
    title: str, callback_id: str, blocks: Sequence[Block], *, submit: str | None = "Save", metadata: str = ""
) -> Block:
    view: Block = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, 24),
        "close": plain("Cancel" if submit else "Close", 24),
        "blocks": list(blocks)[:100],
        "private_metadata": clip(metadata, 3000),
    }
    return {**view, "submit": plain(submit, 24)} if submit else view


def picture(alt_text: str, drawn: dict[str, Any], title: str = "") -> Block:
    """A picture that is drawn when the message is posted (`bot/pictures.py`)."""
    block: Block = {"type": "image", "alt_text": clip(alt_text or " ", 2000), "picture": drawn}
    return {**block, "title": plain(title, 2000)} if title else block


def pictures_in_words(blocks: Sequence[Block]) -> list[Block]:
    """Pictures of ours by their description."""
    return [
        context(escape(clip(block["alt_text"], 1500)))
        if "picture" in block or "slack_file" in block
        else block
        for block in blocks
    ]


def plainly(blocks: Sequence[Block]) -> list[Block]:
    """The same with the blocks every Slack has had for years; for one that refuses the newer ones."""
    return [older for block in blocks for older in _older(block)][:MAX_BLOCKS]


def _older(block: Block) -> list[Block]:
    match block["type"]:
        case "plan":
            marks = {"complete": "✓", "in_progress": "⏳", "error": "✗"}
            lines = [
                f"{marks.get(task['status'], '·')} {escape(task['title'])}" for task in block.get("tasks", ())
            ]
            return [section(clip("\n".join([f"*{escape(block['title'])}*", *lines]), 3000))]
        case "task_card":
            return [section(escape(block["title"]))]
        case "markdown":
            return [section(clip(escape(block["text"]), 3000))]
        case "table":
            rows = [" | ".join(str(cell.get("text", "")) for cell in row) for row in block["rows"]]
            return [section(clip("```\n" + escape("\n".join(rows)) + "\n```", 3000))]
        case "context_actions":
            return []
        case "image" if "slack_file" in block or "picture" in block:
            return pictures_in_words([block])
        case _:
            return [block]
