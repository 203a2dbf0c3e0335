"""The days of a campaign as a picture: a week a row, each day with its emails by step.

Drawn on a light card of its own, so that it reads the same on Slack's light and dark. Colours are those of Okabe and
Ito, which differ for colour-blind eyes too; each one's number stands beside it.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from bot.views.draft import STEP_NAME

PAPER, CARD, EDGE = "#ffffff", "#f3f5f8", "#c9d1da"
INK, FAINT = "#1b2430", "#5b6673"  # on PAPER 15.6:1 and 5.9:1
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CELL_WIDTH, CELL_HEIGHT, GAP, MARGIN = 138, 168, 8, 20
HEAD, FOOT = 44, 86
MOST_DAYS = 28
MOST_ALT = 1900  # characters; Slack takes 2,000


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    counts: tuple[int, ...]  # by step

    @property
    def total(self) -> int:
        return sum(self.counts)


def spec(days: Sequence[tuple[date, Sequence[int]]]) -> dict[str, Any]:
    """What is drawn, as plain JSON."""
    return {"days": [[day.isoformat(), list(counts)] for day, counts in days[:MOST_DAYS]]}


def read(given: dict[str, Any]) -> list[Day]:
    """Raises KeyError, TypeError, ValueError for what `spec` did not make."""
    return [Day(date.fromisoformat(day), tuple(counts[: len(COLOURS)])) for day, counts in given["days"]]


def alt_text(days: Sequence[Day]) -> str:
    """The numbers in words, for who can't see the picture."""
    lines = [
        f"{one.day:%a} {one.day.day} {one.day:%b}: {one.total} ({', '.join(_steps(one))})"
        for one in days
        if one.total
    ]
    said = f"Emails by day. {'; '.join(lines) or 'None'}."
    return said if len(said) <= MOST_ALT else said[: MOST_ALT - 1].rsplit(";", 1)[0] + "…"


def _steps(one: Day) -> list[str]:
    return [f"step {number}: {count}" for number, count in enumerate(one.counts, start=1) if count]


def draw(days: Sequence[Day]) -> bytes:
    """PNG. Raises ValueError without a day."""
    if not days:
        raise ValueError("a calendar needs a day")
    by_date = {one.day: one for one in days}
    monday = days[0].day - timedelta(days=days[0].day.weekday())
    weeks = (days[-1].day - monday).days // 7 + 1
    width = 2 * MARGIN + 7 * CELL_WIDTH + 6 * GAP
    height = 2 * MARGIN + HEAD + weeks * (CELL_HEIGHT + GAP) + FOOT
    image = Image.new("RGB", (width, height), PAPER)
    pen = ImageDraw.Draw(image)
    for column, name in enumerate(WEEKDAYS):
        pen.text((MARGIN + column * (CELL_WIDTH + GAP) + 10, MARGIN), name, INK, _font(30))
    for number in range(weeks * 7):
        day = monday + timedelta(days=number)
        left = MARGIN + number % 7 * (CELL_WIDTH + GAP)
        top = MARGIN + HEAD + number // 7 * (CELL_HEIGHT + GAP)
        _cell(pen, left, top, day, by_date.get(day), is_first=number == 0)
    _legend(pen, height - MARGIN - FOOT + 8, width)
    pen.rectangle((0, 0, width - 1, height - 1), outline=EDGE, width=2)
    return _png(image)


def _cell(
    pen: ImageDraw.ImageDraw, left: int, top: int, day: date, one: Day | None, *, is_first: bool
) -> None:
    box = (left, top, left + CELL_WIDTH, top + CELL_HEIGHT)
    pen.rounded_rectangle(box, 10, fill=CARD if one else PAPER, outline=EDGE, width=1)
    named = f"{day.day} {day:%b}" if is_first or day.day == 1 or (one and one.total) else str(day.day)
    pen.text((left + 10, top + 6), named, FAINT, _font(25))
    if one is None or not one.total:
        return
    pen.text((left + 10, top + 34), f"{one.total:,}", INK, _font(46))
    _bar(pen, left + 10, top + 90, one)
    _counts(pen, left + 10, top + 110, one)


def _bar(pen: ImageDraw.ImageDraw, left: int, top: int, one: Day) -> None:
    """The day's steps side by side, each as wide as its share."""
    width, used = CELL_WIDTH - 20, 0
    for step, count in enumerate(one.counts):
        share = round(width * sum(one.counts[: step + 1]) / one.total)
        if count:
            pen.rectangle((left + used, top, left + max(share, used + 4), top + 14), fill=COLOURS[step])
        used = share


def _counts(pen: ImageDraw.ImageDraw, left: int, top: int, one: Day) -> None:
    """Each step's number and count, two lines; the colour alone would not do."""
    shown = [f"{step}: {count:,}" for step, count in enumerate(one.counts, start=1) if count]
    for row, start in enumerate(range(0, len(shown), 3 if len(shown) > 4 else 2)):
        said = "  ".join(shown[start : start + (3 if len(shown) > 4 else 2)])
        size = next(
            (size for size in (24, 20, 17) if pen.textlength(said, _font(size)) <= CELL_WIDTH - 16), 14
        )
        pen.text((left, top + row * 27), said, INK, _font(size))


def _legend(pen: ImageDraw.ImageDraw, top: int, width: int) -> None:
    left = MARGIN
    for step, colour in enumerate(COLOURS, start=1):
        name = f"{step} {STEP_NAME[step]}"
        needs = 32 + int(pen.textlength(name, _font(26)))
        if left + needs > width - MARGIN:
            left, top = MARGIN, top + 38
        pen.rectangle((left, top + 5, left + 22, top + 27), fill=colour)
        pen.text((left + 32, top), name, INK, _font(26))
        left += needs + 30


def _font(size: int) -> Any:
    """The library's own face: it is there on every machine."""
    return ImageFont.load_default(size)


def _png(image: Image.Image) -> bytes:
    held = io.BytesIO()
    image.save(held, "PNG", optimize=True)
    return held.getvalue()
