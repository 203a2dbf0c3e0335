"""Trades by all their names, and the traps of finding companies: directories, papers, chains, and two of one name."""
# ruff: noqa: E501 (tables of lines are easier to read whole)

import pytest

from pipeline.rules.extraction import ReadPage, read_page
from pipeline.rules.finding import (
    Criteria,
    Met,
    Proposal,
    branches_there,
    entries,
    is_proposed,
    judged,
    location_of,
    merged,
    moved,
    of_place,
    of_result,
    queries,
    settled,
    tells_of_many,
    whom_to_write_to,
)
from pipeline.rules.finding_founded import founded_in
from pipeline.rules.kind_words import line_of_kind


def page(body: str, url: str = "https://acme.example/") -> ReadPage:
    return read_page(f"<html><body>{body}</body></html>", url)


@pytest.mark.parametrize(
    ("kind", "line", "is_met"),
    [
        ("lawyers", "Attorneys at law", True), ("law firms", "Smith & Jones, Solicitors", True), ("lawyers", "Rechtsanwälte Müller & Partner", True), ("law firms", "Law school", False),
        ("dentists", "Driftwood Dental", True), ("Zahnärzte", "Zahnarztpraxis Dr. Weiß", True), ("dentists", "Dental software for clinics", False), ("dental clinics", "Marketing agency for dentists", False),
        ("dentists", "Zahnarztbedarf Müller", False), ("dentists", "Dental laboratory", False),
        ("plumbers", "We supply to plumbers", False), ("plumbers", "Category: Plumbing supply store", False), ("plumbing supply stores", "Category: Plumbing supply store", True),
        ("plumbers", "Software for small plumbers", False), ("plumbers", "Trusted by plumbers across Texas", False), ("plumbers", "We are not plumbers", False), ("plumbers", "Plumbing jobs in Austin", False),
        ("plumbers", "Your local plumbers since 1980", True), ("plumbing companies", "Austin's choice for plumbing", True), ("plumbers", "Klempnerei Schmidt, Meisterbetrieb", True),
        ("plumbing and heating companies", "Plumbing & Heating", True), ("realtors", "Estate agents in Leeds", True), ("bakeries", "Bakers since 1900", True), ("bakeries", "Wholesale for cafés and bakeries", False),
        ("accountants", "CPA firm", True), ("accounting firms", "Your account", False), ("gyms", "A fitness studio in town", True), ("restaurants", "Bistro am Markt", True),
        ("restaurants", "Pizzeria Roma", True), ("pizzerias", "A fine restaurant", False), ("restaurants", "Restaurant equipment", False), ("restaurants", "We deliver to restaurants, bars and hotels", False),
        ("IT companies", "Managed IT services for dentists", True), ("IT companies", "Call us and it services your car", False), ("IT companies", "Software development", True), ("software companies", "SaaS for hotels", True),
        ("car repair shops", "Auto Shop Joe", True), ("hairdressers", "Hair salon", True), ("vets", "Animal hospital", True), ("tax advisors", "Steuerberatung Müller", True), ("Steuerberater", "Tax advisor Müller", True),
        ("personal injury lawyers", "Personal injury attorneys", True), ("personal injury lawyers", "Family attorneys", False), ("lawyers or notaries", "Notary public", True),
    ],
)  # fmt: skip
def test_a_trade_is_met_by_all_its_names_and_by_no_near_miss(kind: str, line: str, is_met: bool) -> None:
    assert line_of_kind(kind, [(line, "u")]) == ((line, "u") if is_met else None), "quoted as it stands"


def test_a_search_is_widened_by_what_else_they_are_called_there() -> None:
    assert "attorney Austin" in queries(Criteria(kind="lawyers", place="Austin"))
    assert "klempner Berlin" in queries(Criteria(kind="plumbers", place="Berlin"))
    assert "avocat Paris, France" in queries(Criteria(kind="lawyers", place="Paris, France"))
    assert len(queries(Criteria(kind="zeppelin makers", place="Berlin"))) == 3


@pytest.mark.parametrize(
    ("line", "year"),
    [
        ("Founded in 1998 by two brothers", 1998), ("Est. 1962", 1962), ("Since 1980", 1980), ("Family-owned since 2004", 2004), ("1987 gegründet", 1987), ("Gegründet im Jahr 2016", 2016),
        ("Founded: 2018", 2018), ("Serving Austin since 1999", 1999), ("Fondée en 2001", 2001), ("In business since 1970", 1970), ("Seit 1890", 1890),
        ("Partner since 2018", None), ("Call 1998 555", None), ("She joined since 2010", None), ("Since 2019 we offer tours", None), ("Winner 2016", None),
    ],
)  # fmt: skip
def test_in_which_year_a_company_began(line: str, year: int | None) -> None:
    assert founded_in(line) == year


def test_years_and_other_conditions_are_judged_like_the_rest() -> None:
    criteria = Criteria(kind="plumbers", founded_from=2016, others=["family-owned", "open on Sundays"])
    proposal = Proposal(name="Acme", website="https://acme.example")
    found = judged(
        criteria, proposal, [page("<p>Plumbing</p><p>Founded in 2018</p><p>A family-owned business</p>")]
    )
    assert [(one.criterion, one.verdict, one.quote) for one in found[1:]] == [
        ("founded in 2016 or later", Met.MET, "Founded in 2018"),
        ("family-owned", Met.MET, "A family-owned business"),
        ("open on Sundays", Met.UNKNOWN, ""),
    ]
    older = judged(criteria, proposal, [page("<p>Plumbing</p><p>Est. 1990</p>")])
    assert older[1].verdict is Met.NOT_MET and not is_proposed(proposal, older)
    assert criteria.in_words == "plumbers, founded in 2016 or later, family-owned, open on Sundays"


def test_a_directory_or_a_newspaper_is_known_by_what_it_leads_to() -> None:
    entries_of = "".join(f'<a href="/companies/c{n}">Company {n}</a>' for n in range(6))
    assert tells_of_many(page(entries_of, "https://atlas.example/")) == "a directory"
    sites = "".join(f'<a href="https://c{n}.example/">Company {n}</a>' for n in range(9))
    assert tells_of_many(page(sites, "https://chamber.example/members")) == "a directory"
    reports = "".join(f'<a href="/2026/0{n}/title">Report {n}</a>' for n in range(1, 8))
    assert tells_of_many(page(reports, "https://herald.example/")) == "a newspaper"
    own = "".join(f'<a href="/services/s{n}">Service {n}</a>' for n in range(9)) + sites[:80]
    assert tells_of_many(page(own, "https://acme.example/")) is None
    wanted = entries(page(entries_of, "https://atlas.example/"), ("company", "5"), 2)
    assert len(wanted) == 2 and all("/companies/" in url for url in wanted)


def test_what_a_report_says_proves_nothing_of_its_paper() -> None:
    found = of_result("https://herald.example/2026/05/software", "Software news", "A software company grows")
    assert found is not None and not found.sources


def test_two_companies_of_one_name_in_two_towns_are_not_mixed_up() -> None:
    mapped = of_place(
        {"title": "Acme Plumbing", "address": "1 Oak Street, Austin, TX 78701", "phone": "+1 512 555 0100"}
    )
    searched = of_result("https://acme-plumbing.example/", "Acme Plumbing", "Plumbers in Dallas")
    assert mapped is not None and searched is not None
    (joined,) = merged([mapped, searched])
    assert joined.domain == "acme-plumbing.example" and joined.is_site_unsure
    elsewhere = page(
        "<p>Plumbing in Dallas</p><p>9 Elm Road, Dallas, TX 75201</p>", "https://acme-plumbing.example/"
    )
    alone, pages = settled(joined, [elsewhere])
    assert alone.website is None and not pages and all("Dallas" not in line for line, _ in alone.sources)
    theirs = page("<p>Visit us: 1 Oak Street, Austin</p>", "https://acme-plumbing.example/")
    assert settled(joined, [theirs])[0].domain == "acme-plumbing.example"


def test_of_a_chain_the_branch_that_was_asked_for_is_shown() -> None:
    branches = [
        {"title": "Rooter Dallas", "website": "https://rooter.example/dallas", "address": "1 Elm Road, Dallas, TX 75201"},
        {"title": "Rooter Austin", "website": "https://rooter.example/austin", "address": "2 Oak Street, Austin, TX 78701"},
    ]  # fmt: skip
    found = [one for one in map(of_place, branches) if one is not None]
    wanted = Criteria(kind="plumbers", place="Austin")
    (chain,) = merged(branches_there(wanted, found))
    assert chain.website == "https://rooter.example/austin" and "Austin" in str(chain.location)
    (both,) = merged(found)
    assert "Austin" in str(location_of(both, judged(wanted, both, []), []))
    assert branches_there(Criteria(kind="plumbers", place="Boston"), found) == found, (
        "each is told to be elsewhere"
    )


def test_a_site_that_leads_to_a_directory_is_none_of_its_own() -> None:
    acme = Proposal(name="Acme", website="https://acme.example/")
    assert moved(acme, "https://www.yelp.com/biz/acme").website is None
    assert moved(acme, "https://www.facebook.com/acme").website is None
    assert moved(acme, "https://new-acme.example/start").key == "new-acme.example"
    assert moved(acme, "https://www.acme.example/en") == acme
    on_map = of_place({"title": "Acme", "website": "https://www.yelp.com/biz/acme"})
    assert on_map is not None and on_map.website is None


def test_another_sites_address_is_not_given_as_the_persons() -> None:
    body = '<h3>Anna Leeds</h3><p>Owner</p><a href="mailto:anna.leeds@{0}">anna.leeds@{0}</a>'
    for domain, email in (
        ("acme.example", "anna.leeds@acme.example"), ("gmail.com", "anna.leeds@gmail.com"), ("yelp-list.example", None),
    ):  # fmt: skip
        found = whom_to_write_to([page(body.format(domain))], None)
        assert found is not None and found.email == email
