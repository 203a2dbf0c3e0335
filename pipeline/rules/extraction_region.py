"""Which country a page's numbers are of: by markup, domain, addresses, tax numbers, country codes and language."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from pipeline.rules.company_match import domain_of
from pipeline.rules.dedupe import plain
from pipeline.rules.extraction_signs import signs_in

_GENERIC = frozenset(
    [
        "io",
        "ai",
        "co",
        "me",
        "tv",
        "cc",
        "ly",
        "to",
        "fm",
        "ag",
        "la",
        "gg",
        "sh",
        "vc",
        "ws",
        "nu",
        "st",
        "im",
        "is",
        "eu",
    ]
)
_READ = 12_000  # characters from the beginning and the end: addresses stand at both
_SURE = 2.5  # weight from which the country counts as plain
_NAMES = {
    "US": "usa|united states|u\\.s\\.a\\.",
    "GB": "united kingdom|england|scotland|wales|great britain|london|uk",
    "CA": "canada",
    "AU": "australia",
    "NZ": "new zealand",
    "IE": "ireland",
    "DE": "germany|deutschland|allemagne|germania",
    "AT": "austria|osterreich",
    "CH": "switzerland|schweiz|suisse|svizzera",
    "FR": "france|frankreich",
    "IT": "italy|italia|italien",
    "ES": "spain|espana|spanien",
    "PT": "portugal",
    "NL": "netherlands|nederland|the netherlands|niederlande",
    "BE": "belgium|belgie|belgique",
    "PL": "poland|polska",
    "CZ": "czech republic|ceska republika|czechia",
    "SK": "slovakia|slovensko",
    "HU": "hungary|magyarorszag",
    "RO": "romania",
    "GR": "greece|ellada",
    "SE": "sweden|sverige",
    "DK": "denmark|danmark",
    "NO": "norway|norge",
    "FI": "finland|suomi",
    "IN": "india|mumbai|bangalore|bengaluru|new delhi|chennai|hyderabad|pune",
    "JP": "japan|tokyo",
    "CN": "china|shanghai|beijing|shenzhen",
    "HK": "hong kong",
    "SG": "singapore",
    "MY": "malaysia",
    "TH": "thailand",
    "PH": "philippines",
    "ID": "indonesia",
    "VN": "vietnam",
    "AE": "united arab emirates|dubai|abu dhabi|uae",
    "SA": "saudi arabia",
    "IL": "israel",
    "TR": "turkey|turkiye",
    "ZA": "south africa",
    "NG": "nigeria|lagos",
    "KE": "kenya|nairobi",
    "EG": "egypt",
    "BR": "brazil|brasil",
    "MX": "mexico",
    "AR": "argentina",
    "CL": "chile",
    "CO": "colombia",
    "PE": "peru",
    "RU": "russia|россия|москва",
    "UA": "ukraine|украина|україна|киев|київ",
}
_NAMED = {name: region for region, names in _NAMES.items() for name in names.replace("\\", "").split("|")}
_BY_FIRST_WORD: dict[str, list[str]] = {}
for _name in _NAMED:
    _BY_FIRST_WORD.setdefault(re.split(r"\W", _name)[0], []).append(_name)
_WORD = re.compile(r"\w+")
_BY_LANGUAGE = dict(
    pair.split("-")
    for pair in [
        "de-DE",
        "fr-FR",
        "it-IT",
        "es-ES",
        "pl-PL",
        "ja-JP",
        "ko-KR",
        "nl-NL",
        "sv-SE",
        "da-DK",
        "fi-FI",
        "cs-CZ",
        "sk-SK",
        "hu-HU",
        "ro-RO",
        "tr-TR",
        "ru-RU",
        "el-GR",
        "uk-UA",
        "vi-VN",
        "he-IL",
        "th-TH",
        "nb-NO",
        "no-NO",
        "nn-NO",
        "pt-PT",
        "hr-HR",
        "sl-SI",
        "sr-RS",
        "bg-BG",
        "lt-LT",
        "lv-LV",
        "et-EE",
        "is-IS",
        "fa-IR",
        "id-ID",
        "zh-CN",
        "ca-ES",
        "gl-ES",
        "kk-KZ",
    ]
)
_CODED = re.compile(r"(?<![\w+])\+\s?\(?\s?([1-9][\d\s().-]{0,6})")


@dataclass(frozen=True, slots=True)
class Regions:
    """ISO countries by their weight, the likeliest first; `is_plain`: something of weight told the first."""

    ranked: tuple[str, ...]
    is_plain: bool

    @property
    def first(self) -> str | None:
        return self.ranked[0] if self.ranked else None


def regions_of(
    url: str,
    text: str,
    language: str | None,
    declared: str | None,
    countries: Iterable[str],
    tels: Iterable[str],
    places: Iterable[str] = (),
) -> Regions:
    """`language`: as read off the text; `declared`: `html lang` or `og:locale`; `countries`: of markup's addresses;
    `places`: domains of the page's email addresses."""
    text = text if len(text) <= 2 * _READ else f"{text[:_READ]}\n{text[-_READ:]}"
    votes: defaultdict[str, float] = defaultdict(float)
    for country in countries:
        region = region_named(country)
        if region:
            votes[region] += 5
    suffix = (domain_of(url) or "").rsplit(".", 1)[-1]
    region = _of_suffix(suffix)
    if region:
        votes[region] += 4 if suffix not in _GENERIC else 0.5
    for of_place, times in Counter(map(_of_place, set(places))).items():
        if of_place:
            votes[of_place] += 2.0 + 0.5 * min(times, 2)
    for of_sign, weight in signs_in(text):
        votes[of_sign] += weight
    for name, times in Counter(_countries_in(_folded(text))).items():
        votes[_NAMED[name]] += 0.8 * min(times, 2)
    for of_code, times in _coded(text, tels).items():
        votes[of_code] += min(1.5 * times, 4.5)
    _by_language(votes, language, declared)
    ranked = tuple(
        sorted((region for region in votes if votes[region] > 0), key=lambda region: -votes[region])
    )
    return Regions(ranked, bool(ranked) and votes[ranked[0]] >= _SURE)


def _countries_in(folded: str) -> list[str]:
    """Each name as often as it stands there. Few stand on a page: only those that can are looked for."""
    words = set(_WORD.findall(folded))
    names = tuple(name for first in _BY_FIRST_WORD if first in words for name in _BY_FIRST_WORD[first])
    return _any_of(names).findall(folded) if names else []


@lru_cache(maxsize=256)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, names))})(?!\w)")


_ACCENTS = re.compile("[\u0300-\u036f]+")


def _folded(text: str) -> str:
    """As `plain`, but for what no country's name has: quicker for a whole page."""
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return " ".join(text.casefold().split())


def region_named(country: str) -> str | None:
    """`Deutschland`, `DE` or `United Kingdom` to the ISO code."""
    if re.fullmatch(r"[A-Za-z]{2}", country.strip()):
        region = country.strip().upper()
        return {"UK": "GB"}.get(region, region if region in phonenumbers.SUPPORTED_REGIONS else None)
    return _NAMED.get(plain(country).strip())


def _of_place(domain: str) -> str | None:
    suffix = domain.rsplit(".", 1)[-1]
    return _of_suffix(suffix) if suffix not in _GENERIC else None


def _of_suffix(suffix: str) -> str | None:
    region = {"uk": "GB", "cat": "ES", "berlin": "DE", "hamburg": "DE", "koeln": "DE", "wien": "AT", "tirol": "AT",
              "paris": "FR", "london": "GB", "nyc": "US", "gov": "US", "edu": "US", "mil": "US", "swiss": "CH",
              "bayern": "DE", "ruhr": "DE", "su": "RU", "xn--p1ai": "RU"}.get(suffix, suffix.upper())  # fmt: skip
    return region if region in phonenumbers.SUPPORTED_REGIONS else None


def _coded(text: str, tels: Iterable[str]) -> Counter[str]:
    """Countries of the numbers written with their code; +1 is told by its area code."""
    found: Counter[str] = Counter()
    written = [match[0] for match in _CODED.finditer(text)]
    for shown in [*written, *(tel for tel in tels if tel.startswith("+"))][:60]:
        digits = re.sub(r"\D", "", shown)[:7]
        for length in (1, 2, 3):
            code = int(digits[:length] or 0)
            regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code, ())
            if regions and regions[0] != "001":
                found[regions[0]] += 1
                break
    return found


def _by_language(votes: defaultdict[str, float], language: str | None, declared: str | None) -> None:
    tag = re.fullmatch(
        r"([a-z]{2,3})(?:[-_](?:[a-z]{4}[-_])?([a-z]{2}))?.*", (declared or "").strip().lower()
    )
    territory = tag[2].upper() if tag and tag[2] else None
    if territory in phonenumbers.SUPPORTED_REGIONS and territory is not None:
        if _BY_LANGUAGE.get(language or "") == territory:
            votes[territory] += 2.5  # declared so, and written so
        else:
            votes[territory] += 0.4 if territory == "US" else 1.5  # en-US is what themes come with
    if language in _BY_LANGUAGE and not (territory and tag and tag[1] == language):
        votes[_BY_LANGUAGE[language]] += 2.0
    if language in (None, "en"):
        votes["US"] += 0.3
