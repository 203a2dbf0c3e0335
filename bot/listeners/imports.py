"""Files of leads: dropped into the DM or chosen in `/leads import`, confirmed in a form, then read by a job."""

from typing import Any

from bot.action_ids import Action, View
from bot.listeners.base import Bot, Router, Scene, id_of, listener
from bot.listeners.files import take_file
from bot.listeners.forms import Form, choice, form
from bot.listeners.leads import value_of
from bot.slack import dig
from bot.views import imports as view
from bot.views.blocks import counted
from bot.views.problem import note
from db.models.finding import LeadImport
from db.queries import imports, inbox
from db.queries.inbox import Delivery
from db.session import Tx
from db.types import ImportId, InboxKind
from db.wake import Wake
from pipeline.errors import FieldErrors, UserError
from pipeline.messages import ImportProgressed
from pipeline.rules.lead_file import LABELS, table_from

GONE = "That file is not here any more. Drop it again, please."


def register(app: Router, bot: Bot) -> None:
    app.action(Action.IMPORT_COLUMNS.value)(listener(bot, on_columns_open))
    app.action(Action.IMPORT_CANCEL.value)(listener(bot, on_cancel))
    app.action(Action.IMPORT_REPORT.value)(listener(bot, on_report))
    app.action(Action.IMPORT_FETCH.value)(listener(bot, on_fetch))
    app.view(View.IMPORT_COLUMNS.value)(form(bot, save_columns))
    app.view(View.IMPORT_FILE.value)(form(bot, save_file))


async def on_columns_open(bot: Bot, scene: Scene) -> None:
    """From the outline that was kept with the file: the form has to open while its trigger lives."""
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        row = await _load(tx, value_of(scene))
        outline = await imports.outline(tx.session, scene.workspace_id, ImportId(row.id))
    if row.state != imports.ASKED or outline is None:
        raise UserError("This file was taken up already.")
    shown = view.columns_form(str(row.id), table_from(outline), row.columns)
    await bot.client.views_open(trigger_id=scene.body["trigger_id"], view=shown)


async def save_columns(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    row = await _load(tx, str(scene.body["view"].get("private_metadata") or ""))
    chosen = {field: choice(given, field) for field in LABELS}
    columns = {field: int(at) for field, at in chosen.items() if at.isdigit()}
    if not columns.keys() & {"name", "first_name", "last_name", "email"}:
        raise FieldErrors({"name": "A lead needs a name or an email address: say which column holds it."})
    twice = {at for at in columns.values() if list(columns.values()).count(at) > 1}
    if twice:
        raise FieldErrors(
            dict.fromkeys((f for f, at in columns.items() if at in twice), "Two fields have this column.")
        )
    context = await bot.tool_context(tx, scene)
    this = ImportId(row.id)
    if not await imports.start(tx.session, scene.workspace_id, this, columns=columns, now=context.now):
        raise UserError("This file was taken up already.")
    await context.record("import.started", "import", row.id, {"file": row.file_name, "rows": row.rows})
    tx.enqueue(Wake.IMPORT_LEADS, import_id=row.id)
    await bot.deps.notifier.tell(tx, ImportProgressed(this))


async def save_file(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    """Slack waits three seconds for the form's answer, and a file may take longer: it is read from a delivery of
    its own, stored with this transaction, which is resumed like any other."""
    files: list[dict[str, Any]] = dig(given, "file", "files") or []
    if not files:
        raise FieldErrors({"file": "Choose a file."})
    channel = str(scene.body["view"].get("private_metadata") or "")
    body = {
        "type": "block_actions",
        "team": {"id": scene.team_id},
        "user": {"id": scene.user_id, "team_id": scene.team_id},
        "channel": {"id": channel if channel.startswith("D") else ""},
        "actions": [{"type": "button", "action_id": Action.IMPORT_FETCH.value, "block_id": "file"}],
        "file": files[0],
    }
    key = f"fetch:{scene.inbox_id}"
    rest = Delivery(dedupe_key=key, kind=InboxKind.ACTION, team_id=scene.team_id, body=body)
    await inbox.put(tx.session, rest, now=bot.deps.clock.now())


async def on_fetch(bot: Bot, scene: Scene) -> None:
    await take_file(bot, scene, scene.body["file"])


async def on_cancel(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        row = await _load(tx, value_of(scene))
        this = ImportId(row.id)
        if not await imports.cancel(tx.session, scene.workspace_id, this, now=bot.deps.clock.now()):
            raise UserError("That import had ended already.")
        await bot.deps.notifier.tell(tx, ImportProgressed(this))
    bot.poster.nudge()


async def on_report(bot: Bot, scene: Scene) -> None:
    """The rows that were not taken, as a file under the import's message."""
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        row = await _load(tx, value_of(scene))
        found = await imports.refusals(tx.session, scene.workspace_id, ImportId(row.id))
    if not found:
        await bot.say(scene, note("The report of this import is not kept any longer."))
        return
    stem = row.file_name.rsplit(".", 1)[0]
    await bot.client.files_upload_v2(
        channel=scene.channel_id,
        thread_ts=scene.thread_ts or scene.message_ts,
        filename=f"{stem}-not-taken.csv",
        title=f"Not taken of {row.file_name}: {counted(len(found), 'row')}",
        content=view.report([(one.row, one.cells, one.reason) for one in found]),
    )


async def _load(tx: Tx, value: str) -> LeadImport:
    row = await imports.get(tx.session, tx.workspace_id, ImportId(id_of(value, GONE)))
    if row is None:
        raise UserError(GONE)
    return row
