"""Which country a page's numbers are of: by markup, domain, addresses, tax numbers, country codes and language."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import phonenumbers

from pipeline.rules.company_match import domain_of
from pipeline.rules.dedupe import plain

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
_STATES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK "
    "OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR"
).replace(" ", "|")
_US_STATES = (
    "Alabama Alaska Arizona Arkansas California Colorado Connecticut Delaware Florida Hawaii Idaho Illinois Indiana "
    "Iowa Kansas Kentucky Louisiana Maine Maryland Massachusetts Michigan Minnesota Mississippi Missouri Montana "
    "Nebraska Nevada Ohio Oklahoma Oregon Pennsylvania Tennessee Texas Utah Vermont Virginia Wisconsin Wyoming"
).replace(" ", "|")
# What an address or an imprint of the country looks like. Each counts by its weight, once or twice.
_SIGNS: tuple[tuple[str, float, str], ...] = (
    ("US", 3.5, rf"\b(?:{_STATES})\b[.,]?\s{{1,3}}\d{{5}}(?:-\d{{4}})?\b"),
    ("US", 3.0, rf"\b(?:{_US_STATES}|New York|New Jersey|New Mexico)[.,]?\s{{1,3}}\d{{5}}(?:-\d{{4}})?\b"),
    ("CA", 3.5, r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d\b"),
    ("GB", 3.5, r"\b[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}\b"),
    ("GB", 2.0, r"(?i)\bregistered in (?:england|scotland|wales)|\bcompany (?:reg|no|number)"),
    ("AU", 3.5, r"\b(?:NSW|VIC|QLD|TAS|ACT|Queensland|New South Wales|Victoria)\b,? \d{4}\b"),
    ("AU", 3.0, r"\bABN:? ?\d{2} \d{3} \d{3} \d{3}\b"),
    ("NL", 3.0, r"\b[1-9]\d{3} [A-Z]{2} {1,2}[A-Z][a-z]|\bK\.?v\.?K\b|\bBTW\b"),
    (
        "DE",
        3.0,
        r"\bD ?[-–] ?\d{5}\b|\bUSt\.?-?Id|\bHR[AB] ?\d|§ ?5 (?:TMG|DDG)|\bAmtsgericht\b|\bDE ?\d{9}\b",
    ),
    ("AT", 3.0, r"\bA ?[-–] ?\d{4}\b|\bATU ?\d{8}\b|\bFirmenbuch|\bUID-Nr"),
    ("CH", 3.0, r"\bCH ?[-–] ?\d{4}\b|\bCHE-\d{3}"),
    ("FR", 3.0, r"\bF ?[-–] ?\d{5}\b|\bSIRE[NT]\b|\bRCS\b|(?i:\bcedex\b)|\bFR ?\d{2} ?\d{9}\b"),
    ("BE", 3.0, r"\bB ?[-–] ?\d{4}\b|\bBE ?0\d{3}[. ]?\d{3}[. ]?\d{3}\b"),
    (
        "IT",
        3.0,
        r"(?i)\bI ?[-–] ?\d{5}\b|\bp(?:artita|\.) ?i(?:va|\.v\.a\.?)\b|\bcod(?:ice|\.) ?fisc"
        r"|\bR\.?E\.?A\.?\b ?[A-Z]{2}",
    ),
    ("ES", 3.0, r"\bC\.?I\.?F\.?:? ?[A-Z]-?\d{8}|\bN\.?I\.?F\.?:? ?[A-Z]-?\d{8}|\bRegistro Mercantil\b"),
    ("PT", 3.0, r"\b\d{4}-\d{3} [A-Z][a-z]|\bNIPC\b"),
    ("BR", 3.0, r"\bCNPJ\b|\bCEP\b"),
    ("PL", 3.0, r"\bREGON\b|\bNIP:? ?\d|\bKRS\b|\b\d{2}-\d{3} [A-ZŁŚŻ][a-złśżąęó]"),
    ("CZ", 2.5, r"\bCZ ?[-–]? ?\d{3} ?\d{2}\b|\bDIČ: ?CZ"),
    ("SK", 2.5, r"\bSK ?[-–] ?\d{3} ?\d{2}\b|\bIČ DPH"),
    ("DK", 3.0, r"\bCVR\b|\bDK ?[-–] ?\d{4}\b"),
    ("SE", 2.5, r"\bSE ?[-–] ?\d{3} ?\d{2}\b|\bOrg\.?nr:? ?\d{6}-\d{4}"),
    ("NO", 2.5, r"\bN(?:O)? ?[-–] ?\d{4}\b|\bOrg\.?nr\.?:? ?\d{3} \d{3} \d{3}\b"),
    ("FI", 2.5, r"\bFI ?[-–] ?\d{5}\b|\bY-tunnus\b"),
    ("JP", 3.5, r"〒 ?\d{3}-\d{4}"),
    ("IN", 3.0, r"\bGSTIN?\b|\bCIN: ?U\d"),
    ("KR", 3.0, r"사업자"),
    ("RU", 3.0, r"\bИНН\b|\bОГРН\b"),
    ("UA", 3.0, r"\bЄДРПОУ\b|\bгрн\b"),
)
_SIGNS_READ = tuple((region, weight, re.compile(pattern)) for region, weight, pattern in _SIGNS)
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
_COUNTRY = re.compile(
    rf"(?<!\w)({'|'.join(name for names in _NAMES.values() for name in names.split('|'))})(?!\w)"
)
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
    for of_sign, weight, pattern in _SIGNS_READ:
        seen = len(pattern.findall(text))
        votes[of_sign] += weight * min(seen, 2) / 1.5 if seen else 0
    for name, times in Counter(_COUNTRY.findall(plain(text))).items():
        votes[_NAMED[name]] += 0.8 * min(times, 2)
    for of_code, times in _coded(text, tels).items():
        votes[of_code] += min(1.5 * times, 4.5)
    _by_language(votes, language, declared)
    ranked = tuple(
        sorted((region for region in votes if votes[region] > 0), key=lambda region: -votes[region])
    )
    return Regions(ranked, bool(ranked) and votes[ranked[0]] >= _SURE)


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
