"""A rehearsal: each day's numbers, the next emails by name, and all of them as a file."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.action_ids import Action
from bot.views.blocks import (
    Block,
    actions,
    button,
    clip,
    context,
    counted,
    divider,
    escape,
    modal,
    section,
    whole_lines,
)
from bot.views.campaigns import blocked_text
from bot.views.draft import STEP_NAME
from pipeline.rules.campaign_card import CalendarDay, Preview

NEXT = 20


class Email(Protocol):
    @property
    def lead_id(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def at(self) -> datetime: ...


class Line(Protocol):
    """An email of a rehearsal, and where it would leave from."""

    @property
    def planned(self) -> Email: ...
    @property
    def timezone(self) -> str: ...
    @property
    def mailbox(self) -> str | None: ...


def rehearsal_view(seen: Preview, lines: Sequence[Line], csv_value: str) -> Block:
    """A modal. `csv_value`: of the button that brings the file."""
    later = f" {counted(seen.later, 'email')} would leave after that." if seen.later else ""
    last = seen.horizon.astimezone(ZoneInfo(seen.plans.timezone))
    said = (
        f"*{escape(clip(seen.plans.name, 150))}*: {counted(seen.emails, 'email')} would leave until "
        f"{last:%A}, {last.day} {last:%B}.{later}"
    )
    blocks: list[Block] = [section(said)]
    if seen.blocked:
        blocks.append(section(blocked_text(seen.blocked, seen.blocked_count)))
    if seen.days:
        days = [_day_line(one) for one in seen.days if one.total]
        blocks.append(section(whole_lines([f"*By day* ({seen.plans.timezone})", *days])))
    if lines:
        boxes = {one.mailbox for one in lines if one.mailbox}
        shown = [_line(one, with_mailbox=len(boxes) > 1) for one in lines[:NEXT]]
        of_all = f", all from {escape(clip(boxes.pop(), 80))}" if len(boxes) == 1 else ""
        blocks += [
            divider(),
            section(f"*The next {counted(len(shown), 'email')}*, at each lead's own time{of_all}"),
        ]
        blocks += [section(whole_lines(shown[start : start + 10])) for start in range(0, len(shown), 10)]
        blocks.append(
            actions([button("Every email of six weeks, as a file", Action.CAMPAIGN_CSV, csv_value)])
        )
    blocks.append(context(
        "Every gate and every cap was asked as it will be, and nothing was sent. It is as if every draft were "
        "approved now and nobody answered."
    ))  # fmt: skip
    return modal("Rehearsal", "rehearsal_view", blocks, submit=None)


def _day_line(one: CalendarDay) -> str:
    steps = ", ".join(
        f"{count:,} × {STEP_NAME[step]}" for step, count in enumerate(one.counts, start=1) if count
    )
    return f"{one.day:%a} {one.day.day} {one.day:%b}: *{one.total:,}* ({steps})"


def _line(one: Line, *, with_mailbox: bool) -> str:
    local, planned = _local(one), one.planned
    box = f" · from {escape(clip(one.mailbox, 80))}" if one.mailbox and with_mailbox else ""
    return (
        f"`{local:%a} {local.day} {local:%b} {local:%H:%M}` {escape(clip(planned.name, 80))} · "
        f"{planned.number} {STEP_NAME[planned.number]}{box} · {escape(one.timezone)}"
    )


def _local(one: Line) -> datetime:
    try:
        return one.planned.at.astimezone(ZoneInfo(one.timezone))
    except (ZoneInfoNotFoundError, ValueError):
        return one.planned.at


def rehearsal_csv(lines: Sequence[Line]) -> str:
    """Every planned email. A cell that a spreadsheet would run as a formula is text."""
    held = io.StringIO()
    rows = csv.writer(held)
    rows.writerow(["utc", "local time", "time zone", "lead", "step", "mailbox", "lead id"])
    for one in lines:
        planned = one.planned
        rows.writerow([
            f"{planned.at:%Y-%m-%d %H:%M:%S}", f"{_local(one):%Y-%m-%d %H:%M}", one.timezone, _text(planned.name),
            planned.number, _text(one.mailbox or ""), planned.lead_id,
        ])  # fmt: skip
    return held.getvalue()


def _text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
