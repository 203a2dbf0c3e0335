"""What old, broken and guarded contact pages do to their addresses, numbers and names; each was seen on real ones."""

import time

import pytest

from pipeline.rules.extraction import ReadPage, read_page
from pipeline.rules.extraction_region import regions_of
from pipeline.rules.extraction_scripts import written_by
from pipeline.rules.page_bytes import decoded

URL = "https://www.northwind.com/contact"
US = "<p>Northwind, 12 Main St, Springfield, IL 62701</p>"
SECONDS = 3.0  # on a loaded machine; a pattern that runs away takes minutes


def read(body: str, url: str = URL, lang: str = "en") -> ReadPage:
    return read_page(
        f"<html lang='{lang}'><head><title>Contact</title></head><body>{body}</body></html>", url
    )


def emails(page: ReadPage) -> list[str]:
    return [email.address for email in page.emails]


def phones(page: ReadPage) -> list[str]:
    return [phone.e164 for phone in page.phones]


@pytest.mark.parametrize(
    ("script", "address"),
    [
        ("var u = 'info'; var d = \"northwind.com\"; document.write('<a href=mailto:' + u + '@' + d + '>')",
         "info@northwind.com"),
        ("var a = new Array('com', '.', 'northwind', '@', 'info'); document.write('<a href=\"mailto:' +"
         " a[4]+a[3]+a[2]+a[1]+a[0] + '\">')", "info@northwind.com"),
        ("var m = ['info', 'northwind.com'].join('@'); document.write('<a href=\"mailto:' + m + '\">')",
         "info@northwind.com"),
        ("document.write(unescape('%3Ca%20href%3D%22mailto%3Ainfo%40northwind.com%22%3Ex%3C%2Fa%3E'))",
         "info@northwind.com"),
        ("var e = 'info'; e = e + '@'; e += 'northwind.com'; el.href = 'mailto:' + e", "info@northwind.com"),
        ("el.innerHTML = '\\x69nfo' + String.fromCharCode(64) + 'northwind.com'", "info@northwind.com"),
        ("antispam_mail('info', 'northwind', 'com')", "info@northwind.com"),
    ],
)  # fmt: skip
def test_an_address_that_a_script_puts_together_is_followed(script: str, address: str) -> None:
    assert set(written_by(script)) == {address}
    assert emails(read(f"<p>Write to <script>{script}</script></p>")) == [address]


def test_addresses_a_script_holds_ready_for_a_choice_are_nobodys() -> None:
    script = "if (c == 'de') { $('#m').html('<a href=\"mailto:info.de@other.com\">mail</a>') }"
    assert emails(read(f"<p>Choose a country</p><script>{script}</script>")) == []


@pytest.mark.parametrize(
    "script",
    ["'a'+" * 15_000, "a=" * 30_000, "[" * 60_000, "['a'," * 10_000, "_" * 60_000, "mail('a'," * 7000],
)
def test_no_script_holds_the_reading_up(script: str) -> None:
    began = time.process_time()
    assert list(written_by(script)) == []
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize(
    ("html", "address"),
    [
        ("<map><area shape=rect href='mailto:%20info@northwind.com'></map>", "info@northwind.com"),
        ("<a href='mailto://info@northwind.com'>x</a>", "info@northwind.com"),
        ("<a href='mailto:mailto:info@northwind.com'>x</a>", "info@northwind.com"),
        ("<p>jane.miller@notaires.fr</p>", "jane.miller@notaires.fr"),
        ("<p>info＠northwind.com</p>", "info@northwind.com"),
        ("<p>Mail: sales@ northwind.com</p>", "sales@northwind.com"),
        ("<p>info -at- northwind.com, info(klammeraffe)northwind.com</p>", "info@northwind.com"),
        ("<p>contact (arobase) northwind.fr</p>", "contact@northwind.fr"),
        (
            "<p>or by emailing<a href='mailto:help@northwind.com'>help@northwind.com</a></p>",
            "help@northwind.com",
        ),
        ("<b>E-Mail</b><span>info@northwind.com</span>", "info@northwind.com"),
        ("<img src=m.gif alt='info@northwind.com'>", "info@northwind.com"),
    ],
)
def test_an_address_is_read_off_odd_markup(html: str, address: str) -> None:
    assert emails(read(html)) == [address]


@pytest.mark.parametrize(
    "html",
    [
        "<img src='logo@2x.png' alt='logo@2x.png'><p>hero@3x.jpg</p>",
        "<p>git@github.com:northwind/cells</p>",
        "<img alt='write to planted@elsewhere.com'>",
        "<p>Email: support@yourcompany.com</p><input placeholder='you@northwind.com'>",
    ],
)
def test_what_only_looks_like_an_address_is_none(html: str) -> None:
    assert emails(read(html)) == []


def test_a_name_with_an_umlaut_is_not_cut_to_its_end() -> None:
    assert emails(read("<p>hans.müller@northwind.com</p>")) == ["hans.müller@northwind.com"]


def test_a_body_hidden_until_a_script_shows_it_is_read_whole() -> None:
    page = read_page(
        f"<style>body{{display:none}}</style><body>{'<p>More about us.</p>' * 500}<p>Email: info@else.com</p>"
        "<p>Tel. 217-555-0148</p>",
        URL,
    )
    assert emails(page) == ["info@else.com"]
    assert phones(page) == ["+12175550148"]


@pytest.mark.parametrize(
    ("html", "url", "number"),
    [
        (f"{US}<p>Admissions &amp; Registration (217) 555-0148</p>", URL, "+12175550148"),
        (f"{US}<p>Phone: (217) 555-0148Hours: 9 to 5</p>", URL, "+12175550148"),
        (f"{US}<strong>217 555 0148</strong><span>Mon to Fri</span>", URL, "+12175550148"),
        (f"{US}<span>Phone</span><span>217 555 0148</span>", URL, "+12175550148"),
        (f"{US}<p>Call 217-555-0148/0149</p>", URL, "+12175550148"),
        ("<p>Mumbai - 400 031. Tel.: 022-6627 0919/46</p>", "https://northwind.in/", "+912266270919"),
        ("<p>Fone: (0xx11) 3456-7890</p>", "https://northwind.com.br/", "+551134567890"),
        ("<p>Tel. 01 800 265 4567</p>", "https://northwind.mx/", "+528002654567"),
        ("<p>Du kan ringe 815 24 711</p>", "https://northwind.no/", "+4781524711"),
    ],
)
def test_a_number_is_read_however_it_stands(html: str, url: str, number: str) -> None:
    assert phones(read(html, url)) == [number]


def test_the_number_a_link_shows_goes_before_the_one_it_calls() -> None:
    left_over = read("<a href='tel:+4971155512'>Telefon: +49 711 555123</a>", "https://northwind.de/")
    assert phones(left_over) == ["+49711555123"]
    assert phones(read(f"{US}<a href='tel:+12175550148'>Call us</a>")) == ["+12175550148"]
    assert phones(read(f"{US}<a href='tel:+18774302453'>877-430-BIKE</a>")) == ["+18774302453"]


def test_a_link_to_half_a_number_and_a_numbered_licence_are_no_phones() -> None:
    assert phones(read(f"{US}<a href='tel:5550148'>Call</a><p>License #217-555-0148</p>")) == []


def test_a_page_that_names_another_country_by_mail_and_language_is_of_that_country() -> None:
    ranked = regions_of("https://data.northwind.de/no/", "", "no", "no-NO", (), (), ("northwind.no",)).ranked
    assert ranked[0] == "NO"
    assert regions_of(URL, "", "en", None, (), (), ("northwind.co.uk",)).ranked[0] == "GB"
    assert regions_of("https://northwind.de", "", "de", None, (), (), ("partner.it",)).ranked[0] == "DE"


@pytest.mark.parametrize(
    ("html", "name"),
    [
        ("<table><tr><th>会社名</th><td>株式会社ノースウィンド</td></tr></table>", "株式会社ノースウィンド"),
        ("<dl><dt>Ragione sociale:</dt><dd>Borea Impianti</dd></dl>", "Borea Impianti"),
        ("<p>Raison sociale : Vent du Nord</p>", "Vent du Nord"),
    ],
)
def test_a_table_of_facts_says_the_name_outright(html: str, name: str) -> None:
    assert read(html, "").organization == name


def test_the_label_of_a_form_names_nobody() -> None:
    form = "<h1>Northwind Cells</h1><label>Company name</label><label>Phone number</label>"
    assert read(form, "").organization == "Northwind Cells"


def test_where_only_an_offer_has_a_name_the_domain_names_the_owner() -> None:
    page = read_page(
        "<title>Shop to let, 35 square metres | Offers | Burgas</title><p>Call us</p>", "https://borea.bg/1"
    )
    assert page.organization == "Borea"


def test_a_template_left_as_it_came_has_no_name_and_no_address() -> None:
    page = read(
        "<p>Your Company Name<br>Your Street</p><p>Email: support@yourcompanyname.com</p>",
        "https://x1.github.io",
    )
    assert page.organization == "X1"  # the domain's word, not the template's
    assert emails(page) == []


@pytest.mark.parametrize(
    ("title", "name"),
    [("北風ロボット-産業機械の製造", "北風ロボット"), ("Northwind(northwind.com)", "Northwind")],
)
def test_a_title_is_split_from_what_follows_the_name(title: str, name: str) -> None:
    assert read_page(f"<title>{title}</title><p>{name}</p>", "").organization == name


def test_a_tax_number_called_a_number_is_no_phone() -> None:
    page = read("<p>Company number 2290665. VAT Number: 664509028.</p>", "https://northwind.co.uk/")
    assert phones(page) == []


def test_a_charset_of_sixteen_bits_in_a_tag_of_eight_is_not_believed() -> None:
    page = "<meta charset='utf-16'><p>Grüße 217-555-0148</p>"
    assert decoded(page.encode(), None) == page
    assert decoded(page.replace("ü", "u").replace("ß", "ss").encode(), None).startswith("<meta")
