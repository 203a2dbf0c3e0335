"""Whose page it is: every place that names the owner is heard, agreement and closeness to the domain decide."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from rapidfuzz import fuzz

from pipeline.rules.company_match import company_domain_of, company_key, domain_of, is_platform
from pipeline.rules.extraction_closeness import closeness, squeezed
from pipeline.rules.extraction_generic import is_generic, is_tool, tidied
from pipeline.rules.extraction_naming import Named
from pipeline.rules.words import word_set

_LONGEST, _MOST_WORDS = 80, 9
_SAME = 88
_DOUBTFUL = 1.2  # support below which the domain's own words are likelier
_PASSING = frozenset(("title", "heading"))  # places that change from page to page


@dataclass(frozen=True, slots=True)
class _Candidate:
    """`weight`: how often such a place names the owner."""

    name: str
    key: str
    place: str
    weight: float


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The address of the page, and what tells the domain where it has none."""

    url: str
    canonical: str | None = None
    emails: tuple[str, ...] = ()

    @property
    def is_front(self) -> bool:
        path = re.split(r"[?#]", self.url.partition("//")[2], maxsplit=1)[0].partition("/")[2].rstrip("/")
        return not path or re.fullmatch(r"(?:index|home|default)(?:\.\w{2,5})?|[a-z]{2}", path) is not None

    @property
    def label(self) -> str:
        """The domain without its suffix, letters and digits only: what a company's name is near to."""
        for url in (self.url, self.canonical):
            domain = domain_of(url) if url else None
            if domain and not is_platform(f"https://{domain}"):
                return squeezed(domain.split(".")[0])
        domains = [domain for email in self.emails if (domain := company_domain_of(email))]
        return squeezed(max(domains, key=domains.count).split(".")[0]) if domains else ""


def organisation_named(named: Sequence[Named], lines: Sequence[str], whereabouts: Whereabouts) -> str:
    """The name as the page writes it; empty where nothing names an owner. `named`: what markup and page say;
    `lines`: the visible text, in which the domain is looked for as words."""
    label = whereabouts.label
    heard = [candidate for name in named if (candidate := _candidate(name, label))]
    if label:
        heard += [
            candidate
            for name in _spelled_as_domain(named, lines, label)
            if (candidate := _candidate(name, label))
        ]
    if not heard:
        return _of_domain(whereabouts)
    heard = [_by_itself(one, heard) if one.place == _WITHIN else one for one in heard]
    groups = _groups(heard)
    best = max(groups, key=lambda group: _support(group, heard, label))
    named_by_domain = _of_domain(whereabouts) if _is_doubtful(best, heard, whereabouts) else ""
    return named_by_domain or _best_spelling(best, label)


def _is_doubtful(group: Sequence[_Candidate], heard: Sequence[_Candidate], whereabouts: Whereabouts) -> bool:
    """A piece of the title or a heading that is nothing like the domain: an article or an offer, not its owner. Title
    and heading that agree name the site on its front page, elsewhere the page. Some scripts can't be compared."""
    label = whereabouts.label
    if not label or not {candidate.place for candidate in group} <= _PASSING:
        return False
    if not all(squeezed(one.name) and not closeness(one.name, label) for one in group):
        return False
    return not whereabouts.is_front or _support(group, heard, label) < _DOUBTFUL


def _of_domain(whereabouts: Whereabouts) -> str:
    """The best guess where nothing is written: the domain's own words."""
    domain = next(
        (domain for url in (whereabouts.url, whereabouts.canonical) if url and (domain := domain_of(url))), ""
    )
    if not domain or is_platform(f"https://{domain}"):
        return ""
    return " ".join(word.capitalize() for word in domain.split(".")[0].split("-"))


def _candidate(named: Named, label: str) -> _Candidate | None:
    name = tidied(named.name)
    key = _key(name)
    if not key or is_generic(name) or len(name) > _LONGEST or len(name.split()) > _MOST_WORDS:
        return None
    if is_tool(name) and squeezed(key) != label:
        return None
    return _Candidate(name, key, named.place, named.weight)


_SUFFIX = re.compile(r"(?<=\w)\.(?:[a-z]{2,3}\.[a-z]{2}|com|net|org|info|biz|[a-z]{2})$")


def _key(name: str) -> str:
    """`Acme.com` is `Acme`."""
    return company_key(_SUFFIX.sub("", name.lower().removeprefix("www.")))


def _spelled_as_domain(named: Sequence[Named], lines: Sequence[str], label: str) -> Iterator[Named]:
    """Words on the page that, written together, are the domain: `Brooklyn Brew Shop` for brooklynbrewshop.com."""
    if len(label) < 3:
        return
    yielded = 0
    for text in (*(name.name for name in named), *lines[:600]):
        if len(text) >= 1500 or (text.isascii() and label not in _BETWEEN.sub("", text.lower())):
            continue  # whatever its words are, written together they are not the domain
        words = text.split()
        for place, word in enumerate(words):
            bare = word.lstrip("\"'(«“„")
            if not bare or (bare[0].isascii() and bare[0].lower() != label[0]):
                continue
            start = squeezed(word)
            if not start or not label.startswith(start) or yielded > 25:
                continue
            spelled, length = start, 1
            while len(spelled) < len(label) and place + length < len(words) and length < 7:
                spelled += squeezed(words[place + length])
                length += 1
            written = " ".join(words[place : place + length]).strip(' ,.;:|!?()[]"“”©®™-–')
            if spelled == label and "@" not in written and "/" not in written and not _is_host(written):
                yielded += 1
                # one word is a piece of an address, or of a longer name, as likely as the name
                weight = 1.4 if " " in written else 0.8 if written[:1].isupper() else 0.5
                yield Named(written, _WITHIN if _goes_on(words, place, length) else "domain", weight)


_BETWEEN = re.compile(r"[^a-z0-9]+")
_SEPARATORS = word_set("| - – — : » › • · / ~ ::")  # between the pieces of a title
_WITHIN = "within"  # the domain's words within a longer name
_OF_LONGER = 0.25
_LINKING = frozenset(
    ("and", "und", "et", "y", "e", "of", "de", "für", "for", "og", "och", "en", "i", "&", "+")
)
_OPENING = frozenset(
    ("the", "visit", "about", "why", "from", "at", "by", "follow", "join", "shop", "my", "der", "die")
)


def _is_host(written: str) -> bool:
    return written.lower().startswith("www.")


def _goes_on(words: Sequence[str], place: int, length: int) -> bool:
    """Do these words stand within a longer name, `Fire Mountain Gems` in `Fire Mountain Gems and Beads`?"""
    is_end = words[place + length - 1][-1:] in ",.;:|!?)" or place + length == len(words)
    if is_end:
        before = list(takewhile(lambda word: word not in _SEPARATORS, reversed(words[:place])))
        return 0 < len(before) <= 2 and all(
            _is_of_name(one) and one.lower() not in _OPENING for one in before
        )
    after = words[place + length : place + length + 2]
    return _is_of_name(after[-1] if after[0].lower() in _LINKING else after[0])


# Where a longer name is the whole of what stands there; a copyright line names whom the brand belongs to.
_WHOLE_NAMES = frozenset(
    ("markup", "site name", "website", "labelled", "brand", "card", "address", "imprint", "application-name")
)
_WHOLE_TITLE = 1.1  # weight of a title that is one piece


def _by_itself(one: _Candidate, heard: Iterable[_Candidate]) -> _Candidate:
    """As if it stood alone, unless another place knows the longer name as well."""
    longer = any(
        (other.place in _WHOLE_NAMES or (other.place == "title" and other.weight >= _WHOLE_TITLE))
        and len(other.key) > len(one.key)
        and _stands_as_words(one.key, other.key)
        for other in heard
    )
    return one if longer else replace(one, place="domain")


def _is_of_name(word: str) -> bool:
    """A capital word that is no menu's and no legal form."""
    bare = word.strip("\"'(«“„,.;:|!?)")
    return (
        bare[:1].isupper()
        and len(bare) > 1
        and not is_generic(bare)
        and squeezed(company_key(f"x {bare}")) != "x"
    )


def _groups(heard: Sequence[_Candidate]) -> list[list[_Candidate]]:
    groups: list[list[_Candidate]] = []
    for candidate in heard[:80]:
        for group in groups:
            if _same(group[0].key, candidate.key):
                group.append(candidate)
                break
        else:
            groups.append([candidate])
    return groups


def _same(one: str, other: str) -> bool:
    return (
        one == other
        or one.replace(" ", "") == other.replace(" ", "")
        or fuzz.token_sort_ratio(one, other) >= _SAME
    )


def _support(group: Sequence[_Candidate], heard: Iterable[_Candidate], label: str) -> float:
    """Each kind of place once; a part or an extension of the name counts a little for it."""
    places: dict[str, float] = {}
    for one in group:
        place, share = ("domain", _OF_LONGER) if one.place == _WITHIN else (one.place, 1.0)
        places[place] = max(places.get(place, 0), share * one.weight)
    near = 1 + 1.6 * max(closeness(one.name, label) for one in group)
    key = group[0].key
    if len(key) <= 3 or all(one.place == _WITHIN for one in group):
        return sum(places.values()) * near
    kin = {
        one.place: one.weight
        for one in heard
        if len(one.key) > 3 and _stands_as_words(key, one.key) and one not in group
    }
    related = sum(weight for place, weight in kin.items() if place not in places)
    return (sum(places.values()) + 0.35 * related) * near


def _stands_as_words(part: str, whole: str) -> bool:
    """By hand: a pattern for each name would push all others out of the cache of patterns."""
    at = whole.find(part)
    while at >= 0:
        end = at + len(part)
        before, after = whole[at - 1 : at] if at else "", whole[end : end + 1]
        if not (before.isalnum() or before == "_" or after.isalnum() or after == "_"):
            return True
        at = whole.find(part, at + 1)
    return False


def _best_spelling(group: Sequence[_Candidate], label: str) -> str:
    """The commonest by weight; not all capitals or small letters where another spelling stands."""
    weights: dict[str, float] = {}
    spelled_as_domain: dict[str, float] = {}
    for one in group:
        is_odd = (one.name.isupper() and len(one.name) > 5) or one.name.islower() or _SUFFIX.search(one.name)
        weight = one.weight * (0.6 if is_odd else 1.0) * (1 + 0.3 * closeness(one.name, label))
        if one.place in ("domain", _WITHIN):  # found as often as the text repeats it
            spelled_as_domain[one.name] = max(weight, spelled_as_domain.get(one.name, 0))
        else:
            weights[one.name] = weights.get(one.name, 0) + weight
    for name, weight in spelled_as_domain.items():
        weights[name] = weights.get(name, 0) + weight
    return max(weights, key=lambda name: weights[name])
