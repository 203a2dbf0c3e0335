"""An answer as it grows in Slack: at once, rolled over in time, whole even when Slack loses it."""

from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.assistant.stream import MAX_BYTES, AnswerStream, Place
from bot.slack import SlackApi
from local.sandbox.faults import Fault
from pipeline.clock import ManualClock
from tests.local.slack_world import World, until

SAM, DM, TEAM = "U0SAMRIVERS", "D0SAMRIVERS", "T0RAINDEMO1"


class Show:
    """A stream into a thread, and what the thread shows."""

    def __init__(self, slack: World, client: SlackApi, clock: ManualClock, root: str) -> None:
        self.slack, self.root, self.posted = slack, root, list[str]()
        self.stream = AnswerStream(client, Place(DM, root, TEAM, SAM), clock, self._note)

    async def _note(self, ts: str) -> None:
        self.posted.append(ts)

    async def messages(self) -> list[dict[str, Any]]:
        read = await self.slack.read("messages", user=SAM, channel=DM, thread_ts=self.root)
        return [one for one in read["messages"] if one["ts"] != self.root]

    async def text(self) -> str:
        return "".join(one["text"] for one in await self.messages())

    def arm(self, kind: str, match: str, times: int = 1) -> None:
        self.slack.box.faults.arm(Fault("slack", kind, times=times, match=match, options={"retry_after": 1}))


@pytest.fixture
async def show(slack: World, client: SlackApi, clock: ManualClock) -> Show:
    root = (await slack.act("message", user=SAM, channel=DM, text="question"))["ts"]
    return Show(slack, client, clock, root)


async def test_the_first_words_leave_at_once(show: Show) -> None:
    await show.stream.text("Hello")
    assert await show.text() == "Hello"
    assert show.posted == [show.stream.ts]


async def test_words_that_come_fast_arrive_together_and_all(show: Show, clock: ManualClock) -> None:
    for n in range(200):
        await show.stream.text(f"{n} ")
    await show.stream.finish()
    assert await show.text() == "".join(f"{n} " for n in range(200))
    (message,) = await show.messages()
    assert not message.get("streaming")


async def test_words_that_wait_arrive_by_themselves(show: Show) -> None:
    await show.stream.text("one ")
    await show.stream.text("two")
    read: list[str] = []

    async def look() -> None:
        read.append(await show.text())

    for _ in range(50):
        await look()
        if read[-1] == "one two":
            break
        await until(lambda: True)
        import asyncio

        await asyncio.sleep(0.02)
    assert read[-1] == "one two"


async def test_task_cards_change_in_place(show: Show) -> None:
    await show.stream.task("t1", "Looking", "in_progress")
    await show.stream.task("t1", "Looking", "complete", "3 found")
    await show.stream.text("Done.")
    await show.stream.finish()
    (message,) = await show.messages()
    assert [(task["title"], task["status"], task["output"]) for task in message["tasks"]] == [
        ("Looking", "complete", "3 found")
    ]


async def test_a_long_outcome_is_not_cut_inside_a_word(show: Show) -> None:
    told = " ".join(["Nothing", "is", "running"] * 40)
    await show.stream.task("t1", "Looking", "complete", told)
    await show.stream.task("t2", "Reading", "complete", "x" * 400)
    await show.stream.finish()
    (message,) = await show.messages()
    cut, word = (task["output"] for task in message["tasks"])
    assert 230 < len(cut) <= 250 and cut.endswith(" …")
    assert told.startswith(cut.removesuffix("…"))  # up to a space
    assert len(word) <= 250 and word.startswith("xxx")


async def test_a_long_answer_rolls_over_and_stays_whole(show: Show) -> None:
    words = "".join(f"Sentence number {n} of a long answer. " for n in range(900))
    for at in range(0, len(words), 700):
        await show.stream.text(words[at : at + 700])
    await show.stream.finish()
    messages = await show.messages()
    assert len(messages) >= 3
    assert all(len(one["text"].encode()) <= MAX_BYTES for one in messages)
    assert await show.text() == words
    assert show.posted == [one["ts"] for one in messages]


async def test_one_huge_delta_of_wide_characters_fits(show: Show) -> None:
    words = "😀" * 9000
    await show.stream.text(words)
    await show.stream.finish()
    assert await show.text() == words


async def test_an_old_stream_is_followed_by_a_new_one(show: Show, clock: ManualClock) -> None:
    await show.stream.text("before ")
    clock.jump(timedelta(minutes=4, seconds=1))
    await show.stream.text("after")
    await show.stream.finish()
    assert [one["text"] for one in await show.messages()] == ["before ", "after"]


async def test_a_lost_stream_is_sent_again_whole(show: Show, clock: ManualClock) -> None:
    await show.stream.task("t1", "Looking", "complete", "found")
    await show.stream.text("Before the loss. ")
    await show.stream.flush()
    show.arm("stream_lost", "chat.appendStream")
    clock.jump(timedelta(seconds=1))
    await show.stream.text("After the loss.")
    await show.stream.finish()
    (message,) = await show.messages()
    assert message["text"] == "Before the loss. After the loss."
    assert message["tasks"][0]["status"] == "complete"


async def test_a_stream_lost_at_its_end_is_still_whole(show: Show) -> None:
    await show.stream.text("All of it.")
    show.arm("stream_lost", "chat.stopStream")
    await show.stream.finish([{"type": "divider"}])
    (message,) = await show.messages()
    assert "All of it." in message["text"] and not message.get("streaming")


async def test_a_message_slack_finds_too_long_is_begun_anew(show: Show, clock: ManualClock) -> None:
    await show.stream.text("Part one. ")
    show.arm("msg_too_long", "chat.appendStream")
    clock.jump(timedelta(seconds=1))
    await show.stream.text("Part two.")
    await show.stream.finish()
    assert await show.text() == "Part one. Part two."


@pytest.mark.parametrize("method", ["chat.startStream", "chat.appendStream", "chat.stopStream"])
async def test_a_rate_limit_loses_no_words(show: Show, clock: ManualClock, method: str) -> None:
    """Slack says 429 once, at any call: the answer is shown whole all the same."""
    if method == "chat.startStream":
        show.arm("rate_limited", method)
    await show.stream.text("One. ")
    if method != "chat.startStream":
        show.arm("rate_limited", method)
    clock.jump(timedelta(seconds=1))
    await show.stream.text("Two.")
    await show.stream.finish()
    assert await show.text() == "One. Two."
    assert not (await show.messages())[-1].get("streaming")


async def test_what_is_not_about_the_stream_is_raised(
    slack: World, client: SlackApi, clock: ManualClock
) -> None:
    async def note(ts: str) -> None: ...

    stream = AnswerStream(client, Place("D0NOSUCH", "1.0", TEAM, SAM), clock, note)
    with pytest.raises(SlackApiError):
        await stream.text("anybody?")


async def test_an_answer_without_words_posts_nothing(show: Show) -> None:
    await show.stream.text("")
    await show.stream.finish()
    assert await show.messages() == [] and show.posted == []
