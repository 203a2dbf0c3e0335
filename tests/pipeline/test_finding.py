"""Which companies fit, by which words; and whom to write to there."""
# ruff: noqa: E501 (tables of lines are easier to read whole)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.extraction import Link, read_page
from pipeline.rules.finding import (
    Criteria,
    Met,
    Proposal,
    best_of,
    is_proposed,
    judged,
    merged,
    of_place,
    of_result,
    order_of,
    queries,
    telling_pages,
    whom_to_write_to,
)
from pipeline.rules.headcount import Headcount, headcounts

PLUMBERS = Criteria(kind="plumbing companies", place="Austin", least_people=11)


def page(body: str, url: str = "https://acme.example/") -> object:
    return read_page(f"<html><body>{body}</body></html>", url)


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("We are a team of 25 plumbers", [(25, 25)]), ("Over 50 employees", [(51, None)]), ("11-50 employees", [(11, 50)]),
        ("Employees: 120", [(120, 120)]), ("45 Mitarbeiter an drei Standorten", [(45, 45)]), ("more than 1,200 people work here", [(1201, None)]),
        ("300+ professionals", [(300, None)]), ("plus de 80 collaborateurs", [(81, None)]), ("a team of about 40", [(32, 48)]),
        ("We served 500 people last year", []), ("founded 1998, 25 years of service", []), ("team of 100% professionals", []), ("2 offices", []), ("Call 555 123 4567", []),
    ],
)  # fmt: skip
def test_how_many_people_work_there(line: str, counts: list[tuple[int, int | None]]) -> None:
    assert [(one.least, one.most) for one in headcounts(line)] == counts


@given(st.text(max_size=300))
def test_any_line_has_counts_or_none(line: str) -> None:
    for one in headcounts(line):
        assert one.least >= 0 and (one.most is None or one.most >= one.least) and one.in_words


def test_a_headcount_says_itself() -> None:
    assert Headcount(51, None).in_words == "more than 50 people" and Headcount(7, 7).in_words == "7 people"


def test_records_of_a_map_are_proposals_and_closed_ones_are_not() -> None:
    item = {
        "title": "Acme Plumbing",
        "website": "https://www.acme.example/",
        "address": "1 Road, Austin, TX",
        "categories": ["Plumber"],
        "url": "https://maps.example/1",
    }
    found = of_place(item)
    assert found is not None and (found.key, found.location) == ("acme.example", "1 Road, Austin, TX")
    assert of_place(item | {"permanentlyClosed": True}) is None and of_place({}) is None
    facebook = of_place(item | {"website": "https://facebook.com/acme"})
    assert facebook is not None and facebook.domain is None and facebook.key == "acme plumbing"


@pytest.mark.parametrize(
    ("url", "title", "name"),
    [
        ("https://acme.example/about", "Acme Plumbing | Austin", "Acme Plumbing"), ("https://www.yelp.com/search?x", "Plumbers - Yelp", None),
        ("https://best.example/list", "Top 10 plumbers in Austin", None), ("https://best.example/", "The 7 best plumbers", None),
        ("https://www.linkedin.com/company/acme", "Acme", None), ("not a url", "x", None),
    ],
)  # fmt: skip
def test_lists_and_platforms_are_no_companies(url: str, title: str, name: str | None) -> None:
    found = of_result(url, title, "words")
    assert (found.name if found else None) == name


def test_one_company_is_proposed_once_with_all_that_is_said_of_it() -> None:
    first = Proposal(name="Acme Plumbing", website="https://acme.example", sources=(("a", "u1"),))
    same = Proposal(
        name="Acme Plumbing Inc.", website="http://www.acme.example/x", phone="1", sources=(("b", "u2"),)
    )
    nameless = Proposal(name="ACME Plumbing", phone="2")
    other = Proposal(name="Acme Plumbing", website="https://acme-plumbing.test")
    found = merged([first, same, nameless, other])
    assert [one.key for one in found] == ["acme.example", "acme-plumbing.test"]
    assert found[0].phone == "1" and found[0].sources == (("a", "u1"), ("b", "u2"))


def test_each_criterion_is_shown_with_what_meets_it() -> None:
    proposal = Proposal(
        name="Acme",
        website="https://acme.example",
        sources=(("Category: Plumber", "m"), ("Address: 1 Road, Austin, TX", "m")),
    )
    found = judged(PLUMBERS, proposal, [page("<p>We are a team of 25 people.</p>")])  # type: ignore[list-item]
    assert [(one.criterion, one.verdict) for one in found] == [
        ("plumbing companies", Met.MET),
        ("in Austin", Met.MET),
        ("at least 11 people", Met.MET),
    ]
    assert (
        found[0].quote == "Category: Plumber"
        and found[2].quote == "We are a team of 25 people."
        and found[2].url == "https://acme.example/"
    )
    assert is_proposed(found)


def test_what_is_not_said_is_unknown_and_what_is_otherwise_is_not_proposed() -> None:
    bare = Proposal(name="Acme", website="https://acme.example")
    assert [one.verdict for one in judged(PLUMBERS, bare, [])] == [Met.UNKNOWN] * 3
    elsewhere = Proposal(name="Acme", sources=(("Address: 1 Road, Dallas, TX", "m"),))
    assert not is_proposed(judged(PLUMBERS, elsewhere, []))
    small = judged(PLUMBERS, bare, [page("<p>A team of 4 people</p>")])  # type: ignore[list-item]
    assert small[2].verdict is Met.NOT_MET
    vague = judged(PLUMBERS, bare, [page("<p>5-50 employees</p>")])  # type: ignore[list-item]
    assert vague[2].verdict is Met.UNKNOWN


def test_whoever_has_the_role_is_written_to_else_who_decides() -> None:
    body = "<h3>Anna Leeds</h3><p>Office Manager</p><h3>Robert Hayes</h3><p>Founder and Owner</p><h3>Cyril Deeks</h3><p>Operations Manager</p>"
    pages = [page(body)]
    owner = whom_to_write_to(pages, None)  # type: ignore[arg-type]
    assert owner is not None and owner.name == "Robert Hayes" and "Robert Hayes" in owner.quote
    asked = whom_to_write_to(pages, "operations manager")  # type: ignore[arg-type]
    assert asked is not None and asked.name == "Cyril Deeks"
    assert whom_to_write_to([page("<p>Call us</p>")], None) is None  # type: ignore[list-item]
    assert best_of([], None) is None


def test_the_best_come_first() -> None:
    bare = Proposal(name="Acme")
    told = Proposal(name="Acme", sources=(("Category: Plumber", "m"),))
    assert order_of(judged(PLUMBERS, told, []), None) < order_of(judged(PLUMBERS, bare, []), None)


def test_pages_that_name_people_are_read_first() -> None:
    links = [Link(f"https://acme.example/{path}", path) for path in ("contact", "products", "team", "about")]
    links.append(Link("https://other.example/team", "team"))
    assert telling_pages(links, "acme.example") == [
        f"https://acme.example/{path}" for path in ("team", "about", "contact")
    ]


def test_queries_name_kind_and_place() -> None:
    assert queries(Criteria(kind="plumbers"))[0] == "plumbers companies"
    assert queries(PLUMBERS)[0] == "plumbing companies in Austin"
    assert PLUMBERS.in_words == "plumbing companies in Austin with at least 11 people"
