"""Labelled contact pages, and how an extractor's answers are scored against them.

A folder holds `NAME.html` and `NAME.json` pairs. The JSON: `url`; `emails` and `phones` (E.164) as a person reads
them off the page; `organization`, a list of the names that are right; `country_is_plain`, whether address, domain
or a country code tell where the numbers are.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rapidfuzz import fuzz

from pipeline.rules.company_match import company_key


@dataclass(frozen=True)
class LabelledPage:
    name: str
    html: bytes
    url: str
    emails: frozenset[str]
    phones: frozenset[str]
    names: tuple[str, ...]
    country_is_plain: bool


@dataclass(frozen=True)
class Answer:
    emails: frozenset[str]
    phones: frozenset[str]
    organization: str


@dataclass
class Tally:
    """Right, wrong and missed items of one figure."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    mistakes: list[str] = field(default_factory=list)

    def add(self, page: str, found: Iterable[str], wanted: Iterable[str]) -> None:
        have, want = set(found), set(wanted)
        self.right += len(have & want)
        self.wrong += len(have - want)
        self.missed += len(want - have)
        self.mistakes += [f"{page}: + {item}" for item in sorted(have - want)]
        self.mistakes += [f"{page}: - {item}" for item in sorted(want - have)]

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)


@dataclass
class Score:
    emails: Tally = field(default_factory=Tally)
    plain_phones: Tally = field(default_factory=Tally)
    unplain_phones: Tally = field(default_factory=Tally)
    names: Tally = field(default_factory=Tally)

    def add(self, page: LabelledPage, answer: Answer) -> None:
        phones = self.plain_phones if page.country_is_plain else self.unplain_phones
        self.emails.add(page.name, answer.emails, page.emails)
        phones.add(page.name, map(_digits, answer.phones), map(_digits, page.phones))
        right = is_named(answer.organization, page.names)
        self.names.right += right
        self.names.missed += not right
        if not right:
            self.names.mistakes.append(f"{page.name}: {answer.organization!r} for {page.names[0]!r}")


def is_named(answer: str, names: Iterable[str]) -> bool:
    """The same name but for legal form, case, accents and punctuation."""
    key = company_key(answer)
    return bool(key) and any(_same(key, company_key(name)) for name in names)


def _same(one: str, other: str) -> bool:
    squeezed = [re.sub(r"\W", "", key) for key in (one, other)]
    return squeezed[0] == squeezed[1] or fuzz.token_sort_ratio(one, other) >= 88


def _digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)


def read_folder(folder: Path) -> list[LabelledPage]:
    return [_read(path) for path in sorted(folder.glob("*.json")) if path.with_suffix(".html").exists()]


def _read(path: Path) -> LabelledPage:
    labels = json.loads(path.read_text())
    return LabelledPage(
        name=path.stem,
        html=path.with_suffix(".html").read_bytes(),
        url=labels["url"],
        emails=frozenset(labels["emails"]),
        phones=frozenset(labels["phones"]),
        names=tuple(labels["organization"]),
        country_is_plain=labels["country_is_plain"],
    )
