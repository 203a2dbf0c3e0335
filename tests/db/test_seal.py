"""Sealed values open with any of the keys, and with no other."""

import base64

import pytest

from db.errors import SealError
from db.seal import Sealer, key_from_text

OLD, NEW = bytes(range(32)), bytes(range(1, 33))


def test_a_rotated_key_still_opens_what_it_sealed():
    sealed = Sealer({"old": OLD}).seal("Grüße".encode())
    rotated = Sealer({"new": NEW, "old": OLD})
    assert rotated.open(sealed).decode() == "Grüße"
    assert rotated.seal(b"x").startswith("v1.new.")


def test_a_key_that_got_its_name_later_opens_what_it_sealed():
    sealed = Sealer({"k0": OLD}).seal(b"before anybody thought of a second key")
    assert Sealer({"new": NEW, "old": OLD}).open(sealed).startswith(b"before")
    assert Sealer({"k0": NEW, "k1": OLD}).open(sealed).startswith(b"before")
    with pytest.raises(SealError):
        Sealer({"new": NEW}).open(sealed)


def test_the_same_value_is_sealed_differently_each_time():
    sealer = Sealer({"k": OLD})
    assert sealer.seal(b"x") != sealer.seal(b"x")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda sealed: sealed[:-6] + ("AAAA" if sealed[-6:-2] != "AAAA" else "BBBB") + sealed[-2:],
        lambda sealed: sealed.replace(".k.", ".other."),
        lambda sealed: sealed.replace("v1.", "v2."),
        lambda _: "not sealed at all",
        lambda _: "",
    ],
)
def test_altered_or_foreign_values_are_refused(spoil):
    with pytest.raises(SealError):
        Sealer({"k": OLD, "other": NEW}).open(spoil(Sealer({"k": OLD}).seal(b"a long enough value")))


def test_keys_are_32_bytes_and_at_least_one():
    for keys in ({}, {"k": b"short"}):
        with pytest.raises(ValueError, match="key"):
            Sealer(keys)


ODD = b"\xfb\xff" * 16  # `+` and `/` in one alphabet, `-` and `_` in the other


@pytest.mark.parametrize(
    "written", [OLD.hex(), base64.b64encode(OLD).decode(), base64.urlsafe_b64encode(OLD).decode().rstrip("=")]
)
def test_a_key_is_read_from_hex_and_both_base64s(written: str):
    assert key_from_text(written) == OLD


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_both_alphabets_give_the_same_key(encode):
    assert key_from_text(encode(ODD).decode()) == ODD


def test_any_other_text_becomes_a_key_of_its_own():
    assert len(key_from_text("correct horse")) == 32 and key_from_text("a") != key_from_text("b")
