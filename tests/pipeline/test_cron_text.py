"""When, in people's words: read as they are meant, in the person's own zone, across changes of clocks."""
# ruff: noqa: E501 (tables of values are easier to read whole)

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.rules.cron_text import PATTERNS, next_time, parse_schedule

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)  # 10:00 in Berlin
BERLIN = ZoneInfo("Europe/Berlin")


def once(words: str) -> str:
    found = parse_schedule(words, timezone="Europe/Berlin", now=MONDAY)
    assert found.cron is None and found.run_at is not None
    return f"{found.run_at.astimezone(BERLIN):%a %d %b %H:%M}"


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("tomorrow at 10am", "Tue 03 Mar 10:00"), ("Tomorrow at 9", "Tue 03 Mar 09:00"), ("tomorrow", "Tue 03 Mar 09:00"),
        ("tomorrow afternoon at 3", "Tue 03 Mar 15:00"), ("tonight at 8", "Mon 02 Mar 20:00"),
        ("tomorrow at noon", "Tue 03 Mar 12:00"), ("at midnight", "Tue 03 Mar 00:00"), ("at 12am", "Tue 03 Mar 00:00"),
        ("in two hours", "Mon 02 Mar 12:00"), ("in half an hour", "Mon 02 Mar 10:30"), ("in 3 days", "Thu 05 Mar 10:00"),
        ("in 3 days at 4pm", "Thu 05 Mar 16:00"), ("in a week", "Mon 09 Mar 10:00"), ("9am", "Tue 03 Mar 09:00"),
        ("at 5pm", "Mon 02 Mar 17:00"), ("next Monday at 9", "Mon 09 Mar 09:00"), ("friday", "Fri 06 Mar 09:00"),
        ("on Friday at 17:30", "Fri 06 Mar 17:30"), ("5 March at 9", "Thu 05 Mar 09:00"), ("next week", "Mon 09 Mar 09:00"),
        ("next month at 10am", "Thu 02 Apr 10:00"), ("5 April at 9am", "Sun 05 Apr 09:00"),
        ("the day after tomorrow", "Wed 04 Mar 09:00"), ("end of day", "Mon 02 Mar 17:00"), ("2026-03-05", "Thu 05 Mar 09:00"),
        ("2026-03-05 14:00", "Thu 05 Mar 14:00"), ("2026-03-05T14:00:00Z", "Thu 05 Mar 15:00"), ("today", "Mon 02 Mar 11:00"),
        ("2026-03-05T14:00:00+05:00", "Thu 05 Mar 10:00"), ("  tomorrow\n at   10 am ", "Tue 03 Mar 10:00"),
    ],
)  # fmt: skip
def test_a_moment_is_the_persons_wall_time(words: str, moment: str) -> None:
    assert once(words) == moment


@pytest.mark.parametrize(
    ("words", "cron"),
    [
        *PATTERNS.items(), ("Every Monday at 9", "0 9 * * 1"), ("every weekday at 8:30", "30 8 * * 1-5"),
        ("daily at 17:30", "30 17 * * *"), ("every evening at 7", "0 19 * * *"), ("every night at 9", "0 21 * * *"),
        ("every day at noon", "0 12 * * *"), ("every day at midnight", "0 0 * * *"), ("mondays at 9", "0 9 * * 1"),
        ("every monday and wednesday at 9:30", "30 9 * * 1,3"), ("every two hours", "0 */2 * * *"), ("weekly", "0 9 * * 1"),
        ("every half hour", "*/30 * * * *"), ("every 60 minutes", "0 * * * *"), ("every month", "0 9 1 * *"),
        ("every month on the 15th at 8am", "0 8 15 * *"), ("weekends", "0 9 * * 0,6"), ("hourly", "0 * * * *"),
        ("0 9 * * MON-FRI", "0 9 * * MON-FRI"), ("every morning at 9am", "0 9 * * *"), ("every sunday at 6 pm", "0 18 * * 0"),
    ],
)  # fmt: skip
def test_what_repeats_becomes_cron(words: str, cron: str) -> None:
    found = parse_schedule(words, timezone="Europe/Berlin", now=MONDAY)
    assert (found.cron, found.run_at) == (cron, None)


@pytest.mark.parametrize(
    "words",
    ["", "   ", "later", "asap", "🎉", "yesterday", "2020-01-01", "in 5 years", "now", "today at 9am", "every 7 minutes",
     "every other day", "every 3 days", "every quarter", "every day at 25:00", "at 13pm", "0 0 30 2 *", "61 * * * *",
     "every 0 minutes", "every day except friday", "\x00", "a" * 10_000, "99999"],
)  # fmt: skip
def test_what_is_not_understood_is_said_with_examples(words: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_schedule(words, timezone="Europe/Berlin", now=MONDAY)
    assert 10 < len(str(refused.value)) < 400


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "Europe/", "x" * 500, "\x00"])
def test_a_zone_that_does_not_exist_is_said(zone: str) -> None:
    with pytest.raises(UserError, match="time zone"):
        parse_schedule("tomorrow", timezone=zone, now=MONDAY)


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_words_are_understood_or_refused(words: str) -> None:
    try:
        found = parse_schedule(words, timezone="Asia/Kolkata", now=MONDAY)
    except UserError:
        return
    first = found.run_at or next_time(found.cron or "", timezone="Asia/Kolkata", after=MONDAY)
    assert first > MONDAY


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        # Berlin: clocks go from 02:00 to 03:00 on 29 March 2026 and back from 03:00 to 02:00 on 25 October
        ("0 9 * * *", "2026-03-28T09:00+01:00", "2026-03-29T09:00+02:00"),
        ("0 9 * * *", "2026-10-24T09:00+02:00", "2026-10-25T09:00+01:00"),
        ("30 2 * * *", "2026-03-28T12:00+01:00", "2026-03-29T03:30+02:00"),
        ("30 2 * * *", "2026-03-29T03:30+02:00", "2026-03-30T02:30+02:00"),
        ("30 2 * * *", "2026-10-24T12:00+02:00", "2026-10-25T02:30+02:00"),
        ("30 2 * * *", "2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"),
        ("0 * * * *", "2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00"),
        ("0 9 * * 1", "2026-03-02T09:00+01:00", "2026-03-09T09:00+01:00"),
        ("0 9 29 2 *", "2026-03-01T00:00+01:00", "2028-02-29T09:00+01:00"),
    ],
)
def test_nine_is_nine_when_the_clocks_change(cron: str, after: str, expected: str) -> None:
    found = next_time(cron, timezone="Europe/Berlin", after=datetime.fromisoformat(after))
    assert found == datetime.fromisoformat(expected)


ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "America/Sao_Paulo",
     "Pacific/Apia", "Africa/Casablanca"]
)  # fmt: skip
CRONS = st.builds(
    "{} {} * * {}".format,
    st.sampled_from(["0", "30", "*/15", "59", "5,35"]),
    st.sampled_from(["9", "2", "*", "*/4", "0", "23", "1-3"]),
    st.sampled_from(["*", "1", "1-5", "0,6"]),
)
AFTER = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(CRONS, ZONES, AFTER)
@settings(max_examples=200, deadline=None)
def test_the_next_time_is_later_and_at_the_right_wall_time(cron: str, zone: str, after: datetime) -> None:
    local = ZoneInfo(zone)
    before = after
    for _ in range(4):
        found = next_time(cron, timezone=zone, after=before)
        assert found > before
        wall = found.astimezone(local)
        naive = wall.replace(tzinfo=None)
        is_real = naive.replace(tzinfo=local, fold=wall.fold).astimezone(UTC) == found
        assert is_real
        shifted = _behind_a_gap(found, local)
        assert croniter.match(cron, naive) or shifted
        before = found


def _behind_a_gap(moment: datetime, local: ZoneInfo) -> bool:
    """Clocks went forward within the three hours before, so that a skipped time is due here."""
    earlier = (moment - timedelta(hours=3)).astimezone(local)
    return (moment.astimezone(local).utcoffset() or timedelta()) > (earlier.utcoffset() or timedelta())


@pytest.mark.parametrize(
    "words", ["tomorrow at 10am Mars time", "every Monday at 9:00 Berlin time", "at 9 eastern standard time"]
)
def test_a_time_of_another_zone_is_refused_rather_than_taken_for_ones_own(words: str) -> None:
    now = datetime(2026, 3, 2, 8, tzinfo=UTC)
    with pytest.raises(UserError, match=r"your own zone \(Europe/Lisbon\)"):
        parse_schedule(words, timezone="Europe/Lisbon", now=now)
    mine = words.replace("Mars", "my").replace("Berlin", "local").replace("eastern standard", "our")
    assert parse_schedule(mine, timezone="Europe/Lisbon", now=now)


@pytest.mark.parametrize(
    "words",
    ["tomorrow at 10am PST", "every Monday at 9:00 CET", "at 14:30 UTC+2", "tomorrow at 10 a.m. (EST)"],
)
def test_a_zone_in_short_is_refused_too(words: str) -> None:
    now = datetime(2026, 3, 2, 8, tzinfo=UTC)
    with pytest.raises(UserError, match=r"your own zone \(Europe/Lisbon\)"):
        parse_schedule(words, timezone="Europe/Lisbon", now=now)


@pytest.mark.parametrize(
    ("words", "timezone"),
    [
        ("tomorrow at 10am WET", "Europe/Lisbon"),
        ("tomorrow at 10am UTC", "UTC"),
        ("ON MARCH 3 AT 10AM", "UTC"),
    ],
)
def test_ones_own_zone_in_short_is_no_other(words: str, timezone: str) -> None:
    now = datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert parse_schedule(words, timezone=timezone, now=now).run_at == datetime(2026, 3, 3, 10, tzinfo=UTC)
