"""Emails, phones, names, people and addresses off contact pages; and pages made to break the reading of them."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.rules.extraction import ReadPage, read_page
from pipeline.rules.extraction_decode import decode_page
from pipeline.rules.extraction_emails import cloudflare, emails_in, shifted, typo3
from pipeline.rules.extraction_phones import phones_in
from tests.bench.bench_extract import FIGURES, ours, plain, scored
from tests.pipeline.contact_pages import contact_pages

URL = "https://www.northwind.com/contact"
SECONDS = 6.0  # on a loaded machine; a pattern that runs away takes minutes


def read(html: str, url: str = URL) -> ReadPage:
    return read_page(html, url)


def test_the_fixtures_are_read_to_target_and_better_than_a_plain_regex() -> None:
    pages = contact_pages()
    we, they = scored(pages, ours), scored(pages, plain)
    assert len(pages) >= 60
    for name, figure, target in FIGURES:
        assert figure(we) >= target, (name, we.emails.mistakes + we.plain_phones.mistakes + we.names.mistakes)
        assert figure(we) >= figure(they), name


@pytest.mark.parametrize(
    ("html", "address"),
    [
        ("<a href='mailto:Jane%20&lt;jane@northwind.com&gt;?subject=x'>x</a>", "jane@northwind.com"),
        ("info<span>@</span>north<wbr>wind.com", "info@northwind.com"),
        ("info\u200b@northwind\u00ad.com", "info@northwind.com"),
        ("<span>info@northwind.com</span><span>Tel</span>", "info@northwind.com"),
        ("メールinfo@northwind.comまで", "info@northwind.com"),
        ("<span style='direction:rtl'>moc.dniwhtron@ofni</span>", "info@northwind.com"),
        ("info<span style='display:none'>nospam</span>@northwind.com", "info@northwind.com"),
        ("<a data-user='info' data-domain='northwind.com'>x</a>", "info@northwind.com"),
        (
            "<script>var addy1 = 'inf&#111;' + '&#64;'; addy1 = addy1 + 'northwind' + '&#46;' + 'com';</script>",
            "info@northwind.com",
        ),
        ("<script>document.write('info' + '@' + 'northwind.com')</script>", "info@northwind.com"),
        ("info (at) northwind (dot) com", "info@northwind.com"),
        ("info[at]northwind[punkt]com", "info@northwind.com"),
        ("info_at_northwind.com", "info@northwind.com"),
        ("info(a)northwind.fr", "info@northwind.fr"),
        ("E-mail: info @ northwind.com", "info@northwind.com"),
    ],
)
def test_an_address_is_read_however_it_is_hidden_from_robots(html: str, address: str) -> None:
    assert [email.address for email in read(f"<p>{html}</p>").emails] == [address]


@pytest.mark.parametrize(
    "html",
    [
        "<img src='logo@2x.png'>logo@2x.png",
        "<input placeholder='you@northwind.com'>",
        "you@example.com",
        "vorname.nachname@northwind.com",
        "8d5a0c0ce6b14ed4b2a5b3b1a1a5f6c7@o4504.ingest.sentry.io",
        "react@18.2.0 and jquery@3.7.1",
        "Meet us at northwind.com",
        "Follow @northwind on x",
    ],
)
def test_what_only_looks_like_an_address_is_none(html: str) -> None:
    assert read(f"<p>{html}</p>").emails == ()


def test_an_address_in_a_folded_menu_counts_only_of_the_pages_own_domain() -> None:
    html = "<div style='display:none'>sales@northwind.com evil@evil.com</div>"
    assert [email.address for email in read(html).emails] == ["sales@northwind.com"]


def test_scripts_ciphers_are_undone() -> None:
    assert cloudflare("5a333c351a3b77743f") is not None
    assert typo3(shifted("mailto:info@northwind.de", 3)) == "info@northwind.de"
    assert cloudflare("zz") is None and typo3("nothing") is None


@pytest.mark.parametrize(
    ("text", "region", "numbers"),
    [
        ("Call 877-430-BIKE (2453)", "US", ["+18774302453"]),
        ("(+39) 010 246 8013", "US", ["+390102468013"]),
        ("+44 (0)20 7946 0812", None, ["+442079460812"]),
        ("Tel. 01 42 68 53 00 / 01 42 68 53 01", "FR", ["+33142685300", "+33142685301"]),
        ("Tel:\n+7 777\n941 33 23", "KZ", ["+77779413323"]),
        ("Tel/Fax: 010/2468013", "IT", ["+390102468013"]),
        ("T 020 7946 0812 ext. 12", "GB", ["+442079460812"]),
        ("P.IVA 03286860105 - R.E.A. GE 332318", "IT", []),
        ("VAT Reg: 633348052 Company Reg: 3479911", "GB", []),
        ("IBAN: CZ53 0100 0000 4373 1485 0237, 43-7314850237/0100", "CZ", []),
        ("36 / 37 / 38 / 39, 21.12.2015 09:24, 12/05/2024", "DK", []),
        ("50.032892, 20.191637", "PL", []),
        ("e.g. 0039 348 6767676", "IT", []),
        ("Tel: 123-4567, 1234567890", "US", []),
        ("Order no. 2025550142", "US", []),
    ],
)
def test_numbers_are_told_from_what_looks_like_them(
    text: str, region: str | None, numbers: list[str]
) -> None:
    assert [phone.e164 for phone in phones_in(text, (), region)] == numbers


@pytest.mark.parametrize(
    ("title", "body", "name"),
    [
        (
            "Contact | Brook Lane Books",
            "<footer>© 2026 Brook Lane Books Ltd. All rights reserved</footer>",
            "Brook Lane Books",
        ),
        (
            "Home",
            "<p>Angaben gemäß § 5 TMG</p><p>Müller &amp; Söhne GmbH</p><p>Hauptstr. 1</p>",
            "Müller & Söhne GmbH",
        ),
        ("Contact", "<img class='logo' alt='Harbour Lights logo'>", "Harbour Lights"),
        ("Contact us", "<p>Hello</p>", "Northwind"),
    ],
)
def test_the_owner_is_named_and_never_a_menu_word(title: str, body: str, name: str) -> None:
    assert read(f"<title>{title}</title>{body}").organization == name


def test_people_address_and_language() -> None:
    page = read(
        "<html lang='en'><h3>Jane Miller</h3><p>Head of Sales</p><p>jane.miller@northwind.com"
        "</p><p>Contact Us</p><p>Manager</p>"
        "<p>Wir sind für Sie da und freuen uns auf Ihre Anfrage, die wir mit Sorgfalt für Sie bearbeiten.</p>"
        "<p>Lindenstraße 12</p><p>10969 Berlin</p></html>"
    )
    assert [(p.name, p.title, p.email) for p in page.people] == [
        ("Jane Miller", "Head of Sales", "jane.miller@northwind.com")
    ]
    assert page.address == "Lindenstraße 12, 10969 Berlin"
    assert page.language == "de"


HOSTILE = {
    "at signs": "a@a.a@" * 170_000,
    "spelled": "a at b dot " * 100_000,
    "one long word": "a" * 1_000_000,
    "digits": "1-" * 500_000,
    "deep": "<div>" * 200_000,
    "media rules": "<style>" + "@media " * 140_000 + "</style>",
    "braces": "<style>" + "{" * 900_000 + "</style>",
    "brackets": "<script type='application/ld+json'>" + "[" * 500_000 + "</script>",
    "copyright": "© 2020 " * 140_000,
    "title": "<title>" + "a - " * 250_000 + "</title>",
    "NULs": "\x00" * 1_000_000,
    "surrogates": "\ud800" * 300_000,
    "names": "<p>Jane Miller, CEO" * 60_000,
    "scripted": "<script>mailto " + "'a' + '@' + " * 60_000 + "</script>",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_page_made_to_hold_the_reader_up_is_read_in_bounded_time(what: str) -> None:
    began = time.process_time()
    assert read(f"<html><body>{HOSTILE[what]}").url == URL
    assert time.process_time() - began < SECONDS


def test_fifty_megabytes_are_cut() -> None:
    body = b"<p>info@northwind.com</p>" + b"<p>filler</p>" * 4_000_000
    began = time.process_time()
    page = read(decode_page(body))
    assert [email.address for email in page.emails] == ["info@northwind.com"]
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize(
    "body", [b"%PDF-1.7 info@northwind.com", b"\x89PNG\r\n", b"\x00\x01" * 4000, b"PK\x03\x04zip"]
)
def test_what_is_no_text_gives_none(body: bytes) -> None:
    assert decode_page(body) == ""


@pytest.mark.parametrize(
    ("body", "declared"),
    [
        ("Müller".encode(), "iso-8859-1"),
        ("Müller".encode("cp1252"), None),
        ("<meta charset=iso-8859-15>Müller".encode(), None),
        ("Müller".encode("cp1252"), "utf-8"),
        ("Müller".encode("utf-16"), None),
        ("Müller".encode("cp1252"), "no-such-charset"),
    ],
)
def test_a_wrong_charset_is_seen_through(body: bytes, declared: str | None) -> None:
    assert "Müller" in decode_page(body, declared)


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_a_page(body: bytes) -> None:
    assert isinstance(read(decode_page(body)).organization, str)


_PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<a href='tel:",
        "mailto:",
        "'>",
        "@",
        "(at)",
        " dot ",
        "info",
        "acme.com",
        "+49",
        " 030 ",
        "12-34",
        "©",
        " 2026 ",
        "GmbH",
        "§ 5 TMG",
        "Jane Miller",
        ", CEO",
        "<style>a{color:#fff}</style>",
        "<script>addy1='a'+'@'",
        "[",
        "{",
        "\u202e",
        "☎",
    ]
)


@given(st.lists(_PIECES, max_size=40))
@settings(max_examples=120, deadline=None)
def test_any_pieces_of_contact_pages_are_read(pieces: list[str]) -> None:
    page = read("".join(pieces))
    assert all("@" in email.address for email in page.emails)
    assert all(phone.e164[1:].isdigit() for phone in page.phones)


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_text_has_emails_and_phones_or_none(text: str) -> None:
    assert all(email.address.count("@") == 1 for email in emails_in(text))
    assert isinstance(phones_in(text, (text,), "DE", ("US",)), tuple)
