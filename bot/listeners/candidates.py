"""Buttons under the candidates of a search for new leads."""

from bot.action_ids import Action
from bot.listeners.base import Bot, Router, Scene, id_of, listener
from bot.listeners.candidate_facts import facts_of
from bot.listeners.leads import starts, value_of
from bot.tools.base import ToolContext
from bot.tools.leads import AddLead, add
from bot.tools.research import MOST_RUNS, begin
from db.models.finding import LeadCandidate
from db.models.lead import Lead
from db.queries import finding, research
from db.queries import lead as leads
from db.session import Tx
from db.types import CandidateId, CandidateState, Depth, EmailStatus, LeadId, SearchId
from pipeline.errors import FieldErrors, UserError
from pipeline.messages import SearchProgressed
from pipeline.rules.company_match import company_key

GONE = "That candidate is not here any more."
SOURCE = "search"


def register(app: Router, bot: Bot) -> None:
    app.action(starts(Action.CANDIDATE_ACCEPT))(listener(bot, on_accept))
    app.action(starts(Action.CANDIDATE_DISMISS))(listener(bot, on_dismiss))
    app.action(Action.CANDIDATES_ACCEPT.value)(listener(bot, on_accept_all))
    app.action(Action.CANDIDATES_DISMISS.value)(listener(bot, on_dismiss_all))
    app.action(Action.CANDIDATES_RESTORE.value)(listener(bot, on_restore))
    app.action(Action.CANDIDATES_RESEARCH.value)(listener(bot, on_research))
    app.action(Action.SEARCH_STOP.value)(listener(bot, on_stop))


async def on_accept(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        row = await _one(tx, scene)
        if row.state == CandidateState.PROPOSED:
            await _accept(await bot.tool_context(tx, scene), row)
        await _show(bot, tx, SearchId(row.search_id))


async def on_dismiss(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        row = await _one(tx, scene)
        await _decide(bot, tx, scene, [row], CandidateState.PROPOSED, CandidateState.DISMISSED)
        await _show(bot, tx, SearchId(row.search_id))


async def on_accept_all(bot: Bot, scene: Scene) -> None:
    """Each with a person; who is refused as a lead stays a candidate."""
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        search_id, rows = await _open(tx, scene)
        context = await bot.tool_context(tx, scene)
        for row in rows:
            if row.person:
                try:
                    await _accept(context, row)
                except FieldErrors:
                    continue
        await _show(bot, tx, search_id)


async def on_dismiss_all(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        search_id, rows = await _open(tx, scene)
        await _decide(bot, tx, scene, rows, CandidateState.PROPOSED, CandidateState.DISMISSED)
        await _show(bot, tx, search_id)


async def on_restore(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        search_id, rows = await _open(tx, scene, CandidateState.DISMISSED)
        await _decide(bot, tx, scene, rows, CandidateState.DISMISSED, CandidateState.PROPOSED)
        await _show(bot, tx, search_id)


async def on_research(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        _, rows = await _open(tx, scene, CandidateState.ACCEPTED)
        wanted = [row.lead_id for row in rows if row.lead_id is not None][:MOST_RUNS]
        context = await bot.tool_context(tx, scene)
        found = await leads.get_many(tx.session, scene.workspace_id, wanted)
        for lead in found:
            await begin(context, lead, Depth.STANDARD)
    if not found:
        raise UserError("None of them is a lead any more.")
    bot.poster.nudge()


async def on_stop(bot: Bot, scene: Scene) -> None:
    async with bot.deps.db.transaction(scene.workspace_id) as tx:
        search_id = _search_of(scene)
        stopped = await finding.request_stop(
            tx.session, scene.workspace_id, search_id, now=bot.deps.clock.now()
        )
        await _show(bot, tx, search_id)
    if not stopped:
        raise UserError("That search had ended already.")


async def _accept(context: ToolContext, row: LeadCandidate) -> None:
    """Add the person as a lead with what was found out, or join them to the lead they are. Raises UserError
    where there is nobody to add."""
    if not row.person:
        raise UserError("No person was found there, so there is nobody to write to.")
    args = AddLead(
        name=row.person,
        email=row.email,
        company=row.company,
        title=row.title,
        linkedin_url=row.linkedin_url,
        website_url=row.website_url,
        phone=row.phone,
        location=(row.location or "")[:200] or None,
    )
    session = context.tx.session
    await finding.lock_person(session, context.workspace_id, row.person)
    added = await _known(context, row)
    if added is None:
        added, is_new = await add(context, args, source=SOURCE)
        if is_new and row.email:
            found: dict[str, object] = {"email_status": EmailStatus.FOUND.value}
            await leads.update(session, context.workspace_id, added.id, found, now=context.now)
    facts = facts_of(row, LeadId(added.id), context.now)
    await research.add_facts(session, context.workspace_id, facts, now=context.now)
    await finding.decide(
        session,
        context.workspace_id,
        [CandidateId(row.id)],
        was=CandidateState.PROPOSED,
        state=CandidateState.ACCEPTED,
        by=context.user_id,
        now=context.now,
        lead_id=LeadId(added.id),
    )


async def _known(context: ToolContext, row: LeadCandidate) -> Lead | None:
    """Who is a lead already by name and company; two addresses are two people."""
    name = row.person or ""
    for lead in await leads.search(context.tx.session, context.workspace_id, name, limit=50):
        is_same = lead.name.lower() == name.lower() and _is_there(lead, row)
        if is_same and (not row.email or not lead.email or lead.email.lower() == row.email.lower()):
            return lead
    return None


def _is_there(lead: Lead, row: LeadCandidate) -> bool:
    if lead.company_domain and row.company_domain:
        return lead.company_domain.lower() == row.company_domain.lower()
    return bool(lead.company) and company_key(lead.company or "") == company_key(row.company)


async def _decide(
    bot: Bot, tx: Tx, scene: Scene, rows: list[LeadCandidate], was: CandidateState, state: CandidateState
) -> None:
    await finding.decide(
        tx.session,
        scene.workspace_id,
        [CandidateId(row.id) for row in rows],
        was=was,
        state=state,
        by=scene.user_id,
        now=bot.deps.clock.now(),
    )


async def _one(tx: Tx, scene: Scene) -> LeadCandidate:
    found = CandidateId(id_of(value_of(scene), GONE))
    row = await finding.lock_candidate(tx.session, scene.workspace_id, found)
    if row is None:
        raise UserError(GONE)
    return row


async def _open(
    tx: Tx, scene: Scene, state: CandidateState = CandidateState.PROPOSED
) -> tuple[SearchId, list[LeadCandidate]]:
    search_id = _search_of(scene)
    return search_id, await finding.lock_candidates(tx.session, scene.workspace_id, search_id, state)


def _search_of(scene: Scene) -> SearchId:
    return SearchId(id_of(value_of(scene), "That search is not here any more."))


async def _show(bot: Bot, tx: Tx, search_id: SearchId) -> None:
    await bot.deps.notifier.tell(tx, SearchProgressed(search_id))
    bot.poster.nudge()
