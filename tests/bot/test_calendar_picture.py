"""The picture of a campaign's days: it is drawn for any numbers, says them in words, and can be told apart."""

import io
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageColor

from bot.views.calendar_picture import (
    CARD,
    COLOURS,
    FAINT,
    INK,
    MOST_ALT,
    PAPER,
    Day,
    alt_text,
    draw,
    read,
    spec,
)

COUNTS = st.lists(st.one_of(st.just(0), st.integers(0, 20_000)), min_size=5, max_size=5).map(tuple)


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.lists(COUNTS, min_size=1, max_size=28))
@settings(max_examples=25, deadline=None)
def test_any_days_are_drawn_and_said(first: date, counts: list[tuple[int, ...]]) -> None:
    days = [(first + timedelta(days=number), one) for number, one in enumerate(counts)]
    found = read(spec(days))
    assert [(one.day, one.counts) for one in found] == days
    image = Image.open(io.BytesIO(draw(found)))
    assert image.format == "PNG" and image.width < 1600 and image.height < 1600
    said = alt_text(found)
    assert len(said) <= MOST_ALT
    if len(days) <= 3:
        assert all(f"{sum(one)} (" in said for one in counts if sum(one))


def test_no_day_is_no_picture() -> None:
    with pytest.raises(ValueError, match="a day"):
        draw([])
    assert alt_text([Day(date(2026, 3, 2), (0, 0, 0, 0, 0))]) == "Emails by day. None."


def _luminance(colour: str) -> float:
    channels = [value / 255 for value in ImageColor.getrgb(colour)[:3]]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_words_are_readable_and_colours_differ() -> None:
    """WCAG 2.2: 4.5 to 1 for text. The colours stand for steps whose numbers are written beside them."""
    for paper in (PAPER, CARD):
        assert _contrast(INK, paper) > 4.5 and _contrast(FAINT, paper) > 4.5
    for one, other in combinations(COLOURS, 2):
        far = sum(abs(a - b) for a, b in zip(ImageColor.getrgb(one), ImageColor.getrgb(other), strict=True))
        assert far > 100, (one, other)
