"""Whatever stands in the data: Slack takes every surface, and nothing from outside becomes a mention or a link."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.listeners.leads import name_in
from bot.views import briefing, candidates, doctor, draft, drafts_forms, home, lead, mailboxes, modals, reply
from bot.views.blocks import Rendered, clip, escape, link, quoted, whole_lines, words_of
from bot.views.help import help_card
from bot.views.problem import apology, note, problem
from local.sandbox.slack.blocks import has_many_tables, message_problems, view_problems
from pipeline.doctor.finding import Finding, State
from tests.bot import hostile

many = settings(
    max_examples=30,
    deadline=None,
    phases=(
        Phase.explicit,
        Phase.generate,
    ),  # shrinking such cards takes minutes; the data is readable as it is
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def assert_taken(shown: Rendered) -> None:
    payload = shown.payload()
    assert message_problems(payload["blocks"]) == []
    assert not has_many_tables(payload["blocks"])
    assert 1 <= len(payload["text"]) <= 40_000
    assert "<" not in payload["text"]
    assert_ours(payload["blocks"])


def assert_ours(blocks: Any) -> None:
    for text in hostile.markup(blocks):
        assert hostile.strangers(text) == [], text


def assert_view(view: dict[str, Any]) -> None:
    assert view_problems(view) == []
    assert_ours(view["blocks"])


@many
@given(hostile.leads, st.lists(hostile.facts, max_size=40))
def test_a_lead(line: Any, facts: Sequence[Any]) -> None:
    assert_taken(lead.lead_card(line, facts))


@many
@given(st.lists(hostile.leads, max_size=10), hostile.TEXTS, st.integers(0, 10**6))
def test_a_list_of_leads(lines: Sequence[Any], words: str, offset: int) -> None:
    unlike = {line.id: line for line in lines}
    shown = lead.lead_list(
        list(unlike.values()), 10**6, title=f"Leads {words}", offset=offset, filter_value=words
    )
    assert_taken(shown)


@many
@given(hostile.runs)
def test_a_run(card: Any) -> None:
    unlike = {step.key: step for step in card.steps}
    assert_taken(lead.run_card(replace(card, steps=tuple(unlike.values()))))


@many
@given(hostile.approvals, st.integers(0, 6))
def test_drafts(card: Any, open_step: int) -> None:
    unlike = {email.number: email for email in card.emails}
    card = replace(card, emails=tuple(unlike.values()))
    assert_taken(draft.approval_card(card, open_step=open_step))
    assert_view(draft.sources_view(card))


@many
@given(hostile.searches)
def test_a_search_for_new_leads(card: Any) -> None:
    assert_taken(candidates.search_card(card))


@many
@given(hostile.replies)
def test_a_reply(card: Any) -> None:
    assert_taken(reply.reply_card(card))


@many
@given(hostile.emails)
def test_an_email_in_trouble(email: Any) -> None:
    assert_taken(reply.trouble_card(email))


@many
@given(hostile.briefings)
def test_a_briefing(told: Any) -> None:
    assert_taken(briefing.briefing_card(told))


@many
@given(st.lists(hostile.numbers, min_size=1, max_size=4), hostile.statuses)
def test_numbers_side_by_side(spans: Sequence[Any], statuses: dict[str, int]) -> None:
    assert_taken(briefing.stats_card(spans, statuses))


@many
@given(hostile.setups, hostile.numbers, hostile.statuses, hostile.USERS, st.booleans(), hostile.TEXTS)
def test_home_and_greeting(
    setup: Any, numbers: Any, statuses: dict[str, int], user: str | None, sandbox: bool, name: str
) -> None:
    stopped_by = user if user and user.startswith(("U", "W")) else None
    assert_view(home.home(setup, numbers, statuses, sandbox=sandbox, stopped_by=stopped_by))
    assert_taken(home.checklist(setup, sandbox=sandbox))
    assert_taken(home.greeting(name))


@many
@given(hostile.TEXTS, hostile.TEXTS, st.lists(hostile.TEXTS, max_size=5), hostile.times, hostile.emails)
def test_forms(a: str, b: str, many_texts: list[str], at: Any, email: Any) -> None:
    boxes = [mailboxes.Box(a, one) for one in (*many_texts, a)]
    several = mailboxes.Mailboxes(boxes, many_texts, many_texts, boxes)
    views = (
        modals.loading(a), modals.message(a, b), modals.add_lead(name=a, email=b, company=a, metadata=b),
        drafts_forms.edit_email(email, "id"), drafts_forms.reject(a), drafts_forms.regenerate(a),
        modals.setup_approvers(["U0SAMRIVERS"], a), modals.setup_approvers([], a),
        modals.setup_company(name=a, offer=b, proof_points=many_texts, tone=a, forbidden=many_texts, metadata=b),
        modals.setup_sender(name=a, address=b, signature=a, metadata=b),
        *(modals.setup_window(start=at, end=at, timezone="Europe/Kyiv", a_day=500, to_a_company=10, roles=some,
                              metadata=a) for some in (True, False)),
        modals.setup_channels("C1", None, None, a), modals.setup_booking(a, b),
        mailboxes.setup_mailbox(several, None, b), mailboxes.setup_mailbox(mailboxes.Mailboxes(), None, b),
        mailboxes.setup_mailbox(several, "https://accounts.example/auth?x=1", b), mailboxes.servers(a),
    )  # fmt: skip
    for view in views:
        assert_view(view)


@many
@given(hostile.TEXTS)
def test_sentences(text: str) -> None:
    assert_taken(problem(text))
    assert_taken(note(escape(text)))
    assert_taken(apology(text))


@many
@given(
    st.lists(
        st.builds(Finding, hostile.TEXTS, st.sampled_from(State), hostile.TEXTS, hostile.TEXTS), max_size=30
    )
)
def test_what_the_doctor_found(found: Sequence[Finding]) -> None:
    assert_taken(doctor.findings_card(found))


def test_help_and_the_empty_list() -> None:
    assert_taken(help_card())
    assert_taken(lead.no_leads())


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "", "https://", "/x", "mailto:a@b.example",
                                 "https://[::1", "https://a.example/" + "x" * 4000])  # fmt: skip
def test_only_addresses_of_the_web_become_links(url: str) -> None:
    assert "<" not in link(url, "here")


@many
@given(hostile.URLS, hostile.MAYBE)
def test_a_link_is_one_link_or_plain_text(url: str, label: str | None) -> None:
    shown = link(url, label)
    assert hostile.strangers(shown) == []
    assert shown.count("<") == shown.count(">") <= 1
    assert len(shown) <= 3000


@many
@given(hostile.TEXTS, st.integers(100, 3000))
def test_a_quotation_stays_a_quotation(text: str, limit: int) -> None:
    shown = quoted(text, limit)
    assert all(line.startswith(">") for line in shown.split("\n"))
    assert len(shown) <= max(limit, 100) * 6
    assert hostile.strangers(shown.replace("\n", " ")) == []


@given(st.text(), st.integers(1, 50))
def test_clipping_keeps_the_limit(text: str, limit: int) -> None:
    shown = clip(text, limit)
    assert len(shown) <= limit
    assert shown == text or shown.endswith("…")


@given(st.lists(st.text(max_size=30)), st.integers(0, 100))
def test_lines_are_whole_or_left_out(lines: list[str], limit: int) -> None:
    shown = whole_lines(lines, limit)
    assert len(shown) <= limit
    assert shown == "\n".join(lines[: len(lines)]) or any(
        shown == "\n".join(lines[:n]) for n in range(len(lines))
    )


@given(st.text())
def test_words_and_markup_are_inverses(text: str) -> None:
    assert words_of(escape(text)) == text
    assert words_of(f"<https://a.example|{escape('x')}> <@U1>") == "x @U1"


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("We should talk to Grace Draper, grace@x.example, CEO", "Grace Draper"),
        ("Research Dana Reyes dana@n.example", "Dana Reyes"),
        ("Ludwig van der Berg from Acme", "Ludwig van der Berg"),
        ("hello there", ""), ("", ""), ("New lead: Ana Costa, a@b.example", "Ana Costa"),
    ],
)  # fmt: skip
def test_a_message_names_somebody(words: str, name: str) -> None:
    assert name_in(words) == name
