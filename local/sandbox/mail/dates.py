"""Dates as mail programs write them, in English and German, whatever the machine's locale."""

from datetime import date, datetime

MONTHS = {
    "en": [
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ],
    "de": [
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ],
}
DAYS = {
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "de": ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
}


def long_day(day: date, language: str) -> str:
    """Tuesday, August 4, 2026: nobody can take the month for the day."""
    weekday, month = DAYS[language][day.weekday()], MONTHS[language][day.month - 1]
    if language == "de":
        return f"{weekday}, {day.day}. {month} {day.year}"
    return f"{weekday}, {month} {day.day}, {day.year}"


def plain_day(day: date, language: str) -> str:
    """4 August 2026, or 4. August 2026."""
    return f"{day.day}{'.' if language == 'de' else ''} {MONTHS[language][day.month - 1]} {day.year}"


def clock_12(moment: datetime) -> str:
    return f"{moment.hour % 12 or 12}:{moment.minute:02} {'AM' if moment.hour < 12 else 'PM'}"


def clock_24(moment: datetime) -> str:
    return f"{moment.hour:02}:{moment.minute:02}"


def short_month(moment: datetime, language: str) -> str:
    name = MONTHS[language][moment.month - 1]
    if language == "de":
        return name if len(name) <= 4 else f"{name[:3]}."
    return name[:3]
