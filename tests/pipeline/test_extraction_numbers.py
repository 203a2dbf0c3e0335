"""Numbers as countries, links, classes and headings write them; and rows of digits that are none."""

import pytest

from pipeline.rules.extraction import ReadPage, read_page
from pipeline.rules.extraction_called import called_by

US = "<p>Northwind, 12 Main St, Springfield, IL 62701</p>"
COM, DE, UK = "https://www.northwind.com/contact", "https://northwind.de/", "https://northwind.co.uk/"
AMERICAN = "+12175550148"


def read(body: str, url: str = COM, lang: str = "en") -> ReadPage:
    return read_page(f"<html lang='{lang}'><body><h1>Contact</h1>{body}</body></html>", url)


def phones(page: ReadPage) -> list[str]:
    return sorted(phone.e164 for phone in page.phones)


@pytest.mark.parametrize(
    ("href", "number"),
    [
        ("https://wa.me/4915112345670", "+4915112345670"),
        ("https://wa.me/12175550148?text=Hi", AMERICAN),
        ("https://api.whatsapp.com/send?phone=12175550148&text=x", AMERICAN),
        ("whatsapp://send?phone=+12175550148", AMERICAN),
        ("viber://chat?number=%2B380501234560", "+380501234560"),
        ("https://t.me/+380501234560", "+380501234560"),
    ],
)
def test_a_link_to_a_messenger_is_a_number(href: str, number: str) -> None:
    assert list(called_by(href)) == [f"tel:{number}"]
    assert phones(read(f"<a href='{href}'>Chat</a>")) == [number]


@pytest.mark.parametrize(
    "href", ["https://wa.me/?text=Look", "https://t.me/northwind", "https://t.me/+AbCd1234567"]
)
def test_a_link_to_share_or_to_join_calls_nobody(href: str) -> None:
    assert list(called_by(href)) == []


@pytest.mark.parametrize(
    "html",
    [
        "<a onclick=\"location.href='tel:+12175550148'\">Call</a>",
        "<p><i class='fa fa-phone'></i>2175550148</p>",
        "<span class='phone'>2175550148</span>",
        "<p>001-217-555-0148</p>",
        "<p>P217-555-0148</p>",
    ],
)
def test_an_american_number_is_read_however_it_is_marked(html: str) -> None:
    assert phones(read(US + html)) == [AMERICAN]


def test_a_number_that_nobody_sees_is_not_called_by_its_class() -> None:
    assert phones(read(f"{US}<div style='display:none'><span class='phone'>2175550149</span></div>")) == []


@pytest.mark.parametrize(
    ("text", "url", "number"),
    [
        ("Tel.: +49/711/901820", DE, "+49711901820"),
        ("Tel. 49 711 901820", DE, "+49711901820"),
        ("Tel./Fax: 030 / 901820 - 0 / -99", DE, "+49309018200"),
        ("Telefon: 0711 1234567", DE, "+497111234567"),
        ("tel. 0-22 621-23-45", "https://northwind.pl/", "+48226212345"),
        ("โทร. 02-123-4567", "https://northwind.co.th/", "+6621234567"),
        ("Tel 07700 900123", UK, "+447700900123"),
    ],
)
def test_a_labelled_number_is_read_as_its_country_writes_it(text: str, url: str, number: str) -> None:
    assert phones(read(f"<p>{text}</p>", url, "")) == [number]


def test_words_on_the_keys_are_dialled() -> None:
    assert phones(read(f"{US}<p>(800) CALL-NOW</p>")) == ["+18002255669"]


def test_two_numbers_that_meet_are_two() -> None:
    spans = "<span>217-555-0148</span><span>217-555-0149</span>"
    assert phones(read(US + spans)) == [AMERICAN, "+12175550149"]


def test_another_countrys_office_is_read_on_a_page_of_several() -> None:
    page = read("<p>USA: (217) 555-0148</p><p>Germany: +49 711 901820</p>", DE, "de")
    assert phones(page) == [AMERICAN, "+49711901820"]


def test_every_number_of_a_list_in_the_markup_counts() -> None:
    markup = (
        '{"@type":"Organization","name":"N","telephone":["+1-217-555-0148"],"contactPoint":'
        '[{"@type":"ContactPoint","telephone":"+1-217-555-0149"}]}'
    )
    page = read(f"<script type='application/ld+json'>{markup}</script>")
    assert phones(page) == [AMERICAN, "+12175550149"]


@pytest.mark.parametrize(
    "url", [DE, "https://northwind.pl/", "https://northwind.fr/", "https://northwind.com.br/"]
)
@pytest.mark.parametrize(
    "text",
    [
        "2024-05-21 10:15:30",
        "21.05.2024 - 30.06.2024",
        "1700553600",
        "52.520008, 13.404954",
        "978-3-16-148410-0",
        "192.168.100.200",
        "1998-2004-2010 2011",
        "36/38/40/42 120 x 200 x 300",
        "62701-1234",
        "3-2 4-1 5-0 6-1 2-0",
        "0.00217555 BTC",
        "IBAN DE89 3704 0044 0532 0130 00",
        "+49 123456789",
    ],
)
def test_digits_under_a_heading_are_no_number(text: str, url: str) -> None:
    assert phones(read(f"<p>{text}</p>", url, "")) == []


@pytest.mark.parametrize(
    "text", ["SKU: 217-555-0148", "Part 217-555-0148", "Item #217-555-0148", "MLS 217-555-0148"]
)
def test_the_number_of_a_thing_is_no_number_however_it_is_grouped(text: str) -> None:
    assert phones(read(f"{US}<p>{text}</p>")) == []
    assert phones(read(f"{US}<p>{text}, Admissions &amp; Registration (217) 555-0149</p>")) == [
        "+12175550149"
    ]


def test_a_number_under_a_heading_is_one() -> None:
    assert phones(read("<h2>Customer Service</h2><p>0711 901820</p>", DE, "de")) == ["+49711901820"]
    assert phones(read(f"{US}<h2>Support</h2><p>2175550148</p>")) == [AMERICAN]


def test_microdata_is_read_with_what_it_holds_and_borrows() -> None:
    page = read(
        "<div itemscope itemtype='https://schema.org/Organization' itemref='line'><b itemprop=name>Northwind</b>"
        "<div itemprop=address itemscope itemtype='http://schema.org/PostalAddress'>"
        "<span itemprop=streetAddress>12 Main St</span><meta itemprop=addressCountry content=US></div>"
        "<a itemprop=sameAs href='/x'>x</a><a itemprop=sameAs href='/y'>y</a></div>"
        "<p id=line><span itemprop=telephone>(217) 555-0148</span></p>"
    )
    (organisation,) = page.markup.organisations
    assert organisation.name == "Northwind" and organisation.phone == "(217) 555-0148"
    assert organisation.address == "12 Main St, US" and organisation.country == "US"
    assert organisation.same_as == ("https://www.northwind.com/x", "https://www.northwind.com/y")
