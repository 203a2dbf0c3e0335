"""Buttons and forms about drafts, sending and replies. Who may decide is checked here, at the server."""

from collections.abc import Awaitable, Callable

from bot.action_ids import Action, View
from bot.listeners.base import Bot, Router, Scene, id_of, listener
from bot.listeners.commands import drafts
from bot.listeners.forms import Form, form, text
from bot.listeners.leads import lead_id_of, starts, value_of
from bot.tools.campaigns import (
    Nothing,
    Which,
    require_resumer,
    resume_all_sending,
    resume_campaigns,
    resumers,
    stop_all_sending,
)
from bot.tools.tasks import end_task
from bot.views import draft, modals
from bot.views.blocks import Block, Rendered, actions, button, escape, whole_lines
from bot.views.problem import note
from db.cards import ApprovalCard
from db.queries import approval, email_card, inbound_email, workspace
from db.session import Tx
from db.types import ApprovalId, EmailId, Outcome, ReplyId, TaskId
from db.wake import Wake
from pipeline.errors import UserError
from pipeline.jobs import decide
from pipeline.jobs.decide import WhyNot
from pipeline.jobs.ending import resume_sequence
from pipeline.messages import ApprovalWanted, EmailTroubled, ReplyArrived

GONE = "Those drafts are not here any more."
NO_ANSWER = "That answer is not here any more."


def register(app: Router, bot: Bot) -> None:
    app.action(Action.APPROVE.value)(listener(bot, on_approve))
    app.action(Action.REJECT_OPEN.value)(listener(bot, on_reject_open))
    app.action(Action.EDIT_OPEN.value)(listener(bot, on_edit_open))
    app.action(Action.REGENERATE_OPEN.value)(listener(bot, on_regenerate_open))
    app.action(Action.SEND_TEST.value)(listener(bot, on_send_test))
    app.action(Action.SOURCES_OPEN.value)(listener(bot, on_sources))
    app.action(Action.DRAFTS_LIST.value)(listener(bot, on_list))
    app.action(starts(Action.DRAFT_FOLD))(listener(bot, on_fold))
    app.action(Action.MARK_SENT.value)(listener(bot, on_mark))
    app.action(Action.MARK_NOT_SENT.value)(listener(bot, on_mark))
    app.action(starts(Action.OUTCOME))(listener(bot, on_outcome))
    app.action(Action.WHY_NOT_SENT.value)(listener(bot, on_why))
    app.action(Action.SEQUENCE_RESUME.value)(listener(bot, on_resume_sequence))
    app.action(Action.CAMPAIGN_RESUME.value)(listener(bot, on_resume_campaign))
    app.action(Action.STOP_ALL.value)(listener(bot, on_stop_all))
    app.action(Action.RESUME_ALL.value)(listener(bot, on_resume_all))
    app.action(Action.TASK_CANCEL.value)(listener(bot, on_task_cancel))
    app.action(Action.ALERT_MUTE.value)(listener(bot, on_mute))
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
        await bot.deps.notifier.tell(tx, ApprovalWanted(approval_id))
        tx.enqueue(Wake.DISPATCH)
    bot.poster.nudge()


async def _open(bot: Bot, scene: Scene, title: str, fill: Callable[[Tx], Awaitable[Block]]) -> None:
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
        return modals.reject(value_of(scene))

    await _open(bot, scene, "Reject drafts", fill)


async def on_regenerate_open(bot: Bot, scene: Scene) -> None:
    async def fill(tx: Tx) -> Block:
        await require_approver(tx, scene.user_id)
        return modals.regenerate(value_of(scene))

    await _open(bot, scene, "Write again", fill)


async def on_edit_open(bot: Bot, scene: Scene) -> None:
    async def fill(tx: Tx) -> Block:
        await require_approver(tx, scene.user_id)
        email_id = EmailId(id_of(value_of(scene), GONE))
        email = await email_card.load_email_card(tx.session, tx.workspace_id, email_id)
        if email is None:
            raise UserError(GONE)
        return modals.edit_email(email, str(email.id))

    await _open(bot, scene, "Edit", fill)


async def on_sources(bot: Bot, scene: Scene) -> None:
    async def fill(tx: Tx) -> Block:
        approval_id, _ = approval_of(value_of(scene))
        return draft.sources_view(await load(tx, approval_id))

    await _open(bot, scene, "Sources", fill)


async def on_fold(bot: Bot, scene: Scene) -> None:
    """Open another draft of the card, in place."""
    approval_id, step = approval_of(value_of(scene))
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        card = await load(tx, approval_id)
    await bot.replace(scene, draft.approval_card(card, open_step=int(step) if step.isdigit() else 1))


async def on_list(bot: Bot, scene: Scene) -> None:
    await drafts(bot, scene, "")


async def on_send_test(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        await require_approver(tx, scene.user_id)
        email_id = EmailId(id_of(value_of(scene), GONE))
        await decide.send_test(bot.deps, tx, email_id, user_id=scene.user_id, now=bot.deps.clock.now())
        await bot.show(tx, scene, note("✉️ A test of this email is on its way to your own address."))


async def save_reject(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    await require_approver(tx, scene.user_id)
    approval_id, _ = approval_of(metadata_of(scene))
    await decide.reject(
        bot.deps,
        tx,
        approval_id,
        user_id=scene.user_id,
        reason=text(given, "reason") or None,
        now=bot.deps.clock.now(),
    )
    await bot.deps.notifier.tell(tx, ApprovalWanted(approval_id))


async def save_edit(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    """What was saved is linted, and approval is asked for anew; FieldErrors stand at their fields."""
    await require_approver(tx, scene.user_id)
    await decide.edit_email(
        bot.deps,
        tx,
        EmailId(id_of(metadata_of(scene), GONE)),
        subject=text(given, "subject"),
        body=text(given, "body"),
        user_id=scene.user_id,
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


async def on_mark(bot: Bot, scene: Scene) -> None:
    """A person looked into the Sent folder, and says whether the email is there."""
    was_sent = scene.body["actions"][0]["action_id"] == Action.MARK_SENT
    email_id = EmailId(id_of(value_of(scene), GONE))
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        await require_approver(tx, scene.user_id)
        now = bot.deps.clock.now()
        await decide.mark(bot.deps, tx, email_id, was_sent=was_sent, user_id=scene.user_id, now=now)
        await bot.deps.notifier.tell(tx, EmailTroubled(email_id))
    bot.poster.nudge()


async def on_outcome(bot: Bot, scene: Scene) -> None:
    name, _, outcome = value_of(scene).partition("|")
    reply_id = ReplyId(id_of(name, NO_ANSWER))
    if outcome not in list(Outcome):
        raise UserError("I don't know that outcome.")
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        context = await bot.tool_context(tx, scene)
        known = await inbound_email.set_outcome(
            tx.session, tx.workspace_id, reply_id, Outcome(outcome), scene.user_id, now=context.now
        )
        if not known:
            raise UserError(NO_ANSWER)
        await context.record("reply.outcome", "reply", reply_id, {"outcome": outcome})
        await bot.deps.notifier.tell(tx, ReplyArrived(reply_id))
    bot.poster.nudge()


async def on_why(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        why = await decide.why_not_sent(bot.deps, tx, lead_id_of(scene), bot.deps.clock.now())
        said = (
            whole_lines(f"• {escape(sentence)}" for sentence in why.sentences)
            or "Nothing holds it back; it goes out next."
        )
        may = {one.slack_user_id for one in await resumers(await bot.tool_context(tx, scene))}
        shown, buttons = note(said), why_buttons(why) if scene.user_id in may else []
        await bot.show(tx, scene, Rendered(shown.text, [*shown.blocks, *buttons]))


def why_buttons(why: WhyNot) -> list[Block]:
    """What a person may let go on; a sequence that has stopped never does."""
    found: list[Block] = []
    if why.enrollment_id:
        found.append(button("Resume the sequence", Action.SEQUENCE_RESUME, str(why.enrollment_id)))
    if why.campaign_id:
        found.append(button("Resume the campaign", Action.CAMPAIGN_RESUME, str(why.campaign_id)))
    if any(one.gate == "sending_not_stopped" for one in why.held):
        found.append(button("Start sending again", Action.RESUME_ALL))
    return [actions(found)] if found else []


async def on_resume_sequence(bot: Bot, scene: Scene) -> None:
    enrollment_id = id_of(value_of(scene), GONE)
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        await require_resumer(await bot.tool_context(tx, scene))
        now = bot.deps.clock.now()
        name = await resume_sequence(bot.deps, tx, enrollment_id, user_id=scene.user_id, now=now)
        await bot.show(tx, scene, note(f"▶️ The sequence to {escape(name)} goes on."))


async def on_resume_campaign(bot: Bot, scene: Scene) -> None:
    which = Which(campaign=str(id_of(value_of(scene), GONE)), company=None)
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        done = await resume_campaigns(await bot.tool_context(tx, scene), which)
        await bot.show(tx, scene, note(f"▶️ {escape(done.summary)}"))


async def on_stop_all(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        done = await stop_all_sending(await bot.tool_context(tx, scene), Nothing())
        await bot.show(tx, scene, note(f"⏹️ {done.summary}"))


async def on_resume_all(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        done = await resume_all_sending(await bot.tool_context(tx, scene), Nothing())
        await bot.show(tx, scene, note(f"▶️ {done.summary}"))


async def on_task_cancel(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        task_id = TaskId(id_of(value_of(scene), "That task is not here any more."))
        was_active = await end_task(await bot.tool_context(tx, scene), task_id)
        await bot.show(tx, scene, note("Cancelled." if was_active else "It had ended already."))


async def on_mute(bot: Bot, scene: Scene) -> None:
    kind = value_of(scene)[:60]
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        ours = await workspace.get(tx.session, scene.workspace_id)
        muted = sorted({*ours.muted_alerts, kind})
        await workspace.update_settings(
            tx.session, scene.workspace_id, now=bot.deps.clock.now(), muted_alerts=muted
        )
        await (await bot.tool_context(tx, scene)).record("alerts.muted", "workspace", payload={"kind": kind})
        await bot.show(tx, scene, note(f"Muted: {escape(kind.replace('_', ' '))}."))
