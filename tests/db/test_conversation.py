"""A thread's turns run one at a time and in order; the transcript keeps what was said."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from db.errors import LeaseLost
from db.queries import conversation, due, member_context, tool_call
from db.queries.conversation import ClaimedTurn, Conversation
from db.session import Database
from db.types import Effect, InboxId, TurnId, TurnState, WorkspaceId
from pipeline.clock import ManualClock
from tests.db.conftest import LEASE, lease


class Thread:
    def __init__(self, database: Database, workspace: WorkspaceId, clock: ManualClock) -> None:
        self.database, self.workspace, self.clock = database, workspace, clock
        self.id = conversation.ConversationId(uuid.uuid4())

    async def begin(self, ts: str = "100.1") -> Conversation:
        async with self.database.transaction(self.workspace) as tx:
            begun = await conversation.thread(
                tx.session, self.workspace, channel="D1", thread_ts=ts, user="U1", now=self.clock.now()
            )
        self.id = begun.id
        return begun

    async def say(self, inbox_id: InboxId | None = None) -> TurnId:
        async with self.database.transaction(self.workspace) as tx:
            return await conversation.add_turn(
                tx.session,
                self.workspace,
                self.id,
                inbox_id=inbox_id or InboxId(uuid.uuid4()),
                user="U1",
                message_ts="100.2",
                now=self.clock.now(),
            )

    async def claim(self) -> ClaimedTurn | None:
        async with self.database.transaction(self.workspace) as tx:
            return await conversation.claim_next_turn(
                tx.session, self.id, lease(self.clock.wall()), wall=self.clock.wall(), now=self.clock.now()
            )

    async def finish(self, turn: ClaimedTurn) -> None:
        async with self.database.transaction(self.workspace) as tx:
            await conversation.finish_turn(
                tx.session, turn.id, turn.token, state=TurnState.DONE, now=self.clock.now()
            )


@pytest.fixture
async def thread(database: Database, workspace: WorkspaceId, clock: ManualClock) -> Thread:
    made = Thread(database, workspace, clock)
    await made.begin()
    return made


async def test_a_thread_is_one_conversation(thread: Thread):
    first = thread.id
    again = await thread.begin()
    other = await thread.begin("200.1")
    assert again.id == first != other.id
    async with thread.database.transaction(thread.workspace) as tx:
        await conversation.set_title(tx.session, other.id, "Robots")
        found = await conversation.find(tx.session, thread.workspace, channel="D1", thread_ts="200.1")
        assert found == await conversation.get(tx.session, other.id)
    assert found is not None and found.title == "Robots"


async def test_the_same_delivery_gives_the_same_turn(thread: Thread):
    inbox_id = InboxId(uuid.uuid4())
    assert await thread.say(inbox_id) == await thread.say(inbox_id)


async def test_turns_run_one_at_a_time_in_order(thread: Thread):
    first, second = await thread.say(), await thread.say()
    running = await thread.claim()
    assert running is not None and running.id == first and running.attempts == 1
    assert await thread.claim() is None
    await thread.finish(running)
    following = await thread.claim()
    assert following is not None and following.id == second


async def test_many_that_claim_at_once_get_one_turn(thread: Thread):
    for _ in range(3):
        await thread.say()
    claimed = await asyncio.gather(*(thread.claim() for _ in range(5)))
    assert len([turn for turn in claimed if turn is not None]) == 1


async def test_the_index_allows_one_running_turn(thread: Thread):
    await thread.say()
    await thread.say()
    with pytest.raises(IntegrityError):
        async with thread.database.transaction(thread.workspace) as tx:
            await tx.session.execute(
                text("UPDATE turns SET state = 'running' WHERE conversation_id = :id"), {"id": thread.id}
            )


async def test_a_turn_whose_process_died_is_due_and_resumed_and_the_old_process_fenced(thread: Thread):
    turn_id = await thread.say()
    await thread.say()
    old = await thread.claim()
    assert old is not None
    async with thread.database.transaction(thread.workspace) as tx:
        await conversation.record_stream(tx.session, old.id, old.token, stream_ts="9.1", posted_ts=["9.1"])
    thread.clock.jump(LEASE + timedelta(seconds=1))
    async with thread.database.across() as tx:
        ours = {one.id for one in await due.turns(tx.session, thread.clock.wall(), 10_000)}
    assert turn_id in ours
    resumed = await thread.claim()
    assert resumed is not None and (resumed.id, resumed.attempts) == (turn_id, 2)
    assert (resumed.stream_ts, resumed.posted_ts) == ("9.1", ("9.1",))
    for write in (thread.finish(old), fence(thread, old)):
        with pytest.raises(LeaseLost):
            await write


async def fence(thread: Thread, turn: ClaimedTurn) -> None:
    async with thread.database.transaction(thread.workspace) as tx:
        await conversation.fence_turn(tx.session, turn.id, turn.token)


async def test_only_the_oldest_open_turn_of_a_thread_is_due(thread: Thread):
    first, second = await thread.say(), await thread.say()
    async with thread.database.across() as tx:
        ours = {one.id for one in await due.turns(tx.session, thread.clock.wall(), 10_000)}
    assert first in ours and second not in ours


async def test_a_released_turn_goes_on_elsewhere(thread: Thread):
    await thread.say()
    turn = await thread.claim()
    assert turn is not None
    async with thread.database.transaction(thread.workspace) as tx:
        await conversation.release_turn(tx.session, turn.id, turn.token)
    again = await thread.claim()
    assert again is not None and again.id == turn.id


async def test_stop_reaches_the_running_turn_and_ends_the_queued_ones(thread: Thread):
    await thread.say()
    queued = await thread.say()
    running = await thread.claim()
    assert running is not None
    async with thread.database.transaction(thread.workspace) as tx:
        stopping = await conversation.request_stop(tx.session, thread.id, now=thread.clock.now())
        assert stopping == [running.id]
        assert await conversation.stop_requested(tx.session, queued)
        renewed = conversation.Lease(running.token, thread.clock.wall() + LEASE * 2)
        assert await conversation.renew_turn(tx.session, running.id, renewed) is True
    await thread.finish(running)
    assert await thread.claim() is None


async def test_history_is_the_newest_items_in_order_and_sealed(thread: Thread):
    turn_id = await thread.say()
    async with thread.database.transaction(thread.workspace) as tx:
        for number in range(5):
            await conversation.append_message(
                tx.session,
                thread.workspace,
                thread.id,
                turn_id=turn_id,
                role="user" if number % 2 == 0 else "assistant",
                content={"text": f"secret {number}"},
                now=thread.clock.now(),
            )
    async with thread.database.transaction(thread.workspace) as tx:
        items = await conversation.history(tx.session, thread.id, limit=3)
        everything = await conversation.turn_items(tx.session, turn_id)
        stored = await tx.session.scalars(text("SELECT content FROM conversation_messages"))
        assert not [content for content in stored if "secret" in content]
        assert (await conversation.get(tx.session, thread.id)).message_count == 5
    assert [item.content["text"] for item in items] == ["secret 2", "secret 3", "secret 4"]
    assert [item.role for item in items] == ["user", "assistant", "user"]
    assert len(everything) == 5


async def test_a_tool_call_is_stored_once_with_its_result(thread: Thread):
    turn_id = await thread.say()

    async def store() -> None:
        async with thread.database.transaction(thread.workspace) as tx:
            await tool_call.store(
                tx.session,
                thread.workspace,
                turn_id,
                call_id="call_1",
                name="pause_campaigns",
                effect=Effect.WRITE,
                arguments={"filter": "all"},
                result={"paused": 3},
                failed=False,
                now=thread.clock.now(),
            )

    await store()
    with pytest.raises(LeaseLost):
        await store()
    async with thread.database.transaction(thread.workspace) as tx:
        stored = await tool_call.get(tx.session, turn_id, "call_1")
        assert stored is not None and stored.result == {"paused": 3}
        assert await tool_call.get(tx.session, turn_id, "call_2") is None
        assert await tool_call.of_turn(tx.session, turn_id) == [stored]


async def test_what_is_known_of_a_person_is_merged_key_by_key(thread: Thread):
    async def merge(**changes: object) -> dict[str, object]:
        async with thread.database.transaction(thread.workspace) as tx:
            return await member_context.merge(
                tx.session, thread.workspace, "U1", changes, now=thread.clock.now()
            )

    await merge(goal="ten meetings", depth="quick")
    assert await merge(depth=None, tone="dry") == {"goal": "ten meetings", "tone": "dry"}
    async with thread.database.transaction(thread.workspace) as tx:
        known = await member_context.get(tx.session, thread.workspace, "U1")
        assert known == {"goal": "ten meetings", "tone": "dry"}
        assert await member_context.get(tx.session, thread.workspace, "U2") == {}
