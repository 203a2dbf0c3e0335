"""Who is worth writing to, and what a lead's fields may hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import FieldErrors
from pipeline.rules.qualification import is_lead_qualified, validate_lead, worth_writing
from pipeline.rules.scoring import LeadData


def test_a_name_an_email_and_two_enrichments_qualify() -> None:
    assert is_lead_qualified(
        {
            "name": "John Doe",
            "email": "john@company.com",
            "linkedin_url": "linkedin.com/in/johndoe",
            "company_info": "Tech startup",
        }
    )


def test_a_name_and_an_email_alone_do_not() -> None:
    assert not is_lead_qualified({"name": "Jane Doe", "email": "jane@company.com"})


def test_no_enrichment_makes_up_for_a_missing_email() -> None:
    rich = LeadData(name="Jane Doe", linkedin_url="x", website_url="x", company_info="x", social_profiles="x")
    verdict = worth_writing(rich)
    assert not verdict.qualified
    assert verdict.reason == "Not written to yet: an email address that is certain is missing."


def test_qualified_but_below_the_threshold_is_not_written_to() -> None:
    verdict = worth_writing(
        LeadData(
            name="Jane Doe", email="j@c.com", website_url="https://c.com", social_profiles="https://x.com/c"
        )
    )
    assert (verdict.qualified, verdict.score) == (False, 20)
    assert "below 45" in verdict.reason and "the LinkedIn profile" in verdict.reason


def test_the_reason_of_a_qualified_lead_names_what_is_known() -> None:
    verdict = worth_writing(
        LeadData(name="A B", email="a@b.com", company="B", linkedin_url="l", company_info="They bake.")
    )
    assert verdict.qualified and verdict.score == 65
    assert "the LinkedIn profile and information about the company" in verdict.reason


def test_a_profile_without_a_scheme_is_as_good_as_the_whole() -> None:
    lead = validate_lead(name="John Doe", email="John@Company.COM", linkedin_url="linkedin.com/in/johndoe")
    assert lead.linkedin_url == "https://linkedin.com/in/johndoe"
    assert lead.email == "John@company.com"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": "x" * 10_000}, "name"),
        ({"name": "J"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "🙂🙂🙂"}, "name"),
        ({"name": "\u202e\u202e\u202e"}, "name"),
        ({"name": "Jo Doe", "email": "not an address"}, "email"),
        ({"name": "Jo Doe", "email": "a@b"}, "email"),
        ({"name": "Jo Doe", "email": "jörg@exämple.com"}, "email"),
        ({"name": "Jo Doe", "website_url": "javascript:alert(1)"}, "website_url"),
        ({"name": "Jo Doe", "website_url": "https://user:pw@host.com"}, "website_url"),
        ({"name": "Jo Doe", "linkedin_url": "linkedin"}, "linkedin_url"),
        ({"name": "Jo Doe", "website_url": "http://[::1"}, "website_url"),
        ({"name": "Jo Doe", "website_url": "https://acme.example|Acme"}, "website_url"),
        ({"name": "Jo Doe", "website_url": "https://<b>.example"}, "website_url"),
        ({"name": "Jo Doe", "company": "c" * 500}, "company"),
    ],
)
def test_a_wrong_field_is_answered_with_a_sentence(fields: dict[str, str], wrong: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        validate_lead(**fields)  # type: ignore[arg-type]
    assert list(caught.value.errors) == [wrong]
    assert caught.value.errors[wrong].endswith(".")
    assert len(caught.value.errors[wrong]) < 200


def test_every_wrong_field_is_told_at_once() -> None:
    with pytest.raises(FieldErrors) as caught:
        validate_lead(name="", email="x", website_url="ftp://x.com")
    assert set(caught.value.errors) == {"name", "email", "website_url"}


def test_names_of_other_scripts_are_kept_and_unseen_characters_dropped() -> None:
    assert validate_lead(name="  مريم\u202e  حداد \u200b").name == "مريم حداد"
    assert validate_lead(name="李 明").name == "李 明"


@given(st.text(max_size=300), st.text(max_size=100), st.text(max_size=200))
def test_any_text_gives_a_lead_or_sentences(name: str, email: str, url: str) -> None:
    try:
        lead = validate_lead(name=name, email=email, website_url=url)
    except FieldErrors as errors:
        assert all(sentence.endswith(".") for sentence in errors.errors.values())
    else:
        assert 2 <= len(lead.name) <= 100
