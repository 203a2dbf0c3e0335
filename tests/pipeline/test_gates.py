"""Each gate shuts for its own reason, and only then."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.types import (
    CampaignState,
    EmailKind,
    EmailStatus,
    EnrollmentState,
    LeadStatus,
    MailboxState,
    StopReason,
)
from pipeline.rules import gates
from pipeline.rules.gates import GATES, PACE_GATES, GateFacts, PaceFacts
from pipeline.rules.schedule import Window

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
OPEN = GateFacts(
    campaign_state=CampaignState.ACTIVE,
    enrollment_state=EnrollmentState.ACTIVE,
    content_hash="a",
    approved_hash="a",
    lead_status=LeadStatus.EMAILED,
    address_status=EmailStatus.FOUND,
    window=Window(time(9), time(17), "UTC", "US"),
    mailbox_state=MailboxState.ACTIVE,
    polled_at_wall=NOW,
    wall=NOW,
)
TOKYO = datetime(2026, 3, 3, 0, tzinfo=UTC)  # nine in the morning there
LATER = NOW + timedelta(hours=1)

SHUT: list[tuple[str, dict[str, Any], datetime | None, bool]] = [
    ("not_replied", {"replied": True}, None, True),
    ("not_replied", {"replied_by_hand": True}, None, True),
    ("reachable", {"lead_status": LeadStatus.BOUNCED}, None, True),
    ("reachable", {"lead_status": LeadStatus.UNSUBSCRIBED}, None, True),
    ("reachable", {"address_status": EmailStatus.INVALID}, None, True),
    ("not_suppressed", {"suppressed_address": True}, None, True),
    ("not_suppressed", {"suppressed_domain": True}, None, True),
    ("sending_not_stopped", {"sending_stopped": True}, None, False),
    ("campaign_active", {"campaign_state": CampaignState.PAUSED}, None, False),
    ("campaign_active", {"campaign_state": CampaignState.CANCELLED}, None, True),
    ("campaign_active", {"campaign_starts_at": LATER}, LATER, False),
    ("sequence_running", {"enrollment_state": EnrollmentState.STOPPED, "stop_reason": StopReason.REJECTED}, None, True),
    ("sequence_running", {"enrollment_state": EnrollmentState.HELD}, None, False),
    ("sequence_running", {"held_until": LATER}, LATER, False),
    ("sequence_running", {"enrollment_state": EnrollmentState.WRITING}, None, False),
    ("approved", {"approved_hash": None}, None, False),
    ("approved", {"content_hash": "b"}, None, False),
    ("approved", {"recipient_current": False}, None, False),
    ("in_order", {"previous_sent": False}, None, False),
    ("no_role_address", {"role_address": True}, None, False),
    ("no_colleague_replied", {"colleague_replied": "Bob"}, None, False),
    ("not_written_by_hand", {"by_hand_at": NOW - timedelta(days=1)}, NOW + timedelta(days=2), False),
    ("mailbox_connected", {"mailbox_state": None}, None, False),
    ("mailbox_connected", {"mailbox_state": MailboxState.DISCONNECTED}, None, False),
    ("postal_address_known", {"postal_address": False}, None, False),
    ("healthy", {"health": "quarantine"}, None, False),
    ("domain_in_order", {"domain_ok": False}, None, False),
    ("in_local_window", {"window": Window(time(11), time(17), "UTC")}, LATER, False),
    ("in_local_window", {"window": Window(time(9), time(17), "Asia/Tokyo")}, TOKYO, False),
    ("replies_polled", {"polled_at_wall": NOW - timedelta(minutes=6)}, None, False),
    ("replies_polled", {"polled_at_wall": None}, None, False),
]  # fmt: skip


def test_times_in_sentences_are_those_of_the_zone_that_is_told() -> None:
    late = datetime(2026, 3, 3, 20, tzinfo=UTC)
    for shut, said in (
        ({"campaign_starts_at": late}, "starts on Wednesday, 04 March 2026, 05:00 (Asia/Tokyo)."),
        ({"held_until": late}, "away until Wednesday, 04 March 2026."),
    ):
        (held,) = gates.why(replace(OPEN, zone="Asia/Tokyo", **shut), NOW)  # pyright: ignore[reportArgumentType]
        assert said in held.sentence


PACED: list[tuple[str, PaceFacts]] = [
    ("under_cap", PaceFacts(workspace_cap_frees_at=LATER)),
    ("under_cap", PaceFacts(mailbox_cap_frees_at=LATER)),
    ("under_domain_cap", PaceFacts(domain_cap_frees_at=LATER)),
    ("gap", PaceFacts(next_send_at=LATER)),
    ("gap", PaceFacts(booked_until=LATER)),
]


@pytest.mark.parametrize(("gate", "pace"), PACED)
def test_a_gate_of_the_pace_shuts(gate: str, pace: PaceFacts) -> None:
    (held,) = gates.why(OPEN, NOW, pace)
    assert (held.gate, held.until, held.final) == (gate, LATER, False)
    assert gates.why(OPEN, LATER, pace) == [] and gates.why(OPEN, NOW, PaceFacts()) == []


def test_whose_turn_has_come_passes_those_that_wait() -> None:
    assert gates.why(OPEN, NOW, PaceFacts(booked_until=LATER, has_slot=True)) == []


def test_nothing_holds_an_email_that_is_in_order() -> None:
    assert gates.why(OPEN, NOW) == []


def test_unknown_passes() -> None:
    assert gates.why(GateFacts(mailbox_state=MailboxState.ACTIVE, wall=None), NOW) == []


@pytest.mark.parametrize(("gate", "facts", "until", "final"), SHUT)
def test_a_gate_shuts(gate: str, facts: dict[str, Any], until: datetime | None, final: bool) -> None:
    (held,) = gates.why(replace(OPEN, **facts), NOW)
    assert (held.gate, held.until, held.final) == (gate, until, final)
    assert held.sentence.endswith(".") and held.sentence[0].isupper()


def test_every_gate_was_tried() -> None:
    assert {gate for gate, _, _, _ in SHUT} == {gate.name for gate in GATES}
    assert {gate for gate, _ in PACED} == {gate.name for gate in PACE_GATES}


def test_an_answer_asks_only_what_concerns_it() -> None:
    answer = replace(
        OPEN,
        kind=EmailKind.ANSWER,
        replied=True,
        enrollment_state=EnrollmentState.STOPPED,
        polled_at_wall=None,
    )
    assert gates.why(answer, NOW) == []
    assert [held.gate for held in gates.why(replace(answer, suppressed_address=True), NOW)] == [
        "not_suppressed"
    ]
    assert [held.gate for held in gates.why(replace(answer, approved_hash=None), NOW)] == ["approved"]


@given(
    st.sampled_from([facts for _, facts, _, _ in SHUT]), st.sampled_from([facts for _, facts, _, _ in SHUT])
)
def test_looking_again_is_always_later(one: dict[str, Any], other: dict[str, Any]) -> None:
    held = gates.why(replace(OPEN, **{**one, **other}), NOW)
    assert held and gates.when_to_look_again(held, NOW) > NOW
