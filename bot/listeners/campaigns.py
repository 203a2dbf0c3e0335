"""Buttons of campaigns, and the list of all: `/leads campaigns`."""

import json
from contextlib import suppress

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.action_ids import Action
from bot.listeners.base import Bot, Router, Scene, id_of, listener
from bot.listeners.campaigns_form import NO_CAMPAIGN, campaign_of, opened_at_once
from bot.listeners.pressed import starts, value_of
from bot.tools.campaigns import Which, require_resumer, switched
from bot.views import campaigns as view
from bot.views import campaigns_rehearsal, modals
from bot.views.blocks import Block, Rendered, counted
from bot.views.problem import note
from db.queries import campaign, outbox
from db.types import CampaignState
from pipeline.errors import UserError
from pipeline.jobs import campaign_switch, campaigns
from pipeline.jobs.campaign_switch import Named

SHOWN = (CampaignState.ACTIVE, CampaignState.PAUSED, CampaignState.COMPLETED, CampaignState.CANCELLED)


def register(app: Router, bot: Bot) -> None:
    app.action(Action.CAMPAIGN_START.value)(listener(bot, on_start))
    app.action(Action.CAMPAIGN_REHEARSE.value)(listener(bot, on_rehearse))
    app.action(Action.CAMPAIGN_CSV.value)(listener(bot, on_csv))
    app.action(Action.CAMPAIGN_DISCARD.value)(listener(bot, on_discard))
    app.action(Action.CAMPAIGN_PAUSE.value)(listener(bot, on_pause))
    app.action(Action.CAMPAIGN_GO_ON.value)(listener(bot, on_go_on))
    app.action(Action.CAMPAIGN_CANCEL.value)(listener(bot, on_cancel))
    app.action(starts(Action.CAMPAIGNS_PAGE))(listener(bot, on_page))
    app.action(Action.CANCEL_DO.value)(listener(bot, on_cancel_do))
    app.action(Action.CANCEL_LEAVE.value)(listener(bot, on_cancel_leave))


# --- the buttons of a preview ---------------------------------------------------------------------------------


async def on_start(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        now = bot.deps.clock.now()
        await campaigns.start(bot.deps, tx, campaign_of(scene), by=scene.user_id, now=now)
    bot.poster.nudge()


async def on_discard(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        now = bot.deps.clock.now()
        name = await campaigns.discard(bot.deps, tx, campaign_of(scene), by=scene.user_id, now=now)
    await bot.replace(scene, view.gone_card(name, scene.user_id))


async def on_rehearse(bot: Bot, scene: Scene) -> None:
    campaign_id = campaign_of(scene)
    opened = await opened_at_once(bot, scene, "Rehearsal")
    shown: Block
    try:
        async with bot.deps.db.transaction(scene.workspace_id) as tx:
            seen, lines = await campaigns.rehearse(bot.deps, tx, campaign_id, now=bot.deps.clock.now())
        place = f"{campaign_id}|{scene.channel_id}|{scene.thread_ts or scene.message_ts or ''}"
        shown = campaigns_rehearsal.rehearsal_view(seen, lines, place)
    except UserError as error:
        shown = modals.message("Rehearsal", str(error))
    await bot.client.views_update(view_id=opened, view=shown)


async def on_csv(bot: Bot, scene: Scene) -> None:
    """Every planned email as a file, under the card it was asked from."""
    name, channel, thread_ts = [*value_of(scene).split("|"), "", ""][:3]
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        now = bot.deps.clock.now()
        seen, lines = await campaigns.rehearse(
            bot.deps, tx, id_of(name, NO_CAMPAIGN), now=now, horizon=campaigns.WHOLE
        )
    if not channel.startswith(("C", "D", "G")):
        channel = str((await bot.client.conversations_open(users=[scene.user_id]))["channel"]["id"])
    await bot.client.files_upload_v2(
        channel=channel,
        thread_ts=thread_ts or None,
        filename="rehearsal.csv",
        title=f"Rehearsal of {seen.plans.name}: {counted(len(lines), 'email')}",
        content=campaigns_rehearsal.rehearsal_csv(lines),
    )


async def on_pause(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        context = await bot.tool_context(tx, scene)
        changed = await campaign_switch.pause(
            bot.deps, tx, Named(campaign=str(campaign_of(scene))), now=context.now
        )
        await context.record("campaign.paused", "campaign", campaign_of(scene))
    await _told(bot, scene, f"⏸️ {switched('Paused', changed)}")


async def on_go_on(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        context = await bot.tool_context(tx, scene)
        await require_resumer(context)
        changed = await campaign_switch.resume(
            bot.deps, tx, Named(campaign=str(campaign_of(scene))), now=context.now
        )
        await context.record("campaign.resumed", "campaign", campaign_of(scene))
    await _told(bot, scene, f"▶️ {switched('Resumed', changed)}")


async def on_cancel(bot: Bot, scene: Scene) -> None:
    """Slack asked whether to, beside the button."""
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        context = await bot.tool_context(tx, scene)
        changed = await campaign_switch.cancel(
            bot.deps, tx, Named(campaign=str(campaign_of(scene))), now=context.now
        )
        await context.record("campaign.cancelled", "campaign", campaign_of(scene))
    await _told(bot, scene, f"⏹️ {switched('Cancelled', changed)}")


async def _told(bot: Bot, scene: Scene, done: str) -> None:
    """In the list the list says it; a campaign's own card follows by itself."""
    bot.poster.nudge()
    if value_of(scene).endswith("|list"):
        await _list(bot, scene, 0, done=done, replace=True)
        return
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        own = await outbox.by_key(tx.session, f"campaign:{campaign_of(scene)}")
    if own is None or own.posted_ts != scene.message_ts:
        await bot.say(scene, note(done))


# --- the list, and cancelling what somebody asked for in words ----------------------------------------------


async def listing(bot: Bot, scene: Scene, rest: str) -> None:
    """`/leads campaigns`."""
    await _list(bot, scene, 0)


async def on_page(bot: Bot, scene: Scene) -> None:
    value = value_of(scene)
    await _list(bot, scene, int(value) if value.isdigit() else 0, replace=True)


async def _list(
    bot: Bot, scene: Scene, offset: int, *, done: str | None = None, replace: bool = False
) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        rows = await campaign.listing(
            tx.session, tx.workspace_id, states=SHOWN, limit=view.PAGE, offset=min(offset, 10_000)
        )
        total = await campaign.count(tx.session, tx.workspace_id, SHOWN)
    shown = view.listing(rows, total, offset=offset, done=done)
    if replace:
        await _replace_at_once(bot, scene, shown)
    else:
        await bot.say(scene, shown)


async def _replace_at_once(bot: Bot, scene: Scene, shown: Rendered) -> None:
    """What was pressed is answered now: in the channel's queue the cards of all the sequences stand before it."""
    if scene.message_ts:
        with suppress(SlackApiError, SlackClientError, aiohttp.ClientError, OSError):
            await bot.client.chat_update(
                channel=scene.channel_id, ts=scene.message_ts, text=shown.fallback, blocks=shown.blocks
            )
    await bot.replace(scene, shown)


async def on_cancel_do(bot: Bot, scene: Scene) -> None:
    which = _which_of(scene)
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        context = await bot.tool_context(tx, scene)
        changed = await campaign_switch.cancel(
            bot.deps, tx, Named(which.campaign, which.company, which.filter), now=context.now
        )
        await context.record("campaign.cancelled", "campaign", payload=which.model_dump())
    await _replace_at_once(
        bot, scene, view.cancel_answered(f"⏹️ {switched('Cancelled', changed)}", scene.user_id)
    )


async def on_cancel_leave(bot: Bot, scene: Scene) -> None:
    await bot.replace(scene, view.cancel_answered("Left as it was. Nothing was cancelled.", scene.user_id))


def _which_of(scene: Scene) -> Which:
    try:
        campaign_words, company, filter_text = json.loads(value_of(scene))
        return Which(campaign=campaign_words, company=company, filter=filter_text)
    except (ValueError, TypeError) as error:
        raise UserError("I don't know any more what was to be cancelled. Ask me again, please.") from error
