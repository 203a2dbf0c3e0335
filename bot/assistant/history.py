"""The transcript as the model sees it, and back."""

from collections.abc import Iterable, Sequence
from typing import Any

from bot.tools.base import without_strangers
from db.queries.conversation import HistoryItem, Role
from pipeline.clients.llm.base import AssistantText, Item, ToolOutcome, ToolRequest, UserText

MOST_CHARACTERS = 60_000  # of history; older items are left out, whole turns at a time
MOST_OUTPUT = 12_000  # of one tool's outcome


def to_row(item: Item) -> tuple[Role, dict[str, Any]]:
    """Role and content of an item as they are stored."""
    match item:
        case UserText(text):
            return "user", {"text": text}
        case AssistantText(text):
            return "assistant", {"text": text}
        case ToolRequest(call_id, name, arguments):
            return "assistant", {"call_id": call_id, "name": name, "arguments": arguments}
        case ToolOutcome(call_id, output):
            return "tool", {"call_id": call_id, "output": output}


def to_item(role: str, content: dict[str, Any]) -> Item:
    match role:
        case "user":
            return UserText(content["text"])
        case "tool":
            return ToolOutcome(content["call_id"], content["output"][:MOST_OUTPUT])
        case _ if "call_id" in content:
            return ToolRequest(content["call_id"], content["name"], content["arguments"])
        case _:
            return AssistantText(content["text"])


def items_of(rows: Iterable[HistoryItem]) -> list[Item]:
    """Stored rows as items: cut to the budget at a person's words, calls and outcomes in pairs."""
    return _paired(_recent([to_item(row.role, row.content) for row in rows]))


def _recent(items: list[Item]) -> list[Item]:
    total, start = 0, len(items)
    for at in range(len(items) - 1, -1, -1):
        total += len(str(items[at]))
        if total > MOST_CHARACTERS and start < len(items):
            break
        if isinstance(items[at], UserText):
            start = at
    return items[start:] if start < len(items) else items


def _paired(items: Sequence[Item]) -> list[Item]:
    """Outcomes follow their calls; a call of an earlier turn that was cut off is left out, and so is what
    strangers wrote in the outcomes of earlier turns."""
    outcomes = {item.call_id: item for item in items if isinstance(item, ToolOutcome)}
    last_words = max((at for at, item in enumerate(items) if isinstance(item, UserText)), default=-1)
    kept: list[Item] = []
    for at, item in enumerate(items):
        if isinstance(item, ToolOutcome):
            continue
        if isinstance(item, ToolRequest):
            if item.call_id in outcomes:
                outcome = outcomes[item.call_id]
                if at < last_words:
                    outcome = ToolOutcome(outcome.call_id, without_strangers(item.name, outcome.output))
                kept += [item, outcome]
            elif at > last_words:
                kept.append(item)
            continue
        kept.append(item)
    return kept
