"""Times that are no dates: “last week”, “in spring”, “the third quarter”, “on Tuesday”.

What is told from today's point of view (“yesterday”) is wrong by the day the email leaves, so it has to stand in the
source word for word. Seasons, quarters and weekdays may also follow from a date of the source.
"""
# ruff: noqa: E501 (patterns are easier to read whole)

import re
from collections.abc import Collection, Iterator
from datetime import date

from pipeline.rules.grounding_dates import Date

# What the sender did lately is no claim about the reader.
_OURS = re.compile(r"\b(?:I|we|ich|wir|j['’]|je|nous)\b[^,;]{0,40}\Z", re.IGNORECASE)
_RELATIVE = re.compile(
    r"\b(?:last|earlier this|the (?:past|previous)) (?:week|month|year|quarter|spring|summer|autumn|fall|winter)\b|"
    r"\byesterday\b(?!['’]s)|\b(?:\w+ )?(?:days?|weeks?|months?|years?) ago\b|"
    r"\b(?:letzte|vergangene|vorige)[nrsm]? (?:Woche|Monats?|Jahr(?:es)?|Quartal|Frühjahr|Sommer|Herbst|Winter)\b|\bgestern\b|"
    r"\bvor \w+ (?:Tagen|Wochen|Monaten|Jahren)\b|"
    r"\b(?:la semaine|le mois|l['’]année|l['’]an|le trimestre|l['’]été|l['’]automne|l['’]hiver) (?:derni(?:er|ère)|passée?)\b|\bhier\b|"
    r"\bil y a \w+ (?:jours|semaines|mois|ans)\b|"
    r"\b(?:la semana|el mes|el año|el trimestre|el verano|el otoño|el invierno) pasad[oa]\b|\bayer\b|"
    r"\bhace \w+ (?:días|semanas|meses|años)\b",
    re.IGNORECASE,
)
_LAST_YEAR = re.compile(
    r"last year|(?:letzte|vergangene|vorige)[nrsm]? jahr(?:es)?|l['’]an(?:née)? (?:derni(?:er|ère)|passée?)|el año pasado",
    re.IGNORECASE,
)
_SEASONS = (
    ((3, 4, 5), r"spring|Frühjahr|Frühling|printemps|primavera"),
    ((6, 7, 8), r"summer|Sommer|été|verano"),
    ((9, 10, 11), r"autumn|fall|Herbst|automne|otoño"),
    ((12, 1, 2), r"winter|Winter|hiver|invierno"),
)
_IN_SEASON = (
    r"\b(?:in|this|next|last|by|since|until|of) (?:the |early |late )?(?:{0})\b|"
    r"\b(?:im|seit dem|bis zum|diese[nms]|nächste[nms]|kommende[nms]) (?:{0})\b|\b(?:au|en|cet|ce|à l['’]|dès l['’]|dès le) ?(?:{0})\b|"
    r"\b(?:en|este|esta|desde|para) (?:la |el )?(?:{0})\b"
)
_SEASON_WORDS = tuple(
    (
        months,
        re.compile(_IN_SEASON.format(names), re.IGNORECASE),
        re.compile(rf"\b(?:{names})", re.IGNORECASE),
    )
    for months, names in _SEASONS
)
_BY_YEAR = re.compile(
    r"\b(?:by|until|before|bis|spätestens|d['’]ici(?: à| fin)?|avant|para|hasta|antes de|entro(?: il)?|até|tegen|till) "
    r"(?:the end of |end of |Ende |fin |finales de |el )?(20\d\d)\b",
    re.IGNORECASE,
)
_QUARTER = re.compile(
    r"\bQ(?P<q>[1-4])\b|\b(?P<en>first|second|third|fourth) quarter\b|\b(?P<de>erste|zweite|dritte|vierte)[nsrm]? Quartal|"
    r"\b(?P<fr>premier|deuxième|troisième|quatrième) trimestre\b|\b(?P<es>primer|segundo|tercer|cuarto) trimestre\b",
    re.IGNORECASE,
)
_WHICH = {
    word: number
    for number, words in enumerate(
        ("first erste premier primer", "second zweite deuxième segundo", "third dritte troisième tercer",
         "fourth vierte quatrième cuarto"), start=1,
    )
    for word in words.split()
}  # fmt: skip
_WEEKDAYS = (
    "monday montag lundi lunes", "tuesday dienstag mardi martes", "wednesday mittwoch mercredi miércoles",
    "thursday donnerstag jeudi jueves", "friday freitag vendredi viernes", "saturday samstag samedi sábado",
    "sunday sonntag dimanche domingo",
)  # fmt: skip
_WORDS = re.compile(r"\w+")
_WEEKDAY = re.compile(
    rf"\b(?:on|since|last|am|vom|le|el|ce)\s+({'|'.join(word for names in _WEEKDAYS for word in names.split())})\b",
    re.IGNORECASE,
)


def without_quarters(sentence: str) -> str:
    """Their ordinals count nothing."""
    return _QUARTER.sub(" ", sentence)


def times_in(sentence: str, flat: str, dates: Collection[Date], told: str) -> Iterator[str]:
    """Those the source does not hold. `flat`: the source in small letters; `told`: without the days on which its
    facts were published."""
    yield from _relative(sentence, flat, dates)
    months = {month for _, month, _ in dates}
    for ours, said, told_of in _SEASON_WORDS:
        for match in said.finditer(sentence):
            if not months.intersection(ours) and not told_of.search(flat):
                yield match.group().strip()
    theirs = {_number(match) for match in _QUARTER.finditer(flat)} | {
        (month - 1) // 3 + 1 for month in months
    }
    yield from (match.group() for match in _QUARTER.finditer(sentence) if _number(match) not in theirs)
    # The year in which something was published says nothing of what is to come.
    yield from (match.group() for match in _BY_YEAR.finditer(sentence) if match[1] not in told)
    if "?" not in sentence:
        yield from _weekdays(sentence, flat, dates)


def _relative(sentence: str, flat: str, dates: Collection[Date]) -> Iterator[str]:
    years = {year for year, _, _ in dates if year} | {
        int(one) for one in re.findall(r"\b(?:19|20)\d\d\b", flat)
    }
    for match in _RELATIVE.finditer(sentence):
        told_by_two_years = _LAST_YEAR.fullmatch(match.group()) and years and max(years) - 1 in years
        if (
            match.group().casefold() not in flat
            and not told_by_two_years
            and not _OURS.search(sentence[: match.start()])
        ):
            yield match.group().strip()


def _number(match: re.Match[str]) -> int:
    found = {name: text for name, text in match.groupdict().items() if text}
    return int(found["q"]) if "q" in found else _WHICH[next(iter(found.values())).casefold()]


def _weekdays(sentence: str, flat: str, dates: Collection[Date]) -> Iterator[str]:
    days, words = {_weekday(one) for one in dates}, set(_WORDS.findall(flat))
    for match in _WEEKDAY.finditer(sentence):
        number = next(n for n, names in enumerate(_WEEKDAYS) if match[1].casefold() in names.split())
        told = not words.isdisjoint(_WEEKDAYS[number].split())
        if number not in days and not told:
            yield match.group().strip()


def _weekday(one: Date) -> int | None:
    year, month, day = one
    if not year or not day:
        return None
    try:
        return date(year, month, day).weekday()
    except ValueError:
        return None
