"""The forms of campaigns: a new one, a draft's change, leads for one that runs. What they leave to do is a delivery."""

import dataclasses
import json
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from bot.action_ids import Action, View
from bot.listeners.base import Bot, Router, Scene, id_of, listener
from bot.listeners.forms import Form, choice, form, text
from bot.listeners.pressed import value_of
from bot.tools import campaigns_new as new
from bot.tools.base import ToolContext
from bot.views import campaigns_form, modals
from bot.views.problem import note
from db.queries import campaign, enrollment, inbox
from db.queries.inbox import Delivery
from db.session import Tx
from db.types import CampaignState, CampaignType, InboxKind
from pipeline.errors import FieldErrors, UserError
from pipeline.jobs import campaigns
from pipeline.jobs.campaigns import GONE, Asked

NO_CAMPAIGN = "That campaign is not here any more."


def register(app: Router, bot: Bot) -> None:
    app.action(Action.CAMPAIGN_NEW.value)(listener(bot, on_new))
    app.action(Action.CAMPAIGN_CHANGE.value)(listener(bot, on_change))
    app.action(Action.CAMPAIGN_PREVIEW.value)(listener(bot, on_preview))
    app.action(Action.CAMPAIGN_ADD.value)(listener(bot, on_add))
    app.action(Action.CAMPAIGN_ADDED.value)(listener(bot, on_added))
    app.view(View.CAMPAIGN.value)(form(bot, save_campaign))
    app.view(View.CAMPAIGN_ADD.value)(form(bot, save_add))


def campaign_of(scene: Scene) -> UUID:
    """The campaign that a button carries."""
    return id_of(value_of(scene).partition("|")[0], NO_CAMPAIGN)


async def opened_at_once(bot: Bot, scene: Scene, title: str) -> str:
    opened = await bot.client.views_open(trigger_id=scene.body["trigger_id"], view=modals.loading(title))
    return str(opened["view"]["id"])


async def on_change(bot: Bot, scene: Scene) -> None:
    campaign_id = campaign_of(scene)
    opened = await opened_at_once(bot, scene, "Change the campaign")
    try:
        async with bot.deps.db.transaction(scene.workspace_id) as tx:
            row = await campaigns.drafted(tx, campaign_id, bot.deps.clock.now())
            plans, kept = campaigns.plans_of(row), str((row.filter or {}).get("filter") or "")
        start = ""
        if plans.starts_at is not None:
            start = f"{plans.starts_at.astimezone(ZoneInfo(plans.timezone)):%Y-%m-%d %H:%M}"
        shown = campaigns_form.campaign_form(
            _metadata(scene, str(campaign_id)), plans=plans, filter_text=kept, start=start
        )
    except UserError as error:
        shown = modals.message("Change the campaign", str(error))
    await bot.client.views_update(view_id=opened, view=shown)


async def open_form(bot: Bot, scene: Scene, rest: str) -> None:
    """`/leads campaign`; the words after it are the filter."""
    shown = campaigns_form.campaign_form(_metadata(scene), filter_text=rest[:500])
    await bot.client.views_open(trigger_id=scene.body["trigger_id"], view=shown)


async def on_new(bot: Bot, scene: Scene) -> None:
    """The form; with a campaign, its approach is taken."""
    value = value_of(scene)
    if not value:
        await open_form(bot, scene, "")
        return
    opened = await opened_at_once(bot, scene, "New campaign")
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        row = await campaign.by_id(tx.session, tx.workspace_id, id_of(value, NO_CAMPAIGN))
    shown = campaigns_form.campaign_form(_metadata(scene), like=row.name if row else "")
    await bot.client.views_update(view_id=opened, view=shown)


def _metadata(scene: Scene, campaign_id: str = "") -> str:
    """Where the preview goes: a draft's card stays where it is."""
    return json.dumps([campaign_id, scene.channel_id, scene.thread_ts])


async def save_campaign(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    """What can be said at once is; the preview may take longer than Slack waits, so it is a delivery of its own."""
    campaign_id, channel, thread_ts = _read(scene)
    context = _at(await bot.tool_context(tx, scene), channel, thread_ts)
    asked = await _asked(context, given, campaign_id)
    if campaign_id:
        await campaigns.change(bot.deps, tx, id_of(campaign_id, GONE), asked, now=context.now)
        made = campaign_id
    else:
        made = str(await new.begin(context, asked))
    await _later(bot, tx, scene, Action.CAMPAIGN_PREVIEW, made, channel, thread_ts)


async def _asked(context: ToolContext, given: Form, campaign_id: str) -> Asked:
    """The form as a wish. Raises FieldErrors at the field that is wrong."""
    kind = CampaignType(choice(given, "type") or CampaignType.IMMEDIATE)
    filter_text, named = text(given, "filter"), _names(text(given, "leads"))
    if filter_text and named:
        raise FieldErrors({"leads": "Choose leads by filter or by name, not both."})
    a_day = text(given, "leads_per_day")
    if a_day and not a_day.isdigit():
        raise FieldErrors({"leads_per_day": "A number, please."})
    asked = Asked(
        name=text(given, "name") or None,
        goal=text(given, "goal"),
        type=kind,
        starts_at=await _field("start", new.start_of, context, text(given, "start") or None, kind),
        leads_per_day=int(a_day) if a_day else None,
        approach=text(given, "approach") or None,
        language=text(given, "language") or None,
        timezone=context.timezone,
        **await _leads(context, filter_text, named, campaign_id),
    )
    words = text(given, "like")
    return await _field("like", new.like, context, asked, words) if words else asked


async def _leads(
    context: ToolContext, filter_text: str, named: list[str], campaign_id: str
) -> dict[str, Any]:
    if named:
        return {"lead_ids": await _field("leads", new.ids_of, context, named)}
    if campaign_id and not filter_text:
        row = await campaigns.drafted(context.tx, id_of(campaign_id, GONE), context.now)
        (wanted,) = campaigns.wanted_of(row.filter or {})
        return {"lead_ids": wanted.lead_ids or (), "filter": (row.filter or {}).get("filter")}
    await _field("filter", campaigns.wanted_of, {"filter": filter_text})
    return {"filter": filter_text}


async def _field(name: str, read: Any, *arguments: Any) -> Any:
    """What `read` gives; its UserError stands at the field."""
    try:
        found = read(*arguments)
        return await found if hasattr(found, "__await__") else found
    except FieldErrors:
        raise
    except UserError as error:
        raise FieldErrors({name: str(error)}) from error


def _names(words: str) -> list[str]:
    return [name.strip() for line in words.splitlines() for name in line.split(",") if name.strip()]


def _read(scene: Scene) -> tuple[str, str, str | None]:
    """Campaign, channel and thread that the form carries."""
    try:
        kept = cast(list[Any], json.loads(str(scene.body["view"].get("private_metadata") or "")))
        return str(kept[0] or ""), str(kept[1] or ""), str(kept[2]) if kept[2] else None
    except (ValueError, LookupError, TypeError):
        return "", scene.user_id, None


def _at(context: ToolContext, channel: str, thread_ts: str | None) -> ToolContext:
    return dataclasses.replace(context, channel_id=channel or context.user_id, thread_ts=thread_ts or "")


async def _later(
    bot: Bot, tx: Tx, scene: Scene, action: Action, value: str, channel: str, thread_ts: str | None
) -> None:
    """What is left to do of a form, as a delivery that is stored with this transaction and resumed like any other."""
    pressed = {"type": "button", "action_id": action.value, "block_id": "form", "value": value}
    body: dict[str, Any] = {
        "type": "block_actions",
        "team": {"id": scene.team_id},
        "user": {"id": scene.user_id, "team_id": scene.team_id},
        "channel": {"id": channel},
        "message": {"thread_ts": thread_ts} if thread_ts else {},
        "actions": [pressed],
    }
    key = f"{action.value}:{scene.inbox_id}"
    rest = Delivery(dedupe_key=key, kind=InboxKind.ACTION, team_id=scene.team_id, body=body)
    await inbox.put(tx.session, rest, now=bot.deps.clock.now())


async def on_preview(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        await new.show_preview(await bot.tool_context(tx, scene), campaign_of(scene))
    bot.poster.nudge()


async def on_add(bot: Bot, scene: Scene) -> None:
    campaign_id = campaign_of(scene)
    opened = await opened_at_once(bot, scene, "Add leads")
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        row = await enrollment.campaign_of(tx.session, tx.workspace_id, campaign_id)
    if row is None or row.state not in (CampaignState.ACTIVE, CampaignState.PAUSED):
        shown = modals.message(
            "Add leads", "This campaign has ended, so nobody can be added. Make a new one like it."
        )
    else:
        shown = campaigns_form.add_form(row.name, _metadata(scene, str(campaign_id)))
    await bot.client.views_update(view_id=opened, view=shown)


async def save_add(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    campaign_id, channel, thread_ts = _read(scene)
    context = await bot.tool_context(tx, scene)
    filter_text, named = text(given, "filter"), _names(text(given, "leads"))
    if not filter_text and not named:
        raise FieldErrors({"leads": "Which leads? Name them, or use the filter."})
    ids = await _field("leads", new.ids_of, context, named)
    if filter_text:
        await _field("filter", campaigns.wanted_of, {"filter": filter_text})
    value = json.dumps([campaign_id, [str(one) for one in ids], filter_text])
    await _later(bot, tx, scene, Action.CAMPAIGN_ADDED, value, channel, thread_ts)


async def on_added(bot: Bot, scene: Scene) -> None:
    campaign_id, ids, filter_text = cast(list[Any], json.loads(value_of(scene)))
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        context = await bot.tool_context(tx, scene)
        done = await new.add(context, id_of(str(campaign_id), NO_CAMPAIGN), ids, filter_text or None)
        await bot.show(tx, scene, note(f"➕ {done.summary}"))
