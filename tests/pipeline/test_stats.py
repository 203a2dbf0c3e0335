"""What numbers say: intervals that hold, and silence where there is not enough of them."""
# ruff: noqa: E501 (tables of values are easier to read whole)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.stats import CampaignFacts, accuracy_in_words, campaign_attention, leads_attention, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (1, 100, 0.0018, 0.0545), (81, 263, 0.2553, 0.3662)],
)  # fmt: skip
def test_wilson_as_published(successes: int, trials: int, low: float, high: float) -> None:
    """Values of the score interval without correction, 95 %."""
    assert wilson(successes, trials) == (pytest.approx(low, abs=5e-4), pytest.approx(high, abs=5e-4))


@given(st.integers(0, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_its_rate_and_stays_a_rate(counts: tuple[int, int]) -> None:
    successes, trials = counts
    low, high = wilson(successes, trials)
    assert 0 <= low <= high <= 1
    if trials:
        assert low - 1e-12 <= successes / trials <= high + 1e-12


@given(st.integers(1, 1000))
def test_more_of_the_same_says_more(trials: int) -> None:
    few, many = wilson(trials // 2, trials), wilson(trials // 2 * 10, trials * 10)
    assert many[1] - many[0] < few[1] - few[0]


@pytest.mark.parametrize("counts", [(-1, 5), (6, 5), (1, 0)])
def test_impossible_counts_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="successes"):
        wilson(*counts)


@pytest.mark.parametrize(
    ("sent", "replied", "bounced", "kind"),
    [
        (0, 0, 0, None), (19, 0, 10, None), (20, 0, 1, "campaign_bounces"), (20, 5, 0, None), (99, 0, 0, None),
        (1000, 2, 0, "campaign_replies"), (100, 0, 0, None), (500, 0, 0, "campaign_replies"), (1000, 50, 49, None),
        (1000, 50, 50, "campaign_bounces"),
    ],
)  # fmt: skip
def test_a_campaign_needs_attention_when_its_numbers_say_so(
    sent: int, replied: int, bounced: int, kind: str | None
) -> None:
    found = campaign_attention(CampaignFacts("Spring", sent, replied, bounced))
    assert (found.kind if found else None) == kind
    if found:
        assert "Spring" in found.recommendation


def test_the_nearest_to_an_email_comes_first() -> None:
    both = leads_attention(unresearched=9, sequences_waiting=5)
    assert both is not None and both.kind == "drafts_waiting"
    only = leads_attention(unresearched=5, sequences_waiting=4)
    assert only is not None and only.kind == "leads_unresearched"
    assert leads_attention(unresearched=4, sequences_waiting=4) is None


def test_the_accuracy_of_verdicts_comes_with_its_interval() -> None:
    assert accuracy_in_words(17, 20) == (
        "People agreed with 17 of 20 verdicts on leads: 85% (95 % interval 64% to 95%)."
    )
    assert "not known" in accuracy_in_words(0, 0)
