"""What came, whatever it claims to be: kinds of bytes, charsets, walls, nesting."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.nesting import MOST, is_too_deep
from pipeline.rules.page_bytes import decoded, kind_of_bytes, kind_of_type, looks_like_html
from pipeline.rules.walls import Kind, wall_of

ASKED = "https://acme.com/team"
PROSE = "Acme builds robots for small farms in the north. " * 40
RUSSIAN = "Наша компания производит оборудование для ферм и складов, звоните нам в рабочее время. " * 3


@pytest.mark.parametrize(
    ("body", "declared", "text"),
    [
        ("Grüße".encode(), "iso-8859-1", "Grüße"),  # the header lies
        ("Grüße".encode("cp1252"), "utf-8", "Grüße"),  # it lies the other way
        (b'<meta charset="utf-8">' + "Grüße – €".encode("cp1252"), None, "Grüße – €"),
        ("Preis: 5 € “gut”".encode("cp1252"), "iso-8859-1", "Preis: 5 € “gut”"),
        ("日本語のページ".encode("euc-jp"), "euc-jp", "日本語のページ"),
        ("日本語のページ".encode("iso-2022-jp"), "iso-2022-jp", "日本語のページ"),
        ("中文网页内容".encode("gb18030"), "gb2312", "中文网页内容"),
        (b'<?xml version="1.0" encoding="windows-1251"?>' + RUSSIAN.encode("cp1251"), None, RUSSIAN),
        (RUSSIAN.encode("cp1251"), None, RUSSIAN),
        (RUSSIAN.encode("koi8-r"), "koi8-r", RUSSIAN),
        ("<p>Grüße</p>".encode("utf-16-le"), None, "<p>Grüße</p>"),
        ("\ufeff<p>Grüße</p>".encode("utf-16-be"), "utf-8", "<p>Grüße</p>"),
        (("Grüße " * 200).encode()[:-2] + b"\xff" + b" Ende", "utf-8", "Grüße"),
        (
            ("<p>plain</p>" * 3000 + "Grüße").encode("cp1252"),
            "utf-8",
            "Grüße",
        ),  # few letters tell, in a long page
        (("Grüße aus Köln, " * 9).encode("cp1252"), "gbk", "Grüße aus Köln"),
        (("日本語のページです。" * 20).encode("shift_jis"), "utf-8", "日本語のページ"),
        (b" " * 6000 + b"<meta charset=koi8-r>" + RUSSIAN.encode("koi8-r"), None, RUSSIAN),
        (b"plain", "utf-7", "plain"),
        (b"plain", "unicode_escape", "plain"),
    ],
)
def test_characters_come_out_right_whatever_the_labels_say(
    body: bytes, declared: str | None, text: str
) -> None:
    assert text in decoded(body, declared)


@given(st.binary(max_size=400), st.sampled_from([None, "utf-8", "gbk", "utf-16", "x", "shift_jis", "hz"]))
def test_no_bytes_break_it(body: bytes, declared: str | None) -> None:
    assert isinstance(decoded(body, declared), str)
    assert kind_of_bytes(body) is None or kind_of_bytes(body)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"%PDF-1.7\n%\xe2", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"PK\x03\x04rest", "a packed file"),
        (b"\x1f\x8b\x08\0", "a packed file"),
        (b"\0\0\0\x18ftypmp42", "a media file"),
        (b"\0\1\2\3" * 50, "a binary file"),
        (bytes(range(256)) * 8, "a binary file"),
        ("日本語のページ".encode("iso-2022-jp") * 9, None),
        (b"<html><p>hi", None),
        ("<p>Grüße".encode("utf-16-le"), None),
        (b"", None),
    ],
)
def test_bytes_tell_what_they_are(body: bytes, kind: str | None) -> None:
    assert kind_of_bytes(body) == kind


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("text/html; charset=x", None), ("", None), ("TEXT/HTML", None), ("application/pdf", "a PDF"),
        ("image/png", "an image"), ("application/zip", "a packed file"), ("text/css", "a style sheet"),
        ("application/x-odd", "application/x-odd"),
    ],
)  # fmt: skip
def test_types_that_are_no_pages_are_named(declared: str, kind: str | None) -> None:
    assert kind_of_type(declared) == kind
    assert looks_like_html(b"  <!DOCTYPE html>") and not looks_like_html(b"%PDF")


WALLS = [
    (403, "<h1>403 Forbidden</h1>", ASKED, Kind.BLOCKED),
    (429, "slow down", ASKED, Kind.BLOCKED),
    (503, "<title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/h'></script>", ASKED, Kind.BLOCKED),
    (200, "<title>Attention Required! | Cloudflare</title><div class='cf-turnstile'></div>", ASKED, Kind.BLOCKED),
    (200, "<p>Please verify you are a human</p>", ASKED, Kind.BLOCKED),
    (200, "<h1>Access Denied</h1><p>Reference #18.2</p>", ASKED, Kind.BLOCKED),
    (401, "", ASKED, Kind.LOGIN),
    (200, "<form><input type=email><input type='password'></form>", "https://acme.com/login?next=/team", Kind.LOGIN),
    (200, "<p>Please log in to continue</p>", ASKED, Kind.LOGIN),
    (200, "<p>Before you continue</p><button>Accept all cookies</button>", "https://consent.acme.com/m", Kind.COOKIES),
    (200, "<p>We use cookies. Accept all cookies</p>", ASKED, Kind.COOKIES),
]  # fmt: skip


@pytest.mark.parametrize(("status", "html", "url", "kind"), WALLS)
def test_walls_are_told_from_pages(status: int, html: str, url: str, kind: Kind) -> None:
    wall = wall_of(status, html, asked_url=ASKED, url=url)
    assert wall is not None and wall.kind is kind and wall.reason


@pytest.mark.parametrize(
    "html",
    [
        f"<p>{PROSE}</p><form><input type=password></form>",  # a login beside the page
        f"<p>{PROSE}</p><div>We use cookies. Accept all</div>",
        f"<p>{PROSE}</p><form><div class='g-recaptcha'></div></form>",
        f"<p>{PROSE} They were denied access to funding. Access denied was the name of their first film.</p>",
        "<p>Hello from a small shop</p>",
        "<p>Contact: jane@acme.com</p><script src='https://www.google.com/recaptcha/api.js'></script>",
    ],
)
def test_pages_with_a_wall_beside_them_are_read(html: str) -> None:
    assert wall_of(200, html, asked_url=ASKED, url=ASKED) is None


def test_a_login_page_that_was_asked_for_is_the_page() -> None:
    html = "<form><input type=password></form>"
    assert wall_of(200, html, asked_url="https://a.com/login", url="https://a.com/login") is None


@pytest.mark.parametrize(
    "html",
    ["<script>" * 20_000, "<!--" * 40_000, "<input " * 30_000, "<" * 200_000, "log in to " * 20_000],
)  # fmt: skip
def test_no_page_makes_them_slow(html: str) -> None:
    began = time.perf_counter()
    wall_of(200, html, asked_url=ASKED, url=ASKED)
    is_too_deep(html)
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    ("html", "deep"),
    [
        ("<div>" * (MOST + 1), True),
        ("<div></b>" * (MOST + 1), True),
        ("</div>" * MOST * 2 + "<div>" * (MOST + 1), True),
        ("<x-y>" * (MOST + 1), True),
        ("<div></div>" * MOST * 3, False),
        ("<p>one<li>two<td>three<br>" * MOST * 2, False),
        ("<div><b>a</b></div>" * MOST, False),
    ],
)
def test_nesting_is_counted_as_a_parser_would(html: str, deep: bool) -> None:
    assert is_too_deep(html) is deep
