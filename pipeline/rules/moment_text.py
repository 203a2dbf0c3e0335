"""One moment in people's words: "tomorrow at 10am", "in two hours", "next Monday", or an ISO time.

The time of day and the day are read apart: a reader of dates that meets both in one sentence now and then drops
the time without a word.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import dateparser

from pipeline.errors import UserError

EXAMPLES = "“tomorrow at 10am”, “every Monday at 9”, “in two hours”"
MOST_AHEAD = timedelta(days=366 * 2)
LONGEST = 200  # characters that are looked at
MORNING = time(9)  # where only a day is named
NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "half": 0.5, "half a": 0.5,
    "half an": 0.5, "a couple of": 2, "a quarter of an": 0.25,
}  # fmt: skip
AMOUNT = "|".join(sorted(map(re.escape, NUMBERS), key=len, reverse=True)) + r"|\d{1,4}"
PARTS = {
    "this morning": time(9), "morning": time(9), "noon": time(12), "midday": time(12), "lunch": time(12),
    "this afternoon": time(15), "afternoon": time(15), "this evening": time(18), "evening": time(18),
    "tonight": time(20), "night": time(20), "midnight": time(0), "end of day": time(17), "end of the day": time(17),
    "eod": time(17),
}  # fmt: skip
_PART = re.compile(
    r"\b(?:in the |at |by )?(" + "|".join(sorted(PARTS, key=len, reverse=True)) + r")\b", re.IGNORECASE
)
_LATE = frozenset({"afternoon", "this afternoon", "evening", "this evening", "tonight", "night"})
_CLOCK = re.compile(
    r"(?:\b(?:at|um|by)\s+|@\s*)(\d{1,2})(?:[:.h](\d{2}))?\s*(am\b|pm\b|a\.m\.|p\.m\.|o'?clock\b|uhr\b|h\b)?"
    r"|\b(\d{1,2})(?:[:.](\d{2}))?\s*(am\b|pm\b|a\.m\.|p\.m\.)"
    r"|\b(\d{1,2}):(\d{2})\b()",
    re.IGNORECASE,
)
_IN = re.compile(rf"\b(?:in|after)\s+({AMOUNT})\s*(minutes?|mins?|hours?|hrs?|days?|weeks?)\b", re.IGNORECASE)
_IDLE = re.compile(r"\b(?:on|at|the|this|by|in|of|um)\b|[,@]", re.IGNORECASE)


def moment(words: str, *, local: ZoneInfo, now: datetime) -> datetime:
    """In UTC. Raises UserError, with examples, for what can't be understood or lies in the past or too far."""
    text = words[:LONGEST]
    found = _iso(text, local) or _from_now(text, local, now) or _on_a_day(text, local, now)
    if found is None:
        raise UserError(f"I don't understand when “{words[:80]}” is. For example {EXAMPLES}.")
    if found <= now:
        raise UserError(f"“{words[:80]}” is in the past.")
    if found - now > MOST_AHEAD:
        raise UserError(f"“{words[:80]}” is more than two years ahead.")
    return found


def time_of_day(text: str) -> tuple[time | None, str]:
    """The time that is named, and the words without it. Raises UserError for 25 o'clock."""
    part = _PART.search(text)
    rest = _PART.sub(" ", text)
    clock = _CLOCK.search(rest)
    if clock is None:
        return (PARTS[part[1].lower()] if part else None), rest
    hour, minute, half = _groups(clock)
    if half in ("am", "pm"):
        hour = hour % 12 + (12 if half == "pm" else 0) if 1 <= hour <= 12 else 99
    elif part and part[1].lower() in _LATE and hour < 12:
        hour += 12
    if hour > 23 or minute > 59:
        raise UserError(f"“{clock[0].strip()}” is not a time of day.")
    return time(hour, minute), rest[: clock.start()] + " " + rest[clock.end() :]


def _groups(match: re.Match[str]) -> tuple[int, int, str]:
    """Hour, minute, and am or pm, from whichever of the three patterns matched."""
    hour, minute, half = next(found for n in (1, 4, 7) if (found := match.group(n, n + 1, n + 2))[0])
    return int(hour), int(minute or 0), (half or "").replace(".", "").lower()


def at(day: date, clock: time, local: ZoneInfo) -> datetime:
    """A wall time in a zone, in UTC: the earlier of two; one inside a gap as much later (PEP 495)."""
    return datetime.combine(day, clock, tzinfo=local).astimezone(UTC)


def _iso(text: str, local: ZoneInfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if re.fullmatch(r"[\d-]+", text.strip()):
        return at(found.date(), MORNING, local)
    return (found if found.tzinfo else found.replace(tzinfo=local)).astimezone(UTC)


def _from_now(text: str, local: ZoneInfo, now: datetime) -> datetime | None:
    """“in two hours” to the second; “in 3 days” at the same time of day, or at the one that is named."""
    match = _IN.search(text)
    if match is None:
        return None
    word, unit = match[1].lower(), match[2].lower()
    amount = NUMBERS[word] if word in NUMBERS else int(word)
    if unit.startswith(("m", "h")):
        return now + timedelta(minutes=amount * (60 if unit.startswith("h") else 1))
    days = int(amount * (7 if unit.startswith("w") else 1))
    clock, _ = time_of_day(text.replace(match[0], " "))
    here = now.astimezone(local)
    return at(here.date() + timedelta(days=days), clock or here.time(), local)


def _on_a_day(text: str, local: ZoneInfo, now: datetime) -> datetime | None:
    clock, rest = time_of_day(text)
    words = " ".join(_IDLE.sub(" ", rest).split())
    here = now.astimezone(local)
    if not words:
        if clock is None:
            return None
        today = at(here.date(), clock, local)
        return today if today > now else at(here.date() + timedelta(days=1), clock, local)
    if words.lower() == "today" and clock is None:
        return now + timedelta(hours=1)
    day = _day(words, here)
    return None if day is None else at(day, clock or MORNING, local)


def _day(words: str, here: datetime) -> date | None:
    if words.lower() in ("day after tomorrow", "after tomorrow"):
        return here.date() + timedelta(days=2)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    parsed = dateparser.parse(
        words,
        languages=["en", "de"],
        settings={
            "PREFER_DATES_FROM": "future",
            "RELATIVE_BASE": midnight,
            "RETURN_AS_TIMEZONE_AWARE": False,
        },
    )
    return parsed.date() if parsed else None
