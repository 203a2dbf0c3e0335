"""A guess at somebody's address, from how the company builds the addresses it publishes. Never more than a guess.

Patterns are read off published addresses together with the names that stand beside them; an address whose name is
not known counts less. A guess says what it rests on, and is made for the company's own domain only.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.rules.company_match import FREE_MAIL, company_domain_of
from pipeline.rules.extraction_contacts import is_role_address

_NEAR = 160  # characters before and after an address in which its owner may be named
_BY_SHAPE = 0.5  # of a vote: `jane.miller@` without a name beside it could be last name first
_MOST = 0.9  # nothing but an answer makes it surer


@dataclass(frozen=True, slots=True)
class Pattern:
    name: str  # as people are shown it
    build: Callable[[str, str], str]
    prior: float  # how often companies use it, where nothing else is known


PATTERNS = (
    Pattern("first.last", lambda first, last: f"{first}.{last}", 0.35),
    Pattern("flast", lambda first, last: f"{first[0]}{last}", 0.22),
    Pattern("first", lambda first, last: first, 0.15),
    Pattern("firstlast", lambda first, last: f"{first}{last}", 0.06),
    Pattern("f.last", lambda first, last: f"{first[0]}.{last}", 0.05),
    Pattern("firstl", lambda first, last: f"{first}{last[0]}", 0.04),
    Pattern("last", lambda first, last: last, 0.03),
    Pattern("last.first", lambda first, last: f"{last}.{first}", 0.02),
    Pattern("first_last", lambda first, last: f"{first}_{last}", 0.02),
    Pattern("first-last", lambda first, last: f"{first}-{last}", 0.01),
    Pattern("lastf", lambda first, last: f"{last}{first[0]}", 0.01),
    Pattern("lastfirst", lambda first, last: f"{last}{first}", 0.01),
)
_BY_NAME = {pattern.name: pattern for pattern in PATTERNS}


class Vote(NamedTuple):
    """One published address speaks for a pattern. `owner`: a digest of it, so that it counts once."""

    pattern: str
    owner: str
    weight: float


@dataclass(frozen=True, slots=True)
class Guess:
    address: str
    confidence: float  # 0 to 1
    because: str  # one sentence for people


@dataclass(frozen=True, slots=True)
class NoGuess:
    because: str


def votes_of(text: str, addresses: Iterable[str], domain: str) -> tuple[Vote, ...]:
    """What a page's addresses at the company's domain tell. `text`: the page, names and all."""
    votes: list[Vote] = []
    for address in addresses:
        if company_domain_of(address) != domain or is_role_address(address):
            continue
        vote = _vote(address.lower(), text)
        if vote is not None:
            votes.append(vote)
    return tuple(votes)


def _vote(address: str, text: str) -> Vote | None:
    local = address.partition("@")[0]
    owner = hashlib.sha256(address.encode()).hexdigest()[:12]
    for first, last in _names_beside(address, text):
        for pattern in PATTERNS:
            if pattern.build(first, last) == local:
                return Vote(pattern.name, owner, 1.0)
    by_shape = re.fullmatch(r"([a-z]+)([._-])([a-z]+)", local)
    if by_shape is None or len(by_shape[3]) == 1:
        return None
    if len(by_shape[1]) == 1:
        return Vote("f.last", owner, _BY_SHAPE) if by_shape[2] == "." else None
    name = {".": "first.last", "_": "first_last", "-": "first-last"}[by_shape[2]]
    return Vote(name, owner, _BY_SHAPE)


def _names_beside(address: str, text: str) -> Iterable[tuple[str, str]]:
    """Pairs of capitalised words around each place of the address, spelled as in addresses."""
    for place in list(re.finditer(re.escape(address), text, re.IGNORECASE))[:3]:
        around = (
            f"{text[max(0, place.start() - _NEAR) : place.start()]}\n{text[place.end() : place.end() + 60]}"
        )
        for line in around.splitlines():
            words = re.findall(r"[^\W\d_][\w'’-]*", line)
            for at, word in enumerate(words):
                for following in words[at + 1 : at + 4]:
                    if word[:1].isupper() and following[:1].isupper():
                        for first in spellings(word):
                            yield from ((first, last) for last in spellings(following))


def guess_address(
    name: str,
    domain: str | None,
    votes: Sequence[Vote],
    *,
    takes_mail: bool | None,
    not_these: Collection[str] = (),
) -> Guess | NoGuess:
    """The likeliest address of that person at that domain. `takes_mail`: has the domain a mail server (RFC 7505's
    null MX has none); None where DNS did not answer. `not_these`: addresses known to be wrong or another's."""
    if domain is None:
        return NoGuess("The company's domain is not known, so there is nothing to guess from.")
    if domain in FREE_MAIL:
        return NoGuess(f"{domain} is a free mail service: an address there can't be guessed.")
    if takes_mail is None:
        return NoGuess(f"DNS did not say whether {domain} takes mail, so no address was guessed.")
    if not takes_mail:
        return NoGuess(f"{domain} takes no mail (it has no mail server), so no address was guessed.")
    first, last = name_parts(name)
    if not spellings(first) or (last and not spellings(last)):
        return NoGuess("The name has no Latin letters that an address could be built from.")
    best = _one_each(votes)
    counts = Counter(vote.pattern for vote in best)
    counted: dict[str, float] = {}
    for vote in best:
        counted[vote.pattern] = counted.get(vote.pattern, 0.0) + vote.weight
    if not counted:
        return NoGuess(f"{domain} publishes no person's address that would show how it builds them.")
    wrong = {address.lower() for address in not_these}
    for pattern, sure in _likeliest(counted, has_last=bool(last)):
        for given in spellings(first):
            for family in spellings(last) if last else ("",):
                address = f"{pattern.build(given, family)}@{domain}"
                if address not in wrong:
                    spelled = _certainty_of_spelling(first, last)
                    return Guess(address, round(sure * spelled, 2), _because(pattern, counts, domain))
    return NoGuess("Every address that could be guessed is known to be wrong.")


def _one_each(votes: Sequence[Vote]) -> list[Vote]:
    """The surest vote of each address; the same address stands on several pages."""
    best: dict[str, Vote] = {}
    for vote in votes:
        if vote.pattern in _BY_NAME and (vote.owner not in best or best[vote.owner].weight < vote.weight):
            best[vote.owner] = vote
    return list(best.values())


def _likeliest(counted: dict[str, float], *, has_last: bool) -> list[tuple[Pattern, float]]:
    """Patterns with how sure each is: the votes on top of one vote's worth of what companies do in general."""
    total = sum(counted.values()) + 1.0
    usable = PATTERNS if has_last else (_BY_NAME["first"],)
    scored = [(pattern, (counted.get(pattern.name, 0.0) + pattern.prior) / total) for pattern in usable]
    scored.sort(key=lambda one: -one[1])
    return [(pattern, min(_MOST, sure)) for pattern, sure in scored]


def _because(pattern: Pattern, counts: Mapping[str, int], domain: str) -> str:
    mine, whole = counts.get(pattern.name, 0), sum(counts.values())
    noun = "address" if whole == 1 else "addresses"
    if not mine:
        return f"A guess: what {whole} published {noun} show was no use; {domain} takes mail."
    share = f"{mine} of {whole}" if mine != whole else f"{mine}"
    return f"A guess by the pattern {pattern.name}@{domain} of {share} published {noun}; {domain} takes mail."


# Names as they are spelled in addresses

_TITLE_WORDS = "dr prof mr mrs ms mx sir dame herr frau dipl ing mag phd mba md jr sr ii iii iv"
_TITLES = frozenset(_TITLE_WORDS.split())
_PARTICLE_WORDS = "de del della der den di da dos das du la le van von vom zu zur ten ter bin al el y e"
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
_LETTERS: dict[str, tuple[str, ...]] = {
    "ß": ("ss",), "æ": ("ae",), "œ": ("oe",), "ø": ("o", "oe"), "å": ("a", "aa"), "ł": ("l",), "đ": ("d",), "ð": ("d",),
    "þ": ("th",), "ı": ("i",), "ä": ("ae", "a"), "ö": ("oe", "o"), "ü": ("ue", "u"),
}  # fmt: skip


def name_parts(name: str) -> tuple[str, str]:
    """First and last name without titles and middle names; the last one with its particles (`van der Berg`).

    A single name gives an empty last one. `Berg, Anna` is turned around.
    """
    name = re.sub(r"\([^)]*\)|[\"“”„][^\"“”„]*[\"“”„]", " ", name)
    if name.count(",") == 1:
        family, _, given = name.partition(",")
        if given.strip().rstrip(".").casefold() not in _TITLES:
            name = f"{given} {family}"
    words = [word.strip(".'’-") for word in re.split(r"[\s,]+", name)]
    words = [word for word in words if word and word.casefold() not in _TITLES and _letters(word)]
    if len(words) < 2:
        return (words[0] if words else ""), ""
    begins = len(words) - 1
    while begins > 1 and words[begins - 1].casefold() in _PARTICLES:
        begins -= 1
    return words[0], " ".join(words[begins:])


def spellings(name: str) -> tuple[str, ...]:
    """How a name is written in an address, the likeliest first: `Müller` → `mueller`, `muller`.

    Hyphens, apostrophes and spaces fall away first, and are kept as a hyphen second. Letters of another
    script than Latin give nothing.
    """
    lowered = unicodedata.normalize("NFC", name).casefold()
    variants: list[str] = [lowered]
    for letter, written in _LETTERS.items():
        if letter in lowered:
            variants = [one_way.replace(letter, one) for one_way in variants for one in written]
    plain = [_ascii(variant) for variant in variants]
    joined = [re.sub(r"[^a-z]", "", variant) for variant in plain]
    hyphened = [
        re.sub(r"[^a-z]+", "-", variant).strip("-") for variant in plain if re.search(r"[\s-]", variant)
    ]
    return tuple(dict.fromkeys(one for one in (*joined, *hyphened) if one))


def _ascii(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if character.isascii())


def _letters(word: str) -> bool:
    return any(character.isalpha() for character in word)


def _certainty_of_spelling(first: str, last: str) -> float:
    """A name with several spellings leaves the guess less sure."""
    ways = len(spellings(first)) * max(1, len(spellings(last)))
    return 1.0 if ways == 1 else 0.75 if ways == 2 else 0.6
