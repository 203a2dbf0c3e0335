"""The world's search engine: what it finds first, and the operators people type."""

from datetime import date, timedelta

import pytest

from local.sandbox.world import World
from local.sandbox.world_search import parse_query

TODAY = date(2026, 11, 23)


@pytest.fixture(params=(7, 8, 99))
def world(request) -> World:
    return World(request.param, TODAY)


def test_a_person_with_a_company_is_found_first_on_their_own_page_or_profile(world):
    for person in world.people:
        company = world.company(person.company_key)
        if company.robots:
            continue
        links = [item.link for item in world.search(f"{person.name} {company.name}").items[:3]]
        assert f"{company.url}/team/{person.slug}" in links, person.name
        assert person.linkedin_url in links


def test_a_profile_is_found_by_site_operator_but_served_nowhere(world):
    person = world.people[0]
    found = world.search(f'"{person.name}" site:linkedin.com/in')
    assert [item.link for item in found.items] == [person.linkedin_url]
    assert "www.linkedin.com" not in world.hosts
    assert person.title in found.items[0].title


def test_news_of_a_company_is_found_with_its_date(world):
    company = world.companies[0]
    found = world.search(f"{company.name} news", since=TODAY - timedelta(days=30))
    assert found.items
    assert all(item.published and item.published >= TODAY - timedelta(days=30) for item in found.items)
    assert world.news_host in {item.host for item in found.items}


def test_the_directory_is_found_too(world):
    company = world.companies[1]
    found = world.search(f"{company.name} employees founded address")
    assert world.directory_host in {item.host for item in found.items}


def test_pages_do_not_overlap_and_the_total_stays(world):
    query = world.companies[0].name
    first, second = world.search(query, 1, 5), world.search(query, 6, 5)
    assert first.total == second.total > 5
    assert not {item.link for item in first.items} & {item.link for item in second.items}


def test_nothing_is_found_for_words_nobody_wrote(world):
    assert world.search("qwertyuiop zxcvbnm").total == 0
    assert world.search("").total == 0


def test_minus_and_sites_leave_pages_out(world):
    company = world.companies[0]
    everywhere = world.search(company.name, num=100)
    elsewhere = world.search(f"{company.name} -site:{company.domain} -linkedin", num=100)
    assert {item.host for item in elsewhere.items} <= {item.host for item in everywhere.items}
    assert company.host not in {item.host for item in elsewhere.items}
    assert "www.linkedin.com" not in {item.host for item in elsewhere.items}


def test_queries_are_read_with_their_operators():
    query = parse_query('"Head of Sales" robotics -jobs site:a.example -site:b.example')
    assert query.phrases == ("head of sale",)
    assert query.words == ("head", "sale", "robotic")
    assert query.without == {"job"}
    assert (query.sites, query.not_sites) == (("a.example",), ("b.example",))


def test_snippets_are_cut_from_the_page(world):
    item = world.search(world.companies[0].name).items[0]
    assert 0 < len(item.snippet.split()) <= 31
