"""When two addresses are one page: what is kept for one is taken for the other."""

import pytest

from pipeline.rules.dedupe import canonical_url, page_key


@pytest.mark.parametrize(
    "spelling",
    [
        "https://Shop.com/team",
        "https://shop.com./team/",
        "https://shop.com:443/team#people",
        "HTTPS://SHOP.com/team?utm_source=x&fbclid=1",
        " https://shop.com/team/// ",
    ],
)
def test_one_page_has_one_spelling(spelling: str) -> None:
    assert canonical_url(spelling) == "https://shop.com/team"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://shop.com/?contact", "https://shop.com/?team"),
        ("https://shop.com/?contact", "https://shop.com/"),
        ("https://shop.com/?page=", "https://shop.com/?person="),
        ("https://shop.com/?p=1", "https://shop.com/?p=2"),
        ("https://shop.com/a%2Fb", "https://shop.com/a/b"),
        ("https://shop.com/Team", "https://shop.com/team"),
        ("http://shop.com:443/", "http://shop.com/"),
        ("http://shop.com/", "https://shop.com/"),
    ],
)
def test_two_pages_have_two(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


def test_scheme_and_www_make_no_other_page() -> None:
    assert (
        page_key("http://www.shop.com/?contact")
        == page_key("https://shop.com/?contact")
        == "shop.com/?contact="
    )
