"""The drafts that wait, one lead at a time: where one stands, the same card and buttons, and the way on."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.action_ids import Action
from bot.views.blocks import Block, Rendered, actions, button, clip, context, divider, option, plain, section
from bot.views.draft import approval_card
from db.cards import ApprovalCard, CampaignWaiting, Standing

ALL = "all"
MINE = "mine"
BUSY = "I'm approving those that pass…"
OPENED_AGAIN = "You opened the drafts that wait again, further down."


@dataclass(frozen=True, slots=True)
class Shown:
    """What one page of the queue needs. `word`: mrkdwn, what became of the one before."""

    card: ApprovalCard | None
    standing: Standing
    mine: bool
    campaign: str | None
    campaigns: Sequence[CampaignWaiting]
    word: str = ""
    open_step: int = 1
    busy: bool = False


def queue_card(shown: Shown) -> Rendered:
    """Read from the top: what happened, where one is, the drafts, the decision, the way on."""
    said = [context(shown.word)] if shown.word else []
    if shown.busy:
        return Rendered(BUSY, [section(f"*{BUSY}*")])
    if shown.card is None:
        return _empty(shown, said)
    drafts = approval_card(shown.card, open_step=shown.open_step)
    blocks = [
        *said,
        section(_place(shown)),
        *drafts.blocks,
        actions(_way_on(shown, shown.card)),
        *_filters(shown),
    ]
    return Rendered(f"{_plain_place(shown)}: {drafts.text}", blocks)


def _empty(shown: Shown, said: list[Block]) -> Rendered:
    chosen = shown.mine or shown.campaign
    text = "Nothing else waits among those you chose." if chosen else "No drafts wait for approval any more."
    return Rendered(text, [*said, section(f"*{text}*"), *(_filters(shown) if chosen else [])])


def _plain_place(shown: Shown) -> str:
    if not shown.standing.position:
        return f"{shown.standing.total} waiting"
    return f"{shown.standing.position} of {shown.standing.total}"


def _place(shown: Shown) -> str:
    whose = "yours" if shown.mine else "everybody's"
    return f"*{_plain_place(shown)}* · {whose}"


def _way_on(shown: Shown, card: ApprovalCard) -> list[Block]:
    """Only the ways there are: no button that does nothing."""
    at, of, here = shown.standing.position, shown.standing.total, str(card.id)
    found: list[Block] = []
    if at > 1:
        found.append(button("‹ Previous", Action.QUEUE_PREVIOUS, here))
    if at < of or not at:
        found.append(button(f"Next › ({at + 1} of {of})" if at else "Next ›", Action.QUEUE_NEXT, here))
    found.append(button("Approve all that pass…", Action.BATCH_OPEN, here))
    return found


def _filters(shown: Shown) -> list[Block]:
    """Whose, and of which campaign."""
    other = ("Everybody's", ALL) if shown.mine else ("Only mine", MINE)
    found: list[Block] = [button(other[0], Action.QUEUE_MINE, other[1])]
    if shown.campaigns:
        found.insert(0, _campaigns(shown))
    return [divider(), actions(found)]


def _campaigns(shown: Shown) -> Block:
    every = option("All campaigns", ALL)
    options = [
        every,
        *(option(f"{clip(one.name, 60)} ({one.count})", str(one.id)) for one in shown.campaigns),
    ]
    chosen = next((one for one in options if one["value"] == shown.campaign), every)
    return {
        "type": "static_select",
        "action_id": Action.QUEUE_CAMPAIGN.value,
        "placeholder": plain("Campaign", 150),
        "options": options,
        "initial_option": chosen,
    }
