"""What serves the step goes in first, fresh before old, each thing once, and never more than the budget."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.writing_context import (
    MOST_OF_A_FIELD,
    MOST_REJECTIONS,
    Candidate,
    choose,
    lessons,
    tokens_in,
)

TODAY = date(2026, 3, 2)


def fact(
    id: str, field: str, value: str = "", days: int | None = None, tokens: int = 10, **more: object
) -> Candidate:
    given: dict[str, object] = {
        "id": id,
        "field": field,
        "value": value or f"value of {id}",
        "quote": "",
        "published_on": None if days is None else TODAY - timedelta(days=days),
        "confidence": 1.0,
        "by_person": False,
        "tokens": tokens,
    }
    return Candidate(**(given | more))  # type: ignore[arg-type]


def order(step: str | None, *facts: Candidate, budget: int = 1000, **more: object) -> list[str]:
    return choose(facts, step, budget=budget, today=TODAY, **more)  # type: ignore[arg-type]


def test_news_opens_and_a_difficulty_argues() -> None:
    known = [fact("news", "news", days=3), fact("pain", "pain_point"), fact("town", "location")]
    assert order("introduction", *known) == ["news", "pain", "town"]
    assert order("value_proposition", *known) == ["pain", "news", "town"]
    assert order("case_study", *known, fact("field", "industry"))[:2] == ["field", "pain"]


def test_fresh_goes_before_old() -> None:
    assert order("introduction", fact("old", "news", days=900), fact("year", "news", days=200),
                 fact("now", "news", days=2), fact("undated", "news")) == ["now", "undated", "year", "old"]  # fmt: skip


def test_what_an_earlier_email_was_built_on_steps_back() -> None:
    known = [fact("a", "news", days=1), fact("b", "hiring")]
    assert order("introduction", *known) == ["a", "b"]
    assert order("introduction", *known, used={"a"}) == ["b", "a"]


def test_what_touches_the_offer_and_what_a_person_said_goes_first() -> None:
    known = [
        fact("a", "tech", "uses Oracle"),
        fact("b", "tech", "runs old controllers"),
        fact("c", "tech", "x", by_person=True),
    ]
    assert order("introduction", *known, topic="We read the controllers of machines.") == ["c", "b", "a"]


def test_the_same_is_told_once() -> None:
    known = [
        fact("a", "news", "Opened a plant in Gdansk", days=1),
        fact("b", "news", "opened a plant in Gdansk!", days=2),
        fact("c", "news", "a plant in Gdansk", days=3),
        fact("d", "achievement", "Opened a plant in Gdansk"),
    ]
    assert order("introduction", *known) == ["a"]


def test_a_field_does_not_flood_the_rest() -> None:
    known = [fact(f"job{number}", "job_post", days=1) for number in range(20)]
    assert len(order("introduction", *known, fact("town", "location"))) == MOST_OF_A_FIELD + 1


@given(
    st.lists(
        st.tuples(st.sampled_from(["news", "post", "tech", "quote", "other"]), st.integers(0, 400)),
        max_size=60,
    ),
    st.integers(0, 2000),
)
def test_the_budget_is_kept(known: list[tuple[str, int]], budget: int) -> None:
    facts = {
        str(number): fact(str(number), field, tokens=tokens) for number, (field, tokens) in enumerate(known)
    }
    chosen = order("introduction", *facts.values(), budget=budget)
    assert sum(facts[one].tokens for one in chosen) <= budget
    assert len(set(chosen)) == len(chosen)


def test_a_small_one_fits_where_a_large_one_did_not() -> None:
    assert order(
        "introduction", fact("large", "news", tokens=500, days=1), fact("small", "location"), budget=20
    ) == ["small"]


def test_tokens_are_counted_a_little_high() -> None:
    assert tokens_in("") == 0 and tokens_in("abc") == 1 and tokens_in("abcd") == 2
    assert tokens_in({"a": "é"}) == tokens_in('{"a": "é"}')


def test_reasons_are_told_once_the_newest_first_within_a_budget() -> None:
    assert lessons(["Too formal.", "wrong product", "too formal", " ", "!"]) == [
        "Too formal.",
        "wrong product",
    ]
    assert len(lessons(f"reason {number}" for number in range(50))) == MOST_REJECTIONS
    assert lessons(["long " * 100, "short"], budget=10) == ["short"]
    assert all(len(one) <= 200 for one in lessons(["word " * 400]))
