"""The queue, the summary of many, approvers and the list of whom never to write to: Slack takes whatever they say."""

import json
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from bot.views import draft, drafts_batch, drafts_forms, suppress
from bot.views.approvers import Approver, approvers_card, approvers_form
from bot.views.queue import Shown, queue_card
from db.cards import CampaignWaiting, Standing, SuppressionLine
from db.types import SuppressionKind
from pipeline.rules.passing import Checked, Objection, Outcome, Why
from pipeline.rules.suppression_list import BadRow, ReadList, Suppressed
from tests.bot import hostile
from tests.bot.test_views import assert_taken, assert_view, many

campaigns = st.builds(CampaignWaiting, id=st.uuids(), name=hostile.TEXTS, count=hostile.COUNTS)
objections = st.builds(Objection, why=st.sampled_from(Why), sentence=hostile.TEXTS)
checked = st.builds(
    Checked,
    approval_id=st.uuids(),
    content_hash=st.just("0" * 64),
    name=hostile.TEXTS,
    objections=st.lists(objections, max_size=2).map(tuple),
)
lines = st.builds(
    SuppressionLine, id=st.uuids(), kind=st.sampled_from(SuppressionKind).map(str), value=hostile.MAYBE,
    digest=st.just("ab" * 32), reason=hostile.TEXTS, added_by=hostile.USERS, added_at=hostile.MOMENTS,
)  # fmt: skip


@many
@given(
    st.none() | hostile.approvals,
    st.lists(campaigns, max_size=95, unique_by=lambda one: one.id),
    st.integers(0, 3000),
    st.booleans(),
)
def test_the_queue(card: Any, waiting: list[CampaignWaiting], at: int, mine: bool) -> None:
    chosen = str(waiting[0].id) if waiting else None
    assert_taken(
        queue_card(Shown(card, Standing(min(at, 2000), 2000), mine, chosen, waiting, word="✅ Approved"))
    )


@many
@given(hostile.approvals)
def test_a_card_that_would_send_to_a_guess_says_so_and_no_other_does(card: Any) -> None:
    told = "This address is a guess, confirmed by nobody" in json.dumps(draft.approval_card(card).blocks)
    asks = card.state == "pending" and not (card.kind == "answer" and card.emails)
    assert told == (asks and card.lead.email_status == "guessed")


@many
@given(st.lists(checked, max_size=500, unique_by=lambda one: one.approval_id), hostile.COUNTS)
def test_the_summary_of_many(found: list[Checked], total: int) -> None:
    assert_taken(drafts_batch.summary(found, total, "0" * 64))
    assert_taken(drafts_batch.result(Outcome(total, total, total), "U0SAMRIVERS"))


def test_five_hundred_that_fail_for_every_reason_fit() -> None:
    some = [
        Checked(hostile_id, "0" * 64, "&" * 200, (Objection(list(Why)[n % len(Why)], "&" * 300),))
        for n, hostile_id in enumerate(ids(500))
    ]
    assert_taken(drafts_batch.summary(some, 2000, "0" * 64))


def ids(count: int) -> list[Any]:
    return [uuid4() for _ in range(count)]


@many
@given(st.lists(lines, max_size=10, unique_by=lambda one: one.id), st.booleans(), hostile.TEXTS)
def test_the_list_of_whom_never_to_write_to(newest: list[SuppressionLine], is_admin: bool, text: str) -> None:
    counts = {SuppressionKind.ADDRESS: 10_000, SuppressionKind.DOMAIN: len(newest)}
    assert_taken(suppress.suppression_card(counts, newest, may_remove=is_admin))
    bad = tuple(BadRow(n, text, text or "x") for n in range(9))
    assert_taken(suppress.imported(Suppressed(1, 2, (text,)), ReadList((), bad, 3), text, [text] * 20))


@many
@given(
    st.lists(st.tuples(hostile.USERS, hostile.MOMENTS), max_size=20), st.none() | hostile.TEXTS, hostile.TEXTS
)
def test_approvers_and_forms(made: list[tuple[Any, Any]], refusal: str | None, text: str) -> None:
    some = [Approver("U0SAMRIVERS", True, by, at) for by, at in made]
    assert_taken(approvers_card(some, refusal))
    for view in (
        approvers_form(["U0SAMRIVERS"]), suppress.add_form(text), suppress.remove_form(text),
        suppress.import_form(text), drafts_forms.hand_over(text, "U0SAMRIVERS", "id"), drafts_forms.reject(text),
        drafts_forms.regenerate(text),
    ):  # fmt: skip
        assert_view(view)
