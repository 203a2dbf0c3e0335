"""A model reads a stored page, or a part of a long one: what it is asked, and what of its answer holds."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from db.queries.evidence import NewUsage
from db.types import PageId
from pipeline.clients.llm.tasks import ExtractedFacts, labelled
from pipeline.deps import Deps
from pipeline.errors import Blocked
from pipeline.jobs.model_answer import model_answer
from pipeline.jobs.prompt import prompt
from pipeline.rules.conflicts import SINGLE
from pipeline.rules.extraction_facts import FoundFact, Subject, checked_claims
from pipeline.rules.page_parts import parts_of
from pipeline.rules.scoring import FACT_FIELDS, MODEL_FIELDS

PROMPT = prompt("extract").text
INSTRUCTIONS = PROMPT.format(
    fields="\n".join(f"- {name}: {FACT_FIELDS[name].means}" for name in MODEL_FIELDS)
)
PROMPT_VERSION = hashlib.sha256(INSTRUCTIONS.encode()).hexdigest()[:8]
_ANSWER_TOKENS = 3000


@dataclass(frozen=True, slots=True)
class Readable:
    """A stored page a model may read."""

    page_id: PageId
    url: str
    text: str  # what quotes are checked against
    prose: str
    published_on: date | None = None  # of the article it is, where it is one


@dataclass(frozen=True, slots=True)
class Reading:
    facts: tuple[FoundFact, ...]
    claimed: int
    usage: NewUsage
    version: str


async def read(deps: Deps, page: Readable, part: int, subject: Subject, seconds_left: float) -> Reading:
    """Raises Blocked where there is no such part, NotAsked, and what the model's client raises."""
    parts = parts_of(page.prose)
    if part >= len(parts):
        raise Blocked("This part of the page is no longer there to be read.")
    about = {
        "name": subject.name,
        "company": subject.company,
        "domain": subject.domain,
        "email": subject.email,
    }
    text = labelled({"subject": about, "url": page.url, "page": parts[part]})
    parsed, began = await model_answer(
        deps,
        instructions=INSTRUCTIONS,
        text=text,
        schema=ExtractedFacts,
        max_tokens=_ANSWER_TOKENS,
        until=deps.clock.monotonic() + seconds_left,
    )
    facts = checked_claims(parsed.value.facts, page.text, subject, deps.clock.now().date())
    usage = NewUsage(
        service="openai",
        endpoint=ExtractedFacts.__name__,
        model=parsed.model,
        tokens_used=parsed.usage.input_tokens + parsed.usage.output_tokens,
        cost_cents=deps.settings.model_cents(parsed.usage.input_tokens, parsed.usage.output_tokens),
        response_time_ms=round((deps.clock.monotonic() - began) * 1000),
    )
    version = f"{parsed.model} prompt {PROMPT_VERSION}"
    return Reading(dated(facts, page.published_on), len(parsed.value.facts), usage, version)


def dated(facts: Sequence[FoundFact], published_on: date | None) -> tuple[FoundFact, ...]:
    """What an article says of a person's title or address is as old as the article."""
    return tuple(
        replace(fact, published_on=published_on)
        if published_on and fact.published_on is None and fact.field in SINGLE
        else fact
        for fact in facts
    )
