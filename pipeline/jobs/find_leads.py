"""Finding new leads: ask maps and search engines for companies, read their sites, propose who fits.

Every candidate is stored as it is found; a run that is taken up again asks anew (from the caches) and leaves out
what is stored. It ends by its deadline with what was found by then.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from db.models.finding import LeadSearch
from db.queries import finding, research
from db.queries.evidence import NewUsage
from db.queries.finding import NewCandidate
from db.queries.leases import Lease
from db.types import CandidateState, LeaseToken, RunState, SearchId, StepState, WorkspaceId
from db.wake import Queue, Wake
from pipeline.clients.apify import RunFailed
from pipeline.clients.apify_inputs import ActorKind, actor_call
from pipeline.clients.breakers import NotAsked
from pipeline.clients.search import Attempt, SearchFailed
from pipeline.deps import Deps
from pipeline.errors import RainmakerError
from pipeline.jobs.base import job
from pipeline.jobs.find_people import named_by_model
from pipeline.logs import get_logger
from pipeline.messages import SearchProgressed
from pipeline.rules import finding as rules
from pipeline.rules.extraction import ReadPage, read_page
from pipeline.rules.finding import Criteria, Proposal

log = get_logger(__name__)
LEASE = timedelta(seconds=45)
SECONDS = 300  # of real time
MOST_ATTEMPTS = 4
_AT_ONCE = 4  # companies
_PAGES = 4  # of a company's site, besides its front page
_OVER = 3  # proposals looked at for each that is wanted, at most
ACTOR_WAIT = timedelta(seconds=120)
_ACTOR_CENTS = Decimal(25)


@job(Wake.FIND_LEADS, queue=Queue.RESEARCH, timeout=timedelta(seconds=SECONDS + 60))
async def find_leads(deps: Deps, *, workspace_id: str, search_id: str) -> None:
    ours, this = WorkspaceId(UUID(workspace_id)), SearchId(UUID(search_id))
    wall, token = deps.clock.wall(), LeaseToken(uuid4())
    async with deps.db.transaction(ours) as tx:
        claimed = await finding.claim(
            tx.session, ours, this, Lease(token, wall + LEASE), wall=wall, now=deps.clock.now()
        )
    if claimed is None:
        return
    state, error = RunState.FAILED, "It broke off several times."
    if claimed.attempts <= MOST_ATTEMPTS:
        state, error = await Finder(deps, ours, claimed, token).run()
    async with deps.db.transaction(ours) as tx:
        await finding.finish(tx.session, this, token, state, error=error, now=deps.clock.now())
        await deps.notifier.tell(tx, SearchProgressed(this))
    log.info("leads_found", state=state)


@dataclass
class Noted:
    """A step, as people are shown it."""

    title: str
    state: str = "running"
    found: int = 0
    ms: int = 0
    cents: float = 0
    error: str | None = None


@dataclass
class Finder:
    deps: Deps
    workspace_id: WorkspaceId
    search: LeadSearch
    token: LeaseToken
    steps: list[Noted] = field(default_factory=list[Noted])
    left_out: list[str] = field(default_factory=list[str])  # companies that are known not to fit, and why
    is_stopped: bool = False

    def __post_init__(self) -> None:
        self.criteria = Criteria(**self.search.criteria)
        self.cents = self.search.cost_cents
        self.deadline = self.deps.clock.wall() + timedelta(seconds=SECONDS)
        self.proposed = 0

    async def run(self) -> tuple[RunState, str | None]:
        """Raises LeaseLost; nothing that the outside does."""
        async with self.deps.db.transaction(self.workspace_id) as tx:
            earlier = await finding.candidates(tx.session, self.workspace_id, SearchId(self.search.id))
        self.proposed = sum(row.state != CandidateState.KNOWN for row in earlier)
        proposals = await self._proposals()
        if not proposals and all(step.state == StepState.FAILED for step in self.steps):
            return RunState.FAILED, next((step.error for step in self.steps if step.error), None)
        done = {row.key for row in earlier}
        await self._examine([one for one in proposals if one.key not in done])
        return (RunState.STOPPED if self.is_stopped else RunState.DONE), None

    # Where companies come from

    async def _proposals(self) -> list[Proposal]:
        found = await asyncio.gather(self._from_maps(), self._from_search())
        return rules.merged(one for source in found for one in source)[: self.search.wanted * _OVER]

    async def _from_maps(self) -> list[Proposal]:
        apify = self.deps.research.apify
        if not apify.is_set:
            return []
        limit = min(self.search.wanted * 2, 60)
        call = actor_call(
            self.deps.settings, ActorKind.PLACES, queries=[rules.place_search(self.criteria)], limit=limit
        )
        if call is None:
            return []
        step, began = self._begin("Asking the map for companies"), self.deps.clock.monotonic()
        found: list[Proposal] = []
        calls: list[NewUsage] = []
        try:
            answer = await apify.run(
                call.actor, call.run_input, wait=ACTOR_WAIT, most_items=limit, most_cents=_ACTOR_CENTS
            )
            found = [one for one in map(rules.of_place, answer.items) if one is not None]
            step.state = StepState.OK if found else StepState.EMPTY
            if not answer.cached:
                calls.append(_usage(apify.service, answer.cost_cents, self._ms(began), None, call.actor))
        except RainmakerError as error:
            step.state, step.error = StepState.FAILED, str(error)
            if not isinstance(error, NotAsked):
                cents = error.cost_cents if isinstance(error, RunFailed) else Decimal(0)
                calls.append(_usage(apify.service, cents, self._ms(began), str(error), call.actor))
        await self._ended(step, len(found), began, calls)
        return found

    async def _from_search(self) -> list[Proposal]:
        found: list[Proposal] = []
        for query in rules.queries(self.criteria):
            if len(rules.merged(found)) >= self.search.wanted * 2:
                break
            step, began = self._begin(f"Searching “{query[:80]}”"), self.deps.clock.monotonic()
            calls: list[NewUsage] = []
            new: list[Proposal] = []
            try:
                answer = await self.deps.research.search.search(query)
                named = (rules.of_result(one.url, one.title, one.snippet) for one in answer.results)
                new = [one for one in named if one is not None]
                calls = _asked(answer.attempts)
                step.state = StepState.OK if new else StepState.EMPTY
            except SearchFailed as failure:
                step.state, step.error = StepState.FAILED, str(failure)
                calls = _asked(failure.attempts)
            await self._ended(step, len(new), began, calls)
            found += new
            if step.state == StepState.FAILED:
                break
        return found

    # What the companies say of themselves

    async def _examine(self, proposals: Sequence[Proposal]) -> None:
        domains = {one.domain for one in proposals if one.domain}
        async with self.deps.db.transaction(self.workspace_id) as tx:
            known = await finding.known_domains(tx.session, self.workspace_id, domains)
        step, began = (
            self._begin(f"Reading the sites of {len(proposals)} companies"),
            self.deps.clock.monotonic(),
        )
        room = asyncio.Semaphore(_AT_ONCE)
        before = self.proposed

        async def one(place: int, proposal: Proposal) -> None:
            async with room:
                if not self._is_over():
                    await self._look_at(place, proposal, is_known=(proposal.domain or "") in known)

        tasks = [asyncio.create_task(one(place, proposal)) for place, proposal in enumerate(proposals)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        step.state = StepState.OK if self.proposed > before else StepState.EMPTY
        await self._ended(step, self.proposed - before, began, [])

    def _is_over(self) -> bool:
        return (
            self.is_stopped
            or self.proposed >= self.search.wanted
            or self.deps.clock.wall() >= self.deadline
            or self.cents >= self.search.cost_cap_cents
        )

    async def _look_at(self, place: int, proposal: Proposal, *, is_known: bool) -> None:
        calls: list[NewUsage] = []
        pages = [] if is_known else await self._pages(proposal, calls)
        judged = rules.judged(self.criteria, proposal, pages)
        if not is_known and not rules.is_proposed(judged):
            self.left_out.append(rules.why_not(proposal, judged))
            await self._save(calls)
            return
        person = rules.whom_to_write_to(pages, self.criteria.role)
        if person is None and pages:
            person = await named_by_model(self.deps, proposal, pages, self.criteria.role, calls)
        met, lacks_person = rules.order_of(judged, person)
        candidate = NewCandidate(
            key=proposal.key,
            position=(met + 10) * 10_000 + lacks_person * 1_000 + place,
            company=proposal.name,
            company_domain=proposal.domain,
            website_url=proposal.website,
            phone=proposal.phone or next((one.e164 for page in pages for one in page.phones), None),
            location=proposal.location or next((page.address for page in pages if page.address), None),
            person=person.name if person else None,
            title=person.title if person else None,
            email=person.email if person else None,
            evidence={
                "criteria": [asdict(one) for one in judged],
                "person": {"quote": person.quote, "url": person.url} if person else None,
                "unread": bool(not pages and not is_known),
            },
            state=CandidateState.KNOWN if is_known else CandidateState.PROPOSED,
        )
        if not is_known and self.proposed >= self.search.wanted:
            return
        self.proposed += not is_known
        await self._save(calls, candidate)

    async def _pages(self, proposal: Proposal, calls: list[NewUsage]) -> list[ReadPage]:
        """The front page and the most telling ones behind it; none where the site can't be read."""
        if proposal.domain is None or proposal.website is None:
            return []
        front = await self._page(proposal.website, calls)
        if front is None:
            return []
        more = rules.telling_pages(front.links, proposal.domain, _PAGES)
        read = await asyncio.gather(*(self._page(url, calls) for url in more))
        return [front, *(page for page in read if page is not None)]

    async def _page(self, url: str, calls: list[NewUsage]) -> ReadPage | None:
        began, error, page, cached = self.deps.clock.monotonic(), None, None, False
        try:
            got = await self.deps.research.fetch.fetch(url)
            cached = got.cached
            page = await asyncio.to_thread(read_page, got.html, got.url)
            if page.needs_browser:
                page = await self._rendered(got.url) or page
        except RainmakerError as refusal:
            error = str(refusal)
        if not cached:
            calls.append(_usage("fetch", Decimal(0), self._ms(began), error, urlsplit(url).hostname))
        return page

    async def _rendered(self, url: str) -> ReadPage | None:
        """As a browser shows it; None where there is no browser, or it does not get through."""
        try:
            async with self.deps.research.browser.session() as session:
                shown = await session.render(url)
        except RainmakerError as error:
            log.info("page_not_rendered", reason=str(error))
            return None
        return await asyncio.to_thread(read_page, shown.html, shown.url)

    # Keeping

    def _begin(self, title: str) -> Noted:
        step = Noted(title)
        self.steps.append(step)
        return step

    async def _ended(self, step: Noted, found: int, began: float, calls: Sequence[NewUsage]) -> None:
        step.found, step.ms = found, self._ms(began)
        step.cents = float(finding.total_cents(calls))
        await self._save(calls)

    async def _save(self, calls: Sequence[NewUsage], candidate: NewCandidate | None = None) -> None:
        """Store, hold the lease, show. Raises LeaseLost."""
        now, this = self.deps.clock.now(), SearchId(self.search.id)
        self.cents += finding.total_cents(calls)
        async with self.deps.db.transaction(self.workspace_id) as tx:
            self.is_stopped |= await finding.advance(
                tx.session,
                this,
                Lease(self.token, self.deps.clock.wall() + LEASE),
                plan={"steps": [asdict(step) for step in self.steps], "left_out": self.left_out},
                cost_cents=self.cents,
                now=now,
            )
            if candidate is not None:
                await finding.put_candidate(tx.session, self.workspace_id, this, candidate, now=now)
            await research.record_usage(
                tx.session, self.workspace_id, calls, lead_id=None, run_id=None, now=now
            )
            await self.deps.notifier.tell(tx, SearchProgressed(this))

    def _ms(self, began: float) -> int:
        return round((self.deps.clock.monotonic() - began) * 1000)


def _asked(attempts: Sequence[Attempt]) -> list[NewUsage]:
    return [_usage(one.service, one.cost_cents, one.ms, one.error, "search") for one in attempts if one.asked]


def _usage(service: str, cents: Decimal, ms: int, error: str | None, endpoint: str | None) -> NewUsage:
    return NewUsage(
        service=service,
        endpoint=endpoint,
        cost_cents=cents,
        response_time_ms=ms,
        error=error[:300] if error else None,
    )
