"""The queue of drafts that wait: opened from anywhere, then walked with its own buttons."""

from uuid import UUID

from bot import drafts_queue as queue
from bot.action_ids import Action
from bot.drafts_queue import Place
from bot.listeners.base import Bot, Router, Scene, id_of, listener
from bot.listeners.pressed import starts
from bot.slack import dig
from bot.views.problem import note
from bot.views.queue import ALL, MINE
from db.queries import approval, approval_queue, campaign
from db.session import Tx
from db.types import ApprovalState
from pipeline.errors import UserError

GONE = "Those drafts are not here any more."
IN_DM = "The drafts that wait are in our direct messages."


def register(app: Router, bot: Bot) -> None:
    app.action(starts(Action.DRAFTS_LIST))(listener(bot, on_list))
    app.action(Action.QUEUE_NEXT.value)(listener(bot, on_next))
    app.action(Action.QUEUE_PREVIOUS.value)(listener(bot, on_previous))
    app.action(Action.QUEUE_MINE.value)(listener(bot, on_mine))
    app.action(Action.QUEUE_CAMPAIGN.value)(listener(bot, on_campaign))
    app.action(starts(Action.QUEUE_LOOK))(listener(bot, on_look))


async def on_list(bot: Bot, scene: Scene) -> None:
    """All of them, or those of the campaign whose message it was."""
    chosen = _value(scene)
    place = Place() if chosen in ("", ALL) else Place(campaign=id_of(chosen, GONE))
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        await _open(bot, tx, scene, place)
    bot.poster.nudge()


async def open_queue(bot: Bot, scene: Scene, words: str) -> None:
    """`words`: “mine”, a campaign's name, or nothing."""
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        await _open(bot, tx, scene, await _place_in(tx, words))
    bot.poster.nudge()


async def _open(bot: Bot, tx: Tx, scene: Scene, place: Place) -> None:
    """In the person's direct messages, wherever they ask."""
    now = bot.deps.clock.now()
    if not await queue.open_at(tx, scene.user_id, _channel(scene), place=place, now=now):
        await bot.show(tx, scene, queue.nothing_waits(chosen=place.mine or place.campaign is not None))
    elif not scene.is_dm and scene.channel_id:
        await bot.show(tx, scene, note(IN_DM))


def _channel(scene: Scene) -> str:
    return scene.channel_id if scene.is_dm else scene.user_id


async def _place_in(tx: Tx, words: str) -> Place:
    chosen = words.strip().lower()
    if not chosen or chosen == ALL:
        return Place()
    if chosen in (MINE, "my", "me"):
        return Place(mine=True)
    found = await campaign.by_words(tx.session, tx.workspace_id, words)
    if len(found) != 1:
        names = "; ".join(one.name for one in found[:5]) or "none"
        raise UserError(f"“{words[:80]}” fits {len(found)} campaigns ({names}). `/leads drafts` shows all.")
    return Place(campaign=UUID(str(found[0].id)))


async def on_next(bot: Bot, scene: Scene) -> None:
    await _go(bot, scene, back=False)


async def on_previous(bot: Bot, scene: Scene) -> None:
    await _go(bot, scene, back=True)


async def _go(bot: Bot, scene: Scene, *, back: bool) -> None:
    """A second click on a page that was left already changes nothing."""
    shown = id_of(_value(scene), GONE)
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        place = await queue.place_of(tx, scene.user_id)
        if place is None:
            raise UserError(f"{GONE} `/leads drafts` shows those that wait.")
        if place.shown == shown:
            await queue.go(tx, scene.user_id, place, back=back, now=bot.deps.clock.now())
    bot.poster.nudge()


async def on_mine(bot: Bot, scene: Scene) -> None:
    await _filter(bot, scene, mine=_value(scene) == MINE)


async def on_campaign(bot: Bot, scene: Scene) -> None:
    chosen = _value(scene)
    campaign_id = None if chosen == ALL else id_of(chosen, "That campaign is not here any more.")
    await _filter(bot, scene, campaign=campaign_id)


async def _filter(bot: Bot, scene: Scene, **changes: bool | UUID | None) -> None:
    """What is shown stays, where it is among those that were chosen."""
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        place = (await queue.place_of(tx, scene.user_id) or Place()).model_copy(update=changes)
        wanted = place.wanted(scene.user_id)
        here = place.shown and await approval_queue.standing(tx.session, tx.workspace_id, wanted, place.shown)
        if not here or not here.position:
            first = await approval_queue.first(tx.session, tx.workspace_id, wanted)
            place = place.model_copy(update={"shown": first, "anchor": None})
        await queue.show(tx, scene.user_id, place, channel=_channel(scene), now=bot.deps.clock.now())
    bot.poster.nudge()


async def on_look(bot: Bot, scene: Scene) -> None:
    """At one of those that did not pass."""
    approval_id = id_of(_value(scene), GONE)
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        asked = await approval.get(tx.session, tx.workspace_id, approval_id)
        if asked is None or asked.state != ApprovalState.PENDING:
            raise UserError("Those drafts were decided, or written anew, meanwhile.")
        place = Place(shown=approval_id)
        await queue.open_at(tx, scene.user_id, _channel(scene), place=place, now=bot.deps.clock.now())
    bot.poster.nudge()


def _value(scene: Scene) -> str:
    """Of a button, or of a menu."""
    action = scene.body["actions"][0]
    return str(action.get("value") or dig(action, "selected_option", "value") or "")
