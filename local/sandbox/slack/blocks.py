"""Block Kit validation: what Slack would refuse in a message or a view.

https://docs.slack.dev/reference/block-kit/blocks and the limits in the vendor's SDK. Problems read as
Slack's do: a sentence and the JSON pointer of the place.
"""

from collections.abc import Callable
from typing import Any

from local.sandbox.slack import elements
from local.sandbox.slack.charts import chart
from local.sandbox.slack.check import Check
from local.sandbox.slack.fields import BLOCK_FIELDS, HOME, MESSAGE, MODAL, SURFACES
from local.sandbox.slack.grids import data_table, table

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MARKDOWN_TOTAL = 12_000  # characters over all markdown blocks of one payload
CHARTS = 2  # in one message
TASK_STATUSES = ("pending", "in_progress", "complete", "error")
ALERT_LEVELS = ("default", "info", "warning", "error", "success")
VIEW_TYPES = ("modal", "home")

ACTIONS_ELEMENTS = (
    elements.BUTTONS | elements.SELECTS | elements.MULTI_SELECTS | elements.PICKERS | elements.CHOICES
) | {"rich_text_input"}
INPUT_ELEMENTS = elements.INPUTS | elements.SELECTS | elements.PICKERS | (elements.CHOICES - {"overflow"})
SECTION_ELEMENTS = (ACTIONS_ELEMENTS - {"rich_text_input"}) | {"image"}


def message_problems(blocks: Any) -> list[str]:
    """What Slack would say against the `blocks` of a message; empty where it takes them."""
    check = Check()
    _blocks(check, blocks, MESSAGE_BLOCKS, MESSAGE)
    if sum(1 for kind in _kinds(blocks) if kind == "plan") > 1:
        check.add("Cannot have more than 1 plan block", "/blocks")
    if sum(1 for kind in _kinds(blocks) if kind == "data_visualization") > CHARTS:
        check.add(f"no more than {CHARTS} data_visualization blocks allowed", "/blocks")
    return check.problems


def has_many_tables(blocks: Any) -> bool:
    """Slack takes one table a message, of either kind, and says `only_one_table_allowed` to more."""
    return sum(1 for kind in _kinds(blocks) if kind in ("table", "data_table")) > 1


def _kinds(blocks: Any) -> list[Any]:
    """The types of the blocks and of those in containers."""
    found: list[Any] = []
    for block in blocks if isinstance(blocks, list) else []:
        if isinstance(block, dict):
            found += [block.get("type"), *_kinds(block.get("child_blocks"))]
    return found


def view_problems(view: Any) -> list[str]:
    """What Slack would say against a modal or a Home tab."""
    check = Check()
    if not isinstance(view, dict):
        return ["must provide an object [json-pointer:/view]"]
    kind = view.get("type")
    check.one_of(kind, VIEW_TYPES, "/view/type")
    if kind == "modal":
        elements.text(check, view.get("title"), "/view/title", 24, plain=True)
        for key in ("submit", "close"):
            if view.get(key) is not None:
                elements.text(check, view[key], f"/view/{key}", 24, plain=True)
        has_input = any(isinstance(b, dict) and b.get("type") == "input" for b in view.get("blocks") or [])
        if has_input and view.get("submit") is None:
            check.add("must define `submit` to use an `input` block in modals", "/view/blocks")
    check.string(view.get("private_metadata"), "/view/private_metadata", 3000, required=False, empty=True)
    check.string(view.get("callback_id"), "/view/callback_id", 255, required=False, empty=True)
    check.string(view.get("external_id"), "/view/external_id", 255, required=False, empty=True)
    _blocks(check, view.get("blocks"), VIEW_BLOCKS, HOME if kind == "home" else MODAL, "/view/blocks")
    return check.problems


def _blocks(check: Check, blocks: Any, most: int, surface: str, at: str = "/blocks") -> None:
    if not check.array(blocks, at, most):
        return
    seen: set[str] = set()
    characters = 0
    for number, block in enumerate(blocks):
        here = f"{at}/{number}"
        if not check.object(block, here):
            continue
        _block(check, block, here, surface)
        block_id = block.get("block_id")
        if isinstance(block_id, str) and block_id:
            if block_id in seen:
                check.add(f"`block_id` already exists: {block_id}", f"{here}/block_id")
            seen.add(block_id)
        if block.get("type") == "markdown" and isinstance(block.get("text"), str):
            characters += len(block["text"])
    if characters > MARKDOWN_TOTAL:
        check.add(f"must be less than {MARKDOWN_TOTAL + 1} characters over all markdown blocks", at)
    elements.unique_actions(check, blocks, at)


def _block(check: Check, block: dict[str, Any], at: str, surface: str) -> None:
    kind = block.get("type")
    if kind is None:
        check.add("missing required field: type", at)
        return
    rule = RULES.get(kind) if isinstance(kind, str) else None
    if rule is None or surface not in SURFACES[str(kind)]:
        check.add(f"unsupported type: {kind}", f"{at}/type")
        return
    check.fields(block, BLOCK_FIELDS[str(kind)], at)
    check.string(block.get("block_id"), f"{at}/block_id", 255, required=False, empty=True)
    rule(check, block, at)


def _section(check: Check, block: dict[str, Any], at: str) -> None:
    if block.get("text") is None and not block.get("fields"):
        check.add("must define `text` or `fields`", at)
    if block.get("text") is not None:
        elements.text(check, block["text"], f"{at}/text", 3000)
    fields = block.get("fields")
    if fields is not None and check.array(fields, f"{at}/fields", 10, least=1):
        for number, field in enumerate(fields):
            elements.text(check, field, f"{at}/fields/{number}", 2000)
    if block.get("accessory") is not None:
        elements.element(check, block["accessory"], f"{at}/accessory", SECTION_ELEMENTS)


def _header(check: Check, block: dict[str, Any], at: str) -> None:
    elements.text(check, block.get("text"), f"{at}/text", 150, plain=True)


def _divider(check: Check, block: dict[str, Any], at: str) -> None:
    """A divider has nothing that could be wrong."""


def _image(check: Check, block: dict[str, Any], at: str) -> None:
    elements.image(check, block, at)
    if block.get("title") is not None:
        elements.text(check, block["title"], f"{at}/title", 2000, plain=True)


def _actions(check: Check, block: dict[str, Any], at: str) -> None:
    _elements(check, block, at, 25, ACTIONS_ELEMENTS)


def _context(check: Check, block: dict[str, Any], at: str) -> None:
    parts = block.get("elements")
    if not check.array(parts, f"{at}/elements", 10, least=1):
        return
    for number, part in enumerate(parts):
        here = f"{at}/elements/{number}"
        if isinstance(part, dict) and part.get("type") == "image":
            elements.image(check, part, here)
        else:
            elements.text(check, part, here, 2000)


def _context_actions(check: Check, block: dict[str, Any], at: str) -> None:
    _elements(check, block, at, 5, {"feedback_buttons", "icon_button"})


def _elements(check: Check, block: dict[str, Any], at: str, most: int, allowed: set[str]) -> None:
    parts = block.get("elements")
    if check.array(parts, f"{at}/elements", most, least=1):
        for number, part in enumerate(parts):
            elements.element(check, part, f"{at}/elements/{number}", allowed)


def _input(check: Check, block: dict[str, Any], at: str) -> None:
    elements.text(check, block.get("label"), f"{at}/label", 2000, plain=True)
    if block.get("hint") is not None:
        elements.text(check, block["hint"], f"{at}/hint", 2000, plain=True)
    elements.element(check, block.get("element"), f"{at}/element", INPUT_ELEMENTS | elements.MULTI_SELECTS)


def _markdown(check: Check, block: dict[str, Any], at: str) -> None:
    check.string(block.get("text"), f"{at}/text", MARKDOWN_TOTAL)


def _rich_text(check: Check, block: dict[str, Any], at: str) -> None:
    elements.rich_text(check, block, at)


def _task_card(check: Check, block: dict[str, Any], at: str) -> None:
    check.string(block.get("task_id"), f"{at}/task_id", 255)
    check.string(block.get("title"), f"{at}/title", 3000)
    check.one_of(block.get("status"), TASK_STATUSES, f"{at}/status", required=False)
    for key in ("details", "output"):
        if block.get(key) is not None and check.object(block[key], f"{at}/{key}"):
            elements.rich_text(check, block[key], f"{at}/{key}")
    elements.sources(check, block.get("sources"), f"{at}/sources")


def _plan(check: Check, block: dict[str, Any], at: str) -> None:
    if isinstance(block.get("title"), dict):
        elements.text(check, block["title"], f"{at}/title", 3000, plain=True)
    else:
        check.string(block.get("title"), f"{at}/title", 3000)
    tasks = block.get("tasks")
    if tasks is not None and check.array(tasks, f"{at}/tasks", MESSAGE_BLOCKS):
        for number, task in enumerate(tasks):
            if check.object(task, f"{at}/tasks/{number}"):
                _task_card(check, task, f"{at}/tasks/{number}")


def _alert(check: Check, block: dict[str, Any], at: str) -> None:
    elements.text(check, block.get("text"), f"{at}/text", 3000)
    check.one_of(block.get("level"), ALERT_LEVELS, f"{at}/level", required=False)


def _card(check: Check, block: dict[str, Any], at: str) -> None:
    if not any(block.get(key) for key in ("hero_image", "title", "actions", "body")):
        check.add("must define one of `hero_image`, `title`, `actions`, `body`", at)
    for key, most in (("title", 150), ("subtitle", 150), ("body", 200)):
        if block.get(key) is not None:
            elements.text(check, block[key], f"{at}/{key}", most)
    for key in ("hero_image", "icon"):
        if block.get(key) is not None and check.object(block[key], f"{at}/{key}"):
            elements.image(check, block[key], f"{at}/{key}")
    if block.get("actions") is not None and check.array(block["actions"], f"{at}/actions", 2):
        for number, part in enumerate(block["actions"]):
            elements.element(check, part, f"{at}/actions/{number}", elements.BUTTONS)


def _carousel(check: Check, block: dict[str, Any], at: str) -> None:
    cards = block.get("elements")
    if check.array(cards, f"{at}/elements", 10, least=1):
        for number, card in enumerate(cards):
            if check.object(card, f"{at}/elements/{number}"):
                _card(check, card, f"{at}/elements/{number}")


def _container(check: Check, block: dict[str, Any], at: str) -> None:
    if block.get("title") is None and block.get("rich_text_title") is None:
        check.add("must define `title` or `rich_text_title`", at)
    if block.get("title") is not None:
        elements.text(check, block["title"], f"{at}/title", 150, plain=True)
    if block.get("subtitle") is not None:
        elements.text(check, block["subtitle"], f"{at}/subtitle", 150)
    children = block.get("child_blocks")
    if check.array(children, f"{at}/child_blocks", 10, least=1):
        for number, child in enumerate(children):
            here = f"{at}/child_blocks/{number}"
            if check.object(child, here) and child.get("type") == "container":
                check.add("unsupported type: container", f"{here}/type")
            elif isinstance(child, dict):
                _block(check, child, here, MESSAGE)


def _video(check: Check, block: dict[str, Any], at: str) -> None:
    for key in ("alt_text", "video_url", "thumbnail_url"):
        check.string(block.get(key), f"{at}/{key}", 3000)
    elements.text(check, block.get("title"), f"{at}/title", 200, plain=True)
    check.string(block.get("author_name"), f"{at}/author_name", 50, required=False)


RULES: dict[str, Callable[[Check, dict[str, Any], str], None]] = {
    "actions": _actions,
    "alert": _alert,
    "card": _card,
    "carousel": _carousel,
    "container": _container,
    "context": _context,
    "context_actions": _context_actions,
    "data_table": data_table,
    "data_visualization": chart,
    "divider": _divider,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "plan": _plan,
    "rich_text": _rich_text,
    "section": _section,
    "table": table,
    "task_card": _task_card,
    "video": _video,
}
