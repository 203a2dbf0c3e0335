"""Numbers of a sentence with what they count: per cent, a currency, a span of time, so many a month."""
# ruff: noqa: E501 (patterns and word lists are easier to read whole)

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.rules.grounding_spelled import LANGUAGES, spelled_in

_CURRENCY = {
    "us$": "USD", "$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD", "dólares": "USD", "dollari": "USD", "r$": "BRL",
    "reais": "BRL", "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "gbp": "GBP", "pound": "GBP",
    "pounds": "GBP", "pfund": "GBP", "chf": "CHF", "franken": "CHF", "francs": "CHF", "¥": "JPY", "yen": "JPY",
    "sek": "SEK", "nok": "NOK", "dkk": "DKK", "pln": "PLN", "zł": "PLN", "czk": "CZK", "kč": "CZK", "inr": "INR", "₹": "INR",
    "rupees": "INR", "cad": "CAD", "aud": "AUD", "libras": "GBP", "livres": "GBP", "sterline": "GBP",
}  # fmt: skip
_SCALE = {
    10**3: "k thousand thousands tausend tsd mil mille mila duizend",
    10
    ** 6: "m mn mln mio million millions millionen millones millón milioni milione milhões milhão miljoen miljoner",
    10
    ** 9: "b bn md mds mrd billion billions milliarde milliarden milliard milliards miliardi miliardo miljard bilhões bilhão",
}
_FACTOR = {word: factor for factor, words in _SCALE.items() for word in words.split()}
_PERIODS = {
    "h": "hour hours stunde stunden heure heures hora horas ora ore uur",
    "d": "day days tag tage tagen jour jours día días giorno giorni dag dagen dia dias",
    "w": "week weeks woche wochen semaine semaines semana semanas settimana settimane weken",
    "m": "month months monat monate monaten mois mes meses mese mesi maand maanden mês",
    "y": "year years jahr jahre jahren an ans année années año años anno anni jaar ano anos",
}
_PERIOD = {word: code for code, words in _PERIODS.items() for word in words.split()}
_PERCENT = r"%|per ?cent|prozent|pour ?cent|por ciento|per ?cento|por cento|procent"


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_GAP = "[ \u00a0\u202f]"
_WORDY = [word for word in _FACTOR if len(word) > 2]
_NUMBER = re.compile(
    rf"(?<![\w.,-])(?P<before>US\$|R\$|[$€£¥₹]|(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|INR|CAD|AUD){_GAP})?{_GAP}?"
    rf"(?P<digits>\d{{1,3}}(?:[ \u00a0\u202f'’.,]\d{{3}})+(?:[.,]\d{{1,2}})?(?![\d]|[.,]\d)|\d+(?:[.,]\d+)*)"
    rf"(?:(?P<scale>(?:k|m|mn|b|bn|md)\b|{_GAP}?(?:k|m|md|bn)(?={_GAP}?[€$£])|{_GAP}?(?:{_either(_WORDY)})\b\.?))?"
    rf"(?:{_GAP}?(?P<percent>{_PERCENT})(?!\w)|{_GAP}(?:de |di |d')?(?P<after>{_either(_CURRENCY)})(?!\w)|{_GAP}?(?P<sign>[€$£])|"
    rf"[ -]{{1,2}}(?:working |business )?(?P<period>{_either(_PERIOD)})\b)?",
    re.IGNORECASE,
)  # fmt: skip
# What is counted, where a sentence without a source may not count it.
_COUNTED = re.compile(
    r"[ -](?:\w+[ -])?(?:percent|employees|people|customers|clients|offices|countries|engineers|plants|sites|stores|years|"
    r"locations|warehouses|factories|million|billion|thousand|markets|new hires|mitarbeiter|standorte|werke|kunden|länder|"
    r"jahre|collaborateurs|salariés|pays|magasins|usines|empleados|clientes|países|sedes|tiendas|fábricas|años)",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    rf"{_GAP}?(?P<percent>{_PERCENT})(?!\w)|{_GAP}(?:de |di |d')?(?P<after>{_either(_CURRENCY)})(?!\w)|"
    rf"[ -](?:working |business )?(?P<period>{_either(_PERIOD)})\b",
    re.IGNORECASE,
)
_RATE = re.compile(
    rf"(?:[ -][^\W\d]+){{0,4}}?(?: (?:an?|per|each|every|pro|je|im|am|par|por|al|a la|à la|à l['’]|alla|all['’]|na) ?|/)(?P<period>{_either(_PERIOD)})\b",
    re.IGNORECASE,
)
ABOUT = re.compile(
    r"\b(?:about|around|roughly|nearly|almost|close to|some|approximately|rund|etwa|ca\.?|circa|fast|knapp|beinahe|gut|environ|"
    r"près de(?: la| le)?|presque|quelque|casi(?: la| el)?|cerca de(?: la| el)?|unos|unas|alrededor de|quasi|bijna|ongeveer|cerca)(?: the| die)?[ ]\Z",
    re.IGNORECASE,
)
# “By six every morning”, “um sechs Uhr”: an hour counts nothing.
_OF_THE_CLOCK = re.compile(
    r"\b(?:by|at|before|after|until|till|past|from|um|gegen|ab|vor|nach|bis|à|vers|dès|las)[ ]\Z",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?: in the| every| each| o['’]clock| am\b| pm\b| sharp| uhr| heures| de la (?:mañana|tarde|noche)|[.,;!?]|\Z)",
    re.IGNORECASE,
)
_PERCENT_WORDS = re.compile(rf"\b(?:{_PERCENT})\b", re.IGNORECASE)
NEAR = 0.05  # as far as “about” goes
_HALF = re.compile(
    r"(?:\bhalf an? |\bhalbe[sn]? |\bdemi-|\bune demi-|\bmedia |\bmezza |\bmeio |\bmeia )\Z", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Number:
    """`value`: digits, normalised. `unit`: %, a currency's code, or nothing. `period`: h, d, w, m, y or nothing; `rate`:
    the same, of “a month”; `about`: it is said to be so many more or less."""

    words: str
    value: str
    unit: str = ""
    period: str = ""
    rate: str = ""
    about: bool = False


def numbers_in(text: str, *, language: str | None, strict: bool) -> list[Number]:
    """Numbers a sentence states. `strict`: spelled ones too, wherever they stand; else where they count something.

    `language` None reads spelled numbers of every language: for a source, which may be in any.
    """
    return [*_written(text), *_spelled(text, language, strict=strict)]


def _written(text: str) -> Iterator[Number]:
    for match in _NUMBER.finditer(text):
        found = match.groupdict()
        sign = (found["before"] or found["after"] or found["sign"] or "").strip().lower()
        unit = "%" if found["percent"] else _CURRENCY.get(sign, "")
        scale = _FACTOR.get((found["scale"] or "").strip().rstrip(".").lower(), 1)
        value = _value(found["digits"], scale)
        period = _PERIOD.get((found["period"] or "").lower(), "")
        yield Number(
            match.group().strip(),
            value,
            unit,
            period,
            _rate(text, match.end()),
            is_about(text, match.start()),
        )


def _value(digits: str, scale: int) -> str:
    bare = re.sub("[ \u00a0\u202f'’]", "", digits).strip(".,")
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", bare) and scale == 1:
        bare = re.sub(r"[.,]", "", bare)
    elif re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+[.,]\d{1,2}", bare):
        bare = re.sub(r"[.,]", "", bare[:-3]) + re.sub(r"[.,]", ".", bare[-3:])
    bare = bare.replace(",", ".")
    if not re.fullmatch(r"\d+(\.\d+)?", bare):
        return bare
    value = float(bare) * scale
    return f"{value:.0f}" if value == int(value) else f"{value:.6f}".rstrip("0")


def _spelled(text: str, language: str | None, *, strict: bool) -> Iterator[Number]:
    rest = _PERCENT_WORDS.sub("%", _NUMBER.sub(lambda match: " " * len(match.group()), text))
    for one in LANGUAGES if language is None else (language,):
        for start, end, value in spelled_in(rest, one):
            halved = _HALF.search(_just_before(rest, start))
            found = _BEHIND.match(rest, end)
            if _OF_THE_CLOCK.search(_just_before(rest, start)) and _CLOCK.match(rest, end):
                continue
            if not strict and (value == 2 or _COUNTED.match(rest, end) is None):
                continue
            said = found.groupdict() if found else {}
            unit = "%" if said.get("percent") else _CURRENCY.get((said.get("after") or "").lower(), "")
            period = _PERIOD.get((said.get("period") or "").lower(), "")
            said_value = f"{value / 2:g}" if halved else str(value)
            yield Number(rest[start:end], said_value, unit, period, _rate(rest, end), is_about(rest, start))


def _just_before(text: str, start: int) -> str:
    return text[max(0, start - 24) : start]


def _rate(text: str, end: int) -> str:
    found = _RATE.match(text, end)
    return _PERIOD[found["period"].lower()] if found else ""


def is_about(text: str, start: int) -> bool:
    return ABOUT.search(_just_before(text, start)) is not None


def stands(number: Number, known: Iterable[Number]) -> bool:
    """The same number stands in the source, of the same thing: a currency may be left out, a percentage may not; a
    month is no year. “Nearly 30” may be 29."""
    return any(
        (number.value == one.value or (number.about and _are_near(number.value, one.value)))
        and (number.unit == one.unit or (not number.unit and one.unit != "%"))
        and (not number.period or number.period == one.period)
        and (not number.rate or not one.rate or number.rate == one.rate)
        for one in known
    )


def _are_near(one: str, other: str) -> bool:
    try:
        ours, theirs = float(one), float(other)
    except ValueError:
        return False
    return not 1900 <= theirs <= 2100 and abs(ours - theirs) <= theirs * NEAR
