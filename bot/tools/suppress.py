"""Whom never to write to: putting somebody on the list, and taking them off."""

from pydantic import Field

from bot.tools.approvals import require_admin
from bot.tools.base import Arguments, Result, ToolContext, tool
from db.types import Effect
from pipeline.errors import UserError
from pipeline.jobs import suppressing
from pipeline.rules.suppression_list import Entry, Suppressed, entry_of

IN_A_FORM = "`/leads suppress` has a form that asks once more"


class NeverWriteTo(Arguments):
    what: str = Field(description="an email address, or a domain such as acme.com for everybody there")
    reason: str | None = Field(description="in the person's words")


@tool(effect=Effect.WRITE, label="Never writing to {what}")
async def never_write_to(ctx: ToolContext, args: NeverWriteTo) -> Result:
    """Never write to an address, or to anybody at a domain, again. What runs to them stops at once."""
    entry = _entry(args.what)
    if entry.is_free_mail:
        raise UserError(f"{entry.value} is a free mail service with millions of people. {IN_A_FORM}.")
    reason = (args.reason or "asked for by a colleague").strip()[:200]
    done = await suppressing.suppress(
        ctx.deps, ctx.tx, [entry], reason=reason, by=ctx.user_id, actor=ctx.actor, now=ctx.now
    )
    return Result(summary=sentence(entry, done))


class WriteToAgain(Arguments):
    what: str = Field(description="the address or the domain")


@tool(effect=Effect.WRITE, label="Taking {what} off the list of whom never to write to", asks=True)
async def allow_writing_to(ctx: ToolContext, args: WriteToAgain) -> Result:
    """Take an address or a domain off the list of whom never to write to. Only an admin can, with a click."""
    await require_admin(ctx)
    entry = _entry(args.what)
    row = await suppressing.on_list(ctx.deps, ctx.tx, entry)
    if row is None:
        raise UserError(f"{entry.value} is not on the list.")
    await suppressing.release(ctx.deps, ctx.tx, row, by=ctx.actor, now=ctx.now)
    return Result(summary=f"{entry.value} is off the list. What was stopped stays stopped.")


def _entry(words: str) -> Entry:
    try:
        return entry_of(words)
    except ValueError as error:
        raise UserError(str(error)) from error


def sentence(entry: Entry, done: Suppressed) -> str:
    """What was done, for people."""
    whom = f"anybody at {entry.value}" if entry.kind == "domain" else f"{entry.value}"
    if not done.added:
        return f"I never write to {whom}: it was on the list already."
    return f"I'll never write to {whom} again.{stopped(done.stopped)}"


def stopped(names: tuple[str, ...]) -> str:
    if not names:
        return " Nothing was under way to them."
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f" Stopped at once: {shown}."
