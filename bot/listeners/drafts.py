"""Buttons and forms about drafts. Who may decide is checked here, at the server, and again where it is decided."""

from collections.abc import Awaitable, Callable

from bot import drafts_queue
from bot.action_ids import Action, View
from bot.listeners.base import Bot, Router, Scene, id_of, listener
from bot.listeners.forms import Form, choice, form, text
from bot.listeners.pressed import starts, value_of
from bot.views import draft, drafts_forms, modals
from bot.views.blocks import Block, escape, whole_lines
from bot.views.problem import note
from db.cards import ApprovalCard
from db.queries import approval, email_card, outbox, workspace
from db.queries import email as emails
from db.session import Tx
from db.types import ApprovalId, EmailId
from db.wake import Wake
from pipeline.errors import UserError
from pipeline.jobs import decide

GONE = "Those drafts are not here any more."
STOPPED = "All sending is stopped, so no test leaves either. `/leads start` starts it again."


def register(app: Router, bot: Bot) -> None:
    app.action(Action.APPROVE.value)(listener(bot, on_approve))
    app.action(Action.REJECT_OPEN.value)(listener(bot, on_reject_open))
    app.action(Action.EDIT_OPEN.value)(listener(bot, on_edit_open))
    app.action(Action.REGENERATE_OPEN.value)(listener(bot, on_regenerate_open))
    app.action(Action.SEND_TEST.value)(listener(bot, on_send_test))
    app.action(Action.SOURCES_OPEN.value)(listener(bot, on_sources))
    app.action(Action.WRITE_ANEW.value)(listener(bot, on_write_anew))
    app.action(starts(Action.DRAFT_FOLD))(listener(bot, on_fold))
    app.view(View.REJECT.value)(form(bot, save_reject))
    app.view(View.EDIT.value)(form(bot, save_edit))
    app.view(View.REGENERATE.value)(form(bot, save_regenerate))


async def require_approver(tx: Tx, user_id: str) -> None:
    """Raises UserError, naming who may, for anybody who is no approver of this workspace."""
    approvers = await workspace.approvers(tx.session, tx.workspace_id)
    if user_id in [one.slack_user_id for one in approvers]:
        return
    if not approvers:
        raise UserError("Nobody may approve yet. Choose the approvers first: `/leads setup`.")
    names = ", ".join(f"@{one.name or one.slack_user_id}" for one in approvers)
    raise UserError(f"Only approvers can decide about drafts: {names}.")


def approval_of(value: str) -> tuple[ApprovalId, str]:
    """The approval and the rest of a button's value."""
    name, _, rest = value.partition("|")
    return ApprovalId(id_of(name, GONE)), rest


async def load(tx: Tx, approval_id: ApprovalId) -> ApprovalCard:
    card = await approval.load_approval_card(tx.session, tx.workspace_id, approval_id)
    if card is None:
        raise UserError(GONE)
    return card


async def on_approve(bot: Bot, scene: Scene) -> None:
    """Approves exactly what the card showed: the hash in the button must still be the drafts' hash."""
    approval_id, shown_hash = approval_of(value_of(scene))
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        await require_approver(tx, scene.user_id)
        await decide.approve(
            bot.deps,
            tx,
            approval_id,
            user_id=scene.user_id,
            content_hash=shown_hash,
            now=bot.deps.clock.now(),
        )
        tx.enqueue(Wake.DISPATCH)
    bot.poster.nudge()


async def open_form(bot: Bot, scene: Scene, title: str, fill: Callable[[Tx], Awaitable[Block]]) -> None:
    """A form opens at once, while its trigger lives, and is filled a moment later; who may not have it, or comes
    too late, reads the reason in its place."""
    opened = await bot.client.views_open(trigger_id=scene.body["trigger_id"], view=modals.loading(title))
    try:
        async with bot.deps.db.transaction(scene.workspace_id) as tx:
            view = await fill(tx)
    except UserError as error:
        view = modals.message(title, str(error))
    await bot.client.views_update(view_id=opened["view"]["id"], view=view)


async def on_reject_open(bot: Bot, scene: Scene) -> None:
    async def fill(tx: Tx) -> Block:
        await require_approver(tx, scene.user_id)
        return drafts_forms.reject(value_of(scene))

    await open_form(bot, scene, "Reject drafts", fill)


async def on_regenerate_open(bot: Bot, scene: Scene) -> None:
    async def fill(tx: Tx) -> Block:
        await require_approver(tx, scene.user_id)
        return drafts_forms.regenerate(value_of(scene))

    await open_form(bot, scene, "Write again", fill)


async def on_edit_open(bot: Bot, scene: Scene) -> None:
    async def fill(tx: Tx) -> Block:
        await require_approver(tx, scene.user_id)
        email_id = EmailId(id_of(value_of(scene), GONE))
        email = await email_card.load_email_card(tx.session, tx.workspace_id, email_id)
        if email is None:
            raise UserError(GONE)
        return drafts_forms.edit_email(email, str(email.id))

    await open_form(bot, scene, "Edit", fill)


async def on_sources(bot: Bot, scene: Scene) -> None:
    async def fill(tx: Tx) -> Block:
        approval_id, _ = approval_of(value_of(scene))
        return draft.sources_view(await load(tx, approval_id))

    await open_form(bot, scene, "Sources", fill)


async def on_fold(bot: Bot, scene: Scene) -> None:
    """Open another draft of the card, in place."""
    approval_id, step = approval_of(value_of(scene))
    number = int(step) if step.isdigit() and len(step) == 1 else 1
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        card = await load(tx, approval_id)
        place = await drafts_queue.place_of(tx, scene.user_id)
        in_queue = await drafts_queue.is_at(tx, scene.user_id, scene.channel_id, scene.message_ts)
        if in_queue and place is not None and place.shown == approval_id:
            now = bot.deps.clock.now()
            await drafts_queue.show(tx, scene.user_id, place, open_step=number, now=now)
    if in_queue:
        bot.poster.nudge()
    else:
        await bot.replace(scene, draft.approval_card(card, open_step=number))


async def on_write_anew(bot: Bot, scene: Scene) -> None:
    """Of drafts that expired before anybody decided."""
    approval_id, _ = approval_of(value_of(scene))
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        await require_approver(tx, scene.user_id)
        now = bot.deps.clock.now()
        name = await decide.write_anew(bot.deps, tx, approval_id, user_id=scene.user_id, now=now)
        said = f"✍️ I'm writing to {escape(name)} anew; the drafts will come for approval."
        await bot.show(tx, scene, note(said))


async def on_send_test(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        await require_approver(tx, scene.user_id)
        email_id = EmailId(id_of(value_of(scene), GONE))
        if (await workspace.get(tx.session, tx.workspace_id)).sending_stopped_at is not None:
            raise UserError(STOPPED)
        made = await decide.send_test(bot.deps, tx, email_id, user_id=scene.user_id, now=bot.deps.clock.now())
        test = await emails.get(tx.session, tx.workspace_id, made)
        assert test is not None
        said = f"✉️ A test of “{escape(test.subject)}” is on its way to {escape(test.to_email)}. The lead gets nothing."
        await bot.show(tx, scene, note(said))


async def save_reject(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    await require_approver(tx, scene.user_id)
    approval_id, _ = approval_of(metadata_of(scene))
    await decide.reject(
        bot.deps,
        tx,
        approval_id,
        user_id=scene.user_id,
        reason=drafts_forms.reason_of(choice(given, "quick"), text(given, "reason")),
        now=bot.deps.clock.now(),
    )


async def save_edit(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    """What was saved is linted, and approval is asked for anew; FieldErrors stand at their fields."""
    await require_approver(tx, scene.user_id)
    now, place = bot.deps.clock.now(), await drafts_queue.place_of(tx, scene.user_id)
    email_id = EmailId(id_of(metadata_of(scene), GONE))
    was = await emails.get(tx.session, tx.workspace_id, email_id)
    before = was.approval_id if was is not None else None  # the row changes with the edit
    asked = await decide.edit_email(
        bot.deps,
        tx,
        email_id,
        subject=text(given, "subject") if "subject" in given else None,
        body=text(given, "body"),
        user_id=scene.user_id,
        now=now,
    )
    if place is not None and was is not None and before is not None and before == place.shown:
        fresh = place.model_copy(update={"shown": asked, "anchor": place.here})
        word, step = "✏️ Saved. This is the new version", was.email_sequence or 1
        await drafts_queue.show(tx, scene.user_id, fresh, word=word, open_step=step, now=now)
    await _warn(bot, tx, scene, email_id)


async def _warn(bot: Bot, tx: Tx, scene: Scene, email_id: EmailId) -> None:
    """A person may know more than the research does, so what was found is a warning, here and on the card."""
    saved = await email_card.load_email_card(tx.session, tx.workspace_id, email_id)
    if saved is not None and saved.warnings:
        lines = whole_lines(f"• {escape(one)}" for one in saved.warnings[:8])
        said = f"⚠️ Saved as you wrote it. Please be sure of this, which stands on the card too:\n{lines}"
        await outbox.put(
            tx.session,
            tx.workspace_id,
            key=f"answer:{scene.inbox_id}",
            channel=scene.user_id,
            payload=note(said).payload(),
            now=bot.deps.clock.now(),
        )


async def save_regenerate(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    await require_approver(tx, scene.user_id)
    approval_id, _ = approval_of(metadata_of(scene))
    await decide.regenerate(
        bot.deps,
        tx,
        approval_id,
        instruction=text(given, "instruction"),
        user_id=scene.user_id,
        now=bot.deps.clock.now(),
    )


def metadata_of(scene: Scene) -> str:
    return str(scene.body["view"].get("private_metadata") or "")
