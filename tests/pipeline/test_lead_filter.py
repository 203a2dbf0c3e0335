"""The grammar in which leads are chosen, and the sentences for what it does not hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.lead_filter import PRIORITY_TAG, LeadFilter
from pipeline.errors import UserError
from pipeline.rules.lead_filter import EVER, GRAMMAR, parse, words_of

FILTERS = [
    ("replied", LeadFilter(replied_since=EVER)),
    ("All replied leads", LeadFilter(replied_since=EVER)),
    ("leads who have replied", LeadFilter(replied_since=EVER)),
    ("not_contacted", LeadFilter(contacted=False)),
    ("Not contacted", LeadFilter(contacted=False)),
    ("uncontacted leads", LeadFilter(contacted=False)),
    ("all", LeadFilter()),
    ("all my leads", LeadFilter()),
    ("source:google, not_contacted", LeadFilter(source="google", contacted=False)),
    ("source: Google AND not contacted", LeadFilter(source="Google", contacted=False)),
    ("company:Marks and Spencer and score>=70", LeadFilter(company="Marks and Spencer", least_score=70)),
    ('company:"Acme, Inc.", priority', LeadFilter(company="Acme, Inc.", tag=PRIORITY_TAG)),
    ("company:“Fish AND Chips”", LeadFilter(company="Fish AND Chips")),
    ("company:Say: It", LeadFilter(company="Say: It")),
    ("tag:fintech; qualified", LeadFilter(tag="fintech", qualified=True)),
    ("title:head of sales, location:Berlin", LeadFilter(title="head of sales", location="Berlin")),
    ("score > 70", LeadFilter(least_score=71)),
    ("score:50, researched", LeadFilter(least_score=50, researched=True)),
    ("replied, replied", LeadFilter(replied_since=EVER)),
]


@pytest.mark.parametrize(("text", "wanted"), FILTERS)
def test_a_filter_is_read(text: str, wanted: LeadFilter) -> None:
    assert parse(text) == wanted


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "For which leads?"),
        (" , ;", "For which leads?"),
        ("everybody", GRAMMAR),
        ("company:", "Which company?"),
        ("source: ''", "Which source?"),
        ("company:Acme, Inc", "into quotes"),
        ("company:A, company:B", "can't both hold"),
        ("contacted, not_contacted", "can't both hold"),
        ("priority, tag:vip", "can't both hold"),
        ("score<50", GRAMMAR),
        ("score>=101", "0 to 100"),
        ("score>100", "0 to 100"),
        ("score>=abc", GRAMMAR),
        ("industry:tech", GRAMMAR),
        ("leads from Google", GRAMMAR),
    ],
)
def test_what_is_no_filter_is_a_sentence(text: str, says: str) -> None:
    with pytest.raises(UserError) as refused:
        parse(text)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("replied", "Leads who replied"),
        ("all", "All leads"),
        ("source:google, not_contacted", "Leads from google, not contacted yet"),
        ('company:"Acme, Inc.", score>=70', "Leads at Acme, Inc., with a score of at least 70"),
        ("title:cto and location:Berlin", "Leads with the title cto, in Berlin"),
    ],
)
def test_a_filter_is_said_in_words(text: str, said: str) -> None:
    assert words_of(text) == said


PIECES = st.sampled_from([*GRAMMAR.split(", "), "and", ",", '"', ":", "score>=5"])


@given(st.text(max_size=200) | st.lists(PIECES).map(" ".join))
def test_anything_is_a_filter_or_a_sentence(text: str) -> None:
    try:
        found = parse(text)
    except UserError as error:
        assert 10 < len(str(error)) < 500
    else:
        assert parse(text) == found and words_of(text)
