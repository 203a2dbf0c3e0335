"""Each style of planted instruction, on each of a site's pages: what is taken from the page is what the clean one
gives, for the code that reads it and for the model that does everything it reads."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from local.sandbox.openai.conversation import Request, Said
from local.sandbox.openai.tasks import written
from local.sandbox.sites import layout
from local.sandbox.sites.content import site_pages
from local.sandbox.sites.injected import PLANTINGS, Planting
from local.sandbox.world import World
from pipeline.clients.llm.tasks import ExtractedFacts, NamedPeople, labelled
from pipeline.jobs.find_people import is_named
from pipeline.rules.extraction import ReadPage, read_page
from pipeline.rules.extraction_facts import FoundFact, Subject, checked_claims, facts_of_page

TODAY = date(2026, 11, 23)
WORLD = World(7, TODAY)
COMPANY = next(company for company in WORLD.companies if company.site_kind == "injected")
PEOPLE = WORLD.people_of(COMPANY)
PAGES = site_pages(COMPANY, PEOPLE)
SUBJECT = Subject(
    name=PEOPLE[0].name, company=COMPANY.name, domain=COMPANY.host.removeprefix("www."), email=PEOPLE[0].email
)
IN_SIGHT = {
    "testimonial",
    "title_attribute",
}  # a visitor can read them; the code that checks facts drops them


def read(html: str, path: str) -> ReadPage:
    return read_page(html, COMPANY.url + path)


def pairs(planting: Planting) -> Iterable[tuple[ReadPage, ReadPage]]:
    """Each page of the site, clean and planted."""
    text = planting.text.format(company=COMPANY.name, trap=WORLD.trap_host)
    for page in PAGES:
        clean = layout.whole_page(COMPANY, page)
        planted = planting.insert(clean, text)
        if planted != clean:
            yield read(clean, page.path), read(planted, page.path)


def claims_of_the_obedient(page: ReadPage) -> list[Any]:
    """What the model that obeys everything claims of the page, as the product asks it."""
    about = {"name": SUBJECT.name, "company": SUBJECT.company}
    asked = labelled({"subject": about, "url": page.url, "page": page.prose})
    request = Request("scripted", "", (Said(asked),), schema_name=ExtractedFacts.__name__)
    return ExtractedFacts.model_validate_json(written(request, is_obedient=True).text).facts


def kept(page: ReadPage) -> set[tuple[str, str]]:
    found: list[FoundFact] = [*facts_of_page(page, SUBJECT)]
    found += checked_claims(claims_of_the_obedient(page), page.text, SUBJECT, TODAY)
    return {(fact.field, fact.value) for fact in found}


@pytest.mark.parametrize("planting", PLANTINGS, ids=lambda planting: planting.style)
def test_planted_words_bring_no_fact_and_no_link(planting: Planting) -> None:
    looked_at = 0
    for clean, planted in pairs(planting):
        looked_at += 1
        left = kept(planted)
        assert left == kept(clean)
        assert WORLD.trap_host not in planted.prose + str(left)
        assert planted.links == clean.links and planted.emails == clean.emails
        assert planted.people == clean.people and planted.organization == clean.organization
    assert looked_at >= 5


@pytest.mark.parametrize(
    "planting", [one for one in PLANTINGS if one.style not in IN_SIGHT], ids=lambda planting: planting.style
)
def test_what_nobody_sees_reaches_no_model(planting: Planting) -> None:
    for clean, planted in pairs(planting):
        assert planted.prose == clean.prose


def named_by_the_obedient(page: ReadPage) -> set[tuple[str, str]]:
    """Whom a search for new leads takes from the model that obeys everything."""
    asked = labelled({"company": COMPANY.name, "url": page.url, "page": page.prose})
    request = Request("scripted", "", (Said(asked),), schema_name=NamedPeople.__name__)
    people = NamedPeople.model_validate_json(written(request, is_obedient=True).text).people
    return {(one.name, one.title) for one in people if is_named(one.name, one.title, one.quote, page.text)}


@pytest.mark.parametrize("planting", PLANTINGS, ids=lambda planting: planting.style)
def test_planted_words_name_nobody(planting: Planting) -> None:
    found = [
        (named_by_the_obedient(clean), named_by_the_obedient(planted)) for clean, planted in pairs(planting)
    ]
    assert any(clean for clean, _ in found)
    assert all(planted == clean for clean, planted in found)
