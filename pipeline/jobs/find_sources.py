"""Where companies come from: maps, search engines, and the directories that these name."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from db.queries.evidence import NewUsage
from db.types import StepState
from pipeline.clients.apify import RunFailed
from pipeline.clients.apify_inputs import ActorKind, actor_call
from pipeline.clients.asked import listening
from pipeline.clients.breakers import NotAsked
from pipeline.clients.search import Attempt, SearchFailed
from pipeline.deps import Deps
from pipeline.errors import RainmakerError
from pipeline.jobs.find_progress import Noted, Progress, robots_read, together, usage
from pipeline.rules import finding as rules
from pipeline.rules.extraction import ReadPage, read_page
from pipeline.rules.finding import Proposal
from pipeline.rules.finding_criteria import Criteria

ACTOR_SECONDS = 120.0
_ACTOR_CENTS = Decimal(25)
_MOST_PLACES = 60
_DIRECTORIES = 2  # read at a time
_LISTS, _ENTRIES = 2, 8  # pages of each
_FEW_LISTED = 3
_ENOUGH = 6  # found by search, where few are wanted
_ENDING_SECONDS = 6.0  # of a source's time, for stopping what is late and reading what it has


@dataclass
class Sources:
    """`found` grows as sources answer: whoever has no time to wait for all takes what is there."""

    deps: Deps
    criteria: Criteria
    wanted: int
    progress: Progress
    found: list[Proposal] = field(default_factory=list[Proposal])
    _hosts_read: set[str] = field(default_factory=set[str])

    async def ask(self, seconds: float) -> None:
        """At most so long. Raises LeaseLost."""
        try:
            async with asyncio.timeout(seconds):
                await together(self._maps(seconds - _ENDING_SECONDS), self._search())
        except TimeoutError:
            self.progress.close_steps("It took too long; the search went on without it.")

    async def _maps(self, seconds: float) -> None:
        apify, cents = self.deps.research.apify, min(_ACTOR_CENTS, self.progress.cents_left)
        limit = min(self.wanted * 2, _MOST_PLACES)
        words = [rules.place_search(self.criteria)]
        call = actor_call(self.deps.settings, ActorKind.PLACES, queries=words, limit=limit)
        if not apify.is_set or call is None or cents <= 0:
            return
        step, began = self.progress.begin("Asking the map for companies")
        calls: list[NewUsage] = []
        wait = timedelta(seconds=max(1.0, min(ACTOR_SECONDS, seconds)))
        new: list[Proposal] = []
        try:
            answer = await apify.run(
                call.actor, call.run_input, wait=wait, most_items=limit, most_cents=cents
            )
            new = [one for one in map(rules.of_place, answer.items) if one is not None]
            step.state = StepState.OK if new else StepState.EMPTY
            step.error = "It was not done in time; this is what it had found." if answer.is_partial else None
            if not answer.cached:
                calls.append(usage(apify.service, answer.cost_cents, self._ms(began), step.error, call.actor))
        except RainmakerError as error:
            step.state, step.error = StepState.FAILED, str(error)
            if not isinstance(error, NotAsked):
                spent = error.cost_cents if isinstance(error, RunFailed) else Decimal(0)
                calls.append(usage(apify.service, spent, self._ms(began), str(error), call.actor))
        self.found += new
        await self.progress.end(step, len(new), began, calls)

    async def _search(self) -> None:
        found: list[Proposal] = []
        directories: dict[str, str] = {}
        for query in rules.queries(self.criteria):
            if len(rules.merged(found)) >= max(self.wanted * 2, _ENOUGH) or self.progress.cents_left <= 0:
                break
            step, began = self.progress.begin(f"Searching “{query[:80]}”")
            calls: list[NewUsage] = []
            new: list[Proposal] = []
            try:
                answer = await self.deps.research.search.search(query)
                calls = _asked(answer.attempts)
                for one in answer.results:
                    if proposal := rules.of_result(one.url, one.title, one.snippet):
                        new.append(proposal)
                    elif rules.is_directory(one.url, one.title):
                        directories.setdefault(one.url, one.title)
                step.state = StepState.OK if new else StepState.EMPTY
            except SearchFailed as failure:
                step.state, step.error = StepState.FAILED, str(failure)
                calls = _asked(failure.attempts)
            self.found += new
            found += new
            await self.progress.end(step, len(new), began, calls)
            if step.state == StepState.FAILED:
                break
        await self.read_directories(directories)

    async def read_directories(self, urls: Iterable[str]) -> None:
        """Lists of companies, and their pages about single ones: each of their sites as one step."""
        by_host: dict[str, list[str]] = {}
        for url in dict.fromkeys(urls):
            host = urlsplit(url).hostname or ""
            if host not in self._hosts_read:
                by_host.setdefault(host, []).append(url)
        chosen = dict(list(by_host.items())[:_DIRECTORIES])
        self._hosts_read |= chosen.keys()
        await together(*(self._directory(host, some) for host, some in chosen.items()))

    async def _directory(self, host: str, urls: Sequence[str]) -> None:
        step, began = self.progress.begin(f"Reading the directory {host}")
        await self.progress.save()
        calls: list[NewUsage] = []
        lists = [url for url in urls if not rules.is_entry(url)][:_LISTS]
        pages = await self._pages(lists, calls)
        entries = [url for url in urls if rules.is_entry(url)]
        for page in pages:
            if len(rules.listed(page)) < _FEW_LISTED:  # it leads to pages of its own first
                entries += rules.entries(page, (self.criteria.kind, self.criteria.place or ""), _ENTRIES)
        pages += await self._pages(list(dict.fromkeys(entries))[:_ENTRIES], calls)
        new = rules.merged(one for page in pages for one in rules.listed(page))
        step.state = StepState.OK if new else StepState.EMPTY if pages else StepState.FAILED
        step.error = None if pages else next((call.error for call in calls if call.error), None)
        self.found += new
        await self.progress.end(step, len(new), began, calls)

    async def _pages(self, urls: Sequence[str], calls: list[NewUsage]) -> list[ReadPage]:
        """Those that could be read. `calls` takes what was asked for."""

        async def one(url: str) -> ReadPage | None:
            began, error, page, is_cached = self.deps.clock.monotonic(), None, None, False
            with listening() as heard:
                try:
                    got = await self.deps.research.fetch.fetch(url)
                    is_cached, page = got.cached, await asyncio.to_thread(read_page, got.html, got.url)
                except RainmakerError as refusal:
                    error = str(refusal)
            calls.extend(robots_read(heard))
            if is_cached:
                return page
            calls.append(usage("fetch", Decimal(0), self._ms(began), error, urlsplit(url).hostname))
            return page

        return [page for page in await together(*map(one, urls)) if page is not None]

    def _ms(self, began: float) -> int:
        return self.progress.ms(began)


def none_answered(steps: Sequence[Noted]) -> str | None:
    """Why, where every source that was asked failed."""
    if not all(step.state == StepState.FAILED for step in steps):
        return None
    return next((step.error for step in steps if step.error), "Nothing could be asked: no source is set up.")


def _asked(attempts: Sequence[Attempt]) -> list[NewUsage]:
    return [usage(one.service, one.cost_cents, one.ms, one.error, "search") for one in attempts if one.asked]
