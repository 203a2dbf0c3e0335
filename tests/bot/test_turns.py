"""Turns: one at a time in a thread, resumed by another process, stopped by a person, bounded when they break."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

import bot.tools  # noqa: F401  (registers the tools)
from bot.assistant import turns as turns_module
from bot.assistant.turns import LEASE, MOST_ATTEMPTS, Turns
from bot.slack import SlackApi
from db.models.conversation import ConversationMessage, ConversationThread, Turn
from db.models.lead import Lead
from db.models.workspace import SlackOutbox
from db.queries import conversation
from db.session import Database
from db.types import WorkspaceId
from local.sandbox.faults import Fault
from pipeline.clients.llm.base import ToolOutcome, ToolRequest, UserText
from pipeline.clock import ManualClock
from pipeline.deps import Deps
from pipeline.errors import Permanent, Transient
from tests.bot.conftest import Asking, ScriptedLlm, make_turn
from tests.local.slack_world import World

SAM, DM = "U0SAMRIVERS", "D0SAMRIVERS"
ADD = '{"name": "Maria Silva", "email": "maria@acme.example", "company": null, "title": null, "linkedin_url": null, ' \
      '"website_url": null, "phone": null, "location": null}'  # fmt: skip


class House:
    """One process's turns; `other()` is a second process on the same rows."""

    def __init__(
        self,
        deps: Deps,
        client: SlackApi,
        slack: World,
        workspace: WorkspaceId,
        clock: ManualClock,
        llm: ScriptedLlm,
    ) -> None:
        self.deps, self.client, self.slack, self.workspace, self.clock, self.llm = (
            deps,
            client,
            slack,
            workspace,
            clock,
            llm,
        )
        self.turns = Turns(deps, client)

    def other(self) -> Turns:
        return Turns(self.deps, self.client)

    async def asked(self, words: str = "hello") -> Asking:
        """A turn that waits, with the person's message in Slack."""
        asking = await make_turn(self.deps.db, self.workspace, self.clock, words)
        root = (await self.slack.act("message", user=SAM, channel=DM, text=words))["ts"]
        async with self.deps.db.transaction(self.workspace) as tx:
            thread = await tx.session.get(ConversationThread, asking.conversation_id)
            assert thread is not None
            thread.thread_id = root
            await conversation.release_turn(tx.session, asking.turn_id, asking.token)
        return asking

    async def run(self, asking: Asking, turns: Turns | None = None) -> None:
        """Until the conversation's turns have ended, or broken."""
        ours = turns or self.turns
        ours.kick(self.workspace, asking.conversation_id)
        await asyncio.gather(*ours._conversations.values(), return_exceptions=True)

    async def row(self, asking: Asking) -> Turn:
        async with self.deps.db.transaction(self.workspace) as tx:
            found = await tx.session.scalar(select(Turn).where(Turn.id == asking.turn_id))
        assert found is not None
        return found

    async def shown(self, asking: Asking) -> list[dict[str, Any]]:
        async with self.deps.db.transaction(self.workspace) as tx:
            thread = await tx.session.get(ConversationThread, asking.conversation_id)
        assert thread is not None
        read = await self.slack.read("messages", user=SAM, channel=DM, thread_ts=thread.thread_id)
        return [one for one in read["messages"] if one["ts"] != thread.thread_id]

    async def leads(self) -> int:
        async with self.deps.db.transaction(self.workspace) as tx:
            return await tx.session.scalar(select(func.count()).select_from(Lead)) or 0

    async def transcript(self, asking: Asking) -> list[str]:
        async with self.deps.db.transaction(self.workspace) as tx:
            rows = await tx.session.scalars(
                select(ConversationMessage)
                .where(ConversationMessage.turn_id == asking.turn_id)
                .order_by(ConversationMessage.seq)
            )
            return [row.role for row in rows]


@pytest.fixture
def house(
    deps: Deps, client: SlackApi, slack: World, workspace: WorkspaceId, clock: ManualClock, llm: ScriptedLlm
) -> House:
    return House(deps, client, slack, workspace, clock, llm)


async def test_words_and_tools_are_shown_and_remembered(house: House) -> None:
    house.llm.script = [["On it. ", ToolRequest("c1", "add_lead", ADD)], ["Maria is in."]]
    asking = await house.asked("add Maria")
    await house.run(asking)
    (message,) = await house.shown(asking)
    assert message["text"] == "On it. \n\nMaria is in."
    assert [(task["title"], task["status"]) for task in message["tasks"]] == [
        ("Adding Maria Silva", "complete")
    ]
    assert (await house.row(asking)).state == "done" and await house.leads() == 1
    assert await house.transcript(asking) == ["user", "assistant", "assistant", "tool", "assistant"]


async def test_an_answer_links_only_to_what_tools_returned(house: House) -> None:
    """A lead's page may ask for a link that tells what we know; a person can't press what it would have been."""
    house.llm.script = [
        [ToolRequest("c1", "add_lead", ADD)],
        ["Maria is in: maria@acme.example, acme.example. ", "Her [news](https://evil", ".example/?d=maria)."],
    ]
    asking = await house.asked("add Maria, maria@acme.example")
    await house.run(asking)
    (message,) = await house.shown(asking)
    assert message["text"].endswith(
        "Maria is in: maria@acme.example, acme.example. Her [news] (`evil.example/?d=maria`)."
    )


async def test_a_turn_cut_off_after_its_tool_repeats_nothing(house: House) -> None:
    """The model goes away after the tool has run; another process goes on, and the lead is there once."""
    stuck = asyncio.Event()
    house.llm.script = [[ToolRequest("c1", "add_lead", ADD)], stuck]
    asking = await house.asked()
    house.turns.kick(house.workspace, asking.conversation_id)
    while len(house.llm.seen) < 2:
        await asyncio.sleep(0.01)
    for task in house.turns._conversations.values():
        task.cancel()  # as a process that ends: the lease is let go
    await asyncio.gather(*house.turns._conversations.values(), return_exceptions=True)
    assert (await house.row(asking)).state == "queued"
    house.llm.script = [["Maria is in."]]
    await house.run(asking, house.other())
    assert await house.leads() == 1 and (await house.row(asking)).state == "done"
    assert isinstance(house.llm.seen[-1][-1], ToolOutcome)
    (message,) = await house.shown(asking)
    assert "Maria is in." in message["text"] and "Let me think" not in message["text"]
    assert message["tasks"][0]["status"] == "complete"


async def test_a_call_that_was_stored_and_not_answered_runs_again_once(
    house: House, database: Database
) -> None:
    """The process dies between the tool's commit and the transcript: the stored result is used."""
    asking = await house.asked()
    house.llm.script = [[ToolRequest("c1", "add_lead", ADD)], ["Done."]]
    await house.run(asking)
    async with database.transaction(house.workspace) as tx:  # wind back to just after the tool's commit
        for one in await tx.session.scalars(
            select(ConversationMessage)
            .where(ConversationMessage.turn_id == asking.turn_id)
            .order_by(ConversationMessage.seq.desc())
            .limit(2)
        ):
            await tx.session.delete(one)
        turn = await tx.session.get(Turn, asking.turn_id)
        assert turn is not None
        turn.state, turn.finished_at = "queued", None
    house.llm.script = [["Done again."]]
    await house.run(asking, house.other())
    assert await house.leads() == 1 and (await house.row(asking)).state == "done"
    assert await house.transcript(asking) == ["user", "assistant", "tool", "assistant"]


async def test_two_processes_run_a_turn_once(house: House) -> None:
    asking = await house.asked()
    other = house.other()
    await asyncio.gather(house.run(asking), house.run(asking, other))
    assert len(house.llm.seen) == 1 and len(await house.shown(asking)) == 1


async def test_a_dead_process_is_followed_when_its_lease_has_run_out(house: House) -> None:
    asking = await house.asked()
    claimed = await house.turns._claim(house.workspace, asking.conversation_id)
    assert claimed is not None
    other = house.other()
    await other.resume()
    assert asking.conversation_id not in other._conversations
    house.clock.jump(LEASE + timedelta(seconds=1))
    await other.resume()
    await asyncio.gather(*other._conversations.values())
    assert (await house.row(asking)).state == "done" and len(await house.shown(asking)) == 1


async def test_messages_of_a_thread_are_answered_in_order(house: House, database: Database) -> None:
    asking = await house.asked("first")
    from db.queries import inbox
    from db.queries.inbox import Delivery
    from db.types import InboxKind

    for words in ("second", "third"):
        async with database.across() as tx:
            row = await inbox.put(
                tx.session,
                Delivery(f"{asking.turn_id}{words}", InboxKind.EVENT, None, {}),
                now=house.clock.now(),
            )
        assert row is not None
        async with database.transaction(house.workspace) as tx:
            turn = await conversation.add_turn(
                tx.session, house.workspace, asking.conversation_id, inbox_id=row, user=SAM, message_ts="2",
                now=house.clock.now(),
            )  # fmt: skip
            await conversation.append_message(
                tx.session, house.workspace, asking.conversation_id, turn_id=turn, role="user",
                content={"text": words}, now=house.clock.now(),
            )  # fmt: skip
    house.llm.script = [["one"], ["two"], ["three"]]
    await house.run(asking)
    assert [seen[-1] for seen in house.llm.seen] == [UserText("first"), UserText("second"), UserText("third")]
    assert [one["text"] for one in await house.shown(asking)] == ["one", "two", "three"]


async def test_stop_ends_the_answer_and_says_so(house: House) -> None:
    stuck = asyncio.Event()
    house.llm.script = [stuck]
    asking = await house.asked()
    house.turns.kick(house.workspace, asking.conversation_id)
    while not await house.shown(asking):
        await asyncio.sleep(0.01)
    house.turns.stop(asking.turn_id)
    await asyncio.gather(*house.turns._conversations.values(), return_exceptions=True)
    (message,) = await house.shown(asking)
    assert message["text"].endswith("_Stopped._") and not message.get("streaming")
    assert (await house.row(asking)).state == "stopped"


@pytest.mark.parametrize("address", ["https://evil.example/?d=maria", "linkedin.com/in/maria-d-secret"])
async def test_an_address_that_the_model_stores_itself_is_no_known_one(house: House, address: str) -> None:
    """A page asked for it: stored with a lead by the model, read again, and still nothing to press."""
    stored = json.loads(ADD) | {"website_url": address, "email": "x@evil.example"}
    house.llm.script = [
        [ToolRequest("c1", "add_lead", json.dumps(stored))],
        [ToolRequest("c2", "show_lead", '{"lead": "Maria Silva"}')],
        [f"Their site: [here]({address}) or evil.example."],
    ]
    asking = await house.asked("add Maria")
    await house.run(asking)
    (message,) = await house.shown(asking)
    assert f"]({address})" not in message["text"] and "`evil.example`" in message["text"]
    house.llm.script = [[f"Once more: [here]({address})."]]
    again = await house.asked("and her site?")
    await house.run(again)
    assert f"]({address})" not in (await house.shown(again))[-1]["text"]


async def test_after_stop_no_further_tool_runs_and_the_answer_ends_at_once(house: House) -> None:
    stuck = asyncio.Event()
    other = json.dumps(json.loads(ADD) | {"name": "Joao Souza", "email": "joao@acme.example"})
    house.llm.script = [[ToolRequest("c1", "add_lead", ADD)], stuck, [ToolRequest("c2", "add_lead", other)]]
    asking = await house.asked("add both")
    house.turns.kick(house.workspace, asking.conversation_id)
    while len(house.llm.seen) < 2:
        await asyncio.sleep(0.01)
    house.turns.stop(asking.turn_id)
    async with asyncio.timeout(2):
        await asyncio.gather(*house.turns._conversations.values(), return_exceptions=True)
    stuck.set()
    assert await house.leads() == 1 and len(house.llm.seen) == 2
    (message,) = await house.shown(asking)
    assert message["text"].endswith("_Stopped._") and not message.get("streaming")
    assert (await house.row(asking)).state == "stopped"


async def test_stop_pressed_elsewhere_is_heard_from_the_row(house: House) -> None:
    """The nudge was lost: the heartbeat reads it."""
    house.llm.script = [asyncio.Event()]
    asking = await house.asked()
    before, turns_module.HEARTBEAT = turns_module.HEARTBEAT, 0.05
    try:
        house.turns.kick(house.workspace, asking.conversation_id)
        while not await house.shown(asking):
            await asyncio.sleep(0.01)
        async with house.deps.db.transaction(house.workspace) as tx:
            await conversation.request_stop(tx.session, asking.conversation_id, now=house.clock.now())
        async with asyncio.timeout(5):
            await asyncio.gather(*house.turns._conversations.values(), return_exceptions=True)
    finally:
        turns_module.HEARTBEAT = before
    assert (await house.row(asking)).state == "stopped"


async def test_stop_pressed_elsewhere_is_heard_through_redis(house: House) -> None:
    house.llm.script = [asyncio.Event()]
    asking = await house.asked()
    listening = asyncio.create_task(house.turns.listen_for_stops())
    try:
        house.turns.kick(house.workspace, asking.conversation_id)
        while not await house.shown(asking):
            await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
            while house.turns._conversations:
                await house.deps.redis.publish("rm:stop", "not an id")
                await house.deps.redis.publish("rm:stop", str(asking.turn_id))
                await asyncio.sleep(0.02)
    finally:
        listening.cancel()
    assert (await house.row(asking)).state == "stopped"


@pytest.mark.parametrize(
    ("error", "said"),
    [(Transient("503"), "not answering just now"), (Permanent("The key is wrong."), "key is wrong")],
)
async def test_a_model_that_is_away_is_said(house: House, error: Any, said: str) -> None:
    house.llm.script = [error]
    asking = await house.asked()
    await house.run(asking)
    (message,) = await house.shown(asking)
    assert said in message["text"] and (await house.row(asking)).state == "failed"


async def test_rate_limits_and_lost_streams_lose_no_words(house: House) -> None:
    for kind, match in (("rate_limited", "chat.startStream"), ("stream_lost", "chat.appendStream"),
                        ("rate_limited", "chat.stopStream")):  # fmt: skip
        house.slack.box.faults.arm(Fault("slack", kind, match=match, options={"retry_after": 1}))
    house.llm.script = [["One. ", ToolRequest("c1", "help_me", '{"topic": null}')], ["Two."]]
    asking = await house.asked()
    await house.run(asking)
    (message,) = await house.shown(asking)
    assert message["text"] == "One. \n\nTwo." and (await house.row(asking)).state == "done"


async def test_what_breaks_is_tried_a_few_times_then_said(house: House, database: Database) -> None:
    broken = ScriptedLlm(script=[RuntimeError("a bug")] * 20)  # pyright: ignore[reportArgumentType]
    asking = await house.asked()
    other = Turns(replace(house.deps, llm=Breaking()), house.client)
    for _ in range(MOST_ATTEMPTS + 2):
        await house.run(asking, other)
        house.clock.jump(LEASE + timedelta(seconds=1))
    row = await house.row(asking)
    assert row.state == "failed" and row.attempts == MOST_ATTEMPTS and broken.seen == []
    async with database.transaction(house.workspace) as tx:
        sorry = list(
            await tx.session.scalars(select(SlackOutbox).where(SlackOutbox.key == f"sorry:{asking.turn_id}"))
        )
    assert len(sorry) == 1 and "went wrong" in sorry[0].payload["text"]


class Breaking(ScriptedLlm):
    async def stream(self, **_: Any) -> Any:
        raise RuntimeError("a bug")
        yield


async def test_a_turn_that_kills_its_processes_ends(house: House) -> None:
    """Each process that takes it dies without a word; after a few, nobody tries again."""
    asking = await house.asked()
    for _ in range(MOST_ATTEMPTS):
        assert await house.turns._claim(house.workspace, asking.conversation_id) is not None
        house.clock.jump(LEASE + timedelta(seconds=1))
    await house.run(asking)
    assert (await house.row(asking)).state == "failed" and house.llm.seen == []


async def test_a_process_that_slept_writes_nothing_more(house: House) -> None:
    """Its lease was taken over while it slept: what it still has to say is not written."""
    stuck = asyncio.Event()
    house.llm.script = [stuck, ["I took over."]]
    asking = await house.asked()
    house.turns.kick(house.workspace, asking.conversation_id)
    while not await house.shown(asking):
        await asyncio.sleep(0.01)
    house.clock.jump(LEASE + timedelta(seconds=1))
    await house.run(asking, house.other())
    stuck.set()
    await asyncio.gather(*house.turns._conversations.values(), return_exceptions=True)
    assert (await house.row(asking)).state == "done"
    assert await house.transcript(asking) == ["user", "assistant"]
    assert [one["text"] for one in await house.shown(asking)] == ["I took over."]
