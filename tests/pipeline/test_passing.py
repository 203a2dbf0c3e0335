"""Which drafts may be approved many at once: one objection is enough to keep them out."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from db.cards import FactLine
from db.types import EmailStatus
from pipeline.rules.passing import Draft, Drafts, Why, objections

TODAY = date(2026, 3, 2)
EMAIL = Draft(1, False, 4, False, (), (), frozenset())
GOOD = Drafts(False, False, False, EmailStatus.FOUND, (EMAIL,), (), ())


def fact(value: str, site: str) -> FactLine:
    return FactLine(value, "title", value, value, f"https://{site}/", datetime(2026, 3, 1, tzinfo=UTC))


def test_drafts_without_fault_pass() -> None:
    assert objections(GOOD, TODAY) == ()


@pytest.mark.parametrize(
    ("drafts", "why"),
    [
        (replace(GOOD, held=("They unsubscribed.",)), Why.HELD),
        (replace(GOOD, has_expired=True), Why.EXPIRED),
        (replace(GOOD, is_changed=True), Why.CHANGED),
        (replace(GOOD, is_answer=True), Why.ANSWER),
        *[
            (replace(GOOD, address_status=status), Why.ADDRESS)
            for status in (EmailStatus.GUESSED, EmailStatus.INVALID, EmailStatus.MISSING)
        ],
        (replace(GOOD, emails=(EMAIL, replace(EMAIL, lint=("Too long.",)))), Why.LINT),
        (replace(GOOD, emails=(EMAIL, replace(EMAIL, ungrounded=("2019 stands nowhere.",)))), Why.UNGROUNDED),
        (replace(GOOD, emails=(EMAIL, replace(EMAIL, from_template=True))), Why.TEMPLATE),
        (replace(GOOD, emails=(EMAIL, replace(EMAIL, judge_score=3))), Why.LOW_SCORE),
        (replace(GOOD, emails=(EMAIL, replace(EMAIL, judge_score=None))), Why.NO_SCORE),
    ],
)
def test_one_objection_keeps_them_out(drafts: Drafts, why: Why) -> None:
    assert [one.why for one in objections(drafts, TODAY)] == [why]


def test_a_disputed_fact_counts_only_where_it_is_cited() -> None:
    disputed = (fact("Chief Executive", "acme.example"), fact("Warehouse clerk", "other.example"))
    assert objections(replace(GOOD, facts=disputed), TODAY) == ()
    citing = replace(GOOD, facts=disputed, emails=(replace(EMAIL, cited_fields=frozenset({"title"})),))
    assert [one.why for one in objections(citing, TODAY)] == [Why.CONFLICT]


def test_an_answer_is_read_by_somebody_and_misses_no_score() -> None:
    answer = replace(EMAIL, number=None, judge_score=None)
    (found,) = objections(replace(GOOD, is_answer=True, emails=(answer,)), TODAY)
    assert found.why is Why.ANSWER and found.why.value == "An answer is approved one by one"


def test_no_score_says_why_there_is_none() -> None:
    unjudged = replace(EMAIL, number=5, judge_score=None)
    told = [
        objections(replace(GOOD, emails=(replace(unjudged, edited=edited),)), TODAY)[0].sentence
        for edited in (True, False)
    ]
    assert told == ["Email 5: a person edited it.", "Email 5: the judge did not answer."]


def test_the_weightiest_comes_first() -> None:
    worst = replace(GOOD, is_answer=True, held=("They bounced.",), address_status=EmailStatus.GUESSED)
    assert [one.why for one in objections(worst, TODAY)] == [Why.HELD, Why.ADDRESS, Why.ANSWER]
