"""Numbers in words, put together: “forty-two”, “zweihundertfünfzig”, “quatre-vingt-dix”, “two million”.

“One” is left out: it is a pronoun more often than a number. So are “neuf” and “sei” alone, which are words of other
kinds, too.
"""
# ruff: noqa: E501 (tables are easier to read whole)

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache


def _table(text: str) -> dict[str, int]:
    return {word: int(value) for word, value in (pair.split("=") for pair in text.split())}


_ONES = {
    "en": _table("two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12 thirteen=13 fourteen=14 fifteen=15 sixteen=16 "
                 "seventeen=17 eighteen=18 nineteen=19 twenty=20 thirty=30 forty=40 fifty=50 sixty=60 seventy=70 eighty=80 ninety=90 dozen=12"),
    "de": _table("zwei=2 zwo=2 drei=3 vier=4 fünf=5 sechs=6 sieben=7 acht=8 neun=9 zehn=10 elf=11 zwölf=12 dreizehn=13 vierzehn=14 fünfzehn=15 sechzehn=16 "
                 "siebzehn=17 achtzehn=18 neunzehn=19 zwanzig=20 dreißig=30 dreissig=30 vierzig=40 fünfzig=50 sechzig=60 siebzig=70 achtzig=80 neunzig=90 dutzend=12"),
    "fr": _table("deux=2 trois=3 quatre=4 cinq=5 six=6 sept=7 huit=8 dix=10 onze=11 douze=12 treize=13 quatorze=14 quinze=15 seize=16 vingt=20 vingts=20 "
                 "trente=30 quarante=40 cinquante=50 soixante=60 septante=70 huitante=80 nonante=90 dizaine=10 douzaine=12 quinzaine=15 vingtaine=20 trentaine=30 "
                 "quarantaine=40 cinquantaine=50 soixantaine=60 centaine=100"),
    "es": _table("dos=2 tres=3 cuatro=4 cinco=5 seis=6 siete=7 ocho=8 nueve=9 diez=10 once=11 doce=12 trece=13 catorce=14 quince=15 dieciséis=16 diecisiete=17 "
                 "dieciocho=18 diecinueve=19 veinte=20 veintiuno=21 veintiún=21 veintidós=22 veintitrés=23 veinticuatro=24 veinticinco=25 veintiséis=26 "
                 "veintisiete=27 veintiocho=28 veintinueve=29 treinta=30 cuarenta=40 cincuenta=50 sesenta=60 setenta=70 ochenta=80 noventa=90 docena=12 decena=10 "
                 "doscientos=200 doscientas=200 trescientos=300 trescientas=300 cuatrocientos=400 cuatrocientas=400 quinientos=500 quinientas=500 seiscientos=600 "
                 "seiscientas=600 setecientos=700 ochocientos=800 novecientos=900"),
    "it": _table("due=2 tre=3 quattro=4 cinque=5 sette=7 otto=8 nove=9 dieci=10 undici=11 dodici=12 tredici=13 quattordici=14 quindici=15 sedici=16 diciassette=17 "
                 "diciotto=18 diciannove=19 venti=20 venticinque=25 trenta=30 quaranta=40 cinquanta=50 sessanta=60 settanta=70 ottanta=80 novanta=90 duecento=200 "
                 "trecento=300 cinquecento=500 decina=10 dozzina=12 centinaio=100"),
    "nl": _table("twee=2 drie=3 vier=4 vijf=5 zes=6 zeven=7 acht=8 negen=9 tien=10 elf=11 twaalf=12 dertien=13 veertien=14 vijftien=15 zestien=16 zeventien=17 "
                 "achttien=18 negentien=19 twintig=20 dertig=30 veertig=40 vijftig=50 zestig=60 zeventig=70 tachtig=80 negentig=90 dozijn=12 tiental=10"),
    "pt": _table("dois=2 duas=2 três=3 quatro=4 cinco=5 seis=6 sete=7 oito=8 nove=9 dez=10 onze=11 doze=12 treze=13 catorze=14 quatorze=14 quinze=15 dezesseis=16 "
                 "dezessete=17 dezoito=18 dezenove=19 vinte=20 trinta=30 quarenta=40 cinquenta=50 sessenta=60 setenta=70 oitenta=80 noventa=90 duzentos=200 duzentas=200 "
                 "trezentos=300 trezentas=300 quinhentos=500 quinhentas=500 dúzia=12 dezena=10 centena=100"),
    "sv": _table("två=2 tre=3 fyra=4 fem=5 sex=6 sju=7 åtta=8 nio=9 tio=10 elva=11 tolv=12 tretton=13 fjorton=14 femton=15 sexton=16 sjutton=17 arton=18 nitton=19 "
                 "tjugo=20 trettio=30 fyrtio=40 femtio=50 sextio=60 sjuttio=70 åttio=80 nittio=90 dussin=12"),
}  # fmt: skip
_TIMES = {
    "en": _table("hundred=100 thousand=1000 million=1000000 billion=1000000000"),
    "de": _table("hundert=100 tausend=1000 million=1000000 millionen=1000000 milliarde=1000000000 milliarden=1000000000"),
    "fr": _table("cent=100 cents=100 mille=1000 million=1000000 millions=1000000 milliard=1000000000 milliards=1000000000"),
    "es": _table("cien=100 ciento=100 mil=1000 millón=1000000 millones=1000000"),
    "it": _table("cento=100 mille=1000 mila=1000 milione=1000000 milioni=1000000 miliardo=1000000000 miliardi=1000000000"),
    "nl": _table("honderd=100 duizend=1000 miljoen=1000000 miljard=1000000000"),
    "pt": _table("cem=100 cento=100 mil=1000 milhão=1000000 milhões=1000000 bilhão=1000000000 bilhões=1000000000"),
    "sv": _table("hundra=100 tusen=1000 miljon=1000000 miljoner=1000000 miljard=1000000000 miljarder=1000000000"),
}  # fmt: skip
# Between tens and what is below, or behind hundreds.
LONGEST = 60  # letters of a number in one word
_JOINED_BY = {"en": "and", "de": "und", "fr": "et", "es": "y", "it": "e", "nl": "en", "pt": "e", "sv": "och"}
_ONE = {"one", "a", "an", "ein", "eine", "einer", "une", "un", "una", "uma", "um", "een", "en", "ett"}
_AND_ONE = {"fr": {"un": 1, "une": 1}, "es": {"uno": 1, "una": 1, "un": 1}}
_COMPOUND = {
    "de": (
        re.compile(r"(?:(?P<thousand>\w*)tausend)?(?:(?P<hundred>\w*?)hundert)?(?P<rest>\w*)"),
        "und",
    ),
    "nl": (
        re.compile(r"(?:(?P<thousand>\w*)duizend)?(?:(?P<hundred>\w*?)honderd)?(?P<rest>\w*)"),
        "en|ën",
    ),
}
_BEFORE = re.compile(r"(\w+)[ -]\Z")
_HALVES = {
    joint: re.compile(rf"(\w+?)(?:{joint})(\w+zig|\w+ßig|\w+ssig|\w+tig|tachtig)")
    for joint in ("und", "en|ën")
}
_WORD = re.compile(r"[^\W\d_]+")
LANGUAGES = tuple(_ONES)


@dataclass(slots=True)
class _Run:
    """Words of one number, as far as they have been read."""

    start: int
    end: int
    total: int = 0
    current: int = 0
    words: int = 0
    pending: int = field(default=0)  # where a joining word began to be waited on


def spelled_in(text: str, language: str) -> Iterator[tuple[int, int, int]]:
    """Start, end and value of each number in words."""
    if language not in _ONES:
        return
    run: _Run | None = None
    for match in _WORD.finditer(text):
        word = match.group().casefold()
        joins = run is not None and text[run.end : match.start()].strip(" -\u00a0\u202f") == ""
        if run is not None and joins and word == _JOINED_BY[language] and not run.pending:
            run.pending = run.end
            run.end = match.end()
            continue
        value, times = _value(word, language), _TIMES[language].get(word)
        if run is not None and joins and _goes_on(run, word, value, times, language):
            _add(run, value or _AND_ONE.get(language, {}).get(word, 0), times)
            run.end, run.pending = match.end(), 0
            continue
        if run is not None:
            yield from _told(run)
        run = _begin(text, match, value, times)
    if run is not None:
        yield from _told(run)


def _begin(text: str, match: re.Match[str], value: int | None, times: int | None) -> _Run | None:
    if value is None and times is None:
        return None
    run = _Run(match.start(), match.end())
    before = _BEFORE.search(text[max(0, match.start() - 12) : match.start()])
    if times is not None and value is None and not (before and before.group(1).casefold() in _ONE):
        return run if _add(run, 0, times) else None
    _add(run, value or 0, times if value is None else None)
    return run


def _goes_on(run: _Run, word: str, value: int | None, times: int | None, language: str) -> bool:
    """Is this word part of the number before it? “six, seven” and “two three” are two."""
    if run.pending and value is None and word in _AND_ONE.get(language, {}):
        return run.current % 100 >= 20 and run.current % 10 == 0
    if times is not None and value is None:
        return not run.pending and _multiplies(run, times)
    if value is None:
        return False
    if language == "fr" and value == 20 and run.current % 100 == 4:
        return True  # quatre-vingts
    if language == "fr" and 10 <= value <= 19 and run.current % 100 in (60, 80):
        return True  # soixante-dix, quatre-vingt-dix
    below = run.current or (run.total and 1000)
    if not below:
        return False
    for power in (1000, 100, 10):
        if below % power == 0:
            return value < power
    return False


def _multiplies(run: _Run, times: int) -> bool:
    """“Two hundred”, “two hundred thousand”, but no “hundred hundred”, and no million behind a thousand of it."""
    if times == 100:
        return 0 < run.current < 100
    return run.current > 0 and (run.total == 0 or run.total % (times * 1000) == 0)


def _add(run: _Run, value: int, times: int | None) -> bool:
    run.words += 1
    if times is None:
        run.current = run.current * value if value == 20 and run.current % 100 == 4 else run.current + value
    elif times == 100:
        run.current = max(1, run.current) * 100
    else:
        run.total += max(1, run.current) * times
        run.current = 0
    return True


def _told(run: _Run) -> Iterator[tuple[int, int, int]]:
    value = run.total + run.current
    if value > 1:
        yield run.start, run.pending or run.end, value


@lru_cache(maxsize=4096)
def _value(word: str, language: str) -> int | None:
    found = _ONES[language].get(word)
    if found is not None or language not in _COMPOUND or len(word) > LONGEST:
        return found
    return _compound(word, language)


def _compound(word: str, language: str) -> int | None:
    """“einundzwanzig”, “zweihundertfünfzig”, “dreitausend”; not the bare “hundert”, which multiplies."""
    pattern, joint = _COMPOUND[language]
    match = pattern.fullmatch(word)
    if match is None or word in _TIMES[language]:
        return None
    parts = match.groupdict()
    below = _below_hundred(parts["rest"], language, joint)
    if below is None:
        return None
    total = below
    for name, factor in (("hundred", 100), ("thousand", 1000)):
        if parts[name] is not None:
            count = 1 if parts[name] in ("", "ein") else _value(parts[name], language)
            if count is None:
                return None
            total += count * factor
    return total if total > 1 else None


def _below_hundred(word: str, language: str, joint: str) -> int | None:
    ones = _ONES[language]
    if not word:
        return 0
    if word in ones and word not in ("dutzend", "dozijn", "tiental"):
        return ones[word]
    halves = _HALVES[joint].fullmatch(word)
    if halves is None:
        return None
    low = 1 if halves[1] in ("ein", "een") else ones.get(halves[1])
    high = ones.get(halves[2])
    return None if low is None or high is None or low > 9 else low + high
