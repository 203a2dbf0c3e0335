"""Trades by all their names: which one a text asks for, where a line names it, and what else to search for. Pure.

Who serves a trade is not of it: “software for dentists”, “plumbing supplies” and “we deliver to restaurants” name
the trade and are near misses.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from pipeline.rules.trade_words import TRADES

_SOLD_TO = (
    "suppl(?:y|ies|ier|iers)|software|saas|marketing|equipment|wholesale(?:r|rs)?|schools?|training|academy|academies|"
    "association|associations|unions?|director(?:y|ies)|insurance|parts|tools?|products?|jobs?|careers?|magazine|"
    "news|finder|leads?|apps?|platform|solutions? for|distributors?|manufacturers?|uniforms?|furniture|lab|labs|"
    "laboratory|laboratories|merchants?|software|seo|consultants?|billing|staffing|recruit\\w*|students?|"
    "bedarf|grosshandel|verband|zubehor|innung"
)
_AFTER = re.compile(
    rf"(?:'?s)?(?:\s|-)(?:(?:and|&|und|et|y)\s+\w+\s+)?(?:{_SOLD_TO})\b|"
    r"-(?:approved|friendly|grade|focused|trusted|recommended|specific)\b"
)
_BEFORE = re.compile(
    r"\b(?:for|to|with|by|than|among|help|helps|helping|serves?|serving|supports?|supporting|connects?|connecting|"
    r"hires?|hiring|find|finding|from|like|about|equips?|sells?|fur|pour|para|per|voor|chez|"
    r"(?<!the )customers (?:are|include))\s+(?:(?!(?:by|we|are|is|our|your)\b)[a-z]+,?\s+(?:(?:and|or|&)\s+)?){0,2}$"
)
_NOT = re.compile(
    r"\b(?:not|no|don't|doesn't|never|without|isn't|aren't|kein|keine|nicht|pas|sans|no somos)\s+(?:\w+\s+){0,2}$"
)
_DOING = re.compile(  # not who, but what
    r"(?:ing|ungs?|tion|tal|ical|ry|py|ty|cs|care|ie|ware|saas|resources|relations|estate|design|management)$"
)
_WHOLE = re.compile(r"(?:er|eur|ist|dienst|haus)\*$")  # words that are whole without an ending
_TELLING = 4  # letters of which a name begins like another
_Span = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Trade:
    """`called` by language; `asked`: what a text must say to ask for it, `said`: what meets it."""

    name: str
    called: dict[str, tuple[str, ...]]
    asked: re.Pattern[str]
    said: re.Pattern[str]
    of_goods: bool = False

    def places_in(self, line: str) -> Iterator[_Span]:
        """Where a line, as `plain` writes it, says that somebody is of this trade."""
        for match in self.said.finditer(line):
            if self.of_goods or not _is_near_miss(line, match.span(), match[0]):
                yield match.span()


def _is_near_miss(line: str, span: _Span, said: str) -> bool:
    before = re.split(r"[.!?;|·•–—:(]", line[: span[0]])[-1]
    if _AFTER.match(line, span[1]) or _NOT.search(before):
        return True
    return not _DOING.search(said) and _BEFORE.search(before) is not None


@lru_cache(maxsize=512)
def asked_trades(kind: str) -> tuple[tuple[tuple[Trade, ...], ...], str]:
    """The trades that a plain text names, the longest names first, and what else it says. Several trades that go by
    the name that was used (“Steuerberater”) stand together: any of them is meant."""
    by_span: dict[_Span, list[Trade]] = {}
    for trade in _trades():
        match = trade.asked.search(kind)
        if match and (trade.of_goods or not _is_near_miss(kind, match.span(), match[0])):
            by_span.setdefault(match.span(), []).append(trade)
    rest, found = kind, list[tuple[Trade, ...]]()
    for start, end in sorted(by_span, key=lambda span: span[0] - span[1]):
        if "\0" not in rest[start:end]:
            found.append(tuple(by_span[start, end]))
            rest = rest[:start] + "\0" * (end - start) + rest[end:]
    return tuple(found), " ".join(rest.replace("\0", " ").split())


def other_names(kind: str, language: str | None) -> list[str]:
    """How else to call the one trade that is asked for, in the language of the place, else in English; `kind` is
    plain."""
    trades, rest = asked_trades(kind)
    if len(trades) != 1 or rest:
        return []
    called = trades[0][0].called
    spoken = next((code for code, names in called.items() if re.search(_forms(names), kind)), "en")
    names = called.get(language or spoken, called["en"])
    whole = [name.rstrip("*") for name in names if not name.endswith("*") or _WHOLE.search(name)]
    return [name for name in whole if name[:_TELLING] not in kind]


@lru_cache(maxsize=1)
def _trades() -> tuple[Trade, ...]:
    return tuple(_trade(line) for line in TRADES.strip().splitlines())


def _trade(line: str) -> Trade:
    same, *others = line.lstrip("=").split("|")
    wide, _, narrow = same.partition("<")
    called = {"en": _names(wide)}
    for other in others:
        language, _, names = other.strip().partition(" ")
        called[language] = _names(names)
    asked = [name for names in called.values() for name in names]
    return Trade(asked[0], called, _pattern(asked), _pattern([*asked, *_names(narrow)]), line.startswith("="))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _pattern(names: list[str]) -> re.Pattern[str]:
    return re.compile(_forms(names))


def _forms(names: Iterable[str]) -> str:
    forms = (_form(name) for name in sorted(set(names), key=len, reverse=True))
    return rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)"


def _form(name: str) -> str:
    """One and many; words joined by a space or a hyphen."""
    words = re.escape(name.rstrip("*")).replace(r"\ ", r"[\s-]+")
    if name.endswith("*"):
        return rf"{words}\w*(?<!bedarf)(?<!grosshandel)(?<!software)(?<!zubehor)"
    if name.endswith("y"):
        return rf"(?:{words}s?|{words[:-1]}ies)"
    return rf"{words}(?:e?s)?"
