"""Approve all that pass: a summary first; the click on it binds exactly what it summarised."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ValidationError

from bot import drafts_queue as queue
from bot.action_ids import Action
from bot.drafts_queue import Place
from bot.listeners.base import Bot, Router, Scene, listener
from bot.listeners.drafts import require_approver
from bot.listeners.pressed import value_of
from bot.views import drafts_batch as view
from bot.views.blocks import Rendered
from bot.views.problem import note
from db.queries import approval_queue, audit, outbox
from db.queries.outbox import OutboxItem
from db.session import Tx
from db.types import ApprovalId
from pipeline.errors import UserError
from pipeline.jobs import passing

BATCH = "batch"  # in a payload
GONE = "That summary is not here any more. `/leads drafts` shows what waits."
OVER = "That was decided already."
UNDER_WAY = "I'm at it already."


class Batch(BaseModel):
    """What a summary covers, and how far it is. It stands in the summary's own payload."""

    covered: list[tuple[UUID, str]]
    hash: str
    state: Literal["open", "running", "done", "left"] = "open"
    runner: UUID | None = None  # the click that approves them; it goes on after a crash
    since: datetime | None = None

    @property
    def all(self) -> list[tuple[ApprovalId, str]]:
        return [(ApprovalId(one), content_hash) for one, content_hash in self.covered]

    @property
    def is_whole(self) -> bool:
        return passing.batch_hash(self.all) == self.hash


def register(app: Router, bot: Bot) -> None:
    app.action(Action.BATCH_OPEN.value)(listener(bot, on_open))
    app.action(Action.BATCH_APPROVE.value)(listener(bot, on_approve))
    app.action(Action.BATCH_LEAVE.value)(listener(bot, on_leave))


async def on_open(bot: Bot, scene: Scene) -> None:
    """A message at once, and the summary in its place when all were looked at."""
    key = f"{BATCH}:{scene.inbox_id}"
    channel = scene.channel_id if scene.is_dm else scene.user_id
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        await require_approver(tx, scene.user_id)
        place = await queue.place_of(tx, scene.user_id) or Place()
        wanted = place.wanted(scene.user_id)
        await _put(bot, tx, key, channel, view.looking())
    bot.poster.nudge()
    checked = await passing.check_waiting(bot.deps, scene.workspace_id, wanted)
    covered = [(one.approval_id, one.content_hash) for one in checked if one.passes]
    batch = Batch(covered=[*covered], hash=passing.batch_hash(covered))
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        total = await approval_queue.count(tx.session, scene.workspace_id, wanted)
        shown = view.summary(checked, total, batch.hash) if checked else queue.nothing_waits()
        await _put(bot, tx, key, channel, shown, batch)
    bot.poster.nudge()


async def on_approve(bot: Bot, scene: Scene) -> None:
    begun = await _begin(bot, scene)
    if begun is None:
        return
    item, batch = begun
    done = 0
    for stretch in passing.stretches(batch.all):
        await passing.approve_each(bot.deps, scene.workspace_id, stretch, user_id=scene.user_id)
        done += len(stretch)
        async with bot.deps.db.transaction(scene.workspace_id) as tx:
            await _put(bot, tx, item.key, item.channel, view.under_way(done, len(batch.covered)), batch)
        bot.poster.nudge()
    await _end(bot, scene, item, batch)


async def _begin(bot: Bot, scene: Scene) -> tuple[OutboxItem, Batch] | None:
    """The first click wins; the same click that comes again after a crash goes on. None: it is under way, or over."""
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        await require_approver(tx, scene.user_id)
        item, batch = await _summary(tx, scene)
        if batch.state == "running" and batch.runner == scene.inbox_id:
            return item, batch
        if batch.state != "open":
            await bot.show(tx, scene, note(UNDER_WAY if batch.state == "running" else OVER))
            return None
        now = bot.deps.clock.now()
        batch = batch.model_copy(update={"state": "running", "runner": scene.inbox_id, "since": now})
        await _put(bot, tx, item.key, item.channel, view.under_way(0, len(batch.covered)), batch)
        await queue.pause(tx, scene.user_id, now=now)
        await audit.record(
            tx.session,
            tx.workspace_id,
            actor=scene.user_id,
            action="drafts_approved_together",
            entity_type="workspace",
            entity_id=tx.workspace_id,
            payload={"hash": batch.hash, "count": len(batch.covered)},
            now=now,
        )
    bot.poster.nudge()
    return item, batch


async def _end(bot: Bot, scene: Scene, item: OutboxItem, batch: Batch) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        now = bot.deps.clock.now()
        outcome = await passing.outcome(tx, batch.all, user_id=scene.user_id, since=batch.since or now)
        shown = view.result(outcome, scene.user_id)
        over = batch.model_copy(update={"state": "done"})
        await _put(bot, tx, item.key, item.channel, shown, over)
        await queue.resume(tx, scene.user_id, word=f"✅ {shown.text}", now=now)
    bot.poster.nudge()


async def on_leave(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        item, batch = await _summary(tx, scene)
        if batch.state != "open":
            raise UserError(OVER)
        over = batch.model_copy(update={"state": "left"})
        await _put(bot, tx, item.key, item.channel, view.left(len(batch.covered)), over)
    bot.poster.nudge()


async def _summary(tx: Tx, scene: Scene) -> tuple[OutboxItem, Batch]:
    """The surface the button is on, held; what it covers must be what the button was made for."""
    item = await outbox.by_posted(tx.session, channel=scene.channel_id, ts=scene.message_ts or "", lock=True)
    if item is None or not item.key.startswith(f"{BATCH}:"):
        raise UserError(GONE)
    try:
        batch = Batch.model_validate(item.payload[BATCH])
    except (KeyError, ValidationError) as error:
        raise UserError(GONE) from error
    if not batch.is_whole or batch.hash != value_of(scene):
        raise UserError(GONE)
    return item, batch


async def _put(bot: Bot, tx: Tx, key: str, channel: str, shown: Rendered, batch: Batch | None = None) -> None:
    payload: dict[str, Any] = shown.payload()
    if batch is not None:
        payload[BATCH] = batch.model_dump(mode="json")
    await outbox.put(
        tx.session, tx.workspace_id, key=key, channel=channel, payload=payload, now=bot.deps.clock.now()
    )
