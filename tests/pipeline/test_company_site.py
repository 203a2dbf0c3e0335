"""Whose site is it: companies and people of the same name are the usual mix-up."""

import pytest

from pipeline.rules.company_site import company_site, names_itself
from pipeline.rules.extraction import read_page
from pipeline.rules.extraction_facts import Subject, facts_of_page
from pipeline.rules.extraction_results import Result, facts_of_results

JANE = Subject(name="Jane Miller", company="Northwind Robotics")
WORDS = "We have been baking bread for the whole valley since our grandparents opened the first shop. " * 5


def page(url: str, title: str, body: str):
    return read_page(f"<html><head><title>{title}</title></head><body><p>{body}</p></body></html>", url)


def test_of_two_sites_of_one_name_the_one_that_knows_the_person_is_taken() -> None:
    results = [
        Result("https://northwind.com/", "Northwind", "Bread and cakes"),
        Result("https://northwind.io/team", "Team - Northwind Robotics", "Jane Miller leads engineering"),
    ]
    assert company_site(results, JANE) == "https://northwind.io"
    assert company_site(results, JANE, {"northwind.io"}) == "https://northwind.com"
    assert company_site(results, JANE, {"northwind.io", "northwind.com"}) is None


def test_a_platforms_page_is_never_the_companys_site() -> None:
    results = [Result("https://www.linkedin.com/company/northwind-robotics", "Northwind Robotics", "")]
    assert company_site(results, JANE) is None


@pytest.mark.parametrize(
    ("title", "body", "theirs"),
    [
        ("Northwind Bakery", WORDS, False),
        ("Northwind Robotics GmbH", WORDS, True),
        ("Home", f"{WORDS} © Northwind Robotics", True),
        ("Home", "Loading", None),
    ],
)
def test_a_site_is_the_companys_if_it_says_so_itself(title: str, body: str, theirs: bool | None) -> None:
    said = names_itself(page("https://northwind.com/", title, body), "Northwind Robotics")
    assert said is theirs or (theirs is None and said in (None, False))


def test_a_domain_that_spells_the_whole_name_is_enough() -> None:
    assert names_itself(page("https://northwind-robotics.com/", "Home", WORDS), "Northwind Robotics, Inc.")


def test_somebody_of_the_same_name_at_another_company_gives_no_facts() -> None:
    subject = Subject(name="Jane Miller", company="Northwind Robotics", domain="northwind.io")
    poet = page(
        "https://poets.org/jane", "Jane Miller", f"Jane Miller, Director. jane.miller@poets.org {WORDS}"
    )
    assert facts_of_page(poet, subject) == []
    profiles = [
        Result(
            "https://www.linkedin.com/in/jane-miller-1", "Jane Miller - Poet - Poets Guild | LinkedIn", ""
        ),
        Result(
            "https://www.linkedin.com/in/jane-miller-2",
            "Jane Miller - CTO - Northwind Robotics | LinkedIn",
            "",
        ),
    ]
    (only,) = facts_of_results(profiles, subject)
    assert {fact.value for fact in only.facts} >= {"https://www.linkedin.com/in/jane-miller-2", "CTO"}


def test_a_same_named_company_on_another_domain_is_not_mixed_in() -> None:
    subject = Subject(name="Jane Miller", company="Northwind", domain="northwind.io")
    other = read_page(
        '<script type="application/ld+json">{"@type":"Organization","name":"Northwind",'
        '"url":"https://northwind.com","telephone":"+49 30 1234567","description":"A bakery in the valley"}'
        f"</script><p>Northwind. {WORDS}</p>",
        "https://northwind.com/",
    )
    assert facts_of_page(other, subject) == []
