"""Whom never to write to: shown, added to, taken off, imported and exported."""

import asyncio
from typing import Any
from uuid import UUID

from bot.action_ids import Action, View
from bot.listeners.base import Bot, Router, Scene, id_of, listener
from bot.listeners.files import file_content
from bot.listeners.forms import Form, form, text
from bot.listeners.pressed import starts, value_of
from bot.slack import dig
from bot.tools.approvals import require_admin, why_no_admin
from bot.tools.suppress import sentence, stopped
from bot.views import modals
from bot.views import suppress as view
from bot.views.blocks import Block, Rendered, counted, escape
from bot.views.problem import note
from db.cards import SuppressionLine
from db.queries import audit, inbox, outbox, suppression, workspace
from db.queries.inbox import Delivery
from db.session import Tx
from db.types import InboxKind
from pipeline.errors import FieldErrors, UserError
from pipeline.jobs import suppressing
from pipeline.rules import suppression_list as rules
from pipeline.rules.file_text import opened, packed
from pipeline.rules.suppression_list import Entry, ReadList, entry_of, read_list

SHOWN = 10
GONE = "That entry is not on the list any more."
ASKED = "asked for by a colleague"
IN_THE_FORM = "in the form of `/leads suppress`"


def register(app: Router, bot: Bot) -> None:
    app.action(Action.SUPPRESS_ADD_OPEN.value)(listener(bot, on_add_open))
    app.action(starts(Action.SUPPRESS_REMOVE_OPEN))(listener(bot, on_remove))
    app.action(Action.SUPPRESS_IMPORT_OPEN.value)(listener(bot, on_import_open))
    app.action(Action.SUPPRESS_EXPORT.value)(listener(bot, on_export))
    app.action(Action.SUPPRESS_FETCH.value)(listener(bot, on_fetch))
    app.view(View.SUPPRESS_ADD.value)(form(bot, save_add))
    app.view(View.SUPPRESS_REMOVE.value)(form(bot, save_remove))
    app.view(View.SUPPRESS_IMPORT.value)(form(bot, save_import))


async def suppress(bot: Bot, scene: Scene, rest: str) -> None:
    """The list; with an address or a domain, that is put on it."""
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        if rest:
            await bot.show(
                tx, scene, await _add(bot, tx, scene, _entry(rest), ASKED, sure=False, where=IN_THE_FORM)
            )
        else:
            await bot.show(tx, scene, await _card(bot, tx, scene))
    bot.poster.nudge()


async def _card(bot: Bot, tx: Tx, scene: Scene) -> Rendered:
    return view.suppression_card(
        await suppression.counts(tx.session, tx.workspace_id),
        await suppression.listing(tx.session, tx.workspace_id, SHOWN),
        may_remove=await why_no_admin(await bot.tool_context(tx, scene)) is None,
    )


def _entry(words: str) -> Entry:
    try:
        return entry_of(words)
    except ValueError as error:
        raise UserError(str(error)) from error


async def _add(
    bot: Bot, tx: Tx, scene: Scene, entry: Entry, reason: str, *, sure: bool, where: str
) -> Rendered:
    """Raises UserError for a free-mail service that nobody confirmed; `where` the box for that is."""
    if entry.is_free_mail and not sure:
        meant = "everybody with an address there would be meant"
        raise UserError(
            f"{entry.value} is a free mail service: {meant}. If you want that, tick the box {where}."
        )
    now = bot.deps.clock.now()
    done = await suppressing.suppress(bot.deps, tx, [entry], reason=reason, by=scene.user_id, now=now)
    return note(f"🚫 {escape(sentence(entry, done))}")


async def on_add_open(bot: Bot, scene: Scene) -> None:
    await bot.client.views_open(trigger_id=scene.body["trigger_id"], view=view.add_form(scene.channel_id))


async def save_add(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    try:
        entry = entry_of(text(given, "what"))
        sure = _ticked(given)
        reason = text(given, "reason") or ASKED
        shown = await _add(bot, tx, scene, entry, reason, sure=sure, where="below")
    except ValueError as error:
        raise FieldErrors({"what": str(error)}) from error
    except UserError as error:
        raise FieldErrors({"what": str(error)}) from error
    await _answer(bot, tx, scene, shown)


def _ticked(given: Form) -> bool:
    chosen: list[Any] = dig(given, "sure", "selected_options") or []
    return any(dig(one, "value") == view.FREE_MAIL for one in chosen)


async def on_remove(bot: Bot, scene: Scene) -> None:
    """With an entry's id: that one, which the button asked about; without: the form."""
    if value_of(scene):
        async with bot.deps.db.transaction(scene.workspace_id) as tx:
            entry_id: UUID = id_of(value_of(scene), GONE)
            row = await suppression.get(tx.session, scene.workspace_id, entry_id)
            await bot.show(tx, scene, await _release(bot, tx, scene, row))
        bot.poster.nudge()
        return
    opened_view = await bot.client.views_open(
        trigger_id=scene.body["trigger_id"], view=modals.loading("Take off the list")
    )
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        refusal = await why_no_admin(await bot.tool_context(tx, scene))
    shown: Block = (
        modals.message("Take off the list", refusal) if refusal else view.remove_form(scene.channel_id)
    )
    await bot.client.views_update(view_id=opened_view["view"]["id"], view=shown)


async def _release(bot: Bot, tx: Tx, scene: Scene, row: SuppressionLine | None) -> Rendered:
    await require_admin(await bot.tool_context(tx, scene))
    if row is None:
        raise UserError(GONE)
    await suppressing.release(bot.deps, tx, row, by=scene.user_id, now=bot.deps.clock.now())
    return note(f"{escape(row.value or 'The entry')} is off the list. What was stopped stays stopped.")


async def save_remove(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    try:
        entry = entry_of(text(given, "what"))
    except ValueError as error:
        raise FieldErrors({"what": str(error)}) from error
    row = await suppressing.on_list(bot.deps, tx, entry)
    if row is None:
        raise FieldErrors({"what": f"{entry.value} is not on the list."})
    await _answer(bot, tx, scene, await _release(bot, tx, scene, row))


# --- import and export ----------------------------------------------------------------------------------


async def on_import_open(bot: Bot, scene: Scene) -> None:
    await bot.client.views_open(trigger_id=scene.body["trigger_id"], view=view.import_form(scene.channel_id))


async def save_import(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    """Slack waits three seconds for the form's answer, and a list may take longer: it is read from a delivery of its
    own, stored with this transaction, which is resumed like any other."""
    files: list[dict[str, Any]] = dig(given, "file", "files") or []
    pasted = text(given, "pasted")
    if not files and not pasted:
        raise FieldErrors({"pasted": "Choose a file, or paste the list here."})
    channel = str(scene.body["view"].get("private_metadata") or "")
    body = {
        "type": "block_actions",
        "team": {"id": scene.team_id},
        "user": {"id": scene.user_id, "team_id": scene.team_id},
        "channel": {"id": channel if channel.startswith("D") else ""},
        "actions": [{"type": "button", "action_id": Action.SUPPRESS_FETCH.value, "block_id": "file"}],
        "file": files[0] if files else None,
        "pasted": pasted,
        "sure": _ticked(given),
    }
    rest = Delivery(
        dedupe_key=f"fetch:{scene.inbox_id}", kind=InboxKind.ACTION, team_id=scene.team_id, body=body
    )
    await inbox.put(tx.session, rest, now=bot.deps.clock.now())


async def on_fetch(bot: Bot, scene: Scene) -> None:
    lines = str(scene.body.get("pasted") or "").splitlines(keepends=True)
    if file := scene.body.get("file"):
        raw = await file_content(bot, file, rules.MOST_BYTES)
        lines += await asyncio.to_thread(_lines_of, raw)
    read = await asyncio.to_thread(read_list, lines)
    wanted = [one for one in read.entries if scene.body.get("sure") or not one.is_free_mail]
    left = [] if scene.body.get("sure") else [one.value or "" for one in read.entries if one.is_free_mail]
    done = await suppressing.suppress_many(
        bot.deps, scene.workspace_id, wanted, reason="imported", by=scene.user_id
    )
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        shown = view.imported(done, read, stopped(done.stopped), left)
        await _answer(bot, tx, scene, shown, channel=scene.channel_id)
    bot.poster.nudge()
    await _report(bot, scene, read)


def _lines_of(raw: bytes) -> list[str]:
    """Raises UserError for what is no text."""
    with opened(packed(raw)) as text_of:
        return text_of.readlines()


async def _report(bot: Bot, scene: Scene, read: ReadList) -> None:
    if read.bad:
        title = f"Not taken: {counted(len(read.bad), 'row')}"
        await _upload(bot, scene, "not-taken.csv", title, rules.report(read.bad))


async def on_export(bot: Bot, scene: Scene) -> None:
    """The whole list as a file, in the direct messages of an admin or an approver."""
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        person = await workspace.member(tx.session, tx.workspace_id, scene.user_id)
        if person is None or not (person.is_approver or person.is_admin):
            await require_admin(await bot.tool_context(tx, scene))
        lines = [row async for row in suppression.everything(tx.session, tx.workspace_id)]
        await audit.record(
            tx.session,
            tx.workspace_id,
            actor=scene.user_id,
            action="suppression.exported",
            entity_type="suppression",
            payload={"rows": len(lines)},
            now=bot.deps.clock.now(),
        )
    title = f"Never written to: {counted(len(lines), 'entry', 'entries')}"
    content = await asyncio.to_thread(rules.written, lines)
    await _upload(bot, scene, "never-write-to.csv", title, content)


async def _upload(bot: Bot, scene: Scene, name: str, title: str, content: str) -> None:
    channel = scene.channel_id
    if not scene.is_dm:
        channel = str((await bot.client.conversations_open(users=[scene.user_id]))["channel"]["id"])
    await bot.client.files_upload_v2(
        channel=channel, thread_ts=None, filename=name, title=title, content=content
    )


async def _answer(bot: Bot, tx: Tx, scene: Scene, shown: Rendered, channel: str = "") -> None:
    """In the person's direct messages: a form has no place of its own."""
    await outbox.put(
        tx.session,
        tx.workspace_id,
        key=f"answer:{scene.inbox_id}",
        channel=channel or scene.user_id,
        payload=shown.payload(),
        now=bot.deps.clock.now(),
    )
