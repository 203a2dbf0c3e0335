"""Calls nobody should make: whatever arrives is refused in Slack's words and never breaks the workspace."""

import json
import random
from typing import Any

import pytest

from local.sandbox.slack.coverage import METHODS
from local.sandbox.slack.page import ACTIONS
from tests.local.slack_world import LEADS, SAM, world

CALLS = 800
KEPT = {"auth.revoke"}  # would end the test's own token
VALUES: list[Any] = [
    None,
    "",
    0,
    -1,
    1.5,
    True,
    [],
    {},
    "x" * 50_000,
    "\ud800",
    "<script>",
    [None],
    {"type": []},
    {"a": {"b": [1]}},
    [{"type": "actions", "elements": [{"type": "button"}]}],
    [{"type": "table", "rows": [[1]]}],
    [{"type": "markdown_text", "text": "x"}],
    [{"type": "container", "child_blocks": [{"type": "container"}]}],
    {"type": "modal", "blocks": [{"type": "input", "element": {"type": "static_select", "options": [1]}}]},
    {"type": "home", "blocks": [{"type": "carousel", "elements": [{}]}]},
    LEADS,
    SAM,
]
NAMES = """action_id attachments block_id blocks callback_id channel channel_id chunks command cursor email
external_id file filename files hash latest length limit loading_messages markdown_text message_ts metadata name
oldest post_at prompts recipient_team_id recipient_user_id selected_option state status text thread_ts timestamp
title trigger_id ts types user user_id users value values view view_id"""


def junk(chance: random.Random, ts: str) -> dict[str, Any]:
    names = chance.sample(NAMES.split(), chance.randint(1, 8))
    body = {name: chance.choice([*VALUES, ts]) for name in names}
    if chance.random() < 0.6:
        body |= {"channel": LEADS, "channel_id": LEADS, "user": SAM}
    if chance.random() < 0.5:
        body |= {"ts": ts, "message_ts": ts, "timestamp": ts}
    return body


@pytest.mark.parametrize("seed", [1, 2])
async def test_junk_never_breaks_a_route(seed: int):
    chance = random.Random(seed)
    async with world() as w:
        ts = (await w.client.chat_postMessage(channel=LEADS, text="root"))["ts"]
        headers = {
            "Authorization": f"Bearer {w.box.accounts.slack_bot_token}",
            "Content-Type": "application/json",
        }
        paths = [f"/api/{name}" for name in METHODS if name not in KEPT]
        paths += [f"/page/{name}" for name in ACTIONS]
        for _ in range(CALLS):
            path, body = chance.choice(paths), json.dumps(junk(chance, ts))
            async with w.http.post(w.box.base_url + path, data=body, headers=headers) as response:
                assert response.status == 200, (path, body[:500])
        assert (await w.client.auth_test())["ok"]


@pytest.mark.parametrize("body", ["", "[]", "{", "nul", '"x"', "[" * 100_000])
async def test_what_is_not_a_json_object_is_refused(body: str):
    async with world() as w:
        headers = {"Content-Type": "application/json"}
        url = f"{w.box.base_url}/api/chat.postMessage"
        async with w.http.post(url, data=body, headers=headers) as response:
            assert (await response.json())["error"] in ("invalid_json", "json_not_object")
