"""Long pages in parts: within the budget, nothing lost, the telling ones first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.extraction_facts import Subject
from pipeline.rules.page_parts import MOST_PARTS, most_telling, parts_of, tokens_in

JANE = Subject(name="Jane Miller", company="Northwind Robotics")
FILLER = "Words that say nothing in particular about anybody at all."


def test_a_short_page_is_one_part() -> None:
    assert parts_of("Hello.\nWorld.") == ("Hello.\nWorld.",)


def test_parts_end_where_sections_end() -> None:
    section = "\n".join([FILLER] * 20)
    parts = parts_of(f"{section}\nOur Team\n{section}\nNews\n{section}", budget=400)
    assert len(parts) == 3 and [part.splitlines()[0] for part in parts[1:]] == ["Our Team", "News"]


@given(
    text=st.text(alphabet=st.characters(codec="utf-8"), max_size=3000),
    budget=st.integers(min_value=20, max_value=400),
)
def test_every_part_keeps_to_the_budget_and_no_word_is_lost(text: str, budget: int) -> None:
    parts = parts_of(text, budget)
    if len(parts) > 1:
        assert all(tokens_in(part) <= budget * 1.05 + 2 for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_one_endless_line_is_cut_between_words() -> None:
    parts = parts_of("north wind " * 4000, budget=500)
    assert len(parts) > 10 and all(set(part.split()) <= {"north", "wind"} for part in parts)


@pytest.mark.parametrize(("text", "tokens"), [("abcd" * 100, 100), ("北風" * 100, 200), ("я" * 100, 50)])
def test_tokens_are_estimated_on_the_safe_side(text: str, tokens: float) -> None:
    assert tokens_in(text) == tokens


def test_the_part_that_names_the_person_is_read_first() -> None:
    filler = "\n".join([FILLER] * 30)
    page = f"{filler}\nNorthwind Robotics opened a plant.\n{filler}\n{filler}\nSaid Jane Miller in 2026.\n{filler}"
    parts = parts_of(page, budget=500)
    order = most_telling(parts, JANE)
    assert "Jane Miller" in parts[order[0]] and "Northwind" in parts[order[1]]
    assert len(order) <= MOST_PARTS
