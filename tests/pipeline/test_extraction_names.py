"""Whose page it is, in several languages: what agrees with the domain and stands in several places wins."""

import pytest

from pipeline.rules.extraction import read_page
from pipeline.rules.extraction_closeness import closeness
from pipeline.rules.extraction_generic import is_generic, tidied


def named(html: str, url: str = "https://www.northwind.com/contact") -> str:
    return read_page(html, url).organization


@pytest.mark.parametrize(
    ("title", "url", "name"),
    [
        ("Лента новостей", "http://vetergod.ru/news", "Vetergod"),
        ("Восстановление пароля", "http://vetergod.ru/forgot", "Vetergod"),
        ("Mot de passe oublié", "https://vent-du-nord.fr/compte", "Vent Du Nord"),
        ("Strona główna", "https://wiatr.pl/", "Wiatr"),
        ("Forgot Your Password", "https://northwind.com/account", "Northwind"),
        ("Přihlášení", "https://severak.cz/", "Severak"),
        ("お知らせ", "https://kitakaze.jp/news", "Kitakaze"),
        ("Just another WordPress site", "https://northwind.com/", "Northwind"),
    ],
)
def test_a_heading_of_any_site_is_nobodys_name(title: str, url: str, name: str) -> None:
    assert named(f"<title>{title}</title><h1>{title}</h1><p>Text</p>", url) == name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Copyright & Trademark notices", "Northwind"),
        ("© 2014 vBulletin Solutions, Inc. All rights reserved", "Northwind"),
        ("© 2001, 2005 phpBB Group", "Northwind"),
        ("Copyright 2026 Harbour Holdings Inc. dba Harbour Lights", "Harbour Lights"),
        ("© 2026 Ventisca S.L. Todos los derechos reservados", "Ventisca S.L."),
    ],
)
def test_a_copyright_line_names_the_owner_and_never_the_tool(line: str, name: str) -> None:
    assert named(f"<title>Contact</title><p>Text</p><footer>{line}</footer>") == name


def test_a_platform_is_the_owner_of_its_own_site_only() -> None:
    page = "<title>Contact</title><meta property='og:site_name' content='Jimdo'><p>Text</p>"
    assert named(page, "https://www.jimdo.com/contact") == "Jimdo"
    assert named(page) == "Northwind"


@pytest.mark.parametrize(
    ("html", "url", "name"),
    [
        ("<title>Mevlevi University</title><p>Mevlevi University, Yeni Cad. 1</p><p>Mevlevi University news</p>",
         "http://mevlevi.edu.tr/", "Mevlevi University"),
        ("<title>Impressum</title><p>Corps Borussia Altstadt</p><p>Hauptstraße 12</p><p>10969 Berlin</p>",
         "https://www.borussia-altstadt.de/impressum", "Corps Borussia Altstadt"),
        ("<title>Contato</title><meta property='og:site_name' content='Serra Verde Embalagens'>"
         "<p>Serra Verde Embalagens Ltda</p>", "https://serraverde.com.br/contato", "Serra Verde Embalagens"),
    ],
)  # fmt: skip
def test_the_domain_within_a_longer_name_is_not_the_name(html: str, url: str, name: str) -> None:
    assert named(html, url) == name


def test_the_domain_in_words_is_the_name_where_nobody_knows_a_longer_one() -> None:
    page = "<title>Gift ideas</title><p>All the Fire Island Gems Sale Offers of today</p>"
    assert named(page, "https://fireislandgems.com/sale") == "Fire Island Gems"


@pytest.mark.parametrize(
    ("title", "url", "name"),
    [
        ("Nous contacter | SCP Camille BRISE, notaire associé", "https://brise.notaires.fr/contact",
         "SCP Camille BRISE"),
        ("Displar vendas de planos de saúde", "http://displarsaude.com/contato", "Displar"),
        ("NWD-Board.org (4.0)", "http://nwd-board.org/", "NWD-Board.org"),
        ("Kontakt – Nordwind Technik", "https://nordwindtechnik.de/kontakt", "Nordwind Technik"),
        ("Get in touch with Harbour Lights", "https://harbourlights.co.uk/contact", "Harbour Lights"),
        ("Contactez Vent du Nord", "https://ventdunord.fr/contact", "Vent du Nord"),
    ],
)  # fmt: skip
def test_what_stands_around_the_name_in_a_title_is_left_out(title: str, url: str, name: str) -> None:
    assert named(f"<title>{title}</title><p>Text</p>", url) == name


def test_a_word_that_name_and_domain_share_speaks_for_the_name() -> None:
    title = "Dragées - mariage - baptême - Confiserie Aubertin"
    page = f"<title>{title}</title><p>Confiserie Aubertin</p><p>12 rue Haute</p>"
    assert named(page, "http://www.dragees-aubertin.fr/boutique") == "Confiserie Aubertin"


def test_a_legal_form_after_a_comma_is_no_description() -> None:
    assert tidied("Northwind, inc") == "Northwind, inc."
    assert tidied("Müller, und Söhne") == "Müller, und Söhne"
    assert tidied("Praxis Keller, fachärztin für alles") == "Praxis Keller"


def test_a_company_label_that_stands_once_says_it_outright() -> None:
    label, name = "会社名", "株式会社ノースウィンド(northwind inc.)"
    one = f"<title>kitakaze</title><table><tr><th>{label}</th><td>{name}</td></tr></table>"
    assert named(one, "https://kitakaze.jp/company") == "株式会社ノースウィンド"
    several = "<title>Kitakaze</title><p>Company name: Harbour Ltd</p><p>Company name: Brook Lane Ltd</p>"
    assert named(several, "https://kitakaze.jp/clients") == "Kitakaze"


def test_names_in_other_scripts_are_compared_with_the_domain() -> None:
    page = "<title>Каталог товаров | Северный Ветер</title><p>Текст</p>"
    assert named(page, "https://severnyveter.ru/catalog") == "Северный Ветер"
    strange = "<title>Корейская косметика</title><p>Текст</p>"
    assert named(strange, "https://molivoli.ru/shop") == "Molivoli"


def test_title_and_heading_name_the_site_on_its_front_page_only() -> None:
    page = "<title>Harbour Lights</title><h1>Harbour Lights</h1><p>Text</p>"
    assert named(page, "https://xyvq.org/") == "Harbour Lights"
    assert named(page, "https://xyvq.org/articles/12") == "Xyvq"


def test_a_name_with_its_suffix_is_the_same_name() -> None:
    page = "<title>Brooklane.com</title><img class='logo' alt='Brooklane.com'><p>Brooklane, a shop</p>"
    assert named(page, "https://brooklane.com/") in ("Brooklane.com", "Brooklane")


@pytest.mark.parametrize(
    ("name", "label", "low", "high"),
    [
        ("Вести Сочи", "vestisochi", 1.0, 1.0),
        ("Βόρειος Άνεμος", "voreiosanemos", 0.5, 1.0),
        ("Fachhochschule Wiener Neustadt", "fhwn", 0.5, 0.5),
        ("Harbour Lights", "harblights", 0.7, 0.7),
        ("Confiserie Massard", "drageesmassard", 0.2, 0.5),
        ("Newsletter Options", "harbour", 0.0, 0.0),
        ("The Wide Range of Our Offers", "twelve", 0.0, 0.3),
        ("", "northwind", 0.0, 0.0),
        ("Northwind", "", 0.0, 0.0),
    ],
)
def test_closeness_of_a_name_to_a_domain(name: str, label: str, low: float, high: float) -> None:
    assert low <= closeness(name, label) <= high


_FORMS = (
    "GmbH|GmbH & Co. KG|gGmbH|UG|AG|KG|OHG|e.K.|e. V.|GbR|SE|Ltd|Limited|LLC|L.L.C.|Inc|Corp|S.p.A.|SpA|S.r.l.|Srl|"
    "SARL|SAS|S.A.|S.L.|SL|B.V.|BV|N.V.|AB|ApS|A/S|AS|Oy|Oyj|s. r. o.|s.r.o.|a.s.|Sp. z o.o.|sp. z o.o.|Kft.|d.o.o.|"
    "Pty Ltd|PLC|plc|LLP|LLLP|P.C.|Lda.|Ltda.|Pvt Ltd|Private Limited"
)


@pytest.mark.parametrize("form", _FORMS.split("|"))
def test_a_line_that_ends_in_a_legal_form_names_the_company(form: str) -> None:
    name = named(f"<title>Contact</title><p>Hello</p><p>Harbour Tools {form}</p><p>Bye</p>", "")
    assert name.rstrip(".").startswith("Harbour Tools")


@pytest.mark.parametrize("name", ["& Trademark", "und mehr", "Newsletter", "ログイン", "Вход", "404"])
def test_such_words_name_nobody(name: str) -> None:
    assert is_generic(name)


@pytest.mark.parametrize("name", ["Northwind", "Café Ono", "北風ロボット", "Ветер", "eBay"])
def test_names_are_names(name: str) -> None:
    assert not is_generic(name)
