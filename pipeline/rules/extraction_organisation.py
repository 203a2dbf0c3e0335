"""Whose page it is: every place that names the owner is heard, agreement and closeness to the domain decide."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from pipeline.rules.company_match import company_domain_of, company_key, domain_of, is_platform
from pipeline.rules.dedupe import plain
from pipeline.rules.extraction_naming import Named, is_generic, tidied

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
    def label(self) -> str:
        """The domain without its suffix, letters and digits only: what a company's name is near to."""
        for url in (self.url, self.canonical):
            domain = domain_of(url) if url else None
            if domain and not is_platform(f"https://{domain}"):
                return _squeezed(domain.split(".")[0])
        domains = [domain for email in self.emails if (domain := company_domain_of(email))]
        return _squeezed(max(domains, key=domains.count).split(".")[0]) if domains else ""


def organisation_named(named: Sequence[Named], lines: Sequence[str], whereabouts: Whereabouts) -> str:
    """The name as the page writes it; empty where nothing names an owner. `named`: what markup and page say;
    `lines`: the visible text, in which the domain is looked for as words."""
    label = whereabouts.label
    heard = [candidate for name in named if (candidate := _candidate(name))]
    if label:
        heard += [
            candidate for name in _spelled_as_domain(named, lines, label) if (candidate := _candidate(name))
        ]
    if not heard:
        return _of_domain(whereabouts)
    groups = _groups(heard)
    best = max(groups, key=lambda group: _support(group, heard, label))
    named_by_domain = _of_domain(whereabouts) if _is_doubtful(best, heard, label) else ""
    return named_by_domain or _best_spelling(best, label)


def _is_doubtful(group: Sequence[_Candidate], heard: Sequence[_Candidate], label: str) -> bool:
    """A piece of the title or a heading that is nothing like the domain: an article or an offer, not its owner.
    Names in other scripts can't be compared."""
    if not label or not {candidate.place for candidate in group} <= _PASSING:
        return False
    strange = all(_squeezed(one.name) and not closeness(one.name, label) for one in group)
    return strange and _support(group, heard, label) < _DOUBTFUL


def _of_domain(whereabouts: Whereabouts) -> str:
    """The best guess where nothing is written: the domain's own words."""
    domain = next(
        (domain for url in (whereabouts.url, whereabouts.canonical) if url and (domain := domain_of(url))), ""
    )
    if not domain or is_platform(f"https://{domain}"):
        return ""
    return " ".join(word.capitalize() for word in domain.split(".")[0].split("-"))


def _candidate(named: Named) -> _Candidate | None:
    name = tidied(named.name)
    key = _key(name)
    if not key or is_generic(name) or len(name) > _LONGEST or len(name.split()) > _MOST_WORDS:
        return None
    return _Candidate(name, key, named.place, named.weight)


def _key(name: str) -> str:
    return re.sub(
        r"\.(com|net|org|de|co\.uk|fr|it|es|ru|pl|dk|sk|cz|lt|nl)$",
        "",
        company_key(re.sub(r"^www\.", "", name.lower())),
    )


def _squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", plain(text))


def _spelled_as_domain(named: Sequence[Named], lines: Sequence[str], label: str) -> Iterator[Named]:
    """Words on the page that, written together, are the domain: `Brooklyn Brew Shop` for brooklynbrewshop.com."""
    if len(label) < 3:
        return
    yielded = 0
    for text in (*(name.name for name in named), *lines[:600]):
        words = text.split() if len(text) < 1500 else []
        for place, word in enumerate(words):
            bare = word.lstrip("\"'(«“„")
            if not bare or (bare[0].isascii() and bare[0].lower() != label[0]):
                continue
            start = _squeezed(word)
            if not start or not label.startswith(start) or yielded > 25:
                continue
            spelled, length = start, 1
            while len(spelled) < len(label) and place + length < len(words) and length < 7:
                spelled += _squeezed(words[place + length])
                length += 1
            written = " ".join(words[place : place + length]).strip(' ,.;:|!?()[]"“”©®™-–')
            if (
                spelled == label
                and "@" not in written
                and "/" not in written
                and not written.lower().startswith("www.")
            ):
                yielded += 1
                # one word is a piece of an address, or of a longer name, as likely as the name
                yield Named(
                    written, "domain", 1.4 if " " in written else 0.8 if written[:1].isupper() else 0.5
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
    for candidate in group:
        places[candidate.place] = max(places.get(candidate.place, 0), candidate.weight)
    key = group[0].key
    kin = {
        candidate.place: candidate.weight
        for candidate in heard
        if candidate not in group and len(key) > 3 and len(candidate.key) > 3
        and re.search(rf"(?<!\w){re.escape(key)}(?!\w)", candidate.key)
    }  # fmt: skip
    related = sum(weight for place, weight in kin.items() if place not in places)
    return (sum(places.values()) + 0.35 * related) * (1 + 1.6 * max(closeness(c.name, label) for c in group))


@lru_cache(maxsize=2048)
def closeness(name: str, label: str) -> float:
    """0 to 1: how likely the domain was made of this name."""
    squeezed = _squeezed(company_key(name)) or _squeezed(name)
    if not label or not squeezed:
        return 0.0
    full = _squeezed(name)
    if label in (squeezed, full):
        return 1.0
    if (
        re.sub(
            r"^(the|my|get|go|shop|visit|try)|(inc|usa|us|uk|online|shop|store|hq|co|group|gmbh|ltd|app)$",
            "",
            label,
        )
        == squeezed
    ):
        return 0.95
    words = [_squeezed(word) for word in re.split(r"[\s&+,/-]+", name) if _squeezed(word)]
    initials = {
        "".join(word[0] for word in words),
        "".join(w[0] for w in words if w not in ("of", "the", "and", "for")),
    }
    if len(label) >= 3 and label in initials:
        return 0.85
    if len(label) >= 4 and label in squeezed:
        return 0.5 + 0.45 * len(label) / len(squeezed)
    if len(squeezed) >= 4 and squeezed in label:
        return 0.35 + 0.55 * len(squeezed) / len(label)
    if len(words) > 1 and len(label) >= 4 and _of_prefixes(label, words):
        return 0.7
    ratio = fuzz.ratio(squeezed, label) / 100
    return 0.6 * ratio if ratio > 0.7 else 0.0


def _of_prefixes(label: str, words: Sequence[str]) -> bool:
    """`firemtn` of `Fire Mountain`: the domain is the beginnings of the words, in order."""
    rest = label
    for word in words:
        length = 0
        while length < min(len(word), len(rest)) and word[length] == rest[length]:
            length += 1
        rest = rest[length:]
        if not rest:
            return True
    return False


def _best_spelling(group: Sequence[_Candidate], label: str) -> str:
    """The commonest by weight; not all capitals or small letters where another spelling stands."""
    weights: dict[str, float] = {}
    for candidate in group:
        name = candidate.name
        plainness = 0.6 if (name.isupper() and len(name) > 5) or name.islower() else 1.0
        weights[name] = weights.get(name, 0) + candidate.weight * plainness * (
            1 + 0.3 * closeness(name, label)
        )
    return max(weights, key=lambda name: weights[name])
