"""Whom a company's pages name, read by a model without tools where code found nobody; every word is checked."""

from db.queries.evidence import NewUsage
from pipeline.clients.llm.tasks import NamedPeople, labelled
from pipeline.deps import Deps
from pipeline.errors import RainmakerError
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


async def named_by_model(
    deps: Deps, proposal: Proposal, pages: list[ReadPage], role: str | None, calls: list[NewUsage]
) -> ChosenPerson | None:
    """None where the pages name nobody, or no model answers: nobody is guessed."""
    people: list[ChosenPerson] = []
    for page in sorted(pages, key=lambda page: "team" not in page.url)[:_MOST_PAGES]:
        if len(page.prose) < 200:
            continue
        try:
            await deps.research.rates.take("openai_api")
            parsed = await deps.llm.parse(
                instructions=PROMPT,
                text=labelled({"company": proposal.name, "url": page.url, "page": page.prose[:_MOST_READ]}),
                schema=NamedPeople,
                max_tokens=800,
            )
        except RainmakerError as error:
            log.info("people_not_read", reason=str(error))
            calls.append(NewUsage(service="openai", endpoint=NamedPeople.__name__, error=str(error)[:300]))
            return None
        spent = parsed.usage
        calls.append(
            NewUsage(
                service="openai",
                endpoint=NamedPeople.__name__,
                model=parsed.model,
                tokens_used=spent.input_tokens + spent.output_tokens,
                cost_cents=deps.settings.model_cents(spent.input_tokens, spent.output_tokens),
            )
        )
        people += [
            ChosenPerson(one.name.strip(), one.title.strip(), None, one.quote.strip()[:300], page.url)
            for one in parsed.value.people
            if _holds(one.name, one.title, one.quote, page.text)
        ]
    return best_of(people, role)


def _holds(name: str, title: str, quote: str, page_text: str) -> bool:
    """The quote stands in the page, name and title in the quote, and nobody is ordered about."""
    words = name.split()
    return (
        2 <= len(words) <= 5
        and bool(title.strip())
        and mentions_person(quote, name)
        and is_quoted(title, quote, page_text)
        and not addresses_a_machine(quote)
    )
