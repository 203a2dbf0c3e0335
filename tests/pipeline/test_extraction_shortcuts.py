"""What is looked for first, so that most pages are read quickly, finds the same as the whole way round."""

from urllib.parse import urljoin, urlsplit

import pytest

from pipeline.rules.extraction import read_page
from pipeline.rules.extraction_language import language_of
from pipeline.rules.extraction_links import Targets
from pipeline.rules.extraction_signs import signs_in

BASE = "https://www.northwind.com/de/about/team?x=1"


@pytest.mark.parametrize(
    "href",
    [
        "https://harbour.example/a/b?c=d#e", "HTTPS://Harbour.example/a", "//harbour.example/a", "/contact", "/",
        "/a/../b", "/./a", "/a//b", "//", "contact.html", "../up", "?q=1", "#top", "", "/a;p=1?q", "/a?", "/a#",
        "https://harbour.example", "https://harbour.example:8080/a", "https://harbour.example/a b", "/ä/ö?ü=ß",
        "https://[broken", "https://harbour.example/a?b=/../c", "/a?b=/../c", "http:/odd", "/.well-known/x",
    ],
)  # fmt: skip
@pytest.mark.parametrize("base", [BASE, "http://northwind.com", "https://Northwind.com:8443/a/", ""])
def test_a_link_leads_where_resolving_it_leads(href: str, base: str) -> None:
    try:
        target = urljoin(base, href).split("#", 1)[0]
        wanted = target if urlsplit(target).scheme in ("http", "https") else None
    except ValueError:
        wanted = None
    assert Targets(base).of(href) == wanted


@pytest.mark.parametrize(
    "href",
    [
        "mailto:a@b.example",
        "javascript:void(0)",
        "tel:1",
        "/price-list.PDF",
        "https://a.example/logo.svg?v=2",
    ],
)
def test_what_is_no_page_is_no_link(href: str) -> None:
    assert Targets(BASE).of(href) is None


@pytest.mark.parametrize(
    ("text", "region", "weight"),
    [
        ("Springfield, IL 62701", "US", 3.5 / 1.5),
        ("Springfield, Illinois\n62701-1234", "US", 3.0 / 1.5),
        ("IL 62701, NY 10001, CA 90001", "US", 2 * 3.5 / 1.5),  # twice at most
        ("D-10969 Berlin", "DE", 3.0 / 1.5),
        ("D-10969 Berlin, USt-IdNr. DE123456789, Amtsgericht Mitte", "DE", 2 * 3.0 / 1.5),
        ("Customer number D 1", "DE", 0),
        ("P. IVA 01234567890", "IT", 3.0 / 1.5),
        ("Dalla Riva area", "IT", 0),
        ("SE-111 22 Stockholm", "SE", 2.5 / 1.5),
        ("75001 Paris Cedex 04, SIRET 1", "FR", 2 * 3.0 / 1.5),
        ("M5V 2T6 Toronto", "CA", 3.5 / 1.5),
        ("DIČ: CZ", "CZ", 2.5 / 1.5),
        ("〒 100-0001", "JP", 3.5 / 1.5),
    ],
)
def test_the_signs_of_a_country_count_once_or_twice(text: str, region: str, weight: float) -> None:
    assert sum(of for of_sign, of in signs_in(text) if of_sign == region) == pytest.approx(weight)


def test_a_broken_block_of_markup_takes_no_other_with_it() -> None:
    opened = '<script type="application/ld+json">'
    blocks = [
        "{broken",
        '{"@type": "Organization", "name": "Northwind"}',
        '// note\n{"@type": "Organization", "name": "Borea",}',
    ]
    page = read_page("".join(f"{opened}{block}</script>" for block in blocks), BASE)
    assert [organisation.name for organisation in page.markup.organisations] == ["Northwind", "Borea"]


def test_hidden_text_is_hidden_whatever_hides_it() -> None:
    page = read_page(
        "<style>.off{display:none} .pale{color:#fff}</style><p>Seen <b>bold</b>\n <i>text</i></p><p class='off'>one</p>"
        "<p hidden>two</p><p style='opacity:0'>three</p><p aria-hidden='true'>four</p><font color='white'>five</font>"
        "<div class='pale'>six<p style='color:black'>dark</p></div><nav>Menu</nav><p>End</p>",
        BASE,
    )
    assert page.lines == ("Seen bold text", "dark", "Menu", "End")
    assert page.prose == "Seen bold text\ndark\nEnd"


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        ("Wir sind für Sie da und freuen uns auf die Fragen, die Sie uns mit der Post schicken.", "en", "de"),
        ("a a a a a a a a", None, None),  # letters alone are no words
        ("Мы работаем для вас каждый день", "en", "ru"),
        ("Ми працюємо щодня і їдемо до вас, є знижки", "ru", "uk"),
        ("ようこそ、北風へ。お問い合わせはこちら", "en", "ja"),
        ("Hi", "pt-BR", "pt"),
    ],
)
def test_the_language_is_read_off_words_and_letters(
    text: str, declared: str | None, language: str | None
) -> None:
    assert language_of(text, declared) == language
