"""Every built-in template may go out as it is, in each language, with much or with little known."""
# ruff: noqa: E501 (sentences whole)

import pytest

from pipeline.rules import grounding
from pipeline.rules.email_text import TextRules, lint, problems_in
from pipeline.rules.sequence import step
from pipeline.rules.step_templates import TEMPLATES, Blanks, from_template

LINK = "https://cal.example/sam"
OFFERS = {
    "en": "We help plants to lose far less time to repairs and to the waiting for parts.",
    "de": "Wir helfen Werken dabei, mit den vorhandenen Maschinen weniger Zeit für die Reparatur zu verlieren.",
    "fr": "Nous aidons les usines à perdre moins de temps dans les réparations avec vos machines.",
    "es": "Ayudamos a las fábricas a que pierdan menos tiempo en las reparaciones con sus máquinas.",
    "it": "Aiutiamo le fabbriche a perdere meno tempo per le riparazioni con i nostri strumenti.",
    "pt": "Ajudamos as fábricas a perder menos tempo com os reparos e com a espera na linha.",
    "nl": "Wij helpen fabrieken om met de machines die ze hebben minder tijd te verliezen.",
}
CASES = ("nothing", "everything", "a long company")


def blanks(language: str, case: str) -> Blanks:
    match case:
        case "nothing":
            return Blanks("Ada", sender_name="Sam")
        case "everything":
            return Blanks(
                "María José",
                "Northwind",
                "CTO",
                "Sam Rivers",
                "Brightpath",
                OFFERS[language],
                OFFERS[language],
                LINK,
            )
        case _:
            return Blanks(
                "Ada", company="A company with a very long name that goes on and on", sender_name="Sam"
            )


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize("language", TEMPLATES)
def test_it_passes_the_lint_and_the_grounding_of_its_step(language: str, number: int, case: str) -> None:
    wanted, given = step(number), blanks(language, case)
    subject, body = from_template(wanted.type, given, language)
    rules = TextRules(
        given.first_name,
        min_words=wanted.min_words,
        max_words=wanted.max_words,
        required_link=given.booking_link or None,
    )
    assert problems_in(lint(subject, body, rules)) == []
    known = [text for text in given.named().values() if text]
    assert problems_in(grounding.check(subject, body, [], [], known=known, language=language)) == []


def test_every_step_has_one_in_every_language() -> None:
    types = {step(number).type for number in range(1, 6)}
    assert all(set(texts) == types for texts in TEMPLATES.values())
    assert set(TEMPLATES) == {"en", "de", "fr", "es", "it", "pt", "nl"}


def test_each_language_is_its_own() -> None:
    bodies = [
        from_template("breakup", Blanks("Ada", sender_name="Sam"), language)[1] for language in TEMPLATES
    ]
    assert len(set(bodies)) == len(TEMPLATES)


@pytest.mark.parametrize(("asked", "greets"), [
    ("de-AT", "Guten Tag Ada,"), ("FR", "Bonjour Ada,"), ("pt_BR", "Olá Ada,"), ("sv", "Hi Ada,"), (None, "Hi Ada,"), ("", "Hi Ada,"),
])  # fmt: skip
def test_an_unknown_language_falls_back_to_english(asked: str | None, greets: str) -> None:
    assert from_template("introduction", Blanks("Ada", sender_name="Sam"), asked)[1].startswith(greets)


def test_the_senders_offer_stands_only_in_an_email_of_its_own_language() -> None:
    given = Blanks("Ada", sender_name="Sam", offer=OFFERS["de"])
    assert OFFERS["de"] in from_template("introduction", given, "de")[1]
    assert OFFERS["de"] not in from_template("introduction", given, "en")[1]
    english = Blanks("Ada", sender_name="Sam", offer="We cut waiting.")
    assert "We cut waiting." in from_template("introduction", english, "sv")[1]
    assert "We cut waiting." not in from_template("introduction", english, "it")[1]
