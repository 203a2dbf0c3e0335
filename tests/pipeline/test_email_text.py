"""What nobody should receive is refused, with a sentence that says why."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules import email_text, letter
from pipeline.rules.approval import content_hash, covering_hash
from pipeline.rules.consent import UnsubscribeLinks, is_role_address
from pipeline.rules.email_text import TextRules, compose, lint, problems_in
from pipeline.rules.letter import Letterhead

RULES = TextRules("Ada", "Berg", allowed_links=("https://cal.example/sam",), forbidden_words=("synergy",))
GOOD = (
    "Hi Ada,\n\n" + "we help people like you get their work done in good time every day. " * 4
    + "\n\nWould a short call make sense?\n\nP.S. Have a good week."
)  # fmt: skip


def test_a_good_email_passes() -> None:
    assert lint("A note for Northwind", GOOD, RULES) == []


@pytest.mark.parametrize(
    ("subject", "body", "says"),
    [
        ("", GOOD, "empty"),
        ("x" * 51, GOOD, "51 characters"),
        ("Two\nlines", GOOD, "one line"),
        ("URGENT BUSINESS", GOOD, "capitals"),
        ("Re: our talk", GOOD, "pretends"),
        ("Hello", "Hi Ada,\n\nshort.\n\nP.S. x", "at least 50"),
        ("Hello", GOOD + " word" * 150, "at most 150"),
        ("Hello", GOOD.replace("we help", "act now, we help", 1), "act now"),
        ("Hello", GOOD.replace("we help", "our synergy helps", 1), "synergy"),
        ("Hello", GOOD.replace("Ada", "{{first_name}}"), "placeholder"),
        ("Hello", GOOD.replace("Ada", "[First Name]"), "placeholder"),
        ("Hello", GOOD.replace("we help", "we at {company} help", 1), "placeholder"),
        ("Hello", GOOD.replace("Hi Ada", "Hi Bob"), "names “Bob”"),
        ("Hello", GOOD.replace("Hi Ada", "Dear Mr. Smith"), "but the lead is Ada"),
        ("Hello", GOOD.replace("call make", "call? Does it make"), "more than one question"),
        ("Hello", GOOD.replace("P.S.", "And:"), "P.S."),
        ("Hello", GOOD + " https://evil.example/x", "https://evil.example/x"),
        ("Hello", GOOD + " www.cal.example.evil.example/sam", "not one of ours"),
    ],
)
def test_a_fault_is_named(subject: str, body: str, says: str) -> None:
    found = problems_in(lint(subject, body, RULES))
    assert any(says in sentence for sentence in found), found


@pytest.mark.parametrize(
    "greeting",
    [
        "Hi Ada,",
        "Hello Ada Berg,",
        "Dear Dr. Berg,",
        "Hallo Ada!",
        "Sehr geehrte Frau Berg,",
        "Bonjour Ada,",
        "Hi there,",
    ],
)
def test_ways_to_greet_ada(greeting: str) -> None:
    assert lint("Hello", GOOD.replace("Hi Ada,", greeting), RULES) == []


def test_the_booking_link_must_stand_in_it_when_there_is_one() -> None:
    rules = replace(RULES, required_link="https://cal.example/sam")
    assert any("booking link" in sentence for sentence in problems_in(lint("Hello", GOOD, rules)))
    assert lint("Hello", GOOD.replace("make sense?", "make sense? https://cal.example/sam."), rules) == []


def test_the_signature_is_not_written_twice() -> None:
    rules = replace(RULES, signature="Sam Rivers\nBrightpath Analytics")
    assert lint("Hello", GOOD, rules) == []
    assert lint("Hello", GOOD + "\n\nBest,\nSam", rules) == []
    assert "added on sending" in problems_in(lint("Hello", GOOD + "\n\nSam Rivers", rules))[0]


def test_call_to_action_and_postscript_stand_once() -> None:
    body = compose("Hi,\n\ntext.\n\nShall we talk?", "Shall we talk?", "P.S. One more.")
    assert body == "Hi,\n\ntext.\n\nShall we talk?\n\nP.S. One more."
    assert compose(body, "Shall we talk?", "One more.") == body


def test_the_footer_has_an_address_and_a_way_out() -> None:
    head = Letterhead("Sam Rivers", "Acme", None, "1 Main St\nSpringfield")
    text = letter.full_text(
        "Body", head, unsubscribe_url="https://rm.example/u/x", language="de-AT", bulk=True
    )
    assert text.startswith("Body\n\nSam Rivers\nAcme\n\n-- \nAcme · 1 Main St · Springfield\n")
    assert "Abmelden: https://rm.example/u/x" in text
    assert "--" not in letter.full_text("Body", head, unsubscribe_url=None, language=None, bulk=False)


def test_one_click_headers() -> None:
    assert letter.unsubscribe_headers("https://rm.example/u/x", "sam@a.example") == {
        "List-Unsubscribe": "<https://rm.example/u/x>, <mailto:sam@a.example?subject=unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_an_unsubscribe_token_is_ours_or_nothing() -> None:
    import uuid

    links = UnsubscribeLinks(["secret"], "https://rm.example/")
    workspace, email = uuid.uuid4(), uuid.uuid4()
    token = links.token(workspace, email)
    assert links.read(token) == (workspace, email)
    assert links.url(workspace, email) == f"https://rm.example/u/{token}"
    assert links.read(token[:-1]) is None and links.read("") is None
    assert UnsubscribeLinks(["other"], None).read(token) is None


def test_role_addresses() -> None:
    assert is_role_address("Info@a.example") and is_role_address("sales+x@a.example")
    assert not is_role_address("ada.berg@a.example")


@given(st.lists(st.text(), min_size=3, max_size=3), st.lists(st.text(), min_size=3, max_size=3))
def test_different_emails_have_different_hashes(one: list[str], other: list[str]) -> None:
    same = [part.encode("utf-8", "replace") for part in one] == [
        part.encode("utf-8", "replace") for part in other
    ]
    assert (content_hash(*one) == content_hash(*other)) == same


def test_parts_can_not_run_into_each_other() -> None:
    assert content_hash("a", "bc", "d") != content_hash("ab", "c", "d")
    assert covering_hash(["a", "b"]) != covering_hash(["b", "a"])


@given(st.text(max_size=300), st.text(max_size=600))
def test_no_text_makes_the_lint_fail(subject: str, body: str) -> None:
    assert isinstance(lint(subject, body, RULES), list) and email_text.word_count(body) >= 0
