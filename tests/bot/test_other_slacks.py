"""A Slack without streams, and one without the newer blocks: people still get every word."""

from datetime import timedelta
from typing import Any

import pytest

from bot.assistant.growing import Growing
from bot.assistant.stream import AnswerStream, Place
from bot.slack import SlackApi
from bot.views.blocks import MAX_BLOCKS, Block, markdown, plainly, plan, section, table, task_card
from local.sandbox.slack import blocks as slack_blocks
from pipeline.clock import ManualClock
from tests.local.slack_world import World

SAM, DM, TEAM = "U0SAMRIVERS", "D0SAMRIVERS", "T0RAINDEMO1"


class WithoutStreams:
    """A client whose Slack knows no streaming method; all else goes through."""

    def __init__(self, client: SlackApi) -> None:
        self._client = client
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def chat_startStream(self, **arguments: Any) -> Any:
        self.asked += 1
        return await self._client.api_call("chat.startStreamThatIsNotThere", json={})


@pytest.fixture
async def root(slack: World) -> str:
    return (await slack.act("message", user=SAM, channel=DM, text="question"))["ts"]


async def shown(slack: World, root: str) -> list[dict[str, Any]]:
    read = await slack.read("messages", user=SAM, channel=DM, thread_ts=root)
    return [one for one in read["messages"] if one["ts"] != root]


async def test_without_streams_one_message_grows(
    slack: World, client: SlackApi, clock: ManualClock, root: str
) -> None:
    poor = WithoutStreams(client)
    posted: list[str] = []

    async def note(ts: str) -> None:
        posted.append(ts)

    growing = Growing(poor, clock)  # type: ignore[arg-type]
    stream = AnswerStream(poor, Place(DM, root, TEAM, SAM), clock, note, growing)  # type: ignore[arg-type]
    await stream.text("Hello")
    assert (await shown(slack, root))[0]["text"] == "Hello"
    clock.jump(timedelta(seconds=2))
    await stream.task("t1", "Looking", "complete")
    await stream.text(" world")
    await stream.finish()
    (message,) = await shown(slack, root)
    assert "✓ Looking" in message["text"]
    assert "Hello world" in message["text"]
    assert posted == [message["ts"]]


async def test_that_streams_are_missing_is_found_out_once(
    slack: World, client: SlackApi, clock: ManualClock, root: str
) -> None:
    poor = WithoutStreams(client)
    growing = Growing(poor, clock)  # type: ignore[arg-type]
    for words in ("one", "two"):
        chunks = [{"type": "markdown_text", "text": words}]
        reply = await growing.start(channel=DM, thread_ts=root, team_id=TEAM, user_id=SAM, chunks=chunks)
        await growing.stop(channel=DM, ts=str(reply["ts"]))
    assert poor.asked == 1
    assert [one["text"] for one in await shown(slack, root)] == ["one", "two"]


NEWER: list[Block] = [
    plan(
        "Researching <Dana>",
        [task_card("a", "Looking & finding", "complete"), task_card("b", "Next", "pending")],
    ),
    task_card("c", "Alone", "error"),
    markdown("**bold** <!channel> text"),
    table(["Name", "Count"], [["Dana", "1"], ["Kim", "2"]]),
    section("as before"),
]


def test_older_blocks_say_the_same_and_are_valid() -> None:
    older = plainly(NEWER)
    assert {block["type"] for block in older} == {"section"}
    text = "\n".join(block["text"]["text"] for block in older)
    for words in (
        "Researching &lt;Dana&gt;",
        "✓ Looking &amp; finding",
        "Alone",
        "bold",
        "Dana | 1",
        "as before",
    ):
        assert words in text
    assert "<!channel>" not in text
    assert slack_blocks.message_problems(older) == []


def test_older_blocks_are_never_too_many() -> None:
    assert len(plainly([section("x")] * 80)) == MAX_BLOCKS
