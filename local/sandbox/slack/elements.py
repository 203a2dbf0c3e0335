"""Block Kit validation of elements and composition objects: buttons, menus, inputs, texts, options."""

import re
from typing import Any

from local.sandbox.slack.check import Check
from local.sandbox.slack.fields import ELEMENT_FIELDS, TEXT_FIELDS

BUTTONS = {"button", "workflow_button"}
STATIC = {"static_select", "multi_static_select"}
EXTERNAL = {"external_select", "multi_external_select"}
SELECTS = {"static_select", "external_select", "users_select", "conversations_select", "channels_select"}
MULTI_SELECTS = {f"multi_{kind}" for kind in SELECTS}
PICKERS = {"datepicker", "timepicker", "datetimepicker"}
CHOICES = {"checkboxes", "radio_buttons", "overflow"}
INPUTS = {
    "plain_text_input",
    "rich_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
    "file_input",
}
RICH_PARTS = {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}
OPTION_COUNTS = {"checkboxes": 10, "radio_buttons": 10, "overflow": 5}


FILE_ID = re.compile("^[F][A-Z0-9]{8,}$")


def text(check: Check, value: Any, at: str, most: int, *, plain: bool = False) -> None:
    """A text object of at most `most` characters; `plain`: mrkdwn is not allowed here."""
    if _absent(check, value, at) or not check.object(value, at):
        return
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if value.get("type") in kinds:
        check.fields(value, TEXT_FIELDS[value["type"]], at)
    else:
        check.add(f"unsupported type: {value.get('type')}", f"{at}/type")
    check.string(value.get("text"), f"{at}/text", most)


def image(check: Check, value: dict[str, Any], at: str) -> None:
    if value.get("image_url") is None and value.get("slack_file") is None:
        check.add("must define `image_url` or `slack_file`", at)
    check.string(value.get("image_url"), f"{at}/image_url", 3000, required=False)
    check.string(value.get("alt_text"), f"{at}/alt_text", 2000)
    file = value.get("slack_file")
    if file is not None and check.object(file, f"{at}/slack_file"):
        if (file.get("id") is None) is (file.get("url") is None):
            check.add("must define either `id` or `url`", f"{at}/slack_file")
        elif file.get("id") is not None and not FILE_ID.fullmatch(str(file["id"])):
            check.add(f"input must match regex pattern: {FILE_ID.pattern}", f"{at}/slack_file/id")


def rich_text(check: Check, value: dict[str, Any], at: str) -> None:
    if value.get("type") != "rich_text":
        check.add(f"unsupported type: {value.get('type')}", f"{at}/type")
        return
    parts = value.get("elements")
    if check.array(parts, f"{at}/elements", 1000):
        for number, part in enumerate(parts):
            here = f"{at}/elements/{number}"
            if check.object(part, here):
                check.one_of(part.get("type"), RICH_PARTS, f"{here}/type")
                check.array(part.get("elements"), f"{here}/elements", 1000)


def cell(check: Check, value: Any, at: str) -> int:
    """A cell of a table: raw text, a raw number or rich text; how many characters it shows."""
    if not check.object(value, at):
        return 0
    kind = value.get("type")
    if kind == "rich_text":
        rich_text(check, value, at)
        return _shown(value)
    if kind == "raw_text":
        check.string(value.get("text"), f"{at}/text", 3000)
        return len(str(value.get("text") or ""))
    if kind == "raw_number":
        if not isinstance(value.get("value"), int | float):
            check.add("must provide a number", f"{at}/value")
    else:
        check.add(f"unsupported type: {kind}", f"{at}/type")
    return 0


def _shown(value: Any) -> int:
    if isinstance(value, dict):
        return len(str(value.get("text") or "")) + _shown(value.get("elements"))
    return sum(_shown(part) for part in value) if isinstance(value, list) else 0


def _absent(check: Check, value: Any, at: str) -> bool:
    """Whether a required value is missing; in a list, null is an item that is not an object."""
    parent, _, name = at.rpartition("/")
    if value is None and not name.isdigit():
        check.add(f"missing required field: {name}", parent or "/")
        return True
    return False


def sources(check: Check, value: Any, at: str) -> None:
    if value is None or not check.array(value, at, 100):
        return
    for number, source in enumerate(value):
        if check.object(source, f"{at}/{number}"):
            check.string(source.get("url"), f"{at}/{number}/url", 3000)
            check.string(source.get("text"), f"{at}/{number}/text", 3000)


def element(check: Check, value: Any, at: str, allowed: set[str]) -> None:
    """An interactive element of one of the `allowed` types."""
    if _absent(check, value, at) or not check.object(value, at):
        return
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in allowed:
        check.add(f"unsupported type: {kind}", f"{at}/type")
        return
    check.fields(value, ELEMENT_FIELDS[kind], at)
    if kind == "image":
        image(check, value, at)
        return
    check.string(value.get("action_id"), f"{at}/action_id", 255, required=False)
    if value.get("confirm") is not None and check.object(value["confirm"], f"{at}/confirm"):
        _confirm(check, value["confirm"], f"{at}/confirm")
    if value.get("placeholder") is not None:
        text(check, value["placeholder"], f"{at}/placeholder", 150, plain=True)
    _details(check, kind, value, at)


def _details(check: Check, kind: str, value: dict[str, Any], at: str) -> None:
    if kind in BUTTONS or kind == "icon_button":
        _button(check, value, at)
    elif kind in STATIC:
        _menu(check, value, at)
    elif kind in CHOICES:
        _options(check, value.get("options"), f"{at}/options", OPTION_COUNTS[kind])
    elif kind == "feedback_buttons":
        for key in ("positive_button", "negative_button"):
            if check.object(value.get(key), f"{at}/{key}"):
                _button(check, value[key], f"{at}/{key}", value_required=True)
    elif kind == "plain_text_input":
        _text_input(check, value, at)
    elif kind == "number_input" and not isinstance(value.get("is_decimal_allowed"), bool):
        check.add("missing required field: is_decimal_allowed", at)


def _button(check: Check, value: dict[str, Any], at: str, value_required: bool = False) -> None:
    text(check, value.get("text"), f"{at}/text", 75, plain=True)
    check.string(value.get("value"), f"{at}/value", 2000, required=value_required, empty=True)
    check.string(value.get("url"), f"{at}/url", 3000, required=False)
    check.one_of(value.get("style"), ("primary", "danger"), f"{at}/style", required=False)


def _menu(check: Check, value: dict[str, Any], at: str) -> None:
    groups = value.get("option_groups")
    if groups is None:
        _options(check, value.get("options"), f"{at}/options", 100)
    elif check.array(groups, f"{at}/option_groups", 100, least=1):
        for number, group in enumerate(groups):
            here = f"{at}/option_groups/{number}"
            if check.object(group, here):
                text(check, group.get("label"), f"{here}/label", 75, plain=True)
                _options(check, group.get("options"), f"{here}/options", 100)
    _initial(check, value, at)


def _initial(check: Check, value: dict[str, Any], at: str) -> None:
    known = [option for option in all_options(value) if isinstance(option, dict)]
    chosen = value.get("initial_options") or (
        [value["initial_option"]] if value.get("initial_option") else []
    )
    values = {option.get("value") for option in known}
    if any(not isinstance(option, dict) or option.get("value") not in values for option in chosen):
        check.add("must be one of the options", f"{at}/initial_option")


def all_options(value: dict[str, Any]) -> list[Any]:
    """The options of a menu, those of its groups too."""
    options = list(value.get("options") or [])
    for group in value.get("option_groups") or []:
        options += (group.get("options") or []) if isinstance(group, dict) else []
    return options


def _options(check: Check, options: Any, at: str, most: int) -> None:
    if not check.array(options, at, most, least=1):
        return
    for number, option in enumerate(options):
        here = f"{at}/{number}"
        if check.object(option, here):
            text(check, option.get("text"), f"{here}/text", 75)
            check.string(option.get("value"), f"{here}/value", 150)
            if option.get("description") is not None:
                text(check, option["description"], f"{here}/description", 75)


def _text_input(check: Check, value: dict[str, Any], at: str) -> None:
    check.string(value.get("initial_value"), f"{at}/initial_value", 3000, required=False, empty=True)
    for key in ("min_length", "max_length"):
        length = value.get(key)
        if length is not None and not (isinstance(length, int) and 0 <= length <= 3000):
            check.add("must be a whole number from 0 to 3000", f"{at}/{key}")


def _confirm(check: Check, value: dict[str, Any], at: str) -> None:
    text(check, value.get("title"), f"{at}/title", 100, plain=True)
    text(check, value.get("text"), f"{at}/text", 300)
    text(check, value.get("confirm"), f"{at}/confirm", 30, plain=True)
    text(check, value.get("deny"), f"{at}/deny", 30, plain=True)


def interactive(block: Any) -> list[dict[str, Any]]:
    """Every element of a block that may carry an action_id, those of its children too."""
    if not isinstance(block, dict):
        return []
    found: list[Any] = [block.get("accessory"), block.get("element")]
    for key in ("elements", "actions", "child_blocks"):
        parts = block.get(key)
        for part in parts if isinstance(parts, list) else []:
            nested = isinstance(part, dict) and part.get("type") in ("card", "container")
            found += interactive(part) if nested or key == "child_blocks" else [part]
    return [part for part in found if isinstance(part, dict)]


def unique_actions(check: Check, blocks: list[Any], at: str) -> None:
    """Within one block an action_id may stand once."""
    for number, block in enumerate(blocks):
        seen: set[str] = set()
        for part in interactive(block):
            action_id = part.get("action_id")
            if isinstance(action_id, str) and action_id in seen:
                check.add(f"`action_id` already exists: {action_id}", f"{at}/{number}")
            elif isinstance(action_id, str):
                seen.add(action_id)
