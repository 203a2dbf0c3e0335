"""Modals and Home tabs: kept views, their stacks, and what the page is told of them."""

import json
import sqlite3
from typing import Any

from local.sandbox.slack.blocks import view_problems
from local.sandbox.slack.content import named_blocks
from local.sandbox.slack.names import APP_ID, BOT_ID, TEAM_ID
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import Workspace, new_id
from local.sandbox.store import dumps

STACK = 3  # views on top of each other
VIEW_BYTES = 250_000
KEYS = (
    "type",
    "title",
    "submit",
    "close",
    "blocks",
    "private_metadata",
    "callback_id",
    "external_id",
    "clear_on_close",
    "notify_on_close",
    "submit_disabled",
)


def checked(view: Any, kind: str) -> dict[str, Any]:
    """The view with its defaults filled in; refused as `invalid_arguments`, saying what is wrong."""
    problems = view_problems(view)
    if not problems and view["type"] != kind:
        problems = [f"must be a view of type {kind} [json-pointer:/view/type]"]
    if problems:
        raise Refused("invalid_arguments", *problems)
    if len(dumps(view).encode()) > VIEW_BYTES:
        raise Refused("view_too_large")
    defaults: dict[str, Any] = {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "title": None,
        "submit": None,
        "close": None,
    }
    given = {key: view[key] for key in KEYS if view.get(key) is not None}
    return {**defaults, **given, "blocks": named_blocks(view["blocks"])}


def row(workspace: Workspace, view_id: str) -> sqlite3.Row:
    found = workspace.store.one("SELECT * FROM slack_views WHERE id = ?", view_id)
    if found is None:
        raise Refused("not_found")
    return found


def shape(found: sqlite3.Row) -> dict[str, Any]:
    """The view object of the Web API and of payloads."""
    return {
        "id": found["id"],
        "team_id": TEAM_ID,
        **json.loads(found["body"]),
        "state": {"values": json.loads(found["state"])},
        "hash": found["hash"],
        "previous_view_id": found["previous"],
        "root_view_id": found["root"] or found["id"],
        "app_id": APP_ID,
        "app_installed_team_id": TEAM_ID,
        "bot_id": BOT_ID,
    }


def show(workspace: Workspace, found: sqlite3.Row) -> None:
    kind = "home" if found["kind"] == "home" else "view"
    workspace.bus.publish([found["user"]], {"type": kind, "view": shape(found)})


def open_view(workspace: Workspace, user: str, body: dict[str, Any], on: str | None = None) -> sqlite3.Row:
    """Show a modal: on top of the view `on`, or in place of whatever the user has open."""
    external_id = body["external_id"]
    if on is None:
        close_all(workspace, user)
    if external_id and _external(workspace, external_id) is not None:
        raise Refused("duplicate_external_id")
    root = row(workspace, on)["root"] if on else None
    view_id = new_id("V")
    workspace.store.run(
        "INSERT INTO slack_views VALUES (?, ?, 'modal', ?, ?, ?, ?, ?, '{}')",
        view_id,
        user,
        root or view_id,
        on,
        external_id,
        _hash(workspace),
        dumps(body),
    )
    found = row(workspace, view_id)
    show(workspace, found)
    return found


def change(workspace: Workspace, found: sqlite3.Row, body: dict[str, Any]) -> sqlite3.Row:
    """Replace a view's content. What was typed stays where the same input is still there."""
    external_id = body["external_id"]
    other = _external(workspace, external_id) if external_id else None
    if other is not None and other["id"] != found["id"]:
        raise Refused("duplicate_external_id")
    workspace.store.run(
        "UPDATE slack_views SET body = ?, hash = ?, external_id = ?, state = ? WHERE id = ?",
        dumps(body),
        _hash(workspace),
        external_id,
        dumps(_kept_state(json.loads(found["state"]), body["blocks"])),
        found["id"],
    )
    changed = row(workspace, found["id"])
    show(workspace, changed)
    return changed


def _kept_state(state: dict[str, Any], blocks: list[dict[str, Any]]) -> dict[str, Any]:
    known = {block["block_id"] for block in blocks}
    return {block_id: values for block_id, values in state.items() if block_id in known}


def publish(workspace: Workspace, user: str, body: dict[str, Any], wanted_hash: str | None) -> sqlite3.Row:
    """Set the Home tab of `user`."""
    found = home(workspace, user)
    if found is not None:
        match_hash(found, wanted_hash)
        return change(workspace, found, body)
    view_id = new_id("V")
    workspace.store.run(
        "INSERT INTO slack_views VALUES (?, ?, 'home', ?, NULL, ?, ?, ?, '{}')",
        view_id,
        user,
        view_id,
        body["external_id"],
        _hash(workspace),
        dumps(body),
    )
    found = row(workspace, view_id)
    show(workspace, found)
    return found


def home(workspace: Workspace, user: str) -> sqlite3.Row | None:
    return workspace.store.one("SELECT * FROM slack_views WHERE user = ? AND kind = 'home'", user)


def match_hash(found: sqlite3.Row, wanted: str | None) -> None:
    if wanted and wanted != found["hash"]:
        raise Refused("hash_conflict")


def by_external_id(workspace: Workspace, external_id: str) -> sqlite3.Row:
    found = _external(workspace, external_id)
    if found is None:
        raise Refused("not_found")
    return found


def _external(workspace: Workspace, external_id: str) -> sqlite3.Row | None:
    return workspace.store.one("SELECT * FROM slack_views WHERE external_id = ?", external_id)


def stack(workspace: Workspace, user: str) -> list[sqlite3.Row]:
    """The user's open modals, the lowest first."""
    rows = workspace.store.all(
        "SELECT * FROM slack_views WHERE user = ? AND kind = 'modal' ORDER BY rowid", user
    )
    below = {found["previous"]: found for found in rows}
    ordered: list[sqlite3.Row] = []
    current = below.get(None)
    while current is not None:
        ordered.append(current)
        current = below.get(current["id"])
    return ordered


def close(workspace: Workspace, found: sqlite3.Row) -> None:
    """Close one view; the one below it shows again."""
    workspace.store.run("DELETE FROM slack_views WHERE id = ?", found["id"])
    _closed(workspace, found)
    if found["previous"]:
        show(workspace, row(workspace, found["previous"]))


def close_all(workspace: Workspace, user: str) -> list[sqlite3.Row]:
    """Close every modal of the user; what was closed, the topmost first."""
    open_now = list(reversed(stack(workspace, user)))
    workspace.store.run("DELETE FROM slack_views WHERE user = ? AND kind = 'modal'", user)
    for found in open_now:
        _closed(workspace, found)
    return open_now


def _closed(workspace: Workspace, found: sqlite3.Row) -> None:
    workspace.bus.publish(
        [found["user"]],
        {
            "type": "view_closed",
            "view_id": found["id"],
            "root_view_id": found["root"],
            "previous_view_id": found["previous"],
        },
    )


def set_state(workspace: Workspace, view_id: str, state: dict[str, Any]) -> sqlite3.Row:
    """Keep what is typed and chosen in the view now."""
    workspace.store.run("UPDATE slack_views SET state = ? WHERE id = ?", dumps(state), view_id)
    return row(workspace, view_id)


def _hash(workspace: Workspace) -> str:
    return f"{int(workspace.wall())}.{new_id('', 8).lower()}"
