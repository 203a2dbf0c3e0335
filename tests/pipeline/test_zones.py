"""Whose working hours count: from the place, the phone, the pages' country, or the domain, in that order."""

from zoneinfo import ZoneInfo

import pytest

from pipeline.rules.zones import _MAIN, _countries, _states, zone_from  # pyright: ignore[reportPrivateUsage]

Given = dict[str, str | None]


def of(**given: str | None) -> tuple[str | None, str | None]:
    return zone_from(**({"location": None, "phone": None, "region": None, "domain": None} | given))


@pytest.mark.parametrize(
    ("given", "country", "zone"),
    [
        ({"location": "Austin, TX"}, "US", "America/Chicago"),
        ({"location": "Seattle, Washington, USA"}, "US", "America/Los_Angeles"),
        ({"location": "Portland, OR 97201"}, "US", "America/Los_Angeles"),
        ({"location": "Toronto, ON, Canada"}, "CA", "America/Toronto"),
        ({"location": "Perth, WA 6000, Australia"}, "AU", "Australia/Perth"),
        ({"location": "Berlin, Germany"}, "DE", "Europe/Berlin"),
        ({"location": "Lisbon, Portugal"}, "PT", "Europe/Lisbon"),
        ({"location": "Munich"}, "DE", "Europe/Berlin"),
        ({"location": "United States"}, "US", "America/Chicago"),
        ({"location": "somewhere nice"}, None, None),
        ({"phone": "+49 30 901820"}, "DE", "Europe/Berlin"),
        ({"phone": "+1 415 555 2671"}, "US", "America/Los_Angeles"),
        ({"phone": "030 901820", "region": "DE"}, "DE", "Europe/Berlin"),
        ({"phone": "12", "region": "JP"}, "JP", "Asia/Tokyo"),
        ({"domain": "acme.co.uk"}, "GB", "Europe/London"),
        ({"domain": "acme.com.br"}, "BR", "America/Sao_Paulo"),
        ({"domain": "acme.io"}, None, None),
        ({"domain": "acme.ai"}, None, None),
        ({"domain": "acme.com"}, None, None),
        (
            {"location": "Paris, France", "phone": "+1 415 555 2671", "domain": "acme.de"},
            "FR",
            "Europe/Paris",
        ),
        ({"location": "USA", "phone": "+1 415 555 2671"}, "US", "America/Los_Angeles"),
        ({}, None, None),
    ],
)
def test_where_somebody_is(given: Given, country: str | None, zone: str | None) -> None:
    assert of(**given) == (country, zone)


def test_every_zone_of_the_tables_exists_and_every_country_has_one() -> None:
    for zone in {*_states().values(), *_MAIN.values()}:
        assert ZoneInfo(zone)
    for code, zones in _countries().items():
        assert len(zones) == 1 or code in _MAIN or code in {"AQ", "TF", "UM"}, (code, zones)


def test_hostile_words_say_nothing_and_raise_nothing() -> None:
    for words in ("\x00", ",,,,", "x" * 5000, "-" * 300, "١٢٣", "🏝️", "US-TX-US"):
        country, zone = of(location=words, phone=words, region=None, domain=words)
        assert country is None and zone is None, words
