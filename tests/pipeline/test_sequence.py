"""The five steps as the product's documents name them."""

import pytest

from pipeline.rules import sequence
from pipeline.rules.sequence import TokenFact


@pytest.mark.parametrize(
    ("number", "type", "tone", "depth", "length", "words"),
    [
        (1, "introduction", "professional_friendly", "high", "short", (50, 90)),
        (2, "value_proposition", "consultative", "medium", "medium", (90, 150)),
        (3, "case_study", "educational", "medium", "medium", (90, 150)),
        (4, "soft_reminder", "casual", "low", "very_short", (50, 70)),
        (5, "breakup", "understanding", "low", "short", (50, 90)),
    ],
)
def test_each_step(
    number: int, type: str, tone: str, depth: str, length: str, words: tuple[int, int]
) -> None:
    step = sequence.step(number)
    assert (step.type, step.tone, step.personalization_depth, step.length) == (type, tone, depth, length)
    assert (step.min_words, step.max_words) == words


def test_waits_are_the_campaigns_or_the_usual_ones() -> None:
    assert [sequence.wait_before(number) for number in range(1, 6)] == [0, 3, 4, 5, 7]
    assert [sequence.wait_before(number, [0, 1, 2]) for number in range(1, 6)] == [0, 1, 2, 5, 7]


def test_a_token_without_a_fact_is_left_out() -> None:
    facts = [
        TokenFact("post", "spoke in Oslo", "https://www.linkedin.com/posts/1", by_person=False),
        TokenFact("shared_connection", "Jim", None, by_person=False),
    ]
    found = sequence.tokens(first_name="Ada", company="Northwind", title=None, facts=facts)
    assert found == {"first_name": "Ada", "company": "Northwind", "linkedin_post": "spoke in Oslo"}


def test_a_shared_connection_counts_only_if_a_person_told_us() -> None:
    facts = [TokenFact("shared_connection", "Jim", None, by_person=True)]
    found = sequence.tokens(first_name="Ada", company=None, title=None, facts=facts, visits=2)
    assert found == {"first_name": "Ada", "shared_connection": "Jim", "website_visits": "2"}
