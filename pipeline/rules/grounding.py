"""Does an email state only what stands in the facts it cites?

A number, date, name, title or quotation of a sentence must stand in a fact that the sentence cites, or in
what is known without research: the lead's own name, company and title, and the sender's profile.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.rules.email_text import Problem
from pipeline.rules.grounding_claims import claims_in
from pipeline.rules.grounding_comparisons import compares, comparisons_in, without_fractions
from pipeline.rules.grounding_dates import (
    MONTH,
    Date,
    dates_in,
    months_alone,
    speaks_of_the_telling,
    without_dates,
)
from pipeline.rules.grounding_dates import stands as date_stands
from pipeline.rules.grounding_events import events_in
from pipeline.rules.grounding_names import WORDS, names_in, parts
from pipeline.rules.grounding_numbers import Number, numbers_in
from pipeline.rules.grounding_numbers import stands as number_stands
from pipeline.rules.grounding_times import times_in, without_quarters
from pipeline.rules.grounding_titles import title_stands, titles_in, without_titles

# What the sender offers to do is no claim about the lead: "15 minutes", "a 20-minute call".
_OFFERED_TIME = re.compile(
    r"\b\d{1,2}(?:\s?(?:-|–|to|bis|à|a)\s?\d{1,2})?[\s-]?(?:min\b|mins\b|minutes?\b|minuten\b|minutos\b)",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"[“„«]([^”“»\n]{3,300})[”“»]|\"([^\"\n]{3,300})\"|»([^«\n]{3,300})«"
    r"|(?<!\w)[‘‚'](?!s\b)([^‘‚\n]{3,200}?)[’‘'](?!\w)"
)
_LEFT_OUT = re.compile(r"\s*(?:…|\.\.\.|\[…\]|\[\.\.\.\])\s*")
# Who speaks of themselves may bring figures of their own into a sentence about the reader.
_OURSELVES = re.compile(
    r"\b(?:we|our|ours|us|i|my|wir|uns(?:er\w*)?|ich|nous|notre|nos|je|mon|nosotros|nuestr\w+|noi|nostr\w+|wij|ons|onze|vi|vår\w*|"
    r"nossos?|customers?|clients?|kunden|clientes|teams like)\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"[ -](?:\w+[ -])?(\w{4,})")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_SENTENCES = re.compile(r"[^.!?\n]+(?:[.!?](?=\S)[^.!?\n]*)*[.!?]*")
# Full stops that end no sentence: of an abbreviation, of a day before its month, of an initial.
_NO_END = re.compile(
    rf"\b(?:Mr|Mrs|Ms|Dr|Prof|St|Mio|Mrd|Tsd|Nr|No|ca|bzw|Inc|Ltd|Corp|vs|approx|Sr|Sra|Mme)\.(?=\s)"
    r"|(?-i:(?<![\w.])[A-HJ-Z]\.)(?=\s)"
    rf"|\b\d{{1,2}}\.(?=\s+(?:{MONTH})\b)",
    re.IGNORECASE,
)
_HELD = "\ue000"  # stands for such a full stop while sentences are told apart


@dataclass(frozen=True, slots=True)
class CitedFact:
    """A fact as the writer may use it. `text`: value, quote and publication date together."""

    id: str
    value: str
    quote: str
    published_on: str | None = None

    @property
    def said(self) -> str:
        return " ".join(part for part in (self.value, self.quote) if part)

    @property
    def text(self) -> str:
        return " ".join(part for part in (self.said, self.published_on) if part)


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence of the email and the facts it says it rests on."""

    sentence: str
    fact_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """What a sentence may take its details from, normalised once."""

    words: frozenset[str]
    numbers: frozenset[Number]
    dates: frozenset[Date]
    comparisons: frozenset[str]
    titles: frozenset[str]
    flat: str
    told: str  # the same without the days on which facts were published
    told_dates: frozenset[Date]
    percents: frozenset[str] | None = (
        None  # of the cited facts alone, where these are told from what is known
    )


def check(
    subject: str,
    body: str,
    claims: Sequence[Cited],
    facts: Sequence[CitedFact],
    *,
    known: Iterable[str] = (),
    language: str = "en",
) -> list[Problem]:
    """What the email states without a source. `known`: texts that need none (lead, sender, goal)."""
    by_id = {fact.id: fact for fact in facts}
    common = list(known)
    sources: dict[tuple[str, ...], Source] = {}
    problems = [*_bad_claims(claims, by_id, f"{subject}\n{body}")]
    for where, text in (("subject", subject), ("body", body)):
        for sentence in sentences(text):
            cited = [
                by_id[one]
                for claim in claims
                if _covers(claim, sentence)
                for one in claim.fact_ids
                if one in by_id
            ]
            key = tuple(fact.id for fact in cited)
            if key not in sources:
                sources[key] = _source_with(common, cited)
            found = unsupported(sentence, sources[key], language, strict=bool(cited))
            problems += [Problem(where, problem) for problem in found]
    return problems


def sentences(text: str) -> list[str]:
    held = _NO_END.sub(lambda match: match.group()[:-1] + _HELD, _URL.sub("", text))
    found = (match.group().replace(_HELD, ".").strip() for match in _SENTENCES.finditer(held))
    return [sentence for sentence in found if sentence]


def unsupported(sentence: str, source: Source, language: str = "en", *, strict: bool = True) -> list[str]:
    """Numbers, dates, quotations, titles and names of a sentence that the source doesn't hold.

    `strict`: the sentence cites a fact, so spelled numbers, ordinals and a first word are held against it, too.
    """
    rest = _OFFERED_TIME.sub(" ", sentence)
    undated = without_dates(rest)
    found = [f"The quotation “{words}”" for words in _quotations(rest) if not _is_quoted(words, source)]
    days = source.dates if speaks_of_the_telling(rest) else source.told_dates
    found += [f"The date “{words}”" for words, read in dates_in(rest) if not _falls(read, source.dates, days)]
    found += [
        f"The date “{word}”"
        for word, month in months_alone(rest, strict=strict, asks=rest.rstrip().endswith("?"))
        if month not in {known for _, known, _ in source.dates} and word.lower() not in source.words
    ]
    found += [
        f"The number “{number.words}”"
        for number in numbers_in(without_fractions(undated), language=language, strict=strict)
        if not _counts(number, undated, source) or _is_ours(number, sentence, source)
    ]
    found += [
        f"The number “{word}”"
        for word, said in comparisons_in(without_quarters(undated), strict=strict)
        if not compares(said, source.numbers, source.comparisons)
    ]
    found += [
        f"The title “{title}”"
        for title in dict.fromkeys(titles_in(rest, strict=strict))
        if not title_stands(title, source.flat, source.titles)
    ]
    found += [
        f"The name “{name}”"
        for name in names_in(without_titles(undated), source.words, language, strict=strict)
    ]
    found += [f"The claim “{words}”" for words in events_in(rest, source.flat, strict=strict)]
    if strict:
        found += [f"The time “{words}”" for words in times_in(rest, source.flat, source.dates, source.told)]
        found += [f"The claim “{words}”" for words in claims_in(rest, source.flat, language)]
    return [f"{what} stands in no fact this sentence cites." for what in found]


def _falls(readings: Sequence[Date], dates: frozenset[Date], days: frozenset[Date]) -> bool:
    """A month may be that of the publication; a day has to be one of `days`."""
    exact = any(day is not None for _, _, day in readings)
    return date_stands(readings, days if exact else dates)


def _counts(number: Number, sentence: str, source: Source) -> bool:
    """It stands there, or follows: who opens a second plant has two. Two of what the source does not count is a way
    of speaking (“two minutes”, “both of them”)."""
    if number_stands(number, source.numbers):
        return True
    if number.unit or number.period:
        return False
    if number.value in source.comparisons:
        return True
    if number.value != "2" or number.words.isdigit():
        return False
    counted = _COUNTED.match(sentence.partition(number.words)[2])
    return counted is None or counted[1].casefold()[:5] not in source.flat


def _is_ours(number: Number, sentence: str, source: Source) -> bool:
    """A per cent of the sender's own results, in a sentence that speaks of the reader's."""
    if number.unit != "%" or source.percents is None or number.value in source.percents:
        return False
    return _OURSELVES.search(sentence) is None


def _quotations(text: str) -> list[str]:
    return [next(part for part in match.groups() if part) for match in _QUOTED.finditer(text)]


def _is_quoted(words: str, source: Source) -> bool:
    parts = (_flat(part).strip(" .,!?") for part in _LEFT_OUT.split(words))
    return all(part in source.flat for part in parts)


def _bad_claims(claims: Sequence[Cited], facts: dict[str, CitedFact], text: str) -> Iterable[Problem]:
    whole = _flat(text)
    for claim in claims:
        if _flat(claim.sentence).strip(" .!?") not in whole:
            yield Problem(
                "body", f"A claim cites a sentence that is not in the email: “{claim.sentence[:80]}”."
            )
        for unknown in (one for one in claim.fact_ids if one not in facts):
            yield Problem("body", f"A claim cites a fact that does not exist: {unknown[:40]}.")


def _covers(claim: Cited, sentence: str) -> bool:
    ours, theirs = _flat(claim.sentence).strip(" .!?"), _flat(sentence).strip(" .!?")
    return bool(ours) and (ours in theirs or theirs in ours)


def _source_with(known: Sequence[str], cited: Sequence[CitedFact]) -> Source:
    """The facts a sentence cites, and what needs no source beside them."""
    whole = _source([*known, *(fact.text for fact in cited)])
    if not cited:
        return whole
    said = "\n".join(fact.said for fact in cited)
    told = "\n".join([*known, said])
    theirs = numbers_in(without_dates(said), language=None, strict=True)
    return replace(
        whole,
        told=_flat(told),
        told_dates=_all_dates(told),
        percents=frozenset(one.value for one in theirs if one.unit == "%"),
    )


def _source(texts: Sequence[str]) -> Source:
    whole = "\n".join(texts)
    undated = without_dates(whole)
    dates = _all_dates(whole)
    numbers = {replace(one, words="", about=False) for one in numbers_in(undated, language=None, strict=True)}
    numbers |= {Number("", str(year)) for year, _, _ in dates if year}
    words = {part for match in WORDS.finditer(whole) for part in parts(match.group())}
    said = {one for _, one in comparisons_in(whole, strict=True)}
    return Source(
        frozenset(words),
        frozenset(numbers),
        dates,
        frozenset(said),
        frozenset(titles_in(whole, strict=True)),
        _flat(whole),
        _flat(whole),
        dates,
    )


def _all_dates(text: str) -> frozenset[Date]:
    return frozenset(reading for _, readings in dates_in(text) for reading in readings)


def _flat(text: str) -> str:
    straight = text.translate(str.maketrans("’‘“”„«»–—", '\'\'"""""--'))
    return " ".join(straight.casefold().split())


def source_of(texts: Sequence[str]) -> Source:
    """What some texts hold, to check a sentence against."""
    return _source(texts)
