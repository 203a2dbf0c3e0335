"""Taking one research step: ask the outside, extract by code, hand back what to store. It stores nothing.

Whatever the outside does ends as a state with a sentence: `failed` is never `empty`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from db.queries.evidence import NewPage, NewUsage
from db.types import PageId, ResearchTool, StepState
from pipeline.clients.browser import BrowserMissing, BrowserSession
from pipeline.clients.llm.tasks import ExtractedFacts, labelled
from pipeline.clients.search import Attempt, SearchFailed
from pipeline.deps import Deps
from pipeline.errors import Blocked, Permanent, RainmakerError
from pipeline.rules.dedupe import canonical_url
from pipeline.rules.extraction import read_page
from pipeline.rules.extraction_facts import FoundFact, checked_claims, facts_of_page, is_about, is_companys
from pipeline.rules.extraction_items import contact_facts, item_text, place_facts
from pipeline.rules.extraction_results import Result, facts_of_results
from pipeline.rules.scoring import FACT_FIELDS, MODEL_FIELDS
from pipeline.rules.strategy import Action, Found, PageSeen, Step

PROMPT = (Path(__file__).parent.parent / "prompts" / "extract.md").read_text()
INSTRUCTIONS = PROMPT.format(
    fields="\n".join(f"- {name}: {FACT_FIELDS[name].means}" for name in MODEL_FIELDS)
)
_MOST_READ = 14_000  # characters of a page a model reads
_READ_TOKENS = 3000
# What a token costs is not told by the servers; these are the list prices of the size of model we name.
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

    @property
    def facts(self) -> list[FoundFact]:
        return [fact for draft in self.drafts for fact in draft.facts]


@dataclass(frozen=True, slots=True)
class Took:
    """What a step brought, before it is timed."""

    drafts: tuple[Draft, ...] = ()
    brought: Mapping[str, Any] = field(default_factory=dict[str, Any])
    usage: tuple[NewUsage, ...] = ()
    tool: ResearchTool | None = None
    is_empty: bool = False


@dataclass(frozen=True, slots=True)
class Readable:
    """A stored page a model may read."""

    page_id: PageId
    url: str
    text: str  # what quotes are checked against
    prose: str


_TOOLS = {
    Action.SEARCH: ResearchTool.GOOGLE_SEARCH,
    Action.FETCH: ResearchTool.FETCH,
    Action.BROWSE: ResearchTool.BROWSER,
    Action.ACTOR: ResearchTool.APIFY,
    Action.READ: ResearchTool.FETCH,
}


class StepTaker:
    """Takes the steps of one run. `region`: ISO country for phone numbers, where known."""

    def __init__(self, deps: Deps, region: str | None) -> None:
        self._deps = deps
        self._region = region
        self._browser: BrowserSession | None = None
        self._browsing = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._prose: dict[str, str] = {}
        self.readable: dict[str, Readable] = {}

    async def close(self) -> None:
        await self._stack.aclose()

    async def take(self, step: Step, found: Found, seconds_left: float) -> Outcome:
        """Never raises for what the outside does."""
        began = self._deps.clock.monotonic()
        try:
            took = await self._take(step, found, seconds_left)
        except SearchFailed as failure:
            usage = _search_usage(failure.attempts)
            return self._ended(step, began, StepState.FAILED, usage=usage, error=str(failure))
        except (Blocked, BrowserMissing) as refusal:
            return self._ended(
                step, began, StepState.SKIPPED, error=str(refusal), usage=self._call(step, began)
            )
        except RainmakerError as error:
            usage = self._call(step, began, str(error))
            return self._ended(step, began, StepState.FAILED, error=str(error), usage=usage)
        state = StepState.EMPTY if took.is_empty else StepState.OK
        usage = took.usage or self._call(step, began)
        return self._ended(step, began, state, took=took, usage=usage)

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
                return await self._read(step, found)

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
        )

    def _call(self, step: Step, began: float, error: str | None = None) -> tuple[NewUsage, ...]:
        """One call to a site, the browser, an actor or a model that is not priced otherwise."""
        services = {Action.ACTOR: "apify_actors", Action.READ: "openai"}
        endpoint = urlsplit(step.target).hostname if "://" in step.target else step.target.split(" ")[0]
        return (
            NewUsage(
                service=services.get(step.action, step.action.value),
                endpoint=endpoint,
                response_time_ms=self._ms(began),
                error=error[:300] if error else None,
            ),
        )

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
            _search_usage(answer.attempts),
            answer.tool,
            is_empty=not results,
        )

    async def _fetch(self, step: Step, found: Found) -> Took:
        problem: RainmakerError | None = None
        for url in _variants(step.target):
            try:
                page = await self._deps.research.fetch.fetch(url)
            except Blocked as refusal:
                if problem is None or "robots.txt" in str(refusal):
                    problem = refusal
                if "robots.txt" in str(refusal):
                    break
            except RainmakerError as error:
                problem = error
            else:
                return self._took_page(page.html, page.url, page.status, ResearchTool.FETCH, found)
        raise problem or Permanent("There was nothing to read.")

    async def _browse(self, step: Step, found: Found) -> Took:
        if not await self._deps.research.fetch.allowed(step.target):
            raise Blocked("robots.txt does not allow this page.")
        async with self._browsing:
            if self._browser is None:
                self._browser = await self._stack.enter_async_context(self._deps.research.browser.session())
            page = await self._browser.render(step.target)
        return self._took_page(page.html, page.url, page.status, ResearchTool.BROWSER, found)

    async def _actor(self, step: Step, found: Found, seconds_left: float) -> Took:
        kind, _, target = step.target.partition(" ")
        settings, region = self._deps.settings, self._region
        if kind == "contacts":
            sites = [found.website_url] if found.website_url else [f"https://{target}", f"http://{target}"]
            actor = settings.apify_contact_actor
            run_input: dict[str, Any] = {
                "startUrls": [{"url": site} for site in sites],
                "maxDepth": 2,
                "maxRequests": 12,
                "maxRequestsPerStartUrl": 12,
                "sameDomain": True,
            }
        else:
            actor = settings.apify_places_actor
            run_input = {
                "searchStringsArray": [target],
                "maxCrawledPlacesPerSearch": 3,
                "language": "en",
                "skipClosedPlaces": False,
            }
        wait = timedelta(seconds=max(1.0, min(seconds_left - 2, 120)))
        answer = await self._deps.research.apify.run(
            actor, run_input, wait=wait, most_items=20, most_cents=Decimal(str(step.cents)) * 2
        )
        drafts: list[Draft] = []
        for item in answer.items:
            text = item_text(item)
            facts_of = contact_facts if kind == "contacts" else place_facts
            facts = facts_of(item, text, found.subject, region)
            if facts:
                url = next(
                    (str(item[name]) for name in ("originalStartUrl", "url", "website") if item.get(name)), ""
                )
                drafts.append(
                    Draft(self._page(url or actor, None, text, None, ResearchTool.APIFY), tuple(facts))
                )
        usage = NewUsage(service="apify_actors", endpoint=actor, cost_cents=answer.cost_cents)
        return Took(tuple(drafts), {"items": len(answer.items)}, (usage,), is_empty=not answer.items)

    async def _read(self, step: Step, found: Found) -> Took:
        page = self.readable.get(canonical_url(step.target))
        if page is None:
            raise Permanent("The page is no longer there to be read.")
        await self._deps.research.rates.take("openai_api")
        subject = found.subject
        about = {
            "name": subject.name,
            "company": subject.company,
            "domain": subject.domain,
            "email": subject.email,
        }
        began = self._deps.clock.monotonic()
        parsed = await self._deps.llm.parse(
            instructions=INSTRUCTIONS,
            text=labelled({"subject": about, "url": page.url, "page": page.prose[:_MOST_READ]}),
            schema=ExtractedFacts,
            max_tokens=_READ_TOKENS,
        )
        facts = checked_claims(parsed.value.facts, page.text, subject, self._today())
        usage = NewUsage(
            service="openai",
            endpoint=ExtractedFacts.__name__,
            model=parsed.model,
            tokens_used=parsed.usage.input_tokens + parsed.usage.output_tokens,
            cost_cents=self._deps.settings.model_cents(parsed.usage.input_tokens, parsed.usage.output_tokens),
            response_time_ms=self._ms(began),
        )
        draft = Draft(None, tuple(facts), page_id=page.page_id, url=page.url)
        brought = {"claimed": len(parsed.value.facts), "kept": len(facts)}
        return Took((draft,), brought, (usage,), is_empty=not facts)

    # What they share

    def _took_page(self, html: str, url: str, status: int, tool: ResearchTool, found: Found) -> Took:
        page = read_page(html, url, self._region)
        facts = facts_of_page(page, found.subject)
        companys = is_companys(page, found.subject)
        seen = PageSeen(
            url=url,
            characters=len(page.prose),
            companys=companys,
            about=is_about(page, found.subject),
            language=page.language,
            region=page.region,
        )
        brought: dict[str, Any] = {
            "url": url,
            "title": page.title,
            "links": [[link.url, link.text] for link in page.links[:150]] if companys else [],
        }
        if page.needs_browser and tool is ResearchTool.FETCH:
            brought["needs_browser"] = [url]
            brought["why_browser"] = page.needs_browser
        draft = Draft(self._page(url, page.title, page.text, status, tool), tuple(facts), seen)
        self._prose[canonical_url(page.url)] = page.prose
        return Took((draft,), brought, is_empty=not page.lines and not facts)

    def stored(self, page: NewPage, page_id: PageId) -> None:
        """The page has an id now, so a model may read it."""
        prose = self._prose.get(page.canonical_url)
        if prose:
            self.readable[page.canonical_url] = Readable(page_id, page.url, page.text, prose)

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

    def _today(self) -> date:
        return self._deps.clock.now().date()


def _variants(url: str) -> list[str]:
    """A site's front page may answer at another spelling: with `www.`, or at http only."""
    parts = urlsplit(url)
    if parts.path.strip("/") or parts.query:
        return [url]
    host = parts.hostname or ""
    other = host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"
    schemes = ("https", "http") if parts.scheme == "https" else ("http", "https")
    return [f"{scheme}://{name}/" for scheme in schemes for name in (host, other)]


def _search_usage(attempts: Sequence[Attempt]) -> tuple[NewUsage, ...]:
    return tuple(
        NewUsage(
            service=attempt.service,
            endpoint="search",
            cost_cents=attempt.cost_cents,
            response_time_ms=attempt.ms,
            error=attempt.error[:300] if attempt.error else None,
        )
        for attempt in attempts
    )


def _json(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in item.items()}
