"""Buttons and forms about leads and their research."""

import asyncio
import re
from dataclasses import replace

from bot.action_ids import Action, Shortcut, View
from bot.listeners.base import Bot, Router, Scene, id_of, listener
from bot.listeners.commands import page
from bot.listeners.forms import Form, choice, form, text
from bot.listeners.messages import ask, unescaped
from bot.listeners.pressed import starts, value_of
from bot.slack import dig
from bot.tools.addresses import may_write
from bot.tools.leads import AddLead, add
from bot.tools.research import begin
from bot.views import lead as lead_view
from bot.views import modals
from bot.views.blocks import Rendered, escape
from bot.views.problem import note
from db.queries import lead as leads
from db.queries import lead_card, outbox, research
from db.session import Tx
from db.types import Depth, LeadId, OutboxState, RunId
from pipeline.errors import Transient, UserError
from pipeline.messages import RunProgressed
from pipeline.rules.words import word_set

_PARTICLES = word_set("van von de der den da di del la le dos al bin zu")
_NOT_NAMES = word_set("research add meet contact email call please hi hello try see lead new")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
POSTED_WITHIN = 15.0  # seconds; Slack may tell us to wait
LOOK_EVERY = 0.05
GONE = "That lead is not here any more."


def register(app: Router, bot: Bot) -> None:
    app.action(starts(Action.PROMPT))(listener(bot, on_prompt))
    app.action(starts(Action.LEAD_SHOW))(listener(bot, on_show))
    app.action(Action.LEAD_RESEARCH.value)(listener(bot, on_research))
    app.action(Action.LEAD_FIT_GOOD.value)(listener(bot, on_fit))
    app.action(Action.LEAD_FIT_BAD.value)(listener(bot, on_fit))
    app.action(Action.LEAD_ADD_OPEN.value)(listener(bot, on_add_open))
    app.action(starts(Action.LEADS_PAGE))(listener(bot, on_page))
    app.action(Action.RUN_STOP.value)(listener(bot, on_run_stop))
    app.shortcut(Shortcut.ADD_AS_LEAD.value)(listener(bot, on_add_as_lead))
    app.view(View.LEAD_ADD.value)(form(bot, save_lead))


def lead_id_of(scene: Scene) -> LeadId:
    return LeadId(id_of(value_of(scene), GONE))


async def on_prompt(bot: Bot, scene: Scene) -> None:
    """A quick action: its words, as if typed. They are shown as a message, and answered in its thread.

    A delivery that comes again finds the message by its key, and the turn by its delivery: both are made once.
    """
    words = value_of(scene)
    key = f"prompt:{scene.inbox_id}"
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        if await outbox.by_key(tx.session, key) is None:
            shown = note(f"<@{scene.user_id}>: {escape(words)}")
            await bot.show(tx, scene, shown, key=key, private=False, thread=False)
    channel, ts = await _place_of(bot, scene, key)
    await ask(bot, replace(scene, channel_id=channel, thread_ts=None, message_ts=ts), words)


async def _place_of(bot: Bot, scene: Scene, key: str) -> tuple[str, str]:
    """Where in Slack a surface is shown, once it is. Raises Transient when it takes long: the delivery comes again."""
    deadline = bot.deps.clock.monotonic() + POSTED_WITHIN
    while bot.deps.clock.monotonic() < deadline:
        await bot.poster.begin_due()
        async with bot.deps.db.transaction(scene.workspace_id) as tx:
            surface = await outbox.by_key(tx.session, key)
        if surface is None or surface.state == OutboxState.FAILED:
            raise UserError("Slack did not take your question as a message. Please write it to me instead.")
        if surface.posted_channel and surface.posted_ts:
            return surface.posted_channel, surface.posted_ts
        await asyncio.sleep(LOOK_EVERY)
    raise Transient("the question has not been posted yet")


async def on_show(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        found = await leads.get(tx.session, scene.workspace_id, lead_id_of(scene))
        if found is None:
            raise UserError(GONE)
        facts = await lead_card.load_facts(tx.session, scene.workspace_id, found.id)
        writable = await may_write(await bot.tool_context(tx, scene), found)
        await bot.show(tx, scene, lead_view.lead_card(lead_card.line(found), facts, may_write=writable))


async def on_research(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        found = await leads.get(tx.session, scene.workspace_id, lead_id_of(scene))
        if found is None:
            raise UserError(GONE)
        await begin(await bot.tool_context(tx, scene), found, Depth.STANDARD)
    bot.poster.nudge()


async def on_fit(bot: Bot, scene: Scene) -> None:
    """The truth that qualification is measured on; pressing the other button changes one's mind."""
    good = scene.body["actions"][0]["action_id"] == Action.LEAD_FIT_GOOD
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        found = await leads.get(tx.session, scene.workspace_id, lead_id_of(scene))
        if found is None:
            raise UserError(GONE)
        context = await bot.tool_context(tx, scene)
        await leads.set_fit(
            tx.session, scene.workspace_id, found.id, user_id=scene.user_id, good=good, now=context.now
        )
        await context.record("lead.fit", "lead", found.id, {"good": good})
        said = "a good fit 👍" if good else "not a fit 👎"
        await bot.show(
            tx, scene, note(f"Noted: {escape(found.name)} is {said}. I measure my judgement on it.")
        )


async def on_add_open(bot: Bot, scene: Scene) -> None:
    view = modals.add_lead(metadata=scene.channel_id)
    await bot.client.views_open(trigger_id=scene.body["trigger_id"], view=view)


def name_in(words: str) -> str:
    """“Let's talk to Maria Silva at Acme, …” → “Maria Silva”: the names that end the first part, or nothing."""
    first = re.split(r"[,\n(<]| at | from |\S+@", words, maxsplit=1)[0].split()
    found: list[str] = []
    while first and (first[-1][0].isupper() or (found and first[-1] in _PARTICLES)) and len(found) < 5:
        found.insert(0, first.pop().rstrip(":;."))
    while found and (found[0].lower() in _NOT_NAMES or found[0] in _PARTICLES):
        found.pop(0)
    return " ".join(found)[:60]


async def on_add_as_lead(bot: Bot, scene: Scene) -> None:
    """Message shortcut: the form, filled with what the message names."""
    words = unescaped(str(dig(scene.body, "message", "text") or ""))
    email = _EMAIL.search(words)
    view = modals.add_lead(name=name_in(words), email=email[0] if email else "", metadata=scene.channel_id)
    await bot.client.views_open(trigger_id=scene.body["trigger_id"], view=view)


async def save_lead(bot: Bot, tx: Tx, scene: Scene, given: Form) -> None:
    context = await bot.tool_context(tx, scene)
    args = AddLead(
        name=text(given, "name"),
        email=text(given, "email") or None,
        company=text(given, "company") or None,
        title=text(given, "title") or None,
        linkedin_url=text(given, "linkedin_url") or None,
        website_url=text(given, "website_url") or None,
        phone=None,
        location=None,
    )
    added, is_new = await add(context, args)
    channel = str(scene.body["view"].get("private_metadata") or "") or scene.user_id
    said = "Added" if is_new else "Known already"
    shown = lead_view.lead_card(lead_card.line(added))
    await outbox.put(
        tx.session,
        scene.workspace_id,
        key=f"answer:{scene.inbox_id}",
        channel=channel,
        ephemeral_user=None if channel.startswith(("D", "U", "W")) else scene.user_id,
        payload=Rendered(f"{said}: {added.name}", shown.blocks).payload(),
        now=context.now,
    )
    if choice(given, "then") == "research":
        await begin(replace(context, channel_id=channel, thread_ts=""), added, Depth.STANDARD)


async def on_page(bot: Bot, scene: Scene) -> None:
    """Another page of the same list, in place."""
    words, _, offset = value_of(scene).rpartition("|")
    shown = await page(bot, scene, words, int(offset) if offset.isdigit() else 0)
    await bot.replace(scene, shown)


async def on_run_stop(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        run_id = RunId(id_of(value_of(scene), "That research had ended already."))
        stopped = await research.request_stop(
            tx.session, scene.workspace_id, run_id, now=bot.deps.clock.now()
        )
        if stopped:
            await (await bot.tool_context(tx, scene)).record("research.stopped", "run", run_id)
            await bot.deps.notifier.tell(tx, RunProgressed(run_id))
    if not stopped:
        raise UserError("That research had ended already.")
    bot.poster.nudge()
