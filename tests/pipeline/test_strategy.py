"""Which steps come next, as tables of what is known and what is chosen."""

from dataclasses import replace

import pytest

from db.types import Depth
from pipeline.rules.extraction import Link
from pipeline.rules.extraction_facts import Subject
from pipeline.rules.scoring import LeadData
from pipeline.rules.strategy import (
    LIMITS,
    Action,
    Found,
    PageSeen,
    Tools,
    first_steps,
    is_enough,
    next_steps,
    not_taken,
    why,
    worth_taking,
    worth_waiting_for,
)
from pipeline.rules.strategy_gain import gain, open_values, rate
from pipeline.rules.strategy_steps import candidates

ALL = Tools(search=True, actors=True)
JANE = Subject(name="Jane Miller", company="Northwind Robotics", domain="northwind.com")
HOME = "https://northwind.com/"


def targets(found: Found, depth: Depth = Depth.STANDARD, tools: Tools = ALL) -> list[str]:
    return [step.target for step in next_steps(found, depth, tools)]


def test_the_decision_tree_takes_profile_then_company_then_the_addresss_domain() -> None:
    steps = first_steps(replace(JANE, linkedin_url="linkedin.com/in/jane"))
    assert [(step.action, step.target) for step in steps] == [
        (Action.SEARCH, '"Jane Miller" Northwind Robotics site:linkedin.com/in'),
        (Action.SEARCH, "Northwind Robotics Jane Miller news"),
        (Action.FETCH, "https://northwind.com"),
    ]


def test_a_linkedin_page_is_never_opened() -> None:
    result = {
        "url": "https://www.linkedin.com/in/jane-miller",
        "title": "Jane Miller",
        "snippet": "Northwind Robotics",
    }
    found = Found(subject=JANE).learned({"results": [result]})
    assert all(
        "linkedin.com" not in step.target
        for step in next_steps(found, Depth.DEEP, ALL)
        if step.action is not Action.SEARCH
    )


def test_with_a_name_only_there_is_nothing_to_begin_with() -> None:
    assert first_steps(Subject(name="Jane Miller")) == []


def test_the_companys_site_is_taken_from_the_results_once() -> None:
    found = Found(subject=replace(JANE, domain=None)).learned(
        {
            "results": [
                {
                    "url": "https://www.linkedin.com/company/northwind",
                    "title": "Northwind Robotics",
                    "snippet": "",
                },
                {
                    "url": "https://northwindrobotics.com/about",
                    "title": "Northwind Robotics",
                    "snippet": "cells",
                },
            ]
        }
    )
    assert found.subject.domain == "northwindrobotics.com"
    assert "https://northwindrobotics.com" in targets(found)


def test_pages_of_the_company_are_chosen_by_what_they_promise() -> None:
    paths = ("privacy", "team", "news", "team/ann-other", "people/jane-miller", "shop/cart", "login")
    links = tuple(Link(f"{HOME}{path}", path) for path in paths)
    chosen = targets(Found(subject=JANE, links=(*links, Link("https://other.com/team", "Team"))))
    assert [f"{HOME}{path}" for path in ("people/jane-miller", "team", "news")] == [
        url for url in chosen if url.startswith(HOME)
    ]


def test_pages_of_others_must_name_the_person_and_the_company() -> None:
    def result(host: str, snippet: str) -> dict[str, str]:
        return {"url": f"https://{host}/1", "title": "An interview", "snippet": snippet}

    found = Found(subject=JANE).learned(
        {
            "results": [
                result("same-name.com", "Jane Miller, poet"),
                result("herald.com", "Jane Miller of Northwind Robotics on her plans"),
                result("company-only.com", "Northwind Robotics opens"),
            ]
        }
    )
    urls = [step.target for step in next_steps(found, Depth.STANDARD, ALL) if step.action is Action.FETCH]
    assert "https://herald.com/1" in urls
    assert not {"https://same-name.com/1", "https://company-only.com/1"} & set(urls)


def test_nothing_is_taken_twice_and_http_is_the_same_page_as_https() -> None:
    found = Found(subject=JANE, links=(Link("http://northwind.com/team", "Team"),))
    team = next(step for step in next_steps(found, Depth.STANDARD, ALL) if "team" in step.target)
    again = replace(found.begun(team), links=(Link("https://www.northwind.com/team", "Team"),))
    assert "https://www.northwind.com/team" not in targets(again)


@pytest.mark.parametrize("depth", list(Depth))
def test_no_depth_takes_more_than_its_limits(depth: Depth) -> None:
    links = tuple(Link(f"{HOME}news/{number}", "News") for number in range(100))
    pages = tuple(
        PageSeen(url=f"{HOME}p{number}", characters=900, companys=True, about=True) for number in range(60)
    )
    found = Found(subject=JANE, links=links, pages=pages, needs_browser=(HOME,))
    for _ in range(200):
        steps = next_steps(found, depth, ALL)
        if not steps:
            break
        found = found.begun(steps[0])
    limits = LIMITS[depth]
    assert found.counts.get(Action.SEARCH, 0) <= limits.searches
    assert found.counts.get(Action.FETCH, 0) <= limits.pages
    assert found.counts.get(Action.READ, 0) <= limits.reads
    assert found.counts.get(Action.ACTOR, 0) <= limits.actors


def test_what_is_not_set_up_is_not_planned() -> None:
    steps = next_steps(Found(subject=JANE), Depth.DEEP, Tools(search=False, actors=False))
    assert {step.action for step in steps} == {Action.FETCH}


def test_a_step_that_can_bring_nothing_new_is_dropped_but_emails_need_readings() -> None:
    known = LeadData(name="a", email="b", company="c", title="d", linkedin_url="e", website_url="f")
    found = Found(subject=JANE, pages=(PageSeen(url=HOME, characters=900, companys=True, about=True),))
    steps = {step.action: step for step in next_steps(found, Depth.STANDARD, ALL)}
    profile = first_steps(JANE)[0]
    assert not worth_taking(profile, known, found, Depth.STANDARD)
    assert worth_taking(profile, known, found, Depth.DEEP)
    assert worth_taking(steps[Action.READ], known, found, Depth.STANDARD)


KNOWN = LeadData(
    name="a", email="b", company="c", title="d", linkedin_url="e", website_url="f", company_info="g"
)
NEWS = Link(f"{HOME}news", "News")


def test_what_is_missing_decides_what_comes_first() -> None:
    found = Found(subject=JANE, links=(NEWS, Link(f"{HOME}team", "Team")), site_is_sure=True)
    no_activity = next_steps(found, Depth.STANDARD, ALL, KNOWN)
    no_title = next_steps(found, Depth.STANDARD, ALL, replace(KNOWN, title=None, recent_activity="h"))
    pages = [
        [step.target for step in steps if step.kind.startswith("page:")] for steps in (no_activity, no_title)
    ]
    assert pages[0].index(NEWS.url) < pages[0].index(f"{HOME}team")
    assert pages[1].index(f"{HOME}team") < pages[1].index(NEWS.url)


def test_a_cent_weighs_as_much_as_seconds() -> None:
    found = Found(subject=JANE, links=(NEWS,), site_is_sure=True)
    steps = next_steps(found, Depth.STANDARD, ALL, KNOWN)
    values = open_values(KNOWN, found, Depth.STANDARD)
    news = next(step for step in steps if step.target == NEWS.url)
    assert rate(news, values) > rate(replace(news, cents=1.0), values)
    assert rate(news, values) > rate(replace(news, seconds=10.0), values)


def test_a_step_under_way_makes_the_like_of_it_worth_less() -> None:
    found = Found(subject=JANE, links=(NEWS, Link(f"{HOME}press", "Press")), site_is_sure=True)
    news, press = (
        next(step for step in next_steps(found, Depth.STANDARD, ALL, KNOWN) if step.target == f"{HOME}{page}")
        for page in ("news", "press")
    )
    alone = gain(press, open_values(KNOWN, found, Depth.STANDARD))
    beside = gain(press, open_values(KNOWN, found, Depth.STANDARD, [news]))
    assert 0 < beside < alone * 0.5


def test_the_order_is_the_same_every_time() -> None:
    links = tuple(Link(f"{HOME}news/{number}", "News") for number in range(20))
    forwards = next_steps(Found(subject=JANE, links=links), Depth.DEEP, ALL)
    backwards = next_steps(Found(subject=JANE, links=links[::-1]), Depth.DEEP, ALL)
    assert [step.key for step in forwards] == [step.key for step in backwards]


def test_a_known_address_spares_the_search_for_it_and_the_run_can_say_so() -> None:
    found = Found(subject=JANE, site_is_sure=True)
    left = not_taken(found, Depth.STANDARD, ALL, KNOWN, "enough is known")
    reasons = {one.step.title: one.reason for one in left}
    assert reasons["Searching for the email address"] == "Nothing was missing that it could bring."
    assert reasons["Searching for what they said in public"] == "Not any more: enough is known."
    bare = {
        one.step.kind: one.reason for one in not_taken(found, Depth.STANDARD, Tools(False, False), KNOWN, "x")
    }
    assert bare["search:said"] == "No search provider is set up."
    assert bare["actor:contacts"] == "Apify is not set up."


def test_why_a_step_was_taken_names_what_was_missing_and_its_price() -> None:
    found = Found(subject=JANE)
    profile = first_steps(JANE)[0]
    words = why(profile, open_values(LeadData(name="Jane"), found, Depth.STANDARD))
    assert words == "It may bring the LinkedIn profile (70%), the job title (60%), for about 1.2 s, 0.5 ¢."


def test_nobody_waits_for_what_can_bring_nothing_missing() -> None:
    found = Found(subject=JANE, site_is_sure=True)
    actor = next(step for step in next_steps(found, Depth.STANDARD, ALL) if step.action is Action.ACTOR)
    assert worth_waiting_for([actor], LeadData(name="a"), found, Depth.STANDARD)
    assert not worth_waiting_for([actor], replace(KNOWN, social_profiles="x"), found, Depth.STANDARD)


def test_a_long_page_is_read_in_parts_the_most_telling_first() -> None:
    page = PageSeen(url=HOME, characters=90_000, companys=True, about=True, parts=(4, 0, 2))
    found = Found(subject=JANE, pages=(page,), site_is_sure=True)
    reads = [step for step in next_steps(found, Depth.STANDARD, ALL) if step.action is Action.READ]
    assert [step.part for step in reads] == [4, 0, 2]
    assert len({step.key for step in reads}) == 3


def test_a_site_that_names_another_company_is_let_go_and_the_next_one_taken() -> None:
    def result(host: str, title: str) -> dict[str, str]:
        return {"url": f"https://{host}/", "title": title, "snippet": ""}

    results = [
        result("northwind.com", "Northwind"),
        result("northwind.io", "Northwind, robots for everybody"),
    ]
    subject = replace(JANE, domain=None, company="Northwind Robotics")
    found = Found(subject=subject).learned({"results": results})
    assert found.subject.domain == "northwind.com"
    corrected = found.learned({"not_site_of": "northwind.com", "links": []})
    assert corrected.subject.domain == "northwind.io" and corrected.website_url == "https://northwind.io"
    assert corrected.learned({"site_of": "northwind.io"}).site_is_sure


def test_what_a_person_said_of_the_site_is_not_taken_back() -> None:
    found = Found(subject=JANE, site_is_sure=True).learned({"not_site_of": "northwind.com"})
    assert found.subject.domain == "northwind.com"


def test_enough_means_more_the_deeper_the_run() -> None:
    data = LeadData(
        name="a", email="b", company="c", title="d", linkedin_url="e", website_url="f", company_info="g"
    )
    found = Found(subject=JANE)
    assert is_enough(data, found, Depth.QUICK, qualified=True)
    assert not is_enough(data, found, Depth.STANDARD, qualified=True)
    full = replace(data, recent_activity="h")
    assert is_enough(full, found, Depth.STANDARD, qualified=True)
    assert not is_enough(full, found, Depth.DEEP, qualified=True)
    assert not is_enough(full, found, Depth.QUICK, qualified=False)


def test_a_site_whose_pages_need_the_browser_is_read_there_at_once() -> None:
    links = (Link(f"{HOME}team", "Team"),)
    once = Found(subject=JANE, links=links, needs_browser=(HOME, HOME))
    twice = replace(once, needs_browser=(HOME, f"{HOME}about"))

    def how(found: Found) -> set[Action]:
        steps = candidates(found, Depth.DEEP, LIMITS[Depth.DEEP])
        return {step.action for step in steps if step.target == f"{HOME}team"}

    assert how(once) == {Action.FETCH} and how(twice) == {Action.BROWSE}
    assert how(twice.learned({"no_browser": True})) == {Action.FETCH}


def test_actors_for_profiles_are_offered_only_where_somebody_chose_one() -> None:
    def kinds(tools: Tools) -> set[str]:
        steps = next_steps(Found(subject=JANE), Depth.DEEP, tools)
        return {step.kind for step in steps if step.action is Action.ACTOR}

    assert kinds(Tools(True, True)) == {"actor:contacts", "actor:places"}
    chosen = Tools(True, True, frozenset({"company", "people"}))
    assert kinds(chosen) == {"actor:contacts", "actor:places", "actor:company", "actor:people"}
