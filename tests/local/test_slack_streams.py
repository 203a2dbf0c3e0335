"""Streaming through the vendor's AsyncChatStream: growth, tasks, ends and limits."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import ContextActionsBlock
from slack_sdk.models.blocks.basic_components import FeedbackButtonObject
from slack_sdk.models.blocks.block_elements import FeedbackButtonsElement
from slack_sdk.models.messages.chunk import BlocksChunk, MarkdownTextChunk, PlanUpdateChunk, TaskUpdateChunk

from local.sandbox.faults import Fault
from tests.local.slack_world import LEADS, SAM, SAM_DM, World, heard, until, world


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def stream_in_dm(w: World, **more: Any) -> tuple[Any, str]:
    root = (await w.act("message", user=SAM, channel=SAM_DM, text="go"))["ts"]
    return await w.client.chat_stream(channel=SAM_DM, thread_ts=root, buffer_size=1, **more), root


def feedback() -> ContextActionsBlock:
    buttons = [FeedbackButtonObject(text=text, value=text) for text in ("Good", "Bad")]
    element = FeedbackButtonsElement(action_id="rate", positive_button=buttons[0], negative_button=buttons[1])
    return ContextActionsBlock(elements=[element])


async def test_text_grows_on_the_page_and_ends_with_blocks():
    async with world() as w, w.page(SAM) as page:
        stream, root = await stream_in_dm(w)
        await heard(page, "message")
        await stream.append(markdown_text="Found **3** ")
        first = (await heard(page, "message"))["message"]
        assert first["streaming"] and first["text"] == "Found **3** " and first["thread_ts"] == root
        await stream.append(markdown_text="leads")
        assert (await heard(page, "stream"))["message"]["text"] == "Found **3** leads"
        stopped = await stream.stop(blocks=[feedback()], session_status="active")
        final = (await heard(page, "message_changed"))["message"]
        assert not final["streaming"] and final["blocks"][0]["type"] == "context_actions"
        kinds = [block["type"] for block in stopped["message"]["blocks"]]
        assert kinds == ["markdown", "context_actions"]


async def test_tasks_and_text_keep_their_order():
    async with world() as w, w.page(SAM) as page:
        stream, _ = await stream_in_dm(w)
        await heard(page, "message")
        await stream.append(
            chunks=[
                PlanUpdateChunk(title="Research"),
                TaskUpdateChunk(id="1", title="Search", status="in_progress"),
                MarkdownTextChunk(text="so far"),
            ]
        )
        sources = [{"type": "url", "url": "https://a.example", "text": "A"}]
        task = TaskUpdateChunk(id="1", title="Search", status="complete", output="3 hits", sources=sources)
        await stream.append(chunks=[task, BlocksChunk(blocks=[{"type": "divider"}])])
        shown = (await heard(page, "stream"))["message"]
        assert shown["plan"] == "Research" and shown["tasks"][0]["status"] == "complete"
        assert [piece["type"] for piece in shown["chunks"]] == ["task_update", "markdown_text", "blocks"]
        await stream.stop()
        history = await w.client.conversations_replies(channel=SAM_DM, ts=shown["thread_ts"])
        kinds = [block["type"] for block in history["messages"][1]["blocks"]]
        assert kinds == ["task_card", "markdown", "divider"]


async def test_plan_mode_gathers_the_tasks():
    async with world() as w:
        stream, _ = await stream_in_dm(w, task_display_mode="plan")
        await stream.append(chunks=[TaskUpdateChunk(id="1", title="Search", status="complete")])
        stopped = await stream.stop(markdown_text="Done.")
        assert [b["type"] for b in stopped["message"]["blocks"]] == ["plan", "markdown"]


async def test_where_a_stream_may_start():
    async with world() as w:
        start = w.client.api_call
        assert await refused(start("chat.startStream", json={"channel": SAM_DM})) == "invalid_arguments"
        top = await w.client.chat_postMessage(channel=LEADS, text="root")
        in_channel = {"channel": LEADS, "thread_ts": top["ts"]}
        assert await refused(start("chat.startStream", json=in_channel)) == "missing_recipient_user_id"
        in_channel["recipient_user_id"] = SAM
        assert await refused(start("chat.startStream", json=in_channel)) == "missing_recipient_team_id"
        in_channel["recipient_team_id"] = "T0RAINDEMO1"
        assert (await start("chat.startStream", json=in_channel))["ok"]


async def test_text_and_chunks_never_go_together():
    async with world() as w:
        stream, _ = await stream_in_dm(w)
        await stream.append(markdown_text="a")
        both = w.client.chat_appendStream(
            channel=SAM_DM, ts=stream.ts, markdown_text="b", chunks=[MarkdownTextChunk(text="c")]
        )
        assert await refused(both) == "invalid_arguments"
        wrong = w.client.chat_appendStream(channel=SAM_DM, ts=stream.ts, chunks=[{"type": "video"}])
        assert await refused(wrong) == "invalid_chunks"


async def test_a_stream_that_grew_too_large_takes_no_more():
    async with world() as w:
        stream, _ = await stream_in_dm(w)
        await stream.append(markdown_text="x" * 10_000)
        assert await refused(stream.append(markdown_text="y" * 700)) == "msg_too_long"
        await w.client.chat_stopStream(channel=SAM_DM, ts=stream.ts)


async def test_a_stream_dies_after_its_time_and_can_then_be_updated():
    async with world() as w, w.page(SAM) as page:
        stream, _ = await stream_in_dm(w)
        await stream.append(markdown_text="half")
        busy = w.client.chat_update(channel=SAM_DM, ts=stream.ts, text="x")
        assert await refused(busy) == "streaming_state_conflict"
        w.workspace.stream_seconds = 0.0
        assert not (await heard(page, "message_changed"))["message"]["streaming"]
        assert await refused(stream.append(markdown_text="more")) == "message_not_in_streaming_state"
        assert await refused(stream.stop()) == "message_not_in_streaming_state"
        updated = await w.client.chat_update(channel=SAM_DM, ts=stream.ts, text="whole")
        assert updated["message"]["text"] == "whole"


async def test_the_stop_button_ends_the_stream_and_tells_the_app():
    async with world() as w:
        stream, root = await stream_in_dm(w)
        await stream.append(markdown_text="half")
        assert (await w.act("stop", user=SAM, channel=SAM_DM, ts=stream.ts))["ok"]
        event = (await until(lambda: w.app.events("agent_session_stopped")))[0]
        assert event["thread_ts"] == root and event["streaming_message_ts"] == [stream.ts]
        assert await refused(stream.append(markdown_text="x")) == "message_not_in_streaming_state"


async def test_a_lost_stream_can_be_ordered():
    async with world() as w:
        stream, _ = await stream_in_dm(w)
        await stream.append(markdown_text="half")
        w.box.faults.arm(Fault("slack", "stream_lost", match="appendStream"))
        assert await refused(stream.append(markdown_text="x")) == "message_not_in_streaming_state"
