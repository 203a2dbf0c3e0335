"""Does an email state only what stands in the facts it cites?

A number, date, name, title or quotation of a sentence must stand in a fact that the sentence cites, or in
what is known without research: the lead's own name, company and title, and the sender's profile.
"""
# ruff: noqa: E501 (patterns and word lists are easier to read whole)

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.rules.email_text import Problem
from pipeline.rules.words import word_set

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januar janvier enero jan",
            "february februar février febrero feb",
            "march märz mars marzo mar",
            "april avril abril apr",
            "may mai mayo",
            "june juni juin junio jun",
            "july juli juillet julio jul",
            "august août agosto aug",
            "september septembre septiembre sept sep",
            "october oktober octobre octubre oct okt",
            "november novembre noviembre nov",
            "december dezember décembre diciembre dec dez",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"\b(?P<y1>\d{{4}})-(?P<m1>\d{{2}})-(?P<d1>\d{{2}})\b"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th|\.|er)?\s+(?:of\s+|de\s+)?(?P<m2>{_MONTH})\b\.?,?(?:\s+(?:de\s+)?(?P<y2>\d{{4}}))?"
    rf"|\b(?P<m3>{_MONTH})\b\.?\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d),?(?:\s+(?P<y3>\d{{4}}))?"
    rf"|\b(?P<m4>{_MONTH})\b\.?,?\s+(?:de\s+)?(?P<y4>\d{{4}})\b",
    re.IGNORECASE,
)
_MONTH_ALONE = re.compile(
    r"\b(?:in|since|last|this|next|of|by|im|seit|en|depuis|desde)\s+"
    r"(January|February|March|April|June|July|August|September|October|November|December)\b"
)
_NUMBER = re.compile(r"(?<![\w.,-])[$€£]?\d[\d.,' ]*\d(?:\s?%|\s?(?:k|m|bn|million|billion|percent|prozent)\b)?"
                     r"|(?<![\w-])[$€£]?\d+(?:\s?(?:%|percent\b|prozent\b))?",
                     re.IGNORECASE)  # fmt: skip
_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
_SPELLED = {word: str(value) for value, word in enumerate(_NUMBERS.split())} | {
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "sixty": "60",
    "eighty": "80",
    "ninety": "90",
    "hundred": "100",
}
_SPELLED_COUNT = re.compile(
    rf"\b({'|'.join(word for word in _SPELLED if word not in ('one', 'two', 'zero'))})\b(?=[ -](?:\w+[ -])?"
    r"(?:percent|employees|people|customers|clients|offices|countries|engineers|plants|sites|stores|years|"
    r"locations|warehouses|factories|million|billion|thousand|markets|new hires))",
    re.IGNORECASE,
)
# What the sender offers to do is no claim about the lead: "15 minutes", "a 20-minute call".
_OFFERED_TIME = re.compile(
    r"\b\d{1,2}(?:\s?(?:-|–|to|bis|à|a)\s?\d{1,2})?[\s-]?(?:min\b|mins\b|minutes?\b|minuten\b|minutos\b)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[“„«]([^”“»\n]{3,300})[”“»]|\"([^\"\n]{3,300})\"")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_TITLE = re.compile(
    r"\b(?:C[EFTOIMRP]O|CISO|CHRO|chief [a-z]+ officer|(?:co-?)?founders?|(?:vice )?president|"
    r"(?:S?VP|vice president|head|director|manager) of [A-Za-z]+|managing director|"
    r"(?:sales|marketing|operations|engineering|product|plant|finance|hr|it) (?:director|manager|lead)|Geschäftsführer(?:in)?)\b",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^\W\d_][\w’'&.-]*", re.UNICODE)
_SENTENCES = re.compile(r"[^.!?\n]+(?:[.!?](?=\S)[^.!?\n]*)*[.!?]*")
_NOT_NAMES = word_set(
    "i i'm i'd i'll i've p.s ps p re hi hello hey dear best regards cheers thanks thank kind warm "
    "sincerely monday tuesday wednesday thursday friday saturday sunday english german french spanish sie "
    "ihr ihre ihnen ihrem ihren ihrer ihres herr frau montag dienstag mittwoch donnerstag freitag january "
    "february march april june july august september october november december ceo cto coo cfo cmo cio vp "
    "hr it ai api crm erp saas b2b roi kpi faq pdf uk us usa eu q1 q2 q3 q4 ok"
)
_SAYING_VERBS = word_set(
    "announced launched opened raised acquired signed won hired partnered released published expanded "
    "reported moved joined said wrote built plans is was has will"
)
_NOUNS_ARE_CAPITALISED = frozenset({"de"})


@dataclass(frozen=True, slots=True)
class CitedFact:
    """A fact as the writer may use it. `text`: value, quote and publication date together."""

    id: str
    value: str
    quote: str
    published_on: str | None = None

    @property
    def text(self) -> str:
        return " ".join(part for part in (self.value, self.quote, self.published_on) if part)


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence of the email and the facts it says it rests on."""

    sentence: str
    fact_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """What a sentence may take its details from, normalised once."""

    words: frozenset[str]
    numbers: frozenset[str]
    dates: frozenset[tuple[int | None, int, int | None]]
    flat: str


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
            source = _source([*common, *(fact.text for fact in cited)])
            problems += [Problem(where, problem) for problem in unsupported(sentence, source, language)]
    return problems


def sentences(text: str) -> list[str]:
    return [
        match.group().strip() for match in _SENTENCES.finditer(_URL.sub("", text)) if match.group().strip()
    ]


def unsupported(sentence: str, source: Source, language: str = "en") -> list[str]:
    """Numbers, dates, quotations, titles and names of a sentence that the source doesn't hold."""
    found: list[str] = []
    rest = _OFFERED_TIME.sub(" ", sentence)
    for quoted in _QUOTED.finditer(rest):
        words = quoted.group(1) or quoted.group(2)
        if _flat(words).strip(" .,") not in source.flat:
            found.append(f"The quotation “{words}” stands in no fact this sentence cites.")
    for match in _DATE.finditer(rest):
        if not _date_stands(_date(match), source):
            found.append(f"The date “{match.group().strip(' .,')}” stands in no fact this sentence cites.")
    for match in _MONTH_ALONE.finditer(_DATE.sub(" ", rest)):
        if not any(month == _MONTHS[match.group(1).lower()] for _, month, _ in source.dates) and (
            match.group(1).lower() not in source.words
        ):
            found.append(f"The date “{match.group(1)}” stands in no fact this sentence cites.")
    undated = _DATE.sub(" ", rest)
    numbers = [(match.group().strip(), _number(match.group())) for match in _NUMBER.finditer(undated)]
    numbers += [
        (match.group(), _SPELLED[match.group(1).lower()]) for match in _SPELLED_COUNT.finditer(undated)
    ]
    for words, number in numbers:
        if number not in source.numbers:
            found.append(f"The number “{words}” stands in no fact this sentence cites.")
    for match in _TITLE.finditer(rest):
        if _flat(match.group()) not in source.flat:
            found.append(f"The title “{match.group()}” stands in no fact this sentence cites.")
    found += [
        f"The name “{name}” stands in no fact this sentence cites."
        for name in _names(undated, source, language)
    ]
    return found


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


def _source(texts: Sequence[str]) -> Source:
    whole = "\n".join(texts)
    undated = _DATE.sub(" ", whole)
    numbers = {_number(match.group()) for match in _NUMBER.finditer(undated)}
    numbers |= {
        number for word, number in _SPELLED.items() if re.search(rf"\b{word}\b", whole, re.IGNORECASE)
    }
    dates = {_date(match) for match in _DATE.finditer(whole)}
    numbers |= {str(year) for year, _, _ in dates if year}
    words = {part for match in _WORDS.finditer(whole) for part in _parts(match.group())}
    return Source(frozenset(words), frozenset(numbers), frozenset(dates), _flat(whole))


def _names(sentence: str, source: Source, language: str) -> list[str]:
    """Capitalised words that are not where every sentence has one, and stand in no source."""
    strange: list[str] = []
    run: list[str] = []
    words = list(_WORDS.finditer(sentence))
    for index, match in enumerate(words):
        word = match.group().rstrip(".'’-")
        ours = word[:1].isupper() and word.casefold() not in _NOT_NAMES and not _known(word, source)
        if ours and index == 0 and not _names_at_start(words, word):
            ours = False
        if ours:
            run.append(word)
            continue
        strange += _kept(run, language)
        run = []
    return strange + _kept(run, language)


def _names_at_start(words: list[re.Match[str]], word: str) -> bool:
    """The first word is capitalised anyway: it is taken for a name only before a verb of doing, or with 's."""
    follower = words[1].group().casefold() if len(words) > 1 else ""
    bare = re.sub(r"[’']s$", "", word.casefold())  # "it's" and "let's" are no more names than "it"
    pronoun = bare in {"it", "that", "this", "there", "what", "which", "who", "everything", "nothing", "he", "she", "one",
                       "my", "our", "your", "here", "someone", "anyone", "nobody", "let", "how", "where", "when"}  # fmt: skip
    looks_made = any(letter.isupper() for letter in word[1:])
    return not pronoun and (
        looks_made or word.endswith(("'s", "’s")) or (follower in _SAYING_VERBS and len(word) > 3)
    )


def _kept(run: list[str], language: str) -> list[str]:
    alone = (
        len(run) == 1
        and language in _NOUNS_ARE_CAPITALISED
        and not any(letter.isupper() for letter in run[0][1:])
    )
    return [" ".join(run)] if run and not alone else []


def _known(word: str, source: Source) -> bool:
    return all(part in source.words for part in _parts(word) if part)


def _parts(word: str) -> list[str]:
    bare = re.sub(r"[’']s?$", "", word.casefold().rstrip(".-’'"))
    return [part.strip(".’'") for part in re.split(r"[-&/]", bare) if part.strip(".’'")]


def _date(match: re.Match[str]) -> tuple[int | None, int, int | None]:
    found = match.groupdict()
    year = next((int(found[name]) for name in ("y1", "y2", "y3", "y4") if found[name]), None)
    day = next((int(found[name]) for name in ("d1", "d2", "d3") if found[name]), None)
    month = found["m1"] or next(found[name] for name in ("m2", "m3", "m4") if found[name])
    return year, int(month) if month.isdigit() else _MONTHS[month.lower()], day


def _date_stands(date: tuple[int | None, int, int | None], source: Source) -> bool:
    """Vaguer than the source is fine ("in May" for 3 May 2026), more exact is not."""
    year, month, day = date
    return any(
        month == theirs[1] and (year is None or year == theirs[0]) and (day is None or day == theirs[2])
        for theirs in source.dates
    )


def _number(text: str) -> str:
    """Digits and unit, so that "1,200", "1.200" and "1200" are one number and "20 %" is "20%"."""
    raw = re.sub(r"[\s$€£']", "", text.lower())
    match = re.match(r"[\d.,]+", raw)
    digits = match.group().strip(".,") if match else raw
    unit = raw[len(match.group()) :] if match else ""
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", digits):
        digits = re.sub(r"[.,]", "", digits)
    digits = digits.replace(",", ".")
    scale = {"k": 10**3, "m": 10**6, "million": 10**6, "bn": 10**9, "billion": 10**9}.get(unit)
    if scale and re.fullmatch(r"\d+(\.\d+)?", digits):
        return f"{float(digits) * scale:.0f}"
    return digits + ("%" if unit in ("%", "percent", "prozent") else "")


def _flat(text: str) -> str:
    straight = text.translate(str.maketrans("’‘“”„«»–—", '\'\'"""""--'))
    return " ".join(straight.casefold().split())


def source_of(texts: Sequence[str]) -> Source:
    """What some texts hold, to check a sentence against."""
    return _source(texts)
