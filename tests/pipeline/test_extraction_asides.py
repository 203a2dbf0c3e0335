"""What stands at the edge of a page: spelled addresses in sentences, contacts in its head, dated lists of links."""

import pytest

from pipeline.rules.extraction import ReadPage, read_page
from pipeline.rules.extraction_facts import Subject, facts_of_page

URL = "https://www.northwind.com/contact"


def read(body: str, head: str = "") -> ReadPage:
    return read_page(
        f"<html lang='en'><head><title>Contact</title>{head}</head><body>{body}</body></html>", URL
    )


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("It was late when we met at noon dot com era or not", []),
        ("Founded at northwind dot com boom times", []),
        ("Write to info at northwind dot com for details", ["info@northwind.com"]),
        ("info AT northwind DOT com", ["info@northwind.com"]),
        ("Email us info at northwind dot com", ["info@northwind.com"]),
        ("info at northwind dot com business hours 9 to 5", ["info@northwind.com"]),
        ("Find us at northwind dot com", []),
        ("tim @ northwind . com", ["tim@northwind.com"]),
        ("Ask tim.lee @ mail . northwind . com today", ["tim.lee@mail.northwind.com"]),
        ("Live @ venue.com on Friday", []),
        ("Dinner @ Joe . Come", []),
    ],
)
def test_a_sentence_is_told_from_an_address_in_words(text: str, addresses: list[str]) -> None:
    assert [email.address for email in read(f"<p>{text}</p>").emails] == addresses


@pytest.mark.parametrize("prefix", ["og:", "business:contact_data:"])
def test_contacts_in_the_head_of_a_page_are_read(prefix: str) -> None:
    page = read(
        "<p>Northwind</p>",
        f"<meta property='{prefix}email' content='info@northwind.com'>"
        f"<meta property='{prefix}phone_number' content='+1 415 555 2671'>",
    )
    assert [email.address for email in page.emails] == ["info@northwind.com"]
    assert [phone.e164 for phone in page.phones] == ["+14155552671"]


def test_a_dated_list_of_links_is_news() -> None:
    page = read(
        "<ul><li><time datetime='2026-03-02'>2 March</time><a href='/n/1'>Northwind opens a plant in Ohio</a></li>"
        "<li><time datetime='2026-02-01'>1 February</time><a href='/n/2'>More</a></li></ul>"
    )
    articles = page.markup.articles
    assert [(one.headline, one.published_on.isoformat(), one.url) for one in articles] == [
        ("Northwind opens a plant in Ohio", "2026-03-02", "/n/1")
    ]


META = (
    "<ul><li><time datetime='2026-03-02'>2 March</time> by <a href='/by/ah'>Alexander Hamilton</a></li></ul>"
)


@pytest.mark.parametrize("tag", ["article", "div"])
def test_the_date_below_a_heading_is_the_headings(tag: str) -> None:
    page = read(f"<{tag}><h2><a href='/n/1'>Northwind opens a plant</a></h2>{META}</{tag}>")
    assert [(one.headline, one.url) for one in page.markup.articles] == [("Northwind opens a plant", "/n/1")]


def test_the_heading_of_a_whole_list_is_no_headline() -> None:
    page = read(
        "<div><h2>The latest news</h2><ul>"
        "<li><time datetime='2026-03-02'>2 March</time><a href='/1'>Northwind opens a plant</a></li>"
        "<li><time datetime='2026-02-01'>1 February</time><a href='/2'>Northwind has a new owner</a></li></ul></div>"
    )
    assert [one.url for one in page.markup.articles] == ["/1", "/2"]


def test_a_link_of_two_headlines_and_one_date_is_none() -> None:
    page = read(
        "<ul><li><time datetime='2026-03-02'>2 March</time><a href='/1'>Northwind opens a plant</a>"
        "<a href='/2'>Northwind closes another plant</a></li></ul>"
    )
    assert page.markup.articles == ()


def test_the_name_of_a_link_is_no_part_of_a_title() -> None:
    page = read(
        "<h3>Dana Reyes</h3><p>CEO</p><p>Dana Reyes, CEO <a href='mailto:dana@northwind.com'>mail</a></p>"
    )
    facts = facts_of_page(page, Subject(name="Dana Reyes", company="Northwind", domain="northwind.com"))
    assert {fact.value for fact in facts if fact.field == "title"} == {"CEO"}
