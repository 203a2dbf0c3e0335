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
    is_directory,
    is_proposed,
    is_told,
    judged,
    listed,
    merged,
    named_by_itself,
    of_place,
    of_result,
    order_of,
    queries,
    telling_pages,
    whom_to_write_to,
    why_not,
    with_lead,
)
from pipeline.rules.finding_criteria import Evidence
from pipeline.rules.headcount import Headcount, headcounts
from pipeline.rules.kind_words import line_of_kind
from pipeline.rules.places import is_in

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
        ("We are 24/7 available", []), ("We're 24 hours open", []), ("We are 30 minutes from downtown", []), ("In 2024 people asked us", []),
        ("Over 500 people trust us", []), ("4.9 stars from 1,200 people", []), ("A family of 4 people", []), ("Meet 3 plumbers ready to help", [(3, None)]),
        ("Employees: 11-50", [(11, 50)]), ("Company size 51-200 employees", [(51, 200)]), ("Headcount 11–50", [(11, 50)]), ("A team of 4 people", [(4, 4)]),
        ("We are 25 people", [(25, 25)]), ("12 people on our team", [(12, 12)]), ("In 2023 employees chose us", []), ("over 2000 employees", [(2001, None)]),
        ("2,000 employees", [(2000, 2000)]), ("Perfect for teams of 5 employees", []), ("Wir beschäftigen rund 40 Menschen", [(32, 48)]), ("und beschäftigt heute 72 Menschen.", [(72, 72)]), ("team of 3 years", []), ("employee 5 of the month", []),
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
    assert is_proposed(proposal, found)


def test_a_company_with_a_lead_is_named_only_where_it_may_be_one_of_them() -> None:
    fits, silent = Evidence("plumbers", Met.MET), Evidence("plumbers", Met.UNKNOWN)
    there, elsewhere = Evidence("in Austin", Met.MET), Evidence("in Austin", Met.NOT_MET)
    bare = Proposal(name="Acme", website="https://acme.example")
    assert is_told(bare, [fits, Evidence("in Austin", Met.UNKNOWN)], is_known=True)
    assert not is_told(bare, [silent, there], is_known=True)
    assert not is_told(bare, [fits, elsewhere], is_known=True)


def test_what_is_not_said_is_unknown_and_what_is_otherwise_is_not_proposed() -> None:
    bare = Proposal(name="Acme", website="https://acme.example")
    assert [one.verdict for one in judged(PLUMBERS, bare, [])] == [Met.UNKNOWN] * 3
    elsewhere = Proposal(name="Acme", sources=(("Address: 1 Road, Dallas, TX", "m"),))
    assert not is_proposed(elsewhere, judged(PLUMBERS, elsewhere, []))
    assert not is_proposed(bare, judged(PLUMBERS, bare, [])), "nothing says that it fits"
    small = judged(PLUMBERS, bare, [page("<p>A team of 4 people</p>")])  # type: ignore[list-item]
    assert small[2].verdict is Met.NOT_MET
    vague = judged(PLUMBERS, bare, [page("<p>5-50 employees</p>")])  # type: ignore[list-item]
    assert vague[2].verdict is Met.UNKNOWN


@pytest.mark.parametrize(
    ("employees", "verdict"),
    [
        ('{"@type": "QuantitativeValue", "value": 9}', Met.NOT_MET),
        ('{"@type": "QuantitativeValue", "minValue": 11, "maxValue": 50}', Met.MET),
        ('"26"', Met.MET),
        ('"many"', Met.UNKNOWN),
    ],
)
def test_the_number_of_people_in_a_sites_markup_counts(employees: str, verdict: Met) -> None:
    told = f'{{"@type": "Organization", "name": "Acme", "numberOfEmployees": {employees}}}'
    pages = [page(f'<script type="application/ld+json">{told}</script><p>3 people work here.</p>')]
    found = judged(PLUMBERS, Proposal(name="Acme", website="https://acme.example"), pages)[2]  # type: ignore[list-item]
    assert found.verdict is verdict
    assert verdict is Met.UNKNOWN or found.quote in pages[0].text  # type: ignore[attr-defined]


@pytest.mark.parametrize("line", ["Meet 3 plumbers ready to help", "We are 3 people", "3 people work here"])
def test_what_is_said_of_some_people_does_not_make_a_company_small(line: str) -> None:
    bare = Proposal(name="Acme", website="https://acme.example")
    assert judged(PLUMBERS, bare, [page(f"<p>{line}</p>")])[2].verdict is Met.UNKNOWN  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("place", "address", "verdict"),
    [
        ("Texas", "500 Congress Ave, Austin, TX 78701", True), ("Germany", "10115 Berlin", True), ("Munich", "80331 München, Germany", True),
        ("the UK", "London SW1A", True), ("UK", "10 Downing St, London SW1A 2AA", True), ("NYC", "350 5th Ave, New York, NY 10118, USA", True),
        ("Austin Texas", "1 Road, Austin, TX 78701", True), ("austin tx", "1 Road, Austin, TX 78701", True), ("Austin area", "1 Road, Austin, TX", True),
        ("Austin area", "1 Road, Round Rock, TX 78664", None), ("Austin area", "1 Road, Denver, CO 80202", False),
        ("Portland, Oregon", "1 Road, Portland, ME 04101", False), ("Portland, Oregon", "1 Road, Portland, OR 97201", True), ("Portland, Oregon", "Portland", None),
        ("Austin", "12 Road, Dallas, TX", False), ("Austin", "12 Austin Street, Dallas, TX 75201", False), ("Austin", "500 Congress Ave Austin TX 78701", True),
        ("Austin", "TX 78701", None), ("Germany", "12 Rue de la Paix, 75002 Paris", False), ("Germany", "Marienplatz 1, 80331 München, DE", True),
        ("California", "1 Main St, San Francisco, CA 94107, USA", True), ("Canada", "1 King St, Toronto, ON M5V 2T6", True),
        ("Texas", "1 Main St, Denver, CO 80202", False), ("Texas", "Hauptstr. 1, 10115 Berlin, Germany", False), ("Tuscany", "Via Roma 1, 50100 Firenze", None),
        ("Bavaria", "Marienplatz 1, 80331 München", True), ("New York", "1 Main St, Buffalo, NY 14201", None), ("New York", "1 Main St, Brooklyn, NY 11201", True),
        ("York", "350 5th Ave, New York, NY 10118", None), ("Bay Area", "1 Main St, San Jose, CA 95110", None), ("Kansas", "1 Main St, Kansas City, MO 64105", False),
        ("Georgia", "1 Peachtree St, Atlanta, GA 30301", True), ("Netherlands", "Damrak 1, 1012 LG Amsterdam", True), ("Zürich", "Bahnhofstrasse 1, CH-8001 Zürich", True),
        ("Paris", "1 Main, Paris, TX 75460", None), ("Berlin", "Torstraße 1, 10119 Berlin-Mitte", True), ("Kreuzberg, Berlin", "Oranienstr. 1, 10999 Berlin", None),
        ("Kreuzberg, Berlin", "Marienplatz 1, 80331 München", False), ("Austin", "1 Elm St, Suite B12", None), ("", "Austin", None),
    ],
)  # fmt: skip
def test_an_address_is_elsewhere_only_where_it_says_so(
    place: str, address: str, verdict: bool | None
) -> None:
    assert is_in(place, address) is verdict


@given(st.text(max_size=80), st.text(max_size=120))
def test_any_address_is_in_a_place_or_not_or_does_not_say(place: str, address: str) -> None:
    assert is_in(place, address) in (True, False, None)


@pytest.mark.parametrize(
    ("place", "line", "verdict"),
    [
        ("Portland, Oregon", "Proudly serving Portland, ME", Met.UNKNOWN), ("Portland, Oregon", "Based in Portland, Oregon", Met.MET),
        ("Munich", "Ihr Klempner in München", Met.MET), ("Austin", "Serving Dallas since 1990", Met.UNKNOWN),
    ],
)  # fmt: skip
def test_a_line_that_names_the_place_is_quoted(place: str, line: str, verdict: Met) -> None:
    bare = Proposal(name="Acme", website="https://acme.example", sources=((line, "s"),))
    assert judged(Criteria(kind="plumbers", place=place), bare, [])[1].verdict is verdict


@pytest.mark.parametrize(
    ("kind", "line", "is_met"),
    [
        ("accounting firms", "Log in to your account", False), ("accounting firms", "Chartered accountants in Leeds", True),
        ("construction companies", "We constantly improve", False), ("construction companies", "Construction in Austin", True),
        ("insurance brokers", "Licensed and insured plumbers", False), ("AI startups", "Get started today", False), ("AI startups", "An AI startup", True),
        ("IT services", "IT support in Austin", True), ("IT services", "We do it for you", False), ("IT services", "CALL US ABOUT IT", False),
        ("HR agencies", "HR consulting", True), ("hr agencies", "24 hr service", False), ("HR agencies", "Your partner for human resources", True),
        ("plumbing companies", "Category: Plumber", True), ("plumbers", "Plumbing since 1980", True), ("engineering firms", "Our engineers", True),
        ("Steuerberater", "Steuerberatung Müller", True), ("bakeries", "A family bakery", True), ("marketing agencies", "Find us at the market", False),
        ("property management companies", "Property managers", True), ("agencies", "A small agency", True), ("roofing contractors", "Roofers you trust", True),
    ],
)  # fmt: skip
def test_a_kind_is_met_by_whole_words(kind: str, line: str, is_met: bool) -> None:
    assert (line_of_kind(kind, [(line, "u")]) is not None) is is_met


def test_words_of_two_lines_are_both_quoted_and_scattered_ones_are_no_proof() -> None:
    near = [("Solar for homes", "u"), ("Panels and batteries", "u")]
    assert line_of_kind("solar panel companies", near) == ("Solar for homes · Panels and batteries", "u")
    assert line_of_kind("solar panel companies", [near[0], ("Call us", "u"), near[1]]) is None
    assert line_of_kind("solar panel companies", [near[0], ("Panels", "other")]) is None


def test_a_directory_names_companies_by_its_links_and_they_have_to_say_what_they_do() -> None:
    body = """<a href="/more">More</a><a href="https://acme.example/?from=list">Acme Plumbing</a>
    <a href="https://bolt.example/">Visit website</a><a href="https://facebook.com/x">Acme on Facebook</a>
    <a href="https://yelp.com/x">Yelp</a><a href="https://owner.example/privacy">Privacy policy</a>"""
    found = listed(page(body, "https://top.example/plumbers"))  # type: ignore[arg-type]
    assert [(one.name, one.website) for one in found] == [
        ("Acme Plumbing", "https://acme.example/"),
        ("bolt.example", "https://bolt.example/"),
    ]
    silent = judged(PLUMBERS, found[1], [page("<p>Austin</p>")])  # type: ignore[list-item]
    assert not is_proposed(found[1], silent) and "nothing says" in why_not(found[1], silent)
    assert is_directory("https://best.example/", "Top 10 plumbers") and not is_directory(
        "https://a.example/", "Acme"
    )


@pytest.mark.parametrize(
    ("known", "is_lead"),
    [
        ([("Other", "acme.example")], True), ([("Acme Plumbing Inc.", None)], True), ([("Acme Plumbing", "acme.test")], False),
        ([(None, None), ("", None)], False), ([], False),
    ],
)  # fmt: skip
def test_a_company_is_known_by_its_domain_or_where_that_lacks_by_its_name(
    known: list[tuple[str | None, str | None]], is_lead: bool
) -> None:
    _, found = with_lead(Proposal(name="Acme Plumbing", website="https://acme.example"), known)
    assert found is is_lead


def test_a_company_that_nothing_names_is_called_as_its_lead_says() -> None:
    bare = Proposal(name="acme.example", website="https://acme.example")
    assert with_lead(bare, [("Acme Plumbing", "acme.example")])[0].name == "Acme Plumbing"
    named = Proposal(name="Acme", website="https://acme.example")
    assert with_lead(named, [("Acme Plumbing", "acme.example")])[0].name == "Acme"


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


@pytest.mark.parametrize(
    ("url", "title", "name"),
    [
        ("https://www.meadowlark-learning.example/about", "About us | Meadowlark Learning", "Meadowlark Learning"),
        ("https://acme.example/", "Home", "acme.example"), ("https://acme.example/", "Pipes and more since 1990 - Acme", "Acme"),
        ("https://acme.example/team", "Our team", "acme.example"),
    ],
)  # fmt: skip
def test_a_page_called_about_us_names_nobody(url: str, title: str, name: str) -> None:
    found = of_result(url, title, "We are plumbers.")
    assert found is not None and found.name == name


def test_a_companys_own_pages_name_it_and_a_map_is_believed() -> None:
    pages = [
        page("<title>Acme Plumbing GmbH</title><p>© 2026 Acme Plumbing GmbH</p>", "https://acme.example/")
    ]
    found = of_result("https://acme.example/x", "About us", "")
    assert found is not None and named_by_itself(found, pages).name.startswith("Acme Plumbing")  # type: ignore[arg-type]
    on_map = of_place({"title": "Joe's Pipes", "website": "https://acme.example"})
    assert on_map is not None and named_by_itself(on_map, pages).name == "Joe's Pipes"  # type: ignore[arg-type]
    assert [one.name for one in merged([found, on_map])] == ["Joe's Pipes"]


def test_what_no_map_knows_has_to_say_what_it_does() -> None:
    there = [page("<p>1 Road</p><p>Austin, TX 78701</p><p>We sell cakes in Austin.</p>")]
    criteria = Criteria(kind="plumbing companies", place="Austin")
    searched = Proposal(name="Acme", website="https://acme.example")
    assert not is_proposed(searched, judged(criteria, searched, there))  # type: ignore[arg-type]
    on_map = Proposal(name="Acme", website="https://acme.example", is_on_map=True)
    assert is_proposed(on_map, judged(criteria, on_map, there))  # type: ignore[arg-type]


def test_a_long_paragraph_is_quoted_by_the_sentence_that_counts() -> None:
    long = "We began in a garage in 1995 and have loved water ever since, as everybody in town knows. " * 3
    found = judged(PLUMBERS, Proposal(name="Acme"), [page(f"<p>{long} Today we are 25 people. Call us.</p>")])  # type: ignore[list-item]
    assert found[-1].verdict is Met.MET and found[-1].quote == "Today we are 25 people."
