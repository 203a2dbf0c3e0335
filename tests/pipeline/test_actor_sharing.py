"""Whose an item of a shared run is, and what each pays of it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.actor_sharing import askers, labels, shares

ASKED = [
    labels(["https://www.acme.com/", "http://acme.com"], ["Acme Austin"]),
    labels(["https://beta.co.uk"], ["Beta  Berlin"]),
    labels(["https://facebook.com/gamma"], []),
]


@pytest.mark.parametrize(
    ("item", "whose"),
    [
        ({"originalStartUrl": "https://acme.com/contact", "domain": "acme.com"}, [0]),
        ({"searchString": "beta berlin", "website": "https://acme.com"}, [1]),  # what was asked comes first
        ({"searchString": "something else", "website": "http://www.beta.co.uk/"}, [1]),
        ({"query": {"search": "Acme Austin", "page": 1}}, [0]),
        ({"inputUrl": ["https://acme.com", "https://beta.co.uk"]}, [0, 1]),
        ({"originalStartUrl": "https://facebook.com/gamma"}, [2]),
        ({"originalStartUrl": "https://facebook.com/delta"}, []),
        ({"domain": "acme.com.evil.org"}, []),
        ({"website": None, "domain": 7, "query": []}, []),
        ({}, []),
    ],
)
def test_an_item_is_whose_input_it_names(item: dict[str, object], whose: list[int]) -> None:
    assert askers(item, ASKED) == whose


def test_each_pays_by_what_it_got_and_nobody_more_than_the_cap_while_others_have_room() -> None:
    caps = [Decimal(4), Decimal(4)]
    assert shares(Decimal(3), [1, 2], caps) == [Decimal(1), Decimal(2)]
    assert shares(Decimal(6), [1, 5], caps) == [Decimal(2), Decimal(4)]
    assert shares(Decimal(10), [1, 1], caps) == [Decimal(5), Decimal(5)]  # it is charged, so it is paid
    assert shares(Decimal(0), [1, 1], caps) == [Decimal(0), Decimal(0)]


@given(
    st.decimals(0, 1000, places=4),
    st.lists(st.tuples(st.integers(1, 50), st.decimals(0, 50, places=2)), min_size=1, max_size=20),
)
def test_whatever_it_costs_is_paid_to_the_last_part_of_a_cent(
    total: Decimal, parties: list[tuple[int, Decimal]]
) -> None:
    given_shares = shares(total, [weight for weight, _ in parties], [cap for _, cap in parties])
    assert sum(given_shares) == total and min(given_shares) >= 0
