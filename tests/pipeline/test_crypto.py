"""A new key in front of the old one, as `.env.example` says it: nothing that was known before is lost."""

from uuid import uuid4

from pipeline.crypto import Digester, lasting_secret, sealer_from, signing_secrets
from pipeline.rules.consent import UnsubscribeLinks

FIRST, SECOND = "11" * 32, "22" * 32
BEFORE, AFTER = FIRST, f"new:{SECOND}, old:{FIRST}"


def test_what_was_sealed_before_opens_and_the_new_key_seals() -> None:
    sealed = sealer_from(BEFORE).seal(b"a refresh token")
    assert sealer_from(AFTER).open(sealed) == b"a refresh token"
    assert sealer_from(AFTER).seal(b"x").startswith("v1.new.")


def test_whom_never_to_write_to_is_still_known() -> None:
    before, after = (Digester(lasting_secret(keys)) for keys in (BEFORE, AFTER))
    assert before.digest("ana@acme.example") == after.digest(" Ana@Acme.example")
    assert Digester(lasting_secret(SECOND)).digest("ana@acme.example") != before.digest("ana@acme.example")


def test_links_in_mail_that_was_sent_before_still_unsubscribe() -> None:
    workspace, email = uuid4(), uuid4()
    old, new = (UnsubscribeLinks(signing_secrets(keys), "https://rm.example") for keys in (BEFORE, AFTER))
    assert new.read(old.token(workspace, email)) == (workspace, email)
    assert new.token(workspace, email) != old.token(workspace, email)
    assert old.read(new.token(workspace, email)) is None
