"""Slots, gaps and caps."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules import schedule
from pipeline.rules.schedule import Window

BERLIN = Window(time(9), time(17), "Europe/Berlin", "DE")
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe", "UTC"]
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("after", "slot"),
    [
        (datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 2, 9, tzinfo=UTC)),  # inside: at once
        (datetime(2026, 3, 2, 5, tzinfo=UTC), datetime(2026, 3, 2, 8, tzinfo=UTC)),  # before it opens
        (datetime(2026, 3, 2, 16, tzinfo=UTC), datetime(2026, 3, 3, 8, tzinfo=UTC)),  # as it closes
        (datetime(2026, 3, 6, 18, tzinfo=UTC), datetime(2026, 3, 9, 8, tzinfo=UTC)),  # Friday night
        (
            datetime(2026, 4, 2, 20, tzinfo=UTC),
            datetime(2026, 4, 7, 7, tzinfo=UTC),
        ),  # Easter, and summer time
        (datetime(2026, 12, 24, 20, tzinfo=UTC), datetime(2026, 12, 28, 8, tzinfo=UTC)),  # Christmas
    ],
)
def test_the_next_slot(after: datetime, slot: datetime) -> None:
    assert schedule.next_slot(after, BERLIN) == slot


def test_a_window_that_opens_in_the_hour_that_is_skipped() -> None:
    night = Window(time(2, 30), time(4), "Europe/Berlin")
    assert schedule.next_slot(datetime(2026, 3, 27, 12, tzinfo=UTC), night).astimezone(
        ZoneInfo("Europe/Berlin")
    ).time() == time(2, 30)
    sunday = schedule._moment(date(2026, 3, 29), time(2, 30), ZoneInfo("Europe/Berlin"))  # pyright: ignore[reportPrivateUsage]
    assert sunday == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30 summer time: slid forward
    twice = schedule._moment(date(2026, 10, 25), time(2, 30), ZoneInfo("Europe/Berlin"))  # pyright: ignore[reportPrivateUsage]
    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the first of the two


def test_business_days_are_counted_where_the_lead_is() -> None:
    friday = datetime(2026, 3, 6, 10, tzinfo=UTC)
    assert schedule.after_business_days(friday, 3, BERLIN) == datetime(2026, 3, 11, 10, tzinfo=UTC)
    before_easter = datetime(2026, 4, 1, 10, tzinfo=UTC)
    assert schedule.after_business_days(before_easter, 3, BERLIN) == datetime(2026, 4, 8, 10, tzinfo=UTC)


@given(MOMENTS, ZONES, st.text(max_size=5))
def test_a_slot_is_in_the_window_and_not_before(after: datetime, zone: str, seed: str) -> None:
    window = Window(time(9), time(17), zone, "US")
    slot = schedule.next_slot(after, window, seed=seed)
    assert slot >= after and schedule.in_window(slot, window)
    assert schedule.next_slot(after, window, seed=seed) == slot


@given(MOMENTS, ZONES, st.integers(0, 10))
def test_a_wait_is_never_shorter_than_its_business_days(sent: datetime, zone: str, days: int) -> None:
    window = Window(time(9), time(17), zone)
    slot = schedule.after_business_days(sent, days, window)
    assert slot >= sent and schedule.in_window(slot, window)
    assert schedule.business_days_between(sent, slot, window) >= days


def test_a_window_without_hours_lets_nothing_through() -> None:
    never = Window(time(17), time(9), "UTC")
    assert not schedule.in_window(MONDAY, never)
    assert schedule.next_slot(MONDAY, never) > MONDAY + timedelta(days=30)


def test_an_unknown_zone_falls_back() -> None:
    assert str(schedule.zone_of("Mars/Olympus", "Europe/Berlin")) == "Europe/Berlin"
    assert str(schedule.zone_of(None, "../etc/passwd")) == "UTC"


@given(st.text())
def test_a_gap_is_between_90_and_420_seconds(seed: str) -> None:
    assert timedelta(seconds=90) <= schedule.gap(seed) <= timedelta(seconds=420)


def test_the_cap_rolls_over_24_hours() -> None:
    sent = [MONDAY - timedelta(hours=hours) for hours in (30, 23, 5, 1)]
    assert schedule.cap_frees_at(sent, 4, MONDAY) is None
    assert schedule.cap_frees_at(sent, 3, MONDAY) == MONDAY + timedelta(hours=1)
    assert schedule.cap_frees_at(sent, 1, MONDAY) == MONDAY + timedelta(hours=23)
    assert schedule.cap_frees_at([], 0, MONDAY) == MONDAY + timedelta(hours=24)


def test_a_new_mailbox_is_ramped_up() -> None:
    assert schedule.daily_cap(500, ramp_started_at=None, now=MONDAY) == 500
    assert schedule.daily_cap(500, ramp_started_at=MONDAY, now=MONDAY) == 20
    assert schedule.daily_cap(500, ramp_started_at=MONDAY - timedelta(days=3), now=MONDAY) == 50
    assert schedule.daily_cap(45, ramp_started_at=MONDAY - timedelta(days=30), now=MONDAY) == 45
