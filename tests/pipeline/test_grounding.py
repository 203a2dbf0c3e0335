"""A sentence may say only what its facts say."""
# ruff: noqa: E501 (sentences whole)

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.grounding import Cited, CitedFact, check, source_of, unsupported
from tests.bench.bench_grounding import SETS, TARGET, measure, ours
from tests.bench.grounding_sentences import About
from tests.bench.grounding_untouched import UNTOUCHED

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
        "The number “120” stands in no fact this sentence cites.",
        "The claim “Congrats on hiring” stands in no fact this sentence cites.",
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


@pytest.mark.parametrize(
    "piece", ["hundred ", "und", "zwei", "1 ", "CEO ", "more than 1 ", "-", "‘", "you have "]
)
def test_a_text_that_repeats_itself_is_read_in_a_moment(piece: str) -> None:
    text = (piece * 10_000)[:10_000]
    began = time.process_time()
    check("", text, [Cited(text, ("f",))], [CitedFact("f", text, text)], language="de")
    assert time.process_time() - began < 5


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


@pytest.mark.parametrize("sentence", [
    "Growth is rarely quiet.",
    "Downtime was expensive, and scrap will be next.",
    "The biggest challenge after opening a second plant is often the handover.",
    "The first weeks are the hardest.",
    "You do not open a second plant without some noise.",
    "Scaling to two plants takes patience.",
    "By six every morning, 120 people want to know what to do.",
    "Range anxiety is yesterday's worry.",
    "Since spring, the Gdansk plant has been running.",
    "In Q1 you opened in Gdansk, on a Thursday.",
    "Nearly 125 people need onboarding.",
    "One hundred and twenty people need onboarding.",
    "Northwind Robotics Ltd hired 120 people.",
    "Lena Voss called it ‘We love robots’.",
    "Your chief executive Lena Voss said so.",
    "Your Geschäftsführerin Lena Voss said so.",
    "The new plant is something to be proud of, so congratulations on the opening.",
    "Dispatch will have felt it first.",
])  # fmt: skip
def test_ways_of_speaking_and_other_words_for_the_same_pass(sentence: str) -> None:
    assert refused(sentence, "f1") == []


@pytest.mark.parametrize(("sentence", "says"), [
    ("One hundred and thirty people need onboarding.", "number “hundred and thirty”"),
    ("A third of the people are new.", "number “A third”"),
    ("You hired tenfold.", "number “tenfold”"),
    ("Thousands of people joined.", "number “thousands”"),
    ("More than 120 people joined.", "claim “More than 120”"),
    ("You opened last week.", "time “last week”"),
    ("In autumn you opened.", "time “In autumn”"),
    ("In Q3 you opened.", "time “Q3”"),
    ("You opened on a whim, or rather on Friday.", "time “on Friday”"),
    ("By 2028 there will be more.", "time “By 2028”"),
    ("As the largest manufacturer in Poland you know this.", "claim “largest manufacturer”"),
    ("You are the market leader, I hear.", "claim “market leader”"),
    ("You acquired a competitor.", "claim “You acquired”"),
    ("Northwind Robotics acquired a competitor.", "claim “Northwind Robotics acquired”"),
    ("Lena Voss called it ‘We adore robots’.", "quotation “We adore robots”"),
    ("Your chief financial officer said so.", "title “chief financial officer”"),
    ("Sarah told me.", "name “Sarah”"),
    ("Bosch supplied the robots.", "name “Bosch”"),
    ("Your iBot line is impressive.", "name “iBot”"),
    ("You have not opened in Gdansk.", "claim “You have not opened”"),
])  # fmt: skip
def test_a_claim_of_each_kind_without_a_source_is_refused(sentence: str, says: str) -> None:
    assert any(says in problem for problem in refused(sentence, "f1")), refused(sentence, "f1")


@pytest.mark.parametrize(("sentence", "fact", "language"), [
    ("Vierundachtzig Kliniken sind ein Wort.", "beliefert 85 Kliniken", "de"),
    ("Das Werk in Dresden läuft.", "das Werk in Leipzig", "de"),
    ("Sandra Müller sprach davon.", "sprach davon", "de"),
    ("Als größte Käserei der Gegend wissen Sie das.", "eine Käserei", "de"),
    ("Sie haben kürzlich einen Wettbewerber übernommen.", "wächst in Ulm", "de"),
    ("Trente-cinq personnes, ce n'est pas rien.", "25 personnes", "fr"),
    ("Félicitations pour votre levée de fonds.", "un entrepôt à Nantes", "fr"),
    ("Votre directeur commercial en parlait.", "la directrice générale parlait", "fr"),
    ("Le mois dernier, vous avez ouvert.", "ouvert en mai 2026", "fr"),
    ("Crecer un quince por ciento no es poco.", "crece un 12 %", "es"),
    ("Noventa toneladas al día.", "90 toneladas a la semana", "es"),
    ("Iberdrola también confía en ustedes.", "abrió una nave", "es"),
    ("Han comprado un competidor.", "abrió una nave", "es"),
])  # fmt: skip
def test_other_languages_are_held_to_the_same(sentence: str, fact: str, language: str) -> None:
    cited = [Cited(sentence, ("f",))]
    assert check("", sentence, cited, [CitedFact("f", fact, fact)], language=language), sentence


@pytest.mark.parametrize(("sentence", "fact", "language"), [
    ("1,1 Prozent Ausschuss: Respekt.", "die Ausschussquote sank auf 1,1 Prozent", "de"),
    ("„Lieber langsam“: Der Satz hat mir gefallen.", "„Lieber langsam als schief“", "de"),
    ("Your managing director said it.", "sagte Geschäftsführerin Eva Brandt", "en"),
    ("Près de la moitié part à l'étranger.", "exporte 45 % de sa production", "fr"),
    ("Deux tiers des ventes.", "66 % des ventes", "fr"),
    ("Duplicar la capacidad es mucho.", "ha duplicado su capacidad", "es"),
    ("Crecer también es ordenar.", "crece un 12 %", "es"),
])  # fmt: skip
def test_what_other_languages_say_another_way_passes(sentence: str, fact: str, language: str) -> None:
    cited = [Cited(sentence, ("f",))]
    assert check("", sentence, cited, [CitedFact("f", fact, fact)], language=language) == []


@pytest.mark.parametrize("sentence", [
    "If you hired somebody for this, what would they do first?",
    "I wrote to you last week about changeovers.",
    "The largest savings come from small changes.",
    "Congratulations on everything you do.",
    "Your project manager could join the call.",
    "Sales launched the idea, operations made it work.",
    "Per changeover, that is a lot.",
])  # fmt: skip
def test_remarks_that_cite_nothing_are_left_alone(sentence: str) -> None:
    assert refused(sentence) == []


@pytest.mark.parametrize("sentence", [
    "Congratulations on your recent funding round.",
    "I saw that you acquired a competitor.",
    "You just launched a new app.",
])  # fmt: skip
def test_what_the_reader_did_needs_a_fact_also_where_none_is_cited(sentence: str) -> None:
    assert refused(sentence)


@pytest.mark.parametrize(("title", "facts"), SETS[:-1])
def test_the_labelled_sentences_are_told_apart_as_well_as_they_were(
    title: str, facts: Sequence[About]
) -> None:
    found = measure(ours, facts)
    assert found.recall >= TARGET and found.precision >= TARGET, (title, found.mistakes)


def test_the_last_set_is_told_apart_without_a_mistake() -> None:
    found = measure(ours, UNTOUCHED)
    assert found.recall >= TARGET and found.precision == 1, found.mistakes


HARLOW = CitedFact(
    "f1", "Second centre in Leeds", "Harlow opened its second centre in Leeds on 3 March 2026.", "2026-03-05"
)
BAYER = CitedFact("f2", "Zweites Werk", "Bayer hat ein zweites Werk in Ulm eröffnet.", "2026-03-05")


@pytest.mark.parametrize(("fact", "sentence", "language"), [
    (HARLOW, "Your second centre in Leeds opened on 5 March.", "en"),
    (BAYER, "Am 5. März wurde Ihr zweites Werk in Ulm eröffnet.", "de"),
])  # fmt: skip
def test_the_day_of_publication_is_not_the_day_of_the_event(
    fact: CitedFact, sentence: str, language: str
) -> None:
    problems = check(
        "", sentence, [Cited(sentence, (fact.id,))], [fact], known=["Harlow", "Bayer"], language=language
    )
    assert len(problems) == 1 and "The date “5" in problems[0].sentence


@pytest.mark.parametrize(("fact", "sentence", "language"), [
    (HARLOW, "I read your news of 5 March about the second centre in Leeds.", "en"),
    (HARLOW, "Your second centre in Leeds opened on 3 March.", "en"),
    (BAYER, "In Ihrer Meldung vom 5. März steht ein zweites Werk in Ulm.", "de"),
    (BAYER, "Im März kam ein zweites Werk in Ulm dazu.", "de"),
])  # fmt: skip
def test_the_day_of_publication_is_that_of_the_news(fact: CitedFact, sentence: str, language: str) -> None:
    assert not check(
        "", sentence, [Cited(sentence, (fact.id,))], [fact], known=["Harlow", "Bayer"], language=language
    )


@pytest.mark.parametrize("sentence", [
    "Ocado uses the same centre, doesn't it?",
    "Kettering gains what Norwich loses.",
    "Finastra handles your payments now.",
])  # fmt: skip
def test_a_first_word_that_no_dictionary_has_is_a_name(sentence: str) -> None:
    said = source_of(["Norwich closes; payments go to a new centre."])
    found = unsupported(sentence, said, "en", strict=False)
    assert found == [f"The name “{sentence.split()[0]}” stands in no fact this sentence cites."]


@pytest.mark.parametrize("sentence", [
    "Changeovers get louder before they get quieter.",
    "ERPs punish optimism.",
    "Kudos on getting it live.",
    "Since January's round, hiring has probably picked up.",
    "Two centres mean two sets of returns.",
    "Cross-selling rarely works there.",
])  # fmt: skip
def test_a_first_word_that_is_one_of_the_languages_own_is_none(sentence: str) -> None:
    said = source_of(["Opened a second centre in January 2026, after the round; it is live."])
    assert unsupported(sentence, said, "en", strict=True) == []
