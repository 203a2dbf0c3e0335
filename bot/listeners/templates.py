"""`/leads templates`: the list, its buttons, the form and the preview."""

from typing import Any

from bot.action_ids import Action, View
from bot.listeners.base import Bot, Router, Scene, id_of, listener
from bot.listeners.forms import Form, choice, form, text
from bot.listeners.pressed import starts, value_of
from bot.slack import dig
from bot.tools.templates import GONE, MOST, delete, in_use, save
from bot.views import modals
from bot.views import templates as views
from bot.views.blocks import Block, Rendered
from bot.views.problem import note
from bot.views.templates import Preview, TemplateLine
from db.models.email import EmailTemplate
from db.models.lead import Lead
from db.queries import lead as leads
from db.queries import outbox, template
from db.session import Tx
from db.types import LeadId
from pipeline.errors import UserError
from pipeline.jobs import template_preview
from pipeline.rules.step_templates import built_in

NO_LEAD = "There is no lead yet to show it with. Add one with `/leads add`, then preview again."
NO_STEP = "There is no such step."


def register(app: Router, bot: Bot) -> None:
    app.action(starts(Action.TEMPLATE_NEW))(listener(bot, on_new))
    app.action(Action.TEMPLATE_EDIT.value)(listener(bot, on_edit))
    app.action(Action.TEMPLATE_DELETE.value)(listener(bot, on_delete))
    app.action(starts(Action.TEMPLATE_PREVIEW))(listener(bot, on_preview))
    app.action(Action.TEMPLATE_PREVIEW_LEAD.value)(listener(bot, on_preview_lead))
    app.action(Action.TEMPLATES_PAGE.value)(listener(bot, on_page))
    app.view(View.TEMPLATE.value)(form(bot, save_template))


async def show(bot: Bot, scene: Scene, rest: str) -> None:
    """The command."""
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        await bot.show(tx, scene, await _card(tx))


async def _card(tx: Tx, offset: int = 0) -> Rendered:
    rows = await template.listing(tx.session, tx.workspace_id, limit=MOST)
    using = in_use(rows)
    shown = rows[offset : offset + views.PAGE]
    return views.templates_card([_line(row, row.id in using) for row in shown], len(rows), offset)


def _line(row: EmailTemplate, is_used: bool) -> TemplateLine:
    return TemplateLine(
        str(row.id),
        row.name,
        row.sequence_type or "",
        row.language,
        row.subject_template,
        row.body_template,
        is_used,
    )


async def on_page(bot: Bot, scene: Scene) -> None:
    offset = value_of(scene)
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        card = await _card(tx, int(offset) if offset.isdigit() else 0)
    await bot.replace(scene, card)


async def on_new(bot: Bot, scene: Scene) -> None:
    """An empty form, or one that starts from a step's built-in template. It needs nothing looked up."""
    given: dict[str, str] = {}
    if step_type := value_of(scene):
        if template_preview.step_of(step_type) is None:
            raise UserError(NO_STEP)
        ours = built_in(step_type, "en")
        given = {"step_type": step_type, "subject": ours.subject, "body": ours.source}
    view = views.template_form(**given, metadata=f"{scene.channel_id}||{scene.message_ts or ''}")
    await bot.client.views_open(trigger_id=scene.body["trigger_id"], view=view)


async def on_edit(bot: Bot, scene: Scene) -> None:
    opened = await bot.client.views_open(
        trigger_id=scene.body["trigger_id"], view=modals.loading("Email template")
    )
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        row = await template.get(tx.session, scene.workspace_id, id_of(value_of(scene), GONE))
    if row is None:
        view = modals.message("Email template", GONE)
    else:
        view = views.template_form(
            name=row.name,
            step_type=row.sequence_type or "",
            language=row.language,
            subject=row.subject_template,
            body=row.body_template,
            metadata=f"{scene.channel_id}|{row.id}|{scene.message_ts or ''}",
        )
    await bot.client.views_update(view_id=opened["view"]["id"], view=view)


async def save_template(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    metadata = str(scene.body["view"].get("private_metadata") or "")
    channel, known, listed = (*metadata.split("|"), "", "")[:3]
    done = await save(
        await bot.tool_context(tx, scene),
        id_of(known, GONE) if known else None,
        name=text(given, "name"),
        step=choice(given, "step"),
        language=choice(given, "language"),
        subject=text(given, "subject"),
        body=text(given, "body"),
    )
    channel = channel or scene.user_id
    await outbox.put(
        tx.session,
        scene.workspace_id,
        key=f"answer:{scene.inbox_id}",
        channel=channel,
        ephemeral_user=None if channel.startswith(("D", "U", "W")) else scene.user_id,
        payload=note(done.summary).payload(),
        now=bot.deps.clock.now(),
    )
    await _list_anew(bot, tx, channel, listed)


async def _list_anew(bot: Bot, tx: Tx, channel: str, listed: str) -> None:
    """The list the form was opened from, where it is a message of ours that everybody there sees."""
    surface = await outbox.by_posted(tx.session, channel=channel, ts=listed) if listed else None
    if surface is None or surface.ephemeral_user is not None:
        return
    card, now = await _card(tx), bot.deps.clock.now()
    await outbox.put(
        tx.session, tx.workspace_id, key=surface.key, channel=surface.channel, payload=card.payload(), now=now
    )


async def on_delete(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        await delete(await bot.tool_context(tx, scene), id_of(value_of(scene), GONE))
        card = await _card(tx)
    await bot.replace(scene, card)


async def on_preview(bot: Bot, scene: Scene) -> None:
    """With the lead researched last; another can be chosen in the form."""
    opened = await bot.client.views_open(trigger_id=scene.body["trigger_id"], view=modals.loading("Preview"))
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        view = await _preview(bot, tx, value_of(scene), None)
    await bot.client.views_update(view_id=opened["view"]["id"], view=view)


async def on_preview_lead(bot: Bot, scene: Scene) -> None:
    chosen = str(dig(scene.body["actions"][0], "selected_option", "value") or "")
    view: dict[str, Any] = scene.body["view"]
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        shown = await _preview(bot, tx, str(view.get("private_metadata") or ""), chosen)
    await bot.client.views_update(view_id=str(view["id"]), view=shown)


async def _preview(bot: Bot, tx: Tx, of: str, lead_id: str | None) -> Block:
    """`of`: `own|id` or `built_in|step`."""
    recent = await leads.list_leads(
        tx.session, tx.workspace_id, leads.LeadFilter(), sort="score", limit=views.MOST_LEADS
    )
    lead = await _chosen(tx, recent, lead_id)
    if lead is None:
        return modals.message("Preview", NO_LEAD)
    kind, _, value = of.partition("|")
    now = bot.deps.clock.now()
    if kind == "own":
        row = await template.get(tx.session, tx.workspace_id, id_of(value, GONE))
        if row is None:
            return modals.message("Preview", GONE)
        title, shown = row.name, await template_preview.own(tx, lead, row, now=now)
    else:
        step = template_preview.step_of(value)
        if step is None:
            return modals.message("Preview", NO_STEP)
        title = f"{step.number} · {views.step_name(step.type)}"
        shown = await template_preview.built_in(tx, lead, step, now=now)
    return views.preview_view(
        Preview(
            of=of,
            title=title,
            lead_id=str(lead.id),
            lead_name=lead.name,
            subject=shown.subject,
            body=shown.body,
            words=shown.words,
            problems=shown.problems if kind == "own" else (),
            leads=tuple((str(one.id), _called(one)) for one in recent),
        )
    )


def _called(lead: Lead) -> str:
    return f"{lead.name} ({lead.company})" if lead.company else lead.name


async def _chosen(tx: Tx, recent: list[Lead], lead_id: str | None) -> Lead | None:
    if lead_id:
        return await leads.get(tx.session, tx.workspace_id, LeadId(id_of(lead_id, "That lead is gone.")))
    return recent[0] if recent else None
