"""What actors are asked, by the settings: which actor does what, and how it wants its input.

Several sites or several searches go into one run: an actor's cold start is paid once. An actor other than the
known ones is told its input by a JSON template of the settings, in which "$sites" stands for a list of
`{"url": …}`, "$urls" for the bare addresses, "$queries" for the searches, "$limit" for how much of each is wanted
and "$total" for how much in all. Questions of several leads are joined where the input still means the same: not
where a template knows a "$limit" only, which may be meant for the whole run.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
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
    """`is_checked`: who reads its items can tell whose they are. `template` None: it goes alone."""

    actor: str
    run_input: dict[str, Any]
    urls: tuple[str, ...] = field(default=(), compare=False)
    queries: tuple[str, ...] = field(default=(), compare=False)
    limit: int = field(default=0, compare=False)
    is_checked: bool = field(default=False, compare=False)
    template: dict[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def kin(self) -> str | None:
        """Equal for questions that one run can answer."""
        return json.dumps([self.actor, self.limit, self.template], sort_keys=True) if self.template else None


def joined(calls: Sequence[ActorCall]) -> dict[str, Any]:
    """One input for questions of the same kin; each site and search once."""
    first = calls[0]
    if len(calls) == 1 or first.template is None:
        return first.run_input
    urls = dict.fromkeys(url for call in calls for url in call.urls)
    queries = dict.fromkeys(query for call in calls for query in call.queries)
    total = sum(call.limit for call in calls)
    return _filled(first.template, _values(list(urls), list(queries), first.limit, total))


# The inputs as the actors' own pages give them: `startUrls` and `searchStringsArray` are lists, the numbers are for
# the whole run (`maxRequests`), for each start address or for each search. The first refuses to run without a proxy.
_KNOWN: dict[ActorKind, dict[str, Any]] = {
    ActorKind.CONTACTS: {
        "startUrls": "$sites",
        "maxDepth": 2,
        "maxRequests": "$total",
        "maxRequestsPerStartUrl": 12,
        "sameDomain": True,
        "proxyConfig": {"useApifyProxy": True},
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
    template = _template(settings, kind)
    can_join = template is _KNOWN.get(kind) or _is_for_many(template)
    return ActorCall(
        actor,
        _filled(template, _values(urls, queries, limit, limit)),
        tuple(urls),
        tuple(queries),
        limit,
        is_checked=kind is not ActorKind.CONTACTS,
        template=template if can_join else None,
    )


def _values(urls: Sequence[str], queries: Sequence[str], limit: int, total: int) -> dict[str, Any]:
    return {
        "$sites": [{"url": url} for url in urls],
        "$urls": list(urls),
        "$queries": list(queries),
        "$limit": limit,
        "$total": total,
    }


def _is_for_many(template: dict[str, Any]) -> bool:
    text = json.dumps(template)
    takes_lists = any(f'"{name}"' in text for name in ("$sites", "$urls", "$queries"))
    return takes_lists and ('"$limit"' not in text or '"$total"' in text)


def _template(settings: Settings, kind: ActorKind) -> dict[str, Any]:
    name = f"apify_{kind.value}_input"
    text: str = getattr(settings, name)
    if not text:
        return _KNOWN.get(kind, {"urls": "$urls", "queries": "$queries", "maxItems": "$total"})
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
