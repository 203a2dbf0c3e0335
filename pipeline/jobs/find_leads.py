"""Finding new leads: ask maps, search engines and directories for companies, read their sites, propose who fits.

Every candidate is stored as it is found; a run that is taken up again asks anew (from the caches) and leaves out
what is stored. It ends by its deadline with what was found by then: the time counts from when it was first taken up.
Beside the work a second task holds the lease and sees whether somebody wants it to stop, whatever the work waits for.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from uuid import UUID, uuid4

from db.errors import Unreachable
from db.queries import finding
from db.queries.evidence import NewUsage
from db.queries.finding import NewCandidate
from db.queries.leases import Lease
from db.types import (
    CandidateState,
    LeaseToken,
    RunState,
    SearchId,
    StepState,
    WorkspaceId,
)
from db.wake import Queue, Wake
from pipeline.deps import Deps
from pipeline.jobs.base import job
from pipeline.jobs.find_people import Named, named_by_model
from pipeline.jobs.find_progress import LEASE, LEAST_SECONDS, Progress, together
from pipeline.jobs.find_sites import site_of
from pipeline.jobs.find_sources import Sources, none_answered
from pipeline.jobs.find_standing import standing_of, with_consent
from pipeline.logs import get_logger
from pipeline.messages import SearchProgressed
from pipeline.rules import finding as rules
from pipeline.rules.extraction import ReadPage
from pipeline.rules.finding import Proposal
from pipeline.rules.finding_criteria import Criteria, Evidence

log = get_logger(__name__)
MOST_ATTEMPTS = 4
BEAT_SECONDS = 2.0
_LONGEST = 900  # FIND_SECONDS at most
_AT_ONCE = 4  # companies
_OVER = 3  # proposals looked at for each that is wanted, at most
_LEAST_LOOKED = 10  # where few are wanted
_ASKING = 0.5  # of the time that is left, for finding out which companies there are
_ENDING_SECONDS = 2.0  # of the time, for storing how it ended


@job(Wake.FIND_LEADS, queue=Queue.RESEARCH, timeout=timedelta(seconds=_LONGEST + 60))
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
        finder = Finder(deps, Progress(deps, ours, claimed, token))
        state, error = await finder.run()
    async with deps.db.transaction(ours) as tx:
        await finding.finish(tx.session, this, token, state, error=error, now=deps.clock.now())
        await deps.notifier.tell(tx, SearchProgressed(this))
    log.info("leads_found", state=state)


class Finder:
    def __init__(self, deps: Deps, progress: Progress) -> None:
        self.deps, self.progress = deps, progress
        self.search, self.workspace_id = progress.search, progress.workspace_id
        self.criteria = Criteria(**progress.search.criteria)
        self.proposed = 0
        self._taken: set[str] = set()  # keys of what is stored or under way
        self._lists: list[str] = []  # pages that turned out to tell of many companies

    async def run(self) -> tuple[RunState, str | None]:
        """Raises LeaseLost; nothing that the outside does."""
        work = asyncio.create_task(self._work())
        beat = asyncio.create_task(self._beat())
        try:
            await asyncio.wait({work, beat}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                beat.result()  # raises LeaseLost
                work.cancel()
                await asyncio.wait({work})
            ended = RunState.DONE, None
            if not work.cancelled():
                ended = work.result()
            self.progress.close_steps("It was stopped.")
            await self.progress.save()
            return (RunState.STOPPED, None) if self.progress.is_stopped else ended
        finally:
            for task in (work, beat):
                task.cancel()
            await asyncio.gather(work, beat, return_exceptions=True)

    async def _beat(self) -> None:
        """Until somebody wants it to stop. Raises LeaseLost."""
        while True:
            try:
                if await self.progress.hold():
                    return
            except Unreachable as trouble:  # the lease outlasts a short trouble
                log.warning("lease_not_renewed", reason=str(trouble))
            await asyncio.sleep(BEAT_SECONDS)

    async def _work(self) -> tuple[RunState, str | None]:
        before = len(self.progress.steps)
        await self.progress.save()  # when it began
        async with self.deps.db.transaction(self.workspace_id) as tx:
            earlier = await finding.candidates(tx.session, self.workspace_id, SearchId(self.search.id))
        self.proposed = sum(row.state != CandidateState.KNOWN for row in earlier)
        self._taken = {*(row.key for row in earlier), *self.progress.seen}
        if self._is_over():
            return RunState.DONE, self._limit_met()
        seconds = max(self.progress.seconds_left, LEAST_SECONDS) - _ENDING_SECONDS
        end = asyncio.get_running_loop().time() + seconds
        sources = Sources(self.deps, self.criteria, self.search.wanted, self.progress)
        await sources.ask(seconds * _ASKING)
        asked = self.progress.steps[before:]
        if not sources.found and (why := self._limit_met() or none_answered(asked)):
            return RunState.FAILED, why
        try:
            async with asyncio.timeout_at(end):
                await self._examine(sources.found)
                if self._lists and not self._is_over():
                    await sources.read_directories(self._lists)
                    await self._examine(sources.found)
        except TimeoutError:
            self.progress.close_steps("The time was up.")
            return (
                RunState.DONE,
                f"The time was up: a search takes {self.deps.settings.find_seconds} s at most.",
            )
        return RunState.DONE, self._limit_met()

    def _limit_met(self) -> str | None:
        if self.progress.cents_left > 0 or self.proposed >= self.search.wanted:
            return None
        return f"Its cost limit was met: {self.search.cost_cap_cents:.0f} ¢ (FIND_CENTS)."

    async def _examine(self, found: Sequence[Proposal]) -> None:
        """Those that were not looked at yet."""
        once = rules.merged(rules.branches_there(self.criteria, found))
        most = max(self.search.wanted * _OVER, _LEAST_LOOKED)
        new = [one for one in once if one.key not in self._taken][:most]
        self._taken |= {one.key for one in new}
        proposals = await self._open_ones(new)
        if not proposals:
            return
        step, began = self.progress.begin(f"Reading the sites of {counted(len(proposals))}")
        await self.progress.save()  # slow sites are seen to be read
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(place: int, proposal: Proposal, is_known: bool) -> None:
            async with room:
                if not self._is_over():
                    step.found += await self._look_at(place, proposal, is_known=is_known)

        await together(*(one(place, *proposal) for place, proposal in enumerate(proposals)))
        step.state = StepState.OK if step.found else StepState.EMPTY
        await self.progress.end(step, step.found, began)

    async def _open_ones(self, proposals: Sequence[Proposal]) -> list[tuple[Proposal, bool]]:
        """Without those that are not to be proposed; with each whether somebody there is a lead."""
        found = await standing_of(self.deps, self.workspace_id, SearchId(self.search.id), proposals)
        for one in proposals:
            if one.key in found.dismissed:
                self.progress.leave_out(one.key, f"{one.name}: dismissed in an earlier search")
            elif one.domain in found.suppressed:
                self.progress.leave_out(one.key, f"{one.name}: on your do-not-contact list")
        shut = {*found.dismissed, *self.progress.seen}
        return [rules.with_lead(one, found.leads_at) for one in proposals if one.key not in shut]

    def _is_over(self) -> bool:
        return (
            self.progress.is_stopped or self.proposed >= self.search.wanted or self.progress.cents_left <= 0
        )

    async def _look_at(self, place: int, proposal: Proposal, *, is_known: bool) -> bool:
        """Read, judge, store. True: it was proposed."""
        calls: list[NewUsage] = []
        try:
            candidate = await self._candidate(place, proposal, calls, is_known=is_known)
        finally:
            self.progress.note(calls)  # also where the time is up: they were asked
        is_new = candidate is not None and candidate.state is CandidateState.PROPOSED
        if is_new and self.proposed >= self.search.wanted:
            candidate, is_new = None, False
        self.proposed += is_new
        await self.progress.save(candidate)
        return is_new

    async def _candidate(
        self, place: int, proposal: Proposal, calls: list[NewUsage], *, is_known: bool
    ) -> NewCandidate | None:
        """None: it is known not to fit."""
        pages: list[ReadPage] = []
        if not is_known:
            before = proposal.key
            proposal, pages = await self._read(proposal, calls)
            if proposal.key != before:
                if proposal.key in self._taken or not (standing := await self._open_ones([proposal])):
                    self.progress.seen.append(before)
                    return None
                self._taken.add(proposal.key)
                is_known = standing[0][1]
        if pages and not proposal.is_on_map and (what := rules.tells_of_many(pages[0])):
            if what == rules.DIRECTORY:
                self._lists += [pages[0].url, *(url for _, url in proposal.sources)]
            self.progress.leave_out(proposal.key, f"{proposal.name}: {what}, not one of them")
            return None
        judged = rules.judged(self.criteria, proposal, pages)
        if not rules.is_told(proposal, judged, is_known=is_known):
            self.progress.leave_out(proposal.key, rules.why_not(proposal, judged))
            return None
        named = await self._whom(proposal, pages, calls)
        state = CandidateState.KNOWN if is_known else CandidateState.PROPOSED
        return _candidate_of(place, proposal, pages, judged, named, state)

    async def _whom(self, proposal: Proposal, pages: list[ReadPage], calls: list[NewUsage]) -> Named:
        """Whom its pages name: by code, else by a model."""
        named = Named(rules.whom_to_write_to(pages, self.criteria.role))
        if named.person is None and pages:
            left = self.progress.seconds_left
            named = await named_by_model(
                self.deps, proposal, pages, self.criteria.role, calls, seconds_left=left
            )
        return replace(named, person=await with_consent(self.deps, self.workspace_id, named.person))

    async def _read(self, proposal: Proposal, calls: list[NewUsage]) -> tuple[Proposal, list[ReadPage]]:
        """The company as its own site tells of it, and that site's pages."""
        moved, read = await site_of(self.deps, proposal, calls)
        settled, pages = rules.settled(moved, read)
        return rules.named_by_itself(settled, pages), list(pages)


def counted(companies: int) -> str:
    return f"{companies} companies" if companies != 1 else "1 company"


def _candidate_of(
    place: int,
    proposal: Proposal,
    pages: Sequence[ReadPage],
    judged: Sequence[Evidence],
    named: Named,
    state: CandidateState,
) -> NewCandidate:
    person = named.person
    met, lacks_person = rules.order_of(judged, person)
    return NewCandidate(
        key=proposal.key,
        position=(met + 10) * 10_000 + lacks_person * 1_000 + place,
        company=proposal.name,
        company_domain=proposal.domain,
        website_url=proposal.website,
        phone=proposal.phone or next((one.e164 for page in pages for one in page.phones), None),
        location=rules.location_of(proposal, judged, pages),
        person=person.name if person else None,
        title=person.title if person else None,
        email=person.email if person else None,
        evidence={
            "criteria": [asdict(one) for one in judged],
            "person": {"quote": person.quote, "url": person.url} if person else None,
            "problem": named.problem,
            "unread": bool(not pages and state is CandidateState.PROPOSED),
        },
        state=state,
    )
