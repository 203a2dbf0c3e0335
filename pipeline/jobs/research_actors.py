"""What a run asks Apify's actors, and how their items are read."""

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.clients.apify_inputs import ActorCall, ActorKind, actor_call
from pipeline.rules.extraction_facts import FoundFact, Subject
from pipeline.rules.extraction_items import contact_facts, people_facts, place_facts, profile_facts
from pipeline.rules.strategy import Found
from pipeline.settings import Settings

FACTS_OF: dict[ActorKind, Callable[[Mapping[str, Any], str, Subject, str | None], list[FoundFact]]] = {
    ActorKind.CONTACTS: contact_facts,
    ActorKind.PLACES: place_facts,
    ActorKind.COMPANY: profile_facts,
    ActorKind.PEOPLE: people_facts,
}


def asked(settings: Settings, kind: ActorKind, target: str, found: Found) -> ActorCall | None:
    """None where no such actor is set. Raises BadSettings where its input is no JSON object."""
    domain = found.subject.domain
    known = found.website_url or (f"https://{domain}" if domain else None)
    urls = [known] if known else []
    if kind is ActorKind.CONTACTS and not found.website_url:
        urls = [f"https://{target}", f"http://{target}"]
    limit = 3 if kind is ActorKind.PLACES else 12
    return actor_call(settings, kind, urls=urls, queries=[target], limit=limit)
