"""Contact pages in the styles real ones are built in. Names are invented; domains and numbers are reserved ones."""

import codecs
import json
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from tests.bench.extract_pages import LabelledPage


@dataclass(frozen=True)
class Firm:
    """A company as its pages show it: `phone` and `fax` are (as written, E.164)."""

    name: str
    legal: str
    domain: str
    language: str
    street: str
    town: str
    phone: tuple[str, str]
    fax: tuple[str, str]
    words: tuple[str, str, str, str]  # contact, phone, fax, rights reserved
    numbers: str  # tax and register numbers that are no phones


_EN = ("Contact us", "Phone", "Fax", "All rights reserved.")
_DE = ("Kontakt", "Telefon", "Telefax", "Alle Rechte vorbehalten.")
FIRMS = (
    Firm(
        "Cedar Falls Plumbing",
        "Cedar Falls Plumbing, Inc.",
        "cedarfallsplumbing.example",
        "en",
        "1420 Alder Street, Suite 200",
        "Portland, OR 97205",
        ("(202) 555-0142", "+12025550142"),
        ("202.555.0143", "+12025550143"),
        _EN,
        "License # 4471902 · ZIP 97205-1182",
    ),
    Firm(
        "Quayside Bakery",
        "Quayside Bakery Ltd",
        "quaysidebakery.example",
        "en",
        "14 Harbour Row",
        "Bristol BS1 4QA",
        ("020 7946 0812", "+442079460812"),
        ("020 7946 0813", "+442079460813"),
        _EN,
        "Company No. 08814417 · VAT No. 221 5470 41",
    ),
    Firm(
        "Nordlicht Robotik",
        "Nordlicht Robotik GmbH",
        "nordlicht-robotik.example",
        "de",
        "Lindenstraße 12",
        "10969 Berlin, Deutschland",
        ("030 / 23125 142", "+493023125142"),
        ("030 / 23125 143", "+493023125143"),
        _DE,
        "HRB 144207 B, Amtsgericht Charlottenburg, USt-IdNr. DE123456788",
    ),
    Firm(
        "Atelier Mirabelle",
        "Atelier Mirabelle SARL",
        "atelier-mirabelle.example",
        "fr",
        "12 rue des Lilas",
        "75011 Paris, France",
        ("01 42 68 53 00", "+33142685300"),
        ("01 42 68 53 01", "+33142685301"),
        ("Contactez-nous", "Téléphone", "Fax", "Tous droits réservés."),
        "SIRET 732 829 320 00074, RCS Paris B 732 829 320",
    ),
    Firm(
        "Officina Tirrena",
        "Officina Tirrena S.r.l.",
        "officinatirrena.example",
        "it",
        "Via Garibaldi 42",
        "16124 Genova, Italia",
        ("010 246 8013", "+390102468013"),
        ("010 246 8014", "+390102468014"),
        ("Contatti", "Tel.", "Fax", "Tutti i diritti riservati."),
        "P.IVA 03286860105 - R.E.A. GE 332318 - IBAN IT60X0542811101000000123456",
    ),
    Firm(
        "Talleres Buenavista",
        "Talleres Buenavista S.L.",
        "talleresbuenavista.example",
        "es",
        "Calle Mayor 18",
        "28013 Madrid, España",
        ("915 550 142", "+34915550142"),
        ("915 550 143", "+34915550143"),
        ("Contacto", "Teléfono", "Fax", "Todos los derechos reservados."),
        "CIF: B-83412907, Registro Mercantil de Madrid, Tomo 17512",
    ),
    Firm(
        "Grachtwerk",
        "Grachtwerk B.V.",
        "grachtwerk.example",
        "nl",
        "Prinsengracht 120",
        "1015 EA Amsterdam",
        ("020 555 0142", "+31205550142"),
        ("020 555 0143", "+31205550143"),
        ("Contact", "Telefoon", "Fax", "Alle rechten voorbehouden."),
        "KvK 34120988, BTW NL815523112B01",
    ),
    Firm(
        "Zielony Młyn",
        "Zielony Młyn Sp. z o.o.",
        "zielonymlyn.example",
        "pl",
        "ul. Krakowska 14",
        "31-062 Kraków, Polska",
        ("12 278 56 66", "+48122785666"),
        ("12 278 56 67", "+48122785667"),
        ("Kontakt", "Telefon", "Faks", "Wszelkie prawa zastrzeżone."),
        "NIP: 6832085719, REGON: 361257067, KRS 0000552395",
    ),
    Firm(
        "Wattle Creek Joinery",
        "Wattle Creek Joinery Pty Ltd",
        "wattlecreekjoinery.example",
        "en",
        "7 Mill Lane",
        "Newcastle NSW 2300",
        ("(02) 5550 0142", "+61255500142"),
        ("(02) 5550 0143", "+61255500143"),
        _EN,
        "ABN 51 824 753 556",
    ),
    Firm(
        "Serra Azul Embalagens",
        "Serra Azul Embalagens Ltda",
        "serraazul.example",
        "pt-BR",
        "Rua das Flores, 220",
        "São Paulo - SP, CEP 09892-120, Brasil",
        ("(11) 4426-9000", "+551144269000"),
        ("(11) 4426-9001", "+551144269001"),
        ("Contato", "Telefone", "Fax", "Todos os direitos reservados."),
        "CNPJ 11.222.333/0001-81",
    ),
)


def _page(firm: Firm, title: str, body: str, head: str = "") -> str:
    return (
        f"<!doctype html><html lang='{firm.language}'><head><meta charset=utf-8>"
        f"<title>{escape(title)}</title>{head}</head>"
        f"<body><nav><a href='/'>Home</a> <a href='/contact'>{firm.words[0]}</a></nav>{body}"
        f"<img src='/img/logo@2x.png' alt=''><input placeholder='you@example.com'></body></html>"
    )


def _plain(firm: Firm) -> str:
    contact, phone, fax, rights = firm.words
    return _page(
        firm,
        f"{contact} | {firm.name}",
        f"<h1>{contact}</h1><p>{firm.legal}<br>{firm.street}<br>{firm.town}</p>"
        f"<p>{phone}: {firm.phone[0]}<br>{fax}: {firm.fax[0]}</p>"
        f"<p><a href='mailto:info@{firm.domain}?subject=Hello'>info@{firm.domain}</a></p>"
        f"<p>{firm.numbers}</p>"
        f"<footer>© 2011-2026 {firm.legal} {rights}</footer>",
    )


def _marked(firm: Firm) -> str:
    address = {"@type": "PostalAddress", "streetAddress": firm.street, "addressLocality": firm.town}
    markup = {
        "@context": "https://schema.org",
        "@type": "LocalBusiness",
        "name": firm.name,
        "legalName": firm.legal,
        "telephone": firm.phone[1],
        "faxNumber": firm.fax[1],
        "email": f"info@{firm.domain}",
        "address": address,
    }
    return _page(
        firm,
        firm.words[0],
        f"<h1>{firm.words[0]}</h1><p>{firm.words[1]} {firm.phone[0]}</p>"
        f"<p>{firm.words[2]} {firm.fax[0]}</p><p>{firm.numbers}</p>",
        f"<script type='application/ld+json'>{json.dumps(markup)}</script>",
    )


def _table(firm: Firm) -> str:
    contact, phone, fax, _ = firm.words
    rows = ((phone, firm.phone[0]), (fax, firm.fax[0]), ("E-Mail", f"info<span>@</span>{firm.domain}"))
    cells = "".join(f"<tr><td><b>{name}</b></td><td>{value}</td></tr>" for name, value in rows)
    return _page(
        firm,
        f"{firm.name} - {contact}",
        f"<a href='/'><img src='/logo.png' alt='{escape(firm.name)} logo'></a><table>{cells}"
        f"</table><div>{firm.numbers}</div>"
        f"<div>{firm.street}, {firm.town}</div>",
    )


def _spelled(firm: Firm) -> str:
    contact, phone, fax, rights = firm.words
    host = firm.domain.replace(".", " [dot] ")
    return _page(
        firm,
        contact,
        f"<p>info [at] {host}</p><p>{phone} {firm.phone[1][:3]} {firm.phone[1][3:]}</p>"
        f"<p>{fax} {firm.fax[1]}</p>"
        f"<address>{firm.name}<br>{firm.street}<br>{firm.town}</address><p>{firm.numbers}</p>"
        f"<p>&copy; {firm.name}. {rights}</p>",
        f"<meta property='og:site_name' content='{escape(firm.name)}'>",
    )


def _cloudflare(firm: Firm) -> str:
    code = "5a" + bytes(byte ^ 0x5A for byte in f"info@{firm.domain}".encode()).hex()
    return _page(
        firm,
        f"{firm.name} » {firm.words[0]}",
        f"<p>{firm.street}</p><p>{firm.town}</p><p><a href='tel:{firm.phone[1]}'>{firm.phone[0]}</a></p>"
        f"<p>{firm.words[2]}: {firm.fax[0]}</p><p>"
        f"<a href='/cdn-cgi/l/email-protection' data-cfemail='{code}'>[email&#160;protected]</a></p>"
        f"<p>{firm.numbers}</p><p>Copyright 2026 {firm.legal} | Powered by WordPress</p>",
    )


def _turned(firm: Firm) -> str:
    address = f"info@{firm.domain}"
    entities = "".join(f"&#{ord(letter)};" for letter in address)
    hidden = (
        f"<span style='unicode-bidi:bidi-override;direction:rtl'>{address[::-1]}</span>"
        if len(firm.domain) % 2
        else f"<span class='rot13'>{codecs.encode(address, 'rot13')}</span>"
    )
    return _page(
        firm,
        f"{firm.words[0]}: {firm.name}",
        f"<p>{entities}</p><p>{hidden}</p><h2>{firm.legal}</h2><p>{firm.street}<br>{firm.town}"
        f"</p><ul><li>☎ {firm.phone[0]}</li>"
        f"<li>{firm.words[2]} {firm.fax[0]}</li></ul><p>{firm.numbers}</p>",
    )


def _bare(firm: Firm) -> str:
    """No address, no country: only how the numbers are written."""
    body = f"<p>{firm.words[1]}: {firm.phone[0]}</p><p>{firm.words[2]}: {firm.fax[0]}</p><p>info@{firm.domain}</p>"
    return _page(firm, f"{firm.name} | {firm.words[0]}", f"<h1>{firm.words[0]}</h1>{body}")


_STYLES: tuple[Callable[[Firm], str], ...] = (_plain, _marked, _table, _spelled, _cloudflare, _turned)


def contact_pages() -> list[LabelledPage]:
    """Each firm in each style."""
    plain = [_labelled(firm, style) for firm in FIRMS for style in _STYLES]
    return plain + [_labelled(firm, _bare, country_is_plain=False) for firm in FIRMS]


def _labelled(firm: Firm, style: Callable[[Firm], str], *, country_is_plain: bool = True) -> LabelledPage:
    return LabelledPage(
        name=f"{firm.domain}{style.__name__}",
        html=style(firm).encode(),
        url=f"https://www.{firm.domain}/contact",
        emails=frozenset({f"info@{firm.domain}"}),
        phones=frozenset({firm.phone[1], firm.fax[1]}),
        names=(firm.name, firm.legal),
        country_is_plain=country_is_plain,
    )
