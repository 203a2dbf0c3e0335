"""The Mailbox form's buttons: disconnecting, connecting again, and connecting one by its SMTP and IMAP servers."""

import re
from dataclasses import replace
from typing import Any

from bot.action_ids import Action, View
from bot.checklist import show_checklist
from bot.listeners.base import Bot, Router, Scene, id_of, listener
from bot.listeners.forms import Form, form, text
from bot.listeners.pressed import value_of
from bot.listeners.setup import mailbox_form, why_not_admin
from bot.slack import dig
from bot.views import mailboxes as views
from bot.views.blocks import escape
from bot.views.problem import note
from db.queries import inbox
from db.queries.inbox import Delivery
from db.session import Tx
from db.types import InboxKind
from pipeline.clients.mail_login import IMAP_TLS, Login, Servers
from pipeline.errors import FieldErrors, UserError
from pipeline.jobs.mailbox_connect import part_with, take_up
from pipeline.jobs.mailbox_servers import connect_servers, may_connect

GONE = "That mailbox is not here any more."
_ADDRESS = re.compile(r"[^@\s,<>]+@[^@\s,<>]+\.[^@\s,<>]+")
_HOST = re.compile(r"[A-Za-z0-9._:-]+")


def register(app: Router, bot: Bot) -> None:
    app.action(Action.MAILBOX_DISCONNECT.value)(listener(bot, on_disconnect))
    app.action(Action.MAILBOX_AGAIN.value)(listener(bot, on_again))
    app.action(Action.MAILBOX_SERVERS.value)(listener(bot, on_servers))
    app.action(Action.MAILBOX_TRY.value)(listener(bot, on_try))
    app.view(View.MAILBOX_SERVERS.value)(form(bot, save_servers))


async def on_disconnect(bot: Bot, scene: Scene) -> None:
    mailbox_id = id_of(value_of(scene), GONE)
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        box = await part_with(bot.deps, tx, mailbox_id, by=scene.user_id)
        await show_checklist(bot.deps, tx, bot.poster, scene.user_id)
        said = f"⏏️ Disconnected: {escape(box.address)}. Nothing is sent from it until somebody connects it again."
        await bot.show(tx, scene, note(said))
    await _fill_anew(bot, scene)


async def on_again(bot: Bot, scene: Scene) -> None:
    mailbox_id = id_of(value_of(scene), GONE)
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        box = await take_up(bot.deps, tx, mailbox_id, by=scene.user_id)
        await show_checklist(bot.deps, tx, bot.poster, scene.user_id)
        await bot.show(tx, scene, views.connected(box.address, str(box.id), is_read=box.can_be_read))
    await _fill_anew(bot, scene)


async def _fill_anew(bot: Bot, scene: Scene) -> None:
    """The form the button stands in."""
    view_id = dig(scene.body, "view", "id")
    if not view_id:
        return
    place = replace(scene, channel_id=str(dig(scene.body, "view", "private_metadata") or ""))
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        view = await mailbox_form(bot, tx, place)
    await bot.client.views_update(view_id=str(view_id), view=view)


async def on_servers(bot: Bot, scene: Scene) -> None:
    """In place of the Mailbox form, which is open."""
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        if refusal := await why_not_admin(tx, scene):
            raise UserError(refusal)
    channel = str(dig(scene.body, "view", "private_metadata") or "")
    await bot.client.views_update(
        view_id=str(dig(scene.body, "view", "id") or ""), view=views.servers(channel)
    )


async def save_servers(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    """Slack waits three seconds for the form's answer, and a mail server may take longer: it is tried from a delivery
    of its own, stored (sealed, as all are) with this transaction and resumed like any other."""
    address, _ = read_servers(given)
    await may_connect(bot.deps, tx, address, by=scene.user_id)
    channel = str(dig(scene.body, "view", "private_metadata") or "")
    body = {
        "type": "block_actions",
        "team": {"id": scene.team_id},
        "user": {"id": scene.user_id, "team_id": scene.team_id},
        "channel": {"id": channel if channel.startswith("D") else ""},
        "actions": [{"type": "button", "action_id": Action.MAILBOX_TRY.value, "block_id": "servers"}],
        "given": given,
    }
    rest = Delivery(
        dedupe_key=f"try:{scene.inbox_id}", kind=InboxKind.ACTION, team_id=scene.team_id, body=body
    )
    await inbox.put(tx.session, rest, now=bot.deps.clock.now())


def read_servers(given: Form) -> tuple[str, Servers]:
    """The address and its servers. Raises FieldErrors."""
    wrong: dict[str, str] = {}
    address, password = text(given, "address"), _password(given, "password")
    if not _ADDRESS.fullmatch(address):
        wrong["address"] = "One address, as sam@example.com."
    for name in ("smtp_host", "imap_host"):
        if not _HOST.fullmatch(text(given, name)) and (name == "smtp_host" or text(given, name)):
            wrong[name] = "Only the server's name, as mail.example.com."
    ports = {name: text(given, name) or str(IMAP_TLS) for name in ("smtp_port", "imap_port")}
    wrong |= {name: "A number up to 65535." for name, port in ports.items() if not _is_port(port)}
    if not password:
        wrong["password"] = "It has to be there."
    if wrong:
        raise FieldErrors(wrong)
    user = text(given, "user") or address
    smtp = Login(text(given, "smtp_host"), int(ports["smtp_port"]), user, password)
    if not text(given, "imap_host"):
        return address, Servers(smtp)
    user, password = text(given, "imap_user") or user, _password(given, "imap_password") or password
    return address, Servers(smtp, Login(text(given, "imap_host"), int(ports["imap_port"]), user, password))


def _password(given: Form, name: str) -> str:
    """As it was typed: blanks belong to it."""
    return str(dig(given, name, "value") or "")


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) <= 65535


async def on_try(bot: Bot, scene: Scene) -> None:
    given: Any = scene.body.get("given") or {}
    address, servers = read_servers(given)
    try:
        made = await connect_servers(bot.deps, scene.workspace_id, address, servers, by=scene.user_id)
    except UserError as error:
        raise UserError(f"{address} is not connected. {error}") from error
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        await show_checklist(bot.deps, tx, bot.poster, scene.user_id)
        shown = views.connected(address, str(made), is_read=servers.imap is not None)
        await bot.show(tx, scene, shown)
