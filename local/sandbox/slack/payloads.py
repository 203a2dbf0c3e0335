"""The payloads of commands, clicks, shortcuts and modals, as Slack sends them to the app.

https://docs.slack.dev/reference/interaction-payloads
"""

import json
import sqlite3
from typing import Any

from local.sandbox.slack import messages, responses, views
from local.sandbox.slack.elements import all_options, interactive
from local.sandbox.slack.names import APP_ID, TEAM_DOMAIN, TEAM_ID, VERIFICATION_TOKEN, team
from local.sandbox.slack.people import channel_row, user_brief, user_row
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import Workspace

# What a person chose in an element, by the element's type
CHOSEN_KEYS = {
    "button": "value",
    "checkboxes": "selected_options",
    "datepicker": "selected_date",
    "datetimepicker": "selected_date_time",
    "email_text_input": "value",
    "external_select": "selected_option",
    "feedback_buttons": "value",
    "file_input": "files",
    "icon_button": "value",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
    "multi_external_select": "selected_options",
    "multi_static_select": "selected_options",
    "multi_users_select": "selected_users",
    "number_input": "value",
    "overflow": "selected_option",
    "plain_text_input": "value",
    "radio_buttons": "selected_option",
    "rich_text_input": "rich_text_value",
    "static_select": "selected_option",
    "timepicker": "selected_time",
    "url_text_input": "value",
    "users_select": "selected_user",
}
STATELESS = {"button", "icon_button", "feedback_buttons", "overflow", "workflow_button"}
STATIC_CHOICES = {"static_select", "multi_static_select", "checkboxes", "radio_buttons", "overflow"}


def common(workspace: Workspace, user: str, kind: str, view_id: str | None = None) -> dict[str, Any]:
    """What every interactive payload begins with, a fresh trigger_id included."""
    return {
        "type": kind,
        "team": team(),
        "user": user_brief(user_row(workspace.store, user)),
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "trigger_id": workspace.triggers.make(user, view_id),
        "enterprise": None,
        "is_enterprise_install": False,
    }


def command_form(workspace: Workspace, user: str, channel: str, command: str, text: str) -> dict[str, str]:
    row = channel_row(workspace.store, channel)
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel,
        "channel_name": row["name"],
        "user_id": user,
        "user_name": user_row(workspace.store, user)["handle"],
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": responses.make(workspace, channel, user),
        "trigger_id": workspace.triggers.make(user),
    }


def message_action_payload(
    workspace: Workspace, user: str, channel: str, ts: str, given: dict[str, Any]
) -> dict[str, Any]:
    """`block_actions` of a click in a message."""
    found = visible(workspace, user, channel, ts)
    message = messages.api_shape(workspace, found)
    element = find_element(message.get("blocks", []), given)
    if element is None:
        for attachment in message.get("attachments", []):
            element = element or find_element(attachment.get("blocks", []), given)
    action = action_of(workspace, element, given)
    state = workspace.picked.setdefault((f"{channel}/{ts}", user), {})
    keep(state, action)
    thread_ts = found["thread_ts"] or ""
    container: dict[str, Any] = {
        "type": "message",
        "message_ts": ts,
        "channel_id": channel,
        "is_ephemeral": bool(found["only_for"]),
    }
    payload = common(workspace, user, "block_actions") | {
        "container": container | ({"thread_ts": thread_ts} if thread_ts else {}),
        "channel": {"id": channel, "name": channel_row(workspace.store, channel)["name"]},
        "state": {"values": state},
        "response_url": responses.make(workspace, channel, user, ts, thread_ts),
        "actions": [action],
    }
    return payload if found["only_for"] else payload | {"message": message}


def view_action_payload(
    workspace: Workspace, found: sqlite3.Row, user: str, given: dict[str, Any]
) -> dict[str, Any]:
    """`block_actions` of a click in a modal or the Home tab; what was typed so far goes with it."""
    view = views.shape(found)
    action = action_of(workspace, find_element(view["blocks"], given), given)
    state = json.loads(found["state"])
    merge_state(state, view["blocks"], (given.get("state") or {}).get("values") or {})
    keep(state, action)
    view = views.shape(views.set_state(workspace, found["id"], state))
    view_id = found["id"] if found["kind"] == "modal" else None
    return common(workspace, user, "block_actions", view_id) | {
        "container": {"type": "view", "view_id": found["id"]},
        "view": view,
        "state": view["state"],
        "actions": [action],
    }


def visible(workspace: Workspace, user: str, channel: str, ts: str) -> sqlite3.Row:
    """A message this person can see; refused as `message_not_found`."""
    found = messages.row(workspace, channel, ts)
    if found is None or found["only_for"] not in ("", user):
        raise Refused("message_not_found")
    return found


def find_element(blocks: list[dict[str, Any]], given: dict[str, Any]) -> dict[str, Any] | None:
    """The element that was used, with its block's id as `block_id`."""
    wanted, block_id = given.get("action_id"), given.get("block_id")
    for block in _flat(blocks):
        for element in interactive(block):
            if element.get("action_id") == wanted and block_id in (None, "", block.get("block_id")):
                return {**element, "block_id": block.get("block_id", "")}
    return None


def _flat(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Blocks and those inside them, the inner ones first: an element belongs to its nearest block."""
    found: list[dict[str, Any]] = []
    for block in blocks:
        for key in ("child_blocks", "elements"):
            parts = block.get(key)
            inner = [p for p in parts if isinstance(p, dict)] if isinstance(parts, list) else []
            if key == "child_blocks" or block.get("type") == "carousel":
                found += _flat(inner)
        found.append(block)
    return found


def action_of(workspace: Workspace, element: dict[str, Any] | None, given: dict[str, Any]) -> dict[str, Any]:
    """The `actions[0]` of a click; refused where there is no such element or option."""
    if element is None:
        raise Refused("action_not_found")
    kind = element["type"]
    action: dict[str, Any] = {
        "action_id": element["action_id"],
        "block_id": element["block_id"],
        "type": kind,
        "action_ts": workspace.next_ts(),
    }
    for key in ("text", "style", "placeholder", "confirm"):
        if key in element and not (key == "confirm" and kind == "button"):
            action[key] = element[key]
    chosen_key = CHOSEN_KEYS.get(kind, "value")
    if kind in ("button", "icon_button", "workflow_button"):
        if element.get("value") is not None:
            action["value"] = element["value"]
        return action
    chosen = given.get(chosen_key)
    if kind == "feedback_buttons":
        return action | _feedback(element, chosen)
    action[chosen_key] = _known_choice(element, chosen) if kind in STATIC_CHOICES else chosen
    return action


def _feedback(element: dict[str, Any], chosen: Any) -> dict[str, Any]:
    for key in ("positive_button", "negative_button"):
        button = element.get(key) or {}
        if button.get("value") == chosen:
            return {"value": chosen, "text": button.get("text")}
    raise Refused("action_not_found")


def _known_choice(element: dict[str, Any], chosen: Any) -> Any:
    """The options as the element defines them; the page names them by value or gives them whole."""
    known = {option["value"]: option for option in all_options(element)}
    if isinstance(chosen, list):
        return [_known_choice(element, one) for one in chosen]
    value = chosen.get("value") if isinstance(chosen, dict) else chosen
    if value is None:
        return None
    if value not in known:
        raise Refused("action_not_found")
    return known[value]


def keep(state: dict[str, Any], action: dict[str, Any]) -> None:
    """Remember in `state.values` what was chosen, where the element has a state."""
    kind = action["type"]
    if kind in STATELESS:
        return
    key = CHOSEN_KEYS.get(kind, "value")
    state.setdefault(action["block_id"], {})[action["action_id"]] = {"type": kind, key: action.get(key)}


def merge_state(state: dict[str, Any], blocks: list[dict[str, Any]], given: dict[str, Any]) -> None:
    """Take over what the page says was typed, for inputs that the view really has."""
    known = {
        (block.get("block_id"), element.get("action_id")): element["type"]
        for block in _flat(blocks)
        for element in interactive(block)
        if element.get("type") not in STATELESS
    }
    for block_id, actions in given.items():
        for action_id, value in (actions or {}).items():
            kind = known.get((block_id, action_id))
            if kind is not None and isinstance(value, dict):
                state.setdefault(block_id, {})[action_id] = {**value, "type": kind}
