"""The weights, and which facts feed what is weighed."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.scoring import (
    FACT_FIELDS,
    FIELD_WEIGHTS,
    MINIMUM_SCORE_THRESHOLD,
    LeadData,
    WeighedFact,
    calculate_lead_score,
    lead_data_from,
    missing_fields,
    score_in_words,
)

TODAY = date(2026, 3, 2)


def fact(
    field: str, value: str = "something", published: date | None = None, sure: float = 0.9
) -> WeighedFact:
    return WeighedFact(field, value, sure, published)


def test_the_weights_add_up_to_a_hundred() -> None:
    assert sum(FIELD_WEIGHTS.values()) == 100
    assert MINIMUM_SCORE_THRESHOLD == 45


@pytest.mark.parametrize(("field", "weight"), FIELD_WEIGHTS.items())
def test_each_field_brings_its_weight(field: str, weight: int) -> None:
    assert calculate_lead_score({field: "known"}) == weight
    assert calculate_lead_score({field: ""}) == 0


@given(st.sets(st.sampled_from(sorted(FIELD_WEIGHTS))), st.sampled_from(sorted(FIELD_WEIGHTS)))
def test_knowing_more_never_lowers_the_score(known: set[str], more: str) -> None:
    before = calculate_lead_score(dict.fromkeys(known, "x"))
    after = calculate_lead_score(dict.fromkeys({*known, more}, "x"))
    assert 0 <= before <= after <= 100


@pytest.mark.parametrize(
    ("field", "feeds"),
    [(name, known.feeds) for name, known in FACT_FIELDS.items() if known.feeds and not known.dated],
)
def test_a_fact_feeds_what_the_table_says(field: str, feeds: str) -> None:
    assert lead_data_from({}, [fact(field, "a value")], TODAY).get(feeds) == "a value"


@pytest.mark.parametrize(
    ("published", "counts"),
    [
        (None, False),
        (TODAY - timedelta(days=10), True),
        (TODAY - timedelta(days=900), False),
        (TODAY + timedelta(days=30), False),
    ],
)
def test_news_counts_only_with_a_recent_date(published: date | None, counts: bool) -> None:
    data = lead_data_from({}, [fact("news", "Opened a plant", published)], TODAY)
    assert bool(data.recent_activity) is counts


def test_profiles_of_the_lead_itself_count_as_social() -> None:
    data = lead_data_from({"twitter_url": "https://x.com/jo"}, [], TODAY)
    assert data.social_profiles == "https://x.com/jo"


def test_what_is_missing_is_named_heaviest_first() -> None:
    assert missing_fields(
        LeadData(name="a", email="b", title="c", company_info="d", personal_interests="e")
    ) == (
        "linkedin_url",
        "company",
        "recent_activity",
    )


def test_the_score_says_what_it_is_made_of_and_what_it_lacks() -> None:
    words = score_in_words(LeadData(name="Jo", linkedin_url="x"))
    assert words.startswith("30 of 100: name 10, LinkedIn profile 20.")
    assert "Not known: company 15, recent activity 15" in words


@dataclass
class Unknown:
    field: str = "shoe_size"
    value: str = "42"
    published_on: date | None = None


def test_a_fact_of_an_unknown_name_feeds_nothing() -> None:
    assert lead_data_from({}, [Unknown()], TODAY) == LeadData()
