"""How much more or less, in a word: “doubled”, “a third of”, “hundreds”, and which one of several: “the second”."""
# ruff: noqa: E501 (patterns and word lists are easier to read whole)

import re
from collections.abc import Iterable

from pipeline.rules.grounding_numbers import ABOUT, Number, is_about, stands
from pipeline.rules.grounding_spelled import LANGUAGES, spelled_in
from pipeline.rules.words import word_set

ABOUT_BELOW, ABOUT_ABOVE = 8, 3  # points of a per cent by which a fraction may be rounded
_MULTIPLES = (
    ("2x", word_set("doubled doubling twofold verdoppelt verdoppelte verdoppelung doublé doublée duplicado duplicó duplicaron raddoppiato "
                    "raddoppiata verdubbeld verdubbelde duplicou duplicaram dobrou dobraram  fördubblat fördubbla doubler doublement duplicar duplica duplicando verdoppeln raddoppiare dobrar verdubbelen")),
    ("3x", word_set("tripled tripling threefold verdreifacht verdreifachte triplé triplicado triplicó triplicato triplicou triplicaram verdrievoudigd tripler triplée triplicar triplica triplicando verdreifachen triplicare verdrievoudigen")),
    ("4x", word_set("quadrupled fourfold vervierfacht quadruplé cuadruplicado quadruplicato quadruplicou verviervoudigd quadrupler cuadruplicar vervierfachen")),
    ("½", word_set("halved halves halving halve halbieren halbiert halbierte demediado dimezzato dimezzata gehalveerd moitié mitad metà metade half hälfte helft")),
)  # fmt: skip
_SECOND = re.compile(r"\b(?:a|one|per|every|split|just a)\s+second\b", re.IGNORECASE)
_ORDINALS = (
    ("2", word_set("second 2nd zweite zweiten zweites zweiter deuxième segundo segunda secondo seconda tweede andra")),
    ("3", word_set("third 3rd dritte dritten drittes dritter troisième tercer tercero tercera terzo terza derde terceiro terceira tredje")),
    ("4", word_set("fourth 4th vierte vierten viertes vierter quatrième cuarto cuarta quarto quarta vierde fjärde")),
    ("5", word_set("fifth 5th fünfte fünften fünftes fünfter cinquième quinto quinta vijfde femte")),
    ("6", word_set("sixth 6th sechste sechsten sechstes sechster sixième sexto sexta sesto sesta zesde")),
    ("7", word_set("seventh 7th siebte siebten siebtes siebter septième séptimo séptima settimo settima zevende")),
    ("8", word_set("eighth 8th achte achten achtes achter huitième octavo octava ottavo ottava achtste")),
    ("9", word_set("ninth 9th neunte neunten neuntes neunter neuvième noveno novena nono nona negende")),
    ("10", word_set("tenth 10th zehnte zehnten zehntes zehnter dixième décimo décima tiende")),
)  # fmt: skip
_FRACTIONS = (
    ("⅔", re.compile(r"\b(?:two[ -]thirds|zwei drittel|deux tiers|dos tercios|due terzi|dois terços)\b", re.IGNORECASE)),
    ("⅓", re.compile(r"\b(?:(?:a|one)[ -]third(?= of| more| less| fewer|[ .,;!?]*\Z)|by a third|ein drittel|un tiers|un tercio|un terzo|um terço)\b", re.IGNORECASE)),
    ("¾", re.compile(r"\b(?:three[ -]quarters|drei viertel|trois quarts|tres cuartos|tre quarti)\b", re.IGNORECASE)),
    ("¼", re.compile(r"\b(?:(?:a|one)[ -]quarter (?:of|more|less|fewer)|by a quarter|ein viertel|un quart\b(?! d'heure)|un cuarto de (?!hora)|un quarto d)", re.IGNORECASE)),
    ("½", re.compile(r"\bby half\b", re.IGNORECASE)),
)  # fmt: skip
_TIMES_OVER = re.compile(
    r"\b(\d{1,3})(?:x\b|-?fold\b|-?fache?[ns]?\b)|\bx ?(\d{1,3})\b|\b(\d{1,3}) (?:times|mal|fois|veces|volte|vezes|keer) (?:as|more|so|plus|más|più|mais|zo)\b",
    re.IGNORECASE,
)
_ABOUT_WORD = re.compile(ABOUT.pattern.replace(r"[ ]\Z", r"\s(\w+)"), re.IGNORECASE)
_TWICE = re.compile(
    r"\btwice (?:as|the|your|its|that)\b|\bdoppelt so\b|\bdeux fois plus\b|\bel doble\b", re.IGNORECASE
)
_FOLD = re.compile(r"\b(\w+?)(?:-?fold|fache?[ns]?)\b", re.IGNORECASE)
# As many as these words say at the least, and fewer than the next would say.
_VAGUE = (
    ("dozens", 24, 1_000, word_set("dozens dutzende dutzenden dizaines douzaines decenas docenas decine dozzine tientallen dezenas dussintals")),
    ("hundreds", 200, 10_000, word_set("hundreds hunderte hunderten centaines cientos centenares centinaia honderden centenas hundratals")),
    ("thousands", 2_000, 1_000_000, word_set("thousands tausende tausenden milliers miles millares migliaia duizenden milhares tusentals")),
    ("millions", 2_000_000, 10**12, word_set("millions")),
)  # fmt: skip
_AS_PERCENT = {
    "½": ("50",),
    "⅓": ("33", "33.3"),
    "⅔": ("66", "67", "66.7"),
    "¼": ("25",),
    "¾": ("75",),
    "2x": ("100",),
    "3x": ("200",),
}
_WORD = re.compile(r"\w+")


def comparisons_in(text: str, *, strict: bool) -> list[tuple[str, str]]:
    """Multiples (“doubled”), fractions and, in a sentence that cites a fact, ordinals and round numbers (“hundreds”):
    the words and what they say."""
    found: list[tuple[str, str]] = []
    rest = _SECOND.sub(" ", text)
    for said, pattern in _FRACTIONS if strict else ():
        found += [
            (match.group().strip(), f"~{said}" if is_about(rest, match.start()) else said)
            for match in pattern.finditer(rest)
        ]
        rest = pattern.sub(" ", rest)
    for match in _TIMES_OVER.finditer(rest):
        found.append((match.group(), f"{match[1] or match[2] or match[3]}x"))
    found += [(match.group(), "2x") for match in _TWICE.finditer(rest)]
    for match in _FOLD.finditer(rest):
        found += [
            (match.group(), f"{value}x") for one in LANGUAGES for *_, value in spelled_in(match[1], one)
        ][:1]
    near = {match[1].casefold() for match in _ABOUT_WORD.finditer(rest)}
    words = [word.casefold() for word in _WORD.findall(rest)]
    tables = (*_MULTIPLES, *(_ORDINALS if strict else ()))
    found += [
        (word, f"~{said}" if word in near else said)
        for word in words
        for said, forms in tables
        if word in forms
    ]
    if strict:
        found += [(word, said) for word in words for said, _, _, forms in _VAGUE if word in forms]
    return found


def without_fractions(text: str) -> str:
    """“Two thirds” says nothing of two."""
    for _, pattern in _FRACTIONS:
        text = pattern.sub(" ", text)
    return text


def compares(said: str, known: Iterable[Number], comparisons: Iterable[str]) -> bool:
    """Does the source say the same of how much more or less, in a word, a per cent or a number?"""
    theirs = list(known)
    if said.startswith("~"):
        said = said[1:]
        wanted = [float(one) for one in _AS_PERCENT.get(said, ())]
        if any(
            -ABOUT_BELOW <= float(one.value) - wish <= ABOUT_ABOVE
            for one in theirs
            for wish in wanted
            if one.unit == "%"
        ):
            return True
    if said in comparisons or stands(Number("", said), theirs):
        return True
    if any(one.unit == "%" and one.value in _AS_PERCENT.get(said, ()) for one in theirs):
        return True
    for name, least, most, _ in _VAGUE:
        if name == said:
            return any(least <= float(one.value) < most for one in theirs if _is_count(one))
    return False


def _is_count(number: Number) -> bool:
    """Of things: no per cent, no year."""
    return re.fullmatch(r"\d+(?:\.\d+)?", number.value) is not None and not (
        number.unit == "%" or re.fullmatch(r"(?:19|20)\d\d", number.value)
    )
