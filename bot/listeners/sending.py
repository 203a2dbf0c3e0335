"""Buttons about what leaves and what came back: was it sent, why not, go on, stop everything; outcomes, alerts."""

from bot.action_ids import Action
from bot.listeners.base import Bot, Router, Scene, id_of, listener
from bot.listeners.drafts import GONE, require_approver
from bot.listeners.home_tab import refresh_homes
from bot.listeners.leads import lead_id_of
from bot.listeners.pressed import starts, value_of
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
from bot.views.blocks import Block, Rendered, actions, button, context, escape, whole_lines
from bot.views.problem import note
from db.queries import inbound_email, workspace
from db.types import EmailId, Outcome, ReplyId, TaskId
from pipeline.errors import UserError
from pipeline.jobs import decide
from pipeline.jobs.decide import WhyNot
from pipeline.jobs.ending import resume_sequence
from pipeline.messages import EmailTroubled, ReplyArrived

NO_ANSWER = "That answer is not here any more."


def register(app: Router, bot: Bot) -> None:
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
        zone = await workspace.zone_of(tx.session, tx.workspace_id, scene.user_id)
        now = bot.deps.clock.now()
        why = await decide.why_not_sent(bot.deps, tx, lead_id_of(scene), now, zone=zone)
        said = (
            whole_lines(f"• {escape(sentence)}" for sentence in why.sentences)
            or "Nothing holds it back; it goes out next."
        )
        may = {one.slack_user_id for one in await resumers(await bot.tool_context(tx, scene))}
        shown, buttons = note(said), why_buttons(why) if scene.user_id in may else []
        await bot.show(tx, scene, Rendered(shown.text, [*shown.blocks, *buttons, *which_email(why)]))


def which_email(why: WhyNot) -> list[Block]:
    """The id under which the same can be asked where the product runs."""
    asked = f"Email `{why.email_id}` · where I run: `make why ID={why.email_id}`"
    return [context(asked)] if why.email_id else []


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
    which = Which(campaign=str(id_of(value_of(scene), GONE)), company=None, filter=None)
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        done = await resume_campaigns(await bot.tool_context(tx, scene), which)
        await bot.show(tx, scene, note(f"▶️ {escape(done.summary)}"))


async def on_stop_all(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        done = await stop_all_sending(await bot.tool_context(tx, scene), Nothing())
        await bot.show(tx, scene, note(f"⏹️ {done.summary}"))
    await refresh_homes(bot, scene)


async def on_resume_all(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        done = await resume_all_sending(await bot.tool_context(tx, scene), Nothing())
        await bot.show(tx, scene, note(f"▶️ {done.summary}"))
    await refresh_homes(bot, scene)


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
