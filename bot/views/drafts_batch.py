"""Approving many drafts at once: the summary before, what is under way, what became of them."""

from collections.abc import Sequence

from bot.action_ids import Action
from bot.views.blocks import (
    Block,
    Rendered,
    actions,
    button,
    clip,
    confirm,
    context,
    counted,
    divider,
    escape,
    header,
    option,
    plain,
    section,
)
from pipeline.rules.passing import MOST_AT_ONCE, Checked, Outcome, Why

LOOKING = "I'm looking through the drafts that wait…"
WHAT_PASSES = (
    "A draft passes when the text has no fault, every claim stands in the research, the judge gave 4 or 5, the address "
    "is known to be right, no template was used, no cited fact is disputed, and nothing forbids sending."
)
_NAMES = 8
_BUTTONS = 5
_MENU = 100


def looking() -> Rendered:
    return Rendered(LOOKING, [section(f"🔎 {LOOKING}")])


def summary(checked: Sequence[Checked], total: int, value: str) -> Rendered:
    """Which pass, and why the others don't, each to be looked at. `total`: how many wait; `value`: of the button."""
    passing = [one for one in checked if one.passes]
    title = f"{len(passing)} of {counted(len(checked), 'lead')} pass"
    blocks: list[Block] = [header(title)]
    if passing:
        blocks.append(section(f"✅ *Pass:* {_names(passing)}"))
        blocks.append(actions(_decision(len(passing), value)))
    blocks.append(context(WHAT_PASSES))
    blocks += _others([one for one in checked if not one.passes])
    if total > MOST_AT_ONCE:
        blocks.append(context(f"These are the first {MOST_AT_ONCE} of {total:,}; the rest comes after them."))
    return Rendered(title, blocks)


def _decision(count: int, value: str) -> list[Block]:
    whom = counted(count, "lead")
    sure = confirm(
        "Approve them all?",
        f"The drafts for {whom} go out in their windows, exactly as they are now. Any that changes before is left out.",
        "Approve",
    )
    yes = button(f"Approve these {count}", Action.BATCH_APPROVE, value, style="primary")
    return [{**yes, "confirm": sure}, button("Leave it", Action.BATCH_LEAVE, value)]


def _others(failing: Sequence[Checked]) -> list[Block]:
    """By the weightiest reason; a button for each of the first, a menu for the rest."""
    blocks: list[Block] = []
    for why in Why:
        group = [one for one in failing if one.objections[0].why is why]
        if not group:
            continue
        example = f"\n_{escape(clip(group[0].objections[0].sentence, 200))}_"
        blocks.append(divider())
        blocks.append(section(f"*{why.value}* ({len(group)}): {_names(group)}{example}"))
        blocks.append(actions(_looks(group)))
    return blocks


def _looks(group: Sequence[Checked]) -> list[Block]:
    found = [
        button(f"Look at {one.name}", f"{Action.QUEUE_LOOK}:{one.approval_id}", str(one.approval_id))
        for one in group[:_BUTTONS]
    ]
    rest = group[_BUTTONS : _BUTTONS + _MENU]
    if rest:
        found.append({
            "type": "static_select",
            "action_id": Action.QUEUE_LOOK.value,
            "placeholder": plain(f"{len(group) - _BUTTONS} more…", 150),
            "options": [option(clip(one.name, 75), str(one.approval_id)) for one in rest],
        })  # fmt: skip
    return found


def _names(some: Sequence[Checked]) -> str:
    shown = ", ".join(escape(clip(one.name, 40)) for one in some[:_NAMES])
    return f"{shown} and {len(some) - _NAMES} more" if len(some) > _NAMES else shown


def under_way(done: int, total: int) -> Rendered:
    said = f"Approving… {done} of {total}"
    return Rendered(said, [section(f"⏳ {said}")])


def left(count: int) -> Rendered:
    said = f"Left as they are: {counted(count, 'lead')}. Nothing was approved."
    return Rendered(said, [section(said)])


def result(outcome: Outcome, user_id: str) -> Rendered:
    parts = [f"Approved: {outcome.approved}"]
    if outcome.decided:
        parts.append(f"already decided by somebody else: {outcome.decided}")
    if outcome.changed:
        parts.append(f"changed since, so left out: {outcome.changed}")
    said = f"{', '.join(parts)}."
    blocks: list[Block] = [section(f"✅ *{said}*"), context(f"By <@{user_id}>")]
    if outcome.changed:
        blocks.append(actions([button("Show what waits", Action.DRAFTS_LIST)]))
    return Rendered(said, blocks)
