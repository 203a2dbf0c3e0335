"""Taking one research step: ask the outside, extract by code, hand back what to store. It stores nothing.

Whatever the outside does ends as a state with a sentence: `failed` is never `empty`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from db.queries.evidence import NewUsage
from db.queries.pages import NewPage
from db.types import PageId, ResearchTool, StepState
from pipeline.clients.apify_inputs import ActorKind
from pipeline.clients.asked import Asked, listening, telling
from pipeline.clients.breakers import NotAsked
from pipeline.clients.browser import BrowserMissing, BrowserSession
from pipeline.clients.llm.wire import Unusable
from pipeline.clients.search import SearchFailed
from pipeline.deps import Deps
from pipeline.errors import BadSettings, Blocked, Permanent, RainmakerError
from pipeline.jobs import research_books as books
from pipeline.jobs.research_actors import FACTS_OF, asked
from pipeline.jobs.research_pages import article_date, read_aside, variants, with_hints
from pipeline.jobs.research_reading import Readable, dated, read
from pipeline.rules.company_match import FREE_MAIL, domain_of
from pipeline.rules.company_site import names_itself
from pipeline.rules.dedupe import canonical_url
from pipeline.rules.email_guess import NoGuess, guess_address, votes_of
from pipeline.rules.extraction_facts import FoundFact, facts_of_page, is_about, is_companys
from pipeline.rules.extraction_items import item_text
from pipeline.rules.extraction_results import Result, facts_of_results
from pipeline.rules.page_parts import most_telling, parts_of
from pipeline.rules.scoring import WeighedFact
from pipeline.rules.strategy import Action, Found, PageSeen, Step

READER_VERSION = "reader 3"  # of what code takes from a page; goes up with what it takes
_NO_CENTS = Decimal(0)


@dataclass(frozen=True, slots=True)
class Draft:
    """A page to store with the facts it bears out; with `page_id`, one that is stored already."""

    page: NewPage | None
    facts: tuple[FoundFact, ...]
    seen: PageSeen | None = None
    page_id: PageId | None = None
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a step ended, and all there is to store of it."""

    step: Step
    tool: ResearchTool
    state: StepState
    ms: int
    drafts: tuple[Draft, ...] = ()
    brought: Mapping[str, Any] = field(default_factory=dict[str, Any])
    usage: tuple[NewUsage, ...] = ()
    cost_cents: Decimal = _NO_CENTS
    error: str | None = None
    version: str | None = None  # of the tool

    @property
    def facts(self) -> list[FoundFact]:
        return [fact for draft in self.drafts for fact in draft.facts]

    def weighed(self, now: datetime) -> list[WeighedFact]:
        """The facts as they are once stored."""
        return [
            WeighedFact(
                fact.field,
                fact.value,
                fact.confidence,
                fact.published_on,
                draft.page.url if draft.page else draft.url,
                now,
            )
            for draft in self.drafts
            for fact in draft.facts
        ]


@dataclass(frozen=True, slots=True)
class Took:
    """What a step brought, before it is timed."""

    drafts: tuple[Draft, ...] = ()
    brought: Mapping[str, Any] = field(default_factory=dict[str, Any])
    usage: tuple[NewUsage, ...] = ()  # besides what the clients tell of themselves
    tool: ResearchTool | None = None
    is_empty: bool = False
    version: str | None = None


_TOOLS = {
    Action.SEARCH: ResearchTool.GOOGLE_SEARCH,
    Action.FETCH: ResearchTool.FETCH,
    Action.BROWSE: ResearchTool.BROWSER,
    Action.ACTOR: ResearchTool.APIFY,
    Action.READ: ResearchTool.FETCH,
    Action.GUESS: ResearchTool.PATTERN,
}


class StepTaker:
    """Takes the steps of one run. `region`: ISO country for phone numbers, where known. `wrong`: addresses that
    must not be guessed again."""

    def __init__(self, deps: Deps, region: str | None, wrong: frozenset[str] = frozenset()) -> None:
        self._deps = deps
        self._region, self._wrong = region, wrong
        self._browser: BrowserSession | None = None
        self._browsing = asyncio.Lock()
        self._stack, self._is_at_work = AsyncExitStack(), False
        self._prose: dict[str, tuple[str, date | None]] = {}
        self.readable: dict[str, Readable] = {}
        self.called_off: tuple[NewUsage, ...] = ()  # what was asked in steps that were called off

    async def close(self) -> None:
        await self._stack.aclose()

    async def take(self, step: Step, found: Found, seconds_left: float) -> Outcome:
        """Never raises for what the outside does."""
        if not self._is_at_work:
            self._is_at_work = True
            self._stack.enter_context(self._deps.research.apify.at_work())
        began = self._deps.clock.monotonic()
        with listening() as heard:
            try:
                return await self._taken(step, found, seconds_left, began, heard)
            except asyncio.CancelledError:
                is_read = step.action is Action.READ
                cut_off = books.failed_call(step, self._ms(began), None) if is_read else ()
                self.called_off += (*books.heard(heard), *cut_off)
                raise

    async def _taken(
        self, step: Step, found: Found, seconds_left: float, began: float, heard: list[Asked]
    ) -> Outcome:
        try:
            took = await self._take(step, found, seconds_left)
        except SearchFailed as failure:
            usage = books.searched(failure.attempts)
            return self._ended(step, began, StepState.FAILED, usage=usage, error=str(failure))
        except (Blocked, BrowserMissing) as refusal:
            took = Took(brought={"no_browser": True}) if isinstance(refusal, BrowserMissing) else None
            usage = books.heard(heard)
            return self._ended(step, began, StepState.SKIPPED, took=took, error=str(refusal), usage=usage)
        except RainmakerError as error:
            usage = books.heard(heard)
            if step.action in (Action.ACTOR, Action.READ) and not isinstance(error, NotAsked | BadSettings):
                usage += books.failed_call(step, self._ms(began), error)
            no_model = step.action is Action.READ and isinstance(error, NotAsked | Unusable)
            took = Took(brought={"no_model": True}) if no_model else None
            return self._ended(step, began, StepState.FAILED, took=took, error=str(error), usage=usage)
        state = StepState.EMPTY if took.is_empty else StepState.OK
        return self._ended(step, began, state, took=took, usage=(*books.heard(heard), *took.usage))

    async def _take(self, step: Step, found: Found, seconds_left: float) -> Took:
        match step.action:
            case Action.SEARCH:
                return await self._search(step, found)
            case Action.FETCH:
                return await self._fetch(step, found)
            case Action.BROWSE:
                return await self._browse(step, found)
            case Action.ACTOR:
                return await self._actor(step, found, seconds_left)
            case Action.READ:
                return await self._read(step, found, seconds_left)
            case Action.GUESS:
                return await self._guess(found)

    def _ended(
        self,
        step: Step,
        began: float,
        state: StepState,
        *,
        took: Took | None = None,
        usage: Sequence[NewUsage] = (),
        error: str | None = None,
    ) -> Outcome:
        took = took or Took()
        return Outcome(
            step=step,
            tool=took.tool or _TOOLS[step.action],
            state=state,
            ms=self._ms(began),
            drafts=took.drafts,
            brought=took.brought,
            usage=tuple(usage),
            cost_cents=sum((call.cost_cents for call in usage), _NO_CENTS),
            error=error,
            version=took.version,
        )

    def _telling(self, service: str, endpoint: str) -> AbstractContextManager[None]:
        return telling(service, endpoint, self._deps.clock.monotonic)

    def _ms(self, began: float) -> int:
        return round((self._deps.clock.monotonic() - began) * 1000)

    # The kinds of step

    async def _search(self, step: Step, found: Found) -> Took:
        answer = await self._deps.research.search.search(step.target)
        results = [
            Result(result.url, result.title, result.snippet, result.published_on) for result in answer.results
        ]
        drafts = [
            Draft(self._page(one.result.url, one.result.title, one.result.text, None, answer.tool), one.facts)
            for one in facts_of_results(results, found.subject)
        ]
        return Took(
            tuple(drafts),
            {"query": step.target, "results": [_json(asdict(result)) for result in results]},
            books.searched(answer.attempts),
            answer.tool,
            is_empty=not results,
            version=f"{answer.tool.value} api",
        )

    async def _fetch(self, step: Step, found: Found) -> Took:
        problem: RainmakerError | None = None
        for url in variants(step.target):
            try:
                page = await self._deps.research.fetch.fetch(url)
            except RainmakerError as error:
                # What a site said outweighs that another spelling of it did not answer.
                if problem is None or (isinstance(error, Permanent) and not isinstance(problem, Permanent)):
                    problem = error
                if "robots.txt" in str(error) and isinstance(error, Blocked):
                    problem = error
                    break
            else:
                return await self._took_page(page.html, page.url, page.status, ResearchTool.FETCH, found)
        raise problem or Permanent("There was nothing to read.")

    async def _browse(self, step: Step, found: Found) -> Took:
        await self._check_robots(step.target)
        async with self._browsing:
            if self._browser is None:
                self._browser = await self._stack.enter_async_context(self._deps.research.browser.session())
            with self._telling("browse", urlsplit(step.target).hostname or ""):  # with all it loads
                page = await self._browser.render(step.target)
        if page.url != step.target:
            await self._check_robots(page.url)
        return await self._took_page(page.html, page.url, page.status, ResearchTool.BROWSER, found)

    async def _check_robots(self, url: str) -> None:
        """Of the page a browser is to open, and of the one it was led to."""
        if not await self._deps.research.fetch.allowed(url):
            raise Blocked("robots.txt does not allow this page.")

    async def _actor(self, step: Step, found: Found, seconds_left: float) -> Took:
        word, _, target = step.target.partition(" ")
        call = asked(self._deps.settings, ActorKind(word), target, found)
        if call is None:
            raise Blocked("No Apify actor is set for this.")
        wait = timedelta(seconds=max(1.0, min(seconds_left - 2, 120)))
        cents = Decimal(str(step.cents))
        answer = await self._deps.research.apify.ask(
            call, wait=wait, most_items=20, most_cents=cents * 2, likely_cents=cents
        )
        actor, region = call.actor, self._region
        drafts: list[Draft] = []
        for item in answer.items:
            text = item_text(item)
            facts = FACTS_OF[ActorKind(word)](item, text, found.subject, region)
            if facts:
                url = next(
                    (str(item[name]) for name in ("originalStartUrl", "url", "website") if item.get(name)), ""
                )
                drafts.append(
                    Draft(self._page(url or actor, None, text, None, ResearchTool.APIFY), tuple(facts))
                )
        endpoint = f"{actor} (estimated cost)" if answer.is_estimated else actor
        usage = NewUsage(
            service="apify_actors", endpoint=endpoint, cost_cents=answer.cost_cents, error=answer.note
        )
        calls = () if answer.cached else (usage,)
        brought = {"items": len(answer.items), "is_partial": answer.is_partial}
        return Took(tuple(drafts), brought, calls, is_empty=not answer.items, version=actor)

    async def _read(self, step: Step, found: Found, seconds_left: float) -> Took:
        page = self.readable.get(canonical_url(step.target))
        if page is None:
            raise Blocked("The page is no longer there to be read.")
        reading = await read(self._deps, page, step.part, found.subject, seconds_left)
        draft = Draft(None, reading.facts, page_id=page.page_id, url=page.url)
        brought = {"claimed": reading.claimed, "kept": len(reading.facts)}
        return Took((draft,), brought, (reading.usage,), is_empty=not reading.facts, version=reading.version)

    async def _guess(self, found: Found) -> Took:
        """By the company's own published addresses, and only where it takes mail. Raises Blocked with why not."""
        domain = found.subject.domain
        takes_mail: bool | None = None
        if domain is not None and domain not in FREE_MAIL and found.patterns:
            with self._telling("dns", domain):  # its MX and address records are one question
                takes_mail = bool(await self._deps.research.dns.mail_servers(domain))
        guess = guess_address(
            found.subject.name, domain, found.patterns, takes_mail=takes_mail, not_these=self._wrong
        )
        if isinstance(guess, NoGuess):
            raise Blocked(guess.because)
        return Took(brought={"guess": asdict(guess)}, version="pattern 1")

    # What they share

    async def _took_page(self, html: str, url: str, status: int, tool: ResearchTool, found: Found) -> Took:
        page = await read_aside(html, url, self._region)
        subject, own = found.subject, domain_of(url)
        brought: dict[str, Any] = {"url": url, "title": page.title, "links": []}
        if page.needs_browser and tool is ResearchTool.FETCH:
            brought["needs_browser"] = [url]
            brought["why_browser"] = page.needs_browser
        theirs = is_companys(page, subject)
        if theirs and not found.site_is_sure and subject.company is not None:
            named = names_itself(page, subject.company)
            if named is None:  # to be seen in a browser first
                return Took((Draft(self._page(url, page.title, page.text, status, tool), ()),), brought)
            brought["site_of" if named else "not_site_of"] = own
            if not named:
                draft = Draft(self._page(url, page.title, page.text, status, tool), ())
                return Took((draft,), brought | {"needs_browser": []})
        published_on, hints = article_date(page), tuple[FoundFact, ...]()
        if theirs:
            page, hints = await with_hints(page, html)
        facts = (*dated(facts_of_page(page, subject), None if theirs else published_on), *hints)
        parts = parts_of(page.prose)
        seen = PageSeen(
            url=url,
            characters=len(page.prose),
            companys=theirs,
            about=is_about(page, subject),
            language=page.language,
            region=page.region,
            parts=most_telling(parts, subject),
        )
        if theirs and own is not None:
            brought["links"] = [[link.url, link.text] for link in page.links[:150]]
            brought["patterns"] = votes_of(page.text, [email.address for email in page.emails], own)
        draft = Draft(self._page(url, page.title, page.text, status, tool), facts, seen)
        self._prose[canonical_url(page.url)] = page.prose, None if theirs else published_on
        return Took((draft,), brought, is_empty=not page.lines and not facts, version=READER_VERSION)

    def stored(self, page: NewPage, page_id: PageId) -> None:
        """The page has an id now, so a model may read it."""
        prose, published_on = self._prose.get(page.canonical_url, ("", None))
        if prose:
            self.readable[page.canonical_url] = Readable(page_id, page.url, page.text, prose, published_on)

    def _page(
        self, url: str, title: str | None, text: str, status: int | None, tool: ResearchTool
    ) -> NewPage:
        return NewPage(
            url=url,
            canonical_url=canonical_url(url) if "://" in url else url,
            title=title,
            text=text,
            status_code=status,
            via=tool,
            retrieved_at=self._deps.clock.now(),
        )


def _json(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in item.items()}
