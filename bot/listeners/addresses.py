"""Buttons about a guessed address: it is right, or another one is; and writing once it is known."""

from bot.action_ids import Action, View
from bot.listeners.base import Bot, Router, Scene, id_of, listener
from bot.listeners.forms import Form, form, text
from bot.listeners.leads import GONE, value_of
from bot.tools.addresses import Confirmed, confirm, write_to
from bot.views import modals
from bot.views.blocks import Rendered, escape
from bot.views.lead import write_offer
from bot.views.problem import note
from db.models.lead import Lead
from db.queries import lead as leads
from db.queries import lead_card, outbox
from db.session import Tx
from db.types import LeadId
from pipeline.errors import FieldErrors, UserError


def register(app: Router, bot: Bot) -> None:
    app.action(Action.EMAIL_RIGHT.value)(listener(bot, on_right))
    app.action(Action.EMAIL_OTHER.value)(listener(bot, on_other_open))
    app.action(Action.LEAD_WRITE.value)(listener(bot, on_write))
    app.view(View.EMAIL_OTHER.value)(form(bot, save_other))


async def on_right(bot: Bot, scene: Scene) -> None:
    """The button names the address that was looked at: another one may stand there by now."""
    name, _, shown = value_of(scene).partition("|")
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        lead = await _lead(tx, name)
        if not shown or (lead.email or "").lower() != shown.lower():
            raise UserError(f"Another address of {lead.name} has been noted since. Please look again.")
        done = await confirm(await bot.tool_context(tx, scene), lead, None)
        await bot.show(tx, scene, _told(done))


async def on_other_open(bot: Bot, scene: Scene) -> None:
    view = modals.other_address(f"{value_of(scene)}|{scene.channel_id}")
    await bot.client.views_open(trigger_id=scene.body["trigger_id"], view=view)


async def save_other(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    name, _, channel = str(scene.body["view"].get("private_metadata") or "").partition("|")
    address = text(given, "email")
    if not address:
        raise FieldErrors({"email": "Which address is right?"})
    context = await bot.tool_context(tx, scene)
    try:
        done = await confirm(context, await _lead(tx, name), address)
    except FieldErrors:
        raise
    except UserError as error:
        raise FieldErrors({"email": str(error)}) from error
    await outbox.put(
        tx.session,
        scene.workspace_id,
        key=f"answer:{scene.inbox_id}",
        channel=channel or scene.user_id,
        ephemeral_user=None if not channel or channel.startswith("D") else scene.user_id,
        payload=_told(done).payload(),
        now=context.now,
    )


async def on_write(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        lead = await _lead(tx, value_of(scene))
        await write_to(await bot.tool_context(tx, scene), lead)
        said = f"✍️ I'm writing to {escape(lead.name)}; the drafts will come for approval."
        await bot.show(tx, scene, note(said))


def _told(done: Confirmed) -> Rendered:
    if done.may_write:
        return write_offer(lead_card.line(done.lead), done.sentence)
    return note(escape(done.sentence))


async def _lead(tx: Tx, name: str) -> Lead:
    found = await leads.get(tx.session, tx.workspace_id, LeadId(id_of(name, GONE)))
    if found is None:
        raise UserError(GONE)
    return found
