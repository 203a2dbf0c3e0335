"""The time zone somebody lives in: from where they are, their phone number, or their country.

A country with one zone decides; in one with several, the state does (by the zone of most of its people), then the
country's most central large zone: it is business time there for most of the country. Countries and their zones are
read from the tz database's `zone.tab`; states are ISO 3166-2.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from zoneinfo import available_timezones

import phonenumbers
from phonenumbers import timezone as phone_zones

from pipeline.rules.company_match import domain_of
from pipeline.rules.place_names import TOWNS
from pipeline.rules.places import read_address
from pipeline.rules.words import word_set

_STATES = """
America/New_York US: CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV
America/Chicago US: AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI
America/Denver US: CO ID MT NM UT WY
America/Phoenix US: AZ
America/Los_Angeles US: CA NV OR WA
America/Anchorage US: AK
Pacific/Honolulu US: HI
America/Puerto_Rico US: PR
America/Toronto CA: ON QC NU
America/Vancouver CA: BC
America/Edmonton CA: AB NT
America/Winnipeg CA: MB
America/Regina CA: SK
America/Halifax CA: NS NB PE
America/St_Johns CA: NL
America/Whitehorse CA: YT
Australia/Sydney AU: NSW ACT
Australia/Melbourne AU: VIC
Australia/Brisbane AU: QLD
Australia/Adelaide AU: SA
Australia/Perth AU: WA
Australia/Hobart AU: TAS
Australia/Darwin AU: NT
America/Sao_Paulo BR: SP RJ MG ES PR SC RS GO DF
America/Bahia BR: BA SE
America/Fortaleza BR: CE MA PI RN PB
America/Recife BR: PE AL
America/Manaus BR: AM RR
America/Cuiaba BR: MT
America/Campo_Grande BR: MS
America/Belem BR: PA AP TO
"""
# Of countries with several zones, where most of their business is done.
_MAIN = {
    "AR": "America/Argentina/Buenos_Aires", "AU": "Australia/Sydney", "BR": "America/Sao_Paulo",
    "CA": "America/Toronto", "CD": "Africa/Kinshasa", "CL": "America/Santiago", "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia", "DE": "Europe/Berlin", "EC": "America/Guayaquil", "ES": "Europe/Madrid",
    "FM": "Pacific/Pohnpei", "GL": "America/Nuuk", "ID": "Asia/Jakarta", "KI": "Pacific/Tarawa",
    "KZ": "Asia/Almaty", "MH": "Pacific/Majuro", "MN": "Asia/Ulaanbaatar", "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur", "NZ": "Pacific/Auckland", "PF": "Pacific/Tahiti", "PG": "Pacific/Port_Moresby",
    "PS": "Asia/Hebron", "PT": "Europe/Lisbon", "RU": "Europe/Moscow", "UA": "Europe/Kyiv", "US": "America/Chicago",
    "UZ": "Asia/Tashkent", "VN": "Asia/Ho_Chi_Minh",
}  # fmt: skip
# Country codes that everybody registers: they say nothing of where a company is.
_EVERYBODYS = word_set(
    "ai ac as cc co cx fm gg gl im io is la ly me ms mu nu pw sc sh so st sx tk to tv vc vg ws"
)


def zone_from(
    *, location: str | None, phone: str | None, region: str | None, domain: str | None
) -> tuple[str | None, str | None]:
    """Country (ISO 3166-1 alpha-2) and IANA zone, each None where nothing says it. `region`: the country a phone
    number without a code is read in, and where the company's own pages say it is."""
    places = [
        *_of_location(location or ""),
        *_of_phone(phone, region),
        *((region, "") for _ in [0] if region),
        *_of_domain(domain),
    ]
    country = next((code for code, _ in places if code), None)
    zone = next((zone for code, zone in places if zone and code in (country, "")), None)
    return country, zone or (_of_country(country) if country else None)


def _of_location(location: str) -> Iterator[tuple[str, str]]:
    """A country with the zone of the state, as far as the words say it; the town decides before what follows it."""
    found = read_address(location)
    said = {code.partition("-")[0] for code in found.regions}
    for codes in (*(TOWNS.get(town, frozenset[str]()) for town in found.towns), found.regions):
        here = {code for code in codes if not said or code.partition("-")[0] in said}
        countries, zones = (
            {code.partition("-")[0] for code in here},
            {_states().get(code, "") for code in here},
        )
        if len(countries) == 1:
            yield next(iter(countries)), zones.pop() if len(zones) == 1 else ""


def _of_phone(phone: str | None, region: str | None) -> Iterator[tuple[str, str]]:
    try:
        number = phonenumbers.parse(phone or "", region)
    except phonenumbers.NumberParseException:
        return
    country = phonenumbers.region_code_for_number(number)
    zones = [zone for zone in phone_zones.time_zones_for_number(number) if zone in _known()]
    if country and country != "001":
        yield country, zones[0] if len(zones) == 1 else ""


def _of_domain(domain: str | None) -> Iterator[tuple[str, str]]:
    ending = (domain_of(domain or "") or "").rpartition(".")[2].lower()
    code = {"uk": "GB"}.get(ending, ending.upper())
    if len(ending) == 2 and ending not in _EVERYBODYS and code in _countries():
        yield code, ""


def _of_country(code: str) -> str | None:
    zones = _countries().get(code, ())
    return zones[0] if len(zones) == 1 else _MAIN.get(code)


@cache
def _states() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _STATES.strip().splitlines():
        zone, country, *states = line.replace(":", "").split()
        found |= {f"{country}-{state}": zone for state in states}
    return found


@cache
def _countries() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            code, _, zone, *_ = line.split("\t")
            found[code] = (*found.get(code, ()), zone)
    return found


@cache
def _known() -> frozenset[str]:
    """Looked up once: they are read from hundreds of files."""
    return frozenset(available_timezones())
