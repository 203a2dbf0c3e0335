"""What actors are asked, by the settings: which actor does what, and how it wants its input.

Several sites or several searches go into one run: an actor's cold start is paid once. An actor other than the
known ones is told its input by a JSON template of the settings, in which "$sites" stands for a list of
`{"url": …}`, "$urls" for the bare addresses, "$queries" for the searches, "$limit" for a number.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from pipeline.errors import BadSettings
from pipeline.settings import Settings


class ActorKind(StrEnum):
    CONTACTS = "contact"  # what stands on sites
    PLACES = "places"  # businesses by words and place
    COMPANY = "company"  # a company's profile; opt-in
    PEOPLE = "people"  # people of a company; opt-in


@dataclass(frozen=True, slots=True)
class ActorCall:
    actor: str
    run_input: dict[str, Any]


_KNOWN: dict[ActorKind, dict[str, Any]] = {
    ActorKind.CONTACTS: {
        "startUrls": "$sites",
        "maxDepth": 2,
        "maxRequests": "$limit",
        "maxRequestsPerStartUrl": 12,
        "sameDomain": True,
    },
    ActorKind.PLACES: {
        "searchStringsArray": "$queries",
        "maxCrawledPlacesPerSearch": "$limit",
        "language": "en",
        "skipClosedPlaces": False,
    },
}


def actor_call(
    settings: Settings,
    kind: ActorKind,
    *,
    urls: Sequence[str] = (),
    queries: Sequence[str] = (),
    limit: int = 12,
) -> ActorCall | None:
    """None where no actor is set for this. Raises BadSettings where its template is no JSON object."""
    actor: str | None = getattr(settings, f"apify_{kind.value}_actor")
    if not actor:
        return None
    values = {
        "$sites": [{"url": url} for url in urls],
        "$urls": list(urls),
        "$queries": list(queries),
        "$limit": limit,
    }
    return ActorCall(actor, _filled(_template(settings, kind), values))


def _template(settings: Settings, kind: ActorKind) -> dict[str, Any]:
    name = f"apify_{kind.value}_input"
    text: str = getattr(settings, name)
    if not text:
        return _KNOWN.get(kind, {"urls": "$urls", "queries": "$queries", "maxItems": "$limit"})
    try:
        template = json.loads(text)
    except ValueError:
        template = None
    if not isinstance(template, dict):
        raise BadSettings(f"{name.upper()} is not a JSON object.")
    return cast("dict[str, Any]", template)


def _filled(value: Any, values: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value)
        return {key: _filled(item, values) for key, item in pairs.items()}
    if isinstance(value, list):
        return [_filled(item, values) for item in cast("list[Any]", value)]
    return values.get(value, value) if isinstance(value, str) else value
