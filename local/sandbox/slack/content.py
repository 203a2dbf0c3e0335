"""What a message may hold: the checks of chat.postMessage and its kin on text, blocks and metadata."""

from typing import Any

from local.sandbox.slack.blocks import has_many_tables, message_problems
from local.sandbox.slack.call import Call
from local.sandbox.slack.pictures import placed
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import new_id

TEXT_CHARACTERS = 40_000
MARKDOWN_CHARACTERS = 12_000
ATTACHMENTS = 100
METADATA_BYTES = 16_384


def content(call: Call, blank: bool = False) -> dict[str, Any]:
    """`text`, `blocks`, `attachments`, `metadata` of a call, checked; refused where Slack would refuse.

    `blank`: nothing to show is fine here, since a change keeps what the message has.
    """
    text, blocks = call.text("text"), call.structure("blocks", "invalid_blocks_format")
    markdown = call.text("markdown_text")
    if markdown:
        if text or blocks:
            raise Refused("markdown_text_conflict")
        if len(markdown) > MARKDOWN_CHARACTERS:
            raise Refused("msg_too_long")
        text, blocks = markdown, [{"type": "markdown", "text": markdown}]
    attachments = call.structure("attachments", "invalid_attachments") or []
    if not blank and not text.strip() and not blocks and not attachments:
        raise Refused("no_text")
    if len(text) > TEXT_CHARACTERS:
        raise Refused("msg_too_long")
    found: dict[str, Any] = {"text": text}
    if blocks:
        found["blocks"] = placed(call.workspace, checked_blocks(blocks))
    if attachments:
        found["attachments"] = checked_attachments(attachments)
    metadata = call.structure("metadata", "invalid_metadata_format")
    if metadata:
        found["metadata"] = _metadata(metadata)
    return found


def checked_blocks(blocks: Any) -> list[dict[str, Any]]:
    """The blocks with ids filled in; refused as `invalid_blocks`, saying what is wrong and where."""
    problems = message_problems(blocks)
    if problems:
        raise Refused("invalid_blocks", *problems, errors=problems)
    if has_many_tables(blocks):
        raise Refused("invalid_attachments", "only_one_table_allowed")
    return named_blocks(blocks)


def named_blocks(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks, each with a block_id and its interactive elements with action_ids, as Slack fills in."""
    return [_named({**block, "block_id": block.get("block_id") or new_id("", 5).lower()}) for block in blocks]


def _named(block: dict[str, Any]) -> dict[str, Any]:
    for key in ("accessory", "element"):
        if isinstance(block.get(key), dict):
            block[key] = _with_action(block[key])
    for key in ("elements", "actions"):
        if block["type"] in ("actions", "context_actions", "card") and isinstance(block.get(key), list):
            block[key] = [_with_action(part) for part in block[key]]
    if isinstance(block.get("child_blocks"), list):
        block["child_blocks"] = named_blocks(block["child_blocks"])
    if block["type"] == "carousel":
        block["elements"] = named_blocks(block["elements"])
    return block


def _with_action(part: dict[str, Any]) -> dict[str, Any]:
    if part.get("type") == "image" or part.get("action_id"):
        return part
    return {**part, "action_id": new_id("", 5).lower()}


def checked_attachments(attachments: Any) -> list[dict[str, Any]]:
    if not isinstance(attachments, list) or not all(isinstance(a, dict) for a in attachments):
        raise Refused("invalid_attachments")
    if len(attachments) > ATTACHMENTS:
        raise Refused("too_many_attachments")
    checked: list[dict[str, Any]] = []
    for number, attachment in enumerate(attachments, start=1):
        shown = {"id": number, "fallback": attachment.get("text") or "[no preview available]", **attachment}
        if attachment.get("blocks"):
            shown["blocks"] = checked_blocks(attachment["blocks"])
        checked.append(shown)
    return checked


def _metadata(metadata: Any) -> dict[str, Any]:
    if not isinstance(metadata, dict):
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise Refused("invalid_metadata_format")
    if len(str(metadata["event_payload"])) > METADATA_BYTES:
        raise Refused("metadata_too_large")
    return {"event_type": metadata["event_type"], "event_payload": metadata["event_payload"]}
