"""When, in people's words: "every morning", "tomorrow at 10am", an ISO time, or a cron expression."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dateparser
from croniter import CroniterBadCronError, CroniterBadDateError, croniter

from pipeline.errors import UserError

# The seeds' patterns.
PATTERNS = {
    "every morning": "0 9 * * *",
    "every evening": "0 18 * * *",
    "every monday": "0 9 * * 1",
    "twice a day": "0 9,17 * * *",
    "every hour": "0 * * * *",
    "every 30 minutes": "*/30 * * * *",
}
DAYS = {"sunday": 0, "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6}
_TIME = re.compile(r"\b(?:at|um|@)\s*(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?\b", re.IGNORECASE)
_EVERY = re.compile(r"\b(?:every|each|daily|weekly|hourly|weekdays?)\b", re.IGNORECASE)
_MINUTES = re.compile(r"\bevery\s+(\d{1,2})\s*(?:minutes?|mins?)\b", re.IGNORECASE)
_HOURS = re.compile(r"\bevery\s+(\d{1,2})\s*(?:hours?|hrs?)\b", re.IGNORECASE)
EXAMPLES = "“tomorrow at 10am”, “every Monday at 9”, “in two hours”"
MOST_AHEAD = timedelta(days=366 * 2)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Once (`run_at`) or again and again (`cron`, read in `timezone`)."""

    words: str
    timezone: str
    run_at: datetime | None = None
    cron: str | None = None


def parse_schedule(words: str, *, timezone: str, now: datetime) -> Schedule:
    """Raises UserError, with examples, for what can't be understood, lies in the past or names no zone."""
    text = " ".join(words.split())
    zone(timezone)
    if not text:
        raise UserError(f"When? For example {EXAMPLES}.")
    if is_cron(text):
        return Schedule(text, timezone, cron=text)
    cron = _recurring(text.lower())
    if cron:
        return Schedule(text, timezone, cron=cron)
    return Schedule(text, timezone, run_at=_moment(text, timezone, now))


def zone(name: str) -> ZoneInfo:
    """Raises UserError for a name that is no IANA time zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UserError(f"“{name[:60]}” is not a time zone I know. Write it like Europe/Lisbon.") from error


def is_cron(text: str) -> bool:
    return len(text.split()) == 5 and croniter.is_valid(text)


def next_time(cron: str, *, timezone: str, after: datetime) -> datetime:
    """The first occurrence after `after`, in UTC.

    A wall time that a change of clocks skips happens as much later; one that comes twice happens once.
    """
    local = zone(timezone)
    naive = after.astimezone(local).replace(tzinfo=None)
    try:
        occurrences = croniter(cron, naive)
        for _ in range(10_000):
            candidate: datetime = occurrences.get_next(datetime)
            moment = _first(candidate, local)
            if moment > after:
                return moment
    except (CroniterBadCronError, CroniterBadDateError) as error:
        raise UserError(f"“{cron[:60]}” is not a cron expression that ever comes due.") from error
    raise UserError(f"“{cron[:60]}” never comes due.")


def _first(naive: datetime, local: ZoneInfo) -> datetime:
    """The earlier of two equal wall times; one inside a gap is read with the offset before it (PEP 495)."""
    return naive.replace(tzinfo=local, fold=0).astimezone(UTC)


def _recurring(text: str) -> str | None:
    if match := _MINUTES.search(text):
        return _every(int(match[1]), 60, f"*/{match[1]} * * * *", "minutes")
    if match := _HOURS.search(text):
        return _every(int(match[1]), 24, f"0 */{match[1]} * * *", "hours")
    if not _EVERY.search(text) and "twice a day" not in text:
        return None
    at = _time_of_day(text)
    weekdays = [number for name, number in DAYS.items() if name in text]
    days = (
        "1-5"
        if re.search(r"\b(?:week|working|business)\s?days?\b", text)
        else ",".join(map(str, sorted(weekdays))) or "*"
    )
    if at is not None:
        return f"{at[1]} {at[0]} * * {days}"
    for pattern, cron in PATTERNS.items():
        if pattern in text:
            return cron
    if days != "*":
        return f"0 9 * * {days}"
    if re.search(r"\bhourly\b", text):
        return "0 * * * *"
    return "0 9 * * 1" if re.search(r"\b(?:weekly|every week)\b", text) else "0 9 * * *"


def _every(count: int, whole: int, cron: str, unit: str) -> str:
    if not count or whole % count:
        fitting = ", ".join(str(n) for n in range(1, whole) if whole % n == 0)
        raise UserError(f"I can repeat every so many {unit} that divide {whole}: {fitting}.")
    return cron


def _time_of_day(text: str) -> tuple[int, int] | None:
    match = _TIME.search(text)
    if not match:
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    half = (match[3] or "").replace(".", "").lower()
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59:
        raise UserError(f"“{match[0].strip()}” is not a time of day.")
    return hour, minute


def _moment(text: str, timezone: str, now: datetime) -> datetime:
    base = now.astimezone(zone(timezone)).replace(tzinfo=None)
    parsed = dateparser.parse(
        text,
        languages=["en"],
        settings={
            "TIMEZONE": timezone,
            "RETURN_AS_TIMEZONE_AWARE": True,
            "PREFER_DATES_FROM": "future",
            "RELATIVE_BASE": base,
        },
    )
    if parsed is None:
        raise UserError(f"I don't understand when “{text[:80]}” is. For example {EXAMPLES}.")
    if parsed <= now:
        raise UserError(f"“{text[:80]}” is in the past.")
    if parsed - now > MOST_AHEAD:
        raise UserError(f"“{text[:80]}” is more than two years ahead.")
    return parsed.astimezone(UTC)
