"""A person's words as they are accepted: stored with a turn that will answer them."""

from dataclasses import dataclass

from db.queries import conversation
from db.session import Tx
from db.types import ConversationId, InboxId
from pipeline.deps import Deps


@dataclass(frozen=True, slots=True)
class Asked:
    """One message of a person, as it was accepted."""

    user_id: str
    channel_id: str
    thread_ts: str
    message_ts: str
    text: str
    inbox_id: InboxId


async def accept(tx: Tx, asked: Asked, deps: Deps) -> ConversationId:
    """Store the person's words and a turn for them; the same delivery twice makes one turn."""
    now = deps.clock.now()
    thread = await conversation.thread(
        tx.session,
        tx.workspace_id,
        channel=asked.channel_id,
        thread_ts=asked.thread_ts,
        user=asked.user_id,
        now=now,
    )
    turn = await conversation.add_turn(
        tx.session,
        tx.workspace_id,
        thread.id,
        inbox_id=asked.inbox_id,
        user=asked.user_id,
        message_ts=asked.message_ts,
        now=now,
    )
    if not await conversation.turn_items(tx.session, turn):
        await conversation.append_message(
            tx.session,
            tx.workspace_id,
            thread.id,
            turn_id=turn,
            role="user",
            content={"text": asked.text},
            now=now,
        )
    return thread.id
