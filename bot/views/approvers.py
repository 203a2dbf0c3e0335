"""`/leads approvers`: who may decide about drafts, and who made them so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.action_ids import Action, View
from bot.views import modals
from bot.views.blocks import Block, Rendered, actions, button, context, escape, mention, section, whole_lines
from bot.views.draft import when


@dataclass(frozen=True, slots=True)
class Approver:
    """`made_by`: a Slack user, or the assistant for one; None: nobody remembers, or the first run did."""

    user_id: str
    is_admin: bool
    made_by: str | None
    made_at: datetime | None


def approvers_card(approvers: Sequence[Approver], refusal: str | None) -> Rendered:
    """`refusal`: why this reader may not change it; None: they may."""
    if not approvers:
        said = "*Nobody may approve drafts yet.* Until somebody may, nothing is sent."
    else:
        said = "*These may approve drafts*\n" + whole_lines(_line(one) for one in approvers)
    blocks: list[Block] = [section(said)]
    if refusal:
        blocks.append(context(escape(refusal)))
    else:
        blocks.append(actions([button("Change", Action.APPROVERS_OPEN, style="primary")]))
        blocks.append(context("Only admins change this. One approver always stays."))
    return Rendered(f"{len(approvers)} may approve drafts", blocks)


def _line(one: Approver) -> str:
    role = " · admin" if one.is_admin else ""
    if one.made_by is None:
        return f"• {mention(one.user_id)}{role} · by the first run"
    by = one.made_by.removeprefix("assistant for ")
    who = "themselves" if by == one.user_id else mention(by)
    at = f", {when(one.made_at)}" if one.made_at else ""
    return f"• {mention(one.user_id)}{role} · by {who}{at}"


def approvers_form(chosen: Sequence[str]) -> Block:
    """What was chosen when it opened goes along, so that only what was changed here is changed."""
    view = modals.setup_approvers(chosen, ",".join(chosen))
    return {**view, "callback_id": View.APPROVERS.value}
