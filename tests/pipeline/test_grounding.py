"""A sentence may say only what its facts say."""
# ruff: noqa: E501 (sentences whole)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.grounding import Cited, CitedFact, check
from tests.bench.bench_grounding import TARGET, measure, ours
from tests.bench.grounding_sentences import SENTENCES

FACT = CitedFact(
    "f1",
    "opened its second plant in Gdansk",
    "Northwind Robotics opened its second plant in Gdansk on 12 March 2026, hiring 120 people. “We love robots,” said CEO Lena Voss.",
    "2026-03-12",
)
OTHER = CitedFact("f2", "won the Nordic Prize", "The company won the Nordic Prize with 45% growth.")
KNOWN = ["Ada Berg", "Northwind Robotics", "Head of Operations", "Sam Rivers", "We cut downtime by 30%"]


def refused(sentence: str, *cited: str, language: str = "en") -> list[str]:
    claims = [Cited(sentence, cited)] if cited else []
    return [
        problem.sentence
        for problem in check("", sentence, claims, [FACT, OTHER], known=KNOWN, language=language)
    ]


@pytest.mark.parametrize("sentence", [
    "Congrats on opening the Gdansk plant on March 12.",
    "Congrats on the plant you opened in March 2026.",
    "Congrats on hiring 120 people.",
    "I liked that Lena Voss said “We love robots”.",
    "Your CEO Lena Voss said so.",
])  # fmt: skip
def test_what_the_cited_fact_holds_passes(sentence: str) -> None:
    assert refused(sentence, "f1") == []


@pytest.mark.parametrize("sentence", [
    "Hi Ada,",
    "Would a 15-minute call on Tuesday suit you?",
    "We cut downtime by 30% for teams like yours.",
    "As Head of Operations you know this.",
    "Is this on your list at Northwind Robotics?",
    "Best,\nSam",
    "P.S. I am happy to send an example.",
])  # fmt: skip
def test_what_needs_no_research_passes(sentence: str) -> None:
    assert refused(sentence) == []


@pytest.mark.parametrize(("sentence", "says"), [
    ("Congrats on hiring 150 people.", "number “150”"),
    ("Congrats on growing 45%.", "number “45%”"),
    ("Congrats on the plant in Berlin.", "name “Berlin”"),
    ("Congrats on opening on 13 March.", "date “13 March”"),
    ("Congrats on opening in May 2025.", "date “May 2025”"),
    ("As your CFO said.", "title “CFO”"),
    ("You said “robots are dull” once.", "quotation “robots are dull”"),
    ("Microsoft announced the same.", "name “Microsoft”"),
    ("You hired twelve engineers.", "number “twelve”"),
    ("John Smith's team does the same.", "name"),
])  # fmt: skip
def test_what_the_cited_fact_does_not_hold_is_refused(sentence: str, says: str) -> None:
    assert any(says in problem for problem in refused(sentence, "f1")), refused(sentence, "f1")


def test_a_fact_that_is_not_cited_supports_nothing() -> None:
    assert refused("Congrats on hiring 120 people.") == [
        "The number “120” stands in no fact this sentence cites."
    ]
    assert refused("You grew by 45%.", "f1") and not refused("You grew by 45%.", "f2")


def test_a_claim_must_cite_what_is_there() -> None:
    found = [one.sentence for one in check("", "Hello.", [Cited("Not in it.", ("f9",))], [FACT])]
    assert len(found) == 2 and "not in the email" in found[0] and "does not exist" in found[1]


def test_numbers_are_the_same_however_they_are_written() -> None:
    fact = CitedFact("f", "", "It has 1,200 employees and 2 million euros, 20 percent more.")
    for sentence in (
        "You have 1200 employees.",
        "You have 1.200 employees.",
        "You made 2m.",
        "That is 20% more.",
    ):
        assert check("", sentence, [Cited(sentence, ("f",))], [fact]) == [], sentence


def test_german_nouns_are_no_names() -> None:
    assert refused("Ihre Kunden schätzen kurze Wege und guten Service.", language="de") == []
    assert refused("Ihre Kollegin Petra Schulz sagte das.", language="de") != []


def test_the_subject_is_held_to_the_same() -> None:
    assert check("Your 300 plants", "Hello.", [], [FACT])[0].field == "subject"


@given(st.text(max_size=500), st.text(max_size=200))
def test_no_text_makes_it_fail(body: str, claim: str) -> None:
    assert isinstance(check("x", body, [Cited(claim, ("f1",))], [FACT]), list)


@pytest.mark.parametrize(("sentence", "fact", "language", "stands"), [
    ("Am 3. Mai eröffnen Sie.", "Eröffnung am 3. Mai 2026", "de", True),
    ("Am 3. Juni eröffnen Sie.", "Eröffnung am 3. Mai 2026", "de", False),
    ("Since 12/03/2026 it runs.", "opened on 12 March 2026", "en", True),
    ("You raised €4.5M.", "raised $4.5 million", "en", False),
    ("You raised $4.5M.", "raised $4.5 million", "en", True),
    ("You raised 4.5 billion.", "raised $4.5 million", "en", False),
    ("Ein Umsatz von 48 Mio. Euro.", "48 Millionen Euro Umsatz", "de", True),
    ("Within six weeks it was done.", "done within six months", "en", False),
    ("You doubled the team.", "the team grew by 20%", "en", False),
    ("You doubled the team.", "the team doubled", "en", True),
    ("Your third plant opened.", "opened its second plant", "en", False),
    ("It took a second.", "it took a while", "en", True),
    ("Tim Okafor wrote.", "Tom Okafor wrote", "en", False),
    ("Jan Vogel sucht.", "Jens Vogel sucht", "de", False),
    ("Neue Werke brauchen Zeit.", "Werke in Ulm", "de", True),
    ("Votre directrice financière parlait.", "la directrice générale parlait", "fr", False),
    ("In 2026 120 people came.", "120 people came in 2026", "en", True),
    ("Un entrepôt de 8000 m².", "un entrepôt de 8 000 m²", "fr", True),
])  # fmt: skip
def test_what_is_written_another_way_stands_and_what_is_another_thing_does_not(
    sentence: str, fact: str, language: str, stands: bool
) -> None:
    found = check("", sentence, [Cited(sentence, ("f",))], [CitedFact("f", fact, fact)], language=language)
    assert (found == []) is stands, found


def test_the_labelled_sentences_are_told_apart_as_well_as_they_were() -> None:
    found = measure(ours, SENTENCES)
    assert found.recall >= TARGET and found.precision >= TARGET, found.mistakes
