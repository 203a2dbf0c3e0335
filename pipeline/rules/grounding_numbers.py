"""Numbers of a sentence with what they count: per cent, a currency, a span of time; and words like “doubled”."""
# ruff: noqa: E501 (patterns and word lists are easier to read whole)

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.rules.words import word_set

_CURRENCY = {
    "us$": "USD", "$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD", "dólares": "USD", "dollari": "USD", "r$": "BRL",
    "reais": "BRL", "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "gbp": "GBP", "pound": "GBP",
    "pounds": "GBP", "pfund": "GBP", "chf": "CHF", "franken": "CHF", "francs": "CHF", "¥": "JPY", "yen": "JPY",
}  # fmt: skip
_SCALE = {
    10**3: "k thousand thousands tausend tsd mil mille mila duizend",
    10
    ** 6: "m mn mln mio million millions millionen millones millón milioni milione milhões milhão miljoen miljoner",
    10
    ** 9: "b bn mrd billion billions milliarde milliarden milliard milliards miliardi miliardo miljard bilhões bilhão",
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
    rf"(?<![\w.,-])(?P<before>US\$|R\$|[$€£¥]|(?:EUR|USD|GBP|CHF){_GAP})?{_GAP}?"
    rf"(?P<digits>\d{{1,3}}(?:[ \u00a0\u202f'’.,]\d{{3}})+(?:[.,]\d{{1,2}})?(?![\d]|[.,]\d)|\d+(?:[.,]\d+)*)"
    rf"(?:(?P<scale>(?:k|m|mn|b|bn)\b|{_GAP}?(?:{_either(_WORDY)})\b\.?))?"
    rf"(?:{_GAP}?(?P<percent>{_PERCENT})(?!\w)|{_GAP}(?:de |di |d')?(?P<after>{_either(_CURRENCY)})(?!\w)|(?P<sign>[€$£])|"
    rf"[ -]{{1,2}}(?:working |business )?(?P<period>{_either(_PERIOD)})\b)?",
    re.IGNORECASE,
)  # fmt: skip
_IN_WORD = re.compile(r"[A-Za-z]-?\Z")

_SPELLED_BY = {
    "en": "two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12 thirteen=13 fourteen=14 "
          "fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19 twenty=20 thirty=30 forty=40 fifty=50 sixty=60 "
          "seventy=70 eighty=80 ninety=90 hundred=100",
    "de": "zwei=2 drei=3 vier=4 fünf=5 sechs=6 sieben=7 acht=8 neun=9 zehn=10 elf=11 zwölf=12 dreizehn=13 fünfzehn=15 "
          "zwanzig=20 dreißig=30 vierzig=40 fünfzig=50 hundert=100",
    "fr": "deux=2 trois=3 quatre=4 cinq=5 six=6 sept=7 huit=8 dix=10 onze=11 douze=12 quinze=15 vingt=20 trente=30 "
          "quarante=40 cinquante=50 cent=100",
    "es": "dos=2 tres=3 cuatro=4 cinco=5 seis=6 siete=7 ocho=8 nueve=9 diez=10 doce=12 quince=15 veinte=20 treinta=30 "
          "cuarenta=40 cincuenta=50 cien=100",
    "it": "due=2 tre=3 quattro=4 cinque=5 sette=7 otto=8 nove=9 dieci=10 dodici=12 quindici=15 venti=20 trenta=30 cento=100",
    "nl": "twee=2 drie=3 vier=4 vijf=5 zes=6 zeven=7 acht=8 negen=9 tien=10 elf=11 twaalf=12 vijftien=15 twintig=20 "
          "dertig=30 vijftig=50 honderd=100",
    "pt": "dois=2 duas=2 três=3 quatro=4 cinco=5 seis=6 sete=7 oito=8 nove=9 dez=10 doze=12 quinze=15 vinte=20 trinta=30 cem=100",
}  # fmt: skip
_SPELLED = {
    language: dict(pair.split("=") for pair in pairs.split()) for language, pairs in _SPELLED_BY.items()
}
_COUNTED = (
    "percent|employees|people|customers|clients|offices|countries|engineers|plants|sites|stores|years|"
    "locations|warehouses|factories|million|billion|thousand|markets|new hires"
)
_ANYWHERE = {
    language: re.compile(
        rf"\b(?P<word>{_either(table)})\b(?:[ -](?P<period>{_either(_PERIOD)})\b)?", re.IGNORECASE
    )
    for language, table in _SPELLED.items()
}
_COUNTING = {
    language: re.compile(
        rf"\b(?P<word>{_either(table)})\b(?=[ -](?:\w+[ -])?(?:{_COUNTED}))(?:[ -](?P<period>{_either(_PERIOD)})\b)?",
        re.IGNORECASE,
    )
    for language, table in _SPELLED.items()
}
_MULTIPLES = (
    ("2x", word_set("doubled doubling twofold verdoppelt verdoppelte verdoppelung doublé doublée duplicado duplicó duplicaron raddoppiato "
                    "raddoppiata verdubbeld verdubbelde duplicou duplicaram dobrou dobraram fördubblat twice")),
    ("3x", word_set("tripled tripling threefold verdreifacht verdreifachte triplé triplicado triplicó triplicato triplicou triplicaram verdrievoudigd")),
    ("4x", word_set("quadrupled fourfold vervierfacht quadruplé cuadruplicado quadruplicato quadruplicou verviervoudigd")),
    ("½", word_set("halved halving halbiert halbierte demediado dimezzato dimezzata gehalveerd moitié mitad metà metade half hälfte helft")),
)  # fmt: skip
_SECOND = re.compile(r"\b(?:a|one|per|every|split|just a)\s+second\b", re.IGNORECASE)
_ORDINALS = (
    ("2", word_set("second 2nd zweite zweiten zweites zweiter deuxième segundo segunda secondo seconda tweede")),
    ("3", word_set("third 3rd dritte dritten drittes dritter troisième tercer tercero tercera terzo terza derde terceiro terceira")),
    ("4", word_set("fourth 4th vierte vierten viertes vierter quatrième cuarto cuarta quarto quarta vierde")),
    ("5", word_set("fifth 5th fünfte fünften fünftes fünfter cinquième quinto quinta vijfde")),
    ("6", word_set("sixth 6th sechste sechsten sixième sexto sexta sesto sesta zesde")),
    ("10", word_set("tenth 10th zehnte zehnten dixième décimo décima tiende")),
)  # fmt: skip
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Number:
    """`value`: digits, normalised. `unit`: %, a currency's code, or nothing. `period`: h, d, w, m, y or nothing."""

    words: str
    value: str
    unit: str = ""
    period: str = ""


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
        yield Number(match.group().strip(), value, unit, period)


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
    for one in _SPELLED if language is None else (language,):
        if one not in _SPELLED:
            continue
        for match in (_ANYWHERE if strict else _COUNTING)[one].finditer(text):
            value = _SPELLED[one][match["word"].lower()]
            if strict or value != "2":
                yield Number(match.group(), value, "", _PERIOD.get((match["period"] or "").lower(), ""))


def stands(number: Number, known: Iterable[Number]) -> bool:
    """The same number stands in the source, of the same thing: a currency may be left out, a percentage may not."""
    return any(
        number.value == one.value
        and (number.unit == one.unit or (not number.unit and one.unit != "%"))
        and (not number.period or number.period == one.period)
        for one in known
    )


def comparisons_in(text: str, *, strict: bool) -> list[tuple[str, str]]:
    """Multiples (“doubled”) and, in a sentence that cites a fact, ordinals: the word and what it says."""
    words = [word.casefold() for word in _WORD.findall(_SECOND.sub(" ", text))]
    tables = (*_MULTIPLES, *(_ORDINALS if strict else ()))
    return [(word, said) for word in words for said, forms in tables if word in forms]
