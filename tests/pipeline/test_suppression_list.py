"""Whom never to write to, as people write it down."""

import time
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.cards import SuppressionLine
from db.types import SuppressionKind
from pipeline.rules.suppression_list import entry_of, read_list, report, written

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
HASH = "ab" * 32


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Maria@Acme.example", "address", "maria@acme.example"),
        ("  <mailto:maria@acme.example> ", "address", "maria@acme.example"),
        ("acme.com", "domain", "acme.com"),
        ("@acme.com", "domain", "acme.com"),
        ("*@acme.com", "domain", "acme.com"),
        ("*.acme.com", "domain", "acme.com"),
        ("https://www.Acme.com:8080/contact?x=1", "domain", "acme.com"),
        ("bücher.example", "domain", "xn--bcher-kva.example"),
        ("GMAIL.com.", "domain", "gmail.com"),
    ],
)
def test_what_people_write_is_understood(text: str, kind: str, value: str) -> None:
    found = entry_of(text)
    assert (found.kind, found.value) == (kind, value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "acme",
        "acme corp",
        "a b.com",
        "not@an@address",
        "-x.com",
        "1.2.3.4",
        "x" * 400,
        ".",
        "@",
        "com.",
    ],
)
def test_what_is_neither_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"[.]$"):
        entry_of(text)


def test_free_mail_is_known_as_such() -> None:
    assert entry_of("gmail.com").is_free_mail
    assert not entry_of("maria@gmail.com").is_free_mail and not entry_of("acme.com").is_free_mail


def test_a_list_tells_its_bad_rows_by_number() -> None:
    read = read_list(["maria@acme.example\n", "\n", "not one\n", "acme.com\n", "ACME.com\n"])
    assert [one.value for one in read.entries] == ["maria@acme.example", "acme.com"]
    assert read.repeated == 1
    assert [(one.row, one.text) for one in read.bad] == [(3, "not one")]
    assert "not one" in report(read.bad)


@pytest.mark.parametrize(
    "text",
    [
        "Name;Email;Company\nMaria;maria@acme.example;Acme\n",
        "\ufeffemail,reason\nmaria@acme.example,asked\n",
        "Maria Silva\tmaria@acme.example\n",
        "kind,value,hash\naddress,maria@acme.example,\n",
    ],
)
def test_a_file_with_columns_is_read(text: str) -> None:
    read = read_list(text.splitlines(keepends=True))
    assert [one.value for one in read.entries] == ["maria@acme.example"] and not read.bad


def test_hashes_need_their_kind() -> None:
    read = read_list(["kind,value,hash,reason\n", f"address,,{HASH},erased\n", f",,{HASH},x\n"])
    assert [(one.kind, one.digest, one.reason) for one in read.entries] == [("address", HASH, "erased")]
    assert "kind" in read.bad[0].sentence


def test_what_is_exported_is_read_again_and_no_formula() -> None:
    lines = [
        SuppressionLine(uuid4(), "address", "+x@acme.example", "0" * 64, "=cmd|'/c calc'!A1", "U1", AT),
        SuppressionLine(uuid4(), "domain", "acme.com", "1" * 64, 'a, "quoted"\nreason', None, AT),
        SuppressionLine(uuid4(), "address", None, HASH, "erased", None, AT),
    ]
    text = written(lines)
    assert ",=cmd" not in text and "\n+" not in text
    read = read_list(text.splitlines(keepends=True))
    assert {(one.kind, one.value, one.digest) for one in read.entries} == {
        ("address", "+x@acme.example", None), ("domain", "acme.com", None), ("address", None, HASH),
    }  # fmt: skip
    assert not read.bad


def test_ten_thousand_rows_take_a_moment() -> None:
    began = time.perf_counter()
    read = read_list([f"person{number}@company{number % 97}.example\n" for number in range(10_000)])
    assert len(read.entries) == 10_000 and time.perf_counter() - began < 5


@given(st.lists(st.text(max_size=60), max_size=8))
def test_any_text_is_read_without_an_error(lines: list[str]) -> None:
    read = read_list(lines)
    assert all(one.kind in set(SuppressionKind) for one in read.entries)
    assert all(one.sentence for one in read.bad)
