"""The first run: each item of the checklist opens a form; all of it can be changed later."""

from dataclasses import dataclass
from datetime import time
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.action_ids import Action, View
from bot.checklist import show_checklist
from bot.listeners.base import Bot, Router, Scene, listener
from bot.listeners.colleagues import require_colleagues
from bot.listeners.forms import Form, choice, form, text, users
from bot.tools.approvals import set_approvers
from bot.views import modals
from bot.views.blocks import Block
from bot.views.mailboxes import Box, Mailboxes, setup_mailbox
from bot.views.problem import note
from db.queries import audit, mailbox, workspace
from db.session import Tx
from db.types import MailboxState
from pipeline.clients import google_oauth
from pipeline.errors import FieldErrors, UserError
from pipeline.jobs.mailbox_connect import BY_A_PERSON, make_link
from pipeline.jobs.mailbox_setup import ensure_from_settings
from pipeline.jobs.tasks import move_built_in
from pipeline.rules.cron_text import zone
from pipeline.rules.qualification import whole_url

ADMINS_ONLY = "Only an admin of this workspace can do that. Ask {names}."


def register(app: Router, bot: Bot) -> None:
    for action in FORMS:
        app.action(action.value)(listener(bot, open_form))
    app.action(Action.SETUP_EXAMPLE.value)(listener(bot, use_example))
    for view, save in SAVES.items():
        app.view(view.value)(form(bot, save))
    app.action("open_link")(listener(bot, on_link))


async def on_link(bot: Bot, scene: Scene) -> None:
    """The browser opened the address; there is nothing to do here."""


async def open_form(bot: Bot, scene: Scene) -> None:
    """The form opens at once, while the trigger lives, and is filled a moment later."""
    action = Action(scene.body["actions"][0]["action_id"])
    title, fill = FORMS[action]
    opened = await bot.client.views_open(trigger_id=scene.body["trigger_id"], view=modals.loading(title))
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        refusal = await why_not_admin(tx, scene)
        view = modals.message(title, refusal) if refusal else await fill(bot, tx, scene)
    await bot.client.views_update(view_id=opened["view"]["id"], view=view)


async def why_not_admin(tx: Tx, scene: Scene) -> str | None:
    """Until there is an admin, everybody may set up; the first to finish becomes it."""
    admins = [one for one in await workspace.members(tx.session, tx.workspace_id) if one.is_admin]
    if not admins or scene.user_id in {one.slack_user_id for one in admins}:
        return None
    return ADMINS_ONLY.format(names=", ".join(f"@{one.name or one.slack_user_id}" for one in admins[:3]))


async def _approvers(bot: Bot, tx: Tx, scene: Scene) -> Block:
    chosen = [one.slack_user_id for one in await workspace.approvers(tx.session, tx.workspace_id)]
    return modals.setup_approvers(chosen or [scene.user_id], scene.channel_id)


async def _company(bot: Bot, tx: Tx, scene: Scene) -> Block:
    ours = await workspace.get(tx.session, tx.workspace_id)
    return modals.setup_company(
        name=ours.company_name or "",
        offer=ours.company_offer or "",
        proof_points=ours.proof_points,
        tone=ours.tone,
        forbidden=ours.forbidden_words,
        metadata=scene.channel_id,
    )


async def _sender(bot: Bot, tx: Tx, scene: Scene) -> Block:
    ours = await workspace.get(tx.session, tx.workspace_id)
    person = await workspace.member(tx.session, tx.workspace_id, scene.user_id)
    return modals.setup_sender(
        name=ours.sender_name or (person.name if person else ""),
        address=ours.postal_address or "",
        signature=ours.signature or "",
        metadata=scene.channel_id,
    )


async def _window(bot: Bot, tx: Tx, scene: Scene) -> Block:
    ours = await workspace.get(tx.session, tx.workspace_id)
    person = await workspace.member(tx.session, tx.workspace_id, scene.user_id)
    timezone = (
        ours.timezone if ours.window_confirmed else (person.timezone if person else None) or ours.timezone
    )
    return modals.setup_window(
        start=ours.window_start,
        end=ours.window_end,
        timezone=timezone,
        a_day=min(ours.max_emails_per_day, bot.deps.settings.max_emails_per_day),
        to_a_company=ours.max_emails_per_domain,
        roles=ours.allow_role_addresses,
        metadata=scene.channel_id,
    )


async def _channels(bot: Bot, tx: Tx, scene: Scene) -> Block:
    ours = await workspace.get(tx.session, tx.workspace_id)
    return modals.setup_channels(
        ours.briefing_channel, ours.drafts_channel, ours.alerts_channel, scene.channel_id
    )


async def _booking(bot: Bot, tx: Tx, scene: Scene) -> Block:
    ours = await workspace.get(tx.session, tx.workspace_id)
    return modals.setup_booking(ours.booking_link or "", scene.channel_id)


async def mailbox_form(bot: Bot, tx: Tx, scene: Scene) -> Block:
    await ensure_from_settings(bot.deps, tx, now=bot.deps.clock.now(), reconnect=True)
    boxes = await mailbox.listing(tx.session, tx.workspace_id)
    active = [box for box in boxes if box.state == MailboxState.ACTIVE]
    rest = [box for box in boxes if box.state == MailboxState.DISCONNECTED]
    missing = google_oauth.missing_settings(bot.deps.settings)
    link, trouble = None, None
    try:
        link = None if missing else await make_link(bot.deps, scene.workspace_id, scene.user_id)
    except UserError as error:
        trouble = str(error)
    shown = Mailboxes(
        connected=[Box(str(box.id), box.address) for box in active],
        unread=[box.address for box in active if not box.can_be_read],
        gone=[box.address for box in rest if box.error != BY_A_PERSON],
        parted=[Box(str(box.id), box.address) for box in rest if box.error == BY_A_PERSON],
    )
    return setup_mailbox(shown, link, scene.channel_id, missing=missing, trouble=trouble)


FORMS = {
    Action.SETUP_APPROVERS: ("Approvers", _approvers),
    Action.SETUP_COMPANY: ("Company and voice", _company),
    Action.SETUP_SENDER: ("Sender", _sender),
    Action.SETUP_MAILBOX: ("Mailbox", mailbox_form),
    Action.SETUP_WINDOW: ("Send window", _window),
    Action.SETUP_CHANNELS: ("Channels", _channels),
    Action.SETUP_BOOKING: ("Booking link", _booking),
}


async def save_approvers(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    chosen = users(given, "users")
    if not chosen:
        raise FieldErrors({"users": "Choose at least one person."})
    await require_colleagues(bot, scene, "users", *chosen)
    await set_approvers(await bot.tool_context(tx, scene), chosen)
    await done(bot, tx, scene, "approvers", {"users": chosen})


async def save_company(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    changes: dict[str, Any] = {
        "company_name": text(given, "company_name"),
        "company_offer": text(given, "company_offer"),
        "proof_points": [
            line.strip(" -•") for line in text(given, "proof_points").splitlines() if line.strip()
        ],
        "tone": text(given, "tone"),
        "forbidden_words": [
            word.strip() for word in text(given, "forbidden_words").split(",") if word.strip()
        ],
    }
    await change(bot, tx, scene, "company", changes)


async def save_sender(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    address = text(given, "postal_address")
    if len(address) < 10:
        raise FieldErrors({"postal_address": "A full postal address, please: street, city, country."})
    changes: dict[str, Any] = {
        "sender_name": text(given, "sender_name"),
        "postal_address": address,
        "signature": text(given, "signature") or None,
    }
    await change(bot, tx, scene, "sender", changes)


async def save_window(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    start, end = _time(given, "start"), _time(given, "end")
    if start >= end:
        raise FieldErrors({"end": "The window must end after it begins."})
    timezone = choice(given, "timezone")
    try:
        zone(timezone)
    except UserError as error:
        raise FieldErrors({"timezone": str(error)}) from error
    changes: dict[str, Any] = {
        "window_start": start,
        "window_end": end,
        "timezone": timezone,
        "window_confirmed": True,
    }
    most = bot.deps.settings.max_emails_per_day
    for field, column in (("a_day", "max_emails_per_day"), ("to_a_company", "max_emails_per_domain")):
        if field in given:
            changes[column] = _limit(given, field, most)
    if "roles" in given:
        changes["allow_role_addresses"] = bool((given["roles"] or {}).get("selected_options"))
    await change(bot, tx, scene, "window", changes)
    await move_built_in(tx, timezone=timezone, now=bot.deps.clock.now())


def _limit(given: Form, name: str, most: int) -> int:
    """From 1 up to what this installation allows. Nothing at all is what “Stop all sending” is for."""
    words = text(given, name)
    if not (words.isascii() and words.isdigit()) or not 1 <= int(words) <= most:
        raise FieldErrors({name: f"A whole number from 1 to {most}."})
    return int(words)


def _time(given: Form, name: str) -> time:
    value = (given.get(name) or {}).get("selected_time")
    if not value:
        raise FieldErrors({name: "Choose a time."})
    return time.fromisoformat(str(value))


async def save_channels(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    chosen = {
        name: (given.get(name) or {}).get("selected_conversation")
        for name in ("briefing", "drafts", "alerts")
    }
    missing = {name: "Choose a channel." for name, value in chosen.items() if not value}
    closed = {channel: await _not_let_in(bot, str(channel)) for channel in {*chosen.values()} if channel}
    missing |= {name: said for name, channel in chosen.items() if (said := closed.get(channel))}
    if missing:
        raise FieldErrors(missing)
    await change(bot, tx, scene, "channels", {f"{name}_channel": value for name, value in chosen.items()})


async def _not_let_in(bot: Bot, channel: str) -> str | None:
    """Where the app is no member, what it posts would be refused and seen by nobody."""
    if not channel.startswith(("C", "G")):
        return None
    try:
        found: dict[str, Any] = (await bot.client.conversations_info(channel=channel))["channel"]
    except SlackApiError as error:
        if error.response["error"] != "channel_not_found":  # pyright: ignore[reportUnknownMemberType]
            return None  # Slack is busy, or the scope is missing: nothing is known against it
        found = {}
    if found.get("is_member"):
        return None
    name = f"#{found['name']}" if "id" in found else "that channel"
    return f"I'm not in {name} yet. Invite me there first: /invite @Rainmaker"


async def save_booking(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    try:
        link = whole_url(text(given, "booking_link"))
    except ValueError as error:
        raise FieldErrors({"booking_link": str(error)}) from error
    await change(bot, tx, scene, "booking", {"booking_link": link})


async def save_mailbox(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    await done(bot, tx, scene, "mailbox", {})


SAVES = {
    View.SETUP_APPROVERS: save_approvers,
    View.SETUP_COMPANY: save_company,
    View.SETUP_SENDER: save_sender,
    View.SETUP_WINDOW: save_window,
    View.SETUP_CHANNELS: save_channels,
    View.SETUP_BOOKING: save_booking,
    View.SETUP_MAILBOX: save_mailbox,
}


async def change(bot: Bot, tx: Tx, scene: Scene, what: str, changes: dict[str, Any]) -> None:
    await workspace.update_settings(tx.session, tx.workspace_id, now=bot.deps.clock.now(), **changes)
    await done(bot, tx, scene, what, {name: str(value) for name, value in changes.items()})


async def done(bot: Bot, tx: Tx, scene: Scene, what: str, payload: dict[str, Any]) -> None:
    """Record it, show the checklist anew, and finish the first run when all is green."""
    refusal = await why_not_admin(tx, scene)
    if refusal:
        raise UserError(refusal)
    now = bot.deps.clock.now()
    await audit.record(
        tx.session,
        tx.workspace_id,
        actor=scene.user_id,
        action=f"setup.{what}",
        entity_type="workspace",
        entity_id=tx.workspace_id,
        payload=payload,
        now=now,
    )
    await show_checklist(bot.deps, tx, bot.poster, scene.user_id)


@dataclass(frozen=True)
class Example:
    """The sandbox's example company: invented, like everything in that world."""

    company_name: str = "Brightpath Analytics"
    company_offer: str = (
        "Brightpath shows operations teams of mid-sized manufacturers where time is lost on the shop floor, "
        "from the machines they already have, within two weeks."
    )
    tone: str = "plain, warm, curious"
    sender_name: str = "Sam Rivers"
    postal_address: str = "12 Harbour Street, Portland, ME 04101, USA"
    signature: str = "Sam Rivers\nBrightpath Analytics"
    booking_link: str = "https://cal.brightpath.example/sam"


async def use_example(bot: Bot, scene: Scene) -> None:
    """Everything at once; offered in the sandbox only."""
    if not bot.is_sandbox:
        raise UserError("The example company exists in the sandbox only.")
    example = Example()
    channel = scene.channel_id or scene.user_id
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        person = await workspace.member(tx.session, scene.workspace_id, scene.user_id)
        timezone = (person.timezone if person else None) or "America/New_York"
        await workspace.upsert_member(
            tx.session, scene.workspace_id, scene.user_id, now=bot.deps.clock.now(), is_approver=True
        )
        await workspace.update_settings(
            tx.session,
            scene.workspace_id,
            now=bot.deps.clock.now(),
            company_name=example.company_name,
            company_offer=example.company_offer,
            proof_points=[
                "A maker of packaging machines cut changeover time after two weeks with Brightpath.",
                "Works with the controllers that are already there; nothing is installed on machines.",
            ],
            tone=example.tone,
            forbidden_words=["synergy", "game-changer"],
            sender_name=example.sender_name,
            postal_address=example.postal_address,
            signature=example.signature,
            booking_link=example.booking_link,
            timezone=timezone,
            window_start=time(9, 0),
            window_end=time(17, 0),
            window_confirmed=True,
            briefing_channel=channel,
            drafts_channel=channel,
            alerts_channel=channel,
        )
        await ensure_from_settings(bot.deps, tx, now=bot.deps.clock.now())
        await move_built_in(tx, timezone=timezone, now=bot.deps.clock.now())
        await done(bot, tx, scene, "example", {})
        await bot.show(
            tx,
            scene,
            note("*Set up with the example company, Brightpath Analytics.* Now name somebody to research."),
            thread=False,
        )
