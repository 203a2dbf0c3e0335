"""A person's queue of drafts: one surface in their direct messages, that shows one waiting lead at a time.

What it shows stands in its payload, so every decision, by whomever and wherever, moves it on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, ValidationError

from bot.views.blocks import Rendered, context, escape, mention, words_of
from bot.views.draft import approval_card
from bot.views.problem import note
from bot.views.queue import OPENED_AGAIN, Shown, queue_card
from db.cards import ApprovalCard, Standing
from db.queries import approval, approval_queue, outbox, workspace
from db.queries.approval_queue import Wanted
from db.queries.outbox import OutboxItem
from db.session import Tx
from db.types import ApprovalId, ApprovalState, CampaignId

PLACE, WORD, STEP = "queue", "word", "open_step"  # in a payload
_DONE = {
    ApprovalState.APPROVED: ("✅ Approved: {name}", "✅ {who} approved the {what} meanwhile"),
    ApprovalState.REJECTED: ("🗑️ Rejected: {name}", "🗑️ {who} rejected the {what} meanwhile"),
    ApprovalState.EXPIRED: ("⌛ Expired: {name}", "⌛ The {what} expired meanwhile"),
    ApprovalState.VOID: (
        "✏️ Written anew: {name}. The new version comes when it is ready",
        "✏️ {who} changed the {what} meanwhile",
    ),
}


class Place(BaseModel):
    """Where a person is. `anchor`: what “next” goes on from, where it is not what is shown."""

    shown: UUID | None = None
    anchor: UUID | None = None
    mine: bool = False
    campaign: UUID | None = None
    busy: bool = False  # many are being approved at once; it goes on when they are

    def wanted(self, user_id: str) -> Wanted:
        campaign = CampaignId(self.campaign) if self.campaign else None
        return Wanted(user_id if self.mine else None, campaign)

    @property
    def here(self) -> UUID | None:
        return self.anchor or self.shown


def key_of(user_id: str) -> str:
    return f"queue:{user_id}"


async def open_at(
    tx: Tx, user_id: str, channel: str, *, place: Place | None = None, word: str = "", now: datetime
) -> bool:
    """Post the queue, at `place` or at its beginning; the one that was open says that it was. False: nothing waits."""
    place = place or Place()
    if place.shown is None:
        first = await approval_queue.first(tx.session, tx.workspace_id, place.wanted(user_id))
        if first is None:
            return False
        place = place.model_copy(update={"shown": first, "anchor": None})
    aside = f"{key_of(user_id)}:{uuid4()}"
    folded = note(f"_{OPENED_AGAIN}_").payload()
    await outbox.set_aside(
        tx.session, tx.workspace_id, key=key_of(user_id), as_key=aside, payload=folded, now=now
    )
    await show(tx, user_id, place, channel=channel, word=word, now=now)
    return True


async def place_of(tx: Tx, user_id: str) -> Place | None:
    """Where the person's queue is; None when none is open."""
    item = await outbox.by_key(tx.session, key_of(user_id))
    return _place(item) if item is not None else None


async def is_at(tx: Tx, user_id: str, channel: str, ts: str | None) -> bool:
    """Is this message the person's queue?"""
    surface = await outbox.by_posted(tx.session, channel=channel, ts=ts or "")
    return surface is not None and surface.key == key_of(user_id)


async def show(
    tx: Tx,
    user_id: str,
    place: Place,
    *,
    channel: str | None = None,
    word: str = "",
    open_step: int = 1,
    now: datetime,
) -> None:
    """Make the person's queue show `place`."""
    shown = await _load(tx, user_id, place, word, open_step)
    kept = {PLACE: place.model_dump(mode="json"), WORD: word, STEP: open_step}
    payload: dict[str, Any] = {**queue_card(shown).payload(), **kept}
    await outbox.put(
        tx.session, tx.workspace_id, key=key_of(user_id), channel=channel or user_id, payload=payload, now=now
    )


async def _load(tx: Tx, user_id: str, place: Place, word: str, open_step: int) -> Shown:
    wanted = place.wanted(user_id)
    card, standing = None, Standing(0, 0)
    if place.shown is not None:
        card = await approval.load_approval_card(tx.session, tx.workspace_id, place.shown)
        standing = await approval_queue.standing(tx.session, tx.workspace_id, wanted, place.shown)
    return Shown(
        card=card if card is not None and card.state == ApprovalState.PENDING else None,
        standing=standing,
        mine=place.mine,
        campaign=str(place.campaign) if place.campaign else None,
        campaigns=await approval_queue.campaigns(tx.session, tx.workspace_id),
        word=word,
        open_step=open_step,
        busy=place.busy,
    )


async def go(
    tx: Tx, user_id: str, place: Place, *, back: bool = False, word: str = "", now: datetime
) -> None:
    """To the next one, or the one before; at the end from the beginning, while any waits."""
    wanted, here = place.wanted(user_id), place.here
    found: ApprovalId | None = None
    if here is not None:
        turn = approval_queue.before if back else approval_queue.after
        found = await turn(tx.session, tx.workspace_id, wanted, here)
    if found is None:
        found = await approval_queue.first(tx.session, tx.workspace_id, wanted)
    await show(
        tx,
        user_id,
        place.model_copy(update={"shown": found, "anchor": None, "busy": False}),
        word=word,
        now=now,
    )


async def pause(tx: Tx, user_id: str, *, now: datetime) -> None:
    """Show no drafts while many are approved at once."""
    place = await place_of(tx, user_id)
    if place is not None:
        waiting = place.model_copy(update={"shown": None, "anchor": None, "busy": True})
        await show(tx, user_id, waiting, now=now)


async def resume(tx: Tx, user_id: str, *, word: str, now: datetime) -> None:
    """Go on with what still waits, after `pause`."""
    place = await place_of(tx, user_id)
    if place is not None and place.busy:
        await go(tx, user_id, place, word=word, now=now)


async def told(tx: Tx, card: ApprovalCard, people: Sequence[str], *, now: datetime) -> None:
    """An approval was asked for, changed or decided: copies of its card follow, and every queue that shows it. What
    was decided disappears from them, with a word of who decided; so does what was handed to somebody else where
    only a person's own are shown."""
    queues, copies = [key_of(one) for one in people], [copy_key(card.id, one) for one in people]
    for item in await outbox.by_keys(tx.session, tx.workspace_id, [*queues, *copies]):
        user_id = item.key.rpartition(":")[2]
        if item.key in copies:
            await put_copy(tx, card, user_id, str(item.payload.get(WORD) or ""), now=now)
            continue
        place = _place(item)
        if place is not None and place.shown == card.id:
            await _follow(tx, card, item, place, user_id, now)


async def _follow(
    tx: Tx, card: ApprovalCard, item: OutboxItem, place: Place, user_id: str, now: datetime
) -> None:
    """The queue that shows this card."""
    name = escape(card.lead.name)
    if card.state != ApprovalState.PENDING:
        await go(tx, user_id, place, word=await _word(tx, card, user_id), now=now)
    elif place.mine and card.owner_user_id not in (None, user_id):
        word = f"🤝 {mention(card.owner_user_id or '')} looks after {name} now"
        await go(tx, user_id, place, word=word, now=now)
    else:
        word, step = str(item.payload.get(WORD) or ""), int(item.payload.get(STEP) or 1)
        await show(tx, user_id, place, word=word, open_step=step, now=now)


def copy_key(approval_id: UUID, user_id: str) -> str:
    return f"handed:{approval_id}:{user_id}"


async def put_copy(tx: Tx, card: ApprovalCard, user_id: str, word: str, *, now: datetime) -> None:
    """The card in the direct messages of somebody it was handed to. `word`: mrkdwn, above it."""
    shown = approval_card(card)
    payload: dict[str, Any] = {
        **Rendered(words_of(word) or shown.text, [context(word or " "), *shown.blocks]).payload(),
        WORD: word,
    }
    key = copy_key(card.id, user_id)
    await outbox.put(tx.session, tx.workspace_id, key=key, channel=user_id, payload=payload, now=now)


async def _word(tx: Tx, card: ApprovalCard, reader: str) -> str:
    own, theirs = _DONE[ApprovalState(card.state)]
    name = escape(card.lead.name)
    if card.decided_by == reader:
        return own.format(name=name)
    what = f"{'answer to' if card.kind == 'answer' else 'drafts for'} {name}"
    if card.decided_by is None and card.state == ApprovalState.VOID:
        return f"✏️ The {what} were taken back meanwhile: {escape(card.reason or 'they are out of date')}"
    who = await workspace.name_of(tx.session, tx.workspace_id, card.decided_by or "")
    return theirs.format(who=escape(who), what=what)


def _place(item: OutboxItem) -> Place | None:
    try:
        return Place.model_validate(item.payload[PLACE])
    except (KeyError, TypeError, ValidationError):
        return None


def nothing_waits(*, chosen: bool = False) -> Rendered:
    return note("None of those drafts wait for approval." if chosen else "No drafts wait for approval.")
