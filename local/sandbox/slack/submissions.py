"""A modal that is submitted: what the client checks itself, and what the app's answer does."""

import re
import sqlite3
from typing import Any

from local.sandbox.slack import responses, views
from local.sandbox.slack.payloads import CHOSEN_KEYS, STATELESS
from local.sandbox.slack.people import find_channel
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import Workspace

REQUIRED = "Please complete this required field."
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
_URL = re.compile(r"^https?://\S+\.\S+|^https?://localhost\S*")


def problems(blocks: list[dict[str, Any]], state: dict[str, Any]) -> dict[str, str]:
    """block_id to what is wrong with its input, as Slack's client says before it sends anything."""
    found: dict[str, str] = {}
    for block in blocks:
        if block.get("type") != "input":
            continue
        element = block["element"]
        chosen = _chosen(element, state.get(block["block_id"], {}).get(element["action_id"]))
        problem = _problem(element, chosen, bool(block.get("optional")))
        if problem:
            found[block["block_id"]] = problem
    return found


def _chosen(element: dict[str, Any], value: dict[str, Any] | None) -> Any:
    if value is None:
        return _initial(element)
    return value.get(CHOSEN_KEYS.get(element["type"], "value"))


def _initial(element: dict[str, Any]) -> Any:
    """What an untouched input holds."""
    key = CHOSEN_KEYS.get(element["type"], "value")
    name = key.replace("selected_", "initial_") if key.startswith("selected_") else "initial_value"
    return element.get(name)


def _problem(element: dict[str, Any], chosen: Any, optional: bool) -> str | None:
    if chosen in (None, "", []) or (isinstance(chosen, str) and not chosen.strip()):
        return None if optional else REQUIRED
    kind = element["type"]
    if kind == "plain_text_input":
        return _length_problem(element, str(chosen))
    if kind == "email_text_input" and not _EMAIL.match(str(chosen)):
        return "Enter a valid email address."
    if kind == "url_text_input" and not _URL.match(str(chosen)):
        return "Enter a valid URL."
    if kind == "number_input":
        return _number_problem(element, str(chosen))
    return None


def _length_problem(element: dict[str, Any], text: str) -> str | None:
    if len(text) < (element.get("min_length") or 0):
        return f"Enter at least {element['min_length']} characters."
    if len(text) > (element.get("max_length") or 3000):
        return f"Enter at most {element.get('max_length') or 3000} characters."
    return None


def _number_problem(element: dict[str, Any], text: str) -> str | None:
    try:
        number = float(text)
    except ValueError:
        return "Enter a number."
    if not element.get("is_decimal_allowed") and number != int(number):
        return "Enter a whole number."
    if element.get("min_value") is not None and number < float(element["min_value"]):
        return f"Enter a number of at least {element['min_value']}."
    if element.get("max_value") is not None and number > float(element["max_value"]):
        return f"Enter a number of at most {element['max_value']}."
    return None


def whole_state(blocks: list[dict[str, Any]], state: dict[str, Any]) -> dict[str, Any]:
    """`state.values` with every input in it: Slack sends untouched ones too, with what they hold."""
    whole = {block_id: dict(actions) for block_id, actions in state.items()}
    for block in blocks:
        parts = [block.get("element"), block.get("accessory"), *(block.get("elements") or [])]
        for element in parts:
            kind = element.get("type") if isinstance(element, dict) else None
            if kind not in CHOSEN_KEYS or kind in STATELESS:
                continue
            value = {"type": kind, CHOSEN_KEYS[kind]: _initial(element) or _nothing(kind)}
            whole.setdefault(block["block_id"], {}).setdefault(element["action_id"], value)
    return whole


def _nothing(kind: str) -> Any:
    return [] if kind.startswith("multi_") or kind == "checkboxes" else None


def response_urls(workspace: Workspace, user: str, view: dict[str, Any]) -> list[dict[str, str]]:
    """For conversation menus with `response_url_enabled`: where to answer in the chosen channel."""
    urls: list[dict[str, str]] = []
    for block in view["blocks"]:
        element = block.get("element") or {}
        if not element.get("response_url_enabled"):
            continue
        chosen = view["state"]["values"].get(block["block_id"], {}).get(element["action_id"], {})
        channel = chosen.get("selected_conversation") or chosen.get("selected_channel")
        if channel and find_channel(workspace.store, channel) is not None:
            urls.append(
                {
                    "block_id": block["block_id"],
                    "action_id": element["action_id"],
                    "channel_id": channel,
                    "response_url": responses.make(workspace, channel, user),
                }
            )
    return urls


def follow(workspace: Workspace, found: sqlite3.Row, user: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Do what the app answered to a submission; what the page is told. Refused where it is not valid."""
    act = answer.get("response_action")
    if act is None:
        if _is_open(workspace, found):
            views.close(workspace, found)
        return {"ok": True}
    if act == "errors":
        return {"response_action": "errors", "errors": _known_errors(found, answer.get("errors"))}
    if act == "clear":
        views.close_all(workspace, user)
        return {"response_action": "clear"}
    if act not in ("update", "push"):
        raise Refused("invalid_response_action")
    body = views.checked(answer.get("view"), "modal")
    if act == "update":
        return {"response_action": act, "view": views.shape(views.change(workspace, found, body))}
    open_now = views.stack(workspace, user)
    if len(open_now) >= views.STACK:
        raise Refused("push_limit_reached")
    pushed = views.open_view(workspace, user, body, on=found["id"])
    return {"response_action": act, "view": views.shape(pushed)}


def _is_open(workspace: Workspace, found: sqlite3.Row) -> bool:
    return workspace.store.one("SELECT 1 FROM slack_views WHERE id = ?", found["id"]) is not None


def _known_errors(found: sqlite3.Row, errors: Any) -> dict[str, str]:
    known = {block["block_id"] for block in views.shape(found)["blocks"] if block.get("type") == "input"}
    named = errors if isinstance(errors, dict) else {}
    kept = {block_id: str(text) for block_id, text in named.items() if block_id in known}
    if not kept:
        raise Refused("invalid_errors")
    return kept
