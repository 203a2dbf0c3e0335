"""The committed mails are understood as their labels say, and none breaks the reader, whole or in pieces."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.types import InboundKind
from pipeline.rules.opt_out import asks_to_stop
from pipeline.rules.quotes import own_words
from pipeline.rules.reply import parse_inbound
from tests.bench.bench_mail_parsing import COMMITTED, measure, ours

MAILS = sorted(COMMITTED.glob("*.eml"))


def test_every_committed_mail_is_understood() -> None:
    _, wrong, _ = measure(COMMITTED, ours)
    assert wrong == []


def _name(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", MAILS[::4], ids=_name)
def test_a_mail_cut_off_anywhere_is_still_read(path: Path) -> None:
    raw = path.read_bytes()
    for end in range(0, len(raw), max(1, len(raw) // 12)):
        assert parse_inbound(raw[:end]).kind in InboundKind


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(MAILS), st.integers(0, 3000), st.binary(min_size=1, max_size=30))
def test_a_mail_with_noise_in_it_is_still_read(path: Path, at: int, noise: bytes) -> None:
    raw = path.read_bytes()
    at %= len(raw)
    assert parse_inbound(raw[:at] + noise + raw[at:]).kind in InboundKind


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "heads": lambda size: b"On Mon, 2 Mar 2026 at 09:00 a@b.example wrote \n" * (size // 48),
    "fields": lambda size: b"From: a\n" * (size // 8),
    "colons": lambda size: b"<a@b.example>:\n" * (size // 15),
    "addresses": lambda size: b"a@a." * (size // 4),
    "words": lambda size: b"mailbox is " * (size // 11),
    "tags": lambda size: b"<div><blockquote>" * (size // 17),
}


@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_ten_times_the_text_takes_no_hundred_times_as_long(body: Callable[[int], bytes], kind: str) -> None:
    def seconds(size: int) -> float:
        raw = f"From: mailer-daemon@b.example\r\nContent-Type: {kind}\r\n\r\n".encode() + body(size)
        began = time.process_time()
        parse_inbound(raw)
        return time.process_time() - began

    seconds(100_000)
    assert seconds(1_000_000) < 30 * max(seconds(100_000), 0.02)


def test_answers_between_quoted_lines_stay_and_the_rest_of_a_broken_quoted_line_goes() -> None:
    text = (
        "> Don't want to hear from me again? It is quite all right, just\n"
        "answer unsubscribe\n"
        "> and that is that.\n"
        "Tuesday works.\n"
    )
    assert own_words(text) == "Tuesday works."


def test_our_own_footer_left_unmarked_is_nobodys_wish() -> None:
    assert not asks_to_stop("Sounds good.\n\nDon't want to hear from me again? Just answer “unsubscribe”.")
    assert asks_to_stop("Unsubscribe me.\n\nDon't want to hear from me again? Just answer “unsubscribe”.")


def test_a_receipt_holds_nothing() -> None:
    found = parse_inbound((COMMITTED / "receipt.eml").read_bytes())
    assert found.kind == InboundKind.AUTO_REPLY and found.away is None


def test_a_complaint_leads_to_the_message_it_is_about() -> None:
    found = parse_inbound((COMMITTED / "complaint.eml").read_bytes())
    assert found.complaint and "<our-id-1@rainmaker-demo.example>" in found.references
    assert found.complained == ("ada@northwind.example",)
