"""Guesses at addresses: names as addresses spell them, patterns as companies use them, and when not to guess."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.email_guess import (
    PATTERNS,
    Guess,
    NoGuess,
    Vote,
    guess_address,
    name_parts,
    spellings,
    votes_of,
)

FIRST_LAST = (Vote("first.last", "a", 1.0), Vote("first.last", "b", 1.0))


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Jane Miller", ("jane",), ("miller",)),
        ("Jürgen Müller", ("juergen", "jurgen"), ("mueller", "muller")),
        ("Anaïs Lefèvre", ("anais",), ("lefevre",)),
        ("Jean-Luc Picard", ("jeanluc", "jean-luc"), ("picard",)),
        ("Dr. Anna van der Berg", ("anna",), ("vanderberg", "van-der-berg")),
        ("Sinéad O'Connor", ("sinead",), ("oconnor",)),
        ("Łukasz Wałęsa", ("lukasz",), ("walesa",)),
        ("Søren Ærø", ("soren", "soeren"), ("aero", "aeroe")),
        ("Miller, Jane", ("jane",), ("miller",)),
        ("Jane Q. Miller Jr.", ("jane",), ("miller",)),
        ('William "Bill" Gates', ("william",), ("gates",)),
        ("Cher", ("cher",), ()),
        ("王小明", (), ()),
    ],
)
def test_names_are_spelled_as_addresses_spell_them(
    name: str, first: tuple[str, ...], last: tuple[str, ...]
) -> None:
    given_name, family = name_parts(name)
    assert (spellings(given_name), spellings(family)) == (first, last)


def test_addresses_with_names_beside_them_tell_the_pattern() -> None:
    text = "Our people\nBob Smith, CEO\nbsmith@acme.com\nAnna Jürgens, CTO\najuergens@acme.com\ninfo@acme.com"
    addresses = ["bsmith@acme.com", "ajuergens@acme.com", "info@acme.com", "jane.doe@gmail.com"]
    votes = votes_of(text, addresses, "acme.com")
    assert [(vote.pattern, vote.weight) for vote in votes] == [("flast", 1.0), ("flast", 1.0)]
    guess = guess_address("Jane Miller", "acme.com", votes, takes_mail=True)
    assert isinstance(guess, Guess) and guess.address == "jmiller@acme.com"
    assert "flast@acme.com of 2 published addresses" in guess.because and 0.6 < guess.confidence <= 0.9


def test_an_address_without_a_name_counts_half_and_one_on_many_pages_once() -> None:
    (vote,) = votes_of("write to jane.doe@acme.com", ["jane.doe@acme.com"], "acme.com")
    assert (vote.pattern, vote.weight) == ("first.last", 0.5)
    once = guess_address("Bob Lee", "acme.com", [vote], takes_mail=True)
    thrice = guess_address("Bob Lee", "acme.com", [vote] * 3, takes_mail=True)
    assert once == thrice and isinstance(once, Guess) and once.confidence < 0.65


def test_the_majority_decides_and_disagreement_costs_confidence() -> None:
    torn = (*FIRST_LAST, Vote("flast", "c", 1.0))
    sure = guess_address("Jane Miller", "acme.com", FIRST_LAST, takes_mail=True)
    less = guess_address("Jane Miller", "acme.com", torn, takes_mail=True)
    assert isinstance(sure, Guess) and isinstance(less, Guess)
    assert less.address == "jane.miller@acme.com" and less.confidence < sure.confidence
    assert "2 of 3 published addresses" in less.because


@pytest.mark.parametrize(
    ("domain", "votes", "takes_mail", "says"),
    [
        (None, FIRST_LAST, True, "domain is not known"),
        ("gmail.com", FIRST_LAST, True, "free mail"),
        ("acme.com", FIRST_LAST, False, "takes no mail"),
        ("acme.com", FIRST_LAST, None, "DNS did not say"),
        ("acme.com", (), True, "publishes no person's address"),
    ],
)
def test_nothing_is_guessed_without_grounds_and_it_says_so(
    domain: str | None, votes: tuple[Vote, ...], takes_mail: bool | None, says: str
) -> None:
    told = guess_address("Jane Miller", domain, votes, takes_mail=takes_mail)
    assert isinstance(told, NoGuess) and says in told.because


def test_a_name_without_latin_letters_is_not_guessed() -> None:
    told = guess_address("王小明", "acme.com", FIRST_LAST, takes_mail=True)
    assert isinstance(told, NoGuess) and "Latin" in told.because


def test_a_single_name_is_the_whole_local_part_at_little_confidence() -> None:
    told = guess_address("Cher", "acme.com", FIRST_LAST, takes_mail=True)
    assert isinstance(told, Guess) and told.address == "cher@acme.com" and told.confidence < 0.2


def test_what_bounced_is_not_guessed_again() -> None:
    told = guess_address(
        "Jane Miller", "acme.com", FIRST_LAST, takes_mail=True, not_these={"Jane.Miller@acme.com"}
    )
    assert isinstance(told, Guess) and told.address != "jane.miller@acme.com"


@given(name=st.text(max_size=60), counts=st.lists(st.sampled_from([p.name for p in PATTERNS]), max_size=6))
def test_any_name_gives_an_address_that_can_be_stored_or_a_reason(name: str, counts: list[str]) -> None:
    votes = [Vote(pattern, str(number), 1.0) for number, pattern in enumerate(counts)]
    told = guess_address(name, "acme.com", votes, takes_mail=True)
    if isinstance(told, Guess):
        local = told.address.removesuffix("@acme.com")
        assert local and all(c in "abcdefghijklmnopqrstuvwxyz._-" for c in local)
        assert 0 < told.confidence <= 0.9
    else:
        assert told.because.endswith(".")
