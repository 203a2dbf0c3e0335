"""Does a line say that a company is of the kind asked for? Trades by all their names (`trades`), other words without
their endings. Pure.

“Robotics” and “robot” are two, “printing” and “printers” one: what is done, and by whom, is told from the bare thing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.rules.dedupe import plain
from pipeline.rules.trades import Trade, asked_trades, other_names
from pipeline.rules.words import word_set

_OTHER_WORDS = word_set(
    "a an and the of for in with to company companies business businesses firm firms service services agency "
    "agencies provider providers shop shops local best top near me inc llc ltd gmbh who that which are is store stores "
    "clinic clinics studio studios practice practices office offices contractor contractors small large independent"
)
_FEWEST_OTHER = word_set(
    "a an and the of for in with to company companies business businesses who that which are is"
)
# Written in capitals where they are meant: “it” and “hr” are words of other kinds too.
_ACRONYMS = {
    "it": "information technology",
    "ai": "artificial intelligence",
    "hr": "human resources",
    "pr": "public relations",
    "vc": "venture capital",
    "ev": "electric vehicle",
    "ip": "intellectual property",
}
# Of what is done and who does it, the longest first; what is left must be a word of three letters or more.
_DOING = re.split(
    " ",
    "eries erie ery ancies ancy ments ment ions ion ings ing ants ant istry ists ist ungen ung erinnen erin iers ier "
    "ers er ors or",
)
_Word = tuple[str, str]  # stem, and what sort of word it is


def stems(text: str) -> set[_Word]:
    """Of all words of the text; an acronym only as it stands."""
    found: set[_Word] = {_stem(word) for word in re.findall(r"\w+", plain(text))}
    if any(character.islower() for character in text):  # not where everything is in capitals
        found |= {(word.lower(), "acronym") for word in re.findall(r"\b[A-Z]{2}\b", text)}
    spelled = plain(text)
    found |= {(short, "acronym") for short, long in _ACRONYMS.items() if long in spelled}
    return found


def wanted_stems(kind: str) -> set[_Word]:
    """What a line has to say, without “companies”, “firms” and the like unless nothing else is said."""
    words = re.findall(r"\w+", plain(kind))
    for others in (_OTHER_WORDS, _FEWEST_OTHER):
        named = [word for word in words if (word not in others and len(word) > 1)]
        if named:
            return {(word, "acronym") if word in _ACRONYMS else _stem(word) for word in named}
    return set()


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a line must say, all of it."""

    trades: tuple[tuple[Trade, ...], ...]  # of each, any
    stems: frozenset[_Word]

    def said_in(self, line: str) -> set[object]:
        text = _read(line)
        found: set[object] = {
            any_of for any_of in self.trades if any(place for one in any_of for place in one.places_in(text))
        }
        return found | (self.stems & stems(line)) if self.stems else found

    @property
    def all(self) -> set[object]:
        return {*self.trades, *self.stems}


def line_of_kind(kind: str, lines: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    """The first line that says all of it, or two that follow each other on one page; with its address."""
    for wanted in _kinds(kind):
        if wanted.all and (found := _line_of(wanted, lines)):
            return found
    return None


def is_trade(kind: str) -> bool:
    """It is known by what else it is called: a company that does it says so."""
    return any(wanted.trades for wanted in _kinds(kind))


def also_called(kind: str, language: str | None = None) -> list[str]:
    """Other names of a trade, to search by: in this language, or in English."""
    kinds = re.split(r"\bor\b|/", plain(kind))
    return other_names(_bare(kinds[0]), language) if len(kinds) == 1 else []


@lru_cache(maxsize=256)
def _kinds(kind: str) -> tuple[_Kind, ...]:
    """“Lawyers or notaries”: each for itself."""
    return tuple(map(_kind_of, re.split(r"\bor\b|/", plain(kind))))


def _kind_of(kind: str) -> _Kind:
    trades, rest = asked_trades(kind)
    if not trades:
        return _Kind((), frozenset(wanted_stems(kind)))
    others = [word for word in re.findall(r"\w+", rest) if word not in _OTHER_WORDS and len(word) > 1]
    return _Kind(
        trades, frozenset((word, "acronym") if word in _ACRONYMS else _stem(word) for word in others)
    )


def _bare(kind: str) -> str:
    """Without “companies” and the like where the rest names a trade: “plumbing companies”."""
    trades, rest = asked_trades(kind)
    named = " ".join(word for word in rest.split() if word not in _OTHER_WORDS)
    return kind if named or not trades else kind.removesuffix(rest).strip()


def _line_of(wanted: _Kind, lines: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    said = [wanted.said_in(line) for line, _ in lines]
    for at, (line, url) in enumerate(lines):
        if wanted.all <= said[at]:
            return line[:300], url
    for at in range(len(lines) - 1):
        (line, url), (after, same) = lines[at], lines[at + 1]
        if url == same and said[at] and wanted.all <= said[at] | said[at + 1]:
            return f"{line[:148]} · {after[:148]}", url
    return None


def _read(line: str) -> str:
    """As trades are looked for; “it” that is no acronym is not “IT”."""
    return plain(re.sub(r"\b(it|hr|pr|ac)\b", r"\1_", line))


def _stem(word: str) -> _Word:
    if re.search(r"eer(?:s|ing)?$", word):  # engineers, engineering
        return re.sub(r"(?:s|ing)$", "", word), "doing"
    for ending in _DOING:
        bare = word.removesuffix(ending)
        if bare != word and len(bare) >= 3:
            return bare.removesuffix("e"), "doing"
    if word.endswith("ies") and len(word) > 4:
        word = f"{word[:-3]}y"
    elif re.search(r"(?:x|z|ch|sh|ss)es$", word):
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not re.search(r"(?:ss|us|is)$", word):
        word = word[:-1]
    return (word.removesuffix("e") if len(word) > 4 else word), "thing"
