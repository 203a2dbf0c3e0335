"""Claims without a name or a number of their own: the largest, not, more than.

They are held against the source only where the sentence cites one: in general remarks they are ways of speaking.
"""
# ruff: noqa: E501 (patterns are easier to read whole)

import re
from collections.abc import Iterator

from pipeline.rules.grounding_numbers import Number, numbers_in

_FIRM = (
    "maker manufacturer producer provider supplier company firm employer player brand group retailer operator distributor exporter importer bank hospital agency "
    "plant factory bakery brewery carrier dealer wholesaler grower printer foundry mill builder contractor insurer network fleet chain site warehouse lab laboratory "
    "school university clinic practice hotel team hersteller anbieter arbeitgeber lieferant unternehmen betrieb produzent händler brauerei bäckerei druckerei gießerei "
    "werk klinik versicherer dienstleister spediteur fabricant fournisseur entreprise employeur producteur groupe distributeur exploitant transporteur usine société "
    "fabricante proveedor empresa empleador productor grupo distribuidor operador exportador planta fábrica bodega"
)
# Trades by their endings: Käserei, Autohersteller, biscuiterie, panadería, cheesemaker.
_TRADES = (
    r"[\w-]*(?:erei|hersteller|anbieter|betrieb|unternehmen|händler|dienstleister|lieferant|werk|produzent|versicherer|erie|"
    r"ería|maker|cooperative|co-operative|coopérative|cooperativa|genossenschaft)"
)
_FIRMS = f"(?:(?:{'|'.join(_FIRM.split())})s?|{_TRADES}s?)"
_MOST = {
    "large": "largest|biggest|größte[nrsm]?|grösste[nrsm]?|plus grande?s?|mayor|más grande",
    "leading": "leading|foremost|market leader|world leader|industry leader|market-leading|number one|no\\. 1|führende[nrsm]?|marktführer(?:in)?|weltmarktführer(?:in)?|leader|numéro un|líder|número uno|principal",
    "fast": "fastest[- ]growing|am schnellsten wachsende[nrsm]?|plus forte croissance|más rápido crecimiento|que más crece",
    "old": "oldest|älteste[nrsm]?|plus anciens?|plus ancienne|más antigu[oa]",
    "only": "only|einzige[nrsm]?|seule?|unique|únic[oa]",
    "first": "first|erste[nrsm]?|premiere?|première|primer[oa]?",
    "small": "smallest|kleinste[nrsm]?|plus petite?|más pequeñ[oa]",
    "known": "best[- ]known|bekannteste[nrsm]?|plus connue?|más conocid[oa]",
    "award": "award-winning|preisgekrönte[nrsm]?|primée?|premiad[oa]",
    "record": "record (?:year|revenue|sales|profits?|orders|quarter|turnover|result)|rekord(?:jahr|umsatz|ergebnis|quartal|gewinn)\\w*|année record|chiffre d'affaires record|año récord|ventas récord|facturación récord",
}  # fmt: skip
_ALONE = re.compile(
    rf"\b(?:market leader|world leader|industry leader|market-leading|number one in|marktführer(?:in)?|weltmarktführer(?:in)?|leader (?:du|mondiale?|européenn?e?|français|sur|en)|numéro un|líder (?:del?|mundial|europe[oa]|nacional|en)|número uno|{_MOST['award']}|{_MOST['record']}|{_MOST['fast']})\b",
    re.IGNORECASE,
)
_OF_FIRMS = {
    name: re.compile(
        rf"\b(?P<most>{words})\b(?:[ -][\w-]+){{0,3}}?[ -]{_FIRMS}\b"
        if name not in ("only", "first")
        else rf"\b(?:the|der|die|das|le|la|el|l['’])\s?(?P<most>{words})\b(?:[ -][\w-]+){{0,2}}?[ -]{_FIRMS} (?:in|to|of|with|der|die|das|in|à|en|qui|que|mit)\b",
        re.IGNORECASE,
    )
    for name, words in _MOST.items()
    if name not in ("award", "record")
}
_AS = re.compile(
    r"\b(?:as|als|en tant que|comme|como)\s(?:the |der |die |das |le |la |l['’]|el |(?:one|eine[rs]?|un[ae]?) (?:of the |der |des |de los |de las )?)?"
    r"(?:[\w'’-]+[’']s )?(?P<most>largest|biggest|leading|oldest|größte[nrsm]?|führende[nrsm]?|älteste[nrsm]?|plus grande?|premiere?|leader|mayor|"
    r"principal|líder)\b",
    re.IGNORECASE,
)
_SAID = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in _MOST.items()}

_NOT = r"(?:\bnot\b|n['’]t\b|\bnever\b|\bno longer\b|\bnicht\b|\bnie\b|\bkeine?[nrsm]?\b|\bpas\b|\bjamais\b|\bplus\b|\bno\b|\bnunca\b|\bohne\b|\bwithout\b|\bsans\b|\bsin\b)"
_HAS_NOT = re.compile(_NOT, re.IGNORECASE)
# What was not done: only of the past, since “you do not open a plant without noise” is a remark.
_DENIED = re.compile(
    r"\b(?:you|they|it|he|she|[A-Z]\w+) (?:did|have|has|had|was|were)(?: not|n['’]t| never) (?!only\b|just\b|lost\b|alone\b|easy\b|a\b|an\b|the\b)\w+|"
    r"\b(?:you|they|[A-Z]\w+) no longer \w+|"
    r"\b(?:Sie haben|hat|haben|wurden?) (?:[\w-]+ ){0,4}(?:nicht|nie) (?!nur\b|jede|viele|alle\b)\w+|"
    r"\b(?:n['’](?:avez|a|ont|avait)) (?:pas|jamais|plus) (?!que\b|tout\b)\w+|"
    r"\bno (?:ha|han|habéis|había) \w+",
)
_WORDS = re.compile(r"\w+")
_DENIED_THERE = re.compile(
    r"\b(?:will|did|does|do|has|have|had|is|are|was|were|can|could|would)(?: not|n['’]t| never) (?:be )?(?P<verb>\w{4,})|\bno longer (?P<verb2>\w{4,})"
)
_MORE = re.compile(
    r"\b(?:more than|over|upwards of|in excess of|exceed(?:ing|s|ed)?|mehr als|über|plus de|más de|più di|meer dan|mais de)\s+(?=[\d$€£]|\w+)",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"\b(?:less than|fewer than|under|below|weniger als|unter|moins de|menos de|meno di|minder dan)\s+(?=[\d$€£]|\w+)",
    re.IGNORECASE,
)


def claims_in(sentence: str, flat: str, language: str) -> Iterator[str]:
    """Those that `flat`, the source in small letters, does not make."""
    yield from _superlatives(sentence, flat)
    yield from _denials(sentence, flat)
    for bound in (_MORE, _LESS):
        yield from _bounds(sentence, flat, bound, language)


def _superlatives(sentence: str, flat: str) -> Iterator[str]:
    found: dict[str, str] = {}
    for name, pattern in _OF_FIRMS.items():
        if match := pattern.search(sentence):
            found[name] = match.group()
    for match in filter(None, (_ALONE.search(sentence), _AS.search(sentence))):
        name = next((name for name, said in _SAID.items() if said.search(match.group())), "leading")
        found.setdefault(name, match.group())
    yield from (words for name, words in found.items() if not _SAID[name].search(flat))


def _denials(sentence: str, flat: str) -> Iterator[str]:
    if (match := _DENIED.search(sentence)) and not _HAS_NOT.search(flat):
        yield match.group()
    if _HAS_NOT.search(sentence):
        return
    denied = [match["verb"] or match["verb2"] for match in _DENIED_THERE.finditer(flat)]
    for verb in dict.fromkeys(denied):
        always = _WORDS.findall(flat).count(verb) == denied.count(verb)
        if always and verb in _WORDS.findall(sentence.casefold()):
            yield verb


def _bounds(sentence: str, flat: str, bound: re.Pattern[str], language: str) -> Iterator[str]:
    """“More than 120” where the source says 120, and not that it is more."""
    ours = [(words, one) for words, one in _bounded(sentence, bound, language) if not one.period]
    if not ours:
        return
    theirs = {one.value for _, one in _bounded(flat, bound, None)}
    exactly = {one.value for one in numbers_in(flat, language=None, strict=True)}
    yield from (f"{words} {number.words}" for words, number in ours if number.value in exactly - theirs)


def _bounded(text: str, bound: re.Pattern[str], language: str | None) -> Iterator[tuple[str, Number]]:
    for match in bound.finditer(text):
        behind = text[match.end() : match.end() + 40]
        for one in numbers_in(behind, language=language, strict=True):
            if behind.startswith(one.words):
                yield match.group().strip(), one
