"""Phone numbers that stand on a page; by what stands before them, tax numbers and dates are told apart.

Fax numbers count: they are numbers of the company, and pages often print one for both.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat

from pipeline.rules.extraction_number_words import BEFORE

phonenumbers.enable_pattern_cache()  # else the countries' patterns are compiled again and again
_MOST_LINES = 1500  # of lines with digits that are looked at
_LONGEST_LINE = 2000
_MOST_NUMBERS = 200


@dataclass(frozen=True, slots=True)
class FoundPhone:
    number: str  # international, as in `+49 30 123456`
    shown: str

    @property
    def e164(self) -> str:
        """`+4930123456`, without an extension."""
        return "+" + re.sub(r"\D", "", re.split(r"[^\d+().\s/-]", self.number, maxsplit=1)[0])


_SAMPLE_WORDS = [
    "es",
    "ex",
    "e.g",
    "eg",
    "z.b",
    "zb",
    "esempio",
    "example",
    "exemple",
    "ejemplo",
    "beispiel",
    "placeholder",
    "format",
    "příklad",
    "np",
]
_SAMPLE = re.compile(rf"(?i)(?<!\w)(?:{'|'.join(map(re.escape, _SAMPLE_WORDS))})[.:)]{{0,3}}\s?$")
_NANP = re.compile(r"(?:1[-. ]{0,2})?\(?[2-9]\d\d\)?[-. ]{0,3}[2-9]\d\d[-. ]{1,3}\d{4}")
_LETTER = re.compile(r"(?<![\w.])(?:[TFPMOCWDHVS]|[tfpm])\s?[.:)]?\s{0,2}$|[☎✆📞📱🕿]\W{0,3}$")
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"\d(?:\D{0,3}\d){6}")
_VANITY = re.compile(
    r"(?<![\w+])((?:\+?1[-. ]?)?\(?(?:8(?:00|33|44|55|66|77|88)|[2-9]\d\d(?=[-.)]))\)?[-. ]{0,2})"
    r"((?:[A-Z\d]{3}[-. ]?[A-Z]{4}|[A-Z]{3}[-. ]?[A-Z\d]{4,6}|[A-Z]{4}-[A-Z]{3}|[A-Z]{7,9}))(?![\w])(?:\s?\(\d{4,7}\))?"
)
_KEYS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_SPELLED = str.maketrans(
    {"\u00a0": " ", "\u2011": "-", "\u2010": "-", "–": "-", "—": "-", "−": "-", "·": ".", "•": ".", "[": "(",
     "]": ")", "\u202f": " ", "\u2009": " ", "⁄": "/", "∙": ".", "⁃": "-", "＋": "+", "（": "(", "）": ")"}
)  # fmt: skip
_MADE_UP = re.compile(r"(\d)\1{6}|1234567|0123456|987654321")
_SURELY_MADE_UP = re.compile(r"(\d)\1{7}|0{7}|123456789|^0?123456|987654321")
_HALF = re.compile(r"\+\d{1,3}[ \d()-]{0,6}")
_REST = re.compile(r"\d[\d -]{4,12}")


def phones_in(
    text: str, tels: Iterable[str], region: str | None, others: Sequence[str] = ()
) -> tuple[FoundPhone, ...]:
    """Each number once. `region`: ISO country of numbers without a country code; `others`: countries tried where a
    labelled number is none of the first."""
    found: dict[str, FoundPhone] = {}
    regions = list(dict.fromkeys(one for one in (region, *others[:4]) if one)) or ["ZZ"]
    for href in tels:
        shown = unquote(href.partition(":")[2]).split(";", 1)[0].split("?", 1)[0].strip()[:60]
        number = _linked(shown, regions)
        if number is not None:
            _keep(found, number, f"tel:{shown}")
    for line, before in _lines_with_digits(text):
        for number, shown in _numbers_in(line, before, regions):
            _keep(found, number, shown)
        if len(found) >= _MOST_NUMBERS:
            break
    return tuple(found.values())


_OF_LANGUAGE = {
    "en": "US GB AU CA IE NZ ZA IN SG PH NG KE",
    "de": "DE AT CH",
    "fr": "FR BE CH CA MA",
    "es": "ES MX AR CO CL PE",
    "pt": "BR PT",
    "nl": "NL BE",
    "it": "IT CH",
    "ar": "AE SA EG",
    "ru": "RU UA KZ BY",
    "zh": "CN TW HK",
}


def region_by_shape(text: str, language: str | None, first: str | None) -> str | None:
    """The country whose numbers are written as these are, where nothing else tells; `first` where it is as good."""
    shown = [
        match[0] for line, _ in _lines_with_digits(text) for match in _CANDIDATE.finditer(_spelled(line))
    ]
    shown = list(
        dict.fromkeys(one for one in shown if not one.startswith(("+", "00")) and not one.isdigit())
    )[:6]
    usual = _OF_LANGUAGE.get(language or "en", "").split()
    regions = [first, *(one for one in usual if one != first)] if first else usual
    if not shown or not regions:
        return first
    if first and all(_fit(one, first) for one in shown):
        return first
    scores = {region: sum(_fit(one, region) for one in shown) for region in regions}
    best = max(regions, key=lambda region: scores[region])
    return best if scores[best] > scores.get(first or "", 0) + 0.5 else first


def _fit(shown: str, region: str) -> float:
    """1.5 for a number grouped as the country does, 0.5 for one that is only possible there."""
    number = _parsed(shown, region, possible=False)
    if number is None:
        return 0.0
    usual = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return 1.5 if re.findall(r"\d+", usual) == re.findall(r"\d+", shown) else 0.5


def _keep(found: dict[str, FoundPhone], number: PhoneNumber, shown: str) -> None:
    whole = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    phone = FoundPhone(whole, " ".join(shown.split()))
    kept = found.get(phone.e164)
    if kept is None or kept.shown.startswith("tel:"):
        found[phone.e164] = phone


def _lines_with_digits(text: str) -> Iterator[tuple[str, str]]:
    """Lines that can hold a number, each with the line before it; a number broken in two lines is joined."""
    before, count = "", 0
    lines = [line[:_LONGEST_LINE] for line in text.split("\n")]
    for place, line in enumerate(lines):
        if _DIGIT.search(line):
            following = lines[place + 1] if place + 1 < len(lines) else ""
            if "+" in line and _HALF.fullmatch(line.strip()) and _REST.fullmatch(following.strip()):
                line = f"{line} {following}"
            if _DIGITS.search(line) or _VANITY.search(line):
                count += 1
                yield line, before
            if count >= _MOST_LINES:
                return
        before = line


def _linked(shown: str, regions: Sequence[str]) -> PhoneNumber | None:
    """A link says plainly that it is a number: one of possible length is taken."""
    spelled = _spelled(shown)
    digits = re.sub(r"\D", "", spelled)
    if not 6 <= len(digits) <= 16 or _SURELY_MADE_UP.search(digits):
        return None
    number = _coded(spelled, digits, regions) or _valid(spelled, regions)
    if number is None and digits[0] != "0":  # `tel:18005551234`, `tel:4930…`: the plus left out
        number = _parsed("+" + digits, "ZZ", possible=False)
    return number or _parsed(spelled, regions[0], possible=True)


def _spelled(text: str) -> str:
    text = text.translate(_SPELLED)
    text = _VANITY.sub(_on_keys, text)
    text = _GLUED_LETTER.sub(r"\1 ", _EXTENSIONS.sub(r"\1", _DIALLED_OUT.sub("+1", text)))
    text = _LABEL_AFTER.sub(" ", _NEXT_LINES.sub(_first_line, _CARRIER.sub(r"(\1) ", text)))
    text = re.sub(r"\(\s?(?:\+|00)\s?(\d{1,3})\s?\)", r"+\1 ", text)
    return re.sub(r"\+\s+(?=\d)", "+", re.sub(r"(?<!\d)\(0\)(?=\d)", "(0) ", text))


_LABEL_AFTER = re.compile(
    r"(?i)(?<=\d{4})(?=(?:fax|tel|phone|e-?mail|mobile|cell|toll|direct|hours)\w{0,8}\b)"
)
_NEXT_LINES = re.compile(r"(\+?\(?\d[\d ().-]{7,18}\d)(\s?/\s?\d{1,4})(?!\s?[-./(]?\s?\d)")
_GLUED_LETTER = re.compile(r"(?<![^\W_])([TFPMOCtfpmoc])(?=[+(]?\d{2,4}[)\s.-])")
_DIALLED_OUT = re.compile(r"(?<![\w+])00-?1(?=[-. ]{1,2}\(?[2-9]\d\d)")
_EXTENSIONS = re.compile(r"(?<=\d)(\s?-\s?\d{1,3})\s?/\s?-\s?\d{1,4}\b")  # `901820 - 0 / -99`
_CARRIER = re.compile(r"(?i)\(\s?0?xx\s?(\d\d)\s?\)")  # Brazil: `(0xx11)`, any carrier


def _first_line(match: re.Match[str]) -> str:
    """`022-6627 0919/46` is a line and the ones after it: the first is the number."""
    return match[1] if sum(map(str.isdigit, match[1])) >= 9 else match[0]


def _on_keys(match: re.Match[str]) -> str:
    """`877-430-BIKE` as dialled; of longer words the last letters are for the eye."""
    area, word = match[1], re.sub(r"[-. ]", "", match[2])
    if len(word) < 7 and not re.search(r"[A-Z]{3}", word):
        return match[0]
    return (
        f"{area}{word.translate(_KEYS)[:7]}" if len(word) >= 7 and re.search(r"[A-Z]{3}", word) else match[0]
    )


def _valid(text: str, regions: Sequence[str]) -> PhoneNumber | None:
    for region in regions:
        number = _parsed(text, region, possible=False)
        if number is not None:
            return number
    return None


def _parsed(text: str, region: str, *, possible: bool) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if possible:  # whole: what is dialled only within a town is no number of the world
        fits = (
            phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
        )
    else:
        fits = phonenumbers.is_valid_number(number)
    return number if fits else None


def _numbers_in(line: str, before: str, regions: Sequence[str]) -> Iterator[tuple[PhoneNumber, str]]:
    line = _spelled(line)
    taken: list[tuple[int, int]] = []
    for match in phonenumbers.PhoneNumberMatcher(line, regions[0]):
        taken.append((match.start, match.end))
        if _stands_for_phone(line, match.start, match.end, before, regions[0]):
            shown = match.raw_string
            coded = _coded(shown, re.sub(r"\D", "", shown), regions)
            yield _as_american(shown, regions) or coded or match.number, shown
    for match in _CANDIDATE.finditer(line):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        label = _label(line, match.start(), before)
        if _LISTED.search(match[0]) and not match[0].startswith("+"):
            continue
        under_heading = label == "heading" and (match[0][0] in "0(" or _NANP.fullmatch(match[0]) is not None)
        if label == "phone" or under_heading or (label != "other" and match[0].startswith("+")):
            number = _as_american(match[0], regions) or _elsewhere(match[0], regions)
            if number is not None:
                yield number, match[0]
        elif label is None and match[0][0] == "(":  # of another office, grouped as nothing else is
            number = _as_american(match[0], regions)
            if number is not None:
                yield number, match[0]


_LISTED = re.compile(
    r"\b\d{1,2}[./ -]\d{1,2}[./ -](?:19|20)\d\d\b|\b(?:19|20)\d\d[./ -][01]\d[./ -][0-3]\d\b|^0[.,]\d|"
    r"(?:\b\d[-/. ]){4}|^[1-9]\d{0,2}/\d+/|\d\s?/\s?\d+\s?/\s?\d|\b\d/\d \d\d\b"
)  # sizes, dates: `36 / 37 / 38`
_CANDIDATE = re.compile(r"(?<![\w.,/-])(?:\+|\(\+?)?\d(?:[\s().\-/]{0,3}\d){6,14}(?![\w-])")


def _elsewhere(shown: str, regions: Sequence[str]) -> PhoneNumber | None:
    """A labelled number that is none of the first country: of another, or of a length the first one knows."""
    digits = re.sub(r"\D", "", shown)
    if _SURELY_MADE_UP.search(digits):
        return None
    number = _coded(shown, digits, regions) or _valid(shown, regions)
    if number is None and digits[0] != "0" and len(digits) >= 11:
        number = _parsed("+" + digits, "ZZ", possible=False)
    for trunk in _FORMER_TRUNKS.get(regions[0], ()):
        if number is None and digits.startswith(trunk):
            number = _parsed(digits.removeprefix(trunk), regions[0], possible=False)
    if number is None and len(digits) >= _shortest(regions[0]) and regions[0] != "ZZ":
        number = _parsed(shown, regions[0], possible=True)
        if number is not None and number.country_code == 1 and not _NANP.fullmatch(shown):
            return None
    return number


def _coded(shown: str, digits: str, regions: Sequence[str]) -> PhoneNumber | None:
    """`49 711 555123`, `001-217-555-0148`: the country's code without its plus, or with another's prefix."""
    if digits.startswith("00") and not shown.startswith("+"):
        return _parsed("+" + digits[2:], "ZZ", possible=False)
    if (
        regions[0] in _WITH_ZERO
        and digits.startswith(_code_of(regions[0]))
        and len(digits) >= 11
        and shown[0].isdigit()
    ):
        return _parsed("+" + digits, "ZZ", possible=False)
    return None


# Where a number within the country is written with a zero before it, always.
_WITH_ZERO = frozenset(("DE", "AT", "CH", "FR", "GB", "NL", "BE", "SE", "FI", "IE"))


def _shortest(region: str) -> int:
    """Digits of a whole number: where all have eight, eight are enough."""
    return 8 if region in ("NO", "DK", "SG", "HK", "TN", "QA", "CR", "PA", "SV", "GT", "HN", "BO") else 9


def _as_american(shown: str, regions: Sequence[str]) -> PhoneNumber | None:
    """`(301) 968-4290` on a page of several countries, wherever its head office is."""
    if regions[0] in ("US", "CA") or not {"US", "CA"} & set(regions) or not _NANP.fullmatch(shown):
        return None
    return _parsed(shown, "US", possible=False)


_NUMBERED = re.compile(r"(?i)(?:#|\bn[or]\.?|number|nummer|\bid)\W{0,3}$")
_OF_A_THING = re.compile(
    r"(?i)\b(?:sku|upc|ean|gtin|isbn|issn|part|item|model|ref|n?mls|npi|ein|vat|zip)\W{0,3}$"
)
# Trunk prefixes of former times, which older pages still print.
_FORMER_TRUNKS = {"LT": ("8",), "PL": ("0",), "MX": ("01", "044", "045")}


def _code_of(region: str) -> str:
    return str(phonenumbers.country_code_for_region(region))


def _stands_for_phone(line: str, start: int, end: int, before: str, region: str) -> bool:
    shown = line[start:end]
    digits = re.sub(r"\D", "", shown)
    label = _label(line, start, before)
    made_up = _MADE_UP if label in (None, "other") and shown[0] != "+" else _SURELY_MADE_UP
    if made_up.search(digits) or re.fullmatch(r"\d{1,3}\.\d{4,}", shown) or _SAMPLE.search(line[:start]):
        return False
    if _LISTED.search(shown) and not shown.startswith("+"):
        return False
    if label in (None, "other") and shown[0] != "+" and _OF_A_THING.search(line[:start]):
        return False
    if label == "other":  # "Admissions & Registration (732) 224-2944": nothing else is grouped so
        return shown.startswith(("+", "00")) or (
            _NANP.fullmatch(shown) is not None and _NUMBERED.search(line[:start]) is None
        )
    if label == "phone" or shown.startswith(("+", "00")):
        return True
    if re.search(r"[-/.]$", line[:start]) or re.match(
        r"[-/]?\d|\s?(?:€|EUR|USD|PLN|Kč|руб|kr\b)", line[end:]
    ):
        return False
    if region in _WITH_ZERO and shown[0] not in "0(" and not digits.startswith(_code_of(region)):
        return False
    if re.fullmatch(r"\d{5}-\d{4}", shown) and region != "BR":  # an American post code
        return False
    if digits == shown:  # bare digits without a word before them: a number only where nothing else stands
        alone = not line[:start].strip(" :|-") and not line[end:].strip(" |-.")
        if label == "heading" and alone and 9 <= len(digits) <= 11:
            return True
        return alone and (digits[0] == "0" and 9 <= len(digits) <= 11)
    return True


def _label(line: str, start: int, before: str) -> str | None:
    """What the nearest word before says the number is: `phone`, `other`, `heading` of much else too, or nothing."""
    ahead = line[max(0, start - 60) : start]
    if _LETTER.search(ahead):
        return "phone"
    above = 0
    if not re.search(r"[^\W\d_]", line[:start]) and len(before) <= 60:
        ahead, above = f"{before} {ahead}", len(before)
    words = list(BEFORE.finditer(ahead))
    nearest = words[-1] if words else None
    if nearest is None:
        return None
    if nearest["other"]:
        return (
            "other"
            if len(re.findall(r"\d", ahead[nearest.end() :])) <= 4 and len(ahead) - nearest.end() <= 24
            else None
        )
    if nearest.end() <= above and nearest[0].lower() in _HEADINGS:
        return "heading"
    return "phone" if len(ahead) - nearest.end() <= 45 else None


_HEADINGS = frozenset(
    ("contact", "contacts", "kontakt", "sales", "support", "administration", "office", "reservations", "booking",
     "bookings", "enquiries", "inquiries", "redaktion", "reception", "customer", "service", "text", "direct")
)  # fmt: skip
