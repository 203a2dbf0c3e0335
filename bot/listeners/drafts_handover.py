"""Handing a lead over: a colleague looks after them, gets the drafts, and hears of every answer."""

from bot import drafts_queue
from bot.action_ids import Action, View
from bot.listeners.base import Bot, Router, Scene, listener
from bot.listeners.colleagues import require_colleagues
from bot.listeners.drafts import approval_of, load, metadata_of, open_form, require_approver
from bot.listeners.forms import Form, form
from bot.listeners.pressed import value_of
from bot.slack import dig
from bot.views import drafts_forms
from bot.views.blocks import Block, Rendered, actions, button, escape, section
from bot.views.problem import note
from db.cards import ApprovalCard
from db.queries import approval, audit, outbox, workspace
from db.queries import lead as leads
from db.session import Tx
from db.types import ApprovalId
from pipeline.errors import FieldErrors, UserError
from pipeline.messages import ApprovalWanted

MAKE_APPROVER = "An admin makes somebody an approver with `/leads approvers`."


def register(app: Router, bot: Bot) -> None:
    app.action(Action.HAND_OVER_OPEN.value)(listener(bot, on_open))
    app.action(Action.HAND_BACK.value)(listener(bot, on_back))
    app.view(View.HAND_OVER.value)(form(bot, save))


async def on_open(bot: Bot, scene: Scene) -> None:
    async def fill(tx: Tx) -> Block:
        approval_id, _ = approval_of(value_of(scene))
        card = await load(tx, approval_id)
        await _may(tx, scene, card)
        return drafts_forms.hand_over(card.lead.name, card.owner_user_id, str(approval_id))

    await open_form(bot, scene, "Hand over", fill)


async def _may(tx: Tx, scene: Scene, card: ApprovalCard) -> None:
    """Whoever looks after the lead, and approvers. Raises UserError."""
    if scene.user_id != card.owner_user_id:
        await require_approver(tx, scene.user_id)


async def save(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    approval_id, _ = approval_of(metadata_of(scene))
    card = await load(tx, approval_id)
    await _may(tx, scene, card)
    chosen = str(dig(given, "user", "selected_user") or "")
    if not chosen:
        raise FieldErrors({"user": "Choose a colleague."})
    if chosen == card.owner_user_id:
        raise FieldErrors({"user": "They look after this lead already."})
    await require_colleagues(bot, scene, "user", chosen)
    await _give(bot, tx, scene, card, chosen)
    back = button("Take it back", Action.HAND_BACK, f"{approval_id}|{chosen}|{card.owner_user_id or ''}")
    said = f"🤝 <@{chosen}> looks after {escape(card.lead.name)} from now on."
    if not await approval.may_decide(tx.session, tx.workspace_id, chosen):
        said += (
            f"\n⚠️ They are no approver, so {await _deciders(tx)} has to approve the drafts. {MAKE_APPROVER}"
        )
    told = note(said)
    await _tell(bot, tx, scene, scene.user_id, Rendered(told.text, [section(said), actions([back])]))


async def on_back(bot: Bot, scene: Scene) -> None:
    approval_id, rest = approval_of(value_of(scene))
    given_to, _, before = rest.partition("|")
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        card = await load(tx, approval_id)
        if scene.user_id != before:
            await _may(tx, scene, card)
        if card.lead.owner_user_id != given_to:
            raise UserError(f"{card.lead.name} was handed on meanwhile.")
        await _give(bot, tx, scene, card, before or scene.user_id)
        await bot.show(tx, scene, note(f"↩️ {escape(card.lead.name)} was taken back."))


async def _give(bot: Bot, tx: Tx, scene: Scene, card: ApprovalCard, to: str) -> None:
    now = bot.deps.clock.now()
    await leads.update(tx.session, tx.workspace_id, card.lead.id, {"owner_user_id": to}, now=now)
    await audit.record(
        tx.session,
        tx.workspace_id,
        actor=scene.user_id,
        action="lead.handed_over",
        entity_type="lead",
        entity_id=card.lead.id,
        payload={"from": card.owner_user_id, "to": to},
        now=now,
    )
    if to != scene.user_id:
        await _copy(bot, tx, scene, card.id, to)
    await bot.deps.notifier.tell(tx, ApprovalWanted(card.id))


async def _copy(bot: Bot, tx: Tx, scene: Scene, approval_id: ApprovalId, to: str) -> None:
    """The card in the new owner's direct messages, which changes as the first one does."""
    fresh = await load(tx, approval_id)
    word = f"🤝 <@{scene.user_id}> handed {escape(fresh.lead.name)} over to you."
    if not await approval.may_decide(tx.session, tx.workspace_id, to):
        word += f" You can't approve the drafts yourself: {await _deciders(tx)} can. {MAKE_APPROVER}"
    await drafts_queue.put_copy(tx, fresh, to, word, now=bot.deps.clock.now())


async def _deciders(tx: Tx) -> str:
    """Who may approve, as they are mentioned; a few of them."""
    may = [f"<@{one.slack_user_id}>" for one in await workspace.approvers(tx.session, tx.workspace_id)]
    return " or ".join(may[:3]) or "somebody who may"


async def _tell(bot: Bot, tx: Tx, scene: Scene, channel: str, shown: Rendered) -> None:
    await outbox.put(
        tx.session,
        tx.workspace_id,
        key=f"answer:{scene.inbox_id}",
        channel=channel,
        payload=shown.payload(),
        now=bot.deps.clock.now(),
    )
