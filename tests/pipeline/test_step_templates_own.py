"""A workspace's own template is refused at save with a sentence at its field, and fits a lead or is not used."""
# ruff: noqa: E501 (templates whole)

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import FieldErrors, UserError
from pipeline.rules.step_templates import TEMPLATES
from pipeline.rules.step_templates_own import (
    EXAMPLE,
    VARIABLES,
    OwnTemplate,
    asks_for_templates,
    checked,
    chosen,
    filled,
    filled_text,
)

BODY = "Hi {{ first_name }},\n\n" + "we help teams like yours to lose less time at work. " * 6


def errors(**changes: str) -> dict[str, str]:
    given = {
        "name": "Friendly",
        "step_type": "introduction",
        "language": "en",
        "subject": "Hello",
        "body": BODY,
    }
    try:
        checked(**(given | changes))
    except FieldErrors as error:
        return error.errors
    return {}


def test_a_good_one_is_kept_with_the_variables_it_names() -> None:
    own, variables = checked("  Our  own ", "breakup", "de-AT", " For {{ company }} ", BODY)
    assert own == OwnTemplate("Our own", "breakup", "de", "For {{ company }}", BODY.strip())
    assert variables == ("company", "first_name")


@pytest.mark.parametrize(("changes", "field", "says"), [
    ({"name": " "}, "name", "a name"),
    ({"name": "x" * 81}, "name", "80 characters"),
    ({"step_type": "sixth"}, "step", "introduction, value_proposition"),
    ({"language": "Englisch!"}, "language", "two letters"),
    ({"subject": ""}, "subject", "Write something"),
    ({"subject": "x" * 51}, "subject", "51 characters; 50 are allowed"),
    ({"subject": "{{ frist_name }}"}, "subject", "Did you mean first_name?"),
    ({"body": BODY + "{{ comapny }}"}, "body", "Did you mean company?"),
    ({"body": BODY + "{{ zzz }}"}, "body", "Known: first_name, company, title"),
    ({"body": BODY + "{{ FirstName }}"}, "body", "Did you mean first_name?"),
    ({"body": BODY + "{{"}, "body", "Line"),
    ({"body": "Hi\n\n{% if company %}x"}, "body", "Line 3"),
    ({"body": BODY + "{% for a in first_name %}{{ a }}{% endfor %}"}, "body", "can't loop"),
    ({"body": BODY + "{% for a in range(10**9) %}{% for b in range(10**9) %}{% endfor %}{% endfor %}"}, "body", "can't loop"),
    ({"body": BODY + "{{ first_name.__class__.__mro__ }}"}, "body", "with a dot"),
    ({"body": BODY + "{{ first_name['__class__'] }}"}, "body", "with brackets"),
    ({"body": BODY + "{{ first_name | attr('__class__') }}"}, "body", "no filter “attr”"),
    ({"body": BODY + "{{ first_name | replace('a', 'aaaaaaaaaa') }}"}, "body", "no filter “replace”"),
    ({"body": BODY + "{{ 'x' * 1000000000 }}"}, "body", "can't calculate"),
    ({"body": BODY + "{{ first_name.format(1) }}"}, "body", "can't call"),
    ({"body": BODY + "{{ lipsum() }}"}, "body", "can't call"),
    ({"body": BODY + "{{ self }}"}, "body", "no variable “self”"),
    ({"body": BODY + "{% include 'etc' %}"}, "body", "knows only"),
    ({"body": BODY + "{% set a = 1 %}"}, "body", "knows only"),
    ({"body": BODY + "{% macro a() %}{% endmacro %}"}, "body", "knows only"),
    ({"body": BODY + "{{ " + "(" * 900 + "1" + ")" * 900 + " }}"}, "body", ""),
    ({"body": BODY + "{{ " + "not " * 500 + "title }}"}, "body", "nested"),
    ({"body": BODY + "{% if title %}" * 60 + "x" + "{% endif %}" * 60}, "body", "nested"),
    ({"body": BODY + "{{ first_name < 3 }}"}, "body", "can't be filled in"),
    ({"body": BODY + "x" * 3000}, "body", "3000 are allowed"),
    ({"body": "Hi {{ first_name }}, short."}, "body", "at least 50"),
    ({"body": BODY + "word " * 120}, "body", "at most 150"),
    ({"body": BODY + "[Your name]"}, "body", "placeholder"),
    ({"body": BODY + "{% raw %}{{ first_name }}{% endraw %}"}, "body", "placeholder"),
    ({"body": BODY + "See https://other.example/x"}, "body", "not one of ours"),
    ({"body": BODY.replace("Hi {{ first_name }}", "Hi Bob")}, "body", "names “Bob”"),
])  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(changes: dict[str, str], field: str, says: str) -> None:
    found = errors(**changes)
    if says:
        assert set(found) == {field} and says in found[field], found
    else:  # brackets fold away: whatever is said, it ends
        assert set(found) <= {field}


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert set(errors(name="", subject="{{ nobody }}", body="{% for %}")) == {"name", "subject", "body"}


def test_words_the_company_never_uses_are_refused() -> None:
    with pytest.raises(FieldErrors) as refused:
        checked("A", "breakup", "en", "Synergy", BODY, forbidden_words=("synergy",))
    assert "never uses" in refused.value.errors["subject"]


@pytest.mark.parametrize("language", TEMPLATES)
def test_each_built_in_one_can_be_taken_as_a_start(language: str) -> None:
    for step_type, one in TEMPLATES[language].items():
        checked("A copy", step_type, language, one.subject, one.source)


def test_a_variable_nobody_knows_is_false_in_an_if_and_an_error_where_it_is_shown() -> None:
    some = {"first_name": "Ada"}
    assert (
        filled_text("Hi {{ first_name }}{% if recent_news %}, {{ recent_news }}{% endif %}", some) == "Hi Ada"
    )
    assert filled_text("{{ company | default('your company') }}", some) == "your company"
    assert filled_text("{{ recent_news if recent_news else 'x' }}", some) == "x"
    with pytest.raises(UserError, match="recent_news"):
        filled_text("I saw that {{ recent_news }}", some)


def test_what_a_lead_is_called_is_never_read_as_a_template() -> None:
    assert filled_text("{{ first_name }}", {"first_name": "{{ 7*7 }}{% for %}"}) == "{{ 7*7 }}{% for %}"


def test_a_subject_too_long_for_a_lead_does_not_fit() -> None:
    own = OwnTemplate("x", "breakup", "en", "For {{ company }}", BODY)
    assert filled(own, EXAMPLE)[0] == "For Acme"
    with pytest.raises(UserError, match="50 are allowed"):
        filled(own, EXAMPLE | {"company": "A company with a very long name that goes on and on"})


def test_the_leads_language_goes_first_and_english_stands_in_where_there_is_no_built_in_one() -> None:
    def named(name: str, language: str, step_type: str = "breakup") -> OwnTemplate:
        return OwnTemplate(name, step_type, language, "s", "b")

    all_of_them = [
        named("en", "en"),
        named("sv", "sv"),
        named("de", "de"),
        named("other", "en", "introduction"),
    ]
    assert [one.name for one in chosen(all_of_them, "breakup", "sv")] == ["sv", "en"]
    assert [one.name for one in chosen(all_of_them, "breakup", "de-CH")] == ["de"]
    assert [one.name for one in chosen(all_of_them, "breakup", "fr")] == []
    assert [one.name for one in chosen(all_of_them, "case_study", "en")] == []


@pytest.mark.parametrize(("approach", "is_asked"), [
    ("templates", True), ("Use our templates.", True), ("only templates", True), ("from the templates", True), ("template", True),
    (None, False), ("", False), ("ask about their templates for contracts", False), ("short and warm", False),
])  # fmt: skip
def test_a_campaign_may_ask_for_templates(approach: str | None, is_asked: bool) -> None:
    assert asks_for_templates(approach) is is_asked


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("{}%|'\"()[]._~ aifend\nfrst_me0*+"), max_size=120))
def test_no_source_makes_it_fail_otherwise(source: str) -> None:
    try:
        assert isinstance(filled_text(source, EXAMPLE), str)
    except UserError as error:
        assert str(error)


def test_the_example_knows_every_variable() -> None:
    assert set(EXAMPLE) == set(VARIABLES) and all(EXAMPLE.values())
