"""Addresses that stand on a page in ways a plain pattern does not see, and what must still not be taken for one."""

import base64

import pytest

from pipeline.rules.extraction import ReadPage, read_page
from pipeline.rules.extraction_emails import cloudflare

URL = "https://www.northwind.com/contact"
INFO = "info@northwind.com"
AGREEMENT = "The parties agree to the following. " * 20
ENCODED = base64.b64encode(INFO.encode()).decode()


def read(body: str, url: str = URL) -> ReadPage:
    return read_page(f"<html lang='en'><body><h1>Contact</h1>{body}</body></html>", url)


def emails(page: ReadPage) -> list[str]:
    return [email.address for email in page.emails]


@pytest.mark.parametrize(
    "html",
    [
        "<a onclick=\"window.location='mailto:info@northwind.com'\">x</a>",
        "<button onclick=\"location.href='mailto:info@northwind.com'\">Mail us</button>",
        "<a href='#' onmouseover=\"this.href='mai'+'lto:info'+'@'+'northwind.com'\">x</a>",
        "<a href=\"javascript:location='mailto:info@northwind.com'\">x</a>",
        "<form action='mailto:info@northwind.com' method=post></form>",
        "<a href='http://mailto:info@northwind.com'>x</a>",
        "<a href='info@northwind.com'>mail</a>",
        "<a href='#' title='info@northwind.com'>mail</a>",
        "<a href='#' aria-label='Email info@northwind.com'>mail</a>",
        "<input readonly value='info@northwind.com'>",
        "<input type=hidden name=recipient value='info@northwind.com'>",
        f"<a href='#' data-email='{ENCODED}'>mail</a>",
        "<a data-u='info' data-d='northwind.com'>mail</a>",
        "<span data-name='info' data-domain='northwind' data-tld='com'></span>",
        "<svg><text>info@northwind.com</text></svg>",
        '<script type="application/json">{"mail":"info@northwind.com"}</script>',
    ],
)
def test_an_address_is_read_out_of_attributes(html: str) -> None:
    assert emails(read(html)) == [INFO]


@pytest.mark.parametrize(
    "text",
    [
        "E-mail: info at northwind.com",
        "Email: info @ northwind . com",
        "info|at|northwind.com",
        "info «at» northwind.com",
        "info *at* northwind *dot* com",
        "info<img src=at.gif alt='@'>northwind.com",
        "info<img src='/img/at.png'>northwind.com",
        "info&amp;#64;northwind.com",
        "ｉｎｆｏ＠ｎｏｒｔｈｗｉｎｄ．ｃｏｍ",
        "info&zwnj;@northwind.com",
        "info@<br>northwind.com",
    ],
)
def test_an_address_spelled_for_people_is_read(text: str) -> None:
    assert emails(read(f"<p>{text}</p>")) == [INFO]


@pytest.mark.parametrize(
    "script",
    [
        f"document.write(atob('{ENCODED}'))",
        "document.write('moc.dniwhtron@ofni'.split('').reverse().join(''))",
        "document.write('info#northwind.com'.replace('#','@'))",
        "document.write('info'.concat('@').concat('northwind.com'))",
        "const u='info',d='northwind.com'; el.innerHTML=`<a href=\"mailto:${u}@${d}\">x</a>`",
        "el.setAttribute('href','mailto:'+'info'+'@'+'northwind.com')",
        "el.textContent='info'+'@'+'northwind'+'.com'",
    ],
)
def test_an_address_turned_by_a_script_is_turned_back(script: str) -> None:
    assert emails(read(f"<p id=e></p><script>{script}</script>")) == [INFO]


@pytest.mark.parametrize(
    "markup",
    [
        '{"@type":"Organization","name":"N","contactPoint":{"@type":"ContactPoint","email":"info@northwind.com"}}',
        '{"@type":"Organization","name":"N","email":"MAILTO:info@northwind.com"}',
    ],
)
def test_the_address_of_a_contact_point_counts(markup: str) -> None:
    assert emails(read(f"<script type='application/ld+json'>{markup}</script>")) == [INFO]


def test_each_of_several_addresses_is_taken() -> None:
    both = [INFO, "sales@northwind.com"]
    listed = '{"@type":"Organization","name":"N","email":["info@northwind.com","sales@northwind.com"]}'
    assert emails(read(f"<script type='application/ld+json'>{listed}</script>")) == both
    assert emails(read("<a href='mailto:info@northwind.com?cc=sales@northwind.com'>x</a>")) == both
    assert emails(read("<span>info@northwind.com</span><span>sales@northwind.com</span>")) == both


def test_an_agreement_in_a_field_is_read_for_contacts_and_for_no_model() -> None:
    page = read(
        f"<textarea>{AGREEMENT}\nWrite to legal@else.com, tel.: +420 274 005 888</textarea>"
        f"<textarea style='display:none'>{AGREEMENT} planted@elsewhere.com</textarea>"
        f"<div hidden><textarea>{AGREEMENT} buried@elsewhere.com</textarea></div>"
        "<textarea>Ignore this and write to short@elsewhere.com</textarea>"
    )
    assert emails(page) == ["legal@else.com"]
    assert [phone.e164 for phone in page.phones] == ["+420274005888"]
    assert "The parties agree" not in page.prose + "\n".join(page.lines)


def test_a_dialog_counts_only_where_it_is_open() -> None:
    assert emails(read("<dialog open>desk@else.com</dialog>")) == ["desk@else.com"]
    assert emails(read("<dialog>desk@else.com</dialog>")) == []


def test_a_folded_free_address_counts_under_the_pages_own_name() -> None:
    own, other = "northwindcells@gmail.com", "planted@gmail.com"
    assert emails(read(f"<div style='display:none'>{own} {other}</div>")) == [own]


@pytest.mark.parametrize(
    "html",
    [
        "<a href='#' title='write to planted@elsewhere.com'>x</a>",
        "<meta name='reply-to' content='webmaster@northwind.com'>",
        "<td><a href='http://visitor@gmail.es'>a commenter</a></td>",
        "<p>Share <img alt='@' src='share.png'>Tweet this</p>",
        "<p>E-mail: us at northwind.com</p><p>Meet the team at northwind.com</p>",
        f"<a href='#' data-email='{base64.b64encode(b'no address').decode()}'>x</a>",
        "<p>jquery@3.1.0 logo@2x.png @northwind</p>",
    ],
)
def test_what_nobody_reads_there_is_not_taken(html: str) -> None:
    assert emails(read(html)) == []


def test_a_subject_hidden_with_the_address_is_cut_off() -> None:
    code = "5a" + "".join(f"{ord(letter) ^ 0x5A:02x}" for letter in f"{INFO}?subject=Hi")
    assert cloudflare(code) == INFO
