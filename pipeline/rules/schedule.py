"""When an email may go: the lead's zone, the workspace's window, business days, holidays, gaps and caps."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

MAX_DAYS_AHEAD = 60
# A mailbox that has never sent begins small; the day's share grows until it reaches the cap.
RAMP_FIRST_DAY = 20
RAMP_DAILY_GROWTH = 10
SHORTEST_GAP = timedelta(seconds=90)
LONGEST_GAP = timedelta(seconds=420)
# Nothing is planned for a window's last minutes: what a tick takes a little late would miss it.
CLOSING = timedelta(minutes=5)
SHORTEST_SLACK = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Window:
    """Local hours in which a lead may be written to. An end before the start is taken as no window."""

    start: time
    end: time
    zone: str
    country: str | None = None  # ISO 3166-1 alpha-2; None: no public holidays


@lru_cache(maxsize=512)
def zone_of(name: str | None, fallback: str | None = None) -> ZoneInfo:
    """The zone of that name, else the fallback's, else UTC."""
    for candidate in (name, fallback):
        if candidate:
            try:
                return ZoneInfo(candidate)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                continue
    return ZoneInfo("UTC")


def in_words(moment: datetime, zone: str | None) -> str:
    """A moment as people of that zone say it, with the zone."""
    local = zone_of(zone)
    return f"{moment.astimezone(local):%A, %d %B %Y, %H:%M} ({local.key})"


@lru_cache(maxsize=256)
def _holidays(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country.upper(), years=year))
    except (NotImplementedError, KeyError):
        return frozenset()


def is_business_day(day: date, country: str | None) -> bool:
    """Monday to Friday and no public holiday of the country."""
    return day.weekday() < 5 and not (country and day in _holidays(country, day.year))


def holiday_on(day: date, country: str | None) -> bool:
    return bool(country) and day in _holidays(country or "", day.year)


def in_window(now: datetime, window: Window) -> bool:
    local = now.astimezone(zone_of(window.zone))
    opens, closes = _hours(local.date(), window)
    return opens <= now < closes and is_business_day(local.date(), window.country)


def next_slot(after: datetime, window: Window, *, seed: str = "") -> datetime:
    """The first moment at or after `after` inside the window; jitter from `seed` is within the first part
    of the window when the day has not begun, and nothing when we are inside it already. UTC."""
    day = after.astimezone(zone_of(window.zone)).date()
    for _ in range(MAX_DAYS_AHEAD):
        opens, closes = _hours(day, window)
        if is_business_day(day, window.country) and opens < closes and after < closes:
            if after >= opens:
                return after.astimezone(UTC)
            return _jittered(opens, closes, seed)
        day += timedelta(days=1)
    return after.astimezone(UTC) + timedelta(days=MAX_DAYS_AHEAD)


def after_business_days(sent_at: datetime, days: int, window: Window, *, seed: str = "") -> datetime:
    """The slot `days` business days after `sent_at`, about the same local hour where the window allows it."""
    zone = zone_of(window.zone)
    local = sent_at.astimezone(zone)
    day = local.date()
    for _ in range(days):
        day += timedelta(days=1)
        while not is_business_day(day, window.country):
            day += timedelta(days=1)
    opens, closes = _hours(day, window)
    wanted = _moment(day, local.time().replace(tzinfo=None), zone)
    if not opens <= wanted < closes - CLOSING:
        wanted = _jittered(opens, closes, seed) if opens < closes else wanted
    return next_slot(max(wanted, sent_at.astimezone(UTC)), window, seed=seed)


def step_slot(
    before: datetime | None, wait: int, window: Window, *, earliest: datetime, seed: str
) -> datetime:
    """When a step may go: `wait` business days after the step before it left, and not before `earliest`."""
    if before is None:
        return next_slot(earliest, window, seed=seed)
    return next_slot(max(after_business_days(before, wait, window, seed=seed), earliest), window, seed=seed)


def business_days_between(start: datetime, end: datetime, window: Window) -> int:
    """Business days after `start`'s day up to and with `end`'s, in the window's zone; 0 for the past."""
    zone = zone_of(window.zone)
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    count = 0
    while day < last and count <= MAX_DAYS_AHEAD:
        day += timedelta(days=1)
        count += is_business_day(day, window.country)
    return count


def day_after(day: date, window: Window, *, seed: str = "") -> datetime:
    """The first slot of the business day after `day`, e.g. after somebody's return."""
    return next_slot(_moment(day + timedelta(days=1), time(0), zone_of(window.zone)), window, seed=seed)


def slot_seed(campaign_id: UUID, lead_id: UUID, number: int) -> str:
    """What an email's jitter comes of: known before the email is, so that a rehearsal plans the real times."""
    return f"{campaign_id}:{lead_id}:{number}"


def slack(speed: float) -> timedelta:
    """How late, in business time, what was planned may be taken and still count as in time: two ticks."""
    return max(SHORTEST_SLACK, timedelta(seconds=0.5 * speed))


def nominal(planned: datetime, actual: datetime, slack: timedelta) -> datetime:
    """The moment the pace is counted from: the planned one, unless it was really late; then nothing catches up."""
    return planned if planned <= actual <= planned + slack else actual


def in_this_window(after: datetime, window: Window, *, seed: str = "") -> tuple[datetime, bool]:
    """A slot at or after `after` for an email that waits its turn, and whether that is inside the hours that are
    open then; else it is the opening of the next ones."""
    if in_window(after, window) and in_window(after + CLOSING, window):
        return after, True
    later = after + CLOSING if in_window(after, window) else after
    return next_slot(later, window, seed=seed), False


def gap(seed: str) -> timedelta:
    """How long a mailbox rests after a send: 90 to 420 seconds, the same for the same seed."""
    return SHORTEST_GAP + (LONGEST_GAP - SHORTEST_GAP) * _share(seed)


def daily_cap(cap: int, *, ramp_started_at: datetime | None, now: datetime) -> int:
    """What a mailbox may send in 24 hours; one that is being ramped up begins with 20 and gains 10 a day."""
    if ramp_started_at is None:
        return cap
    days = max(0, (now - ramp_started_at).days)
    return min(cap, RAMP_FIRST_DAY + RAMP_DAILY_GROWTH * days)


def cap_frees_at(sent: Sequence[datetime], cap: int, now: datetime) -> datetime | None:
    """When a rolling 24 h cap lets the next one through; None: now. `sent` in any order."""
    recent = sorted(at for at in sent if at > now - timedelta(hours=24))
    if cap <= 0:
        return now + timedelta(hours=24)
    return None if len(recent) < cap else recent[len(recent) - cap] + timedelta(hours=24)


@lru_cache(maxsize=4096)
def _hours(day: date, window: Window) -> tuple[datetime, datetime]:
    """When that day's window opens and closes."""
    zone = zone_of(window.zone)
    return _moment(day, window.start, zone), _moment(day, window.end, zone)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A local time as a moment: in a gap it slides forward, in an overlap it is the first of the two."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def _jittered(opens: datetime, closes: datetime, seed: str) -> datetime:
    spread = min(timedelta(hours=1), (closes - opens) / 4)
    return opens + timedelta(seconds=int(spread.total_seconds() * _share(seed))) if seed else opens


def _share(seed: str) -> float:
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:6]) / 2**48
