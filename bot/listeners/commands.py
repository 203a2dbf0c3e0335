"""`/leads`: the short way to the same tools, without a model."""

import re
from collections.abc import Awaitable, Callable

from bot.action_ids import COMMAND
from bot.checklist import load_setup
from bot.listeners import approvers, campaigns, campaigns_form, experiments, suppressions, templates
from bot.listeners.base import Bot, Router, Scene, listener
from bot.listeners.drafts_queue import open_queue
from bot.listeners.home_tab import refresh_homes
from bot.listeners.messages import unescaped
from bot.listeners.setup import why_not_admin
from bot.tools.addresses import may_write
from bot.tools.base import ToolContext
from bot.tools.campaigns import Nothing, resume_all_sending, stop_all_sending
from bot.tools.leads import AddLead, add, one_lead
from bot.tools.research import begin
from bot.views import briefing, home, imports, lead, modals
from bot.views.blocks import Rendered, escape, section
from bot.views.doctor import findings_card
from bot.views.help import help_card
from bot.views.problem import note
from db.models.lead import Lead
from db.queries import analytics, lead_card
from db.queries import lead as leads
from db.types import Depth
from pipeline.doctor import examine
from pipeline.errors import UserError
from pipeline.jobs.tasks import insights_for
from pipeline.messages import BriefingDue

PAGE = 10
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|www\.", re.IGNORECASE)  # a company may be called “Booking.com”
NO_NAME = (
    "There is no name before the first comma, so I stored nothing. "
    "For example: `/leads add Maria Silva, maria@acme.example, Acme`."
)
Run = Callable[[Bot, Scene, str], Awaitable[None]]


def register(app: Router, bot: Bot) -> None:
    app.command(COMMAND)(listener(bot, on_command))


async def on_command(bot: Bot, scene: Scene) -> None:
    words = unescaped(str(scene.body.get("text") or "")).strip()
    verb, _, rest = words.partition(" ")
    run = COMMANDS.get(verb.lower())
    if run is None:
        await unknown(bot, scene, words)
        return
    await run(bot, scene, rest.strip())


async def unknown(bot: Bot, scene: Scene, words: str) -> None:
    known = ", ".join(name for name in COMMANDS if name)
    raise UserError(
        f"I don't know “/leads {words[:60]}”. I know: {known}. For anything else, just write to me."
    )


async def listing(bot: Bot, scene: Scene, rest: str, *, offset: int = 0, key: str | None = None) -> None:
    """The newest leads, or those in a state or that match a word, a page at a time."""
    shown = await page(bot, scene, rest, offset)
    await bot.say(scene, shown, key=key)


async def page(bot: Bot, scene: Scene, rest: str, offset: int) -> Rendered:
    wanted = leads.LeadFilter(search=rest or None)
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        found = await leads.list_leads(
            tx.session, scene.workspace_id, wanted, sort="newest", limit=PAGE, offset=offset
        )
        total = await leads.count(tx.session, scene.workspace_id, wanted)
    if not total and rest:
        return note(
            f"No lead matches “{escape(rest[:80])}”. `/leads` shows the newest, `/leads add` adds one."
        )
    title = f"Leads that match “{rest[:60]}”" if rest else "Newest leads"
    return lead.lead_list(
        [lead_card.line(one) for one in found], total, title=title, offset=offset, filter_value=rest
    )


async def add_one(bot: Bot, scene: Scene, rest: str) -> None:
    """With words: name, email and company by commas. Without: the form."""
    if not rest:
        await bot.client.views_open(
            trigger_id=scene.body["trigger_id"], view=modals.add_lead(metadata=scene.channel_id)
        )
        return
    args = parse_lead(rest)
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        context = await bot.tool_context(tx, scene)
        added, is_new = await add(context, args)
        card = lead.lead_card(lead_card.line(added))
        said = "Added." if is_new else "Known already:"
        await bot.show(tx, scene, Rendered(f"{said} {card.text}", [section(f"*{said}*"), *card.blocks]))


def parse_lead(words: str) -> AddLead:
    """“Maria Silva, maria@acme.example, Acme, CTO, https://acme.example” in any order after the name. Raises
    UserError where no name comes first: what follows would be taken for it."""
    pieces = (" ".join(piece.split()).strip("<> ") for piece in words.replace(";", ",").split(","))
    name, *parts = pieces
    rest = [part for part in parts if part]
    tokens = name.split()
    addresses = [token for token in tokens if "@" in token]
    if addresses:  # “Maria Silva maria@acme.example”
        name = " ".join(token for token in tokens if "@" not in token)
        rest = [*addresses, *rest]
    name, _, company = name.partition(" at ")  # “Maria Silva at Acme”
    name, rest = name.strip(), [*([company.strip()] if company.strip() else []), *rest]
    if not name:
        raise UserError(NO_NAME)
    emails = [part.removeprefix("mailto:").split("|")[0] for part in rest if "@" in part]
    linkedin = [part for part in rest if "linkedin.com/" in part]
    websites = [part for part in rest if part not in linkedin and _ADDRESS.match(part)]
    others = [part for part in rest if "@" not in part and part not in (*linkedin, *websites)]
    return AddLead(
        name=name,
        email=emails[0] if emails else None,
        company=others[0] if others else None,
        title=others[1] if len(others) > 1 else None,
        linkedin_url=linkedin[0] if linkedin else None,
        website_url=websites[0].split("|")[0] if websites else None,
        phone=None,
        location=None,
    )


async def import_file(bot: Bot, scene: Scene, rest: str) -> None:
    await bot.client.views_open(trigger_id=scene.body["trigger_id"], view=imports.file_form(scene.channel_id))


async def show(bot: Bot, scene: Scene, rest: str) -> None:
    if not rest:
        raise UserError("Whom? For example `/leads show Maria Silva`.")
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        context = await bot.tool_context(tx, scene)
        found = await one_lead(context, rest)
        facts = await lead_card.load_facts(tx.session, scene.workspace_id, found.id)
        writable = await may_write(context, found)
        await bot.show(tx, scene, lead.lead_card(lead_card.line(found), facts, may_write=writable))


async def research(bot: Bot, scene: Scene, rest: str) -> None:
    words = rest.split()
    depth = Depth(words[-1].lower()) if words and words[-1].lower() in list(Depth) else Depth.STANDARD
    name = " ".join(words[:-1]) if words and words[-1].lower() in list(Depth) else rest
    if not name:
        raise UserError("Whom? For example `/leads research Maria Silva deep`.")
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        context = await bot.tool_context(tx, scene)
        found = await _named(context, name)
        await begin(context, found, depth)
    bot.poster.nudge()


async def _named(context: ToolContext, words: str) -> Lead:
    """A known lead; or somebody new, with what is known of them: by commas, or “Maria Silva at Acme”."""
    known = await leads.resolve(context.tx.session, context.workspace_id, words)
    if known or not ("," in words or " at " in words):
        return await one_lead(context, words)
    args = parse_lead(words)
    if args.company and not args.email:
        named = await leads.resolve(context.tx.session, context.workspace_id, args.name)
        there = [one for one in named if (one.company or "").casefold() == args.company.casefold()]
        if len(there) == 1:
            return there[0]
    return (await add(context, args))[0]


async def stats(bot: Bot, scene: Scene, rest: str) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        context = await bot.tool_context(tx, scene)
        by_status = await leads.counts_by_status(tx.session, scene.workspace_id)
        if not sum(by_status.values()):
            await bot.show(tx, scene, lead.no_leads())
            return
        spans = analytics.spans(context.now, context.timezone).values()
        counted = [await analytics.numbers(tx.session, scene.workspace_id, span) for span in spans]
        names = {str(status): count for status, count in by_status.items()}
        fit = await analytics.fit_counts(tx.session, scene.workspace_id)
        await bot.show(tx, scene, briefing.stats_card(counted, names, fit))


async def brief(bot: Bot, scene: Scene, rest: str) -> None:
    insights = await insights_for(bot.deps, scene.workspace_id)
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        message = BriefingDue(
            key=f"briefing:{scene.inbox_id}",
            channel=scene.channel_id or scene.user_id,
            user_id=scene.user_id,
            insights=insights,
        )
        await bot.deps.notifier.tell(tx, message)
    bot.poster.nudge()


async def drafts(bot: Bot, scene: Scene, rest: str) -> None:
    """The drafts that wait, one lead at a time; with “mine” or a campaign's name, only those."""
    await open_queue(bot, scene, rest)


async def stop(bot: Bot, scene: Scene, rest: str) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        done = await stop_all_sending(await bot.tool_context(tx, scene), Nothing())
        await bot.show(tx, scene, note(f"⏹️ {done.summary}"))
    await refresh_homes(bot, scene)


async def start(bot: Bot, scene: Scene, rest: str) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        done = await resume_all_sending(await bot.tool_context(tx, scene), Nothing())
        await bot.show(tx, scene, note(f"▶️ {done.summary}"))
    await refresh_homes(bot, scene)


async def setup(bot: Bot, scene: Scene, rest: str) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        state = await load_setup(tx)
        await bot.show(tx, scene, home.checklist(state, sandbox=bot.is_sandbox, to_change=True))


async def doctor(bot: Bot, scene: Scene, rest: str) -> None:
    """Look at every credential, scope, DNS record and queue; it takes a few seconds."""
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        if refusal := await why_not_admin(tx, scene):
            raise UserError(refusal)
    await bot.say(scene, findings_card(await examine(bot.deps.settings)))


async def help_(bot: Bot, scene: Scene, rest: str) -> None:
    await bot.say(scene, help_card())


COMMANDS: dict[str, Run] = {
    "": listing,
    "list": listing,
    "add": add_one,
    "import": import_file,
    "show": show,
    "research": research,
    "stats": stats,
    "briefing": brief,
    "drafts": drafts,
    "approvers": approvers.show_approvers,
    "suppress": suppressions.suppress,
    "never": suppressions.suppress,
    "campaign": campaigns_form.open_form,
    "campaigns": campaigns.listing,
    "experiment": experiments.show,
    "templates": templates.show,
    "stop": stop,
    "start": start,
    "setup": setup,
    "doctor": doctor,
    "help": help_,
}
