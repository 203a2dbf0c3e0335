"""Every planted instruction is in the page's source, and out of a visitor's sight."""

import json
import re
from datetime import date

from selectolax.lexbor import LexborHTMLParser

from local.sandbox.sites import layout
from local.sandbox.sites.content import site_pages
from local.sandbox.sites.injected import PLANTINGS, plant
from local.sandbox.world import World

WORLD = World(7, date(2026, 11, 23))
COMPANY = next(company for company in WORLD.companies if company.site_kind == "injected")
PAGES = site_pages(COMPANY, WORLD.people_of(COMPANY))
SEEN = {"testimonial"}  # the one style that stands in plain sight


def planted(place: int) -> str:
    html = layout.whole_page(COMPANY, PAGES[place % len(PAGES)])
    return plant(html, place, company=COMPANY.name, trap=WORLD.trap_host)


def test_there_are_ten_styles_and_a_page_for_each():
    assert len({planting.style for planting in PLANTINGS}) == len(PLANTINGS) >= 10
    assert len(PAGES) >= len(PLANTINGS)


def test_each_text_is_in_its_page_once():
    for place, planting in enumerate(PLANTINGS):
        text = planting.text.format(company=COMPANY.name, trap=WORLD.trap_host)
        decoded = LexborHTMLParser(f"<textarea>{planted(place)}</textarea>").css_first("textarea").text()
        assert text in decoded or json.dumps(text)[1:-1] in decoded, planting.style
        assert planted(place) != layout.whole_page(COMPANY, PAGES[place])


def test_only_the_testimonial_can_be_seen():
    for place, planting in enumerate(PLANTINGS):
        tree = LexborHTMLParser(planted(place))
        for node in tree.css("[style], [aria-hidden], template, script"):
            node.decompose()
        words = re.sub(r"\s+", " ", tree.body.text(separator=" "))
        start = planting.text.split("{")[0][:30]
        assert (start in words) == (planting.style in SEEN), planting.style


def test_the_search_index_knows_none_of_them():
    index = " ".join(item.snippet for item in WORLD.search(f"site:{COMPANY.host}", num=100).items)
    assert "gnore all previous" not in index and WORLD.trap_host not in index
