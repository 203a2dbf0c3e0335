"""What somebody types after `/leads add`, as a lead."""
# ruff: noqa: E501 (tables of payloads are easier to read whole)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.listeners.commands import NO_NAME, parse_lead
from bot.listeners.messages import unescaped
from pipeline.errors import UserError


@pytest.mark.parametrize(
    ("words", "name", "email", "company", "title"),
    [
        ("Maria Silva, maria@acme.example, Acme, CTO", "Maria Silva", "maria@acme.example", "Acme", "CTO"),
        ("Maria Silva, Acme, maria@acme.example", "Maria Silva", "maria@acme.example", "Acme", None),
        ("Maria Silva maria@acme.example", "Maria Silva", "maria@acme.example", None, None),
        ("Maria Silva; Acme; CTO", "Maria Silva", None, "Acme", "CTO"),
        ("Maria Silva <maria@acme.example>, Acme", "Maria Silva", "maria@acme.example", "Acme", None),
        ("Maria Silva, <mailto:maria@acme.example|maria@acme.example>, Acme", "Maria Silva", "maria@acme.example", "Acme", None),
        ("李小龍, li@acme.example, 龍公司", "李小龍", "li@acme.example", "龍公司", None),
        ("مريم السيلفا, Acme", "مريم السيلفا", None, "Acme", None),
        ("🦄 Unicorn, , ,Acme,,", "🦄 Unicorn", None, "Acme", None),
        ("Maria Silva, https://acme.example, Booking.com", "Maria Silva", None, "Booking.com", None),
        ("O’Brien-Núñez, Jr, Acme", "O’Brien-Núñez", None, "Jr", "Acme"),
        ("Maria", "Maria", None, None, None),
        ("Maria Silva at Acme", "Maria Silva", None, "Acme", None),
        ("Maria Silva at Acme, maria@acme.example, CTO", "Maria Silva", "maria@acme.example", "Acme", "CTO"),
    ],
)  # fmt: skip
def test_a_lead_in_a_line(
    words: str, name: str, email: str | None, company: str | None, title: str | None
) -> None:
    found = parse_lead(unescaped(words))
    assert (found.name, found.company, found.title) == (name, company, title)
    if email:
        assert found.email == email


def test_a_web_address_in_a_line_is_the_website() -> None:
    found = parse_lead("Maria Silva, www.acme.example, linkedin.com/in/maria, Acme")
    assert (found.website_url, found.linkedin_url) == ("www.acme.example", "linkedin.com/in/maria")


@pytest.mark.parametrize(
    "words", ["", ",,,", "@", ", nope, x", " ; Acme", "maria@acme.example, Acme", "<>, x"]
)
def test_without_a_name_before_the_first_comma_nothing_is_taken_for_one(words: str) -> None:
    with pytest.raises(UserError, match="no name before the first comma"):
        parse_lead(words)


@given(st.text(max_size=200))
def test_any_line_is_read_or_has_no_name(words: str) -> None:
    try:
        found = parse_lead(unescaped(words))
    except UserError as error:
        assert str(error) == NO_NAME
        return
    assert found.name
    assert "," not in found.name and "@" not in found.name
    assert all(
        part is None or part == part.strip() != "" for part in (found.email, found.company, found.title)
    )


@pytest.mark.parametrize(
    ("typed", "bare"),
    [
        ("see <https://acme.example/a?b=1&amp;c=2|acme.example>", "see https://acme.example/a?b=1&c=2"), ("a &lt; b &amp;&amp; c", "a < b && c"),
        ("<mailto:m@acme.example|m@acme.example>", "m@acme.example"), ("<http://acme.example|acme.example>", "http://acme.example"),
        ("<@U123> hi", "<@U123> hi"), ("<!channel>", "<!channel>"), ("&amp;lt;", "&lt;"), ("nul\x00 \ud83d!", "nul !"), ("<tel:+4930|030>", "030"),
    ],
)  # fmt: skip
def test_words_are_read_as_they_were_typed(typed: str, bare: str) -> None:
    assert unescaped(typed) == bare
