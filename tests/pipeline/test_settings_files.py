"""The files that tell people about settings, and Slack about the app, say what the code says."""

import json
import re
from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from bot.action_ids import COMMAND, Shortcut
from bot.listeners import register
from bot.views.home import QUICK_ACTIONS
from local.environment import SANDBOX_PORT
from pipeline.settings import Settings

ROOT = Path(__file__).parents[2]
LINE = re.compile(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)


def shown() -> dict[str, str]:
    return dict(LINE.findall((ROOT / ".env.example").read_text()))


def as_text(default: object) -> str:
    if default in (None, PydanticUndefined):
        return ""
    return f"{default:g}" if isinstance(default, float) else str(default)


def test_the_example_names_every_setting_once() -> None:
    names = [name for name, _ in LINE.findall((ROOT / ".env.example").read_text())]
    assert sorted(names) == sorted({*(name.upper() for name in Settings.model_fields), SANDBOX_PORT})


def test_the_example_shows_the_defaults() -> None:
    defaults = {name.upper(): field.default for name, field in Settings.model_fields.items()}
    wanted = {name: as_text(default) for name, default in defaults.items()}
    assert {name: value for name, value in shown().items() if name != SANDBOX_PORT} == wanted


def test_every_setting_of_the_example_is_commented_out() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert all(line.startswith("#") for line in lines if line)


class Recorder:
    """Takes registrations as Bolt's app does, and remembers what for."""

    def __init__(self) -> None:
        self.found: dict[str, list[Any]] = {}

    def __getattr__(self, kind: str) -> Any:
        def take(constraint: Any, *_: Any, **__: Any) -> Any:
            self.found.setdefault(kind, []).append(constraint)
            return lambda function: function

        return take


def manifest() -> dict[str, Any]:
    return json.loads((ROOT / "manifest.json").read_text())


def registered() -> Recorder:
    recorder = Recorder()
    register(recorder, Recorder())  # type: ignore[arg-type]  # only names are looked at
    return recorder


def hears(constraint: str | re.Pattern[str], event: str) -> bool:
    return bool(constraint.match(event)) if isinstance(constraint, re.Pattern) else constraint == event


def test_somebody_listens_to_each_event_of_the_manifest() -> None:
    heard = registered().found["event"]
    asked = {event.split(".")[0] for event in manifest()["settings"]["event_subscriptions"]["bot_events"]}
    deaf = {event for event in asked if not any(hears(one, event) for one in heard)}
    assert not deaf
    assert {
        "app_home_opened",
        "app_mention",
        "message",
        "agent_session_stopped",
        "app_context_changed",
    } <= asked


def test_commands_and_shortcuts_are_those_that_are_registered() -> None:
    features = manifest()["features"]
    assert (
        [command["command"] for command in features["slash_commands"]]
        == registered().found["command"]
        == [COMMAND]
    )
    assert [short["callback_id"] for short in features["shortcuts"]] == registered().found["shortcut"]
    assert [short["callback_id"] for short in features["shortcuts"]] == [str(name) for name in Shortcut]


def test_the_agents_prompts_are_the_quick_actions() -> None:
    prompts = manifest()["features"]["agent_view"]["suggested_prompts"]
    assert [(prompt["title"], prompt["message"]) for prompt in prompts] == list(QUICK_ACTIONS)


def test_the_manifest_keeps_slacks_limits() -> None:
    """https://docs.slack.dev/reference/app-manifest"""
    told, features = manifest()["display_information"], manifest()["features"]
    assert len(told["name"]) <= 35
    assert len(told["description"]) <= 140
    assert 174 <= len(told["long_description"]) <= 4000
    assert len(features["agent_view"]["agent_description"]) <= 300
    assert len(features["agent_view"]["suggested_prompts"]) <= 4
    assert all(len(command["usage_hint"]) <= 1000 for command in features["slash_commands"])
    assert all(len(short["name"]) <= 24 for short in features["shortcuts"])


def test_socket_mode_is_on_and_buttons_work() -> None:
    settings = manifest()["settings"]
    assert settings["socket_mode_enabled"] is True
    assert settings["interactivity"] == {"is_enabled": True}
