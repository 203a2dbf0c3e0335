"""Whom a company's pages name, read by a model without tools where code found nobody; every word is checked."""

from dataclasses import dataclass
from decimal import Decimal

from db.queries.evidence import NewUsage
from pipeline.clients.asked import listening
from pipeline.clients.breakers import NotAsked
from pipeline.clients.llm.tasks import NamedPeople, labelled
from pipeline.deps import Deps
from pipeline.errors import RainmakerError
from pipeline.jobs.find_progress import usage
from pipeline.jobs.model_answer import model_answer
from pipeline.jobs.prompt import prompt
from pipeline.logs import get_logger
from pipeline.rules.addressed import addresses_a_machine
from pipeline.rules.company_match import mentions_person
from pipeline.rules.extraction import ReadPage, is_quoted
from pipeline.rules.finding import ChosenPerson, Proposal, best_of

log = get_logger(__name__)
PROMPT = prompt("people").text
_MOST_READ = 12_000  # characters of a page
_MOST_PAGES = 2


@dataclass(frozen=True, slots=True)
class Named:
    """`problem`: why a page could not be read; where nobody is named then, nobody knows whether somebody is."""

    person: ChosenPerson | None = None
    problem: str | None = None


async def named_by_model(
    deps: Deps,
    proposal: Proposal,
    pages: list[ReadPage],
    role: str | None,
    calls: list[NewUsage],
    *,
    seconds_left: float,
) -> Named:
    """Nobody where the pages name nobody, or no model answers: nobody is guessed. `calls` takes what was asked."""
    people: list[ChosenPerson] = []
    until, problem = deps.clock.monotonic() + seconds_left, None
    for page in sorted(pages, key=lambda page: "team" not in page.url)[:_MOST_PAGES]:
        if len(page.prose) < 200:
            continue
        with listening() as heard:
            try:
                people += await _read(deps, proposal, page, until, calls)
            except RainmakerError as error:
                log.info("people_not_read", reason=str(error))
                problem = str(error)
                if not isinstance(error, NotAsked):
                    calls.append(_usage(0, problem))
        calls += [_usage(call.ms, call.error) for call in heard]
        if problem:
            break
    best = best_of(people, role)
    return Named(best, problem if best is None else None)


async def _read(
    deps: Deps, proposal: Proposal, page: ReadPage, until: float, calls: list[NewUsage]
) -> list[ChosenPerson]:
    """Raises NotAsked, and what the model's client raises."""
    about = {"company": proposal.name, "url": page.url, "page": page.prose[:_MOST_READ]}
    parsed, began = await model_answer(
        deps, instructions=PROMPT, text=labelled(about), schema=NamedPeople, max_tokens=800, until=until
    )
    spent = parsed.usage
    calls.append(
        NewUsage(
            service="openai",
            endpoint=NamedPeople.__name__,
            model=parsed.model,
            tokens_used=spent.input_tokens + spent.output_tokens,
            cost_cents=deps.settings.model_cents(spent.input_tokens, spent.output_tokens),
            response_time_ms=round((deps.clock.monotonic() - began) * 1000),
        )
    )
    return [
        ChosenPerson(one.name.strip(), one.title.strip(), None, one.quote.strip()[:300], page.url)
        for one in parsed.value.people
        if is_named(one.name, one.title, one.quote, page.text)
    ]


def _usage(ms: int, error: str | None) -> NewUsage:
    return usage("openai", Decimal(0), ms, error, NamedPeople.__name__)


def is_named(name: str, title: str, quote: str, page_text: str) -> bool:
    """The quote stands in the page, name and title in the quote, and nobody is ordered about."""
    words = name.split()
    return (
        2 <= len(words) <= 5
        and bool(title.strip())
        and mentions_person(quote, name)
        and is_quoted(title, quote, page_text)
        and not addresses_a_machine(quote)
    )
