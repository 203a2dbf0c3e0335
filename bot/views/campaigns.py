"""Campaigns: the preview before one is, the card of one that runs, and the list of all."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from bot.action_ids import Action
from bot.views import calendar_picture
from bot.views.blocks import (
    Block,
    Rendered,
    actions,
    button,
    clip,
    confirm,
    context,
    counted,
    escape,
    header,
    picture,
    section,
    whole_lines,
)
from bot.views.draft import when
from db.campaign_card import CampaignRow
from db.types import CampaignState, CampaignType
from pipeline.rules.campaign_card import BlockedGroup, Plans, Preview, names_of, verb_of
from pipeline.rules.enrolling import LeftOut
from pipeline.rules.sequence import DEFAULT_WAITS

STATE = {
    CampaignState.DRAFT: "📝 Not started",
    CampaignState.ACTIVE: "▶️ Running",
    CampaignState.PAUSED: "⏸️ Paused",
    CampaignState.COMPLETED: "✅ Completed",
    CampaignState.CANCELLED: "⏹️ Cancelled",
}
OPEN = (CampaignState.ACTIVE, CampaignState.PAUSED)
PAGE = 10
UNTIL_THEN = "Nothing is written or sent before you start it; then each lead's drafts wait for an approver."


def preview_card(seen: Preview) -> Rendered:
    """How many, who is left out and why, when each email would leave; and what to do with it."""
    plans = seen.plans
    blocks: list[Block] = [
        header(f"Preview: {plans.name}"),
        section("\n".join([_whom(seen), *_about(plans)])),
        context(*_times(seen)),
    ]
    if seen.left_out:
        blocks.append(section(_left_out(seen.left_out, seen.left_out_count)))
    if seen.blocked:
        blocks.append(section(blocked_text(seen.blocked, seen.blocked_count)))
    blocks += calendar_blocks(seen)
    blocks += [actions(_preview_buttons(seen)), context(f"🔒 {UNTIL_THEN}")]
    left = f", {seen.left_out_count:,} left out" if seen.left_out_count else ""
    return Rendered(f"Preview of “{plans.name}”: {counted(seen.fit, 'lead')}{left}. {UNTIL_THEN}", blocks)


def _preview_buttons(seen: Preview) -> list[Block]:
    value = str(seen.plans.campaign_id)
    rest = [
        button("Change", Action.CAMPAIGN_CHANGE, value),
        button("Discard", Action.CAMPAIGN_DISCARD, value),
    ]
    if not seen.fit:
        return rest
    return [
        button("Start the campaign", Action.CAMPAIGN_START, value, style="primary"),
        button("Rehearse", Action.CAMPAIGN_REHEARSE, value),
        *rest,
    ]


def _whom(seen: Preview) -> str:
    whom = escape(seen.plans.whom)
    if not seen.fit:
        return f"*Nobody can be enrolled as things stand.* ({whom})"
    return (
        f"*{counted(seen.fit, 'lead')}* would get it: {escape(clip(names_of(seen.names, seen.fit), 400))}.\n"
        f"_{whom}_"
    )


def _about(plans: Plans) -> list[str]:
    lines = [
        f"*{label}:* {escape(clip(said, 500))}"
        for label, said in (("Goal", plans.goal), ("Approach", plans.approach), ("Language", plans.language))
        if said
    ]
    if plans.waits != DEFAULT_WAITS:
        waits = ", ".join(str(wait) for wait in plans.waits[1:])
        lines.append(f"*Business days between emails:* {waits}")
    if plans.copied_from:
        lines.append(f"♻️ Goal, approach, language and pace as in “{escape(plans.copied_from)}”.")
    return lines


def _times(seen: Preview) -> list[str]:
    plans = seen.plans
    said = [_begins(plans)]
    if plans.leads_per_day:
        said.append(f"Drip: {counted(plans.leads_per_day, 'lead')} a business day")
    if seen.first_at:
        said.append(f"First email about {when(seen.first_at)}")
    if seen.last_first_at:
        said.append(f"everybody's first one by {when(seen.last_first_at)}")
    elif seen.first_at and seen.fit:
        said.append(f"some first ones only after {_day(seen.horizon, plans.timezone)}")
    return [" · ".join(said)]


def _begins(plans: Plans) -> str:
    if plans.starts_at is None:
        return "Starts at once" if plans.type is not CampaignType.DRIP else "Starts at once, a few a day"
    local = plans.starts_at.astimezone(ZoneInfo(plans.timezone))
    return f"Starts {local:%A}, {local.day} {local:%B}, {local:%H:%M} ({plans.timezone})"


def _day(moment: datetime, timezone: str) -> str:
    local = moment.astimezone(ZoneInfo(timezone))
    return f"{local:%a} {local.day} {local:%b}"


def _left_out(groups: Sequence[LeftOut], count: int) -> str:
    lines = [
        f"• {one.count:,} {escape(verb_of(one.reason.sentence, one.count))}: "
        f"{escape(clip(names_of(one.names, one.count), 300))}"
        for one in groups
    ]
    return whole_lines([f"*{count:,} left out*", *lines])


def blocked_text(groups: Sequence[BlockedGroup], count: int) -> str:
    """What has to be done before these emails leave."""
    lines = [
        f"• {escape(one.sentence)} ({counted(one.count, 'lead')}: "
        f"{escape(clip(names_of(one.names, one.count), 200))})"
        for one in groups[:6]
    ]
    return whole_lines([f"⚠️ *{counted(count, 'lead')} would be held back until somebody acts*", *lines])


def calendar_blocks(seen: Preview) -> list[Block]:
    """The picture, with the numbers in words beside it."""
    if not seen.days:
        return [] if seen.blocked or not seen.fit else [context("No email would leave in the next days.")]
    days = [calendar_picture.Day(one.day, one.counts) for one in seen.days]
    more = f", and {counted(seen.later, 'email')} later" if seen.later else ""
    first, last = seen.days[0].day, seen.days[-1].day
    title = f"{counted(seen.emails, 'email')} from {first.day} {first:%b} to {last.day} {last:%b}{more}"
    drawn = calendar_picture.spec([(one.day, one.counts) for one in days])
    note = (
        f"Days of {seen.plans.timezone}; each email leaves in its lead's own working hours. As if every draft were "
        "approved at the start and nobody answered."
    )
    return [picture(calendar_picture.alt_text(days), drawn, title), context(note)]


# --- one that was started ---------------------------------------------------------------------------------


def card(row: CampaignRow) -> Rendered:
    """In the preview's place once it was started, and renewed with everything that happens to it."""
    started: dict[str, object] = row.filter.get("started") or {}
    blocks: list[Block] = [
        section(f"*Campaign: {escape(clip(row.name, 150))}* · {STATE[row.state]}\n{_numbers(row)}")
    ]
    if row.goal:
        blocks.append(context(f"Goal: {escape(clip(row.goal, 300))}"))
    if started:
        blocks.append(context(_started(started)))
    if row.state in OPEN:
        blocks.append(actions(_buttons(row)))
    if row.awaiting or row.writing:
        blocks.append(context("🔒 Each lead's drafts wait for an approver. `/leads drafts` shows them."))
    return Rendered(f"Campaign “{row.name}”: {STATE[row.state]}. {_numbers(row)}", blocks)


def drafts_card(row: CampaignRow) -> Rendered:
    """The one message about all drafts of a campaign with many leads."""
    name = escape(clip(row.name, 150))
    being_written = f" · {row.writing:,} being written" if row.writing else ""
    if not row.awaiting:
        said = f"No drafts of *{name}* wait{being_written}."
        return Rendered(f"No drafts of “{row.name}” wait.", [section(said)])
    verb = "waits" if row.awaiting == 1 else "wait"
    said = f"*{counted(row.awaiting, 'lead')}* of *{name}* {verb} for an approver{being_written}."
    return Rendered(
        f"Drafts of “{row.name}”: {counted(row.awaiting, 'lead')} {verb} for an approver.",
        [
            section(said),
            actions([button("Review the drafts", Action.DRAFTS_LIST, str(row.id), style="primary")]),
            context("The queue shows them one by one, and approves all that pass. 🔒 Nothing leaves before."),
        ],
    )


def _started(started: dict[str, object]) -> str:
    by = str(started.get("by") or "")
    said = f"Started by <@{by}>" if by.startswith(("U", "W")) else "Started"
    try:
        said += f" · {when(datetime.fromisoformat(str(started['at'])))}"
    except (KeyError, ValueError):
        pass
    changes = cast(list[object], started.get("changes") or [])
    if changes:
        said += f"\nSince the preview: {'; '.join(escape(str(one)) for one in changes)}."
    return said


def _numbers(row: CampaignRow) -> str:
    parts = [counted(row.leads, "lead")]
    parts += [
        f"{count:,} {said}"
        for count, said in (
            (row.writing, "being written"),
            (row.awaiting, "to approve"),
            (row.active, "under way"),
            (row.held, "on hold"),
        )
        if count
    ]
    parts += [f"{row.sent:,} sent", f"{row.replied:,} answered"]
    return " · ".join(parts)


def _buttons(row: CampaignRow, suffix: str = "") -> list[Block]:
    value = f"{row.id}{suffix}"
    paused = row.state is CampaignState.PAUSED
    first = (
        button("Resume", Action.CAMPAIGN_GO_ON, value, style="primary")
        if paused
        else button("Pause", Action.CAMPAIGN_PAUSE, value)
    )
    return [
        first,
        button("Add leads", Action.CAMPAIGN_ADD, value),
        button("Rehearse", Action.CAMPAIGN_REHEARSE, value),
        button("Cancel it", Action.CAMPAIGN_CANCEL, value, style="danger", confirm=confirm(
            "Cancel this campaign?",
            clip(f"“{row.name}” ends for good: no further email of it leaves, and its drafts are withdrawn.", 300),
            "Cancel it", "Keep it",
        )),
    ]  # fmt: skip


def gone_card(name: str, user_id: str) -> Rendered:
    said = f"🗑️ The preview of “{clip(name, 150)}” was discarded. Nobody was enrolled."
    return Rendered(said, [section(escape(said)), context(f"By <@{user_id}>")])


# --- all of them ------------------------------------------------------------------------------------------


def listing(rows: Sequence[CampaignRow], total: int, *, offset: int = 0, done: str | None = None) -> Rendered:
    """`/leads campaigns`. `done`: what was just done here."""
    if not rows:
        return _none_yet()
    blocks: list[Block] = [
        header("Campaigns"),
        context(f"{offset + 1}–{offset + len(rows)} of {total} · those that run first"),
    ]
    blocks += [section(escape(done))] if done else []
    for row in rows:
        blocks.append(section(f"*{escape(clip(row.name, 150))}* · {STATE[row.state]}\n{_numbers(row)}"))
        again = button("New one like it", Action.CAMPAIGN_NEW, str(row.id))
        blocks.append(actions(_buttons(row, "|list") if row.state in OPEN else [again]))
    turns: list[Block] = []
    if offset:
        turns.append(button("← Previous", f"{Action.CAMPAIGNS_PAGE}:back", str(max(0, offset - PAGE))))
    if offset + len(rows) < total:
        turns.append(button("Next →", f"{Action.CAMPAIGNS_PAGE}:on", str(offset + len(rows))))
    blocks.append(actions([*turns, button("New campaign", Action.CAMPAIGN_NEW)]))
    return Rendered(f"{counted(total, 'campaign')}", blocks)


def _none_yet() -> Rendered:
    return Rendered(
        "No campaigns yet.",
        [
            section(
                "*No campaigns yet.* Begin with a form, or in your own words:\n"
                "• “Schedule a campaign for all replied leads tomorrow at 10am”\n"
                "• “Start a drip campaign for leads from Google not contacted, 5 a day”"
            ),
            actions([button("New campaign", Action.CAMPAIGN_NEW, style="primary")]),
        ],
    )


def cancel_question(what: str, campaigns: int, sequences: int, value: str) -> Rendered:
    """What cancelling would end, with the button that does it."""
    asked = f"Cancel {what}?"
    ends = " and ".join(
        counted(count, thing) for count, thing in ((campaigns, "campaign"), (sequences, "sequence")) if count
    )
    return Rendered(
        asked,
        [
            section(
                f"*{escape(clip(asked, 300))}*\n{ends.capitalize()} would end for good: no further email of them "
                "leaves, and drafts that wait for approval are withdrawn."
            ),
            actions(
                [
                    button(f"Cancel {ends}", Action.CANCEL_DO, value, style="danger"),
                    button("Leave it", Action.CANCEL_LEAVE, value),
                ]
            ),
        ],
    )


def cancel_answered(said: str, user_id: str) -> Rendered:
    return Rendered(said, [section(escape(clip(said, 2000))), context(f"By <@{user_id}>")])
