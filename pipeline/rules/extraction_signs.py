"""What only the addresses and imprints of a country hold: post codes, tax numbers, registers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_STATES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK "
    "OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR"
).replace(" ", "|")
_US_STATES = (
    "Alabama Alaska Arizona Arkansas California Colorado Connecticut Delaware Florida Hawaii Idaho Illinois Indiana "
    "Iowa Kansas Kentucky Louisiana Maine Maryland Massachusetts Michigan Minnesota Mississippi Missouri Montana "
    "Nebraska Nevada Ohio Oklahoma Oregon Pennsylvania Tennessee Texas Utah Vermont Virginia Wisconsin Wyoming"
).replace(" ", "|")
_ZIP = re.compile(r"(?<=\s)\d{5}(?:-\d{4})?\b")
_SHORT_STATE = re.compile(rf"\b(?:{_STATES})\b[.,]?\s{{1,3}}\Z")
_WHOLE_STATE = re.compile(rf"\b(?:{_US_STATES}|New York|New Jersey|New Mexico)[.,]?\s{{1,3}}\Z")


@dataclass(frozen=True, slots=True)
class _Sign:
    """What an address or an imprint of the country looks like; it counts by its weight, once or twice.

    Most pages are of one country and have nothing of thirty others, so each pattern has something that is looked
    for first: `numbered` runs over lines with digits only, and where `code` is set only if these letters stand
    before a number; `worded` runs where one of `marks` stands in the text, as it is or in small letters.
    """

    region: str
    weight: float
    numbered: str = ""
    worded: str = ""
    marks: str = ""
    code: str = ""

    def times(self, page: "_Page") -> int:
        seen = 0
        if self.numbered and (not self.code or not page.codes.isdisjoint(self.code.split("|"))):
            seen = len(_compiled(self.numbered).findall(page.numbers))
        if (
            self.worded
            and seen < 2
            and any(mark in page.text or mark in page.small for mark in self.marks.split("|"))
        ):
            seen += len(_compiled(self.worded).findall(page.text))
        return min(seen, 2)


@dataclass(frozen=True, slots=True)
class _Page:
    """The text in the forms in which signs are looked for."""

    text: str
    small: str
    numbers: str  # lines with digits
    codes: frozenset[str]  # letters before numbers


_compiled = lru_cache(maxsize=128)(re.compile)
_SIGNS = (
    _Sign("CA", 3.5, r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d\b"),
    _Sign("GB", 3.5, r"\b[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}\b"),
    _Sign(
        "GB",
        2.0,
        worded=r"(?i)\bregistered in (?:england|scotland|wales)|\bcompany (?:reg|no|number)",
        marks="registered in |company ",
    ),
    _Sign("AU", 3.5, r"\b(?:NSW|VIC|QLD|TAS|ACT|Queensland|New South Wales|Victoria)\b,? \d{4}\b"),
    _Sign("AU", 3.0, worded=r"\bABN:? ?\d{2} \d{3} \d{3} \d{3}\b", marks="ABN"),
    _Sign("NL", 3.0, r"\b[1-9]\d{3} [A-Z]{2} {1,2}[A-Z][a-z]", r"\bK\.?v\.?K\b|\bBTW\b", "K.v|Kv|KV|K.V|BTW"),
    _Sign(
        "DE",
        3.0,
        r"\bD ?[-–] ?\d{5}\b|\bDE ?\d{9}\b",
        r"\bUSt\.?-?Id|\bHR[AB] ?\d|§ ?5 (?:TMG|DDG)|\bAmtsgericht\b",
        "USt|HRA|HRB|§|Amtsgericht",
        "D|DE",
    ),
    _Sign(
        "AT",
        3.0,
        r"\bA ?[-–] ?\d{4}\b",
        r"\bATU ?\d{8}\b|\bFirmenbuch|\bUID-Nr",
        "ATU|Firmenbuch|UID-Nr",
        "A",
    ),
    _Sign("CH", 3.0, r"\bCH ?[-–] ?\d{4}\b", r"\bCHE-\d{3}", "CHE-", "CH"),
    _Sign(
        "FR",
        3.0,
        r"\bF ?[-–] ?\d{5}\b|\bFR ?\d{2} ?\d{9}\b",
        r"\bSIRE[NT]\b|\bRCS\b|(?i:\bcedex\b)",
        "SIRE|RCS|cedex",
        "F|FR",
    ),
    _Sign("BE", 3.0, r"\bB ?[-–] ?\d{4}\b|\bBE ?0\d{3}[. ]?\d{3}[. ]?\d{3}\b", code="B|BE"),
    _Sign(
        "IT",
        3.0,
        r"(?i)\bI ?[-–] ?\d{5}\b",
        r"(?i)\bp(?:artita|\.) ?i(?:va|\.v\.a\.?)\b|\bcod(?:ice|\.) ?fisc|\bR\.?E\.?A\.?\b ?[A-Z]{2}",
        "artita i|p. i|p.i|fisc|rea|r.e|re.a",
        "I|i",
    ),
    _Sign(
        "ES",
        3.0,
        worded=r"\bC\.?I\.?F\.?:? ?[A-Z]-?\d{8}|\bN\.?I\.?F\.?:? ?[A-Z]-?\d{8}|\bRegistro Mercantil\b",
        marks="CIF|C.I|CI.F|NIF|N.I|NI.F|Registro Mercantil",
    ),
    _Sign("PT", 3.0, r"\b\d{4}-\d{3} [A-Z][a-z]", r"\bNIPC\b", "NIPC"),
    _Sign("BR", 3.0, worded=r"\bCNPJ\b|\bCEP\b", marks="CNPJ|CEP"),
    _Sign("PL", 3.0, r"\b\d{2}-\d{3} [A-ZŁŚŻ][a-złśżąęó]", r"\bREGON\b|\bNIP:? ?\d|\bKRS\b", "REGON|NIP|KRS"),
    _Sign("CZ", 2.5, r"\bCZ ?[-–]? ?\d{3} ?\d{2}\b", r"\bDIČ: ?CZ", "DIČ", "CZ"),
    _Sign("SK", 2.5, r"\bSK ?[-–] ?\d{3} ?\d{2}\b", r"\bIČ DPH", "IČ DPH", "SK"),
    _Sign("DK", 3.0, r"\bDK ?[-–] ?\d{4}\b", r"\bCVR\b", "CVR", "DK"),
    _Sign("SE", 2.5, r"\bSE ?[-–] ?\d{3} ?\d{2}\b", r"\bOrg\.?nr:? ?\d{6}-\d{4}", "Org", "SE"),
    _Sign("NO", 2.5, r"\bN(?:O)? ?[-–] ?\d{4}\b", r"\bOrg\.?nr\.?:? ?\d{3} \d{3} \d{3}\b", "Org", "N|NO"),
    _Sign("FI", 2.5, r"\bFI ?[-–] ?\d{5}\b", r"\bY-tunnus\b", "Y-tunnus", "FI"),
    _Sign("JP", 3.5, worded=r"〒 ?\d{3}-\d{4}", marks="〒"),
    _Sign("IN", 3.0, worded=r"\bGSTIN?\b|\bCIN: ?U\d", marks="GST|CIN:"),
    _Sign("KR", 3.0, worded=r"사업자", marks="사업자"),
    _Sign("RU", 3.0, worded=r"\bИНН\b|\bОГРН\b", marks="ИНН|ОГРН"),
    _Sign("UA", 3.0, worded=r"\bЄДРПОУ\b|\bгрн\b", marks="ЄДРПОУ|грн"),
)
_DIGIT = re.compile(r"\d")
_CODES = re.compile(r"\b([A-Za-z]{1,2}) ?[-–]? ?\d")


def signs_in(text: str) -> Iterator[tuple[str, float]]:
    """ISO country and weight of each sign that stands in the text."""
    short, whole = _american(text)
    yield "US", 3.5 * short / 1.5
    yield "US", 3.0 * whole / 1.5
    numbers = "\n".join(line for line in text.split("\n") if _DIGIT.search(line))
    page = _Page(text, text.lower(), numbers, frozenset(_CODES.findall(numbers)))
    for sign in _SIGNS:
        yield sign.region, sign.weight * sign.times(page) / 1.5


def _american(text: str) -> tuple[int, int]:
    """How often a state stands before a number of five digits, in short and in full; at most two of each."""
    short = whole = 0
    for code in _ZIP.finditer(text):
        before = text[max(0, code.start() - 24) : code.start()]
        short += _SHORT_STATE.search(before) is not None
        whole += _WHOLE_STATE.search(before) is not None
        if short >= 2 and whole >= 2:
            break
    return min(short, 2), min(whole, 2)
