"""The drafts that wait, and who may decide about them."""

import re
from collections.abc import Collection

from pydantic import Field

from bot import drafts_queue
from bot.tools.base import Arguments, Result, ToolContext, tool
from bot.views.blocks import counted
from db.models.workspace import Member
from db.queries import approval_queue, workspace
from db.types import Effect
from pipeline.errors import UserError

_MENTION = re.compile(r"^<@([UW][A-Z0-9]+)(?:\|[^>]*)?>$|^@?([UW][A-Z0-9]{7,})$")
_MYSELF = frozenset({"me", "myself", "i"})
LAST_ONE = "Somebody has to be able to approve: {name} is the only one, so choose another person first."
IN_A_FORM = "`/leads approvers` lets you choose anybody of this workspace"


class ShowDrafts(Arguments):
    mine: bool | None = Field(description="true: only those of leads that the person looks after")


@tool(effect=Effect.READ, label="Opening the drafts that wait")
async def show_waiting_drafts(ctx: ToolContext, args: ShowDrafts) -> Result:
    """Show the person the drafts that wait for approval, one lead at a time, with buttons to decide. You can't
    approve anything yourself."""
    place = drafts_queue.Place(mine=bool(args.mine))
    wanted = place.wanted(ctx.user_id)
    total = await approval_queue.count(ctx.tx.session, ctx.workspace_id, wanted)
    channel = ctx.channel_id if ctx.channel_id.startswith("D") else ctx.user_id
    if not await drafts_queue.open_at(ctx.tx, ctx.user_id, channel, place=place, now=ctx.now):
        return Result(summary="No drafts wait for approval.")
    return Result(summary=f"Drafts for {counted(total, 'lead')} wait; they are open in our direct messages.")


class SetApprover(Arguments):
    person: str = Field(description="a colleague's name or mention; “me” for the person you talk to")
    may_approve: bool = Field(description="true: make them an approver; false: take it from them")


@tool(effect=Effect.WRITE, label="Changing whether {person} may approve", on_home=True)
async def set_approver(ctx: ToolContext, args: SetApprover) -> Result:
    """Make a colleague an approver of drafts, or take that from them. Only admins can; others are told whom to ask."""
    await require_admin(ctx)
    person = await _colleague(ctx, args.person)
    name = person.name or "They"
    if person.is_approver == args.may_approve:
        return Result(summary=f"{name} {'may approve' if args.may_approve else 'may not approve'} already.")
    await change_approvers(
        ctx,
        add={person.slack_user_id} if args.may_approve else (),
        remove=() if args.may_approve else {person.slack_user_id},
    )
    return Result(
        summary=f"{name} {'may approve drafts now' if args.may_approve else 'may approve no more'}."
    )


async def _colleague(ctx: ToolContext, words: str) -> Member:
    """Somebody I have met. Raises UserError."""
    said = words.strip()
    known = await workspace.members(ctx.tx.session, ctx.workspace_id)
    mention = _MENTION.match(said)
    if mention or said.casefold() in _MYSELF:
        user_id = (mention[1] or mention[2]) if mention else ctx.user_id
        found = [one for one in known if one.slack_user_id == user_id]
        if not found and user_id == ctx.user_id:
            found = [await workspace.upsert_member(ctx.tx.session, ctx.workspace_id, user_id, now=ctx.now)]
    else:
        name = said.lstrip("@").casefold()
        exact = [one for one in known if one.name.casefold() == name]
        found = exact or [one for one in known if name and name in one.name.casefold().split()]
    if len(found) != 1:
        which = ", ".join(one.name for one in found[:5])
        fits = f"“{said[:60]}” fits {which}" if found else f"I have not met “{said[:60]}” here"
        raise UserError(f"{fits}. {IN_A_FORM}.")
    return found[0]


async def require_admin(ctx: ToolContext) -> None:
    """Raises UserError, naming whom to ask. Until there is an admin, everybody may set up."""
    refusal = await why_no_admin(ctx)
    if refusal:
        raise UserError(refusal)


async def why_no_admin(ctx: ToolContext) -> str | None:
    admins = [one for one in await workspace.members(ctx.tx.session, ctx.workspace_id) if one.is_admin]
    if not admins or ctx.user_id in {one.slack_user_id for one in admins}:
        return None
    names = ", ".join(f"@{one.name or one.slack_user_id}" for one in admins[:3])
    return f"Only an admin of this workspace can do that. Ask {names}."


async def set_approvers(ctx: ToolContext, chosen: Collection[str]) -> None:
    """Exactly these from now on. Raises UserError where nobody would be left."""
    approvers = {one.slack_user_id for one in await workspace.approvers(ctx.tx.session, ctx.workspace_id)}
    await change_approvers(ctx, add=set(chosen) - approvers, remove=approvers - set(chosen))


async def change_approvers(ctx: ToolContext, *, add: Collection[str], remove: Collection[str]) -> None:
    """Each change is in the audit log, with who made it. Raises UserError where nobody would be left."""
    session, ours = ctx.tx.session, ctx.workspace_id
    await workspace.hold(session, ours)
    approvers = await workspace.approvers(session, ours)
    left = {one.slack_user_id for one in approvers} | set(add)
    if not left - set(remove):
        raise UserError(LAST_ONE.format(name=approvers[0].name if approvers else "nobody"))
    for user_id, is_approver in [*((one, True) for one in add), *((one, False) for one in remove)]:
        changed = await workspace.upsert_member(session, ours, user_id, now=ctx.now, is_approver=is_approver)
        action = "approver.added" if is_approver else "approver.removed"
        await ctx.record(action, "member", changed.id, {"user": user_id})
