"""When, in people's words: "every morning", "tomorrow at 10am", an ISO time, or a cron expression."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import CroniterBadCronError, CroniterBadDateError, croniter

from pipeline.errors import UserError
from pipeline.rules.moment_text import AMOUNT, EXAMPLES, LONGEST, NUMBERS, moment, time_of_day

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
_EVERY = re.compile(
    r"\b(?:every|each|daily|weekly|monthly|hourly|yearly|annually|weekdays|weekends"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days)\b",
    re.IGNORECASE,
)
_MINUTES = re.compile(rf"\bevery\s+({AMOUNT})\s*(?:minutes?|mins?)\b", re.IGNORECASE)
_HOURS = re.compile(rf"\bevery\s+({AMOUNT})\s*(?:hours?|hrs?)\b", re.IGNORECASE)
_UNSUITED = re.compile(
    rf"\b(?:every|each)\s+(?:other|second|third|(?!one\b|a\b|an\b|1\b)(?:{AMOUNT}))\s*(?:days?|weeks?|months?|years?"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?)\b"
    r"|\b(?:every (?:quarter|year)|quarterly|yearly|annually|fortnightly|biweekly|except)\b",
    re.IGNORECASE,
)
_MONTHLY = re.compile(r"\b(?:monthly|(?:every|each) month)\b", re.IGNORECASE)
_DAY_OF_MONTH = re.compile(r"\b([12]?\d|3[01])(?:st|nd|rd|th)\b|\b(first)(?: day)?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Once (`run_at`) or again and again (`cron`, read in `timezone`)."""

    words: str
    timezone: str
    run_at: datetime | None = None
    cron: str | None = None


# “9am Berlin time”: a zone after a time of day, which would otherwise be dropped without a word.
_ZONE = re.compile(
    r"(?<=[\d.m:] )([A-Za-z][A-Za-z/_-]*) (?:standard |daylight |summer )?time\b", re.IGNORECASE
)
# “10am PST”, “9:00 CET”, “10am UTC+2”: the same, in short.
_SHORT_ZONE = re.compile(
    r"(?<=[\d.mM:] )\(?((?:UTC|GMT)(?: ?[+-]\d{1,2}(?::?\d{2})?)?|[ECMP][SD]?T|A[SD]T|AK[SD]T|HST|WES?T|CES?T|EES?T|"
    r"BST|MSK|IST|SGT|HKT|JST|KST|AE[SD]T|AC[SD]T|AWST|NZ[SD]T|BRT|SAST)\b\)?"
)
_NO_ZONES = frozenset({"my", "our", "local", "your"})


def parse_schedule(words: str, *, timezone: str, now: datetime) -> Schedule:
    """Raises UserError, with examples, for what can't be understood, lies in the past or names no zone."""
    text = " ".join(words.split())
    local = zone(timezone)
    if not text:
        raise UserError(f"When? For example {EXAMPLES}.")
    if (named := _ZONE.search(text)) and named[1].lower() not in _NO_ZONES:
        raise _not_theirs(named[0], timezone)
    text = _ZONE.sub("", text).strip()  # “my time”
    short = _SHORT_ZONE.search(text)
    if short and short[1] != now.astimezone(local).tzname():
        raise _not_theirs(short[0], timezone)
    text = _SHORT_ZONE.sub("", text).strip()
    if is_cron(text):
        next_time(text, timezone=timezone, after=now)  # 30 February is well written and never comes
        return Schedule(text, timezone, cron=text)
    cron = _recurring(text.lower()[:LONGEST])
    if cron:
        return Schedule(text, timezone, cron=cron)
    return Schedule(text, timezone, run_at=moment(text, local=local, now=now))


def _not_theirs(words: str, timezone: str) -> UserError:
    return UserError(
        f"I take times in your own zone ({timezone}), not in “{words[:60]}”. Say when it is for you."
    )


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
    """The cron expression of words that repeat; None for words that don't. Raises UserError for what cron can't."""
    if match := _MINUTES.search(text):
        return _every(_number(match[1]), 60, "*/{} * * * *", "minutes")
    if re.search(r"\bevery half an? hour\b|\bevery half[- ]hour\b", text):
        return PATTERNS["every 30 minutes"]
    if match := _HOURS.search(text):
        return _every(_number(match[1]), 24, "0 */{} * * *", "hours")
    if "twice a day" in text:
        return PATTERNS["twice a day"]
    if not _EVERY.search(text):
        return None
    if _UNSUITED.search(text):
        raise UserError(f"I can repeat by the minute, hour, day, weekday or month. For example {EXAMPLES}.")
    clock, rest = time_of_day(text)
    if clock is None and re.search(r"\b(?:hourly|every hour)\b", text):
        return PATTERNS["every hour"]
    at = clock or time(9)
    if _MONTHLY.search(text):
        day = _DAY_OF_MONTH.search(rest)
        return f"{at.minute} {at.hour} {day[1] or 1 if day else 1} * *"
    return f"{at.minute} {at.hour} * * {_weekdays(text)}"


def _weekdays(text: str) -> str:
    """The day field: those that are named, working days, the weekend, Monday for "weekly", else all."""
    named = sorted(number for name, number in DAYS.items() if name in text)
    if named:
        return ",".join(map(str, named))
    if re.search(r"\b(?:week|working|business)\s?days?\b", text):
        return "1-5"
    if "weekend" in text:
        return "0,6"
    return "1" if re.search(r"\b(?:weekly|every week)\b", text) else "*"


def _number(word: str) -> float:
    return NUMBERS[word] if word in NUMBERS else int(word)


def _every(count: float, whole: int, cron: str, unit: str) -> str:
    if count == 0.5 and unit == "hours":
        return PATTERNS["every 30 minutes"]
    if count < 1 or whole % count:
        fitting = ", ".join(str(n) for n in range(1, whole) if whole % n == 0)
        raise UserError(f"I can repeat every so many {unit} that divide {whole}: {fitting}.")
    return cron.format(int(count)) if count < whole else cron.replace("*/{}", "0")
