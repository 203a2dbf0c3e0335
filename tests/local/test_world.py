"""The generated world: the same from the same seed, and with everything the stories need."""

from collections import Counter
from datetime import date

import pytest

from local.sandbox.world import CHARACTERS, SITE_KINDS, World

TODAY = date(2026, 11, 23)
SEEDS = (0, 1, 2, 7, 42, 1234)


@pytest.fixture(params=SEEDS)
def world(request) -> World:
    return World(request.param, TODAY)


def test_the_same_seed_gives_the_same_world():
    one, other = World(42, TODAY), World(42, TODAY)
    assert one.companies == other.companies
    assert one.people == other.people


def test_seeds_differ_in_names_and_hosts():
    one, other = World(7, TODAY), World(8, TODAY)
    assert not {person.name for person in one.people} >= {person.name for person in other.people}
    assert {company.host for company in one.companies} != {company.host for company in other.companies}


def test_every_site_kind_and_character_is_there(world: World):
    assert {company.site_kind for company in world.companies} == set(SITE_KINDS)
    assert {person.character for person in world.people} == set(CHARACTERS)
    assert {company.robots for company in world.companies} == {"", "part", "all"}


def test_there_are_ten_companies_of_four_or_more_people(world: World):
    sizes = Counter(person.company_key for person in world.people)
    assert len(world.companies) >= 10
    assert min(sizes.values()) >= 4
    assert set(sizes) == {company.key for company in world.companies}


def test_addresses_hosts_and_profiles_are_unique(world: World):
    for values in (
        [person.email for person in world.people],
        [person.key for person in world.people],
        [person.linkedin_url for person in world.people],
        [company.host for company in world.companies],
        [company.key for company in world.companies],
    ):
        assert len(set(values)) == len(values)


def test_every_domain_ends_in_example(world: World):
    assert all(company.domain.endswith(".example") for company in world.companies)
    assert all(host.endswith(".example") for host in world.hosts)
    for person in world.people:
        assert person.email.endswith("@" + world.company(person.company_key).domain)


def test_news_is_dated_before_today_and_one_article_is_old(world: World):
    for company in world.companies:
        days = [(TODAY - item.date).days for item in company.news]
        assert min(days) > 0
        assert max(days) > 365
        assert len({item.slug for item in company.news}) == len(company.news)


def test_news_quotes_people_who_work_there(world: World):
    for company in world.companies:
        names = [person.name for person in world.people_of(company)]
        assert all(any(name in item.body for name in names) for item in company.news)


def test_two_companies_share_the_first_word_of_their_name(world: World):
    assert max(Counter(company.name.split()[0] for company in world.companies).values()) == 2


def test_mail_finds_its_reader_in_any_case_and_with_a_tag(world: World):
    person = world.people[3]
    local, domain = person.email.split("@")
    assert world.person_by_email(f" {local.upper()}+news@{domain.upper()} ") is person
    assert world.person_by_email(f"nobody.at.all@{domain}") is None


def test_companies_are_found_by_host_with_or_without_www_and_port(world: World):
    company = world.companies[4]
    assert world.company_by_host(company.host.upper() + ":80") is company
    assert world.company_by_host(company.domain) is company
    assert world.company_by_domain(company.domain) is company
    assert world.company_by_domain(company.host) is None
    assert world.company_by_host("elsewhere.example") is None


def test_the_default_world_has_the_person_of_the_readme():
    world = World(7, TODAY)
    dana = world.person_by_email("dana@northwind.example")
    assert dana is not None
    company = world.company(dana.company_key)
    assert (dana.name, dana.character) == ("Dana Reyes", "interested")
    assert (company.name, company.site_kind) == ("Northwind Robotics", "static")
    assert not any(person.name == "Dana Reyes" for person in World(8, TODAY).people)
