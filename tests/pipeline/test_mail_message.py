"""Our mail on the wire, read again by a stranger's parser."""

import email
import email.policy
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clients.mail import Outgoing
from pipeline.clients.smtp import on_the_wire
from pipeline.errors import Permanent
from pipeline.rules import letter


def outgoing(**more: str) -> Outgoing:
    return Outgoing(
        **{
            "from_email": "sam@a.example",
            "from_name": "Sam Rivers",
            "to": "ada@b.example",
            "subject": "Hi",
            "text": "Hello\n",
            "token": "t1",
            "message_id": "<t1@a.example>",
            "date": datetime(2026, 3, 2, tzinfo=UTC),
            **more,
        }  # pyright: ignore[reportArgumentType]
    )


def read(**more: str) -> email.message.EmailMessage:
    raw = outgoing(**more).as_bytes()
    return email.message_from_bytes(raw, policy=email.policy.default)  # pyright: ignore[reportReturnType]


def test_long_headers_stay_readable() -> None:
    url = "https://rm.example/u/" + "x" * 300
    ids = " ".join(f"<{'m' * 80}{number}@mail.gmail.com>" for number in range(6))
    headers = letter.unsubscribe_headers(url, "sam@a.example")
    found = read(references=ids, in_reply_to=ids.split()[-1], headers=headers)  # pyright: ignore[reportArgumentType]
    assert f"<{url}>" in found["List-Unsubscribe"] and "=?" not in str(found["List-Unsubscribe"])
    assert found["References"].split() == ids.split()
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_names_and_subjects_of_any_language() -> None:
    found = read(from_name="Zoë Ñandú, Ltd.", subject="Grüße aus Köln – 你好")
    assert found["From"].addresses[0].display_name == "Zoë Ñandú, Ltd."
    assert found["Subject"] == "Grüße aus Köln – 你好"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=400))
def test_the_text_arrives_as_it_was_approved(text: str) -> None:
    found = read(text=text + "\n")
    assert found.get_content().replace("\r\n", "\n") == text + "\n"


def test_a_html_part_mirrors_the_text() -> None:
    found = read(html=letter.html_of("Hi <b>\n\nyou", None))
    assert found.get_content_type() == "multipart/alternative"
    html = found.get_body(("html",))
    assert html is not None and "Hi &lt;b&gt;" in html.get_content()


@pytest.mark.parametrize(
    "more", [{"to": "no address"}, {"to": "a@b.example\r\nBcc: x@y.example"}, {"subject": "a\r\nBcc: x"}]
)
def test_what_no_mail_can_carry_is_refused(more: dict[str, str]) -> None:
    with pytest.raises(Permanent):
        read(**more)


@pytest.mark.parametrize("text", ["Grüße aus Köln", "你好，" * 900, "x" * 3000, "é" * 3000, "Hello"])
def test_the_wire_carries_seven_bits_in_short_lines(text: str) -> None:
    """A server that offers no 8BITMIME must be able to take it (RFC 6152, RFC 5322 §2.1.1)."""
    mail = outgoing(text=f"{text}\n", html=letter.html_of(text, None), subject="Grüße", from_name="Zoë")
    raw = on_the_wire(mail.as_bytes())
    assert raw.isascii() and b"8bit" not in raw.lower()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert read(text=f"{text}\n").get_content().rstrip() == text
