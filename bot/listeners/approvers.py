"""Who may decide about drafts: shown to everybody, changed by admins."""

from bot.action_ids import Action, View
from bot.listeners.base import Bot, Router, Scene, listener
from bot.listeners.colleagues import require_colleagues
from bot.listeners.forms import Form, form, users
from bot.tools.approvals import change_approvers, require_admin, why_no_admin
from bot.views import modals
from bot.views.approvers import Approver, approvers_card, approvers_form
from bot.views.blocks import Rendered
from db.queries import audit, outbox, workspace
from db.session import Tx
from pipeline.errors import FieldErrors, UserError

TITLE = "Approvers"


def register(app: Router, bot: Bot) -> None:
    app.action(Action.APPROVERS_OPEN.value)(listener(bot, on_open))
    app.view(View.APPROVERS.value)(form(bot, save))


async def show_approvers(bot: Bot, scene: Scene, rest: str) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        await bot.show(tx, scene, await _card(bot, tx, scene))


async def _card(bot: Bot, tx: Tx, scene: Scene) -> Rendered:
    found = await workspace.approvers(tx.session, tx.workspace_id)
    made = await audit.latest(tx.session, tx.workspace_id, "approver.added", [one.id for one in found])
    lines = [
        Approver(
            one.slack_user_id,
            one.is_admin,
            made[one.id].actor if one.id in made else None,
            made[one.id].at if one.id in made else None,
        )
        for one in found
    ]
    return approvers_card(lines, await why_no_admin(await bot.tool_context(tx, scene)))


async def on_open(bot: Bot, scene: Scene) -> None:
    opened = await bot.client.views_open(trigger_id=scene.body["trigger_id"], view=modals.loading(TITLE))
    try:
        async with bot.deps.db.transaction(scene.workspace_id) as tx:
            await require_admin(await bot.tool_context(tx, scene))
            chosen = await workspace.approvers(tx.session, tx.workspace_id)
            view = approvers_form([one.slack_user_id for one in chosen])
    except UserError as error:
        view = modals.message(TITLE, str(error))
    await bot.client.views_update(view_id=opened["view"]["id"], view=view)


async def save(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    """Only what was changed in this form: a colleague may have changed the rest meanwhile."""
    ctx = await bot.tool_context(tx, scene)
    await require_admin(ctx)
    chosen = set(users(given, "users"))
    if not chosen:
        raise FieldErrors({"users": "Somebody has to be able to approve: choose at least one person."})
    before = {one for one in str(scene.body["view"].get("private_metadata") or "").split(",") if one}
    await require_colleagues(bot, scene, "users", *sorted(chosen - before))
    try:
        await change_approvers(ctx, add=chosen - before, remove=before - chosen)
    except UserError as error:
        raise FieldErrors({"users": str(error)}) from error
    await outbox.put(
        tx.session,
        tx.workspace_id,
        key=f"answer:{scene.inbox_id}",
        channel=scene.user_id,
        payload=(await _card(bot, tx, scene)).payload(),
        now=ctx.now,
    )
