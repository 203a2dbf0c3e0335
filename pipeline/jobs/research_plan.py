"""A run's plan as people are shown it, and the lead and its facts as the rules want them."""

from collections.abc import Iterable
from typing import Any

from db.models.lead import Lead
from db.models.research import Fact
from db.queries.evidence import KnownFact
from db.types import EmailStatus, StepState
from pipeline.rules.company_match import company_domain_of, domain_of
from pipeline.rules.extraction_facts import Subject
from pipeline.rules.scoring import WeighedFact
from pipeline.rules.strategy import Action, Found, NotTaken, Step

UNSURE = (EmailStatus.MISSING, EmailStatus.GUESSED, EmailStatus.INVALID)
COLUMNS = (
    "name",
    "email",
    "company",
    "company_domain",
    "title",
    "linkedin_url",
    "website_url",
    "twitter_url",
    "ig_url",
    "phone",
    "location",
)


def columns_of(lead: Lead) -> dict[str, str | None]:
    """The lead's own columns; an address that is not sure counts as none."""
    columns: dict[str, str | None] = {name: getattr(lead, name) for name in COLUMNS}
    if lead.email_status in UNSURE:
        columns["email"] = None
    return columns


def weighed_facts(facts: Iterable[Fact | KnownFact]) -> list[WeighedFact]:
    return [
        WeighedFact(
            fact.field, fact.value, float(fact.confidence), fact.published_on, fact.url, fact.retrieved_at
        )
        for fact in facts
    ]


def start_of(columns: dict[str, str | None]) -> Found:
    website = columns["website_url"]
    site_domain = domain_of(website) if website else None
    subject = Subject(
        name=columns["name"] or "",
        company=columns["company"],
        domain=columns["company_domain"] or company_domain_of(columns["email"]) or site_domain,
        email=columns["email"],
        linkedin_url=columns["linkedin_url"],
    )
    return Found(
        subject=subject,
        website_url=website,
        location=columns["location"],
        site_is_sure=subject.domain is not None,
    )


def entry_of(step: Step, state: str, why: str | None = None) -> dict[str, Any]:
    """A step as people are shown it, and as it is found again after a crash."""
    where = "url" if "://" in step.target else "query"
    return {
        "key": step.key,
        "tool": step.action.value,
        "kind": step.kind,
        "title": step.title,
        "why": why,
        "state": state,
        "found": 0,
        "ms": 0,
        "cents": 0.0,
        where: step.target,
        "part": step.part,
        "error": None,
    }


def step_of(entry: dict[str, Any]) -> Step:
    return Step(
        action=Action(entry["tool"]),
        target=entry.get("url") or entry.get("query") or "",
        title=entry["title"],
        kind=entry.get("kind") or "",
        chances={},
        seconds=0,
        cents=0,
        order=0,
        part=entry.get("part") or 0,
    )


def left_out(ones: Iterable[NotTaken]) -> list[dict[str, str]]:
    return [{"tool": one.step.action.value, "title": one.step.title, "reason": one.reason} for one in ones]


def failures(plan: dict[str, Any]) -> list[str]:
    """Sentences of the steps that failed, each once."""
    return list(
        dict.fromkeys(
            step["error"]
            for step in plan["steps"]
            if step["state"] == StepState.FAILED.value and step["error"]
        )
    )
